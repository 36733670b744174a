//! `mailproof` with a bucket for records: what runs leave there, `evidence upload`, `evidence verify s3://…` and `doctor`.

use std::path::PathBuf;
use std::process::Command;

use mailproof::demo::server::{Fault, Keeping, Operation, Times};
use serde_json::{Value, json};

use super::command::signing_with;
use super::{allowed_signers, public};
use crate::program::{self, Bench, Ended, fits, run};

/// A bench with a bucket for records, and a policy that names it.
fn bench() -> (Bench, PathBuf) {
    let bench = Bench::new();
    bench.server.create_bucket("records", Keeping::Locked(None));
    let credentials = bench.credentials.file_name().unwrap().to_str().unwrap();
    let more = format!(
        "[evidence.bucket]\nurl = \"s3://records/zimbra/\"\nendpoint = \"{}\"\ncredentials_file = \"{credentials}\"\n\
         mode = \"compliance\"\nretention = \"30d\"\nnetwork = {{ retries = 0 }}\n",
        bench.server.endpoint()
    );
    let policy = signing_with(&bench, 1, &more);
    (bench, policy)
}

fn verify(bench: &Bench, policy: &PathBuf) -> Ended {
    run(bench.command("verify").arg("--policy").arg(policy))
}

fn upload(bench: &Bench, policy: &PathBuf) -> Ended {
    run(bench.command("evidence").arg("upload").arg("--policy").arg(policy))
}

/// `evidence verify` of the bucket, as JSON that fits its schema.
fn check(bench: &Bench, more: &[&str]) -> (Option<i32>, Value) {
    let ended = run(checking(bench).args(["--format", "json"]).args(more));
    let check = program::json(&ended.stdout);
    fits(&check, "evidence");
    (ended.code, check)
}

fn checking(bench: &Bench) -> Command {
    let mut command = bench.command("evidence");
    command.args(["verify", "s3://records/zimbra/", "--trust"]).arg(allowed_signers(&bench.path(""), &[1]));
    bench.reach(&mut command);
    command
}

fn away(bench: &Bench, key: &str, operation: Operation) {
    bench.server.inject(key, Fault::Refuse { operation, status: 503 }, Times::Always);
}

#[test]
fn each_command_that_keeps_a_record_brings_it_up() {
    let (bench, policy) = bench();
    assert_eq!(verify(&bench, &policy).code, Some(0));
    let mut sign_off = bench.command("evidence");
    sign_off.args(["sign-off", "1", "--by", "Anna", "--note", "seen", "--policy"]).arg(&policy);
    assert_eq!(run(&mut sign_off).code, Some(0));
    let mut restore = bench.command("restore");
    restore.arg("--policy").arg(&policy).args(["--all-accounts", "--to", "./back", "s3://backups/sound"]);
    assert!(run(&mut restore).stderr.contains("record: "));
    let (code, told) = check(&bench, &[]);
    assert_eq!((code, &told["outcome"], &told["signed"]), (Some(0), &json!("holds"), &json!(3)), "{told:#}");
    assert_eq!(
        (&told["folder"], &told["bucket"]["locks"]["compliance"]),
        (&json!("s3://records/zimbra/"), &json!(3))
    );
    let text = run(&mut checking(&bench)).stdout;
    for part in [
        "HOLDS  checked 3 of 3 records; 3 are signed\n  in s3://records/zimbra/\n",
        &public(1).fingerprint(),
        "  3 of 3 records are locked: compliance 3; the first lock ends 20",
        "  all versions were looked at\n",
        "records that never came to the bucket",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let by_policy =
        run(bench.command("evidence").args(["verify", "s3://records/zimbra/", "--policy"]).arg(&policy));
    assert_eq!(by_policy.code, Some(0), "{by_policy:?}");
}

#[test]
fn a_bucket_that_is_away_changes_no_run_and_gets_the_rest_later() {
    let (bench, policy) = bench();
    away(&bench, "zimbra/000000001.json", Operation::Put);
    let ended = verify(&bench, &policy);
    assert_eq!(ended.code, Some(0), "the run stays what it is");
    let warning = ended.stderr.lines().find(|line| line.starts_with("warning: ")).unwrap();
    assert!(warning.contains("1 record is in the folder and not in the bucket"), "{warning}");
    let command = format!("`mailproof evidence upload --policy {}`", policy.display());
    assert!(warning.contains(&command), "{warning}");
    assert!(ended.stderr.contains("record: "), "{}", ended.stderr);
    let left = upload(&bench, &policy);
    assert_eq!((left.code, left.stdout.as_str()), (Some(20), ""), "{left:?}");
    let doctor = || run(bench.command("doctor").arg("--policy").arg(&policy));
    let ill = doctor();
    assert_eq!(ill.code, Some(20), "{ill:?}");
    assert!(
        ill.stdout.contains(&format!("PROBLEM  records there: it lacks 1 of 1 record; run {command}")),
        "{}",
        ill.stdout
    );
    bench.server.clear();
    let up = upload(&bench, &policy);
    assert_eq!(up.code, Some(0), "{up:?}");
    let policy_named = policy.display();
    let told = |went: &str| {
        format!(
            "{went} went to s3://records/zimbra/, which lists all 1; the last one was read back and is ours; \
             `mailproof evidence verify s3://records/zimbra/ --policy {policy_named}` reads them all\n"
        )
    };
    assert_eq!(up.stdout, told("1 record"));
    assert_eq!(upload(&bench, &policy).stdout, told("0 records"));
    let well = doctor();
    assert_eq!(well.code, Some(0), "{well:?}");
    assert!(well.stdout.contains(
        "ok       record bucket: s3://records/zimbra/ answers, has Object Lock on and lets us write"
    ));
    assert_eq!(check(&bench, &[]).0, Some(0));
}

#[test]
fn another_chain_in_the_way_is_told_by_each_command() {
    let (bench, policy) = bench();
    bench.server.put("records", "zimbra/000000001.json", "a stranger's");
    let ended = verify(&bench, &policy);
    assert_eq!(ended.code, Some(0));
    assert!(
        ended.stderr.contains("s3://records/zimbra/000000001.json is of another chain"),
        "{}",
        ended.stderr
    );
    let ended = upload(&bench, &policy);
    assert_eq!((ended.code, ended.stderr.contains("is of another chain")), (Some(10), true), "{ended:?}");
    let ended = run(bench.command("doctor").arg("--policy").arg(&policy));
    assert!(ended.code == Some(20) && ended.stdout.contains("PROBLEM  record bucket: "), "{ended:?}");
    let none = bench.policy("", "");
    assert_eq!(upload(&bench, &none).code, Some(2), "no bucket is named");
}

#[test]
fn a_time_stamp_of_no_record_in_the_bucket_is_a_warning_and_records_go_there() {
    let (bench, policy) = bench();
    bench.server.put("records", "zimbra/000000009.json.tsr", "a stranger's");
    let warned = "warning: s3://records/zimbra/000000009.json.tsr: beside no record";
    let ended = verify(&bench, &policy);
    assert!(ended.code == Some(0) && ended.stderr.contains(warned), "{ended:?}");
    let up = upload(&bench, &policy);
    assert!(up.code == Some(0) && up.stderr.starts_with(warned), "{up:?}");
    assert!(up.stdout.contains("which lists all 1;"), "{up:?}");
    let doctor = run(bench.command("doctor").arg("--policy").arg(&policy));
    assert!(doctor.code == Some(20) && doctor.stdout.contains("PROBLEM  records there: s3://"), "{doctor:?}");
    let (code, told) = check(&bench, &[]);
    assert_eq!((code, &told["outcome"], &told["not_in_chain"]), (Some(0), &json!("holds"), &json!(1)));
}

#[test]
fn what_was_done_to_records_is_named_and_a_store_that_is_away_is_not_broken() {
    let (bench, policy) = bench();
    (0..2).for_each(|_| assert_eq!(verify(&bench, &policy).code, Some(0)));
    bench.server.put("records", "zimbra/000000002.json", "x");
    bench.server.delete("records", "zimbra/000000001.json.sig");
    let (code, told) = check(&bench, &[]);
    assert_eq!((code, &told["reasons"]), (Some(10), &json!({"deleted": 1, "overwritten": 1})), "{told:#}");
    let text = run(&mut checking(&bench)).stdout;
    assert!(text.starts_with("BROKEN  record 1 deleted: 000000001.json.sig: it was deleted at "), "{text}");
    away(&bench, "", Operation::List);
    let ended = run(checking(&bench).arg("--format").arg("json"));
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(20), ""), "{ended:?}");
}

/// What an auditor fetches has no head, and is checked as a folder.
#[test]
fn a_folder_that_was_fetched_from_the_bucket_is_checked_without_a_head() {
    let (bench, policy) = bench();
    (0..2).for_each(|_| assert_eq!(verify(&bench, &policy).code, Some(0)));
    std::fs::remove_file(bench.records().join("head.json")).unwrap();
    let ended = |more: &[&str]| run(bench.command("evidence").arg("verify").arg(bench.records()).args(more));
    let headless = ended(&[]);
    assert_eq!(headless.code, Some(10), "a head may have been taken away");
    assert!(
        headless.stdout.contains("head.json: it is missing; a folder that was fetched from a bucket"),
        "{headless:?}"
    );
    assert!(headless.stdout.contains("is checked with --without-head"), "{headless:?}");
    assert_eq!(ended(&["--without-head"]).code, Some(0));
}

#[test]
fn what_was_taken_away_in_the_bucket_is_told_by_upload_doctor_and_run() {
    let (bench, policy) = bench();
    (0..4).for_each(|_| assert_eq!(verify(&bench, &policy).code, Some(0)));
    bench.server.delete("records", "zimbra/000000002.json");
    let doctor = run(bench.command("doctor").arg("--policy").arg(&policy));
    assert_eq!(doctor.code, Some(20), "{doctor:?}");
    assert!(
        doctor.stdout.contains("PROBLEM  records there: record 2 not there though later ones are"),
        "{doctor:?}"
    );
    let up = upload(&bench, &policy);
    assert_eq!((up.code, up.stdout.as_str()), (Some(10), ""), "{up:?}");
    assert!(
        up.stderr.contains("missing in s3://records/zimbra/ though later ones lie there: record 2;"),
        "{up:?}"
    );
    assert_eq!(upload(&bench, &policy).code, Some(0), "it was put back");
    bench.server.delete("records", "zimbra/000000003.json");
    let ended = verify(&bench, &policy);
    assert_eq!(ended.code, Some(0), "the run stays what it is");
    assert!(ended.stderr.contains("warning: missing in s3://records/zimbra/"), "{ended:?}");
    bench.server.put("records", "zimbra/000000004.json", "x");
    let other = upload(&bench, &policy);
    assert_eq!(
        (other.code, other.stderr.contains("as 1 bytes lie there and ")),
        (Some(10), true),
        "{other:?}"
    );
}

#[test]
fn a_record_that_is_lost_is_had_back_from_the_bucket_and_each_command_says_so() {
    let (bench, policy) = bench();
    (0..4).for_each(|_| assert_eq!(verify(&bench, &policy).code, Some(0)));
    let lost = bench.records().join("000000002.json");
    let bytes = std::fs::read(&lost).unwrap();
    std::fs::remove_file(&lost).unwrap();
    let doctor = || run(bench.command("doctor").arg("--policy").arg(&policy));
    let ill = doctor();
    assert_eq!(ill.code, Some(20));
    for part in [
        "PROBLEM  record chain: BROKEN  record 2 gap: ",
        "from s3://records/zimbra/ into it",
        "the folder lacks record 2, of which",
        "A record is lost",
    ] {
        assert!(ill.stdout.contains(part), "{part}: {}", ill.stdout);
    }
    let evidence = |place: &std::path::Path, more: &[&str]| {
        run(bench.command("evidence").arg("verify").arg(place).args(more)).stdout
    };
    let named = evidence(&bench.records(), &["--policy", policy.to_str().unwrap()]);
    assert!(named.contains("\n  do: ") && named.contains("altered from s3://records/zimbra/"), "{named}");
    let unnamed = evidence(&bench.records(), &[]);
    assert!(unnamed.contains("altered from its second copy"), "{unnamed}");
    let up = upload(&bench, &policy);
    assert_eq!(
        (up.code, up.stderr.contains("lacks record 2, of which files lie in s3://records/zimbra/")),
        (Some(10), true),
        "{up:?}"
    );
    std::fs::write(&lost, &bytes).unwrap();
    let well = doctor();
    assert!(
        well.stdout.contains("ok       record chain: 4 records from the first to the last"),
        "{}",
        well.stdout
    );
    assert_eq!(well.code, Some(0), "{}", well.stdout);
    // Without the last record nothing begins, and whoever reads that learns where it is.
    std::fs::remove_file(bench.records().join("000000004.json")).unwrap();
    let refused = verify(&bench, &policy);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("may lie in s3://records/zimbra/ still"), "{refused:?}");
    // A head lies in no bucket.
    std::fs::remove_file(bench.records().join("head.json")).unwrap();
    assert!(!verify(&bench, &policy).stderr.contains("may lie in"));
}

#[test]
fn what_to_do_about_a_bucket_that_was_tampered_with_is_said() {
    let (bench, policy) = bench();
    (0..2).for_each(|_| assert_eq!(verify(&bench, &policy).code, Some(0)));
    assert!(!run(&mut checking(&bench)).stdout.contains("  do: "));
    bench.server.delete("records", "zimbra/000000001.json");
    let text = run(&mut checking(&bench)).stdout;
    assert!(text.contains("\n  do: what was first written is still kept"), "{text}");
}

#[test]
fn a_bucket_without_object_lock_is_no_place_to_send_records_to() {
    let (bench, policy) = bench();
    assert_eq!(verify(&bench, &policy).code, Some(0));
    bench.server.create_bucket("records", Keeping::Versions);
    assert_eq!(verify(&bench, &policy).code, Some(0));
    let doctor = run(bench.command("doctor").arg("--policy").arg(&policy));
    assert_eq!(doctor.code, Some(20));
    assert!(!doctor.stdout.contains("evidence upload"), "{}", doctor.stdout);
    assert!(doctor.stdout.contains("Object Lock"), "{}", doctor.stdout);
}
