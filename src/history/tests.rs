use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::evidence::{Basis, Chain, INDEX, Record};
use crate::policy::Policy;
use crate::verdict::{Coverage, Finding, Findings, Outcome, Rung, Unit, kinds};
use crate::verify::{ArchiveResult, Facts, RunResult};

fn archive(name: &str, outcome: Outcome) -> ArchiveResult {
    let mut findings = Findings::default();
    if outcome == Outcome::Failed {
        findings.push(Finding::new(&kinds::TAR_MISSING_END_MARKER, "the end"));
    }
    ArchiveResult {
        archive: format!("s3://b/{name}"),
        rung: Some(Rung::Complete),
        standings: Vec::new(),
        outcome,
        coverage: Coverage { checked: 13, total: Some(13), unit: Unit::Members },
        findings,
        troubles: Vec::new(),
        facts: Facts { stored_bytes: 1_000, unpacked_bytes: 3_000, elapsed_ms: 1_500, ..Facts::default() },
        items: None,
        others: 0,
        sessions: Default::default(),
        sound_increment: false,
        mailboxes: Vec::new(),
        compared: None,
        first_read: None,
    }
}

/// The record of a run on this day of November.
fn record(day: i64, archives: Vec<ArchiveResult>) -> Record {
    let started = Timestamp::from_second(1_793_491_200 + (day - 1) * 86_400).unwrap();
    let run = RunResult {
        started,
        finished: started,
        required: Rung::Complete,
        outcome: Outcome::worst(archives.iter().map(|archive| archive.outcome)),
        exit_code: 0,
        coverage: Coverage { checked: 1, total: Some(1), unit: Unit::Archives },
        archives,
        findings: Findings::default(),
        troubles: Vec::new(),
        negative_controls: None,
        retries: 0,
        interrupted: false,
    };
    Record::of_verification(&run, &Basis::of(&Policy::default()))
}

/// A folder of the records of these runs.
fn kept(records: impl IntoIterator<Item = Record>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    append(folder.path(), records);
    folder
}

fn append(folder: &Path, records: impl IntoIterator<Item = Record>) {
    let chain = Chain::new(folder.to_owned(), None);
    records.into_iter().for_each(|record| drop(chain.append(record).unwrap()));
}

/// A passed and a failed archive on each of so many days.
fn days(count: i64) -> impl Iterator<Item = Record> {
    let archives = || vec![archive("anna", Outcome::Passed), archive("bruno", Outcome::Failed)];
    (1..=count).map(move |day| record(day, archives()))
}

fn asked(folder: &Path, question: &Question) -> History {
    look(folder, question, false).unwrap()
}

fn all(folder: &Path) -> History {
    asked(folder, &Question::default())
}

/// Each line that is asked for: the number of the record and the archive.
fn lines(history: &History) -> Vec<(u64, &str)> {
    let of = |run: &'_ Run| run.archives.len();
    assert!(history.runs.iter().all(|run| of(run) > 0 || run.by_itself), "a run without a line");
    let archives = history.runs.iter().flat_map(|run| {
        let own = run.by_itself.then_some((run.sequence, ""));
        own.into_iter()
            .chain(run.archives.iter().map(|archive| (run.sequence, &archive.archive["s3://b/".len()..])))
    });
    archives.collect()
}

fn index(folder: &Path) -> std::path::PathBuf {
    folder.join(INDEX)
}

#[test]
fn each_question_restricts() {
    let folder = kept(days(3));
    append(folder.path(), [record(4, Vec::new())]);
    let day = |text: &str| Some(text.parse::<Timestamp>().unwrap());
    let any = Question::default;
    for (question, wanted) in [
        (
            any(),
            &[(1, "anna"), (1, "bruno"), (2, "anna"), (2, "bruno"), (3, "anna"), (3, "bruno"), (4, "")][..],
        ),
        (Question { since: day("2026-11-03T00:00:00Z"), ..any() }, &[(3, "anna"), (3, "bruno"), (4, "")]),
        (Question { since: day("2026-11-03T00:00:01Z"), ..any() }, &[(4, "")]),
        (Question { outcome: Some(Outcome::Passed), ..any() }, &[(1, "anna"), (2, "anna"), (3, "anna")]),
        (Question { outcome: Some(Outcome::NotVerified), ..any() }, &[(4, "")]),
        (
            Question { archive: Some("//b/an".to_owned()), limit: Some(2), ..any() },
            &[(2, "anna"), (3, "anna")],
        ),
        (Question { archive: Some("%".to_owned()), ..any() }, &[]),
        (Question { kind: Some("verify".to_owned()), limit: Some(1), ..any() }, &[(4, "")]),
        (Question { kind: Some("restore".to_owned()), ..any() }, &[]),
        (Question { accounts: vec!["anna@example.org".to_owned()], ..any() }, &[]),
    ] {
        let history = asked(folder.path(), &question);
        assert_eq!(lines(&history), wanted, "{question:?}");
        assert_eq!((history.records, history.exit_code, history.index_not_kept.as_deref()), (4, 0, None));
    }
}

#[test]
fn a_run_of_a_part_says_by_what_it_was_narrowed() {
    let mut part = record(1, vec![archive("anna", Outcome::Passed)]);
    part.scope.narrowed = vec!["ARCHIVE".to_owned(), "--rung present".to_owned()];
    let folder = kept([part, record(2, vec![archive("anna", Outcome::Passed)])]);
    // The second answer is the index's, which read no record anew.
    for history in [all(folder.path()), all(folder.path())] {
        let narrowed: Vec<_> = history.runs.iter().map(|run| run.narrowed.join(" ")).collect();
        assert_eq!(narrowed, ["ARCHIVE --rung present", ""]);
    }
}

#[test]
fn a_run_has_a_line_where_no_archive_says_what_it_says() {
    let of = |past: &Record, change: &dyn Fn(&mut serde_json::Value)| {
        let mut value = serde_json::to_value(past).unwrap();
        change(&mut value);
        let payload = serde_json::json!({
            "_type": "https://in-toto.io/Statement/v1", "predicateType": crate::evidence::PREDICATE, "predicate": value
        });
        Run::from(&crate::evidence::past::Past::read(payload.to_string().as_bytes()).unwrap())
    };
    let passed = record(1, vec![archive("anna", Outcome::Passed)]);
    assert!(!of(&passed, &|_| ()).by_itself);
    assert!(of(&record(1, Vec::new()), &|_| ()).by_itself, "without an archive");
    let failed = of(&passed, &|value| value["outcome"] = "failed".into());
    assert!(failed.by_itself, "the selection failed and no archive did");
    assert_eq!((failed.outcome, failed.archives[0].outcome), (Outcome::Failed, Outcome::Passed));
    let finding = serde_json::json!([{ "id": "present-gap", "severity": "warning" }]);
    let warned = of(&passed, &|value| value["result"]["findings"] = finding.clone());
    assert_eq!((warned.by_itself, warned.findings.warnings), (true, 1));
    assert_eq!(warned.bytes_per_second, Some(2000));
}

#[test]
fn what_was_rehearsed_never_looks_better_than_the_rehearsal() {
    let result = serde_json::json!({
        "schema": "mailproof/rehearsal/v1", "findings": [], "finding_counts": [],
        "archives": [{ "archive": "s3://b/anna", "restored": { "wanted": 5, "put": 4, "bytes": 50 } }],
        "recovery_time": { "elapsed_ms": 2000, "bytes": 100 },
        "verification": serde_json::to_value(record(1, vec![archive("anna", Outcome::Passed)])).unwrap()["result"]
    });
    let mut value = serde_json::to_value(record(1, Vec::new())).unwrap();
    (value["kind"], value["outcome"], value["result"]) = ("rehearse".into(), "failed".into(), result);
    let payload = serde_json::json!({
        "_type": "https://in-toto.io/Statement/v1", "predicateType": crate::evidence::PREDICATE, "predicate": value
    });
    let past = crate::evidence::past::Past::read(payload.to_string().as_bytes()).unwrap();
    let run = Run::from(&past);
    let told = &run.archives[0];
    assert_eq!((told.outcome, told.rung, run.by_itself), (Outcome::Failed, Some(Rung::Complete), false));
    assert_eq!(told.coverage, Some(Coverage { checked: 4, total: Some(5), unit: Unit::Items }));
    assert_eq!((told.bytes_per_second, run.bytes_per_second), (None, Some(50)), "not the speed of reading");
}

// ---- the index

#[test]
fn the_index_is_its_owners_alone_and_the_chain_does_not_mind_it() {
    let folder = kept(days(2));
    all(folder.path());
    assert_eq!(fs::metadata(index(folder.path())).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        fs::read_dir(folder.path())
            .unwrap()
            .filter(|entry| { entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(INDEX) })
            .count(),
        1,
        "nothing is left beside it"
    );
    let check = crate::evidence::check::check(folder.path(), &Default::default()).unwrap();
    assert_eq!((check.broken_count, check.not_in_chain), (0, 0));
}

#[test]
fn an_index_that_is_no_good_is_made_anew() {
    let folder = kept(days(5));
    let whole = all(folder.path());
    let good = fs::read(index(folder.path())).unwrap();
    let mut zeroed = good.clone();
    zeroed[4096..].fill(0);
    let mut flipped = good.clone();
    flipped[4100..4200].iter_mut().for_each(|byte| *byte ^= 0x55);
    for (what, bytes) in [
        ("empty", Vec::new()),
        ("no database", b"not a database at all".repeat(1000)),
        ("cut", good[..good.len() / 2].to_vec()),
        ("zeroed", zeroed),
        ("flipped", flipped),
    ] {
        fs::write(index(folder.path()), bytes).unwrap();
        let history = all(folder.path());
        assert_eq!((history.runs, history.index_not_kept), (whole.runs.clone(), None), "{what}");
        assert_rows(folder.path(), 5, 10);
    }
    for statement in [
        "PRAGMA user_version = 7",
        "DROP TABLE mailbox",
        "UPDATE record SET run = '{}'",
        "UPDATE record SET run = json_remove(run, '$.narrowed')",
        "CREATE TRIGGER late AFTER INSERT ON record BEGIN DELETE FROM line; END; DELETE FROM record",
    ] {
        connection(folder.path()).execute_batch(statement).unwrap();
        let history = all(folder.path());
        assert_eq!((history.runs, history.index_not_kept), (whole.runs.clone(), None), "{statement}");
    }
}

fn connection(folder: &Path) -> rusqlite::Connection {
    rusqlite::Connection::open(index(folder)).unwrap()
}

fn assert_rows(folder: &Path, records: i64, rows: i64) {
    let count = |table: &str| -> i64 {
        connection(folder).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!((count("record"), count("line")), (records, rows));
}

#[test]
fn where_no_index_can_be_kept_the_answer_is_the_same() {
    let folder = kept(days(2));
    let whole = all(folder.path());
    fs::remove_file(index(folder.path())).unwrap();
    let elsewhere = tempfile::NamedTempFile::new().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), index(folder.path())).unwrap();
    let linked = all(folder.path());
    assert_eq!((linked.runs, linked.exit_code), (whole.runs.clone(), 0));
    assert!(linked.index_not_kept.unwrap().contains("no regular file"));
    assert_eq!(fs::read(elsewhere.path()).unwrap(), b"", "what a link leads to is left alone");
    fs::remove_file(index(folder.path())).unwrap();
    fs::create_dir(index(folder.path())).unwrap();
    let barred = all(folder.path());
    assert!(barred.runs == whole.runs && barred.index_not_kept.is_some());
}

#[test]
fn several_at_once_get_the_same_answer() {
    let folder = kept(days(30));
    let whole = lines(&all(folder.path())).len();
    for anew in [false, true] {
        fs::remove_file(index(folder.path())).unwrap();
        let look = || look(folder.path(), &Question::default(), anew).unwrap();
        let histories: Vec<History> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(look)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        for history in histories {
            assert_eq!((lines(&history).len(), history.index_not_kept), (whole, None));
        }
        assert_rows(folder.path(), 30, 60);
    }
}

#[test]
fn a_record_that_can_not_be_read_is_said_each_time_and_forgotten() {
    let folder = kept(days(3));
    all(folder.path());
    let second = folder.path().join("000000002.json");
    let good = fs::read(&second).unwrap();
    fs::write(&second, "no envelope").unwrap();
    for _ in 0..2 {
        let history = all(folder.path());
        assert_eq!((history.exit_code, history.unreadable_count, history.unreadable[0].record), (20, 1, 2));
        assert_eq!(lines(&history), [(1, "anna"), (1, "bruno"), (3, "anna"), (3, "bruno")]);
    }
    fs::write(&second, fs::read(folder.path().join("000000001.json")).unwrap()).unwrap();
    assert!(all(folder.path()).unreadable[0].why.contains("another number"));
    fs::remove_file(&second).unwrap();
    let gone = all(folder.path());
    assert_eq!((gone.exit_code, gone.missing, gone.records), (20, 1, 2));
    fs::write(&second, good).unwrap();
    assert_eq!((all(folder.path()).exit_code, lines(&all(folder.path())).len()), (0, 6));
}

#[test]
fn nothing_is_no_history() {
    let folder = tempfile::tempdir().unwrap();
    let history = all(folder.path());
    assert_eq!((history.exit_code, history.records), (20, 0));
    let missing = look(&folder.path().join("nowhere"), &Question::default(), false);
    assert!(matches!(missing, Err(HistoryError::Folder(_))));
}

/// What may happen to a folder between two looks.
#[derive(Debug, Clone)]
enum Event {
    Look,
    Append(usize),
    Remove(usize),
    Damage(usize),
    Copy(usize, usize),
    Forge,
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => Just(Event::Look),
        3 => (0_usize..4).prop_map(Event::Append),
        1 => (0_usize..8).prop_map(Event::Remove),
        1 => (0_usize..8).prop_map(Event::Damage),
        1 => (0_usize..8, 0_usize..8).prop_map(|(from, to)| Event::Copy(from, to)),
        1 => Just(Event::Forge),
    ]
}

/// The files of the records, whatever became of them.
fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.filter(|path| path.to_string_lossy().ends_with(".json")).collect();
    files.sort();
    files.retain(|path| !path.ends_with("head.json"));
    files
}

fn happen(folder: &Path, event: &Event) {
    let files = files(folder);
    let file = |number: usize| files.get(number % files.len().max(1));
    match event {
        Event::Look => drop(all(folder)),
        Event::Append(archives) => {
            let archives =
                (0..*archives).map(|number| archive(&number.to_string(), Outcome::Passed)).collect();
            // A chain that is broken takes no further record.
            let _ = Chain::new(folder.to_owned(), None).append(record(3, archives));
        }
        Event::Remove(number) => file(*number).into_iter().for_each(|path| fs::remove_file(path).unwrap()),
        Event::Damage(number) => file(*number).into_iter().for_each(|path| fs::write(path, "{").unwrap()),
        Event::Copy(from, to) => {
            if let (Some(from), Some(to)) = (file(*from), file(*to)) {
                fs::write(to, fs::read(from).unwrap()).unwrap();
            }
        }
        Event::Forge => {
            if let Some(path) = files.first() {
                let other = tempfile::tempdir().unwrap();
                append(other.path(), [record(9, vec![archive("forged", Outcome::Failed)])]);
                fs::copy(other.path().join("000000001.json"), path).unwrap();
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn catching_up_tells_what_a_new_index_tells(events in proptest::collection::vec(event(), 1..16)) {
        let folder = tempfile::tempdir().unwrap();
        events.iter().for_each(|event| happen(folder.path(), event));
        let caught_up = serde_json::to_value(all(folder.path())).unwrap();
        let anew = serde_json::to_value(look(folder.path(), &Question::default(), true).unwrap()).unwrap();
        prop_assert_eq!(&caught_up, &anew);
        fs::remove_file(index(folder.path())).unwrap();
        prop_assert_eq!(&serde_json::to_value(all(folder.path())).unwrap(), &anew);
    }
}
