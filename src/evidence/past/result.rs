//! What stands in a record's `result`: three forms, made one.

use serde::Deserialize;

use super::archive::{PastAccount, PastArchive, PastFinding, PastRestore, PastSample, Reading};
use crate::report::json::{NegativeControls, Statement};
use crate::verdict::{Coverage, Outcome, Rung, Severity, Standing};

/// What the three forms have in common.
#[derive(Default)]
pub(super) struct Found {
    pub archives: Vec<PastArchive>,
    pub findings: Vec<PastFinding>,
    pub recovery: Option<Reading>,
    pub estimate_for_all_ms: Option<u64>,
    pub negative_controls: Option<NegativeControls>,
}

/// `mailproof/result/v1`
#[derive(Deserialize)]
pub(super) struct Verified {
    archives: Vec<Archive>,
    findings: Vec<Finding>,
    negative_controls: Option<NegativeControls>,
}

/// `mailproof/rehearsal/v1`
#[derive(Deserialize)]
pub(super) struct Rehearsed {
    archives: Vec<RehearsedArchive>,
    findings: Vec<Finding>,
    finding_counts: Vec<Count>,
    recovery_time: Option<RecoveryTime>,
    verification: Option<Verified>,
}

/// `mailproof/restore/v1`
#[derive(Deserialize)]
pub(super) struct Restored {
    archive: String,
    selected: u64,
    restored: u64,
    bytes: u64,
    elapsed_ms: u64,
    folders: Vec<Folder>,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Archive {
    archive: String,
    rung: Option<Rung>,
    outcome: Outcome,
    coverage: Coverage,
    rungs: Vec<Standing>,
    findings: Vec<Finding>,
    finding_counts: Vec<Count>,
    facts: Facts,
    accounts: Vec<PastAccount>,
    #[serde(default)]
    sessions: Vec<Session>,
    live: Option<Live>,
}

#[derive(Deserialize)]
struct Session {
    kind: String,
}

#[derive(Deserialize)]
struct Finding {
    id: String,
    severity: Severity,
}

#[derive(Deserialize)]
struct Count {
    id: String,
    count: u64,
}

#[derive(Deserialize)]
struct Facts {
    stored_bytes: u64,
    unpacked_bytes: u64,
    elapsed_ms: u64,
    encryption: Option<String>,
    #[serde(default)]
    recipients: Vec<String>,
    compression: Option<String>,
}

#[derive(Deserialize)]
struct Live {
    statement: Option<Statement>,
    accounts: Vec<PastSample>,
}

#[derive(Deserialize)]
struct RehearsedArchive {
    archive: String,
    restored: Put,
}

#[derive(Deserialize)]
struct Put {
    wanted: u64,
    put: u64,
    bytes: u64,
}

#[derive(Deserialize)]
struct RecoveryTime {
    elapsed_ms: u64,
    bytes: u64,
    estimate_for_all_ms: Option<u64>,
}

#[derive(Deserialize)]
struct Folder {
    account: String,
}

impl From<Verified> for Found {
    fn from(result: Verified) -> Self {
        let archives = result.archives.into_iter().map(PastArchive::from).collect();
        let negative_controls = result.negative_controls;
        Self { archives, findings: tally(&result.findings, &[]), negative_controls, ..Self::default() }
    }
}

impl From<Rehearsed> for Found {
    fn from(result: Rehearsed) -> Self {
        let mut found = result.verification.map(Self::from).unwrap_or_default();
        for RehearsedArchive { archive, restored } in result.archives {
            let Put { wanted, put, bytes } = restored;
            let restored = Some(PastRestore { wanted, put, bytes });
            match found.archives.iter_mut().find(|known| known.archive == archive) {
                Some(known) => known.restored = restored,
                None => found.archives.push(PastArchive { archive, restored, ..PastArchive::default() }),
            }
        }
        found.findings.extend(tally(&result.findings, &result.finding_counts));
        if let Some(RecoveryTime { elapsed_ms, bytes, estimate_for_all_ms }) = result.recovery_time {
            found.recovery = Some(Reading { bytes, elapsed_ms });
            found.estimate_for_all_ms = estimate_for_all_ms;
        }
        found
    }
}

impl From<Restored> for Found {
    fn from(result: Restored) -> Self {
        let Restored { archive, selected: wanted, restored: put, bytes, elapsed_ms, .. } = result;
        let mut accounts: Vec<String> = result.folders.into_iter().map(|folder| folder.account).collect();
        accounts.dedup();
        let account = |account| PastAccount { account, meaningful: None, newest: None };
        let archive = PastArchive {
            archive,
            findings: tally(&result.findings, &[]),
            accounts: accounts.into_iter().map(account).collect(),
            restored: Some(PastRestore { wanted, put, bytes }),
            ..PastArchive::default()
        };
        let recovery = Some(Reading { bytes, elapsed_ms });
        Self { archives: vec![archive], recovery, ..Self::default() }
    }
}

impl From<Archive> for PastArchive {
    fn from(archive: Archive) -> Self {
        let Facts { stored_bytes, unpacked_bytes: bytes, elapsed_ms, .. } = archive.facts;
        let Facts { encryption, recipients, compression, .. } = archive.facts;
        let (statement, samples) =
            archive.live.map_or((None, Vec::new()), |live| (live.statement, live.accounts));
        Self {
            archive: archive.archive,
            outcome: Some(archive.outcome),
            rung: archive.rung,
            rungs: archive.rungs,
            coverage: Some(archive.coverage),
            findings: tally(&archive.findings, &archive.finding_counts),
            reading: (bytes > 0).then_some(Reading { bytes, elapsed_ms }),
            stored_bytes: Some(stored_bytes),
            encryption,
            recipients,
            compression,
            sessions: archive.sessions.into_iter().map(|session| session.kind).collect(),
            statement,
            accounts: archive.accounts,
            samples,
            restored: None,
        }
    }
}

/// Findings by kind. Of many of one kind a result lists a few and counts all; where it does not count, those listed are all
/// that is known. A kind of which none is listed counts as the worst.
fn tally(listed: &[Finding], counts: &[Count]) -> Vec<PastFinding> {
    let mut kinds: Vec<PastFinding> = Vec::new();
    for Finding { id, severity } in listed {
        match kinds.iter_mut().find(|kind| kind.id == *id) {
            Some(kind) => {
                kind.severity = kind.severity.max(*severity);
                kind.count += 1;
            }
            None => kinds.push(PastFinding { id: id.clone(), severity: *severity, count: 1 }),
        }
    }
    for Count { id, count } in counts {
        match kinds.iter_mut().find(|kind| kind.id == *id) {
            Some(kind) => kind.count = kind.count.max(*count),
            None => {
                kinds.push(PastFinding { id: id.clone(), severity: Severity::Failure, count: *count });
            }
        }
    }
    kinds
}
