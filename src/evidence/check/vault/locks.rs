//! What keeps the records in a bucket from being taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{for_each, uncounted};
use crate::archive::storage::{Object, Protection, StorageError, Store};
use crate::evidence::check::result::Locks;

/// How well a file is kept, the worst first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Unlocked,
    Unknown(String),
    Held,
    Governance,
    Compliance,
}

/// Asks for the lock of each file; they come with the numbers of their records.
pub(super) async fn look(
    store: &Arc<dyn Store>,
    files: Vec<(u64, Object)>,
    now: Timestamp,
) -> Result<Locks, StorageError> {
    let answers = for_each(files, |(number, file)| {
        let store = Arc::clone(store);
        async move { (number, store.protection(&file, &uncounted()).await) }
    });
    let mut told = Vec::new();
    for (number, answer) in answers.await {
        told.push((number, answer?));
    }
    Ok(count(told, now))
}

fn count(told: Vec<(u64, Protection)>, now: Timestamp) -> Locks {
    let mut records: BTreeMap<u64, State> = BTreeMap::new();
    let mut ends = Vec::new();
    for (number, protection) in told {
        let (state, end) = judge(protection, now);
        ends.extend(end);
        let weakest = records.remove(&number).map_or(state.clone(), |before| before.min(state));
        records.insert(number, weakest);
    }
    let mut locks =
        Locks { earliest_end: ends.into_iter().min().map(|end| end.to_string()), ..Locks::default() };
    records.into_values().for_each(|state| locks.add(state));
    locks
}

fn judge(protection: Protection, now: Timestamp) -> (State, Option<Timestamp>) {
    match protection {
        Protection::Locked { mode: Some(mode), until: Some(until), .. } if until > now => {
            let compliance = mode.eq_ignore_ascii_case("compliance");
            (if compliance { State::Compliance } else { State::Governance }, Some(until))
        }
        Protection::Locked { legal_hold: true, .. } => (State::Held, None),
        Protection::Locked { until: None, .. } => (State::Unknown("a lock without an end".to_owned()), None),
        Protection::Locked { .. } | Protection::Unlocked => (State::Unlocked, None),
        Protection::Unknown(why) => (State::Unknown(why), None),
    }
}

impl Locks {
    fn add(&mut self, state: State) {
        let kept = match state {
            State::Compliance => &mut self.compliance,
            State::Governance => &mut self.governance,
            State::Held => &mut self.legal_hold,
            State::Unlocked => {
                self.unlocked += 1;
                return;
            }
            State::Unknown(why) => {
                self.unknown += 1;
                self.why_unknown = Some(why);
                return;
            }
        };
        *kept += 1;
        self.locked += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn locked(mode: &str, until: &str) -> Protection {
        Protection::Locked { mode: Some(mode.to_owned()), until: Some(time(until)), legal_hold: false }
    }

    #[test]
    fn a_record_is_kept_as_its_weakest_file_and_no_longer_than_its_lock() {
        let told = vec![
            (1, locked("COMPLIANCE", "2029-01-01T00:00:00Z")),
            (1, locked("COMPLIANCE", "2028-01-01T00:00:00Z")),
            (2, locked("COMPLIANCE", "2029-01-01T00:00:00Z")),
            (2, locked("GOVERNANCE", "2029-01-01T00:00:00Z")),
            (3, locked("COMPLIANCE", "2026-01-01T00:00:00Z")),
            (4, locked("COMPLIANCE", "2029-01-01T00:00:00Z")),
            (4, Protection::Unlocked),
            (5, Protection::Locked { mode: None, until: None, legal_hold: true }),
            (6, locked("COMPLIANCE", "2029-01-01T00:00:00Z")),
            (6, Protection::Unknown("no".to_owned())),
        ];
        let expected = Locks {
            locked: 3,
            compliance: 1,
            governance: 1,
            legal_hold: 1,
            unlocked: 2,
            unknown: 1,
            earliest_end: Some("2028-01-01T00:00:00Z".to_owned()),
            why_unknown: Some("no".to_owned()),
        };
        assert_eq!(count(told, time("2027-01-01T00:00:00Z")), expected);
    }
}
