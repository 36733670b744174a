//! `mailproof evidence`, and the records that the other commands leave.

use std::fs;
use std::path::Path;

use mailproof::evidence::{self, check};
use serde_json::{Value, json};

use super::{allowed_signers, key_file, public};
use crate::program::{self, Bench, bare, fits, records_in, run};

#[test]
fn the_schemas_of_records_and_checks_in_docs_are_this_versions() {
    for (name, schema) in [("record", evidence::schema()), ("evidence", check::schema())] {
        let path = format!("{}/docs/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("REFRESH").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert!(jsonschema::meta::is_valid(&schema));
        assert!(
            fs::read_to_string(&path).unwrap_or_default() == text,
            "refresh {path}: REFRESH=1 cargo test --test suite schema"
        );
    }
}

/// A policy that signs with key 1; the key lies beside it.
fn signing(bench: &Bench, number: u8) -> std::path::PathBuf {
    signing_with(bench, number, "")
}

/// The same with more rules for evidence.
pub fn signing_with(bench: &Bench, number: u8, more: &str) -> std::path::PathBuf {
    let file = key_file(&bench.path(""), number);
    let name = file.file_name().unwrap().to_str().unwrap();
    bench.policy("", &format!("[archives]\nkey = \"sound\"\n[evidence]\nkey_file = \"{name}\"\n{more}"))
}

pub fn verify_evidence(bench: &Bench, more: &[&str]) -> (Option<i32>, Value) {
    let mut command = bench.command("evidence");
    let ended = run(command.args(["verify", "--format", "json"]).arg(bench.records()).args(more));
    let check = program::json(&ended.stdout);
    fits(&check, "evidence");
    (ended.code, check)
}

#[test]
fn every_command_leaves_a_signed_record_in_one_chain() {
    let bench = Bench::new();
    let policy = signing(&bench, 1);
    let mut verify = bench.command("verify");
    assert_eq!(run(verify.arg("--policy").arg(&policy)).code, Some(0));
    let mut restore = bench.command("restore");
    restore.arg("--policy").arg(&policy).args(["--all-accounts", "--to", "./back", "s3://backups/sound"]);
    let restored = run(&mut restore);
    assert!(restored.stderr.contains("record: "), "{restored:?}");
    let records = bench.kept();
    records.iter().for_each(|record| fits(record, "record"));
    let told: Vec<_> = records.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(told, ["verify", "restore"]);
    assert_eq!(records[1]["exit_code"], restored.code.unwrap());
    assert_eq!(records[1]["result"]["schema"], "mailproof/restore/v1");
    assert_eq!(records[1]["environment"]["restored_to"], "./back");
    let first = &records[0];
    assert_eq!((&first["sequence"], &first["previous"]), (&json!(1), &Value::Null));
    assert_eq!(first["signed_by"], public(1).openssh());
    assert_eq!(first["environment"]["store_kind"], "s3");
    assert_eq!(first["scope"]["archives"], 1);
    assert_eq!(records[1]["previous"]["sequence"], 1);
    let file = fs::read(&records_in(&bench.records())[0]).unwrap();
    assert_eq!(records[1]["previous"]["blake3"], blake3::hash(&file).to_hex().as_str());
    let trust = allowed_signers(&bench.path(""), &[1]);
    let (code, check) = verify_evidence(&bench, &["--trust", trust.to_str().unwrap()]);
    assert_eq!((code, &check["outcome"], &check["signed"]), (Some(0), &json!("holds"), &json!(2)));
}

#[test]
fn what_was_not_looked_at_stands_in_the_record() {
    let bench = Bench::new();
    bench.put("age-other-key");
    assert_eq!(run(&mut bench.verify(&["sound", "age-other-key"])).code, Some(20));
    let scope = &bench.kept().remove(0)["scope"];
    assert_eq!((&scope["archives"], &scope["excluded_count"]), (&json!(2), &json!(1)), "{scope:#}");
    assert_eq!(scope["excluded"][0]["what"], "s3://backups/age-other-key");
    assert!(scope["excluded"][0]["why"].as_str().unwrap().starts_with("decrypt: "), "{scope:#}");
}

#[test]
fn without_a_key_all_that_is_said_is_not_signed() {
    let bench = Bench::new();
    assert_eq!(run(&mut bench.verify(&["sound"])).code, Some(0));
    let (code, check) = verify_evidence(&bench, &[]);
    assert_eq!((code, &check["outcome"]), (Some(20), &json!("not-verified")));
    let text = run(bare().args(["evidence", "verify"]).arg(bench.records()));
    assert!(text.stdout.starts_with("NOT VERIFIED") && text.stdout.contains("not signed"), "{}", text.stdout);
    assert_eq!(verify_evidence(&bench, &["--unsigned"]).0, Some(0));
}

#[test]
fn the_text_says_what_was_proven_and_what_to_note() {
    let bench = Bench::new();
    let policy = signing(&bench, 1);
    assert_eq!(run(bench.command("verify").arg("--policy").arg(&policy)).code, Some(0));
    let text = run(bench.command("evidence").arg("verify").arg("--policy").arg(&policy)).stdout;
    assert!(text.starts_with("HOLDS  checked 1 of 1 records; 1 are signed\n"), "{text}");
    assert!(text.contains(&format!("signed by {}: record 1\n", public(1).fingerprint())), "{text}");
    let digest = blake3::hash(&fs::read(&records_in(&bench.records())[0]).unwrap());
    for part in [
        &format!("head 1:{digest}"),
        "--expect-head",
        &public(1).fingerprint(),
        "the holder of one key made all of it",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    fs::write(&records_in(&bench.records())[0], "").unwrap();
    let broken = run(bench.command("evidence").arg("verify").arg("--policy").arg(&policy));
    assert_eq!(broken.code, Some(10));
    assert!(broken.stdout.starts_with("BROKEN  record 1 not-dsse: "), "{}", broken.stdout);
    assert!(!broken.stdout.contains("--expect-head"), "{}", broken.stdout);
}

#[test]
fn a_hand_over_lets_the_new_key_sign_and_the_old_one_no_longer() {
    let bench = Bench::new();
    let old = signing(&bench, 1);
    let verify = |policy: &Path| run(bench.command("verify").arg("--policy").arg(policy));
    assert_eq!(verify(&old).code, Some(0));
    let new = bench.path("new.pub");
    fs::write(&new, public(2).openssh() + " mailproof\n").unwrap();
    let mut command = bench.command("evidence");
    command.arg("hand-over").arg("--to").arg(&new).arg("--policy").arg(&old);
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(&public(2).fingerprint()));
    let refused = verify(&old);
    assert_eq!(refused.code, Some(2), "the old key is out: {refused:?}");
    assert!(refused.stderr.contains("nothing was read"), "{}", refused.stderr);
    assert_eq!(verify(&signing(&bench, 2)).code, Some(0));
    let records = bench.kept();
    records.iter().for_each(|record| fits(record, "record"));
    assert_eq!(records[1]["kind"], "hand-over");
    assert_eq!(records[1]["hand_over"]["new_key"], public(2).openssh());
    assert_eq!(records[1]["hand_over"]["valid_after_sequence"], 2);
    let trust = allowed_signers(&bench.path(""), &[1]);
    let (code, check) = verify_evidence(&bench, &["--trust", trust.to_str().unwrap()]);
    assert_eq!((code, check["keys"].as_array().unwrap().len()), (Some(0), 2));
}

#[test]
fn the_doctor_reads_the_key_and_the_end_of_the_chain() {
    let bench = Bench::new();
    let policy = signing(&bench, 1);
    let doctor = || run(bench.command("doctor").arg("--policy").arg(&policy));
    let well = doctor();
    assert_eq!((well.code, well.stdout.contains(&public(1).fingerprint())), (Some(0), true), "{well:?}");
    assert_eq!(run(bench.command("verify").arg("--policy").arg(&policy)).code, Some(0));
    assert_eq!(doctor().code, Some(0));
    let ill = |said: &str| {
        let ended = doctor();
        assert_eq!(ended.code, Some(20), "{ended:?}");
        let problem = ended.stdout.lines().find(|line| line.starts_with("PROBLEM  records: ")).unwrap();
        assert!(problem.contains(said), "{problem}");
    };
    let head = bench.records().join("head.json");
    let sound = fs::read(&head).unwrap();
    fs::write(&head, "{}").unwrap();
    ill("chain is broken");
    fs::write(&head, sound).unwrap();
    fs::write(bench.path("key-1.pem"), "no key").unwrap();
    ill("key-1.pem");
}

#[test]
fn wrong_usage_is_told_from_broken_evidence() {
    let bench = Bench::new();
    let ended = |arguments: &[&str]| run(bench.command("evidence").args(arguments));
    assert_eq!(ended(&["verify", "/nowhere"]).code, Some(20));
    assert_eq!(ended(&["verify", ".", "--expect-head", "1:abc"]).code, Some(2));
    assert_eq!(ended(&["verify", ".", "--trust", "/nowhere"]).code, Some(2));
    fs::write(bench.path("signers"), "anna ssh-ed25519 AAAA\n").unwrap();
    assert_eq!(ended(&["verify", ".", "--trust", "signers"]).code, Some(2));
    let policy = bench.policy("", "");
    let hand_over = ["hand-over", "--to", "signers", "--policy", policy.to_str().unwrap()];
    assert_eq!(ended(&hand_over).code, Some(2));
}
