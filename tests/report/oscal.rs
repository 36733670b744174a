//! The same records as OSCAL: NIST's schema takes it, and nothing is called satisfied that no record shows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use mailproof::evidence::PAYLOAD_TYPE;
use mailproof::evidence::dsse::Envelope;
use serde_json::Value;

use super::made::{Night, keep, keep_by};
use super::page::{bad_run, hostile};
use super::{month, whole_month};
use crate::program::{Ended, bare, json, payload, run};
use crate::{evidence, support};

const SCHEMA: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/report/oscal/oscal_assessment-results_schema.json");
/// 2026-12-02.
const WRITTEN: &str = "1796169600";

fn asked(records: &Path, more: &[&str]) -> Ended {
    let mut command = bare();
    let (what, more) = more.split_first().unwrap();
    command.env("SOURCE_DATE_EPOCH", WRITTEN).args(["report", what, "--format", "oscal", "--records"]);
    run(command.arg(records).args(more))
}

/// The document, which NIST's schema takes and in which every reference leads somewhere.
fn assessed(records: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let ended = asked(records, more);
    let document = json(&ended.stdout);
    let schema = json(&fs::read_to_string(SCHEMA).unwrap());
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
    references_lead_somewhere(&document);
    (ended.code, document["assessment-results"].clone())
}

fn references_lead_somewhere(document: &Value) {
    let (mut ids, mut named) = (Vec::new(), BTreeSet::new());
    gather(document, &mut ids, &mut named);
    let unique: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(unique.len(), ids.len(), "an id is there twice");
    for name in &named {
        assert!(unique.contains(name), "{name} leads nowhere");
    }
}

fn gather(value: &Value, ids: &mut Vec<String>, named: &mut BTreeSet<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, ids, named)),
        Value::Object(fields) => {
            for (name, field) in fields {
                match (name.as_str(), field.as_str()) {
                    ("uuid", Some(id)) => ids.push(id.to_owned()),
                    ("actor-uuid" | "subject-uuid" | "observation-uuid", Some(id)) => {
                        named.insert(id.to_owned());
                    }
                    ("href", Some(href)) if href.starts_with('#') => {
                        named.insert(href[1..].to_owned());
                    }
                    _ => gather(field, ids, named),
                }
            }
        }
        _ => {}
    }
}

fn states(results: &Value) -> BTreeMap<String, String> {
    let findings = results["results"][0]["findings"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let state = |finding: &Value| {
        (text(&finding["target"]["target-id"]), text(&finding["target"]["status"]["state"]))
    };
    findings.iter().map(state).collect()
}

fn satisfied(results: &Value) -> Vec<String> {
    states(results).into_iter().filter(|(_, state)| state == "satisfied").map(|(id, _)| id).collect()
}

fn observations(results: &Value) -> &[Value] {
    results["results"][0]["observations"].as_array().map_or(&[], Vec::as_slice)
}

#[test]
fn a_month_is_assessed_and_each_finding_names_what_shows_it() {
    let folder = support::folder();
    let records = folder.path().join("records");
    whole_month(&records);
    let trust = evidence::allowed_signers(folder.path(), &[1]);
    let (code, results) = assessed(&records, &["period", "--trust", trust.to_str().unwrap()]);
    assert_eq!((code, observations(&results).len(), states(&results).len()), (Some(0), 32, 8));
    // The rehearsals of these records state no rung.
    assert_eq!(satisfied(&results), ["cp-4_obj.c", "cp-9.1_obj", "cp-9.8_obj", "cp-9_obj.a"]);
    let finding = |id: &str| {
        let findings = results["results"][0]["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["target"]["target-id"] == id).unwrap()
    };
    let sampled = finding("cp-9.1_obj")["related-observations"][0]["observation-uuid"].clone();
    let shows = observations(&results).iter().find(|observation| observation["uuid"] == sampled).unwrap();
    assert_eq!(shows["collected"], "2026-11-29T23:30:00Z");
    assert_eq!(shows["expires"], "2026-12-30T23:30:00Z");
    let evidence = shows["relevant-evidence"][0]["description"].as_str().unwrap();
    let file = fs::read(records.join(&evidence[..14])).unwrap();
    assert!(evidence.contains(blake3::hash(&file).to_hex().as_str()), "{evidence}");
    let why = finding("cp-9.2_obj")["target"]["status"]["remarks"].as_str().unwrap();
    assert!(why.contains("Next step: mailproof rehearse"), "{why}");
}

#[test]
fn one_run_answers_for_itself_alone() {
    let folder = support::folder();
    keep_by(
        folder.path(),
        Some(evidence::key(1)),
        vec![Night::sampled("2026-11-29"), Night::passed("2026-11-30")],
    );
    let (_, first) = assessed(folder.path(), &["run", "1"]);
    let (_, last) = assessed(folder.path(), &["run"]);
    assert_eq!(states(&first)["cp-9.1_obj"], "satisfied");
    assert_eq!(states(&last)["cp-9.1_obj"], "not-satisfied", "that run compared nothing");
    assert!(!states(&last).contains_key("cp-9.2_obj"), "no verification is asked for it");
    assert_eq!([&first, &last].map(|results| observations(results).len()), [1, 1]);
    assert_eq!(first["back-matter"]["resources"][1]["rlinks"][0]["href"], "000000001.json");
}

#[test]
fn what_is_broken_unsigned_failed_or_empty_satisfies_nothing() {
    let folder = support::folder();
    let [broken, unsigned, failed, empty] =
        ["broken", "unsigned", "failed", "empty"].map(|name| folder.path().join(name));
    month(&broken);
    fs::remove_file(broken.join("000000007.json")).unwrap();
    keep(&unsigned, vec![Night::sampled("2026-11-30")]);
    bad_run(&failed);
    fs::create_dir(&empty).unwrap();
    for (records, what, code) in [
        (&broken, "period", 10),
        (&broken, "run", 10),
        (&unsigned, "period", 20),
        (&failed, "run", 0),
        (&empty, "run", 20),
        (&empty, "period", 20),
    ] {
        let (ended, results) = assessed(records, &[what]);
        assert_eq!((ended, satisfied(&results)), (Some(code), vec![]), "{records:?} {what}");
    }
    assert!(!satisfied(&assessed(&unsigned, &["period", "--unsigned"]).1).is_empty());
}

/// Makes the only record of a folder one of a kind that nobody knows; a single record needs no head.
fn make_of_a_later_version(folder: &Path) {
    let path = folder.join("000000001.json");
    let mut statement = json(&String::from_utf8(payload(&fs::read(&path).unwrap())).unwrap());
    statement["predicate"]["kind"] = "drill".into();
    let made = Envelope::seal(PAYLOAD_TYPE, serde_json::to_vec(&statement).unwrap(), None);
    fs::write(&path, made.to_bytes().unwrap()).unwrap();
    fs::remove_file(folder.join("head.json")).unwrap();
}

#[test]
fn a_run_of_a_later_version_is_observed_and_satisfies_nothing() {
    let folder = support::folder();
    keep(folder.path(), vec![Night::sampled("2026-11-30")]);
    make_of_a_later_version(folder.path());
    for what in ["run", "period"] {
        let (_, results) = assessed(folder.path(), &[what, "--unsigned"]);
        let titles: Vec<_> = observations(&results).iter().map(|seen| &seen["title"]).collect();
        assert_eq!(titles, ["Record 1: drill"], "{what}");
        assert_eq!((satisfied(&results), states(&results).len()), (vec![], 8), "{what}");
    }
}

#[test]
fn names_of_strangers_are_text_and_the_same_records_the_same_document() {
    let folder = support::folder();
    hostile(folder.path());
    let (_, results) = assessed(folder.path(), &["period", "--language", "it"]);
    let item = &results["results"][0]["local-definitions"]["inventory-items"][0];
    assert_eq!(item["props"][0]["value"], "s3://b/<img src=x onerror=alert(1)>");
    assert_eq!(item["description"], "Backup archive s3://b/\\<img src=x onerror=alert(1)\\>");
    let again = || asked(folder.path(), &["run"]).stdout;
    assert_eq!(again(), again());
}
