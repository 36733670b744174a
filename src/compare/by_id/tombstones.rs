use std::collections::HashSet;
use std::num::NonZero;

use super::super::Account;
use crate::check::restorable::{Comparison, Difference};
use crate::live::zimbra::{Deleted, SyncMark};
use crate::live::{LiveError, Numbered};
use crate::mailbox::{Item, ItemId};

/// Changes that a mailbox may see while it is exported: what is deleted then may be in the archive, and what comes
/// later in the archive has a newer change.
const MEANWHILE: u32 = 1_000;

/// What the server remembers.
enum Memory {
    /// All that was deleted since the export began.
    Whole(HashSet<ItemId>),
    /// What was deleted since the archive's last change.
    Late(HashSet<ItemId>),
    /// The mailbox has not come as far as the archive.
    Behind,
    /// Nothing.
    None,
}

/// Tells, of the messages that are gone, which were deleted and which were lost. Where the server does not remember back
/// to the export, what it does not remember stays gone for a reason that nobody knows.
pub(super) fn tell_apart(
    live: &dyn Numbered,
    account: Account<'_>,
    mark: SyncMark,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    // Whoever needs no answer leaves no mark.
    if comparison.messages.iter().all(|(_, difference)| *difference != Difference::MissingLive) {
        return Ok(());
    }
    let Some(last) = NonZero::new(last_change(account.messages)) else { return Ok(()) };
    let memory = remembered(live, last, mark)?;
    for (item, difference) in &mut comparison.messages {
        if *difference == Difference::MissingLive {
            *difference = memory.of(item.id);
        }
    }
    Ok(())
}

/// The newest change that the archive knows of.
pub(super) fn last_change(messages: &[Item]) -> u32 {
    messages.iter().map(|item| item.mod_metadata.max(item.mod_content)).max().unwrap_or(0)
}

fn remembered(live: &dyn Numbered, last: NonZero<u32>, mark: SyncMark) -> Result<Memory, LiveError> {
    let early = NonZero::new(last.get().saturating_sub(MEANWHILE)).unwrap_or(NonZero::<u32>::MIN);
    for (since, whole) in [(early, true), (last, false)] {
        if let Deleted::Known { all, until, .. } = live.deleted(since, mark)? {
            let all = all.into_iter().collect();
            return Ok(match whole {
                _ if until < last.get() => Memory::Behind,
                true => Memory::Whole(all),
                false => Memory::Late(all),
            });
        }
    }
    Ok(Memory::None)
}

impl Memory {
    /// What became of a message that is gone.
    fn of(&self, id: ItemId) -> Difference {
        match self {
            Self::Whole(deleted) | Self::Late(deleted) if deleted.contains(&id) => Difference::DeletedSince,
            Self::Whole(_) => Difference::Lost,
            Self::Behind => Difference::SetBack,
            Self::Late(_) | Self::None => Difference::MissingLive,
        }
    }
}
