//! Runs by what they are for: those of one kind under one policy are a task, and its last run says how things are.

use jiff::Timestamp;

use super::matter::{Matter, Seen};
use crate::verdict::Outcome;

/// Runs of one kind under one policy.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub kind: &'a str,
    /// The policy's file.
    pub policy: Option<&'a str>,
    pub runs: u64,
    pub passed: u64,
    pub not_verified: u64,
    pub failed: u64,
    pub last: &'a Seen,
    /// The first of the last runs in a row that ended well, or that did not.
    pub since: Timestamp,
    /// How many these are.
    pub row: u64,
}

impl Matter {
    /// Runs that test backups. A restore for a user and the change of a key test none.
    pub fn tests(&self) -> impl Iterator<Item = &Seen> {
        self.runs.iter().filter(|seen| !matches!(seen.past.kind.as_str(), "restore" | "hand-over"))
    }

    /// What these are for.
    pub fn tasks(&self) -> Vec<Task<'_>> {
        grouped(self.tests())
    }

    /// What all runs are for, tests or not.
    pub fn everything(&self) -> Vec<Task<'_>> {
        grouped(self.runs.iter())
    }
}

fn grouped<'a>(runs: impl Iterator<Item = &'a Seen>) -> Vec<Task<'a>> {
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for seen in runs {
        let policy = seen.past.policy.as_ref().map(|policy| policy.file.as_str());
        match tasks.iter_mut().find(|task| task.kind == seen.past.kind && task.policy == policy) {
            Some(task) => task.add(seen),
            None => tasks.push(Task::new(seen, policy)),
        }
    }
    tasks
}

impl<'a> Task<'a> {
    fn new(seen: &'a Seen, policy: Option<&'a str>) -> Self {
        let (runs, passed, not_verified, failed, row) = Default::default();
        let since = seen.past.started;
        let mut task = Self {
            kind: &seen.past.kind,
            policy,
            runs,
            passed,
            not_verified,
            failed,
            last: seen,
            since,
            row,
        };
        task.add(seen);
        task
    }

    fn add(&mut self, seen: &'a Seen) {
        let well = |seen: &Seen| seen.past.outcome == Outcome::Passed;
        if well(seen) != well(self.last) {
            (self.row, self.since) = (0, seen.past.started);
        }
        self.row += 1;
        self.runs += 1;
        *match seen.past.outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::NotVerified => &mut self.not_verified,
            Outcome::Failed => &mut self.failed,
        } += 1;
        self.last = seen;
    }
}
