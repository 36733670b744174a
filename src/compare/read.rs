use std::collections::{HashMap, HashSet};

use super::explaining::LARGEST;
use super::forms::{Former, Forms, Likeness};
use super::listing::{Listing, line_ends_explain};
use super::twins::{Copy, Twins};
use crate::check::restorable::{Difference, Head, MessageId, Strange};
use crate::live::{BodyPart, Folders, LiveError};
use crate::mailbox::{Digest, Item};

/// Messages of one second, apart from those of the size that is looked for, that are read; each once.
const MOST_BESIDE: usize = 5_000;

/// Live messages, as far as they were read.
pub(super) struct Read<'a> {
    live: &'a mut dyn Folders,
    listing: &'a Listing,
    /// All that the backup states.
    stated: HashSet<Digest>,
    /// What it states of which second: digests, and sizes.
    dated: HashSet<(Digest, i64)>,
    sized: HashSet<(u64, i64)>,
    /// SHA-1 is among it.
    sha1: bool,
    /// By position.
    known: HashMap<usize, Seen>,
    /// Positions at which the digests of the backup were seen.
    found: HashMap<Digest, Vec<usize>>,
    twins: Twins,
}

/// What came of reading a message.
enum Seen {
    /// All of its bytes.
    Whole(Box<Known>),
    /// Nothing, though it stays listed.
    Withheld,
    /// It vanished.
    Gone,
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
        let dated = messages.iter().filter_map(|item| Some((item.digest?, item.date))).collect();
        let sized = messages.iter().map(|item| (item.size, item.date)).collect();
        Self {
            live,
            listing,
            stated,
            dated,
            sized,
            sha1,
            known: HashMap::new(),
            found: HashMap::new(),
            twins: Twins::of(messages),
        }
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
            Some(Seen::Whole(known)) => all && !known.forms.are_all(),
            Some(Seen::Withheld | Seen::Gone) => false,
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
        let (known, found) = (&mut self.known, &mut self.found);
        let mut formers = HashMap::<u32, (Former, Head)>::new();
        let listing = self.listing;
        self.live.bodies(&self.listing.folders[folder], &uids, &mut |uid, part| {
            let Some(position) = wanted.get(&uid) else { return };
            match part {
                // A message of which bytes are listed and none come.
                BodyPart::Begin(0) if listing.get(*position).listed.size > 0 => {
                    known.insert(*position, Seen::Withheld);
                }
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
                    let Some((former, head)) = formers.remove(&uid) else { return };
                    let forms = former.finish(all, |digest| stated.contains(digest));
                    for digest in forms.each().filter(|digest| stated.contains(digest)) {
                        found.entry(digest).or_default().push(*position);
                    }
                    let read = Known { forms, message_id: head.message_id() };
                    known.insert(*position, Seen::Whole(Box::new(read)));
                }
                BodyPart::Gone => drop(known.insert(*position, Seen::Gone)),
                BodyPart::Withheld => drop(known.insert(*position, Seen::Withheld)),
            }
        })
    }

    pub(super) fn was_read(&self, position: usize) -> bool {
        self.known.contains_key(&position)
    }

    fn forms(&self, position: usize) -> Option<&Forms> {
        match self.known.get(&position)? {
            Seen::Whole(known) => Some(&known.forms),
            Seen::Withheld | Seen::Gone => None,
        }
    }

    /// Whether the message stays listed and none of its bytes came.
    pub(super) fn is_withheld(&self, position: usize) -> bool {
        matches!(self.known.get(&position), Some(Seen::Withheld))
    }

    /// Reads all that may be one of the twins of these items, and settles which live message stands for which of them.
    pub(super) fn learn_twins(&mut self, items: &[Item], most: usize) -> Result<(), LiveError> {
        for digest in items.iter().filter_map(|item| item.digest) {
            let Some(members) = self.twins.open(digest) else { continue };
            let mut alike = self.listing.alike_any(&members);
            alike.truncate(most);
            self.learn(alike.clone(), true)?;
            let date = |at: usize| self.listing.get(at).listed.date;
            let copy = |at| Some(Copy { date: date(at), likeness: self.likeness_at(at, digest)? });
            let copies = alike.into_iter().filter_map(copy).collect();
            self.twins.settle(digest, &members, copies);
        }
        Ok(())
    }

    /// How a message that was read equals this item; of what has twins each stands for one.
    pub(super) fn likeness(&self, item: &Item) -> Option<Likeness> {
        let digest = item.digest?;
        match self.twins.settled(digest) {
            Some(standing) => standing.get(&item.id).copied(),
            None => {
                let found = self.found.get(&digest)?.iter().copied();
                let alike = found.filter(|position| self.listing.are_alike(*position, item));
                alike.filter_map(|position| self.likeness_at(position, digest)).min()
            }
        }
    }

    /// How the message at a position, as it was read last, equals one of this digest.
    fn likeness_at(&self, position: usize, digest: Digest) -> Option<Likeness> {
        self.forms(position)?.likeness(|known| *known == digest)
    }

    /// All that were read and are none of the backup's, in the order of the list.
    pub(super) fn strange(&self) -> Vec<Strange> {
        let mut strange: Vec<(usize, Strange)> = self
            .known
            .iter()
            .filter(|(position, _)| self.is_strange(**position))
            .filter_map(|(position, known)| {
                let Seen::Whole(known) = known else { return None };
                let Known { forms, message_id } = &**known;
                let listed = &self.listing.get(*position).listed;
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

    /// Positions of messages of its second that only other bytes could have given their size: where the place of `item`
    /// may be, if it is found nowhere. What has the size of another message of the backup is in that one's place.
    pub(super) fn beside(&self, item: &Item) -> impl Iterator<Item = usize> {
        let (of_second, date) = (self.listing.of_second(item.date).iter().copied(), item.date);
        let size = |position: usize| self.listing.get(position).listed.size;
        let is_beside = move |position: &usize| {
            let size = size(*position);
            !line_ends_explain(size, item.size) && !self.sized.contains(&(size, date))
        };
        of_second.filter(is_beside).take(MOST_BESIDE)
    }

    /// What became of `item`, which was found nowhere, by what lies in its place: a live message of its second and size, or
    /// of its second and a size that no message of the backup has then. What is too large to be looked into later takes any
    /// strange message of its second.
    pub(super) fn in_the_place_of(&self, item: &Item) -> Option<Difference> {
        let size = |at: usize| self.listing.get(at).listed.size;
        let is_its = |at: &usize| size(*at) == item.size || !self.sized.contains(&(size(*at), item.date));
        let places = || self.listing.of_second(item.date).iter().copied().filter(is_its);
        let fits = |at: usize| size(at) == item.size || item.size > LARGEST;
        let is_other = |at: usize| (fits(at) && self.is_strange(at)) || self.is_misplaced(at, item.date);
        if places().any(is_other) {
            return Some(Difference::Differs);
        }
        let is_held = |at: usize| self.is_withheld(at) && line_ends_explain(size(at), item.size);
        let reason = || "none: a message of its second is listed and not handed out".to_owned();
        places().any(is_held).then(|| Difference::Withheld(reason()))
    }

    /// Whether the message was read and is one of the backup's, of which the backup knows nothing of this second: it lies
    /// where another should.
    fn is_misplaced(&self, position: usize, date: i64) -> bool {
        self.forms(position).is_some_and(|forms| {
            let is_known = forms.likeness(|digest| self.stated.contains(digest)).is_some();
            is_known && forms.likeness(|digest| self.dated.contains(&(*digest, date))).is_none()
        })
    }
}
