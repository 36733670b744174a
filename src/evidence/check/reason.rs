use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// Why a record does not hold. The list is fixed: scripts and auditors' notes rely on the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// There is no record of this number.
    Gap,
    /// Its file can't be read, or is larger than any record.
    Unreadable,
    /// Its file holds no envelope.
    NotDsse,
    /// It is not signed, or its signature is not one of these bytes.
    Signature,
    /// It is signed by a key that is not valid for it.
    WrongKey,
    /// Its payload is no record of this form.
    Schema,
    /// It states another number than its file.
    Sequence,
    /// It is not tied to the record before it as that one lies there.
    Previous,
    /// The signature beside it is missing or does not hold.
    DetachedSignature,
    /// It says that it has a time stamp, and that is missing or does not hold.
    TimeStamp,
    /// The head speaks of later records, which are not there.
    Truncated,
    /// The head is missing, too old, or not of this chain.
    Head,
    /// The record that was noted earlier is not there, or is another one.
    ExpectedHead,
}

impl Reason {
    /// The word in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::Unreadable => "unreadable",
            Self::NotDsse => "not-dsse",
            Self::Signature => "signature",
            Self::WrongKey => "wrong-key",
            Self::Schema => "schema",
            Self::Sequence => "sequence",
            Self::Previous => "previous",
            Self::DetachedSignature => "detached-signature",
            Self::TimeStamp => "time-stamp",
            Self::Truncated => "truncated",
            Self::Head => "head",
            Self::ExpectedHead => "expected-head",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What is wrong with one record.
#[derive(Debug)]
pub(super) struct Fault {
    pub reason: Reason,
    pub detail: String,
}

impl Fault {
    pub fn new(reason: Reason, detail: impl Into<String>) -> Self {
        Self { reason, detail: detail.into() }
    }

    /// For `map_err` on what says in words what is wrong.
    pub fn of(reason: Reason) -> impl Fn(String) -> Self {
        move |detail| Self { reason, detail }
    }
}
