//! One reading of one archive: four threads, from the store's bytes to the manifest's verdict.

use std::io;
use std::sync::Arc;
use std::thread::{self, Scope, ScopedJoinHandle};

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::archive::ArchiveError;
use crate::archive::decompress::{self, Decompressed};
use crate::archive::decrypt::{self, Decrypted, Keyring};
use crate::archive::examine::{self, Examined};
use crate::archive::manifest::Reconciliation;
use crate::archive::pipe::{PipeReader, Sender, Stop, pipe};
use crate::archive::storage::{Download, Object, StorageError};
use crate::archive::unpack::Sink;
use crate::check::meaningful::export::MailboxSummary;
use crate::check::meaningful::session::Timing;
use crate::check::meaningful::{self, Judgement, Meaning};
use crate::event::Tally;
use crate::live::Server;
use crate::mailbox;
use crate::network::Cancel;
use crate::policy::Limits;
use crate::verdict::{Finding, Findings, Severity, kinds};

use super::checksum::Checksum;
use super::negative::{self, DamagedCopy};
use super::result::Trouble;
use super::select::Target;

/// Segments between the network and the decryption; each is what one read of the network gave.
pub const SEGMENTS: usize = 32;
/// Buffers between two other stages, each at most 1 MiB.
pub const BUFFERS: usize = 6;

/// What a reading needs beside the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Tools<'a> {
    /// Opens the archive.
    pub keyring: &'a Keyring,
    /// Limits against hostile input.
    pub limits: &'a Limits,
    /// Drives the network.
    pub runtime: &'a Handle,
    /// Ends the reading early.
    pub cancel: &'a Cancel,
    /// The mail server whose mailboxes are compared with, where that is asked for.
    pub live: Option<&'a Server>,
}

impl Tools<'_> {
    /// Asks the store what it knows of an object; ends early if the run does. Counts repetitions in `tally`.
    ///
    /// # Errors
    /// [`ArchiveError::Interrupted`] and [`ArchiveError::Storage`].
    pub fn head(&self, target: &Target, key: &str, tally: &Tally) -> Result<Object, ArchiveError> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(ArchiveError::Interrupted),
                answer = target.store.head(key, tally) => Ok(answer?),
            }
        })
    }
}

/// What one reading left behind.
#[derive(Debug)]
pub struct Reading {
    /// The findings, in the order of the flow.
    pub findings: Findings,
    /// What kept a stage from its work.
    pub troubles: Vec<Trouble>,
    /// The encryption layer, if its end was reached.
    pub decrypted: Option<Decrypted>,
    /// The compression layer, if its end was reached.
    pub decompressed: Option<Decompressed>,
    /// The archive itself; absent only if the stage could not run.
    pub examined: Option<Examined>,
    /// What the mailboxes in it prove; absent where that was not asked for.
    pub judgement: Option<Judgement>,
    /// The stored bytes came to their end and have the checksum that lies beside them.
    pub checksum_holds: bool,
    /// Every layer reached its end.
    pub whole: bool,
}

/// Reads an archive through all its layers and compares what it holds with the manifest, and what is stored with
/// `checksum` where there is one. `onlooker` is given every member. Where `altered` is given, the archive is read as if that
/// had come out of the decompression.
pub fn read_through(
    tools: Tools<'_>,
    download: Download,
    checksum: Option<&Checksum>,
    manifest: Reconciliation,
    altered: Option<&DamagedCopy>,
    onlooker: Option<&mut (dyn Sink + Send)>,
    tally: &Arc<Tally>,
) -> Reading {
    let Tools { keyring, limits, .. } = tools;
    let (stored_in, stored_out) = pipe(SEGMENTS);
    let (plain_in, plain_out) = pipe(BUFFERS);
    let (tar_in, tar_out) = pipe(BUFFERS);
    thread::scope(|scope| {
        let fetch = stage(scope, "fetch", |findings| {
            stored_in.feed(|output| fetch_checked(tools, download, checksum, output, findings))
        });
        let decrypt = stage(scope, "decrypt", |findings| {
            plain_in.feed(|output| decrypt::run(PipeReader::new(stored_out), output, keyring, findings))
        });
        let decompress = stage(scope, "decompress", |findings| {
            tar_in.feed(|output| decompress::run(PipeReader::new(plain_out), output, limits, findings))
        });
        let (tar_out, alter) = match altered {
            None => (tar_out, None),
            Some(copy) => {
                let (altered_in, altered_out) = pipe(BUFFERS);
                let alter = stage(scope, "alter", move |_| {
                    altered_in.feed(|output| negative::alter(tar_out, output, copy))
                });
                (altered_out, Some(alter))
            }
        };
        let examine = stage(scope, "examine", |findings| {
            let onlooker = onlooker.map(|onlooker| onlooker as &mut dyn Sink);
            Ok(examine::run(PipeReader::new(tar_out), manifest, limits, tally, onlooker, findings))
        });
        let mut reading = Reading::default();
        reading.checksum_holds = reading.take("fetch", join(fetch)) == Some(true);
        reading.decrypted = reading.take("decrypt", join(decrypt));
        reading.decompressed = reading.take("decompress", join(decompress));
        alter.map(|alter| reading.take("alter", join(alter)));
        reading.examined = reading.take("examine", join(examine));
        if let Some(Examined { ended: Err(_), .. }) = &reading.examined {
            reading.whole = false;
        }
        reading
    })
}

/// How a stage's thread ended.
struct Ended<V> {
    result: Result<V, Failure>,
    findings: Findings,
}

/// Why a stage has no result.
enum Failure {
    Stopped(Stop),
    Panicked,
    NotStarted(io::Error),
}

fn stage<'scope, V: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce(&mut Findings) -> Result<V, Stop> + Send + 'scope,
) -> io::Result<ScopedJoinHandle<'scope, Ended<V>>> {
    thread::Builder::new().name(name.to_owned()).spawn_scoped(scope, move || {
        let mut findings = Findings::default();
        let result = work(&mut findings);
        Ended { result: result.map_err(Failure::Stopped), findings }
    })
}

fn join<V>(handle: io::Result<ScopedJoinHandle<'_, Ended<V>>>) -> Ended<V> {
    let failure = match handle.map(ScopedJoinHandle::join) {
        Ok(Ok(ended)) => return ended,
        Ok(Err(_)) => Failure::Panicked,
        Err(error) => Failure::NotStarted(error),
    };
    Ended { result: Err(failure), findings: Findings::default() }
}

/// Brings the object's segments from the store into the pipe. Where there is a checksum, gives whether they have it.
fn fetch_checked(
    tools: Tools<'_>,
    download: Download,
    checksum: Option<&Checksum>,
    output: &Sender<Bytes>,
    findings: &mut Findings,
) -> Result<bool, Stop> {
    let Some(checksum) = checksum else {
        return fetch(tools, download, |bytes| output.send(bytes), findings).map(|()| false);
    };
    let mut hasher = blake3::Hasher::new();
    let pass_on = |bytes: Bytes| {
        hasher.update(&bytes);
        output.send(bytes)
    };
    fetch(tools, download, pass_on, findings)?;
    Ok(checksum.holds(hasher.finalize(), findings))
}

/// Brings the object's segments from the store to `pass_on`.
pub fn fetch(
    tools: Tools<'_>,
    mut download: Download,
    mut pass_on: impl FnMut(Bytes) -> Result<(), Stop>,
    findings: &mut Findings,
) -> Result<(), Stop> {
    tools.runtime.block_on(async {
        loop {
            let segment = tokio::select! {
                biased;
                () = tools.cancel.cancelled() => return Err(ArchiveError::Interrupted.into()),
                segment = download.next() => segment,
            };
            match segment {
                Ok(Some(bytes)) => pass_on(bytes)?,
                Ok(None) => return Ok(()),
                Err(error) => return Err(stop_for(error, findings)),
            }
        }
    })
}

/// An object that changed, or is not what the store itself took a checksum of, is a statement about the backup;
/// everything else is ours or the network's.
fn stop_for(error: StorageError, findings: &mut Findings) -> Stop {
    let (kind, expected) = match &error {
        StorageError::Changed { .. } => {
            (&kinds::STORAGE_OBJECT_CHANGED, "the same object from the first byte to the last")
        }
        StorageError::ChecksumMismatch { .. } => {
            (&kinds::STORAGE_CHECKSUM_MISMATCH, "the bytes the store took its checksum of")
        }
        _ => return ArchiveError::from(error).into(),
    };
    findings.push(Finding::new(kind, "object").expected(expected).observed(error.to_string()));
    Stop::Finding
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            findings: Findings::default(),
            troubles: Vec::new(),
            decrypted: None,
            decompressed: None,
            examined: None,
            judgement: None,
            checksum_holds: false,
            whole: true,
        }
    }
}

impl Reading {
    /// What was found in the archive and in its mailboxes.
    pub fn all_findings(&self) -> Findings {
        let mut all = self.findings.clone();
        if let Some(judgement) = &self.judgement {
            all.append(judgement.findings());
        }
        all
    }

    /// The gravest of all findings.
    pub fn worst(&self) -> Option<Severity> {
        self.all_findings().worst()
    }

    /// Judges what the mailboxes in it prove.
    pub fn judge(&mut self, contents: mailbox::Contents<(MailboxSummary, Meaning)>, timing: &Timing) {
        let failures = contents.failures.iter().map(|failure| Trouble::internal("mailbox", failure));
        self.troubles.extend(failures);
        self.judgement = Some(meaningful::judge(contents, timing));
    }

    fn take<V>(&mut self, stage: &'static str, ended: Ended<V>) -> Option<V> {
        self.findings.append(ended.findings);
        match ended.result {
            Ok(value) => return Some(value),
            Err(Failure::Stopped(Stop::Error(error))) => self.troubles.push(Trouble::new(stage, &error)),
            // Whoever stopped first has said why.
            Err(Failure::Stopped(_)) => {}
            Err(Failure::Panicked) => self.troubles.push(Trouble::internal(stage, "its thread panicked")),
            Err(Failure::NotStarted(error)) => self
                .troubles
                .push(Trouble::internal(stage, &format!("its thread could not be started: {error}"))),
        }
        self.whole = false;
        None
    }
}

#[cfg(test)]
impl Reading {
    /// One that proves an archive `complete`.
    pub fn sound() -> Self {
        let limits = crate::policy::Limits::default();
        let mut reconciled = Reconciliation::new(&limits).finish(&mut Findings::default());
        let unit = crate::verdict::Unit::Members;
        reconciled.coverage = crate::verdict::Coverage { checked: 2, total: Some(2), unit };
        let examined = Some(Examined { walked: None, reconciled, ended: Ok(()) });
        Self { examined, ..Self::default() }
    }
}
