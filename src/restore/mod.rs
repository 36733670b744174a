//! Restores: items of a backup into a place where they can be used or tried.
//!
//! Input: an archive, what of it is wanted, and a [`Place`]. Output: what came back, item by item. Invariants: nothing is
//! handed to a place whose bytes were not found equal to the digest that the backup states; nothing that is there is
//! overwritten or taken away; what could not be restored is told, never passed over.

mod folder;
mod imap;
mod maildir;
mod naming;
mod outcome;
mod place;
mod placing;
mod query;
mod recovery;
pub mod rehearsal;
mod rereading;
mod run;
mod selection;
mod server;
mod tgz;
mod untaken;
mod writing;
mod zimbra;

pub use imap::{Cleaned, ImapPlace};
pub use maildir::Maildir;
pub use outcome::{Completion, Count, Export, Folders, Left, LeftItem, Restored, Why};
pub use place::{Accounts, KnownFolder, Place, PlaceError, Put, Recovered, Settled};
pub use query::{Query, QueryError};
pub use run::run;
pub use selection::Selection;
pub use server::mailbox_on;
pub use tgz::Tgz;
pub use zimbra::ZimbraPlace;
