//! The rung `restorable`: what was restored from the archive equals the live mailbox.
//!
//! Input: items of a backup and what the live mailbox has of them. Output: a [`Difference`] for each. Invariant: only
//! what was compared byte by byte counts as the same; what changed since the backup is told apart from what was lost.

mod by_id;
mod comparison;
mod explain;
mod findings;

pub use by_id::{Live, Presence, Verdict, judge};
pub use comparison::{Comparison, Missing};
pub use explain::{Body, Explanation};
pub use findings::findings;

use std::fmt;

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Equal, byte for byte.
    Same,
    /// Edited since the backup, so the bytes may differ.
    ChangedSince,
    /// Deleted since the backup, and the server remembers it.
    DeletedSince,
    /// Not equal, though nothing says that it was edited; in what, where both were at hand.
    Differs(Option<Explanation>),
    /// Live, older than the backup, and not in it.
    MissingInBackup,
    /// In the backup, and not live any more; whether it was deleted or lost can't be told.
    MissingLive,
    /// Could not be compared, for this reason.
    Unverifiable(String),
}

impl Difference {
    /// The word for it in results.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::ChangedSince => "changed-since",
            Self::DeletedSince => "deleted-since",
            Self::Differs(_) => "differs",
            Self::MissingInBackup => "missing-in-backup",
            Self::MissingLive => "missing-live",
            Self::Unverifiable(_) => "unverifiable",
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
