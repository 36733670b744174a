//! `mailproof report`: what is said to somebody who was not there, and what is not.

mod made;
mod oscal;
mod page;
mod parts;
mod printed;
mod runbook;
mod since;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mailproof::report::document;
use mailproof::verdict::{Outcome, Rung, Severity, State};
use serde_json::{Value, json};

use crate::evidence;
use crate::program::{self, Bench, Ended, bare, run};
use crate::support;
use made::{Night, archive, keep, keep_by};

const SCHEMA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/report.schema.json");

fn report(records: &Path, more: &[&str]) -> Ended {
    let (what, more) = more.split_first().unwrap();
    run(bare().arg("report").arg(what).arg("--records").arg(records).args(more))
}

/// The report as JSON, which must fit its schema.
fn told(records: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let ended = report(records, &[more, &["--format", "json"]].concat());
    let document = program::json(&ended.stdout);
    let schema = program::json(&fs::read_to_string(SCHEMA).unwrap());
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
    assert_eq!(document["exit_code"].as_i64(), ended.code.map(i64::from));
    (ended.code, document)
}

fn section<'a>(document: &'a Value, name: &str) -> &'a Value {
    let sections = document["sections"].as_array().unwrap();
    sections.iter().find(|section| section["name"] == name).unwrap()
}

/// All that stands in a section, as one text.
fn words(document: &Value, name: &str) -> String {
    section(document, name).to_string()
}

fn assert_says(text: &str, wanted: &[&str]) {
    for words in wanted {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// A month of nights: the first fails, 29 pass.
fn month(folder: &Path) {
    let mut nights = vec![Night::failed("2026-11-01", "tar-missing-end-marker", Severity::Failure)];
    nights.extend((2..=30).map(|day| Night::passed(&format!("2026-11-{day:02}"))));
    keep_by(folder, Some(evidence::key(1)), nights);
}

/// A month with samples on Sundays and two rehearsals, as pictures in docs show it.
fn whole_month(folder: &Path) {
    let day = |day: u32| format!("2026-11-{day:02}");
    let mut nights: Vec<Night> = (1..=30)
        .map(|number| match number {
            6 => Night::failed(&day(6), "tar-missing-end-marker", Severity::Failure),
            number if number % 7 == 1 => Night::sampled(&day(number)),
            number => Night::passed(&day(number)),
        })
        .collect();
    nights.insert(10, Night::rehearsed(&day(10), 9_800));
    nights.push(Night::rehearsed(&day(30), 8_100));
    keep_by(folder, Some(evidence::key(1)), nights);
}

#[test]
fn the_confidence_and_the_time_of_rehearsals_are_told() {
    let folder = support::folder();
    whole_month(folder.path());
    let (_, document) = told(folder.path(), &["period"]);
    assert_says(
        &words(&document, "confidence"),
        &["With 95% confidence at most 411 of 41,211 messages differ from the live mailboxes (299 compared"],
    );
    assert_says(
        &words(&document, "course"),
        &["2 runs: 2 h 15 min to 2 h 43 min, last 2 h 15 min. Target 4 h 0 min"],
    );
    assert_says(
        &words(&document, "objectives"),
        &["2 h 15 min, target 4 h 0 min", "19 h 0 min, target 24 h 0 min"],
    );
    assert_says(
        &words(&document, "sampling"),
        &["random, large enough to notice 1% of defects with 95% confidence", "5f1c0a97", "--seed"],
    );
    let scope = words(&document, "scope");
    assert_says(&scope, &["/etc/mailproof/weekly.toml", "25: 24 passed, 0 not verified, 1 failed"]);
    let italian = report(folder.path(), &["period", "--language", "it"]).stdout;
    assert_says(&italian, &["Con confidenza del 95%, al più 411 su 41.211 messaggi possono differire"]);
}

#[test]
fn the_schema_of_reports_in_docs_is_this_versions() {
    let text = serde_json::to_string_pretty(&document::schema()).unwrap() + "\n";
    if std::env::var_os("REFRESH").is_some() {
        fs::write(SCHEMA, &text).unwrap();
    }
    assert!(jsonschema::meta::is_valid(&document::schema()));
    let stored = fs::read_to_string(SCHEMA).unwrap_or_default();
    assert!(stored == text, "refresh it: REFRESH=1 cargo test --test suite the_schema_of_reports");
}

#[test]
fn the_first_page_of_a_good_month_says_so_and_since_when() {
    let folder = support::folder();
    let records = folder.path().join("records");
    month(&records);
    let trust = evidence::allowed_signers(folder.path(), &[1]);
    let trust = trust.to_str().unwrap();
    let (code, document) = told(&records, &["period", "--trust", trust]);
    assert_eq!(
        (code, &document["outcome"], &document["chain"]),
        (Some(0), &json!("passed"), &json!("holds"))
    );
    assert_eq!(document["records"], json!([1, 30]));
    assert_says(
        &words(&document, "summary"),
        &[
            "Yes, as far as the tests looked",
            "The chain of records holds",
            "30 records in a chain",
            "Every such test passed since 2 November 2026, 23:30 UTC: 29 verifications",
            "29 archives: meaningful, step 4 of 6 – the mailboxes in it hold",
            "2 mailboxes: meaningful",
            "checked 300 of 300 files",
            "1 archive failed",
            "steps that no test here looked at: present, intact, restorable, recoverable",
            "Give each deviation an owner and a date",
        ],
    );
    assert_says(
        &words(&document, "findings"),
        &[
            "tar-missing-end-marker",
            "1 time in 1 archive, by 1 run; last in record 1. The last run no longer finds it.",
        ],
    );
    assert_says(
        &words(&document, "deviations"),
        &["record 1, verification, 1 November 2026", "Owner", "Due"],
    );
    assert_says(&words(&document, "course"), &["30 runs: 0 to 1, last 0."]);
    assert_says(&words(&document, "verify"), &["--expect-head 30:", "SHA256:", "(records 1 to 30)"]);
    let (_, part) = told(&records, &["period", "--since", "2026-11-03", "--until", "2026-11-05"]);
    assert_eq!(part["records"], json!([3, 5]), "a day is the whole of it");
    assert_eq!(part["subtitle"], "3 November 2026 to 5 November 2026");
    assert_says(
        &words(&part, "summary"),
        &["since 2 November 2026, 23:30 UTC: 4 verifications", "compare its fingerprint"],
    );
}

#[test]
fn a_failed_run_says_what_failed_and_what_to_do() {
    let folder = support::folder();
    let night = Night::failed("2026-11-30", "tar-missing-end-marker", Severity::Failure);
    keep_by(folder.path(), Some(evidence::key(1)), vec![Night::passed("2026-11-29"), night]);
    let (code, document) = told(folder.path(), &["run"]);
    assert_eq!((code, &document["outcome"]), (Some(0), &json!("failed")), "the report is good");
    assert_eq!(document["subtitle"], "Record 2: verification of 30 November 2026, 23:30 UTC");
    let remedy =
        mailproof::verdict::ALL.iter().find(|kind| kind.id == "tar-missing-end-marker").unwrap().remedy;
    assert_says(
        &words(&document, "summary"),
        &[
            "No. This run found faults",
            "1 archive failed",
            &format!("{remedy} (tar-missing-end-marker: s3://backups/2026-11-30)"),
            "Last test that passed",
        ],
    );
    assert_says(&words(&document, "deviations"), &["s3://backups/2026-11-30", "Failed: the end is missing"]);
    assert_says(&words(&document, "course"), &["2 runs: 0 to 1, last 1."]);
    let (_, first) = told(folder.path(), &["run", "1"]);
    assert_eq!((&first["outcome"], &first["records"]), (&json!("passed"), &json!([1, 1])));
    assert_says(&words(&first, "summary"), &["Nothing. Read the scope"]);
    let id = program::record(&folder.path().join("000000001.json"))["id"].clone();
    assert_eq!(told(folder.path(), &["run", id.as_str().unwrap()]).1["records"], json!([1, 1]));
    for missing in ["3", "of-no-run"] {
        let ended = report(folder.path(), &["run", missing]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert_says(&ended.stderr, &["there is no record", missing, "mailproof history"]);
    }
}

#[test]
fn what_could_not_be_looked_at_is_no_pass_and_no_fault() {
    let folder = support::folder();
    keep_by(
        folder.path(),
        Some(evidence::key(1)),
        vec![Night::not_verified("2026-11-30", "the store is not reached; try again")],
    );
    for what in ["run", "period"] {
        let (code, document) = told(folder.path(), &[what]);
        assert_eq!((code, &document["outcome"]), (Some(0), &json!("not-verified")), "{what}");
        assert_says(
            &words(&document, "summary"),
            &[
                "Not known.",
                "1 archive could not be verified",
                "1 archive: nothing is proven",
                "Mend what kept the run",
            ],
        );
        assert_says(&words(&document, "scope"), &["the store is not reached; try again"]);
    }
}

#[test]
fn a_broken_chain_is_said_first_and_nothing_is_called_proven() {
    let folder = support::folder();
    month(folder.path());
    fs::remove_file(folder.path().join("000000007.json")).unwrap();
    for what in ["run", "period"] {
        let (code, document) = told(folder.path(), &[what]);
        assert_eq!(
            (code, &document["chain"], &document["outcome"]),
            (Some(10), &json!("broken"), &json!("not-verified"))
        );
        assert_says(
            &words(&document, "summary"),
            &[
                "Not known. The records can't be relied upon.",
                "What the records state (not proven)",
                "mailproof evidence verify",
            ],
        );
        let coverage = words(&document, "coverage");
        assert!(
            coverage.contains("Stated up to (not proven)") && !coverage.contains("Proven up to"),
            "{coverage}"
        );
        assert!(!coverage.contains("\"tone\":\"good\""), "{coverage}");
        assert_says(&words(&document, "confidence"), &["no confidence is stated"]);
        assert_says(&words(&document, "verify"), &["none: the chain does not hold"]);
        assert!(!words(&document, "verify").contains("--expect-head"));
        let text = report(folder.path(), &[what]);
        let first = text.stdout.lines().next().unwrap();
        assert!(first.starts_with("BROKEN CHAIN OF RECORDS: nothing in this report is proven"), "{first}");
        assert!(first.contains("record 7 (gap)"), "{first}");
        let page = report(folder.path(), &[what, "--format", "html"]).stdout;
        let (_, body) = page.split_once("<main>").unwrap();
        assert!(body.starts_with("<div class=\"notice bad\">"), "{}", &body[..200]);
        assert_says(&page, &["<title>BROKEN CHAIN OF RECORDS: "]);
    }
    let italian = report(folder.path(), &["run", "--language", "it"]).stdout;
    assert!(
        italian.starts_with("CATENA DELLE REGISTRAZIONI INTERROTTA: nulla di questo rapporto è dimostrato")
    );
}

#[test]
fn an_unsigned_chain_is_called_so_even_where_it_may_pass() {
    let folder = support::folder();
    keep(folder.path(), vec![Night::passed("2026-11-30")]);
    for (more, code) in [(&["run"][..], 20), (&["run", "--unsigned"], 0)] {
        let (ended, document) = told(folder.path(), more);
        assert_eq!((ended, &document["unsigned"]), (Some(code), &json!(1)));
        assert_says(
            &words(&document, "summary"),
            &[
                "The records have no electronic signature",
                "Nobody signed them: whoever can write",
                "evidence.key_file",
            ],
        );
    }
}

#[test]
fn nothing_in_the_period_is_not_known() {
    let folder = support::folder();
    keep_by(folder.path(), Some(evidence::key(1)), vec![Night::passed("2026-11-30")]);
    let (code, document) = told(folder.path(), &["period", "--since", "2027-01-01", "--until", "2027-01-31"]);
    assert_eq!(
        (code, &document["outcome"], &document["records"]),
        (Some(20), &json!("not-verified"), &Value::Null)
    );
    assert_says(
        &words(&document, "summary"),
        &["Not known. There is no record of a test", "Run `mailproof verify`"],
    );
    let empty = support::folder();
    for what in ["run", "period"] {
        let (code, document) = told(empty.path(), &[what]);
        assert_eq!((code, &document["outcome"]), (Some(20), &json!("not-verified")));
        assert_says(&words(&document, "summary"), &["There are no records"]);
    }
    let missing = report(&empty.path().join("nowhere"), &["run"]);
    assert_eq!((missing.code, missing.stdout.as_str()), (Some(20), ""));
    let turned = report(empty.path(), &["period", "--since", "2026-12-01", "--until", "2026-11-01"]);
    assert_eq!(turned.code, Some(2));
}

#[test]
fn five_thousand_accounts_are_counted_and_the_worst_are_shown() {
    let folder = support::folder();
    let accounts = (0..5000).map(|number| {
        let state = if number == 4321 { State::Disproven } else { State::Proven };
        (format!("user{number:04}@example.org"), state)
    });
    let large = archive("s3://backups/large", Some(Rung::Complete), Outcome::Failed, accounts.collect());
    keep_by(
        folder.path(),
        Some(evidence::key(1)),
        vec![Night { archives: vec![large], ..Night::passed("2026-11-30") }],
    );
    let (_, document) = told(folder.path(), &["run"]);
    assert_says(
        &words(&document, "coverage"),
        &["user4321@example.org", "and 4,940 more that are proven up to: meaningful"],
    );
    assert_says(
        &words(&document, "summary"),
        &["4,999 mailboxes: meaningful", "1 mailbox: found not to hold"],
    );
    let italian = report(folder.path(), &["run", "--language", "it", "--format", "html"]).stdout;
    assert_says(&italian, &["e altri 4.940 elementi dimostrati fino al livello «coerente»"]);
    assert!(italian.len() < 200_000, "{} bytes", italian.len());
}

#[test]
fn the_file_appears_whole_belongs_to_its_owner_and_replaces_none() {
    let folder = support::folder();
    let records = folder.path().join("records");
    keep_by(&records, Some(evidence::key(1)), vec![Night::passed("2026-11-30")]);
    let file = folder.path().join("report.html");
    let output = ["run", "--format", "html", "--output", file.to_str().unwrap()];
    let first = report(&records, &output);
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""), "{}", first.stderr);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fs::write(&file, "mine").unwrap();
    let second = report(&records, &output);
    assert_eq!((second.code, fs::read_to_string(&file).unwrap().as_str()), (Some(2), "mine"));
    assert_says(&second.stderr, &["is there already", "--force"]);
    assert_eq!(report(&records, &[&output[..], &["--force"]].concat()).code, Some(0));
    assert!(fs::read_to_string(&file).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(program::files_in(folder.path()).len(), 2, "no draft is left");
    std::os::unix::fs::symlink("/dev/null", folder.path().join("device")).unwrap();
    for no_file in [folder.path().join("device"), folder.path().to_owned()] {
        let refused = report(&records, &["run", "--force", "--output", no_file.to_str().unwrap()]);
        assert_eq!(refused.code, Some(2), "{}", refused.stderr);
        assert_says(&refused.stderr, &["is no file"]);
    }
    let nowhere = folder.path().join("nowhere/report.html");
    let lost = report(&records, &["run", "--output", nowhere.to_str().unwrap()]);
    assert_eq!(lost.code, Some(1), "{}", lost.stderr);
}

#[test]
fn records_of_the_program_itself_are_told() {
    let bench = Bench::new();
    bench.put("tar-end-marker-missing");
    let policy = bench.policy("", "[require]\nrung = \"complete\"\n");
    for (archive, code) in [("sound", 0), ("tar-end-marker-missing", 10)] {
        let mut verify = bench.command("verify");
        verify.arg("--policy").arg(&policy).arg(format!("s3://{}/{archive}", program::BUCKET));
        assert_eq!(run(&mut verify).code, Some(code));
    }
    let (code, document) = told(&bench.records(), &["period"]);
    assert_eq!((code, &document["outcome"]), (Some(20), &json!("failed")), "nobody signed them");
    let summary = words(&document, "summary");
    assert_says(
        &summary,
        &["1 archive: complete", "(tar-missing-end-marker: s3://", "Only a part of what the policy asks for"],
    );
    assert_says(&words(&document, "environment"), &["policy.toml (BLAKE3 ", "mailproof "]);
    let by_policy = run(bench.command("report").args(["run", "--language", "it", "--policy"]).arg(&policy));
    assert_eq!(by_policy.code, Some(20));
    assert_says(&by_policy.stdout, &["Registrazione n. 2: verifica, ", "Negativo: No."]);
}
