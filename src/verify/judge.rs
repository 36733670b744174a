//! What may be claimed of an archive after what was seen of it.

use crate::check::meaningful::export::MailboxSummary;
use crate::check::meaningful::{Judgement, Meaning};
use crate::policy::{Incremental, Policy, Require};
use crate::verdict::{Coverage, Findings, Outcome, Rung, Severity, Standing, State, Unit};

use super::result::{ArchiveResult, MailboxResult};
use super::stream::Reading;

/// How many members a reading compared, of how many.
pub fn coverage(reading: Option<&Reading>) -> Coverage {
    reading
        .and_then(|reading| reading.examined.as_ref())
        .map_or(Coverage::none(Unit::Members), |examined| examined.reconciled.coverage)
}

/// Judges the rung `complete`: every layer ended, and every member equals the manifest.
pub fn complete(reading: &Reading) -> Standing {
    let coverage = coverage(Some(reading));
    let (state, reason) = if reading.findings.worst() == Some(Severity::Failure) {
        (State::Disproven, first_failure(&reading.findings))
    } else if let Some(trouble) = reading.troubles.first() {
        (State::NotProven, Some(trouble.message.clone()))
    } else if !reading.whole {
        (State::NotProven, Some("the archive was not read to its end".to_owned()))
    } else if !coverage.reaches(100) {
        (State::NotProven, Some(coverage.to_string()))
    } else {
        (State::Proven, None)
    };
    Standing { rung: Rung::Complete, state, reason }
}

/// Why the rung is not claimed of incremental sessions.
const INCREMENT: &str = "the mail that came is sound, and nobody can tell what is missing from incremental sessions; \
     prove the full ones, and set `mailbox.incremental = \"accept\"` where that is enough";

/// Judges the rung `meaningful`: what the mailboxes state of themselves holds. It stands on `complete`.
pub fn meaningful(judgement: &Judgement, complete: &Standing) -> Standing {
    let (state, mut reason) = truth(&judgement.findings(), judgement.open(), judgement.coverage());
    if state == State::NotProven && judgement.sound_increment {
        reason = Some(INCREMENT.to_owned());
    }
    let standing = Standing { rung: Rung::Meaningful, state, reason };
    if state != State::Proven || complete.state == State::Proven {
        return standing;
    }
    let reason = format!("it stands on `{}`, which is not proven", complete.rung);
    Standing { state: State::NotProven, reason: Some(reason), ..standing }
}

/// What may be claimed of one account.
pub fn mailbox((summary, meaning): (MailboxSummary, Meaning)) -> MailboxResult {
    let (state, reason) = truth(&meaning.findings, meaning.open.iter(), meaning.coverage);
    MailboxResult { summary, state, reason, coverage: meaning.coverage }
}

/// Whether what is stated holds: a failure disproves it; what is open, or was not compared, keeps it from being proven.
fn truth<'a>(
    findings: &Findings,
    mut open: impl Iterator<Item = &'a String>,
    coverage: Coverage,
) -> (State, Option<String>) {
    if findings.worst() == Some(Severity::Failure) {
        return (State::Disproven, first_failure(findings));
    }
    match open.next() {
        Some(reason) => (State::NotProven, Some(reason.clone())),
        None if !coverage.reaches(100) => (State::NotProven, Some(coverage.to_string())),
        None => (State::Proven, None),
    }
}

fn first_failure(findings: &Findings) -> Option<String> {
    findings
        .iter()
        .find(|finding| finding.severity == Severity::Failure)
        .map(|finding| finding.kind.id.to_owned())
}

/// Takes back what was proven of an archive by reading it, as known damage passed the same reading.
pub fn distrust(archive: &mut ArchiveResult) {
    let claimed = |standing: &&mut Standing| standing.rung > Rung::Present && standing.state == State::Proven;
    for standing in archive.standings.iter_mut().filter(claimed) {
        standing.state = State::NotProven;
        standing.reason = Some("damage that was done on purpose was not found in this run".to_owned());
    }
    archive.rung = highest(&archive.standings);
    archive.outcome = archive.outcome.max(Outcome::NotVerified);
}

/// The highest rung that was proven.
pub fn highest(standings: &[Standing]) -> Option<Rung> {
    standings.iter().filter(|standing| standing.state == State::Proven).map(|standing| standing.rung).max()
}

/// The outcome of one archive.
///
/// A coverage below all counts as enough only where the policy says so and nothing else is amiss; so does what incremental
/// sessions leave open.
pub fn outcome(policy: &Policy, result: &ArchiveResult) -> Outcome {
    let require = &policy.require;
    if result.findings.worst().is_some_and(|worst| worst >= require.fail_on) {
        return Outcome::Failed;
    }
    let holds = |standing: &Standing| {
        standing.state == State::Proven
            || enough(require, standing, result)
            || is_accepted(policy, standing, result)
    };
    let asked: Vec<_> = result.standings.iter().filter(|standing| standing.rung <= require.rung).collect();
    if asked.iter().any(|standing| standing.state == State::Disproven) {
        return Outcome::Failed;
    }
    let looked = asked.iter().any(|standing| standing.rung == require.rung);
    let proven = looked && asked.iter().all(|standing| holds(standing)) && result.troubles.is_empty();
    if proven { Outcome::Passed } else { Outcome::NotVerified }
}

/// Whether the policy accepts that nobody can say what is missing from incremental sessions whose mail is sound.
fn is_accepted(policy: &Policy, standing: &Standing, result: &ArchiveResult) -> bool {
    policy.mailbox.incremental == Incremental::Accept
        && standing.rung == Rung::Meaningful
        && standing.state == State::NotProven
        && result.sound_increment
}

fn enough(require: &Require, standing: &Standing, result: &ArchiveResult) -> bool {
    let coverage = match standing.rung {
        Rung::Complete => Some(result.coverage),
        Rung::Meaningful => result.items,
        _ => None,
    };
    coverage.is_some_and(|coverage| {
        let only_coverage = standing.reason.as_ref() == Some(&coverage.to_string());
        only_coverage && coverage.checked > 0 && coverage.reaches(require.coverage_percent)
    })
}
