//! One export that is being written.
//!
//! Input: descriptions and bodies. Output: `NAME.partial`, and `NAME` once it is whole. Invariant: members and headers are
//! those that Zimbra's own exports have.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;

use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fsync, openat, unlinkat};
use rustix::io::Errno;

use super::tree::Described;
use crate::mailbox::ItemKind;
use crate::mailbox::zimbra::import::{Member, Packer};
use crate::restore::Recovered;
use crate::restore::writing::{errno, rename};

const OPEN: OFlags = OFlags::WRONLY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// A FIFO is opened without waiting for who reads it.
const EARLIER: OFlags = OFlags::RDONLY.union(OFlags::NONBLOCK).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
/// How a gzip file begins (RFC 1952, section 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether an earlier restore may have left it: a gzip file, or nothing yet, that only its owner may open.
fn is_ours(earlier: &File) -> bool {
    let kept = earlier.metadata().is_ok_and(|found| found.is_file() && found.mode().trailing_zeros() >= 6);
    let mut head = Vec::new();
    let read = earlier.take(GZIP.len() as u64).read_to_end(&mut head);
    kept && read.is_ok() && GZIP.starts_with(&head)
}

fn partial(name: &str) -> String {
    format!("{name}.partial")
}

/// Takes away the `NAME.partial` that an earlier restore left. `EXIST` if it is somebody else's.
pub(super) fn make_room(directory: &OwnedFd, name: &str) -> Result<(), Errno> {
    let partial = partial(name);
    let earlier = match openat(directory, &partial, EARLIER, Mode::empty()) {
        Ok(earlier) => File::from(earlier),
        Err(Errno::NOENT) => return Ok(()),
        Err(Errno::LOOP) => return Err(Errno::EXIST),
        Err(error) => return Err(error),
    };
    if !is_ours(&earlier) {
        return Err(Errno::EXIST);
    }
    flock(&earlier, FlockOperation::NonBlockingLockExclusive)?;
    unlinkat(directory, &partial, AtFlags::empty())
}

/// An export in a file. Closed and opened again it goes on as a further gzip member.
pub(super) struct Writer {
    partial: String,
    /// When the restore began, in seconds since 1970.
    began: i64,
    packer: Option<Packer<File>>,
    /// Bytes of the tar when it was closed.
    written: u64,
    /// Something was added.
    begun: bool,
}

impl Writer {
    /// Begins `NAME.partial`; what an earlier restore left under that name goes. `EXIST` if it is somebody else's.
    pub(super) fn create(directory: &OwnedFd, name: &str, began: i64) -> Result<Self, Errno> {
        make_room(directory, name)?;
        let partial = partial(name);
        let flags = OPEN | OFlags::CREATE | OFlags::EXCL;
        let file = openat(directory, &partial, flags, Mode::RUSR | Mode::WUSR)?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)?;
        let packer = Some(Packer::new(file.into(), began));
        Ok(Self { partial, began, packer, written: 0, begun: false })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.packer.is_none()
    }

    /// Lets go of the file and of what compresses.
    pub(super) fn close(&mut self) -> Result<(), Errno> {
        if let Some(packer) = self.packer.take() {
            (_, self.written) = packer.pause().map_err(|error| errno(&error))?;
        }
        Ok(())
    }

    /// Goes on behind what was written before, if it was closed.
    pub(super) fn reopen(&mut self, directory: &OwnedFd) -> Result<(), Errno> {
        if self.packer.is_none() {
            let file = openat(directory, &self.partial, OPEN | OFlags::APPEND, Mode::empty())?;
            flock(&file, FlockOperation::NonBlockingLockExclusive)?;
            self.packer = Some(Packer::going_on(file.into(), self.began, self.written));
        }
        Ok(())
    }

    /// Writes the description of a folder.
    pub(super) fn folder(&mut self, folder: &Described) -> Result<(), Errno> {
        let name = [&folder.name[..], b".meta"].concat();
        let member = Member { name: &name, kind: folder.kind, date: self.began, unread: false };
        self.add(member, &folder.text)
    }

    /// Writes an item: its description, and its body if it has one.
    pub(super) fn item(&mut self, item: &Recovered<'_>) -> Result<(), Errno> {
        let (date, kind) = (item.item.date, item.item.kind);
        let (name, unread) = ([item.name, b".meta"].concat(), item.item.unread && kind == ItemKind::Message);
        self.add(Member { name: &name, kind, date, unread }, item.text)?;
        match item.item.digest {
            Some(_) => self.add(Member { name: item.name, kind, date, unread: false }, item.body),
            None => Ok(()),
        }
    }

    fn add(&mut self, member: Member<'_>, content: &[u8]) -> Result<(), Errno> {
        self.begun = true;
        let packer = self.packer.as_mut().ok_or(Errno::BADF)?;
        packer.add(member, content).map_err(|error: io::Error| errno(&error))
    }

    /// Takes the file away, if nothing was added to it.
    pub(super) fn withdraw(self, directory: &OwnedFd) {
        if !self.begun {
            let _ = unlinkat(directory, &self.partial, AtFlags::empty());
        }
    }

    /// Ends the export and gives it its name; `false` if a file has it. Where nothing was written there is no file.
    pub(super) fn finish(mut self, directory: &OwnedFd, name: &str) -> Result<bool, Errno> {
        if !self.begun {
            unlinkat(directory, &self.partial, AtFlags::empty())?;
            return Ok(true);
        }
        self.reopen(directory)?;
        let packer = self.packer.take().ok_or(Errno::BADF)?;
        let file = packer.finish().map_err(|error| errno(&error))?;
        fsync(&file)?;
        rename(directory, &self.partial, directory, name)
    }
}
