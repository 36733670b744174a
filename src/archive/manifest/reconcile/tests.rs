use super::*;
use crate::archive::manifest::Reconciled;
use crate::verdict::{Coverage, Findings, Unit};

fn hash(content: &str) -> blake3::Hash {
    blake3::hash(content.as_bytes())
}

/// Members, a word each: `a=1` a file, `a>b` a hard link, `a@` a symbolic link, `a?` unreadable.
fn see(reconciliation: &mut Reconciliation, words: &str) {
    for word in words.split_whitespace() {
        if let Some((name, content)) = word.split_once('=') {
            reconciliation.saw(name.as_bytes(), &hash(content));
        } else if let Some((name, target)) = word.split_once('>') {
            reconciliation.saw_link(7, name.as_bytes(), target.as_bytes());
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
fn how_much_a_manifest_lists_that_was_cut_nobody_knows() {
    let mut reconciliation = new();
    reconciliation.manifest_begins("X.b3");
    reconciliation.expect(b"a", &hash("1"), 1);
    see(&mut reconciliation, "a=1");
    let (result, findings) = finish(reconciliation);
    assert!(findings.is_empty() && result.matched == 1, "{findings:?}");
    assert_eq!(result.coverage.total, None);
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

#[test]
fn a_manifest_written_from_another_place_is_one_finding() {
    for first in [true, false] {
        let mut reconciliation = new();
        let members = "s/a=1 s/b=2 s/c/a=1 new=5";
        let lines = "/srv/x/s/c/a=1 /srv/x/s/a=1 /srv/x/s/b=2";
        if first {
            list(&mut reconciliation, lines);
        }
        see(&mut reconciliation, members);
        if !first {
            list(&mut reconciliation, lines);
        }
        let (result, told) = finish(reconciliation);
        assert_eq!(told, ["manifest-other-paths 3 lines of the manifest", "manifest-member-extra new"]);
        assert_eq!(
            (result.missing, result.extra, result.coverage.checked),
            (3, 4, 0),
            "nothing is proven by it"
        );
    }
}

#[test]
fn lines_of_another_content_or_several_places_are_told_one_by_one() {
    for (members, lines) in [
        ("a=1 b=2", "/x/a=1 /x/b=3"),
        ("a=1 b=2", "/x/a=1 /y/b=2"),
        ("a=1 b=2", "/x/a=1 /x/b=2 /x/c=3"),
        ("a=1 b=2", "/x/a=1 /xb=2"),
        ("a@ b=2", "/x/a=1 /x/b=2"),
        ("a? b=2", "/x/a=1 /x/b=2"),
        ("a=1 b=2 x/c@", "/x/a=1 /x/b=2 x/c=3"),
    ] {
        let mut reconciliation = new();
        list(&mut reconciliation, lines);
        see(&mut reconciliation, members);
        let (_, told) = finish(reconciliation);
        assert!(!told.iter().any(|finding| finding.starts_with("manifest-other-paths")), "{told:?}");
        assert!(told.iter().any(|finding| finding.starts_with("manifest-member-missing")), "{told:?}");
    }
}

#[test]
fn an_archive_that_was_cut_has_no_lines_from_another_place() {
    let mut reconciliation = new();
    list(&mut reconciliation, "/x/a=1 /x/b=2");
    see(&mut reconciliation, "a=1 b=2");
    let mut findings = Findings::default();
    reconciliation.abandon(&mut findings);
    assert_eq!(findings.count(&kinds::MANIFEST_OTHER_PATHS), 0);
}
