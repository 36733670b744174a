//! Records of runs that never took place.

use std::path::Path;

use jiff::Timestamp;
use mailproof::evidence::{
    Basis, Chain, Content, Draw, Excluded, Kind, Method, Objectives, PolicyFile, Record, SigningKey,
};
use mailproof::policy::Policy;
use mailproof::report::json;
use mailproof::verdict::{Coverage, Findings, Outcome, Rung, Severity, Standing, State, Unit, kinds};
use mailproof::verify::RunResult;

const REASON: &str = "the end is missing";
const SEED: &str = "5f1c0a97d2e84b6f9a3c7718be0452d65f1c0a97d2e84b6f9a3c7718be0452d6";

/// A run that verified one night's archive.
pub struct Night {
    pub day: String,
    pub outcome: Outcome,
    pub archives: Vec<json::Archive>,
    pub why: Option<String>,
    pub kind: Kind,
    pub policy: String,
    pub objectives: Option<Objectives>,
    /// By what the command line asked for less than the policy.
    pub narrowed: Vec<String>,
}

/// The policy of most nights.
pub const NIGHTLY: &str = "/etc/mailproof/nightly.toml";

impl Night {
    pub fn passed(day: &str) -> Self {
        let accounts = ["anna@example.org", "bruno@example.org"].map(|name| (name.to_owned(), State::Proven));
        let archive =
            archive(&format!("s3://backups/{day}"), Some(Rung::Meaningful), Outcome::Passed, accounts.into());
        Self { archives: vec![archive], ..Self::of(day, Outcome::Passed) }
    }

    pub fn failed(day: &str, id: &'static str, severity: Severity) -> Self {
        let mut night = Self::passed(day);
        let archive = &mut night.archives[0];
        (archive.outcome, night.outcome) = (Outcome::Failed, Outcome::Failed);
        archive.findings.push(finding(id, severity));
        archive.finding_counts.push(json::FindingCount { id, count: 1 });
        archive.rung = Some(Rung::Complete);
        let reason = Some(REASON.to_owned());
        archive.rungs[1] = Standing { rung: Rung::Meaningful, state: State::Disproven, reason };
        night
    }

    pub fn not_verified(day: &str, why: &str) -> Self {
        let archive = archive(&format!("s3://backups/{day}"), None, Outcome::NotVerified, Vec::new());
        let why = Some(why.to_owned());
        Self { archives: vec![archive], why, ..Self::of(day, Outcome::NotVerified) }
    }

    /// A verification that compared 299 of 41,211 messages with the live mailboxes.
    pub fn sampled(day: &str) -> Self {
        let mut night = Self { policy: "/etc/mailproof/weekly.toml".to_owned(), ..Self::passed(day) };
        let archive = &mut night.archives[0];
        archive.rung = Some(Rung::Restorable);
        archive.rungs.push(Standing { rung: Rung::Restorable, state: State::Proven, reason: None });
        let accounts = archive.accounts.iter().map(|account| sample(&account.account)).collect();
        let statement = json::Statement {
            confidence_ppm: 950_000,
            population: 41_211,
            same: 299,
            line_ends: 0,
            at_most: 411,
        };
        let coverage = Coverage { checked: 299, total: Some(41_211), unit: Unit::Messages };
        archive.live =
            Some(json::Live { seed: SEED.to_owned(), coverage, statement: Some(statement), accounts });
        night
    }

    /// A rehearsal that took so long, of four hours that it may take.
    pub fn rehearsed(day: &str, seconds: u64) -> Self {
        let objectives = Objectives {
            rto_target_seconds: Some(4 * 3600),
            rto_measured_seconds: Some(seconds),
            rpo_target_seconds: Some(24 * 3600),
            rpo_measured_seconds: Some(19 * 3600),
        };
        let outcome = if seconds > 4 * 3600 { Outcome::Failed } else { Outcome::Passed };
        let (kind, policy) = (Kind::Rehearse, "/etc/mailproof/quarterly.toml".to_owned());
        Self { objectives: Some(objectives), kind, policy, ..Self::of(day, outcome) }
    }

    fn of(day: &str, outcome: Outcome) -> Self {
        Self {
            day: day.to_owned(),
            outcome,
            archives: Vec::new(),
            why: None,
            kind: Kind::Verify,
            policy: NIGHTLY.to_owned(),
            objectives: None,
            narrowed: Vec::new(),
        }
    }

    /// The same run, that was to do a part.
    pub fn only(self, by: &str) -> Self {
        Self { narrowed: vec![by.to_owned()], ..self }
    }

    /// The same run by a later version, whose record this one can't read though the chain holds.
    pub fn of_a_later_version(mut self) -> Self {
        self.archives[0].accounts[0].newest = Some("yesterday".to_owned());
        self
    }

    /// The same run without a policy.
    pub fn without_policy(self) -> Self {
        Self { policy: String::new(), ..self }
    }

    /// What somebody said of a record, on that day.
    pub fn said(day: &str, kind: Kind) -> Self {
        Self { kind, ..Self::of(day, Outcome::Passed) }
    }

    fn record(self) -> Record {
        let started: Timestamp = format!("{}T23:30:00Z", self.day).parse().unwrap();
        let run = RunResult {
            started,
            finished: started,
            required: Rung::Meaningful,
            outcome: self.outcome,
            exit_code: self.outcome.exit_code(),
            coverage: Coverage { checked: 1, total: Some(1), unit: Unit::Archives },
            archives: Vec::new(),
            findings: Findings::default(),
            troubles: Vec::new(),
            negative_controls: None,
            retries: 0,
            interrupted: false,
        };
        let mut record = Record::of_verification(&run, &Basis::of(&Policy::default()));
        let mut result = json::Result::from(&run);
        record.scope.excluded = Vec::new();
        record.scope.narrowed = self.narrowed;
        if let Some(why) = self.why {
            record.scope.excluded.push(Excluded { what: self.archives[0].archive.clone(), why });
        }
        if self.archives.iter().any(|archive| archive.live.is_some()) {
            record.sample.push(draw(&self.archives[0].archive));
        }
        record.kind = self.kind;
        let policy = PolicyFile { file: self.policy.clone(), blake3: SEED.to_owned() };
        record.policy = Some(policy).filter(|policy| !policy.file.is_empty());
        record.objectives = self.objectives;
        record.host = Some("proof".to_owned());
        record.operator = Some("mailproof (uid 998)".to_owned());
        record.environment.store = Some("s3://zimbra-offsite/".to_owned());
        record.scope.accounts = self.archives.first().map(|archive| archive.accounts.len() as u64);
        record.scope.excluded_count = record.scope.excluded.len() as u64;
        result.archives = self.archives;
        record.result = Content::Verified(Box::new(result));
        record
    }
}

fn sample(account: &str) -> json::LiveAccount {
    json::LiveAccount {
        account: account.to_owned(),
        population: 20_000,
        wanted: 149,
        differences: [("same".to_owned(), 149)].into(),
        moved: Some(0),
        live_messages: Some(20_100),
        missing_in_backup: Some(0),
        not_looked_for: Some(0),
        accepted_gone: false,
        error: None,
    }
}

fn draw(archive: &str) -> Draw {
    Draw {
        archive: archive.to_owned(),
        method: Method::Confidence { confidence_ppm: 950_000, defects_ppm: 10_000 },
        seed: Some(SEED.to_owned()),
        population: 41_211,
        wanted: 299,
        compared: 299,
    }
}

fn finding(id: &'static str, severity: Severity) -> json::Finding {
    json::Finding {
        id,
        severity,
        cause: kinds::PRESENT_MISSING.cause,
        subject: "the archive".to_owned(),
        expected: "an end".to_owned(),
        observed: "none".to_owned(),
        remedy: "look".to_owned(),
    }
}

pub fn archive(
    address: &str,
    rung: Option<Rung>,
    outcome: Outcome,
    accounts: Vec<(String, State)>,
) -> json::Archive {
    let coverage = Coverage { checked: 10, total: Some(10), unit: Unit::Members };
    let proven = [Rung::Complete, Rung::Meaningful].into_iter().filter(|known| rung >= Some(*known));
    let standing = |rung| Standing { rung, state: State::Proven, reason: None };
    json::Archive {
        archive: address.to_owned(),
        rung,
        outcome,
        coverage,
        rungs: proven.map(standing).collect(),
        findings: Vec::new(),
        finding_counts: Vec::new(),
        errors: Vec::new(),
        facts: facts(),
        items: None,
        other_files: 0,
        sessions: Vec::new(),
        session_count: 0,
        accounts: accounts.into_iter().map(account).collect(),
        live: None,
        first_read: None,
    }
}

fn account((account, meaningful): (String, State)) -> json::Account {
    json::Account {
        source: format!("{account}.tgz"),
        account,
        form: "tgz".to_owned(),
        meaningful,
        reason: None,
        coverage: Coverage { checked: 5, total: Some(5), unit: Unit::Items },
        items: Default::default(),
        body_bytes: 5,
        newest: None,
        folders: None,
    }
}

fn facts() -> json::Facts {
    json::Facts {
        stored_bytes: 1_000_000,
        read_bytes: 1_000_000,
        unpacked_bytes: 50_000_000,
        members: 10,
        modified: None,
        etag: None,
        version: None,
        encryption: Some("age"),
        recipients: Vec::new(),
        compression: Some("zstd"),
        checksum: None,
        resumes: 0,
        retries: 0,
        elapsed_ms: 1000,
    }
}

/// Keeps records that nobody signs.
pub fn keep(folder: &Path, nights: Vec<Night>) {
    keep_by(folder, None, nights);
}

/// Keeps records that `key` signs.
pub fn keep_by(folder: &Path, key: Option<SigningKey>, nights: Vec<Night>) {
    let chain = Chain::new(folder.to_owned(), key);
    for night in nights {
        chain.append(night.record()).unwrap();
    }
}
