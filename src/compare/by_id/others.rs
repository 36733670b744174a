use std::collections::HashSet;

use super::super::Account;
use super::tombstones::last_change;
use crate::check::restorable::{Comparison, Missing, Number};
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
    let mut unknown = Vec::new();
    for folder in folders.iter().filter(|folder| folder.kind == ItemKind::Folder) {
        let counts = !left_out.contains(&folder.id);
        live.list(folder.id, &mut |id| {
            comparison.live += 1;
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
