//! Looks whether what the server accepted is there.
//!
//! Input: numbers and sizes of what was accepted. Output: what became of it. Invariant: a message counts as restored only
//! if its folder lists it with its size, and each listed one counts for one message.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::ranges::Ranges;
use super::target::{Accepted, Target};
use super::writer::{Writer, arrived};
use crate::live::Fault;
use crate::live::imap::rows;
use crate::live::imap::session::Session;
use crate::mailbox::ItemId;
use crate::restore::Put;

/// Messages that are asked for at once.
const BATCH: usize = 500;

impl Writer {
    /// Tells what became of what was accepted; what is told already is not looked for again after a broken connection. For
    /// messages without numbers the whole folder is listed, so they wait until it is `all`.
    pub(super) fn look(
        &mut self,
        session: &mut Session,
        all: bool,
        achieved: &Cell<u64>,
    ) -> Result<(), Fault> {
        for target in self.folders.targets() {
            let waits = !all && target.accepted.iter().any(|accepted| accepted.uid.is_none());
            if target.accepted.is_empty() || waits {
                continue;
            }
            let mut fates = listed_by_number(session, target)?;
            fates.extend(listed_by_size(session, target, achieved)?);
            achieved.set(achieved.get().saturating_add(1));
            target.accepted = Vec::new();
            self.done.extend(fates.into_iter().map(|(id, there)| (0, id, put(there))));
        }
        self.unseen = 0;
        Ok(())
    }
}

fn put(there: bool) -> Put {
    if there {
        return Put::Restored;
    }
    let words = "the server accepted it and does not list it with its size; look into the server's log and filters, and run again";
    Put::Refused(words.to_owned())
}

/// Of messages whose numbers the server told, whether they are listed under them.
fn listed_by_number(session: &mut Session, target: &Target) -> Result<Vec<(ItemId, bool)>, Fault> {
    let numbered = target.accepted.iter().filter_map(|accepted| Some((accepted.uid?.get(), accepted)));
    let mut numbered: Vec<(u32, &Accepted)> = numbered.collect();
    if numbered.is_empty() {
        return Ok(Vec::new());
    }
    numbered.sort_unstable_by_key(|(uid, _)| *uid);
    let holds = match session.examine(&target.folder().raw) {
        Ok(()) => session.open.as_ref().is_some_and(|open| open.uid_validity == target.put_validity),
        Err(Fault::NoSuchFolder { .. }) => false,
        Err(fault) => return Err(fault),
    };
    let (mut fates, mut last) = (Vec::with_capacity(numbered.len()), 0);
    for batch in numbered.chunks(BATCH) {
        let mut sizes = if holds { sizes(session, batch)? } else { HashMap::new() };
        fates.extend(batch.iter().map(|(uid, accepted)| {
            // No two messages have one number.
            let size = sizes.remove(uid).filter(|_| *uid != last);
            last = *uid;
            (accepted.id, size.is_some_and(|size| accepted.sizes.contains(&size)))
        }));
    }
    Ok(fates)
}

fn sizes(session: &mut Session, batch: &[(u32, &Accepted)]) -> Result<HashMap<u32, u64>, Fault> {
    let mut ranges = Ranges::default();
    let mut uids = HashSet::new();
    for (uid, _) in batch {
        ranges.add(*uid);
        uids.insert(*uid);
    }
    rows::sizes(session, &uids, &ranges.to_string())
}

/// How many listed messages have a size and a date.
type Looks = HashMap<(u64, Option<i64>), u32>;

/// Of messages without numbers, whether the folder lists as many of their sizes and dates that came since the restore began.
fn listed_by_size(
    session: &mut Session,
    target: &Target,
    achieved: &Cell<u64>,
) -> Result<Vec<(ItemId, bool)>, Fault> {
    let unnumbered = target.accepted.iter().filter(|accepted| accepted.uid.is_none());
    let unnumbered: Vec<&Accepted> = unnumbered.collect();
    if unnumbered.is_empty() {
        return Ok(Vec::new());
    }
    let mut listed = Looks::new();
    if let Some((there, _)) = arrived(session, target, achieved)? {
        there.looks().for_each(|look| *listed.entry(look).or_default() += 1);
    }
    // A server has lines end as they came, or all with CRLF.
    let [as_sent, crlf] = [[0, 1], [1, 0]].map(|order| given(&unnumbered, listed.clone(), order));
    let count = |there: &[bool]| there.iter().filter(|there| **there).count();
    let there = if count(&crlf) > count(&as_sent) { crlf } else { as_sent };
    Ok(unnumbered.iter().map(|accepted| accepted.id).zip(there).collect())
}

/// Gives each of the listed messages to one that was accepted, the one form of it before the other.
fn given(accepted: &[&Accepted], mut listed: Looks, order: [usize; 2]) -> Vec<bool> {
    let mut take = |size: u64, date: Option<i64>| {
        let left = match date {
            Some(_) => listed.get_mut(&(size, date)).filter(|left| **left > 0),
            // The server took a date of its own.
            None => {
                let mut all = listed.iter_mut().filter(|(_, left)| **left > 0);
                all.find(|((other, _), _)| *other == size).map(|(_, left)| left)
            }
        };
        left.map(|left| *left -= 1).is_some()
    };
    let there = |accepted: &&Accepted| order.iter().any(|form| take(accepted.sizes[*form], accepted.date));
    accepted.iter().map(there).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_listed_size_counts_for_one_message() {
        let accepted = [[10, 12], [8, 10], [8, 8]].map(|sizes| Accepted {
            id: ItemId(300),
            uid: None,
            sizes,
            date: Some(7),
        });
        let accepted: Vec<&Accepted> = accepted.iter().collect();
        let given = |sizes: &[u64], order| {
            let mut listed = Looks::new();
            sizes.iter().for_each(|size| *listed.entry((*size, Some(7))).or_default() += 1);
            given(&accepted, listed, order)
        };
        assert_eq!(given(&[10, 8, 8], [0, 1]), [true; 3]);
        assert_eq!(given(&[12, 10, 8], [1, 0]), [true; 3]);
        assert_eq!(given(&[12, 8], [1, 0]), [true, true, false]);
        assert_eq!(given(&[9], [0, 1]), [false; 3]);
    }
}
