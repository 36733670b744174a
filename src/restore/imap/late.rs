//! Messages that arrive twice, because a server worked off what it had of a connection that broke.
//!
//! Input: what was sent a second time. Output: one of each. Invariant: only a message goes whose bytes and date are
//! those of one that the server stated to be there, under a number of its own.

use std::cell::Cell;

use super::clean::{done, select};
use super::command;
use super::ranges::Ranges;
use super::writer::{Writer, arrived};
use crate::live::Fault;
use crate::live::imap::session::Session;

impl Writer {
    /// Removes what came late on broken connections. Without UIDPLUS nobody knows which of two is which: both stay.
    pub(super) fn take_back(&mut self, session: &mut Session, achieved: &Cell<u64>) -> Result<(), Fault> {
        if self.folders.targets().iter().all(|target| target.resent.is_empty()) || !session.has("UIDPLUS")? {
            return Ok(());
        }
        for target in self.folders.targets() {
            if target.resent.is_empty() || target.unnoted > 0 {
                continue;
            }
            let mut late = Ranges::default();
            if let Some((mut there, validity)) = arrived(session, target, achieved)? {
                for print in &target.resent {
                    let found = there.find_dated(session, &target.folder(), validity, print, achieved)?;
                    found.into_iter().for_each(|uid| late.add(uid));
                }
                if !late.is_empty() && select(session, &target.name)? == Some(validity) {
                    done(session, command::mark(&late))?;
                    done(session, command::expunge(&late))?;
                }
            }
            target.resent.clear();
        }
        Ok(())
    }
}
