//! Sign-offs and corrective actions: what is recorded, what is refused, and that both are part of the chain.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::House;
use crate::evidence::allowed_signers;
use crate::program::{self, Ended, fits, json as parse, records_in, run};
use crate::support;

fn open(house: &House, record: &str, due: &str) -> Ended {
    house.evidence(&[
        "action",
        "open",
        "--for",
        record,
        "--policy",
        "rehearsal.toml",
        "--owner",
        "Bruno",
        "--due",
        due,
        "--what",
        "Mend it",
    ])
}

fn close(house: &House, action: &str, run: &str) -> Ended {
    house.evidence(&[
        "action",
        "close",
        action,
        "--by-record",
        run,
        "--policy",
        "rehearsal.toml",
        "--note",
        "Mended",
    ])
}

fn list(house: &House, more: &[&str]) -> (Option<i32>, Value) {
    let ended = house.evidence(&[&["action", "list", "--policy", "rehearsal.toml", "--json"], more].concat());
    let listed = parse(&ended.stdout);
    fits(&listed, "actions");
    (ended.code, listed)
}

#[test]
fn a_sign_off_is_a_record_of_the_same_chain() {
    let house = House::begun();
    let id = house.scene.bench.kept()[1]["id"].as_str().unwrap().to_owned();
    let ended = house.sign_off(&id);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("record: ") && ended.stderr.contains("000000003.json"), "{}", ended.stderr);
    let records = house.scene.bench.kept();
    records.iter().for_each(|record| fits(record, "record"));
    let signed = &records[2];
    assert_eq!(
        (&signed["kind"], &signed["sequence"], &signed["exit_code"]),
        (&json!("sign-off"), &json!(3), &json!(0))
    );
    assert_eq!(signed["signed_by"], super::key().openssh());
    let file = fs::read(&records_in(&house.scene.bench.records())[1]).unwrap();
    let about = &signed["sign_off"]["about"];
    assert_eq!((&about["id"], &about["sequence"]), (&json!(id), &json!(2)));
    assert_eq!(about["blake3"], blake3::hash(&file).to_hex().as_str());
    assert_eq!(about["sha256"], records[2]["previous"]["sha256"]);
    assert_eq!(signed["sign_off"]["note"], "RTO met.");
    assert!(records[0].get("sign_off").is_none() && records[0].get("action").is_none());
    assert!(house.holds());
}

#[test]
fn what_must_not_be_kept_is_refused() {
    let house = House::begun();
    let signed = |record: &str, by: &str, note: &str| {
        house.evidence(&["sign-off", record, "--policy", "rehearsal.toml", "--by", by, "--note", note])
    };
    let long = "ä".repeat(4001);
    for (record, by, note, said) in [
        ("9", "Anna", "seen", "no record has the number or id `9`; the last one has the number 2"),
        ("20260101T000000Z-passed", "Anna", "seen", "no record has"),
        ("0", "Anna", "seen", "no record has"),
        ("2", " ", "seen", "the name is empty"),
        ("2", "Anna", "", "the note is empty"),
        ("2", "Anna", &long, "the note is too long; at most 4000 letters"),
        ("2", "Anna", "a\u{1b}[2Jb", "the note holds a character that no reader sees"),
        ("2", "An\u{202e}na", "seen", "the name holds a character that no reader sees"),
        ("2", "Anna", "AGE-SECRET-KEY-1QQQQQQQ", "the note holds a secret key"),
    ] {
        let ended = signed(record, by, note);
        assert_eq!(ended.code, Some(2), "{said}: {ended:?}");
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
        assert!(!ended.stderr.contains("QQQQ"), "{}", ended.stderr);
    }
    assert_eq!(house.count(), 2, "nothing was recorded");
    assert_eq!(house.sign_off("2").code, Some(0));
    assert!(house.sign_off("3").stderr.contains("of the kind sign-off, which nobody signs off"));
    assert_eq!(house.count(), 3);
}

#[test]
fn a_note_can_come_from_the_standard_input() {
    let house = House::begun();
    let mut command =
        house.command(&["sign-off", "1", "--policy", "rehearsal.toml", "--by", "Anna", "--note", "-"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Seen.\nNothing to do.\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(house.scene.bench.kept()[2]["sign_off"]["note"], "Seen. Nothing to do.");
}

#[test]
fn the_rules_of_keys_hold_for_people_too() {
    let house = House::begun();
    let by = ["--by", "Anna", "--note", "seen"];
    let unsigned = house.evidence(&[&["sign-off", "2", "--records", "records"][..], &by].concat());
    assert_eq!(unsigned.code, Some(2), "{unsigned:?}");
    assert!(unsigned.stderr.contains("here is no key"), "{}", unsigned.stderr);
    let absent = house.evidence(&[&["sign-off", "2", "--records", "nowhere"][..], &by].concat());
    assert_eq!(absent.code, Some(20));
    assert!(!house.path("nowhere").exists(), "no folder is made for nothing");
    assert_eq!(house.count(), 2);
}

#[test]
fn nothing_is_added_to_a_chain_that_is_broken_anywhere() {
    let house = House::begun();
    let first = &records_in(&house.scene.bench.records())[0];
    let text = fs::read_to_string(first).unwrap();
    fs::write(first, text.replacen("\"payload\":\"ey", "\"payload\":\"ez", 1)).unwrap();
    for ended in [house.sign_off("2"), open(&house, "2", "2099-01-01"), close(&house, "1", "2")] {
        assert_eq!(ended.code, Some(10), "{ended:?}");
        assert!(ended.stderr.contains("nothing was recorded: the chain in "), "{}", ended.stderr);
    }
    assert_eq!(list(&house, &[]).0, Some(10));
    assert_eq!(records_in(&house.scene.bench.records()).len(), 2);
}

#[test]
fn an_altered_sign_off_is_found() {
    let house = House::begun();
    assert_eq!(house.sign_off("2").code, Some(0));
    assert_eq!(house.gaps(&["--framework", "iso27001"]).0, Some(0));
    let third = &records_in(&house.scene.bench.records())[2];
    let mut statement: Value = serde_json::from_slice(&program::payload(&fs::read(third).unwrap())).unwrap();
    statement["predicate"]["sign_off"]["by"] = "The auditor".into();
    let mut envelope: Value = serde_json::from_slice(&fs::read(third).unwrap()).unwrap();
    let payload = serde_json::to_vec(&statement).unwrap();
    envelope["payload"] = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, payload).into();
    fs::write(third, serde_json::to_string(&envelope).unwrap() + "\n").unwrap();
    assert!(!house.holds());
    let (code, gaps) = house.gaps(&["--framework", "iso27001"]);
    assert_eq!((code, &gaps["outcome"]), (Some(10), &json!("broken")));
    assert!(gaps["chain"]["why"].as_str().unwrap().starts_with("record 3 signature: "), "{gaps:#}");
}

/// The words of a report on all records.
fn report(house: &House, language: &str) -> String {
    let mut command = house.scene.bench.command("report");
    let ended = run(command.args(["period", "--policy", "rehearsal.toml", "--language", language]));
    ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn reports_tell_who_sees_to_a_deviation_until_when_and_who_signed_off() {
    let house = House::begun();
    house.fail();
    assert_eq!(house.verify("complete").code, Some(0));
    let told = report(&house, "en");
    assert!(told.contains("Give each deviation an owner") && !told.contains("Bruno"), "{told}");
    assert!(
        told.contains("10 messages were restored into a sandbox and read back, byte for byte, in "),
        "{told}"
    );

    assert_eq!(open(&house, "3", "2099-01-31").code, Some(0));
    assert_eq!(house.sign_off("2").code, Some(0));
    let told = report(&house, "en");
    assert!(told.contains("Owner: Bruno Due: 31 January 2099"), "{told}");
    assert!(!told.contains("Give each deviation an owner"), "{told}");
    assert!(told.contains("Signed off so far") && told.contains("What was said: RTO met."), "{told}");
    assert!(report(&house, "it").contains("Responsabile: Bruno Scadenza: 31 gennaio 2099"));

    assert_eq!(house.verify("complete").code, Some(0));
    assert_eq!(close(&house, "5", "7").code, Some(0));
    assert!(report(&house, "en").contains("Owner: Bruno Due: done, see record 8"));
}

#[test]
fn an_action_goes_from_its_opening_to_the_run_that_closes_it() {
    let house = House::begun();
    house.fail();
    assert_eq!(list(&house, &[]).1["actions"], json!([]));
    let opened = open(&house, "3", "2099-01-31");
    assert_eq!(opened.code, Some(0), "{opened:?}");
    let (code, listed) = list(&house, &[]);
    assert_eq!((code, &listed["open"], &listed["overdue"]), (Some(0), &json!(1), &json!(0)));
    let action = &listed["actions"][0];
    assert_eq!(
        (&action["action"], &action["state"], &action["about"]["sequence"]),
        (&json!(4), &json!("open"), &json!(3))
    );
    let (code, late) = list(&house, &["--at", "2099-02-01"]);
    assert_eq!(
        (code, &late["overdue"], &late["actions"][0]["state"]),
        (Some(20), &json!(1), &json!("overdue"))
    );
    assert_eq!(list(&house, &["--at", "2099-01-31"]).0, Some(0), "the last day is one");

    house.fail();
    for (run, said) in [
        ("2", "record 2 does not close action 4: it began before the action was opened"),
        ("5", "record 5 does not close action 4: it did not pass"),
        ("4", "record 4 does not close action 4: it is no verification"),
        ("9", "no record has the number or id `9`"),
    ] {
        let refused = close(&house, "4", run);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
    }
    assert!(close(&house, "3", "2").stderr.contains("record 3 opened no action"));
    assert_eq!(house.count(), 5);
    assert_eq!(house.verify("complete").code, Some(0));
    assert_eq!(close(&house, "4", "6").code, Some(0));
    let (code, listed) = list(&house, &["--at", "2099-02-01"]);
    assert_eq!((code, &listed["open"], &listed["closed"]), (Some(0), &json!(0), &json!(1)));
    let closed = &listed["actions"][0]["closed"];
    assert_eq!(
        (&closed["record"], &closed["by_record"]["sequence"], &closed["note"]),
        (&json!(7), &json!(6), &json!("Mended"))
    );
    assert!(close(&house, "4", "6").stderr.contains("action 4 was closed by record 7"));
    house.scene.bench.kept().iter().for_each(|record| fits(record, "record"));
    assert!(house.holds());
    let text = house.evidence(&["action", "list", "--policy", "rehearsal.toml"]).stdout;
    assert!(
        text.starts_with("0 open, 0 of them overdue; 1 closed\nclosed   action 4, Bruno by 2099-01-31\n"),
        "{text}"
    );
    assert!(text.contains("    closed in record 7 by record 6, which passed: Mended\n"), "{text}");
}

#[test]
fn an_action_is_for_a_day_that_is_to_come() {
    let house = House::begun();
    assert!(open(&house, "1", "2020-01-31").stderr.contains("2020-01-31 has passed"));
    assert_eq!(open(&house, "1", "soon").code, Some(2));
    assert_eq!(house.count(), 2);
}

#[test]
#[ignore = "needs python3, ssh-keygen, openssl and b3sum: run ./tests/run"]
fn the_script_accepts_what_people_said() {
    let house = House::begun();
    house.fail();
    assert_eq!(house.sign_off("2").code, Some(0));
    assert_eq!(open(&house, "3", "2099-01-31").code, Some(0));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-evidence.py");
    let trust = allowed_signers(&house.path(""), &[1]);
    let mut command = support::tool("python3");
    command.arg(script).arg(house.scene.bench.records()).arg("--trust").arg(trust);
    let told = String::from_utf8(support::output(&mut command)).unwrap();
    assert!(told.contains("HOLDS  checked 5 of 5 records"), "{told}");
}
