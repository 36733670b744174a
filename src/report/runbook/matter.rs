//! What records say, from the newest to the oldest: of each archive and mailbox the last word, of each task how it goes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use jiff::Timestamp;

use super::Question;
use super::copy::Copy;
use super::target;
use crate::evidence::past::{Past, PastArchive, Reading, Shelf};
use crate::evidence::{Kind, Objectives};
use crate::history::Run;
use crate::report::composing::own_rung;
use crate::verdict::{Outcome, Rung, Severity, State};

/// What the guide is made of.
#[derive(Debug, Default)]
pub(super) struct Matter {
    /// Runs of one kind under one policy, those that ran last first.
    pub tasks: Vec<Task>,
    /// Every archive that a run looked at.
    pub copies: Vec<Copy>,
    /// Whose mail lies where.
    pub holders: BTreeMap<Holder, Held>,
    /// The last rehearsal of each policy that measured anything.
    pub measured: Vec<Measured>,
    /// Numbers of the policies under which a whole test ran.
    pub tested: BTreeSet<usize>,
    /// The archive that the keys of each policy opened last, by the policy's number.
    pub opened: BTreeMap<usize, Opened>,
    /// Records that can't be read, and why.
    pub unread: Vec<(u64, String)>,
    /// Number of each archive in `copies`.
    known: BTreeMap<String, usize>,
    spans: Vec<[u64; 2]>,
}

/// Whose mail it is: an account's, or that of a store whose archives do not say.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    Account(String),
    Store(String),
}

/// The archives that a holder's mail lies in, by their number in [`Matter::copies`].
#[derive(Debug, Default)]
pub(super) struct Held {
    /// The newest that is proven and whole, and up to where this holder's mail is.
    pub base: Option<(usize, Rung)>,
    /// Proven ones that hold what changed.
    pub increments: Vec<(usize, Rung)>,
    /// The newest of which it is not proven.
    pub unproven: Option<usize>,
}

/// Runs of one kind under one policy.
#[derive(Debug)]
pub(super) struct Task {
    pub kind: String,
    pub policy: Option<String>,
    pub runs: u64,
    pub passed: u64,
    pub last: Seen,
    pub last_passed: Option<Seen>,
    /// The first of the last runs in a row that did not pass.
    pub amiss_since: Option<Timestamp>,
    /// Bytes each second that the last verification with a rate read and unpacked.
    pub rate: Option<u64>,
}

/// An archive that was decrypted to its end.
#[derive(Debug)]
pub(super) struct Opened {
    pub archive: String,
    pub recipients: Vec<String>,
    pub when: Timestamp,
    pub record: u64,
}

/// One run.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub record: u64,
    pub started: Timestamp,
    pub outcome: Outcome,
    /// Kinds of failures and warnings.
    pub findings: Vec<String>,
}

/// What a rehearsal measured.
#[derive(Debug)]
pub(super) struct Measured {
    pub policy: Option<String>,
    pub record: u64,
    pub started: Timestamp,
    pub outcome: Outcome,
    pub objectives: Objectives,
    pub recovery: Option<Reading>,
    pub estimate_for_all_ms: Option<u64>,
    pub restored_to: Option<String>,
}

impl Matter {
    pub fn gather(question: &Question) -> io::Result<Self> {
        let folders = question.chains.iter().filter(|chained| chained.check.is_some());
        let shelves: Vec<Shelf> =
            folders.map(|chained| Shelf::open(&chained.folder)).collect::<Result<_, _>>()?;
        let mut matter = Self::default();
        let mut readers: Vec<Backwards<'_>> = shelves.iter().map(Backwards::new).collect();
        readers.iter_mut().for_each(|reader| reader.advance(&mut matter.unread));
        while let Some(reader) =
            readers.iter_mut().filter(|reader| reader.next.is_some()).max_by_key(|reader| reader.started())
        {
            if let Some(past) = reader.next.take() {
                matter.add(&past, question);
            }
            reader.advance(&mut matter.unread);
        }
        let ends =
            shelves.iter().filter_map(|shelf| Some([*shelf.numbers().first()?, *shelf.numbers().last()?]));
        matter.spans = ends.collect();
        Ok(matter)
    }

    /// The numbers of the records; of several chains there is no such span.
    pub fn span(&self) -> Option<[u64; 2]> {
        match self.spans.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// Tasks that test backups.
    pub fn tests(&self) -> impl Iterator<Item = &Task> {
        self.tasks.iter().filter(|task| task.is_test())
    }

    fn add(&mut self, past: &Past, question: &Question) {
        if !past.is_run() {
            return;
        }
        // A part that was looked at by hand says how its archives are, and nothing of the task.
        if past.aim().is_whole() {
            self.note_task(past);
            self.note_measurement(past);
            self.note_policies(past, question);
        }
        if past.is_test() {
            past.archives.iter().for_each(|archive| self.note_archive(archive, past, question));
        }
    }

    fn note_task(&mut self, past: &Past) {
        let policy = past.policy.as_ref().map(|policy| policy.file.clone());
        let seen = Seen::of(past);
        let place = self.tasks.iter().position(|task| task.kind == past.kind && task.policy == policy);
        let task = match place {
            Some(place) => &mut self.tasks[place],
            None => {
                self.tasks.push(Task::new(past.kind.clone(), policy, seen.clone()));
                let last = self.tasks.len() - 1;
                &mut self.tasks[last]
            }
        };
        task.add(seen);
        task.rate = task.rate.or_else(|| Run::from(past).bytes_per_second.filter(|_| past.kind == "verify"));
    }

    fn note_policies(&mut self, past: &Past, question: &Question) {
        let Some(recorded) = past.policy.as_ref().filter(|_| past.is_test()) else { return };
        let policies = question.policies.iter().enumerate();
        let meant = policies.filter(|(_, governing)| target::is(governing, recorded));
        self.tested.extend(meant.map(|(place, _)| place));
    }

    fn note_measurement(&mut self, past: &Past) {
        let measured = Measured::of(past);
        let has =
            past.objectives.rto_measured_seconds.is_some() || past.objectives.rpo_measured_seconds.is_some();
        if past.kind == "rehearse"
            && has
            && !self.measured.iter().any(|known| known.policy == measured.policy)
        {
            self.measured.push(measured);
        }
    }

    /// What was looked at last counts; a look that could not say anything takes no earlier proof away.
    fn note_archive(&mut self, archive: &PastArchive, past: &Past, question: &Question) {
        let copy = Copy::of(archive, past, question);
        self.note_opened(&copy);
        let place = match self.known.get(&copy.address) {
            Some(place) if self.copies[*place].settled => return,
            Some(place) if copy.settled => {
                let later = self.copies[*place].later;
                self.copies[*place] = Copy { later, ..copy };
                *place
            }
            Some(_) => return,
            None => {
                self.known.insert(copy.address.clone(), self.copies.len());
                self.copies.push(copy);
                self.copies.len() - 1
            }
        };
        self.note_holders(place, archive, question);
    }

    /// A layer is stated where it was read to its end.
    fn note_opened(&mut self, copy: &Copy) {
        let sealed = copy.encryption.as_deref().is_some_and(|how| how != "none");
        if let Some(policy) = copy.policy.filter(|_| sealed) {
            self.opened.entry(policy).or_insert_with(|| Opened {
                archive: copy.address.clone(),
                recipients: copy.recipients.clone(),
                when: copy.when,
                record: copy.record,
            });
        }
    }

    fn note_holders(&mut self, place: usize, archive: &PastArchive, question: &Question) {
        let own = archive.accounts.iter().map(|account| {
            let sample = archive.samples.iter().find(|sample| sample.account == account.account);
            let compared =
                sample.is_some_and(|sample| sample.error.is_none() && !sample.differences.is_empty());
            let sound = !matches!(account.meaningful, Some(State::Disproven));
            let rung = own_rung(account.meaningful, compared, archive.rung).filter(|_| sound);
            (Holder::Account(account.account.clone()), rung)
        });
        let mut held: Vec<(Holder, Option<Rung>)> = own.collect();
        if held.is_empty() {
            let sound = archive.rungs.iter().all(|standing| {
                standing.rung == Rung::Present
                    || standing.rung == Rung::Restorable
                    || standing.state != State::Disproven
            });
            held.push((self.copies[place].holder(question), archive.rung.filter(|_| sound)));
        }
        for (holder, rung) in held {
            let known = self.holders.entry(holder).or_default();
            known.note(place, rung.filter(|rung| *rung >= Rung::Complete), &self.copies);
        }
    }
}

impl Held {
    fn note(&mut self, place: usize, rung: Option<Rung>, copies: &[Copy]) {
        let age = |place: usize| copies.get(place).map(Copy::age);
        match rung {
            None => {
                if self.unproven.is_none_or(|known| age(known) < age(place)) {
                    self.unproven = Some(place);
                }
            }
            Some(rung) if copies.get(place).is_some_and(|copy| copy.increment) => {
                self.increments.push((place, rung))
            }
            Some(rung) => {
                // Of a look that could not say anything another one says more now.
                if self.unproven == Some(place) {
                    self.unproven = None;
                }
                if self.base.is_none_or(|(known, _)| age(known) < age(place)) {
                    self.base = Some((place, rung));
                }
            }
        }
    }
}

impl Task {
    fn new(kind: String, policy: Option<String>, last: Seen) -> Self {
        let (runs, passed, last_passed, amiss_since, rate) = Default::default();
        Self { kind, policy, runs, passed, last, last_passed, amiss_since, rate }
    }

    /// Runs come the newest first.
    fn add(&mut self, seen: Seen) {
        self.runs += 1;
        let passed = seen.outcome == Outcome::Passed;
        self.passed += u64::from(passed);
        match (passed, &self.last_passed) {
            (true, None) => self.last_passed = Some(seen),
            (false, None) => self.amiss_since = Some(seen.started),
            _ => {}
        }
    }

    /// A restore for a user tests nothing.
    pub fn is_test(&self) -> bool {
        Kind::tells_of_a_test(&self.kind)
    }
}

impl Seen {
    fn of(past: &Past) -> Self {
        let of_archives = past.archives.iter().flat_map(|archive| &archive.findings);
        let serious =
            past.findings.iter().chain(of_archives).filter(|finding| finding.severity > Severity::Info);
        let mut findings: Vec<String> = serious.map(|finding| finding.id.clone()).collect();
        findings.sort();
        findings.dedup();
        Self { record: past.sequence, started: past.started, outcome: past.outcome, findings }
    }
}

impl Measured {
    fn of(past: &Past) -> Self {
        Self {
            policy: past.policy.as_ref().map(|policy| policy.file.clone()),
            record: past.sequence,
            started: past.started,
            outcome: past.outcome,
            objectives: past.objectives.clone(),
            recovery: past.recovery,
            estimate_for_all_ms: past.estimate_for_all_ms,
            restored_to: past.environment.restored_to.clone(),
        }
    }

    /// Bytes each second that came back.
    pub fn rate(&self) -> Option<u64> {
        self.recovery.and_then(Reading::rate)
    }
}

/// A folder of records, the last one first.
struct Backwards<'a> {
    shelf: &'a Shelf,
    rest: &'a [u64],
    next: Option<Past>,
}

impl<'a> Backwards<'a> {
    fn new(shelf: &'a Shelf) -> Self {
        Self { shelf, rest: shelf.numbers(), next: None }
    }

    fn started(&self) -> Option<Timestamp> {
        self.next.as_ref().map(|past| past.started)
    }

    /// Reads on to the next record that can be read.
    fn advance(&mut self, unread: &mut Vec<(u64, String)>) {
        while let Some((number, rest)) = self.rest.split_last().filter(|_| self.next.is_none()) {
            self.rest = rest;
            match self.shelf.read(*number) {
                Ok(past) => self.next = Some(past),
                Err(why) => unread.push((*number, why)),
            }
        }
    }
}
