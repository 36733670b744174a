//! One requirement, held to the records.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};

use super::model::{Answerer, Objective, Requirement};
use super::result::{Answer, Judged, Review, Since, State};
use crate::evidence::{Entry, Kind, Ledger};
use crate::policy::Age;
use crate::verdict::Outcome;

/// What a record that was looked at first lacks; the later, the nearer it is to an answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Lack {
    Outcome,
    Rung,
    Part,
    Encryption,
    Measured(&'static str),
    Review,
}

/// Holds a requirement to the records there were at this time.
pub(super) fn judge(requirement: &Requirement, ledger: &Ledger, at: Timestamp) -> Judged {
    let case = Case { requirement, ledger, at };
    if requirement.answered_by.is_empty() {
        return case.judged(State::Elsewhere, None);
    }
    if let Some(open) = requirement.actions.then(|| case.action_that_lacks()).flatten() {
        return open;
    }
    match requirement.every {
        Some(every) => case.repeated(every),
        None => case.looked_after(),
    }
}

struct Case<'a> {
    requirement: &'a Requirement,
    ledger: &'a Ledger,
    at: Timestamp,
}

impl<'a> Case<'a> {
    /// Records of the kinds that answer it, the newest first.
    fn candidates(&self) -> Vec<&'a Entry> {
        let fits = |entry: &&Entry| self.requirement.is_answered_by(&entry.kind);
        let mut fitting: Vec<&Entry> = self.ledger.entries.iter().filter(fits).collect();
        fitting.sort_by_key(|entry| Reverse((entry.finished, entry.number())));
        fitting
    }

    /// What must be done once in so much time.
    fn repeated(&self, every: Age) -> Judged {
        let candidates = self.candidates();
        let Some(entry) = candidates.iter().copied().find(|entry| self.lack(entry).is_none()) else {
            return self.missing(&candidates);
        };
        let stale_after = self.requirement.stale_after.unwrap_or(every);
        let (due, good_until) = (behind(entry.finished, every), behind(entry.finished, stale_after));
        let soon = behind(entry.finished, Age(every.0 / 10 * 9));
        let state = match self.at {
            at if at >= good_until => State::Stale,
            at if at >= soon => State::DueSoon,
            _ => State::Answered,
        };
        let later: Vec<&Entry> =
            candidates.iter().copied().take_while(|other| other.about != entry.about).collect();
        let (why, step) = match state {
            State::Answered => (None, None),
            _ => self.next(&later, (state == State::Stale).then_some("nothing newer answers it")),
        };
        Judged {
            record: Some(Answer::from(entry)),
            review: self.review(entry),
            due: Some(due.to_string()),
            good_until: Some(good_until.to_string()),
            since: since(&later),
            step,
            ..self.judged(state, why)
        }
    }

    /// What must be in order, however old it is: actions.
    fn looked_after(&self) -> Judged {
        match self.candidates().first() {
            Some(_) => self.judged(
                State::Answered,
                Some("no action is overdue, and none is lacking for a run that failed last".to_owned()),
            ),
            None => self.missing(&[]),
        }
    }

    fn missing(&self, candidates: &[&Entry]) -> Judged {
        let kinds: Vec<_> = self.requirement.answered_by.iter().map(|kind| kind.as_str()).collect();
        let none = format!("there is no record of the kind {}", kinds.join(" or "));
        let (why, step) = self.next(candidates, Some(&none));
        Judged { step, ..self.judged(State::Missing, why) }
    }

    /// What the nearest of these records lacks, and what to do about it; of several that lack the same the newest, which comes
    /// first.
    fn next(&self, candidates: &[&Entry], otherwise: Option<&str>) -> (Option<String>, Option<String>) {
        let lacking = candidates.iter().filter_map(|entry| Some((self.lack(entry)?, *entry)));
        let step = self.requirement.step.clone();
        match lacking.reduce(|best, other| if other.0 > best.0 { other } else { best }) {
            None => (otherwise.map(str::to_owned), step),
            Some((Lack::Review, entry)) => {
                let number = entry.number();
                let sign =
                    format!("mailproof evidence sign-off {number} --policy FILE --by NAME --note TEXT");
                (Some(self.said_of(&Lack::Review, entry)), Some(sign))
            }
            Some((lack, entry)) => (Some(self.said_of(&lack, entry)), step),
        }
    }

    fn lack(&self, entry: &Entry) -> Option<Lack> {
        let Requirement { rung, encrypted, measured, review, .. } = self.requirement;
        let unmeasured = measured.iter().find(|objective| !is_measured(**objective, entry));
        match () {
            () if entry.outcome != Outcome::Passed => Some(Lack::Outcome),
            () if rung.is_some_and(|rung| entry.rung < Some(rung)) => Some(Lack::Rung),
            // A rehearsal is of a sample by its nature; whether that is a fair choice is left to others to show.
            () if entry.is(Kind::Verify) && !entry.aim.is_whole() => Some(Lack::Part),
            () if *encrypted && !entry.encrypted => Some(Lack::Encryption),
            () if unmeasured.is_some() => unmeasured.map(|objective| Lack::Measured(objective.as_str())),
            () if *review && self.ledger.sign_off_of(entry).is_none() => Some(Lack::Review),
            () => None,
        }
    }

    fn said_of(&self, lack: &Lack, entry: &Entry) -> String {
        let what = match lack {
            Lack::Outcome => format!("ended {}", entry.outcome),
            Lack::Part => {
                format!("looked at a part of what its policy asks for ({})", entry.aim.narrowed.join(", "))
            }
            Lack::Rung => {
                let proven =
                    entry.rung.map_or("no rung for every archive".to_owned(), |rung| format!("`{rung}`"));
                let asked = self.requirement.rung.map_or("", |rung| rung.as_str());
                format!("proves {proven}, and `{asked}` is asked for")
            }
            Lack::Encryption => "is not of encrypted archives alone".to_owned(),
            Lack::Measured(what) => format!(
                "measured no {what} against a target (`rehearsal.{}` in its policy)",
                what.to_ascii_lowercase()
            ),
            Lack::Review => "would answer it, and nobody signed it off".to_owned(),
        };
        format!("record {} ({} of {}) {what}", entry.number(), entry.kind, day(entry.finished))
    }

    /// Why the actions of an organisation are not in order, if they are not.
    fn action_that_lacks(&self) -> Option<Judged> {
        let actions = self.ledger.actions();
        let overdue = actions.iter().find(|action| action.is_overdue(self.at));
        let (why, step) = if let Some(action) = overdue {
            let number = action.opened.number();
            let why = format!("action {number} of {} was due on {}", action.owner, action.due);
            (
                why,
                format!("mailproof evidence action close {number} --policy FILE --by-record ID --note TEXT"),
            )
        } else {
            let number = self.failure_without_action()?;
            let why =
                format!("record {number} failed, none of its kind passed since, and no action was opened");
            let step = format!(
                "mailproof evidence action open --for {number} --policy FILE --owner NAME --due DATE --what TEXT"
            );
            (why, step)
        };
        Some(Judged { step: Some(step), ..self.judged(State::Missing, Some(why)) })
    }

    /// The newest record that failed, behind which none passed that looked as far, and for which no action was opened.
    fn failure_without_action(&self) -> Option<u64> {
        let candidates = self.candidates();
        let actions = self.ledger.actions();
        self.requirement.answered_by.iter().find_map(|kind: &Answerer| {
            let of_kind = candidates.iter().filter(|entry| entry.kind == kind.as_str());
            let (mut passed, mut failed): (Vec<&Entry>, Vec<&Entry>) = Default::default();
            for entry in of_kind {
                let mended = passed.iter().any(|later| later.aim.reaches(&entry.aim));
                match entry.outcome {
                    Outcome::Passed if !mended => passed.push(entry),
                    Outcome::Failed if !mended => failed.push(entry),
                    _ => {}
                }
            }
            let taken = |entry: &&Entry| actions.iter().any(|action| *action.about == entry.about);
            failed.first().filter(|_| !failed.iter().any(taken)).map(|entry| entry.number())
        })
    }

    fn review(&self, entry: &Entry) -> Option<Review> {
        let (later, sign_off) = self.ledger.sign_off_of(entry)?;
        Some(Review {
            record: later.number(),
            by: sign_off.by.clone(),
            role: sign_off.role.clone(),
            time: later.finished.to_string(),
        })
    }

    fn judged(&self, state: State, why: Option<String>) -> Judged {
        let requirement = self.requirement;
        Judged {
            id: requirement.id.clone(),
            clause: requirement.clause.clone(),
            asks: requirement.asks.clone(),
            state,
            why,
            record: None,
            review: None,
            due: None,
            good_until: None,
            since: None,
            every_seconds: requirement.every.map(|every| every.0.as_secs()),
            stated: requirement.every.map(|_| requirement.stated),
            every_from: requirement.every_from.clone(),
            step: None,
            leaves_open: requirement.leaves_open.clone(),
            source: requirement.source.clone(),
        }
    }
}

fn is_measured(objective: Objective, entry: &Entry) -> bool {
    let stated = &entry.objectives;
    match objective {
        Objective::Rto => stated.rto_target_seconds.is_some() && stated.rto_measured_seconds.is_some(),
        Objective::Rpo => stated.rpo_target_seconds.is_some() && stated.rpo_measured_seconds.is_some(),
    }
}

fn since(later: &[&Entry]) -> Option<Since> {
    let mut since = Since { failed: 0, not_verified: 0 };
    for entry in later {
        match entry.outcome {
            Outcome::Failed => since.failed += 1,
            Outcome::NotVerified => since.not_verified += 1,
            Outcome::Passed => {}
        }
    }
    (since.failed + since.not_verified > 0).then_some(since)
}

/// So much later; what is beyond all time is its end.
fn behind(time: Timestamp, age: Age) -> Timestamp {
    let later = SignedDuration::try_from(age.0).ok().and_then(|age| time.checked_add(age).ok());
    later.unwrap_or(Timestamp::MAX)
}

fn day(time: Timestamp) -> String {
    time.strftime("%F").to_string()
}

#[cfg(test)]
mod tests;
