//! Whether files lie on the volume that their row states.
//!
//! Input: rows, and whether a file that fits was found where it belongs. Output: what can't be judged. Invariant: a folder
//! of the archive is a volume only if its name says so beyond doubt; others may be any.

use super::Meaning;
use crate::archive::unpack::shown;
use crate::mailbox::zimbra::store::{Blob, Facts, Row};

/// The volumes of the server, and those of the archive.
pub(super) struct Volumes<'a> {
    facts: &'a Facts,
    /// What each folder of the archive is, by its number.
    known: Vec<Option<u16>>,
    /// Rows whose file lies on another volume, and the first of them.
    elsewhere: (u64, Option<Row>),
    /// Rows on volumes that are not listed, and the first of them.
    unlisted: (u64, Option<Row>),
}

impl<'a> Volumes<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        let known = facts.places.iter().map(|folder| volume_of(facts, folder)).collect();
        Self { facts, known, elsewhere: (0, None), unlisted: (0, None) }
    }

    /// Holds unless the file lies on another volume than the row states.
    pub(super) fn may_hold(&self, row: &Row, blob: &Blob) -> bool {
        let known = self.known.get(usize::from(blob.volume)).copied().flatten();
        known.is_none_or(|volume| volume == row.volume)
    }

    /// Takes a row in; `placed` says that nothing speaks against the place of its file.
    pub(super) fn note(&mut self, row: &Row, placed: bool) {
        let count = match () {
            () if !self.facts.volumes.contains_key(&row.volume) => &mut self.unlisted,
            () if !placed => &mut self.elsewhere,
            () => return,
        };
        count.0 += 1;
        count.1.get_or_insert(*row);
    }

    pub(super) fn finish(self, meaning: &mut Meaning) {
        if let (rows, Some(first)) = self.elsewhere {
            let path = self.facts.volumes.get(&first.volume).map_or(String::new(), |path| shown(path));
            meaning.open.push(format!(
                "{rows} rows (the first is item {} of mailbox {}) place their blob on another volume than it lies on in the \
                 archive (this one on volume {}, {path}); Zimbra would not find them, unless they were being moved: copy all \
                 volumes from one snapshot, and run `zmblobchk start` on the mail server.",
                first.item, first.mailbox, first.volume
            ));
        }
        // Without any list of the server's there is more to say than this.
        if let (rows, Some(first)) = self.unlisted
            && self.facts.mailboxes.are_listed()
        {
            meaning.open.push(format!(
                "{rows} rows (the first is item {} of mailbox {}, on volume {}) place their blob on a volume that \
                 `zimbra.volume` does not list in what was read, so where Zimbra would look for it is not known; dump the \
                 database `zimbra` whole, and compare with `zmvolume -l`.",
                first.item, first.mailbox, first.volume
            ));
        }
    }
}

/// The one volume whose path ends like the folder's name; of several the one that has most in common with it.
fn volume_of(facts: &Facts, folder: &[u8]) -> Option<u16> {
    let common = |path: &[u8]| {
        let both = components(path).zip(components(folder));
        let same = both.take_while(|(one, other)| one == other).count();
        let whole = same == components(path).count().min(components(folder).count());
        if whole { same } else { 0 }
    };
    let most = facts.volumes.values().map(|path| common(path)).max().filter(|same| *same > 0)?;
    let mut best = facts.volumes.iter().filter(|(_, path)| common(path) == most);
    best.next().filter(|_| best.next().is_none()).map(|(id, _)| *id)
}

/// From the last to the first.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.rsplit(|byte| *byte == b'/').filter(|component| !component.is_empty() && *component != b".")
}
