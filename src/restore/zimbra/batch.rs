//! Items that are imported together.

use std::io;

use crate::mailbox::zimbra::import::{Member, Packer};
use crate::mailbox::{ItemId, ItemKind};

/// An item that waits for its import.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) id: ItemId,
    pub(super) kind: ItemKind,
    /// The path of its folder.
    pub(super) folder: String,
    /// Its digest as the backup writes it, or its number where it has none: of those that are equal in one folder the
    /// server keeps one.
    pub(super) sameness: String,
    pub(super) date: i64,
    pub(super) unread: bool,
    pub(super) name: Vec<u8>,
    pub(super) text: Vec<u8>,
    /// Nothing where the item has none.
    pub(super) body: Option<Vec<u8>>,
}

/// A folder as it is described.
#[derive(Debug, Clone)]
pub(super) struct Described {
    pub(super) parent: ItemId,
    pub(super) name: Vec<u8>,
    pub(super) text: Vec<u8>,
}

impl Held {
    /// Bytes that it takes in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        self.body.as_ref().map_or(0, Vec::len) + self.text.len() + self.name.len() + 200
    }
}

/// Packs folders and items as an export, made at `made` (seconds since 1970).
pub(super) fn pack(folders: &[Described], items: &[Held], made: i64) -> io::Result<Vec<u8>> {
    let mut packer = Packer::new(Vec::new(), made);
    for Described { name, text, .. } in folders {
        let kind = ItemKind::Folder;
        packer.add(Member { name: &named(name), kind, date: made, unread: false }, text)?;
    }
    for Held { kind, date, unread, name, text, body, .. } in items {
        let unread = *unread && *kind == ItemKind::Message;
        packer.add(Member { name: &named(name), kind: *kind, date: *date, unread }, text)?;
        if let Some(body) = body {
            packer.add(Member { name, kind: *kind, date: *date, unread: false }, body)?;
        }
    }
    packer.finish()
}

/// The name of a description.
fn named(name: &[u8]) -> Vec<u8> {
    let name = name.strip_suffix(b".meta").unwrap_or(name);
    [name, b".meta"].concat()
}
