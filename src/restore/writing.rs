//! What writing to this machine's disks has in common: no file is replaced, and every fault has a next step.

use std::io;
use std::path::Path;

use rustix::fd::AsFd;
use rustix::fs::{AtFlags, Mode, RenameFlags, linkat, mkdir, renameat_with, stat, unlinkat};
use rustix::io::Errno;

use super::PlaceError;

/// Makes a directory if only it is missing; whether it was. Where nothing can be made, what is there may be enough.
pub(super) fn make(path: &Path) -> Result<bool, Errno> {
    match mkdir(path, Mode::RWXU) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error @ (Errno::ROFS | Errno::ACCESS)) => stat(path).map(|_| false).map_err(|_| error),
        Err(error) => Err(error),
    }
}

/// Renames without replacing; `false` if the name is taken.
pub(super) fn rename(from: impl AsFd, name: &str, to: impl AsFd, new_name: &str) -> Result<bool, Errno> {
    let renamed = match renameat_with(&from, name, &to, new_name, RenameFlags::NOREPLACE) {
        // File systems exist that can't do that.
        Err(Errno::INVAL | Errno::NOSYS) => linkat(&from, name, &to, new_name, AtFlags::empty())
            .and_then(|()| unlinkat(&from, name, AtFlags::empty())),
        renamed => renamed,
    };
    match renamed {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(error),
    }
}

/// The number of an error, which those of files have.
pub(super) fn errno(error: &io::Error) -> Errno {
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

/// Why nothing more can be put there; `again` says what the next run does.
pub(super) fn unusable(path: &Path, error: Errno, again: &str) -> PlaceError {
    let (shown, what) = (path.display(), io::Error::from(error));
    let next = match error {
        Errno::NOSPC | Errno::DQUOT | Errno::FBIG => {
            format!("make room and run the same restore again; {again}")
        }
        Errno::ROFS | Errno::ACCESS | Errno::PERM => "restore to a folder that you may write to".to_owned(),
        Errno::NOENT => "make the folder above it first".to_owned(),
        Errno::NOTDIR | Errno::LOOP | Errno::EXIST => {
            "a file or a link is where a folder must be; restore to another folder".to_owned()
        }
        Errno::WOULDBLOCK => {
            return PlaceError(format!("another restore writes to {shown}; wait for its end"));
        }
        _ => format!("look at the disk, then run the same restore again; {again}"),
    };
    PlaceError(format!("{shown}: {what}; {next}"))
}
