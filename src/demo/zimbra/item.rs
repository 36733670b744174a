use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, SHA256};

use super::bencode::Map;
use crate::mailbox::{Digest, ItemKind};

/// A folder, search folder or mountpoint.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its number.
    pub id: u32,
    /// The folder it lies in.
    pub parent: u32,
    /// Folder, search folder or mountpoint.
    pub kind: ItemKind,
    /// Its name.
    pub name: String,
    /// What the server keeps of it beside what the export computes: the default view, a query.
    pub metadata: Map,
    /// Its flags.
    pub flags: u32,
}

/// Anything that lies in a folder, tags included.
#[derive(Debug, Clone)]
pub struct Item {
    /// Its number.
    pub id: u32,
    /// The folder it lies in.
    pub folder: u32,
    /// What it is.
    pub kind: ItemKind,
    /// The item above it, as Zimbra states it: a conversation, minus the own number, or -1.
    pub parent: i64,
    /// Subject, file-as or file name, before any cleaning.
    pub name: String,
    /// Who sent it.
    pub sender: String,
    /// The body of which the database knows size and digest.
    pub body: Option<Vec<u8>>,
    /// What its file holds instead.
    pub stored: Option<Vec<u8>>,
    /// Computed by Zimbra 7 or older: SHA-1.
    pub old_digest: bool,
    /// What is stated as its digest instead of the right one.
    pub stated_digest: Option<String>,
    /// Zimbra's flags.
    pub flags: u32,
    /// Not read yet.
    pub unread: bool,
    /// When it was received, in seconds since 1970.
    pub date: i64,
    /// Change number of its row, and of its content.
    pub modified: (u32, u32),
    /// UID in IMAP, or -1.
    pub imap_id: i64,
    /// Names of its tags.
    pub tags: Vec<String>,
    /// What the server keeps of it.
    pub metadata: Map,
    /// Which revision of a document it is.
    pub version: u32,
    /// The appointment that its invitation belongs to.
    pub invite: Option<u32>,
    /// What is written instead of the body where descriptions are left out: vCard or iCalendar.
    pub plain: Option<Vec<u8>>,
    /// What becomes of it in the export.
    pub fate: Fate,
}

/// What becomes of an item in the export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// It is written.
    #[default]
    Written,
    /// It is counted in its folder, and passed over: its file is missing on the server.
    Lost,
    /// The export stops here with all layers valid, as Zimbra does when an item fails.
    Aborts,
    /// Only its description is written, as some hand left it.
    WithoutBody,
    /// Only its body is written.
    WithoutMeta,
    /// It is written twice, as in an archive that was put together from two.
    Twice,
    /// It is an older revision of a document: written, and not counted in its folder.
    Revision,
}

impl Folder {
    /// A folder for mail.
    #[must_use]
    pub fn new(id: u32, parent: u32, name: impl Into<String>) -> Self {
        let metadata = Map::versioned().with("vt", 5);
        Self { id, parent, kind: ItemKind::Folder, name: name.into(), metadata, flags: 0 }
    }

    /// A folder of Zimbra's own, with attributes, a view or none, and flags.
    pub(super) fn fixed(mut self, attributes: i64, view: i64, flags: u32) -> Self {
        self.metadata = Map::versioned().with("a", attributes).with_some("vt", view);
        self.flags = flags;
        self
    }
}

impl Item {
    /// An item without a body, unread or flagged by nobody.
    #[must_use]
    pub fn new(id: u32, folder: u32, kind: ItemKind, name: impl Into<String>) -> Self {
        Self {
            id,
            folder,
            kind,
            parent: -1,
            name: name.into(),
            sender: String::new(),
            body: None,
            stored: None,
            old_digest: false,
            stated_digest: None,
            flags: 0,
            unread: false,
            date: 0,
            modified: (id, id),
            imap_id: id.into(),
            tags: Vec::new(),
            metadata: Map::versioned(),
            version: 1,
            invite: None,
            plain: None,
            fate: Fate::Written,
        }
    }

    /// A message.
    #[must_use]
    pub fn message(id: u32, folder: u32, subject: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: Some(body.into()),
            parent: -i64::from(id),
            ..Self::new(id, folder, ItemKind::Message, subject)
        }
    }

    /// Bytes of its body, as its folder counts them.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.body.as_ref().map_or(0, |body| body.len() as u64)
    }

    /// The digest that its description states; a `Digest` as text, unless a test made it something else.
    #[must_use]
    pub fn digest(&self) -> Option<String> {
        let body = self.body.as_ref()?;
        Some(self.stated_digest.clone().unwrap_or_else(|| digest_of(body, self.old_digest).to_string()))
    }
}

/// SHA-1 if `old`, else SHA-256.
#[must_use]
pub fn digest_of(body: &[u8], old: bool) -> Digest {
    let mut sha1 = [0; 20];
    let mut sha256 = [0; 32];
    if old {
        sha1.copy_from_slice(digest::digest(&SHA1_FOR_LEGACY_USE_ONLY, body).as_ref());
        return Digest::Sha1(sha1);
    }
    sha256.copy_from_slice(digest::digest(&SHA256, body).as_ref());
    Digest::Sha256(sha256)
}
