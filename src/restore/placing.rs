//! Puts what the exports hand over into the place, one item after the other, and keeps count.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::outcome::{Count, LeftItem, Restored, Why};
use super::place::KnownFolder;
use super::recovery::Handed;
use super::{Place, PlaceError, Put, Recovered, Settled};
use crate::mailbox::ItemId;
use crate::network::Cancel;

/// Longest time for which nobody looks whether the run is to end.
const GLANCE: Duration = Duration::from_millis(250);
/// Items that are remembered, so that those of a second export are known again. Beyond them the place knows most by
/// itself.
const MOST_REMEMBERED: usize = 2_000_000;

/// Puts items into a place.
pub(super) struct Placing<'a> {
    place: &'a mut dyn Place,
    /// Ended by whoever watches over the whole run.
    run: &'a Cancel,
    /// Ends the reading of the archive.
    reading: &'a Cancel,
    began: Instant,
    remembered: HashSet<[u8; 16]>,
    /// What the place has not answered for yet, which may be all: about 100 bytes each.
    waiting: HashMap<Key, Placed>,
    /// The same of those that have the number of one that waits.
    behind: HashMap<Key, VecDeque<Placed>>,
    /// Names of accounts and folders, each held once.
    names: HashSet<Arc<str>>,
    /// What came of each account.
    came: HashMap<Arc<str>, Came>,
    restored: Restored,
}

/// Whose it is, and its number.
type Key = (Arc<str>, ItemId);

/// What came of one account.
#[derive(Debug, Default)]
struct Came {
    restored: u64,
    bytes: u64,
    versions: u64,
    newest: Option<i64>,
    /// What of it is counted among the folders without a number of their own.
    others: Count,
}

impl<'a> Placing<'a> {
    /// `asked` are the items that are asked for by number, if any are.
    pub(super) fn new(
        place: &'a mut dyn Place,
        run: &'a Cancel,
        reading: &'a Cancel,
        asked: BTreeSet<ItemId>,
    ) -> Self {
        let (remembered, waiting, behind, names, came) = Default::default();
        let restored = Restored { not_seen: asked, ..Restored::default() };
        let began = Instant::now();
        Self { place, run, reading, began, remembered, waiting, behind, names, came, restored }
    }

    /// Works until nobody hands over any more, the run is to end, or the place takes nothing more.
    pub(super) fn work(mut self, items: Receiver<Handed>) -> Restored {
        let ended = self.take_all(&items);
        self.restored.interrupted = self.run.is_cancelled();
        if let Err(error) = ended {
            self.restored.stopped = Some(error);
        }
        self.settle();
        let behind = std::mem::take(&mut self.behind).into_iter();
        let behind =
            behind.flat_map(|(key, behind)| behind.into_iter().map(move |placed| (key.clone(), placed)));
        for ((account, item), placed) in std::mem::take(&mut self.waiting).into_iter().chain(behind) {
            self.leave(&account, placed.lying, item, Why::Unanswered);
        }
        self.reading.cancel();
        self.take_back();
        self.restored
    }

    /// Takes back what was counted for accounts of which the place keeps nothing.
    fn take_back(&mut self) {
        let restored = &mut self.restored;
        for (account, came) in std::mem::take(&mut self.came) {
            if came.restored == 0 || self.place.keeps(&account) {
                restored.newest = restored.newest.max(came.newest);
                continue;
            }
            restored.restored -= came.restored;
            restored.left.unfinished += came.restored;
            restored.bytes -= came.bytes;
            restored.versions -= came.versions;
            restored.folders.forget(&account, came.others);
        }
        if restored.restored == 0 {
            (restored.to_first, restored.to_last) = (None, None);
        }
    }

    fn take_all(&mut self, items: &Receiver<Handed>) -> Result<(), PlaceError> {
        while !self.run.is_cancelled() {
            match items.recv_timeout(GLANCE) {
                Ok(handed) => self.take(handed)?,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.place.finish(),
            }
            self.settle();
        }
        Ok(())
    }

    fn take(&mut self, handed: Handed) -> Result<(), PlaceError> {
        match handed {
            Handed::Folder { account, folder, name, text } => {
                let (name, text) = (&*name, &*text);
                self.place.folder(&KnownFolder { account: &account, folder: &folder, name, text })
            }
            Handed::Item { account, folder, item, name, text, body } => {
                let (folder, name, text, body) = (folder.as_deref(), &*name, &*text, &*body);
                self.put(&Recovered { account: &account, item: &item, folder, name, text, body })
            }
            Handed::Left { account, item, why } => {
                self.restored.selected += 1;
                self.restored.not_seen.remove(&item.id);
                self.leave(&account, item.folder, item.id, why);
                Ok(())
            }
        }
    }

    fn put(&mut self, recovered: &Recovered<'_>) -> Result<(), PlaceError> {
        self.restored.selected += 1;
        self.restored.not_seen.remove(&recovered.item.id);
        let seen = self.remember(recovered);
        if seen == Seen::Same {
            self.restored.repeated += 1;
            return Ok(());
        }
        let Recovered { account, item, folder, body, .. } = *recovered;
        let put = match self.place.put(recovered) {
            Ok(put) => put,
            Err(error) => {
                self.leave(account, item.folder, item.id, Why::Unanswered);
                return Err(error);
            }
        };
        let placed = Placed {
            lying: item.folder,
            folder: self.name(folder.unwrap_or_default()),
            date: item.date,
            bytes: body.len() as u64,
            other_version: seen == Seen::OtherVersion,
        };
        let key = (self.name(account), item.id);
        match put {
            Put::Pending => self.wait(key, placed),
            answered => self.count(&key, &placed, answered, Instant::now()),
        }
        Ok(())
    }

    /// A name, held once.
    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.names.insert(Arc::clone(&name));
        name
    }

    fn wait(&mut self, key: Key, placed: Placed) {
        match self.waiting.entry(key) {
            Entry::Occupied(first) => {
                self.behind.entry(first.key().clone()).or_default().push_back(placed);
            }
            Entry::Vacant(free) => {
                free.insert(placed);
            }
        }
    }

    /// Takes in the answers that came meanwhile; of items with one number the first answer is that of the first.
    fn settle(&mut self) {
        for Settled { account, id, put, taken } in self.place.settled() {
            let key = (account, id);
            let Some(placed) = self.waiting.remove(&key) else { continue };
            if let Some(next) = self.behind.get_mut(&key).and_then(VecDeque::pop_front) {
                self.waiting.insert(key.clone(), next);
            }
            self.count(&key, &placed, put, taken.unwrap_or_else(Instant::now));
        }
    }

    fn count(&mut self, (account, item): &Key, placed: &Placed, put: Put, taken: Instant) {
        let restored = match put {
            Put::Refused(reason) => return self.leave(account, placed.lying, *item, Why::Refused(reason)),
            Put::Pending => return self.leave(account, placed.lying, *item, Why::Unanswered),
            Put::AlreadyThere => false,
            Put::Restored => true,
        };
        let came = self.came.entry(Arc::clone(account)).or_default();
        if restored {
            let elapsed = Some(taken.saturating_duration_since(self.began));
            self.restored.to_first = self.restored.to_first.min(elapsed).or(elapsed);
            self.restored.to_last = self.restored.to_last.max(elapsed);
            self.restored.restored += 1;
            self.restored.bytes += placed.bytes;
            came.restored += 1;
            came.bytes += placed.bytes;
        } else {
            self.restored.already_there += 1;
        }
        self.restored.versions += u64::from(placed.other_version);
        came.versions += u64::from(placed.other_version);
        came.newest = came.newest.max(Some(placed.date));
        self.restored.folders.count(account, &placed.folder, placed.bytes, &mut came.others);
    }

    fn leave(&mut self, account: &str, folder: ItemId, item: ItemId, why: Why) {
        let left = LeftItem { account: account.to_owned(), folder, item, why };
        self.restored.left.push(left);
    }

    /// Whether this item came before, and takes note of it.
    fn remember(&mut self, recovered: &Recovered<'_>) -> Seen {
        let item = mark(recovered, &[]);
        let proof = recovered.item.digest;
        let content = mark(recovered, proof.as_ref().map_or(recovered.text, |digest| digest.bytes()));
        let seen = match (self.remembered.contains(&item), self.remembered.contains(&content)) {
            (_, true) => Seen::Same,
            (true, false) => Seen::OtherVersion,
            (false, false) => Seen::Never,
        };
        if self.remembered.len() < 2 * MOST_REMEMBERED {
            self.remembered.extend([item, content]);
        }
        seen
    }
}

/// An item that the place took.
#[derive(Debug)]
struct Placed {
    /// The number of its folder.
    lying: ItemId,
    /// The path of its folder.
    folder: Arc<str>,
    date: i64,
    bytes: u64,
    /// The same item came before with other bytes.
    other_version: bool,
}

/// Whether an item came before in the same archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Never,
    /// With the same bytes.
    Same,
    /// With other bytes.
    OtherVersion,
}

/// What an item is known again by: its account and number, and `content`.
fn mark(recovered: &Recovered<'_>, content: &[u8]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(recovered.account.len() as u64).to_le_bytes());
    hasher.update(recovered.account.as_bytes());
    hasher.update(&recovered.item.id.0.to_le_bytes());
    hasher.update(content);
    let mut mark = [0; 16];
    hasher.finalize_xof().fill(&mut mark);
    mark
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::mailbox::{Flags, Item, ItemKind};

    /// Takes everything and answers behind, the last of each number first.
    #[derive(Default)]
    struct Later {
        held: Vec<Settled>,
        answers: Vec<Settled>,
        /// Answers come at the end; without, never.
        answering: bool,
    }

    impl Place for Later {
        fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
            let put = match item.item.id.0 {
                301 => Put::AlreadyThere,
                302 => Put::Refused("full".to_owned()),
                _ => Put::Restored,
            };
            let (account, id) = (item.account.into(), item.item.id);
            self.held.push(Settled { account, id, put, taken: None });
            Ok(Put::Pending)
        }

        fn finish(&mut self) -> Result<(), PlaceError> {
            if self.answering {
                self.answers = self.held.drain(..).rev().collect();
                // One that nobody waits for.
                let (account, id) = ("x@y".into(), ItemId(1));
                self.answers.push(Settled { account, id, put: Put::Restored, taken: None });
            }
            Ok(())
        }

        fn settled(&mut self) -> Vec<Settled> {
            std::mem::take(&mut self.answers)
        }
    }

    fn handed(id: u32, text: &str) -> Handed {
        let item = Item {
            id: ItemId(id),
            folder: ItemId(2),
            kind: ItemKind::Message,
            size: text.len() as u64,
            digest: None,
            date: i64::from(id),
            changed: 0,
            mod_metadata: 0,
            mod_content: 0,
            imap_id: 0,
            flags: Flags(0),
            unread: false,
            sound: true,
        };
        let (account, folder) = (Arc::from("anna@example.org"), Some("/Inbox".to_owned()));
        let (name, text, body) = (Vec::new(), text.as_bytes().to_vec(), text.as_bytes().to_vec());
        Handed::Item { account, folder, item, name, text, body }
    }

    fn restore(mut place: Later) -> Restored {
        let (sender, items) = sync_channel(10);
        let sent = [(300, "one"), (301, "two"), (302, "three"), (300, "another")];
        sent.into_iter().for_each(|(id, text)| sender.send(handed(id, text)).unwrap());
        drop(sender);
        let cancel = Cancel::default();
        Placing::new(&mut place, &cancel, &Cancel::default(), BTreeSet::new()).work(items)
    }

    #[test]
    fn what_a_place_answers_later_counts_as_it_answers() {
        let restored = restore(Later { answering: true, ..Later::default() });
        assert_eq!((restored.selected, restored.restored, restored.already_there), (4, 2, 1));
        assert_eq!((restored.left.count(), restored.versions, restored.bytes), (1, 1, 10));
        assert!(!restored.is_complete());
    }

    /// Takes everything, and keeps of one account only what it has.
    struct Partly;

    impl Place for Partly {
        fn put(&mut self, _item: &Recovered<'_>) -> Result<Put, PlaceError> {
            Ok(Put::Restored)
        }

        fn finish(&mut self) -> Result<(), PlaceError> {
            Err(PlaceError("full; make room".to_owned()))
        }

        fn keeps(&self, account: &str) -> bool {
            account == "bruno@example.org"
        }
    }

    #[test]
    fn what_a_place_does_not_keep_did_not_come_back() {
        let (sender, items) = sync_channel(10);
        let Handed::Item { folder, item, name, text, body, .. } = handed(300, "one") else { return };
        let account = Arc::from("bruno@example.org");
        sender.send(Handed::Item { account, folder, item, name, text, body }).unwrap();
        [301, 302].into_iter().for_each(|id| sender.send(handed(id, "other")).unwrap());
        drop(sender);
        let cancel = Cancel::default();
        let restored = Placing::new(&mut Partly, &cancel, &Cancel::default(), BTreeSet::new()).work(items);
        assert_eq!((restored.selected, restored.restored, restored.bytes), (3, 1, 3));
        assert_eq!((restored.left.unfinished, restored.left.count(), restored.newest), (2, 2, Some(300)));
        let folders: Vec<_> = restored.folders.each.into_keys().collect();
        assert_eq!(folders, [("bruno@example.org".to_owned(), "/Inbox".to_owned())]);
    }

    #[test]
    fn what_a_place_never_answers_is_not_restored() {
        let restored = restore(Later::default());
        assert_eq!((restored.selected, restored.restored, restored.left.count()), (4, 0, 4));
        assert!(!restored.is_complete());
    }
}
