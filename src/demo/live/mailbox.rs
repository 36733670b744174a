//! One account's mailbox as it is now: what the backup saw, and what happened since.
//!
//! Input: the account as it was backed up, and changes. Output: items, tombstones and change numbers as Zimbra counts
//! them (`Mailbox.java`). Invariant: only the changes here change a mailbox; a client's request never does, but for the
//! mark that `SyncRequest` leaves, an import, and folders that it makes or takes away.

use std::collections::BTreeMap;

use crate::demo::zimbra::{Export, Fate, Folder, Item, Tally};
use crate::mailbox::{Flags, ItemKind};

/// A mailbox of the mail server.
#[derive(Debug, Clone)]
pub struct LiveMailbox {
    pub(super) folders: Vec<Folder>,
    pub(super) items: BTreeMap<u32, Item>,
    /// What was deleted: the change it was deleted with, its kind, its number.
    pub(super) tombstones: Vec<(u32, ItemKind, u32)>,
    /// The last change.
    pub(super) change: u32,
    /// The smallest change that is good as a token: what was deleted before is not remembered.
    pub(super) forgotten: u32,
    /// Whether a client synchronised, and the mailbox keeps track of deletions since.
    pub(super) tracked: bool,
    /// Bytes that it may hold.
    pub(super) quota: Option<u64>,
}

impl LiveMailbox {
    /// The mailbox as it was when the backup was made, with the last revision of each document.
    #[must_use]
    pub fn of(account: &Export) -> Self {
        let current = account.items.iter().filter(|item| item.fate != Fate::Revision);
        let items: BTreeMap<u32, Item> = current.map(|item| (item.id, item.clone())).collect();
        let newest = |item: &Item| item.modified.0.max(item.modified.1);
        let change = items.values().map(newest).max().unwrap_or(1);
        let folders = account.folders.clone();
        Self { folders, items, tombstones: Vec::new(), change, forgotten: 0, tracked: false, quota: None }
    }

    /// Writes a new body to an item, as an edited draft gets one; its number stays, its content's change number grows.
    pub fn edit(&mut self, id: u32, body: impl Into<Vec<u8>>) {
        let change = self.next();
        self.alter(id, |item| {
            item.body = Some(body.into());
            item.stored = None;
            item.modified = (change, change);
        });
    }

    /// Moves an item to another folder.
    pub fn transfer(&mut self, id: u32, folder: u32) {
        let change = self.next();
        self.alter(id, |item| {
            item.folder = folder;
            item.modified.0 = change;
        });
    }

    /// Gives an item other flags, or makes it read or unread.
    pub fn mark(&mut self, id: u32, flags: u32, unread: bool) {
        let change = self.next();
        self.alter(id, |item| {
            (item.flags, item.unread) = (flags, unread);
            item.modified.0 = change;
        });
    }

    /// Deletes an item as a user does: a tombstone stays where the mailbox keeps track.
    pub fn delete(&mut self, id: u32) {
        let change = self.next();
        let removed = self.items.remove(&id);
        if let Some(item) = removed.filter(|_| self.tracked) {
            self.tombstones.push((change, item.kind, id));
        }
    }

    /// Keeps track of deletions as if it had from its beginning on: somebody's phone synchronises it.
    pub fn track(&mut self) {
        self.tracked = true;
    }

    /// Begins to keep track, as at the first `SyncRequest` (`Mailbox.beginTrackingSync`).
    pub(super) fn begin_tracking(&mut self) {
        if !self.tracked {
            (self.tracked, self.forgotten) = (true, self.change);
        }
    }

    /// Gives an item back the content that it had before its last change, as a mailbox has that was set back.
    pub fn set_back(&mut self, id: u32, body: impl Into<Vec<u8>>) {
        self.alter(id, |item| {
            (item.body, item.stored) = (Some(body.into()), None);
            item.modified.1 = item.modified.1.saturating_sub(1);
        });
    }

    /// Makes an item's file missing.
    pub fn withhold(&mut self, id: u32) {
        self.alter(id, |item| item.fate = Fate::Lost);
    }

    /// Takes an item in under its own number, as if it had been there all the time.
    pub fn add(&mut self, item: Item) {
        self.items.insert(item.id, item);
    }

    /// Makes an item vanish without a trace.
    pub fn lose(&mut self, id: u32) {
        self.items.remove(&id);
    }

    /// Makes an item's file hold other bytes than the database knows of.
    pub fn rot(&mut self, id: u32, bytes: impl Into<Vec<u8>>) {
        self.alter(id, |item| item.stored = Some(bytes.into()));
    }

    /// Lets no more than so many bytes in.
    pub fn limit(&mut self, quota: u64) {
        self.quota = Some(quota);
    }

    /// The items, in the order of their numbers.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    /// The path of a folder, or nothing if there is none such.
    #[must_use]
    pub fn path(&self, id: u32) -> Option<String> {
        let folder = self.folders.iter().find(|folder| folder.id == id)?;
        if matches!(id, 1 | 11) {
            return Some(String::new());
        }
        Some(format!("{}/{}", self.path(folder.parent)?, folder.name))
    }

    /// Takes in an item that was not here.
    pub(super) fn arrive(&mut self, mut item: Item) {
        let change = self.next();
        item.modified = (change, change);
        self.items.insert(item.id, item);
    }

    /// Throws away all tombstones, so that older tokens are no longer good.
    pub fn forget(&mut self) {
        self.tombstones.clear();
        self.forgotten = self.change;
    }

    /// The number of the last change: the token a client would get.
    #[must_use]
    pub fn change(&self) -> u32 {
        self.change
    }

    /// Whether a client's `SyncRequest` left its mark.
    #[must_use]
    pub fn is_tracked(&self) -> bool {
        self.tracked
    }

    fn next(&mut self) -> u32 {
        self.change += 1;
        self.change
    }

    fn alter(&mut self, id: u32, change: impl FnOnce(&mut Item)) {
        if let Some(item) = self.items.get_mut(&id) {
            change(item);
        }
    }

    /// What lies in each folder.
    pub(super) fn tally(&self, folder: u32) -> Tally {
        let mut tally = Tally::default();
        for item in self.items.values().filter(|item| item.folder == folder && item.kind.is_content()) {
            tally.items += 1;
            tally.unread += u64::from(item.unread);
            tally.bytes += item.size();
            tally.deleted += u64::from(Flags(item.flags).has(Flags::DELETED));
        }
        tally
    }

    /// Bytes of all items.
    pub(super) fn size(&self) -> u64 {
        self.items.values().map(Item::size).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> LiveMailbox {
        let items = [257, 258, 259].map(|id| Item::message(id, 2, "Oggetto", b"body".to_vec()));
        LiveMailbox::of(&Export { items: items.into(), ..Export::default() })
    }

    #[test]
    fn only_what_changes_gets_a_new_number() {
        let mut mailbox = mailbox();
        mailbox.edit(257, "other body");
        mailbox.transfer(258, 5);
        mailbox.rot(259, "flipped");
        assert_eq!(mailbox.items[&257].modified, (260, 260));
        assert_eq!((mailbox.items[&258].modified, mailbox.items[&258].folder), ((261, 258), 5));
        assert_eq!((mailbox.items[&259].modified, mailbox.items[&259].size()), ((259, 259), 4));
        assert_eq!((mailbox.tally(2).items, mailbox.tally(5).items, mailbox.change()), (2, 1, 261));
    }

    #[test]
    fn the_deleted_leave_a_trace_and_the_lost_none() {
        let mut mailbox = mailbox();
        mailbox.track();
        mailbox.delete(257);
        mailbox.lose(258);
        assert_eq!(mailbox.tombstones, [(260, ItemKind::Message, 257)]);
        assert_eq!(mailbox.items.len(), 1);
        mailbox.forget();
        assert!(mailbox.tombstones.is_empty() && mailbox.forgotten == 260);
    }

    #[test]
    fn a_mailbox_remembers_from_the_first_question_on() {
        let mut mailbox = mailbox();
        mailbox.delete(257);
        mailbox.begin_tracking();
        mailbox.delete(258);
        mailbox.begin_tracking();
        assert_eq!((mailbox.forgotten, mailbox.tombstones.len()), (260, 1));
    }
}
