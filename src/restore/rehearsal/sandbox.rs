mod accounts;
mod exports;
mod folder;
mod imap;
mod levels;
mod local;
mod zimbra;

pub use folder::FolderSandbox;
pub use imap::ImapSandbox;
pub use zimbra::ZimbraSandbox;

use std::path::Path;

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::Root;
use crate::live::terms_of;
use crate::live::{Flags, LiveError};
use crate::mailbox::ItemId;
use crate::network::Cancel;
use crate::policy::{Limits, Rehearsal};
use crate::restore::{Place, PlaceError};

/// Things of others that are named.
const MOST_NAMED: usize = 5;

/// A place that is there to be restored into, and holds nothing of anybody's.
pub trait Sandbox: Send {
    /// Where it is, as the policy writes it.
    fn address(&self) -> &str;

    /// Looks what is in it.
    ///
    /// # Errors
    /// [`SandboxError`] if that can't be told whole.
    fn contents(&mut self) -> Result<Contents, SandboxError>;

    /// Marks it as the sandbox of `account`; makes what it needs to be one.
    ///
    /// # Errors
    /// [`SandboxError`] if it can't be written.
    fn mark(&mut self, account: &str) -> Result<(), SandboxError>;

    /// The place for the items of one archive, below `root` and the archive's `number`.
    ///
    /// # Errors
    /// [`SandboxError`] if there can be none.
    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError>;

    /// How the rooms are named in which items of the archive with this number are found again; see [`Found::room`].
    fn rooms(&self, number: usize) -> Box<dyn Rooms>;

    /// Reads all messages below `root`.
    ///
    /// # Errors
    /// [`SandboxError`] if they can't be read to the last; what `each` got until then counts for nothing.
    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError>;

    /// Takes away `root` with all below it, and nothing else.
    ///
    /// # Errors
    /// [`SandboxError`] if something of it stays.
    fn clean(&mut self, root: &Root) -> Result<(), SandboxError>;
}

/// The sandbox that `rules` name; `password` is that of who logs in, `runtime` drives the network of a Zimbra.
///
/// # Errors
/// In words, if the policy was not validated.
pub fn open(
    rules: &Rehearsal,
    password: Option<SecretString>,
    limits: &Limits,
    cancel: &Cancel,
    runtime: &Handle,
) -> Result<Box<dyn Sandbox>, String> {
    let terms = terms_of(&rules.server(), limits, cancel);
    match rules.to.split_once("://") {
        Some(("maildir", path)) => Ok(Box::new(FolderSandbox::maildirs(Path::new(path), terms, limits))),
        Some(("file", path)) => Ok(Box::new(FolderSandbox::exports(Path::new(path), terms, limits))),
        Some(("imap" | "imaps", _)) => Ok(Box::new(ImapSandbox::new(rules, password, terms)?)),
        Some(("https" | "http", _)) => {
            Ok(Box::new(ZimbraSandbox::new(rules, password, limits, cancel, runtime)?))
        }
        _ => Err("`rehearsal.to` is no address of a sandbox; run `mailproof policy check`".to_owned()),
    }
}

/// Names rooms.
pub trait Rooms: Send + Sync {
    /// The room of what lies in `folder` of `account`, whose number is `id`.
    fn name(&self, account: &str, folder: Option<&str>, id: ItemId) -> String;
}

/// What is in a sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Whose sandbox it is by its marker; absent without one.
    pub marked_for: Option<String>,
    /// Folders of earlier runs.
    pub roots: Vec<Root>,
    /// What lies there and was put there by nobody here: how much, and where some of it is.
    pub others: Vec<String>,
}

impl Contents {
    /// Notes what others put there, as long as few are named.
    fn add_other(&mut self, what: String) {
        if self.others.len() < MOST_NAMED {
            self.others.push(what);
        }
    }
}

/// A message that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it lies, as [`Rooms`] name it.
    pub room: String,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// How many there are.
    pub size: u64,
    /// When it came, in seconds since 1970.
    pub date: Option<i64>,
    /// Its flags, where the place has them.
    pub flags: Option<Flags>,
}

/// Why nothing can be done with a sandbox; each message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// Its server, or what is read of a folder.
    #[error(transparent)]
    Live(#[from] LiveError),
    /// What writes into it.
    #[error("the sandbox takes nothing more: {0}")]
    Place(#[from] PlaceError),
    /// A folder can't be read or written.
    #[error("{path}: {source}; check the sandbox's folder, its disk, and who may write there")]
    Io {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl SandboxError {
    /// A folder can't be read or written.
    pub fn io(path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { path: path.display().to_string(), source }
    }
}
