//! What a run tells while it goes on. Progress bar, log and JSON lines are consumers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::policy::Damage;
use crate::verdict::{Finding, Outcome};

/// Something that happened in a run.
#[derive(Debug, Clone)]
pub enum Event<'a> {
    /// An archive is about to be read.
    ArchiveStarted {
        /// Its address.
        archive: &'a str,
        /// Its size in the store, in bytes.
        size: u64,
        /// Counters that go on while it is read.
        tally: &'a std::sync::Arc<Tally>,
    },
    /// A finding was made.
    FindingMade {
        /// The archive's address.
        archive: &'a str,
        /// The finding.
        finding: &'a Finding,
    },
    /// A damaged archive is read once more before an alarm.
    RereadStarted {
        /// The archive's address.
        archive: &'a str,
    },
    /// A copy of an archive that is damaged on purpose is about to be read.
    NegativeControlStarted {
        /// The archive's address.
        archive: &'a str,
        /// What was done.
        damage: Damage,
        /// Bytes of the copy.
        size: u64,
        /// Counters that go on while it is read.
        tally: &'a std::sync::Arc<Tally>,
    },
    /// A copy that was damaged on purpose was read.
    NegativeControlDone {
        /// The archive's address.
        archive: &'a str,
        /// What was done.
        damage: Damage,
        /// The finding by which it was noticed; absent where it was not, or could not be tried.
        found_as: Option<&'static str>,
    },
    /// An archive's result is known.
    ArchiveDone {
        /// The archive's address.
        archive: &'a str,
        /// Its outcome.
        outcome: Outcome,
    },
}

/// Takes events in; called from several threads, so it must be quick.
pub trait Observer: Sync {
    /// Takes one event in.
    fn observe(&self, event: &Event<'_>);
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _event: &Event<'_>) {}
}

/// Running counters of one archive, readable while it is verified.
#[derive(Debug, Default)]
pub struct Tally {
    /// Bytes that came from the store.
    pub stored: AtomicU64,
    /// Bytes after decryption and decompression.
    pub unpacked: AtomicU64,
    /// Files whose end was reached.
    pub members: AtomicU64,
    /// Bodies that broke and were resumed by Range.
    pub resumes: AtomicU64,
    /// Calls that were repeated.
    pub retries: AtomicU64,
}

impl Tally {
    /// Adds to a counter.
    pub fn add(counter: &AtomicU64, amount: u64) {
        counter.fetch_add(amount, Ordering::Relaxed);
    }

    /// Counts in what had to be repeated for something that belongs to this archive; not its bytes.
    pub fn add_repetitions(&self, other: &Self) {
        Self::add(&self.resumes, Self::get(&other.resumes));
        Self::add(&self.retries, Self::get(&other.retries));
    }

    /// Reads a counter.
    #[must_use]
    pub fn get(counter: &AtomicU64) -> u64 {
        counter.load(Ordering::Relaxed)
    }
}
