//! What a past run says of each archive.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use crate::report::json::Statement;
use crate::verdict::{Coverage, Outcome, Rung, Severity, Standing, State};

/// One archive, as a past run saw it.
#[derive(Debug, Default)]
pub struct PastArchive {
    /// Its address.
    pub archive: String,
    /// How it ended; absent where only the whole run has an outcome.
    pub outcome: Option<Outcome>,
    /// The highest rung that was proven.
    pub rung: Option<Rung>,
    /// Each rung that was looked at, lowest first.
    pub rungs: Vec<Standing>,
    /// How many members were compared with the manifest.
    pub coverage: Option<Coverage>,
    /// What was found.
    pub findings: Vec<PastFinding>,
    /// How much was read, and in what time.
    pub reading: Option<Reading>,
    /// Bytes of the object.
    pub stored_bytes: Option<u64>,
    /// `age`, `age-armored` or `none`; absent where that layer was not read to its end.
    pub encryption: Option<String>,
    /// The kinds of recipients that its header names.
    pub recipients: Vec<String>,
    /// `zstd`, `gzip` or `none`; absent where that layer was not read to its end.
    pub compression: Option<String>,
    /// The kinds of zmbackup's sessions in it: `full`, `inc`, and others.
    pub sessions: BTreeSet<String>,
    /// What a sample says of all messages, as it was stated.
    pub statement: Option<Statement>,
    /// Each mailbox in it.
    pub accounts: Vec<PastAccount>,
    /// What was compared with live mailboxes.
    pub samples: Vec<PastSample>,
    /// What was put somewhere; absent where nothing was to be.
    pub restored: Option<PastRestore>,
}

/// Findings of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastFinding {
    /// The kind.
    pub id: String,
    /// The worst of them.
    pub severity: Severity,
    /// How many.
    pub count: u64,
}

/// How much was done in what time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Bytes of what came out: unpacked, or put.
    pub bytes: u64,
    /// How long it took.
    pub elapsed_ms: u64,
}

/// One mailbox in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastAccount {
    /// Whose it is.
    pub account: String,
    /// Whether what it states of itself holds; absent where nobody asked.
    pub meaningful: Option<State>,
    /// The date of its newest item.
    #[serde(default, deserialize_with = "moment")]
    pub newest: Option<Timestamp>,
}

/// One account's part of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct PastSample {
    /// Whose mailbox it is.
    pub account: String,
    /// Messages in the backup.
    pub population: u64,
    /// Messages that were to be compared.
    pub wanted: u64,
    /// How many of them were what: `same`, `differs`, …
    pub differences: BTreeMap<String, u64>,
    /// Why it could not be compared.
    pub error: Option<String>,
}

/// What was put somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PastRestore {
    /// Items that were wanted.
    pub wanted: u64,
    /// Items that were put.
    pub put: u64,
    /// Bytes that were put.
    pub bytes: u64,
}

impl Reading {
    /// Bytes each second; absent where the time was too short to be told.
    #[must_use]
    pub fn rate(self) -> Option<u64> {
        self.bytes.saturating_mul(1000).checked_div(self.elapsed_ms).filter(|rate| *rate > 0)
    }

    /// Both together.
    #[must_use]
    pub fn joined(self, other: Self) -> Self {
        let bytes = self.bytes.saturating_add(other.bytes);
        Self { bytes, elapsed_ms: self.elapsed_ms.saturating_add(other.elapsed_ms) }
    }
}

fn moment<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(input)?;
    text.map(|text| text.parse().map_err(serde::de::Error::custom)).transpose()
}
