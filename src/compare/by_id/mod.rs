//! Comparison with a mailbox whose messages keep their numbers and count their changes: Zimbra's.
//!
//! The number finds the live message, the change numbers tell whether its bytes must be those of the backup, and only
//! then the digest of its whole bytes decides.

mod judge;
mod others;
mod tombstones;

#[cfg(test)]
mod tests;

use super::{Account, Sample};
use crate::check::restorable::{Comparison, Difference, Identity};
use crate::live::zimbra::{Delivery, Presence, SyncMark};
use crate::live::{BodyPart, Fault, LiveError, Numbered};
use crate::mailbox::{Digest, Hasher, Item, ItemId};

use judge::{Verdict, changed, judge};

/// Messages that are asked after in one go.
const BATCH: usize = 200;
/// Messages of one mailbox whose bytes may fail to come while the server answers all else.
const MOST_BROKEN: u64 = 3;

/// Compares a sample with the live mailbox, and the live mailbox with what the backup holds.
///
/// With a `mark` in hand, and only where messages are gone, the server is asked for deletions. Live messages that are
/// not in the backup are asked after, at most `most_unknown` of them.
///
/// # Errors
/// [`LiveError`] if the server does not answer, or bodies don't come.
pub fn by_id(
    live: &dyn Numbered,
    account: Account<'_>,
    sample: Sample<'_>,
    mark: Option<SyncMark>,
    most_unknown: usize,
) -> Result<Comparison, LiveError> {
    let mut comparison = Comparison { identity: Identity::Number, ..Comparison::default() };
    compare_sample(live, sample, &mut comparison)?;
    others::compare(live, account, most_unknown, &mut comparison)?;
    if let Some(mark) = mark {
        tombstones::tell_apart(live, account, mark, &mut comparison)?;
    }
    Ok(comparison)
}

/// Goes on in the order of the draw until as many as are wanted were found and compared.
fn compare_sample(
    live: &dyn Numbered,
    sample: Sample<'_>,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let (mut rest, mut broken) = (sample.drawn, 0);
    while comparison.checked() < sample.wanted && !rest.is_empty() {
        let missing = usize::try_from(sample.wanted - comparison.checked()).unwrap_or(usize::MAX);
        let (next, later) = rest.split_at(missing.min(BATCH).min(rest.len()));
        rest = later;
        let ids: Vec<ItemId> = next.iter().map(|item| item.id).collect();
        let mut presences = Vec::with_capacity(ids.len());
        live.messages(&ids, &mut |_, presence| presences.push(presence))?;
        for (item, presence) in next.iter().zip(presences) {
            let difference = compare_one(live, item, presence, &mut broken, &mut comparison.moved)?;
            comparison.messages.push((*item, difference));
        }
    }
    Ok(())
}

fn compare_one(
    live: &dyn Numbered,
    item: &Item,
    presence: Presence,
    broken: &mut u64,
    moved_since: &mut u64,
) -> Result<Difference, LiveError> {
    let moved = match judge(item, presence) {
        Verdict::Told(difference) => return Ok(difference),
        Verdict::SameBytes { moved } => moved,
    };
    let Some(stated) = item.digest else {
        return Ok(Difference::Unverifiable("the backup states no digest of it".to_owned()));
    };
    let difference = match difference_of_bytes(live, item, stated) {
        Err(error) if is_broken(&error) && *broken < MOST_BROKEN => {
            *broken += 1;
            broken_body(live, item, &error)?
        }
        compared => compared?,
    };
    *moved_since += u64::from(moved && difference == Difference::Same);
    Ok(difference)
}

/// Reads a body to its end and holds it against the digest that the backup states.
fn difference_of_bytes(live: &dyn Numbered, item: &Item, stated: Digest) -> Result<Difference, LiveError> {
    let mut hasher = Hasher::like(stated);
    let mut came = None;
    let delivery = live.body(item.id, &mut |part| match part {
        BodyPart::Begin(_) => hasher = Hasher::like(stated),
        BodyPart::Bytes(bytes) => hasher.update(bytes),
        BodyPart::End => came = Some(std::mem::replace(&mut hasher, Hasher::like(stated)).finish()),
        BodyPart::Gone | BodyPart::Withheld => {}
    })?;
    Ok(match delivery {
        Delivery::Gone => Difference::MissingLive,
        Delivery::Withheld => Difference::Withheld("the server hands no file out for it".to_owned()),
        Delivery::Whole { mod_content } => {
            // It may have been edited after its number was asked for.
            let edited = mod_content.and_then(|mod_content| changed(item, mod_content));
            edited.unwrap_or(if came == Some(stated) { Difference::Same } else { Difference::Differs })
        }
    })
}

/// Whether a body broke off, also after the repetitions.
fn is_broken(error: &LiveError) -> bool {
    matches!(error.fault, Fault::Unavailable { .. })
}

/// What it means that a body broke off: where the server answers all else, its file is shorter than its database knows,
/// or can't be read.
fn broken_body(live: &dyn Numbered, item: &Item, error: &LiveError) -> Result<Difference, LiveError> {
    let mut presence = Presence::Absent;
    live.messages(&[item.id], &mut |_, seen| presence = seen)?;
    Ok(match judge(item, presence) {
        Verdict::Told(difference) => difference,
        Verdict::SameBytes { .. } => Difference::Withheld(error.fault.to_string()),
    })
}
