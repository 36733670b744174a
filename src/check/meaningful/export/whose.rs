//! Whose mail it is (mode 16), by what the accounts of one archive say of each other.
//!
//! Input: the trace of each export, and the accounts that sessions hold. Output: findings about exports that are
//! somebody else's. Invariant: no address leaves memory that is not an account's own name.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{MailboxSummary, Meaning};
use crate::mailbox::Mailbox;
use crate::mailbox::zimbra::zmbackup::{Content, Sessions};
use crate::verdict::{Finding, Severity, kinds};

/// Items of a mailbox that are remembered to know it again.
const KEPT: usize = 32;

/// What is remembered of an export to tell whose it is: numbers only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trace {
    /// The address of somebody else that most in Sent comes from, where none comes from the account.
    sender: Option<u64>,
    /// So many messages say so that it is told by itself.
    told: bool,
    /// The smallest numbers that items and their digests make, in order.
    items: Vec<u64>,
}

impl Trace {
    /// The trace of a mailbox.
    pub(super) fn of(mailbox: &Mailbox) -> Self {
        let mut items = Vec::with_capacity(2 * KEPT);
        for item in mailbox.items.iter().filter(|item| item.digest.is_some()) {
            let mut hasher = DefaultHasher::new();
            (item.id.0, item.digest).hash(&mut hasher);
            items.push(hasher.finish());
            if items.len() == 2 * KEPT {
                keep(&mut items);
            }
        }
        keep(&mut items);
        Self { items, ..Self::default() }
    }

    /// With the address that most in Sent comes from; `told` says that so many do that it was told.
    pub(super) fn sent_by(self, sender: u64, told: bool) -> Self {
        Self { sender: Some(sender), told, ..self }
    }

    /// Holds if both are the same mailbox, though it may have changed a little.
    fn is_like(&self, other: &Self) -> bool {
        let shared = self.items.iter().filter(|item| other.items.binary_search(item).is_ok()).count();
        shared > 0 && 2 * shared >= self.items.len().min(other.items.len())
    }
}

/// Keeps the smallest.
fn keep(items: &mut Vec<u64>) {
    items.sort_unstable();
    items.dedup();
    items.truncate(KEPT);
}

/// An address as a number, whatever its case.
pub(super) fn number(address: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.to_lowercase().hash(&mut hasher);
    hasher.finish()
}

/// Says of each export whether it is that of another account of the archive.
pub fn settle(mailboxes: &mut [(MailboxSummary, Meaning)], sessions: &Sessions) {
    if mailboxes.iter().all(|(summary, _)| summary.trace.sender.is_none()) {
        return;
    }
    let known = Known::of(mailboxes, sessions);
    let verdicts: Vec<_> = mailboxes.iter().map(|(summary, _)| known.judge(summary, mailboxes)).collect();
    for ((summary, meaning), verdict) in mailboxes.iter_mut().zip(verdicts) {
        let warning = meaning.findings.take(&kinds::EXPORT_OTHER_ACCOUNT, &summary.account);
        match verdict {
            Verdict::Unknown => meaning.findings.extend(warning),
            Verdict::Own => {}
            Verdict::SentAs(owner) => meaning.findings.extend(warning.map(|finding| {
                let observed = format!("{}; it is that of {owner}, whose export holds other items", finding.observed);
                finding.observed(observed)
            })),
            Verdict::Foreign(owner) => meaning.findings.push(
                Finding::new(&kinds::EXPORT_OTHER_ACCOUNT, &summary.account)
                    .severity(Severity::Failure)
                    .expected("the account's own messages in Sent")
                    .observed(format!("those of {owner}, which is another account here"))
                    .remedy(
                        "The job mixes up accounts: look at how it names its files, export both accounts again, \
                         and restore nothing from these exports before that.",
                    ),
            ),
        }
    }
}

/// Whose an export is.
enum Verdict {
    /// Nobody's that is known here.
    Unknown,
    /// The account's, which has another address.
    Own,
    /// The account's, which writes in the name of another.
    SentAs(String),
    /// Another account's.
    Foreign(String),
}

/// The addresses of the accounts in an archive.
struct Known {
    owners: HashMap<u64, String>,
}

impl Known {
    fn of(mailboxes: &[(MailboxSummary, Meaning)], sessions: &Sessions) -> Self {
        let mut owners = HashMap::new();
        for (account, files) in
            sessions.places.iter().flat_map(|place| &place.sessions).flat_map(|one| &one.accounts)
        {
            owners.insert(number(account), account.to_string());
            let Some(Content::Whole(summary)) = files.directory.as_ref().map(|directory| &directory.content)
            else {
                continue;
            };
            for address in summary.own.iter().flat_map(|own| &own.addresses) {
                owners.entry(number(address)).or_insert_with(|| account.to_string());
            }
        }
        for (summary, _) in mailboxes {
            owners.insert(number(&summary.account), summary.account.clone());
        }
        Self { owners }
    }

    fn judge(&self, summary: &MailboxSummary, mailboxes: &[(MailboxSummary, Meaning)]) -> Verdict {
        let owner = summary.trace.sender.and_then(|sender| self.owners.get(&sender));
        let Some(owner) = owner else { return Verdict::Unknown };
        if owner.eq_ignore_ascii_case(&summary.account) {
            return Verdict::Own;
        }
        let beside = |other: &MailboxSummary| {
            other.account == *owner && folder(&other.source) == folder(&summary.source)
        };
        let theirs = mailboxes.iter().map(|(other, _)| other).find(|other| beside(other));
        let alike = theirs.map(|theirs| theirs.trace.is_like(&summary.trace));
        match (alike, theirs) {
            (Some(true), _) => Verdict::Foreign(owner.clone()),
            // Few messages are no proof.
            _ if !summary.trace.told => Verdict::Unknown,
            // What they have is theirs, so this is the account's own, who writes in their name.
            (Some(false), Some(theirs)) if theirs.trace.sender.is_none() => Verdict::SentAs(owner.clone()),
            _ => Verdict::Foreign(owner.clone()),
        }
    }
}

fn folder(source: &str) -> &str {
    source.rsplit_once('/').map_or("", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, body, message};
    use super::*;
    use crate::mailbox::zimbra::zmbackup::fixture::{Archive, ldif};
    use crate::verdict::Severity::{Failure, Warning};

    const FULL: &str = "full-20261122233000";
    const BRUNO: &str = "bruno@example.org";

    /// An export under the name of `account` in which `sender` sent the messages `ids`.
    fn export(
        account: &'static str,
        sender: &'static str,
        ids: std::ops::Range<u32>,
    ) -> (MailboxSummary, Meaning) {
        let mut export = Export { account, ..Export::full() };
        export.items.clear();
        for id in ids {
            let item = message(5, id);
            export.add(item, Some(body(&item)));
            export.senders.insert(id, sender);
        }
        let (mut summary, meaning) = export.examined();
        summary.source = format!("{FULL}/{account}.tgz");
        (summary, meaning)
    }

    fn told(
        mut mailboxes: Vec<(MailboxSummary, Meaning)>,
        sessions: &Sessions,
    ) -> Vec<(Severity, String, String)> {
        settle(&mut mailboxes, sessions);
        let findings = mailboxes.iter().flat_map(|(_, meaning)| meaning.findings.iter());
        let whose = findings.filter(|finding| *finding.kind == kinds::EXPORT_OTHER_ACCOUNT);
        whose.map(|finding| (finding.severity, finding.subject.clone(), finding.observed.clone())).collect()
    }

    #[test]
    fn the_export_of_another_account_beside_its_own_is_a_failure_and_named() {
        let anna = "anna@example.org";
        for messages in [2, 9, 200] {
            let mailboxes =
                vec![export(anna, BRUNO, 300..300 + messages), export(BRUNO, BRUNO, 300..300 + messages)];
            let expected = format!("those of {BRUNO}, which is another account here");
            assert_eq!(
                told(mailboxes, &Sessions::default()),
                [(Failure, anna.to_owned(), expected)],
                "{messages}"
            );
        }
        // Without its own, the account's entry is enough.
        let session = Archive::new().account(FULL, "bruno").account(FULL, "anna").finish();
        let found = told(vec![export(anna, BRUNO, 300..310)], &session);
        assert_eq!(found[0].0, Failure);
        // Two that were swapped.
        let swapped = vec![export(anna, BRUNO, 300..310), export(BRUNO, anna, 500..510)];
        let found = told(swapped, &Sessions::default());
        assert!(found.len() == 2 && found.iter().all(|(severity, ..)| *severity == Failure), "{found:?}");
    }

    #[test]
    fn who_writes_in_the_name_of_another_has_other_items() {
        let anna = "anna@example.org";
        let mailboxes = || vec![export(anna, BRUNO, 300..310), export(BRUNO, BRUNO, 500..510)];
        let found = told(mailboxes(), &Sessions::default());
        assert_eq!((found.len(), found[0].0), (1, Warning));
        assert!(found[0].2.contains("whose export holds other items"), "{found:?}");
        // Few messages and no other sign say nothing.
        let few = vec![export(anna, BRUNO, 300..303), export(BRUNO, BRUNO, 500..510)];
        assert_eq!(told(few, &Sessions::default()), []);
    }

    #[test]
    fn an_alias_that_the_directory_knows_is_the_accounts_own() {
        let anna = "anna@example.org";
        let alias = ldif("anna").replace("mail: anna", "mail: office@example.org\nmail: anna");
        let session = Archive::new().file(&format!("{FULL}/{anna}.ldiff"), alias).finish();
        let mailboxes = || vec![export(anna, "office@example.org", 300..310)];
        assert_eq!(told(mailboxes(), &session), []);
        let found = told(mailboxes(), &Sessions::default());
        assert_eq!((found.len(), found[0].0), (1, Warning));
    }
}
