//! The messages of a folder, in batches.
//!
//! Input: a folder. Output: number, size, date and flags of each message. Invariant: a message is handed on once, and
//! only after the batch it is in was answered whole; where a connection broke, listing goes on behind the last one. What
//! the folder is said to hold and is not listed must have gone by the server's own word.

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::command::Command;
use super::fetch::{NoBody, Told};
use super::refusal::Asked;
use super::response::Head;
use super::session::{Open, Session, Taken, nothing};
use crate::live::{Fault, Folder, FolderState, Listed, Place};

/// Messages that are asked for at once.
const BATCH: u32 = 1_000;
/// Batches in a row that may bring nothing, whatever the server says went.
const MOST_EMPTY: u32 = 5;

/// A listing that goes on.
pub(crate) struct Listing<'a> {
    folder: &'a Folder,
    achieved: &'a Cell<u64>,
    each: &'a mut dyn FnMut(Listed),
    /// The state the folder was first seen in.
    first: Option<u32>,
    /// The last number that was handed on.
    last: u32,
    listed: u64,
    vanished: u64,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(folder: &'a Folder, achieved: &'a Cell<u64>, each: &'a mut dyn FnMut(Listed)) -> Self {
        Self { folder, achieved, each, first: None, last: 0, listed: 0, vanished: 0 }
    }

    /// Lists what was not listed so far.
    pub(crate) fn go_on(&mut self, session: &mut Session) -> Result<FolderState, Fault> {
        session.examine(&self.folder.raw)?;
        let open = session.open.clone().unwrap_or_default();
        self.stay(&open)?;
        look(session, u64::from(open.exists))?;
        let (mut next, known, mut lacks) = (1, self.last, Lacks::default());
        while let Some(last) = last_of_batch(session, next) {
            let batch = ask(session, next, last)?;
            lacks.note(u64::from(last - next) + 1, batch.len() as u64);
            self.hand_on(batch, known)?;
            look(session, self.listed)?;
            lacks.account(session)?;
            next = last.saturating_add(1) - gone_before(session, last);
        }
        self.vanished += lacks.messages;
        Ok(self.state(&open))
    }

    /// The folder must be the same as before the connection broke.
    fn stay(&mut self, open: &Open) -> Result<(), Fault> {
        if *self.first.get_or_insert(open.uid_validity) == open.uid_validity {
            return Ok(());
        }
        Err(Fault::NoSuchFolder { detail: "it was made anew while it was read".to_owned() })
    }

    /// Hands on the messages behind `known`; those up to it came before the connection broke.
    fn hand_on(&mut self, mut batch: BTreeMap<u32, Told>, known: u32) -> Result<(), Fault> {
        for (uid, told) in batch.split_off(&known.saturating_add(1)) {
            let (Some(size), Some(flags)) = (told.size, told.flags) else {
                return Err(Fault::protocol("a message without its size or flags"));
            };
            if uid <= self.last {
                return Err(Fault::protocol("numbers that do not grow"));
            }
            self.last = uid;
            self.achieved.set(self.achieved.get() + 1);
            if told.is_stub() {
                self.vanished += 1;
                continue;
            }
            self.listed += 1;
            let place = Place { folder: Arc::clone(&self.folder.name), uid };
            (self.each)(Listed { place, size, date: told.date, flags });
        }
        Ok(())
    }

    fn state(&self, open: &Open) -> FolderState {
        FolderState {
            uid_validity: open.uid_validity,
            uid_next: open.uid_next,
            highest_modseq: open.highest_modseq,
            messages: self.listed,
            vanished: self.vanished,
        }
    }
}

/// What was promised and did not come.
#[derive(Debug, Default)]
struct Lacks {
    messages: u64,
    /// Batches in a row of which nothing came.
    empty: u32,
}

impl Lacks {
    fn note(&mut self, promised: u64, came: u64) {
        self.messages += promised.saturating_sub(came);
        self.empty = if came == 0 { self.empty + 1 } else { 0 };
    }

    /// Asks the server, where it did not tell so far, whether as many messages went as are lacking.
    fn account(&self, session: &mut Session) -> Result<(), Fault> {
        if self.empty > MOST_EMPTY {
            return Err(Fault::protocol("a folder is said to hold messages, and none of them is listed"));
        }
        if self.messages > went(session) {
            session.run(Command::noop(), Asked::Other, &mut nothing)?;
        }
        let (lacking, went) = (self.messages, went(session));
        if lacking > went {
            return Err(Fault::protocol(format_args!(
                "{lacking} of the messages that the folder is said to hold are not listed, and it is told that {went} went"
            )));
        }
        Ok(())
    }
}

/// How many messages went by the server's own word.
fn went(session: &Session) -> u64 {
    session.open.as_ref().map_or(0, |open| open.went)
}

fn look(session: &Session, messages: u64) -> Result<(), Fault> {
    if messages > session.terms.limits.entries {
        return Err(Fault::protocol("more messages than the policy's limit allows"));
    }
    Ok(())
}

/// How large those of the messages `uids` are that lie in the open folder; `text` has their numbers as a command writes
/// them.
pub(crate) fn sizes(
    session: &mut Session,
    uids: &HashSet<u32>,
    text: &str,
) -> Result<HashMap<u32, u64>, Fault> {
    let mut sizes = HashMap::new();
    session.run(Command::sizes(text), Asked::Other, &mut |input, head| match head {
        Head::Numbered(_, kind) if kind == b"FETCH" => {
            let told = input.fetched(&mut NoBody)?;
            let (Some(uid), Some(size)) = (told.uid, told.size) else { return Ok(Taken::Aside) };
            let new = uids.contains(&uid) && sizes.insert(uid, size).is_none();
            Ok(if new { Taken::Wanted } else { Taken::Aside })
        }
        _ => Ok(Taken::Not),
    })?;
    Ok(sizes)
}

/// Where the batch that begins at `next` ends.
fn last_of_batch(session: &Session, next: u32) -> Option<u32> {
    let exists = session.open.as_ref().map_or(0, |open| open.exists);
    (next <= exists).then(|| exists.min(next.saturating_add(BATCH - 1)))
}

/// How many of the places up to `last` fell away, so that those behind moved up.
fn gone_before(session: &mut Session, last: u32) -> u32 {
    let Some(open) = &mut session.open else { return 0 };
    let mut end = last;
    for place in open.expunged.drain(..) {
        if place <= end {
            end -= 1;
        }
    }
    last - end
}

/// Asks for the messages in these places: by number, those that are still there.
fn ask(session: &mut Session, first: u32, last: u32) -> Result<BTreeMap<u32, Told>, Fault> {
    let mut batch = BTreeMap::new();
    session.run(Command::rows(first, last), Asked::Other, &mut |input, head| match head {
        Head::Numbered(place, kind) if kind == b"FETCH" && (first..=last).contains(place) => {
            let told = input.fetched(&mut NoBody)?;
            // Without a size it is a flag that somebody changed meanwhile.
            let (Some(uid), Some(_)) = (told.uid, told.size) else { return Ok(Taken::Aside) };
            if uid == 0 || batch.insert(uid, told).is_some() {
                return Err(Fault::protocol("a number that no message can have, or two messages with one"));
            }
            Ok(Taken::Wanted)
        }
        _ => Ok(Taken::Not),
    })?;
    Ok(batch)
}
