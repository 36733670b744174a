use std::collections::{BTreeSet, HashMap, HashSet};

use super::is_left_out;
use crate::live::{Folder, Folders, Listed, LiveError, Purpose};
use crate::mailbox::Item;

/// All messages of a live mailbox, found by their size and their date.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) folders: Vec<Folder>,
    entries: Vec<Entry>,
    by_size: HashMap<u64, Vec<usize>>,
    by_date: HashMap<i64, Vec<usize>>,
}

/// A live message.
#[derive(Debug)]
pub(super) struct Entry {
    /// Position of its folder in the list.
    pub(super) folder: usize,
    pub(super) listed: Listed,
}

impl Listing {
    /// Asks for the lists of all folders. Where a folder shows the messages of others once more, each is taken once.
    pub(super) fn read(live: &mut dyn Folders) -> Result<Self, LiveError> {
        let mut folders = live.folders()?;
        folders.retain(|folder| folder.purpose != Purpose::Selection);
        // What shows all messages comes last, when it is known which of them lie elsewhere.
        folders.sort_by_key(|folder| folder.purpose == Purpose::Everything);
        let mut listing = Self { folders, ..Self::default() };
        let mut elsewhere: HashMap<(u64, Option<i64>), u64> = HashMap::new();
        for (position, folder) in listing.folders.iter().enumerate() {
            let entries = &mut listing.entries;
            live.list(folder, &mut |listed| {
                let others = elsewhere.entry((listed.size, listed.date)).or_default();
                match folder.purpose {
                    Purpose::Everything if *others > 0 => *others -= 1,
                    Purpose::Everything => entries.push(Entry { folder: position, listed }),
                    _ => {
                        *others += 1;
                        entries.push(Entry { folder: position, listed });
                    }
                }
            })?;
        }
        for (position, entry) in listing.entries.iter().enumerate() {
            listing.by_size.entry(entry.listed.size).or_default().push(position);
            if let Some(date) = entry.listed.date {
                listing.by_date.entry(date).or_default().push(position);
            }
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

    /// Positions of the messages of this second.
    pub(super) fn of_second(&self, date: i64) -> &[usize] {
        self.by_date.get(&date).map_or(&[], Vec::as_slice)
    }

    /// Whether the message at a position may be `item`: as in [`Self::alike`].
    pub(super) fn are_alike(&self, position: usize, item: &Item) -> bool {
        let listed = &self.get(position).listed;
        let in_its_second = listed.date == Some(item.date) && line_ends_explain(listed.size, item.size);
        listed.size == item.size || in_its_second
    }

    /// Positions of the messages that may be one of `kin`, those of their seconds first; none of them twice.
    pub(super) fn alike_any(&self, kin: &[Item]) -> Vec<usize> {
        let mut seen = HashSet::new();
        let of_seconds = kin.iter().flat_map(|item| {
            let of_second = self.of_second(item.date).iter().copied();
            of_second.filter(|position| self.are_alike(*position, item))
        });
        let sizes: BTreeSet<u64> = kin.iter().map(|item| item.size).collect();
        let of_sizes = sizes.iter().filter_map(|size| self.by_size.get(size)).flatten().copied();
        of_seconds.chain(of_sizes).filter(|position| seen.insert(*position)).collect()
    }

    /// Whether the message lies in Trash or Junk, which exports leave out.
    pub(super) fn is_left_out(&self, position: usize) -> bool {
        is_left_out(&self.folders[self.get(position).folder])
    }

    /// Positions of the messages that may be `item`: of its size and second, of its second with a size that other line
    /// ends could explain, and of its size.
    pub(super) fn alike(&self, item: &Item) -> Vec<usize> {
        let positions = |of: Option<&Vec<usize>>| of.cloned().unwrap_or_default();
        let mut alike = positions(self.by_size.get(&item.size));
        alike.retain(|position| self.get(*position).listed.date != Some(item.date));
        let mut of_its_second = positions(self.by_date.get(&item.date));
        let size = |position: &usize| self.get(*position).listed.size;
        of_its_second.retain(|position| line_ends_explain(size(position), item.size));
        of_its_second.sort_by_key(|position| size(position) != item.size);
        of_its_second.append(&mut alike);
        of_its_second
    }
}

/// Whether one of two sizes can be the other with LF for every CRLF: at the most it is half.
pub(super) fn line_ends_explain(one: u64, other: u64) -> bool {
    one.max(other).div_ceil(2) <= one.min(other)
}
