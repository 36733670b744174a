//! How it was done, where and by whom.

use std::collections::BTreeSet;

use super::Sight;
use super::matter::Seen;
use crate::evidence::Objectives;
use crate::report::document::{Block, Cell, Fact, Section, Table};
use crate::report::json::{NegativeControl, NegativeControls, NegativeResult};

/// Draws that are shown.
const MOST_DRAWS: usize = 20;
/// Different values that are shown of each thing, and tasks whose measurements are.
const MOST_VALUES: usize = 10;

fn titled(name: &'static str, title: &str, blocks: Vec<Block>) -> Section {
    Section { name, title: title.to_owned(), blocks }
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(text.to_owned())
}

pub(super) fn sampling(sight: &Sight<'_>) -> Section {
    let (words, language) = (&sight.words.conduct, sight.language);
    let mut draws: Vec<_> = sight.matter.draws.values().collect();
    draws.sort_by_key(|(when, _)| std::cmp::Reverse(*when));
    let row = |(when, draw): &&(jiff::Timestamp, crate::evidence::Draw)| {
        vec![
            Cell::new(draw.archive.as_str()),
            Cell::new(language.moment(*when)),
            Cell::new((sight.words.method)(language, draw.method)),
            Cell::new((words.drawn)(language, draw.population, draw.wanted, draw.compared)),
            Cell::new(draw.seed.as_deref().unwrap_or(words.no_seed)),
        ]
    };
    let columns = [sight.words.proof.archive, sight.words.proof.when, words.method, words.size, words.seed];
    let more = draws.len().saturating_sub(MOST_DRAWS) as u64;
    let table = Table {
        caption: words.draws.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: draws.iter().take(MOST_DRAWS).map(row).collect(),
        others: Vec::from_iter((more > 0).then(|| (sight.words.proof.more_archives)(language, more))),
    };
    let blocks = match draws.is_empty() {
        true => vec![paragraph(words.no_sample)],
        false => vec![Block::Table(table), paragraph(words.redraw)],
    };
    titled("sampling", words.sampling, blocks)
}

/// Targets and what the last run of each task that has any measured.
pub(super) fn objectives(sight: &Sight<'_>) -> Section {
    let words = &sight.words.conduct;
    let tasks = sight.matter.everything();
    let measured = tasks.iter().filter(|task| task.last.past.objectives != Objectives::default());
    let facts =
        measured.take(MOST_VALUES).flat_map(|task| {
            let Objectives {
                rto_target_seconds,
                rto_measured_seconds,
                rpo_target_seconds,
                rpo_measured_seconds,
            } = task.last.past.objectives;
            let name = |what: &str| format!("{what}, {}", (sight.words.kind)(&task.aim.kind));
            [
                (name(words.rto), rto_measured_seconds, rto_target_seconds),
                (name(words.rpo), rpo_measured_seconds, rpo_target_seconds),
            ]
        });
    let shown = |seconds: Option<u64>, none: &str| {
        seconds.map_or(none.to_owned(), |seconds| sight.language.seconds(seconds))
    };
    let facts: Vec<Fact> = facts
        .map(|(label, measured, target)| {
            let told =
                (words.measured)(&shown(measured, words.not_measured), &shown(target, words.no_target));
            Fact { label, values: vec![told] }
        })
        .collect();
    let blocks =
        if facts.is_empty() { vec![paragraph(words.not_measured)] } else { vec![Block::Facts(facts)] };
    titled("objectives", words.objectives, blocks)
}

pub(super) fn environment(sight: &Sight<'_>) -> Section {
    let words = &sight.words.conduct;
    let each = |label: &str, of: &dyn Fn(&Seen) -> Option<String>| {
        let values: BTreeSet<String> = sight.matter.runs.iter().filter_map(of).collect();
        let values: Vec<String> = values.into_iter().take(MOST_VALUES).collect();
        let values = if values.is_empty() { vec![words.not_stated.to_owned()] } else { values };
        Fact { label: label.to_owned(), values }
    };
    let facts = vec![
        Fact { label: words.ran.to_owned(), values: vec![ran(sight)] },
        each(words.operator, &|seen| seen.past.operator.clone()),
        each(words.host, &|seen| seen.past.host.clone()),
        each(words.version, &|seen| Some(format!("{} {}", seen.past.tool.name, seen.past.tool.version))),
        each(words.policy, &|seen| {
            seen.past.policy.as_ref().map(|policy| (words.digest)(&policy.file, &policy.blake3))
        }),
        each(words.store, &store),
        each(words.live, &|seen| seen.past.environment.live.clone()),
        each(words.restored_to, &|seen| seen.past.environment.restored_to.clone()),
    ];
    titled("environment", words.environment, vec![Block::Facts(facts)])
}

fn ran(sight: &Sight<'_>) -> String {
    let runs = &sight.matter.runs;
    let finished = runs.iter().map(|seen| seen.past.finished).max();
    runs.first().zip(finished).map_or(sight.words.conduct.not_stated.to_owned(), |(first, finished)| {
        format!("{} – {}", sight.language.moment(first.past.started), sight.language.moment(finished))
    })
}

fn store(seen: &Seen) -> Option<String> {
    let environment = &seen.past.environment;
    let store = environment.store.as_deref().or(environment.store_kind.as_deref())?;
    Some(match &environment.store_endpoint {
        Some(endpoint) => format!("{store} ({endpoint})"),
        None => store.to_owned(),
    })
}

/// What was damaged on purpose, and whether that was noticed: the numbers of all runs, and each copy of the last one.
pub(super) fn controls(sight: &Sight<'_>) -> Section {
    let (words, language) = (&sight.words.conduct, sight.language);
    let done: Vec<(&Seen, &NegativeControls)> = sight
        .matter
        .runs
        .iter()
        .filter_map(|seen| Some((seen, seen.past.negative_controls.as_ref()?)))
        .filter(|(_, controls)| !controls.controls.is_empty())
        .collect();
    let Some((last, controls)) = done.iter().max_by_key(|(seen, _)| seen.past.started) else {
        return titled("controls", words.controls, vec![paragraph(words.no_controls)]);
    };
    let sum = |of: fn(&NegativeControls) -> u64| done.iter().map(|(_, controls)| of(controls)).sum::<u64>();
    let tried = sum(|controls| controls.detected + controls.missed);
    let told = (words.controlled)(language, done.len() as u64, tried, sum(|controls| controls.detected));
    let mut blocks = vec![Block::Paragraph(told)];
    if sum(|controls| controls.missed) > 0 {
        blocks.push(paragraph(words.missed));
    }
    let archive = controls.archive.as_deref().unwrap_or(words.not_stated);
    blocks.push(Block::Table(Table {
        caption: (words.damaged)(archive, &language.moment(last.past.started)),
        columns: words.control.map(str::to_owned).to_vec(),
        rows: controls.controls.iter().map(|control| controlled(sight, control)).collect(),
        others: Vec::new(),
    }));
    titled("controls", words.controls, blocks)
}

fn controlled(sight: &Sight<'_>, control: &NegativeControl) -> Vec<Cell> {
    let words = &sight.words.conduct;
    let place = control.offset.map_or(words.not_stated.to_owned(), |at| (words.at_byte)(sight.language, at));
    let found = match control.result {
        NegativeResult::Detected => control.found_as.as_deref().unwrap_or(words.not_stated),
        NegativeResult::Missed => words.not_found,
        NegativeResult::NotTried => words.not_tried,
    };
    vec![Cell::new((words.damage)(control.damage)), Cell::new(place), Cell::new(found)]
}
