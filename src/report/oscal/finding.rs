//! A requirement as a finding about an objective of NIST SP 800-53A.

use super::form::{Finding, Related, State, Target};
use super::observing::observation_id;
use super::words::{id, markup, property};
use crate::controls::{self, Judged, Requirement, Since};
use crate::evidence::Ledger;
use crate::evidence::check::{Check, Holding};

/// A requirement that names an objective, and what was judged of it; nothing is judged where the chain is broken.
pub(super) struct Asked<'a> {
    pub requirement: &'a Requirement,
    pub objective: &'a str,
    pub judged: Option<&'a Judged>,
}

impl Asked<'_> {
    /// The control that the objective is of.
    pub fn control(&self) -> String {
        let control = self.objective.split_once('_').map_or(self.objective, |(control, _)| control);
        control.to_owned()
    }

    fn is_answered(&self) -> bool {
        let answered = [controls::State::Answered, controls::State::DueSoon];
        self.judged.is_some_and(|judged| answered.contains(&judged.state))
    }

    fn state(&self, check: &Check) -> State {
        match check.outcome {
            Holding::Holds if self.is_answered() => {
                State { state: "satisfied", reason: Some("pass"), remarks: Some(self.good_until()) }
            }
            Holding::Holds => {
                State { state: "not-satisfied", reason: Some("fail"), remarks: Some(self.why()) }
            }
            _ => State { state: "not-satisfied", reason: Some("other"), remarks: Some(unbelieved(check)) },
        }
    }

    fn good_until(&self) -> String {
        let judged = self.judged.as_ref();
        let shown = match judged.and_then(|judged| judged.record.as_ref().zip(judged.good_until.as_ref())) {
            Some((record, until)) => format!("Record {} shows it, until {until}.", record.record),
            None => "The records show it.".to_owned(),
        };
        match judged.and_then(|judged| judged.since.as_ref()) {
            Some(Since { failed, not_verified }) => format!(
                "{shown} Of the later runs of these kinds {failed} failed and {not_verified} could not look at everything."
            ),
            None => shown,
        }
    }

    fn why(&self) -> String {
        let judged = self.judged.as_ref();
        let why = judged.and_then(|judged| judged.why.as_deref()).unwrap_or("no record answers it");
        let step = judged.and_then(|judged| judged.step.as_deref());
        step.map_or(markup(why), |step| format!("{}. Next step: {}", markup(why), markup(step)))
    }
}

/// Why nothing is claimed at all.
fn unbelieved(check: &Check) -> String {
    let broken = check.first_broken.as_ref();
    let broken = broken.map(|fault| format!("record {} {}: {}", fault.record, fault.reason, fault.detail));
    let why = broken.or_else(|| check.why.clone()).unwrap_or_else(|| "it was not verified".to_owned());
    format!("The chain of records is not relied upon: {}", markup(&why))
}

/// What is said of one objective; `moment` is that of judging.
pub(super) fn finding(asked: &Asked<'_>, check: &Check, ledger: &Ledger, moment: &str) -> Finding {
    let head = check.head.as_ref().map_or("", |head| head.blake3.as_str());
    let record = asked.judged.and_then(|judged| judged.record.as_ref()).map(|record| record.record);
    let entry = ledger.entries.iter().find(|entry| Some(entry.number()) == record);
    let related = entry.map(|entry| Related { observation_uuid: observation_id(&entry.about.link) });
    let Requirement { id: name, clause, asks, leaves_open, .. } = asked.requirement;
    Finding {
        uuid: id(&["finding", asked.objective, head, moment]),
        title: markup(clause),
        description: format!("{} Judged for backups of mail alone.", markup(asks)),
        props: vec![property("requirement", name)],
        target: Target {
            kind: "objective-id",
            target_id: asked.objective.to_owned(),
            status: asked.state(check),
        },
        related_observations: related.into_iter().collect(),
        remarks: format!(
            "Not shown by records, and for others to show: {}.",
            markup(&leaves_open.join("; "))
        ),
    }
}
