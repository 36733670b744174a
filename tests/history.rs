//! `mailproof history`: what the records of real runs tell, and an index that nobody has to believe.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use mailproof::history;
use serde_json::{Value, json};

use crate::program::{self, Bench, Ended, bare, run};
use crate::rehearse::Scene;
use crate::support;

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/history.schema.json");
const ANNA: &str = "anna@example.org";

fn command(records: &Path, more: &[&str]) -> Command {
    let mut command = bare();
    command.arg("history").arg("--records").arg(records).args(more);
    command
}

/// The history as JSON, which must fit its schema.
fn told(records: &Path, more: &[&str]) -> (Ended, Value) {
    let ended = run(command(records, more).arg("--json"));
    let history = program::json(&ended.stdout);
    let schema = program::json(&fs::read_to_string(SCHEMA).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&history).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{history:#}");
    assert_eq!(history["exit_code"].as_i64(), ended.code.map(i64::from));
    (ended, history)
}

/// Number of the record and address of each archive that is told.
fn lines(history: &Value) -> Vec<(u64, String)> {
    let runs = history["runs"].as_array().unwrap().iter();
    let archives = runs.flat_map(|run| {
        let number = run["sequence"].as_u64().unwrap();
        let archives = run["archives"].as_array().unwrap().iter();
        archives.map(move |archive| (number, archive["archive"].as_str().unwrap().to_owned()))
    });
    archives.collect()
}

fn numbers(history: &Value) -> Vec<u64> {
    let runs = history["runs"].as_array().unwrap().iter();
    runs.map(|run| run["sequence"].as_u64().unwrap()).collect()
}

/// Records of a verification, a rehearsal, a restore, and a verification of two archives of which one is damaged.
fn scene() -> Scene {
    let scene = Scene::with("scope = 'all'\nrto = '4h'", 6);
    let ended = |command: &str, more: &[&str]| {
        let mut command = scene.bench.command(command);
        run(command.args(["--policy", "rehearsal.toml"]).args(more).arg(&scene.archive)).code
    };
    assert_eq!(ended("verify", &["--rung", "meaningful"]), Some(0));
    assert_eq!(ended("rehearse", &[]), Some(0));
    assert_eq!(ended("restore", &["--account", ANNA, "--to", "./back"]), Some(0));
    scene.bench.put("tar-end-marker-missing");
    assert_eq!(run(&mut scene.bench.verify(&["sound", "tar-end-marker-missing"])).code, Some(10));
    scene
}

#[test]
fn the_schema_of_histories_in_docs_is_this_versions() {
    let text = serde_json::to_string_pretty(&history::schema()).unwrap() + "\n";
    if std::env::var_os("REFRESH").is_some() {
        fs::write(SCHEMA, &text).unwrap();
    }
    assert!(jsonschema::meta::is_valid(&history::schema()));
    let stored = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(stored == text, "refresh it: REFRESH=1 cargo test --test suite the_schema_of_histories");
}

#[test]
fn every_kind_of_run_is_told_as_its_record_states_it() {
    let scene = scene();
    let (ended, history) = told(&scene.bench.records(), &[]);
    assert_eq!(
        (ended.code, &history["records"], &history["chain_checked"]),
        (Some(0), &json!(4), &json!(false))
    );
    let runs = history["runs"].as_array().unwrap();
    for (run, record) in runs.iter().zip(scene.bench.kept()) {
        for field in
            ["sequence", "id", "kind", "started", "finished", "outcome", "exit_code", "host", "operator"]
        {
            assert_eq!(run[field], record[field], "{field}");
        }
        assert_eq!((&run["version"], &run["signed"]), (&record["tool"]["version"], &json!(false)));
    }
    let kinds: Vec<_> = runs.iter().map(|run| run["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["verify", "rehearse", "restore", "verify"]);
    let first = |run: usize| &runs[run]["archives"][0];
    assert_eq!((&first(0)["rung"], &first(0)["accounts"]), (&json!("meaningful"), &json!(2)));
    assert_eq!(first(0)["coverage"], json!({ "checked": 2, "total": 2, "unit": "members" }));
    assert_eq!(first(1)["coverage"], json!({ "checked": 12, "total": 12, "unit": "items" }));
    assert_eq!(runs[1]["objectives"]["rto_target_seconds"], 4 * 3600);
    assert!(runs[1]["objectives"]["rto_measured_seconds"].is_u64());
    assert_eq!(first(2)["coverage"]["checked"], 6);
    assert_eq!((&first(3)["outcome"], &first(3)["findings"]["failures"]), (&json!("passed"), &json!(0)));
    assert_eq!(runs[3]["archives"][1]["findings"], json!({ "failures": 1, "warnings": 0, "infos": 0 }));
    assert_eq!((&runs[3]["by_itself"], &runs[3]["outcome"]), (&json!(false), &json!("failed")));
}

#[test]
fn the_options_restrict_what_is_told() {
    let scene = scene();
    let asked = |more: &[&str]| {
        let (ended, history) = told(&scene.bench.records(), more);
        assert_eq!(ended.code, Some(0), "nothing that fits is no fault: {more:?}");
        history
    };
    for (more, wanted) in [
        (&["--kind", "verify"][..], &[1, 4][..]),
        (&["--kind", "hand-over"], &[]),
        (&["--limit", "2"], &[3, 4]),
        (&["--kind", "verify", "--limit", "1"], &[4]),
        (&["--account", "Anna@Example.org"], &[1, 2, 3]),
        (&["--account", "bruno@example.org"], &[1, 2]),
        (&["--account", "nna@example.org"], &[]),
        (&["--outcome", "failed"], &[4]),
        (&["--days", "1"], &[1, 2, 3, 4]),
        (&["--since", "2000-01-01"], &[1, 2, 3, 4]),
        (&["--since", "9999-01-01"], &[]),
        (&["--archive", "s3://backups/"], &[4]),
    ] {
        assert_eq!(numbers(&asked(more)), wanted, "{more:?}");
    }
    assert_eq!(
        lines(&asked(&["--outcome", "failed"])),
        [(4, "s3://backups/tar-end-marker-missing".to_owned())]
    );
    assert_eq!(lines(&asked(&["--archive", "backups/sou"])), [(4, "s3://backups/sound".to_owned())]);
}

#[test]
fn the_text_has_a_line_for_each_archive_and_says_what_was_not_checked() {
    let scene = scene();
    let ended = run(&mut command(&scene.bench.records(), &[]));
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert!(lines[0].starts_with("WHEN (UTC)") && lines[0].ends_with("ARCHIVE"), "{}", ended.stdout);
    for (line, words) in [
        (1, &["verify", "PASSED", "meaningful", "2 of 2"][..]),
        (2, &["rehearse", "PASSED", "12 of 12", "s/4h"]),
        (3, &["restore", "PASSED", "6 of 6"]),
        (4, &["verify", "PASSED", "complete", "s3://backups/sound"]),
        (5, &["verify", "FAILED", "1/0/0", "s3://backups/tar-end-marker-missing"]),
    ] {
        assert!(words.iter().all(|word| lines[line].contains(word)), "{words:?}: {}", ended.stdout);
    }
    for words in [
        "throughput verify",
        "findings              __",
        "4 runs of 4 records in ",
        "was not checked here: `mailproof evidence verify`",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    assert!(ended.stdout.is_ascii() && !ended.stdout.contains('\x1b'), "this is no terminal");
    let policy = scene.bench.path("rehearsal.toml");
    let by_policy = run(scene.bench.command("history").arg("--policy").arg(policy));
    assert_eq!(by_policy.stdout.lines().next(), Some(lines[0]));
}

#[test]
fn the_index_can_be_made_anew_removed_or_damaged_and_nothing_changes() {
    let scene = scene();
    let (records, index) = (scene.bench.records(), scene.bench.records().join("history.sqlite"));
    let before = told(&records, &["--limit", "2"]).1;
    assert_eq!(run(&mut scene.bench.verify(&["sound"])).code, Some(0), "an index is in no run's way");
    let caught_up = told(&records, &[]).1;
    assert_eq!((numbers(&before), numbers(&caught_up)), (vec![3, 4], vec![1, 2, 3, 4, 5]));
    assert_eq!(told(&records, &["--rebuild"]).1, caught_up);
    fs::remove_file(&index).unwrap();
    assert_eq!(told(&records, &[]).1, caught_up);
    fs::write(&index, "this is no database".repeat(500)).unwrap();
    assert_eq!(told(&records, &[]).1, caught_up);
    let check = run(bare().args(["evidence", "verify", "--unsigned", "--format", "json"]).arg(&records));
    let check = program::json(&check.stdout);
    assert_eq!((&check["outcome"], &check["not_in_chain"]), (&json!("holds"), &json!(0)));
}

#[test]
fn several_histories_at_once_tell_the_same() {
    let scene = scene();
    let start = || command(&scene.bench.records(), &["--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let children: Vec<_> = (0..6).map(|_| start()).collect();
    let outputs = children.into_iter().map(|child| child.wait_with_output().unwrap());
    let histories: Vec<Value> =
        outputs.map(|output| program::json(std::str::from_utf8(&output.stdout).unwrap())).collect();
    assert_eq!(histories[0]["records"], 4);
    assert_eq!(histories[0]["index_not_kept"], Value::Null);
    assert!(histories.iter().all(|history| *history == histories[0]), "{histories:#?}");
}

#[test]
fn a_record_that_can_not_be_read_is_said_and_not_passed_over() {
    let scene = scene();
    let records = scene.bench.records();
    fs::write(records.join("000000002.json"), "{\"payload\":").unwrap();
    let (ended, history) = told(&records, &[]);
    assert_eq!((ended.code, &history["unreadable_count"]), (Some(20), &json!(1)));
    assert_eq!((&history["unreadable"][0]["record"], numbers(&history)), (&json!(2), vec![1, 3, 4]));
    let text = run(&mut command(&records, &["--kind", "restore"]));
    assert_eq!(text.code, Some(20));
    assert!(text.stdout.contains("1 record could not be read"), "{}", text.stdout);
    assert!(text.stdout.contains("  record 2: "), "{}", text.stdout);
    fs::remove_file(records.join("000000002.json")).unwrap();
    let gone = run(&mut command(&records, &[]));
    assert_eq!(gone.code, Some(20));
    assert!(gone.stdout.contains("1 record is not there, and later ones are"), "{}", gone.stdout);
}

#[test]
fn where_there_is_nothing_the_next_step_is_said() {
    let folder = support::folder();
    let (ended, history) = told(folder.path(), &[]);
    assert_eq!((ended.code, &history["runs"]), (Some(20), &json!([])));
    let text = run(&mut command(folder.path(), &[]));
    assert_eq!(text.code, Some(20));
    assert!(
        text.stdout.starts_with("no records lie in ") && text.stdout.contains("`mailproof verify`"),
        "{text:?}"
    );
    let missing = run(&mut command(&folder.path().join("nowhere"), &[]));
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(20), ""));
    assert!(missing.stderr.contains("name the folder of the records"), "{}", missing.stderr);
    let bench = Bench::new();
    for wrong in [
        &["--kind", "verfy"][..],
        &["--outcome", "good"],
        &["--since", "yesterday"],
        &["--days", "0"],
        &["--days", "1", "--since", "2026-01-01"],
        &["--limit", "0"],
        &["--policy", "/nowhere.toml"],
    ] {
        assert_eq!(run(bench.command("history").args(wrong)).code, Some(2), "{wrong:?}");
    }
}

#[test]
fn with_a_secret_no_address_gets_into_a_record() {
    let scene = Scene::with("scope = 'all'", 6);
    support::secret_file(&scene.bench.path(""), "p-key", &"k".repeat(32));
    let policy = fs::read_to_string(scene.bench.path("rehearsal.toml")).unwrap();
    let veiled = policy + "[evidence]\npseudonyms_key_file = 'p-key'\n";
    fs::write(scene.bench.path("veiled.toml"), veiled).unwrap();
    let archive = scene.bench.path("bruno@example.org-20261130.tar.zst.age");
    fs::copy(&scene.archive, &archive).unwrap();
    let mut bytes = fs::read(&archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(scene.bench.path("carla@example.org.tar.zst.age"), bytes).unwrap();
    let ended = |command: &str, more: &[&str], archive: &str| {
        let mut command = scene.bench.command(command);
        run(command.args(["--policy", "veiled.toml"]).args(more).arg(scene.bench.path(archive)))
    };
    let meaningful = ["--rung", "meaningful", "--format", "json"];
    let shown = ended("verify", &meaningful, "bruno@example.org-20261130.tar.zst.age");
    assert!(
        shown.code == Some(0) && shown.stdout.contains(ANNA),
        "what is printed keeps addresses: {shown:?}"
    );
    assert_eq!(ended("verify", &meaningful, "carla@example.org.tar.zst.age").code, Some(10));
    assert_eq!(ended("rehearse", &[], "bruno@example.org-20261130.tar.zst.age").code, Some(0));
    assert_eq!(ended("rehearse", &["--only", "dora@example.org"], "a.tar.zst.age").code, Some(20));
    assert_eq!(
        ended("restore", &["--account", ANNA, "--to", "./anna@example.org"], "a.tar.zst.age").code,
        Some(0)
    );
    let records = scene.bench.kept();
    assert_eq!(records.len(), 5);
    for record in &records {
        let text = record.to_string().to_lowercase();
        for name in ["anna", "bruno", "carla", "dora", "sandbox@", "other@"] {
            assert!(!text.contains(name), "{name}: {record:#}");
        }
        assert!(!text.contains('@') && text.contains("p-"), "{record:#}");
        assert!(record["pseudonyms"].is_string());
    }
    let accounts = |record: usize, path: &str| records[record]["result"].pointer(path).unwrap().clone();
    let anna = accounts(0, "/archives/0/accounts/0/account");
    assert_eq!(accounts(2, "/verification/archives/0/accounts/0/account"), anna);
    assert_eq!(accounts(4, "/folders/0/account"), anna);
    assert!(
        records[0]["result"]["archives"][0]["archive"].as_str().unwrap().ends_with("-20261130.tar.zst.age")
    );
    let check = run(bare().args(["evidence", "verify", "--unsigned"]).arg(scene.bench.records()));
    assert_eq!(check.code, Some(0), "{}", check.stdout);
    let mut history = scene.bench.command("history");
    let history = run(history.args(["--policy", "veiled.toml", "--account", ANNA, "--json"]));
    assert!(numbers(&program::json(&history.stdout)).contains(&5), "{history:?}");
    assert_eq!(numbers(&told(&scene.bench.records(), &["--account", ANNA]).1), [0; 0]);
}

#[test]
#[ignore = "needs sqlite3: run ./tests/run"]
fn sqlite3_finds_a_row_for_each_record_and_each_archive() {
    let scene = scene();
    told(&scene.bench.records(), &[]);
    let ask = |query: &str| {
        let mut sqlite = support::tool("sqlite3");
        let bytes = support::output(sqlite.arg(scene.bench.records().join("history.sqlite")).arg(query));
        String::from_utf8(bytes).unwrap().trim().to_owned()
    };
    assert_eq!(ask("PRAGMA integrity_check"), "ok");
    assert_eq!(ask("SELECT count(*) FROM record"), scene.bench.kept().len().to_string());
    assert_eq!(
        ask("SELECT group_concat(kind) FROM (SELECT kind FROM record ORDER BY sequence)"),
        "verify,rehearse,restore,verify"
    );
    assert_eq!(ask("SELECT count(*), sum(outcome = 'failed') FROM line"), "5|1");
    assert_eq!(ask("SELECT count(DISTINCT account) FROM mailbox"), "2");
}
