//! Takes what is wanted out of one export, and nothing that is not proven.
//!
//! Input: the entries and bodies of an export as they come. Output: each wanted item to whoever puts it into a place, or why
//! it can't be had. Invariant: a body is handed on only if all of it came and it has the size and the digest that its
//! description states.

use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use super::folder::Folders;
use super::naming::Asked;
use super::outcome::{Export, LeftItem, MOST_NAMED, Why};
use super::query::Meant;
use super::selection::Selection;
use crate::mailbox::zimbra::export::{Entry, Examiner, LARGEST_TAKEN, SeenBody, TakenBody};
use crate::mailbox::zimbra::meta::{Described, Meta};
use crate::mailbox::{Folder, Item, ItemId, Mailbox};

/// What is handed on, in the order of the export.
#[derive(Debug)]
pub(super) enum Handed {
    /// The description of a folder.
    Folder { account: Arc<str>, folder: Folder, name: Vec<u8>, text: Vec<u8> },
    /// An item that is proven.
    Item {
        account: Arc<str>,
        folder: Option<String>,
        item: Item,
        name: Vec<u8>,
        text: Vec<u8>,
        body: Vec<u8>,
    },
    /// An item that can't be had.
    Left { account: Arc<str>, item: Item, why: Why },
}

/// What remains of one export.
#[derive(Debug)]
pub(super) struct Ended {
    pub export: Export,
    /// Bodies without a description that can be read.
    pub undescribed: u64,
    /// Items of which nobody knows whether they are wanted.
    pub undecided: u64,
    /// Those of them that were looked at in part; the first thousand.
    pub partly_seen: Vec<LeftItem>,
    /// Descriptions and bodies that stand apart, too many to put together.
    pub unpaired: u64,
    /// The folders that were asked for.
    pub folders: Vec<Asked>,
}

/// Takes what is wanted out of one export.
#[derive(Debug)]
pub(super) struct Recovery {
    account: Arc<str>,
    /// Something of this account is wanted, and the place still takes it.
    wanted: bool,
    asked: bool,
    selection: Arc<Selection>,
    folders: Folders,
    asked_folders: Vec<Asked>,
    sender: SyncSender<Handed>,
    /// The item whose body came last; its entry follows, at the end of the export behind those of what stands alone.
    seen: Option<(ItemId, Vec<u8>)>,
    undescribed: u64,
    undecided: u64,
    partly_seen: Vec<LeftItem>,
}

impl Recovery {
    pub(super) fn new(account: &str, selection: &Arc<Selection>, sender: &SyncSender<Handed>) -> Self {
        let known = selection.account(account);
        Self {
            account: known.unwrap_or(account).into(),
            wanted: known.is_some(),
            asked: known.is_some(),
            selection: Arc::clone(selection),
            folders: Folders::default(),
            asked_folders: selection.folders().map(Asked::new).collect(),
            sender: sender.clone(),
            seen: None,
            undescribed: 0,
            undecided: 0,
            partly_seen: Vec::new(),
        }
    }

    fn see_folder(&mut self, path: Option<&str>) {
        if let Some(path) = path {
            self.asked_folders.iter_mut().for_each(|asked| asked.see(path));
        }
    }

    fn was_seen(&self, item: ItemId, name: &[u8]) -> bool {
        self.seen.as_ref().is_some_and(|(id, seen)| *id == item && seen == name)
    }

    /// Hands something on; whoever takes it may have gone.
    fn send(&mut self, handed: Handed) {
        self.wanted &= self.sender.send(handed).is_ok();
    }

    fn leave(&mut self, item: &Item, why: Why) {
        let account = Arc::clone(&self.account);
        self.send(Handed::Left { account, item: *item, why });
    }

    /// The same of an item of which there is no body to look into.
    fn leave_unseen(&mut self, item: &Item, why: Why) {
        if self.selection.asks_for_content() {
            self.undecided += 1;
        } else {
            self.leave(item, why);
        }
    }

    /// Judges a body by what was seen of it and hands it on.
    fn judge(&mut self, item: &Item, folder: Option<String>, taken: TakenBody<'_>) {
        match (self.selection.wants_content(&taken.bytes), fault(item, &taken)) {
            (Meant::Yes, None) => {
                let (account, name, text) =
                    (Arc::clone(&self.account), taken.name.to_vec(), taken.text.to_vec());
                self.send(Handed::Item { account, folder, item: *item, name, text, body: taken.bytes });
            }
            (Meant::Yes, Some(why)) => self.leave(item, why),
            (Meant::No, None) => {}
            (Meant::Unknown, None) => self.leave_open(item),
            // Damage may be in the words that were looked for.
            (Meant::No | Meant::Unknown, Some(_)) => self.undecided += 1,
        }
    }

    /// An item of which only a part was looked at.
    fn leave_open(&mut self, item: &Item) {
        self.undecided += 1;
        if self.partly_seen.len() < MOST_NAMED {
            let account = self.account.as_ref().to_owned();
            let why = Why::PartlySeen;
            self.partly_seen.push(LeftItem { account, folder: item.folder, item: item.id, why });
        }
    }

    /// An item of which no body was handed over.
    fn judge_without_body(&mut self, item: &Item, entry: &Entry<'_>) {
        let folder = self.folders.of(item, entry.text);
        self.see_folder(folder.as_deref());
        if !self.selection.wants(item, folder.as_deref()) {
            return;
        }
        match entry.body {
            None if item.digest.is_some() || item.states_body() => self.leave_unseen(item, Why::Missing),
            None if self.selection.asks_for_content() => {}
            None => {
                let (account, name, text) =
                    (Arc::clone(&self.account), entry.name.to_vec(), entry.text.to_vec());
                self.send(Handed::Item { account, folder, item: *item, name, text, body: Vec::new() });
            }
            Some(SeenBody { size, .. }) if size > LARGEST_TAKEN => self.leave_unseen(item, Why::TooLarge),
            Some(_) => self.leave_unseen(item, Why::Apart),
        }
    }
}

/// Why a body is not proven to be the item's.
fn fault(item: &Item, taken: &TakenBody<'_>) -> Option<Why> {
    match item.digest {
        _ if !taken.seen.whole => Some(Why::Cut),
        None => Some(Why::Unstated),
        Some(digest) if taken.has(digest) && taken.bytes.len() as u64 == item.size => None,
        Some(_) => Some(Why::Differs),
    }
}

impl Examiner for Recovery {
    type Verdict = Ended;

    const TAKES_BODIES: bool = true;

    fn takes(&mut self, described: Option<&Described>, _size: u64) -> bool {
        match described {
            Some(Described { meta: Meta::Item(item), .. }) if self.wanted => {
                self.selection.wants(item, self.folders.described(item.folder))
            }
            _ => false,
        }
    }

    fn body(&mut self, taken: TakenBody<'_>) {
        let Some(Described { meta: Meta::Item(item), .. }) = taken.described else { return };
        let item = *item;
        self.seen = Some((item.id, taken.name.to_vec()));
        let folder = self.folders.of(&item, taken.text);
        self.see_folder(folder.as_deref());
        if self.selection.wants(&item, folder.as_deref()) {
            self.judge(&item, folder, taken);
        }
    }

    /// Whoever takes it has gone.
    fn has_enough(&self) -> bool {
        self.asked && !self.wanted
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        if !self.wanted {
            return;
        }
        match entry.meta() {
            Some(Meta::Item(item)) if self.was_seen(item.id, entry.name) => self.seen = None,
            Some(Meta::Item(item)) => self.judge_without_body(item, entry),
            Some(Meta::Folder(folder)) => {
                self.folders.keep(folder);
                self.see_folder(Some(&folder.path));
                let account = Arc::clone(&self.account);
                let (name, text) = (entry.name.to_vec(), entry.text.to_vec());
                self.send(Handed::Folder { account, folder: folder.clone(), name, text });
            }
            None => self.undescribed += u64::from(entry.body.is_some()),
        }
    }

    fn finish(self, mailbox: Mailbox) -> Ended {
        let account = self.account.as_ref().to_owned();
        Ended {
            export: Export { account, source: mailbox.source, ending: mailbox.ending, wanted: self.asked },
            undescribed: self.undescribed,
            undecided: self.undecided,
            partly_seen: self.partly_seen,
            unpaired: if self.asked { mailbox.unpaired } else { 0 },
            folders: if self.asked { self.asked_folders } else { Vec::new() },
        }
    }
}
