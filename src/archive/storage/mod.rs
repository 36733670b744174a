//! Where archives lie: S3-compatible stores and local folders behind one trait, which only reads.
//!
//! Input: an address. Output: objects, their protection, and their bytes. [`Deposit`] adds records to a bucket, and nothing else.
//! Invariant: a read is pinned to the ETag and version seen first; bytes of two objects never mix.

pub mod catalogue;
mod download;
mod error;
mod file;
mod location;
mod s3;
mod versions;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::event::Tally;
use crate::network::{Bandwidth, Retry};
use crate::policy;

pub use download::Download;
pub use error::StorageError;
pub use file::FileStore;
pub use location::Location;
pub use s3::{Deposit, Deposited, Locking, Retain, S3Store};
pub use versions::{Version, Versions};

/// One object of a store, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The key below the store's root, without the prefix taken off.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written, by the store's clock.
    pub modified: Option<Timestamp>,
    /// Opaque identity of the content, without quotes; not a checksum that could be computed here.
    pub etag: Option<String>,
    /// The version, where the store keeps versions; known only from [`Store::head`].
    pub version: Option<String>,
}

/// What keeps an object from being overwritten or deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protection {
    /// The store answered: retained in `mode` until `until`, under legal hold or not.
    Locked {
        /// `GOVERNANCE` or `COMPLIANCE`; absent when only a legal hold is set.
        mode: Option<String>,
        /// End of the retention.
        until: Option<Timestamp>,
        /// A legal hold has no end.
        legal_hold: bool,
    },
    /// The store answered: nothing protects this object.
    Unlocked,
    /// The store could not or would not say (`AccessDenied`, `NotImplemented`); never "no lock".
    Unknown(String),
}

/// The bytes of an object, in segments of the size the network gave.
#[async_trait]
pub trait Segments: Send {
    /// The next segment, or `None` once exactly the promised number of bytes came.
    ///
    /// After an error there is no more; [`Download`] goes on with another [`Store::get`].
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError>;
}

/// How hard a store may be worked with.
#[derive(Debug, Clone, Default)]
pub struct Pace {
    /// How often calls and broken bodies are tried again.
    pub retry: Retry,
    /// The rate that all downloads of the store share.
    pub limit: Option<Bandwidth>,
}

/// A place that holds objects. Except for `get`, calls are repeated inside as the store's pace allows, and each
/// repetition is counted in the `tally` given.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The address of `key` as a user would write it.
    fn address(&self, key: &str) -> String;

    /// All current objects whose key begins with `prefix`, in the order of the keys' bytes.
    ///
    /// Folder markers (empty objects whose key ends with `/`) and symbolic links are left out.
    async fn list(&self, prefix: &str, tally: &Tally) -> Result<Vec<Object>, StorageError>;

    /// What is known of one object.
    async fn head(&self, key: &str, tally: &Tally) -> Result<Object, StorageError>;

    /// The bytes of exactly `object` from `offset` to its end; one attempt, see [`Download`].
    ///
    /// # Errors
    /// [`StorageError::Changed`] if what is there now is no longer `object`, or nothing is.
    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError>;

    /// What protects `object`; a refusal is [`Protection::Unknown`], an outage an error.
    async fn protection(&self, object: &Object, tally: &Tally) -> Result<Protection, StorageError>;

    /// All that is kept of each key that begins with `prefix`, folder markers left out; a refusal is
    /// [`Versions::Unknown`], an outage an error.
    async fn versions(&self, _prefix: &str, _tally: &Tally) -> Result<Versions, StorageError> {
        Ok(Versions::Unknown("this kind of store keeps no versions".to_owned()))
    }

    /// How hard this store may be worked with; by default without repetition and without limit.
    fn pace(&self) -> Pace {
        Pace::default()
    }
}

/// Opens the store a policy describes: the bucket, or the folder, of its URL. Keys are those of the whole
/// bucket; a prefix in the URL is [`Location::prefix`], to be handed to [`Store::list`].
///
/// `credentials` is the folder in which a bare `credentials_file` is looked up (systemd's `$CREDENTIALS_DIRECTORY`).
///
/// # Errors
/// [`StorageError::BadConfiguration`] and its like; an S3 store is not contacted yet.
pub async fn open_store(
    store: &policy::Store,
    credentials: Option<&Path>,
) -> Result<Arc<dyn Store>, StorageError> {
    match Location::parse(&store.url)? {
        Location::File { path } => Ok(Arc::new(FileStore::open(&path, &store.network)?)),
        Location::S3 { bucket, .. } => Ok(Arc::new(S3Store::open(bucket, store, credentials).await?)),
    }
}
