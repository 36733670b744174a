use std::collections::{HashMap, HashSet};

use super::explaining::LARGEST;
use super::forms::{Former, Forms, Likeness};
use super::kin::{Copy, Kin};
use super::listing::{Listing, line_ends_explain};
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
    kin: Kin<'a>,
    /// What it states of which second: digests, and sizes.
    dated: HashSet<(Digest, i64)>,
    sized: HashSet<(u64, i64)>,
    /// SHA-1 is among it.
    sha1: bool,
    /// By position.
    known: HashMap<usize, Seen>,
    /// Positions at which the digests of the backup were seen.
    found: HashMap<Digest, Vec<usize>>,
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
    pub(super) fn new(live: &'a mut dyn Folders, listing: &'a Listing, messages: &'a [Item]) -> Self {
        let kin = Kin::of(messages);
        let sha1 = kin.has_sha1();
        let dated = messages.iter().filter_map(|item| Some((item.digest?, item.date))).collect();
        let sized = messages.iter().map(|item| (item.size, item.date)).collect();
        let (known, found) = (HashMap::new(), HashMap::new());
        Self { live, listing, kin, dated, sized, sha1, known, found }
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
        let (sha1, kin) = (self.sha1, &self.kin);
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
                    let forms = former.finish(all, |digest| kin.states(digest));
                    for digest in forms.each().filter(|digest| kin.states(digest)) {
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

    /// Where a live message that may be `item` may be another of the backup's as well, reads all that may be one of these, at
    /// most `most`, and settles which live message stands for which of them.
    pub(super) fn share_out(&mut self, item: &Item, most: usize) -> Result<(), LiveError> {
        let Some(digest) = item.digest.filter(|_| self.kin.settled(item.id).is_none()) else { return Ok(()) };
        let mut digests = self.shared_with(HashSet::from([digest]));
        let mut members = self.kin.members(&digests);
        while members.len() > 1 {
            let mut alike = self.listing.alike_any(&members);
            alike.truncate(most);
            self.learn(alike.clone(), true)?;
            digests = self.shared_with(digests);
            let all = self.kin.members(&digests);
            if all.len() == members.len() {
                let copies: Vec<Copy> = alike.into_iter().filter_map(|at| self.copy(at, &digests)).collect();
                self.kin.settle(&members, &copies);
                break;
            }
            members = all;
        }
        Ok(())
    }

    /// These digests, and all that the live messages which have one of them have as well, as far as the backup states them.
    fn shared_with(&self, mut digests: HashSet<Digest>) -> HashSet<Digest> {
        let mut new: Vec<Digest> = digests.iter().copied().collect();
        while let Some(digest) = new.pop() {
            let found = self.found.get(&digest).into_iter().flatten();
            let others = found.filter_map(|position| self.forms(*position)).flat_map(Forms::each);
            let stated = others.filter(|other| self.kin.states(other) && !digests.contains(other));
            new.extend(stated.collect::<HashSet<Digest>>());
            digests.extend(&new);
        }
        digests
    }

    fn copy(&self, position: usize, digests: &HashSet<Digest>) -> Option<Copy> {
        let forms = *self.forms(position)?;
        let listed = &self.listing.get(position).listed;
        let is_one = forms.each().any(|digest| digests.contains(&digest));
        is_one.then_some(Copy { date: listed.date, size: listed.size, forms })
    }

    /// How a message that was read equals this item; of what has kin each stands for one.
    pub(super) fn likeness(&self, item: &Item) -> Option<Likeness> {
        let digest = item.digest?;
        self.kin.settled(item.id).unwrap_or_else(|| {
            let found = self.found.get(&digest)?.iter().copied();
            let alike = found.filter(|position| self.listing.are_alike(*position, item));
            alike.filter_map(|position| self.likeness_at(position, digest)).min()
        })
    }

    /// How the message at a position, as it was read last, equals one of this digest.
    fn likeness_at(&self, position: usize, digest: Digest) -> Option<Likeness> {
        self.forms(position)?.likeness(|known| *known == digest)
    }

    /// All that were read and are none of the backup's, but for those in Trash and Junk, in the order of the list.
    pub(super) fn strange(&self) -> Vec<Strange> {
        let due =
            self.strange_positions().into_iter().filter(|position| !self.listing.is_left_out(*position));
        due.filter_map(|position| self.strange_at(position)).collect()
    }

    fn strange_at(&self, position: usize) -> Option<Strange> {
        let Seen::Whole(known) = self.known.get(&position)? else { return None };
        let Known { forms, message_id } = &**known;
        let listed = &self.listing.get(position).listed;
        let (uid, size, date) = (listed.place.uid, listed.size, listed.date);
        Some(Strange { digest: forms.digest(), uid, size, date, message_id: *message_id })
    }

    /// Where they stand in the list.
    pub(super) fn strange_positions(&self) -> Vec<usize> {
        let mut positions: Vec<usize> =
            self.known.keys().copied().filter(|position| self.is_strange(*position)).collect();
        positions.sort_unstable();
        positions
    }

    /// Whether the message was read and is none of the backup's, whatever its line ends.
    pub(super) fn is_strange(&self, position: usize) -> bool {
        let is_stated = |digest: &Digest| self.kin.states(digest);
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
        // What came into Trash or Junk in that second is no other version of it only for that.
        let due = |at: &usize| !self.listing.is_left_out(*at);
        let places = || self.listing.of_second(item.date).iter().copied().filter(is_its).filter(due);
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
            let is_known = forms.likeness(|digest| self.kin.states(digest)).is_some();
            is_known && forms.likeness(|digest| self.dated.contains(&(*digest, date))).is_none()
        })
    }
}
