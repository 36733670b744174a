//! An account's entry of the directory, as `ldapsearch -LLL` writes it (LDIF, RFC 2849).
//!
//! Nothing marks the end of such a file, but every entry in it is followed by an empty line, by `ldapsearch` with or
//! without `-L` and by the library that zmbackup 2.0 uses. RFC 2849 itself asks for one only between two entries.
//!
//! Input: the bytes of an LDIF, in pieces of any length. Output: a [`Summary`]. Invariants: one attribute name and
//! one short value are in memory at a time, however long the lines are; a password is noticed and never kept.

mod line;

pub use line::FaultKind;
use line::{Attribute, Line};

/// Addresses of one entry that are kept; all are compared.
const MOST_ADDRESSES: usize = 16;

/// What an LDIF holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// Entries, each begun by a `dn:`.
    pub entries: u64,
    /// The entry of the account the file is named after, or what comes nearest to it; absent where there is no entry.
    pub own: Option<Entry>,
    /// The first thing in it that is no LDIF.
    pub fault: Option<Fault>,
    /// No empty line follows the last entry, so that nobody can say whether lines of it are missing.
    pub unclosed: bool,
}

/// What is known of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// `objectClass: zimbraAccount` is there.
    pub is_account: bool,
    /// A `mail`, or its `uid`, is what the file is named after.
    pub names_owner: bool,
    /// Its `zimbraId`, if it is there and not empty.
    pub zimbra_id: Option<Box<str>>,
    /// Its addresses (`mail`), the first sixteen.
    pub addresses: Vec<Box<str>>,
    /// A `uid` that is not empty is there.
    pub has_uid: bool,
    /// A `cn` that is not empty is there.
    pub has_name: bool,
    /// An `sn` that is not empty is there.
    pub has_surname: bool,
    /// A `zimbraMailDeliveryAddress` that is not empty is there.
    pub has_delivery_address: bool,
    /// A `userPassword` that is not empty is there.
    pub has_password: bool,
    /// A `zimbraMailHost` that is not empty is there.
    pub has_mail_host: bool,
}

/// What is wrong with an LDIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The line of the file, from 1, on which it begins.
    pub line: u64,
    /// What it is.
    pub kind: FaultKind,
}

/// Reads one LDIF as it streams by.
#[derive(Debug)]
pub struct Reader {
    owner: Vec<u8>,
    summary: Summary,
    /// The entry that is being read.
    entry: Option<Entry>,
    /// The logical line that is being read; it ends where the next one does not begin with a space.
    line: Option<Line>,
    /// The next byte is the first one of a line of the file.
    at_start: bool,
    /// A CR came, which is part of the line end only if an LF follows.
    after_cr: bool,
    /// The line of the file, from 1.
    number: u64,
    /// The line on which the logical line began.
    began: u64,
}

impl Reader {
    /// Begins to read the file that is named after `owner`: an address, or the name before the `@`.
    #[must_use]
    pub fn new(owner: &[u8]) -> Self {
        Self {
            owner: owner.to_ascii_lowercase(),
            summary: Summary::default(),
            entry: None,
            line: None,
            at_start: true,
            after_cr: false,
            number: 1,
            began: 1,
        }
    }

    /// Takes the next piece.
    pub fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.byte(*byte);
        }
    }

    /// Ends the reading, at the end of the file or where it was cut.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        self.end_line();
        if !self.at_start || self.after_cr {
            self.fault(self.number, FaultKind::Unfinished);
        }
        self.summary.unclosed = self.entry.is_some();
        self.end_entry();
        self.summary
    }

    fn byte(&mut self, byte: u8) {
        if byte == b'\n' {
            self.after_cr = false;
            return self.line_end();
        }
        if std::mem::take(&mut self.after_cr) {
            self.content(b'\r');
        }
        match byte {
            b'\r' => self.after_cr = true,
            _ => self.content(byte),
        }
    }

    fn line_end(&mut self) {
        if self.at_start {
            self.end_line();
            self.end_entry();
        }
        self.at_start = true;
        self.number = self.number.saturating_add(1);
    }

    fn content(&mut self, byte: u8) {
        if std::mem::take(&mut self.at_start) {
            if byte == b' ' {
                if self.line.is_none() {
                    self.fault(self.number, FaultKind::Continuation);
                }
                return;
            }
            self.end_line();
            self.began = self.number;
            self.line = Some(Line::default());
        }
        if let Some(line) = &mut self.line {
            line.take(byte);
        }
    }

    fn end_line(&mut self) {
        let Some(line) = self.line.take() else { return };
        match line.finish() {
            Ok(Some(attribute)) => self.attribute(&attribute),
            Ok(None) => {}
            Err(kind) => self.fault(self.began, kind),
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        match attribute.base() {
            b"dn" => {
                if self.entry.is_some() {
                    self.fault(self.began, FaultKind::Separator);
                    self.end_entry();
                }
                self.summary.entries = self.summary.entries.saturating_add(1);
                self.entry = Some(Entry::default());
            }
            b"version" if self.entry.is_none() && self.summary.entries == 0 => {
                if attribute.value() != Some(b"1") {
                    self.fault(self.began, FaultKind::Version);
                }
            }
            _ => match &mut self.entry {
                Some(entry) => entry.take(attribute, &self.owner),
                None => self.fault(self.began, FaultKind::NoName),
            },
        }
    }

    /// Closes the entry and keeps it if it is nearer to the account's own than the one before.
    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        if self.summary.own.as_ref().is_none_or(|own| entry.rank() > own.rank()) {
            self.summary.own = Some(entry);
        }
    }

    fn fault(&mut self, line: u64, kind: FaultKind) {
        self.summary.fault.get_or_insert(Fault { line, kind });
    }
}

impl Entry {
    fn take(&mut self, attribute: &Attribute, owner: &[u8]) {
        match attribute.base() {
            b"objectclass" => self.is_account |= attribute.is(b"zimbraaccount"),
            b"uid" => {
                self.names_owner |= attribute.is(owner);
                self.has_uid |= !attribute.is_empty();
            }
            b"cn" => self.has_name |= !attribute.is_empty(),
            b"sn" => self.has_surname |= !attribute.is_empty(),
            b"zimbramaildeliveryaddress" => self.has_delivery_address |= !attribute.is_empty(),
            b"mail" => {
                self.names_owner |= attribute.is(owner);
                if let Some(address) = attribute.text()
                    && self.addresses.len() < MOST_ADDRESSES
                {
                    self.addresses.push(address);
                }
            }
            b"zimbraid" => self.zimbra_id = self.zimbra_id.take().or_else(|| attribute.text()),
            b"userpassword" => self.has_password |= !attribute.is_empty(),
            b"zimbramailhost" => self.has_mail_host |= !attribute.is_empty(),
            _ => {}
        }
    }

    /// How near it comes to being the account's own.
    fn rank(&self) -> u8 {
        2 * u8::from(self.is_account) + u8::from(self.names_owner)
    }
}

#[cfg(test)]
mod tests;
