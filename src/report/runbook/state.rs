//! How things stand: what to restore from, and what to be wary of.

use super::copy::Copy;
use super::matter::{Holder, Task};
use super::plan::Row;
use super::target::Target;
use super::{Sight, fact, notice, paragraph};
use crate::report::composing;
use crate::report::document::{Block, Cell, Fact, Section, Table, Tone};
use crate::verdict::Outcome;

/// Archives, tasks and mailboxes that are shown, each.
const MOST: usize = 60;
/// Mailboxes that are named beside an archive.
const MOST_NAMED: usize = 4;

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let guide = sight.guide;
    let mut blocks = vec![verdict(sight)];
    if sight.plans.rows.is_empty() && sight.matter.tests().count() > 0 {
        blocks.push(notice(Tone::Bad, guide.nothing_proven[0], guide.nothing_proven[1]));
        blocks.push(Block::Commands(search(sight)));
    }
    let checks = sight.question.chains.iter().filter_map(|chained| chained.check.as_ref());
    blocks.extend(checks.filter_map(|check| composing::chain(check, sight.language)).map(Block::Notice));
    blocks.push(Block::Facts(facts(sight)));
    if !sight.plans.rows.is_empty() {
        blocks.push(Block::Table(sources(sight)));
    }
    if sight.matter.copies.iter().any(|copy| copy.veiled) || sight.plans.rows.iter().any(Row::is_veiled) {
        blocks.push(paragraph(guide.veiled[1]));
    }
    super::section("state", guide.state, blocks)
}

/// How an archive that is sound is looked for.
fn search(sight: &Sight<'_>) -> Vec<String> {
    let target = Target::any(sight);
    vec![target.under_policy("mailproof list").into(), target.command("mailproof verify").into()]
}

fn verdict(sight: &Sight<'_>) -> Block {
    let (guide, outcome) = (sight.guide, sight.outcome());
    let word = (sight.words.outcome)(outcome);
    match () {
        () if !sight.believed() => {
            notice(Tone::Bad, (sight.words.outcome)(Outcome::NotVerified), guide.broken)
        }
        () if sight.matter.tests().count() == 0 => notice(Tone::Doubtful, word, guide.never_tested),
        () if outcome == Outcome::Passed => notice(Tone::Good, word, guide.all_passed),
        () if sight.ended() == Outcome::Passed && !sight.untested().is_empty() => {
            notice(outcome.into(), word, guide.untested)
        }
        () => {
            let take = if sight.plans.rows.is_empty() { "" } else { guide.take_proven };
            notice(outcome.into(), word, format!("{} {take}", (guide.amiss)(outcome)).trim_end())
        }
    }
}

fn facts(sight: &Sight<'_>) -> Vec<Fact> {
    let guide = sight.guide;
    let label = if sight.believed() { guide.newest } else { sight.words.front.stated };
    let mut facts = vec![fact(label, vec![newest(sight)])];
    let passed = sight.matter.tests().take(MOST).map(|task| last_passed(sight, task));
    let amiss = sight.matter.tests().filter(|task| task.last.outcome != Outcome::Passed);
    let unread = sight.matter.unread.len() as u64;
    let mut amiss: Vec<String> = amiss.take(MOST).map(|task| failing(sight, task)).collect();
    amiss.extend((unread > 0).then(|| (guide.unread)(sight.language, unread)));
    let restores = sight.matter.tasks.iter().filter(|task| !task.is_test());
    let in_part = restores.filter(|task| task.last.outcome != Outcome::Passed);
    let in_part = in_part.take(MOST).map(|task| failing(sight, task)).collect();
    let lists = [
        (guide.failing, amiss),
        (sight.guide.testing.not_run, sight.untested()),
        (guide.in_part, in_part),
        (guide.newer, newer(sight)),
        (guide.without, without(sight)),
        (guide.last_passed, passed.collect()),
    ];
    let told = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    facts.extend(told.map(|(label, lines)| fact(label, lines)));
    facts
}

fn newest(sight: &Sight<'_>) -> String {
    let Some(row) = sight.plans.newest() else { return sight.words.no_rung.to_owned() };
    let copy = &sight.matter.copies[row.copy];
    if !sight.believed() {
        return format!("{} – {}", copy.address, (sight.words.rung)(row.rung));
    }
    let (rung, means) = ((sight.words.rung)(row.rung), (sight.words.rung_means)(row.rung));
    let days = sight.question.written.duration_since(copy.when).as_hours() / 24;
    let days = u64::try_from(days).unwrap_or(0);
    (sight.guide.proven)(sight.language, &copy.address, rung, means, &sight.language.moment(copy.when), days)
}

/// A task by kind and policy.
pub(super) fn name(sight: &Sight<'_>, task: &Task) -> String {
    (sight.guide.task)(&(sight.words.kind)(&task.kind), task.policy.as_deref())
}

fn last_passed(sight: &Sight<'_>, task: &Task) -> String {
    let name = name(sight, task);
    match &task.last_passed {
        Some(seen) => {
            sight.stated((sight.guide.run)(&name, &sight.language.moment(seen.started), seen.record))
        }
        None => (sight.guide.never_passed)(&name),
    }
}

fn failing(sight: &Sight<'_>, task: &Task) -> String {
    let (language, last) = (sight.language, &task.last);
    let since = language.moment(task.amiss_since.unwrap_or(last.started));
    let found = match last.findings.is_empty() {
        true => String::new(),
        false => format!(" ({})", last.findings.join(", ")),
    };
    let (when, outcome) = (language.moment(last.started), (sight.words.outcome)(last.outcome));
    (sight.guide.failing_run)(&name(sight, task), &since, &when, last.record, outcome, &found)
}

fn unproven(sight: &Sight<'_>, copy: &Copy) -> String {
    let outcome = (sight.words.outcome)(copy.outcome);
    let reason = copy.reason.as_ref().map_or(String::new(), |reason| format!(", {reason}"));
    (sight.guide.unproven)(&copy.address, outcome, &reason, &sight.language.moment(copy.when))
}

fn newer(sight: &Sight<'_>) -> Vec<String> {
    let copies = sight.plans.newer.keys().map(|copy| unproven(sight, &sight.matter.copies[*copy]));
    cut(sight, copies.collect())
}

fn without(sight: &Sight<'_>) -> Vec<String> {
    let told = sight.plans.without.iter();
    cut(
        sight,
        told.map(|(holder, copy)| {
            let whose = match holder {
                Holder::Account(name) => name.clone(),
                Holder::Store(store) => (sight.guide.all_of)(store),
            };
            format!("{whose} – {}", unproven(sight, &sight.matter.copies[*copy]))
        })
        .collect(),
    )
}

fn cut(sight: &Sight<'_>, mut lines: Vec<String>) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST) as u64;
    lines.truncate(MOST);
    lines.extend((more > 0).then(|| (sight.guide.more)(sight.language, more)));
    lines
}

fn sources(sight: &Sight<'_>) -> Table {
    let rows = &sight.plans.rows;
    let more = rows.len().saturating_sub(MOST) as u64;
    let (caption, columns) = headings(sight);
    let mut table = Table {
        caption: caption.to_owned(),
        columns: columns.map(str::to_owned).to_vec(),
        rows: rows.iter().rev().take(MOST).map(|row| source(sight, row)).collect(),
        others: Vec::from_iter((more > 0).then(|| (sight.guide.more_sources)(sight.language, more))),
    };
    table.leave_out_blank_columns();
    table
}

/// What the records of a broken chain state proves nothing.
fn headings(sight: &Sight<'_>) -> (&'static str, [&'static str; 6]) {
    let [archive, made, up_to, on, accounts, remark] = sight.guide.source_columns;
    let (front, proof) = (&sight.words.front, &sight.words.proof);
    match sight.believed() {
        true => (sight.guide.sources, [archive, made, up_to, on, accounts, remark]),
        false => (front.stated, [archive, made, proof.stated_up_to, proof.when, accounts, remark]),
    }
}

fn source(sight: &Sight<'_>, row: &Row) -> Vec<Cell> {
    let copy = &sight.matter.copies[row.copy];
    let language = sight.language;
    let named: Vec<&str> = row.accounts.iter().take(MOST_NAMED).map(String::as_str).collect();
    let more = (row.accounts.len() - named.len()) as u64;
    let accounts = match named.is_empty() {
        true => sight.guide.accounts_unknown.to_owned(),
        false => (sight.guide.accounts)(language, &named.join(", "), more),
    };
    let remark = remark(sight, row, copy);
    let remark =
        if remark.is_empty() { Cell::default() } else { Cell::toned(remark.join("; "), Tone::Doubtful) };
    vec![
        Cell::new(copy.address.as_str()),
        Cell::new(copy.made.map_or(String::new(), |made| language.moment(made))),
        Cell::new(sight.rung(Some(row.rung))),
        Cell::new(language.moment(copy.when)),
        Cell::new(accounts),
        remark,
    ]
}

fn remark(sight: &Sight<'_>, row: &Row, copy: &Copy) -> Vec<String> {
    let guide = sight.guide;
    let mut remarks = Vec::new();
    match (row.baseless, copy.increment) {
        (true, _) => remarks.push(guide.baseless.to_owned()),
        (false, true) => remarks.push(guide.increment.to_owned()),
        (false, false) => {}
    }
    if row.partial {
        remarks.push(guide.partial.to_owned());
    }
    if copy.differs {
        remarks.push(guide.differs.to_owned());
    }
    remarks.extend(copy.later.map(|(when, _)| (guide.looked_again)(&sight.language.moment(when))));
    remarks
}
