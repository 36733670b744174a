//! Bytes in, authenticated members out.
//!
//! Input: an object of a [`storage`]. Output: every member with its BLAKE3, compared with the
//! manifest. Invariants: each layer is drained to its authenticated end; nothing is written to
//! disk; a stage that stops early says so, so that no later stage takes it for an end.

pub mod decompress;
pub mod decrypt;
pub mod examine;
pub mod manifest;
pub mod pipe;
pub mod storage;
pub mod unpack;

/// Why an archive could not be read: our side, the network, the store; never its content.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The store did not give what was asked for.
    #[error(transparent)]
    Storage(#[from] storage::StorageError),
    /// The archive could not be opened with the keys at hand.
    #[error(transparent)]
    Open(#[from] decrypt::OpenError),
    /// Somebody asked the run to end.
    #[error("interrupted; run the verification again")]
    Interrupted,
    /// A decoder could not be set up.
    #[error("{0}; this machine may be short of memory")]
    Decoder(String),
}
