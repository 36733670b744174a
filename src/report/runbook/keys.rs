//! What opens the archives, who has it, and what is lost with it. Never a secret, only where it lies.

use std::path::Path;

use super::{Governing, Sight, fact, paragraph};
use crate::report::document::{Block, Fact, Section, SignOff};

pub(super) fn section(sight: &Sight<'_>) -> Section {
    let words = &sight.guide.keys;
    let policies = &sight.question.policies;
    let mut facts = vec![fact(words.lost[0], vec![words.lost[1].to_owned()])];
    facts.extend(policies.iter().enumerate().map(|(place, governing)| opening(sight, place, governing)));
    let others = others(sight);
    if !others.is_empty() {
        facts.push(fact(words.others, others));
    }
    let blanks = || words.blanks.map(str::to_owned).to_vec();
    let mut files: Vec<String> =
        policies.iter().flat_map(|governing| files(&governing.policy.keys)).collect();
    files.sort();
    files.dedup();
    let lines = files.iter().map(|file| SignOff { role: (words.key_of)(file), blanks: blanks() }).collect();
    let blocks = vec![Block::Facts(facts), paragraph(words.copies), Block::SignOff(lines)];
    super::section("keys", words.title, blocks)
}

fn files(keys: &crate::policy::Keys) -> Vec<String> {
    let all = keys.identities.iter().chain(&keys.passphrase_file);
    all.map(|path| path.display().to_string()).collect()
}

fn opening(sight: &Sight<'_>, place: usize, governing: &Governing) -> Fact {
    let words = &sight.guide.keys;
    let keys = &governing.policy.keys;
    let mut lines: Vec<String> = keys.identities.iter().map(|path| shown(sight, path)).collect();
    lines.extend(keys.passphrase_file.iter().map(|path| (words.passphrase)(&shown(sight, path))));
    lines.extend(keys.plugins.iter().map(|name| (words.plugin)(name)));
    if lines.is_empty() {
        lines.push(words.none.to_owned());
    }
    match sight.matter.opened.get(&place) {
        Some(opened) => {
            if !opened.recipients.is_empty() {
                lines.push((words.recipients)(&opened.recipients.join(", ")));
            }
            let when = sight.language.moment(opened.when);
            lines.push(sight.stated((words.opened)(&opened.archive, &when, opened.record)));
        }
        None => lines.push(words.never_opened.to_owned()),
    }
    fact(&(words.opens)(&governing.file.to_string_lossy()), lines)
}

/// A bare name is one of systemd's credentials; everything else is a path.
fn shown(sight: &Sight<'_>, path: &Path) -> String {
    let text = path.display().to_string();
    if text.contains('/') { text } else { (sight.guide.keys.credential)(&text) }
}

fn others(sight: &Sight<'_>) -> Vec<String> {
    let [store, live, records] = sight.guide.keys.purposes;
    let mut lines: Vec<String> = Vec::new();
    for Governing { policy, .. } in &sight.question.policies {
        let of_store = policy.store.as_ref().and_then(|store| store.credentials_file.as_ref());
        let of_live = policy.live.as_ref().and_then(|live| live.password_file.as_ref());
        let named = [(store, of_store), (live, of_live), (records, policy.evidence.key_file.as_ref())];
        let named =
            named.into_iter().filter_map(|(what, path)| Some(format!("{what}: {}", shown(sight, path?))));
        lines.extend(named);
    }
    lines.sort();
    lines.dedup();
    lines
}
