//! The rung `restorable`: what was restored from the archive equals the live mailbox.
//!
//! Input: items of a backup and what the live mailbox has of them. Output: a [`Difference`] for each. Invariant: only
//! what equals it byte by byte counts as the same, and what is gone from the live mailbox counts as not compared.

mod comparison;
mod explain;
mod findings;
mod strange;

pub use comparison::{Comparison, Missing};
pub use explain::{Body, Explanation};
pub use findings::findings;
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
            Self::LineEnds => "line-ends",
            Self::Differs => "differs",
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
