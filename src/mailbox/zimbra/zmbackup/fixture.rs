//! What zmbackup leaves, made up, as members of an archive.

use super::{Collector, Room, Sessions};
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::demo::zimbra::session;
pub use crate::demo::zimbra::session::{ldif, row, text};
use crate::policy::Limits;

/// The members of an archive, one after the other.
pub struct Archive {
    collector: Collector,
    index: u64,
}

impl Archive {
    pub fn new() -> Self {
        Self::with(&Limits::default())
    }

    pub fn with(limits: &Limits) -> Self {
        Self { collector: Collector::new(limits), index: 0 }
    }

    /// With room for so many bytes of facts.
    pub fn within(room: usize) -> Self {
        let collector = Collector::within(&Limits::default(), Room::of(room));
        Self { collector, index: 0 }
    }

    pub fn member(mut self, name: &str, kind: Kind, content: &[u8], end: Body) -> Self {
        let size = content.len() as u64;
        self.index += 1;
        let name = name.as_bytes().to_vec();
        assert!(self.collector.takes(&name), "{}", name.escape_ascii());
        let member = Member { name, kind, size, index: self.index, offset: 0, modified: None };
        self.collector.begin(&member);
        let sent = if end == Body::Whole { content } else { &content[..content.len() / 2] };
        sent.chunks(7).for_each(|piece| self.collector.data(piece));
        self.collector.end(end);
        self
    }

    /// A file of zmbackup's.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.member(name, Kind::File, content.as_ref(), Body::Whole)
    }

    /// The folder of a session.
    pub fn folder(self, name: &str) -> Self {
        self.member(name, Kind::Directory, b"", Body::Whole)
    }

    /// An export of `size` bytes.
    pub fn export(mut self, name: &str, size: u64) -> Self {
        self.collector.saw_export(name.as_bytes(), size);
        self
    }

    /// An account with all that a full session has of it.
    pub fn account(self, session: &str, name: &str) -> Self {
        self.directory(session, name).export(&format!("{session}/{name}@example.org.tgz"), 5000)
    }

    /// An account's LDIF.
    pub fn directory(self, session: &str, name: &str) -> Self {
        self.file(&format!("{session}/{name}@example.org.ldiff"), ldif(name))
    }

    pub fn finish(self) -> Sessions {
        self.collector.finish()
    }
}

/// `sessions.sqlite3` after these statements; `{tables}` are zmbackup's.
pub fn database(statements: &str) -> Vec<u8> {
    session::database(statements).unwrap()
}
