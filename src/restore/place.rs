use std::sync::Arc;
use std::time::Instant;

use crate::mailbox::{Folder, Item, ItemId};

/// An item of a backup, with bytes that are those whose digest the backup states.
#[derive(Debug, Clone, Copy)]
pub struct Recovered<'a> {
    /// Whose it is.
    pub account: &'a str,
    /// What the backup states of it.
    pub item: &'a Item,
    /// The path of its folder as the backup names it (`/Inbox/Sub`); `None` where the backup describes no such folder, as
    /// incremental exports do not.
    pub folder: Option<&'a str>,
    /// Its name in the export, without `.meta`; holds subjects, so it goes nowhere but into another export.
    pub name: &'a [u8],
    /// Its description (`.meta`) byte for byte, empty where there is none at hand.
    pub text: &'a [u8],
    /// Its bytes.
    pub body: &'a [u8],
}

/// A folder as the backup describes it. Full exports describe all folders before any item, others none.
#[derive(Debug, Clone, Copy)]
pub struct KnownFolder<'a> {
    /// Whose it is.
    pub account: &'a str,
    /// What the description says.
    pub folder: &'a Folder,
    /// Its name in the export.
    pub name: &'a [u8],
    /// Its description (`.meta`) byte for byte.
    pub text: &'a [u8],
}

/// Whose items come into a path on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accounts {
    /// Those of one account: the path is its own.
    One,
    /// Those of several: the path is a folder, in which each has a name of its own.
    Several,
}

/// Where items are restored to.
pub trait Place: Send {
    /// Takes note of a folder, in which items may follow or not.
    ///
    /// # Errors
    /// As [`Place::put`].
    fn folder(&mut self, _known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        Ok(())
    }

    /// Puts an item there, unless it is there already. What is there stays as it is.
    ///
    /// # Errors
    /// [`PlaceError`] if the place can't take any further item; one that only this item met is [`Put::Refused`].
    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError>;

    /// Ends the restore: all that was put there is there to stay when this returns. Not called where the restore ended
    /// early; what came until then stays for the next one.
    ///
    /// # Errors
    /// [`PlaceError`] if that is not sure.
    fn finish(&mut self) -> Result<(), PlaceError>;

    /// Whether what was put of this account is there to stay, asked at the end. Places that have nothing before all is
    /// whole, keep nothing of what ended early.
    fn keeps(&self, _account: &str) -> bool {
        true
    }

    /// Takes away what was made for a restore that brought nothing: empty files and folders, and nothing else. Places that
    /// make none keep to what they have.
    fn withdraw(&mut self) {}

    /// What became of items that were [`Put::Pending`], each told once; of all of them behind [`Place::finish`]. Places
    /// that wait for no answers have none.
    fn settled(&mut self) -> Vec<Settled> {
        Vec::new()
    }
}

/// What became of an item that was [`Put::Pending`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whose it is.
    pub account: Arc<str>,
    /// Its number in the backup.
    pub id: ItemId,
    /// Never [`Put::Pending`].
    pub put: Put,
    /// When the place took it, where that was seen only later.
    pub taken: Option<Instant>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// It is there now: written by ourselves on this machine; by a server taken, and listed with its size (with its date
    /// as well by a Zimbra), without its bytes being read back.
    Restored,
    /// It was there before: byte for byte in a Maildir and on an IMAP server, by size and date on a Zimbra; or it is equal
    /// to one of its folder that is there, of which the place keeps one.
    AlreadyThere,
    /// The place does not take it, for this reason; others may follow.
    Refused(String),
    /// The place took it and waits for an answer, which [`Place::settled`] tells.
    Pending,
}

/// Why a place takes nothing more, in words that end with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlaceError(pub String);
