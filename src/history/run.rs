//! What is told of one run.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::Objectives;
use crate::evidence::past::{Past, PastArchive, PastFinding, PastRestore, Reading};
use crate::report::json::Statement;
use crate::verdict::{Coverage, Outcome, Rung, Severity, Unit};

/// One run, as its record states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// The number of its record.
    pub sequence: u64,
    /// When the run began and how it ended; unique.
    pub id: String,
    /// What was done: `verify`, `rehearse`, `restore`, `hand-over`, and what later versions do.
    pub kind: String,
    /// When it began (RFC 3339, UTC).
    pub started: String,
    /// When it ended (RFC 3339, UTC).
    pub finished: String,
    /// How it ended, over everything.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The machine it ran on.
    pub host: Option<String>,
    /// Who ran it.
    pub operator: Option<String>,
    /// The version of mailproof that did it.
    pub version: String,
    /// The policy it ran under.
    pub policy: Option<String>,
    /// By what the command line asked for less than the policy does (`ARCHIVE`, `--rung present`, `--only`): the run was only a part,
    /// and how it ended says nothing of the rest. Empty where all was asked for that the policy asks for.
    pub narrowed: Vec<String>,
    /// The record says that a key signed it; nobody looked whether one did.
    pub signed: bool,
    /// How much was looked at, of how much.
    pub coverage: Option<Coverage>,
    /// Findings that belong to no archive: of the selection, or of the sandbox.
    pub findings: Severities,
    /// Bytes each second: read and unpacked by a verification, put and read back by a rehearsal, put by a restore. Absent where
    /// nothing was, or too quickly to be told.
    pub bytes_per_second: Option<u64>,
    /// Targets and what was measured.
    pub objectives: Objectives,
    /// The run is told of by itself: it has no archives, or an outcome or findings that none of its archives explains.
    pub by_itself: bool,
    /// Its archives, or those of them that were asked for.
    pub archives: Vec<RunArchive>,
}

/// One archive of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunArchive {
    /// Its address.
    pub archive: String,
    /// How it ended; of what was restored or rehearsed never better than the run.
    pub outcome: Outcome,
    /// The highest rung that was proven.
    pub rung: Option<Rung>,
    /// How many of its members were compared; of what was restored or rehearsed, how many were put of those wanted.
    pub coverage: Option<Coverage>,
    /// What was found.
    pub findings: Severities,
    /// Bytes each second, read and unpacked; absent where it was restored or rehearsed, where the run tells.
    pub bytes_per_second: Option<u64>,
    /// Mailboxes in it, as far as they were looked at.
    pub accounts: u64,
    /// What a sample says of all messages.
    pub statement: Option<Statement>,
}

/// How many findings there are of each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Severities {
    /// Failures.
    pub failures: u64,
    /// Warnings.
    pub warnings: u64,
    /// What is worth knowing.
    pub infos: u64,
}

impl Severities {
    /// No finding at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Those that ask somebody to do something.
    #[must_use]
    pub fn serious(&self) -> u64 {
        self.failures.saturating_add(self.warnings)
    }
}

impl From<&[PastFinding]> for Severities {
    fn from(findings: &[PastFinding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            let count = match finding.severity {
                Severity::Failure => &mut counts.failures,
                Severity::Warning => &mut counts.warnings,
                Severity::Info => &mut counts.infos,
            };
            *count = count.saturating_add(finding.count);
        }
        counts
    }
}

impl From<&Past> for Run {
    fn from(past: &Past) -> Self {
        let archives: Vec<_> = past.archives.iter().map(|archive| RunArchive::new(archive, past)).collect();
        let findings = Severities::from(past.findings.as_slice());
        let worst = Outcome::worst(archives.iter().map(|archive| archive.outcome));
        let read = past.archives.iter().filter_map(|archive| archive.reading).reduce(Reading::joined);
        Self {
            sequence: past.sequence,
            id: past.id.clone(),
            kind: past.kind.clone(),
            started: past.started.to_string(),
            finished: past.finished.to_string(),
            outcome: past.outcome,
            exit_code: past.exit_code,
            host: past.host.clone(),
            operator: past.operator.clone(),
            version: past.tool.version.clone(),
            policy: past.policy.as_ref().map(|policy| policy.file.clone()),
            narrowed: past.scope.narrowed.clone(),
            signed: past.signed_by.is_some(),
            coverage: past.coverage,
            findings,
            bytes_per_second: if verifies(past) { read } else { past.recovery }.and_then(Reading::rate),
            objectives: past.objectives.clone(),
            by_itself: archives.is_empty() || past.outcome != worst || !findings.is_empty(),
            archives,
        }
    }
}

impl RunArchive {
    fn new(archive: &PastArchive, past: &Past) -> Self {
        let alone = verifies(past);
        let outcome = match archive.outcome {
            Some(outcome) if alone => outcome,
            outcome => outcome.map_or(past.outcome, |outcome| outcome.max(past.outcome)),
        };
        Self {
            archive: archive.archive.clone(),
            outcome,
            rung: archive.rung,
            coverage: archive.restored.map(put).or(archive.coverage),
            findings: Severities::from(archive.findings.as_slice()),
            bytes_per_second: archive.reading.filter(|_| alone).and_then(Reading::rate),
            accounts: archive.accounts.len() as u64,
            statement: archive.statement.clone(),
        }
    }
}

/// Whether a run looked at each archive by itself, so that what is said of one holds whatever became of the run.
fn verifies(past: &Past) -> bool {
    past.recovery.is_none() && past.archives.iter().all(|archive| archive.restored.is_none())
}

fn put(restored: PastRestore) -> Coverage {
    Coverage { checked: restored.put, total: Some(restored.wanted), unit: Unit::Items }
}
