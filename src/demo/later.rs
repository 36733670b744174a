//! What becomes of live mailboxes after their backup: what people do to them, and what happens to them.
//!
//! Input: the mail server as it was backed up. Output: the server a day later, and what must be said of each message that
//! is another since. Invariant: each message is told apart from the others, by its word.

use super::live::MailServer;
use super::mailbox::Person;
use super::zimbra::Item;
use crate::mailbox::{Flags, ItemId, ItemKind};
use crate::verdict::Outcome;
use crate::verify::RunResult;

/// The folder of drafts, and those that exports leave out.
const DRAFTS: u32 = 6;
const LEFT_OUT: [u32; 2] = [3, 4];

/// The backup against mailboxes that went on.
#[derive(Debug)]
pub struct Later {
    /// What the verification found.
    pub run: RunResult,
    /// Messages that are another since, and the word for what became of each.
    pub expected: Vec<(ItemId, &'static str)>,
}

/// Lets the first person edit a draft and delete a message, and the server lose one and spoil another.
pub fn go_on(server: &MailServer, people: &[Person]) -> Vec<(ItemId, &'static str)> {
    let Some(Person { address, mail, .. }) = people.first() else { return Vec::new() };
    let is_exported = |item: &&Item| {
        let marked = Flags(item.flags).has(Flags::DELETED);
        item.kind == ItemKind::Message && !LEFT_OUT.contains(&item.folder) && !marked
    };
    let others = mail.items.iter().filter(is_exported).map(|item| (item.id, item.size()));
    let mut others = others.step_by(7);
    let mut next = || others.next().unwrap_or_default();
    let ((draft, _), (deleted, _), (lost, _), (rotten, size)) = (next(), next(), next(), next());
    server.change(address, |mailbox| {
        // A phone synchronises it.
        mailbox.track();
        mailbox.transfer(draft, DRAFTS);
        mailbox.edit(draft, "Subject: Preventivo\r\n\r\nGentile cliente, ecco il preventivo.\r\n");
        mailbox.delete(deleted);
        mailbox.lose(lost);
        mailbox.rot(rotten, vec![0; usize::try_from(size).unwrap_or(0)]);
    });
    [(draft, "changed-since"), (deleted, "deleted-since"), (lost, "lost"), (rotten, "differs")]
        .map(|(id, word)| (ItemId(id), word))
        .to_vec()
}

impl Later {
    /// Holds if the verification said of each message what became of it, and called every other one the same.
    #[must_use]
    pub fn is_told_apart(&self) -> bool {
        let compared = self.run.archives.iter().filter_map(|archive| archive.compared.as_ref());
        let mailboxes = compared.flat_map(|compared| &compared.mailboxes);
        let comparisons: Vec<_> = mailboxes.map(|mailbox| mailbox.comparison.as_ref()).collect();
        let Some(Ok(first)) = comparisons.first() else { return false };
        let told = |(id, word): &(ItemId, &str)| first.of(*id).is_some_and(|told| told.as_str() == *word);
        let same = |all: usize, comparison: &crate::check::restorable::Comparison| {
            comparison.messages.len() as u64 - comparison.count("same") == all as u64
        };
        let rest = comparisons.iter().skip(1).all(|other| other.is_ok_and(|other| same(0, other)));
        self.run.outcome == Outcome::Failed
            && self.expected.len() == 4
            && self.expected.iter().all(told)
            && same(4, first)
            && rest
    }
}
