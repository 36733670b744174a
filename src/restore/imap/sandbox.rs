//! Folders of a sandbox, made and taken away with all in them.
//!
//! Invariant: only names that the caller gives are touched; for those of a rehearsal, see `restore::rehearsal`.

use std::cell::Cell;

use super::command;
use super::folders::ask;
use crate::live::imap::Imap;
use crate::live::imap::refusal::{Asked, meaning};
use crate::live::imap::response::Kind;
use crate::live::{Fault, LiveError};

/// Makes a folder that is not there yet.
pub(in crate::restore) fn make(imap: &mut Imap, name: &str) -> Result<(), LiveError> {
    imap.run(&format!("new folder \"{name}\""), &Cell::default(), |session| {
        let status = ask(session, command::create(name))?;
        if status.kind == Kind::Ok || status.code_word() == "ALREADYEXISTS" {
            return Ok(());
        }
        Err(meaning(&status, Asked::Folder))
    })
}

/// Takes folders away with the messages in them, in the order given; those that are gone are no fault.
pub(in crate::restore) fn remove(
    imap: &mut Imap,
    names: &[String],
    achieved: &Cell<u64>,
) -> Result<(), LiveError> {
    imap.run("removal of the run's folders", achieved, |session| {
        // No folder goes while it is open.
        session.examine(b"INBOX")?;
        for name in names {
            let status = ask(session, command::delete(name))?;
            match meaning(&status, Asked::Folder) {
                _ if status.kind == Kind::Ok => {}
                Fault::NoSuchFolder { .. } => continue,
                fault => return Err(fault),
            }
            ask(session, command::unsubscribe(name))?;
            achieved.set(achieved.get() + 1);
        }
        Ok(())
    })
}
