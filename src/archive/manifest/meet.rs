//! How a name from one side meets the same name from the other.
//!
//! Input: names in the order of the manifest and in that of the archive, interleaved. Output: one entry of the table for each,
//! with what both sides say of it. Invariant: while both sides have the same order no name is looked up.

use super::flags::{AGAIN, CHANGED, LISTED, SEEN, SYMLINK, UNVERIFIABLE};
use super::reconcile::Reconciliation;
use super::table::{Cursor, Index, Name};
use super::told::Subject;
use crate::verdict::{Finding, kinds};

/// Bytes of names for each member that the limit allows; the names of a mail store take 10 to 20.
const NAME_BYTES: u64 = 256;

/// How far the manifest or the archive has come.
#[derive(Debug, Default)]
pub(super) struct Side {
    /// Where its next name stands if both have the same order.
    cursor: Cursor,
    /// How many entries of the table it has.
    entries: u32,
}

impl Reconciliation {
    /// A name comes from the side whose flag is set.
    pub(super) fn arrive(&mut self, flags: u8, name: Name<'_>, hash: &[u8; 32]) {
        self.told.learn(name.bytes);
        let side = flags & (LISTED | SEEN);
        match self.find(side, name) {
            Some(entry) if self.table.flags(entry) & side != 0 => self.tell_twice(side, name.bytes, hash),
            Some(entry) => self.join(entry, flags, name, hash),
            None => self.append(flags, name, hash),
        }
    }

    /// The entry of this name, if either side has brought it.
    fn find(&mut self, side: u8, name: Name<'_>) -> Option<u32> {
        if let Some(entry) = self.next_in_order(side, name) {
            return Some(entry);
        }
        // Without an index, and with all entries from this side, the name is new to the table or stands twice
        // on this side; building the index tells that later, in one go.
        if self.index.is_none() && self.side(side).entries == self.table.len() {
            return None;
        }
        let entry = self.indexed(name)?;
        if self.table.flags(entry) & side == 0 {
            self.side(side).cursor.jump(entry + 1);
        }
        Some(entry)
    }

    fn next_in_order(&mut self, side: u8, name: Name<'_>) -> Option<u32> {
        let cursor = if side == LISTED { &mut self.manifest.cursor } else { &mut self.archive.cursor };
        loop {
            let entry = cursor.entry(&self.table)?;
            let flags = self.table.flags(entry);
            // Comparing the keys first saves writing a name out that is another.
            let same = self.table.key(entry) == name.key && cursor.name(&self.table) == Some(name.bytes);
            if same && flags & (side | AGAIN) == 0 {
                cursor.advance();
                return Some(entry);
            }
            // A manifest leaves symbolic links out.
            if side == SEEN || flags & (SYMLINK | LISTED) != SYMLINK {
                return None;
            }
            cursor.advance();
        }
    }

    fn side(&mut self, side: u8) -> &mut Side {
        if side == LISTED { &mut self.manifest } else { &mut self.archive }
    }

    /// Looks a name up in the index, which is built the first time.
    pub(super) fn indexed(&mut self, name: Name<'_>) -> Option<u32> {
        if self.index.is_none() {
            self.build_index();
        }
        self.index.as_ref()?.find(&self.table, name)
    }

    /// Builds the index, which shows what came twice while no index was needed.
    pub(super) fn build_index(&mut self) {
        let mut again = Vec::new();
        let index = Index::build(&self.table, |later, first, name| {
            let (flags, before) = (self.table.flags(later), self.table.flags(first));
            for side in [LISTED, SEEN] {
                if flags & before & side != 0 {
                    let subject = Subject { name, hash: self.table.hash(later) };
                    self.told.push_named(|naming| subject.twice(side, naming));
                }
            }
            again.push((later, first));
        });
        for (later, first) in again {
            let flags = self.table.flags(later);
            self.table.set_flags(first, self.table.flags(first) | flags & (LISTED | SEEN));
            self.table.set_flags(later, flags | AGAIN);
        }
        self.index = Some(index);
    }

    /// The second side of a name has come.
    fn join(&mut self, entry: u32, flags: u8, name: Name<'_>, hash: &[u8; 32]) {
        let mut flags = flags | self.table.flags(entry);
        let other = *self.table.hash(entry);
        let from_archive = self.table.flags(entry) & SEEN == 0;
        if flags & (UNVERIFIABLE | SYMLINK) == 0 && other != *hash {
            flags |= CHANGED;
            let (listed, observed) = if from_archive { (&other, hash) } else { (hash, &other) };
            let subject = Subject { name: name.bytes, hash: listed };
            self.told.push_named(|naming| subject.changed(observed, naming));
        }
        if from_archive && flags & (UNVERIFIABLE | SYMLINK) == 0 {
            // What a hard link to this member is worth is its content, not what the manifest says of it.
            self.table.set_hash(entry, hash);
        }
        self.table.set_flags(entry, flags);
        self.side(if from_archive { SEEN } else { LISTED }).entries += 1;
    }

    /// The first side of a name has come.
    fn append(&mut self, flags: u8, name: Name<'_>, hash: &[u8; 32]) {
        let entry = if self.has_room() { self.table.push(name, hash, flags) } else { None };
        let Some(entry) = entry else { return self.overflowed() };
        if let Some(index) = &mut self.index {
            index.insert(&self.table, entry);
        }
        let whole = self.index.is_none();
        let side = self.side(flags & (LISTED | SEEN));
        side.entries += 1;
        if whole {
            side.cursor.jump(entry + 1);
        }
    }

    fn has_room(&self) -> bool {
        u64::from(self.table.len()) < self.members
            && self.table.name_bytes() < self.members.saturating_mul(NAME_BYTES)
    }

    fn overflowed(&mut self) {
        if !self.overflow {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, "manifest and members")
                .expected(format!("at most {} names, {NAME_BYTES} bytes each on average", self.members))
                .observed("more");
            self.told.push(finding);
        }
        self.overflow = true;
    }

    fn tell_twice(&mut self, side: u8, name: &[u8], hash: &[u8; 32]) {
        let subject = Subject { name, hash };
        self.told.push_named(|naming| subject.twice(side, naming));
    }
}
