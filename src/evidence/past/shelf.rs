//! A folder of records, read one by one.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::Past;
use crate::evidence::dsse::Envelope;
use crate::evidence::folder::{self, Listing};
use crate::evidence::link::Link;
use crate::evidence::statement::PAYLOAD_TYPE;

/// The records of a folder, in their order.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    listing: Listing,
}

impl Shelf {
    /// Lists a folder; no record is read yet.
    ///
    /// # Errors
    /// The system's answer if it can't be listed.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: folder.to_owned(), listing: folder::list(folder)? })
    }

    /// The folder itself.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The numbers of its records, ascending.
    #[must_use]
    pub fn numbers(&self) -> &[u64] {
        &self.listing.numbers
    }

    /// Numbers before the last one of which there is no record.
    #[must_use]
    pub fn missing(&self) -> u64 {
        let numbers = self.numbers();
        numbers.last().map_or(0, |last| last - numbers.len() as u64)
    }

    /// Files that are no part of a chain, such as records of earlier versions.
    #[must_use]
    pub fn others(&self) -> u64 {
        self.listing.others
    }

    /// Each record, or why it can't be read. What one record says is dropped before the next is read, unless it is kept.
    pub fn iter(&self) -> impl Iterator<Item = (u64, Result<Past, String>)> + '_ {
        self.numbers().iter().map(|number| (*number, self.read(*number)))
    }

    /// Reads the record of this number. Its signature is not looked at, nor what ties it to others.
    ///
    /// # Errors
    /// Why it can't be read, in words.
    pub fn read(&self, number: u64) -> Result<Past, String> {
        let path = self.folder.join(folder::name_of(number));
        let bytes = folder::read(&path).map_err(|error| format!("the file can't be read: {error}"))?;
        let Envelope { payload_type, payload, .. } = Envelope::read(&bytes)?;
        drop(bytes);
        if payload_type != PAYLOAD_TYPE {
            return Err(format!("its payload is `{payload_type}`"));
        }
        let past = Past::read(&payload)?;
        match past.sequence == number {
            true => Ok(past),
            false => Err(format!("it states another number than its file: {}", past.sequence)),
        }
    }

    /// The number and the digests of a record's file.
    ///
    /// # Errors
    /// The system's answer.
    pub fn link(&self, number: u64) -> io::Result<Link> {
        let bytes = folder::read(&self.folder.join(folder::name_of(number)))?;
        Ok(Link::to(number, &bytes))
    }

    /// What tells a record's file from any other that was there before: its length, its inode and its last change, which
    /// nobody can date back.
    ///
    /// # Errors
    /// The system's answer.
    pub fn stamp(&self, number: u64) -> io::Result<String> {
        let file = fs::metadata(self.folder.join(folder::name_of(number)))?;
        let changed = (file.ctime(), file.ctime_nsec());
        Ok(format!("{}:{}:{}.{:09}", file.len(), file.ino(), changed.0, changed.1))
    }
}
