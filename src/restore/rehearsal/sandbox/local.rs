//! The marker of a sandbox that is a folder, and who works in it.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::SandboxError;

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
pub(super) fn mark(folder: &Path, account: &str) -> Result<(), SandboxError> {
    let path = folder.join(MARKER);
    let opened = File::options().write(true).create_new(true).mode(0o600).open(&path);
    let written = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        opened => opened.and_then(|mut file| writeln!(file, "{account}").and_then(|()| file.sync_all())),
    };
    written.map_err(|error| SandboxError::io(&path, error))
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

/// The names in a folder; nothing if there is no such folder.
pub(super) fn names(folder: &Path) -> Result<Option<Vec<std::ffi::OsString>>, SandboxError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(SandboxError::io(folder, error)),
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name())).collect::<Result<Vec<_>, _>>();
    names.map(Some).map_err(|error| SandboxError::io(folder, error))
}

/// Takes a folder away with all in it; links are not followed.
pub(super) fn remove(path: &Path) -> Result<(), SandboxError> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(SandboxError::io(path, error)),
        _ => Ok(()),
    }
}
