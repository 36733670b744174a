//! The mailboxes of a server, in little memory: 40 bytes for each, and what a tree needs around them.

use std::collections::BTreeMap;

use super::sql::Account;

/// Mailboxes that are remembered; the largest servers have some ten thousand.
const MOST: usize = 250_000;

/// What is known of a mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// `zimbraId` of its account, where it is known.
    pub account: Option<Account>,
    /// `zimbra.mailbox` lists it.
    pub listed: bool,
    /// The group that list names, plus one; 0 where it names none. Zimbra has 100.
    group: u16,
    /// Rows of its `mail_item`, with or without a blob; no more are counted than 32 bits hold.
    pub rows: u32,
    /// The highest change number of its rows.
    pub change: u32,
    /// Its blobs, counted likewise.
    pub blobs: u32,
    /// When the oldest of them was written, in seconds since 1970; meaningless without any.
    oldest: u32,
}

impl Mailbox {
    /// The group that `zimbra.mailbox` names.
    #[must_use]
    pub fn group(&self) -> Option<u32> {
        self.group.checked_sub(1).map(u32::from)
    }

    /// When the oldest blob was written, in seconds since 1970.
    #[must_use]
    pub fn oldest_blob(&self) -> Option<u32> {
        (self.blobs > 0).then_some(self.oldest)
    }

    pub(super) fn note_blob(&mut self, modified: u32) {
        self.oldest = self.oldest_blob().map_or(modified, |oldest| oldest.min(modified));
        self.blobs = self.blobs.saturating_add(1);
    }

    /// Takes a row in; only a `live` one is an item that the mailbox has.
    pub(super) fn note_row(&mut self, change: u32, live: bool) {
        self.rows = self.rows.saturating_add(u32::from(live));
        self.change = self.change.max(change);
    }

    pub(super) fn list(&mut self, group: Option<u32>, account: Option<Account>) {
        self.listed = true;
        self.account = account;
        let group = group.and_then(|group| u16::try_from(group).ok()?.checked_add(1));
        self.group = group.unwrap_or_default();
    }
}

/// All mailboxes, by number.
#[derive(Debug, Default)]
pub struct Mailboxes {
    known: BTreeMap<u32, Mailbox>,
    /// Rows and blobs of mailboxes beyond those that are remembered.
    pub over: u64,
}

impl Mailboxes {
    /// How many are remembered at most.
    pub const MOST: usize = MOST;

    /// The mailbox of this number; `None` if too many others are known.
    pub(super) fn entry(&mut self, id: u32) -> Option<&mut Mailbox> {
        if self.known.len() >= MOST && !self.known.contains_key(&id) {
            self.over += 1;
            return None;
        }
        Some(self.known.entry(id).or_default())
    }

    /// The mailbox of this number.
    #[must_use]
    pub fn get(&self, id: u32) -> Option<&Mailbox> {
        self.known.get(&id)
    }

    /// All of them in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &Mailbox)> {
        self.known.iter().map(|(id, mailbox)| (*id, mailbox))
    }

    /// Holds if `zimbra.mailbox` was read: it lists one at least.
    #[must_use]
    pub fn are_listed(&self) -> bool {
        self.known.values().any(|mailbox| mailbox.listed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_small() {
        assert!(size_of::<Mailbox>() <= 40, "{}", size_of::<Mailbox>());
    }

    #[test]
    fn mailboxes_beyond_the_bound_are_counted() {
        let mut mailboxes = Mailboxes::default();
        (0..MOST).for_each(|id| mailboxes.entry(u32::try_from(id).unwrap()).unwrap().note_row(3, true));
        assert!(mailboxes.entry(7).is_some());
        assert!(mailboxes.entry(u32::MAX).is_none());
        assert_eq!((mailboxes.over, mailboxes.iter().count()), (1, MOST));
    }

    #[test]
    fn a_group_is_what_the_list_says() {
        let mut mailbox = Mailbox::default();
        assert_eq!(mailbox.group(), None);
        for (group, kept) in [(Some(0), Some(0)), (Some(100), Some(100)), (Some(70_000), None), (None, None)]
        {
            mailbox.list(group, None);
            assert_eq!(mailbox.group(), kept);
        }
    }
}
