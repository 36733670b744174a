use std::hash::{BuildHasher, RandomState};

use super::flags::{LISTED, SEEN, SYMLINK, UNVERIFIABLE};
use super::folders::Folders;
use super::line::{Entry, LineError};
use super::meet::Side;
use super::source::Manifest;
use super::table::{Index, Table};
use super::told::{self, NO_HASH, Told};
use super::{MEMBER, normalised};
use crate::archive::unpack::{Naming, shown};
use crate::policy::{Bytes, Limits};
use crate::verdict::{Finding, kinds};

/// Compares what a manifest lists with what the archive holds while both stream by.
///
/// Lines and members may come in any interleaving: the manifest before the archive, as its first or last
/// member or amidst. As long as both have the same order only two places in one table move on; the first
/// name out of order makes an index. Names are compared byte by byte after leading `./` components. Where a name stands
/// twice on one side, its first occurrence is compared and the others are findings.
#[derive(Debug)]
pub struct Reconciliation {
    pub(super) table: Table,
    pub(super) index: Option<Index>,
    pub(super) told: Told,
    pub(super) first: Option<Manifest>,
    pub(super) instead: Option<Instead>,
    pub(super) overflow: bool,
    pub(super) folders: Folders,
    pub(super) manifest: Side,
    pub(super) archive: Side,
    /// How many different names are taken in.
    pub(super) members: u64,
    later: Option<Manifest>,
    state: RandomState,
}

/// What may have been meant as the manifest and is none.
#[derive(Debug)]
pub(super) enum Instead {
    /// The checksum of the archive, at this place.
    Checksum(String),
    /// A member of this name in a folder.
    InFolder(String),
}

impl Reconciliation {
    /// Nothing listed, nothing seen; at most `limits.members` different names are taken in.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            table: Table::default(),
            index: None,
            told: Told::default(),
            first: None,
            instead: None,
            overflow: false,
            folders: Folders::new(limits.members),
            manifest: Side::default(),
            archive: Side::default(),
            members: limits.members,
            later: None,
            state: RandomState::new(),
        }
    }

    /// A manifest begins; `source` says which in a finding (`MANIFEST.b3`, the name of the object beside the archive).
    /// Only the first is compared with the archive, a further one only with the first.
    pub fn manifest_begins(&mut self, source: &str) {
        let manifest = Manifest::new(source);
        if self.first.is_none() {
            self.first = Some(manifest);
        } else {
            self.later = Some(manifest);
        }
    }

    /// A manifest of `size` bytes is there, which is more than `limit`: nothing of it will be taken in.
    pub fn manifest_too_large(&mut self, source: &str, size: u64, limit: Bytes) {
        self.manifest_begins(source);
        let finding = Finding::new(&kinds::LIMIT_MANIFEST_SIZE, source)
            .expected(format!("at most {} bytes", limit.0))
            .observed(format!("{size} bytes"));
        self.told.push(finding);
    }

    /// What stands at `source`, where a manifest may be, is the checksum of the archive.
    pub fn manifest_is_checksum(&mut self, source: &str) {
        self.instead = Some(Instead::Checksum(source.to_owned()));
    }

    /// The archive is an export: its members are not named by their names.
    pub fn is_inside_export(&mut self) {
        self.told.is_inside_export();
    }

    /// How members are named by the names that came so far.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.told.naming()
    }

    /// Whether a manifest began.
    #[must_use]
    pub fn has_manifest(&self) -> bool {
        self.first.is_some()
    }

    /// The end of the manifest was reached; without this nothing counts as extra.
    pub fn manifest_ends(&mut self) {
        let Some(later) = self.later.take() else {
            self.current().whole = true;
            return;
        };
        let first = self.current();
        if first.contradicts(&later) {
            let finding = Finding::new(&kinds::MANIFEST_AMBIGUOUS, later.source())
                .expected(format!("the {} lines of {}", first.lines, first.source()))
                .observed(format!("{} lines that are not the same", later.lines));
            self.told.push(finding);
        }
    }

    /// Takes in what the parser of the manifest yields, right or wrong.
    pub fn take(&mut self, number: u64, line: Result<Entry<'_>, LineError>) {
        match line {
            Ok(entry) => self.expect(&entry.path, &entry.hash, number),
            Err(error) => {
                let manifest = self.current();
                manifest.malformed += 1;
                let finding = Finding::new(&kinds::MANIFEST_MALFORMED, manifest.place(number))
                    .expected("a line as b3sum writes it")
                    .observed(error.to_string());
                self.told.push(finding);
            }
        }
    }

    /// Line `number` of the manifest says that the content of `path` has this hash.
    pub fn expect(&mut self, path: &[u8], hash: &blake3::Hash, number: u64) {
        let name = &*normalised(path);
        if name == MEMBER {
            let finding = Finding::new(&kinds::MANIFEST_LISTS_ITSELF, self.current().place(number));
            self.told.push(finding.expected("only other files").observed(shown(path)));
            return;
        }
        let name = self.table.name(name);
        let keyed = self.state.hash_one((name.bytes, hash.as_bytes()));
        self.current().add_line(keyed);
        if self.later.is_none() {
            self.arrive(LISTED, name, hash.as_bytes());
        }
    }

    /// The archive holds a regular member of this name, whose whole body has this BLAKE3.
    pub fn saw(&mut self, path: &[u8], digest: &blake3::Hash) {
        self.member(path, digest.as_bytes(), 0);
    }

    /// The archive holds a hard link as its member `index`; its content is that of the member `target` before it.
    pub fn saw_link(&mut self, index: u64, path: &[u8], target: &[u8]) {
        let target_name = normalised(target);
        let name = self.table.name(&target_name);
        let entry = self.indexed(name).filter(|entry| self.table.flags(*entry) & SEEN != 0);
        let Some(entry) = entry else {
            self.told.push_named(|naming| told::dangling(index, path, target, naming));
            return self.unverifiable(path);
        };
        let hash = *self.table.hash(entry);
        self.member(path, &hash, self.table.flags(entry) & (UNVERIFIABLE | SYMLINK));
    }

    /// The archive holds a folder of this name; it may come several times.
    pub fn saw_folder(&mut self, path: &[u8]) {
        self.folders.add(&normalised(path));
    }

    /// The archive holds a symbolic link, a device or the like of this name, which is no file.
    pub fn saw_symlink(&mut self, path: &[u8]) {
        self.member(path, &NO_HASH, SYMLINK);
    }

    /// The archive holds a member of this name whose content can't be had (sparse, cut, vendor extension).
    pub fn unverifiable(&mut self, path: &[u8]) {
        self.member(path, &NO_HASH, UNVERIFIABLE);
    }

    fn member(&mut self, path: &[u8], hash: &[u8; 32], flags: u8) {
        let name = &*normalised(path);
        if self.instead.is_none() && name.ends_with(b"/MANIFEST.b3") {
            self.instead = Some(Instead::InFolder(shown(name)));
        }
        self.arrive(SEEN | flags, self.table.name(name), hash);
    }

    fn current(&mut self) -> &mut Manifest {
        match &mut self.later {
            Some(later) => later,
            None => self.first.get_or_insert_default(),
        }
    }
}

#[cfg(test)]
mod tests;
