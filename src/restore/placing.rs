//! Puts what the exports hand over into the place, one item after the other, and keeps count.

use std::collections::HashSet;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::outcome::{LeftItem, Restored, Why};
use super::place::KnownFolder;
use super::recovery::Handed;
use super::{Place, PlaceError, Put, Recovered};
use crate::mailbox::Item;
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
    restored: Restored,
}

impl<'a> Placing<'a> {
    pub(super) fn new(place: &'a mut dyn Place, run: &'a Cancel, reading: &'a Cancel) -> Self {
        let (began, remembered, restored) = (Instant::now(), HashSet::new(), Restored::default());
        Self { place, run, reading, began, remembered, restored }
    }

    /// Works until nobody hands over any more, the run is to end, or the place takes nothing more.
    pub(super) fn work(mut self, items: Receiver<Handed>) -> Restored {
        while !self.run.is_cancelled() {
            let taken = match items.recv_timeout(GLANCE) {
                Ok(handed) => self.take(handed),
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return self.restored,
            };
            if let Err(error) = taken {
                self.restored.stopped = Some(error);
                break;
            }
        }
        self.restored.interrupted = self.run.is_cancelled();
        self.reading.cancel();
        self.restored
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
                self.leave(&account, &item, why);
                Ok(())
            }
        }
    }

    fn put(&mut self, recovered: &Recovered<'_>) -> Result<(), PlaceError> {
        self.restored.selected += 1;
        let seen = self.remember(recovered);
        if seen == Seen::Same {
            self.restored.repeated += 1;
            return Ok(());
        }
        match self.place.put(recovered)? {
            Put::Refused(reason) => {
                self.leave(recovered.account, recovered.item, Why::Refused(reason));
                return Ok(());
            }
            Put::AlreadyThere => self.restored.already_there += 1,
            Put::Restored => {
                self.restored.restored += 1;
                self.restored.bytes += recovered.body.len() as u64;
                let elapsed = self.began.elapsed();
                self.restored.to_first.get_or_insert(elapsed);
                self.restored.to_last = Some(elapsed);
            }
        }
        self.restored.versions += u64::from(seen == Seen::OtherVersion);
        self.restored.newest = self.restored.newest.max(Some(recovered.item.date));
        let (path, bytes) = (recovered.folder.unwrap_or_default(), recovered.body.len() as u64);
        self.restored.folders.count(recovered.account, path, bytes);
        Ok(())
    }

    fn leave(&mut self, account: &str, item: &Item, why: Why) {
        let left = LeftItem { account: account.to_owned(), folder: item.folder, item: item.id, why };
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
