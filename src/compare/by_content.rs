//! Comparison with a mailbox whose messages have no lasting numbers: one of an IMAP server, or a Maildir.
//!
//! Size and date find the messages that may be the same, the digest of their whole bytes decides; where a server stores
//! other line ends the size is another, and the date alone finds them. Fields of the header are never asked for, as
//! servers change them in lists.

use std::collections::{HashMap, HashSet};

use super::forms::Likeness;
use super::listing::{Entry, Listing};
use super::read::Read;
use super::{Account, Sample};
use crate::check::restorable::{Comparison, Difference, Missing, Number};
use crate::live::{Folder, Folders, LiveError, Purpose};
use crate::mailbox::Item;

/// Messages like one of the backup that are read to find it; each is read once, however many look for it.
const MOST_ALIKE: usize = 5_000;
/// Messages that are asked for in one go.
const BATCH: usize = 200;

/// Compares a sample with the live mailbox, and the live mailbox with what the backup holds.
///
/// Live messages older than the backup that look like none of it are read, at most `most_unknown` of them, until their
/// digest says whether they are in it.
///
/// # Errors
/// [`LiveError`] if the mailbox can't be listed, or a body not be read.
pub fn by_content(
    live: &mut dyn Folders,
    account: Account<'_>,
    sample: Sample<'_>,
    most_unknown: usize,
) -> Result<Comparison, LiveError> {
    let listing = Listing::read(live)?;
    let mut comparison = Comparison { live: listing.len() as u64, ..Comparison::default() };
    let mut read = Read::new(live, &listing, account.messages);
    compare_sample(&mut read, sample, &mut comparison)?;
    compare_others(&mut read, account, most_unknown, &mut comparison)?;
    comparison.strange = read.strange();
    Ok(comparison)
}

/// Goes on in the order of the draw until as many as are wanted were found and compared.
fn compare_sample(
    read: &mut Read<'_>,
    sample: Sample<'_>,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let mut rest = sample.drawn;
    while comparison.checked() < sample.wanted && !rest.is_empty() {
        let missing = usize::try_from(sample.wanted - comparison.checked()).unwrap_or(usize::MAX);
        let (next, later) = rest.split_at(missing.min(BATCH).min(rest.len()));
        rest = later;
        share_out(read, next)?;
        // The one that is most like it is nearly always it; only for the others all that are alike are read.
        for most in [1, MOST_ALIKE] {
            let unclear = next.iter().filter(|item| read.likeness(item).is_none());
            let alike = unclear.flat_map(|item| read.listing().alike(item).into_iter().take(most));
            read.learn(alike.collect(), most > 1)?;
        }
        // What was read meanwhile may show that it is another's as well.
        share_out(read, next)?;
        let unclear = next.iter().filter(|item| read.likeness(item).is_none());
        let beside = unclear.flat_map(|item| read.beside(item));
        read.learn(beside.collect(), false)?;
        comparison.messages.extend(next.iter().map(|item| (*item, difference(read, item))));
    }
    Ok(())
}

fn share_out(read: &mut Read<'_>, items: &[Item]) -> Result<(), LiveError> {
    items.iter().try_for_each(|item| read.share_out(item, MOST_ALIKE))
}

fn difference(read: &Read<'_>, item: &Item) -> Difference {
    if item.digest.is_none() {
        return Difference::Unverifiable("the backup states no digest of it".to_owned());
    }
    match read.likeness(item) {
        Some(Likeness::Same) => return Difference::Same,
        Some(Likeness::LineEnds) => return Difference::LineEnds,
        None => {}
    }
    if let Some(difference) = read.in_the_place_of(item) {
        return difference;
    }
    match read.listing().alike(item).len() {
        alike if alike > MOST_ALIKE => Difference::Unsearched { alike, read: MOST_ALIKE },
        _ => Difference::MissingLive,
    }
}

/// Live messages older than the backup that the backup does not hold.
fn compare_others(
    read: &mut Read<'_>,
    account: Account<'_>,
    most_unknown: usize,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let mut unknown = unknown(read.listing(), account, comparison);
    unknown.extend(out_of_place(read, account, comparison, &unknown));
    let (known, mut unread): (Vec<usize>, Vec<usize>) =
        unknown.into_iter().partition(|position| read.was_read(*position));
    // What has a second of its own is strange; what shares one may only have other line ends.
    let seconds: HashSet<i64> = account.messages.iter().map(|item| item.date).collect();
    let shared = |position: &usize| {
        read.listing().get(*position).listed.date.is_some_and(|date| seconds.contains(&date))
    };
    unread.sort_by_key(shared);
    comparison.not_looked = unread.len().saturating_sub(most_unknown) as u64;
    unread.truncate(most_unknown);
    for batch in unread.chunks(BATCH) {
        read.learn(batch.to_vec(), false)?;
    }
    let looked = || known.iter().chain(&unread).copied();
    comparison.not_looked += looked().filter(|position| read.is_withheld(*position)).count() as u64;
    let absent = looked().filter(|position| read.is_strange(*position));
    comparison.missing.extend(absent.map(|position| missing(read.listing(), position)));
    Ok(())
}

/// Positions of older messages that were read and are none of the backup's, though they lie where it has one that was found
/// elsewhere; but for as many of each place as differ from the backup's, whose other versions they are.
fn out_of_place(
    read: &Read<'_>,
    account: Account<'_>,
    comparison: &Comparison,
    counted: &[usize],
) -> Vec<usize> {
    let counted: HashSet<usize> = counted.iter().copied().collect();
    let mut differing: HashMap<(u64, Option<i64>), usize> = HashMap::new();
    for (item, _) in comparison.messages.iter().filter(|(_, difference)| *difference == Difference::Differs) {
        *differing.entry((item.size, Some(item.date))).or_default() += 1;
    }
    let listing = read.listing();
    let strange = read.strange_positions().into_iter().filter(|position| !counted.contains(position));
    let due = strange.filter(|position| is_due(listing, listing.get(*position), account));
    due.filter(|position| {
        let listed = &listing.get(*position).listed;
        match differing.get_mut(&(listed.size, listed.date)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        }
    })
    .collect()
}

/// Whether the backup must hold the message: it is older than that, and lies where exports look.
fn is_due(listing: &Listing, entry: &Entry, account: Account<'_>) -> bool {
    let older = entry.listed.date.is_some_and(|date| date < account.taken);
    older && !is_left_out(&listing.folders[entry.folder])
}

/// Positions of older messages that no message of the backup has the size and the second of; where more have them than the
/// backup states, each of them may be the one too many.
fn unknown(listing: &Listing, account: Account<'_>, comparison: &mut Comparison) -> Vec<usize> {
    let is_due = |(_, entry): &(usize, &Entry)| is_due(listing, entry, account);
    let seen = |entry: &Entry| (entry.listed.size, entry.listed.date.unwrap_or_default());
    let mut stated: HashMap<(u64, i64), u64> = HashMap::new();
    for item in account.messages {
        *stated.entry((item.size, item.date)).or_default() += 1;
    }
    let mut listed: HashMap<(u64, i64), u64> = HashMap::new();
    for (_, entry) in listing.all().filter(is_due) {
        comparison.older += 1;
        *listed.entry(seen(entry)).or_default() += 1;
    }
    let is_surplus = |entry: &Entry| listed.get(&seen(entry)) > stated.get(&seen(entry));
    let due = listing.all().filter(is_due).filter(|(_, entry)| is_surplus(entry));
    due.map(|(position, _)| position).collect()
}

/// Trash and Junk with what lies in them: exports leave them out (`docs/formats.md`). By what the server says of a folder, or
/// by its name, also below the INBOX, where some servers have all folders.
pub(crate) fn is_left_out(folder: &Folder) -> bool {
    let left_out = |name: &str| ["trash", "junk"].iter().any(|known| name.eq_ignore_ascii_case(known));
    let mut levels = folder.levels().skip_while(|name| name.eq_ignore_ascii_case("inbox"));
    folder.purpose == Purpose::Discarded || levels.next().is_some_and(left_out)
}

fn missing(listing: &Listing, position: usize) -> Missing {
    let listed = &listing.get(position).listed;
    Missing { number: Number::Uid(listed.place.uid), size: listed.size, date: listed.date }
}

#[cfg(test)]
mod shared;
#[cfg(test)]
pub(super) mod tests;
