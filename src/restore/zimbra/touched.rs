//! A folder that is imported into, and what becomes of what was put there.
//!
//! Input: what lay in a folder before the first import, what was put, and what is listed at the end. Output: what became
//! of each item. Invariant: a message is restored only if one of its size and date is listed that did not lie there
//! before, and each listed one counts for one message. Of all other kinds the server's counts decide.

use std::collections::{HashMap, HashSet};

use crate::mailbox::ItemId;

/// A folder that is imported into; about 40 bytes for each message that is put, and 4 for each that lay there.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Numbers of the messages that lay there before, sorted.
    pub(super) before: Vec<ItemId>,
    /// Items of other kinds that lay there before, as the server counts them.
    pub(super) others: u64,
    /// Messages that were put.
    pub(super) messages: Vec<Sent>,
    /// Items of other kinds that were put.
    pub(super) rest: Vec<Sent>,
}

/// An item that the server was given.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sent {
    pub(super) id: ItemId,
    pub(super) look: Look,
    /// The same for items that are equal, of which the server keeps one in a folder.
    pub(super) sameness: u64,
    /// What the server said of it.
    pub(super) said: Said,
}

/// What a message is listed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Look {
    pub(super) size: u64,
    /// Seconds since 1970.
    pub(super) date: i64,
}

/// What the server said of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// That it took them.
    Taken,
    /// Something else: the place of the words among all.
    Other(u32),
}

/// What became of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Arrived,
    Before,
    Lacking,
}

impl Touched {
    /// Whether a message lay there before.
    pub(super) fn had(&self, id: ItemId) -> bool {
        self.before.binary_search(&id).is_ok()
    }

    /// What became of the items of other kinds, of which `now` lie there.
    pub(super) fn judge_rest(&self, now: u64) -> Vec<Fate> {
        let mut arrived = now.saturating_sub(self.others);
        let all_arrived = arrived >= self.rest.len() as u64;
        let different: HashSet<u64> = self.rest.iter().map(|sent| sent.sameness).collect();
        // A folder holds at least what is different; of less, so many are missing.
        let mut lacking = (different.len() as u64).saturating_sub(now);
        let fate = |sent: &Sent| match sent.said {
            // Where some arrived, nobody knows which.
            Said::Other(_) if !all_arrived => Fate::Lacking,
            _ if arrived > 0 => {
                arrived -= 1;
                Fate::Arrived
            }
            _ if lacking > 0 => {
                lacking -= 1;
                Fate::Lacking
            }
            _ => Fate::Before,
        };
        self.rest.iter().map(fate).collect()
    }
}

/// How many listed messages look like one of those that were put.
#[derive(Debug)]
pub(super) struct Stock(HashMap<Look, u32>);

impl Stock {
    pub(super) fn count(&mut self, look: Look) {
        if let Some(count) = self.0.get_mut(&look) {
            *count = count.saturating_add(1);
        }
    }

    fn take(&mut self, look: Look) -> bool {
        let left = self.0.get_mut(&look).filter(|count| **count > 0);
        left.map(|count| *count -= 1).is_some()
    }
}

/// Finds out what became of messages.
#[derive(Debug)]
pub(super) struct Judging<'a> {
    sent: &'a [Sent],
    fates: Vec<Fate>,
    /// What is in the folder.
    found: HashSet<u64>,
}

impl<'a> Judging<'a> {
    pub(super) fn new(sent: &'a [Sent]) -> Self {
        Self { sent, fates: vec![Fate::Lacking; sent.len()], found: HashSet::new() }
    }

    fn lacking(&mut self) -> impl Iterator<Item = (&'a Sent, &mut Fate)> {
        let all = self.sent.iter().zip(&mut self.fates);
        all.filter(|(_, fate)| **fate == Fate::Lacking)
    }

    /// Where listed messages that look like one that lacks are counted.
    pub(super) fn stock(&mut self) -> Stock {
        Stock(self.lacking().map(|(sent, _)| (sent.look, 0)).collect())
    }

    /// Gives each of the listed messages to one that lacks. Those that are different come first, so that none of them is
    /// taken for another's copy.
    pub(super) fn give(&mut self, mut stock: Stock, fate: Fate) {
        let mut found = std::mem::take(&mut self.found);
        for copies in [false, true] {
            for (sent, own) in self.lacking() {
                if (copies || !found.contains(&sent.sameness)) && stock.take(sent.look) {
                    *own = fate;
                    found.insert(sent.sameness);
                }
            }
        }
        self.found = found;
    }

    /// Whether anything lacks that is not equal to what is there.
    pub(super) fn has_lacking(&self) -> bool {
        let mut all = self.sent.iter().zip(&self.fates);
        all.any(|(sent, fate)| *fate == Fate::Lacking && !self.found.contains(&sent.sameness))
    }

    /// Concludes: of equal ones the server keeps one, whatever their dates.
    pub(super) fn fates(mut self) -> Vec<Fate> {
        let found = std::mem::take(&mut self.found);
        for (_, own) in self.lacking().filter(|(sent, _)| found.contains(&sent.sameness)) {
            *own = Fate::Before;
        }
        self.fates
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sameness: u64, date: i64) -> Sent {
        Sent { id: ItemId(300), look: Look { size: 7, date }, sameness, said: Said::Taken }
    }

    /// What becomes of messages where those of some dates arrived, and those of others were there.
    fn judged(sent: &[Sent], arrived: &[i64], before: &[i64]) -> Vec<Fate> {
        let mut judging = Judging::new(sent);
        for (dates, fate) in [(arrived, Fate::Arrived), (before, Fate::Before)] {
            let mut stock = judging.stock();
            dates.iter().for_each(|date| stock.count(Look { size: 7, date: *date }));
            judging.give(stock, fate);
        }
        judging.fates()
    }

    #[test]
    fn each_message_takes_one_that_looks_like_it() {
        use Fate::{Arrived, Before, Lacking};
        let different = [sent(1, 10), sent(2, 20), sent(3, 30)];
        assert_eq!(judged(&different, &[30, 10], &[]), [Arrived, Lacking, Arrived]);
        assert_eq!(judged(&different, &[30], &[10, 40]), [Before, Lacking, Arrived]);
        // Two that look alike need two.
        let alike = [sent(1, 10), sent(2, 10)];
        assert_eq!(judged(&alike, &[10], &[]), [Arrived, Lacking]);
        assert_eq!(judged(&alike, &[10], &[10]), [Arrived, Before]);
    }

    #[test]
    fn of_equal_ones_the_server_keeps_one_or_all() {
        use Fate::{Arrived, Before, Lacking};
        let equal = [sent(1, 10), sent(1, 10), sent(1, 20), sent(2, 10)];
        assert_eq!(judged(&equal, &[10, 10], &[]), [Arrived, Before, Before, Arrived]);
        assert_eq!(judged(&equal, &[10, 20, 10, 10], &[]), [Arrived; 4]);
        assert_eq!(judged(&equal, &[], &[10]), [Before, Before, Before, Lacking]);
        assert_eq!(judged(&equal, &[], &[]), [Lacking; 4]);
    }

    #[test]
    fn other_kinds_are_counted() {
        use Fate::{Arrived, Before, Lacking};
        let rest = vec![sent(1, 0), sent(2, 0), sent(3, 0)];
        let mut folder = Touched { others: 2, rest, ..Touched::default() };
        assert_eq!(folder.judge_rest(5), [Arrived; 3]);
        assert_eq!(folder.judge_rest(3), [Arrived, Before, Before]);
        assert_eq!(folder.judge_rest(1), [Lacking, Lacking, Before]);
        folder.rest[0].said = Said::Other(0);
        assert_eq!(folder.judge_rest(5), [Arrived; 3]);
        assert_eq!(folder.judge_rest(4), [Lacking, Arrived, Arrived]);
    }
}
