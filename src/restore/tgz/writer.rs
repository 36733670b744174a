//! One export that is being written.
//!
//! Input: descriptions and bodies. Output: `NAME.partial`, and `NAME` once it is whole. Invariant: members and headers are
//! those that Zimbra's own exports have.

use std::fs::File;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fsync, openat, unlinkat};
use rustix::io::Errno;

use super::tree::Described;
use crate::mailbox::ItemKind;
use crate::mailbox::zimbra::ant::{self, BLOCK, Head, RECORD};
use crate::restore::Recovered;
use crate::restore::writing::{errno, rename};

const OPEN: OFlags = OFlags::WRONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A tar in a gzip. Closed and opened again it goes on as a further gzip member, which every reader takes as one.
#[derive(Debug)]
pub(super) struct Writer {
    partial: String,
    gzip: Option<GzEncoder<File>>,
    /// Bytes of the tar so far.
    written: u64,
}

impl Writer {
    /// Begins `NAME.partial`; what an earlier restore left under that name goes.
    pub(super) fn create(directory: &OwnedFd, name: &str) -> Result<Self, Errno> {
        let partial = format!("{name}.partial");
        match openat(directory, &partial, OPEN, Mode::empty()) {
            Ok(earlier) => {
                flock(&earlier, FlockOperation::NonBlockingLockExclusive)?;
                unlinkat(directory, &partial, AtFlags::empty())?;
            }
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error),
        }
        let flags = OPEN | OFlags::CREATE | OFlags::EXCL;
        let file = openat(directory, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { partial, gzip: Some(encoder(file.into())), written: 0 })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.gzip.is_none()
    }

    /// Lets go of the file and of what compresses.
    pub(super) fn close(&mut self) -> Result<(), Errno> {
        match self.gzip.take() {
            Some(gzip) => gzip.finish().map(drop).map_err(|error| errno(&error)),
            None => Ok(()),
        }
    }

    /// Goes on behind what was written before, if it was closed.
    pub(super) fn reopen(&mut self, directory: &OwnedFd) -> Result<(), Errno> {
        if self.gzip.is_none() {
            let file = openat(directory, &self.partial, OPEN | OFlags::APPEND, Mode::empty())?;
            flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            self.gzip = Some(encoder(file.into()));
        }
        Ok(())
    }

    /// Writes the description of a folder.
    pub(super) fn folder(&mut self, folder: &Described) -> Result<(), Errno> {
        let name = format!("{}.meta", String::from_utf8_lossy(&folder.name));
        self.member(&name, folder.kind, 0, false, &folder.text)
    }

    /// Writes an item: its description, and its body if it has one.
    pub(super) fn item(&mut self, item: &Recovered<'_>) -> Result<(), Errno> {
        let (name, date, kind) = (String::from_utf8_lossy(item.name), item.item.date, item.item.kind);
        let unread = item.item.unread && kind == ItemKind::Message;
        self.member(&format!("{name}.meta"), kind, date, unread, item.text)?;
        match item.item.digest {
            Some(_) => self.member(&name, kind, date, false, item.body),
            None => Ok(()),
        }
    }

    fn member(
        &mut self,
        name: &str,
        kind: ItemKind,
        date: i64,
        unread: bool,
        content: &[u8],
    ) -> Result<(), Errno> {
        let mut head = Vec::with_capacity(2 * RECORD);
        let (size, type_text) = (content.len() as u64, ant::type_text(kind));
        ant::append(&mut head, &Head { name, size, kind, type_text, date, unread }, date);
        self.write(&head)?;
        self.write(content)?;
        self.write(&[0; RECORD][..content.len().next_multiple_of(RECORD) - content.len()])
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Errno> {
        self.written += bytes.len() as u64;
        self.gzip.as_mut().ok_or(Errno::BADF)?.write_all(bytes).map_err(|error| errno(&error))
    }

    /// Ends the export and gives it its name; `false` if a file has it.
    pub(super) fn finish(mut self, directory: &OwnedFd, name: &str) -> Result<bool, Errno> {
        self.reopen(directory)?;
        if self.written == 0 {
            unlinkat(directory, &self.partial, AtFlags::empty())?;
            return Ok(true);
        }
        let end = self.written + 2 * RECORD as u64;
        let filling = end.next_multiple_of(BLOCK as u64) - self.written;
        self.write(&vec![0; usize::try_from(filling).unwrap_or(2 * RECORD)])?;
        let gzip = self.gzip.take().ok_or(Errno::BADF)?;
        let file = gzip.finish().map_err(|error| errno(&error))?;
        fsync(&file)?;
        rename(directory, &self.partial, directory, name)
    }
}

fn encoder(file: File) -> GzEncoder<File> {
    GzEncoder::new(file, Compression::fast())
}
