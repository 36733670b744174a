//! Which messages are restored and compared, and what that says of those that are not.
//!
//! Input: how many items each account has, and how sure one wants to be. Output: a choice nobody could foresee and
//! anybody can repeat, and a statement. Invariant: the statement holds whatever the defects are spread like; it is
//! computed from what was checked, never from what was planned.

mod draw;
mod plan;
mod seed;
mod statement;

pub use draw::draw;
pub use plan::{Amount, needed};
pub use seed::Seed;
pub use statement::{Statement, Stratum};

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A share in millionths: 950,000 is 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Share(u32);

impl Share {
    /// All of it.
    pub const ONE: u32 = 1_000_000;

    /// A share of so many millionths, above nothing and below all.
    #[must_use]
    pub fn new(millionths: u32) -> Option<Self> {
        (0 < millionths && millionths < Self::ONE).then_some(Self(millionths))
    }

    /// The same as a number between 0 and 1.
    fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(Self::ONE)
    }

    /// The logarithm of what is left to all, nearer to 0 by more than sums of logarithms are rounded, so that a chance
    /// of exactly what is left counts as that.
    fn ln_rest(self) -> f64 {
        (-self.fraction()).ln_1p() * (1.0 - 1e-11)
    }

    /// This share of `whole`, rounded up.
    fn of(self, whole: u64) -> u64 {
        let part = (u128::from(whole) * u128::from(self.0)).div_ceil(u128::from(Self::ONE));
        u64::try_from(part).unwrap_or(whole)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, self.0 % 10_000);
        let rest = format!("{rest:04}");
        match rest.trim_end_matches('0') {
            "" => write!(f, "{whole} %"),
            rest => write!(f, "{whole}.{rest} %"),
        }
    }
}
