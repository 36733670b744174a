//! Messages of a backup into a mailbox on an IMAP server (APPEND; RFC 3501, RFC 4315, RFC 7888).
//!
//! Input: items with their bytes. Output: messages with the flags and dates of the backup, in folders that are made
//! where they are missing. Invariants: nothing is put that is there already; nothing is overwritten, marked or removed
//! but, by [`ImapPlace::clean`], what this restore put there itself; a message counts as restored only if its folder lists
//! it with its size at the end. Its bytes are not read back.
//!
//! Where a connection breaks, the folder is read before anything is sent again, and again at the end: a server may still
//! have worked off what it had received.
//!
//! The bytes are sent as they are. A server may refuse them, as Cyrus does where a line ends without CR, or take them
//! and give them back with CRLF, as Dovecot does: that form counts as the same message when it is looked for.

mod clean;
mod command;
mod folders;
mod late;
mod layout;
mod looking;
mod ranges;
mod refusal;
pub(super) mod sandbox;
mod target;
mod there;
mod writer;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

pub use clean::Cleaned;
use folders::Folders;
use writer::{Done, Letter, Stage, Writer};

use super::{Place, PlaceError, Put, Recovered, Settled};
use crate::live::imap::{Access, Imap};
use crate::live::{LiveError, Terms};
use crate::mailbox::ItemKind;

/// So many messages in a row that a full mailbox refuses end the restore; a smaller one might have found room.
const HOPE: u32 = 10;

/// A mailbox on an IMAP server, for the messages of one account.
pub struct ImapPlace {
    imap: Imap,
    writer: Writer,
    /// Whose items came first: others don't belong into the same mailbox.
    account: Option<Arc<str>>,
    serial: u64,
}

impl ImapPlace {
    /// The mailbox of `access`; all folders are put below `root` (`Restored/2026`), or where they were without one.
    ///
    /// # Errors
    /// [`LiveError`] if there are no authorities to trust, or the password would go in the clear.
    pub fn new(access: Access, terms: Terms, root: Option<&str>) -> Result<Self, LiveError> {
        let writer = Writer {
            folders: Folders::new(root.unwrap_or_default()),
            queue: VecDeque::new(),
            done: Vec::new(),
            full: (0, String::new()),
        };
        Ok(Self { imap: Imap::new(access, terms)?, writer, account: None, serial: 0 })
    }

    /// Takes away what this place put onto the server, and the folders it made if nothing is in them now. What can't be
    /// taken away is told.
    ///
    /// # Errors
    /// [`PlaceError`] if the server can't be spoken to; called again, it goes on.
    pub fn clean(&mut self) -> Result<Cleaned, PlaceError> {
        let Self { imap, writer, .. } = self;
        // What never arrived can't be taken away; what may have is looked for.
        let achieved = Cell::default();
        imap.run("messages on their way", &achieved, |session| writer.go(session, true, &achieved))
            .map_err(failed)?;
        let mut cleaned = Cleaned::default();
        imap.run("removal of what was restored", &Cell::default(), |session| {
            writer.clean(session, &mut cleaned)
        })
        .map_err(failed)?;
        writer.folders.forget();
        Ok(cleaned)
    }

    fn drive(&mut self, all: bool) -> Result<(), PlaceError> {
        self.work(all)?;
        let (HOPE.., words) = self.writer.full.clone() else { return Ok(()) };
        // What was taken is looked for before the end.
        self.work(true)?;
        Err(PlaceError(words))
    }

    fn work(&mut self, all: bool) -> Result<(), PlaceError> {
        let Self { imap, writer, .. } = self;
        let achieved = Cell::default();
        imap.run("restore of messages", &achieved, |session| writer.go(session, all, &achieved))
            .map_err(failed)
    }

    /// Why an item can't be put into a mailbox, whatever the server says.
    fn refuse(&mut self, item: &Recovered<'_>) -> Option<String> {
        if item.item.kind != ItemKind::Message {
            let kind = item.item.kind;
            return Some(format!(
                "a mailbox on an IMAP server takes messages, and this is a {kind}; restore it to a tgz or into a Zimbra"
            ));
        }
        let own = self.account.get_or_insert_with(|| item.account.into());
        if **own != *item.account {
            let own = crate::legible::line(own);
            return Some(format!(
                "the mailbox takes the items of {own}; restore each account into a mailbox of its own"
            ));
        }
        item.body.contains(&0).then(|| {
            "it holds zero bytes, which IMAP can't carry (RFC 3501, section 9); restore it to a Maildir or a tgz"
                .to_owned()
        })
    }
}

impl Place for ImapPlace {
    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        if let Some(words) = self.refuse(item) {
            return Ok(Put::Refused(words));
        }
        self.serial += 1;
        let serial = self.serial;
        self.writer.queue.push_back(Letter {
            serial,
            id: item.item.id,
            path: item.folder.map(Into::into),
            folder: item.item.folder,
            flags: command::flags(item.item),
            date: command::writable(item.item.date),
            body: item.body.to_vec(),
            stage: Stage::New,
            resent: false,
        });
        self.drive(false)?;
        let done = self.writer.done.iter().position(|done| done.serial == serial);
        Ok(done.map_or(Put::Pending, |place| self.writer.done.swap_remove(place).put))
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.drive(true)
    }

    fn settled(&mut self) -> Vec<Settled> {
        let account = self.account.clone().unwrap_or_else(|| Arc::from(""));
        let done = std::mem::take(&mut self.writer.done);
        let settled = |Done { id, put, taken, .. }| Settled { account: account.clone(), id, put, taken };
        done.into_iter().map(settled).collect()
    }
}

fn failed(error: LiveError) -> PlaceError {
    PlaceError(error.to_string())
}
