//! What is tested when, as far as policies and records tell.

use std::collections::BTreeMap;

use super::{Governing, Sight, fact, paragraph, state};
use crate::controls::{self, State};
use crate::evidence::Ledger;
use crate::report::document::{Block, Cell, Section, Table};
use crate::report::shell::Command;

/// Requirements that are named as next.
const MOST_DUE: usize = 5;

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.testing;
    let mut blocks = Vec::new();
    if !sight.matter.tasks.is_empty() {
        blocks.push(Block::Table(tasks(sight)));
    }
    let policies = || sight.question.policies.iter();
    let mut facts = vec![fact(words.asks, policies().map(|policy| asked(sight, policy)).collect())];
    let idle = sight.untested();
    if !idle.is_empty() {
        facts.push(fact(words.not_run, idle));
    }
    facts.push(fact(words.due, due(sight)));
    let mut commands = vec![
        "systemctl list-timers --all 'mailproof*'".to_owned(),
        "journalctl -u 'mailproof*' -n 50".to_owned(),
    ];
    let gaps = |policy: &Governing| {
        let command = Command::new("mailproof evidence gaps");
        let command = command.option("--policy", &policy.file.to_string_lossy());
        sight.held_to(sight.with_records(command)).into()
    };
    commands.extend(policies().map(gaps));
    blocks.extend([Block::Facts(facts), paragraph(words.timers), Block::Commands(commands)]);
    super::section("schedule", words.schedule, blocks)
}

fn tasks(sight: &Sight<'_>) -> Table {
    let words = &sight.guide.testing;
    let [caption, columns @ ..] = words.tasks;
    let rows = sight.matter.tasks.iter().map(|task| {
        let outcome = (sight.words.outcome)(task.last.outcome);
        vec![
            Cell::new(state::name(sight, task)),
            Cell::new((words.runs)(sight.language, task.runs, task.passed)),
            Cell::new(sight.language.moment(task.last.started)),
            if sight.believed() {
                Cell::toned(outcome, task.last.outcome.into())
            } else {
                Cell::new(outcome)
            },
        ]
    });
    Table {
        caption: caption.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.collect(),
        others: Vec::new(),
    }
}

fn asked(sight: &Sight<'_>, Governing { file, policy, .. }: &Governing) -> String {
    let rpo = policy.present.rpo.map(|age| age.to_string());
    let rto = policy.rehearsal.as_ref().and_then(|rehearsal| rehearsal.rto).map(|age| age.to_string());
    let rung = (sight.words.rung)(policy.require.rung);
    (sight.guide.testing.asked)(&file.to_string_lossy(), rung, rpo.as_deref(), rto.as_deref())
}

/// The requirements that go stale next, whatever the framework; of a broken chain none is answered.
fn due(sight: &Sight<'_>) -> Vec<String> {
    let frameworks = controls::ready().unwrap_or_default();
    let mut until: BTreeMap<(String, String), ()> = BTreeMap::new();
    for chained in &sight.question.chains {
        let Some(check) = &chained.check else { continue };
        let Ok(ledger) = Ledger::read(&chained.folder) else { continue };
        let gaps = controls::gaps(&frameworks, &ledger, check, sight.question.written);
        for framework in gaps.frameworks {
            let fresh = framework.requirements.into_iter().filter(|judged| judged.state != State::Stale);
            let dated = fresh.filter_map(|judged| Some((judged.good_until?, judged.id)));
            until.extend(dated.map(|(end, id)| ((end, format!("{} {id}", framework.title)), ())));
        }
    }
    let next = until.into_keys().take(MOST_DUE);
    let told = next.map(|(end, what)| {
        let end = end.parse().map_or(end, |end| sight.language.moment(end));
        (sight.guide.testing.due_until)(&what, &end)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { vec![sight.guide.testing.nothing_due.to_owned()] } else { told }
}
