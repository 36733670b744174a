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
