//! As much of OSCAL's assessment results (1.2.1) as records can fill.
//!
//! Names are those of NIST's schema, which says what each is for; `tests/report/oscal.rs` holds what is written to it.

use serde::Serialize;

/// The version of OSCAL.
pub const VERSION: &str = "1.2.1";

/// A document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Root {
    pub(super) assessment_results: AssessmentResults,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct AssessmentResults {
    pub uuid: String,
    pub metadata: Metadata,
    pub import_ap: Reference,
    pub results: [Assessed; 1],
    pub back_matter: BackMatter,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Metadata {
    pub title: String,
    pub last_modified: String,
    pub version: String,
    pub oscal_version: &'static str,
    pub props: Vec<Property>,
}

#[derive(Debug, Serialize)]
pub(super) struct Reference {
    pub href: String,
    pub remarks: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Assessed {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    pub local_definitions: Definitions,
    pub reviewed_controls: Reviewed,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub observations: Vec<Observation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Definitions {
    pub components: [Component; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inventory_items: Vec<InventoryItem>,
}

#[derive(Debug, Serialize)]
pub(super) struct Component {
    pub uuid: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub title: &'static str,
    pub description: String,
    pub status: State,
}

#[derive(Debug, Serialize)]
pub(super) struct State {
    pub state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct InventoryItem {
    pub uuid: String,
    pub description: String,
    pub props: Vec<Property>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Reviewed {
    pub control_selections: [Controls; 1],
    pub control_objective_selections: [Objectives; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Controls {
    pub description: String,
    pub include_controls: Vec<Control>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Control {
    pub control_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Objectives {
    pub include_objectives: Vec<Objective>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Objective {
    pub objective_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Observation {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub props: Vec<Property>,
    pub methods: [&'static str; 1],
    pub types: [&'static str; 1],
    pub origins: [Origin; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
    pub relevant_evidence: [Evidence; 1],
    pub collected: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Origin {
    pub actors: [Actor; 1],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Actor {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub actor_uuid: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Subject {
    pub subject_uuid: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Debug, Serialize)]
pub(super) struct Evidence {
    pub href: String,
    pub description: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Finding {
    pub uuid: String,
    pub title: String,
    pub description: String,
    pub props: Vec<Property>,
    pub target: Target,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_observations: Vec<Related>,
    pub remarks: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Target {
    #[serde(rename = "type")]
    pub kind: &'static str,
    pub target_id: String,
    pub status: State,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Related {
    pub observation_uuid: String,
}

#[derive(Debug, Serialize)]
pub(super) struct Property {
    pub name: &'static str,
    pub ns: &'static str,
    pub value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct BackMatter {
    pub resources: Vec<Resource>,
}

#[derive(Debug, Serialize)]
pub(super) struct Resource {
    pub uuid: String,
    pub title: String,
    pub description: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rlinks: Vec<File>,
}

#[derive(Debug, Serialize)]
pub(super) struct File {
    pub href: String,
    pub hashes: Vec<Hash>,
}

#[derive(Debug, Serialize)]
pub(super) struct Hash {
    pub algorithm: &'static str,
    pub value: String,
}
