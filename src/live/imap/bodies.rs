//! Bodies, in batches, the next of which is asked for before the last has come.
//!
//! Input: numbers of messages. Output: their bytes as they come. Invariant: every number ends once: with all the bytes
//! that were announced, as gone, or as withheld. Gone is only what the server left out of an answer that it called whole,
//! and does not list any more when it is asked again; what it still lists is withheld.

use std::cell::Cell;
use std::collections::{BTreeSet, HashSet, VecDeque};

use super::command::Command;
use super::fetch::{Came, NoBody, Sink, Told};
use super::input::Input;
use super::refusal::{Asked, meaning};
use super::response::{Head, Kind, Status};
use super::session::{Session, Taken, nothing};
use super::wire::Wire;
use crate::live::{BodyPart, Fault, Folder};

/// Bodies that are asked for at once.
const BATCH: usize = 50;
/// Messages without a body that are asked after at once.
const ASKED_AFTER: usize = 1_000;
/// Batches that are asked for and did not come so far.
const AHEAD: usize = 2;
/// How often a message is asked for alone before the server is believed not to hand it out: Dovecot, for one, ends the
/// connection at a file that is shorter than its name says.
const MOST_ALONE: u32 = 2;
/// Messages of one reading at which the connection may break again and again while all else comes.
const MOST_BROKEN: u64 = 3;

/// A reading that goes on.
pub(crate) struct Reading<'a> {
    folder: &'a Folder,
    /// The state of the folder for which the numbers hold, if that is known.
    validity: Option<u32>,
    /// Numbers that did not end so far.
    left: BTreeSet<u32>,
    /// Numbers that brought no body, of which is not known why.
    bodiless: BTreeSet<u32>,
    achieved: &'a Cell<u64>,
    each: &'a mut dyn FnMut(u32, BodyPart<'_>),
    limit: u64,
    breaks: Breaks,
}

/// What is known of the messages at which the connection broke.
#[derive(Default)]
struct Breaks {
    /// It broke, so messages are asked for one by one.
    singly: bool,
    /// The message that is asked for alone, and for the how manieth time.
    alone: Option<(u32, u32)>,
    /// Messages that were given up.
    given_up: u64,
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
        let (bodiless, breaks) = (BTreeSet::new(), Breaks::default());
        Self { folder, validity, left, bodiless, achieved, each, limit: 0, breaks }
    }

    /// Reads what was not read so far.
    pub(crate) fn go_on(&mut self, session: &mut Session) -> Result<(), Fault> {
        self.limit = session.terms.limits.body;
        // No message has the number 0.
        if self.left.remove(&0) {
            self.end_without(0, BodyPart::Gone);
        }
        if self.left.is_empty() && self.bodiless.is_empty() {
            return Ok(());
        }
        if !self.is_open(session) {
            session.examine(&self.folder.raw)?;
        }
        if !self.is_the_same(session) {
            self.end_all();
            return Ok(());
        }
        self.give_up_what_breaks();
        let read = self.read(session);
        self.breaks.singly |= read.is_err();
        read?;
        self.ask_after(session)
    }

    /// Leaves a message aside at which the connection broke each time it was asked for alone.
    fn give_up_what_breaks(&mut self) {
        let Some((uid, MOST_ALONE..)) = self.breaks.alone else { return };
        if self.breaks.given_up < MOST_BROKEN && self.left.remove(&uid) {
            self.breaks.given_up += 1;
            self.end_without(uid, BodyPart::Withheld);
        }
    }

    fn is_open(&self, session: &Session) -> bool {
        session.open.as_ref().is_some_and(|open| open.raw == self.folder.raw)
    }

    /// Whether the folder that is open is the one for which the numbers hold.
    fn is_the_same(&mut self, session: &Session) -> bool {
        let now = session.open.as_ref().map_or(0, |open| open.uid_validity);
        *self.validity.get_or_insert(now) == now
    }

    /// The folder was made anew: the messages that had these numbers are no longer there.
    fn end_all(&mut self) {
        self.bodiless.append(&mut self.left);
        for uid in std::mem::take(&mut self.bodiless) {
            self.end_without(uid, BodyPart::Gone);
        }
    }

    /// Asks which of the messages without a body are still listed. A folder that stays open may show what went meanwhile,
    /// so it is opened anew.
    fn ask_after(&mut self, session: &mut Session) -> Result<(), Fault> {
        if self.bodiless.is_empty() {
            return Ok(());
        }
        session.examine(&self.folder.raw)?;
        if !self.is_the_same(session) {
            self.end_all();
            return Ok(());
        }
        let all: Vec<u32> = self.bodiless.iter().copied().collect();
        for batch in all.chunks(ASKED_AFTER) {
            let present = present(session, batch)?;
            for uid in batch {
                self.bodiless.remove(uid);
                let is_there = present.contains(uid);
                self.end_without(*uid, if is_there { BodyPart::Withheld } else { BodyPart::Gone });
            }
        }
        Ok(())
    }

    fn read(&mut self, session: &mut Session) -> Result<(), Fault> {
        let all: Vec<u32> = self.left.iter().copied().collect();
        let (size, ahead) = if self.breaks.singly { (1, 1) } else { (BATCH, AHEAD) };
        let (mut batches, mut asked) = (all.chunks(size), VecDeque::new());
        loop {
            while asked.len() < ahead {
                let Some(batch) = batches.next() else { break };
                self.breaks.note(batch);
                let tag = session.send(Command::bodies(batch), Asked::Other, &mut nothing)?;
                asked.push_back((tag, batch));
            }
            let Some((tag, batch)) = asked.pop_front() else { return Ok(()) };
            session.input.source.begin();
            let status = session.finish(&tag, &mut |input, head| self.take(input, head))?;
            accept(&status)?;
            for uid in batch.iter().filter(|uid| self.left.remove(uid)) {
                self.bodiless.insert(*uid);
            }
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
        let (Some(uid), Some(came)) = (told.uid, told.body) else { return Ok(Taken::Aside) };
        // A batch may take long where bodies are large; each of them has the whole time.
        input.source.begin();
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
            Came::Bytes(0) | Came::Nothing => drop(self.bodiless.insert(uid)),
        }
        Ok(())
    }

    fn end_without(&mut self, uid: u32, why: BodyPart<'_>) {
        self.achieved.set(self.achieved.get() + 1);
        (self.each)(uid, why);
    }
}

impl Breaks {
    /// Takes note of what is asked for.
    fn note(&mut self, batch: &[u32]) {
        let times = |uid| self.alone.filter(|(before, _)| *before == uid).map_or(0, |(_, times)| times);
        self.alone = match batch {
            [uid] if self.singly => Some((*uid, times(*uid) + 1)),
            _ => None,
        };
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

/// Which of these messages the server lists.
fn present(session: &mut Session, uids: &[u32]) -> Result<HashSet<u32>, Fault> {
    let mut present = HashSet::new();
    let take = &mut |input: &mut Input<Wire>, head: &Head| match head {
        Head::Numbered(_, kind) if kind == b"FETCH" => {
            let told = input.fetched(&mut NoBody)?;
            // Without a size it is a flag that somebody changed meanwhile.
            let listed = told.uid.filter(|_| told.size.is_some() && !told.is_stub());
            let new = listed.is_some_and(|uid| uids.binary_search(&uid).is_ok() && present.insert(uid));
            Ok(if new { Taken::Wanted } else { Taken::Aside })
        }
        _ => Ok(Taken::Not),
    };
    let tag = session.send(Command::presence(uids), Asked::Other, &mut nothing)?;
    let status = session.finish(&tag, take)?;
    accept(&status)?;
    Ok(present)
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
