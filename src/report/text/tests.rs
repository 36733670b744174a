use super::{Style, render};
use crate::archive::decrypt::Keyring;
use crate::check::meaningful::export::MailboxSummary;
use crate::check::meaningful::session::Inside;
use crate::event::Silent;
use crate::network::Cancel;
use crate::policy::{Keys, Policy};
use crate::verdict::{Coverage, Finding, Findings, Kind, Outcome, Rung, Standing, State, Unit, kinds};
use crate::verify::{self, ArchiveResult, Facts, Job, MailboxResult, RunResult, Selection, Trouble};

const PLAIN: Style = Style { color: false, all: false, width: None };
const ALL: Style = Style { color: false, all: true, width: None };

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

/// The text as if no line were broken.
fn flowing(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
    assert!(flowing(&text).contains(&format!("do: {}", kinds::AGE_TRUNCATED.remedy)), "{text}");
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
    assert_eq!(flowing(&text).matches(kinds::AGE_TRUNCATED.remedy).count(), 1, "{text}");
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
    let lines = lines(archives, Style { width: Some(120), ..PLAIN });
    assert!(lines.len() <= 24, "{lines:#?}");
    let verdict = "FAILED  2 of 499 archives can't be relied on, 1 could not be proven  ";
    assert!(lines[0].starts_with(verdict), "{lines:#?}");
}

fn mailbox(account: &str, place: Option<&str>, state: State, reason: Option<&str>) -> MailboxResult {
    let source = format!("{}/{account}.tgz", place.unwrap_or("exports"));
    let place = place.map(str::to_owned);
    let summary = MailboxSummary { place, ..MailboxSummary::nothing(account, source.as_bytes()) };
    let coverage = Coverage { checked: 1, total: Some(2), unit: Unit::Items };
    MailboxResult { summary, state, reason: reason.map(str::to_owned), coverage }
}

fn holding(mailboxes: Vec<MailboxResult>) -> ArchiveResult {
    let items = Some(Coverage { checked: 1, total: Some(2), unit: Unit::Items });
    ArchiveResult { items, mailboxes, outcome: Outcome::NotVerified, ..passed("m") }
}

#[test]
fn a_finding_reads_well_within_eighty_columns() {
    let mut archive = failed("a", &kinds::TAR_EMPTY);
    archive.findings = Findings::default();
    let finding =
        Finding::new(&kinds::EXPORT_TRUNCATED, "full-1: bruno@example.org").observed("b ".repeat(50).trim());
    archive.findings.push(
        finding.remedy(
            "Look at `zmprov ga ACCOUNT mail zimbraMailAlias` on the mail server, then export again.",
        ),
    );
    archive.findings = archive.findings.about("bruno@example.org");
    let text = render(&run(vec![archive]), PLAIN);
    let (_, shown) = text.split_once("\n\n").unwrap();
    let expected = "\
FAILED        s3://backups/a
    proven up to: present; checked 13 of 13 members; 1.00 MB stored
    failure export-truncated: full-1: bruno@example.org
      observed b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b b
        b b b b b b b b b b b b b b b b b
      cause: producer-fault
      do: Look at `zmprov ga bruno@example.org mail zimbraMailAlias` on the mail
        server, then export again.
";
    assert_eq!(shown, expected);
}

#[test]
fn a_remedy_for_several_accounts_names_none() {
    let mut archive = failed("a", &kinds::TAR_EMPTY);
    archive.findings = Findings::default();
    for account in ["anna@example.org", "bruno@example.org"] {
        let mut one = Findings::default();
        one.push(Finding::new(&kinds::EXPORT_EMPTY, account));
        archive.findings.append(one.about(account));
    }
    let text = flowing(&render(&run(vec![archive]), PLAIN));
    assert!(text.contains("`zmmailbox -z -m ACCOUNT gms`"), "{text}");
}

#[test]
fn what_five_hundred_accounts_have_in_common_is_one() {
    let mut archive =
        holding(many(500, |name| mailbox(name, None, State::NotProven, Some(&format!("{name}: no counts")))));
    for number in 0..500 {
        let finding = Finding::new(&kinds::EXPORT_TRASH_EXCLUDED, format!("{number:03}"));
        archive.findings.push(finding.expected("items").observed(format!("{number}")));
        archive
            .findings
            .push(Finding::new(&kinds::EXPORT_WITHOUT_DESCRIPTIONS, format!("{number:03}")).observed("none"));
    }
    let lines = lines(vec![archive.clone()], PLAIN);
    let text = lines.join("\n");
    assert!(lines.len() < 24, "{text}");
    for told in [
        "    500 mailboxes; checked 1 of 2 items\n    not proven 000, 001, 002 and 497 more: no counts\n",
        "    info export-trash-excluded: 500 times\n      000, 001, 002 and 497 more\n      the first: expected items\n      the first: observed 0\n",
        "    warning export-without-descriptions: 500 times\n      000, 001, 002 and 497 more\n      observed none\n",
    ] {
        assert!(text.contains(told), "{text}");
    }
    let table = crate::report::contents::table(&archive, false);
    assert_eq!(table.matches("no counts").count(), 1, "{table}");
    assert!(table.ends_with("500 accounts: no counts\n500 mailboxes, 0 B\n"), "{table}");
}

#[test]
fn the_table_tells_the_mailboxes_of_one_account_apart() {
    let reason = "full-1: b@c.d: cut";
    let archive = holding(vec![
        mailbox("b@c.d", Some("full-1"), State::NotProven, Some(reason)),
        mailbox("a@c.d", Some("full-1"), State::Proven, None),
        mailbox("a@c.d", Some("full-2"), State::Proven, None),
        mailbox("b@c.d", Some("full-2"), State::Proven, None),
    ]);
    let table = crate::report::contents::table(&archive, false);
    let firsts: Vec<_> = table.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(firsts, ["full-1", "proven", "not", "cut", "full-2", "proven", "proven", "4"], "{table}");
    assert!(table.ends_with("4 mailboxes of 2 accounts, 0 B\n"), "{table}");
    let text = render(&run(vec![archive]), PLAIN);
    assert!(
        text.contains(
            "    4 mailboxes of 2 accounts; checked 1 of 2 items\n    not proven full-1: b@c.d: cut\n"
        ),
        "{text}"
    );
}

#[test]
fn where_nothing_was_reached_no_number_is_claimed() {
    let archive = ArchiveResult { items: Some(Coverage::none(Unit::Items)), ..holding(Vec::new()) };
    let text = render(&run(vec![archive]), PLAIN);
    assert!(
        text.contains("an unknown number of mailboxes; checked 0 of an unknown number of items"),
        "{text}"
    );
}

#[test]
fn of_one_archive_the_failure_stands_before_what_is_only_odd() {
    let mut archive = with(Outcome::Failed, "a", &kinds::EXPORT_TRASH_EXCLUDED);
    archive.findings.push(Finding::new(&kinds::TAR_SINGLE_ZERO_BLOCK, "archive"));
    archive.findings.push(Finding::new(&kinds::EXPORT_ERROR_PAGE, "b"));
    let text = render(&run(vec![archive]), PLAIN);
    let at = |id: &str| text.find(id).unwrap();
    assert!(at("export-error-page") < at("tar-single-zero-block"), "{text}");
    assert!(at("tar-single-zero-block") < at("export-trash-excluded"), "{text}");
}

#[test]
fn an_archive_that_is_whole_and_too_old_is_explained() {
    let aged = |state, rung| {
        let reason = Some("present-stale".to_owned());
        let standings = vec![Standing { rung: Rung::Present, state, reason }];
        let archive = with(Outcome::Failed, "old", &kinds::PRESENT_STALE);
        flowing(&render(&run(vec![ArchiveResult { rung, standings, ..archive }]), PLAIN))
    };
    let explained = "`present` is not proven: it judges age, series and protection from outside";
    assert!(aged(State::Disproven, Some(Rung::Meaningful)).contains(explained));
    assert!(!aged(State::Proven, Some(Rung::Meaningful)).contains(explained));
    assert!(!aged(State::Disproven, None).contains(explained));
}
