//! What the open-source zmbackup (1.2 and 2.0) leaves in an archive: sessions, their files, its catalogue of them.
//!
//! Input: members `<session>/<account>.tgz`, `<session>/<account>.ldiff`, `sessions.txt` and `sessions.sqlite3`, below
//! any folders. Output: [`Sessions`]. Invariants: bodies are read as they stream by, but for a database, which may be
//! as long as `limits.text_size`; what is kept is bounded, and what is not kept is counted; nothing is written to disk.

mod collector;
mod database;
#[cfg(test)]
pub(crate) mod fixture;
mod name;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use collector::Collector;
pub(in crate::mailbox) use name::account;
pub use name::{SessionKind, SessionName};

use super::ldif::Summary;
use super::room::Room;

/// What a catalogue is.
const WHAT: &str = "a catalogue of zmbackup";
/// Bytes that an account's files, a session or a name take in memory beside their text.
const OVERHEAD: usize = 240;
/// Bytes that an account takes in a catalogue's row.
const PAIR: usize = 40;

/// All that zmbackup left in an archive.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Folders that hold sessions or a catalogue of them, by name.
    pub places: Vec<Place>,
    /// Other folders with exports or LDIF, by name: none of zmbackup's, or a single session without its folder.
    pub loose: Vec<Folder>,
    /// Files and folders that were not kept, as there were too many; then what is not here proves nothing.
    pub unkept: u64,
}

/// A folder as zmbackup uses it (`WORKDIR`, or the prefix of its keys in a bucket).
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// Its name, harmless on a terminal; empty at the top of the archive.
    pub path: String,
    /// Its sessions, oldest first.
    pub sessions: Vec<Session>,
    /// Folders of four random characters, in which zmbackup 1.2 works until a session is complete.
    pub work_folders: Vec<Folder>,
    /// The catalogues in it.
    pub catalogues: Vec<Catalogue>,
}

/// One session that is in the archive.
#[derive(Debug, Clone)]
pub struct Session {
    /// Its kind and time.
    pub name: SessionName,
    /// The accounts it has files of.
    pub accounts: Accounts,
    /// Files in it that zmbackup does not make.
    pub others: u64,
}

/// A folder that is no session.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name, harmless on a terminal.
    pub path: String,
    /// The accounts it has files of.
    pub accounts: Accounts,
}

/// Files by the account they are named after; a domain or a list in sessions of those.
pub type Accounts = BTreeMap<Box<str>, Files>;

/// The files of one account in one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files {
    /// Bytes of its export, as stored; absent where there is none.
    pub mail: Option<u64>,
    /// Its entry of the directory; absent where there is none.
    pub directory: Option<Directory>,
}

/// An account's LDIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Bytes that its header announces.
    pub size: u64,
    /// What was read.
    pub content: Content,
}

/// What was read of an LDIF.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole(Summary),
    /// All of it, and there was no room for what it says.
    Unkept,
    /// The archive ended inside it.
    Cut,
    /// It is a link, and what it leads to was not followed.
    Link,
}

/// zmbackup's own list of its sessions.
#[derive(Debug, Clone)]
pub struct Catalogue {
    /// The member, harmless on a terminal.
    pub source: String,
    /// What it lists.
    pub listing: Result<Listing, CatalogueError>,
}

/// What a catalogue lists.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Its sessions, oldest first.
    pub sessions: BTreeMap<SessionName, Row>,
    /// Lines or rows that say nothing known.
    pub odd: u64,
    /// Why more may be listed than was seen; then what is not listed proves nothing.
    pub partial: Option<&'static str>,
    /// The names of all accounts, which their sessions share.
    names: BTreeSet<Arc<str>>,
    /// Bytes it takes in memory, about.
    size: usize,
}

impl Listing {
    /// The row of a session, which is made if it is new; `None` if there is no room for it.
    fn row(&mut self, name: SessionName, room: &mut Room) -> Option<&mut Row> {
        if !self.sessions.contains_key(&name) {
            self.take(OVERHEAD, room)?;
        }
        Some(self.sessions.entry(name).or_default())
    }

    /// Lists an account as backed up in a session; `None` if there is no room for it.
    fn insert(&mut self, session: SessionName, who: &[u8], room: &mut Room) -> Option<()> {
        let who = name::account(who);
        if self.row(session, room)?.accounts.contains(&*who) {
            return Some(());
        }
        let name = match self.names.get(&*who) {
            Some(name) => Arc::clone(name),
            None => {
                self.take(who.len().saturating_add(OVERHEAD), room)?;
                let name = Arc::from(who);
                self.names.insert(Arc::clone(&name));
                name
            }
        };
        self.take(PAIR, room)?;
        self.row(session, room)?.accounts.insert(name);
        Some(())
    }

    /// Takes room; what finds none makes the listing partial.
    fn take(&mut self, bytes: usize, room: &mut Room) -> Option<()> {
        let taken = room.take(bytes);
        match taken {
            Some(()) => self.size = self.size.saturating_add(bytes),
            None => self.partial = Some("it lists more than is kept in memory"),
        }
        taken
    }
}

/// What a catalogue says of one session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Whether it was completed.
    pub status: Status,
    /// Its time is stated in UTC, as zmbackup 2.0 does; 1.2 writes local time.
    pub in_utc: bool,
    /// The accounts that were backed up without an error, as the tool saw it.
    pub accounts: BTreeSet<Arc<str>>,
}

/// The status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Status {
    /// It was started and not completed.
    #[default]
    InProgress,
    /// It was completed; 1.2 says so even if accounts failed.
    Finished,
    /// At least one account failed; only 2.0 says so.
    Failed,
    /// A word that is not known.
    Unknown,
}

/// Why a catalogue can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// Nothing in it.
    #[error("it is empty")]
    Empty,
    /// Something else under its name.
    #[error("it is not {0}")]
    Foreign(&'static str),
    /// What a web server answered was saved under its name.
    #[error("it is the page of a web server: a login, an error")]
    Page,
    /// A database whose structure is broken.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The archive ended inside it.
    #[error("the archive ends inside it")]
    Cut,
    /// A link, which was not followed.
    #[error("it is a link")]
    Link,
    /// Our own limit.
    #[error("it is longer than limits.text_size")]
    TooLong,
    /// A database that keeps a reader busy without end.
    #[error("reading it takes more work than any catalogue needs")]
    TooMuchWork,
}
