//! A report as OSCAL assessment results, for programs that gather evidence of many kinds.
//!
//! Input: a folder of records, what became of checking its chain, a [`Question`] and the document that answers it. Output: a
//! [`Root`] that holds to NIST's schema. Invariants: an objective is satisfied only where `mailproof evidence gaps` says that
//! a record answers it, and the chain holds; the same records and moment give the same document, ids as well.
//!
//! The way: runs become observations (`observing`), requirements that name an objective become findings (`finding`).

mod finding;
mod form;
mod observing;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use jiff::Timestamp;

use super::composing::{Question, Subject};
use super::document::Document;
use crate::controls::{self, Gaps, Origin};
use crate::evidence::check::Check;
use crate::evidence::past::Shelf;
use crate::evidence::{Entry, Ledger, PolicyFile};
use finding::Asked;
use form::{
    Assessed, AssessmentResults, BackMatter, Component, Control, Controls, Definitions, File, Hash,
    InventoryItem, Metadata, Objective, Objectives, Observation, Reference, Resource, Reviewed, State,
};
use words::{id, markup, property, reference, value};

pub use form::{Root, VERSION};

/// Later moments are none for NIST's schema.
const LAST_YEAR: i16 = 2999;

/// What is told.
struct Sight<'a> {
    check: &'a Check,
    document: &'a Document,
    question: &'a Question,
    /// What is judged by.
    ledger: Ledger,
    /// For when it is judged.
    at: Timestamp,
}

/// What was seen.
#[derive(Default)]
struct Seen {
    observations: Vec<Observation>,
    archives: BTreeMap<String, InventoryItem>,
    records: Vec<Resource>,
    policies: BTreeMap<String, PolicyFile>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// Writes the assessment results; `document` is the report that answers `question`.
///
/// # Errors
/// The system's answer if the folder can't be listed or a record vanished.
pub fn assess(
    folder: &Path,
    check: &Check,
    question: &Question,
    document: &Document,
    frameworks: &[Origin],
) -> io::Result<Root> {
    let (ledger, at) = judged_by(Ledger::read(folder)?, question, document);
    let sight = Sight { check, document, question, ledger, at };
    let gaps = controls::gaps(frameworks, &sight.ledger, check, at);
    let asked = sight.asked(frameworks, &gaps);
    let tool = id(&["tool", env!("CARGO_PKG_VERSION")]);
    let seen = sight.look(&Shelf::open(folder)?, &asked, &tool);
    Ok(sight.results(seen, &asked, tool))
}

/// Of a report on one run that run alone answers; of a period all that had ended by its end.
fn judged_by(mut ledger: Ledger, question: &Question, document: &Document) -> (Ledger, Timestamp) {
    match &question.subject {
        Subject::Run(_) => {
            let number = document.records.map(|[number, _]| number);
            ledger.entries.retain(|entry| Some(entry.number()) == number || !entry.is_run());
            (ledger, question.written)
        }
        Subject::Period { until, .. } => {
            let at = until.map_or(question.written, |until| until.min(question.written));
            (ledger.until(at), at)
        }
    }
}

impl Sight<'_> {
    /// The requirements that name an objective; of a report on one run those that such a run can answer. Where that is none,
    /// as of a kind that a later version made, it is all: nothing of them is shown.
    fn asked<'a>(&self, frameworks: &'a [Origin], gaps: &'a Gaps) -> Vec<Asked<'a>> {
        let mut asked = Vec::new();
        for (place, origin) in frameworks.iter().enumerate() {
            let judged = gaps.frameworks.get(place);
            for (place, requirement) in origin.framework.requirement.iter().enumerate() {
                let Some(objective) = requirement.oscal.as_deref() else { continue };
                let judged = judged.and_then(|judged| judged.requirements.get(place));
                asked.push(Asked { requirement, objective, judged });
            }
        }
        let can = |asked: &Asked<'_>| self.runs().any(|run| asked.requirement.is_answered_by(&run.kind));
        if matches!(self.question.subject, Subject::Run(_)) && asked.iter().any(can) {
            asked.retain(can);
        }
        asked
    }

    fn runs(&self) -> impl Iterator<Item = &Entry> {
        self.ledger.entries.iter().filter(|entry| entry.is_run())
    }

    /// The runs of the report, and those before it that answer something.
    fn look(&self, shelf: &Shelf, asked: &[Asked<'_>], tool: &str) -> Seen {
        let mut expires: BTreeMap<u64, String> = BTreeMap::new();
        for judged in asked.iter().filter_map(|asked| asked.judged) {
            if let Some((record, until)) = judged.record.as_ref().zip(judged.good_until.as_ref()) {
                let known = expires.entry(record.record).or_insert_with(|| until.clone());
                *known = known.clone().min(until.clone());
            }
        }
        let mut seen = Seen::default();
        for entry in self.runs() {
            let told = self.tells_of(entry);
            if told || expires.contains_key(&entry.number()) {
                let expires = expires.get(&entry.number()).filter(|until| is_writable(until)).cloned();
                seen.add(shelf, entry, tool, expires);
            }
            if told {
                seen.first = seen.first.into_iter().chain([entry.started]).min();
                seen.last = seen.last.into_iter().chain([entry.finished]).max();
            }
        }
        seen
    }

    fn tells_of(&self, entry: &Entry) -> bool {
        match &self.question.subject {
            Subject::Run(_) => true,
            Subject::Period { since, .. } => since.is_none_or(|since| entry.started >= since),
        }
    }

    fn results(&self, seen: Seen, asked: &[Asked<'_>], tool: String) -> Root {
        let moment = self.at.to_string();
        let head = self.check.head.as_ref().map_or("", |head| head.blake3.as_str());
        let records =
            self.document.records.map_or("none".to_owned(), |[first, last]| format!("{first}-{last}"));
        let name = [head, records.as_str(), moment.as_str()];
        let plan = plan(&seen.policies);
        let import_ap = Reference { href: format!("#{}", plan.uuid), remarks: plan.description.clone() };
        let findings = asked.iter().map(|asked| finding::finding(asked, self.check, &self.ledger, &moment));
        let result = Assessed {
            uuid: id(&[&["result"][..], &name].concat()),
            title: markup(&self.document.subtitle),
            description: "What the records of mailproof say. Nothing else was assessed.".to_owned(),
            start: seen.first.unwrap_or(self.at).to_string(),
            end: seen.last.map(|last| last.to_string()),
            reviewed_controls: reviewed(asked),
            findings: findings.collect(),
            observations: seen.observations,
            local_definitions: Definitions {
                components: [component(tool)],
                inventory_items: seen.archives.into_values().collect(),
            },
        };
        let resources = [plan].into_iter().chain(seen.records).collect();
        let uuid = id(&[&["assessment-results"][..], &name].concat());
        let metadata = self.metadata(records);
        let back_matter = BackMatter { resources };
        Root {
            assessment_results: AssessmentResults {
                uuid,
                metadata,
                import_ap,
                results: [result],
                back_matter,
            },
        }
    }

    fn metadata(&self, version: String) -> Metadata {
        let mut props = vec![
            property("chain", word(&self.check.outcome)),
            property("outcome", self.document.outcome.as_str()),
            property("unsigned-records", self.check.unsigned.to_string()),
        ];
        props.extend(
            self.check
                .head
                .as_ref()
                .map(|head| property("head", format!("{}:{}", head.sequence, head.blake3))),
        );
        Metadata {
            title: markup(&format!("{}, {}", self.document.title, self.document.subtitle)),
            last_modified: self.question.written.to_string(),
            version,
            oscal_version: VERSION,
            props,
        }
    }
}

impl Seen {
    /// What can't be read any more is no observation; the check has said so.
    fn add(&mut self, shelf: &Shelf, entry: &Entry, tool: &str, expires: Option<String>) {
        let Ok(past) = shelf.read(entry.number()) else { return };
        observing::note_archives(&mut self.archives, &past);
        self.observations.push(observing::observation(&past, entry, tool, expires));
        self.records.push(observing::resource(&entry.about.link));
        self.policies.extend(past.policy.map(|policy| (policy.blake3.clone(), policy)));
    }
}

/// Nobody wrote an assessment plan: what was to be tested is said by the policies.
fn plan(policies: &BTreeMap<String, PolicyFile>) -> Resource {
    let link = |policy: &PolicyFile| {
        let hashes = vec![Hash { algorithm: "BLAKE3", value: value(&policy.blake3) }];
        File { href: reference(&policy.file), hashes }
    };
    let digests: Vec<&str> = policies.keys().map(String::as_str).collect();
    Resource {
        uuid: id(&[&["plan"][..], &digests].concat()),
        title: "Policies in place of an assessment plan".to_owned(),
        description: "There is no OSCAL assessment plan. What was to be tested is said by the policy files of the runs, \
             which the records name by BLAKE3."
            .to_owned(),
        rlinks: policies.values().map(link).collect(),
    }
}

fn component(uuid: String) -> Component {
    let description = format!(
        "Version {} wrote this document; each observation names the one that tested.",
        env!("CARGO_PKG_VERSION")
    );
    let status = State { state: "operational", reason: None, remarks: None };
    Component { uuid, kind: "software", title: "mailproof", description, status }
}

fn reviewed(asked: &[Asked<'_>]) -> Reviewed {
    let controls: BTreeSet<String> = asked.iter().map(Asked::control).collect();
    let objectives: Vec<_> =
        asked.iter().map(|asked| Objective { objective_id: asked.objective.to_owned() }).collect();
    let description = "As far as backups of mail answer them.".to_owned();
    let include_controls = controls.into_iter().map(|control_id| Control { control_id }).collect();
    Reviewed {
        control_selections: [Controls { description, include_controls }],
        control_objective_selections: [Objectives { include_objectives: objectives }],
    }
}

fn is_writable(moment: &str) -> bool {
    let at = moment.parse::<Timestamp>();
    at.is_ok_and(|at| jiff::tz::TimeZone::UTC.to_datetime(at).year() <= LAST_YEAR)
}

/// The word of a value in JSON.
fn word(known: &impl serde::Serialize) -> String {
    serde_json::to_value(known).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}
