//! A connection on which somebody is logged in.
//!
//! Input: commands. Output: their answers. Invariant: an answer that is not whole, or that nobody asked for, ends the
//! session; it is never taken for an empty one.

use super::command::Command;
use super::fetch::NoBody;
use super::input::Input;
use super::login::Abilities;
use super::refusal::{Asked, meaning};
use super::response::{Head, Kind, Status};
use super::wire::Wire;
use crate::live::{Fault, Terms};

/// Most responses to one command that were not asked for.
const MOST_ASIDE: u32 = 100_000;

/// A connection to a server.
pub(crate) struct Session {
    pub(crate) input: Input<Wire>,
    pub(crate) terms: Terms,
    last_tag: u32,
    /// What the server can do for whoever is logged in, once that was asked for.
    abilities: Option<Abilities>,
    /// The folder that is open, as far as that is known.
    pub(crate) open: Option<Open>,
}

/// A folder that is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open {
    pub(crate) raw: Box<[u8]>,
    pub(crate) uid_validity: u32,
    pub(crate) uid_next: Option<u32>,
    pub(crate) highest_modseq: Option<u64>,
    /// Messages in it, as far as the server told.
    pub(crate) exists: u32,
    /// Places whose messages went since they were last asked for, in the order of their going.
    pub(crate) expunged: Vec<u32>,
    /// Messages that went since it was opened, as far as the server told.
    pub(crate) went: u64,
}

/// What the server says when it is our turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It waits for the rest of a command.
    Nod,
    /// The command with this tag ended.
    End(Vec<u8>, Status),
}

/// What was done with a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was read to its end, and is one of those that were asked for: of these there can't be more than were.
    Wanted,
    /// It was read to its end.
    Aside,
    /// Nothing; the rest of its line is still there.
    Not,
}

/// Takes the data of a response: the rest of its line, and nothing else.
pub(crate) type Taking<'a> = &'a mut dyn FnMut(&mut Input<Wire>, &Head) -> Result<Taken, Fault>;

/// For answers that have no data.
pub(crate) fn nothing(_input: &mut Input<Wire>, _head: &Head) -> Result<Taken, Fault> {
    Ok(Taken::Not)
}

impl Session {
    pub(crate) fn new(wire: Wire, terms: Terms) -> Self {
        Self { input: Input::new(wire), terms, last_tag: 0, abilities: None, open: None }
    }

    /// Sends a command and takes its answer to the end.
    pub(crate) fn run(&mut self, command: Command, asked: Asked, take: Taking<'_>) -> Result<Status, Fault> {
        let tag = self.send(command, asked, take)?;
        let status = self.finish(&tag, take)?;
        if status.kind == Kind::Ok { Ok(status) } else { Err(meaning(&status, asked)) }
    }

    /// Sends a command; its answer is still to be taken.
    pub(crate) fn send(&mut self, command: Command, asked: Asked, take: Taking<'_>) -> Result<String, Fault> {
        let tag = self.begin()?;
        for (number, piece) in command.tagged(&tag).iter().enumerate() {
            if number > 0 {
                self.wait_for_nod(&tag, asked, take)?;
            }
            self.input.source.send(piece)?;
        }
        Ok(tag)
    }

    /// Begins a command, when the pace allows it: its tag.
    pub(crate) fn begin(&mut self) -> Result<String, Fault> {
        self.terms.pace.request(&self.terms.cancel)?;
        self.input.source.begin();
        self.last_tag = self.last_tag.wrapping_add(1);
        Ok(format!("m{}", self.last_tag))
    }

    /// Whether the server has this ability, of whoever is logged in.
    pub(crate) fn has(&mut self, ability: &str) -> Result<bool, Fault> {
        Ok(self.abilities()?.has(ability))
    }

    /// What the server can do for whoever is logged in.
    pub(crate) fn abilities(&mut self) -> Result<&Abilities, Fault> {
        let known = match self.abilities.take() {
            Some(known) => known,
            None => super::login::ask(self)?,
        };
        Ok(self.abilities.insert(known))
    }

    /// Takes the answer of the command with this tag to its end.
    pub(crate) fn finish(&mut self, tag: &str, take: Taking<'_>) -> Result<Status, Fault> {
        match self.answer(tag, take)? {
            Some(status) => Ok(status),
            None => Err(Fault::protocol("the server waits for something that was not announced")),
        }
    }

    /// The server asks for the rest of the command, or refuses it.
    fn wait_for_nod(&mut self, tag: &str, asked: Asked, take: Taking<'_>) -> Result<(), Fault> {
        match self.answer(tag, take)? {
            None => Ok(()),
            Some(status) => Err(meaning(&status, asked)),
        }
    }

    /// Takes responses until the command ends, or until the server waits for more of it.
    fn answer(&mut self, tag: &str, take: Taking<'_>) -> Result<Option<Status>, Fault> {
        match self.turn(take)? {
            Turn::Nod => Ok(None),
            Turn::End(of, status) if of == tag.as_bytes() => Ok(Some(status)),
            Turn::End(..) => Err(Fault::protocol("the end of another command")),
        }
    }

    /// Takes responses until any command ends, or until the server waits for more of one.
    pub(crate) fn turn(&mut self, take: Taking<'_>) -> Result<Turn, Fault> {
        let mut aside = 0;
        loop {
            let head = self.input.head()?;
            match head {
                Head::Continue => return Ok(Turn::Nod),
                Head::Tagged(of, status) => return Ok(Turn::End(of, status)),
                Head::Status(status) if status.kind == Kind::Bye => {
                    return Err(meaning(&status, Asked::Other));
                }
                head => match take(&mut self.input, &head)? {
                    Taken::Wanted => self.input.source.progress(),
                    Taken::Aside => aside += 1,
                    Taken::Not => {
                        self.set_aside(&head)?;
                        aside += 1;
                    }
                },
            }
            if aside > MOST_ASIDE {
                return Err(Fault::protocol("far more was said than asked for"));
            }
        }
    }

    /// Notes what the server told by itself.
    fn set_aside(&mut self, head: &Head) -> Result<(), Fault> {
        match head {
            // A flag that somebody changed meanwhile.
            Head::Numbered(_, kind) if kind == b"FETCH" => self.input.fetched(&mut NoBody).map(|_| ()),
            Head::Numbered(number, kind) => {
                // In a folder that is open for changes this is what was asked for.
                if self.open.is_none() && kind == b"EXPUNGE" {
                    self.input.source.progress();
                }
                self.counted(*number, kind);
                self.input.pass()
            }
            Head::Data(_) => self.input.pass(),
            _ => Ok(()),
        }
    }

    fn counted(&mut self, number: u32, kind: &[u8]) {
        let Some(open) = &mut self.open else { return };
        match kind {
            b"EXISTS" => open.exists = number,
            b"EXPUNGE" => {
                open.exists = open.exists.saturating_sub(1);
                open.expunged.push(number);
                open.went += 1;
            }
            _ => {}
        }
    }

    /// Opens a folder so that nothing in it changes.
    pub(crate) fn examine(&mut self, raw: &[u8]) -> Result<(), Fault> {
        self.open = None;
        let mut open = Open { raw: raw.into(), ..Open::default() };
        let command = Command::examine(raw);
        self.run(command, Asked::Folder, &mut |input, head| match head {
            Head::Status(status) => {
                open.note(status);
                Ok(Taken::Aside)
            }
            Head::Numbered(number, kind) if kind == b"EXISTS" => {
                open.exists = *number;
                input.pass().map(|()| Taken::Aside)
            }
            _ => Ok(Taken::Not),
        })?;
        if open.uid_validity == 0 {
            return Err(Fault::protocol("the folder's numbers hold for nothing: UIDVALIDITY is missing"));
        }
        self.open = Some(open);
        Ok(())
    }

    /// Says goodbye.
    pub(crate) fn leave(&mut self) {
        self.input.source.leave(b"bye LOGOUT\r\n");
    }
}

impl Open {
    fn note(&mut self, status: &Status) {
        let number = |name| status.argument(name).and_then(|text| text.parse::<u64>().ok());
        let short = |name| number(name).and_then(|number| u32::try_from(number).ok());
        match status.code_word().as_str() {
            "UIDVALIDITY" => self.uid_validity = short("UIDVALIDITY").unwrap_or(0),
            "UIDNEXT" => self.uid_next = short("UIDNEXT"),
            "HIGHESTMODSEQ" => self.highest_modseq = number("HIGHESTMODSEQ"),
            _ => {}
        }
    }
}
