//! The rung `present`: each archive exists, is fresh, in sequence, plausible in size, protected and copied as the
//! policy asks.
//!
//! Input: a catalogue, what the stores said of protection and copies, the policy, the time. Output: findings for
//! each series and archive, and how far the rung was proven for each archive.
//! Invariant: what a store would not tell is neither there nor missing: it is not proven.

mod copies;
mod protection;
mod sequence;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

pub use copies::Replica;

use super::{length, moment};
use crate::archive::storage::Protection;
use crate::archive::storage::catalogue::{Archive, Catalogue, Series, TimeSource};
use crate::policy::{Present, Select, stamp};
use crate::verdict::{Cause, Finding, Findings, Kind, Rung, Severity, Standing, State, kinds};

/// Where archives were looked for.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// As the policy writes it: `s3://bucket/prefix/`.
    pub address: &'a str,
    /// How keys of archives look (`archives.key`); without it every object is one.
    pub template: Option<&'a str>,
}

/// What was fetched for this check besides the listing.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    /// What protects the selected archives, by key; only looked at if the policy asks for a lock or a retention.
    pub protections: HashMap<String, Protection>,
    /// The other stores.
    pub replicas: Vec<Replica>,
}

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// About the stores as a whole.
    pub findings: Findings,
    /// Each series, in the catalogue's order.
    pub series: Vec<SeriesPresence>,
}

/// What the check found in one series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesPresence {
    /// Whose archives they are.
    pub account: Option<String>,
    /// About the series: `present-stale` and `present-gap`. The standing of its newest archive counts them in.
    pub findings: Findings,
    /// Each selected archive, oldest first.
    pub archives: Vec<ArchivePresence>,
}

/// What the check found of one archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePresence {
    /// The key of its object.
    pub key: String,
    /// About this archive.
    pub findings: Findings,
    /// How far the rung was proven: disproven by a failure, not proven where something stayed unknown.
    pub standing: Standing,
}

/// How far a clock may be ahead before an archive counts as made in the future.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// Judges what the catalogue holds.
///
/// Parts of the policy that are not stated are not judged. Freshness and gaps are those of a series and count all
/// its archives that hold something and are not from the future; the rest is judged for selected archives.
#[must_use]
pub fn present(
    place: Place<'_>,
    catalogue: &Catalogue,
    fetched: &Fetched,
    policy: &Present,
    select: Select,
    now: Timestamp,
) -> Presence {
    let mut presence = Presence { findings: whole(place, catalogue), series: Vec::new() };
    unread_times(catalogue, policy, &mut presence.findings);
    copies::unknown(&fetched.replicas, &mut presence.findings);
    for series in &catalogue.series {
        let findings = sequence::judge(series, policy, now);
        let judge = Judge { series, fetched, policy, now };
        let mut archives: Vec<_> = series.selected(select).map(|archive| judge.archive(archive)).collect();
        if let Some(newest) = archives.last_mut() {
            newest.standing = standing(&[&newest.findings, &findings], judge.unknown(series.archives.last()));
        }
        presence.series.push(SeriesPresence { account: series.account.clone(), findings, archives });
    }
    presence
}

/// What is said of the listing as a whole.
fn whole(place: Place<'_>, catalogue: &Catalogue) -> Findings {
    let mut findings = Findings::default();
    if catalogue.series.is_empty() {
        findings.push(missing(place, catalogue));
    }
    for key in &catalogue.unmatched {
        let finding = Finding::new(&kinds::PRESENT_UNMATCHED_KEY, key);
        findings.push(finding.expected("a key as archives.key describes it").observed("another"));
    }
    findings
}

/// Says that names state days which no `{time}` reads, where it matters how old archives are: an old one that is uploaded
/// or copied anew is then as good as new.
fn unread_times(catalogue: &Catalogue, policy: &Present, findings: &mut Findings) {
    let timed = policy.rpo.is_some() || policy.every.is_some();
    let archives = || catalogue.series.iter().flat_map(|series| &series.archives);
    let unread =
        |archive: &&Archive| archive.time_source == TimeSource::Store && stamp::seems_dated(&archive.name);
    let Some(last) = archives().rfind(unread).filter(|_| timed) else { return };
    let finding = Finding::new(&kinds::PRESENT_TIME_UNREAD, &last.object.key);
    let count = archives().filter(unread).count();
    findings.push(
        finding
            .expected("the day in its name as its time, by `{time}` in archives.key")
            .observed(format!("the store's clock for it, and for {count} such archives in all")),
    );
}

/// No object is an archive: by the names that are there, or because nothing is.
fn missing(place: Place<'_>, catalogue: &Catalogue) -> Finding {
    let finding = Finding::new(&kinds::PRESENT_MISSING, place.address).cause(Cause::Configuration);
    let beside = match catalogue.sidecars.len() {
        0 => String::new(),
        count => format!(", {count} that only accompany archives"),
    };
    match (catalogue.unmatched.first(), place.template) {
        (Some(key), Some(template)) => finding
            .expected(format!("archives with keys like {template}"))
            .observed(format!("{} objects of other names, for example {key}{beside}", catalogue.unmatched.len()))
            .remedy("Mend `archives.key` in the policy so that it describes the names that are there."),
        _ => finding.expected("an archive").observed(format!("0 objects that could be one{beside}")).remedy(
            "Check `store.url` in the policy (bucket and prefix) first: no archive ever came to this place. \
             If it is right, look at the backup job's log and its upload on the mail server; run the backup again, then verify it.",
        ),
    }
}

/// One series with all that is needed to judge its archives.
struct Judge<'a> {
    series: &'a Series,
    fetched: &'a Fetched,
    policy: &'a Present,
    now: Timestamp,
}

impl Judge<'_> {
    fn archive(&self, archive: &Archive) -> ArchivePresence {
        let mut findings = Findings::default();
        self.content(archive, &mut findings);
        self.time(archive, &mut findings);
        if self.asks_for_protection() {
            let protection = self.fetched.protections.get(&archive.object.key);
            protection::judge(archive, protection, self.policy, self.now, &mut findings);
        }
        copies::judge(archive, &self.fetched.replicas, &mut findings);
        let standing = standing(&[&findings], self.unknown(Some(archive)));
        ArchivePresence { key: archive.object.key.clone(), findings, standing }
    }

    fn content(&self, archive: &Archive, findings: &mut Findings) {
        let size = archive.object.size;
        if size == 0 {
            let finding = Finding::new(&kinds::PRESENT_EMPTY_OBJECT, &archive.object.key);
            findings.push(finding.expected("an archive").observed("0 bytes"));
            return;
        }
        let Some(percent) = self.policy.shrink_percent else { return };
        let Some(median) = sequence::median_before(self.series, archive) else { return };
        if u128::from(size) * 100 < u128::from(median) * u128::from(percent) {
            let finding = Finding::new(&kinds::PRESENT_SHRUNK, &archive.object.key);
            let expected = format!("at least {percent} % of {median} bytes, the median of those before");
            findings.push(finding.expected(expected).observed(format!("{size} bytes")));
        }
    }

    fn time(&self, archive: &Archive, findings: &mut Findings) {
        if let Some(time) = archive.time.filter(|time| is_future(*time, self.now)) {
            let finding = Finding::new(&kinds::PRESENT_FUTURE_TIME, &archive.object.key);
            findings.push(finding.expected(format!("before {}", moment(self.now))).observed(moment(time)));
        }
    }

    fn asks_for_protection(&self) -> bool {
        self.policy.lock.is_some() || self.policy.retention.is_some()
    }

    /// What keeps the rung from being judged to its end.
    fn unknown(&self, archive: Option<&Archive>) -> Option<String> {
        let timed = self.policy.rpo.is_some() || self.policy.every.is_some();
        match archive?.time {
            None if timed => Some("neither its name nor the store says when it was made".to_owned()),
            Some(time) if timed && is_future(time, self.now) => {
                Some(format!("its time, {}, lies in the future", moment(time)))
            }
            _ => self.fetched.replicas.iter().find_map(Replica::silence),
        }
    }
}

/// What the findings make of the rung.
fn standing(findings: &[&Findings], unknown: Option<String>) -> Standing {
    let all = || findings.iter().flat_map(|findings| findings.iter());
    let failure = all().find(|finding| finding.severity == Severity::Failure);
    let silent = all().find(|finding| is_silence(finding.kind));
    let (state, reason) = match (failure, unknown, silent) {
        (Some(finding), ..) => (State::Disproven, Some(sentence(finding))),
        (None, Some(reason), _) => (State::NotProven, Some(reason)),
        (None, None, Some(finding)) => (State::NotProven, Some(sentence(finding))),
        (None, None, None) => (State::Proven, None),
    };
    Standing { rung: Rung::Present, state, reason }
}

fn is_silence(kind: &Kind) -> bool {
    *kind == kinds::PRESENT_PROTECTION_UNKNOWN || *kind == kinds::PRESENT_REPLICA_UNKNOWN
}

fn sentence(finding: &Finding) -> String {
    format!("{}: expected {}, observed {}", finding.kind.id, finding.expected, finding.observed)
}

fn is_future(time: Timestamp, now: Timestamp) -> bool {
    time.duration_since(now) > CLOCK_TOLERANCE
}

/// A length of time to the minute, in hours below a week, as limits are stated.
fn precise(duration: SignedDuration) -> String {
    let minutes = duration.as_secs() / 60;
    match minutes / 60 {
        hours @ 0..168 => format!("{hours} h {} min", minutes % 60),
        hours => format!("{} d {} h {} min", hours / 24, hours % 24, minutes % 60),
    }
}

#[cfg(test)]
mod tests;
