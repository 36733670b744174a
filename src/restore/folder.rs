//! Where an item lies, as well as its export says it.
//!
//! Input: the folders that an export describes, and an item's own description. Output: the folder's path. Invariants: the
//! same item has the same path in every run; paths take at most 16 MiB.

use std::collections::HashMap;

use crate::mailbox::zimbra::meta;
use crate::mailbox::{Folder, Item, ItemId};

/// Bytes of all paths of one export, each with what the table takes.
const ROOM: usize = 16 << 20;
const ENTRY: usize = 64;

/// The paths of one export's folders.
#[derive(Debug)]
pub(super) struct Folders {
    paths: HashMap<ItemId, Box<str>>,
    room: usize,
}

impl Default for Folders {
    fn default() -> Self {
        Self { paths: HashMap::new(), room: ROOM }
    }
}

impl Folders {
    /// Takes note of a folder; of two descriptions with one number the first counts.
    pub(super) fn keep(&mut self, folder: &Folder) {
        if self.paths.contains_key(&folder.id) {
            return;
        }
        if let Some(room) = self.room.checked_sub(folder.path.len() + ENTRY) {
            self.room = room;
            self.paths.insert(folder.id, folder.path.clone());
        }
    }

    /// The path that the export's folders give.
    pub(super) fn described(&self, folder: ItemId) -> Option<&str> {
        self.paths.get(&folder).map(|path| &**path)
    }

    /// The path of an item's folder: as the folder is described, as the item's own description (`text`) says, or as every
    /// mailbox has it.
    pub(super) fn of(&self, item: &Item, text: &[u8]) -> Option<String> {
        let described = self.described(item.folder).map(str::to_owned);
        let stated = || meta::folder_path(text);
        described.or_else(stated).or_else(|| system(item.folder).map(|name| format!("/{name}")))
    }
}

/// The folders that every mailbox has under these numbers (`Mailbox.java`, `ID_FOLDER_…`).
fn system(folder: ItemId) -> Option<&'static str> {
    Some(match folder.0 {
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
        _ => return None,
    })
}
