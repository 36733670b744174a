//! Rows and blobs in compact tables: 64 bytes for a row, 80 for a blob, twice that where it begins like gzip.

use super::super::content::{Content, Seen, Unpacked};
use super::sql::MailRow;
use crate::mailbox::Digest;
use crate::verdict::{Kind, kinds};

/// Entries allocated at a time: a vector that doubles would take up to twice what it holds.
const CHUNK: usize = 4096;

/// A vector that grows without moving.
#[derive(Debug)]
struct Chunks<T> {
    chunks: Vec<Vec<T>>,
    len: u32,
}

impl<T> Default for Chunks<T> {
    fn default() -> Self {
        Self { chunks: Vec::new(), len: 0 }
    }
}

impl<T> Chunks<T> {
    fn push(&mut self, entry: T) -> u32 {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.push(entry);
        }
        self.len += 1;
        self.len - 1
    }

    fn get(&self, at: u32) -> Option<&T> {
        let at = at as usize;
        self.chunks.get(at / CHUNK)?.get(at % CHUNK)
    }
}

/// A row that states a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub item: u32,
    /// `mod_content`
    pub revision: u32,
    /// Number of the folder; 0 where the table has none.
    pub folder: u32,
    /// When the row last changed, in seconds since 1970, as far as 32 bits go.
    pub changed: u32,
    /// Bytes of the blob, uncompressed.
    pub size: u64,
    digest: [u8; 32],
    sha1: bool,
    /// Number of the volume, as the database counts them.
    pub volume: u16,
}

impl Row {
    pub(super) fn new(row: &MailRow, stated: &Digest, volume: u16) -> Self {
        let mut digest = [0; 32];
        match stated {
            Digest::Sha256(bytes) => digest = *bytes,
            Digest::Sha1(bytes) => digest[..20].copy_from_slice(bytes),
        }
        Self {
            mailbox: row.mailbox,
            item: row.item,
            revision: row.revision,
            folder: row.folder,
            changed: u32::try_from(row.changed).unwrap_or(u32::MAX),
            size: row.size,
            digest,
            sha1: matches!(stated, Digest::Sha1(_)),
            volume,
        }
    }

    /// Digest of the blob, uncompressed.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match (self.sha1, self.digest.first_chunk()) {
            (true, Some(sha1)) => Digest::Sha1(*sha1),
            _ => Digest::Sha256(self.digest),
        }
    }
}

/// What a blob's body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was read and does not begin like gzip.
    Plain,
    /// It was read, and its gzip is whole: the content stands behind it.
    Packed,
    /// It was read, and begins like gzip that is broken.
    Broken(Fault),
    /// It begins like gzip and unpacks to more than the limits allow.
    OverLimit,
    /// The archive was cut inside it, or its kind of member can't be read.
    Unread,
    /// A hard link; `size` is its number among the links.
    Link,
    /// No blob, but the unpacked content of the one before.
    Content,
}

/// How gzip can be broken; a kind of finding in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// `gzip-corrupt`
    Corrupt,
    /// `gzip-checksum-mismatch`
    Checksum,
    /// `gzip-truncated`
    Truncated,
    /// `gzip-trailing-data`
    Trailing,
}

impl Fault {
    fn of(kind: &'static Kind) -> Self {
        match kind {
            _ if *kind == kinds::GZIP_CHECKSUM_MISMATCH => Self::Checksum,
            _ if *kind == kinds::GZIP_TRUNCATED => Self::Truncated,
            _ if *kind == kinds::GZIP_TRAILING_DATA => Self::Trailing,
            _ => Self::Corrupt,
        }
    }

    /// The kind of finding.
    #[must_use]
    pub fn kind(self) -> &'static Kind {
        match self {
            Self::Corrupt => &kinds::GZIP_CORRUPT,
            Self::Checksum => &kinds::GZIP_CHECKSUM_MISMATCH,
            Self::Truncated => &kinds::GZIP_TRUNCATED,
            Self::Trailing => &kinds::GZIP_TRAILING_DATA,
        }
    }
}

/// A blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blob {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub item: u32,
    revision: u32,
    /// The number of its volume among those of the archive.
    pub volume: u16,
    /// When it was written, in seconds since 1970, as far as 32 bits go.
    pub modified: u32,
    /// What its body is.
    pub state: State,
    size: u64,
    sha256: [u8; 32],
    sha1: [u8; 20],
}

/// In the place of a revision: the name states none. Change numbers of mailboxes are signed in Zimbra, so none is as high.
const NO_REVISION: u32 = u32::MAX;

/// What names a blob.
pub(super) type Key = (u32, u32, Option<u32>, u16);

impl Blob {
    pub(super) fn new((mailbox, item, revision, volume): Key, modified: Option<i64>, state: State) -> Self {
        let modified = modified.unwrap_or_default().clamp(0, i64::from(u32::MAX));
        let modified = u32::try_from(modified).unwrap_or_default();
        let revision = revision.unwrap_or(NO_REVISION);
        Self { mailbox, item, revision, volume, modified, state, size: 0, sha256: [0; 32], sha1: [0; 20] }
    }

    /// `mod_content`; absent from very old names.
    #[must_use]
    pub fn revision(&self) -> Option<u32> {
        Some(self.revision).filter(|revision| *revision != NO_REVISION)
    }

    fn key(&self) -> Key {
        (self.mailbox, self.item, self.revision(), self.volume)
    }

    fn content(&self) -> Content {
        Content { size: self.size, sha256: self.sha256, sha1: self.sha1 }
    }

    fn holding(self, Content { size, sha256, sha1 }: Content) -> Self {
        Self { size, sha256, sha1, ..self }
    }
}

/// Rows that state blobs.
#[derive(Debug, Default)]
pub struct Rows {
    rows: Chunks<Row>,
    order: Vec<u32>,
}

impl Rows {
    pub(super) fn push(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.rows.len
    }

    /// Holds if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.len == 0
    }

    /// The row of this number.
    #[must_use]
    pub fn get(&self, at: u32) -> Option<&Row> {
        self.rows.get(at)
    }

    pub(super) fn sort(&mut self) {
        let key = |at: &u32| self.rows.get(*at).map(|row| (row.mailbox, row.item, row.revision));
        let mut order: Vec<u32> = (0..self.rows.len).collect();
        order.sort_unstable_by_key(|at| (key(at), *at));
        self.order = order;
    }

    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }
}

/// Blobs of the archive.
#[derive(Debug, Default)]
pub struct Blobs {
    blobs: Chunks<Blob>,
    links: Chunks<Key>,
    order: Vec<u32>,
    count: u32,
}

impl Blobs {
    pub(super) fn push(&mut self, blob: Blob) {
        self.count += 1;
        self.blobs.push(blob);
    }

    /// Puts a blob in that was read.
    pub(super) fn push_read(&mut self, blob: Blob, seen: &Seen) {
        let blob = blob.holding(seen.stored);
        let state = match seen.unpacked {
            Unpacked::NotGzip => State::Plain,
            Unpacked::Whole(_) => State::Packed,
            Unpacked::Broken(kind) => State::Broken(Fault::of(kind)),
            Unpacked::OverLimit => State::OverLimit,
        };
        self.push(Blob { state, ..blob });
        if let Unpacked::Whole(content) = seen.unpacked {
            self.blobs.push(Blob { state: State::Content, ..blob }.holding(content));
        }
    }

    /// Puts a hard link in.
    pub(super) fn push_link(&mut self, mut blob: Blob, target: Key) {
        blob.state = State::Link;
        blob.size = u64::from(self.links.push(target));
        self.push(blob);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Holds if there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The blob of this number.
    #[must_use]
    pub fn get(&self, at: u32) -> Option<&Blob> {
        self.blobs.get(at)
    }

    /// The body of a blob: its own, or that of the file it is linked to; `None` where that is not in the archive.
    #[must_use]
    pub fn body(&self, at: u32) -> Option<Body> {
        let mut at = at;
        // A link to a link is as far as archivers go.
        for _ in 0..4 {
            let blob = self.get(at)?;
            if blob.state != State::Link {
                let packed = blob.state == State::Packed;
                let unpacked = packed.then(|| self.get(at + 1)).flatten().map(Blob::content);
                return Some(Body { state: blob.state, stored: blob.content(), unpacked });
            }
            at = self.find(*self.links.get(u32::try_from(blob.size).ok()?)?)?;
        }
        None
    }

    /// The first blob of this name.
    fn find(&self, key: Key) -> Option<u32> {
        let start = self.order.partition_point(|at| self.get(*at).is_some_and(|blob| blob.key() < key));
        self.order.get(start).copied().filter(|at| self.get(*at).is_some_and(|blob| blob.key() == key))
    }

    pub(super) fn sort(&mut self) {
        let blobs = &self.blobs;
        let is_blob = |at: &u32| blobs.get(*at).is_some_and(|blob| blob.state != State::Content);
        let mut order = Vec::with_capacity(self.count as usize);
        order.extend((0..blobs.len).filter(is_blob));
        order.sort_unstable_by_key(|at| (blobs.get(*at).map(Blob::key), *at));
        self.order = order;
    }

    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }
}

/// What is known of a blob's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    /// What it is; never a link.
    pub state: State,
    /// Its bytes as they are stored.
    pub stored: Content,
    /// Its bytes unpacked, where it is gzip and whole.
    pub unpacked: Option<Content>,
}

impl Body {
    /// Holds if it was read.
    #[must_use]
    pub fn is_read(&self) -> bool {
        matches!(self.state, State::Plain | State::Packed | State::Broken(_) | State::OverLimit)
    }

    /// The readings of it, the likelier first.
    pub fn readings(&self) -> impl Iterator<Item = Content> {
        self.unpacked.into_iter().chain(self.is_read().then_some(self.stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_blobs_are_small() {
        assert!(size_of::<Row>() <= 64, "{}", size_of::<Row>());
        assert!(size_of::<Blob>() <= 80, "{}", size_of::<Blob>());
    }
}
