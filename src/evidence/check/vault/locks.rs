//! What keeps the records in a bucket from being taken away.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::{for_each, uncounted};
use crate::archive::storage::{Object, Protection, StorageError, Store};
use crate::evidence::check::result::Locks;
use crate::legible::line;

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
    let mut records: BTreeMap<u64, (State, Option<Timestamp>)> = BTreeMap::new();
    for (number, protection) in told {
        let (state, end) = judge(protection, now);
        let weakest = match records.remove(&number) {
            Some((before, earlier)) => (before.min(state), earlier.into_iter().chain(end).min()),
            None => (state, end),
        };
        records.insert(number, weakest);
    }
    let locked = records.values().filter(|(state, _)| state.is_locked());
    let first = locked.filter_map(|(_, end)| *end).min();
    let mut locks = Locks { earliest_end: first.map(|end| end.to_string()), ..Locks::default() };
    records.into_values().for_each(|(state, _)| locks.add(state));
    locks
}

fn judge(protection: Protection, now: Timestamp) -> (State, Option<Timestamp>) {
    match protection {
        Protection::Locked { mode: Some(mode), until: Some(until), legal_hold } if until > now => {
            match (mode.to_ascii_lowercase().as_str(), legal_hold) {
                ("compliance", _) => (State::Compliance, Some(until)),
                ("governance", _) => (State::Governance, Some(until)),
                (_, true) => (State::Held, None),
                (_, false) => (
                    State::Unknown(format!("a lock of the mode `{}`, which nobody knows", line(&mode))),
                    None,
                ),
            }
        }
        Protection::Locked { legal_hold: true, .. } => (State::Held, None),
        Protection::Locked { until: None, .. } => (State::Unknown("a lock without an end".to_owned()), None),
        Protection::Locked { .. } | Protection::Unlocked => (State::Unlocked, None),
        Protection::Unknown(why) => (State::Unknown(why), None),
    }
}

impl State {
    fn is_locked(&self) -> bool {
        matches!(self, Self::Held | Self::Governance | Self::Compliance)
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

    #[test]
    fn where_nothing_is_locked_no_lock_ends() {
        let told = vec![(1, locked("COMPLIANCE", "2029-01-01T00:00:00Z")), (1, Protection::Unlocked)];
        let expected = Locks { unlocked: 1, ..Locks::default() };
        assert_eq!(count(told, time("2027-01-01T00:00:00Z")), expected);
    }

    #[test]
    fn a_mode_that_nobody_knows_is_no_lock() {
        let told = vec![(1, locked("NONSENSE", "2029-01-01T00:00:00Z"))];
        let locks = count(told, time("2027-01-01T00:00:00Z"));
        assert_eq!((locks.locked, locks.unknown, locks.earliest_end), (0, 1, None));
        assert_eq!(locks.why_unknown.unwrap(), "a lock of the mode `NONSENSE`, which nobody knows");
    }
}
