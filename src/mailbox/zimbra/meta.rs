//! `.meta`: the JSON that describes the item whose body follows (Zimbra's `ItemData.java`).

use crate::mailbox::{Folder, Item};

/// What a `.meta` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meta {
    /// A folder, search folder or mountpoint.
    Folder(Folder),
    /// Anything else.
    Item(Item),
}

/// Why a `.meta` can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetaError {
    /// No JSON object.
    #[error("it is not JSON as Zimbra writes it")]
    Json,
    /// A number or text that must be there is missing or impossible.
    #[error("`{0}` is missing or impossible")]
    Field(&'static str),
    /// Longer than `limits.text_size`.
    #[error("it is longer than limits.text_size")]
    TooLong,
}

/// A description and what is odd about it without making it useless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// What it describes.
    pub meta: Meta,
    /// `metadata` could not be decoded: the item's facts hold, a folder's `sz` and `i4d` are unknown.
    pub undecodable: bool,
    /// Who sent it, as written; never to be kept or shown.
    pub sender: Option<String>,
}

/// Reads a `.meta`.
///
/// # Errors
/// [`MetaError`] says why it describes nothing.
pub fn parse(bytes: &[u8]) -> Result<Described, MetaError> {
    let _ = bytes;
    Err(MetaError::Json)
}
