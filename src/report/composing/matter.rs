//! What the records say, gathered record by record: of archives and accounts the last word, of everything else the sum.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use jiff::Timestamp;

use super::standing::{AccountStanding, ArchiveStanding};
use super::{Named, ReportError, Subject};
use crate::evidence::past::{Aim, Past, PastFinding, Shelf};
use crate::evidence::{self, Draw};
use crate::history::Run;
use crate::verdict::{Outcome, Severity};

/// Earlier runs of the same kind that a report on one run shows the course of.
const COURSE: usize = 30;
/// Records that are looked through for these.
const FURTHEST: usize = 200;

/// What a report is made of.
#[derive(Debug, Default)]
pub(super) struct Matter {
    /// The runs that it tells of, the newest last.
    pub runs: Vec<Seen>,
    /// Runs of the same kind before them; of a period none.
    pub before: Vec<Seen>,
    /// Records that can't be read, and why.
    pub unread: Vec<(u64, String)>,
    pub archives: BTreeMap<String, ArchiveStanding>,
    pub accounts: BTreeMap<String, AccountStanding>,
    pub findings: BTreeMap<String, Tally>,
    /// What was left out and why, and in how many runs.
    pub excluded: BTreeMap<(String, String), u64>,
    /// What was left out and is named in no record.
    pub excluded_unnamed: u64,
    /// The last draw from each archive.
    pub draws: BTreeMap<String, (Timestamp, Draw)>,
}

/// One run. What it says of archives, samples and exclusions went elsewhere.
#[derive(Debug)]
pub(super) struct Seen {
    pub past: Past,
    /// Bytes each second.
    pub rate: Option<u64>,
    /// Failures and warnings.
    pub serious: u64,
    /// All that it found, by kind.
    pub kinds: BTreeMap<String, Kind>,
    /// What it was for.
    pub aim: Aim,
    /// Messages that a rehearsal put into its sandbox; absent of what did not pass, or was no rehearsal.
    pub rehearsed: Option<u64>,
}

/// What one run found of one kind.
#[derive(Debug)]
pub(super) struct Kind {
    pub severity: Severity,
    /// The archives that have it.
    pub archives: BTreeSet<String>,
}

/// Findings of one kind.
#[derive(Debug)]
pub(super) struct Tally {
    pub severity: Severity,
    pub times: u64,
    pub archives: BTreeSet<String>,
    pub runs: u64,
    /// The last record that has it.
    pub last: u64,
}

impl Matter {
    pub fn gather(folder: &Path, subject: &Subject) -> Result<Self, ReportError> {
        let shelf = Shelf::open(folder)?;
        let mut matter = Self::default();
        match subject {
            Subject::Run(named) => matter.take_run(&shelf, named.as_ref())?,
            Subject::Period { since, until } => {
                let wanted = |past: &Past| {
                    since.is_none_or(|since| past.started >= since)
                        && until.is_none_or(|until| past.started < until)
                };
                for (number, read) in shelf.iter() {
                    match read {
                        Ok(past) if past.is_run() && wanted(&past) => matter.add(past),
                        Ok(_) => {}
                        Err(why) => matter.unread.push((number, why)),
                    }
                }
            }
        }
        Ok(matter)
    }

    fn take_run(&mut self, shelf: &Shelf, named: Option<&Named>) -> Result<(), ReportError> {
        let Some(number) = find(shelf, named)? else { return Ok(()) };
        match shelf.read(number) {
            Ok(past) if !past.is_run() => return Err(ReportError::NoRun(number, past.kind)),
            Ok(past) => {
                self.before = before(shelf, &past);
                self.add(past);
            }
            Err(why) => self.unread.push((number, why)),
        }
        Ok(())
    }

    fn add(&mut self, past: Past) {
        for (archive, told) in past.archives.iter().zip(Run::from(&past).archives) {
            ArchiveStanding::note(&mut self.archives, archive, &told, &past);
            AccountStanding::note(&mut self.accounts, archive, &past);
        }
        let mut seen = Seen::new(past);
        for (archive, finding) in findings(&seen.past) {
            let tally =
                self.findings.entry(finding.id.clone()).or_insert_with(|| Tally::new(finding.severity));
            tally.add(archive, finding, seen.past.sequence);
        }
        let scope = &mut seen.past.scope;
        let named = scope.excluded.len() as u64;
        self.excluded_unnamed += scope.excluded_count.saturating_sub(named);
        for excluded in scope.excluded.drain(..) {
            *self.excluded.entry((excluded.what, excluded.why)).or_default() += 1;
        }
        for draw in seen.past.samples.drain(..) {
            self.draws.insert(draw.archive.clone(), (seen.past.started, draw));
        }
        seen.past.archives = Vec::new();
        self.runs.push(seen);
    }

    /// Things that were left out, as many as are known.
    pub fn excluded_count(&self) -> u64 {
        self.excluded_unnamed.saturating_add(self.excluded.len() as u64)
    }
}

/// The number of the record that is meant; none where there are no records.
fn find(shelf: &Shelf, named: Option<&Named>) -> Result<Option<u64>, ReportError> {
    let numbers = shelf.numbers();
    let found = match named {
        None => {
            // What can't be read may be a run, and is told of.
            let mut newest_first = numbers.iter().rev().copied();
            return Ok(newest_first.find(|number| shelf.read(*number).map_or(true, |past| past.is_run())));
        }
        Some(Named::Sequence(wanted)) => numbers.binary_search(wanted).is_ok().then_some(*wanted),
        Some(Named::Id(id)) => {
            let mut newest_first = numbers.iter().rev().copied();
            newest_first.find(|number| shelf.read(*number).is_ok_and(|past| past.id == *id))
        }
    };
    let name = |named: &Named| match named {
        Named::Sequence(number) => number.to_string(),
        Named::Id(id) => format!("`{id}`"),
    };
    found.map(Some).ok_or_else(|| ReportError::NoSuchRun(named.map(name).unwrap_or_default()))
}

/// Runs for the same before this one, the newest last.
fn before(shelf: &Shelf, past: &Past) -> Vec<Seen> {
    let aim = past.aim();
    let earlier = shelf.numbers().iter().rev().copied().skip_while(|number| *number >= past.sequence);
    let read = earlier.take(FURTHEST).filter_map(|number| shelf.read(number).ok());
    let alike = read.filter(|other| other.aim() == aim);
    let mut seen: Vec<Seen> = alike.take(COURSE - 1).map(Seen::light).collect();
    seen.reverse();
    seen
}

impl Seen {
    fn new(mut past: Past) -> Self {
        past.outcome = past.ended();
        let run = Run::from(&past);
        let of_archives = run.archives.iter().map(|archive| archive.findings.serious());
        let serious = of_archives.fold(run.findings.serious(), u64::saturating_add);
        let mut kinds = BTreeMap::new();
        for (archive, finding) in findings(&past) {
            let new = || Kind { severity: finding.severity, archives: BTreeSet::new() };
            let kind = kinds.entry(finding.id.clone()).or_insert_with(new);
            kind.severity = finding.severity.max(kind.severity);
            kind.archives.extend(archive.map(str::to_owned));
        }
        let put = past.archives.iter().filter_map(|archive| Some(archive.restored?.put));
        let passed = past.kind == evidence::Kind::Rehearse.as_str() && past.outcome == Outcome::Passed;
        let rehearsed = passed.then(|| put.fold(0, u64::saturating_add)).filter(|put| *put > 0);
        Self { rate: run.bytes_per_second, serious, kinds, aim: past.aim(), rehearsed, past }
    }

    fn light(past: Past) -> Self {
        let mut seen = Self::new(past);
        seen.past.archives = Vec::new();
        seen.past.samples = Vec::new();
        seen
    }
}

/// All findings of a run, with the archive where they belong to one.
fn findings(past: &Past) -> impl Iterator<Item = (Option<&str>, &PastFinding)> {
    let of_archives = past
        .archives
        .iter()
        .flat_map(|archive| archive.findings.iter().map(|finding| (Some(archive.archive.as_str()), finding)));
    past.findings.iter().map(|finding| (None, finding)).chain(of_archives)
}

impl Tally {
    fn new(severity: Severity) -> Self {
        Self { severity, times: 0, archives: Default::default(), runs: 0, last: 0 }
    }

    fn add(&mut self, archive: Option<&str>, finding: &PastFinding, record: u64) {
        self.severity = self.severity.max(finding.severity);
        self.times = self.times.saturating_add(finding.count);
        self.archives.extend(archive.map(str::to_owned));
        self.runs += u64::from(self.last != record);
        self.last = record;
    }
}
