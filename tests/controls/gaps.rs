//! `mailproof evidence gaps` over chains of real runs.

use std::fs;

use mailproof::controls;
use serde_json::{Value, json};

use super::{House, key, requirement, states};
use crate::program::records_in;

/// What a verification (`meaningful`) and a rehearsal (`restorable`, with targets) of the same day answer, before anybody
/// looked at them.
const UNREVIEWED: [(&str, &[(&str, &str)]); 7] = [
    (
        "iso27001",
        &[
            ("a.8.13-copies", "answered"),
            ("a.8.13-tests", "missing"),
            ("a.5.30", "missing"),
            ("a.5.29", "elsewhere"),
            ("a.8.14", "elsewhere"),
            ("10.2", "answered"),
        ],
    ),
    (
        "nis2",
        &[
            ("art-21-2-c", "answered"),
            ("annex-4.1.4", "missing"),
            ("annex-4.2.2-b", "answered"),
            ("annex-4.2.3", "answered"),
            ("annex-4.2.4", "elsewhere"),
            ("annex-4.2.6-tests", "missing"),
            ("annex-4.2.6-actions", "answered"),
        ],
    ),
    (
        "dora",
        &[
            ("art-11-6-a", "missing"),
            ("art-11-8", "elsewhere"),
            ("art-12-2", "missing"),
            ("art-12-3", "elsewhere"),
            ("art-12-4", "elsewhere"),
            ("art-12-6", "answered"),
            ("art-12-7", "answered"),
            ("rts-25-results", "missing"),
            ("rts-26", "elsewhere"),
            ("rts-39", "elsewhere"),
            ("rts-40-tests", "answered"),
            ("rts-40-results", "missing"),
        ],
    ),
    ("gdpr", &[("art-32-1-b", "answered"), ("art-32-1-c", "answered"), ("art-32-1-d", "missing")]),
    (
        "nist-800-53",
        &[
            ("cp-4-a", "answered"),
            ("cp-4-b", "missing"),
            ("cp-4-c", "answered"),
            ("cp-9", "answered"),
            ("cp-9-1", "answered"),
            ("cp-9-2", "answered"),
            ("cp-9-8", "answered"),
            ("cp-10", "answered"),
        ],
    ),
    ("cis-v8", &[("11.5", "answered")]),
    ("soc2", &[("a1.2", "answered"), ("a1.3-procedures", "missing"), ("a1.3-data", "answered")]),
];

#[test]
fn each_ready_framework_is_held_to_real_runs() {
    let house = House::begun();
    for (name, expected) in UNREVIEWED {
        let (code, gaps) = house.gaps(&["--framework", name]);
        assert_eq!(states(&gaps), expected, "{name}");
        let missing = expected.iter().any(|(_, state)| *state == "missing");
        let ended = (code, gaps["outcome"].as_str().unwrap());
        assert_eq!(ended, if missing { (Some(20), "gaps") } else { (Some(0), "complete") });
        for (id, state) in expected {
            let asked = requirement(&gaps, id);
            assert_eq!(asked["step"].is_string(), *state == "missing", "{asked:#}");
        }
    }
    let (_, gaps) = house.gaps(&[]);
    let all: usize = UNREVIEWED.iter().map(|(_, expected)| expected.len()).sum();
    assert_eq!(states(&gaps).len(), all);
    let step = requirement(&gaps, "a.5.30")["step"].as_str().unwrap();
    assert!(step.starts_with("mailproof evidence sign-off 2 "), "{step}");

    assert_eq!(house.sign_off("2").code, Some(0));
    let (code, gaps) = house.gaps(&[]);
    assert!(
        states(&gaps).iter().all(|(_, state)| ["answered", "elsewhere"].contains(state)),
        "{:?}",
        states(&gaps)
    );
    assert_eq!((code, &gaps["outcome"], &gaps["chain"]["signed"]), (Some(0), &json!("complete"), &json!(3)));
    let answered = requirement(&gaps, "art-11-6-a");
    assert_eq!((&answered["record"]["record"], &answered["record"]["kind"]), (&json!(2), &json!("rehearse")));
    let file = fs::read(&records_in(&house.scene.bench.records())[1]).unwrap();
    assert_eq!(answered["record"]["blake3"], blake3::hash(&file).to_hex().as_str());
    let (review, expected) = (&answered["review"], json!([3, "Anna", "IT manager"]));
    assert_eq!(json!([review["record"], review["by"], review["role"]]), expected);
}

#[test]
fn what_is_answered_depends_on_the_day() {
    let house = House::begun();
    let finished: jiff::Timestamp =
        house.scene.bench.kept()[0]["finished"].as_str().unwrap().parse().unwrap();
    let on = |day: i64| (finished + jiff::SignedDuration::from_hours(24 * day)).to_string();
    let state = |day: i64, id: &str| {
        let (_, gaps) = house.gaps(&["--at", &on(day), "--framework", "iso27001,cis-v8"]);
        requirement(&gaps, id)["state"].as_str().unwrap().to_owned()
    };
    for (day, copies, tests) in [
        (-1, "missing", "missing"),
        (1, "answered", "answered"),
        (29, "due-soon", "answered"),
        (44, "due-soon", "answered"),
        (46, "stale", "answered"),
        (84, "stale", "due-soon"),
        (93, "stale", "stale"),
    ] {
        assert_eq!(
            (state(day, "a.8.13-copies"), state(day, "11.5")),
            (copies.to_owned(), tests.to_owned()),
            "{day}"
        );
    }
    let day = finished.strftime("%F").to_string();
    let (_, gaps) = house.gaps(&["--at", &day, "--framework", "cis-v8"]);
    assert_eq!(gaps["at"], format!("{day}T23:59:59.999999999Z"), "a day ends at midnight");
    assert_eq!(requirement(&gaps, "11.5")["state"], "answered");
    let (_, gaps) = house.gaps(&["--at", &on(93), "--framework", "cis-v8"]);
    let stale = requirement(&gaps, "11.5");
    assert_eq!(
        (&stale["record"]["record"], &stale["step"]),
        (&json!(2), &json!("mailproof rehearse --policy rehearsal.toml"))
    );
}

#[test]
fn what_did_not_pass_answers_nothing() {
    let house = House::new();
    house.fail();
    assert_eq!(house.verify("present").code, Some(0));
    let (code, gaps) = house.gaps(&["--framework", "nis2"]);
    assert_eq!(code, Some(20));
    let integrity = requirement(&gaps, "annex-4.2.3");
    assert_eq!(integrity["state"], "missing");
    let why = integrity["why"].as_str().unwrap();
    assert!(
        why.starts_with("record 2 (verify of ")
            && why.ends_with("proves `present`, and `complete` is asked for"),
        "{why}"
    );
    // A glance from outside mends nothing.
    assert_eq!(requirement(&gaps, "annex-4.2.6-actions")["state"], "missing");
    assert_eq!(house.verify("complete").code, Some(0));
    let (_, gaps) = house.gaps(&["--framework", "nis2"]);
    assert_eq!(requirement(&gaps, "annex-4.2.6-actions")["state"], "answered");
    house.fail();
    let (_, gaps) = house.gaps(&["--framework", "nis2"]);
    let step = requirement(&gaps, "annex-4.2.6-actions")["step"].as_str().unwrap();
    assert!(step.starts_with("mailproof evidence action open --for 4 "), "{step}");
    let none: [(&str, &str); 0] = [];
    assert_ne!(states(&gaps), none);
}

#[test]
fn a_broken_chain_answers_nothing() {
    let house = House::begun();
    let first = &records_in(&house.scene.bench.records())[0];
    let text = fs::read_to_string(first).unwrap();
    fs::write(first, text.replacen("\"payload\":\"ey", "\"payload\":\"ez", 1)).unwrap();
    let (code, gaps) = house.gaps(&[]);
    assert_eq!((code, &gaps["outcome"], &gaps["frameworks"]), (Some(10), &json!("broken"), &json!([])));
    assert!(gaps["chain"]["why"].as_str().unwrap().starts_with("record 1 signature: "), "{gaps:#}");
    let text = house.evidence(&["gaps", "--records", "records"]);
    assert_eq!(text.code, Some(10));
    assert!(
        text.stdout.starts_with("BROKEN  the chain does not hold, so nothing is answered: record 1 "),
        "{}",
        text.stdout
    );
    assert!(!text.stdout.contains("answered  "), "{}", text.stdout);
}

#[test]
fn a_chain_that_nobody_signed_is_told_in_the_verdict() {
    let house = House::new();
    let live = house.scene.live();
    house.scene.policy(&format!("{live}[sample]\nnumber = 10\n"), "rto = '4h'\nrpo = '26h'");
    assert_eq!(house.rehearse().code, Some(0));
    let text = |more: &[&str]| {
        house.evidence(&[&["gaps", "--records", "records", "--framework", "cis-v8"], more].concat())
    };
    let unsigned = text(&[]);
    assert_eq!(unsigned.code, Some(20));
    assert!(
        unsigned
            .stdout
            .starts_with("NOT VERIFIED  1 of 1 requirement answered; but nobody signed its records"),
        "{}",
        unsigned.stdout
    );
    let accepted = text(&["--unsigned"]);
    assert_eq!(accepted.code, Some(0));
    assert!(
        accepted.stdout.starts_with("NO GAPS  1 of 1 requirement answered; the records are not signed\n"),
        "{}",
        accepted.stdout
    );
    let other = house.gaps(&["--framework", "cis-v8"]);
    assert_eq!(other.0, Some(10), "whoever names a key wants it everywhere: {:#}", other.1);
}

#[test]
fn the_text_says_which_record_until_when_and_what_to_do() {
    let house = House::begun();
    let text = house.evidence(&["gaps", "--policy", "rehearsal.toml", "--framework", "iso27001"]).stdout;
    for part in [
        "GAPS  2 of 4 requirements answered, 2 missing; 2 more are not for mailproof to answer\n",
        "checked 2 of 2 records in ",
        "the key was taken from the first record",
        "iso27001  ISO/IEC 27001:2022\n",
        "  answered  a.8.13-copies: Annex A 8.13, that backup copies are kept\n",
        "    record 1 (verify of ",
        "  MISSING   a.5.30: ",
        "would answer it, and nobody signed it off\n",
        "    do: `mailproof evidence sign-off 2 --policy FILE --by NAME --note TEXT`\n",
        "    every 365d (practice): ",
        "  elsewhere a.8.14: ",
        "    besides: the standby server, its state and its tests; ",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(house.sign_off("2").code, Some(0));
    let text = house.evidence(&["gaps", "--policy", "rehearsal.toml", "--framework", "iso27001"]).stdout;
    assert!(text.starts_with("NO GAPS  4 of 4 requirements answered; 2 more"), "{text}");
    assert!(text.contains("    signed off by Anna, IT manager in record 3\n"), "{text}");
    assert!(!text.contains(&key().openssh()));
}

#[test]
fn an_organisation_brings_its_own_numbers() {
    let house = House::begun();
    let listed = house.evidence(&["controls"]).stdout;
    assert_eq!(listed.lines().count(), controls::READY.len(), "{listed}");
    let ready = house.evidence(&["controls", "cis-v8"]).stdout;
    fs::write(house.path("ours.toml"), ready.replace("\"92d\"", "\"1s\"").replace("11.5", "ours")).unwrap();
    let at = "2030-01-01T00:00:00Z";
    let (_, gaps) = house.gaps(&["--controls", "ours.toml", "--at", at]);
    assert_eq!(states(&gaps), [("ours", "stale")], "a file alone is what is asked");
    let framework = &gaps["frameworks"][0];
    assert_eq!(framework["file"], "ours.toml");
    let text = fs::read(house.path("ours.toml")).unwrap();
    assert_eq!(framework["blake3"], blake3::hash(&text).to_hex().as_str());
    let (_, gaps) = house.gaps(&["--controls", "ours.toml", "--framework", "cis-v8", "gdpr"]);
    assert_eq!(states(&gaps)[0].0, "ours", "it stands in the place of the ready one");
    assert_eq!(gaps["frameworks"][1]["file"], Value::Null);

    let code = |arguments: &[&str]| house.evidence(&[&["gaps", "--records", "records"], arguments].concat());
    let unknown = code(&["--framework", "nis3"]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.stderr.contains("iso27001, nis2, dora"), "{}", unknown.stderr);
    fs::write(house.path("ours.toml"), "name = 'x'\ntitle = 'X'\n[[requirement]]\nevry = '1d'\n").unwrap();
    let broken = code(&["--controls", "ours.toml"]);
    assert_eq!(broken.code, Some(2));
    assert!(broken.stderr.contains("ours.toml:4:1: unknown key `evry`"), "{}", broken.stderr);
    assert_eq!(code(&["--controls", "/nowhere"]).code, Some(2));
    assert_eq!(code(&["--controls", "/dev/zero"]).code, Some(2));
    assert_eq!(code(&["--at", "yesterday"]).code, Some(2));
    assert_eq!(house.evidence(&["gaps", "--records", "/nowhere"]).code, Some(20));
    assert_eq!(house.evidence(&["controls", "nis3"]).code, Some(2));
}
