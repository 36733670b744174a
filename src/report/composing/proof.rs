//! Coverage archive by archive and mailbox by mailbox, and what samples say.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Sight;
use super::standing::{AccountStanding, ArchiveStanding};
use crate::legible::deceives;
use crate::report::document::{Block, Cell, Fact, Section, Table, Tone};
use crate::report::json::Statement;
use crate::verdict::{Rung, State};

/// Archives and accounts that are shown, each.
const MOST_ARCHIVES: usize = 40;
const MOST_ACCOUNTS: usize = 60;
/// Statements that are shown.
const MOST_STATEMENTS: usize = 20;
/// All was drawn.
const CERTAIN: u32 = 1_000_000;

pub(super) fn coverage(sight: &Sight<'_>) -> Section {
    let (words, matter) = (&sight.words.proof, sight.matter);
    let mut blocks = Vec::new();
    match matter.archives.is_empty() {
        true => blocks.push(Block::Paragraph(words.no_archive.to_owned())),
        false => blocks.push(Block::Table(archives(sight))),
    }
    if matter.archives.values().any(|archive| archive.is_whole_and_not_present) {
        blocks.push(Block::Paragraph(words.whole_and_not_present.to_owned()));
    }
    if !matter.accounts.is_empty() {
        blocks.push(Block::Table(accounts(sight)));
    }
    if blocks.iter().any(shows_codes) {
        blocks.push(Block::Paragraph(words.codes.to_owned()));
    }
    if !matter.archives.is_empty() {
        let rungs = [
            Rung::Present,
            Rung::Intact,
            Rung::Complete,
            Rung::Meaningful,
            Rung::Restorable,
            Rung::Recoverable,
        ];
        let meaning = |rung| format!("{}: {}", (sight.words.rung)(rung), (sight.words.rung_means)(rung));
        let values = rungs.into_iter().map(meaning).collect();
        blocks.push(Block::Facts(vec![Fact { label: words.ladder.to_owned(), values }]));
    }
    Section { name: "coverage", title: words.title.to_owned(), blocks }
}

/// Whoever prints a name shows the code of what hides in it.
fn shows_codes(block: &Block) -> bool {
    let Block::Table(table) = block else { return false };
    table.rows.iter().flatten().any(|cell| cell.text.contains(deceives))
}

/// The heading above rungs.
fn up_to<'a>(sight: &Sight<'a>) -> &'a str {
    if sight.believed() { sight.words.proof.proven_up_to } else { sight.words.proof.stated_up_to }
}

fn archives(sight: &Sight<'_>) -> Table {
    let words = &sight.words.proof;
    let mut known: Vec<(&String, &ArchiveStanding)> = sight.matter.archives.iter().collect();
    known.sort_by_key(|(_, archive)| archive.order());
    let shown = known.iter().take(MOST_ARCHIVES);
    let columns = [words.archive, words.outcome, up_to(sight), words.coverage, words.when, words.reason];
    let mut table = Table {
        caption: words.archives.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: shown.map(|(name, archive)| archive_row(sight, name, archive)).collect(),
        others: others(sight, known.iter().skip(MOST_ARCHIVES).map(|(_, archive)| archive.rung)),
    };
    table.leave_out_blank_columns();
    table
}

fn archive_row(sight: &Sight<'_>, name: &str, archive: &ArchiveStanding) -> Vec<Cell> {
    let coverage = archive.coverage.map(|coverage| (sight.words.checked)(sight.language, coverage));
    let outcome = (sight.words.outcome)(archive.outcome);
    vec![
        Cell::new(name),
        // Of a broken chain no good news are taken.
        if sight.believed() { Cell::toned(outcome, archive.outcome.into()) } else { Cell::new(outcome) },
        rung(sight, archive.rung),
        Cell::new(coverage.unwrap_or_default()),
        when(sight, archive.when),
        Cell::new(archive.reason.clone().unwrap_or_default()),
    ]
}

fn rung(sight: &Sight<'_>, rung: Option<Rung>) -> Cell {
    Cell::new(rung.map_or(sight.words.no_rung, sight.words.rung))
}

fn accounts(sight: &Sight<'_>) -> Table {
    let words = &sight.words.proof;
    let mut known: Vec<(&String, &AccountStanding)> = sight.matter.accounts.iter().collect();
    known.sort_by_key(|(_, account)| account.order());
    let shown = known.iter().take(MOST_ACCOUNTS);
    let columns = [words.account, up_to(sight), words.compared, words.archive, words.when, words.reason];
    let mut table = Table {
        caption: words.accounts.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: shown.map(|(name, account)| account_row(sight, name, account)).collect(),
        others: others(sight, known.iter().skip(MOST_ACCOUNTS).map(|(_, account)| account.rung)),
    };
    table.leave_out_blank_columns();
    table
}

fn account_row(sight: &Sight<'_>, name: &str, account: &AccountStanding) -> Vec<Cell> {
    let words = &sight.words.proof;
    let compared = account.compared.map(|(some, all)| (words.of)(sight.language, some, all));
    let reason = match (account.meaningful, &account.error) {
        (Some(State::Disproven), _) => Cell::toned(words.disproven, Tone::Bad),
        (Some(State::NotProven), _) => Cell::toned(words.not_proven, Tone::Doubtful),
        (Some(State::Proven) | None, error) => Cell::new(error.clone().unwrap_or_default()),
    };
    vec![
        Cell::new(name),
        rung(sight, account.rung),
        Cell::new(compared.unwrap_or_default()),
        Cell::new(account.archive.as_str()),
        when(sight, account.when),
        reason,
    ]
}

/// One run has one moment, which stands in its title.
fn when(sight: &Sight<'_>, moment: Timestamp) -> Cell {
    Cell::new(if sight.is_run() { String::new() } else { sight.language.moment(moment) })
}

/// How many more there are on each rung, those of which nothing is proven first.
fn others(sight: &Sight<'_>, rungs: impl Iterator<Item = Option<Rung>>) -> Vec<String> {
    let words = &sight.words.proof;
    let mut counts: BTreeMap<Option<Rung>, u64> = BTreeMap::new();
    rungs.for_each(|rung| *counts.entry(rung).or_default() += 1);
    let told = |(rung, count)| match rung {
        Some(rung) if sight.believed() => (words.more_up_to)(sight.language, count, rung),
        Some(rung) => (words.more_stated)(sight.language, count, rung),
        None => (words.more_without)(sight.language, count),
    };
    counts.into_iter().map(told).collect()
}

pub(super) fn confidence(sight: &Sight<'_>) -> Section {
    let words = &sight.words.proof;
    let stated = sight.matter.archives.iter();
    let stated: Vec<_> =
        stated.filter_map(|(name, archive)| Some((name, archive.statement.as_ref()?))).collect();
    let paragraph = |text: &str| Block::Paragraph(text.to_owned());
    let blocks = match (sight.believed(), stated.as_slice()) {
        (false, _) => vec![paragraph(words.no_confidence_broken)],
        (true, []) => vec![paragraph(words.no_confidence)],
        (true, stated) => {
            let shown = stated.iter().take(MOST_STATEMENTS);
            let fact = |(name, said): &(&String, &Statement)| Fact {
                label: (*name).clone(),
                values: vec![statement(sight, said)],
            };
            let mut blocks = vec![Block::Facts(shown.map(fact).collect())];
            if let Some(more) = stated.len().checked_sub(MOST_STATEMENTS).filter(|more| *more > 0) {
                blocks.push(Block::Paragraph((words.more_archives)(sight.language, more as u64)));
            }
            blocks.push(paragraph(words.caveat));
            blocks
        }
    };
    Section { name: "confidence", title: words.confidence.to_owned(), blocks }
}

fn statement(sight: &Sight<'_>, said: &Statement) -> String {
    let words = &sight.words.proof;
    let compared = said.same.saturating_add(said.line_ends);
    match said.confidence_ppm {
        CERTAIN => (words.statement_of_all)(sight.language, said.at_most, said.population, compared),
        confidence => (words.statement)(sight.language, confidence, said.at_most, said.population, compared),
    }
}
