//! A chain as a list: what each record was about, who signed it off, and which corrective actions are open.
//!
//! Input: a folder of records. Output: a [`Ledger`], which holds little of each. Invariant: as with
//! [`past`](super::past), nothing here looks at signatures: whoever draws a conclusion lets [`check`](super::check) look first.

use std::io;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::past::{Aim, Past, Shelf};
use super::record::{Kind, Objectives};
use super::review::{About, Action, SignOff};
use crate::verdict::{Outcome, Rung};

/// Little of each record of a chain.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The records, in their order.
    pub entries: Vec<Entry>,
    /// Records whose content can't be read, and why; newer versions may have made them.
    pub unread: Vec<(u64, String)>,
}

/// Little of one record.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its id, number and digests.
    pub about: About,
    /// The word for what was done.
    pub kind: String,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The lowest of what its archives are proven to; absent where one of them, or all, are proven to nothing.
    pub rung: Option<Rung>,
    /// Every archive was encrypted.
    pub encrypted: bool,
    /// What it was for.
    pub aim: Aim,
    /// Targets and what was measured.
    pub objectives: Objectives,
    /// What was signed off.
    pub sign_off: Option<SignOff>,
    /// Which action was opened or closed.
    pub action: Option<Action>,
}

/// A corrective action and what became of it.
#[derive(Debug)]
pub struct Tracked<'a> {
    /// The record that opened it.
    pub opened: &'a Entry,
    /// The record that showed the need.
    pub about: &'a About,
    /// Who does it.
    pub owner: &'a str,
    /// By when; the day of the opening where what is stated is no day.
    pub due: Date,
    /// What is to be done.
    pub what: &'a str,
    /// What closed it.
    pub closed: Option<Closing<'a>>,
}

/// The end of an action.
#[derive(Debug, Clone, Copy)]
pub struct Closing<'a> {
    /// The record that closed it.
    pub entry: &'a Entry,
    /// The run that passed.
    pub by_record: &'a About,
    /// What was done.
    pub note: &'a str,
}

/// Why a run closes no action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is no run.
    #[error("it is no verification, rehearsal or restore; name the run that shows that it helped")]
    NoRun,
    /// It is of a kind that this version does not know.
    #[error(
        "this version does not know what `{0}` shows; close it with the version that made that record, or name a run of another kind"
    )]
    Unknown(String),
    /// It came before the action.
    #[error("it began before the action was opened; run it again, and name that record")]
    Older,
    /// It did not pass.
    #[error("it did not pass; run it again, and name a record that did")]
    NotPassed,
    /// It did not look at what the action is about.
    #[error("{0}")]
    Elsewhere(String),
}

impl Ledger {
    /// Reads all records of a folder.
    ///
    /// # Errors
    /// The system's answer if the folder can't be listed.
    pub fn read(folder: &Path) -> io::Result<Self> {
        let shelf = Shelf::open(folder)?;
        let mut ledger = Self::default();
        for (number, past) in shelf.iter() {
            match past.and_then(|past| Entry::of(&shelf, past)) {
                Ok(entry) => ledger.entries.push(entry),
                Err(why) => ledger.unread.push((number, why)),
            }
        }
        Ok(ledger)
    }

    /// The ledger as it was at a moment.
    #[must_use]
    pub fn until(mut self, at: Timestamp) -> Self {
        self.entries.retain(|entry| entry.finished <= at);
        self
    }

    /// The record of this number or id.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Entry> {
        let number = name.parse::<u64>().ok();
        self.entries.iter().find(|entry| Some(entry.number()) == number || entry.about.id == name)
    }

    /// The first record by which somebody signed this one off.
    #[must_use]
    pub fn sign_off_of(&self, entry: &Entry) -> Option<(&Entry, &SignOff)> {
        let mut signed = self.entries.iter().filter_map(|later| Some((later, later.sign_off.as_ref()?)));
        signed.find(|(later, sign_off)| sign_off.about == entry.about && later.number() > entry.number())
    }

    /// All corrective actions, in the order in which they were opened.
    #[must_use]
    pub fn actions(&self) -> Vec<Tracked<'_>> {
        let opened = self.entries.iter().filter_map(|entry| match &entry.action {
            Some(Action::Opened { about, owner, due, what }) => {
                let due = due.parse().unwrap_or_else(|_| TimeZone::UTC.to_datetime(entry.finished).date());
                let closed = self.closing_of(entry);
                Some(Tracked { opened: entry, about, owner, due, what, closed })
            }
            _ => None,
        });
        opened.collect()
    }

    /// The first record that closes an action by a run that may.
    fn closing_of(&self, opened: &Entry) -> Option<Closing<'_>> {
        self.entries.iter().find_map(|entry| match &entry.action {
            Some(Action::Closed { action, by_record, note }) if *action == opened.about => {
                let run = self.entries.iter().find(|run| run.about == *by_record)?;
                let holds = run.number() < entry.number() && self.may_close(run, opened).is_ok();
                holds.then_some(Closing { entry, by_record, note })
            }
            _ => None,
        })
    }
}

impl Ledger {
    /// Whether a run shows that the action which `opened` opened helped: one that began after that, passed, and looked at all
    /// that the run before it did which showed the need.
    ///
    /// # Errors
    /// [`Refusal`] if it shows no such thing.
    pub fn may_close(&self, run: &Entry, opened: &Entry) -> Result<(), Refusal> {
        match () {
            () if !run.is_run() => Err(Refusal::NoRun),
            () if Kind::of(&run.kind).is_none() => Err(Refusal::Unknown(run.kind.clone())),
            () if run.number() < opened.number() || run.started < opened.finished => Err(Refusal::Older),
            () if run.outcome != Outcome::Passed => Err(Refusal::NotPassed),
            () => self.reaches_the_need(run, opened),
        }
    }

    fn reaches_the_need(&self, run: &Entry, opened: &Entry) -> Result<(), Refusal> {
        let Some(Action::Opened { about, .. }) = &opened.action else { return Ok(()) };
        let needed = self.entries.iter().find(|entry| entry.about == *about).filter(|entry| entry.is_run());
        match needed {
            Some(needed) if !run.aim.reaches(&needed.aim) => {
                let (number, needed, done) = (needed.number(), needed.aim.told(), run.aim.told());
                Err(Refusal::Elsewhere(format!(
                    "it is `{done}`, and record {number}, which showed the need, is `{needed}`: run that again, and name its record"
                )))
            }
            _ => Ok(()),
        }
    }
}

impl Entry {
    fn of(shelf: &Shelf, past: Past) -> Result<Self, String> {
        let link = shelf.link(past.sequence).map_err(|error| error.to_string())?;
        let read = || past.archives.iter().filter(|archive| archive.outcome.is_some());
        let lowest = read().map(|archive| archive.rung).min().flatten();
        let sealed = |encryption: &Option<String>| encryption.as_deref().is_some_and(|how| how != "none");
        let encrypted = read().count() > 0 && read().all(|archive| sealed(&archive.encryption));
        Ok(Self {
            rung: lowest,
            encrypted,
            outcome: past.ended(),
            aim: past.aim(),
            about: About { id: past.id, link },
            kind: past.kind,
            started: past.started,
            finished: past.finished,
            objectives: past.objectives,
            sign_off: past.sign_off,
            action: past.action,
        })
    }

    /// Its number in the chain.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.about.link.sequence
    }

    /// Whether it is of this kind.
    #[must_use]
    pub fn is(&self, kind: Kind) -> bool {
        self.kind == kind.as_str()
    }

    /// Whether something was looked at or brought back, and not only said; see [`Kind::tells_of_a_run`].
    #[must_use]
    pub fn is_run(&self) -> bool {
        Kind::tells_of_a_run(&self.kind)
    }
}

impl Tracked<'_> {
    /// Whether its day has passed (in UTC) and nothing closed it.
    #[must_use]
    pub fn is_overdue(&self, at: Timestamp) -> bool {
        self.closed.is_none() && TimeZone::UTC.to_datetime(at).date() > self.due
    }
}
