use std::fmt;

use super::item::{Item, ItemId, ItemKind};
use crate::archive::unpack::tar::looks_like_tar;
use crate::verdict::Findings;

/// One account's mailbox as one backup states it. What later work compares, samples and restores from.
#[derive(Debug, Clone, Default)]
pub struct Mailbox {
    /// Whose it is, by the name of its member (`anna@example.org`); shown to people as it is.
    pub account: String,
    /// The member of the archive it was read from, harmless on a terminal; empty where it is the archive itself.
    pub source: String,
    /// In which form it was exported.
    pub form: Form,
    /// Bytes of its member, as stored in the archive.
    pub packed_bytes: u64,
    /// How its layers ended.
    pub ending: Ending,
    /// Folders, search folders and mountpoints, in the order of the export.
    pub folders: Vec<Folder>,
    /// Everything else that has a description, in the order of the export.
    pub items: Vec<Item>,
    /// Bodies, with or without a description.
    pub bodies: u64,
    /// Bytes of all bodies.
    pub body_bytes: u64,
    /// Bodies that don't follow their descriptions, and have them elsewhere.
    pub apart: u64,
    /// Descriptions and bodies of which nobody knows whether they have each other, as they are too many.
    pub unpaired: u64,
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// `fmt=tgz`
    #[default]
    Tgz,
    /// `fmt=tar`
    Tar,
    /// `fmt=zip`
    Zip,
}

/// What names of exports end with, and what they promise.
const SUFFIXES: [(&[u8], Form); 4] =
    [(b".tgz", Form::Tgz), (b".tar.gz", Form::Tgz), (b".tar", Form::Tar), (b".zip", Form::Zip)];

impl Form {
    /// The form of an export that begins with these bytes, of which 512 are enough.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => Some(Self::Tgz),
            // An empty zip begins with the end of its directory.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            _ if looks_like_tar(head) => Some(Self::Tar),
            _ => None,
        }
    }

    /// The form that the end of a name promises, and the name without that end.
    #[must_use]
    pub fn promised(name: &[u8]) -> Option<(Self, &[u8])> {
        SUFFIXES.iter().find_map(|(suffix, form)| {
            let (stem, end) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
            end.eq_ignore_ascii_case(suffix).then_some((*form, stem))
        })
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tgz => "tgz",
            Self::Tar => "tar",
            Self::Zip => "zip",
        })
    }
}

/// How an export's own layers ended.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// Every layer reached its end; otherwise `faults` say why, or the archive around it stopped.
    pub whole: bool,
    /// What is wrong with the layers (kinds of `gzip-…`, `tar-…`, `limit-…`, `zip-…`), as found by their readers.
    pub faults: Findings,
}

/// One folder as the backup states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in.
    pub parent: ItemId,
    /// Folder, search folder or mountpoint.
    pub kind: ItemKind,
    /// Its path (`/Inbox/Sub`); the roots have `/`.
    pub path: Box<str>,
    /// Items it held when the export began (`size`).
    pub items: u64,
    /// Unread ones among them.
    pub unread: u64,
    /// Bytes of its items (`sz`), where stated.
    pub bytes: Option<u64>,
    /// Items that carry `\Deleted` (`i4d`), which an export leaves out.
    pub deleted: u64,
    /// The next UID in IMAP (`unxt`), where stated.
    pub next_uid: Option<u32>,
}

impl Mailbox {
    /// The date of the newest item, in seconds since 1970.
    #[must_use]
    pub fn newest(&self) -> Option<i64> {
        self.items.iter().filter(|item| item.kind.is_content()).map(|item| item.date).max()
    }
}
