//! `mailproof rehearse` as its users run it.

use std::fs;
use std::time::{Duration, SystemTime};

use mailproof::report::rehearsal;
use serde_json::Value;

use super::{ANNA, BRUNO, MESSAGES, Scene, deliver};
use crate::program::{Ended, json, run};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/rehearsal.schema.json");

fn result(scene: &Scene, more: &[&str]) -> (Ended, Value) {
    let mut command = scene.bench.command("rehearse");
    command.args(["--policy", "rehearsal.toml", "--format", "json"]).args(more);
    let ended = run(command.arg(&scene.archive));
    let result = json(&ended.stdout);
    let schema = json(&fs::read_to_string(SCHEMA).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&result).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{result:#}");
    assert_eq!(result["exit_code"].as_i64(), ended.code.map(i64::from));
    (ended, result)
}

#[test]
fn the_rehearsal_schema_in_docs_is_this_versions() {
    let text = serde_json::to_string_pretty(&rehearsal::schema()).unwrap() + "\n";
    if std::env::var_os("REFRESH").is_some() {
        fs::write(SCHEMA, &text).unwrap();
    }
    let stored = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(
        stored == text,
        "refresh it: REFRESH=1 cargo test --test suite the_rehearsal_schema_in_docs_is_this_versions"
    );
}

#[test]
fn a_whole_restore_is_read_back_and_measured() {
    let scene = Scene::with("scope = 'all'", MESSAGES);
    let (ended, result) = result(&scene, &[]);
    assert_eq!(ended.code, Some(0), "{result:#}");
    let all = u64::from(2 * MESSAGES);
    assert_eq!((&result["coverage"]["checked"], &result["coverage"]["total"]), (&all.into(), &all.into()));
    assert_eq!(result["archives"][0]["restored"]["put"], all);
    assert_eq!(result["read_back"]["same"], all);
    assert_eq!(
        (&result["read_back"]["flags_differ"], &result["read_back"]["dates_differ"]),
        (&0.into(), &0.into())
    );
    let time = &result["recovery_time"];
    assert!(time["elapsed_ms"].as_u64() >= time["to_last_ms"].as_u64(), "{time}");
    assert!(time["to_last_ms"].as_u64() >= time["to_first_ms"].as_u64(), "{time}");
    assert_eq!(time["estimate_for_all_ms"], Value::Null, "there is nothing to estimate");
    // The archive's name states no time, and there is no live server.
    assert_eq!(result["recovery_point"]["basis"], "now");
    assert_eq!(result["findings"], Value::Array(Vec::new()));
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn the_sample_is_that_of_the_comparison_with_the_live_mailboxes() {
    let scene = Scene::new();
    let live = scene.live();
    scene.policy(&format!("{live}[sample]\nnumber = 10\n"), "rto = '4h'\nrpo = '26h'");
    let (ended, result) = result(&scene, &[]);
    assert_eq!(ended.code, Some(0), "{result:#}");
    assert_eq!(result["read_back"]["same"], 10);
    assert_eq!(result["coverage"]["total"], u64::from(2 * MESSAGES));
    let verified = &result["verification"]["archives"][0];
    assert_eq!(verified["rung"], "restorable");
    assert_eq!(result["archives"][0]["seed"], verified["live"]["seed"]);
    let compared = verified["live"]["accounts"].as_array().unwrap();
    assert!(compared.iter().all(|account| account["differences"]["same"] == 5), "{compared:?}");
    assert!(result["recovery_time"]["estimate_for_all_ms"].is_u64());
    let point = &result["recovery_point"];
    assert_eq!((&point["basis"], &point["lost_seconds"]), (&"live".into(), &0.into()));
}

#[test]
fn mail_that_came_since_counts_against_the_rpo() {
    let scene = Scene::new();
    let live = scene.live();
    // A day and two hours newer than the newest message of the backup, and in Trash, which no export holds, a year.
    deliver(&scene.bench.path("mail").join(BRUNO), "new", b"Subject: x\r\n\r\n", 299 + MESSAGES + 26 * 60);
    let trash = scene.bench.path("mail").join(BRUNO).join(".Trash");
    super::maildir(&trash);
    deliver(&trash, "old", b"Subject: x\r\n\r\n", 299 + MESSAGES + 365 * 24 * 60);
    scene.policy(&live, "rpo = '26h'");
    assert_eq!(result(&scene, &[]).0.code, Some(0));
    scene.policy(&live, "rpo = '25h'");
    let (ended, result) = result(&scene, &[]);
    assert_eq!(ended.code, Some(10));
    assert_eq!(result["findings"][0]["id"], "rehearsal-rpo-exceeded");
    assert_eq!(result["recovery_point"]["account"], BRUNO);
    assert_eq!(result["recovery_point"]["lost_seconds"], 26 * 3600);
}

#[test]
fn the_report_reads_from_the_top_and_tells_no_secret() {
    let scene = Scene::new();
    scene.policy("[sample]\nnumber = 12\n", "rto = '4h'");
    let mut command = scene.bench.command("rehearse");
    let ended = run(command.args(["--quiet", "--policy", "rehearsal.toml"]).arg(&scene.archive));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines: Vec<&str> = ended.stdout.lines().collect();
    assert_eq!(lines[0], "PASSED  restored and read back 12 of 12 asked for (of 120 in the archive), byte");
    assert_eq!(lines[1].trim(), "for byte");
    for words in [
        "    sandbox     maildir:///",
        "                what was put is gone again",
        "    restored    12 of 12 messages (drawn from the archives), ",
        "    read back   12 of 12 are there, byte for byte",
        "    RTO         ",
        "for these messages only",
        "estimate for all 120 messages",
        "    RPO         ",
        "no live mailbox was looked at",
    ] {
        assert!(ended.stdout.contains(words), "{words}\n{}", ended.stdout);
    }
    let name = scene.archive.display().to_string();
    for line in lines.iter().filter(|line| !line.contains("maildir://") && !line.contains(&name)) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("segreta") && !text.contains("AGE-SECRET"), "{text}");
    }
}

#[test]
fn a_record_says_what_was_done_and_holds_no_mail() {
    let scene = Scene::with("scope = 'all'", 6);
    assert_eq!(result(&scene, &[]).0.code, Some(0));
    let records = scene.bench.kept();
    assert_eq!((records.len(), &records[0]["kind"]), (1, &"rehearse".into()));
    assert_eq!(records[0]["result"]["schema"], "mailproof/rehearsal/v1");
    assert_eq!(records[0]["result"]["outcome"], "passed");
    assert!(!records[0].to_string().contains("segreta"));
}

#[test]
fn only_what_is_asked_for_is_restored() {
    let scene = Scene::with("scope = 'all'", MESSAGES);
    let (_, result_) = result(&scene, &["--only", ANNA, "--folder", "/Inbox/Größe v1.2 ~ * x"]);
    assert_eq!(result_["read_back"]["same"], 20, "{result_:#}");
    assert_eq!(result_["coverage"]["total"], u64::from(2 * MESSAGES));
    assert_eq!((&result_["of_asked"]["checked"], &result_["of_asked"]["total"]), (&20.into(), &20.into()));
    let (ended, result_) = result(&scene, &["--only", "carla@example.org"]);
    assert_eq!((ended.code, &result_["outcome"]), (Some(20), &"not-verified".into()), "nothing is no pass");
    let told = result_["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("no account carla@example.org; there are anna@example.org, bruno"), "{told}");
    let (ended, result_) = result(&scene, &["--folder", "/Inbax"]);
    let told = result_["errors"][0]["message"].as_str().unwrap();
    assert!(told.contains("no folder /Inbax; nearest are /Inbox"), "{told}");
    assert_eq!((ended.code, &result_["outcome"]), (Some(20), &"not-verified".into()), "{result_:#}");
}

#[test]
fn damage_in_the_archive_is_no_pass() {
    let scene = Scene::with("scope = 'all'", 6);
    let mut bytes = fs::read(&scene.archive).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&scene.archive, bytes).unwrap();
    let (ended, result) = result(&scene, &[]);
    assert_eq!(ended.code, Some(10), "{result:#}");
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn without_a_sandbox_in_the_policy_there_is_none() {
    let scene = Scene::new();
    let mut command = scene.bench.command("rehearse");
    let ended = run(command.args(["--identity", "own.txt"]).arg(&scene.archive));
    assert_eq!(ended.code, Some(2));
    assert!(ended.stderr.contains("add the section [rehearsal]"), "{}", ended.stderr);
}

#[test]
fn a_time_that_passed_is_found() {
    let scene = Scene::with("scope = 'all'", 6);
    // No restore takes no time; the smallest target of a policy is a second, so the loss is held against it.
    scene.policy("", "scope = 'all'\nrpo = '1s'");
    let (ended, result) = result(&scene, &[]);
    assert_eq!(ended.code, Some(10));
    assert_eq!(result["findings"][0]["id"], "rehearsal-rpo-exceeded");
    let age = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let newest = Duration::from_secs(super::date(305));
    let lost = Duration::from_secs(result["recovery_point"]["lost_seconds"].as_u64().unwrap());
    assert!(lost <= age - newest && lost > age - newest - Duration::from_secs(600));
}
