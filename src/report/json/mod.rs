//! The result as JSON: `mailproof/result/v1`, apart from the internal types so that it stays as it is.
//!
//! `docs/result.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

mod live;
mod negative;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::archive::decompress::Compression;
use crate::archive::decrypt::Encryption;
use crate::check::meaningful::session::SessionSummary;
use crate::verdict::{self, Cause, Coverage, Outcome, Rung, Severity, Standing, State};
use crate::verify::{ArchiveResult, MailboxResult, RunResult, Trouble};

pub use live::{Live, LiveAccount, Statement};
pub use negative::{NegativeControl, NegativeControls, NegativeResult};

/// The name of this form of the result.
pub const SCHEMA: &str = "mailproof/result/v1";

/// The result of a run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Result {
    /// Always `mailproof/result/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// How the run ended, over everything.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The rung that was asked for.
    pub required_rung: Rung,
    /// When the run began (RFC 3339).
    pub started: String,
    /// When it ended (RFC 3339).
    pub finished: String,
    /// A signal ended the run early.
    pub interrupted: bool,
    /// How many of the selected archives were examined.
    pub coverage: Coverage,
    /// Each archive, in the order of the selection.
    pub archives: Vec<Archive>,
    /// Findings about the selection as a whole.
    pub findings: Vec<Finding>,
    /// What kept the run from its work, apart from single archives.
    pub errors: Vec<Error>,
    /// What became of damage that was done on purpose, where the policy asks for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub negative_controls: Option<NegativeControls>,
    /// Calls that were repeated to list the stores; those about an archive are among its facts.
    pub retries: u64,
}

/// The result of one archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Archive {
    /// Its address.
    pub archive: String,
    /// The highest rung that was proven.
    pub rung: Option<Rung>,
    /// How it ended.
    pub outcome: Outcome,
    /// How many members were compared with the manifest.
    pub coverage: Coverage,
    /// Each rung that was looked at, lowest first.
    pub rungs: Vec<Standing>,
    /// What was found; of many of one kind the first twenty.
    pub findings: Vec<Finding>,
    /// How many findings there were of each kind.
    pub finding_counts: Vec<FindingCount>,
    /// What kept us from looking.
    pub errors: Vec<Error>,
    /// What was seen on the way.
    pub facts: Facts,
    /// How many items of mailboxes were compared, where that was asked for.
    pub items: Option<Coverage>,
    /// Files that belong to nothing that is known here; nobody looked into them.
    pub other_files: u64,
    /// The sessions of zmbackup in it, where mailboxes were asked for: the newest 100, oldest first.
    pub sessions: Vec<Session>,
    /// How many sessions there are.
    pub session_count: u64,
    /// Each account's mailbox, in the archive's order.
    pub accounts: Vec<Account>,
    /// What the live mailboxes say of it, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub live: Option<Live>,
    /// The findings of the first read, where the archive was read twice.
    pub first_read: Option<Vec<Finding>>,
}

/// One session of zmbackup in an archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Session {
    /// Its folder, with the one around it where there are several.
    pub name: String,
    /// `full`, `inc`, `mbox`, `ldap` and others: the word that its name begins with.
    pub kind: &'static str,
    /// When it was started, by the clock of the mail server, whose zone its name does not state.
    pub time: String,
    /// Whether the catalogue calls it completed; absent where none speaks of it.
    pub completed: Option<bool>,
    /// How many accounts it has files of.
    pub accounts: u64,
}

/// One account's mailbox in an archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    /// Whose it is.
    pub account: String,
    /// The member of the archive it was read from.
    pub source: String,
    /// `tgz`, `tar` or `zip`.
    pub form: String,
    /// Whether what the mailbox states of itself holds: the rung `meaningful`.
    pub meaningful: State,
    /// Why that is not proven.
    pub reason: Option<String>,
    /// How many items were compared with what is stated of them.
    pub coverage: Coverage,
    /// How many items there are of each kind.
    pub items: BTreeMap<String, u64>,
    /// Bytes of all bodies.
    pub body_bytes: u64,
    /// The date of the newest item (RFC 3339).
    pub newest: Option<String>,
    /// Its folders, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub folders: Option<Vec<Folder>>,
}

/// A folder as it is stated and as it came.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Folder {
    /// Its number.
    pub id: u32,
    /// Its path.
    pub path: String,
    /// Items it held when the export began.
    pub stated: u64,
    /// Items that came.
    pub seen: u64,
    /// Bytes that the items which came are stated to have.
    pub bytes: u64,
}

/// One statement about a backup.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Finding {
    /// The kind; `docs/findings.md` has a heading for each.
    pub id: &'static str,
    /// How serious it is.
    pub severity: Severity,
    /// Where the fault most likely lies.
    pub cause: Cause,
    /// What it is about.
    pub subject: String,
    /// What should have been there.
    pub expected: String,
    /// What was there.
    pub observed: String,
    /// The next step.
    pub remedy: String,
}

/// How often a kind of finding was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FindingCount {
    /// The kind.
    pub id: &'static str,
    /// How many.
    pub count: u64,
}

/// Something that kept a check from being done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Error {
    /// The stage that stopped.
    pub stage: &'static str,
    /// What happened, ending with the next step.
    pub message: String,
    /// The fault is mailproof's own.
    pub internal: bool,
}

/// What was seen of an archive on the way through it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// Bytes of the object.
    pub stored_bytes: u64,
    /// Bytes that came from the store, all reads together.
    pub read_bytes: u64,
    /// Bytes after decryption and decompression.
    pub unpacked_bytes: u64,
    /// Members that were walked to their end.
    pub members: u64,
    /// When the object was written, by the store's clock (RFC 3339).
    pub modified: Option<String>,
    /// The ETag the read was pinned to.
    pub etag: Option<String>,
    /// The version the read was pinned to.
    pub version: Option<String>,
    /// `age`, `age-armored` or `none`; absent where that layer was not read to its end.
    pub encryption: Option<&'static str>,
    /// The kinds of recipients in the age header.
    pub recipients: Vec<String>,
    /// `zstd`, `gzip` or `none`; absent where that layer was not read to its end.
    pub compression: Option<&'static str>,
    /// `blake3-beside` if the stored bytes have the BLAKE3 that the file `X.b3` beside them states; absent without one.
    pub checksum: Option<&'static str>,
    /// Bodies that broke and were resumed.
    pub resumes: u64,
    /// Calls about this archive that were repeated, those about what lies beside it included.
    pub retries: u64,
    /// Wall time of the reading, in milliseconds.
    pub elapsed_ms: u64,
}

/// The JSON Schema of [`Result`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Result);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}

impl From<&RunResult> for Result {
    fn from(run: &RunResult) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            outcome: run.outcome,
            exit_code: run.exit_code,
            required_rung: run.required,
            started: time(run.started),
            finished: time(run.finished),
            interrupted: run.interrupted,
            coverage: run.coverage,
            archives: run.archives.iter().map(Archive::from).collect(),
            findings: findings(&run.findings),
            errors: errors(&run.troubles),
            negative_controls: run.negative_controls.as_ref().map(NegativeControls::from),
            retries: run.retries,
        }
    }
}

impl From<&ArchiveResult> for Archive {
    fn from(archive: &ArchiveResult) -> Self {
        Self {
            archive: archive.archive.clone(),
            rung: archive.rung,
            outcome: archive.outcome,
            coverage: archive.coverage,
            rungs: archive.standings.clone(),
            findings: findings(&archive.findings),
            finding_counts: counts(&archive.findings),
            errors: errors(&archive.troubles),
            facts: Facts::from(&archive.facts),
            items: archive.items,
            other_files: archive.others,
            sessions: archive.sessions.newest.iter().map(Session::from).collect(),
            session_count: archive.sessions.count,
            accounts: archive.mailboxes.iter().map(Account::from).collect(),
            live: archive.compared.as_ref().map(Live::from),
            first_read: archive.first_read.as_ref().map(findings),
        }
    }
}

impl From<&SessionSummary> for Session {
    fn from(session: &SessionSummary) -> Self {
        Self {
            name: session.name.clone(),
            kind: session.kind.word(),
            time: session.started.to_string(),
            completed: session.completed,
            accounts: session.accounts,
        }
    }
}

impl From<&MailboxResult> for Account {
    fn from(mailbox: &MailboxResult) -> Self {
        let summary = &mailbox.summary;
        Self {
            account: summary.account.clone(),
            source: summary.source.clone(),
            form: summary.form.to_string(),
            meaningful: mailbox.state,
            reason: mailbox.reason.clone(),
            coverage: mailbox.coverage,
            items: summary.items.iter().map(|(kind, count)| (kind.to_string(), *count)).collect(),
            body_bytes: summary.body_bytes,
            newest: summary.newest.and_then(|at| Timestamp::from_second(at).ok()).map(time),
            folders: None,
        }
    }
}

impl Account {
    /// The account with its folders.
    #[must_use]
    pub fn with_folders(mailbox: &MailboxResult) -> Self {
        let folders = mailbox.summary.folders.iter().map(|folder| Folder {
            id: folder.id.0,
            path: folder.path.to_string(),
            stated: folder.stated,
            seen: folder.seen,
            bytes: folder.bytes,
        });
        Self { folders: Some(folders.collect()), ..Self::from(mailbox) }
    }
}

impl From<&Trouble> for Error {
    fn from(trouble: &Trouble) -> Self {
        Self { stage: trouble.stage, message: trouble.message.clone(), internal: trouble.internal }
    }
}

impl From<&verdict::Finding> for Finding {
    fn from(finding: &verdict::Finding) -> Self {
        Self {
            id: finding.kind.id,
            severity: finding.severity,
            cause: finding.cause,
            subject: finding.subject.clone(),
            expected: finding.expected.clone(),
            observed: finding.observed.clone(),
            remedy: finding.next_step().into_owned(),
        }
    }
}

impl From<&crate::verify::Facts> for Facts {
    fn from(facts: &crate::verify::Facts) -> Self {
        let (encryption, recipients) = match &facts.encryption {
            None => (None, Vec::new()),
            Some(Encryption::None) => (Some("none"), Vec::new()),
            Some(Encryption::Age { armored, recipients }) => {
                (Some(if *armored { "age-armored" } else { "age" }), recipients.clone())
            }
        };
        Self {
            stored_bytes: facts.stored_bytes,
            read_bytes: facts.read_bytes,
            unpacked_bytes: facts.unpacked_bytes,
            members: facts.members,
            modified: facts.modified.map(time),
            etag: facts.etag.clone(),
            version: facts.version.clone(),
            encryption,
            recipients,
            compression: facts.compression.as_ref().map(|compression| match compression {
                Compression::None => "none",
                Compression::Zstd { .. } => "zstd",
                Compression::Gzip { .. } => "gzip",
            }),
            checksum: facts.checksum_holds.then_some("blake3-beside"),
            resumes: facts.resumes,
            retries: facts.retries,
            elapsed_ms: facts.elapsed_ms,
        }
    }
}

pub(super) fn time(timestamp: Timestamp) -> String {
    timestamp.to_string()
}

pub(super) fn findings(findings: &verdict::Findings) -> Vec<Finding> {
    findings.iter().map(Finding::from).collect()
}

pub(super) fn counts(findings: &verdict::Findings) -> Vec<FindingCount> {
    findings.counts().map(|(kind, count)| FindingCount { id: kind.id, count }).collect()
}

pub(super) fn errors(troubles: &[Trouble]) -> Vec<Error> {
    troubles.iter().map(Error::from).collect()
}
