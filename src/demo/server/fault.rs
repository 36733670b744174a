use std::collections::HashMap;

/// What goes wrong in an answer. Byte counts of bodies are counted from the beginning of each body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The request is answered with this HTTP status and nothing else.
    Refuse {
        /// Which requests.
        operation: Operation,
        /// HTTP status, for example 503.
        status: u16,
    },
    /// The connection closes when so many bytes of the body were handed to it.
    CutBody {
        /// Bytes.
        after: u64,
    },
    /// The body goes silent after so many bytes, and the connection stays open.
    StallBody {
        /// Bytes.
        after: u64,
    },
    /// The object is overwritten after so many bytes, and the connection closes.
    Overwrite {
        /// Bytes.
        after: u64,
    },
    /// One byte of the object arrives changed; what is stored stays sound.
    FlipByte {
        /// Position in the object.
        at: u64,
    },
    /// A ranged GET is answered with a range that begins one byte later, honestly labelled.
    WrongRange,
    /// A ranged GET is answered with 200 and the whole object.
    IgnoreRange,
    /// A ranged GET carries the CRC32 of the whole object.
    WholeChecksumOnRange,
    /// The whole object carries the CRC32 of other bytes.
    WrongChecksum,
    /// The answer states another `ETag` than the object has.
    OtherEtag,
    /// The body, and the length stated for it, lack the last bytes.
    ShortBody {
        /// Bytes that are missing.
        by: u64,
    },
}

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Reads an object's bytes.
    Get,
    /// Asks what is known of an object.
    Head,
    /// Lists objects or versions; its key is `""`.
    List,
    /// Asks for retention, legal hold or the bucket's lock configuration (key `""`).
    Lock,
    /// Adds an object.
    Put,
}

/// How often a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// For so many requests that it concerns, then no more.
    First(u32),
    /// Always.
    Always,
}

/// A request that reached the objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What was asked.
    pub operation: Operation,
    /// The key, `""` where a bucket was asked about.
    pub key: String,
    /// First byte that a ranged GET asked for.
    pub from: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: HashMap<String, Vec<(Fault, Times)>>,
    seen: Vec<Seen>,
}

impl Fault {
    /// Holds if the fault concerns a request, `ranged` or not.
    fn concerns(self, operation: Operation, ranged: bool) -> bool {
        match self {
            Self::Refuse { operation: refused, .. } => refused == operation,
            Self::WrongRange | Self::IgnoreRange | Self::WholeChecksumOnRange => {
                operation == Operation::Get && ranged
            }
            Self::WrongChecksum => operation == Operation::Get && !ranged,
            Self::CutBody { .. }
            | Self::StallBody { .. }
            | Self::Overwrite { .. }
            | Self::FlipByte { .. }
            | Self::OtherEtag
            | Self::ShortBody { .. } => operation == Operation::Get,
        }
    }
}

impl Faults {
    pub(super) fn add(&mut self, key: &str, fault: Fault, times: Times) {
        self.waiting.entry(key.to_owned()).or_default().push((fault, times));
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
        self.seen.clear();
    }

    pub(super) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// Takes note of a request and gives the fault it meets.
    pub(super) fn meet(&mut self, operation: Operation, key: &str, from: Option<u64>) -> Option<Fault> {
        self.seen.push(Seen { operation, key: key.to_owned(), from });
        let waiting = self.waiting.get_mut(key)?;
        let index = waiting.iter().position(|(fault, times)| {
            *times != Times::First(0) && fault.concerns(operation, from.is_some())
        })?;
        let (fault, times) = waiting.get_mut(index)?;
        if let Times::First(left) = times {
            *left -= 1;
        }
        Some(*fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up_and_the_next_follows() {
        let mut faults = Faults::default();
        faults.add("key", Fault::CutBody { after: 7 }, Times::First(1));
        faults.add("key", Fault::OtherEtag, Times::Always);
        assert_eq!(faults.meet(Operation::Get, "other", None), None);
        assert_eq!(faults.meet(Operation::Head, "key", None), None);
        assert_eq!(faults.meet(Operation::Get, "key", None), Some(Fault::CutBody { after: 7 }));
        assert_eq!(faults.meet(Operation::Get, "key", None), Some(Fault::OtherEtag));
        assert_eq!(faults.meet(Operation::Get, "key", None), Some(Fault::OtherEtag));
        assert_eq!(faults.seen().len(), 5);
    }

    #[test]
    fn a_fault_of_ranges_waits_for_a_ranged_request() {
        let mut faults = Faults::default();
        faults.add("key", Fault::WrongRange, Times::First(1));
        assert_eq!(faults.meet(Operation::Get, "key", None), None);
        assert_eq!(faults.meet(Operation::Get, "key", Some(5)), Some(Fault::WrongRange));
    }
}
