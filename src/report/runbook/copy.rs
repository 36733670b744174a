//! One archive, as a past run saw it and as its name tells.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::Question;
use super::matter::Holder;
use super::target;
use crate::evidence::past::{Past, PastArchive};
use crate::policy::{Parts, Policy, Template, stamp};
use crate::verdict::{Outcome, Rung, Standing, State};

/// One archive.
#[derive(Debug)]
pub(super) struct Copy {
    pub address: String,
    /// When it was made, where its name says so.
    pub made: Option<Timestamp>,
    /// How the run that said so ended for it.
    pub outcome: Outcome,
    /// When that run began.
    pub when: Timestamp,
    pub record: u64,
    /// The store that it lies in.
    pub store: String,
    /// Number of its policy in the question.
    pub policy: Option<usize>,
    /// The policy's file as the record names it.
    pub recorded_policy: Option<String>,
    pub encryption: Option<String>,
    pub recipients: Vec<String>,
    pub compression: Option<String>,
    /// Bytes after decryption and decompression.
    pub unpacked: Option<u64>,
    /// It holds what changed since another one, and not all.
    pub increment: bool,
    /// A pseudonym stands in its name, so there is no such archive.
    pub veiled: bool,
    /// Sampled messages were not those of the live mailboxes.
    pub differs: bool,
    /// Why it is not proven further.
    pub reason: Option<String>,
    /// A later look that could not say anything.
    pub later: Option<(Timestamp, Outcome)>,
    /// A step from `intact` to `meaningful` does not hold.
    pub damaged: bool,
    /// It was read to where `complete` is proven or disproven.
    pub settled: bool,
    /// Mailboxes in it, as far as they were looked at.
    pub accounts: usize,
}

impl Copy {
    pub fn of(archive: &PastArchive, past: &Past, question: &Question) -> Self {
        let standing =
            |rung| archive.rungs.iter().find(|standing| standing.rung == rung).map(|standing| standing.state);
        let settled = matches!(standing(Rung::Complete), Some(State::Proven | State::Disproven));
        let outcome = archive.outcome.unwrap_or(past.outcome);
        let recorded = past.policy.as_ref();
        let policy = target::policy_of(&archive.archive, recorded, question);
        let governing = policy.map(|place| &question.policies[place].policy);
        let parts = governing.and_then(|policy| parts(&archive.archive, policy));
        let session = parts.as_ref().and_then(|parts| parts.session.clone());
        let open = archive.rungs.iter().find(|standing| standing.state != State::Proven);
        Self {
            made: parts.and_then(|parts| parts.time).or_else(|| named_time(&archive.archive, governing)),
            outcome,
            when: past.started,
            record: past.sequence,
            store: target::store_of(&archive.archive, governing),
            policy,
            recorded_policy: recorded.map(|policy| policy.file.clone()),
            encryption: archive.encryption.clone(),
            recipients: archive.recipients.clone(),
            compression: archive.compression.clone(),
            unpacked: archive.reading.map(|reading| reading.bytes),
            increment: is_increment(archive, session.as_deref()),
            veiled: past.pseudonyms.is_some() && target::has_pseudonym(&archive.archive),
            differs: standing(Rung::Restorable) == Some(State::Disproven),
            reason: open.and_then(|standing| standing.reason.clone()),
            later: (!settled).then_some((past.started, outcome)),
            damaged: archive.rungs.iter().any(is_damage),
            settled,
            accounts: archive.accounts.len(),
            address: archive.archive.clone(),
        }
    }

    /// When it was made; where its name does not say that, when it was looked at.
    pub fn age(&self) -> Timestamp {
        self.made.unwrap_or(self.when)
    }

    /// Whose mail it holds, by its name.
    pub fn holder(&self, question: &Question) -> Holder {
        let policy = self.policy.map(|place| &question.policies[place].policy);
        match policy.and_then(|policy| parts(&self.address, policy)).and_then(|parts| parts.account) {
            Some(account) => Holder::Account(account),
            None => Holder::Store(self.store.clone()),
        }
    }
}

fn is_damage(standing: &Standing) -> bool {
    standing.state == State::Disproven && (Rung::Intact..=Rung::Meaningful).contains(&standing.rung)
}

fn is_increment(archive: &PastArchive, session: Option<&str>) -> bool {
    match archive.sessions.is_empty() {
        true => session.is_some_and(|session| session.to_lowercase().starts_with("inc")),
        false => archive.sessions.iter().all(|kind| kind == "inc"),
    }
}

/// What the policy's template reads in an archive's name.
fn parts(address: &str, policy: &Policy) -> Option<Parts> {
    let below = address.strip_prefix(&policy.store.as_ref()?.url)?.trim_start_matches('/');
    Template::compile(policy.archives.key.as_deref()?, &policy.archives.time_zone).ok()?.read(below)
}

fn named_time(address: &str, policy: Option<&Policy>) -> Option<Timestamp> {
    let zone = TimeZone::get(policy.map_or("UTC", |policy| &policy.archives.time_zone)).ok()?;
    stamp::moment(stamp::in_name(address.rsplit('/').next()?)?, &zone)
}
