//! What is found while a manifest and an archive are compared.
//!
//! Input: findings, and the names they are about. Output: findings in which members are named as they may be.
//! Invariant: whether the names are those of an export's members turns out late, as a manifest may come before all
//! members; until then both wordings are kept.

use super::flags::{LISTED, SYMLINK};
use crate::archive::unpack::{Naming, item, names_an_item, shown};
use crate::verdict::{Finding, Findings, Kind, kinds};

/// The hash of what has no content.
pub(super) const NO_HASH: [u8; 32] = [0; 32];
/// Hexadecimal digits of a BLAKE3 that find a line in a manifest.
const DIGITS: usize = 16;

/// Findings in two wordings, of which one remains.
#[derive(Debug, Default)]
pub(super) struct Told {
    open: Findings,
    inside: Findings,
    /// A name came that only a member of an export has.
    export: bool,
}

/// A member or a line that a finding is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) name: &'a [u8],
    /// The BLAKE3 of its content, [`NO_HASH`] where it has none.
    pub(super) hash: &'a [u8; 32],
}

impl Told {
    /// Takes note of a name.
    pub(super) fn learn(&mut self, name: &[u8]) {
        self.export = self.export || names_an_item(name);
    }

    /// Takes note that the archive is an export.
    pub(super) fn is_inside_export(&mut self) {
        self.export = true;
    }

    /// How members are named by what is known so far.
    pub(super) fn naming(&self) -> Naming {
        if self.export { Naming::Inside } else { Naming::Undecided }
    }

    /// Takes in a finding that names no member.
    pub(super) fn push(&mut self, finding: Finding) {
        self.open.push(finding.clone());
        self.inside.push(finding);
    }

    /// Takes in a finding that names members, as `say` words it.
    pub(super) fn push_named(&mut self, say: impl Fn(Naming) -> Finding) {
        self.open.push(say(Naming::Open));
        self.inside.push(say(Naming::Inside));
    }

    /// How many findings of `kind` there are.
    pub(super) fn count(&self, kind: &Kind) -> u64 {
        self.open.count(kind)
    }

    /// What remains, now that all names came.
    pub(super) fn into_findings(self) -> Findings {
        if self.export { self.inside } else { self.open }
    }
}

impl Subject<'_> {
    /// The name outside an export. Inside one the item, or else the content: its digits stand in the manifest.
    fn shown(self, naming: Naming) -> String {
        if naming == Naming::Open {
            return shown(self.name);
        }
        item(self.name).unwrap_or_else(|| match *self.hash {
            NO_HASH => "a member without content".to_owned(),
            hash => format!("file with BLAKE3 {}…", &blake3::Hash::from(hash).to_hex()[..DIGITS]),
        })
    }

    /// It came again on one side.
    pub(super) fn twice(self, side: u8, naming: Naming) -> Finding {
        let (kind, observed) = if side == LISTED {
            (&kinds::MANIFEST_DUPLICATE_LINE, "listed more than once")
        } else {
            (&kinds::TAR_DUPLICATE_MEMBER, "more than once in the archive")
        };
        Finding::new(kind, self.shown(naming)).expected("once").observed(observed)
    }

    /// Its content is `observed` in the archive, and not what is listed.
    pub(super) fn changed(self, observed: &[u8; 32], naming: Naming) -> Finding {
        let blake3 = |hash: &[u8; 32]| format!("BLAKE3 {}", blake3::Hash::from(*hash).to_hex());
        Finding::new(&kinds::MANIFEST_MEMBER_CHANGED, self.shown(naming))
            .expected(blake3(self.hash))
            .observed(blake3(observed))
    }

    /// It is listed and no file in the archive.
    pub(super) fn missing(self, flags: u8, naming: Naming) -> Finding {
        let observed = if flags & SYMLINK != 0 {
            "only a symbolic link or a special file"
        } else {
            "not in the archive"
        };
        Finding::new(&kinds::MANIFEST_MEMBER_MISSING, self.shown(naming))
            .expected("a file")
            .observed(observed)
    }

    /// It is in the archive and not listed.
    pub(super) fn extra(self, naming: Naming) -> Finding {
        Finding::new(&kinds::MANIFEST_MEMBER_EXTRA, self.shown(naming))
            .expected("a line in the manifest")
            .observed("none")
    }

    /// It has members below it and is no folder.
    pub(super) fn no_folder(self, flags: u8, naming: Naming) -> Finding {
        let kind = if flags & SYMLINK != 0 { &kinds::TAR_PATH_UNSAFE } else { &kinds::TAR_DUPLICATE_MEMBER };
        let finding = Finding::new(kind, self.shown(naming)).expected("a file or a folder");
        finding.observed("both, so that a restore loses one of them")
    }
}

/// The hard link at `index` has a `target` that was not before it.
pub(super) fn dangling(index: u64, name: &[u8], target: &[u8], naming: Naming) -> Finding {
    let (subject, target) = match naming {
        Naming::Open => (shown(name), shown(target)),
        _ => (naming.subject(index, name), item(target).unwrap_or_else(|| "another name".to_owned())),
    };
    Finding::new(&kinds::TAR_LINK_DANGLING, subject)
        .expected("a link to a member before it")
        .observed(format!("a link to {target}"))
}
