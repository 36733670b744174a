//! What became of checking a chain: `mailproof/evidence/v1`, frozen like the forms of other results.
//!
//! `docs/evidence.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::reason::Reason;
use crate::evidence::Link;
use crate::exit;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/evidence/v1";

/// What became of checking a chain of records.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Check {
    /// Always `mailproof/evidence/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// Whether the chain holds.
    pub outcome: Holding,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The folder or the bucket that was looked at.
    pub folder: String,
    /// How many records were looked at, of how many the chain should have.
    pub coverage: Coverage,
    /// The first record that does not hold.
    pub first_broken: Option<Broken>,
    /// How many do not hold, those that are not there included.
    pub broken_count: u64,
    /// The first hundred of them.
    pub broken: Vec<Broken>,
    /// How many there are of each reason.
    pub reasons: BTreeMap<&'static str, u64>,
    /// What is strange and breaks nothing; the first hundred.
    pub warnings: Vec<String>,
    /// What the keys were held against.
    pub trust: Trust,
    /// Records whose signature holds.
    pub signed: u64,
    /// Records that nobody signed.
    pub unsigned: u64,
    /// What is known of the records' time stamps.
    pub time_stamps: TimeStamps,
    /// The keys that signed, in the order in which they took over.
    pub keys: Vec<KeySpan>,
    /// The last record that is there: what an auditor notes.
    pub head: Option<Link>,
    /// Files in the folder that are no part of the chain, such as records of earlier versions.
    pub not_in_chain: u64,
    /// Why nothing is claimed; absent where the chain holds or is broken.
    pub why: Option<String>,
    /// What only a bucket can say; absent for a folder.
    pub bucket: Option<InBucket>,
}

/// What a bucket says of records beside their bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct InBucket {
    /// Why it is not known whether something was written over records or deleted; absent where it was looked at.
    pub versions_unknown: Option<String>,
    /// Newer versions with the same bytes, which change nothing.
    pub repeated: u64,
    /// What keeps records from being taken away.
    pub locks: Locks,
}

/// How many records can't be taken away; each counts as its weakest file, and not at all where a lock has ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Locks {
    /// Records that are locked, or under legal hold.
    pub locked: u64,
    /// Those that nobody can take away before the end of their lock.
    pub compliance: u64,
    /// Those that somebody with a right of its own can.
    pub governance: u64,
    /// Those that only a legal hold keeps, which has no end and can be lifted.
    pub legal_hold: u64,
    /// Records that nothing keeps from being taken away.
    pub unlocked: u64,
    /// Records of which that is not known.
    pub unknown: u64,
    /// When the first lock ends (RFC 3339, UTC).
    pub earliest_end: Option<String>,
    /// Why it is not known of those.
    pub why_unknown: Option<String>,
}

impl InBucket {
    /// What could not be looked at, in words.
    pub(super) fn unseen(&self) -> Option<String> {
        let versions = self.versions_unknown.as_ref().map(|why| {
            format!("whether something was written over them or deleted could not be looked at: {why}")
        });
        let locks = || {
            let why = self.locks.why_unknown.as_ref()?;
            Some(format!("whether they are locked could not be looked at: {why}"))
        };
        versions.or_else(locks)
    }
}

/// Whether a chain holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Holding {
    /// Every record is there, unaltered and in its place.
    Holds,
    /// Something was altered, taken away or added.
    Broken,
    /// Nothing is claimed: there are no records, or nobody signed them.
    NotVerified,
}

impl Holding {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Holds => exit::PASSED,
            Self::Broken => exit::FAILED,
            Self::NotVerified => exit::NOT_VERIFIED,
        }
    }
}

/// "Checked C of A."
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Records that were looked at, whatever came of it.
    pub checked: u64,
    /// The highest number that a record or the head states.
    pub total: u64,
}

/// A record that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Broken {
    /// Its number.
    pub record: u64,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in words.
    pub detail: String,
}

/// What the keys were held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// A file of keys that the auditor has from elsewhere.
    AllowedSigners,
    /// The first record's own key: all of it was made by whoever holds that.
    FirstRecord,
    /// No key at all.
    None,
}

/// A key and the records it was valid for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeySpan {
    /// `SHA256:…`
    pub fingerprint: String,
    /// The first record.
    pub first: u64,
    /// The last one so far.
    pub last: u64,
    /// How many of these it signed.
    pub signed: u64,
}

/// What is known of time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct TimeStamps {
    /// Records whose time stamp holds.
    pub stamped: u64,
    /// Records that have none because the authority gave none.
    pub missing: u64,
    /// Records for which none was asked.
    pub without: u64,
    /// Who vouches for the authority that made them.
    pub vouching: Vouching,
}

/// Who vouches for an authority that stamps times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Vouching {
    /// Authorities that the auditor has from elsewhere: the times are theirs.
    Authorities,
    /// Nobody: a stamp holds for its record, and whoever made it is whoever the stamp says.
    Nobody,
}

/// The JSON Schema of [`Check`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Check);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}
