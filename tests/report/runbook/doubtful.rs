//! What the guide says where not all is well: nothing proven, nothing tested, no key, no store.

use mailproof::evidence::Kind;
use mailproof::verdict::{Outcome, Rung, Severity, Standing, State};
use serde_json::{Value, json};

use super::{BOTH, Installation, POLICY, commands, damaged, night};
use crate::program;
use crate::report::made::{Night, keep_by};
use crate::report::{assert_says, words};
use crate::{evidence, support};

const OLD: &str = "s3://backups/20261128-013000";
const NEW: &str = "s3://backups/20261129-013000";

/// A night whose archive can't be read to its end, and does not say whose mail it holds.
fn torn(day: &str, address: &str) -> Night {
    let mut night = Night::failed(day, "age-chunk-authentication", Severity::Failure);
    let archive = &mut night.archives[0];
    archive.archive = address.to_owned();
    archive.accounts.clear();
    archive.rung = Some(Rung::Present);
    (archive.facts.encryption, archive.facts.compression) = (None, None);
    archive.rungs[0] =
        Standing { rung: Rung::Complete, state: State::Disproven, reason: Some("age-chunk".to_owned()) };
    archive.rungs.truncate(1);
    night
}

fn facts<'a>(document: &'a Value, label: &str) -> Option<&'a Value> {
    let blocks = super::super::section(document, "state")["blocks"].as_array().unwrap();
    let facts = blocks.iter().filter(|block| block["block"] == "facts");
    facts
        .flat_map(|block| block["content"].as_array().unwrap())
        .find(|fact| fact["label"] == label)
        .map(|fact| &fact["values"])
}

#[test]
fn where_only_damaged_archives_are_known_the_commands_look_for_others() {
    let document = Installation::with(POLICY, vec![torn("2026-11-29", NEW)]).told(&[]).1;
    let state = commands(&document, "state");
    assert!(state[0].starts_with("mailproof list --policy"), "{state:#?}");
    assert!(state[1].starts_with("mailproof verify --policy"), "{state:#?}");
    assert!(state[1].ends_with("'s3://backups/ARCHIVE'"), "{state:#?}");
    assert_says(&words(&document, "state"), &["No proven archive", "all mailboxes in s3://backups/"]);
    for section in ["restore-message", "restore-mailbox", "restore-everything", "by-hand", "prepare"] {
        let commands = commands(&document, section).join("\n");
        assert!(commands.contains("s3://backups/ARCHIVE") && !commands.contains(NEW), "{commands}");
        assert_says(&words(&document, section), &["the quotes around it stay: ARCHIVE"]);
    }
}

#[test]
fn an_archive_that_says_nothing_takes_no_mailbox_its_older_proof() {
    let nights = vec![night("2026-11-28", OLD, &BOTH), torn("2026-11-29", NEW)];
    let document = Installation::with(POLICY, nights).told(&[]).1;
    assert_eq!(facts(&document, "Mailboxes without a proven archive"), None);
    let newer = facts(&document, "Newer, not proven").unwrap().to_string();
    assert!(newer.contains(NEW), "{newer}");
    assert_says(&words(&document, "keys"), &[&format!("opened {OLD} on 28 November 2026")]);

    // What is older than the proof says nothing against it.
    let nights = vec![torn("2026-11-28", OLD), night("2026-11-29", NEW, &BOTH)];
    let document = Installation::with(POLICY, nights).told(&[]).1;
    let told = ["Mailboxes without a proven archive", "Newer, not proven"];
    assert_eq!(told.map(|label| facts(&document, label)), [None, None]);
}

#[test]
fn a_key_that_opened_an_archive_which_is_damaged_inside_has_opened_it() {
    let broken = BOTH.map(|(name, _)| (name, State::Disproven));
    let document = Installation::with(POLICY, vec![damaged("2026-11-29", NEW, &broken)]).told(&[]).1;
    assert_says(&words(&document, "keys"), &[&format!("opened {NEW} on 29 November 2026")]);
}

#[test]
fn nothing_passed_under_a_policy_that_no_test_ran_under() {
    let passed = Installation::with(POLICY, vec![night("2026-11-29", NEW, &BOTH)]);
    assert_eq!(passed.told(&[]).1["outcome"], "passed");
    let other = passed.path("weekly.toml");
    std::fs::copy(passed.path("nightly.toml"), &other).unwrap();
    let text = std::fs::read_to_string(&other).unwrap();
    std::fs::write(&other, text.replace("26h", "50h")).unwrap();
    let (code, document) = passed.told(&["--policy", &other.display().to_string()]);
    assert_eq!((code, &document["outcome"]), (Some(0), &json!("not-verified")));
    assert_says(&words(&document, "state"), &["under some policies nothing was ever tested"]);
    let idle = json!([other.display().to_string()]);
    assert_eq!(facts(&document, "Never run, as far as records tell"), Some(&idle));

    // A part that somebody looked at by hand is no run of the policy.
    let part = Night::passed("2026-11-29").only("ARCHIVE");
    let document = Installation::with(POLICY, vec![part]).told(&[]).1;
    assert!(facts(&document, "Never run, as far as records tell").is_some(), "{document}");
}

#[test]
fn a_restore_that_was_not_done_is_told_beside_what_passed() {
    let restore = Night { outcome: Outcome::NotVerified, ..Night::said("2026-11-30", Kind::Restore) };
    let document = Installation::with(POLICY, vec![night("2026-11-29", NEW, &BOTH), restore]).told(&[]).1;
    assert_eq!(document["outcome"], "passed");
    let told = facts(&document, "Restores that did not bring back all").unwrap().to_string();
    assert!(told.contains("record 2"), "{told}");
}

#[test]
fn a_policy_without_a_key_leaves_a_place_for_it() {
    let keyless = POLICY.replace("[keys]\nidentities = [\"age-key.txt\"]\n", "");
    let nights = || vec![night("2026-11-29", NEW, &BOTH)];
    let document = Installation::with(&keyless, nights()).told(&[]).1;
    for section in ["prepare", "restore-message", "restore-mailbox", "restore-everything"] {
        let restores = commands(&document, section);
        let opening = ["mailproof restore", "mailproof show", "mailproof doctor"];
        let opening =
            restores.iter().filter(|command| opening.iter().any(|words| command.starts_with(words)));
        opening.for_each(|command| assert!(command.contains("--identity 'KEY-FILE'"), "{command}"));
    }
    let by_hand = commands(&document, "by-hand");
    assert!(by_hand.iter().any(|command| command.starts_with("age -d -i 'KEY-FILE' ")), "{by_hand:#?}");
    assert_says(&words(&document, "by-hand"), &["the quotes around it stay: KEY-FILE"]);
    assert_says(&words(&document, "prepare"), &["No policy names a key"]);

    let mut open = nights();
    open[0].archives[0].facts.encryption = Some("none");
    let document = Installation::with(&keyless, open).told(&[]).1;
    assert!(!document.to_string().contains("KEY-FILE"));
}

#[test]
fn a_second_store_is_named_for_when_the_first_is_away() {
    let replica =
        "[[replica]]\nurl = \"s3://second/mail/\"\nendpoint = \"https://s3.example.net\"\nregion = \"de\"\n";
    let nights = || vec![night("2026-11-29", NEW, &BOTH)];
    let document = Installation::with(&format!("{POLICY}{replica}"), nights()).told(&[]).1;
    let prepare = commands(&document, "prepare").join("\n");
    assert_says(
        &prepare,
        &[
            "'COPY-OF-THE-ARCHIVE' --account 'ADDRESS'",
            "--endpoint https://s3.example.net --region de 's3://second/mail/20261129-013000'",
        ],
    );
    let document = Installation::with(POLICY, nights()).told(&[]).1;
    assert!(!words(&document, "prepare").contains("s3://second"));
}

#[test]
fn what_the_guide_was_held_to_its_commands_hold_to_as_well() {
    let installation = Installation::with(POLICY, vec![night("2026-11-29", NEW, &BOTH)]);
    let signers = installation.path("signers");
    let line = evidence::key(1).public().openssh();
    std::fs::write(&signers, format!("mailproof {line}\n")).unwrap();
    let (code, document) = installation.told(&["--trust", &signers.display().to_string()]);
    assert_eq!(code, Some(0));
    let own: Vec<String> = [commands(&document, "upkeep"), commands(&document, "schedule")].concat();
    let checking = own.iter().filter(|command| command.starts_with("mailproof "));
    let trust = format!("--trust {}", signers.display());
    checking.for_each(|command| assert!(command.contains(&trust), "{command}"));
    assert_eq!(own.iter().filter(|command| command.contains(&trust)).count(), 3);
}

#[test]
fn what_a_broken_chain_states_of_keys_and_runs_is_called_so() {
    let nights = vec![night("2026-11-28", OLD, &BOTH), night("2026-11-29", NEW, &BOTH)];
    let installation = Installation::with(POLICY, nights);
    std::fs::remove_file(installation.records().join("000000001.json")).unwrap();
    let document = installation.told(&[]).1;
    let stated = "stated, not proven: ";
    assert_says(&words(&document, "keys"), &[&format!("{stated}opened {NEW}")]);
    assert_says(&words(&document, "state"), &[&format!("{stated}verification, ")]);
}

#[test]
fn one_policy_has_one_name_by_whatever_way_it_was_reached() {
    let folder = support::folder();
    std::fs::create_dir(folder.path().join("inner")).unwrap();
    let policy = folder.path().join("nightly.toml");
    std::fs::write(&policy, format!("{POLICY}[run]\nrecords = \"records\"\n")).unwrap();
    let own = folder.path().canonicalize().unwrap().join("nightly.toml").display().to_string();
    let nights = vec![Night { policy: own, ..night("2026-11-29", NEW, &BOTH) }];
    keep_by(&folder.path().join("records"), Some(evidence::key(1)), nights);
    let around = folder.path().join("inner/../nightly.toml");
    let told =
        program::run(program::bare().args(["report", "runbook", "--format", "json", "--policy"]).arg(around));
    assert_eq!(program::json(&told.stdout)["outcome"], "passed", "{}", told.stdout);
}

#[test]
fn an_operational_guide_is_refused_as_an_assessment_before_anything_is_read() {
    let told = program::run(program::bare().args([
        "report",
        "runbook",
        "--format",
        "oscal",
        "--policy",
        "/nonexistent.toml",
    ]));
    assert_eq!(told.code, Some(2));
    assert_says(&told.stderr, &["OSCAL tells of assessments"]);
}
