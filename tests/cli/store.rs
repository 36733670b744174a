//! `list` and `doctor` against a store that is well, and against what is usually wrong.

use std::fs;

use mailproof::demo::server::{Fault, Keeping, Operation, Times};

use crate::program::{BUCKET, Bench, Ended, json, run};
use crate::support;

fn doctor(bench: &Bench, more: &[&str]) -> Ended {
    let policy = bench.policy("retries = 0", "");
    run(bench.command("doctor").arg("--policy").arg(policy).args(more))
}

/// A doctor who found nothing in the way.
fn assert_well(ended: &Ended) {
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stdout.contains("PROBLEM"), "{}", ended.stdout);
}

/// A doctor who found exactly one thing, and said this of it.
fn assert_ill(ended: &Ended, what: &str, said: &str) {
    let problems: Vec<_> = ended.stdout.lines().filter(|line| line.starts_with("PROBLEM")).collect();
    assert!(ended.code == Some(20) && problems.len() == 1, "{ended:?}");
    assert!(problems[0].starts_with(&format!("PROBLEM  {what}: ")), "{problems:?}");
    assert!(problems[0].contains(said), "{problems:?}");
}

#[test]
fn doctor_finds_nothing_where_all_is_well() {
    let bench = Bench::new();
    let ended = doctor(&bench, &[]);
    assert_well(&ended);
    for asked in ["policy", "key", "store", "newest", "opening", "records"] {
        assert!(ended.stdout.contains(&format!("ok       {asked}: ")), "{asked}: {}", ended.stdout);
    }
    assert!(ended.stdout.contains(&bench.specimen.recipient().to_string()), "which key that is");
    assert_well(&doctor(&bench, &["s3://backups/sound"]));
    assert!(!bench.records().exists(), "a doctor leaves nothing behind");
}

#[test]
fn doctor_names_a_wrong_secret() {
    let bench = Bench::new();
    let secret = bench.server.secret_key().replace(char::is_alphabetic, "0");
    let content =
        format!("access_key_id = \"{}\"\nsecret_access_key = \"{secret}\"\n", bench.server.access_key());
    fs::write(&bench.credentials, content).unwrap();
    let ended = doctor(&bench, &[]);
    assert_ill(&ended, "store", "SignatureDoesNotMatch");
    assert!(!ended.stdout.contains(&secret), "{}", ended.stdout);
}

#[test]
fn doctor_names_a_wrong_key_file() {
    let bench = Bench::new();
    assert_ill(&doctor(&bench, &["--identity", "absent.txt"]), "keys", "absent.txt");
    let file = support::secret_file(&bench.path(""), "no-key.txt", "this is no key\n");
    assert_ill(&doctor(&bench, &["--identity", file.to_str().unwrap()]), "keys", "no-key.txt");
}

#[test]
fn doctor_names_a_bucket_that_is_not_there() {
    let bench = Bench::new();
    let policy = bench.policy("retries = 0", "");
    let text = fs::read_to_string(&policy).unwrap().replace("s3://backups/", "s3://nowhere/");
    fs::write(&policy, text).unwrap();
    assert_ill(&run(bench.command("doctor").arg("--policy").arg(policy)), "store", "nowhere");
}

#[test]
fn doctor_names_an_empty_bucket() {
    let bench = Bench::new();
    bench.server.delete(BUCKET, "sound");
    assert_ill(&doctor(&bench, &[]), "archives", "there is none");
}

#[test]
fn doctor_names_an_archive_for_another_key() {
    let bench = Bench::new();
    bench.put("age-other-key");
    assert_ill(&doctor(&bench, &["s3://backups/age-other-key"]), "opening", "age-other-key");
}

#[test]
fn doctor_names_a_store_that_is_away() {
    let bench = Bench::new();
    let policy = bench.policy("retries = 0", "");
    let mut command = bench.command("doctor");
    command.arg("--policy").arg(policy);
    drop(bench.server);
    assert_ill(&run(&mut command), "store", "refused");
}

#[test]
fn doctor_names_records_that_cannot_be_kept() {
    let bench = Bench::new();
    fs::write(bench.records(), "a file where the folder should be").unwrap();
    assert_ill(&doctor(&bench, &[]), "records", "can't be written");
}

// ---- list

#[test]
fn list_shows_what_is_there() {
    let bench = Bench::new();
    bench.server.put(BUCKET, "sound.b3", bench.specimen.manifest());
    let policy = bench.policy("", "");
    let text = run(bench.command("list").arg("--policy").arg(&policy));
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""));
    assert!(
        text.stdout.contains("s3://backups/sound\n") && text.stdout.contains("1 archive"),
        "{}",
        text.stdout
    );
    let listed = run(bench.command("list").arg("--policy").arg(&policy).args(["--format", "json"]));
    let inventory = json(&listed.stdout);
    assert_eq!(inventory["schema"], "mailproof/inventory/v1");
    let row = &inventory["archives"][0];
    assert_eq!(row["archive"], "s3://backups/sound");
    assert_eq!(row["size_bytes"], bench.specimen.archive().len());
    assert_eq!((&row["sidecar_manifest"], &row["sidecar"]), (&true.into(), &"manifest-or-checksum".into()));
    assert!(
        text.stdout.contains("  beside? ") && text.stdout.contains("reads it and says which"),
        "{}",
        text.stdout
    );
}

#[test]
fn list_takes_a_store_from_the_command_line() {
    let bench = Bench::new();
    let listed = run(bench.reach(&mut bench.command("list")).args(["--locks", "s3://backups/"]));
    assert!(listed.code == Some(0) && listed.stdout.contains("unlocked"), "{listed:?}");
    bench.server.delete(BUCKET, "sound");
    let empty = run(bench.reach(&mut bench.command("list")).args(["--format", "json", "s3://backups/"]));
    assert_eq!((empty.code, json(&empty.stdout)["archives"].as_array().map(Vec::len)), (Some(0), Some(0)));
}

#[test]
fn list_that_could_not_look_shows_nothing() {
    let bench = Bench::new();
    let policy = bench.policy("retries = 0", "");
    bench.server.inject("", Fault::Refuse { operation: Operation::List, status: 403 }, Times::Always);
    for format in ["text", "json"] {
        let ended = run(bench.command("list").arg("--policy").arg(&policy).args(["--format", format]));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(20), ""));
        assert!(ended.stderr.starts_with("mailproof: ") && ended.stderr.contains("; "), "{}", ended.stderr);
    }
}

#[test]
fn list_shows_versions_and_what_was_deleted_and_is_still_kept() {
    let bench = Bench::new();
    bench.server.create_bucket(BUCKET, Keeping::Versions);
    bench.server.put(BUCKET, "sound", "overwritten");
    bench.server.put(BUCKET, "gone", "0123456789");
    bench.server.put(BUCKET, "gone.b3", "a manifest is no archive");
    for key in ["gone", "gone.b3"] {
        bench.server.delete(BUCKET, key);
    }
    let policy = bench.policy("", "");
    let list = |more: &[&str]| run(bench.command("list").arg("--policy").arg(&policy).args(more));
    let text = list(&["--versions"]);
    assert_eq!((text.code, text.stderr.as_str()), (Some(0), ""));
    let lines: Vec<_> = text.stdout.lines().collect();
    assert!(lines[0].contains("VERSIONS    ARCHIVE"), "{}", text.stdout);
    assert!(lines[1].ends_with("inside?    2           s3://backups/sound"), "{}", text.stdout);
    assert!(lines[2].ends_with("-          1+deleted   s3://backups/gone"), "{}", text.stdout);
    assert_eq!(lines[3..], ["1 archive, 11 B in s3://backups/", "1 deleted and still kept, 10 B"]);

    let rows = json(&list(&["--versions", "--format", "json"]).stdout)["archives"].take();
    let [sound, gone] = rows.as_array().unwrap().as_slice() else { panic!("{rows}") };
    assert_eq!((&sound["state"], &gone["state"]), (&"current".into(), &"deleted".into()));
    assert_eq!(
        (&sound["versions"][0]["current"], &sound["versions"][0]["size_bytes"]),
        (&true.into(), &11.into())
    );
    assert_eq!(sound["versions"][1]["version"], "null", "from before versions were kept");
    let marker = &gone["versions"][0];
    assert_eq!((&marker["delete_marker"], &marker["current"]), (&true.into(), &true.into()));
    assert!(marker["size_bytes"].is_null() && marker["modified"].is_string(), "{marker}");
    assert_eq!((&gone["size_bytes"], &gone["versions"][1]["size_bytes"]), (&10.into(), &10.into()));

    let unasked = list(&[]);
    assert!(!unasked.stdout.contains("VERSIONS") && !unasked.stdout.contains("gone"), "{}", unasked.stdout);
}

#[test]
fn list_says_where_a_bucket_seems_to_keep_no_versions() {
    const SAID: &str = "the bucket seems to keep no versions";
    let bench = Bench::new();
    bench.server.put(BUCKET, "gone", "0123456789");
    bench.server.delete(BUCKET, "gone");
    let policy = bench.policy("", "");
    let list = |more: &[&str]| run(bench.command("list").arg("--policy").arg(&policy).args(more)).stdout;
    assert!(list(&["--versions"]).contains(SAID), "{}", list(&["--versions"]));
    assert_eq!(json(&list(&["--versions", "--format", "json"]))["versions_seem_off"], true);
    assert!(!list(&[]).contains(SAID), "nobody asked");
    bench.server.create_bucket(BUCKET, Keeping::Versions);
    bench.server.put(BUCKET, "sound", "overwritten");
    assert!(!list(&["--versions"]).contains(SAID));
}

#[test]
fn list_calls_versions_unknown_that_it_may_not_see() {
    let bench = Bench::new();
    let folder = bench.path("folder");
    fs::create_dir(&folder).unwrap();
    let list = |more: &[&str]| run(bench.command("list").arg("--versions").arg(&folder).args(more));
    assert!(
        list(&[]).stdout.contains("versions and deleted archives are unknown: "),
        "also of an empty store"
    );
    fs::write(folder.join("a.age"), "x").unwrap();
    let text = list(&[]).stdout;
    assert!(text.contains("  unknown     file://"), "{text}");
    assert!(text.contains("versions and deleted archives are unknown: a local folder"), "{text}");
    let inventory = json(&list(&["--format", "json"]).stdout);
    let row = &inventory["archives"][0];
    assert!(row["versions"].is_null() && row["versions_detail"].is_string(), "{row}");
    assert!(inventory["versions_detail"].is_string(), "{inventory}");
}

#[test]
fn an_empty_place_is_named() {
    let bench = Bench::new();
    let mut list = bench.command("list");
    let ended = run(bench.reach(list.arg(format!("s3://{BUCKET}/nightli/"))));
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let told: Vec<_> = ended.stdout.lines().skip(1).collect();
    let hint = "nothing that could be an archive lies there: check `store.url` (bucket and prefix)";
    assert_eq!(told, ["0 archives, 0 B in s3://backups/nightli/", hint]);
    let policy = bench.policy("", "");
    let mistyped = fs::read_to_string(&policy).unwrap().replace("s3://backups/", "s3://backups/nightli/");
    fs::write(&policy, mistyped).unwrap();
    let ended = run(bench.command("verify").args(["--format", "json", "--policy"]).arg(&policy));
    assert_eq!(ended.code, Some(10), "{}", ended.stderr);
    let result = json(&ended.stdout);
    let finding = &result["findings"][0];
    assert_eq!(
        (&finding["id"], &finding["subject"]),
        (&"present-missing".into(), &"s3://backups/nightli/".into())
    );
    assert!(finding["remedy"].as_str().unwrap().starts_with("Check `store.url`"), "{finding}");
}
