//! Rehearsals: what a backup holds is restored into a sandbox, read back from there and compared.
//!
//! Input: archives, and a [`Sandbox`] that is marked as one and empty. Output: a [`RehearsalResult`], in which what was put
//! and what was read back stand apart. Invariants: not a byte is written before the sandbox is known to be one; all that is
//! written lies below one folder of the run's own, and nothing else is ever taken away; a message counts as restored only
//! if it was read back byte for byte.

mod admission;
mod figures;
mod findings;
mod ledger;
mod plan;
mod point;
mod result;
mod root;
mod run;
mod sandbox;
mod validation;

pub use admission::{Refusal, admit, may_hold};
pub use figures::{Basis, RecoveryPoint, RecoveryTime, Whole};
pub use result::{ReadBack, RehearsalResult, Rehearsed, SandboxFacts};
pub use root::{Remains, Root};
pub use run::{RehearsalJob, mark, rehearse};
pub use sandbox::{Contents, FolderSandbox, Found, ImapSandbox, Rooms, Sandbox, SandboxError, open};
