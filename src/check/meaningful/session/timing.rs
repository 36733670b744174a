//! When an archive was made, and how old the newest session in it may have been then.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::policy::{Policy, Present, stamp};
use crate::verdict::Severity;

/// How old a session may be where the policy asks for no freshness.
const USUAL: SignedDuration = SignedDuration::from_hours(48);
/// The store's clock is read when the upload is done, and it knows no time zone of a mail server.
const UPLOAD: SignedDuration = SignedDuration::from_hours(24);

/// When an archive was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// The moment.
    pub at: Timestamp,
    /// Its name says so; otherwise it is when the store wrote it.
    pub by_name: bool,
    /// No archive of its series is newer.
    pub newest: bool,
}

/// The time of an archive, against which the times of sessions are held.
#[derive(Debug, Clone)]
pub struct Timing {
    made: Option<Made>,
    /// That of the times in names of sessions.
    zone: TimeZone,
    /// How old the newest session may be when the archive is made.
    limit: SignedDuration,
    /// The policy says so.
    stated: bool,
}

impl Default for Timing {
    /// Nothing is known, so nothing is too old.
    fn default() -> Self {
        Self { made: None, zone: TimeZone::UTC, limit: USUAL, stated: false }
    }
}

impl Timing {
    /// What the policy asks of an archive that was made then.
    #[must_use]
    pub fn of(policy: &Policy, made: Option<Made>) -> Self {
        let Present { rpo, every, .. } = &policy.present;
        let signed =
            |length: std::time::Duration| SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
        let limit = match (rpo, every) {
            (Some(rpo), _) => signed(rpo.0),
            // A job may start late or take longer, as between two archives.
            (None, Some(every)) => signed(every.0.saturating_add(every.0 / 2)),
            (None, None) => USUAL,
        };
        // Without its zone, times in names can't be held against a clock.
        let zone = TimeZone::get(&policy.archives.time_zone).ok();
        let made = made.filter(|_| zone.is_some());
        let zone = zone.unwrap_or(TimeZone::UTC);
        Self { made, zone, limit, stated: rpo.is_some() || every.is_some() }
    }

    /// Whether a session that began then is too old for the archive.
    pub(super) fn judge(&self, started: DateTime) -> Option<Stale> {
        let made = self.made?;
        let age = made.at.duration_since(stamp::moment(started, &self.zone)?);
        let limit = if made.by_name { self.limit } else { self.limit.saturating_add(UPLOAD) };
        // An older object may have been copied to where it lies long after it was made.
        let certain = made.by_name || (self.stated && made.newest);
        let severity = if certain { Severity::Failure } else { Severity::Warning };
        (age > limit).then_some(Stale { made, age, limit, severity })
    }

    /// Whether a session was begun when the archive was made; `None` where that can't be told.
    pub(super) fn had_begun(&self, started: DateTime) -> Option<bool> {
        let made = self.made?;
        let started = stamp::moment(started, &self.zone)?;
        let slack = if made.by_name { SignedDuration::ZERO } else { UPLOAD };
        Some(made.at.duration_since(started) >= slack)
    }
}

/// A session that is too old for the archive it is the newest of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stale {
    pub(super) made: Made,
    pub(super) age: SignedDuration,
    pub(super) limit: SignedDuration,
    pub(super) severity: Severity,
}
