//! Which archives bring back what: of each mailbox the newest that is proven and whole, and then what changed since.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::copy::Copy;
use super::matter::{Held, Holder, Matter};
use super::target;
use crate::verdict::Rung;

/// The archives that are needed, and what none of them holds.
#[derive(Debug, Default)]
pub(super) struct Plans {
    /// The archives, the one that was made first first: so a whole one comes before what changed since.
    pub rows: Vec<Row>,
    /// Those of whose mail no archive is proven, and the newest that should have it.
    pub without: Vec<(Holder, usize)>,
    /// Newer archives of which nothing is proven for some of their mailboxes: number of the archive, and how many mailboxes.
    pub newer: BTreeMap<usize, u64>,
}

/// An archive that is needed.
#[derive(Debug)]
pub(super) struct Row {
    /// Its number in [`Matter::copies`].
    pub copy: usize,
    /// The accounts whose mail it brings back; none where that is not known.
    pub accounts: Vec<String>,
    /// The lowest rung that the mail of these is proven up to.
    pub rung: Rung,
    /// What changed comes without a whole archive before it.
    pub baseless: bool,
    /// Of other mailboxes in it nothing is proven.
    pub partial: bool,
}

impl Plans {
    pub fn of(matter: &Matter) -> Self {
        let mut plans = Self::default();
        let mut rows: BTreeMap<usize, Row> = BTreeMap::new();
        let copies = &matter.copies;
        let all: Vec<_> =
            matter.holders.iter().map(|(holder, held)| (holder, held, needed(held, copies))).collect();
        let proven = proven(all.iter().flat_map(|(.., needed)| needed).map(|(copy, _)| &copies[*copy]));
        for (holder, held, needed) in all {
            let newest = match holder {
                // An archive that could not be opened does not say whose mail it holds.
                Holder::Store(store) => proven.get(store.as_str()).copied(),
                Holder::Account(_) => needed.iter().map(|(copy, _)| copies[*copy].age()).max(),
            };
            plans.note_open(holder, held, newest, copies);
            for (copy, rung) in needed {
                let baseless = held.base.is_none();
                let new = || Row { copy, accounts: Vec::new(), rung, baseless, partial: false };
                let row = rows.entry(copy).or_insert_with(new);
                (row.rung, row.baseless) = (row.rung.min(rung), row.baseless || baseless);
                if let Holder::Account(account) = holder {
                    row.accounts.push(account.clone());
                }
            }
        }
        let unproven: BTreeSet<usize> = matter.holders.values().filter_map(|held| held.unproven).collect();
        plans.rows =
            rows.into_values().map(|row| Row { partial: unproven.contains(&row.copy), ..row }).collect();
        plans.rows.sort_by_key(|row| matter.copies[row.copy].age());
        plans
    }

    fn note_open(&mut self, holder: &Holder, held: &Held, newest: Option<Timestamp>, copies: &[Copy]) {
        let Some(unproven) = held.unproven else { return };
        match newest {
            None => self.without.push((holder.clone(), unproven)),
            Some(newest) if copies[unproven].age() > newest => *self.newer.entry(unproven).or_default() += 1,
            Some(_) => {}
        }
    }

    /// The archives that bring back one account's mail, in the order in which they are restored.
    pub fn of_account<'a>(&'a self, account: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.accounts.iter().any(|known| known == account))
    }

    /// The newest archive that is needed, one that is whole and proven for all in it before others.
    pub fn newest(&self) -> Option<&Row> {
        let newest = |fits: fn(&Row) -> bool| self.rows.iter().rev().find(|row| fits(row));
        newest(|row| !row.baseless && !row.partial).or(newest(|row| !row.baseless)).or(self.rows.last())
    }
}

/// When the newest proven archive of each store was made.
fn proven<'a>(needed: impl Iterator<Item = &'a Copy>) -> BTreeMap<&'a str, Timestamp> {
    let mut newest: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for copy in needed {
        let known = newest.entry(&copy.store).or_insert(copy.age());
        *known = (*known).max(copy.age());
    }
    newest
}

/// The whole archive, and what changed since.
fn needed(held: &Held, copies: &[Copy]) -> Vec<(usize, Rung)> {
    let since = held.base.map(|(base, _)| copies[base].age());
    let mut increments: Vec<(usize, Rung)> = held
        .increments
        .iter()
        .copied()
        .filter(|(copy, _)| since.is_none_or(|since| copies[*copy].age() > since))
        .collect();
    increments.sort_by_key(|(copy, _)| copies[*copy].age());
    held.base.into_iter().chain(increments).collect()
}

impl Row {
    /// Pseudonyms stand for its mailboxes.
    pub fn is_veiled(&self) -> bool {
        self.accounts.iter().any(|account| account.starts_with("p-") && target::has_pseudonym(account))
    }
}
