//! What may be claimed of an archive after what was seen of it.

use crate::policy::Require;
use crate::verdict::{Coverage, Findings, Outcome, Rung, Severity, Standing, State, Unit};

use super::result::ArchiveResult;
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

fn first_failure(findings: &Findings) -> Option<String> {
    findings
        .iter()
        .find(|finding| finding.severity == Severity::Failure)
        .map(|finding| finding.kind.id.to_owned())
}

/// The highest rung that was proven.
pub fn highest(standings: &[Standing]) -> Option<Rung> {
    standings.iter().filter(|standing| standing.state == State::Proven).map(|standing| standing.rung).max()
}

/// The outcome of one archive.
///
/// A coverage below all counts as enough only where the policy says so and nothing else is amiss.
pub fn outcome(require: &Require, result: &ArchiveResult) -> Outcome {
    if result.findings.worst().is_some_and(|worst| worst >= require.fail_on) {
        return Outcome::Failed;
    }
    let holds = |standing: &Standing| {
        standing.state == State::Proven
            || (standing.rung == Rung::Complete && enough(require, standing, result))
    };
    let asked: Vec<_> = result.standings.iter().filter(|standing| standing.rung <= require.rung).collect();
    if asked.iter().any(|standing| standing.state == State::Disproven) {
        return Outcome::Failed;
    }
    let looked = asked.iter().any(|standing| standing.rung == require.rung);
    let proven = looked && asked.iter().all(|standing| holds(standing)) && result.troubles.is_empty();
    if proven { Outcome::Passed } else { Outcome::NotVerified }
}

fn enough(require: &Require, standing: &Standing, result: &ArchiveResult) -> bool {
    let coverage = result.coverage;
    let only_coverage = standing.reason.as_ref() == Some(&coverage.to_string());
    only_coverage && coverage.checked > 0 && coverage.reaches(require.coverage_percent)
}
