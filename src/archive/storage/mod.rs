//! Where archives lie: S3-compatible stores and local folders behind one trait.
//!
//! Input: an address. Output: objects, their protection, and their bytes.
//! Invariant: a read is pinned to the ETag and version seen first; bytes of two objects never mix.

pub mod catalogue;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

/// One object of a store, as it was when it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The key below the store's root, without the prefix taken off.
    pub key: String,
    /// Bytes.
    pub size: u64,
    /// When it was last written, by the store's clock.
    pub modified: Option<Timestamp>,
    /// Opaque identity of the content, without quotes.
    pub etag: Option<String>,
    /// The version, where the store keeps versions.
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
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError>;
}

/// A place that holds objects.
#[async_trait]
pub trait Store: fmt::Debug + Send + Sync {
    /// The address of `key` as a user would write it.
    fn address(&self, key: &str) -> String;

    /// All current objects whose key begins with `prefix`, in key order.
    async fn list(&self, prefix: &str) -> Result<Vec<Object>, StorageError>;

    /// What is known of one object.
    async fn head(&self, key: &str) -> Result<Object, StorageError>;

    /// The bytes of exactly `object` from `offset` to its end.
    ///
    /// # Errors
    /// [`StorageError::Changed`] if what is there now is no longer `object`.
    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError>;

    /// What protects `object`; a refusal is [`Protection::Unknown`], an outage an error.
    async fn protection(&self, object: &Object) -> Result<Protection, StorageError>;
}

/// Why a store did not give what was asked for. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// placeholder: see the storage module's work
    #[error("{0}")]
    Other(String),
}
