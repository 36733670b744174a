//! One run as it is kept: `mailproof/record/v1`, apart from the internal types so that it stays as it is.
//!
//! `docs/record.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::key::PublicKey;
use super::link::Link;
use super::review::{Action, SignOff};
use crate::report::{json, rehearsal, restored};
use crate::verdict::{Coverage, Outcome};

/// The name of this form of a record.
pub const SCHEMA: &str = "mailproof/record/v1";

/// One run, as it is kept. Holds no mail, no subject and no secret.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Record {
    /// Always `mailproof/record/v1`.
    pub schema: &'static str,
    /// When the run began and how it ended; unique.
    pub id: String,
    /// The number of the record in its chain, from 1; the file has the same.
    pub sequence: u64,
    /// What was done, and with it the form of `result`.
    pub kind: Kind,
    /// The record before this one; absent in the first.
    pub previous: Option<Link>,
    /// The key that signs this record, as OpenSSH writes it (`ssh-ed25519 …`); absent where none does.
    pub signed_by: Option<String>,
    /// Tells the secret by which pseudonyms stand for addresses of mailboxes, in `result` as well; absent where addresses stand as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pseudonyms: Option<String>,
    /// What did it.
    pub tool: Tool,
    /// The machine it ran on, by the name it gives itself.
    pub host: Option<String>,
    /// Who ran it, as the system says.
    pub operator: Option<String>,
    /// When the run began (RFC 3339, UTC).
    pub started: String,
    /// When it ended (RFC 3339, UTC).
    pub finished: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The policy it ran under; absent where the defaults held.
    pub policy: Option<PolicyFile>,
    /// What was to be looked at, and what of it was not.
    pub scope: Scope,
    /// What was drawn, archive by archive; empty where no sample was.
    pub sample: Vec<Draw>,
    /// How much was looked at, of how much.
    pub coverage: Option<Coverage>,
    /// Targets and what was measured; absent where neither was.
    pub objectives: Option<Objectives>,
    /// Where it took place.
    pub environment: Environment,
    /// Calls to stores that were repeated; absent where nobody counted.
    pub retries: Option<u64>,
    /// Downloads that broke and were resumed; absent where nobody counted.
    pub resumes: Option<u64>,
    /// The key that signs from the next record on; in records of the kind `hand-over` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hand_over: Option<HandOver>,
    /// What became of asking an authority for a time stamp; absent where none was to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_stamp: Option<TimeStamp>,
    /// Who looked at which record, and what was seen; in records of the kind `sign-off` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_off: Option<SignOff>,
    /// The corrective action that was opened or closed; in records of the kind `action` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Action>,
    /// The result as it was printed, but for pseudonyms: the form that its own `schema` names.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    pub result: Content,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Archives were verified.
    Verify,
    /// A restore was rehearsed.
    Rehearse,
    /// Mail was restored.
    Restore,
    /// Another key took over.
    HandOver,
    /// Somebody signed a record off.
    SignOff,
    /// A corrective action was opened or closed.
    Action,
}

impl Kind {
    const ALL: [Self; 6] =
        [Self::Verify, Self::Rehearse, Self::Restore, Self::HandOver, Self::SignOff, Self::Action];

    /// The kind of this word in a record; absent where a later version has more of them.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether this word in a record is that of a run: of something done, and not of what people said of it.
    ///
    /// A kind that is not known counts as a run. So it is told with its outcome, and a need that it shows stays one until it is
    /// met; taken for mere words it would vanish, failure and all. What makes things look better asks for more than a run: for
    /// a [test](Self::tells_of_a_test), for kinds that a requirement names, or for a kind that is known at all.
    #[must_use]
    pub fn tells_of_a_run(word: &str) -> bool {
        !matches!(Self::of(word), Some(Self::HandOver | Self::SignOff | Self::Action))
    }

    /// Whether this word is that of a test of backups. A restore for a user tests none, and what later versions do is not known.
    #[must_use]
    pub fn tells_of_a_test(word: &str) -> bool {
        matches!(Self::of(word), Some(Self::Verify | Self::Rehearse))
    }

    /// The word in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Rehearse => "rehearse",
            Self::Restore => "restore",
            Self::HandOver => "hand-over",
            Self::SignOff => "sign-off",
            Self::Action => "action",
        }
    }
}

/// The program that made a record.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tool {
    /// `mailproof`
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// The policy that a run obeyed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyFile {
    /// The file, by its whole path wherever the run was called from; earlier versions put it as it was named.
    pub file: String,
    /// BLAKE3 of its bytes, in hexadecimal.
    pub blake3: String,
}

/// What a run was to look at.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// Archives that were selected.
    pub archives: Option<u64>,
    /// Mailboxes in them, as far as they were reached.
    pub accounts: Option<u64>,
    /// Messages in these.
    pub messages: Option<u64>,
    /// Items of every kind in these, messages included.
    pub items: Option<u64>,
    /// What was not looked at, and why; the first thousand.
    pub excluded: Vec<Excluded>,
    /// How many there are of these.
    pub excluded_count: u64,
    /// By what the command line asked for less than the policy does (`ARCHIVE`, `--rung present`, `--only`); absent where
    /// all was asked for that the policy asks for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub narrowed: Vec<String>,
}

/// Something that was not looked at.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Excluded {
    /// An archive, a mailbox or a stage of the run.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What was drawn from one archive.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Draw {
    /// Its address.
    pub archive: String,
    /// How the size of the sample came about.
    pub method: Method,
    /// 64 hexadecimal digits; whoever has them draws the same messages. Absent where all were taken.
    pub seed: Option<String>,
    /// Messages that could be drawn.
    pub population: u64,
    /// Messages that were to be compared.
    pub wanted: u64,
    /// Messages that were compared, or put into the sandbox.
    pub compared: u64,
}

/// How the size of a sample came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// So many that a share of defects would be noticed with a stated confidence.
    Confidence {
        /// How sure, in millionths.
        confidence_ppm: u32,
        /// The share of defects, in millionths.
        defects_ppm: u32,
    },
    /// A number of messages of each archive.
    Number {
        /// How many.
        messages: u64,
    },
    /// A share of each mailbox.
    Share {
        /// The share, in millionths.
        share_ppm: u32,
    },
    /// Every message.
    All,
}

/// Targets and what was measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Objectives {
    /// How long a restore may take.
    pub rto_target_seconds: Option<u64>,
    /// How long it took, rounded up.
    pub rto_measured_seconds: Option<u64>,
    /// How much mail may be lost.
    pub rpo_target_seconds: Option<u64>,
    /// How much would have been.
    pub rpo_measured_seconds: Option<u64>,
}

/// Where a run took place.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Environment {
    /// `s3` or `folder`; absent where the run named no store.
    pub store_kind: Option<Cow<'static, str>>,
    /// The address of the store, as the policy writes it.
    pub store: Option<String>,
    /// The base address of a store that is not Amazon's.
    pub store_endpoint: Option<String>,
    /// The live mail server that was read.
    pub live: Option<String>,
    /// The sandbox or the place that was restored into.
    pub restored_to: Option<String>,
}

/// Which key signs from the next record on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HandOver {
    /// The key as OpenSSH writes it (`ssh-ed25519 …`).
    pub new_key: String,
    /// `SHA256:…`
    pub fingerprint: String,
    /// The new key is valid after the record of this number, and the old one no longer.
    pub valid_after_sequence: u64,
}

/// What became of asking an authority for a time stamp of the record (RFC 3161). A stamp itself is of the whole record, so
/// it lies beside it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TimeStamp {
    /// The address of the authority.
    pub authority: String,
    /// Whether it gave one.
    pub state: StampState,
    /// Why it gave none; absent where it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

impl TimeStamp {
    /// Of a record beside which a stamp will lie.
    pub(super) fn stamped(authority: &str) -> Self {
        Self { authority: authority.to_owned(), state: StampState::Stamped, why: None }
    }

    /// Of a record that has none.
    pub(super) fn missing(authority: &str, why: String) -> Self {
        Self { authority: authority.to_owned(), state: StampState::Missing, why: Some(why) }
    }
}

/// Whether a record has a time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StampState {
    /// It lies in the file `.tsr` beside the record.
    Stamped,
    /// The authority gave none.
    Missing,
}

/// The result in the form that is printed.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Content {
    /// `mailproof/result/v1`
    Verified(Box<json::Result>),
    /// `mailproof/rehearsal/v1`
    Rehearsed(Box<rehearsal::Result>),
    /// `mailproof/restore/v1`
    Restored(Box<restored::Restore>),
    /// Nothing was examined.
    Nothing {},
}

/// The JSON Schema of [`Record`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Record);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}

impl Record {
    /// Puts the record behind `previous`, to be signed by `key`.
    pub(super) fn place(&mut self, previous: Option<Link>, key: Option<&PublicKey>) {
        self.sequence = previous.as_ref().map_or(1, |link| link.sequence + 1);
        self.previous = previous;
        self.signed_by = key.map(PublicKey::openssh);
        if let Some(hand_over) = &mut self.hand_over {
            hand_over.valid_after_sequence = self.sequence;
        }
    }
}
