use jiff::Timestamp;

use crate::archive::decompress::Compression;
use crate::archive::decrypt::Encryption;
use crate::check::meaningful::export::MailboxSummary;
use crate::check::meaningful::session::Inside;
use crate::compare::Compared;
use crate::verdict::{Coverage, Findings, Outcome, Rung, Standing, State, Unit};

use super::negative::NegativeControls;
use super::select::Target;

/// What a run found out, archive by archive.
#[derive(Debug)]
pub struct RunResult {
    /// When the run began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// The rung that was asked for.
    pub required: Rung,
    /// How it ended, over everything.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// How many of the selected archives were examined.
    pub coverage: Coverage,
    /// Each archive, in the order of the selection.
    pub archives: Vec<ArchiveResult>,
    /// Findings about the selection as a whole: gaps, a series without archives.
    pub findings: Findings,
    /// What kept the run from its work, apart from single archives.
    pub troubles: Vec<Trouble>,
    /// What became of damage that was done on purpose, where the policy asks for that.
    pub negative_controls: Option<NegativeControls>,
    /// Calls that were repeated to list the stores; those about an archive are among its facts.
    pub retries: u64,
    /// A signal ended the run early.
    pub interrupted: bool,
}

/// What a run found out about one archive.
#[derive(Debug, Clone)]
pub struct ArchiveResult {
    /// Its address.
    pub archive: String,
    /// The highest rung that was proven.
    pub rung: Option<Rung>,
    /// Each rung that was looked at, lowest first.
    pub standings: Vec<Standing>,
    /// How it ended.
    pub outcome: Outcome,
    /// How many members were compared with the manifest.
    pub coverage: Coverage,
    /// All findings, in the order of the flow.
    pub findings: Findings,
    /// What kept us from looking.
    pub troubles: Vec<Trouble>,
    /// What was seen on the way.
    pub facts: Facts,
    /// How many items were compared, where mailboxes were asked for.
    pub items: Option<Coverage>,
    /// Files that belong to nothing that is known here, where mailboxes were asked for.
    pub others: u64,
    /// The sessions of zmbackup in it, where mailboxes were asked for.
    pub sessions: Inside,
    /// Only incremental sessions leave something open of its mail, and all that came is sound.
    pub sound_increment: bool,
    /// Each account's mailbox, in the archive's order.
    pub mailboxes: Vec<MailboxResult>,
    /// What the live mailboxes say of it, where that was asked for.
    pub compared: Option<Compared>,
    /// The findings of the first read, where the archive was read twice.
    pub first_read: Option<Findings>,
}

/// One account's mailbox in an archive, and how far the rung `meaningful` was proven for it.
///
/// What is said of the archive as a whole (its layers, its manifest) stands with the archive.
#[derive(Debug, Clone)]
pub struct MailboxResult {
    /// What it holds.
    pub summary: MailboxSummary,
    /// Whether what it states of itself holds.
    pub state: State,
    /// Why it is not proven.
    pub reason: Option<String>,
    /// How many items were compared.
    pub coverage: Coverage,
}

/// Something that kept a check from being done: our side, the network, the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The stage that stopped.
    pub stage: &'static str,
    /// What happened, ending with the next step.
    pub message: String,
    /// The fault is mailproof's own.
    pub internal: bool,
}

impl Trouble {
    /// Something outside kept `stage` from its work.
    pub fn new(stage: &'static str, error: &dyn std::error::Error) -> Self {
        Self { stage, message: error.to_string(), internal: false }
    }

    /// Something that no error tells kept `stage` from its work; `message` ends with the next step.
    #[must_use]
    pub fn outside(stage: &'static str, message: String) -> Self {
        Self { stage, message, internal: false }
    }

    /// mailproof itself failed in `stage`.
    #[must_use]
    pub fn internal(stage: &'static str, what: &str) -> Self {
        let message = format!("{what}; please report this with the log of `mailproof -vv verify …`");
        Self { stage, message, internal: true }
    }
}

/// What was seen of an archive on the way through it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Bytes of the object.
    pub stored_bytes: u64,
    /// Bytes that came over the wire, both reads together.
    pub read_bytes: u64,
    /// Bytes after decryption and decompression, of the last read.
    pub unpacked_bytes: u64,
    /// Members that were walked to their end, of the last read.
    pub members: u64,
    /// When the object was written, by the store's clock.
    pub modified: Option<Timestamp>,
    /// The object's ETag, to which the read was pinned.
    pub etag: Option<String>,
    /// The object's version, to which the read was pinned.
    pub version: Option<String>,
    /// The encryption, where that layer was reached.
    pub encryption: Option<Encryption>,
    /// The compression, where that layer was reached.
    pub compression: Option<Compression>,
    /// The stored bytes have the BLAKE3 that the file `X.b3` beside them states.
    pub checksum_holds: bool,
    /// Bodies that broke and were resumed.
    pub resumes: u64,
    /// Calls about this archive that were repeated, those about what lies beside it included.
    pub retries: u64,
    /// Wall time of the reading, in milliseconds.
    pub elapsed_ms: u64,
}

impl ArchiveResult {
    /// An archive of which nothing is known yet.
    pub(super) fn empty(archive: String) -> Self {
        Self {
            archive,
            rung: None,
            standings: Vec::new(),
            outcome: Outcome::NotVerified,
            coverage: Coverage::none(Unit::Members),
            findings: Findings::default(),
            troubles: Vec::new(),
            facts: Facts::default(),
            items: None,
            others: 0,
            sessions: Inside::default(),
            sound_increment: false,
            mailboxes: Vec::new(),
            compared: None,
            first_read: None,
        }
    }

    /// An archive that could not be looked at.
    pub(super) fn unexamined(target: &Target, required: Rung, trouble: Trouble) -> Self {
        let standing =
            Standing { rung: required, state: State::NotProven, reason: Some(trouble.message.clone()) };
        let facts = Facts { retries: target.retries, ..Facts::default() };
        Self { standings: vec![standing], troubles: vec![trouble], facts, ..Self::empty(target.address()) }
    }
}
