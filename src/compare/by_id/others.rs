use std::collections::HashSet;

use super::super::Account;
use super::tombstones::last_change;
use crate::check::restorable::{Comparison, Difference, Missing, Number};
use crate::live::zimbra::{Folder, Live, Presence};
use crate::live::{LiveError, Numbered};
use crate::mailbox::{Flags, ItemId, ItemKind};

/// Trash and Junk, which exports leave out with what lies in them (`docs/formats.md`).
const LEFT_OUT: [ItemId; 2] = [ItemId(3), ItemId(4)];

/// Looks for live messages that were there when the backup was made and are not in it.
///
/// Numbers are given in the order of delivery, so what has a lower one than the backup's highest was there. What changed
/// since may have lain in Trash or Junk, or in another mailbox; it is passed over, as is what a client marked to be
/// deleted, which exports leave out as well.
///
/// What was said to be gone and is listed now is withheld: no number comes back once its message is deleted.
pub(super) fn compare(
    live: &dyn Numbered,
    account: Account<'_>,
    most_unknown: usize,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let known: HashSet<ItemId> = account.messages.iter().map(|item| item.id).collect();
    let highest = known.iter().max().copied().unwrap_or(ItemId(0));
    let folders = live.folders()?;
    let left_out = left_out(&folders);
    let gone = gone(comparison);
    let (mut unknown, mut listed) = (Vec::new(), HashSet::new());
    for folder in folders.iter().filter(|folder| folder.kind == ItemKind::Folder) {
        let counts = !left_out.contains(&folder.id);
        live.list(folder.id, &mut |id| {
            comparison.live += 1;
            if gone.contains(&id) {
                listed.insert(id);
            }
            let older = counts && id <= highest;
            comparison.older += u64::from(older);
            if older && !known.contains(&id) {
                if unknown.len() < most_unknown {
                    unknown.push(id);
                } else {
                    comparison.not_looked += 1;
                }
            }
        })?;
    }
    withhold(&listed, comparison);
    let last = last_change(account.messages);
    let was_there = |live: &Live| {
        let exported = !live.flags.has(Flags::DELETED) && !left_out.contains(&live.folder);
        exported && live.date <= account.taken && live.mod_metadata <= last
    };
    live.messages(&unknown, &mut |id, presence| {
        if let Presence::Message(live) = presence
            && was_there(&live)
        {
            let number = Number::Item(id, live.folder);
            comparison.missing.push(Missing { number, size: live.size, date: Some(live.date) });
        }
    })
}

/// Messages of the sample of which the server says that there is none such.
fn gone(comparison: &Comparison) -> HashSet<ItemId> {
    let gone = comparison.messages.iter().filter(|(_, difference)| *difference == Difference::MissingLive);
    gone.map(|(item, _)| item.id).collect()
}

/// Calls withheld what is listed nevertheless.
fn withhold(listed: &HashSet<ItemId>, comparison: &mut Comparison) {
    for (item, difference) in &mut comparison.messages {
        if listed.contains(&item.id) {
            let reason = "none: its folder lists it, and asked for it the server knows no such message";
            *difference = Difference::Withheld(reason.to_owned());
        }
    }
}

/// Each folder comes behind the one it lies in.
fn left_out(folders: &[Folder]) -> HashSet<ItemId> {
    let mut left_out = HashSet::from(LEFT_OUT);
    for folder in folders {
        if left_out.contains(&folder.parent) {
            left_out.insert(folder.id);
        }
    }
    left_out
}
