use std::hash::{BuildHasher, RandomState};

use super::folders::Folders;
use super::line::{Entry, LineError};
use super::table::{Cursor, Index, Name, Table};
use super::{MEMBER, normalised, shown};
use crate::policy::{Bytes, Limits};
use crate::verdict::{Finding, Findings, kinds};

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
    pub(super) findings: Findings,
    pub(super) first: Option<Manifest>,
    /// What may have been meant as the manifest and is none.
    pub(super) instead: Option<String>,
    pub(super) overflow: bool,
    pub(super) folders: Folders,
    later: Option<Manifest>,
    manifest: Side,
    archive: Side,
    members: u64,
    state: RandomState,
}

/// What is known of one manifest.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    source: String,
    /// Lines that name a file other than the manifest.
    pub(super) lines: u64,
    pub(super) malformed: u64,
    /// Its end was reached.
    pub(super) whole: bool,
    /// The keyed hashes of all lines, added up: the same for the same lines in any order.
    sum: u64,
}

/// How far the manifest or the archive has come.
#[derive(Debug, Default)]
struct Side {
    /// Where its next name stands if both have the same order.
    cursor: Cursor,
    /// How many entries of the table it has.
    entries: u32,
}

/// The manifest lists this name.
pub(super) const LISTED: u8 = 1;
/// The archive holds this name.
pub(super) const SEEN: u8 = 2;
/// Both sides have it, with different content.
pub(super) const CHANGED: u8 = 4;
/// The archive holds it in a form that can't be read.
pub(super) const UNVERIFIABLE: u8 = 8;
/// In the archive it is a symbolic link.
pub(super) const SYMLINK: u8 = 16;
/// An entry before this one has the same name.
pub(super) const AGAIN: u8 = 32;

/// Bytes of names for each member that the limit allows; the names of a mail store take 10 to 20.
const NAME_BYTES: u64 = 256;
const NO_HASH: [u8; 32] = [0; 32];

impl Reconciliation {
    /// Nothing listed, nothing seen; at most `limits.members` different names are taken in.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            table: Table::default(),
            index: None,
            findings: Findings::default(),
            first: None,
            instead: None,
            overflow: false,
            folders: Folders::new(limits.members),
            later: None,
            manifest: Side::default(),
            archive: Side::default(),
            members: limits.members,
            state: RandomState::new(),
        }
    }

    /// A manifest begins; `source` says which in a finding (`MANIFEST.b3`, the name of the object beside the archive).
    /// Only the first is compared with the archive, a further one only with the first.
    pub fn manifest_begins(&mut self, source: &str) {
        let manifest = Manifest { source: source.to_owned(), ..Manifest::default() };
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
        self.findings.push(finding);
    }

    /// What stands at `source`, where a manifest may be, is the checksum of the archive.
    pub fn manifest_is_checksum(&mut self, source: &str) {
        self.instead = Some(format!("{source}, the checksum of the archive itself"));
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
        // One that was not read to its end contradicts nobody.
        if first.whole && (first.lines, first.sum) != (later.lines, later.sum) {
            let finding = Finding::new(&kinds::MANIFEST_AMBIGUOUS, later.source)
                .expected(format!("the {} lines of {}", first.lines, first.source()))
                .observed(format!("{} lines that are not the same", later.lines));
            self.findings.push(finding);
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
                self.findings.push(finding);
            }
        }
    }

    /// Line `number` of the manifest says that the content of `path` has this hash.
    pub fn expect(&mut self, path: &[u8], hash: &blake3::Hash, number: u64) {
        let name = &*normalised(path);
        if name == MEMBER {
            let finding = Finding::new(&kinds::MANIFEST_LISTS_ITSELF, self.current().place(number));
            self.findings.push(finding.expected("only other files").observed(shown(path)));
            return;
        }
        let name = self.table.name(name);
        let sum = self.state.hash_one((name.bytes, hash.as_bytes()));
        let manifest = self.current();
        manifest.lines += 1;
        manifest.sum = manifest.sum.wrapping_add(sum);
        if self.later.is_none() {
            self.arrive(LISTED, name, hash.as_bytes());
        }
    }

    /// The archive holds a regular member of this name, whose whole body has this BLAKE3.
    pub fn saw(&mut self, path: &[u8], digest: &blake3::Hash) {
        self.member(path, digest.as_bytes(), 0);
    }

    /// The archive holds a hard link; its content is that of the member `target` before it.
    pub fn saw_link(&mut self, path: &[u8], target: &[u8]) {
        let target_name = normalised(target);
        let name = self.table.name(&target_name);
        let entry = self.indexed(name).filter(|entry| self.table.flags(*entry) & SEEN != 0);
        let Some(entry) = entry else {
            let finding = Finding::new(&kinds::TAR_LINK_DANGLING, shown(path))
                .expected("a link to a member before it")
                .observed(format!("a link to {}", shown(target)));
            self.findings.push(finding);
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
            self.instead = Some(shown(name));
        }
        self.arrive(SEEN | flags, self.table.name(name), hash);
    }

    /// A name comes from the side whose flag is set.
    fn arrive(&mut self, flags: u8, name: Name<'_>, hash: &[u8; 32]) {
        let side = flags & (LISTED | SEEN);
        match self.find(side, name) {
            Some(entry) if self.table.flags(entry) & side != 0 => self.findings.push(twice(side, name.bytes)),
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
    fn indexed(&mut self, name: Name<'_>) -> Option<u32> {
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
                    self.findings.push(twice(side, name));
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
            let (expected, observed) = if from_archive { (other, *hash) } else { (*hash, other) };
            self.findings.push(changed(name.bytes, expected, observed));
        }
        if from_archive {
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
            self.findings.push(finding);
        }
        self.overflow = true;
    }

    fn current(&mut self) -> &mut Manifest {
        match &mut self.later {
            Some(later) => later,
            None => self.first.get_or_insert_default(),
        }
    }
}

impl Manifest {
    pub(super) fn source(&self) -> &str {
        if self.source.is_empty() { "the manifest" } else { &self.source }
    }

    fn place(&self, number: u64) -> String {
        format!("{}, line {number}", self.source())
    }
}

fn twice(side: u8, name: &[u8]) -> Finding {
    let (kind, observed) = if side == LISTED {
        (&kinds::MANIFEST_DUPLICATE_LINE, "listed more than once")
    } else {
        (&kinds::TAR_DUPLICATE_MEMBER, "more than once in the archive")
    };
    Finding::new(kind, shown(name)).expected("once").observed(observed)
}

fn changed(name: &[u8], expected: [u8; 32], observed: [u8; 32]) -> Finding {
    Finding::new(&kinds::MANIFEST_MEMBER_CHANGED, shown(name))
        .expected(format!("BLAKE3 {}", blake3::Hash::from(expected).to_hex()))
        .observed(format!("BLAKE3 {}", blake3::Hash::from(observed).to_hex()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::manifest::Reconciled;
    use crate::verdict::{Coverage, Unit};

    fn hash(content: &str) -> blake3::Hash {
        blake3::hash(content.as_bytes())
    }

    /// Members, a word each: `a=1` a file, `a>b` a hard link, `a@` a symbolic link, `a?` unreadable.
    fn see(reconciliation: &mut Reconciliation, words: &str) {
        for word in words.split_whitespace() {
            if let Some((name, content)) = word.split_once('=') {
                reconciliation.saw(name.as_bytes(), &hash(content));
            } else if let Some((name, target)) = word.split_once('>') {
                reconciliation.saw_link(name.as_bytes(), target.as_bytes());
            } else if let Some(name) = word.strip_suffix('@') {
                reconciliation.saw_symlink(name.as_bytes());
            } else if let Some(name) = word.strip_suffix('?') {
                reconciliation.unverifiable(name.as_bytes());
            }
        }
    }

    fn list(reconciliation: &mut Reconciliation, words: &str) {
        reconciliation.manifest_begins("MANIFEST.b3");
        for (number, word) in (1..).zip(words.split_whitespace()) {
            let (name, content) = word.split_once('=').unwrap();
            reconciliation.expect(name.as_bytes(), &hash(content), number);
        }
        reconciliation.manifest_ends();
    }

    fn new() -> Reconciliation {
        Reconciliation::new(&Limits::default())
    }

    /// The result, and each finding as `id subject`.
    fn finish(reconciliation: Reconciliation) -> (Reconciled, Vec<String>) {
        let mut findings = Findings::default();
        let result = reconciliation.finish(&mut findings);
        (result, findings.iter().map(|finding| format!("{} {}", finding.kind.id, finding.subject)).collect())
    }

    fn first_listed(lines: &str, members: &str) -> (Reconciled, Vec<String>) {
        let mut reconciliation = new();
        list(&mut reconciliation, lines);
        see(&mut reconciliation, members);
        finish(reconciliation)
    }

    fn covers(checked: u64, total: u64) -> Coverage {
        Coverage { checked, total: Some(total), unit: Unit::Members }
    }

    #[test]
    fn the_same_on_both_sides_is_no_finding_wherever_the_manifest_stands() {
        for split in 0..=3 {
            let members = ["./a=1", "./b=2", "./c=3"];
            let mut reconciliation = new();
            see(&mut reconciliation, &members[..split].join(" "));
            list(&mut reconciliation, "a=1 ././b=2 c=3");
            see(&mut reconciliation, &members[split..].join(" "));
            let (result, findings) = finish(reconciliation);
            assert!(findings.is_empty(), "{findings:?}");
            assert!(result.ordered && result.matched == 3 && result.coverage == covers(3, 3));
        }
    }

    #[test]
    fn another_order_is_no_finding() {
        let (result, findings) = first_listed("a=1 b=2 c=3", "c=3 a=1 b=2");
        assert!(findings.is_empty(), "{findings:?}");
        assert!(!result.ordered && result.matched == 3);
    }

    #[test]
    fn both_directions_and_the_content_are_compared() {
        let (result, findings) = first_listed("a=1 b=2 c=3", "a=1 b=X d=4");
        let expected = ["manifest-member-changed b", "manifest-member-missing c", "manifest-member-extra d"];
        assert_eq!(findings, expected);
        assert_eq!((result.matched, result.changed, result.missing, result.extra), (1, 1, 1, 1));
        assert_eq!(result.coverage, covers(2, 4));
    }

    #[test]
    fn a_change_names_the_hash_of_each_side() {
        for manifest_first in [true, false] {
            let mut reconciliation = new();
            let mut findings = Findings::default();
            if manifest_first {
                list(&mut reconciliation, "a=listed");
            }
            see(&mut reconciliation, "a=there");
            if !manifest_first {
                list(&mut reconciliation, "a=listed");
            }
            reconciliation.finish(&mut findings);
            let finding = findings.iter().next().unwrap();
            assert_eq!(finding.expected, format!("BLAKE3 {}", hash("listed")));
            assert_eq!(finding.observed, format!("BLAKE3 {}", hash("there")));
        }
    }

    #[test]
    fn names_are_compared_byte_by_byte() {
        let (result, _) = first_listed("a=1 x/./b=2 .c=3 \u{e9}=4", "A=1 x/b=2 c=3 e\u{301}=4");
        assert_eq!((result.matched, result.missing, result.extra), (1, 3, 3), "only x/b is the same file");
    }

    #[test]
    fn what_stands_twice_is_found_with_and_without_an_index() {
        for (lines, members, expected) in [
            ("a=1 b=2", "a=1 b=2 a=1", vec!["tar-duplicate-member a"]),
            ("a=1 a=1", "a=1", vec!["manifest-duplicate-line a"]),
            ("a=1 a=1", "a=1 a=1", vec!["manifest-duplicate-line a", "tar-duplicate-member a"]),
            ("a=1 b=2 a=1", "b=2 a=1", vec!["manifest-duplicate-line a"]),
            ("./a=1 a=1", "a=1", vec!["manifest-duplicate-line a"]),
        ] {
            let (result, findings) = first_listed(lines, members);
            assert_eq!(findings, expected, "{lines} against {members}");
            assert_eq!(result.duplicates, expected.len() as u64);
            assert_eq!(result.missing + result.extra + result.changed, 0);
        }
    }

    #[test]
    fn a_hard_link_is_worth_its_targets_content() {
        let (result, findings) = first_listed("a=1 b=1 c=1", "a=1 b>./a c>b");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(result.coverage, covers(3, 3));
    }

    #[test]
    fn a_hard_link_to_a_changed_member_is_changed_too() {
        let (result, _) = first_listed("a=1 b=1 c=X d=X", "a=X b>a c>a d>c");
        assert_eq!((result.matched, result.changed), (2, 2));
    }

    #[test]
    fn a_hard_link_to_what_was_not_before_it_dangles() {
        let (result, findings) = first_listed("a=1 b=1", "b>a a=1");
        assert_eq!(findings, ["tar-link-dangling b"]);
        assert_eq!(result.coverage, covers(1, 2));
    }

    #[test]
    fn a_symbolic_link_is_no_file() {
        let (result, findings) = first_listed("a=1", "a=1 b@");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(result.coverage, covers(1, 1));
        let (result, findings) = first_listed("a=1 b=2", "a=1 b@");
        assert_eq!(findings, ["manifest-member-missing b"]);
        assert_eq!(result.coverage, covers(1, 2));
    }

    #[test]
    fn symbolic_links_do_not_disturb_the_order() {
        let mut reconciliation = new();
        see(&mut reconciliation, "a=1 l@ m@ b=2");
        list(&mut reconciliation, "a=1 b=2");
        let (result, findings) = finish(reconciliation);
        assert!(result.ordered && findings.is_empty(), "{findings:?}");
    }

    #[test]
    fn what_can_not_be_read_is_there_but_not_checked() {
        let (result, findings) = first_listed("a=1 b=2", "a? b=2");
        assert!(findings.is_empty(), "{findings:?}");
        assert_eq!(result.coverage, covers(1, 2));
    }

    #[test]
    fn without_a_manifest_nothing_is_checked() {
        let mut reconciliation = new();
        see(&mut reconciliation, "a=1 x/MANIFEST.b3=2");
        let mut findings = Findings::default();
        let result = reconciliation.finish(&mut findings);
        assert!(!result.manifest && result.coverage == covers(0, 2) && result.extra == 0);
        assert_eq!(findings.count(&kinds::MANIFEST_MISSING), 1);
        assert_eq!(findings.iter().next().unwrap().observed, "only x/MANIFEST.b3");
    }

    #[test]
    fn an_empty_manifest_is_no_manifest_of_everything() {
        let (result, findings) = first_listed("MANIFEST.b3=1", "a=1");
        assert_eq!(findings, ["manifest-lists-itself MANIFEST.b3, line 1", "manifest-empty MANIFEST.b3"]);
        assert!(result.manifest && result.coverage == covers(0, 1));
    }

    #[test]
    fn a_manifest_in_a_folder_is_a_member_like_any_other() {
        let (result, findings) = first_listed("x/MANIFEST.b3=1", "x/MANIFEST.b3=1");
        assert!(findings.is_empty() && result.matched == 1);
    }

    #[test]
    fn two_manifests_may_say_the_same() {
        let mut reconciliation = new();
        list(&mut reconciliation, "a=1 b=2 MANIFEST.b3=3");
        see(&mut reconciliation, "a=1 b=2");
        list(&mut reconciliation, "./b=2 a=1");
        let (result, findings) = finish(reconciliation);
        assert_eq!(findings, ["manifest-lists-itself MANIFEST.b3, line 3"]);
        assert_eq!(result.matched, 2);
    }

    #[test]
    fn two_manifests_that_differ_are_ambiguous() {
        for other in ["a=1", "a=1 b=3", "a=1 c=2", "a=1 b=2 b=2"] {
            let mut reconciliation = new();
            list(&mut reconciliation, "a=1 b=2");
            list(&mut reconciliation, other);
            see(&mut reconciliation, "a=1 b=2");
            let (result, findings) = finish(reconciliation);
            assert_eq!(findings, ["manifest-ambiguous MANIFEST.b3"], "{other}");
            assert_eq!(result.matched, 2);
        }
    }

    #[test]
    fn what_was_not_read_to_its_end_contradicts_nobody() {
        for too_large in [false, true] {
            let mut reconciliation = new();
            if too_large {
                reconciliation.manifest_too_large("X.b3", 9, Bytes(8));
            } else {
                reconciliation.manifest_begins("X.b3");
                reconciliation.expect(b"a", &hash("1"), 1);
            }
            list(&mut reconciliation, "a=1 b=2");
            see(&mut reconciliation, "a=1 b=2");
            let (result, findings) = finish(reconciliation);
            let expected: &[&str] = if too_large { &["limit-manifest-size X.b3"] } else { &[] };
            assert_eq!(findings, expected);
            assert!(result.manifest && result.coverage.checked < 2, "{result:?}");
        }
    }

    #[test]
    fn members_that_were_not_reached_are_not_missing() {
        let mut reconciliation = new();
        list(&mut reconciliation, "a=1 b=2 c=3");
        see(&mut reconciliation, "a=1 x=9");
        let mut findings = Findings::default();
        let result = reconciliation.abandon(&mut findings);
        assert_eq!((result.missing, result.extra, result.coverage), (0, 1, covers(1, 4)));
        assert_eq!(findings.count(&kinds::MANIFEST_MEMBER_EXTRA), 1);
    }

    #[test]
    fn before_the_manifests_end_nothing_is_extra() {
        let mut reconciliation = new();
        see(&mut reconciliation, "a=1 b=2 c=3");
        reconciliation.manifest_begins("MANIFEST.b3");
        reconciliation.expect(b"a", &hash("1"), 1);
        let mut findings = Findings::default();
        let result = reconciliation.abandon(&mut findings);
        assert!(findings.is_empty() && result.extra == 0 && result.matched == 1);
        assert_eq!(result.coverage.total, None);
        let mut findings = Findings::default();
        let result = new().abandon(&mut findings);
        assert!(findings.is_empty() && !result.manifest);
    }

    #[test]
    fn lines_that_can_not_be_read_are_findings_with_their_number() {
        let mut reconciliation = new();
        reconciliation.manifest_begins("X.b3");
        reconciliation.take(7, Err(LineError::Hash));
        reconciliation.manifest_ends();
        see(&mut reconciliation, "a=1");
        let (result, findings) = finish(reconciliation);
        assert_eq!(findings, ["manifest-malformed X.b3, line 7"]);
        assert_eq!((result.extra, result.coverage), (0, covers(0, 1)));
    }

    #[test]
    fn more_names_than_the_limit_are_one_finding_and_no_claim() {
        let mut reconciliation = Reconciliation::new(&Limits { members: 2, ..Limits::default() });
        list(&mut reconciliation, "a=1 b=2 c=3 d=4");
        see(&mut reconciliation, "a=1 x=1");
        let (result, findings) = finish(reconciliation);
        assert_eq!(findings, ["limit-members manifest and members"]);
        assert_eq!((result.missing, result.extra, result.coverage.total), (0, 0, None));
    }
}
