//! Messages as files: a name that stays, and flags behind it.

use rustix::fd::OwnedFd;
use rustix::fs::FileType;

use super::place::{Found, Place};
use crate::live::{Fault, Flags};

/// The parts of a folder in which messages lie: those that were seen by a program, and those that were not.
pub(super) const PARTS: [&[u8]; 2] = [b"cur", b"new"];

/// A message as its file stands for it.
#[derive(Debug)]
pub(super) struct Message {
    /// The name up to the flags, which stays the same as long as the message is in the folder.
    pub(super) unique: Box<[u8]>,
    /// The whole name, and the part it lies in, when it was listed.
    pub(super) file: Box<[u8]>,
    pub(super) part: &'static [u8],
}

/// `cur` and `new` of a folder, where they are there.
pub(super) struct Parts([Option<OwnedFd>; 2]);

impl Parts {
    pub(super) fn of(directory: Option<&OwnedFd>) -> Result<Self, Fault> {
        let enter = |part| directory.map_or(Ok(None), |directory| directory.enter(part));
        let [cur, new] = PARTS;
        Ok(Self([enter(cur)?, enter(new)?]))
    }

    fn part(&self, part: &[u8]) -> Option<&OwnedFd> {
        PARTS.iter().zip(&self.0).find(|(name, _)| **name == part)?.1.as_ref()
    }

    pub(super) fn look_at(&self, message: &Message) -> Result<Option<Found>, Fault> {
        self.part(message.part).map_or(Ok(None), |part| part.look_at(&message.file))
    }

    pub(super) fn open(&self, part: &[u8], file: &[u8]) -> Result<Option<(std::fs::File, Found)>, Fault> {
        self.part(part).map_or(Ok(None), |part| part.open(file))
    }
}

/// The part of a file's name that stays, and its flags.
pub(super) fn split(file: &[u8]) -> (&[u8], &[u8]) {
    let colon = file.iter().position(|byte| *byte == b':').unwrap_or(file.len());
    let (unique, info) = file.split_at(colon);
    (unique, info.strip_prefix(b":2,").unwrap_or_default())
}

pub(super) fn flags(letters: &[u8]) -> Flags {
    let has = |letter| letters.contains(&letter);
    Flags { seen: has(b'S'), answered: has(b'R'), flagged: has(b'F'), deleted: has(b'T'), draft: has(b'D') }
}

/// What can't be a message: anything but a regular file.
pub(super) fn is_message(kind: FileType) -> Result<(), Fault> {
    if kind == FileType::RegularFile {
        return Ok(());
    }
    let what =
        if kind == FileType::Symlink { "a symbolic link, which is not followed" } else { "no regular file" };
    Err(Fault::Io { detail: format!("a message is {what}") })
}
