//! How far each archive and each account is proven, by the last run that looked at it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::evidence::past::{Past, PastAccount, PastArchive, PastSample};
use crate::history::RunArchive;
use crate::report::json::Statement;
use crate::verdict::{Coverage, Outcome, Rung, Standing, State};

/// An archive.
#[derive(Debug)]
pub(super) struct ArchiveStanding {
    pub rung: Option<Rung>,
    pub outcome: Outcome,
    pub coverage: Option<Coverage>,
    pub when: Timestamp,
    /// Rungs that were looked at.
    pub looked: Vec<Rung>,
    /// Why it is not proven further.
    pub reason: Option<String>,
    /// More is proven of it than that it is present, and just that is not.
    pub is_whole_and_not_present: bool,
    pub statement: Option<Statement>,
}

/// An account.
#[derive(Debug)]
pub(super) struct AccountStanding {
    /// The highest rung that its mail is proven up to.
    pub rung: Option<Rung>,
    pub meaningful: Option<State>,
    /// The archive that this is said of.
    pub archive: String,
    pub when: Timestamp,
    /// Messages that were compared with the live mailbox, of how many that were wanted.
    pub compared: Option<(u64, u64)>,
    /// Why it could not be compared.
    pub error: Option<String>,
    record: u64,
}

impl ArchiveStanding {
    /// The last word on each archive. A restore looks at no rung, so it takes no earlier word away.
    pub fn note(known: &mut BTreeMap<String, Self>, archive: &PastArchive, told: &RunArchive, past: &Past) {
        if !past.is_test() || archive.outcome.is_none() && known.contains_key(&archive.archive) {
            return;
        }
        let deepest = archive.rungs.iter().map(|standing| standing.rung).max();
        // A glance from outside takes no look inside away, unless it finds that nothing is there.
        let deeper = |before: &Self| before.looked.iter().copied().max() > deepest;
        if told.outcome == Outcome::Passed && known.get(&archive.archive).is_some_and(deeper) {
            return;
        }
        let open = archive.rungs.iter().find(|standing| standing.state != State::Proven);
        let standing = Self {
            rung: archive.rung,
            outcome: told.outcome,
            coverage: told.coverage,
            when: past.started,
            looked: archive.rungs.iter().map(|standing| standing.rung).collect(),
            reason: open.and_then(|standing| standing.reason.clone()),
            is_whole_and_not_present: Standing::is_whole_and_not_present(archive.rung, &archive.rungs),
            statement: archive.statement.clone(),
        };
        known.insert(archive.archive.clone(), standing);
    }

    /// The worst first.
    pub fn order(&self) -> impl Ord + use<> {
        (std::cmp::Reverse(self.outcome), self.rung)
    }
}

impl AccountStanding {
    /// The last word on each account; where one run sees it in several archives, the worst of these.
    pub fn note(known: &mut BTreeMap<String, Self>, archive: &PastArchive, past: &Past) {
        if !past.is_test() {
            return;
        }
        Self::note_closed(known, archive, past);
        let samples: BTreeMap<&str, &PastSample> =
            archive.samples.iter().map(|sample| (sample.account.as_str(), sample)).collect();
        for account in &archive.accounts {
            let sample = samples.get(account.account.as_str()).copied();
            let standing = Self::of(account, sample, archive, past);
            let worse = known
                .get(&account.account)
                .is_none_or(|before| before.record != standing.record || standing.order() < before.order());
            if worse {
                known.insert(account.account.clone(), standing);
            }
        }
    }

    /// Of mailboxes whose archive was to be opened and did not prove whole any more, no more is proven than of it.
    fn note_closed(known: &mut BTreeMap<String, Self>, archive: &PastArchive, past: &Past) {
        let open = |standing: &Standing| standing.rung == Rung::Complete && standing.state != State::Proven;
        if !archive.rungs.iter().any(open) {
            return;
        }
        let told: BTreeSet<&str> = archive.accounts.iter().map(|account| account.account.as_str()).collect();
        let of_it = known
            .iter_mut()
            .filter(|(name, account)| account.archive == archive.archive && !told.contains(name.as_str()));
        for (_, account) in of_it {
            (account.rung, account.meaningful) = (archive.rung, Some(State::NotProven));
            (account.compared, account.when, account.record) = (None, past.started, past.sequence);
        }
    }

    fn of(account: &PastAccount, sample: Option<&PastSample>, archive: &PastArchive, past: &Past) -> Self {
        let compared = sample.filter(|sample| sample.error.is_none()).map(|sample| {
            (sample.differences.values().fold(0, |sum: u64, some| sum.saturating_add(*some)), sample.wanted)
        });
        Self {
            rung: own_rung(account.meaningful, compared.is_some_and(|(some, _)| some > 0), archive.rung),
            meaningful: account.meaningful,
            archive: archive.archive.clone(),
            when: past.started,
            compared,
            error: sample.and_then(|sample| sample.error.clone()),
            record: past.sequence,
        }
    }

    /// The worst first.
    pub fn order(&self) -> impl Ord + use<> {
        let meaningful = match self.meaningful {
            Some(State::Disproven) => 0,
            Some(State::NotProven) => 1,
            Some(State::Proven) | None => 2,
        };
        (meaningful, self.rung, self.error.is_none())
    }
}

/// An account stands no higher than what was done with its own mail, and on no archive that is not complete.
pub(in crate::report) fn own_rung(
    meaningful: Option<State>,
    compared: bool,
    archive: Option<Rung>,
) -> Option<Rung> {
    let archive = archive?;
    let own = match (meaningful, compared) {
        (Some(State::Proven), true) if archive >= Rung::Restorable => Rung::Restorable,
        (Some(State::Proven), _) => Rung::Meaningful,
        _ => Rung::Complete,
    };
    match archive >= Rung::Complete {
        true => Some(own),
        false => Some(archive),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_stands_no_higher_than_what_was_done_with_its_own_mail() {
        let (proven, disproven) = (Some(State::Proven), Some(State::Disproven));
        for (meaningful, compared, archive, wanted) in [
            (proven, true, Rung::Restorable, Rung::Restorable),
            (proven, false, Rung::Restorable, Rung::Meaningful),
            (proven, true, Rung::Complete, Rung::Meaningful),
            (proven, true, Rung::Present, Rung::Present),
            (disproven, true, Rung::Restorable, Rung::Complete),
            (None, false, Rung::Meaningful, Rung::Complete),
        ] {
            assert_eq!(
                own_rung(meaningful, compared, Some(archive)),
                Some(wanted),
                "{meaningful:?} {compared} {archive}"
            );
        }
        assert_eq!(own_rung(proven, true, None), None);
    }
}
