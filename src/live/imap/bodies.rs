//! Bodies, in batches, the next of which is asked for before the last has come.
//!
//! Input: numbers of messages. Output: their bytes as they come. Invariant: every number ends once, with all the bytes
//! that were announced or as gone; gone is only what the server left out of an answer that it called whole.

use std::cell::Cell;
use std::collections::{BTreeSet, VecDeque};

use super::command::Command;
use super::fetch::{Came, Sink, Told};
use super::input::Input;
use super::refusal::{Asked, meaning};
use super::response::{Head, Kind, Status};
use super::session::{Session, Taken, nothing};
use super::wire::Wire;
use crate::live::{BodyPart, Fault, Folder};

/// Bodies that are asked for at once.
const BATCH: usize = 50;
/// Batches that are asked for and did not come so far.
const AHEAD: usize = 2;

/// A reading that goes on.
pub(crate) struct Reading<'a> {
    folder: &'a Folder,
    /// The state of the folder for which the numbers hold, if that is known.
    validity: Option<u32>,
    /// Numbers that did not end so far.
    left: BTreeSet<u32>,
    achieved: &'a Cell<u64>,
    each: &'a mut dyn FnMut(u32, BodyPart<'_>),
    limit: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(
        folder: &'a Folder,
        validity: Option<u32>,
        uids: &[u32],
        achieved: &'a Cell<u64>,
        each: &'a mut dyn FnMut(u32, BodyPart<'_>),
    ) -> Self {
        let left = uids.iter().copied().collect();
        Self { folder, validity, left, achieved, each, limit: 0 }
    }

    /// Reads what was not read so far.
    pub(crate) fn go_on(&mut self, session: &mut Session) -> Result<(), Fault> {
        self.limit = session.terms.limits.body;
        // No message has the number 0.
        self.end_as_gone(&[0]);
        if self.left.is_empty() {
            return Ok(());
        }
        if !self.is_open(session) {
            session.examine(&self.folder.raw)?;
        }
        let now = session.open.as_ref().map(|open| open.uid_validity);
        if *self.validity.get_or_insert(now.unwrap_or(0)) != now.unwrap_or(0) {
            // The folder was made anew: the messages that had these numbers are no longer there.
            let all: Vec<u32> = self.left.iter().copied().collect();
            self.end_as_gone(&all);
            return Ok(());
        }
        self.read(session)
    }

    fn is_open(&self, session: &Session) -> bool {
        session.open.as_ref().is_some_and(|open| open.raw == self.folder.raw)
    }

    fn read(&mut self, session: &mut Session) -> Result<(), Fault> {
        let all: Vec<u32> = self.left.iter().copied().collect();
        let (mut batches, mut asked) = (all.chunks(BATCH), VecDeque::new());
        loop {
            while asked.len() < AHEAD {
                let Some(batch) = batches.next() else { break };
                let tag = session.send(Command::bodies(batch), Asked::Other, &mut nothing)?;
                asked.push_back((tag, batch));
            }
            let Some((tag, batch)) = asked.pop_front() else { return Ok(()) };
            session.input.source.begin();
            let status = session.finish(&tag, &mut |input, head| self.take(input, head))?;
            accept(&status)?;
            self.end_as_gone(batch);
            if let Some(open) = &mut session.open {
                open.expunged.clear();
            }
        }
    }

    fn take(&mut self, input: &mut Input<Wire>, head: &Head) -> Result<Taken, Fault> {
        if !matches!(head, Head::Numbered(_, kind) if kind == b"FETCH") {
            return Ok(Taken::Not);
        }
        let told = input.fetched(self)?;
        // A batch may take long where bodies are large; each of them has the whole time.
        input.source.begin();
        let (Some(uid), Some(came)) = (told.uid, told.body) else { return Ok(Taken::Aside) };
        self.end(uid, came, &told)?;
        Ok(Taken::Wanted)
    }

    fn end(&mut self, uid: u32, came: Came, told: &Told) -> Result<(), Fault> {
        if !self.left.remove(&uid) {
            return Err(unasked());
        }
        self.achieved.set(self.achieved.get() + 1);
        match came {
            Came::Bytes(0) if !told.is_stub() => {
                (self.each)(uid, BodyPart::Begin(0));
                (self.each)(uid, BodyPart::End);
            }
            Came::Bytes(1..) => (self.each)(uid, BodyPart::End),
            Came::Bytes(0) | Came::Nothing => (self.each)(uid, BodyPart::Gone),
        }
        Ok(())
    }

    /// Ends those of `uids` that did not come.
    fn end_as_gone(&mut self, uids: &[u32]) {
        for uid in uids {
            if self.left.remove(uid) {
                self.achieved.set(self.achieved.get() + 1);
                (self.each)(*uid, BodyPart::Gone);
            }
        }
    }
}

impl Sink for Reading<'_> {
    fn begin(&mut self, uid: u32, size: u64) -> Result<(), Fault> {
        if !self.left.contains(&uid) {
            return Err(unasked());
        }
        if size > self.limit {
            return Err(Fault::protocol(format_args!(
                "a message of {size} bytes: more than the policy's limit"
            )));
        }
        (self.each)(uid, BodyPart::Begin(size));
        Ok(())
    }

    fn bytes(&mut self, uid: u32, bytes: &[u8]) {
        (self.each)(uid, BodyPart::Bytes(bytes));
    }
}

fn unasked() -> Fault {
    Fault::protocol("a body that nobody asked for")
}

/// An answer is whole also where the server says that messages went meanwhile (RFC 5530, EXPUNGEISSUED).
fn accept(status: &Status) -> Result<(), Fault> {
    if status.kind == Kind::Ok || status.code_word() == "EXPUNGEISSUED" {
        return Ok(());
    }
    Err(meaning(status, Asked::Other))
}
