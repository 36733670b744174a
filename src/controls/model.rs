//! A file of requirements, as it is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::policy::{Age, FileForm, Problems, schema_of};
use crate::verdict::Rung;

/// One law or standard: what it asks of backups, and which records answer that.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "title", "requirement"]))]
pub struct Framework {
    /// The word that `--framework` takes: small letters, digits and dashes. A file with the name of a ready one stands in its
    /// place.
    #[schemars(length(min = 1))]
    pub name: String,
    /// What it is called.
    #[schemars(length(min = 1))]
    pub title: String,
    /// Which texts were read for this file, and which were not.
    pub read: String,
    /// What it asks.
    pub requirement: Vec<Requirement>,
}

/// One thing that is asked. Without `answered_by` no record answers it, and `leaves_open` says what would.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["id", "clause", "asks", "leaves_open", "source"]))]
pub struct Requirement {
    /// A short name, once in the file.
    #[schemars(length(min = 1))]
    pub id: String,
    /// Where the text asks it.
    #[schemars(length(min = 1))]
    pub clause: String,
    /// What it asks, in one's own words.
    #[schemars(length(min = 1))]
    pub asks: String,
    /// Kinds of records of which one is enough. Only what passed counts.
    pub answered_by: Vec<Answerer>,
    /// The rung on which every archive of the record must stand.
    pub rung: Option<Rung>,
    /// Every archive of the record must have been encrypted.
    pub encrypted: bool,
    /// What must have been measured and held against a target.
    pub measured: Vec<Objective>,
    /// Somebody must have signed the record off.
    pub review: bool,
    /// No corrective action may be overdue, and a kind of run that failed last must have one.
    pub actions: bool,
    /// How often it is to be done again.
    pub every: Option<Age>,
    /// The text itself states that number; else it is practice, and yours to change.
    pub stated: bool,
    /// Where the number is from.
    #[schemars(length(min = 1))]
    pub every_from: Option<String>,
    /// When a record no longer counts; by default after `every`.
    pub stale_after: Option<Age>,
    /// What an auditor asks for besides, and no record shows.
    #[schemars(inner(length(min = 1)))]
    pub leaves_open: Vec<String>,
    /// The assessment objective of NIST's catalogue that it is about, by its id in OSCAL (`cp-9.1_obj`): reports in that form
    /// have a finding for it.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9.\-]*_obj[a-z0-9.\-]*$"))]
    pub oscal: Option<String>,
    /// The command to run where nothing answers it.
    #[schemars(length(min = 1))]
    pub step: Option<String>,
    /// Where the text, or what is said of it, can be read.
    #[schemars(inner(length(min = 1)))]
    pub source: Vec<String>,
}

impl Requirement {
    /// Whether records of this kind can answer it.
    #[must_use]
    pub fn is_answered_by(&self, kind: &str) -> bool {
        self.answered_by.iter().any(|answerer| answerer.as_str() == kind)
    }
}

/// A kind of record that can answer something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answerer {
    /// Archives were verified.
    Verify,
    /// A restore was rehearsed.
    Rehearse,
    /// Mail was restored.
    Restore,
    /// Somebody signed a record off.
    SignOff,
}

/// What a rehearsal measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Objective {
    /// How long a restore takes.
    Rto,
    /// How much mail it would lose.
    Rpo,
}

impl Answerer {
    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Rehearse => "rehearse",
            Self::Restore => "restore",
            Self::SignOff => "sign-off",
        }
    }
}

impl Objective {
    /// As people call it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rto => "RTO",
            Self::Rpo => "RPO",
        }
    }
}

impl Framework {
    /// Reads a file of requirements. `file_name` only appears in the problems.
    ///
    /// # Errors
    /// All problems of the text at once, each with its place.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Problems> {
        let form = FileForm { called: "file of controls", schema: &schema() };
        form.parse(text, file_name, Self::validate)
    }
}

/// The JSON Schema (draft 2020-12) of such a file.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Framework>()
}
