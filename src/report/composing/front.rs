//! The first page: what somebody who does not know the tool wants to know.

use std::collections::{BTreeMap, BTreeSet};

use super::found::remedy;
use super::matter::Seen;
use super::tasks::Task;
use super::{Sight, since};
use crate::evidence::Tracked;
use crate::evidence::check::{Check, Holding, Trust};
use crate::report::document::{Block, Fact, Notice, Section, Tone};
use crate::report::language::Language;
use crate::verdict::{Coverage, Outcome, Rung, Severity, State};

/// What is said of so many.
type Counted = fn(Language, u64) -> String;

/// Steps that are named.
const MOST_STEPS: usize = 5;
/// The rungs, the highest first.
const LADDER: [Rung; 6] =
    [Rung::Recoverable, Rung::Restorable, Rung::Meaningful, Rung::Complete, Rung::Intact, Rung::Present];

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let front = &sight.words.front;
    let (proven, title) = (proven(sight), if sight.believed() { front.proven } else { front.stated });
    let mut facts = Vec::new();
    facts.extend(since::facts(sight));
    facts.push(fact(title, or(proven, front.nothing_proven)));
    facts.push(fact(front.unproven, or(unproven(sight), front.all_proven)));
    let mut blocks = vec![Block::Notice(verdict(sight))];
    blocks.extend(since::later(sight).map(Block::Notice));
    blocks.extend(chain(sight.check, sight.language).map(Block::Notice));
    facts.extend(steps(sight));
    blocks.push(Block::Facts(facts));
    if !front.in_english.is_empty() {
        blocks.push(Block::Paragraph(front.in_english.to_owned()));
    }
    Section { name: "summary", title: front.title.to_owned(), blocks }
}

pub(super) fn fact(label: &str, values: Vec<String>) -> Fact {
    Fact { label: label.to_owned(), values }
}

fn or(values: Vec<String>, nothing: &str) -> Vec<String> {
    if values.is_empty() { vec![nothing.to_owned()] } else { values }
}

/// Nothing was tested that the report could tell of.
fn is_empty(sight: &Sight<'_>) -> bool {
    match sight.is_run() {
        true => sight.matter.runs.is_empty(),
        false => sight.matter.tasks().is_empty(),
    }
}

fn verdict(sight: &Sight<'_>) -> Notice {
    let front = &sight.words.front;
    let tasks = sight.matter.tasks();
    let (tone, text) = match () {
        () if !sight.believed() => (Tone::Bad, front.broken),
        () if is_empty(sight) => (Tone::Doubtful, front.nothing),
        () if sight.is_run() && tasks.is_empty() => (sight.outcome.into(), front.no_test),
        () if sight.is_run() && is_sound_part(&tasks) => (sight.outcome.into(), front.part),
        () if sight.is_run() => (sight.outcome.into(), (front.run)(sight.outcome)),
        () => (sight.outcome.into(), (front.period)(sight.outcome)),
    };
    let mut text = text.to_owned();
    let parts: Vec<_> =
        tasks.iter().filter(|task| !task.aim.is_whole()).map(|task| sight.task(task.aim)).collect();
    if sight.believed() && !parts.is_empty() {
        text = format!("{text} {}", (front.parts)(&parts.join("; ")));
    }
    let outcome = if sight.believed() { sight.outcome } else { Outcome::NotVerified };
    Notice { tone, word: (sight.words.outcome)(outcome).to_owned(), text }
}

/// What was to be looked at of one run was a part, and that passed.
fn is_sound_part(tasks: &[Task<'_>]) -> bool {
    tasks.iter().all(|task| !task.aim.is_whole() && task.last.past.outcome == Outcome::Passed)
}

/// Whether the chain holds; where it is broken the alarm says so.
pub(in crate::report) fn chain(check: &Check, language: Language) -> Option<Notice> {
    let chain = &language.words().chain;
    let records = check.coverage.total;
    let (tone, word, text) = match (check.outcome, check.trust) {
        (Holding::Broken, _) => return None,
        _ if records == 0 => (Tone::Doubtful, chain.empty_word, chain.empty.to_owned()),
        _ if check.unsigned > 0 => {
            (Tone::Doubtful, chain.unsigned_word, (chain.unsigned)(language, check.unsigned, records))
        }
        (_, Trust::AllowedSigners) => (Tone::Good, chain.holds_word, (chain.holds)(language, records)),
        _ => (Tone::Plain, chain.holds_word, (chain.holds_by_itself)(language, records)),
    };
    Some(Notice { tone, word: word.to_owned(), text })
}

fn proven(sight: &Sight<'_>) -> Vec<String> {
    let Sight { words, language, matter, .. } = sight;
    // What failed stands below, whatever rung it reached.
    let sound = matter.archives.values().filter(|archive| archive.outcome != Outcome::Failed);
    let archives = tally(sound.map(|archive| archive.rung));
    let whole = matter.accounts.values().filter(|account| account.meaningful != Some(State::Disproven));
    let accounts = tally(whole.map(|account| account.rung));
    let told = |known: &BTreeMap<Rung, u64>, say: fn(Language, u64, Rung) -> String| {
        let told = LADDER.iter().filter_map(|rung| Some(say(*language, *known.get(rung)?, *rung)));
        told.collect::<Vec<_>>()
    };
    let mut lines = told(&archives, words.front.archives);
    lines.extend(told(&accounts, words.front.accounts));
    let rehearsed = matter.last_runs().into_iter().filter_map(|seen| Some((seen, seen.rehearsed?)));
    lines.extend(rehearsed.map(|(seen, messages)| {
        (words.front.rehearsed)(*language, messages, seen.past.objectives.rto_measured_seconds)
    }));
    let mut coverages: Vec<Coverage> = Vec::new();
    for coverage in matter.archives.values().filter_map(|archive| archive.coverage) {
        match coverages.iter_mut().find(|known| known.unit == coverage.unit) {
            Some(known) => *known = known.joined(coverage),
            None => coverages.push(coverage),
        }
    }
    lines.extend(coverages.into_iter().map(|coverage| (words.checked)(*language, coverage)));
    lines
}

fn tally(rungs: impl Iterator<Item = Option<Rung>>) -> BTreeMap<Rung, u64> {
    let mut counts = BTreeMap::new();
    rungs.flatten().for_each(|rung| *counts.entry(rung).or_default() += 1);
    counts
}

fn unproven(sight: &Sight<'_>) -> Vec<String> {
    let Sight { words: super::Words { front, rung, .. }, language, matter, .. } = sight;
    let archives = || matter.archives.values();
    let ended = |outcome| archives().filter(|archive| archive.outcome == outcome).count();
    let are =
        |state: State| matter.accounts.values().filter(|account| account.meaningful == Some(state)).count();
    let without = archives().filter(|archive| archive.rung.is_none()).count();
    let failed = matter.archives.iter().filter(|(_, archive)| archive.outcome == Outcome::Failed);
    let failed: Vec<&String> = failed.map(|(name, _)| name).collect();
    let told = |(number, say): (usize, Counted)| (number > 0).then(|| say(*language, number as u64));
    let mut lines = Vec::from_iter(told((matter.unread.len(), front.unread)));
    if let Some(told) = told((failed.len(), front.failed)) {
        lines.push(format!("{told}: {}", sight.named(failed)));
    }
    let others: [(usize, Counted); 4] = [
        (ended(Outcome::NotVerified), front.not_verified),
        (without, front.archives_without),
        (are(State::Disproven), front.accounts_disproven),
        (are(State::NotProven), front.accounts_without),
    ];
    lines.extend(others.into_iter().filter_map(told));
    if left_out(sight) > 0 {
        lines.push((front.excluded)(*language, left_out(sight)));
    }
    let looked = |rung: &Rung| archives().any(|archive| archive.looked.contains(rung));
    let mut blind: Vec<&str> = LADDER.iter().filter(|rung| !looked(rung)).map(|known| rung(*known)).collect();
    blind.reverse();
    if !blind.is_empty() {
        lines.push((front.not_looked_at)(&blind.join(", ")));
    }
    lines
}

/// Things that the runs which say how things are left out; what earlier ones did is past.
fn left_out(sight: &Sight<'_>) -> u64 {
    sight.matter.last_runs().iter().map(|seen| seen.past.scope.excluded_count).sum()
}

/// What to do, the most urgent first: by those who run the backups, and by whoever answers for them.
fn steps(sight: &Sight<'_>) -> Vec<Fact> {
    let front = &sight.words.front;
    let steps = [(front.steps_of_admin, mending(sight)), (front.steps_of_owner, following_up(sight))];
    let mut facts: Vec<Fact> = steps
        .into_iter()
        .filter(|(_, steps)| !steps.is_empty())
        .map(|(label, steps)| fact(label, steps))
        .collect();
    if facts.is_empty() {
        facts.push(fact(front.steps, vec![front.nothing_to_do.to_owned()]));
    }
    facts
}

fn mending(sight: &Sight<'_>) -> Vec<String> {
    let (front, check) = (&sight.words.front, sight.check);
    if !sight.believed() {
        return vec![(front.mend_chain)(&check.folder)];
    }
    let mut steps = remedies(sight);
    if is_empty(sight) {
        steps.push(front.test.to_owned());
    } else if sight.outcome == Outcome::NotVerified || left_out(sight) > 0 {
        steps.push((front.look_again)(obstacle(sight).as_deref()));
    }
    if check.unsigned > 0 {
        steps.push(front.sign_records.to_owned());
    }
    steps
}

/// What is to be done by whoever answers for the backups, as long as nobody sees to what deviates.
fn following_up(sight: &Sight<'_>) -> Vec<String> {
    let open = sight.believed() && sight.matter.runs.iter().any(|seen| is_nobodys(sight, seen));
    Vec::from_iter(open.then(|| sight.words.front.assign.to_owned()))
}

/// What kept the only run that is told of from looking, where that is one thing.
fn obstacle(sight: &Sight<'_>) -> Option<String> {
    let mut excluded = sight.matter.excluded.keys();
    let (what, why) = excluded.next().filter(|_| sight.is_run() && sight.matter.excluded_count() == 1)?;
    Some(format!("{what}: {why}"))
}

/// Whether a run deviates and no corrective action says who sees to it.
fn is_nobodys(sight: &Sight<'_>, seen: &Seen) -> bool {
    let own = |action: &Tracked<'_>| action.about.link.sequence == seen.past.sequence;
    seen.past.outcome != Outcome::Passed && !sight.ledger.actions().iter().any(own)
}

/// Of what the last runs found, the remedies of the worst kinds, and where.
fn remedies(sight: &Sight<'_>) -> Vec<String> {
    let mut kinds: BTreeMap<&str, (Severity, BTreeSet<&String>)> = BTreeMap::new();
    let last = sight.matter.last_runs();
    for (id, kind) in last.into_iter().flat_map(|seen| &seen.kinds) {
        let known = kinds.entry(id).or_insert((kind.severity, BTreeSet::new()));
        known.0 = kind.severity.max(known.0);
        known.1.extend(&kind.archives);
    }
    let mut kinds: Vec<_> =
        kinds.into_iter().filter(|(_, (severity, _))| *severity > Severity::Info).collect();
    kinds.sort_by_key(|(_, (severity, _))| std::cmp::Reverse(*severity));
    let told = kinds.into_iter().map(|(id, (_, archives))| {
        let place = if archives.is_empty() { String::new() } else { format!(": {}", sight.named(archives)) };
        format!("{} ({id}{place})", remedy(id).unwrap_or("docs/findings.md"))
    });
    told.take(MOST_STEPS).collect()
}

impl super::Matter {
    /// The runs that say how things are: the last one of each task; of a report on one run that one.
    pub(super) fn last_runs(&self) -> Vec<&Seen> {
        let tasks: Vec<_> = self.tasks().into_iter().map(|task| task.last).collect();
        if tasks.is_empty() { self.runs.last().into_iter().collect() } else { tasks }
    }
}
