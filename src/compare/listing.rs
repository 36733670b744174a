use std::collections::HashMap;

use crate::live::{Folder, Folders, Listed, LiveError};

/// All messages of a live mailbox, found by their size.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) folders: Vec<Folder>,
    entries: Vec<Entry>,
    by_size: HashMap<u64, Vec<usize>>,
}

/// A live message.
#[derive(Debug)]
pub(super) struct Entry {
    /// Position of its folder in the list.
    pub(super) folder: usize,
    pub(super) listed: Listed,
}

impl Listing {
    /// Asks for the lists of all folders.
    pub(super) fn read(live: &mut dyn Folders) -> Result<Self, LiveError> {
        let mut listing = Self { folders: live.folders()?, ..Self::default() };
        for (position, folder) in listing.folders.iter().enumerate() {
            let entries = &mut listing.entries;
            live.list(folder, &mut |listed| entries.push(Entry { folder: position, listed }))?;
        }
        for (position, entry) in listing.entries.iter().enumerate() {
            listing.by_size.entry(entry.listed.size).or_default().push(position);
        }
        Ok(listing)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The message at a position.
    pub(super) fn get(&self, position: usize) -> &Entry {
        &self.entries[position]
    }

    /// Positions of all messages.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate()
    }

    /// Positions of the messages of this size, those of this date first.
    pub(super) fn alike(&self, size: u64, date: i64) -> Vec<usize> {
        let mut alike = self.by_size.get(&size).cloned().unwrap_or_default();
        alike.sort_by_key(|position| self.get(*position).listed.date != Some(date));
        alike
    }
}
