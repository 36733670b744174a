//! What a run may claim: findings, coverage, rungs, outcome. Pure values, no I/O.
//!
//! Input: what the checks saw. Output: an [`Outcome`].
//! Invariant: nothing checked is never a pass, and no rung is claimed above what was done.

mod catalogue;
mod coverage;
mod finding;
mod outcome;
mod rung;

pub use catalogue::{ALL, Kind, kinds};
pub use coverage::{Coverage, Unit};
pub use finding::{Cause, Finding, Findings, Named, Severity};
pub use outcome::Outcome;
pub use rung::{Rung, Standing, State};
