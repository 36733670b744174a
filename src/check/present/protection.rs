//! Object Lock: whether an archive can be overwritten or deleted before its time.

use jiff::{SignedDuration, Timestamp};

use super::{length, moment};
use crate::archive::storage::Protection;
use crate::archive::storage::catalogue::Archive;
use crate::policy::{Lock, Present};
use crate::verdict::{Finding, Findings, kinds};

/// Stores count a retention from the beginning or the end of an upload.
const RETENTION_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

/// Judges what the store said of one archive. A refusal is never "no lock".
pub(super) fn judge(
    archive: &Archive,
    protection: Option<&Protection>,
    policy: &Present,
    now: Timestamp,
    findings: &mut Findings,
) {
    let finding = match protection {
        None => Some(unknown(archive, "the store was not asked")),
        Some(Protection::Unknown(why)) => Some(unknown(archive, why)),
        Some(Protection::Unlocked) => Some(not_locked(archive, policy, "no lock")),
        Some(Protection::Locked { mode, until, legal_hold }) => {
            let locked = Locked { mode: mode.as_deref(), until: *until, legal_hold: *legal_hold };
            locked.wrong_mode(archive, policy).or_else(|| locked.too_short(archive, policy, now))
        }
    };
    if let Some(finding) = finding {
        findings.push(finding);
    }
}

struct Locked<'a> {
    mode: Option<&'a str>,
    until: Option<Timestamp>,
    legal_hold: bool,
}

impl Locked<'_> {
    fn wrong_mode(&self, archive: &Archive, policy: &Present) -> Option<Finding> {
        let mode = self.mode.unwrap_or("only a legal hold");
        let right = match policy.lock {
            None => true,
            Some(Lock::Governance) => ["GOVERNANCE", "COMPLIANCE"].contains(&mode),
            Some(Lock::Compliance) => mode == "COMPLIANCE",
        };
        (!right).then(|| not_locked(archive, policy, mode))
    }

    /// With a stated retention the lock must reach so far, and may then be over; without, it must hold now. A
    /// legal hold has no end.
    fn too_short(&self, archive: &Archive, policy: &Present, now: Timestamp) -> Option<Finding> {
        if self.legal_hold {
            return None;
        }
        let Some(until) = self.until else {
            return Some(unknown(archive, "the store states no end of the lock"));
        };
        let Some(retention) = policy.retention else {
            let over = || not_locked(archive, policy, &format!("a lock that ended at {}", moment(until)));
            return (until <= now).then(over);
        };
        let Some(written) = archive.object.modified.or(archive.time) else {
            return Some(unknown(archive, "the store does not say when it was written"));
        };
        let retention = SignedDuration::try_from(retention.0).unwrap_or(SignedDuration::MAX);
        let locked = until.duration_since(written);
        if locked >= retention.saturating_sub(RETENTION_TOLERANCE) {
            return None;
        }
        let finding = Finding::new(&kinds::PRESENT_RETENTION_SHORT, &archive.object.key);
        let observed = format!("locked for {}, until {}", length(locked), moment(until));
        Some(
            finding
                .expected(format!("locked for {} from when it was written", length(retention)))
                .observed(observed),
        )
    }
}

fn not_locked(archive: &Archive, policy: &Present, observed: &str) -> Finding {
    let expected = match policy.lock {
        Some(Lock::Compliance) => "a lock in compliance mode",
        _ => "a lock",
    };
    Finding::new(&kinds::PRESENT_NOT_LOCKED, &archive.object.key).expected(expected).observed(observed)
}

fn unknown(archive: &Archive, why: &str) -> Finding {
    Finding::new(&kinds::PRESENT_PROTECTION_UNKNOWN, &archive.object.key)
        .expected("what protects it")
        .observed(why)
}
