//! A manifest that was written from another place: its lines are the archive's members behind folders that are in none of them.
//!
//! Input: the table when both sides ended. Output: those folders. Invariant: every line that is missing is one of them
//! before a member that is not listed and has the listed content; anything else leaves the names as they are.

use super::flags::{AGAIN, LISTED, SEEN, SYMLINK, UNVERIFIABLE, is_missing};
use super::reconcile::Reconciliation;
use super::table::{Cursor, Index, Table};
use super::told::NO_HASH;
use crate::archive::unpack::{Naming, shown};
use crate::verdict::{Finding, kinds};

/// Ways to read the first missing line that are tried; each takes one look at every line.
const MOST_TRIED: usize = 8;

/// The folders that stand before all missing names.
#[derive(Debug)]
pub(super) struct Elsewhere {
    prefix: Vec<u8>,
    lines: u64,
}

impl Elsewhere {
    /// Finds them, if there are some.
    pub(super) fn of(reconciliation: &Reconciliation) -> Option<Self> {
        let index = reconciliation.index.as_ref()?;
        let table = &reconciliation.table;
        let first = (0..table.len()).find(|entry| is_due(table, *entry))?;
        let mut cursor = Cursor::default();
        cursor.jump(first);
        let name = cursor.name(table)?.to_vec();
        let slashes = name.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
        let fits = |at: &usize| names_member(table, index, &name[*at..], table.hash(first));
        slashes.filter(fits).take(MOST_TRIED).find_map(|at| Self::with(table, index, &name[..at]))
    }

    /// Holds `prefix` against every missing line.
    fn with(table: &Table, index: &Index, prefix: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::default();
        let mut lines = 0;
        for entry in (0..table.len()).filter(|entry| is_due(table, *entry)) {
            cursor.jump(entry);
            let rest = cursor.name(table)?.strip_prefix(prefix)?;
            if !names_member(table, index, rest, table.hash(entry)) {
                return None;
            }
            lines += 1;
        }
        Some(Self { prefix: prefix.to_vec(), lines })
    }

    /// Holds for a member that is meant by a line.
    pub(super) fn means(&self, name: &[u8], reconciliation: &Reconciliation) -> bool {
        let Some(index) = &reconciliation.index else { return false };
        let table = &reconciliation.table;
        let line = [self.prefix.as_slice(), name].concat();
        index.find(table, table.name(&line)).is_some_and(|entry| is_due(table, entry))
    }

    /// Says so.
    pub(super) fn finding(&self, naming: Naming) -> Finding {
        let before = match naming {
            Naming::Open => shown(&self.prefix),
            _ => "folders".to_owned(),
        };
        Finding::new(&kinds::MANIFEST_OTHER_PATHS, format!("{} lines of the manifest", self.lines))
            .expected("names as they are in the archive")
            .observed(format!("{before} before each name, and the content that is listed"))
    }
}

/// Holds for a line whose name is nothing in the archive.
fn is_due(table: &Table, entry: u32) -> bool {
    let flags = table.flags(entry);
    is_missing(flags) && flags & AGAIN == 0
}

/// Holds if a member that is not listed has this name and content.
fn names_member(table: &Table, index: &Index, name: &[u8], hash: &[u8; 32]) -> bool {
    let member = index.find(table, table.name(name));
    member.is_some_and(|member| {
        let read = table.flags(member) & (LISTED | SEEN | SYMLINK | UNVERIFIABLE) == SEEN;
        read && *hash != NO_HASH && table.hash(member) == hash
    })
}
