use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::place::{Place, Unread};

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
    /// Other bytes were written over it in a bucket that keeps both.
    Overwritten,
    /// It was deleted in a bucket that keeps what is deleted.
    Deleted,
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
            Self::Overwritten => "overwritten",
            Self::Deleted => "deleted",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Why one record was not found good.
#[derive(Debug)]
pub(super) enum Stop {
    /// It does not hold.
    Fault(Fault),
    /// A file could not be looked at, for this reason, so nothing is known.
    Closed(String),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads the file of this name. Where that can't be done, `reason` is what is wrong with the record to which it belongs.
pub(super) fn read(place: &dyn Place, name: &str, reason: Reason) -> Result<Vec<u8>, Stop> {
    place.read(name).map_err(|unread| match unread {
        Unread::Closed(why) => Stop::Closed(why),
        Unread::Missing => Fault::new(reason, format!("{name}: it is missing")).into(),
        Unread::Damaged(why) => Fault::new(reason, format!("{name}: {why}")).into(),
    })
}

/// What is wrong with one record.
#[derive(Debug, Clone)]
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
