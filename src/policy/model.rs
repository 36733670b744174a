//! The policy as data. Every field has a default that suits a nightly run.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::evidence::Evidence;
use super::negative::NegativeControls;
use super::rehearsal::Rehearsal;
use super::runbook::Runbook;
use super::value::{Age, Bytes, BytesPerSecond, Share};
use crate::verdict::{Rung, Severity};

/// What must hold, where the backups lie, and how hard mailproof may work.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Where the archives lie.
    pub store: Option<Store>,
    /// Other stores that must hold the same archives.
    pub replica: Vec<Store>,
    /// Which archives there are and which of them a run takes.
    pub archives: Archives,
    /// Freshness, sequence, size and protection: the rung `present`.
    pub present: Present,
    /// What opens the archives.
    pub keys: Keys,
    /// Which rung a run must prove.
    pub require: Require,
    /// What the rung `meaningful` lets pass.
    pub mailbox: Mailbox,
    /// The mail server whose mailboxes the rung `restorable` compares with.
    pub live: Option<Live>,
    /// How many messages the rung `restorable` compares.
    pub sample: Sample,
    /// The sandbox into which restores are rehearsed.
    pub rehearsal: Option<Rehearsal>,
    /// Known damage that must be found.
    pub negative_controls: NegativeControls,
    /// How records become evidence that others can check.
    pub evidence: Evidence,
    /// What the operational guide says that no record knows.
    pub runbook: Runbook,
    /// Limits against hostile or broken input.
    pub limits: Limits,
    /// How a run goes about its work.
    pub run: Run,
}

/// An S3-compatible bucket or a local folder.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub struct Store {
    /// `s3://bucket/prefix/` or `file:///path/`.
    pub url: String,
    /// Base address of a store that is not Amazon's, for example `https://s3.example.org`.
    #[schemars(length(min = 1))]
    pub endpoint: Option<String>,
    /// Region; any word where the store has none.
    #[schemars(length(min = 1))]
    pub region: Option<String>,
    /// Bucket in the path instead of the host name; by default wherever an `endpoint` is given.
    pub path_style: Option<bool>,
    /// PEM file with the certificate authority of the store, in addition to the system's.
    #[schemars(length(min = 1))]
    pub ca_file: Option<PathBuf>,
    /// Profile of the AWS configuration files.
    #[schemars(length(min = 1))]
    pub profile: Option<String>,
    /// File with `access_key_id = …` and `secret_access_key = …` (TOML), mode 0600; a bare name is looked up in
    /// `$CREDENTIALS_DIRECTORY` (systemd `LoadCredential=`). Without it the usual AWS chain is asked.
    #[schemars(length(min = 1))]
    pub credentials_file: Option<PathBuf>,
    /// Timeouts, repetitions and bandwidth.
    pub network: Network,
}

/// Patience with a store.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Network {
    /// Longest wait for a connection.
    pub connect_timeout: Age,
    /// Longest silence while an answer or a body is awaited.
    pub read_timeout: Age,
    /// How often a call or a broken body is tried again before the run gives up.
    #[schemars(range(max = 100))]
    pub retries: u32,
    /// Upper limit of the download, for example `50MB/s`; none by default.
    pub bandwidth: Option<BytesPerSecond>,
}

/// Which archives there are and which of them a run takes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Archives {
    /// How keys below the prefix are made: literal text and the fields `{account}`, `{session}`, `{time}`, `{any}`;
    /// `{time:%Y%m%d-%H%M%S}` states the form of the time (strftime), by default RFC 3339 or its basic form.
    /// Without it every object is an archive, its time is when it was written, and all belong to one series.
    #[schemars(length(min = 1))]
    pub key: Option<String>,
    /// Time zone of `{time}` where it has none of its own (IANA name).
    #[schemars(length(min = 1))]
    pub time_zone: String,
    /// Which archives of each series a run verifies.
    pub select: Select,
    /// Whether archives must be encrypted with age.
    pub encryption: Demand,
    /// Whether archives must be compressed.
    pub compression: Demand,
    /// Whether every archive must have a manifest.
    pub manifest: Demand,
}

/// Which archives of each series (account and session) a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The newest of each series.
    Newest,
    /// Every one.
    All,
}

/// Whether something must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Demand {
    /// Its absence is a finding.
    Required,
    /// Its absence is not.
    Optional,
}

/// What the rung `present` asks for; a part that is not stated is not judged.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Present {
    /// Recovery point objective: the newest archive of each series is at most this old.
    pub rpo: Option<Age>,
    /// Time between two archives of a series; a longer pause is a gap.
    pub every: Option<Age>,
    /// How far back gaps are looked for.
    pub window: Age,
    /// An archive smaller than this percentage of the median of the five before it has shrunk.
    #[schemars(range(min = 1, max = 100))]
    pub shrink_percent: Option<u8>,
    /// Archives must be locked at least this long from when they were written.
    pub retention: Option<Age>,
    /// The lock must be of this mode; `governance` accepts both.
    pub lock: Option<Lock>,
}

/// Object Lock modes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Lock {
    /// Privileged users can lift it.
    Governance,
    /// Nobody can lift it.
    Compliance,
}

/// What opens the archives. Never a secret itself: only where it lies.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Keys {
    /// age identity files, encrypted or not, or SSH private keys; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.
    #[schemars(inner(length(min = 1)))]
    pub identities: Vec<PathBuf>,
    /// File with the passphrase of archives, or of the encrypted identity files.
    #[schemars(length(min = 1))]
    pub passphrase_file: Option<PathBuf>,
    /// Names of age plugins that may run (`yubikey` for `age-plugin-yubikey`); none by default.
    #[schemars(inner(length(min = 1)))]
    pub plugins: Vec<String>,
    /// Highest scrypt work factor (log2) that is accepted.
    #[schemars(range(min = 1, max = 30))]
    pub max_work_factor: u8,
}

/// What a run must prove.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Require {
    /// The rung every selected archive must stand on.
    pub rung: Rung,
    /// How much of each archive must have been compared with the manifest.
    #[schemars(range(min = 1, max = 100))]
    pub coverage_percent: u8,
    /// The severity at and above which a finding fails the run.
    pub fail_on: Severity,
}

/// What the rung `meaningful` lets pass.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mailbox {
    /// Items of one folder that may be missing as deleted while the export ran, and four times so many of the whole
    /// mailbox; 0 where exports lock the mailbox.
    pub shift: u32,
    /// What becomes of an archive whose mail is sound as far as it came, but in which incremental sessions leave open what
    /// may be missing.
    pub incremental: Incremental,
}

/// What becomes of an archive of which only incremental sessions leave something open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Incremental {
    /// It is not verified.
    #[default]
    Open,
    /// It passes; the rung `meaningful` is not claimed.
    Accept,
}

/// A running mail server. It is only read.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["url"]))]
pub struct Live {
    /// `https://host/` (Zimbra), `imaps://host/`, `imap://host/` (encrypted by STARTTLS), or `maildir:///folder/{account}/`,
    /// with `:port` where it has another than the usual one. In a Maildir's path `{account}`, `{user}` and `{domain}` stand
    /// for the mailbox.
    pub url: String,
    /// Where Zimbra's administrators log in; by default port 7071 of the host in `url`.
    #[schemars(length(min = 1))]
    pub admin_url: Option<String>,
    /// Who logs in: an administrator who may read the mailboxes of others.
    #[schemars(length(min = 1))]
    pub user: Option<String>,
    /// File with that user's password, mode 0600; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.
    #[schemars(length(min = 1))]
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificate authority of the server, in addition to the system's.
    #[schemars(length(min = 1))]
    pub ca_file: Option<PathBuf>,
    /// Let password and mail go in the clear to a server on another machine, as within one's own cable.
    pub plain_text: bool,
    /// Ask Zimbra for deletions, so that what was deleted is told from what was lost. The question (`SyncRequest`) leaves
    /// a mark on the mailbox for ever: it keeps track of deletions from then on.
    pub tombstones: bool,
    /// Connections at the same time.
    #[schemars(range(min = 1, max = 64))]
    pub connections: u32,
    /// Requests in a second, all connections together; no limit by default.
    #[schemars(range(min = 1))]
    pub requests_per_second: Option<u32>,
    /// Timeouts, repetitions and bandwidth.
    pub network: Network,
}

/// How many messages the rung `restorable` compares; `number`, `share` and `all` each replace `confidence` and `defects`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sample {
    /// How sure the statement is.
    pub confidence: Share,
    /// The share of defects that must not go unnoticed.
    pub defects: Share,
    /// So many messages of an archive.
    #[schemars(range(min = 1))]
    pub number: Option<u64>,
    /// This share of each mailbox.
    pub share: Option<Share>,
    /// Every message.
    pub all: bool,
    /// Accounts whose mailbox was closed, or whose mail a rule deletes: what is gone there keeps nothing from being proven
    /// of the others.
    #[schemars(inner(length(min = 1)))]
    pub accept_gone: Vec<String>,
    /// Draws what this seed drew before. Of the command line alone: who knows a seed knows what will be looked at.
    #[serde(skip)]
    pub seed: Option<[u8; 32]>,
}

/// Limits against hostile or broken input; each has a finding of its own.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Members of one archive.
    #[schemars(range(min = 1))]
    pub members: u64,
    /// Bytes of one archive after decompression.
    pub unpacked_size: Bytes,
    /// Bytes of one member.
    pub member_size: Bytes,
    /// Bytes of one manifest, in the archive or beside it; 1 GiB lists about ten million members.
    pub manifest_size: Bytes,
    /// Unpacked bytes for each stored byte; judged after the first 64 MiB.
    #[schemars(range(min = 1))]
    pub ratio: u64,
    /// zstd window in MiB; 128 is what `zstd -d` accepts by itself.
    #[schemars(range(min = 1, max = 2048))]
    pub window_mib: u32,
    /// Bytes of one extension header (long name, pax).
    pub extension_size: Bytes,
    /// Bytes of one path.
    #[schemars(range(min = 1))]
    pub path_length: u32,
    /// Bytes of one text that is read as a whole: a description, a message's structure, a catalogue of sessions.
    pub text_size: Bytes,
}

/// How a run goes about its work.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Run {
    /// How many archives are verified at the same time; by default half the cores.
    #[schemars(range(min = 1, max = 1024))]
    pub parallel: Option<u32>,
    /// Read a damaged archive once more before an alarm.
    pub reread: bool,
    /// Exit with 11 instead of 0 when there are warnings.
    pub warnings_exit: bool,
    /// Where records go; by default `$STATE_DIRECTORY/records` (systemd), else `$XDG_STATE_HOME/mailproof/records`, else
    /// `~/.local/state/mailproof/records`.
    #[schemars(length(min = 1))]
    pub records: Option<PathBuf>,
}

impl Default for Network {
    fn default() -> Self {
        Self {
            connect_timeout: Age::seconds(10),
            read_timeout: Age::seconds(60),
            retries: 5,
            bandwidth: None,
        }
    }
}

impl Default for Archives {
    fn default() -> Self {
        Self {
            key: None,
            time_zone: "UTC".to_owned(),
            select: Select::Newest,
            encryption: Demand::Required,
            compression: Demand::Optional,
            manifest: Demand::Required,
        }
    }
}

impl Default for Present {
    fn default() -> Self {
        Self {
            rpo: None,
            every: None,
            window: Age::days(35),
            shrink_percent: None,
            retention: None,
            lock: None,
        }
    }
}

impl Default for Keys {
    fn default() -> Self {
        Self { identities: Vec::new(), passphrase_file: None, plugins: Vec::new(), max_work_factor: 22 }
    }
}

impl Default for Require {
    fn default() -> Self {
        Self { rung: Rung::Complete, coverage_percent: 100, fail_on: Severity::Failure }
    }
}

impl Default for Mailbox {
    fn default() -> Self {
        Self { shift: 3, incremental: Incremental::Open }
    }
}

impl Default for Live {
    fn default() -> Self {
        Self {
            url: String::new(),
            admin_url: None,
            user: None,
            password_file: None,
            ca_file: None,
            plain_text: false,
            tombstones: false,
            connections: 2,
            requests_per_second: None,
            network: Network::default(),
        }
    }
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            confidence: Share::percent(95),
            defects: Share::percent(1),
            number: None,
            share: None,
            all: false,
            accept_gone: Vec::new(),
            seed: None,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            members: 5_000_000,
            unpacked_size: Bytes(16 << 40),
            member_size: Bytes(1 << 40),
            manifest_size: Bytes(1 << 30),
            ratio: 200,
            window_mib: 128,
            extension_size: Bytes(1 << 20),
            path_length: 4096,
            text_size: Bytes(16 << 20),
        }
    }
}

impl Default for Run {
    fn default() -> Self {
        Self { parallel: None, reread: true, warnings_exit: false, records: None }
    }
}
