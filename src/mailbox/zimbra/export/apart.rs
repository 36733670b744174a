//! Descriptions and bodies that don't follow each other, as where an export was unpacked and packed again.
//!
//! Input: entries that lack a half, in the order of the export. Output: for each the entry with the other half, once that
//! comes; at the end those that are still alone, in order. Invariant: what waits takes at most 64 MiB; where there is no
//! room for all, nobody knows of any whether it is alone.

use std::collections::hash_map::{self, HashMap};

use super::{Described, Meta, Pending, SeenBody};
use crate::mailbox::Digest;

/// Bytes of all that waits.
const ROOM: usize = 64 << 20;

/// What an entry may lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Half {
    /// There is a body alone.
    Description,
    /// There is a description alone that states a body.
    Body,
}

/// Entries that wait for their other half, by their names.
#[derive(Debug)]
pub(super) struct Apart {
    waiting: HashMap<Vec<u8>, (u64, Pending)>,
    /// How many have waited.
    count: u64,
    room: usize,
    /// Those for which there was no room.
    turned_away: u64,
}

impl Default for Apart {
    fn default() -> Self {
        Self { waiting: HashMap::new(), count: 0, room: ROOM, turned_away: 0 }
    }
}

impl Apart {
    /// Lets an entry wait; gives it back if another of its name waits already.
    pub(super) fn keep(&mut self, entry: Pending) -> Option<Pending> {
        let Some(room) = self.room.checked_sub(entry.cost()) else {
            self.turned_away += 1;
            return None;
        };
        let hash_map::Entry::Vacant(place) = self.waiting.entry(entry.name.clone()) else {
            return Some(entry);
        };
        place.insert((self.count, entry));
        self.room = room;
        self.count += 1;
        None
    }

    /// The entry of this name that has what another lacks.
    pub(super) fn take(&mut self, name: &[u8], half: Half) -> Option<Pending> {
        let fits =
            self.waiting.get(name).is_some_and(|(_, entry)| entry.lacks().is_some_and(|lacks| lacks != half));
        let (_, entry) = if fits { self.waiting.remove(name)? } else { return None };
        self.room += entry.cost();
        Some(entry)
    }

    /// The entry of this name that waits for its body.
    pub(super) fn description(&self, name: &[u8]) -> Option<&Pending> {
        self.waiting.get(name).map(|(_, entry)| entry).filter(|entry| entry.lacks() == Some(Half::Body))
    }

    /// What is still alone, and of how many nobody knows whether they are.
    pub(super) fn finish(self) -> (Vec<Pending>, u64) {
        let mut alone: Vec<(u64, Pending)> = self.waiting.into_values().collect();
        if self.turned_away > 0 {
            return (Vec::new(), self.turned_away + alone.len() as u64);
        }
        alone.sort_unstable_by_key(|(order, _)| *order);
        (alone.into_iter().map(|(_, entry)| entry).collect(), 0)
    }
}

impl Pending {
    /// What is missing, if anything is.
    pub(super) fn lacks(&self) -> Option<Half> {
        match (&self.described, &self.body) {
            (None, Some(_)) => Some(Half::Description),
            (Some(Ok(Described { meta: Meta::Item(item), .. })), None) if item.digest.is_some() => {
                Some(Half::Body)
            }
            _ => None,
        }
    }

    /// One entry of two halves.
    pub(super) fn joined(self, other: Self) -> Self {
        let (described, body) = if self.described.is_some() { (self, other) } else { (other, self) };
        let stated = match &described.described {
            Some(Ok(Described { meta: Meta::Item(item), .. })) => item.digest,
            _ => None,
        };
        let digest = body.sha1.filter(|_| matches!(stated, Some(Digest::Sha1(_))));
        let seen = body.body.map(|seen| SeenBody { digest: digest.unwrap_or(seen.digest), ..seen });
        Self { body: seen, err: body.err, ..described }
    }

    /// About the bytes it takes while it waits.
    fn cost(&self) -> usize {
        let sender = match &self.described {
            Some(Ok(described)) => described.sender.as_ref().map_or(0, String::len),
            _ => 0,
        };
        2 * (size_of::<Self>() + self.name.len()) + self.text.len() + sender
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::message::Content;

    fn body(name: &str) -> Pending {
        let digest = Digest::Sha256([1; 32]);
        let seen = SeenBody { size: 1, whole: true, digest, content: Content::Usual, trailing_spaces: 0 };
        Pending {
            name: name.into(),
            body: Some(seen),
            sha1: Some(Digest::Sha1([2; 20])),
            ..Pending::default()
        }
    }

    fn names(entries: &[Pending]) -> Vec<&str> {
        entries.iter().map(|entry| std::str::from_utf8(&entry.name).unwrap()).collect()
    }

    #[test]
    fn what_stays_alone_comes_in_the_order_of_the_export() {
        let mut apart = Apart::default();
        for name in ["c", "a", "d", "b"] {
            assert!(apart.keep(body(name)).is_none());
        }
        assert!(apart.take(b"d", Half::Description).is_none(), "a body is no description");
        assert_eq!(apart.take(b"d", Half::Body).unwrap().name, b"d");
        assert_eq!(names(&[apart.keep(body("a")).unwrap()]), ["a"], "its name is taken");
        let (alone, untold) = apart.finish();
        assert_eq!((names(&alone), untold), (vec!["c", "a", "b"], 0));
    }

    #[test]
    fn where_there_is_no_room_nothing_is_said_of_any() {
        let room = 2 * body("a").cost();
        let mut apart = Apart { room, ..Apart::default() };
        for name in ["a", "b", "c", "d"] {
            assert!(apart.keep(body(name)).is_none());
        }
        assert!(apart.take(b"a", Half::Body).is_some());
        assert!(apart.keep(body("e")).is_none(), "room came back");
        let (alone, untold) = apart.finish();
        assert_eq!((alone.len(), untold), (0, 4));
    }
}
