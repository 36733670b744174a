//! The history as JSON: `mailproof/history/v1`, frozen like the forms of other results.
//!
//! `docs/history.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::Answer;
use super::run::Run;
use crate::exit;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/history/v1";
/// Records that are named of those that can't be read.
const MOST_NAMED: usize = 100;

/// What happened before, as the records tell it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct History {
    /// Always `mailproof/history/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The folder that was looked into.
    pub folder: String,
    /// Records in it.
    pub records: u64,
    /// Those of them that can't be read.
    pub unreadable_count: u64,
    /// The first hundred of these.
    pub unreadable: Vec<Unread>,
    /// Numbers before the last one of which there is no record.
    pub missing: u64,
    /// Files that are no part of the chain, such as records of earlier versions; nobody looked into them.
    pub not_in_chain: u64,
    /// Always false: whether records were altered, taken away or added is what `mailproof evidence verify` checks.
    pub chain_checked: bool,
    /// Why the index is not kept beside the records; absent where it is. The answer is the same.
    pub index_not_kept: Option<String>,
    /// The runs that were asked for, the newest last.
    pub runs: Vec<Run>,
}

/// A record that can't be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unread {
    /// Its number.
    pub record: u64,
    /// Why.
    pub why: String,
}

impl History {
    pub(super) fn new(folder: &Path, answer: Answer, index_not_kept: Option<String>) -> Self {
        let Answer { shelf, mut unread, runs } = answer;
        let (records, unreadable_count) = (shelf.numbers().len() as u64, unread.len() as u64);
        unread.truncate(MOST_NAMED);
        let whole = records > 0 && unreadable_count == 0 && shelf.missing() == 0;
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            exit_code: if whole { exit::PASSED } else { exit::NOT_VERIFIED },
            folder: folder.display().to_string(),
            records,
            unreadable_count,
            unreadable: unread,
            missing: shelf.missing(),
            not_in_chain: shelf.others(),
            chain_checked: false,
            index_not_kept,
            runs,
        }
    }
}

/// The JSON Schema of [`History`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(History);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}
