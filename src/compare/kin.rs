//! Messages of a backup that one live message may stand for: those with equal bytes, whichever way these are digested, and
//! those whose line ends alone differ.
//!
//! Input: items, and the live messages that equal one of them. Output: which of the items are there. Invariant: a live
//! message stands for one item, so that one that stayed covers no loss of its kin.

use std::collections::{HashMap, HashSet};

use super::forms::{Forms, Likeness};
use crate::mailbox::{Digest, Item, ItemId};

/// The items of a backup by their digests, and those of which it was settled whether they are there.
#[derive(Debug)]
pub(super) struct Kin<'a> {
    messages: &'a [Item],
    /// The last item of each digest, by its position.
    last: HashMap<Digest, u32>,
    /// The one before it of the same digest, where there is one.
    before: HashMap<u32, u32>,
    settled: HashMap<ItemId, Option<Likeness>>,
}

/// A live message that equals one of some kin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copy {
    pub(super) date: Option<i64>,
    pub(super) size: u64,
    pub(super) forms: Forms,
}

impl<'a> Kin<'a> {
    pub(super) fn of(messages: &'a [Item]) -> Self {
        let (mut last, mut before) = (HashMap::new(), HashMap::new());
        for (position, item) in (0..).zip(messages) {
            if let Some(earlier) = item.digest.and_then(|digest| last.insert(digest, position)) {
                before.insert(position, earlier);
            }
        }
        Self { messages, last, before, settled: HashMap::new() }
    }

    /// Whether the backup states this digest.
    pub(super) fn states(&self, digest: &Digest) -> bool {
        self.last.contains_key(digest)
    }

    /// Whether it states any with SHA-1.
    pub(super) fn has_sha1(&self) -> bool {
        self.last.keys().any(|digest| matches!(digest, Digest::Sha1(_)))
    }

    /// The items with one of these digests, by their numbers.
    pub(super) fn members(&self, digests: &HashSet<Digest>) -> Vec<Item> {
        let mut members: Vec<Item> = Vec::new();
        for digest in digests {
            let mut position = self.last.get(digest).copied();
            while let Some(at) = position {
                members.extend(self.messages.get(at as usize));
                position = self.before.get(&at).copied();
            }
        }
        members.sort_unstable_by_key(|item| item.id);
        members
    }

    /// How the live message that was given to an item equals it; nothing where that was not settled.
    pub(super) fn settled(&self, item: ItemId) -> Option<Option<Likeness>> {
        self.settled.get(&item).copied()
    }

    /// Gives each copy to one of `members`: equal bytes before other line ends, then those of a member's second before others.
    pub(super) fn settle(&mut self, members: &[Item], copies: &[Copy]) {
        let mut open: Vec<Item> = members.to_vec();
        let mut dealt = Dealt { copies, given: vec![false; copies.len()] };
        let seconds: HashSet<i64> = members.iter().map(|item| item.date).collect();
        for likeness in [Likeness::Same, Likeness::LineEnds] {
            for in_second in [true, false] {
                let stacks = dealt.stacks(likeness, in_second, &seconds);
                dealt.deal(stacks, in_second, &mut open, |item| {
                    self.settled.insert(item.id, Some(likeness));
                });
            }
        }
        for item in open {
            self.settled.entry(item.id).or_insert(None);
        }
    }
}

/// What a member asks for: its digest and size, and its second where that is asked for.
type Wish = (Digest, Option<u64>, Option<i64>);

struct Dealt<'a> {
    copies: &'a [Copy],
    given: Vec<bool>,
}

impl Dealt<'_> {
    /// The copies that are left, by what they fulfil. The last of each is taken first: those that no member has the second of.
    fn stacks(
        &self,
        likeness: Likeness,
        in_second: bool,
        seconds: &HashSet<i64>,
    ) -> HashMap<Wish, Vec<usize>> {
        let mut left: Vec<usize> = (0..self.copies.len()).filter(|at| !self.given[*at]).collect();
        left.sort_by_key(|at| !self.copies[*at].date.is_some_and(|date| seconds.contains(&date)));
        let mut stacks: HashMap<Wish, Vec<usize>> = HashMap::new();
        for at in left {
            let copy = &self.copies[at];
            for digest in copy.forms.of(likeness) {
                // Elsewhere than in its second a message is looked for by its size.
                let wish =
                    if in_second { (digest, None, copy.date) } else { (digest, Some(copy.size), None) };
                stacks.entry(wish).or_default().push(at);
            }
        }
        stacks
    }

    fn deal(
        &mut self,
        mut stacks: HashMap<Wish, Vec<usize>>,
        in_second: bool,
        open: &mut Vec<Item>,
        mut give: impl FnMut(&Item),
    ) {
        open.retain(|item| {
            let Some(digest) = item.digest else { return true };
            let wish =
                if in_second { (digest, None, Some(item.date)) } else { (digest, Some(item.size), None) };
            let stack = stacks.get_mut(&wish);
            let free = stack.and_then(|stack| std::iter::from_fn(|| stack.pop()).find(|at| !self.given[*at]));
            if let Some(at) = free {
                self.given[at] = true;
                give(item);
            }
            free.is_none()
        });
    }
}
