//! What remains of a run: a record in a chain that an auditor checks without us.
//!
//! Input: a result. Output: a file in the folder of the records, tied to the one before it and signed where there is a key.
//! Invariant: a record appears whole or not at all; a run that was killed leaves none, and breaks no chain.
//!
//! The way: `build` makes a [`Record`] of a result, `statement` puts it into words that others know (in-toto), `dsse` signs
//! those, `sshsig` signs the file once more for `ssh-keygen`, [`stamp`] asks an authority elsewhere for the time, and [`Chain`]
//! writes all three; a [`Depot`] takes them to a bucket. [`check`] goes the other way, with the eyes of somebody who trusts none of it; [`past`] reads what stands
//! in records, and trusts all of it. `review` is what people add: who looked at a record, and what is to be done; a [`Ledger`]
//! lists who did.

mod build;
mod chain;
pub mod check;
mod depot;
pub mod dsse;
mod folder;
mod head;
mod key;
mod ledger;
mod link;
pub mod past;
mod place;
mod plain;
mod pseudonym;
mod record;
mod review;
mod sshsig;
pub mod stamp;
mod statement;

pub use build::Basis;
pub use chain::{Chain, Kept, RecordError};
pub use depot::{Behind, Brought, Depot, DepotError, Numbers, Readiness, Strays, as_folder};
pub use folder::{HEAD, INDEX, probe};
pub use key::{PublicKey, SigningKey};
pub use ledger::{Closing, Entry, Ledger, Refusal, Tracked};
pub use link::Link;
pub use pseudonym::Pseudonyms;
pub use record::*;
pub use review::{About, Action, LONGEST_NAME, LONGEST_NOTE, SignOff, WordsError};
pub use sshsig::NAMESPACE;
pub use statement::{PAYLOAD_TYPE, PREDICATE};
