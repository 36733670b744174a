//! Kept records, read again: what reports, the history and the search for gaps need of them.
//!
//! Input: the payload of a record, written by any version of this form. Output: a [`Past`]. Invariants: fields that are not
//! known are passed over, what is needed and not as the form demands is an error and never a default; one record is in
//! memory at a time. **Nothing here looks at signatures or at what ties records together**: [`check`](super::check) does, and
//! whoever shows what stands in a [`Past`] says whether that was done.

mod aim;
mod archive;
mod result;
mod shelf;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::record::{Draw, Environment, HandOver, Kind, Objectives, PolicyFile, SCHEMA, Scope};
use super::review::{Action, SignOff};
use super::statement::{self, PREDICATE, STATEMENT};
use crate::report::json::NegativeControls;
use crate::verdict::{Coverage, Outcome};

pub use aim::Aim;
pub use archive::{PastAccount, PastArchive, PastFinding, PastRestore, PastSample, Reading};
pub use shelf::Shelf;

/// One run, as its record states it.
#[derive(Debug, Deserialize)]
pub struct Past {
    schema: String,
    /// Its number in the chain.
    pub sequence: u64,
    /// When the run began and how it ended; unique.
    pub id: String,
    /// What was done: `verify`, `rehearse`, `restore`, `hand-over`, and what later versions do.
    pub kind: String,
    /// When it began.
    #[serde(deserialize_with = "time")]
    pub started: Timestamp,
    /// When it ended.
    #[serde(deserialize_with = "time")]
    pub finished: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The machine it ran on.
    pub host: Option<String>,
    /// Who ran it.
    pub operator: Option<String>,
    /// What did it.
    pub tool: PastTool,
    /// The policy it ran under.
    pub policy: Option<PolicyFile>,
    /// What was to be looked at, and what of it was not.
    pub scope: Scope,
    /// What was drawn, archive by archive.
    #[serde(rename = "sample")]
    pub samples: Vec<Draw>,
    /// How much was looked at, of how much.
    pub coverage: Option<Coverage>,
    /// Targets and what was measured.
    #[serde(default, deserialize_with = "or_none")]
    pub objectives: Objectives,
    /// Where it took place.
    pub environment: Environment,
    /// Tells the secret by which pseudonyms stand for addresses of mailboxes; absent where addresses stand as they are.
    pub pseudonyms: Option<String>,
    /// The key that is said to have signed it; nobody looked whether it did.
    pub signed_by: Option<String>,
    /// The key that signs from the next record on.
    pub hand_over: Option<HandOver>,
    /// Who looked at which record.
    pub sign_off: Option<SignOff>,
    /// The corrective action that was opened or closed.
    pub action: Option<Action>,
    #[serde(rename = "result")]
    form: Form,
    /// Each archive.
    #[serde(skip)]
    pub archives: Vec<PastArchive>,
    /// What was found of the selection, or of the sandbox.
    #[serde(skip)]
    pub findings: Vec<PastFinding>,
    /// How long all of it took, where mail was put somewhere.
    #[serde(skip)]
    pub recovery: Option<Reading>,
    /// What a rehearsal of a part estimates for all, in milliseconds.
    #[serde(skip)]
    pub estimate_for_all_ms: Option<u64>,
    /// What became of damage that was done on purpose.
    #[serde(skip)]
    pub negative_controls: Option<NegativeControls>,
}

/// The program that made a record.
#[derive(Debug, Deserialize)]
pub struct PastTool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What says in which form a result is.
#[derive(Debug, Deserialize)]
struct Form {
    schema: Option<String>,
}

#[derive(Deserialize)]
struct Stated<T> {
    #[serde(rename = "_type")]
    form: String,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: T,
}

#[derive(Deserialize)]
struct Resulting<T> {
    result: T,
}

impl Past {
    /// Reads the payload of a record's envelope.
    ///
    /// A result in a form that is not known (`result.schema`) has no archives; all else of its record is told.
    ///
    /// # Errors
    /// What is not as the form demands, in words.
    pub fn read(payload: &[u8]) -> Result<Self, String> {
        let Stated { form, predicate_type, predicate: mut past } = stated::<Self>(payload)?;
        let stated = [(&form, STATEMENT), (&predicate_type, PREDICATE), (&past.schema, SCHEMA)];
        if let Some((other, known)) = stated.iter().find(|(stated, known)| stated != known) {
            return Err(format!("it is `{other}` and not `{known}`"));
        }
        past.take_result(payload)?;
        Ok(past)
    }

    /// Whether something was looked at or brought back, and not only said; see [`Kind::tells_of_a_run`].
    #[must_use]
    pub fn is_run(&self) -> bool {
        Kind::tells_of_a_run(&self.kind)
    }

    /// Whether backups were tested, as far as this version knows what that kind of run does.
    #[must_use]
    pub fn is_test(&self) -> bool {
        Kind::tells_of_a_test(&self.kind)
    }

    /// How it ended: where its record says better of it than of its archives and so contradicts itself, the worse of both.
    #[must_use]
    pub fn ended(&self) -> Outcome {
        let worst = self.archives.iter().filter_map(|archive| archive.outcome).max();
        self.outcome.max(worst.unwrap_or(self.outcome))
    }

    /// What it was for.
    #[must_use]
    pub fn aim(&self) -> Aim {
        Aim::of(self)
    }

    fn take_result(&mut self, payload: &[u8]) -> Result<(), String> {
        let result = match self.form.schema.as_deref() {
            Some(crate::report::json::SCHEMA) => result_of::<result::Verified>(payload)?.into(),
            Some(crate::report::rehearsal::SCHEMA) => result_of::<result::Rehearsed>(payload)?.into(),
            Some(crate::report::restored::SCHEMA) => result_of::<result::Restored>(payload)?.into(),
            _ => return Ok(()),
        };
        let result::Found { archives, findings, recovery, estimate_for_all_ms, negative_controls } = result;
        (self.archives, self.findings, self.recovery) = (archives, findings, recovery);
        (self.estimate_for_all_ms, self.negative_controls) = (estimate_for_all_ms, negative_controls);
        Ok(())
    }
}

/// The payload is read once for the record and once for its result, whose form is known only then; so no record is held as
/// a tree of values.
fn result_of<T: DeserializeOwned>(payload: &[u8]) -> Result<T, String> {
    stated::<Resulting<T>>(payload).map(|stated| stated.predicate.result)
}

fn stated<T: DeserializeOwned>(payload: &[u8]) -> Result<Stated<T>, String> {
    serde_json::from_slice(payload).map_err(|error| error.to_string())
}

fn time<'de, D: Deserializer<'de>>(input: D) -> Result<Timestamp, D::Error> {
    statement::time(&String::deserialize(input)?).map_err(serde::de::Error::custom)
}

/// What is `null` is as good as absent.
fn or_none<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(input: D) -> Result<T, D::Error> {
    Option::deserialize(input).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
