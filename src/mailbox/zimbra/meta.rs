//! `.meta`: the JSON that describes the item whose body follows (Zimbra's `ItemData.java`).
//!
//! Input: the bytes of one `.meta`. Output: a folder or an item, and what is odd about it. Invariant: only what the
//! description can't do without makes it useless; keys that are not known are passed over, whatever they hold.

use super::bencode::{self, BencodeError, Dictionary};
use super::json::{self, Fields};
use crate::mailbox::{Digest, Flags, Folder, Item, ItemId, ItemKind};

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
    /// The export ends inside it.
    #[error("the export ends inside it")]
    Cut,
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

/// The only version of descriptions there is; Zimbra refuses newer ones.
const VERSION: i32 = 10;
/// The key that every description has.
pub(super) const VERSION_KEY: &str = "Ver";
/// Bytes of a folder's path that are kept. Zimbra's names have 128 characters at most, and nobody nests so deep.
const LONGEST_PATH: usize = 4096;

/// Reads a `.meta`.
///
/// # Errors
/// [`MetaError`] says why it describes nothing.
pub fn parse(bytes: &[u8]) -> Result<Described, MetaError> {
    let fields = json::fields(bytes).ok_or(MetaError::Json)?;
    if signed(&fields, VERSION_KEY)? > VERSION {
        return Err(MetaError::Field(VERSION_KEY));
    }
    let kind =
        u8::try_from(signed(&fields, "type")?).map(ItemKind::of).map_err(|_| MetaError::Field("type"))?;
    let text = fields.text("metadata").unwrap_or_default();
    let repaired;
    let metadata = match decode(text) {
        Err(BencodeError::Number(_) | BencodeError::Unexpected(_)) => {
            repaired = reread(text);
            decode(&repaired)
        }
        decoded => decoded,
    };
    let undecodable = metadata.is_err();
    let metadata = metadata.ok().flatten();
    let meta = match kind.is_folder() {
        true => Meta::Folder(folder(&fields, kind, metadata.as_ref())?),
        false => Meta::Item(item(&fields, kind)?),
    };
    let sender = fields.text("sender").filter(|sender| !sender.is_empty());
    let sender = sender.or_else(|| match kind {
        ItemKind::Message | ItemKind::Chat => metadata.as_ref()?.text("s"),
        _ => None,
    });
    let sender = sender.map(str::to_owned);
    Ok(Described { meta, undecodable, sender })
}

/// The folder that an item's own description says it lies in (`/Inbox` of `/Inbox/` and of `/Inbox/name`), as incremental
/// exports describe no folders.
#[must_use]
pub fn folder_path(text: &[u8]) -> Option<String> {
    let fields = json::fields(text)?;
    let (folder, _) = fields.text("Path")?.rsplit_once('/')?;
    (!folder.is_empty()).then(|| shortened(folder).to_owned())
}

/// Empty metadata is none.
fn decode(text: &str) -> Result<Option<Dictionary<'_>>, BencodeError> {
    if text.is_empty() { Ok(None) } else { bencode::decode(text).map(Some) }
}

/// UTF-8 that was once read as ISO 8859-1 and so has other lengths, read as what it was (Zimbra's bug 87718,
/// `Metadata.java`).
fn reread(text: &str) -> String {
    let bytes: Vec<u8> = text.chars().map(|character| u8::try_from(character).unwrap_or(b'?')).collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

fn folder(fields: &Fields, kind: ItemKind, metadata: Option<&Dictionary<'_>>) -> Result<Folder, MetaError> {
    let count =
        |key| metadata.and_then(|metadata| metadata.number(key)).and_then(|count| u64::try_from(count).ok());
    Ok(Folder {
        id: id(fields, "id")?,
        parent: id(fields, "folder_id")?,
        kind,
        path: shortened(fields.text("Path").ok_or(MetaError::Field("Path"))?).into(),
        items: size(fields)?,
        // A server that lost count may state less than none.
        unread: u64::try_from(signed(fields, "unread")?).unwrap_or(0),
        bytes: count("sz"),
        deleted: count("i4d").unwrap_or(0),
        next_uid: count("unxt").and_then(|uid| u32::try_from(uid).ok()),
    })
}

fn item(fields: &Fields, kind: ItemKind) -> Result<Item, MetaError> {
    let digest = fields.text("blob_digest").filter(|digest| !digest.is_empty()).map(Digest::parse);
    Ok(Item {
        id: id(fields, "id")?,
        folder: id(fields, "folder_id")?,
        kind,
        size: size(fields)?,
        digest: digest.transpose().map_err(|_| MetaError::Field("blob_digest"))?,
        date: fields.number("date").ok_or(MetaError::Field("date"))?,
        changed: fields.number("change_date").ok_or(MetaError::Field("change_date"))?,
        mod_metadata: number(fields, "mod_metadata")?,
        mod_content: number(fields, "mod_content")?,
        // What IMAP does not see has -1.
        imap_id: u32::try_from(signed(fields, "imap_id")?).unwrap_or(0),
        flags: Flags(signed(fields, "flags")?.cast_unsigned()),
        unread: signed(fields, "unread")? > 0,
        sound: false,
    })
}

/// A number of Java's `int`.
fn signed(fields: &Fields, key: &'static str) -> Result<i32, MetaError> {
    fields.number(key).and_then(|number| i32::try_from(number).ok()).ok_or(MetaError::Field(key))
}

/// Such a number that is never negative.
fn number<T: TryFrom<i32>>(fields: &Fields, key: &'static str) -> Result<T, MetaError> {
    T::try_from(signed(fields, key)?).map_err(|_| MetaError::Field(key))
}

fn id(fields: &Fields, key: &'static str) -> Result<ItemId, MetaError> {
    number(fields, key).ok().filter(|id| *id > 0).map(ItemId).ok_or(MetaError::Field(key))
}

/// A number of Java's `long`.
fn size(fields: &Fields) -> Result<u64, MetaError> {
    fields.number("size").and_then(|size| u64::try_from(size).ok()).ok_or(MetaError::Field("size"))
}

fn shortened(path: &str) -> &str {
    &path[..path.floor_char_boundary(LONGEST_PATH)]
}

#[cfg(test)]
mod tests;
