//! The rung `meaningful`: Zimbra's own truth holds in what was restored from the archive.
//!
//! Input: mailboxes and the facts that backup tools left beside them. Output: findings, and how much was checked.
//! Invariant: what was not looked at, or could not be judged, is said and proves nothing.

pub mod raw_store;
pub mod zextras;

use crate::verdict::{Coverage, Findings, Unit};

/// What the checks make of one part of an archive: an account's mailbox, a session, a raw store.
#[derive(Debug, Clone)]
pub struct Meaning {
    /// What is not as it should be; subjects name account, folder and item.
    pub findings: Findings,
    /// Items that were compared with what is stated of them, of those that are stated.
    pub coverage: Coverage,
    /// Why something could not be judged, one sentence each; empty where all was.
    pub open: Vec<String>,
}

impl Default for Meaning {
    fn default() -> Self {
        Self { findings: Findings::default(), coverage: Coverage::none(Unit::Items), open: Vec::new() }
    }
}
