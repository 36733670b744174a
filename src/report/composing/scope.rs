//! What was to be looked at, and what of it was not.

use super::Sight;
use super::tasks::Task;
use crate::report::document::{Block, Cell, Section, Table};

/// Rows that are shown of each table.
const MOST: usize = 40;

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.words.conduct;
    let mut blocks = Vec::new();
    if !sight.matter.runs.is_empty() {
        blocks.push(Block::Table(tasks(sight)));
    }
    blocks.push(match sight.matter.excluded_count() {
        0 => Block::Paragraph(sight.unless_empty(words.nothing_excluded).to_owned()),
        _ => Block::Table(excluded(sight)),
    });
    Section { name: "scope", title: words.scope.to_owned(), blocks }
}

fn tasks(sight: &Sight<'_>) -> Table {
    let (words, language) = (&sight.words.conduct, sight.language);
    let tasks = sight.matter.everything();
    let row = |task: &Task<'_>| {
        let scope = &task.last.past.scope;
        let ended = (words.ended)(language, task.passed, task.not_verified, task.failed);
        vec![
            Cell::new(sight.task(task.aim)),
            Cell::new(format!("{}: {ended}", language.count(task.runs))),
            Cell::new(language.moment(task.last.past.started)),
            Cell::new((words.reached)(language, scope.archives, scope.accounts, scope.messages)),
        ]
    };
    let more = tasks.len().saturating_sub(MOST) as u64;
    Table {
        caption: words.tasks.to_owned(),
        columns: [words.task, words.runs, words.last, words.reach].map(str::to_owned).to_vec(),
        rows: tasks.iter().take(MOST).map(row).collect(),
        others: Vec::from_iter((more > 0).then(|| (words.more_excluded)(language, more))),
    }
}

/// What was left out, what most runs left out first.
fn excluded(sight: &Sight<'_>) -> Table {
    let (words, language) = (&sight.words.conduct, sight.language);
    let mut known: Vec<_> = sight.matter.excluded.iter().collect();
    known.sort_by_key(|(_, runs)| std::cmp::Reverse(**runs));
    let shown = known.iter().take(MOST);
    let more = sight.matter.excluded_count() - shown.len() as u64;
    let row = |((what, why), runs): &(&(String, String), &u64)| {
        vec![Cell::new(what.as_str()), Cell::new(why.as_str()), Cell::new(language.count(**runs))]
    };
    Table {
        caption: words.excluded.to_owned(),
        columns: [sight.words.found.what, words.why, words.in_runs].map(str::to_owned).to_vec(),
        rows: shown.map(row).collect(),
        others: Vec::from_iter((more > 0).then(|| (words.more_excluded)(language, more))),
    }
}
