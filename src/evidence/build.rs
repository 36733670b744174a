//! From what a run found out to the record of it: one builder for each kind.

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;

use super::key::PublicKey;
use super::record::{
    Content, Draw, Environment, Excluded, HandOver, Kind, Method, Objectives, PolicyFile, Record, SCHEMA,
    Scope, Tool,
};
use super::review::{Action, SignOff};
use crate::compare::{Compared, MailboxSample};
use crate::mailbox::ItemKind;
use crate::policy::{self, Policy};
use crate::report::{json, rehearsal, restored};
use crate::restore::Completion;
use crate::restore::rehearsal::RehearsalResult;
use crate::verdict::Outcome;
use crate::verify::{ArchiveResult, RunResult, Trouble};

/// Things that were not looked at and are named.
const MOST_EXCLUDED: usize = 1000;

/// What a record says that no result does: under which policy, on which machine, by whom.
#[derive(Debug)]
pub struct Basis<'a> {
    /// The policy with the command line's overrides.
    pub policy: &'a Policy,
    /// The policy's file and its digest.
    pub source: Option<(&'a Path, &'a str)>,
    /// The name of the machine.
    pub host: Option<&'a str>,
    /// Who runs this.
    pub operator: Option<&'a str>,
    /// By what the command line asks for less than the policy does.
    pub narrowed: &'a [String],
}

impl<'a> Basis<'a> {
    /// Of a run of which nothing is known but its policy.
    #[must_use]
    pub fn of(policy: &'a Policy) -> Self {
        Self { policy, source: None, host: None, operator: None, narrowed: &[] }
    }

    fn record(&self, kind: Kind, times: (Timestamp, Timestamp), outcome: Outcome, result: Content) -> Record {
        let (started, finished) = times;
        let (time, rest) = (started.strftime("%Y%m%dT%H%M%SZ"), started.subsec_nanosecond());
        Record {
            schema: SCHEMA,
            id: format!("{time}-{rest:09}-{outcome}"),
            sequence: 0,
            kind,
            previous: None,
            signed_by: None,
            pseudonyms: None,
            tool: Tool { name: "mailproof", version: env!("CARGO_PKG_VERSION") },
            host: self.host.map(str::to_owned),
            operator: self.operator.map(str::to_owned),
            started: started.to_string(),
            finished: finished.to_string(),
            outcome,
            exit_code: outcome.exit_code(),
            policy: self.source.map(|(file, blake3)| PolicyFile {
                file: file.display().to_string(),
                blake3: blake3.to_owned(),
            }),
            scope: Scope { narrowed: self.narrowed.to_vec(), ..Scope::default() },
            sample: Vec::new(),
            coverage: None,
            objectives: None,
            environment: self.environment(),
            retries: None,
            resumes: None,
            hand_over: None,
            time_stamp: None,
            sign_off: None,
            action: None,
            result,
        }
    }

    fn environment(&self) -> Environment {
        let store = self.policy.store.as_ref();
        Environment {
            store_kind: store.map(|store| kind_of(&store.url)),
            store: store.map(|store| store.url.clone()),
            store_endpoint: store.and_then(|store| store.endpoint.as_deref()).map(without_user),
            ..Environment::default()
        }
    }

    fn live(&self) -> Option<String> {
        self.policy.live.as_ref().map(|live| live.url.clone())
    }
}

impl Record {
    /// The record of a verification.
    #[must_use]
    pub fn of_verification(run: &RunResult, basis: &Basis<'_>) -> Self {
        let content = Content::Verified(Box::new(json::Result::from(run)));
        let mut record = basis.record(Kind::Verify, (run.started, run.finished), run.outcome, content);
        record.exit_code = run.exit_code;
        record.coverage = Some(run.coverage);
        record.take_reading(run);
        let compared = run.archives.iter().filter_map(|archive| Some((archive, archive.compared.as_ref()?)));
        record.sample =
            compared.map(|(archive, compared)| draw(archive, compared, &basis.policy.sample)).collect();
        if !record.sample.is_empty() {
            record.environment.live = basis.live();
        }
        record
    }

    /// The record of a rehearsal.
    #[must_use]
    pub fn of_rehearsal(run: &RehearsalResult, basis: &Basis<'_>) -> Self {
        let content = Content::Rehearsed(Box::new(rehearsal::Result::from(run)));
        let mut record = basis.record(Kind::Rehearse, (run.started, run.finished), run.outcome, content);
        record.exit_code = run.exit_code;
        record.coverage = Some(run.coverage);
        record.objectives = objectives(run);
        record.environment.restored_to = Some(run.sandbox.address.clone());
        record.environment.live = basis.live();
        record.sample = run.archives.iter().map(|archive| rehearsed(archive, &basis.policy.sample)).collect();
        if let Some(verified) = &run.verified {
            record.take_reading(verified);
        }
        run.troubles.iter().for_each(|trouble| record.scope.exclude(trouble.stage, &trouble.message));
        record
    }

    /// The record of a restore that was begun and ended at these times.
    #[must_use]
    pub fn of_restore(report: restored::Restore, times: (Timestamp, Timestamp), basis: &Basis<'_>) -> Self {
        let outcome = match report.outcome {
            Completion::Complete => Outcome::Passed,
            Completion::Incomplete => Outcome::Failed,
            Completion::NotDone | Completion::Interrupted => Outcome::NotVerified,
        };
        let mut scope = Scope { archives: Some(1), items: Some(report.selected), ..Scope::default() };
        report.errors.iter().for_each(|error| scope.exclude(error.stage, &error.message));
        report.untaken.iter().for_each(|note| scope.exclude(&report.archive, note));
        let (place, exit_code) = (report.place.clone(), report.exit_code);
        let mut record = basis.record(Kind::Restore, times, outcome, Content::Restored(Box::new(report)));
        record.exit_code = exit_code;
        record.scope = scope;
        record.environment.restored_to = Some(place);
        record
    }

    /// The record by which `new` takes over.
    #[must_use]
    pub fn of_hand_over(new: &PublicKey, at: Timestamp, basis: &Basis<'_>) -> Self {
        let mut record = basis.record(Kind::HandOver, (at, at), Outcome::Passed, Content::Nothing {});
        let (new_key, fingerprint) = (new.openssh(), new.fingerprint());
        record.hand_over = Some(HandOver { new_key, fingerprint, valid_after_sequence: 0 });
        record
    }

    /// The record by which somebody signs another one off.
    #[must_use]
    pub fn of_sign_off(sign_off: SignOff, at: Timestamp, basis: &Basis<'_>) -> Self {
        let mut record = basis.record(Kind::SignOff, (at, at), Outcome::Passed, Content::Nothing {});
        record.sign_off = Some(sign_off);
        record
    }

    /// The record by which a corrective action is opened or closed.
    #[must_use]
    pub fn of_action(action: Action, at: Timestamp, basis: &Basis<'_>) -> Self {
        let mut record = basis.record(Kind::Action, (at, at), Outcome::Passed, Content::Nothing {});
        record.action = Some(action);
        record
    }

    /// Takes in what the reading of archives tells.
    fn take_reading(&mut self, run: &RunResult) {
        let facts = || run.archives.iter().map(|archive| &archive.facts);
        self.retries = Some(run.retries + facts().map(|facts| facts.retries).sum::<u64>());
        self.resumes = Some(facts().map(|facts| facts.resumes).sum());
        let narrowed = std::mem::take(&mut self.scope.narrowed);
        self.scope = Scope { narrowed, ..scope(run) };
        let named = run.archives.first().map(|archive| kind_of(&archive.archive));
        self.environment.store_kind = self.environment.store_kind.take().or(named);
    }
}

/// What kind of store an address leads to.
fn kind_of(address: &str) -> Cow<'static, str> {
    Cow::Borrowed(if address.starts_with("s3:") { "s3" } else { "folder" })
}

/// An address without a name and a password, which somebody may have put there on the command line.
fn without_user(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else { return address.to_owned() };
    let authority = rest.find('/').unwrap_or(rest.len());
    let host = rest[..authority].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

impl Scope {
    fn exclude(&mut self, what: &str, why: &str) {
        self.excluded_count += 1;
        if self.excluded.len() < MOST_EXCLUDED {
            self.excluded.push(Excluded { what: what.to_owned(), why: why.to_owned() });
        }
    }

    fn exclude_trouble(&mut self, what: &str, trouble: &Trouble) {
        self.exclude(what, &format!("{}: {}", trouble.stage, trouble.message));
    }
}

fn scope(run: &RunResult) -> Scope {
    let mailboxes = || run.archives.iter().flat_map(|archive| &archive.mailboxes);
    let opened = run.archives.iter().any(|archive| archive.items.is_some());
    let count = |wanted: &dyn Fn(ItemKind) -> bool| {
        let items = mailboxes().flat_map(|mailbox| &mailbox.summary.items);
        opened.then(|| items.filter(|(kind, _)| wanted(*kind)).map(|(_, count)| count).sum())
    };
    let mut scope = Scope {
        archives: run.coverage.total,
        accounts: opened.then(|| mailboxes().count() as u64),
        messages: count(&|kind| kind == ItemKind::Message),
        items: count(&|_| true),
        ..Scope::default()
    };
    run.troubles.iter().for_each(|trouble| scope.exclude(trouble.stage, &trouble.message));
    run.archives.iter().for_each(|archive| exclude_of(archive, &mut scope));
    if run.interrupted {
        scope.exclude("the rest of the run", "a signal ended it early");
    }
    scope
}

/// What of one archive was not looked at.
fn exclude_of(archive: &ArchiveResult, scope: &mut Scope) {
    let address = &archive.archive;
    archive.troubles.iter().for_each(|trouble| scope.exclude_trouble(address, trouble));
    if archive.others > 0 {
        scope.exclude(address, &format!("{} files belong to nothing that is known here", archive.others));
    }
    for mailbox in &archive.mailboxes {
        if let Some(reason) = &mailbox.reason {
            scope.exclude(&mailbox.summary.account, reason);
        }
    }
    for sample in archive.compared.iter().flat_map(|compared| &compared.mailboxes) {
        if let Err(reason) = &sample.comparison {
            scope.exclude(&sample.account, reason);
        }
    }
}

fn draw(archive: &ArchiveResult, compared: &Compared, rules: &policy::Sample) -> Draw {
    let sum = |number: &dyn Fn(&MailboxSample) -> u64| compared.mailboxes.iter().map(number).sum();
    Draw {
        archive: archive.archive.clone(),
        method: method(rules),
        seed: Some(compared.seed.to_string()),
        population: sum(&|sample| sample.population),
        wanted: sum(&|sample| sample.wanted),
        compared: compared.coverage().checked,
    }
}

fn rehearsed(archive: &crate::restore::rehearsal::Rehearsed, rules: &policy::Sample) -> Draw {
    Draw {
        archive: archive.archive.clone(),
        method: if archive.seed.is_some() { method(rules) } else { Method::All },
        seed: archive.seed.clone(),
        population: archive.population,
        wanted: archive.restored.selected,
        compared: archive.restored.restored,
    }
}

fn method(rules: &policy::Sample) -> Method {
    match (rules.all, rules.number, rules.share) {
        (true, ..) => Method::All,
        (_, Some(messages), _) => Method::Number { messages },
        (_, _, Some(share)) => Method::Share { share_ppm: share.millionths() },
        _ => Method::Confidence {
            confidence_ppm: rules.confidence.millionths(),
            defects_ppm: rules.defects.millionths(),
        },
    }
}

fn objectives(run: &RehearsalResult) -> Option<Objectives> {
    let objectives = Objectives {
        rto_target_seconds: run.rto.map(|target| target.0.as_secs()),
        rto_measured_seconds: run.time.as_ref().map(|time| time.elapsed_ms.div_ceil(1000)),
        rpo_target_seconds: run.rpo.map(|target| target.0.as_secs()),
        rpo_measured_seconds: run.point.as_ref().map(|point| point.lost_seconds),
    };
    (objectives != Objectives::default()).then_some(objectives)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_of_an_address_gets_into_a_record() {
        for (address, kept) in [
            ("https://me:hunter2@s3.example.org/base@x", "https://s3.example.org/base@x"),
            ("https://a@b@s3.example.org", "https://s3.example.org"),
            ("http://127.0.0.1:9000/x", "http://127.0.0.1:9000/x"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(without_user(address), kept);
        }
    }
}
