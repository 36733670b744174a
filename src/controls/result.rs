//! What the records answer: `mailproof/gaps/v1`, frozen like the forms of other results.
//!
//! `docs/gaps.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::judge;
use super::ready::Origin;
use crate::evidence::check::{self, Check, Holding, KeySpan, Trust};
use crate::evidence::{Entry, Ledger};
use crate::exit;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/gaps/v1";

/// What the records of a chain answer of what is asked.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Gaps {
    /// Always `mailproof/gaps/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The moment it was judged for (RFC 3339, UTC); what ended later does not count.
    pub at: String,
    /// The folder of the records.
    pub folder: String,
    /// Whether the chain holds, without which nothing is answered.
    pub chain: Held,
    /// How many requirements there are in each state.
    pub counts: Counts,
    /// Records that could not be read, and so answer nothing.
    pub unread: Vec<Unread>,
    /// Each framework; none where the chain is broken.
    pub frameworks: Vec<JudgedFramework>,
}

/// What became of the search for gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Nothing that records can answer is missing or stale.
    Complete,
    /// Something is missing or stale.
    Gaps,
    /// Nothing is missing or stale, but nobody signed the records.
    NotVerified,
    /// The chain is broken, so nothing is answered.
    Broken,
}

/// What the check of the chain said.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Held {
    /// Whether it holds.
    pub outcome: Holding,
    /// How many records were looked at, of how many.
    pub coverage: check::Coverage,
    /// Records whose signature holds.
    pub signed: u64,
    /// Records that nobody signed.
    pub unsigned: u64,
    /// What the keys were held against.
    pub trust: Trust,
    /// The keys that signed.
    pub keys: Vec<KeySpan>,
    /// Why nothing is claimed of it, or what is broken first.
    pub why: Option<String>,
}

/// How many requirements there are in each state.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counts {
    /// Answered, and not due for a while.
    pub answered: u64,
    /// Answered, and due soon or already.
    pub due_soon: u64,
    /// Answered once, and too long ago.
    pub stale: u64,
    /// Not answered by any record.
    pub missing: u64,
    /// No record of mailproof could answer it.
    pub elsewhere: u64,
}

/// A record that could not be read.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Unread {
    /// Its number.
    pub record: u64,
    /// Why.
    pub why: String,
}

/// A law or standard and what of it is answered.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JudgedFramework {
    /// The word that `--framework` takes.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// Which texts were read for its file.
    pub read: String,
    /// The file; absent for those that are part of the program.
    pub file: Option<String>,
    /// BLAKE3 of the file's text.
    pub blake3: String,
    /// What it asks.
    pub requirements: Vec<Judged>,
}

/// A requirement and what answers it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Judged {
    /// Its short name.
    pub id: String,
    /// Where the text asks it.
    pub clause: String,
    /// What it asks.
    pub asks: String,
    /// What became of it.
    pub state: State,
    /// Why it is missing or stale, or what a newer record lacks.
    pub why: Option<String>,
    /// The record that answers it, or did until it was stale.
    pub record: Option<Answer>,
    /// Who signed that record off.
    pub review: Option<Review>,
    /// When it is to be done again (RFC 3339, UTC).
    pub due: Option<String>,
    /// Until when the record counts (RFC 3339, UTC).
    pub good_until: Option<String>,
    /// Runs of these kinds since then that did not pass.
    pub since: Option<Since>,
    /// How often it is to be done again.
    pub every_seconds: Option<u64>,
    /// Whether the text itself states that number; else it is practice.
    pub stated: Option<bool>,
    /// Where the number is from.
    pub every_from: Option<String>,
    /// The next step; absent where there is none to take yet.
    pub step: Option<String>,
    /// What an auditor asks for besides, and no record shows.
    pub leaves_open: Vec<String>,
    /// Where the text, or what is said of it, can be read.
    pub source: Vec<String>,
}

/// What became of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A record answers it.
    Answered,
    /// A record answers it, and nine tenths of the time until the next one have passed.
    DueSoon,
    /// A record answered it, too long ago.
    Stale,
    /// No record answers it.
    Missing,
    /// No record of mailproof could.
    Elsewhere,
}

/// The record that answers.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Answer {
    /// Its number.
    pub record: u64,
    /// Its id.
    pub id: String,
    /// What was done.
    pub kind: String,
    /// When it ended (RFC 3339, UTC).
    pub finished: String,
    /// BLAKE3 of its file.
    pub blake3: String,
}

/// Who signed it off.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Review {
    /// The number of the record that says so.
    pub record: u64,
    /// Who.
    pub by: String,
    /// As what.
    pub role: Option<String>,
    /// When (RFC 3339, UTC).
    pub time: String,
}

/// Runs that did not pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Since {
    /// How many failed.
    pub failed: u64,
    /// How many ended not verified.
    pub not_verified: u64,
}

/// Holds the frameworks to what a chain holds, of which `check` says whether it does.
#[must_use]
pub fn gaps(frameworks: &[Origin], ledger: &Ledger, check: &Check, at: Timestamp) -> Gaps {
    let broken = check.outcome == Holding::Broken;
    let frameworks = if broken { &[] } else { frameworks };
    let frameworks: Vec<_> =
        frameworks.iter().map(|origin| JudgedFramework::of(origin, ledger, at)).collect();
    let counts = Counts::of(frameworks.iter().flat_map(|framework| &framework.requirements));
    let outcome = match check.outcome {
        Holding::Broken => Outcome::Broken,
        _ if counts.stale + counts.missing > 0 => Outcome::Gaps,
        Holding::NotVerified => Outcome::NotVerified,
        Holding::Holds => Outcome::Complete,
    };
    Gaps {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        outcome,
        exit_code: outcome.exit_code(),
        at: at.to_string(),
        folder: check.folder.clone(),
        chain: Held::from(check),
        counts,
        unread: ledger
            .unread
            .iter()
            .map(|(record, why)| Unread { record: *record, why: why.clone() })
            .collect(),
        frameworks,
    }
}

impl JudgedFramework {
    fn of(origin: &Origin, ledger: &Ledger, at: Timestamp) -> Self {
        let framework = &origin.framework;
        let asked = framework.requirement.iter();
        Self {
            name: framework.name.clone(),
            title: framework.title.clone(),
            read: framework.read.clone(),
            file: origin.file.clone(),
            blake3: origin.blake3.clone(),
            requirements: asked.map(|requirement| judge::judge(requirement, ledger, at)).collect(),
        }
    }
}

impl Counts {
    fn of<'a>(requirements: impl Iterator<Item = &'a Judged>) -> Self {
        let mut counts = Self::default();
        for requirement in requirements {
            match requirement.state {
                State::Answered => counts.answered += 1,
                State::DueSoon => counts.due_soon += 1,
                State::Stale => counts.stale += 1,
                State::Missing => counts.missing += 1,
                State::Elsewhere => counts.elsewhere += 1,
            }
        }
        counts
    }

    /// Those that a record can answer.
    #[must_use]
    pub fn answerable(&self) -> u64 {
        self.answered + self.due_soon + self.stale + self.missing
    }
}

impl Outcome {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Complete => exit::PASSED,
            Self::Gaps | Self::NotVerified => exit::NOT_VERIFIED,
            Self::Broken => exit::FAILED,
        }
    }
}

impl From<&Check> for Held {
    fn from(check: &Check) -> Self {
        let first = check.first_broken.as_ref();
        let broken = first.map(|fault| format!("record {} {}: {}", fault.record, fault.reason, fault.detail));
        Self {
            outcome: check.outcome,
            coverage: check.coverage,
            signed: check.signed,
            unsigned: check.unsigned,
            trust: check.trust,
            keys: check.keys.clone(),
            why: broken.or_else(|| check.why.clone()),
        }
    }
}

impl From<&Entry> for Answer {
    fn from(entry: &Entry) -> Self {
        Self {
            record: entry.number(),
            id: entry.about.id.clone(),
            kind: entry.kind.clone(),
            finished: entry.finished.to_string(),
            blake3: entry.about.link.blake3.clone(),
        }
    }
}

/// The JSON Schema of [`Gaps`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Gaps);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}
