use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::archive::storage::StorageError;

/// Why records are in the folder and not in the bucket. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The bucket could not be reached, or does not let us.
    #[error("{behind}: {source}; then `mailproof evidence upload` or the next record brings them up")]
    Store {
        /// What was left behind.
        behind: Behind,
        /// Why.
        source: StorageError,
    },
    /// What lies there belongs to another chain.
    #[error(
        "nothing was added to the bucket: {address} is of another chain, as {why}; look at both with `mailproof evidence verify`, and name another prefix in [evidence.bucket] if this is a new chain"
    )]
    OtherChain {
        /// What is in the way.
        address: String,
        /// How that is known.
        why: String,
    },
    /// A file of the chain can't be read.
    #[error("nothing more was added to the bucket: {} can't be read ({source}); look at it with `mailproof evidence verify`", path.display())]
    Folder {
        /// The file, or the folder.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Somebody asked the run to end.
    #[error(
        "the run was interrupted, so the bucket was not waited for; `mailproof evidence upload` or the next record brings up what it lacks"
    )]
    Interrupted,
}

/// How much was left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// So many records are not in the bucket.
    Records(u64),
    /// Nobody knows, as the bucket could not be looked at.
    Unknown,
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records(1) => f.write_str("1 record is in the folder and not in the bucket"),
            Self::Records(count) => write!(f, "{count} records are in the folder and not in the bucket"),
            Self::Unknown => f.write_str("new records are in the folder and not in the bucket"),
        }
    }
}

impl From<StorageError> for DepotError {
    fn from(source: StorageError) -> Self {
        Self::Store { behind: Behind::Unknown, source }
    }
}

impl DepotError {
    /// The same, knowing how many records are left behind.
    pub(super) fn with(self, records: u64) -> Self {
        match self {
            Self::Store { source, .. } => Self::Store { behind: Behind::Records(records), source },
            other => other,
        }
    }
}
