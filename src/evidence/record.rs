use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;

use crate::report::{json, rehearsal, writing};
use crate::restore::rehearsal::RehearsalResult;
use crate::verdict::Outcome;
use crate::verify::RunResult;

/// The name of this form of a record.
pub const SCHEMA: &str = "mailproof/record/v1";

/// One run, as it is kept.
#[derive(Debug, Serialize)]
pub struct Record {
    schema: &'static str,
    id: String,
    /// `verify` or `rehearse`: what was done, and with it the form of the result.
    method: &'static str,
    policy_file: Option<String>,
    policy_blake3: Option<String>,
    result: Content,
}

/// The result in the form that is printed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Content {
    Verified(Box<json::Result>),
    Rehearsed(Box<rehearsal::Result>),
}

/// Why a record could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("the record can't be written to {}: {source}; make the folder writable or name another with --records", path.display())]
pub struct RecordError {
    path: PathBuf,
    source: std::io::Error,
}

impl Record {
    /// A record of `run`, made under the policy file and digest given.
    #[must_use]
    pub fn new(run: &RunResult, policy: Option<(&Path, &str)>) -> Self {
        let content = Content::Verified(Box::new(json::Result::from(run)));
        Self::of("verify", (run.started, run.outcome), policy, content)
    }

    /// A record of a rehearsal.
    #[must_use]
    pub fn of_rehearsal(run: &RehearsalResult, policy: Option<(&Path, &str)>) -> Self {
        let content = Content::Rehearsed(Box::new(rehearsal::Result::from(run)));
        Self::of("rehearse", (run.started, run.outcome), policy, content)
    }

    fn of(
        method: &'static str,
        (started, outcome): (Timestamp, Outcome),
        policy: Option<(&Path, &str)>,
        result: Content,
    ) -> Self {
        let (time, rest) = (started.strftime("%Y%m%dT%H%M%SZ"), started.subsec_nanosecond());
        Self {
            schema: SCHEMA,
            id: format!("{time}-{rest:09}-{outcome}"),
            method,
            policy_file: policy.map(|(file, _)| file.display().to_string()),
            policy_blake3: policy.map(|(_, digest)| digest.to_owned()),
            result,
        }
    }
}

/// Makes sure that `folder` takes records, before hours of work depend on it; it is made where it is missing.
///
/// # Errors
/// [`RecordError`] if the folder can't be made or no file can be made in it.
pub fn prepare(folder: &Path) -> Result<(), RecordError> {
    let tried = make_folder(folder).and_then(|()| probe(folder));
    tried.map_err(|source| RecordError { path: folder.to_owned(), source })
}

/// Makes a file in `folder` and removes it, which is the only sure answer to whether one may.
///
/// # Errors
/// The system's answer to either.
pub fn probe(folder: &Path) -> std::io::Result<()> {
    let file = folder.join(format!(".{}.part", std::process::id()));
    private(&file)?;
    fs::remove_file(&file)
}

/// Writes `record` into `folder`, which is made where it is missing, and returns the file's path.
///
/// The file is written under a temporary name, flushed to the disk and then renamed, so that a reader
/// never sees half of it. Folder and file are readable by their owner only.
///
/// # Errors
/// [`RecordError`] if the folder can't be made or written.
pub fn write(record: &Record, folder: &Path) -> Result<PathBuf, RecordError> {
    let path = folder.join(format!("{}.json", record.id));
    write_durably(record, folder, &path).map_err(|source| RecordError { path: folder.to_owned(), source })?;
    Ok(path)
}

fn write_durably(record: &Record, folder: &Path, path: &Path) -> std::io::Result<()> {
    make_folder(folder)?;
    let temporary = folder.join(format!(".{}.{}.part", record.id, std::process::id()));
    let written = write_file(record, &temporary).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // What is left of it would only be in the way; the first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_file(record: &Record, path: &Path) -> std::io::Result<()> {
    let text = writing::pretty(record)?;
    let mut file = private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

#[cfg(unix)]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make_folder(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    File::options().write(true).create_new(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> std::io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}
