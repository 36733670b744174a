//! What of an archive is restored.

use std::collections::HashSet;

use crate::check::meaningful::export::MailboxSummary;
use crate::compare::amount;
use crate::mailbox::sample::{Seed, draw};
use crate::mailbox::{Item, ItemKind};
use crate::policy::{self, Rehearsal, Scope};
use crate::restore::Selection;
use crate::restore::naming::Asked;
use crate::restore::outcome::no_account;
use crate::verify::ArchiveResult;

/// What of an archive is restored, and what that is of it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) selection: Selection,
    /// Messages that are to be restored, as far as the archive tells.
    pub(super) wanted: u64,
    pub(super) seed: Option<Seed>,
}

impl Plan {
    pub(super) fn of(
        archive: &ArchiveResult,
        rules: &Rehearsal,
        sample: &policy::Sample,
        seed: Seed,
    ) -> Self {
        let mut selection = Selection {
            accounts: rules.accounts.clone(),
            folder: rules.folder.clone(),
            kinds: vec![ItemKind::Message],
            ..Selection::default()
        };
        let candidates: Vec<(&str, Vec<Item>)> = archive
            .mailboxes
            .iter()
            .map(|mailbox| &mailbox.summary)
            .filter(|mailbox| selection.account(&mailbox.account).is_some())
            .map(|mailbox| (&*mailbox.account, candidates(mailbox, &selection)))
            .collect();
        let population: u64 = candidates.iter().map(|(_, messages)| messages.len() as u64).sum();
        if rules.scope == Scope::All {
            return Self { selection, wanted: population, seed: None };
        }
        let amount = amount(sample);
        let mut drawn = HashSet::new();
        let mut wanted = 0;
        for (account, messages) in candidates {
            let messages = draw(seed, account, &messages, amount.of(messages.len() as u64, population));
            wanted += messages.len() as u64;
            drawn.extend(messages.iter().filter_map(|item| item.digest));
        }
        if drawn.is_empty() {
            // An empty list would mean all.
            wanted = 0;
        }
        selection.digests = drawn;
        Self { selection, wanted, seed: Some(seed) }
    }
}

/// Why nothing of what is asked for is in the archive, ending with the next step.
pub(super) fn lacks(archive: &ArchiveResult, rules: &Rehearsal) -> String {
    let selection = Selection { accounts: rules.accounts.clone(), ..Selection::default() };
    let summaries = || archive.mailboxes.iter().map(|mailbox| &mailbox.summary);
    let there = || summaries().map(|mailbox| &*mailbox.account);
    let lacking = |account: &&String| !there().any(|other| other.eq_ignore_ascii_case(account));
    let accounts = rules.accounts.iter().filter(lacking).map(|account| no_account(account, there()));
    let mut folder = rules.folder.as_deref().map(Asked::new);
    for mailbox in summaries().filter(|mailbox| selection.account(&mailbox.account).is_some()) {
        let seen = mailbox.folders.iter();
        seen.for_each(|known| folder.iter_mut().for_each(|folder| folder.see(&known.path)));
    }
    let told: Vec<String> = accounts.chain(folder.iter().filter_map(Asked::told)).collect();
    match told.is_empty() {
        true => "look at `accounts` and `folder`, and at the archive".to_owned(),
        false => told.join("; "),
    }
}

/// The messages that may be drawn. Of folders that are not listed (beyond the first 500) it is not known where they lie.
fn candidates(mailbox: &MailboxSummary, selection: &Selection) -> Vec<Item> {
    let wanted: HashSet<_> = mailbox
        .folders
        .iter()
        .filter(|folder| selection.wants_folder(&folder.path))
        .map(|folder| folder.id)
        .collect();
    let within = |item: &&Item| selection.folder.is_none() || wanted.contains(&item.folder);
    mailbox.messages.iter().filter(within).copied().collect()
}
