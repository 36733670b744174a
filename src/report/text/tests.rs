use super::{Style, render, wrap};
use crate::archive::decrypt::Keyring;
use crate::check::meaningful::session::Inside;
use crate::event::Silent;
use crate::network::Cancel;
use crate::policy::{Keys, Policy};
use crate::verdict::{Coverage, Finding, Findings, Kind, Outcome, Rung, Unit, kinds};
use crate::verify::{self, ArchiveResult, Facts, Job, RunResult, Selection, Trouble};

const PLAIN: Style = Style { color: false, all: false };
const ALL: Style = Style { color: false, all: true };

fn passed(name: &str) -> ArchiveResult {
    ArchiveResult {
        archive: format!("s3://backups/{name}"),
        rung: Some(Rung::Complete),
        standings: Vec::new(),
        outcome: Outcome::Passed,
        coverage: Coverage { checked: 13, total: Some(13), unit: Unit::Members },
        findings: Findings::default(),
        troubles: Vec::new(),
        facts: Facts { stored_bytes: 1_000_000, unpacked_bytes: 2_000_000, ..Facts::default() },
        items: None,
        others: 0,
        sessions: Inside::default(),
        sound_increment: false,
        mailboxes: Vec::new(),
        compared: None,
        first_read: None,
    }
}

fn with(outcome: Outcome, name: &str, kind: &'static Kind) -> ArchiveResult {
    let mut archive = ArchiveResult { outcome, ..passed(name) };
    archive.findings.push(Finding::new(kind, "member 7").expected("a").observed(format!("b of {name}")));
    archive
}

fn failed(name: &str, kind: &'static Kind) -> ArchiveResult {
    ArchiveResult { rung: Some(Rung::Present), ..with(Outcome::Failed, name, kind) }
}

fn unverified(name: &str, message: &str) -> ArchiveResult {
    let message = format!("s3://backups/{name}: {message}; next step");
    let troubles = vec![Trouble { stage: "storage", message, internal: false }];
    let coverage = Coverage::none(Unit::Members);
    ArchiveResult { outcome: Outcome::NotVerified, coverage, troubles, ..passed(name) }
}

fn many<T>(count: usize, make: impl Fn(&str) -> T) -> Vec<T> {
    (0..count).map(|number| make(&format!("{number:03}"))).collect()
}

fn run(archives: Vec<ArchiveResult>) -> RunResult {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (policy, cancel) = (Policy::default(), Cancel::default());
    let keyring = Keyring::load(&Keys::default(), None).unwrap();
    let job =
        Job { policy: &policy, keyring: &keyring, runtime: runtime.handle(), cancel: &cancel, live: None };
    let mut run = verify::run(&job, Selection::default(), &Silent);
    run.outcome = Outcome::worst(archives.iter().map(|archive| archive.outcome));
    run.archives = archives;
    run
}

fn lines(archives: Vec<ArchiveResult>, style: Style) -> Vec<String> {
    render(&run(archives), style).lines().map(str::to_owned).collect()
}

/// The lines that begin with an outcome, behind the headline.
fn shown(lines: &[String]) -> Vec<&str> {
    let outcomes = ["FAILED", "NOT VERIFIED", "PASSED"];
    let rest = lines.iter().skip(1).map(String::as_str);
    rest.filter(|line| outcomes.iter().any(|outcome| line.starts_with(outcome))).collect()
}

#[test]
fn one_archive_has_its_remedy_beside_what_was_found() {
    let text = render(&run(vec![failed("a", &kinds::AGE_TRUNCATED)]), PLAIN);
    assert!(text.contains(&format!("; do: {}", kinds::AGE_TRUNCATED.remedy)), "{text}");
    assert!(!text.contains("What to do"), "{text}");
}

#[test]
fn what_failed_stands_before_what_is_open_and_that_before_what_passed() {
    let archives = vec![
        passed("a"),
        unverified("b", "away"),
        failed("c", &kinds::AGE_TRUNCATED),
        unverified("d", "asleep"),
        passed("e"),
        failed("f", &kinds::AGE_CHUNK_CORRUPT),
    ];
    let lines = lines(archives, PLAIN);
    let order: Vec<_> = shown(&lines).iter().filter_map(|line| line.chars().last()).collect();
    assert_eq!(order, ['c', 'f', 'b', 'd', 'a', 'e'], "{lines:#?}");
}

#[test]
fn a_remedy_is_said_once_with_how_many_archives_it_concerns() {
    let mut archives = many(7, |name| failed(name, &kinds::AGE_TRUNCATED));
    let twice = archives[0].findings.clone();
    archives[0].findings.append(twice);
    archives.push(with(Outcome::Passed, "warned", &kinds::ARCHIVE_NOT_COMPRESSED));
    let mut run = run(archives);
    run.findings.push(Finding::new(&kinds::AGE_TRUNCATED, "all of them"));
    let text = render(&run, PLAIN);
    assert_eq!(text.matches(kinds::AGE_TRUNCATED.remedy).count(), 1, "{text}");
    let (shown, steps) = text.split_once("\nWhat to do\n").unwrap();
    assert!(
        steps.starts_with("    failure age-truncated (the selection and 7 archives); cause: "),
        "{steps}"
    );
    assert!(steps.contains("archive-not-compressed (1 archive); cause: "), "{steps}");
    for number in 0..7 {
        assert!(shown.contains(&format!("observed b of {number:03}")), "{text}");
    }
}

#[test]
fn many_that_passed_are_one_line_and_few_are_not() {
    let few = lines(many(5, passed), PLAIN);
    assert_eq!(shown(&few).len(), 5, "{few:#?}");
    let summed = lines(many(500, passed), PLAIN);
    let sum = "PASSED        500 archives: checked 6,500 of 6,500 members, 500 MB stored (-v lists them)";
    assert_eq!(shown(&summed), [sum]);
    let listed = lines(many(500, passed), ALL);
    assert_eq!(shown(&listed).len(), 500);
}

#[test]
fn a_sum_claims_no_total_where_one_is_unknown() {
    let mut archives = many(6, passed);
    archives[3].coverage = Coverage { checked: 4, total: None, unit: Unit::Members };
    let lines = lines(archives, PLAIN);
    assert!(
        lines.iter().any(|line| line.contains("checked 69 of an unknown number of members")),
        "{lines:#?}"
    );
}

#[test]
fn what_passed_with_warnings_is_not_summed_up_with_the_rest() {
    let mut archives = many(6, passed);
    archives.extend(many(6, |name| with(Outcome::Passed, name, &kinds::TAR_SINGLE_ZERO_BLOCK)));
    let lines = lines(archives, PLAIN);
    let shown = shown(&lines);
    assert_eq!(shown.len(), 2, "{lines:#?}");
    assert!(shown[0].starts_with("PASSED        6 archives with warnings: "), "{shown:?}");
    assert!(shown[1].starts_with("PASSED        6 archives: "), "{shown:?}");
}

#[test]
fn archives_not_verified_for_one_reason_are_one_and_for_others_their_own() {
    let mut archives = many(90, |name| unverified(name, "the run was interrupted"));
    archives.extend(many(2, |name| unverified(name, "access denied")));
    let lines = lines(archives, PLAIN);
    let shown = shown(&lines);
    assert_eq!(shown.len(), 3, "{lines:#?}");
    let all = lines.join("\n");
    assert!(
        shown[0].starts_with("NOT VERIFIED  90 archives: checked 0 of an unknown number of"),
        "{shown:?}"
    );
    assert_eq!(all.matches("the run was interrupted; next step").count(), 1, "{all}");
    assert_eq!(all.matches("access denied; next step").count(), 2, "{all}");
}

#[test]
fn a_sound_archive_that_is_too_old_is_not_called_unreliable() {
    let old = with(Outcome::Failed, "old", &kinds::PRESENT_STALE);
    let first = |archives| lines(archives, PLAIN).swap_remove(0);
    assert!(first(vec![old]).contains("1 of 1 archives open, but are not as the policy asks"));
    let old = with(Outcome::Failed, "old", &kinds::PRESENT_STALE);
    let broken = failed("broken", &kinds::AGE_TRUNCATED);
    assert!(first(vec![old, broken]).contains("2 of 2 archives can't be relied on"));
}

#[test]
fn five_hundred_archives_fit_on_a_screen() {
    let mut archives = many(496, passed);
    archives.insert(100, failed("x", &kinds::AGE_TRUNCATED));
    archives.insert(200, failed("y", &kinds::AGE_TRUNCATED));
    archives.insert(300, unverified("z", "no key"));
    let lines = lines(archives, PLAIN);
    assert!(lines.len() <= 24, "{lines:#?}");
    let verdict = "FAILED  2 of 499 archives can't be relied on, 1 could not be proven  ";
    assert!(lines[0].starts_with(verdict), "{lines:#?}");
}

#[test]
fn long_lines_break_between_words_and_are_indented() {
    let wrapped = wrap("  do: look at the job\nshort\n  averyveryverylongword\n", 14, str::len);
    assert_eq!(wrapped, "  do: look at\n    the job\nshort\n  averyveryverylongword\n");
}
