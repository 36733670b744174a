//! Messages of a backup that have the same bytes.
//!
//! Input: items, and the live messages with their bytes. Output: which of the items are there. Invariant: a live message
//! stands for one item, so that one that stayed covers no loss of its twins.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use super::forms::Likeness;
use crate::mailbox::{Digest, Item, ItemId};

/// Items with the bytes of others.
#[derive(Debug, Default)]
pub(super) struct Twins {
    /// In the order of their numbers; taken out when they are settled.
    open: HashMap<Digest, Vec<Item>>,
    /// Those that are there, and how.
    settled: HashMap<Digest, HashMap<ItemId, Likeness>>,
}

/// A live message with the bytes that are looked for.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    pub(super) date: Option<i64>,
    pub(super) likeness: Likeness,
}

impl Twins {
    pub(super) fn of(messages: &[Item]) -> Self {
        let mut seen = HashSet::new();
        let digests = messages.iter().filter_map(|item| item.digest);
        let doubled: HashSet<Digest> = digests.filter(|digest| !seen.insert(*digest)).collect();
        let mut open: HashMap<Digest, Vec<Item>> = HashMap::new();
        for item in messages {
            if let Some(digest) = item.digest.filter(|digest| doubled.contains(digest)) {
                open.entry(digest).or_default().push(*item);
            }
        }
        open.values_mut().for_each(|members| members.sort_unstable_by_key(|item| item.id));
        Self { open, settled: HashMap::new() }
    }

    /// Those of this digest, if they are twins and not settled.
    pub(super) fn open(&mut self, digest: Digest) -> Option<Vec<Item>> {
        self.open.remove(&digest)
    }

    pub(super) fn settled(&self, digest: Digest) -> Option<&HashMap<ItemId, Likeness>> {
        self.settled.get(&digest)
    }

    /// Gives each copy to one of `members`: first to those of its second, then to the others by number.
    pub(super) fn settle(&mut self, digest: Digest, members: &[Item], mut copies: Vec<Copy>) {
        // The best of a second is taken from its end.
        copies.sort_by_key(|copy| Reverse(copy.likeness));
        let mut by_date: HashMap<Option<i64>, Vec<Likeness>> = HashMap::new();
        for copy in copies {
            by_date.entry(copy.date).or_default().push(copy.likeness);
        }
        let mut standing = HashMap::new();
        let mut others = Vec::new();
        for member in members {
            match by_date.get_mut(&Some(member.date)).and_then(Vec::pop) {
                Some(likeness) => drop(standing.insert(member.id, likeness)),
                None => others.push(member.id),
            }
        }
        let mut left: Vec<Likeness> = by_date.into_values().flatten().collect();
        left.sort_unstable();
        standing.extend(others.into_iter().zip(left));
        self.settled.insert(digest, standing);
    }
}
