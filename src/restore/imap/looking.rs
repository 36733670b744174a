//! Looks whether what the server accepted is there.
//!
//! Input: numbers and sizes of what was accepted. Output: what became of it. Invariant: a message counts as restored only
//! if its folder lists it with its size, and each listed one counts for one message.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::ranges::Ranges;
use super::target::{Accepted, Target};
use super::writer::{Done, Writer, arrived};
use crate::live::Fault;
use crate::live::imap::rows;
use crate::live::imap::session::Session;
use crate::restore::Put;

/// Messages that are asked for at once.
const BATCH: usize = 500;

impl Writer {
    /// Tells what became of what was accepted; what is told already is not looked for again after a broken connection.
    pub(super) fn look(&mut self, session: &mut Session, achieved: &Cell<u64>) -> Result<(), Fault> {
        for target in self.folders.targets().iter_mut().filter(|target| !target.accepted.is_empty()) {
            let mut fates = listed_by_number(session, target)?;
            fates.extend(listed_by_size(session, target, achieved)?);
            achieved.set(achieved.get().saturating_add(1));
            let fates: Vec<Done> = fates.into_iter().map(|(accepted, there)| done(accepted, there)).collect();
            target.accepted = Vec::new();
            self.done.extend(fates);
        }
        Ok(())
    }
}

/// What became of a message that the server accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is listed with its size.
    There,
    /// It is not listed.
    Absent,
    /// It is listed with another size.
    Altered,
    /// It is not listed with its size, and there are new messages of other sizes.
    Unclear,
}

fn done(accepted: &Accepted, fate: Fate) -> Done {
    Done { serial: 0, id: accepted.id, put: put(fate), taken: Some(accepted.taken) }
}

/// A server that changes what it takes gets it twice by a second run, which knows messages by their bytes.
fn put(fate: Fate) -> Put {
    Put::Refused(match fate {
        Fate::There => return Put::Restored,
        Fate::Absent => "the server accepted it and does not list it with its size; look into the server's log and filters, and run again".to_owned(),
        Fate::Altered => "the server lists it with another size than it has: it changes what it takes; don't run this again, which would put it twice, and restore to a Maildir or a tgz".to_owned(),
        Fate::Unclear => "the server accepted it and lists new messages, none of them with its size; look whether it changes what it takes before you run this again, which would then put it twice".to_owned(),
    })
}

/// Of messages whose numbers the server told, whether they are listed under them.
fn listed_by_number<'a>(
    session: &mut Session,
    target: &'a Target,
) -> Result<Vec<(&'a Accepted, Fate)>, Fault> {
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
            let fate = match size {
                Some(size) if accepted.sizes.contains(&size) => Fate::There,
                Some(_) => Fate::Altered,
                None => Fate::Absent,
            };
            (*accepted, fate)
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
fn listed_by_size<'a>(
    session: &mut Session,
    target: &'a Target,
    achieved: &Cell<u64>,
) -> Result<Vec<(&'a Accepted, Fate)>, Fault> {
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
    let new: u64 = listed.values().map(|count| u64::from(*count)).sum();
    let lost = if new > count(&there) as u64 { Fate::Unclear } else { Fate::Absent };
    let fate = |there| if there { Fate::There } else { lost };
    Ok(unnumbered.into_iter().zip(there.into_iter().map(fate)).collect())
}

/// Gives each of the listed messages to one that was accepted: first to those of its date, then, as a server may have taken
/// dates of its own, to those of its size; the one form of a message before the other.
fn given(accepted: &[&Accepted], mut listed: Looks, order: [usize; 2]) -> Vec<bool> {
    let mut there: Vec<bool> = accepted
        .iter()
        .map(|accepted| {
            order.iter().any(|form| take(&mut listed, (accepted.sizes[*form], accepted.date)).is_some())
        })
        .collect();
    let mut sizes: HashMap<u64, u32> = HashMap::new();
    for ((size, _), left) in listed {
        *sizes.entry(size).or_default() += left;
    }
    for (there, accepted) in there.iter_mut().zip(accepted).filter(|(there, _)| !**there) {
        *there = order.iter().any(|form| take(&mut sizes, accepted.sizes[*form]).is_some());
    }
    there
}

/// Takes one of what is left.
fn take<K: Eq + Hash>(left: &mut HashMap<K, u32>, key: K) -> Option<()> {
    let left = left.get_mut(&key).filter(|left| **left > 0)?;
    *left -= 1;
    Some(())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::mailbox::ItemId;

    #[test]
    fn each_listed_size_counts_for_one_message() {
        let accepted = [[10, 12], [8, 10], [8, 8]].map(|sizes| Accepted {
            id: ItemId(300),
            uid: None,
            sizes,
            date: Some(7),
            taken: Instant::now(),
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

    #[test]
    fn dates_of_the_servers_own_hide_no_message_and_make_none() {
        let accepted = [7, 8, 9].map(|date| Accepted {
            id: ItemId(300),
            uid: None,
            sizes: [10, 10],
            date: Some(date),
            taken: Instant::now(),
        });
        let accepted: Vec<&Accepted> = accepted.iter().collect();
        let listed = |dates: &[i64]| dates.iter().map(|date| ((10, Some(*date)), 1)).collect::<Looks>();
        assert_eq!(given(&accepted, listed(&[100, 8, 101]), [0, 1]), [true; 3]);
        assert_eq!(given(&accepted, listed(&[100, 8]), [0, 1]), [true, true, false]);
    }
}
