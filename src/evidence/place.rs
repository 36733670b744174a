//! Where a chain lies, as whoever checks it reads it: a folder, or a bucket.

use std::fmt;
use std::io;
use std::path::Path;

use super::folder;

/// A place with the files of a chain. Nothing in it is changed.
pub(super) trait Place: fmt::Debug {
    /// The bytes of the file of this name.
    fn read(&self, name: &str) -> Result<Vec<u8>, Unread>;

    /// Whether a head lies there; absent where none is kept.
    fn has_head(&self) -> Option<bool>;
}

/// Why a file was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is not there.
    Missing,
    /// It could not be looked at, for this reason: nothing is known of it.
    Closed(String),
    /// It is there and can't be right.
    Damaged(String),
}

/// A folder of this machine.
#[derive(Debug)]
pub(super) struct Files<'a>(pub &'a Path);

impl Place for Files<'_> {
    fn read(&self, name: &str) -> Result<Vec<u8>, Unread> {
        let path = self.0.join(name);
        folder::read(&path).map_err(|error| match error.kind() {
            io::ErrorKind::PermissionDenied => Unread::Closed(format!(
                "{} may not be read by this user, so it and what follows was not looked at; look as the user whose records they are, or have them copied to you",
                path.display()
            )),
            io::ErrorKind::NotFound => Unread::Missing,
            _ => Unread::Damaged(error.to_string()),
        })
    }

    fn has_head(&self) -> Option<bool> {
        Some(self.0.join(folder::HEAD).exists())
    }
}
