//! The run of a verification: what the policy selects flows through the archive's stages, the checks
//! judge, and a result remains.
//!
//! Input: a [`Job`]. Output: a [`RunResult`].
//! Invariant: an archive that was not read to its end, or not compared with its manifest, never passes.

mod archive;
mod checksum;
mod history;
mod judge;
mod negative;
mod opening;
mod reading;
mod restorable;
mod result;
mod run;
mod select;
mod sidecar;
mod stream;

pub use history::{History, history};
pub use negative::{Ending, NegativeControl, NegativeControls};
pub use opening::opens;
pub use reading::{cores, read};
pub use restorable::seed;
pub use result::{ArchiveResult, Facts, MailboxResult, RunResult, Trouble};
pub use run::{Job, run};
pub use select::{Inventory, SelectError, Selection, Target, inventory, named, selected};
pub use stream::{Reading, Tools};

pub use crate::network::Cancel;
