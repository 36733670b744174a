//! Members in, mailboxes out: what Zimbra's exports and backup tools put into an archive.
//!
//! Input: the members of an archive as they stream by. Output: mailboxes, folders and items as the backup states
//! them, and what was seen of each body. Invariants: names are never paths; no subject and no body outlives its
//! member; what can't be read is said, never passed over.

mod beside;
mod digest;
mod hasher;
mod item;
pub mod message;
mod reader;
pub mod sample;
mod task;
mod unread;
mod view;
pub mod zimbra;

pub use beside::Beside;
pub use digest::{Digest, DigestError};
pub use hasher::Hasher;
pub use item::{Flags, Item, ItemId, ItemKind};
pub use reader::{Contents, Reader, Stranger, WHOLE};
pub use unread::Unread;
pub use view::{Ending, Folder, Form, Mailbox};
