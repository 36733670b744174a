//! Directories and files, opened one below the other.
//!
//! Invariant: a link is never followed, also not one that appears meanwhile; nothing is written.

use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, open, openat, statat};
use rustix::io::Errno;

use crate::live::Fault;

/// What a file is, by its own word.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) size: u64,
    /// When it was last written: seconds since 1970 (UTC).
    pub(super) seconds: i64,
}

/// An open directory.
pub(super) trait Place {
    /// Opens a directory in it; nothing if there is none.
    fn enter(&self, name: &[u8]) -> Result<Option<OwnedFd>, Fault>;
    /// Hands the names in it to `each`, in no order.
    fn each(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault>;
    /// Looks at a message in it; nothing if it is no longer there.
    fn look_at(&self, name: &[u8]) -> Result<Option<Found>, Fault>;
    /// Opens a message in it; nothing if it is no longer there.
    fn open(&self, name: &[u8]) -> Result<Option<(File, Found)>, Fault>;
}

const READ: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK).union(OFlags::NOCTTY);

/// Opens the directory a user named; here a link is what the user wants.
pub(super) fn open_root(path: &Path) -> Result<OwnedFd, Fault> {
    match unmarked(|flags| open(path, flags | READ | OFlags::DIRECTORY, Mode::empty())) {
        Ok(root) => Ok(root),
        Err(Errno::NOENT | Errno::NOTDIR) => Err(Fault::NoSuchAccount),
        Err(error) => Err(trouble(path.as_os_str().as_encoded_bytes(), error)),
    }
}

impl Place for OwnedFd {
    fn enter(&self, name: &[u8]) -> Result<Option<OwnedFd>, Fault> {
        let flags = READ | OFlags::DIRECTORY | OFlags::NOFOLLOW;
        match unmarked(|more| openat(self, name, flags | more, Mode::empty())) {
            Ok(directory) => Ok(Some(directory)),
            Err(Errno::NOENT) => Ok(None),
            // A link to a folder is somebody's wish, but not one that we grant; other files are none of our business.
            Err(Errno::NOTDIR | Errno::LOOP) if leads_to_directory(self, name)? => {
                Err(Fault::Io { detail: "a folder is a symbolic link, which is not followed".to_owned() })
            }
            Err(Errno::NOTDIR | Errno::LOOP) => Ok(None),
            Err(error) => Err(trouble(name, error)),
        }
    }

    fn each(&self, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        // Opened anew, because whoever reads a directory moves its position.
        let again = openat(self, ".", READ | OFlags::DIRECTORY, Mode::empty());
        let entries = again.and_then(Dir::new).map_err(|error| trouble(b".", error))?;
        for entry in entries {
            let entry = entry.map_err(|error| trouble(b".", error))?;
            each(entry.file_name().to_bytes())?;
        }
        Ok(())
    }

    fn look_at(&self, name: &[u8]) -> Result<Option<Found>, Fault> {
        match statat(self, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => found(&stat).map(Some),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(trouble(name, error)),
        }
    }

    fn open(&self, name: &[u8]) -> Result<Option<(File, Found)>, Fault> {
        match unmarked(|more| openat(self, name, READ | OFlags::NOFOLLOW | more, Mode::empty())) {
            Ok(file) => {
                let found = found(&fstat(&file).map_err(|error| trouble(name, error))?)?;
                Ok(Some((file.into(), found)))
            }
            Err(Errno::NOENT) => Ok(None),
            Err(Errno::LOOP) => super::message::is_message(FileType::Symlink).map(|()| None),
            Err(error) => Err(trouble(name, error)),
        }
    }
}

/// Opens without leaving a time of access, which only a file's owner may.
fn unmarked(open: impl Fn(OFlags) -> rustix::io::Result<OwnedFd>) -> rustix::io::Result<OwnedFd> {
    match open(OFlags::NOATIME) {
        Err(Errno::PERM) => open(OFlags::empty()),
        result => result,
    }
}

fn leads_to_directory(directory: impl AsFd, name: &[u8]) -> Result<bool, Fault> {
    match statat(directory, name, AtFlags::empty()) {
        Ok(stat) => Ok(FileType::from_raw_mode(stat.st_mode) == FileType::Directory),
        Err(Errno::NOENT | Errno::LOOP) => Ok(false),
        Err(error) => Err(trouble(name, error)),
    }
}

fn found(stat: &Stat) -> Result<Found, Fault> {
    super::message::is_message(FileType::from_raw_mode(stat.st_mode))?;
    Ok(Found { size: u64::try_from(stat.st_size).unwrap_or(0), seconds: stat.st_mtime })
}

/// A file or directory could not be read.
pub(super) fn trouble(name: &[u8], error: impl Into<io::Error>) -> Fault {
    let shown = crate::legible::line(&String::from_utf8_lossy(name));
    Fault::Io { detail: format!("{shown}: {}", error.into()) }
}
