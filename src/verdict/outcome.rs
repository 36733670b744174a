use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit;

/// How a run, or one archive of it, ended. Ordered from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// All that the policy asks for was proven.
    Passed,
    /// Something required was not proven; never shown as passed.
    NotVerified,
    /// A finding at or above the policy's level.
    Failed,
}

impl Outcome {
    /// The worst of several; nothing at all is [`Outcome::NotVerified`].
    pub fn worst(outcomes: impl IntoIterator<Item = Self>) -> Self {
        outcomes.into_iter().max().unwrap_or(Self::NotVerified)
    }

    /// The process's exit code for this outcome.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => exit::PASSED,
            Self::NotVerified => exit::NOT_VERIFIED,
            Self::Failed => exit::FAILED,
        }
    }

    /// The word used in results and records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::NotVerified => "not-verified",
            Self::Failed => "failed",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_examined_is_not_a_pass() {
        assert_eq!(Outcome::worst([]), Outcome::NotVerified);
    }

    #[test]
    fn a_proven_fault_outweighs_a_missing_proof() {
        let outcomes = [Outcome::Passed, Outcome::Failed, Outcome::NotVerified];
        assert_eq!(Outcome::worst(outcomes), Outcome::Failed);
    }
}
