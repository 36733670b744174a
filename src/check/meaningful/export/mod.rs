//! One account's export: is it whole, and is every item what it was when it was received?
//!
//! Input: the entries of an export as they come, and at its end the mailbox. Output: what is wrong, how many items
//! were proven of how many are due, and a summary without items. Invariants: the memory kept of an entry does not
//! grow with its size; no finding holds a subject, an address or content of mail.

mod bodies;
mod counts;
mod emptiness;
mod ending;
#[cfg(test)]
mod fixture;
mod head;
mod order;
mod pairing;
mod repetition;
mod sameness;
mod sender;
mod summary;
mod whose;

pub use head::judge_head;
pub use sameness::{Fingerprint, judge as compare};
pub use summary::{FolderSummary, MailboxSummary};
pub use whose::{Trace, settle};

use super::Meaning;
use crate::archive::unpack::Naming;
use crate::mailbox::zimbra::export::{Entry, Examiner};
use crate::mailbox::zimbra::meta::Meta;
use crate::mailbox::{Item, ItemId, ItemKind, Mailbox};
use crate::policy;
use bodies::Bodies;
use counts::Counts;
use order::Order;
use pairing::Pairing;
use sender::Senders;

/// Examines one export.
#[derive(Debug)]
pub struct Examination {
    account: String,
    shift: u64,
    /// Messages remain in the summary.
    keeping: bool,
    pairing: Pairing,
    bodies: Bodies,
    senders: Senders,
}

impl Examination {
    /// Begins to examine the export of `account` (`anna@example.org`).
    #[must_use]
    pub fn new(account: &str, rules: &policy::Mailbox) -> Self {
        Self {
            account: account.to_owned(),
            shift: u64::from(rules.shift),
            keeping: false,
            pairing: Pairing::default(),
            bodies: Bodies::default(),
            senders: Senders::new(account),
        }
    }
}

impl Examination {
    /// Keeps the messages of the mailbox, about 100 bytes each, for a comparison with the live one.
    #[must_use]
    pub fn keeping_messages(self, keeping: bool) -> Self {
        Self { keeping, ..self }
    }
}

impl Examiner for Examination {
    type Verdict = (MailboxSummary, Meaning);

    fn entry(&mut self, entry: &Entry<'_>) {
        self.pairing.entry(&self.account, entry);
        self.bodies.entry(&self.account, entry);
        self.senders.entry(entry);
    }

    fn finish(self, mailbox: Mailbox) -> Self::Verdict {
        let mut meaning = Meaning::default();
        let order = Order::of(&mailbox.items);
        let counts = Counts::of(&mailbox, &order);
        ending::finish(&mailbox, &counts, &mut meaning);
        emptiness::finish(&mailbox, &mut meaning);
        let undecodable = self.pairing.finish(&mailbox, &mut meaning);
        self.bodies.finish(&mailbox.account, &mut meaning);
        repetition::finish(&mailbox, &order, &mut meaning);
        let trace = self.senders.finish(&mailbox, &mut meaning);
        counts.finish(&mailbox, self.shift, &undecodable, &mut meaning);
        let mut summary = MailboxSummary { trace, ..MailboxSummary::new(&mailbox, &order, &counts) };
        if self.keeping {
            let messages = mailbox.items.iter().filter(|item| item.kind == ItemKind::Message);
            summary.messages = messages.copied().collect();
        }
        (summary, meaning)
    }

    fn fit((summary, _): &mut Self::Verdict, room: &mut usize) {
        summary.fit(room);
    }
}

/// How findings name an item.
pub(in crate::check) fn item_place(account: &str, item: &Item) -> String {
    format!("{account}: {}", item_number(item))
}

/// How findings name an item of an account that is known.
fn item_number(item: &Item) -> String {
    format!("{}, item {}", folder_number(item.folder), item.id)
}

/// How findings name a folder.
pub(in crate::check) fn folder_place(account: &str, folder: ItemId) -> String {
    format!("{account}: {}", folder_number(folder))
}

/// `folder 5 (Sent)`: with its name where every mailbox has it under this number (`Mailbox.java`, `ID_FOLDER_…`).
fn folder_number(folder: ItemId) -> String {
    let name = match folder.0 {
        2 => "Inbox",
        3 => "Trash",
        4 => "Junk",
        5 => "Sent",
        6 => "Drafts",
        7 => "Contacts",
        10 => "Calendar",
        13 => "Emailed Contacts",
        14 => "Chats",
        15 => "Tasks",
        16 => "Briefcase",
        _ => return format!("folder {folder}"),
    };
    format!("folder {folder} ({name})")
}

/// How findings name an entry: by its numbers where it has some, else by its name without the subject in it.
fn entry_place(account: &str, entry: &Entry<'_>) -> String {
    match entry.meta() {
        Some(Meta::Item(item)) => item_place(account, item),
        Some(Meta::Folder(folder)) => folder_place(account, folder.id),
        None => format!("{account}: {}", Naming::Inside.subject(entry.index, entry.name)),
    }
}
