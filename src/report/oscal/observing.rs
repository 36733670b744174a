//! A run as an observation.

use std::collections::BTreeMap;

use super::form::{
    Actor, Evidence, File, Hash, InventoryItem, Observation, Origin, Property, Resource, Subject,
};
use super::words::{id, markup, property, value};
use crate::evidence::past::Past;
use crate::evidence::{Entry, Link};
use crate::verdict::{Outcome, Severity};

/// What the observation of a record is called.
pub(super) fn observation_id(link: &Link) -> String {
    id(&["observation", &link.blake3])
}

fn record_id(link: &Link) -> String {
    id(&["record", &link.blake3])
}

fn archive_id(archive: &str) -> String {
    id(&["archive", archive])
}

/// The file of a record, with both of its digests.
pub(super) fn resource(link: &Link) -> Resource {
    let hash = |algorithm, value: &String| Hash { algorithm, value: value.clone() };
    let hashes = vec![hash("SHA-256", &link.sha256), hash("BLAKE3", &link.blake3)];
    Resource {
        uuid: record_id(link),
        title: format!("Record {}", link.sequence),
        description: "A statement (in-toto in a DSSE envelope), tied to the record before it. `mailproof evidence verify` or \
             `verify-evidence.py` check it."
            .to_owned(),
        rlinks: vec![File { href: file(link), hashes }],
    }
}

fn file(link: &Link) -> String {
    format!("{:09}.json", link.sequence)
}

/// What a run saw, until when it counts, and by what that can be checked.
pub(super) fn observation(past: &Past, entry: &Entry, tool: &str, expires: Option<String>) -> Observation {
    let link = &entry.about.link;
    let subject = |archive: &str| Subject { subject_uuid: archive_id(archive), kind: "inventory-item" };
    let names: std::collections::BTreeSet<&str> =
        past.archives.iter().map(|archive| archive.archive.as_str()).collect();
    let (sha256, blake3) = (&link.sha256, &link.blake3);
    Observation {
        uuid: observation_id(link),
        title: format!("Record {}: {}", link.sequence, markup(&entry.kind)),
        description: told(past, entry),
        props: properties(past, entry),
        methods: ["TEST"],
        types: [if entry.outcome == Outcome::Failed { "finding" } else { "control-objective" }],
        origins: [Origin { actors: [Actor { kind: "tool", actor_uuid: tool.to_owned() }] }],
        subjects: names.into_iter().map(subject).collect(),
        relevant_evidence: [Evidence {
            href: format!("#{}", record_id(link)),
            description: format!("{}, SHA-256 {sha256}, BLAKE3 {blake3}", file(link)),
        }],
        collected: entry.finished.to_string(),
        expires,
    }
}

fn told(past: &Past, entry: &Entry) -> String {
    let rung = entry.rung.map_or("nothing is proven of every archive".to_owned(), |rung| {
        format!("every archive is proven to `{}`", rung.as_str())
    });
    let policy = past.policy.as_ref().map_or("no policy file".to_owned(), |policy| markup(&policy.file));
    format!(
        "mailproof {} ran `{}` over {} archives under {policy}. It ended {}; {rung}.",
        markup(&past.tool.version),
        value(&entry.kind).replace('`', "'"),
        past.archives.len(),
        entry.outcome
    )
}

fn properties(past: &Past, entry: &Entry) -> Vec<Property> {
    let mut props = vec![
        property("record", entry.number().to_string()),
        property("run-id", &past.id),
        property("kind", &entry.kind),
        property("outcome", entry.outcome.as_str()),
    ];
    props.extend(entry.rung.map(|rung| property("rung", rung.as_str())));
    if let Some(coverage) = past.coverage {
        props.push(property("coverage-checked", coverage.checked.to_string()));
        props.extend(coverage.total.map(|total| property("coverage-total", total.to_string())));
        props.push(property("coverage-unit", super::word(&coverage.unit)));
    }
    props.extend(past.scope.accounts.map(|count| property("accounts", count.to_string())));
    let stated = &past.objectives;
    for (name, seconds) in [
        ("rto-target-seconds", stated.rto_target_seconds),
        ("rto-measured-seconds", stated.rto_measured_seconds),
        ("rpo-target-seconds", stated.rpo_target_seconds),
        ("rpo-measured-seconds", stated.rpo_measured_seconds),
    ] {
        props.extend(seconds.map(|seconds| property(name, seconds.to_string())));
    }
    let found = kinds(past).into_iter();
    props.extend(
        found.map(|(kind, worst)| Property { class: Some(worst.as_str()), ..property("finding", kind) }),
    );
    props
}

/// The kinds of what was found, each with the worst that was said of it.
fn kinds(past: &Past) -> BTreeMap<&str, Severity> {
    let mut kinds = BTreeMap::new();
    for finding in past.archives.iter().flat_map(|archive| &archive.findings).chain(&past.findings) {
        let worst = kinds.entry(finding.id.as_str()).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
    }
    kinds
}

/// Notes the archives of a run, each once.
pub(super) fn note_archives(items: &mut BTreeMap<String, InventoryItem>, past: &Past) {
    for archive in &past.archives {
        items.entry(archive.archive.clone()).or_insert_with(|| InventoryItem {
            uuid: archive_id(&archive.archive),
            description: format!("Backup archive {}", markup(&archive.archive)),
            props: vec![property("archive", &archive.archive)],
        });
    }
}
