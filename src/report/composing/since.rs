//! Since when things are as they are, by the records up to the last one that the report tells of.
//!
//! Input: what the ledger notes of each record. Invariant: what is said holds for every record in between. Where one of them
//! can't be read, where the chain is broken, or where no policy says which runs are for the same, that is said instead.

use std::collections::BTreeMap;

use super::Sight;
use super::front::fact;
use crate::evidence::past::Aim;
use crate::evidence::{Entry, Kind, Ledger};
use crate::report::document::{Fact, Notice, Tone};
use crate::verdict::Outcome;

/// Tasks that are told of.
const MOST: usize = 5;

/// The last runs in a row for one aim that passed, or that did not.
#[derive(Debug)]
struct Row<'a> {
    aim: &'a Aim,
    passed: bool,
    runs: u64,
    first: &'a Entry,
    last: &'a Entry,
    /// The run before them, which ended otherwise.
    before: Option<&'a Entry>,
    /// Where there is none: the record before them that can't be read.
    hidden: Option<u64>,
}

impl<'a> Row<'a> {
    /// Of the runs that reach as far as `aim`, up to the record of this number.
    fn of(ledger: &'a Ledger, aim: &'a Aim, number: u64) -> Option<Self> {
        let unread = ledger.unread.iter().map(|(unread, _)| *unread);
        let hidden = unread.filter(|unread| *unread < number).max();
        let alike = |entry: &&Entry| entry.number() <= number && entry.aim.reaches(aim);
        let mut runs = ledger.entries.iter().rev().filter(alike);
        let last = runs.next()?;
        let mut row =
            Self { aim, passed: has_passed(last), runs: 1, first: last, last, before: None, hidden };
        for run in runs.take_while(|run| Some(run.number()) > hidden) {
            if has_passed(run) != row.passed {
                (row.before, row.hidden) = (Some(run), None);
                break;
            }
            (row.first, row.runs) = (run, row.runs + 1);
        }
        Some(row)
    }

    /// Another ended otherwise before them, or nobody knows.
    fn has_begun(&self) -> bool {
        self.before.is_some() || self.hidden.is_some()
    }

    /// A policy says what such runs are for.
    fn is_bound(&self) -> bool {
        self.aim.policy.is_some()
    }

    fn has(&self, entry: &Entry) -> bool {
        entry.aim == *self.aim && entry.number() <= self.last.number()
    }

    /// The last part of this that was looked at by hand in the meantime and did not pass.
    fn meanwhile(&self, ledger: &'a Ledger) -> Option<&'a Entry> {
        let span = self.first.number()..self.last.number();
        let part = |entry: &&Entry| !entry.aim.is_whole() && self.aim.reaches(&entry.aim);
        let runs = ledger.entries.iter().rev().filter(|entry| span.contains(&entry.number()));
        runs.filter(part).find(|entry| !has_passed(entry))
    }
}

fn has_passed(entry: &Entry) -> bool {
    entry.outcome == Outcome::Passed
}

/// Since when, and of what did not pass when it did last; nothing of what was no test.
pub(super) fn facts(sight: &Sight<'_>) -> Vec<Fact> {
    let since = &sight.words.since;
    let told = |told: Option<Vec<String>>| Vec::from_iter(told.map(|told| fact(since.title, told)));
    if sight.matter.tests().next().is_none() {
        return Vec::new();
    }
    if !sight.believed() {
        return told(Some(vec![since.broken.to_owned()]));
    }
    let tasks = sight.matter.tasks();
    let rows = tasks.iter().filter_map(|task| Row::of(sight.ledger, task.aim, task.last.past.sequence));
    let rows: Vec<Row<'_>> = rows.collect();
    if sight.outcome == Outcome::Passed {
        return told(well(sight, &rows));
    }
    let mut facts = told(amiss(sight, &rows));
    facts.extend(last_good(sight, &rows).map(|told| fact(since.last_good, told)));
    facts
}

/// All is well since the last task was mended. Of a part it is not told.
fn well(sight: &Sight<'_>, rows: &[Row<'_>]) -> Option<Vec<String>> {
    let since = &sight.words.since;
    let wholes = || rows.iter().filter(|row| row.aim.is_whole());
    wholes().next()?;
    let bound = || wholes().filter(|row| row.is_bound());
    let last_begun = bound().filter(|row| row.has_begun()).max_by_key(|row| row.first.started);
    let Some(row) = last_begun.or_else(|| bound().min_by_key(|row| row.first.started)) else {
        return Some(vec![since.unbound.to_owned()]);
    };
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    for entry in sight.ledger.entries.iter().filter(|entry| entry.started >= row.first.started) {
        if bound().any(|row| row.has(entry)) {
            *kinds.entry(&entry.kind).or_default() += 1;
        }
    }
    let kinds = kinds.into_iter().rev().map(|(kind, runs)| (since.tests)(sight.language, kind, runs));
    let (when, tests) = (sight.language.moment(row.first.started), kinds.collect::<Vec<_>>().join(", "));
    let say = if row.has_begun() { since.passed } else { since.always };
    let mut told = vec![say(&when, &tests)];
    told.extend(before(sight, row));
    told.extend(
        bound().find_map(|row| row.meanwhile(sight.ledger)).map(|part| {
            (since.meanwhile)(&sight.language.moment(part.started), &record(sight, part.number()))
        }),
    );
    Some(told)
}

/// What came before a row of runs that passed.
fn before(sight: &Sight<'_>, row: &Row<'_>) -> Option<String> {
    let since = &sight.words.since;
    let bad: Vec<_> = sight.matter.tests().filter(|seen| seen.past.outcome != Outcome::Passed).collect();
    match (bad.last(), row.before, row.hidden) {
        (Some(last), ..) => {
            let when = sight.language.moment(last.past.started);
            Some((since.mended)(sight.language, bad.len() as u64, &when))
        }
        (None, Some(run), _) => {
            let when = sight.language.moment(run.started);
            Some((since.before)(&run.kind, &when, &record(sight, run.number())))
        }
        (None, None, hidden) => hidden.map(|number| (since.hidden)(&record(sight, number))),
    }
}

/// The tasks whose last run did not pass, what is so for the longest time first.
fn bad<'r, 'a>(rows: &'r [Row<'a>]) -> Vec<&'r Row<'a>> {
    let mut bad: Vec<_> = rows.iter().filter(|row| !row.passed && row.is_bound()).collect();
    bad.sort_by_key(|row| row.first.started);
    bad.truncate(MOST);
    bad
}

/// Of one run that was to do a part it is not told.
fn amiss(sight: &Sight<'_>, rows: &[Row<'_>]) -> Option<Vec<String>> {
    let since = &sight.words.since;
    let unread = sight.matter.unread.last().map(|(number, _)| record(sight, *number));
    let told = |row: &&Row<'_>| {
        let tests = (since.tests)(sight.language, &row.aim.kind, row.runs);
        let told = (since.amiss)(&sight.language.moment(row.first.started), &tests);
        let hidden = row.hidden.map(|number| (since.hidden)(&record(sight, number)));
        [Some(named(sight, rows, row, told)), hidden]
    };
    let lines: Vec<String> = bad(rows)
        .iter()
        .filter(|row| row.aim.is_whole() || !sight.is_run())
        .flat_map(told)
        .flatten()
        .collect();
    match unread {
        _ if !lines.is_empty() => Some(lines),
        Some(record) => Some(vec![(since.unread)(&record)]),
        None => rows.iter().any(|row| !row.is_bound()).then(|| vec![since.unbound.to_owned()]),
    }
}

/// When each of them passed last; where no last run failed and only parts were looked at, when all of anything did.
fn last_good(sight: &Sight<'_>, rows: &[Row<'_>]) -> Option<Vec<String>> {
    let since = &sight.words.since;
    let at =
        |run: &Entry| format!("{} ({})", sight.language.moment(run.started), record(sight, run.number()));
    let none = |hidden: Option<u64>| {
        hidden.map_or(since.never.to_owned(), |number| (since.none_since)(&record(sight, number)))
    };
    let told = |row: &&Row<'_>| {
        let told = row.before.map_or_else(|| none(row.hidden), at);
        named(sight, rows, row, told)
    };
    let lines: Vec<String> = bad(rows).iter().map(told).collect();
    if !lines.is_empty() {
        return Some(lines);
    }
    rows.iter().find(|row| row.is_bound())?;
    let until = rows.iter().map(|row| row.last.number()).max();
    let mut earlier = sight.ledger.entries.iter().rev().filter(|entry| Some(entry.number()) <= until);
    let whole = earlier.find(|entry| is_whole_test(entry) && has_passed(entry));
    Some(vec![whole.map_or(since.never.to_owned(), at)])
}

/// With the task in front, where there are several.
fn named(sight: &Sight<'_>, rows: &[Row<'_>], row: &Row<'_>, told: String) -> String {
    if rows.len() > 1 { format!("{}: {told}", sight.task(row.aim)) } else { told }
}

fn record(sight: &Sight<'_>, number: u64) -> String {
    (sight.words.found.record)(sight.language, number)
}

fn is_whole_test(entry: &Entry) -> bool {
    entry.aim.is_whole() && Kind::tells_of_a_test(&entry.kind)
}

/// That there are later tests, where the report does not end with the newest.
pub(super) fn later(sight: &Sight<'_>) -> Option<Notice> {
    let since = &sight.words.since;
    let last = sight.matter.runs.last().filter(|_| sight.believed())?;
    let number = last.past.sequence;
    let alike = |entry: &&Entry| !sight.is_run() || entry.aim.reaches(&last.aim);
    let tests = sight.ledger.entries.iter().filter(|entry| entry.number() > number && is_whole_test(entry));
    let tests: Vec<&Entry> = tests.filter(alike).collect();
    let unread = sight.ledger.unread.iter().filter(|(unread, _)| *unread > number).count() as u64;
    let outcome = tests.last().map(|newest| newest.outcome);
    let told = tests.last().map(|newest| {
        let (when, record) = (sight.language.moment(newest.started), record(sight, newest.number()));
        let outcome = (sight.words.outcome)(newest.outcome);
        (since.later)(sight.language, tests.len() as u64, &when, &record, outcome)
    });
    let unread = (unread > 0 && sight.is_run()).then(|| (since.later_unread)(sight.language, unread));
    let text = [told, unread].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let tone = match outcome {
        Some(Outcome::Passed) => Tone::Plain,
        outcome => outcome.unwrap_or(Outcome::NotVerified).into(),
    };
    (!text.is_empty()).then(|| Notice { tone, word: since.later_word.to_owned(), text })
}
