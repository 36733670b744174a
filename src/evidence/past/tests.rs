use serde_json::{Value, json};

use super::*;
use crate::verdict::{Rung, Severity, State, Unit};

/// A statement with this record in it, and a field of a later version at each level.
fn payload(record: &Value) -> Vec<u8> {
    let statement = json!({
        "_type": STATEMENT, "predicateType": PREDICATE, "predicate": record, "subject": [], "later": 1
    });
    serde_json::to_vec(&statement).unwrap()
}

fn record(result: Value) -> Value {
    json!({
        "schema": SCHEMA, "id": "20261130T043000Z-000000000-failed", "sequence": 7, "kind": "verify", "later": [1],
        "tool": { "name": "mailproof", "version": "9.1.0", "later": 1 }, "host": "proof", "operator": "root (uid 0)",
        "started": "2026-11-30T04:30:00Z", "finished": "2026-11-30T04:31:02.5Z", "outcome": "failed", "exit_code": 10,
        "policy": { "file": "/etc/nightly.toml", "blake3": "ab", "later": 1 },
        "scope": { "archives": 2, "accounts": 3, "excluded": [{ "what": "a", "why": "b", "later": 1 }], "excluded_count": 1 },
        "sample": [{ "archive": "s3://b/a", "method": { "number": { "messages": 5 } }, "population": 40, "wanted": 5,
                     "compared": 4, "later": 1 }],
        "coverage": { "checked": 1, "total": 2, "unit": "archives", "later": 1 }, "objectives": null,
        "environment": { "store_kind": "s3", "store": "s3://b/", "later": 1 }, "signed_by": "ssh-ed25519 AAAA",
        "result": result
    })
}

fn archive(address: &str) -> Value {
    json!({
        "archive": address, "rung": "complete", "outcome": "failed", "later": 1,
        "coverage": { "checked": 9, "total": 10, "unit": "members" },
        "rungs": [{ "rung": "complete", "state": "proven", "reason": null },
                  { "rung": "meaningful", "state": "not-proven", "reason": "no folders", "later": 1 }],
        "findings": [{ "id": "export-damaged", "severity": "warning" }, { "id": "export-damaged", "severity": "failure" },
                     { "id": "export-count-shift", "severity": "info", "later": 1 }],
        "finding_counts": [{ "id": "export-damaged", "count": 31 }, { "id": "export-count-shift", "count": 1 },
                           { "id": "of-which-none-is-listed", "count": 2 }],
        "facts": { "stored_bytes": 100, "unpacked_bytes": 3000, "elapsed_ms": 1500, "later": 1 },
        "accounts": [{ "account": "anna@example.org", "meaningful": "proven", "newest": "2026-11-29T10:00:00Z", "later": 1 },
                     { "account": "bruno@example.org", "meaningful": "disproven", "newest": null }],
        "live": { "statement": { "confidence_ppm": 950_000, "population": 40, "same": 4, "line_ends": 0, "at_most": 3, "later": 1 },
                  "accounts": [{ "account": "anna@example.org", "population": 40, "wanted": 5, "differences": { "same": 4 },
                                 "error": null, "later": 1 }] }
    })
}

fn read(record: &Value) -> Past {
    Past::read(&payload(record)).unwrap()
}

#[test]
fn a_record_is_read_whatever_later_versions_add() {
    let past = read(&record(json!({})));
    assert_eq!((past.sequence, past.kind.as_str(), past.exit_code), (7, "verify", 10));
    assert_eq!(past.finished.duration_since(past.started).as_millis(), 62_500);
    assert_eq!((past.outcome, past.tool.version.as_str()), (Outcome::Failed, "9.1.0"));
    assert_eq!((past.host.as_deref(), past.operator.as_deref()), (Some("proof"), Some("root (uid 0)")));
    assert_eq!((past.scope.archives, past.scope.messages, past.scope.excluded_count), (Some(2), None, 1));
    assert_eq!(past.policy.unwrap().file, "/etc/nightly.toml");
    assert_eq!((past.samples[0].population, past.samples[0].compared), (40, 4));
    assert_eq!(past.coverage, Some(Coverage { checked: 1, total: Some(2), unit: Unit::Archives }));
    assert_eq!(past.objectives, Objectives::default());
    assert_eq!(past.environment.store_kind.as_deref(), Some("s3"));
    assert_eq!(past.signed_by.as_deref(), Some("ssh-ed25519 AAAA"));
    assert!(past.archives.is_empty() && past.findings.is_empty());
}

#[test]
fn an_archive_tells_its_rungs_findings_speed_and_sample() {
    let past = read(&record(json!({
        "schema": "mailproof/result/v1", "archives": [archive("s3://b/a")],
        "findings": [{ "id": "present-gap", "severity": "warning" }]
    })));
    assert_eq!(
        past.findings,
        [PastFinding { id: "present-gap".to_owned(), severity: Severity::Warning, count: 1 }]
    );
    let archive = &past.archives[0];
    assert_eq!((archive.rung, archive.outcome), (Some(Rung::Complete), Some(Outcome::Failed)));
    assert_eq!(
        (archive.rungs[1].state, archive.rungs[1].reason.as_deref()),
        (State::NotProven, Some("no folders"))
    );
    let found: Vec<_> =
        archive.findings.iter().map(|kind| (kind.id.as_str(), kind.severity, kind.count)).collect();
    assert_eq!(found[0], ("export-damaged", Severity::Failure, 31), "the worst of a kind, and all of it");
    assert_eq!(
        found[1..],
        [("export-count-shift", Severity::Info, 1), ("of-which-none-is-listed", Severity::Failure, 2)]
    );
    assert_eq!(archive.reading.and_then(Reading::rate), Some(2000));
    assert_eq!(
        archive.statement.as_ref().map(|said| (said.confidence_ppm, said.at_most)),
        Some((950_000, 3))
    );
    assert_eq!(archive.accounts[0].newest.unwrap().to_string(), "2026-11-29T10:00:00Z");
    assert_eq!(archive.accounts[1].meaningful, Some(State::Disproven));
    assert_eq!((archive.samples[0].wanted, archive.samples[0].differences["same"]), (5, 4));
}

#[test]
fn a_rehearsal_joins_what_was_read_and_what_was_put() {
    let put = |address: &str, put: u64| json!({ "archive": address, "restored": { "wanted": 5, "put": put, "bytes": 50 } });
    let past = read(&record(json!({
        "schema": "mailproof/rehearsal/v1", "archives": [put("s3://b/b", 4), put("s3://b/a", 5)],
        "findings": [{ "id": "rehearsal-missing", "severity": "failure" }], "finding_counts": [{ "id": "rehearsal-missing", "count": 25 }],
        "recovery_time": { "elapsed_ms": 2000, "bytes": 100 },
        "verification": { "archives": [archive("s3://b/a")], "findings": [] }
    })));
    let told: Vec<_> = past.archives.iter().map(|known| (known.archive.as_str(), known.rung)).collect();
    assert_eq!(told, [("s3://b/a", Some(Rung::Complete)), ("s3://b/b", None)]);
    assert_eq!(past.archives.iter().map(|known| known.restored.unwrap().put).collect::<Vec<_>>(), [5, 4]);
    assert_eq!((past.findings[0].count, past.recovery.and_then(Reading::rate)), (25, Some(50)));
    let refused = read(&record(json!({
        "schema": "mailproof/rehearsal/v1", "archives": [], "findings": [], "finding_counts": [], "recovery_time": null, "verification": null
    })));
    assert!(refused.archives.is_empty() && refused.recovery.is_none());
}

#[test]
fn a_restore_tells_how_much_came_back_and_whose() {
    let past = read(&record(json!({
        "schema": "mailproof/restore/v1", "archive": "s3://b/a", "selected": 12, "restored": 11, "bytes": 600, "elapsed_ms": 300,
        "folders": [{ "account": "anna@example.org", "path": "/Inbox" }, { "account": "anna@example.org" }], "findings": []
    })));
    let archive = &past.archives[0];
    assert_eq!((archive.archive.as_str(), archive.outcome, archive.accounts.len()), ("s3://b/a", None, 1));
    assert_eq!(archive.restored, Some(PastRestore { wanted: 12, put: 11, bytes: 600 }));
    assert_eq!(past.recovery.and_then(Reading::rate), Some(2000));
}

#[test]
fn what_a_later_version_does_is_told_without_its_result() {
    let mut later = record(json!({ "schema": "mailproof/drill/v1", "archives": "of another form" }));
    later["kind"] = "drill".into();
    let past = read(&later);
    assert_eq!((past.kind.as_str(), past.archives.len()), ("drill", 0));
}

/// Each field that is needed, by its path.
const NEEDED: [&str; 20] = [
    "/schema",
    "/id",
    "/sequence",
    "/kind",
    "/tool/name",
    "/tool/version",
    "/started",
    "/finished",
    "/outcome",
    "/exit_code",
    "/scope",
    "/scope/excluded_count",
    "/sample",
    "/sample/0/method",
    "/environment",
    "/result",
    "/result/archives",
    "/result/archives/0/rungs",
    "/result/archives/0/facts/elapsed_ms",
    "/result/archives/0/findings/0/severity",
];

#[test]
fn what_is_needed_and_not_there_or_of_another_form_is_an_error() {
    let whole =
        record(json!({ "schema": "mailproof/result/v1", "archives": [archive("s3://b/a")], "findings": [] }));
    assert!(Past::read(&payload(&whole)).is_ok());
    for path in NEEDED {
        let (parent, name) = path.rsplit_once('/').unwrap();
        let mut without = whole.clone();
        assert!(
            without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).is_some(),
            "{path}"
        );
        assert!(Past::read(&payload(&without)).is_err(), "without {path}");
        let mut other = whole.clone();
        *other.pointer_mut(path).unwrap() = json!(true);
        assert!(Past::read(&payload(&other)).is_err(), "{path} of another form");
    }
    for (path, wrong) in [
        ("/schema", json!("mailproof/record/v2")),
        ("/started", json!("2026-11-30T04:30:00+01:00")),
        ("/outcome", json!("fine")),
        ("/result/archives/0/rung", json!("perfect")),
        ("/result/archives/0/accounts/0/newest", json!("yesterday")),
    ] {
        let mut other = whole.clone();
        *other.pointer_mut(path).unwrap() = wrong;
        assert!(Past::read(&payload(&other)).is_err(), "{path}");
    }
    assert!(Past::read(b"{}").is_err() && Past::read(b"").is_err());
}
