//! Restores: items of a backup into a place where they can be used or tried.
//!
//! Input: an archive, what of it is wanted, and a [`Place`]. Output: what came back, item by item. Invariants: nothing is
//! handed to a place whose bytes were not found equal to the digest that the backup states; nothing that is there is
//! overwritten or taken away; what could not be restored is told, never passed over.

mod imap;
mod place;
mod zimbra;

pub use imap::{Cleaned, ImapPlace};
pub use place::{KnownFolder, Place, PlaceError, Put, Recovered, Settled};
pub use zimbra::ZimbraPlace;
