use super::*;
use crate::evidence::Objectives;
use crate::history::Unread;
use crate::verdict::{Rung, Unit};

const PLAIN: Style = Style { color: false, all: false, width: None };

fn archive(name: &str, outcome: Outcome, failures: u64) -> RunArchive {
    RunArchive {
        archive: format!("s3://b/{name}"),
        outcome,
        rung: (outcome == Outcome::Passed).then_some(Rung::Complete),
        coverage: Some(Coverage { checked: 1300, total: Some(1300), unit: Unit::Members }),
        findings: Severities { failures, warnings: 0, infos: failures * 2 },
        bytes_per_second: Some(30_500_000),
        accounts: 1,
        statement: None,
    }
}

fn run(day: u64, archives: Vec<RunArchive>) -> Run {
    Run {
        sequence: day,
        id: day.to_string(),
        kind: "verify".to_owned(),
        started: format!("2026-11-{day:02}T04:30:00.123Z"),
        finished: format!("2026-11-{day:02}T04:31:00Z"),
        outcome: Outcome::worst(archives.iter().map(|archive| archive.outcome)),
        exit_code: 0,
        host: None,
        operator: None,
        version: "0.1.0".to_owned(),
        policy: None,
        narrowed: Vec::new(),
        signed: false,
        coverage: None,
        findings: Severities::default(),
        bytes_per_second: Some(day * 10_000_000),
        objectives: Objectives::default(),
        by_itself: archives.is_empty(),
        archives,
    }
}

fn history(runs: Vec<Run>) -> History {
    History {
        schema: "",
        version: "",
        exit_code: 0,
        folder: "./records".to_owned(),
        records: 9,
        unreadable_count: 0,
        unreadable: Vec::new(),
        missing: 0,
        not_in_chain: 0,
        chain_checked: false,
        index_not_kept: None,
        runs,
    }
}

fn rendered(runs: Vec<Run>) -> String {
    render_history(&history(runs), PLAIN, Bars::Ascii)
}

#[test]
fn a_line_for_each_archive_and_the_newest_last() {
    let text = rendered(vec![
        run(1, vec![archive("anna", Outcome::Passed, 0)]),
        run(2, vec![archive("anna", Outcome::Passed, 0), archive("bruno", Outcome::Failed, 2)]),
    ]);
    let wanted = "\
WHEN (UTC)        KIND    OUTCOME  RUNG             CHECKED  F/W/I       RATE  ARCHIVE
2026-11-01 04:30  verify  PASSED   complete  1,300 of 1,300      -  30.5 MB/s  s3://b/anna
2026-11-02 04:30  verify  PASSED   complete  1,300 of 1,300      -  30.5 MB/s  s3://b/anna
2026-11-02 04:30  verify  FAILED   -         1,300 of 1,300  2/0/4  30.5 MB/s  s3://b/bruno

throughput verify     #+  20.0 MB/s to 30.5 MB/s, last 20.0 MB/s
findings              _#  0 to 2, last 2

2 runs of 9 records in ./records; F/W/I: failures, warnings, infos
whether records were altered was not checked here: `mailproof evidence verify`
";
    assert_eq!(text, wanted);
}

#[test]
fn a_run_of_a_part_is_told_as_one() {
    let narrowed = vec!["ARCHIVE".to_owned(), "--rung \x1bpresent".to_owned()];
    let part = Run { narrowed, ..run(2, vec![archive("anna", Outcome::Passed, 0)]) };
    let text = rendered(vec![run(1, vec![archive("anna", Outcome::Passed, 0)]), part]);
    let lines: Vec<&str> = text.lines().collect();
    let columns = "OUTCOME  PART                          RUNG             CHECKED       RATE  ARCHIVE";
    assert!(lines[0].ends_with(columns), "{text}");
    assert!(lines[1].contains("PASSED   -                             complete  1,300 of"), "{text}");
    assert!(lines[2].contains("PASSED   ARCHIVE --rung \\u{1b}present  complete  1,300 of"), "{text}");
    let told = "\nPART: by what the command line asked for less than the policy; of the rest such a run says nothing\n";
    assert!(text.contains(told), "{text}");
    let whole = rendered(vec![run(1, vec![archive("anna", Outcome::Passed, 0)])]);
    assert!(!whole.contains("PART"), "{whole}");
}

#[test]
fn of_one_archive_its_own_speed_is_told() {
    let text = rendered([1, 2].map(|day| run(day, vec![archive("anna", Outcome::Passed, 0)])).into());
    assert!(text.contains("throughput verify     ##  30.5 MB/s to 30.5 MB/s, last 30.5 MB/s"), "{text}");
}

#[test]
fn archives_stand_below_where_the_terminal_is_narrow() {
    let style = Style { width: Some(80), ..PLAIN };
    let text = render_history(
        &history(vec![run(1, vec![archive(&"long".repeat(10), Outcome::Passed, 0)])]),
        style,
        Bars::Blocks,
    );
    let lines: Vec<&str> = text.lines().take(3).collect();
    assert_eq!(lines[0], "WHEN (UTC)        KIND    OUTCOME  RUNG             CHECKED       RATE");
    assert_eq!(lines[1], "2026-11-01 04:30  verify  PASSED   complete  1,300 of 1,300  30.5 MB/s");
    assert_eq!(lines[2], format!("    s3://b/{}", "long".repeat(10)));
}

#[test]
fn what_was_measured_of_a_run_stands_in_its_first_line() {
    let mut rehearsal =
        run(1, vec![archive("anna", Outcome::Passed, 0), archive("bruno", Outcome::Passed, 0)]);
    rehearsal.archives[0].bytes_per_second = None;
    rehearsal.objectives = Objectives {
        rto_target_seconds: Some(4 * 3600),
        rto_measured_seconds: Some(84),
        rpo_target_seconds: None,
        rpo_measured_seconds: Some(5 * 3600),
    };
    let text = rendered(vec![rehearsal]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].contains("RTO  RPO  ARCHIVE"), "{text}");
    assert!(lines[1].ends_with("10.0 MB/s  1m 24s/4h   5h  s3://b/anna"), "{text}");
    assert!(lines[2].ends_with("30.5 MB/s          -    -  s3://b/bruno"), "{text}");
}

#[test]
fn a_run_by_itself_is_told_apart_from_its_archives() {
    let mut failed = run(1, vec![archive("anna", Outcome::Passed, 0)]);
    (failed.outcome, failed.by_itself, failed.findings.failures) = (Outcome::Failed, true, 1);
    let text = rendered(vec![failed, run(2, Vec::new())]);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains("FAILED") && lines[1].ends_with("(the run itself)"), "{text}");
    assert!(lines[2].contains("PASSED") && lines[2].ends_with("s3://b/anna"), "{text}");
    assert!(lines[3].contains("NOT VERIFIED") && lines[3].ends_with("  -"), "{text}");
    assert!(text.contains("findings              #_  0 to 1, last 0"), "{text}");
}

#[test]
fn what_is_left_out_is_said() {
    let mut history = history(Vec::new());
    (history.unreadable_count, history.missing, history.not_in_chain) = (12, 1, 2);
    history.unreadable = (1..=12).map(|record| Unread { record, why: "no \x1b[2J".to_owned() }).collect();
    history.index_not_kept = Some("the folder belongs to another user".to_owned());
    let text = render_history(&history, PLAIN, Bars::Ascii);
    for words in [
        "no run is like that: 9 records in ./records\n",
        "12 records could not be read: `mailproof evidence verify` says more\n",
        "  record 10: no \\u{1b}[2J\n",
        "1 record is not there, and later ones are\n",
        "2 other files are no part of the chain; nobody looked into that\n",
        "the index is not kept: the folder belongs to another user\n",
        "whether records were altered was not checked here: `mailproof evidence verify`\n",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    assert!(!text.contains("record 11"), "{text}");
    history = super::tests::history(Vec::new());
    history.records = 0;
    let text = render_history(&history, PLAIN, Bars::Ascii);
    assert!(
        text.starts_with("no records lie in ./records: `mailproof verify` leaves one for each run"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1, "nothing is said of records that are not there");
}

#[test]
fn names_from_records_move_no_cursor() {
    let mut odd = run(1, vec![archive("a\x1b[2J\nPASSED", Outcome::Failed, 1)]);
    odd.kind = "veri\x1bfy".to_owned();
    let text = rendered(vec![odd.clone(), odd]);
    assert!(!text.contains('\x1b') && text.contains("a\\u{1b}[2J\\u{a}PASSED"), "{text}");
}
