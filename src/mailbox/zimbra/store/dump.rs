//! One file of SQL, plain or gzip'd, whatever its name says.

use super::sql::{Database, Ending, Reader, Records, Summary};
use crate::archive::decompress::{Gunzip, GunzipError, name_of};
use crate::archive::unpack::Body;
use crate::policy::Limits;
use crate::verdict::Kind;

/// Bytes that tell what a file is.
const HEAD: usize = 512;
/// Unpacked bytes up to which no ratio makes a bomb.
const RATIO_FREE: u64 = 64 << 20;

/// What was seen of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dump {
    /// The member, harmless on a terminal.
    pub source: String,
    /// Its bytes, as stored in the archive.
    pub bytes: u64,
    /// Its name ends in `.gz`.
    pub named_gzip: bool,
    /// It is gzip'd.
    pub gzip: bool,
    /// Its name alone makes it a dump of Zimbra's databases.
    pub expected: bool,
    /// What it says of itself.
    pub summary: Summary,
    /// Why it could not be read to its end.
    pub fault: Option<DumpFault>,
}

/// Why a dump could not be read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DumpFault {
    /// It has no byte, or unpacks to none.
    Empty,
    /// It is something else, by how it begins.
    Foreign(&'static str),
    /// Its gzip is broken.
    Gzip(&'static Kind),
    /// It unpacks to more than `limits.unpacked_size` or `limits.ratio` allow.
    OverLimit,
    /// The archive was cut inside it.
    Cut,
}

impl Dump {
    /// Holds if it is, or should be, a dump of Zimbra's databases.
    #[must_use]
    pub fn is_zimbras(&self) -> bool {
        let Summary { zimbra, no_columns, unread, undone, of_all, .. } = self.summary;
        self.expected || zimbra || no_columns || unread > 0 || undone > 0 || (of_all && self.is_cut())
    }

    /// Holds if the checks must hear of it: a file that is empty or foreign might have been such a dump.
    pub(super) fn matters(&self) -> bool {
        self.is_zimbras() || matches!(self.fault, Some(DumpFault::Empty | DumpFault::Foreign(_)))
    }

    /// Holds if more was to come.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        matches!(self.summary.ending, Ending::Cut(_))
    }

    /// Holds if it has rows, or the table for them, and nothing says whether these are all.
    #[must_use]
    pub fn is_unended(&self) -> bool {
        let Summary { groups, rows, mailboxes, ending, .. } = &self.summary;
        *ending == Ending::Unsaid && (*rows > 0 || *mailboxes > 0 || !groups.is_empty())
    }

    /// Holds if rows are missing that it should hold.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        let Summary { no_columns, bad_rows, unread, undone, .. } = self.summary;
        let faulty = self.fault.is_some_and(|fault| self.is_zimbras() || fault == DumpFault::Empty);
        faulty || self.is_cut() || no_columns || bad_rows > 0 || unread > 0 || undone > 0
    }
}

/// A dump that is being read.
#[derive(Debug)]
pub(super) struct Reading {
    dump: Dump,
    most: u64,
    head: Vec<u8>,
    /// Absent until the head says that it can be read.
    form: Form,
    reader: Reader,
    unpacked: u64,
}

#[derive(Debug)]
enum Form {
    Unknown,
    Plain,
    Gzip(Box<Gunzip>),
    /// Nothing more is read.
    Done,
}

impl Reading {
    pub(super) fn new(
        source: String,
        size: u64,
        named_gzip: bool,
        database: Database,
        limits: &Limits,
    ) -> Self {
        let expected = is_expected(&source, named_gzip, database);
        let dump = Dump {
            source,
            bytes: size,
            named_gzip,
            gzip: false,
            expected,
            summary: Summary::default(),
            fault: None,
        };
        let ratio = RATIO_FREE.max(size.saturating_mul(limits.ratio));
        Self {
            dump,
            most: limits.unpacked_size.0.min(ratio),
            head: Vec::new(),
            form: Form::Unknown,
            reader: Reader::new(database),
            unpacked: 0,
        }
    }

    pub(super) fn data(&mut self, bytes: &[u8], records: &mut impl Records) {
        if !matches!(self.form, Form::Unknown) {
            return self.read(bytes, records);
        }
        let (head, rest) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
        self.head.extend_from_slice(head);
        if self.head.len() == HEAD {
            self.recognise(records);
            self.read(rest, records);
        }
    }

    fn recognise(&mut self, records: &mut impl Records) {
        let head = std::mem::take(&mut self.head);
        self.form = match name_of(&head) {
            _ if head.is_empty() => self.give_up(DumpFault::Empty),
            _ if head.starts_with(b"\x1f\x8b") => {
                self.dump.gzip = true;
                Form::Gzip(Box::default())
            }
            None | Some("plain text") => Form::Plain,
            Some(name) => self.give_up(DumpFault::Foreign(name)),
        };
        self.read(&head, records);
    }

    fn give_up(&mut self, fault: DumpFault) -> Form {
        self.dump.fault = Some(fault);
        Form::Done
    }

    fn read(&mut self, bytes: &[u8], records: &mut impl Records) {
        let Self { form, reader, unpacked, most, .. } = self;
        let result = match form {
            Form::Gzip(gunzip) => gunzip.push(bytes, &mut |piece| {
                *unpacked += piece.len() as u64;
                reader.push(piece, records);
                if *unpacked > *most { Err(()) } else { Ok(()) }
            }),
            Form::Plain => {
                reader.push(bytes, records);
                Ok(())
            }
            Form::Unknown | Form::Done => Ok(()),
        };
        match result {
            Ok(()) => {}
            Err(GunzipError::Fault(fault)) => self.form = self.give_up(DumpFault::Gzip(fault.kind())),
            Err(GunzipError::Output(())) => self.form = self.give_up(DumpFault::OverLimit),
        }
    }

    pub(super) fn end(mut self, body: Body, records: &mut impl Records) -> Dump {
        if matches!(self.form, Form::Unknown) && (body == Body::Whole || !self.head.is_empty()) {
            self.recognise(records);
        }
        if let Form::Gzip(gunzip) = &self.form
            && let Err(fault) = gunzip.finish()
        {
            self.dump.fault = Some(DumpFault::Gzip(fault.kind()));
        }
        if body == Body::Cut {
            self.dump.fault = Some(DumpFault::Cut);
        }
        self.dump.summary = self.reader.finish(records);
        if self.dump.fault.is_none() && !self.dump.summary.filled {
            self.dump.fault = Some(DumpFault::Empty);
        }
        self.dump
    }
}

/// A server's files hold scripts, too; a file that turns out empty or foreign is missed only where its name is one
/// of a dump.
fn is_expected(source: &str, gzip: bool, database: Database) -> bool {
    let file = source.rsplit('/').next().unwrap_or(source).to_ascii_lowercase();
    let words = ["zimbra", "dump", "mysql", "mariadb", "mbox"];
    gzip || database != Database::Unknown || words.iter().any(|word| file.contains(word))
}
