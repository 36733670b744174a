//! The folders of an export that are needed for the items in it.
//!
//! Input: descriptions of folders, and paths of items. Output: the descriptions of a path, outermost first, each once.
//! Invariant: descriptions take at most 16 MiB in each account; an item whose folders are not described is written all the
//! same, as Zimbra makes them by the path in its own description.

use std::collections::BTreeMap;

use crate::mailbox::ItemKind;
use crate::restore::KnownFolder;

const ROOM: usize = 16 << 20;

/// Folders that were described and not needed so far, by path.
#[derive(Debug, Default)]
pub(super) struct Tree {
    folders: BTreeMap<Box<str>, Described>,
    taken: usize,
}

/// The description of a folder.
#[derive(Debug)]
pub(super) struct Described {
    pub name: Vec<u8>,
    pub text: Vec<u8>,
    pub kind: ItemKind,
}

impl Tree {
    /// Takes note of a folder. The roots are in every mailbox.
    pub(super) fn keep(&mut self, known: &KnownFolder<'_>) {
        let size = known.folder.path.len() + known.name.len() + known.text.len();
        let mail = known.folder.kind == ItemKind::Folder && !known.folder.path.trim_matches('/').is_empty();
        if mail && self.taken + size <= ROOM {
            self.taken += size;
            let (name, text, kind) = (known.name.to_vec(), known.text.to_vec(), known.folder.kind);
            self.folders.entry(known.folder.path.clone()).or_insert(Described { name, text, kind });
        }
    }

    /// The descriptions that what lies at `path` needs and that were not given yet.
    pub(super) fn needed(&mut self, path: &str) -> Vec<Described> {
        if self.folders.is_empty() {
            return Vec::new();
        }
        let ends = path.char_indices().filter(|(at, letter)| *letter == '/' && *at > 0).map(|(at, _)| at);
        let paths = ends.chain([path.len()]).filter_map(|end| path.get(..end));
        paths.filter_map(|path| self.folders.remove(path)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::{Folder, ItemId};

    fn keep(tree: &mut Tree, path: &str) {
        let folder = Folder {
            id: ItemId(300),
            parent: ItemId(1),
            kind: ItemKind::Folder,
            path: path.into(),
            items: 0,
            unread: 0,
            bytes: None,
            deleted: 0,
            next_uid: None,
        };
        let name = path.as_bytes();
        tree.keep(&KnownFolder { account: "a", folder: &folder, name, text: b"{}" });
    }

    #[test]
    fn folders_come_before_what_lies_in_them_and_once() {
        let mut tree = Tree::default();
        ["/", "/Inbox", "/Inbox/Sub", "/Inbox/Sub/Deep", "/Sent"]
            .iter()
            .for_each(|path| keep(&mut tree, path));
        let mut names = |path: &str| {
            let needed = tree.needed(path).into_iter();
            needed.map(|folder| String::from_utf8(folder.name).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(names("/Inbox/Sub/Deep"), ["/Inbox", "/Inbox/Sub", "/Inbox/Sub/Deep"]);
        assert_eq!(names("/Inbox/Sub"), [""; 0]);
        assert_eq!(names(""), [""; 0]);
        assert_eq!(names("/Sent"), ["/Sent"]);
    }
}
