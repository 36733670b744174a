//! What a rehearsal measures: how long a restore takes, and how much mail it would lose.

use jiff::Timestamp;

use super::ledger::Ledger;

/// The time of a restore, by a clock that begins with the first byte that is asked of the store for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryTime {
    /// Until the last message was read back from the sandbox: what is held against the RTO.
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
    /// What all messages would take, where not all were restored.
    pub whole: Option<Whole>,
}

/// A whole restore, estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole {
    /// All messages of the archives.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Reading the archives as long as it took, putting and reading back all at the rate that was measured.
    pub estimate_ms: u64,
}

impl RecoveryTime {
    pub(super) fn new(ledger: &Ledger, clock: &Clock, all: (u64, u64)) -> Self {
        let since =
            |at: Option<std::time::Instant>| at.map(|at| milliseconds(at.duration_since(clock.began)));
        let (restore, read_back) = (milliseconds(clock.restore), milliseconds(clock.read_back));
        let mut time = Self {
            elapsed_ms: restore.saturating_add(read_back),
            to_first_ms: since(ledger.first),
            to_last_ms: since(ledger.last),
            restore_ms: restore,
            read_back_ms: read_back,
            messages: ledger.messages,
            bytes: ledger.bytes,
            whole: None,
        };
        let (messages, bytes) = all;
        if time.messages > 0 && time.messages < messages {
            let estimate_ms = time.estimate(milliseconds(ledger.placing), messages, bytes);
            time.whole = Some(Whole { messages, bytes, estimate_ms });
        }
        time
    }

    /// Reading stays what it is; the sandbox's part grows with the messages or with their bytes, whatever grows more.
    fn estimate(&self, placing_ms: u64, messages: u64, bytes: u64) -> u64 {
        let placing = placing_ms.min(self.restore_ms);
        let part = u128::from(placing) + u128::from(self.read_back_ms);
        let grown = |all: u64, some: u64| (part * u128::from(all)).div_ceil(u128::from(some.max(1)));
        let most = grown(messages, self.messages).max(grown(bytes.max(self.bytes), self.bytes));
        let most = u64::try_from(most).unwrap_or(u64::MAX);
        (self.restore_ms - placing).saturating_add(most)
    }

    /// So many each second, over the whole time.
    #[must_use]
    pub fn rate(&self, amount: u64) -> u64 {
        let each = u128::from(amount) * 1000 / u128::from(self.elapsed_ms.max(1));
        u64::try_from(each).unwrap_or(u64::MAX)
    }
}

/// The clock of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    pub(super) began: std::time::Instant,
    pub(super) restore: std::time::Duration,
    pub(super) read_back: std::time::Duration,
}

fn milliseconds(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How much mail a restore would lose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecoveryPoint {
    /// How much newer than the backup that is which it is held against: than its newest message, or than its making where
    /// that is later, as nothing came in between to a mailbox that is quiet.
    pub lost_seconds: u64,
    /// The newest message of the backup.
    pub newest_backup: Timestamp,
    /// When the archive was made, where its name says so.
    pub made: Option<Timestamp>,
    /// What it is held against.
    pub against: Timestamp,
    /// What that is.
    pub basis: Basis,
    /// The account that would lose most; all of them together where nothing is live.
    pub account: Option<String>,
}

/// What the newest message of the backup is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The newest message of the live mailbox.
    Live,
    /// The moment of the rehearsal.
    Now,
}

impl Basis {
    /// The word in results.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Now => "now",
        }
    }

    /// What stands before the moment, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "newest live message",
            Self::Now => "no live mailbox was looked at; now it is",
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Live => "the newest live message against the backup",
            Self::Now => "this moment against the backup, as no live mailbox was looked at",
        }
    }
}

impl RecoveryPoint {
    pub(super) fn new(
        newest: i64,
        made: Option<i64>,
        against: i64,
        basis: Basis,
        account: Option<String>,
    ) -> Option<Self> {
        let known = made.map_or(newest, |made| made.max(newest));
        Some(Self {
            lost_seconds: u64::try_from(against.saturating_sub(known)).unwrap_or(0),
            newest_backup: Timestamp::from_second(newest).ok()?,
            made: made.and_then(|made| Timestamp::from_second(made).ok()),
            against: Timestamp::from_second(against).ok()?,
            basis,
            account,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(restore_ms: u64, read_back_ms: u64, messages: u64, bytes: u64) -> RecoveryTime {
        RecoveryTime {
            elapsed_ms: restore_ms + read_back_ms,
            to_first_ms: None,
            to_last_ms: None,
            restore_ms,
            read_back_ms,
            messages,
            bytes,
            whole: None,
        }
    }

    #[test]
    fn the_estimate_reads_once_and_puts_all() {
        // 10 s of reading, 2 s of putting and 1 s of reading back for a tenth of the messages.
        assert_eq!(time(12_000, 1_000, 100, 100).estimate(2_000, 1_000, 1_000), 40_000);
        // The messages that were left out are larger.
        assert_eq!(time(12_000, 1_000, 100, 100).estimate(2_000, 1_000, 2_000), 70_000);
        assert_eq!(time(0, 0, 1, 0).estimate(u64::MAX, u64::MAX, u64::MAX), 0);
        assert_eq!(time(1, u64::MAX - 1, 1, 1).estimate(1, u64::MAX, u64::MAX), u64::MAX);
    }

    #[test]
    fn a_backup_newer_than_the_live_mailbox_loses_nothing() {
        let lost = |newest, made, against| {
            RecoveryPoint::new(newest, made, against, Basis::Live, None).map(|point| point.lost_seconds)
        };
        assert_eq!(lost(100, None, 160), Some(60));
        assert_eq!(lost(160, None, 100), Some(0));
        assert_eq!(lost(i64::MIN, None, 100), None);
        assert_eq!(lost(100, Some(150), 160), Some(10), "nothing came until it was made");
        assert_eq!(lost(100, Some(50), 160), Some(60), "a name that is older than what it holds");
    }
}
