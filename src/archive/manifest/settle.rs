use super::elsewhere::Elsewhere;
use super::flags::{AGAIN, CHANGED, LISTED, SEEN, SYMLINK, UNVERIFIABLE, is_extra, is_missing};
use super::reconcile::{Instead, Reconciliation};
use super::table::Cursor;
use super::told::Subject;
use crate::archive::unpack::Naming;
use crate::verdict::{Coverage, Finding, Findings, Unit, kinds};

/// What a comparison of a manifest with an archive came to. Each name counts once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconciled {
    /// Files whose content was compared, of all that are listed or in the archive.
    pub coverage: Coverage,
    /// Whether there was a manifest at all.
    pub manifest: bool,
    /// Files the manifest lists.
    pub listed: u64,
    /// Files whose content is what the manifest says.
    pub matched: u64,
    /// Files whose content is not.
    pub changed: u64,
    /// Listed files that are not in the archive; 0 if its end was not reached.
    pub missing: u64,
    /// Files in the archive that are not listed; 0 if the manifest's end was not reached.
    pub extra: u64,
    /// Names that came again, on either side.
    pub duplicates: u64,
    /// Whether manifest and archive had the same order.
    pub ordered: bool,
}

/// What may be said of names that only one side has.
#[derive(Debug, Clone, Copy)]
struct Claims {
    missing: bool,
    extra: bool,
    total: bool,
}

impl Claims {
    /// Holds if it may be said of an entry that only one side has it.
    fn one_sided(self, flags: u8) -> bool {
        self.missing && is_missing(flags) || self.extra && is_extra(flags)
    }
}

impl Reconciliation {
    /// The end of the archive was reached: what is listed and was not seen is missing.
    pub fn finish(mut self, findings: &mut Findings) -> Reconciled {
        self.judge_manifest();
        self.settle(true, findings)
    }

    /// The archive was not read to its end: members that were not reached are not missing.
    pub fn abandon(self, findings: &mut Findings) -> Reconciled {
        self.settle(false, findings)
    }

    fn judge_manifest(&mut self) {
        let finding = match &self.first {
            None => {
                let instead = &self.instead;
                return self.told.push_named(|naming| no_manifest(instead.as_ref(), naming));
            }
            Some(manifest) if manifest.whole && manifest.lines == 0 && manifest.malformed == 0 => {
                Finding::new(&kinds::MANIFEST_EMPTY, manifest.source())
                    .expected("a line for each file")
                    .observed("none")
            }
            Some(_) => return,
        };
        self.told.push(finding);
    }

    fn claims(&self, ended: bool) -> Claims {
        let whole = self.first.as_ref().is_some_and(|manifest| manifest.whole);
        // What the rest of a manifest would have listed, nobody knows.
        let cut = self.first.is_some() && !whole;
        let understood = self.first.as_ref().is_some_and(|manifest| manifest.lines > 0);
        Claims {
            missing: ended && !self.overflow,
            extra: whole && understood && !self.overflow,
            total: (ended || whole) && !cut && !self.overflow,
        }
    }

    fn settle(mut self, ended: bool, findings: &mut Findings) -> Reconciled {
        let ordered = self.index.is_none();
        if ordered {
            self.build_index();
        }
        self.judge_folders();
        let claims = self.claims(ended);
        let mut tally = self.tally(claims);
        tally.ordered = ordered;
        tally.duplicates =
            self.told.count(&kinds::TAR_DUPLICATE_MEMBER) + self.told.count(&kinds::MANIFEST_DUPLICATE_LINE);
        findings.append(self.told.into_findings());
        tally
    }

    /// Finds what is no folder and yet has members below it, or a folder's name: a restore loses one of them.
    fn judge_folders(&mut self) {
        let mut cursor = Cursor::default();
        for entry in 0..self.table.len() {
            if let Some(name) = cursor.name(&self.table).filter(|_| self.table.flags(entry) & SEEN != 0) {
                self.folders.add_parents(name);
            }
            cursor.advance();
        }
        cursor.jump(0);
        for entry in 0..self.table.len() {
            let flags = self.table.flags(entry);
            let seen = cursor.name(&self.table).filter(|_| flags & SEEN != 0);
            if let Some(name) = seen.filter(|name| self.folders.holds(name)) {
                let subject = Subject { name, hash: self.table.hash(entry) };
                self.told.push_named(|naming| subject.no_folder(flags, naming));
            }
            cursor.advance();
        }
        if self.folders.is_full() {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, "folders of the archive");
            self.told.push(finding.expected("no more folders than members are allowed").observed("more"));
        }
    }

    fn tally(&mut self, claims: Claims) -> Reconciled {
        let mut tally = Reconciled::nothing(self.first.is_some());
        let elsewhere = (claims.missing && claims.extra).then(|| Elsewhere::of(self)).flatten();
        if let Some(elsewhere) = &elsewhere {
            self.told.push_named(|naming| elsewhere.finding(naming));
        }
        let mut cursor = Cursor::default();
        let mut files = 0;
        for entry in 0..self.table.len() {
            let flags = self.table.flags(entry);
            if flags & AGAIN != 0 || flags & (LISTED | SYMLINK) == SYMLINK {
                continue;
            }
            files += 1;
            tally.count(flags, claims);
            if !claims.one_sided(flags) {
                continue;
            }
            cursor.jump(entry);
            let Some(name) = cursor.name(&self.table) else { continue };
            let explained = |elsewhere: &Elsewhere| is_missing(flags) || elsewhere.means(name, self);
            if !elsewhere.as_ref().is_some_and(explained) {
                let subject = Subject { name, hash: self.table.hash(entry) };
                self.told.push_named(|naming| match is_extra(flags) {
                    true => subject.extra(naming),
                    false => subject.missing(flags, naming),
                });
            }
        }
        tally.coverage.total = claims.total.then_some(files);
        tally
    }
}

impl Reconciled {
    fn nothing(manifest: bool) -> Self {
        Self {
            coverage: Coverage::none(Unit::Members),
            manifest,
            listed: 0,
            matched: 0,
            changed: 0,
            missing: 0,
            extra: 0,
            duplicates: 0,
            ordered: true,
        }
    }

    fn count(&mut self, flags: u8, claims: Claims) {
        self.listed += u64::from(flags & LISTED != 0);
        self.missing += u64::from(claims.missing && is_missing(flags));
        self.extra += u64::from(claims.extra && is_extra(flags));
        if flags & (LISTED | SEEN | UNVERIFIABLE | SYMLINK) == LISTED | SEEN {
            self.coverage.checked += 1;
            let changed = flags & CHANGED != 0;
            self.changed += u64::from(changed);
            self.matched += u64::from(!changed);
        }
    }
}

fn no_manifest(instead: Option<&Instead>, naming: Naming) -> Finding {
    let observed = match instead {
        None => "none".to_owned(),
        Some(Instead::Checksum(source)) => format!("only {source}, the checksum of the archive itself"),
        Some(Instead::InFolder(name)) if naming == Naming::Open => format!("only {name}"),
        Some(Instead::InFolder(_)) => "only a file of this name in a folder of the mailbox".to_owned(),
    };
    Finding::new(&kinds::MANIFEST_MISSING, "MANIFEST.b3")
        .expected("at the top of the archive, or beside it")
        .observed(observed)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::policy::Limits;

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Member {
        File(u8),
        Link(u8),
        Symlink,
        Unverifiable,
    }

    #[derive(Debug, Default, PartialEq, Eq)]
    struct Counts {
        listed: u64,
        matched: u64,
        changed: u64,
        missing: u64,
        extra: u64,
        duplicates: u64,
        files: u64,
    }

    fn content(number: u8) -> blake3::Hash {
        blake3::hash(&[number])
    }

    /// Names of different lengths that share beginnings, more than one block of them.
    fn name(number: u8) -> Vec<u8> {
        // The number at the end keeps a name from being another one behind folders, which is a finding of its own.
        let folders = "store/0/".repeat(usize::from(number % 3));
        format!("{folders}{}-{number}", u32::from(number) / 2 * 7).into_bytes()
    }

    /// The same comparison with two maps: the first of a name counts.
    fn model(members: &[(u8, Member)], lines: &[(u8, u8)]) -> Counts {
        let mut counts = Counts::default();
        let mut seen: HashMap<Vec<u8>, Member> = HashMap::new();
        for (number, member) in members {
            let member = match member {
                Member::Link(target) => seen.get(&name(*target)).copied().unwrap_or(Member::Unverifiable),
                other => *other,
            };
            counts.duplicates += u64::from(seen.contains_key(&name(*number)));
            seen.entry(name(*number)).or_insert(member);
        }
        let mut listed: HashMap<Vec<u8>, u8> = HashMap::new();
        for (number, content) in lines {
            counts.duplicates += u64::from(listed.contains_key(&name(*number)));
            listed.entry(name(*number)).or_insert(*content);
        }
        for (name, content) in &listed {
            match seen.get(name) {
                Some(Member::File(other)) if other == content => counts.matched += 1,
                Some(Member::File(_)) => counts.changed += 1,
                None | Some(Member::Symlink) => counts.missing += 1,
                Some(_) => {}
            }
        }
        let files = seen.iter().filter(|(_, member)| **member != Member::Symlink);
        counts.extra = files.filter(|(name, _)| !listed.contains_key(*name)).count() as u64;
        counts.listed = listed.len() as u64;
        counts.files = counts.listed + counts.extra;
        if lines.is_empty() {
            counts.extra = 0;
        }
        counts
    }

    fn see(reconciliation: &mut Reconciliation, members: &[(u8, Member)]) {
        for (number, member) in members {
            match member {
                Member::File(number_of) => reconciliation.saw(&name(*number), &content(*number_of)),
                Member::Link(target) => reconciliation.saw_link(0, &name(*number), &name(*target)),
                Member::Symlink => reconciliation.saw_symlink(&name(*number)),
                Member::Unverifiable => reconciliation.unverifiable(&name(*number)),
            }
        }
    }

    fn run(members: &[(u8, Member)], lines: &[(u8, u8)], split: usize) -> (Counts, Findings) {
        let mut reconciliation = Reconciliation::new(&Limits::default());
        let (before, after) = members.split_at(split.min(members.len()));
        see(&mut reconciliation, before);
        reconciliation.manifest_begins("MANIFEST.b3");
        for (line, (number, number_of)) in (1..).zip(lines) {
            reconciliation.expect(&name(*number), &content(*number_of), line);
        }
        reconciliation.manifest_ends();
        see(&mut reconciliation, after);
        let mut findings = Findings::default();
        let result = reconciliation.finish(&mut findings);
        assert_eq!(result.coverage.checked, result.matched + result.changed);
        let counts = Counts {
            listed: result.listed,
            matched: result.matched,
            changed: result.changed,
            missing: result.missing,
            extra: result.extra,
            duplicates: result.duplicates,
            files: result.coverage.total.unwrap(),
        };
        (counts, findings)
    }

    fn member() -> impl Strategy<Value = Member> {
        prop_oneof![
            8 => (0_u8..3).prop_map(Member::File),
            2 => (0_u8..90).prop_map(Member::Link),
            1 => Just(Member::Symlink),
            1 => Just(Member::Unverifiable),
        ]
    }

    /// What goes wrong between a manifest and its archive.
    fn damage(lines: &mut Vec<(u8, u8)>, kind: u8, one: usize, other: usize) {
        match kind {
            0 => drop(lines.remove(one)),
            1 => lines[one].1 ^= 1,
            2 => lines.swap(one, other),
            3 => lines.insert(one, lines[other]),
            _ => lines[one].0 = (lines[one].0 + 1) % 90,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn any_two_lists_are_compared_as_two_maps_would(
            members in prop::collection::vec((0_u8..90, member()), 0..60),
            lines in prop::collection::vec((0_u8..90, 0_u8..3), 0..60),
            split in 0_usize..61,
        ) {
            let (counts, findings) = run(&members, &lines, split);
            let expected = model(&members, &lines);
            prop_assert_eq!(findings.count(&kinds::MANIFEST_MEMBER_MISSING), expected.missing);
            prop_assert_eq!(findings.count(&kinds::MANIFEST_MEMBER_EXTRA), expected.extra);
            if expected.duplicates == 0 {
                prop_assert_eq!(findings.count(&kinds::MANIFEST_MEMBER_CHANGED), expected.changed);
            }
            prop_assert_eq!(counts, expected);
        }

        #[test]
        fn a_true_manifest_with_damages_is_compared_as_two_maps_would(
            files in prop::collection::vec((0_u8..90, member()), 1..60),
            damages in prop::collection::vec((0_u8..5, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..4),
            split in 0_usize..61,
        ) {
            let as_line = |(number, member): &(u8, Member)| match member {
                Member::File(number_of) => Some((*number, *number_of)),
                _ => None,
            };
            let mut lines: Vec<(u8, u8)> = files.iter().filter_map(as_line).collect();
            for (kind, one, other) in damages {
                if !lines.is_empty() {
                    let (one, other) = (one.index(lines.len()), other.index(lines.len()));
                    damage(&mut lines, kind, one, other);
                }
            }
            prop_assert_eq!(run(&files, &lines, split).0, model(&files, &lines));
        }
    }
}
