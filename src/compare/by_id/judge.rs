use std::cmp::Ordering;

use crate::check::restorable::Difference;
use crate::live::zimbra::Presence;
use crate::mailbox::Item;

/// What must hold of an item, by its change numbers alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its bytes must be those of the backup.
    SameBytes {
        /// Its folder, flags or tags changed since.
        moved: bool,
    },
    /// Its bytes need not be looked at.
    Told(Difference),
}

/// Judges an item of a backup by what the live mailbox says of the same number.
///
/// Numbers are never used twice in a mailbox, and the change number of the content rises with each edit
/// (`Mailbox.java`): the same number and content number mean the same bytes. Where a number stands for something else
/// it was used twice, as happens in a mailbox that was set back.
pub(super) fn judge(item: &Item, presence: Presence) -> Verdict {
    let live = match presence {
        Presence::Message(live) => live,
        Presence::Other => return Verdict::Told(Difference::SetBack),
        Presence::Absent => return Verdict::Told(Difference::MissingLive),
    };
    match changed(item, live.mod_content) {
        Some(difference) => Verdict::Told(difference),
        None => {
            let moved = live.mod_metadata != item.mod_metadata || live.folder != item.folder;
            Verdict::SameBytes { moved }
        }
    }
}

/// What it means that the live content has this change number; nothing where it is that of the backup.
pub(super) fn changed(item: &Item, mod_content: u32) -> Option<Difference> {
    match mod_content.cmp(&item.mod_content) {
        Ordering::Greater => Some(Difference::ChangedSince),
        Ordering::Less => Some(Difference::SetBack),
        Ordering::Equal => None,
    }
}
