//! Looks into the folders that are imported into, before and after.

use std::collections::{BTreeSet, HashMap};
use std::hash::BuildHasher;

use super::batch::Held;
use super::touched::{Fate, Judging, Look, Said, Sent, Stock, Touched};
use super::{ZimbraPlace, failed, key};
use crate::live::zimbra::{Folder, Presence};
use crate::mailbox::{ItemId, ItemKind};
use crate::restore::{PlaceError, Put};

/// Messages that are asked about before it is looked whether any is still wanted.
const PART: usize = 5_000;
/// The words for what the server says it took.
const NOT_HELD: &str = "the server states success and its folder does not hold it; look into its mailbox.log";

impl ZimbraPlace {
    /// Notes what lies in the folders of these items, where that was not done.
    pub(super) fn look_before(&mut self, items: &[Held]) -> Result<(), PlaceError> {
        let folders = items.iter().map(|item| &*item.folder);
        let new: BTreeSet<&str> = folders.filter(|folder| !self.touched.contains_key(*folder)).collect();
        if new.is_empty() {
            return Ok(());
        }
        let there = self.folders_there()?;
        for name in new {
            let mut touched = Touched::default();
            if let Some(folder) = there.get(name) {
                touched.before = self.numbers(folder.id)?;
                touched.others = folder.items.saturating_sub(touched.before.len() as u64);
            }
            self.touched.insert(name.to_owned(), touched);
        }
        Ok(())
    }

    /// Notes what the server said of items that it was given.
    pub(super) fn note(&mut self, items: &[Held], said: Said) {
        for item in items {
            let Some(touched) = self.touched.get_mut(&item.folder) else { continue };
            let size = item.body.as_ref().map_or(0, Vec::len) as u64;
            let sent = Sent {
                id: item.id,
                look: Look { size, date: item.date },
                sameness: self.hasher.hash_one(&item.sameness),
                said,
            };
            let is_message = item.kind == ItemKind::Message;
            if is_message { &mut touched.messages } else { &mut touched.rest }.push(sent);
        }
    }

    /// Tells what became of all that the server was given, by what lies in the folders now.
    pub(super) fn look_after(&mut self) -> Result<(), PlaceError> {
        if self.touched.is_empty() {
            return Ok(());
        }
        let there = self.folders_there()?;
        for (name, touched) in std::mem::take(&mut self.touched) {
            let folder = there.get(&name);
            let now = folder.map_or(Ok(Vec::new()), |folder| self.numbers(folder.id))?;
            let fates = self.judge(&touched, folder, &now)?;
            self.settle(&touched.messages, fates);
            let rest = folder.map_or(0, |folder| folder.items.saturating_sub(now.len() as u64));
            self.settle(&touched.rest, touched.judge_rest(rest));
        }
        self.words.clear();
        Ok(())
    }

    /// What became of messages; `now` are the numbers of those that lie in their folder.
    fn judge(
        &self,
        touched: &Touched,
        folder: Option<&Folder>,
        now: &[ItemId],
    ) -> Result<Vec<Fate>, PlaceError> {
        let mut judging = Judging::new(&touched.messages);
        let Some(folder) = folder.filter(|_| !touched.messages.is_empty()) else {
            return Ok(judging.fates());
        };
        let (before, arrived): (Vec<ItemId>, Vec<ItemId>) = now.iter().partition(|id| touched.had(**id));
        for (ids, fate) in [(arrived, Fate::Arrived), (before, Fate::Before)] {
            for part in ids.chunks(PART) {
                // Of equal ones each may have arrived, and one that was there is enough.
                if fate == Fate::Arrived || judging.has_lacking() {
                    let mut stock = judging.stock();
                    self.count(part, folder.id, &mut stock)?;
                    judging.give(stock, fate);
                }
            }
        }
        Ok(judging.fates())
    }

    /// Counts the messages among `ids` that lie in the folder and look like one that was put.
    fn count(&self, ids: &[ItemId], folder: ItemId, stock: &mut Stock) -> Result<(), PlaceError> {
        let mut each = |_, presence| {
            if let Presence::Message(live) = presence
                && live.folder == folder
            {
                stock.count(Look { size: live.size, date: live.date });
            }
        };
        self.mailbox.messages(ids, &mut each).map_err(failed)
    }

    fn settle(&mut self, sent: &[Sent], fates: Vec<Fate>) {
        for (sent, fate) in sent.iter().zip(fates) {
            let put = match (fate, sent.said) {
                (Fate::Arrived, _) => Put::Restored,
                (Fate::Before, _) => Put::AlreadyThere,
                (Fate::Lacking, Said::Taken) => Put::Refused(NOT_HELD.to_owned()),
                (Fate::Lacking, Said::Other(words)) => {
                    let words = self.words.get(words as usize);
                    Put::Refused(words.cloned().unwrap_or_default())
                }
            };
            self.settled.push((sent.id, put));
        }
    }

    /// Numbers of the messages in a folder, sorted.
    fn numbers(&self, folder: ItemId) -> Result<Vec<ItemId>, PlaceError> {
        let mut ids = Vec::new();
        self.mailbox.list(folder, &mut |id| ids.push(id)).map_err(failed)?;
        ids.sort_unstable();
        // One that is listed twice is there once.
        ids.dedup();
        Ok(ids)
    }

    /// The folders of the mailbox, by their paths as they are compared.
    fn folders_there(&self) -> Result<HashMap<String, Folder>, PlaceError> {
        let folders = self.mailbox.folders().map_err(failed)?;
        let folders = folders.into_iter().filter(|folder| folder.kind == ItemKind::Folder);
        Ok(folders.map(|folder| (key(&folder.path), folder)).collect())
    }
}
