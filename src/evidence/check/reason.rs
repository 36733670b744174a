use std::path::{Path, PathBuf};
use std::{fmt, io};

use schemars::JsonSchema;
use serde::Serialize;

use crate::evidence::folder;

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

/// Why one record was not found good.
#[derive(Debug)]
pub(super) enum Stop {
    /// It does not hold.
    Fault(Fault),
    /// We have no right to read this file, so nothing is known.
    Closed(PathBuf),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Reads the file of this name in the folder of a chain. Where that can't be done, `reason` is what is wrong with the record
/// to which it belongs.
pub(super) fn read(folder: &Path, name: &str, reason: Reason) -> Result<Vec<u8>, Stop> {
    let path = folder.join(name);
    folder::read(&path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => Stop::Closed(path),
        io::ErrorKind::NotFound => Fault::new(reason, format!("{name}: it is missing")).into(),
        _ => Fault::new(reason, format!("{name}: {error}")).into(),
    })
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
