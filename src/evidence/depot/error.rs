use std::fmt;
use std::io;
use std::path::PathBuf;

use super::SOME_POLICY;
use super::numbers::Numbers;
use crate::archive::storage::StorageError;

/// Why records are in the folder and not in the bucket, or what was found wrong with either. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The bucket could not be reached, or does not let us.
    #[error(
        "{behind}: {source}; then `mailproof evidence upload --policy {policy}` or the next record brings them up"
    )]
    Store {
        /// What was left behind.
        behind: Behind,
        /// Why.
        source: StorageError,
        /// The policy as a shell takes it.
        policy: String,
    },
    /// What lies there belongs to another chain, or is not what went there.
    #[error(
        "nothing was added to the bucket: {address} is of another chain or was overwritten, as {why}; look at both with `mailproof evidence verify --policy {policy}` and `mailproof evidence verify {bucket} --policy {policy}`, and name another prefix in [evidence.bucket] if this is a new chain"
    )]
    OtherChain {
        /// What is in the way.
        address: String,
        /// The bucket and the prefix in which it lies.
        bucket: String,
        /// How that is known.
        why: String,
        /// The policy as a shell takes it.
        policy: String,
    },
    /// Records were not there although later ones were, which comes about by taking them away.
    #[error(
        "missing in {address} though later ones lie there: {records}; what goes there goes the oldest first, so this was taken away; it was put back; look with `mailproof evidence verify {address} --policy {policy}`, and ask whoever may delete there{}", also.as_ref().map_or(String::new(), |also| format!("; besides: {also}"))
    )]
    WasMissing {
        /// The bucket.
        address: String,
        /// Which.
        records: Numbers,
        /// The policy as a shell takes it.
        policy: String,
        /// What else is wrong.
        also: Option<Box<Self>>,
    },
    /// Records of the same chain lie there that the folder lost.
    #[error(
        "{} lacks {records}, of which files lie in {address}: fetch what is missing from there (docs/evidence.md, \"A record is lost\"), and look at it with `mailproof evidence verify --policy {policy}`", folder.display()
    )]
    FolderLacks {
        /// The folder of the chain.
        folder: PathBuf,
        /// The bucket.
        address: String,
        /// Which.
        records: Numbers,
        /// The policy as a shell takes it.
        policy: String,
    },
    /// The store said that it took a file, and it is not there.
    #[error(
        "{address}: the store said that it took it, and does not have it; nothing more was added, so ask whoever runs the store, and then run `mailproof evidence upload --policy {policy}`"
    )]
    Swallowed {
        /// What is not there.
        address: String,
        /// The policy as a shell takes it.
        policy: String,
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
        "the run was interrupted, so the bucket was not waited for; `mailproof evidence upload --policy {policy}` or the next record brings up what it lacks"
    )]
    Interrupted {
        /// The policy as a shell takes it.
        policy: String,
    },
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
        Self::Store { behind: Behind::Unknown, source, policy: SOME_POLICY.to_owned() }
    }
}

impl DepotError {
    /// The same, knowing how many records are left behind.
    pub(super) fn with(self, records: u64) -> Self {
        match self {
            Self::Store { source, policy, .. } => {
                Self::Store { behind: Behind::Records(records), source, policy }
            }
            other => other,
        }
    }

    /// The same, naming this policy where a command needs one.
    pub(super) fn of_policy(mut self, named: Option<&str>) -> Self {
        let policy = match &mut self {
            Self::Store { policy, .. }
            | Self::OtherChain { policy, .. }
            | Self::WasMissing { policy, .. }
            | Self::FolderLacks { policy, .. }
            | Self::Swallowed { policy, .. }
            | Self::Interrupted { policy } => policy,
            Self::Folder { .. } => return self,
        };
        named.unwrap_or(SOME_POLICY).clone_into(policy);
        self
    }
}
