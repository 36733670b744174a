//! What remains of a run: one record file each.
//!
//! Input: a result. Output: a file in the records directory.
//! Invariant: a record appears whole or not at all; a run that was killed leaves none.

mod record;

pub use record::{Record, RecordError, SCHEMA, prepare, probe, write};
