//! The marker of a sandbox that is a folder, and who works in it.

use std::fs::{self, File, Metadata, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::{Contents, SandboxError};
use crate::legible::line;
use crate::restore::rehearsal::Root;

/// The file that proves that a folder is a sandbox; it holds the account's name and nothing else.
pub(super) const MARKER: &str = ".mailproof-sandbox";
/// Bytes of it that are read.
const LONGEST: u64 = 1024;

/// Whose sandbox the folder is, by its marker. A link is none: it could lie in anybody's folder.
pub(super) fn marked_for(folder: &Path) -> Result<Option<String>, SandboxError> {
    let path = folder.join(MARKER);
    match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SandboxError::io(&path, error)),
    }
    let mut text = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(LONGEST).read_to_end(&mut text));
    read.map_err(|error| SandboxError::io(&path, error))?;
    let account = String::from_utf8_lossy(&text).trim().to_owned();
    Ok(Some(account).filter(|account| !account.is_empty()))
}

/// Writes the marker; one that is there stays.
///
/// # Errors
/// [`SandboxError`] if what has the marker's name is none.
pub(super) fn mark(folder: &Path, account: &str) -> Result<(), SandboxError> {
    let path = folder.join(MARKER);
    let opened = File::options().write(true).create_new(true).mode(0o600).open(&path);
    let written = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return is_marker(folder, account),
        opened => opened.and_then(|mut file| writeln!(file, "{account}").and_then(|()| file.sync_all())),
    };
    written.map_err(|error| SandboxError::io(&path, error))
}

fn is_marker(folder: &Path, account: &str) -> Result<(), SandboxError> {
    let what = match marked_for(folder)? {
        Some(other) if other.eq_ignore_ascii_case(account) => return Ok(()),
        Some(_) => "names another account",
        None => "is a link, a folder, empty, or something else that marks nothing",
    };
    Err(SandboxError::Other(format!(
        "{} is there already and {what}; look whose it is, move it away, and mark again",
        folder.join(MARKER).display()
    )))
}

/// A folder that is held, whatever its path leads to meanwhile.
#[derive(Debug)]
pub(super) struct Held(File);

impl Held {
    pub(super) fn open(folder: &Path) -> Result<Self, SandboxError> {
        File::open(folder).map(Self).map_err(|error| SandboxError::io(folder, error))
    }

    /// Makes sure that the path leads to the folder still.
    ///
    /// # Errors
    /// [`SandboxError`] if it leads to another one, or to none.
    pub(super) fn is_at(&self, folder: &Path) -> Result<(), SandboxError> {
        let same = |held: Metadata, found: Metadata| (held.dev(), held.ino()) == (found.dev(), found.ino());
        let found = self.0.metadata().and_then(|held| Ok(same(held, fs::metadata(folder)?)));
        if found.map_err(|error| SandboxError::io(folder, error))? {
            return Ok(());
        }
        Err(SandboxError::Other(format!(
            "{} is another folder than the sandbox that was let in; nothing is done there, look who moved it, and \
             take away what was restored by hand",
            folder.display()
        )))
    }
}

/// Keeps the sandbox for this run until it is dropped.
///
/// # Errors
/// [`SandboxError`] if another run is at work in it.
pub(super) fn occupy(folder: &Path) -> Result<File, SandboxError> {
    let path = folder.join(MARKER);
    let file = File::open(&path).map_err(|error| SandboxError::io(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(SandboxError::Other(format!(
            "another rehearsal is at work in {}; run this one when it is done",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(SandboxError::io(&path, error)),
    }
}

/// Looks what is in the folder; nothing where there is none yet.
pub(super) fn contents(folder: &Path) -> Result<Contents, SandboxError> {
    let mut contents = Contents { marked_for: marked_for(folder)?, ..Contents::default() };
    for path in entries(folder)? {
        let name = name(&path);
        if name == MARKER {
            continue;
        }
        match Root::found(&name) {
            Some(root) if is_directory(&path) => contents.roots.push(root),
            _ if is_directory(&path) && files(&path, 2)? == 0 => {}
            _ => contents.add_other(line(&name)),
        }
    }
    Ok(contents)
}

/// Whether it is a directory itself, and no link to one.
fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// How many files are in a directory, and in those so many levels below; what lies deeper counts as one.
fn files(folder: &Path, levels: u32) -> Result<u64, SandboxError> {
    let mut count = 0;
    for path in entries(folder)? {
        count += if levels > 0 && is_directory(&path) { files(&path, levels - 1)? } else { 1 };
    }
    Ok(count)
}

/// What is in a folder, by name; nothing where there is none.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, SandboxError> {
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(SandboxError::io(folder, error)),
    };
    let paths = found.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>();
    let mut paths = paths.map_err(|error| SandboxError::io(folder, error))?;
    paths.sort_unstable();
    Ok(paths)
}

/// The last part of a path.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Makes a folder that only its owner can enter; one that is there stays.
pub(super) fn make(path: &Path) -> Result<(), SandboxError> {
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(SandboxError::io(path, error)),
        _ => Ok(()),
    }
}

/// Takes a folder away with all in it; links are not followed.
pub(super) fn remove(path: &Path) -> Result<(), SandboxError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(SandboxError::io(path, error)),
        _ => Ok(()),
    }
}
