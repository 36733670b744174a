//! Incremental sessions reach back to the session before them, and stand on a full one.
//!
//! zmbackup 1.2 asks for mail `after:` the day of 48 hours before now, whenever the last session was
//! (`ParallelAction.sh`), and Zimbra leaves that day itself out (`DateQuery.java`): an incremental session reaches back
//! to the midnight before the last one, by the clock of the server or of the account. zmbackup 2.0 counts from the
//! account's last session, so that it leaves no gap.

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan};

use super::listing::Listed;
use super::subject;
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::zmbackup::{Place, SessionKind, SessionName, Status};
use crate::verdict::{Finding, Severity, kinds};

/// Beyond this no time zone and no change of the clock explains a gap away.
const CERTAIN: SignedDuration = SignedDuration::from_hours(49);

/// Judges the incremental sessions that are in the archive.
pub(super) fn judge(place: &Place, listed: &Listed<'_>, path: &str, meaning: &mut Meaning) {
    let known = known(place, listed);
    let by_account = by_account(listed);
    let first_full = known.iter().find(|name| name.kind == SessionKind::Full).copied();
    for session in place.sessions.iter().filter(|session| session.name.kind == SessionKind::Incremental) {
        if first_full.is_none_or(|full| session.name < full) {
            let severity = without_base(first_full.is_some(), place, listed);
            let finding = Finding::new(&kinds::SESSION_BASE_MISSING, subject(path, session.name));
            let finding = finding.expected("a full session before it").observed("none that is known here");
            meaning.findings.push(finding.severity(severity));
        }
        if listed.is_of_two() {
            continue;
        }
        let before = known[..known.partition_point(|other| *other < session.name)].last();
        if let Some(gap) = before.and_then(|before| Gap::between(*before, session.name)) {
            meaning.findings.push(gap.finding(subject(path, session.name), listed.known));
            continue;
        }
        for account in session.accounts.keys() {
            let times = by_account.get(&**account).map_or(&[][..], Vec::as_slice);
            let before = times[..times.partition_point(|other| *other < session.name)].last();
            if let Some(gap) = before.and_then(|before| Gap::between(*before, session.name)) {
                let subject = format!("{}: {account}", subject(path, session.name));
                meaning.findings.push(gap.finding(subject, true));
            }
        }
    }
}

/// All sessions with mail that are in the archive or listed, but for those that were never completed.
fn known(place: &Place, listed: &Listed<'_>) -> Vec<SessionName> {
    let here = place.sessions.iter().map(|session| session.name);
    let mut known: Vec<_> = here
        .chain(listed.sessions.keys().copied())
        .filter(|name| name.kind.has_mail())
        .filter(|name| listed.sessions.get(name).is_none_or(|row| row.status != Status::InProgress))
        .collect();
    known.sort();
    known.dedup();
    known
}

/// The sessions in which each account's mail was backed up, oldest first.
fn by_account<'a>(listed: &Listed<'a>) -> BTreeMap<&'a str, Vec<SessionName>> {
    let mut sessions: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for (name, row) in listed.sessions.iter().filter(|(name, _)| name.kind.has_mail()) {
        for account in row.accounts() {
            sessions.entry(account).or_default().push(*name);
        }
    }
    sessions
}

/// Time before an incremental session that it does not reach back to.
struct Gap {
    before: SessionName,
    from: DateTime,
    certain: bool,
}

impl Gap {
    /// The gap between a session and the one before it, if there is one.
    fn between(before: SessionName, session: SessionName) -> Option<Self> {
        let from =
            session.started.date().checked_sub(1.day()).ok()?.to_datetime(jiff::civil::Time::midnight());
        let certain = session.started.duration_since(before.started) > CERTAIN;
        (before.started < from).then_some(Self { before, from, certain })
    }

    fn finding(&self, subject: String, listed: bool) -> Finding {
        let time = |time: DateTime| time.strftime("%Y-%m-%d %H:%M").to_string();
        let finding = Finding::new(&kinds::SESSION_INCREMENTAL_GAP, subject)
            .expected(format!("mail since {}, when {} began", time(self.before.started), self.before))
            .observed(format!("mail since {} at the earliest, by clocks without a zone", time(self.from)));
        // Without a catalogue another archive may hold the sessions between.
        if self.certain && listed { finding } else { finding.severity(Severity::Warning) }
    }
}

/// How serious it is that no full session lies before an incremental one.
fn without_base(taken_over: bool, place: &Place, listed: &Listed<'_>) -> Severity {
    match (taken_over, listed.known) {
        // A newer full session has taken over; what is left of the time before it is only old.
        (true, _) => Severity::Info,
        (false, true) => Severity::Failure,
        // It may lie in another archive.
        (false, false) if place.sessions.len() > 1 => Severity::Warning,
        (false, false) => Severity::Info,
    }
}
