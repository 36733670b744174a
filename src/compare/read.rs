use std::collections::{HashMap, HashSet};

use super::forms::{Former, Forms, Likeness};
use super::listing::Listing;
use crate::check::restorable::{Head, MessageId, Strange};
use crate::live::{BodyPart, Folders, LiveError};
use crate::mailbox::{Digest, Item};

/// Live messages, as far as they were read.
pub(super) struct Read<'a> {
    live: &'a mut dyn Folders,
    listing: &'a Listing,
    /// All that the backup states.
    stated: HashSet<Digest>,
    /// SHA-1 is among it.
    sha1: bool,
    /// By position; none where the message vanished.
    known: HashMap<usize, Option<Known>>,
}

/// What is kept of a message that was read.
struct Known {
    forms: Forms,
    message_id: Option<MessageId>,
}

impl<'a> Read<'a> {
    /// Nothing yet of `live`, which is to be compared with `messages`.
    pub(super) fn new(live: &'a mut dyn Folders, listing: &'a Listing, messages: &[Item]) -> Self {
        let stated: HashSet<Digest> = messages.iter().filter_map(|item| item.digest).collect();
        let sha1 = stated.iter().any(|digest| matches!(digest, Digest::Sha1(_)));
        Self { live, listing, stated, sha1, known: HashMap::new() }
    }

    pub(super) fn listing(&self) -> &'a Listing {
        self.listing
    }

    /// Reads the messages at `positions` that were not read yet. With `all` they are looked at with other line ends as well,
    /// though they be the same as a message of the backup: it may be another than the one they are looked at for.
    pub(super) fn learn(&mut self, positions: Vec<usize>, all: bool) -> Result<(), LiveError> {
        let mut by_folder: HashMap<usize, HashMap<u32, usize>> = HashMap::new();
        let is_open = |position: &usize| match self.known.get(position) {
            None => true,
            Some(known) => all && known.as_ref().is_some_and(|known| !known.forms.are_all()),
        };
        for position in positions.into_iter().filter(is_open) {
            let entry = self.listing.get(position);
            by_folder.entry(entry.folder).or_default().insert(entry.listed.place.uid, position);
        }
        for (folder, wanted) in by_folder {
            self.read(folder, &wanted, all)?;
        }
        Ok(())
    }

    fn read(&mut self, folder: usize, wanted: &HashMap<u32, usize>, all: bool) -> Result<(), LiveError> {
        let mut uids: Vec<u32> = wanted.keys().copied().collect();
        uids.sort_unstable();
        let (sha1, stated) = (self.sha1, &self.stated);
        let (known, mut formers) = (&mut self.known, HashMap::<u32, (Former, Head)>::new());
        self.live.bodies(&self.listing.folders[folder], &uids, &mut |uid, part| {
            let Some(position) = wanted.get(&uid) else { return };
            match part {
                BodyPart::Begin(_) => {
                    formers.insert(uid, (Former::new(sha1), Head::default()));
                }
                BodyPart::Bytes(bytes) => {
                    if let Some((former, head)) = formers.get_mut(&uid) {
                        former.update(bytes);
                        head.update(bytes);
                    }
                }
                BodyPart::End => {
                    let read = formers.remove(&uid);
                    let kept = |(former, head): (Former, Head)| Known {
                        forms: former.finish(all, |digest| stated.contains(digest)),
                        message_id: head.message_id(),
                    };
                    known.insert(*position, read.map(kept));
                }
                BodyPart::Gone => {
                    known.insert(*position, None);
                }
            }
        })
    }

    pub(super) fn was_read(&self, position: usize) -> bool {
        self.known.contains_key(&position)
    }

    fn forms(&self, position: usize) -> Option<&Forms> {
        self.known.get(&position)?.as_ref().map(|known| &known.forms)
    }

    /// How a message that was read equals this item.
    pub(super) fn likeness(&self, item: &Item) -> Option<Likeness> {
        let alike = self.listing.alike(item).into_iter().filter_map(|position| self.forms(position));
        let likeness = |forms: &Forms| forms.likeness(|digest| item.digest == Some(*digest));
        alike.filter_map(likeness).min()
    }

    /// All that were read and are none of the backup's, in the order of the list.
    pub(super) fn strange(&self) -> Vec<Strange> {
        let mut strange: Vec<(usize, Strange)> = self
            .known
            .iter()
            .filter(|(position, _)| self.is_strange(**position))
            .filter_map(|(position, known)| {
                let (Known { forms, message_id }, listed) =
                    (known.as_ref()?, &self.listing.get(*position).listed);
                let (uid, size, date) = (listed.place.uid, listed.size, listed.date);
                let strange = Strange { digest: forms.digest(), uid, size, date, message_id: *message_id };
                Some((*position, strange))
            })
            .collect();
        strange.sort_unstable_by_key(|(position, _)| *position);
        strange.into_iter().map(|(_, strange)| strange).collect()
    }

    /// Whether the message was read and is none of the backup's, whatever its line ends.
    pub(super) fn is_strange(&self, position: usize) -> bool {
        let is_stated = |digest: &Digest| self.stated.contains(digest);
        self.forms(position).is_some_and(|forms| forms.likeness(is_stated).is_none())
    }
}
