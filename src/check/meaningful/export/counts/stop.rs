//! Where an export was given up (mode 3): Zimbra ends it well where an item fails, and leaves out all that would follow
//! (`ArchiveFormatter.java`). It searches in whatever order the index has, so only two orders tell.

use super::{Counts, due};
use crate::mailbox::Item;

/// In which order an export brings its items.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sequence {
    /// The items of each folder come together.
    by_folder: bool,
    /// No number is behind a higher one.
    by_number: bool,
}

impl Sequence {
    /// The order of items that lie in so many `folders`.
    pub(super) fn of<'a>(items: impl Iterator<Item = &'a Item> + Clone, folders: usize) -> Self {
        let mut before = None;
        let runs = items.clone().filter(|item| before.replace(item.folder) != Some(item.folder)).count();
        Self { by_folder: runs == folders, by_number: items.is_sorted_by_key(|item| item.id) }
    }
}

impl<'a> Counts<'a> {
    /// Where the export was given up, as far as that shows: by the order in which the items came.
    pub(super) fn stop(&self, shift: u64) -> Option<&'a Item> {
        let last = self.last.filter(|_| self.missing_in_all() > shift)?;
        let by_folder = self.sequence.by_folder && self.stops_between_folders(last, shift);
        let by_number = self.sequence.by_number && self.stops_between_numbers(last);
        (by_folder || by_number).then_some(last)
    }

    /// Of the folders that were begun all but the last are there, of the others nothing.
    fn stops_between_folders(&self, last: &Item, shift: u64) -> bool {
        let (mut begun, untouched): (Vec<_>, Vec<_>) =
            self.judged().partition(|folder| self.seen.contains_key(&folder.id));
        begun.retain(|folder| folder.id != last.folder);
        begun.iter().all(|folder| self.missing(folder) <= shift)
            && untouched.iter().any(|folder| due(folder) > 0)
    }

    /// Every folder that lacks items got its newest after the last item that came: at that time its next UID was above
    /// all numbers of the mailbox (`Folder.updateUIDNEXT`).
    fn stops_between_numbers(&self, last: &Item) -> bool {
        let mut short = self.judged().filter(|folder| self.missing(folder) > 0);
        short.all(|folder| folder.next_uid.is_some_and(|uid| uid > last.id.0.saturating_add(1)))
    }
}
