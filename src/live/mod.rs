//! Read-only clients of running mail servers.
//!
//! Input: a server, an account, and what to read of its mailbox. Output: lists of messages, and their bytes as they
//! come. Invariant: nothing on a server changes, no flag and no counter; memory is bounded whatever the server sends;
//! every wait ends; and what could not be read is an error, never an empty answer.

mod borrow;
mod error;
pub mod imap;
pub mod maildir;
pub(crate) mod name;
mod pace;
mod server;
mod terms;
pub mod zimbra;

use std::num::NonZero;
use std::sync::Arc;

use crate::mailbox::ItemId;

pub use error::{Fault, LiveError};
pub use pace::{Pace, Slot};
pub use server::{Mailbox, Server};
pub(crate) use server::{Writable, access as access_of, path_of as maildir_of, terms as terms_of};
pub use terms::{Limits, Patience, Terms};

/// A mailbox whose messages have no ids that survive a move, so that they are compared by content: one of an IMAP
/// server, or a Maildir.
pub trait Folders {
    /// Lists the folders that can hold messages.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    fn folders(&mut self) -> Result<Vec<Folder>, LiveError>;

    /// Hands every message of `folder` to `each`, in the order of their numbers.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole; what `each` got until then counts for nothing.
    fn list(&mut self, folder: &Folder, each: &mut dyn FnMut(Listed)) -> Result<FolderState, LiveError>;

    /// Hands the bodies of the messages `uids` of `folder` to `each`, in pieces: every number that was asked for comes
    /// to [`BodyPart::End`], [`BodyPart::Gone`] or [`BodyPart::Withheld`], once. The order is the server's.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be read to the last; a body without its end counts for nothing.
    fn bodies(
        &mut self,
        folder: &Folder,
        uids: &[u32],
        each: &mut dyn FnMut(u32, BodyPart<'_>),
    ) -> Result<(), LiveError>;
}

/// A folder of a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its whole name, decoded, with the server's separator between the levels.
    pub name: Arc<str>,
    /// What stands between the levels of the name; nothing where the server has only one level.
    pub separator: Option<char>,
    /// What the server keeps in it.
    pub purpose: Purpose,
    /// The name as the server writes it.
    pub(crate) raw: Box<[u8]>,
}

/// What a server keeps in a folder, as far as it says so (RFC 6154, RFC 8457).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// Mail.
    #[default]
    Mail,
    /// What was thrown away, or is unwanted: `\Trash`, `\Junk`.
    Discarded,
    /// All messages, those of other folders once more: `\All`.
    Everything,
    /// Messages of other folders that have something in common: `\Flagged`, `\Important`.
    Selection,
}

impl Folder {
    /// The levels of the name, outermost first.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        // No name holds NUL, so a folder without a separator is one level.
        self.name.split(self.separator.unwrap_or('\0'))
    }
}

/// Where a message lies, until it is moved.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The folder's whole name.
    pub folder: Arc<str>,
    /// IMAP's UID; in a Maildir the position in the list that was made of it.
    pub uid: u32,
}

/// A message as its folder lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Where it lies.
    pub place: Place,
    /// Bytes, as the server counts them.
    pub size: u64,
    /// When it came: seconds since 1970 (UTC).
    pub date: Option<i64>,
    /// What its owner did with it.
    pub flags: Flags,
}

/// The state of a folder when it was listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FolderState {
    /// If it changes, all numbers of the folder mean other messages (RFC 3501, section 2.3.1.1); 0 in a Maildir, whose
    /// numbers hold until it is listed again.
    pub uid_validity: u32,
    /// Messages that come later have at least this number.
    pub uid_next: Option<u32>,
    /// The newest change, where the server counts them (RFC 7162).
    pub highest_modseq: Option<u64>,
    /// Messages that were listed.
    pub messages: u64,
    /// Messages that vanished while they were listed.
    pub vanished: u64,
}

/// The flags of a message that all servers know (RFC 3501, section 2.3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Flags {
    /// Was read.
    pub seen: bool,
    /// Was answered.
    pub answered: bool,
    /// Was marked as urgent.
    pub flagged: bool,
    /// Was marked as to be removed.
    pub deleted: bool,
    /// Is not finished.
    pub draft: bool,
}

/// A piece of a message's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyPart<'a> {
    /// It begins, with so many bytes announced. Where a connection broke it begins again: what came before is void.
    Begin(u64),
    /// The next bytes.
    Bytes(&'a [u8]),
    /// That was all: as many bytes came as were announced.
    End,
    /// The message vanished before it could be read.
    Gone,
    /// The message is listed, also when asked again, and its bytes are not handed out.
    Withheld,
}

/// A mailbox whose messages keep their numbers wherever they are moved, and count their changes: Zimbra's.
pub trait Numbered {
    /// Lists all folders, each behind the one it lies in.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed whole.
    fn folders(&self) -> Result<Vec<zimbra::Folder>, LiveError>;

    /// Hands the numbers of the messages that lie in `folder` itself to `each`; which come twice or not at all may
    /// change while they are listed.
    ///
    /// # Errors
    /// [`LiveError`] if they can't be listed to the last.
    fn list(&self, folder: ItemId, each: &mut dyn FnMut(ItemId)) -> Result<(), LiveError>;

    /// Looks for each of `ids` and tells what it is, in the order in which they are given.
    ///
    /// # Errors
    /// [`LiveError`] if one can't be looked for.
    fn messages(
        &self,
        ids: &[ItemId],
        each: &mut dyn FnMut(ItemId, zimbra::Presence),
    ) -> Result<(), LiveError>;

    /// Hands the body of a message to `each`, in pieces.
    ///
    /// # Errors
    /// [`LiveError`] if it can't be read to its end.
    fn body(&self, id: ItemId, each: &mut dyn FnMut(BodyPart<'_>)) -> Result<zimbra::Delivery, LiveError>;

    /// Lists what was deleted behind the change `since`.
    ///
    /// # Errors
    /// [`LiveError`] if it can't be listed whole.
    fn deleted(&self, since: NonZero<u32>, mark: zimbra::SyncMark) -> Result<zimbra::Deleted, LiveError>;
}
