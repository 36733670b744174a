//! Whether two accounts of an archive have one export: a job that mixes up accounts, and each file is well by itself.
//!
//! Input: the summaries of all exports. Output: a finding for each that has the items of one before it. Accounts that only
//! get what is sent to everybody may be alike, so only mail that was written there makes it certain.

use std::collections::HashMap;

use super::order::Order;
use super::{MailboxSummary, Meaning};
use crate::mailbox::{Digest, Item, ItemId};
use crate::verdict::{Finding, Severity, kinds};

/// Fewer items with a body may be alike by chance.
const LEAST: u64 = 5;
/// Sent and Drafts, where lies what was written in the account.
const WRITTEN: [ItemId; 2] = [ItemId(5), ItemId(6)];

/// The items of an export, by their numbers and digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    hash: [u8; 32],
    items: u64,
    /// Some of them were written in the account.
    written: bool,
}

impl Fingerprint {
    /// Of an export's items; `None` if they are too few.
    pub(super) fn of(order: &Order<'_>) -> Option<Self> {
        let mut hasher = blake3::Hasher::new();
        let (mut items, mut written) = (0, false);
        for item in order.items() {
            add(&mut hasher, item);
            items += u64::from(item.digest.is_some());
            written |= item.digest.is_some() && WRITTEN.contains(&item.folder);
        }
        (items >= LEAST).then(|| Self { hash: *hasher.finalize().as_bytes(), items, written })
    }
}

fn add(hasher: &mut blake3::Hasher, item: &Item) {
    hasher.update(&item.id.0.to_le_bytes());
    match &item.digest {
        None => hasher.update(&[0]),
        Some(Digest::Sha1(digest)) => hasher.update(&[1]).update(digest),
        Some(Digest::Sha256(digest)) => hasher.update(&[2]).update(digest),
    };
}

/// Compares the exports of an archive with each other.
pub fn judge(mailboxes: &mut [(MailboxSummary, Meaning)]) {
    let mut first: HashMap<Fingerprint, usize> = HashMap::new();
    for place in 0..mailboxes.len() {
        let (before, rest) = mailboxes.split_at_mut(place);
        let Some((summary, meaning)) = rest.first_mut() else { continue };
        let Some(fingerprint) = summary.fingerprint else { continue };
        let other = first.get(&fingerprint).and_then(|place| before.get(*place));
        match other {
            Some((other, _)) if other.account != summary.account => {
                tell(other, summary, fingerprint, meaning)
            }
            Some(_) => {}
            None => {
                first.insert(fingerprint, place);
            }
        }
    }
}

fn tell(other: &MailboxSummary, summary: &MailboxSummary, fingerprint: Fingerprint, meaning: &mut Meaning) {
    let together = folder(&other.source) == folder(&summary.source);
    let severity = if fingerprint.written && together { Severity::Failure } else { Severity::Warning };
    let observed = format!("the same {} items as in the export of {}", fingerprint.items, other.account);
    let finding = Finding::new(&kinds::EXPORT_SAME_AS_OTHER, &summary.account).severity(severity);
    meaning.findings.push(finding.expected("items of its own").observed(observed));
    // Between two sessions an account may have got another name.
    if fingerprint.written && !together {
        meaning.open.push(format!(
            "{}: its export holds the items of {}; was the account renamed between the two? \
             Otherwise export it again",
            summary.account, other.account
        ));
    }
}

fn folder(source: &str) -> &str {
    source.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, found};
    use super::*;

    fn of(account: &str, source: &str, export: &Export) -> (MailboxSummary, Meaning) {
        let (summary, meaning) = export.examined();
        (MailboxSummary { account: account.into(), source: source.into(), ..summary }, meaning)
    }

    /// What is said of Bruno's export, which is this one, beside Anna's, which is the full one.
    fn beside(source: &str, export: &Export) -> (Vec<Severity>, usize) {
        let anna = of("anna@example.org", "a/anna@example.org.tgz", &Export::full());
        let mut all = [anna, of("bruno@example.org", source, export)];
        judge(&mut all);
        assert_eq!(found(&all[0].1), [""; 0]);
        let told = all[1].1.findings.iter().filter(|finding| finding.kind.id == "export-same-as-other");
        (told.map(|finding| finding.severity).collect(), all[1].1.open.len())
    }

    #[test]
    fn two_accounts_with_one_export_are_told() {
        assert_eq!(beside("a/bruno@example.org.tgz", &Export::full()), (vec![Severity::Failure], 0));
        assert_eq!(beside("b/bruno@example.org.tgz", &Export::full()), (vec![Severity::Warning], 1));
    }

    #[test]
    fn what_differs_in_one_item_or_has_few_is_another() {
        let mut export = Export::full();
        export.items[0].0.digest = Some(Digest::Sha256([8; 32]));
        assert_eq!(beside("a/bruno@example.org.tgz", &export).0, []);
        let mut few = Export::full();
        few.items.pop();
        let mut all = [of("a", "a", &few), of("b", "b", &few)];
        judge(&mut all);
        assert!(all.iter().all(|(_, meaning)| !found(meaning).contains(&"export-same-as-other")));
    }

    #[test]
    fn accounts_that_only_get_what_all_get_may_be_alike() {
        let mut export = Export::full();
        export.items.iter_mut().for_each(|(item, _)| item.folder = ItemId(2));
        let mut all = [of("a", "a", &export), of("b", "b", &export), of("a", "c", &export)];
        judge(&mut all);
        let last: Vec<_> = all.iter().map(|(_, meaning)| found(meaning).last().copied()).collect();
        assert_eq!(last[1], Some("export-same-as-other"));
        assert_ne!(last[2], Some("export-same-as-other"), "the same account once more");
        assert!(all[1].1.findings.iter().all(|finding| {
            finding.kind.id != "export-same-as-other" || finding.severity == Severity::Warning
        }));
    }
}
