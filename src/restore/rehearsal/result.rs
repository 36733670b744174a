use jiff::Timestamp;

use super::{RecoveryPoint, RecoveryTime};
use crate::policy::{Age, Scope};
use crate::restore::Restored;
use crate::verdict::{Coverage, Findings, Outcome, Unit};
use crate::verify::{RunResult, Trouble};

/// What a rehearsal found out.
#[derive(Debug)]
pub struct RehearsalResult {
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How it ended, over everything.
    pub outcome: Outcome,
    /// The process's exit code.
    pub exit_code: u8,
    /// A signal ended it early.
    pub interrupted: bool,
    /// Where it was restored to.
    pub sandbox: SandboxFacts,
    /// How much was restored.
    pub scope: Scope,
    /// How many messages were restored and read back, of how many in the archives.
    pub coverage: Coverage,
    /// Each archive that was restored from, in the order of the selection.
    pub archives: Vec<Rehearsed>,
    /// What was read back, over all archives; absent where that was not done.
    pub read_back: Option<ReadBack>,
    /// How long it took; absent where nothing came back.
    pub time: Option<RecoveryTime>,
    /// The target of the time.
    pub rto: Option<Age>,
    /// What would be lost.
    pub point: Option<RecoveryPoint>,
    /// The target of the loss.
    pub rpo: Option<Age>,
    /// What was found in the sandbox, and beyond the targets.
    pub findings: Findings,
    /// What kept the rehearsal from its work.
    pub troubles: Vec<Trouble>,
    /// What the archives prove by themselves; absent where the sandbox was refused, and none was read.
    pub verified: Option<RunResult>,
}

/// Where a rehearsal restored to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SandboxFacts {
    /// The address, as the policy writes it.
    pub address: String,
    /// Whose mailbox.
    pub account: String,
    /// The folder below which all was put; absent where nothing was written.
    pub root: Option<String>,
    /// What was put is to stay.
    pub kept: bool,
    /// What was put is gone again.
    pub cleaned: bool,
    /// Folders of earlier runs that were ended early; they were taken away.
    pub leftovers: u64,
    /// Folders of earlier runs that were to stay.
    pub kept_before: u64,
}

/// What became of one archive.
#[derive(Debug)]
pub struct Rehearsed {
    /// Its address.
    pub archive: String,
    /// Whoever knows it draws the same messages; absent where all were wanted.
    pub seed: Option<String>,
    /// Messages that were asked for, each once.
    pub asked: u64,
    /// Its messages, those that were not asked for included.
    pub population: u64,
    /// The bytes of these messages.
    pub population_bytes: u64,
    /// What was put, and what was not.
    pub restored: Restored,
}

impl RehearsalResult {
    /// How many messages were restored and read back as they were put, of how many that were asked for.
    #[must_use]
    pub fn of_asked(&self) -> Coverage {
        let back = self.read_back.unwrap_or_default();
        let asked = self.archives.iter().map(|archive| archive.asked).sum();
        Coverage {
            checked: back.same + back.line_ends + back.equal,
            total: Some(asked),
            unit: Unit::Messages,
        }
    }
}

/// What was read back from the sandbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
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
