//! Samples of a backup against the live mailbox.
//!
//! Input: the messages of one account as a backup states them, those that were drawn, and a client of the live
//! mailbox. Output: a [`Comparison`](crate::check::restorable::Comparison). Invariants: nothing counts as compared whose bytes were not read to the last;
//! identity goes before number, so a surplus on one side never covers a loss.

mod by_content;
mod by_id;
mod explaining;
mod forms;
mod kin;
mod listing;
mod read;
mod sampling;

pub use by_content::by_content;
pub(crate) use by_content::is_left_out;
pub use by_id::by_id;
pub use explaining::{Explained, Explainer, Unexplained};
pub(crate) use sampling::amount;
pub use sampling::{Compared, MailboxSample, Sampling};

use crate::mailbox::Item;

/// One account as a backup states it.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// Its messages.
    pub messages: &'a [Item],
    /// When the backup began, in seconds since 1970: what came later can't be in it.
    pub taken: i64,
}

/// What was drawn from an account.
#[derive(Debug, Clone, Copy)]
pub struct Sample<'a> {
    /// In the order of the draw. More than are wanted, since some will be gone from the live mailbox.
    pub drawn: &'a [Item],
    /// How many are to be compared.
    pub wanted: u64,
}
