//! One rehearsal, from the guard to the figures.

use std::time::Instant;

use jiff::Timestamp;
use tokio::runtime::Handle;

use super::admission::{self, Refusal};
use super::figures::Clock;
use super::ledger::{Ledger, Noting};
use super::plan::{self, Plan};
use super::result::{ReadBack, RehearsalResult, Rehearsed, SandboxFacts};
use super::validation::Validation;
use super::{RecoveryTime, Remains, Root, Sandbox, SandboxError, findings, point};
use crate::archive::decrypt::Keyring;
use crate::event::{Observer, Tally};
use crate::exit;
use crate::legible::line;
use crate::live::Server;
use crate::mailbox::Item;
use crate::mailbox::sample::Seed;
use crate::network::Cancel;
use crate::policy::{Live, Policy, Rehearsal, Sample};
use crate::verdict::{Coverage, Findings, Outcome, Rung, Severity, Unit};
use crate::verify::{self, ArchiveResult, RunResult, Target, Tools, Trouble};

/// Everything a rehearsal needs.
#[derive(Debug)]
pub struct RehearsalJob<'a> {
    /// What must hold.
    pub policy: &'a Policy,
    /// The sandbox as the policy has it.
    pub rules: &'a Rehearsal,
    /// Opens the archives.
    pub keyring: &'a Keyring,
    /// Drives the network; must run on threads of its own.
    pub runtime: &'a Handle,
    /// Ends the rehearsal early.
    pub cancel: &'a Cancel,
    /// The mail server that is compared with, where there is one.
    pub live: Option<&'a Server>,
    /// What is put is to stay.
    pub keep: bool,
}

/// Marks a place as the sandbox of the policy's account, if it may be one and nothing lies there.
///
/// # Errors
/// [`Refusal`] if it may not, or can't be marked.
pub fn mark(sandbox: &mut dyn Sandbox, rules: &Rehearsal, live: Option<&Live>) -> Result<(), Refusal> {
    let contents = admission::look(sandbox, rules, live)?;
    if let Some(other) = contents.marked_for.filter(|marked| !marked.eq_ignore_ascii_case(&rules.account)) {
        let (place, account) = (sandbox.address().to_owned(), rules.account.clone());
        return Err(Refusal::MarkedForOther { place, other: line(&other), account });
    }
    Ok(sandbox.mark(&rules.account)?)
}

/// Verifies the archives of `selection`, restores them into `sandbox`, reads that back and compares.
///
/// Never fails: what could not be done is a trouble in the result, and the result then is not a pass.
pub fn rehearse(
    job: &RehearsalJob<'_>,
    sandbox: &mut dyn Sandbox,
    selection: verify::Selection,
    observer: &dyn Observer,
) -> RehearsalResult {
    let mut run = Run::begin(job, sandbox.address(), selection.started);
    match admission::admit(sandbox, job.rules, job.policy.live.as_ref()) {
        Ok(roots) => run.go(sandbox, &roots, selection, observer),
        Err(refusal) => run.trouble("sandbox", &refusal),
    }
    run.finish()
}

struct Run<'a> {
    job: &'a RehearsalJob<'a>,
    result: RehearsalResult,
}

impl<'a> Run<'a> {
    fn begin(job: &'a RehearsalJob<'a>, address: &str, started: Option<Timestamp>) -> Self {
        let now = Timestamp::now();
        let sandbox = SandboxFacts {
            address: address.to_owned(),
            account: job.rules.account.clone(),
            kept: job.keep,
            ..SandboxFacts::default()
        };
        let result = RehearsalResult {
            started: started.unwrap_or(now),
            finished: now,
            outcome: Outcome::NotVerified,
            exit_code: exit::NOT_VERIFIED,
            interrupted: false,
            sandbox,
            scope: job.rules.scope,
            coverage: Coverage::none(Unit::Messages),
            archives: Vec::new(),
            read_back: None,
            time: None,
            rto: job.rules.rto,
            point: None,
            rpo: job.rules.rpo,
            findings: Findings::default(),
            troubles: Vec::new(),
            verified: None,
        };
        Self { job, result }
    }

    fn trouble(&mut self, stage: &'static str, error: &dyn std::error::Error) {
        self.result.troubles.push(Trouble::new(stage, error));
    }

    fn go(
        &mut self,
        sandbox: &mut dyn Sandbox,
        roots: &[Root],
        selection: verify::Selection,
        observer: &dyn Observer,
    ) {
        let targets = selection.targets.clone();
        let verified = self.verify(selection, observer);
        let archives: Vec<(&Target, &ArchiveResult)> = targets.iter().zip(&verified.archives).collect();
        if self.is_admitted(&archives) && !self.job.cancel.is_cancelled() {
            self.restore(sandbox, roots, &archives, observer);
            self.point(&archives);
        }
        self.result.verified = Some(verified);
    }

    /// What the archives prove by themselves, and beside the live mailboxes.
    fn verify(&self, selection: verify::Selection, observer: &dyn Observer) -> RunResult {
        let RehearsalJob { keyring, runtime, cancel, live, .. } = *self.job;
        let mut policy = self.job.policy.clone();
        policy.require.rung = if live.is_some() { Rung::Restorable } else { Rung::Meaningful };
        let job = verify::Job { policy: &policy, keyring, runtime, cancel, live };
        verify::run(&job, selection, observer)
    }

    /// Whether no account of the archives is the sandbox's own, live.
    fn is_admitted(&mut self, archives: &[(&Target, &ArchiveResult)]) -> bool {
        let live = self.job.policy.live.as_ref();
        let mailboxes = archives.iter().flat_map(|(_, archive)| &archive.mailboxes);
        let refused = mailboxes
            .map(|mailbox| admission::may_hold(self.job.rules, live, &mailbox.summary.account))
            .find_map(Result::err);
        refused.map(|refusal| self.trouble("sandbox", &refusal)).is_none()
    }

    fn restore(
        &mut self,
        sandbox: &mut dyn Sandbox,
        roots: &[Root],
        archives: &[(&Target, &ArchiveResult)],
        observer: &dyn Observer,
    ) {
        let Some(root) = Root::new(self.result.started, self.job.keep) else {
            let trouble = Trouble::internal("sandbox", "the system gave no random numbers");
            return self.result.troubles.push(trouble);
        };
        if let Err(error) = self.clear(sandbox, roots) {
            return self.trouble("sandbox", &error);
        }
        self.result.sandbox.root = Some(root.to_string());
        let mut ledger = Ledger::default();
        let began = Instant::now();
        for (number, (target, archive)) in archives.iter().enumerate() {
            let step = Step { number: number + 1, target, archive };
            if let Err(error) = self.restore_one(sandbox, &root, &step, &mut ledger, observer) {
                self.trouble("sandbox", &error);
                break;
            }
        }
        let restore = began.elapsed();
        self.read_back(sandbox, &root, ledger, Clock { began, restore, read_back: restore });
        if !self.job.keep {
            match take_away(sandbox, &root) {
                Ok(()) => self.result.sandbox.cleaned = true,
                Err(error) => {
                    self.result.findings.push(findings::not_cleaned(root.as_str(), &error.to_string()));
                }
            }
        }
    }

    /// Takes away what runs left that were ended early; what was to stay, stays.
    fn clear(&mut self, sandbox: &mut dyn Sandbox, roots: &[Root]) -> Result<(), SandboxError> {
        for root in roots {
            if Root::remains(root.as_str()) == Some(Remains::Left) {
                take_away(sandbox, root)?;
                self.result.sandbox.leftovers += 1;
            } else {
                self.result.sandbox.kept_before += 1;
            }
        }
        let left = usize::try_from(self.result.sandbox.leftovers).unwrap_or(usize::MAX);
        if left > 0 {
            self.result.findings.push(findings::leftovers(left));
        }
        Ok(())
    }

    fn restore_one(
        &mut self,
        sandbox: &mut dyn Sandbox,
        root: &Root,
        step: &Step<'_>,
        ledger: &mut Ledger,
        observer: &dyn Observer,
    ) -> Result<(), SandboxError> {
        let (tools, target) = (self.tools(), step.target);
        let seed = match seed(tools, &self.job.policy.sample, target, step.archive) {
            Ok(seed) => seed,
            Err(trouble) => {
                self.result.troubles.push(trouble);
                return Ok(());
            }
        };
        let plan = Plan::of(step.archive, self.job.rules, &self.job.policy.sample, seed);
        if plan.wanted == 0 {
            let message = format!(
                "{}: no message of what was asked for is in it; {}",
                target.address(),
                plan::lacks(step.archive, self.job.rules)
            );
            self.result.troubles.push(Trouble { stage: "restore", message, internal: false });
            return Ok(());
        }
        let rooms = sandbox.rooms(step.number);
        let mut place = sandbox.place(root, step.number)?;
        let mut noting = Noting::new(&mut *place, ledger, &*rooms);
        let restored = crate::restore::run(tools, target, plan.selection, &mut noting, observer);
        drop(place);
        self.take(Rehearsed {
            archive: target.address(),
            seed: plan.seed.map(|seed| seed.to_string()),
            asked: asked(plan.wanted, &restored),
            population: step.messages().count() as u64,
            population_bytes: step.messages().map(|item| item.size).sum(),
            restored,
        });
        Ok(())
    }

    fn tools(&self) -> Tools<'a> {
        let RehearsalJob { policy, keyring, runtime, cancel, .. } = *self.job;
        Tools { keyring, limits: &policy.limits, runtime, cancel, live: None }
    }

    fn take(&mut self, mut rehearsed: Rehearsed) {
        let restored = &mut rehearsed.restored;
        findings::not_restored(restored).for_each(|finding| self.result.findings.push(finding));
        if let Some(error) = restored.stopped.clone() {
            self.trouble("restore", &error);
        }
        self.result.troubles.append(&mut restored.reading.troubles);
        if restored.undecided > 0 {
            let message = format!(
                "{}: {} messages have no body, so that nobody knows whether they were asked for; run `mailproof verify`",
                rehearsed.archive, restored.undecided
            );
            self.result.troubles.push(Trouble { stage: "restore", message, internal: false });
        }
        self.result.archives.push(rehearsed);
    }

    fn read_back(&mut self, sandbox: &mut dyn Sandbox, root: &Root, ledger: Ledger, mut clock: Clock) {
        let began = Instant::now();
        let mut validation = Validation::new(ledger);
        let read = sandbox.read_back(root, &mut |found| validation.take(found));
        clock.read_back = began.elapsed();
        if let Err(error) = read {
            return self.trouble("read back", &error);
        }
        let (back, ledger) = validation.conclude(&mut self.result.findings);
        let populations = self.result.archives.iter().map(|archive| archive.population).sum();
        let checked = back.put - back.missing + back.equal;
        self.result.coverage = Coverage { checked, total: Some(populations), unit: Unit::Messages };
        self.result.read_back = Some(back);
        if ledger.messages > 0 {
            let bytes = self.result.archives.iter().map(|archive| archive.population_bytes).sum();
            let time = RecoveryTime::new(&ledger, &clock, (populations, bytes));
            let slow = self.job.rules.rto.and_then(|rto| findings::too_slow(&time, rto));
            slow.into_iter().for_each(|finding| self.result.findings.push(finding));
            self.result.time = Some(time);
        }
    }

    fn point(&mut self, archives: &[(&Target, &ArchiveResult)]) {
        let RehearsalJob { rules, live, policy, .. } = *self.job;
        let now = self.result.started.as_second();
        match point::find(archives, rules, live, &policy.archives, now) {
            Ok(point) => {
                let old = rules.rpo.zip(point.as_ref());
                let old = old.and_then(|(rpo, point)| findings::too_old(point, rpo));
                old.into_iter().for_each(|finding| self.result.findings.push(finding));
                self.result.point = point;
            }
            Err(error) => self.trouble("live", &error),
        }
    }

    fn finish(mut self) -> RehearsalResult {
        self.result.finished = Timestamp::now();
        self.result.interrupted = self.job.cancel.is_cancelled();
        self.result.outcome = outcome(&self.result, self.job.policy.require.fail_on);
        let warnings_exit = self.job.policy.run.warnings_exit;
        self.result.exit_code = exit_code(&self.result, warnings_exit);
        self.result
    }
}

/// Takes a run's folder away and looks whether it is gone: servers were seen to say so and to keep it.
fn take_away(sandbox: &mut dyn Sandbox, root: &Root) -> Result<(), SandboxError> {
    sandbox.clean(root)?;
    if sandbox.contents()?.roots.contains(root) {
        return Err(SandboxError::Other(format!(
            "{root} is still there, though the place said that it took it away; remove it by hand"
        )));
    }
    Ok(())
}

/// One archive of several.
struct Step<'a> {
    /// From 1.
    number: usize,
    target: &'a Target,
    archive: &'a ArchiveResult,
}

impl Step<'_> {
    fn messages(&self) -> impl Iterator<Item = &Item> {
        self.archive.mailboxes.iter().flat_map(|mailbox| &mailbox.summary.messages)
    }
}

/// What came is known better than what was to come, unless the restore ended early.
fn asked(wanted: u64, restored: &crate::restore::Restored) -> u64 {
    let came = restored.selected.saturating_sub(restored.repeated);
    let ended_early = restored.stopped.is_some() || restored.interrupted || !restored.archive_is_whole();
    if ended_early { came.max(wanted) } else { came }
}

/// The seed that the comparison with the live mailboxes had, so that the same messages are drawn; else a new one.
fn seed(tools: Tools<'_>, rules: &Sample, target: &Target, archive: &ArchiveResult) -> Result<Seed, Trouble> {
    if let Some(compared) = &archive.compared {
        return Ok(compared.seed);
    }
    let object = tools
        .head(target, &target.key, &Tally::default())
        .map_err(|error| Trouble::new("storage", &error))?;
    verify::seed(rules, &object)
}

/// Nothing that was not put and read back byte for byte is a pass, and nothing at all is none.
fn outcome(result: &RehearsalResult, fail_on: Severity) -> Outcome {
    let verified = result.verified.as_ref().map_or(Outcome::NotVerified, |run| run.outcome);
    let failed = result.findings.worst().is_some_and(|worst| worst >= fail_on);
    if failed || verified == Outcome::Failed {
        return Outcome::Failed;
    }
    let whole = |back: &ReadBack| back.put > 0 && back.same + back.line_ends == back.put;
    let proven = result.troubles.is_empty()
        && !result.interrupted
        && verified == Outcome::Passed
        && result.archives.iter().all(|archive| archive.restored.is_complete())
        && result.read_back.as_ref().is_some_and(whole);
    if proven { Outcome::Passed } else { Outcome::NotVerified }
}

fn exit_code(result: &RehearsalResult, warnings_exit: bool) -> u8 {
    let verified = result.verified.as_ref();
    let own = result.troubles.iter().any(|trouble| trouble.internal);
    let internal = own || verified.is_some_and(|run| run.exit_code == exit::INTERNAL);
    let warned = result.findings.worst() >= Some(Severity::Warning)
        || verified.is_some_and(|run| run.exit_code == exit::PASSED_WITH_WARNINGS);
    match result.outcome {
        _ if result.interrupted => exit::INTERRUPTED,
        Outcome::NotVerified if internal => exit::INTERNAL,
        Outcome::Passed if warnings_exit && warned => exit::PASSED_WITH_WARNINGS,
        outcome => outcome.exit_code(),
    }
}
