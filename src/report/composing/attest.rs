//! Where the records can be verified, and who signs the report.

use std::collections::BTreeSet;

use super::Sight;
use crate::evidence::check::{Check, Holding, Vouching};
use crate::evidence::{self, Entry};
use crate::report::document::{Block, Cell, Fact, Section, SignOff, Table};
use crate::report::shell::quoted;

/// Keys, warnings and sign-offs that are shown, each.
const MOST: usize = 10;

pub(super) fn place(sight: &Sight<'_>) -> Section {
    let (words, check) = (&sight.words.attest, sight.check);
    let blocks = vec![
        Block::Paragraph(words.intro.to_owned()),
        Block::Commands(commands(check)),
        Block::Facts(facts(sight)),
    ];
    Section { name: "verify", title: words.title.to_owned(), blocks }
}

fn facts(sight: &Sight<'_>) -> Vec<Fact> {
    let (words, check, language) = (&sight.words.attest, sight.check, sight.language);
    let fact = |label: &str, values| Fact { label: label.to_owned(), values };
    let keys = check.keys.iter().take(MOST);
    let keys: Vec<String> =
        keys.map(|key| (words.key)(language, &key.fingerprint, key.first, key.last)).collect();
    let keys = if keys.is_empty() { vec![words.no_key.to_owned()] } else { keys };
    let checked = (sight.words.proof.of)(language, check.coverage.checked, check.coverage.total);
    let mut facts = vec![
        fact(words.folder, vec![check.folder.clone()]),
        fact(words.records, vec![checked]),
        fact(words.head, vec![head(check).unwrap_or_else(|| words.no_head.to_owned())]),
        fact(words.keys, keys),
    ];
    let stamps = &check.time_stamps;
    if stamps.stamped + stamps.missing > 0 {
        let vouched = stamps.vouching == Vouching::Authorities;
        let told = (words.stamped)(language, stamps.stamped, stamps.missing, stamps.without, vouched);
        facts.push(fact(words.stamps, vec![told]));
    }
    if let Some(seen) = sight.matter.runs.last().filter(|_| sight.is_run()) {
        let (number, id) = (seen.past.sequence, &seen.past.id);
        facts.push(fact(words.record, vec![format!("{number:09}.json ({id})")]));
    }
    if !check.warnings.is_empty() {
        facts.push(fact(words.warnings, check.warnings.iter().take(MOST).cloned().collect()));
    }
    facts
}

/// Whoever noted the head of a chain that does not hold would take it for whole the next time.
fn head(check: &Check) -> Option<String> {
    let head = check.head.as_ref().filter(|_| check.outcome != Holding::Broken)?;
    Some(format!("{}:{}", head.sequence, head.blake3))
}

fn commands(check: &Check) -> Vec<String> {
    let folder = quoted(&check.folder);
    let expected = head(check).map_or(String::new(), |head| format!(" --expect-head {head}"));
    let stamped = if check.time_stamps.stamped > 0 { " --timestamp-ca tsa-ca.pem" } else { "" };
    vec![
        "ssh-keygen -l -f record-key.pub".to_owned(),
        "echo \"mailproof $(cat record-key.pub)\" > allowed_signers".to_owned(),
        format!("mailproof evidence verify {folder} --trust allowed_signers{stamped}{expected}"),
        format!("python3 verify-evidence.py {folder} --trust allowed_signers{stamped}"),
    ]
}

pub(super) fn sign_off(sight: &Sight<'_>) -> Section {
    let words = &sight.words.attest;
    let blanks = || words.blanks.map(str::to_owned).to_vec();
    let lines = words.roles.map(|role| SignOff { role: role.to_owned(), blanks: blanks() }).into();
    let signed = signed(sight);
    let mut blocks = Vec::new();
    if !signed.is_empty() {
        let more = signed.len().saturating_sub(MOST) as u64;
        blocks.push(Block::Table(Table {
            caption: words.signed.to_owned(),
            columns: words.signed_columns.map(str::to_owned).to_vec(),
            rows: signed.into_iter().take(MOST).collect(),
            others: Vec::from_iter((more > 0).then(|| (words.more_signed)(sight.language, more))),
        }));
    }
    blocks.extend([Block::Paragraph(words.sign_off_intro.to_owned()), Block::SignOff(lines)]);
    Section { name: "sign-off", title: words.sign_off.to_owned(), blocks }
}

/// Who signed off what is told of, the newest first.
fn signed(sight: &Sight<'_>) -> Vec<Vec<Cell>> {
    let language = sight.language;
    let told: BTreeSet<u64> = sight.matter.runs.iter().map(|seen| seen.past.sequence).collect();
    let entries = sight.ledger.entries.iter().rev();
    let entries = entries.filter_map(|entry| Some((entry, entry.sign_off.as_ref()?)));
    let own = entries.filter(|(entry, signed)| {
        let about = signed.about.link.sequence;
        // Whoever names a record by another's digests signed nothing of this chain.
        let is_that = sight.ledger.entries.iter().any(|run| run.about == signed.about);
        told.contains(&about) && is_that && entry.number() > about
    });
    let row = |(entry, signed): (&Entry, &evidence::SignOff)| {
        let by = match &signed.role {
            Some(role) => format!("{} ({role})", signed.by),
            None => signed.by.clone(),
        };
        vec![
            Cell::new((sight.words.found.record)(language, signed.about.link.sequence)),
            Cell::new(by),
            Cell::new(language.moment(entry.finished)),
            Cell::new(signed.note.as_str()),
        ]
    };
    own.map(row).collect()
}
