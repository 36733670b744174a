//! Exports put together from values, and what the examination says of them.

use std::collections::{HashMap, HashSet};

use super::{Examination, MailboxSummary};
use crate::check::meaningful::Meaning;
use crate::mailbox::message::Content;
use crate::mailbox::zimbra::export::{Entry, Examiner, SeenBody};
use crate::mailbox::zimbra::meta::{Described, Meta, MetaError};
use crate::mailbox::{Digest, Ending, Flags, Folder, Item, ItemId, ItemKind, Mailbox};
use crate::policy;
use crate::verdict::Finding;

pub const ACCOUNT: &str = "anna@example.org";

/// An export as it will be examined.
#[derive(Debug, Clone)]
pub struct Export {
    pub account: &'static str,
    pub folders: Vec<Folder>,
    pub items: Vec<(Item, Option<SeenBody>)>,
    /// Bodies without a description.
    pub orphans: Vec<(&'static [u8], SeenBody)>,
    /// Descriptions that can't be read.
    pub unreadable: Vec<(&'static [u8], MetaError)>,
    /// Items and folders whose metadata can't be decoded.
    pub undecodable: HashSet<u32>,
    /// Items behind which an `.err` stands.
    pub err: HashSet<u32>,
    pub senders: HashMap<u32, &'static str>,
    pub ending: Ending,
    pub shift: u32,
    /// As [`Mailbox`] has them.
    pub apart: u64,
    pub unpaired: u64,
}

impl Default for Export {
    fn default() -> Self {
        Self {
            account: ACCOUNT,
            folders: Vec::new(),
            items: Vec::new(),
            orphans: Vec::new(),
            unreadable: Vec::new(),
            undecodable: HashSet::new(),
            err: HashSet::new(),
            senders: HashMap::new(),
            ending: Ending { whole: true, ..Ending::default() },
            shift: 3,
            apart: 0,
            unpaired: 0,
        }
    }
}

impl Export {
    /// Three messages of 1000 bytes in Inbox (`folders[1]`), two in Sent, nothing in Contacts: whole and sound.
    pub fn full() -> Self {
        let mut export = Self::default();
        for (id, parent, path, items) in [
            (1, 11, "/", 0),
            (2, 1, "/Inbox", 3),
            (7, 1, "/Contacts", 0),
            (5, 1, "/Sent", 2),
            (3, 1, "/Trash", 0),
            (4, 1, "/Junk", 0),
            (6, 1, "/Drafts", 0),
        ] {
            export.folders.push(folder(id, parent, path, items));
        }
        for (folder, id) in [(2, 257), (2, 258), (2, 259), (5, 260), (5, 261)] {
            let item = message(folder, id);
            let body = body(&item);
            export.add(item, Some(body));
        }
        export
    }

    pub fn add(&mut self, item: Item, body: Option<SeenBody>) {
        self.items.push((item, body));
    }

    pub fn folder(&mut self, id: u32) -> &mut Folder {
        self.folders.iter_mut().find(|folder| folder.id == ItemId(id)).unwrap()
    }

    pub fn examine(&self) -> Meaning {
        self.examined().1
    }

    pub fn examined(&self) -> (MailboxSummary, Meaning) {
        let rules = policy::Mailbox { shift: self.shift, ..policy::Mailbox::default() };
        let mut examination = Examination::new(self.account, &rules);
        let mut mailbox = Mailbox {
            account: self.account.to_owned(),
            ending: self.ending.clone(),
            apart: self.apart,
            unpaired: self.unpaired,
            ..Mailbox::default()
        };
        for folder in &self.folders {
            let described = Ok(self.described(Meta::Folder(folder.clone()), folder.id));
            examination.entry(&entry(b"F", Some(&described), None, false));
            mailbox.folders.push(folder.clone());
        }
        for (item, body) in &self.items {
            let described = Ok(self.described(Meta::Item(*item), item.id));
            let entry = entry(b"Inbox/Salary.eml", Some(&described), *body, self.err.contains(&item.id.0));
            examination.entry(&entry);
            mailbox.items.push(Item { sound: entry.is_sound(), ..*item });
            mailbox.bodies += u64::from(body.is_some());
            mailbox.body_bytes += body.map_or(0, |body| body.size);
        }
        for (name, error) in &self.unreadable {
            examination.entry(&entry(name, Some(&Err(error.clone())), None, false));
        }
        for (name, body) in &self.orphans {
            examination.entry(&entry(name, None, Some(*body), false));
            mailbox.bodies += 1;
        }
        examination.finish(mailbox)
    }

    fn described(&self, meta: Meta, id: ItemId) -> Described {
        let sender = self.senders.get(&id.0).map(|&sender| sender.to_owned());
        Described { meta, undecodable: self.undecodable.contains(&id.0), sender }
    }
}

fn entry<'a>(
    name: &'a [u8],
    described: Option<&'a Result<Described, MetaError>>,
    body: Option<SeenBody>,
    err: bool,
) -> Entry<'a> {
    Entry { index: 12, name, text: &[], described, body, err }
}

pub fn folder(id: u32, parent: u32, path: &str, items: u64) -> Folder {
    Folder {
        id: ItemId(id),
        parent: ItemId(parent),
        kind: ItemKind::Folder,
        path: path.into(),
        items,
        unread: 0,
        bytes: Some(items * 1000),
        deleted: 0,
        next_uid: None,
    }
}

/// A message of 1000 bytes.
pub fn message(folder: u32, id: u32) -> Item {
    Item {
        id: ItemId(id),
        folder: ItemId(folder),
        kind: ItemKind::Message,
        size: 1000,
        digest: Some(Digest::Sha256([7; 32])),
        date: i64::from(id),
        changed: 0,
        mod_metadata: 1,
        mod_content: 1,
        imap_id: id,
        flags: Flags(0),
        unread: false,
        sound: false,
    }
}

/// A contact without a photo.
pub fn contact(folder: u32, id: u32) -> Item {
    Item { kind: ItemKind::Contact, size: 0, digest: None, ..message(folder, id) }
}

/// The body that an item states.
pub fn body(item: &Item) -> SeenBody {
    SeenBody {
        size: item.size,
        whole: true,
        digest: item.digest.unwrap_or(Digest::Sha256([0; 32])),
        content: Content::Usual,
        trailing_spaces: 0,
    }
}

/// The ids of the findings, in order.
pub fn found(meaning: &Meaning) -> Vec<&'static str> {
    meaning.findings.iter().map(|finding| finding.kind.id).collect()
}

/// The one finding that there is.
pub fn only<'a>(meaning: &'a Meaning, id: &str) -> &'a Finding {
    assert_eq!(found(meaning), [id]);
    meaning.findings.iter().next().unwrap()
}
