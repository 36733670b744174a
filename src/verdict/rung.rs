use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rung of the proof ladder, lowest first.
///
/// `docs/architecture.md` says what each proves and what it cannot prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Rung {
    /// The object exists, is fresh, in sequence, plausible in size, protected as required.
    Present,
    /// The ciphertext equals its signed seal.
    Intact,
    /// Every layer reaches its authenticated end and every member equals the manifest.
    Complete,
    /// Zimbra's own digests and counts hold.
    Meaningful,
    /// Sampled messages were restored and equal the live mailbox.
    Restorable,
    /// A drill made the standby take over and back.
    Recoverable,
}

impl Rung {
    /// Its place on the ladder, from 1 to 6. A step that was proven says nothing of `intact` below it, which is of seals.
    #[must_use]
    pub fn step(self) -> u8 {
        self as u8 + 1
    }

    /// The word used in policies, results and documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Intact => "intact",
            Self::Complete => "complete",
            Self::Meaningful => "meaningful",
            Self::Restorable => "restorable",
            Self::Recoverable => "recoverable",
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// How far a rung was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Examined, and it holds.
    Proven,
    /// Examined, and it does not hold.
    Disproven,
    /// Asked for, but something kept it from being examined to its end.
    NotProven,
}

/// One rung and how far it was proven, with the reason where it was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// The rung.
    pub rung: Rung,
    /// How far it was proven.
    pub state: State,
    /// Why it is not proven; absent when it is.
    pub reason: Option<String>,
}

impl Standing {
    /// Whether more is proven of an archive than that it is present, and just that is not: no contradiction, as `present` judges
    /// from outside, and what is whole inside can be too old.
    #[must_use]
    pub fn is_whole_and_not_present(proven: Option<Rung>, standings: &[Self]) -> bool {
        let open = |standing: &Self| standing.rung == Rung::Present && standing.state != State::Proven;
        proven > Some(Rung::Present) && standings.iter().any(open)
    }
}
