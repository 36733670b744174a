//! The rung `restorable`: what was restored from the archive equals the live mailbox.
//!
//! Input: items of a backup and what the live mailbox has of them. Output: a [`Difference`] for each. Invariant: only
//! what equals it byte by byte counts as the same, and what is gone from the live mailbox counts as not compared.

mod comparison;
mod explain;
mod findings;
mod folders;
mod strange;

pub use comparison::{Comparison, Identity, Missing, Number};
pub use explain::{Body, Explanation};
pub use findings::{findings, place};
pub use folders::BackupFolder;
pub(crate) use strange::{Head, message_id};
pub use strange::{MessageId, Strange};

use std::fmt;

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Equal, byte for byte.
    Same,
    /// Equal but for its line ends: LF on one side where the other has CRLF.
    LineEnds,
    /// Not equal, though nothing says that it was edited.
    Differs,
    /// Its content was written anew since the backup, as that of a draft is.
    ChangedSince,
    /// Deleted since the backup, as the server remembers.
    DeletedSince,
    /// Not live any more, and the server, which remembers deletions, knows of none.
    Lost,
    /// The live content is older than the backup's: the live mailbox was set back.
    SetBack,
    /// The server lists it and does not hand it out, for this reason.
    Withheld(String),
    /// In the backup, and not live any more; whether it was deleted or lost can't be told.
    MissingLive,
    /// Could not be compared, for this reason.
    Unverifiable(String),
    /// More live messages are like it than are read to find one, and it is not among those that were.
    Unsearched {
        /// Of its size or its second.
        alike: usize,
        /// Those of them that were read.
        read: usize,
    },
}

impl Difference {
    /// The word for it in results.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::LineEnds => "line-ends",
            Self::Differs => "differs",
            Self::ChangedSince => "changed-since",
            Self::DeletedSince => "deleted-since",
            Self::Lost => "lost",
            Self::SetBack => "set-back",
            Self::Withheld(_) => "withheld",
            Self::MissingLive => "missing-live",
            Self::Unverifiable(_) | Self::Unsearched { .. } => "unverifiable",
        }
    }
}

impl Difference {
    /// Whether the server is at fault or in doubt, or we did not look, so that nothing can be said of messages that were
    /// not drawn. People who edit and delete cause no doubt, and neither does a backup that states no digest.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        matches!(
            self,
            Self::Differs | Self::Lost | Self::SetBack | Self::Withheld(_) | Self::Unsearched { .. }
        )
    }

    /// Why it could not be compared, where it could not.
    #[must_use]
    pub fn unverifiable(&self) -> Option<String> {
        match self {
            Self::Unverifiable(reason) => Some(reason.clone()),
            Self::Unsearched { alike, read } => Some(format!(
                "{alike} live messages have its size or its second, and {read} of them were read"
            )),
            _ => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
