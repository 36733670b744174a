//! Whom to call, what to decide, and how the guide is kept.

use super::{Sight, fact, paragraph, section, table};
use crate::report::document::{Block, Section, SignOff};
use crate::report::shell::Command;

/// Keys that are shown.
const MOST_KEYS: usize = 10;

pub(super) fn contacts(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.people;
    let of = |lines: fn(&crate::policy::Runbook) -> &Vec<String>| {
        let mut all: Vec<String> = Vec::new();
        let each = sight.question.policies.iter().flat_map(|policy| lines(&policy.policy.runbook));
        each.for_each(|line| {
            if !all.contains(line) {
                all.push(line.clone())
            }
        });
        all
    };
    let (contacts, notes) = (of(|runbook| &runbook.contacts), of(|runbook| &runbook.notes));
    let mut blocks = match contacts.is_empty() {
        true => vec![paragraph(words.nobody), Block::SignOff(blanks(&words.roles, &words.blanks))],
        false => vec![Block::Facts(vec![fact(words.order, contacts)])],
    };
    if !notes.is_empty() {
        blocks.push(Block::Facts(vec![fact(words.notes, notes)]));
    }
    section("contacts", words.title, blocks)
}

fn blanks(roles: &[&str], blanks: &[&str]) -> Vec<SignOff> {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    roles.iter().map(|role| SignOff { role: (*role).to_owned(), blanks: owned(blanks) }).collect()
}

pub(super) fn decisions(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.people;
    let [caption, condition, action] = words.decisions;
    let rows = words.rows.iter().map(|row| row.map(str::to_owned)).collect();
    section("decide", words.decide, vec![Block::Table(table(caption, [condition, action], rows))])
}

/// The keys that signed the records, to be compared with what is known from elsewhere.
fn signers(sight: &Sight<'_>) -> Vec<String> {
    let checks = sight.question.chains.iter().filter_map(|chained| chained.check.as_ref());
    let keys = checks.flat_map(|check| &check.keys).take(MOST_KEYS);
    keys.map(|key| (sight.words.attest.key)(sight.language, &key.fingerprint, key.first, key.last)).collect()
}

/// What exit codes of a restore mean.
pub(super) fn codes(sight: &Sight<'_>) -> Block {
    let words = &sight.guide.people;
    let [caption, code, meaning] = words.codes;
    let rows = words.code_rows.iter().map(|row| row.map(str::to_owned)).collect();
    Block::Table(table(caption, [code, meaning], rows))
}

pub(super) fn upkeep(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.people;
    let question = sight.question;
    let folders: Vec<String> =
        question.chains.iter().map(|chained| chained.folder.display().to_string()).collect();
    let digest = sight.words.conduct.digest;
    let policies =
        question.policies.iter().map(|policy| digest(&policy.file.to_string_lossy(), &policy.digest));
    let verify =
        |folder: &String| sight.held_to(Command::new("mailproof evidence verify").name(folder)).into();
    let mut commands: Vec<String> = folders.iter().map(verify).collect();
    let again = question.policies.iter().fold(Command::new("mailproof report runbook"), |command, policy| {
        command.option("--policy", &policy.file.to_string_lossy())
    });
    let again = sight.held_to(sight.with_records(again));
    commands.push(again.then("--format html --output runbook.html --force").into());
    let mut facts = vec![fact(words.sources[0], folders), fact(words.sources[1], policies.collect())];
    let keys = signers(sight);
    if !keys.is_empty() {
        facts.push(fact(sight.words.attest.keys, keys));
    }
    let blocks = vec![
        paragraph(words.upkeep_intro),
        Block::Commands(commands),
        Block::Facts(facts),
        Block::SignOff(blanks(&words.readers, &words.reader_blanks)),
    ];
    section("upkeep", words.upkeep, blocks)
}
