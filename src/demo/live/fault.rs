/// What goes wrong in an answer of the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A SOAP fault with this code, for example `mail.MAINTENANCE`.
    Soap(&'static str),
    /// The account lives on this host: `service.WRONG_HOST`.
    WrongHost(String),
    /// The token is taken for expired: `service.AUTH_EXPIRED`, or 401.
    Expired,
    /// This HTTP status and no more.
    Refuse(u16),
    /// Another address is named instead of an answer.
    Redirect(String),
    /// These bytes are the answer, with status 200.
    Answer(Vec<u8>),
    /// The connection closes after so many bytes of the answer.
    Cut(usize),
    /// Nothing comes after so many bytes of the answer, and the connection stays open.
    Stall(usize),
    /// The length that is stated is so much larger than what comes.
    Longer(u64),
    /// No length is stated.
    NoLength,
    /// The body comes in pieces of so many bytes.
    Pieces(usize),
    /// An import states success, and this is what becomes of its items.
    Import(Keeping),
}

/// What becomes of the items of an import that states success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// None is kept.
    Nothing,
    /// Each tenth is dropped.
    WithoutTenth,
    /// Of equal ones each is kept, and those without an equal one are dropped.
    Copies,
}

/// What stands for the call of an import.
pub(super) const IMPORT: &str = "POST";

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// A call of SOAP, named like its element: `GetFolderRequest`.
    Soap(&'static str),
    /// The bytes of an item over REST.
    Rest,
    /// The import of an export over REST.
    Import,
}

/// A request that reached the mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The name of the call, `GET` or `POST`.
    pub call: String,
    /// What was asked of: the path and the query, as they came.
    pub address: String,
    /// Whether a token came as a cookie.
    pub cookie: bool,
    /// Whose token it was, if it is valid.
    pub account: Option<String>,
}

/// Faults that wait, and requests that came.
#[derive(Debug, Default)]
pub(super) struct Faults {
    waiting: Vec<(Operation, Fault, u32)>,
    pub(super) seen: Vec<Seen>,
}

impl Faults {
    pub(super) fn add(&mut self, operation: Operation, fault: Fault, times: u32) {
        self.waiting.push((operation, fault, times));
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The fault that a request meets: `call` is the name of its element, or `None` for REST.
    pub(super) fn meet(&mut self, call: Option<&str>) -> Option<Fault> {
        let concerned = |operation: Operation| match operation {
            Operation::Soap(name) => call == Some(name),
            Operation::Rest => call.is_none(),
            Operation::Import => call == Some(IMPORT),
        };
        let met = self.waiting.iter_mut().find(|(operation, _, left)| *left > 0 && concerned(*operation));
        met.map(|(_, fault, left)| {
            *left -= 1;
            fault.clone()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_used_up_and_concerns_its_operation_only() {
        let mut faults = Faults::default();
        faults.add(Operation::Soap("SyncRequest"), Fault::Expired, 1);
        faults.add(Operation::Rest, Fault::Refuse(503), 2);
        assert_eq!(faults.meet(Some("GetFolderRequest")), None);
        assert_eq!(faults.meet(Some("SyncRequest")), Some(Fault::Expired));
        assert_eq!(faults.meet(Some("SyncRequest")), None);
        let met = [(); 3].map(|()| faults.meet(None));
        assert_eq!(met, [Some(Fault::Refuse(503)), Some(Fault::Refuse(503)), None]);
    }
}
