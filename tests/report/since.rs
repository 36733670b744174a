//! Since when things are as they are: what the records before prove, and no more.

use std::fs;
use std::path::Path;

use mailproof::verdict::Severity;
use serde_json::Value;

use super::made::{Night, keep_by};
use super::{assert_says, month, report, section, told, whole_month, words};
use crate::{evidence, support};

fn failed(day: &str) -> Night {
    Night::failed(day, "tar-missing-end-marker", Severity::Failure)
}

fn passed(day: &str) -> Night {
    Night::passed(day)
}

/// The first page on one run of these; 0 is the last one.
fn run(nights: Vec<Night>, number: u64) -> String {
    let folder = support::folder();
    keep_by(folder.path(), Some(evidence::key(1)), nights);
    page(folder.path(), number)
}

fn page(folder: &Path, number: u64) -> String {
    let number = number.to_string();
    let asked: &[&str] = if number == "0" { &["run"] } else { &["run", &number] };
    words(&told(folder, asked).1, "summary")
}

fn assert_silent(page: &str, unwanted: &[&str]) {
    for words in unwanted {
        assert!(!page.contains(words), "{words}: {page}");
    }
}

#[test]
fn a_run_says_since_when_such_runs_pass() {
    let folder = support::folder();
    month(folder.path());
    let last = page(folder.path(), 0);
    assert_says(
        &last,
        &[
            "Every such test passed since 2 November 2026, 23:30 UTC: 29 verifications",
            "Before that, the verification of 1 November 2026, 23:30 UTC did not pass (record 1)",
        ],
    );
    assert_silent(&last, &["This is not the newest"]);
    let older = page(folder.path(), 4);
    assert_says(
        &older,
        &[
            "since 2 November 2026, 23:30 UTC: 3 verifications",
            "This is not the newest",
            "26 later tests are on record, the last of 30 November 2026, 23:30 UTC (record 30): Passed.",
        ],
    );
    let italian = report(folder.path(), &["run", "4", "--language", "it"]).stdout;
    assert_says(
        &italian,
        &[
            "Da quando:\n  Ogni prova di questo tipo è stata superata dal 2 novembre 2026, 23:30 UTC: 3 verifiche",
            "Prima di allora non è stata superata la verifica del 1º novembre 2026, 23:30 UTC (registrazione n. 1)",
            "Ci sono 26 prove successive, l'ultima del 30 novembre 2026",
        ],
    );
}

#[test]
fn where_nothing_else_is_on_record_that_is_said() {
    let always = run(vec![passed("2026-11-29"), passed("2026-11-30")], 0);
    assert_says(
        &always,
        &[
            "Every such test on record passed. The first was on 29 November 2026, 23:30 UTC; in all: 2 verifications",
        ],
    );
    let never = run(vec![failed("2026-11-29"), failed("2026-11-30")], 0);
    assert_says(
        &never,
        &[
            "Has not passed since 29 November 2026, 23:30 UTC: 2 verifications",
            "None: no such test on record passed before",
        ],
    );
}

#[test]
fn a_run_that_failed_says_since_when_and_what_passed_last() {
    let nights =
        || vec![passed("2026-11-27"), failed("2026-11-28"), failed("2026-11-29"), passed("2026-11-30")];
    let third = run(nights(), 3);
    assert_says(
        &third,
        &[
            "Has not passed since 28 November 2026, 23:30 UTC: 2 verifications",
            "27 November 2026, 23:30 UTC (record 1)",
            "1 later test is on record, of 30 November 2026, 23:30 UTC (record 4): Passed.",
        ],
    );
    assert_says(&run(nights(), 1), &["(record 4): Passed. This report stops before them"]);
    let mut last = nights();
    last.pop();
    assert_says(
        &run(last, 1),
        &["\"tone\":\"bad\",\"word\":\"This is not the newest\"", "(record 3): Failed"],
    );
}

#[test]
fn only_runs_for_the_same_count() {
    let weekly = Night { policy: "/etc/mailproof/weekly.toml".to_owned(), ..failed("2026-11-28") };
    let rehearsal = Night::rehearsed("2026-11-29", 8_000);
    let nights = || vec![passed("2026-11-27"), weekly, rehearsal, passed("2026-11-30")];
    let page = run(nights(), 0);
    assert_says(&page, &["The first was on 27 November 2026, 23:30 UTC; in all: 2 verifications"]);
}

#[test]
fn a_part_says_nothing_of_the_whole() {
    let part = |night: Night| night.only("ARCHIVE");
    let alone = run(vec![passed("2026-11-28"), part(passed("2026-11-29"))], 0);
    assert_silent(&alone, &["Since when", "Every such test"]);
    let mut found = part(failed("2026-11-29"));
    found.archives[0].archive = "s3://backups/2026-11-28".to_owned();
    let between = run(vec![passed("2026-11-28"), found, passed("2026-11-30")], 0);
    assert_says(
        &between,
        &[
            "The first was on 28 November 2026, 23:30 UTC; in all: 2 verifications",
            "Meanwhile a part that was looked at by hand did not pass, last on 29 November 2026, 23:30 UTC (record 2)",
        ],
    );
}

#[test]
fn what_lies_behind_a_record_that_cannot_be_read_is_not_claimed() {
    let unread = passed("2026-11-28").of_a_later_version();
    let nights = vec![passed("2026-11-27"), unread, passed("2026-11-29"), passed("2026-11-30")];
    let folder = support::folder();
    keep_by(folder.path(), Some(evidence::key(1)), nights);
    let last = page(folder.path(), 0);
    assert_says(
        &last,
        &[
            "Every such test passed since 29 November 2026, 23:30 UTC: 2 verifications",
            "Of the time before, nothing is said: record 2 can't be read",
        ],
    );
    assert_silent(&last, &["Every such test on record"]);
    assert_says(&page(folder.path(), 1), &["This is not the newest", "1 later record can't be read."]);
    let period = words(&told(folder.path(), &["period"]).1, "summary");
    assert_says(&period, &["Not known: record 2 can't be read"]);
    assert_silent(&period, &["Every such test passed"]);

    let unread = passed("2026-11-28").of_a_later_version();
    let bad = run(vec![passed("2026-11-27"), unread, failed("2026-11-29")], 0);
    assert_says(&bad, &["None since record 2, which can't be read", "nothing is said: record 2"]);
}

#[test]
fn a_broken_chain_tells_no_since_when() {
    let folder = support::folder();
    month(folder.path());
    fs::remove_file(folder.path().join("000000007.json")).unwrap();
    for asked in [&["run"][..], &["run", "4"], &["period"]] {
        let page = words(&told(folder.path(), asked).1, "summary");
        assert_says(&page, &["Since when", "Not known: the records can't be relied upon"]);
        assert_silent(&page, &["Every such test", "later test"]);
    }
}

#[test]
fn without_a_policy_nothing_ties_runs_together() {
    let folder = support::folder();
    let nights = [failed("2026-11-28"), passed("2026-11-29"), failed("2026-11-30")];
    keep_by(folder.path(), Some(evidence::key(1)), nights.map(Night::without_policy).into());
    for number in [2, 3] {
        let page = page(folder.path(), number);
        assert_says(&page, &["Not told: these runs had no policy"]);
        assert_silent(&page, &["Every such test", "Has not passed", "Last test that passed"]);
    }
}

/// The lines of the first page that say what is to be done, by their label.
fn steps(document: &Value) -> Vec<String> {
    let blocks = section(document, "summary")["blocks"].as_array().unwrap();
    let facts = blocks.iter().find(|block| block["block"] == "facts").unwrap();
    let facts = facts["content"].as_array().unwrap().iter();
    let labels = facts.map(|fact| fact["label"].as_str().unwrap().to_owned());
    labels.filter(|label| label.starts_with("What to do") || label.starts_with("Che cosa deve")).collect()
}

#[test]
fn a_period_says_what_its_runs_were_and_who_does_what() {
    let folder = support::folder();
    whole_month(folder.path());
    let (_, document) = told(folder.path(), &["period"]);
    assert_says(
        &words(&document, "summary"),
        &["since 7 November 2026, 23:30 UTC: 24 verifications, 2 rehearsals of a restore"],
    );
    assert_eq!(steps(&document), ["What to do, for whoever answers for the backups"]);
    let good = support::folder();
    keep_by(good.path(), Some(evidence::key(1)), vec![passed("2026-11-30")]);
    assert_eq!(steps(&told(good.path(), &["run"]).1), ["What to do"]);
    let bad = support::folder();
    keep_by(bad.path(), Some(evidence::key(1)), vec![failed("2026-11-30")]);
    let both =
        ["What to do, for whoever runs the backups", "What to do, for whoever answers for the backups"];
    assert_eq!(steps(&told(bad.path(), &["run"]).1), both);
    let italian = told(bad.path(), &["run", "--language", "it"]).1;
    assert_eq!(
        steps(&italian),
        ["Che cosa deve fare chi gestisce i backup", "Che cosa deve fare chi risponde dei backup"]
    );
}

#[test]
fn several_tasks_that_do_not_pass_are_told_one_by_one() {
    let folder = support::folder();
    let weekly = |night: Night| Night { policy: "/etc/mailproof/weekly.toml".to_owned(), ..night };
    let nights = vec![
        passed("2026-11-26"),
        weekly(failed("2026-11-27")),
        failed("2026-11-28"),
        failed("2026-11-29"),
        Night::rehearsed("2026-11-30", 8_000),
    ];
    keep_by(folder.path(), Some(evidence::key(1)), nights);
    assert_says(
        &words(&told(folder.path(), &["period"]).1, "summary"),
        &[
            "verification, /etc/mailproof/weekly.toml: Has not passed since 27 November 2026, 23:30 UTC: 1 verification",
            "verification, /etc/mailproof/nightly.toml: Has not passed since 28 November 2026, 23:30 UTC: 2 verifications",
            "verification, /etc/mailproof/weekly.toml: None: no such test on record passed before",
            "verification, /etc/mailproof/nightly.toml: 26 November 2026, 23:30 UTC (record 1)",
        ],
    );
}
