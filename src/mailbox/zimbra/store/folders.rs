//! Folders that have a row, and those that rows of items name.
//!
//! Input: rows of `mail_item` in any order. Output: folders that are named and have no row. Invariant: memory is bounded,
//! 8 bytes for each of [`MOST`] folders and what a tree needs around them; beyond that nothing is judged, and it is said.

use std::collections::BTreeSet;

use super::sql::MailRow;

/// Folders that are remembered; a server of ten thousand mailboxes has some hundred thousand.
const MOST: usize = 2_000_000;
/// `type` of folders, search folders and mountpoints, which are folders (`MailItem.java`).
const FOLDERS: [u8; 3] = [1, 2, 13];
/// Tags, conversations, comments and links: the folder that their rows name is nominal.
const NOMINAL: [u8; 4] = [3, 4, 17, 18];

/// The folders of all mailboxes.
#[derive(Debug, Default)]
pub struct Folders {
    /// Number of the mailbox, and that of the folder.
    known: BTreeSet<(u32, u32)>,
    /// Those that are named and not known yet.
    named: BTreeSet<(u32, u32)>,
    /// Too many came, so nothing can be said of them.
    pub over: bool,
}

impl Folders {
    /// Takes in a row of `mail_item`.
    pub(super) fn note(&mut self, row: &MailRow) {
        if FOLDERS.contains(&row.kind) {
            let folder = (row.mailbox, row.item);
            self.named.remove(&folder);
            self.over |= !insert(&mut self.known, folder);
        }
        let named = (row.mailbox, row.folder);
        if row.folder != 0 && !NOMINAL.contains(&row.kind) && !self.known.contains(&named) {
            self.over |= !insert(&mut self.named, named);
        }
    }

    /// Folders that are named and have no row: the mailbox, and the folder, in this order. None if too many came.
    pub fn missing(&self) -> impl Iterator<Item = (u32, u32)> {
        self.named.iter().copied().take(if self.over { 0 } else { MOST })
    }
}

fn insert(set: &mut BTreeSet<(u32, u32)>, folder: (u32, u32)) -> bool {
    let room = set.len() < MOST || set.contains(&folder);
    if room {
        set.insert(folder);
    }
    room
}
