use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::archive::ArchiveError;
use crate::archive::decrypt::Keyring;
use crate::event::{Event, Observer};
use crate::exit;
use crate::live::Server;
use crate::network::Cancel;
use crate::policy::Policy;
use crate::verdict::{Coverage, Outcome, Severity, Unit};

use super::archive::verify_archive;
use super::restorable;
use super::result::{ArchiveResult, RunResult, Trouble};
use super::select::{Selection, Target};
use super::stream::Tools;

/// Everything a run needs.
#[derive(Debug)]
pub struct Job<'a> {
    /// What must hold.
    pub policy: &'a Policy,
    /// Opens the archives.
    pub keyring: &'a Keyring,
    /// Drives the network; must run on threads of its own.
    pub runtime: &'a Handle,
    /// Ends the run early.
    pub cancel: &'a Cancel,
    /// The mail server that the rung `restorable` compares with.
    pub live: Option<&'a Server>,
}

/// Verifies every archive of `selection`, several at once, and forms the result.
///
/// Never fails: what could not be done is a trouble in the result, and the result then is not a pass.
pub fn run(job: &Job<'_>, selection: Selection, observer: &dyn Observer) -> RunResult {
    let began = Timestamp::now();
    let targets = &selection.targets;
    let results = Mutex::new(targets.iter().map(|_| None).collect::<Vec<_>>());
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..workers(job.policy, targets.len()) {
            scope.spawn(|| work_through(job, targets, &next, &results, observer));
        }
    });
    let archives = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let archives =
        archives.into_iter().zip(targets).map(|(result, target)| result.unwrap_or_else(|| lost(job, target)));
    let archives = archives.collect();
    conclude(job, began, archives, selection)
}

/// How many archives are verified at the same time: three threads of each are busy, one of them mostly waits.
fn workers(policy: &Policy, archives: usize) -> usize {
    let half_the_cores = thread::available_parallelism().map_or(1, NonZero::get).div_ceil(2);
    let wanted = policy.run.parallel.map_or(half_the_cores, |wanted| usize::try_from(wanted).unwrap_or(1));
    wanted.clamp(1, archives.max(1))
}

fn work_through(
    job: &Job<'_>,
    targets: &[Target],
    next: &AtomicUsize,
    results: &Mutex<Vec<Option<ArchiveResult>>>,
    observer: &dyn Observer,
) {
    let limits = &job.policy.limits;
    let tools =
        Tools { keyring: job.keyring, limits, runtime: job.runtime, cancel: job.cancel, live: job.live };
    while let Some((index, target)) = take(targets, next) {
        let result = if job.cancel.is_cancelled() {
            let trouble = Trouble::new("verify", &ArchiveError::Interrupted);
            ArchiveResult::unexamined(target, job.policy.require.rung, trouble)
        } else {
            verify_archive(job.policy, tools, target, observer)
        };
        observer.observe(&Event::ArchiveDone { archive: &result.archive, outcome: result.outcome });
        if let Ok(mut results) = results.lock() {
            results[index] = Some(result);
        }
    }
}

fn take<'a>(targets: &'a [Target], next: &AtomicUsize) -> Option<(usize, &'a Target)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    targets.get(index).map(|target| (index, target))
}

/// A target whose worker panicked has no result of its own.
fn lost(job: &Job<'_>, target: &Target) -> ArchiveResult {
    let trouble = Trouble::internal("verify", "the worker panicked");
    ArchiveResult::unexamined(target, job.policy.require.rung, trouble)
}

fn conclude(
    job: &Job<'_>,
    began: Timestamp,
    archives: Vec<ArchiveResult>,
    selection: Selection,
) -> RunResult {
    let Selection { started, mut findings, troubles, retries, .. } = selection;
    findings.append(restorable::unknown_accepted(&job.policy.sample, &archives));
    let interrupted = job.cancel.is_cancelled();
    let mut outcome = Outcome::worst(archives.iter().map(|archive| archive.outcome));
    if interrupted || !troubles.is_empty() {
        outcome = outcome.max(Outcome::NotVerified);
    }
    if findings.worst().is_some_and(|worst| worst >= job.policy.require.fail_on) {
        outcome = Outcome::Failed;
    }
    let examined = archives.iter().filter(|archive| archive.troubles.is_empty()).count();
    let mut run = RunResult {
        started: started.unwrap_or(began),
        finished: Timestamp::now(),
        required: job.policy.require.rung,
        outcome,
        exit_code: outcome.exit_code(),
        coverage: Coverage {
            checked: examined as u64,
            total: Some(archives.len() as u64),
            unit: Unit::Archives,
        },
        archives,
        findings,
        troubles,
        retries,
        interrupted,
    };
    run.exit_code = exit_code(&run, job.policy.run.warnings_exit);
    run
}

fn exit_code(run: &RunResult, warnings_exit: bool) -> u8 {
    let all_troubles =
        || run.troubles.iter().chain(run.archives.iter().flat_map(|archive| &archive.troubles));
    let warned = || {
        let worst = run.archives.iter().map(|archive| archive.findings.worst()).max().flatten();
        worst.max(run.findings.worst()) >= Some(Severity::Warning)
    };
    match run.outcome {
        _ if run.interrupted => exit::INTERRUPTED,
        Outcome::NotVerified if all_troubles().any(|trouble| trouble.internal) => exit::INTERNAL,
        Outcome::Passed if warnings_exit && warned() => exit::PASSED_WITH_WARNINGS,
        outcome => outcome.exit_code(),
    }
}
