//! `show`, and `verify --rung meaningful`: what is in an archive, and what of it is proven.

use mailproof::demo::pack::{Encryption, File, Pack};
use mailproof::demo::zimbra::{Export, Folder};
use serde_json::Value;

use crate::program::{BUCKET, Bench, Ended, json, run};

fn show(bench: &Bench, situation: &str, more: &[&str]) -> Ended {
    if situation != "sound" {
        bench.put(situation);
    }
    let mut show = bench.command("show");
    show.arg("--identity").arg(&bench.key).args(more).arg(format!("s3://{BUCKET}/{situation}"));
    run(bench.reach(&mut show))
}

#[test]
fn show_lists_accounts_and_what_is_proven() {
    let bench = Bench::new();
    let shown = show(&bench, "sound", &[]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for account in ["anna.bianchi@example.org", "marco.rossi@example.org"] {
        let line = shown.stdout.lines().find(|line| line.ends_with(account)).unwrap();
        assert!(line.starts_with("proven ") && line.contains("  tgz   "), "{line}");
    }
    assert!(!shown.stdout.contains("/Inbox"), "folders of two accounts only on request: {}", shown.stdout);
    assert!(show(&bench, "sound", &["--folders"]).stdout.contains("  /Inbox\n"));
    assert!(bench.kept().is_empty(), "showing is no verification");
}

#[test]
fn show_says_of_each_account_what_it_is() {
    let bench = Bench::new();
    let shown = show(&bench, "mailbox-items-missing", &["--format", "json"]);
    assert_eq!(shown.code, Some(10), "{shown:?}");
    let contents = json(&shown.stdout);
    assert_eq!(contents["schema"], "mailproof/contents/v1");
    let accounts: Vec<_> = contents["accounts"].as_array().unwrap().iter().collect();
    let states: Vec<_> = accounts.iter().map(|account| account["meaningful"].as_str().unwrap()).collect();
    assert_eq!(states, ["disproven", "proven"]);
    assert_eq!(
        (accounts[0]["reason"].as_str(), &accounts[1]["reason"]),
        (Some("export-items-missing"), &Value::Null)
    );
    let inbox = accounts[0]["folders"].as_array().unwrap().iter().find(|folder| folder["path"] == "/Inbox");
    assert_eq!((&inbox.unwrap()["stated"], &inbox.unwrap()["seen"]), (&12.into(), &7.into()));
}

#[test]
fn a_folder_that_deceives_is_shown_by_numbers_and_read_as_it_is() {
    let bench = Bench::new();
    let name = "a\u{202e}gpj.exe\u{7f}\u{9b}2J\u{e0041}";
    let mut export = Export::default();
    export.folders.push(Folder::new(257, 1, name));
    let pack = Pack { encryption: Encryption::None, ..Pack::new(Vec::new()) };
    let files = [File::new("exports/anna@example.org.tgz", export.write().unwrap())];
    let path = bench.path("deceiving.tar.zst");
    std::fs::write(&path, pack.build(&files).unwrap().encrypted).unwrap();
    let show = |format| run(bench.command("show").args(["--folders", "--format", format]).arg(&path));
    let (text, printed) = (show("text").stdout, show("json").stdout);
    assert!(text.contains("/a\\u{202e}gpj.exe\\u{7f}\\u{9b}2J\\u{e0041}"), "{text}");
    assert!(printed.contains(r"/a\u202egpj.exe\u007f\u009b2J\udb40\udc41"), "{printed}");
    assert!(!printed.contains(|letter: char| letter.is_control() && letter != '\n'), "{printed:?}");
    let contents = json(&printed);
    let mut folders = contents["accounts"][0]["folders"].as_array().unwrap().iter();
    assert!(folders.any(|folder| folder["path"] == format!("/{name}")), "{contents}");
}

#[test]
fn the_rung_meaningful_can_be_asked_for() {
    let bench = Bench::new();
    let verified = run(bench.verify(&["sound"]).args(["--rung", "meaningful", "--format", "json"]));
    let result = json(&verified.stdout);
    let archive = &result["archives"][0];
    assert_eq!((verified.code, archive["rung"].as_str()), (Some(0), Some("meaningful")));
    assert_eq!(archive["items"]["checked"], archive["items"]["total"]);
    assert_eq!(archive["accounts"].as_array().unwrap().len(), 2);
    assert_eq!(bench.kept()[0]["result"], result);
    let text = run(bench.verify(&["sound"]).args(["--rung", "meaningful"]));
    assert!(text.stdout.contains("2 mailboxes; checked "), "{}", text.stdout);
}

#[test]
fn what_is_not_asked_for_is_not_looked_at() {
    let bench = Bench::new();
    bench.put("mailbox-items-missing");
    let verified = run(bench.verify(&["mailbox-items-missing"]).args(["--format", "json"]));
    let archive = &json(&verified.stdout)["archives"][0];
    assert_eq!((verified.code, archive["rung"].as_str()), (Some(0), Some("complete")));
    assert!(archive["items"].is_null(), "nothing is claimed of mailboxes: {archive}");
}

#[test]
fn the_schema_of_contents_in_docs_is_this_versions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/contents.schema.json");
    let current = mailproof::report::contents::schema();
    if std::env::var_os("REFRESH").is_some() {
        std::fs::write(path, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
    }
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(stored == current, "refresh it: REFRESH=1 cargo test --test suite the_schema_of_contents");
    let bench = Bench::new();
    let contents = json(&show(&bench, "sound", &["--format", "json"]).stdout);
    let problems: Vec<_> = jsonschema::validator_for(&stored)
        .unwrap()
        .iter_errors(&contents)
        .map(|error| error.to_string())
        .collect();
    assert!(problems.is_empty(), "{problems:?}");
}
