//! Freshness, gaps and sizes: an archive among the others of its series.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{is_future, length, moment, precise};
use crate::archive::storage::catalogue::{Archive, Series};
use crate::policy::{Age, Present};
use crate::verdict::{Finding, Findings, kinds};

/// How many archives before one its size is compared with.
const BEFORE: usize = 5;

/// What is said of the series as a whole.
pub(super) fn judge(series: &Series, policy: &Present, now: Timestamp) -> Findings {
    let mut findings = Findings::default();
    let times = usable_times(series, now);
    if let Some(rpo) = policy.rpo {
        stale(series, &times, rpo, now, &mut findings);
    }
    if let Some(every) = policy.every {
        gaps(series, times, signed(every.0), policy, now, &mut findings);
    }
    findings
}

/// When the archives were made that hold something and are not from the future.
fn usable_times(series: &Series, now: Timestamp) -> Vec<Timestamp> {
    let usable = series.archives.iter().filter(|archive| archive.object.size > 0);
    usable.filter_map(|archive| archive.time).filter(|time| !is_future(*time, now)).collect()
}

fn stale(series: &Series, times: &[Timestamp], rpo: Age, now: Timestamp, findings: &mut Findings) {
    // Archives that are all empty, from the future or without a time are said to be so each.
    let Some(newest) = times.last() else { return };
    let age = now.duration_since(*newest);
    if age > signed(rpo.0) {
        let observed = format!("the newest is {} old, of {}", precise(age), moment(*newest));
        let finding = Finding::new(&kinds::PRESENT_STALE, subject(series));
        findings.push(finding.expected(format!("at most {rpo} old")).observed(observed));
    }
}

/// A pause is a gap if it is longer than one and a half times `every`: a job may start late or take longer, and
/// a day may have 25 hours. Pauses that ended before the window are forgotten. The pause since the newest
/// archive is freshness; it is a gap only where the policy states no RPO.
fn gaps(
    series: &Series,
    mut times: Vec<Timestamp>,
    every: SignedDuration,
    policy: &Present,
    now: Timestamp,
    findings: &mut Findings,
) {
    if policy.rpo.is_none() {
        times.push(now);
    }
    let window = signed(policy.window.0);
    for pair in times.windows(2) {
        let pause = pair[1].duration_since(pair[0]);
        let recent = now.duration_since(pair[1]) <= window;
        if recent && pause.as_secs() > every.as_secs().saturating_add(every.as_secs() / 2) {
            let observed =
                format!("none for {}, from {} to {}", length(pause), moment(pair[0]), moment(pair[1]));
            let finding = Finding::new(&kinds::PRESENT_GAP, subject(series));
            findings.push(finding.expected(format!("one every {}", length(every))).observed(observed));
        }
    }
}

/// The median size of up to five archives before this one that hold something; of the same kind of session, so
/// that an incremental backup is not measured by a full one.
pub(super) fn median_before(series: &Series, archive: &Archive) -> Option<u64> {
    let before = series.archives.iter().take_while(|other| other.name != archive.name);
    let alike = before.filter(|other| other.object.size > 0 && other.kind() == archive.kind());
    let mut sizes: Vec<u64> = alike.map(|other| other.object.size).collect();
    let mut last = sizes.split_off(sizes.len().saturating_sub(BEFORE));
    last.sort_unstable();
    let middle = last.len() / 2;
    match (last.get(middle), last.len() % 2) {
        (Some(upper), 0) => Some(last[middle - 1].midpoint(*upper)),
        (Some(size), _) => Some(*size),
        (None, _) => None,
    }
}

fn subject(series: &Series) -> String {
    series.account.clone().unwrap_or_else(|| "all archives".to_owned())
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}
