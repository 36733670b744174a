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
use super::judge;
use super::negative::{self, NegativeControls};
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

impl Job<'_> {
    fn tools(&self) -> Tools<'_> {
        let limits = &self.policy.limits;
        Tools { keyring: self.keyring, limits, runtime: self.runtime, cancel: self.cancel, live: self.live }
    }
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
    let archives: Vec<ArchiveResult> = archives.collect();
    let controls = negative::run(job.policy, job.tools(), targets, &archives, observer);
    conclude(job, began, archives, controls, selection)
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
    let tools = job.tools();
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
    mut archives: Vec<ArchiveResult>,
    controls: Option<NegativeControls>,
    selection: Selection,
) -> RunResult {
    let Selection { started, mut findings, mut troubles, retries, .. } = selection;
    troubles.extend(controls.iter().flat_map(NegativeControls::troubles));
    if controls.as_ref().is_some_and(|controls| controls.missed() > 0) {
        archives.iter_mut().for_each(judge::distrust);
    }
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
        negative_controls: controls,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Damage;
    use crate::verdict::{Rung, Standing, State};
    use crate::verify::{Ending, NegativeControl};

    fn concluded(endings: &[Ending]) -> RunResult {
        let policy = Policy::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (keyring, cancel) = (Keyring::load(&policy.keys, None).unwrap(), Cancel::default());
        let handle = runtime.handle();
        let job = Job { policy: &policy, keyring: &keyring, runtime: handle, cancel: &cancel, live: None };
        let standing = |rung| Standing { rung, state: State::Proven, reason: None };
        let mut archive = ArchiveResult::empty("file:///a".to_owned());
        archive.standings =
            vec![standing(Rung::Present), standing(Rung::Complete), standing(Rung::Meaningful)];
        (archive.rung, archive.outcome) = (Some(Rung::Meaningful), Outcome::Passed);
        let control = |ending: &Ending| NegativeControl {
            damage: Damage::CutEnd,
            at: Some(4711),
            ending: ending.clone(),
        };
        let controls = NegativeControls {
            wanted: u32::try_from(endings.len()).unwrap(),
            archive: Some("file:///a".to_owned()),
            seed: None,
            controls: endings.iter().map(control).collect(),
            trouble: None,
        };
        conclude(&job, Timestamp::UNIX_EPOCH, vec![archive], Some(controls), Selection::default())
    }

    #[test]
    fn damage_that_was_not_found_takes_back_what_was_proven() {
        let run = concluded(&[Ending::Detected("age-chunk-damaged"), Ending::Missed]);
        assert_eq!((run.outcome, run.exit_code), (Outcome::NotVerified, exit::INTERNAL));
        let archive = &run.archives[0];
        assert_eq!((archive.outcome, archive.rung), (Outcome::NotVerified, Some(Rung::Present)));
        let told = &run.troubles[0].message;
        assert!(told.starts_with("1 of 2 copies") && told.contains("`cut-end` at byte 4711"), "{told}");
    }

    #[test]
    fn damage_that_could_not_be_tried_is_no_pass_and_takes_nothing_back() {
        let run =
            concluded(&[Ending::Detected("age-chunk-damaged"), Ending::Open("the store is away".to_owned())]);
        assert_eq!((run.outcome, run.exit_code), (Outcome::NotVerified, exit::NOT_VERIFIED));
        assert_eq!(run.archives[0].rung, Some(Rung::Meaningful));
        let run = concluded(&[Ending::Detected("age-chunk-damaged")]);
        assert_eq!((run.outcome, run.exit_code), (Outcome::Passed, exit::PASSED));
    }
}
