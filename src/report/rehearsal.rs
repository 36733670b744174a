//! The result of a rehearsal as JSON: `mailproof/rehearsal/v1`, apart from the internal types so that it stays as it is.
//!
//! `docs/rehearsal.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use schemars::JsonSchema;
use serde::Serialize;

use super::json::{self, Error, Finding, FindingCount, counts, errors, findings, time};
use crate::policy::Scope;
use crate::restore::Restored;
use crate::restore::rehearsal::{self, RehearsalResult, Rehearsed, SandboxFacts};
use crate::verdict::{Coverage, Outcome};

/// The name of this form of the result.
pub const SCHEMA: &str = "mailproof/rehearsal/v1";

/// The result of a rehearsal. What was put (`archives[].restored`) and what was read back (`read_back`) stand apart.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Result {
    /// Always `mailproof/rehearsal/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// How the rehearsal ended, over everything.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// When it began (RFC 3339).
    pub started: String,
    /// When it ended (RFC 3339).
    pub finished: String,
    /// A signal ended it early.
    pub interrupted: bool,
    /// Where it was restored to.
    pub sandbox: Sandbox,
    /// How much was restored: what was drawn, or all.
    pub scope: Scope,
    /// How many messages were put and read back, of how many in the archives.
    pub coverage: Coverage,
    /// How many were read back as they were put, of how many that were asked for.
    pub of_asked: Coverage,
    /// Each archive that was restored from, in the order of the selection.
    pub archives: Vec<Archive>,
    /// What was read back, over all archives; absent where that was not done.
    pub read_back: Option<ReadBack>,
    /// How long it took; absent where nothing came back.
    pub recovery_time: Option<RecoveryTime>,
    /// How much mail a restore would lose.
    pub recovery_point: Option<RecoveryPoint>,
    /// What was found in the sandbox and beyond the targets; of many of one kind the first twenty.
    pub findings: Vec<Finding>,
    /// How many findings there were of each kind.
    pub finding_counts: Vec<FindingCount>,
    /// What kept the rehearsal from its work.
    pub errors: Vec<Error>,
    /// What the archives prove by themselves (`mailproof/result/v1`); absent where the sandbox was refused.
    pub verification: Option<json::Result>,
}

/// Where a rehearsal restored to.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Sandbox {
    /// The address, as the policy writes it.
    pub address: String,
    /// Whose mailbox.
    pub account: String,
    /// The folder below which all was put; absent where nothing was written.
    pub folder: Option<String>,
    /// What was put is to stay (`--keep`).
    pub kept: bool,
    /// What was put is gone again.
    pub cleaned: bool,
    /// Folders of earlier runs that were ended early; they were taken away.
    pub leftovers: u64,
    /// Folders of earlier runs that were to stay.
    pub kept_before: u64,
}

/// What became of one archive.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Archive {
    /// Its address.
    pub archive: String,
    /// 64 hexadecimal digits; whoever has them draws the same messages. Absent where all were wanted.
    pub seed: Option<String>,
    /// Messages that were asked for, each once.
    pub asked: u64,
    /// Its messages, those that were not asked for included.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was put, and what was not.
    pub restored: Restore,
}

/// What was put into the sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restore {
    /// Messages that were wanted.
    pub wanted: u64,
    /// Messages that were put.
    pub put: u64,
    /// Bytes that were put.
    pub bytes: u64,
    /// Messages that were there already, or that another export of the archive had brought.
    pub repeated: u64,
    /// Messages that the sandbox does not take.
    pub refused: u64,
    /// Messages that are not sound in the archive, too large, or whose body stands elsewhere.
    pub not_sound: u64,
}

/// What was read back from the sandbox.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReadBack {
    /// Messages that were put, and must be there; equal ones that the sandbox keeps once count once.
    pub put: u64,
    /// Further messages that were wanted and have the bytes of one of these, of which the sandbox keeps one.
    pub equal: u64,
    /// Messages that are there.
    pub found: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Those that are there byte for byte.
    pub same: u64,
    /// Those that are the same but for the ends of lines.
    pub line_ends: u64,
    /// Those in whose place another message is.
    pub differ: u64,
    /// Those that are not there.
    pub missing: u64,
    /// Messages that are there more often than they were put.
    pub too_many: u64,
    /// Messages that nobody put there.
    pub unexpected: u64,
    /// Messages with other flags.
    pub flags_differ: u64,
    /// Messages with another date.
    pub dates_differ: u64,
}

/// The time of a restore; the clock begins with the first byte that is asked of the store for it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecoveryTime {
    /// Until the last message was read back: what is held against the RTO.
    pub elapsed_ms: u64,
    /// Until the first message was in the sandbox.
    pub to_first_ms: Option<u64>,
    /// Until the last one was.
    pub to_last_ms: Option<u64>,
    /// The restore, to the end of all archives.
    pub restore_ms: u64,
    /// Reading back.
    pub read_back_ms: u64,
    /// Messages that were put.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Messages each second, over the whole time.
    pub messages_per_second: u64,
    /// Bytes each second, over the whole time.
    pub bytes_per_second: u64,
    /// What all messages of the archives would take, by estimate; absent where all were restored.
    pub estimate_for_all_ms: Option<u64>,
    /// The target (RTO).
    pub target_ms: Option<u64>,
}

/// How much mail a restore would lose.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RecoveryPoint {
    /// How much newer `against` is than the newest message of the backup, or than `made` where that is later.
    pub lost_seconds: u64,
    /// The newest message of the backup (RFC 3339).
    pub newest_in_backup: String,
    /// When the archive was made, where its name says so (RFC 3339).
    pub made: Option<String>,
    /// What it is held against (RFC 3339).
    pub against: String,
    /// What that is: `live` (the newest live message), `now`.
    pub basis: &'static str,
    /// The account that would lose most, where live mailboxes were looked at.
    pub account: Option<String>,
    /// The target (RPO).
    pub target_seconds: Option<u64>,
}

/// The JSON Schema of [`Result`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Result);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}

impl From<&RehearsalResult> for Result {
    fn from(run: &RehearsalResult) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            outcome: run.outcome,
            exit_code: run.exit_code,
            started: time(run.started),
            finished: time(run.finished),
            interrupted: run.interrupted,
            sandbox: Sandbox::from(&run.sandbox),
            scope: run.scope,
            coverage: run.coverage,
            of_asked: run.of_asked(),
            archives: run.archives.iter().map(Archive::from).collect(),
            read_back: run.read_back.as_ref().map(ReadBack::from),
            recovery_time: run.time.as_ref().map(|measured| RecoveryTime {
                target_ms: run.rto.map(|target| u64::try_from(target.0.as_millis()).unwrap_or(u64::MAX)),
                ..RecoveryTime::from(measured)
            }),
            recovery_point: run.point.as_ref().map(|point| RecoveryPoint {
                lost_seconds: point.lost_seconds,
                newest_in_backup: time(point.newest_backup),
                made: point.made.map(time),
                against: time(point.against),
                basis: point.basis.as_str(),
                account: point.account.clone(),
                target_seconds: run.rpo.map(|target| target.0.as_secs()),
            }),
            findings: findings(&run.findings),
            finding_counts: counts(&run.findings),
            errors: errors(&run.troubles),
            verification: run.verified.as_ref().map(json::Result::from),
        }
    }
}

impl From<&SandboxFacts> for Sandbox {
    fn from(facts: &SandboxFacts) -> Self {
        Self {
            address: facts.address.clone(),
            account: facts.account.clone(),
            folder: facts.root.clone(),
            kept: facts.kept,
            cleaned: facts.cleaned,
            leftovers: facts.leftovers,
            kept_before: facts.kept_before,
        }
    }
}

impl From<&Rehearsed> for Archive {
    fn from(rehearsed: &Rehearsed) -> Self {
        Self {
            archive: rehearsed.archive.clone(),
            seed: rehearsed.seed.clone(),
            asked: rehearsed.asked,
            messages: rehearsed.population,
            bytes: rehearsed.population_bytes,
            restored: Restore::from(&rehearsed.restored),
        }
    }
}

impl From<&Restored> for Restore {
    fn from(restored: &Restored) -> Self {
        Self {
            wanted: restored.selected,
            put: restored.restored,
            bytes: restored.bytes,
            repeated: restored.already_there + restored.repeated,
            refused: restored.left.refused,
            not_sound: restored.left.count() - restored.left.refused,
        }
    }
}

impl From<&rehearsal::ReadBack> for ReadBack {
    fn from(back: &rehearsal::ReadBack) -> Self {
        Self {
            put: back.put,
            equal: back.equal,
            found: back.found,
            bytes: back.bytes,
            same: back.same,
            line_ends: back.line_ends,
            differ: back.differ,
            missing: back.missing,
            too_many: back.too_many,
            unexpected: back.unexpected,
            flags_differ: back.flags_differ,
            dates_differ: back.dates_differ,
        }
    }
}

impl From<&rehearsal::RecoveryTime> for RecoveryTime {
    fn from(measured: &rehearsal::RecoveryTime) -> Self {
        Self {
            elapsed_ms: measured.elapsed_ms,
            to_first_ms: measured.to_first_ms,
            to_last_ms: measured.to_last_ms,
            restore_ms: measured.restore_ms,
            read_back_ms: measured.read_back_ms,
            messages: measured.messages,
            bytes: measured.bytes,
            messages_per_second: measured.rate(measured.messages),
            bytes_per_second: measured.rate(measured.bytes),
            estimate_for_all_ms: measured.whole.map(|whole| whole.estimate_ms),
            target_ms: None,
        }
    }
}
