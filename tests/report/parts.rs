//! Runs by hand that do a part of what a policy asks for, and records that tell of no run: neither makes things look better.

use std::path::Path;

use mailproof::evidence::Kind;
use mailproof::verdict::{Outcome, Rung, Severity, State};
use serde_json::{Value, json};

use super::made::{Night, archive, keep_by};
use super::{assert_says, report, told, words};
use crate::{evidence, support};

fn failed(day: &str) -> Night {
    Night::failed(day, "tar-missing-end-marker", Severity::Failure)
}

/// The report of a chain of these, over all of it.
fn period(nights: Vec<Night>) -> Value {
    let folder = support::folder();
    keep_by(folder.path(), Some(evidence::key(1)), nights);
    told(folder.path(), &["period"]).1
}

#[test]
fn a_part_that_passed_lifts_nothing_that_the_whole_leaves_open() {
    for by in ["ARCHIVE", "--rung present"] {
        let document = period(vec![failed("2026-11-28"), Night::passed("2026-11-29").only(by)]);
        assert_eq!(document["outcome"], "failed", "{by}");
        assert_says(
            &words(&document, "summary"),
            &["No. The last run of at least one task", "no such test on record passed before"],
        );
        assert_says(&words(&document, "scope"), &["nightly.toml (", "nightly.toml "]);
    }
    let mended =
        vec![failed("2026-11-28"), Night::passed("2026-11-29"), failed("2026-11-28").only("ARCHIVE")];
    assert_eq!(period(mended)["outcome"], "passed", "the whole ran later than the part that failed");
}

#[test]
fn what_a_part_found_counts_until_somebody_looked_as_far() {
    let part = |night: Night| night.only("ARCHIVE");
    let found = vec![Night::passed("2026-11-27"), part(failed("2026-11-28"))];
    let document = period(found);
    assert_eq!(document["outcome"], "failed");
    assert_says(
        &words(&document, "summary"),
        &["Only a part of what the policy asks for", "s3://backups/2026-11-28"],
    );

    let elsewhere =
        vec![Night::passed("2026-11-27"), part(failed("2026-11-28")), part(Night::passed("2026-11-29"))];
    assert_eq!(period(elsewhere)["outcome"], "failed", "that was another archive");

    let mut again = Night::passed("2026-11-29");
    again.archives[0].archive = "s3://backups/2026-11-28".to_owned();
    let mended = vec![Night::passed("2026-11-27"), part(failed("2026-11-28")), part(again)];
    assert_eq!(period(mended)["outcome"], "passed");
}

#[test]
fn parts_alone_are_no_pass() {
    let document = period(vec![Night::passed("2026-11-28").only("--rung present")]);
    assert_eq!(document["outcome"], "not-verified");
    assert_says(&words(&document, "summary"), &["Not known.", "Only a part", "(--rung present)"]);

    let folder = support::folder();
    keep_by(folder.path(), Some(evidence::key(1)), vec![Night::passed("2026-11-28").only("--rung present")]);
    let run = words(&told(folder.path(), &["run"]).1, "summary");
    assert_says(&run, &["For the part that this run was to look at, yes.", "(--rung present)"]);
    assert!(!run.contains("all that its policy asks for was proven"), "{run}");
}

fn said_after_a_failure(folder: &Path) {
    let mut nights = vec![Night::passed("2026-11-27"), failed("2026-11-28")];
    nights.extend([Kind::SignOff, Kind::Action].map(|kind| Night::said("2026-11-29", kind)));
    keep_by(folder, Some(evidence::key(1)), nights);
}

#[test]
fn what_people_said_is_no_test() {
    let folder = support::folder();
    said_after_a_failure(folder.path());
    let (_, run) = told(folder.path(), &["run"]);
    assert_eq!((&run["outcome"], &run["records"]), (&json!("failed"), &json!([2, 2])));
    for number in ["3", "4"] {
        let ended = report(folder.path(), &["run", number]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert_says(&ended.stderr, &["tells of no run", "name the run"]);
    }
    let (_, document) = told(folder.path(), &["period"]);
    assert_eq!((&document["outcome"], &document["records"]), (&json!("failed"), &json!([1, 2])));
    assert_says(&words(&document, "summary"), &["27 November 2026, 23:30 UTC (record 1)"]);
    assert_says(&words(&document, "course"), &["2 runs: 0 to 1, last 1."]);
    let scope = words(&document, "scope");
    assert!(!scope.contains("sign-off") && !scope.contains("action"), "{scope}");
    let alone = period(vec![Night::said("2026-11-29", Kind::SignOff)]);
    assert_says(&words(&alone, "summary"), &["There is no record of a test to report on"]);
}

#[test]
fn a_mailbox_is_proven_no_further_than_what_its_archive_proved_last() {
    let address = "s3://backups/anna";
    let anna = ("anna@example.org".to_owned(), State::Proven);
    let night = |day: &str, rung, outcome, accounts| Night {
        archives: vec![archive(address, rung, outcome, accounts)],
        ..Night::passed(day)
    };
    let sound = night("2026-11-28", Some(Rung::Meaningful), Outcome::Passed, vec![anna]);
    let mut shut = night("2026-11-29", Some(Rung::Present), Outcome::Failed, Vec::new());
    shut.outcome = Outcome::Failed;
    shut.archives[0].rungs = vec![mailproof::verdict::Standing {
        rung: Rung::Complete,
        state: State::Disproven,
        reason: Some("age-truncated".to_owned()),
    }];
    let glance = night("2026-11-30", Some(Rung::Present), Outcome::Passed, Vec::new()).only("--rung present");
    let document = period(vec![sound, shut, glance]);
    assert_eq!(document["outcome"], "failed");
    let coverage = words(&document, "coverage");
    assert_says(&coverage, &["Failed", "age-truncated"]);
    assert!(!words(&document, "summary").contains("mailbox: meaningful"), "{document:#}");
}

#[test]
fn what_is_whole_and_too_old_is_no_contradiction() {
    let explained = "An archive can be whole inside and still be too old.";
    let night = |state, rung| {
        let mut night = Night::not_verified("2026-11-30", "its time lies in the future");
        let reason = Some("present-stale: expected 26 h, observed 40 h".to_owned());
        night.archives[0].rung = rung;
        night.archives[0].rungs = vec![mailproof::verdict::Standing { rung: Rung::Present, state, reason }];
        night
    };
    for state in [State::Disproven, State::NotProven] {
        let told = words(&period(vec![night(state, Some(Rung::Meaningful))]), "coverage");
        assert_says(&told, &[explained, "present-stale"]);
    }
    for (state, rung) in [(State::Proven, Some(Rung::Meaningful)), (State::Disproven, None)] {
        let told = words(&period(vec![night(state, rung)]), "coverage");
        assert!(!told.contains(explained), "{told}");
    }
    let folder = support::folder();
    let old = vec![night(State::Disproven, Some(Rung::Meaningful))];
    keep_by(folder.path(), Some(evidence::key(1)), old);
    let italian = words(&told(folder.path(), &["run", "--language", "it"]).1, "coverage");
    assert_says(&italian, &["Un archivio può essere intero al suo interno e tuttavia troppo vecchio."]);
}
