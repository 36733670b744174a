//! Messages on their way into folders.
//!
//! Input: messages, and a connection that may break. Output: what became of each. Invariants: a message is held until
//! the server answered for it; answers are matched by their tags; where the connection broke, the folder is read before
//! a message is sent again.

use std::cell::Cell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use super::command;
use super::folders::Folders;
use super::refusal::{self, Refusal};
use super::target::{Accepted, Target};
use super::there::{There, Wanted};
use crate::live::imap::refusal::{Asked, meaning};
use crate::live::imap::response::{Kind, Status};
use crate::live::imap::session::{Session, Turn, nothing};
use crate::live::{Fault, Listed};
use crate::mailbox::ItemId;
use crate::restore::Put;

/// Messages that are sent and not answered at once.
const MOST_SENT: usize = 64;
/// Bytes of those; one message may have more.
const MOST_BYTES: usize = 4 << 20;
/// Up to so many bytes go out in one piece with their command.
const ONE_PIECE: usize = 256 << 10;

/// A message on its way.
#[derive(Debug)]
pub(super) struct Letter {
    pub(super) serial: u64,
    pub(super) id: ItemId,
    /// The path of its folder in the backup.
    pub(super) path: Option<Box<str>>,
    pub(super) folder: ItemId,
    pub(super) flags: String,
    pub(super) date: Option<i64>,
    pub(super) body: Vec<u8>,
    pub(super) stage: Stage,
    /// It was sent before on a connection that broke, and had not arrived when it was looked for.
    pub(super) resent: bool,
}

/// How far a message came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was looked at.
    New,
    /// It goes into this folder.
    Placed(usize),
    /// It goes into this folder and is not there.
    Missing(usize),
    /// It was sent under this tag.
    Sent(usize, String),
    /// It was sent, and the connection broke.
    Unsure(usize),
}

/// What became of a message.
#[derive(Debug)]
pub(super) struct Done {
    /// Its number in the run; 0 where nobody waits for it by that.
    pub(super) serial: u64,
    pub(super) id: ItemId,
    pub(super) put: Put,
    /// When the server took it.
    pub(super) taken: Option<Instant>,
}

/// Messages on their way, and what is known of the folders.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) folders: Folders,
    pub(super) queue: VecDeque<Letter>,
    pub(super) done: Vec<Done>,
    /// How many in a row were refused because the mailbox is full, and the last words.
    pub(super) full: (u32, String),
}

impl Writer {
    /// Works until the queue is short enough, or empty if `all`.
    pub(super) fn go(&mut self, session: &mut Session, all: bool, achieved: &Cell<u64>) -> Result<(), Fault> {
        let result = self.work(session, all, achieved);
        if result.is_err() {
            for letter in &mut self.queue {
                if let Stage::Sent(target, _) = letter.stage {
                    letter.stage = Stage::Unsure(target);
                }
            }
        }
        result
    }

    fn work(&mut self, session: &mut Session, all: bool, achieved: &Cell<u64>) -> Result<(), Fault> {
        self.folders.learn(session)?;
        self.resolve(session, achieved)?;
        let at_once = session.has("LITERAL+")?;
        while let Some(at) = self.queue.iter().position(|letter| !matches!(letter.stage, Stage::Sent(..))) {
            if at > 0 && (!at_once || self.asks(at)) {
                self.take(session, achieved)?;
            } else {
                self.step(session, at, at_once, achieved)?;
            }
        }
        while !self.queue.is_empty() && (all || self.is_much()) {
            self.take(session, achieved)?;
        }
        if all {
            self.take_back(session, achieved)?;
            self.look(session, achieved)?;
        }
        Ok(())
    }

    fn is_much(&self) -> bool {
        let bytes: usize = self.queue.iter().map(|letter| letter.body.len()).sum();
        self.queue.len() > MOST_SENT || bytes > MOST_BYTES
    }

    /// Whether the next step asks the server something, for which no other answer may be outstanding.
    fn asks(&self, at: usize) -> bool {
        self.queue.get(at).is_some_and(|letter| match letter.stage {
            Stage::New => self.folders.known(letter.path.as_deref(), letter.folder).is_none(),
            Stage::Placed(target) => self.folders.get(target).there.may_have(letter.wanted()),
            _ => false,
        })
    }

    /// Takes a message one stage further.
    fn step(
        &mut self,
        session: &mut Session,
        at: usize,
        at_once: bool,
        achieved: &Cell<u64>,
    ) -> Result<(), Fault> {
        let Some(letter) = self.queue.get_mut(at) else { return Ok(()) };
        match letter.stage {
            Stage::New => {
                let target = self.folders.open(session, letter.path.as_deref(), letter.folder, achieved)?;
                letter.stage = Stage::Placed(target);
                if let Some(words) = self.folders.get(target).closed.clone() {
                    self.settle(at, Put::Refused(words));
                }
            }
            Stage::Placed(target) => {
                let folder = self.folders.get_mut(target);
                let (name, validity) = (folder.folder(), folder.validity);
                let print = letter.wanted().print();
                let found = folder.there.find(session, &name, validity, &print, achieved)?;
                letter.stage = Stage::Missing(target);
                if found.is_some() {
                    self.settle(at, Put::AlreadyThere);
                }
            }
            Stage::Missing(target) => self.send(session, at, target, at_once, achieved)?,
            Stage::Sent(..) | Stage::Unsure(_) => {}
        }
        Ok(())
    }

    fn send(
        &mut self,
        session: &mut Session,
        at: usize,
        target: usize,
        at_once: bool,
        achieved: &Cell<u64>,
    ) -> Result<(), Fault> {
        let limit = session.abilities()?.value("APPENDLIMIT").and_then(|limit| limit.parse::<usize>().ok());
        let name = &self.folders.get(target).name;
        let Some(letter) = self.queue.get_mut(at) else { return Ok(()) };
        let size = letter.body.len();
        if let Some(limit) = limit.filter(|limit| size > *limit) {
            let words = format!(
                "it has {size} bytes and the server takes {limit}; raise that limit, or restore it to a Maildir or a tgz"
            );
            self.settle(at, Put::Refused(words));
            return Ok(());
        }
        let tag = session.begin()?;
        let command = command::append(name, &letter.flags, letter.date, size, at_once);
        letter.stage = Stage::Sent(target, tag.clone());
        let mut bytes = format!("{tag} {command}").into_bytes();
        if !at_once {
            session.input.source.send(&bytes)?;
            bytes.clear();
            if let Turn::End(tag, status) = session.turn(&mut nothing)? {
                return self.answered(&tag, &status, achieved);
            }
        }
        let Some(Letter { body, .. }) = self.queue.get(at) else { return Ok(()) };
        if size <= ONE_PIECE {
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\r\n");
            session.input.source.send(&bytes)?;
        } else {
            for piece in [&bytes, body, &b"\r\n".to_vec()] {
                session.input.source.send(piece)?;
            }
        }
        session.terms.pace.sent(size, &session.terms.cancel)
    }

    /// Takes the answer for one message, whichever the server has ready.
    fn take(&mut self, session: &mut Session, achieved: &Cell<u64>) -> Result<(), Fault> {
        session.input.source.begin();
        match session.turn(&mut nothing)? {
            Turn::Nod => Err(Fault::protocol("the server waits for something that was not announced")),
            Turn::End(tag, status) => self.answered(&tag, &status, achieved),
        }
    }

    fn answered(&mut self, tag: &[u8], status: &Status, achieved: &Cell<u64>) -> Result<(), Fault> {
        let is_of = |letter: &Letter| match &letter.stage {
            Stage::Sent(target, own) if own.as_bytes() == tag => Some(*target),
            _ => None,
        };
        let found = self.queue.iter().enumerate().find_map(|(at, letter)| Some((at, is_of(letter)?)));
        let (at, target) = found.ok_or_else(|| Fault::protocol("the end of a command that nobody gave"))?;
        let refused = if status.kind == Kind::Ok {
            None
        } else {
            match refusal::read(status) {
                Refusal::Passing => return Err(meaning(status, Asked::Other)),
                Refusal::Message(words) => Some(words),
                Refusal::Full(words) => {
                    self.full = (self.full.0.saturating_add(1), words.clone());
                    Some(words)
                }
            }
        };
        achieved.set(achieved.get().saturating_add(1));
        match refused {
            Some(words) => self.settle(at, Put::Refused(words)),
            None => self.accepted(at, target, status),
        }
        Ok(())
    }

    /// The server says that it took a message; at the end it is looked for.
    fn accepted(&mut self, at: usize, target: usize, status: &Status) {
        self.full.0 = 0;
        let Some(letter) = self.queue.remove(at) else { return };
        let folder = self.folders.get_mut(target);
        let uid = folder.note_answer(status);
        if letter.resent {
            folder.resent.push(letter.wanted().print());
        }
        let Wanted { date, .. } = letter.wanted();
        let (sizes, taken) = (letter.wanted().sizes(), Instant::now());
        folder.accepted.push(Accepted { id: letter.id, uid, sizes, date, taken });
    }

    /// After a connection broke: looks which of the messages arrived.
    fn resolve(&mut self, session: &mut Session, achieved: &Cell<u64>) -> Result<(), Fault> {
        let mut seen: HashMap<usize, Option<(There, u32)>> = HashMap::new();
        while let Some(at) = self.queue.iter().position(|letter| matches!(letter.stage, Stage::Unsure(_))) {
            let Some(letter) = self.queue.get_mut(at) else { return Ok(()) };
            let Stage::Unsure(number) = letter.stage else { return Ok(()) };
            let target = self.folders.get(number);
            let seen = match seen.entry(number) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(arrived(session, target, achieved)?),
            };
            let found = match seen {
                Some((there, validity)) => there
                    .find(session, &target.folder(), *validity, &letter.wanted().print(), achieved)?
                    .map(|uid| (*validity, uid)),
                None => None,
            };
            letter.stage = Stage::Missing(number);
            letter.resent = found.is_none();
            if let Some((validity, uid)) = found {
                self.folders.get_mut(number).note(validity, uid);
                self.settle(at, Put::Restored);
            }
        }
        Ok(())
    }

    /// A message leaves the queue.
    fn settle(&mut self, at: usize, put: Put) {
        if let Some(letter) = self.queue.remove(at) {
            self.done.push(Done { serial: letter.serial, id: letter.id, put, taken: None });
        }
    }
}

impl Letter {
    fn wanted(&self) -> Wanted<'_> {
        Wanted { body: &self.body, date: self.date }
    }
}

/// The messages that came into a folder since the restore began and are not known as its own; nothing where the folder
/// went.
pub(super) fn arrived(
    session: &mut Session,
    target: &Target,
    achieved: &Cell<u64>,
) -> Result<Option<(There, u32)>, Fault> {
    let new = |listed: &Listed| listed.place.uid >= target.base && !target.put.has(listed.place.uid);
    match There::list(session, &target.folder(), achieved, new) {
        Ok((there, state)) => Ok(Some((there, state.uid_validity))),
        Err(Fault::NoSuchFolder { .. }) => Ok(None),
        Err(fault) => Err(fault),
    }
}
