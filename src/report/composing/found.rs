//! What was found, and what deviates from how it should be.

use super::Sight;
use super::matter::{Seen, Tally};
use crate::evidence::Tracked;
use crate::report::document::{Block, Cell, Fact, Found, Section, Table, Tone};
use crate::verdict::{ALL, Outcome, Severity};

/// Kinds and deviations that are shown, each.
const MOST_KINDS: usize = 40;
const MOST_DEVIATIONS: usize = 60;

/// The next step for findings of this kind, as far as this version knows it.
pub(super) fn remedy(id: &str) -> Option<&'static str> {
    ALL.iter().find(|kind| kind.id == id).map(|kind| kind.remedy)
}

pub(super) fn findings(sight: &Sight<'_>) -> Section {
    let words = &sight.words.found;
    let mut kinds: Vec<(&String, &Tally)> = sight.matter.findings.iter().collect();
    kinds.sort_by_key(|(_, tally)| std::cmp::Reverse((tally.severity, tally.times)));
    let mut blocks =
        vec![Block::Findings(kinds.iter().take(MOST_KINDS).map(|kind| found(sight, kind)).collect())];
    if kinds.is_empty() {
        blocks = vec![Block::Paragraph(sight.unless_empty(words.none).to_owned())];
    } else {
        if let Some(more) = kinds.len().checked_sub(MOST_KINDS).filter(|more| *more > 0) {
            blocks.push(Block::Paragraph((words.more)(sight.language, more as u64)));
        }
        blocks.push(Block::Paragraph(words.more_about.to_owned()));
    }
    Section { name: "findings", title: words.title.to_owned(), blocks }
}

fn found(sight: &Sight<'_>, (id, tally): &(&String, &Tally)) -> Found {
    let words = &sight.words.found;
    let last = (words.record)(sight.language, tally.last);
    let archives = tally.archives.len() as u64;
    let mut told = (words.told)(sight.language, tally.times, archives, tally.runs, &last);
    let still = sight.matter.last_runs().iter().any(|seen| seen.kinds.contains_key(*id));
    if !still && sight.believed() {
        told = format!("{told} {}", words.gone);
    }
    if !tally.archives.is_empty() {
        told = format!("{told} {}", sight.named(&tally.archives));
    }
    Found {
        id: (*id).clone(),
        tone: tone(tally.severity),
        word: (sight.words.severity)(tally.severity).to_owned(),
        told,
        remedy: remedy(id).map(|step| Fact { label: words.remedy.to_owned(), values: vec![step.to_owned()] }),
    }
}

fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Info => Tone::Plain,
        Severity::Warning => Tone::Doubtful,
        Severity::Failure => Tone::Bad,
    }
}

/// What failed or could not be looked at, with who does what about it until when, as far as corrective actions say so.
pub(super) fn deviations(sight: &Sight<'_>) -> Section {
    let words = &sight.words.found;
    let rows = rows(sight);
    let more = rows.len().saturating_sub(MOST_DEVIATIONS) as u64;
    let blocks = match rows.is_empty() {
        true => vec![Block::Paragraph(sight.unless_empty(words.no_deviation).to_owned())],
        false => vec![Block::Table(Table {
            caption: words.deviations_intro.to_owned(),
            columns: [words.what, words.observed, words.owner, words.due].map(str::to_owned).to_vec(),
            rows: rows.into_iter().take(MOST_DEVIATIONS).collect(),
            others: Vec::from_iter((more > 0).then(|| (words.more_deviations)(sight.language, more))),
        })],
    };
    Section { name: "deviations", title: words.deviations.to_owned(), blocks }
}

/// Records that can't be read, and then: of one run its archives and what was left out, of a period its runs, the newest first.
fn rows(sight: &Sight<'_>) -> Vec<Vec<Cell>> {
    let words = &sight.words.found;
    let unread = sight.matter.unread.iter().map(|(number, why)| {
        let observed = Cell::toned((words.unreadable)(why), Tone::Doubtful);
        row(sight, *number, (words.record)(sight.language, *number), observed)
    });
    let mut rows: Vec<_> = unread.collect();
    if let Some(seen) = sight.matter.runs.last().filter(|_| sight.is_run()) {
        let number = seen.past.sequence;
        rows.extend(archives(sight, number));
        let excluded = sight.matter.excluded.keys();
        rows.extend(excluded.map(|(what, why)| row(sight, number, what.clone(), Cell::new(why.as_str()))));
    }
    let runs = sight.matter.runs.iter().rev().filter(|seen| seen.past.outcome != Outcome::Passed);
    if !sight.is_run() || rows.is_empty() {
        rows.extend(runs.map(|seen| run(sight, seen)));
    }
    rows
}

/// A deviation that the record of this number shows.
fn row(sight: &Sight<'_>, number: u64, what: String, observed: Cell) -> Vec<Cell> {
    let actions = sight.ledger.actions();
    let own: Vec<_> = actions.iter().filter(|action| action.about.link.sequence == number).collect();
    let joined = |part: &dyn Fn(&Tracked<'_>) -> String| {
        own.iter().map(|action| part(action)).collect::<Vec<_>>().join("; ")
    };
    let due = |action: &Tracked<'_>| match &action.closed {
        Some(closing) => (sight.words.found.closed)(sight.language, closing.entry.number()),
        None => sight.language.date(action.due),
    };
    vec![
        Cell::new(what),
        observed,
        Cell::new(joined(&|action| action.owner.to_owned())),
        Cell::new(joined(&due)),
    ]
}

fn archives(sight: &Sight<'_>, number: u64) -> Vec<Vec<Cell>> {
    let mut bad: Vec<_> =
        sight.matter.archives.iter().filter(|(_, archive)| archive.outcome != Outcome::Passed).collect();
    bad.sort_by_key(|(_, archive)| archive.order());
    let told = bad.into_iter().map(|(name, archive)| {
        let outcome = (sight.words.outcome)(archive.outcome);
        let observed = match &archive.reason {
            Some(reason) => format!("{outcome}: {reason}"),
            None => outcome.to_owned(),
        };
        row(sight, number, name.clone(), Cell::toned(observed, archive.outcome.into()))
    });
    told.collect()
}

fn run(sight: &Sight<'_>, seen: &Seen) -> Vec<Cell> {
    let Sight { words, language, .. } = sight;
    let past = &seen.past;
    let record = (words.found.record)(*language, past.sequence);
    let what = format!("{record}, {}, {}", (words.kind)(&past.kind), language.moment(past.started));
    let counts = (words.found.counts)(*language, seen.serious, past.scope.excluded_count);
    let observed = format!("{}: {counts}", (words.outcome)(past.outcome));
    row(sight, past.sequence, what, Cell::toned(observed, past.outcome.into()))
}
