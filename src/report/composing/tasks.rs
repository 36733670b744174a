//! Runs by what they are for: those of one kind under one policy are a task, and its last run says how things are. Those that
//! were to do a part of it are tasks of their own.

use super::matter::{Matter, Seen};
use crate::evidence::past::Aim;
use crate::verdict::Outcome;

/// Runs that are for the same.
#[derive(Debug)]
pub(super) struct Task<'a> {
    pub aim: &'a Aim,
    pub runs: u64,
    pub passed: u64,
    pub not_verified: u64,
    pub failed: u64,
    pub last: &'a Seen,
}

impl Matter {
    /// Runs that test backups.
    pub fn tests(&self) -> impl Iterator<Item = &Seen> {
        self.runs.iter().filter(|seen| seen.past.is_test())
    }

    /// What these are for, as far as it says how things are. A part that was looked at by hand lifts nothing that the whole
    /// leaves open, and what it found counts until a later run looked as far.
    pub fn tasks(&self) -> Vec<Task<'_>> {
        let all = grouped(self.tests());
        let wholes: Vec<&Aim> = all.iter().map(|task| task.aim).filter(|aim| aim.is_whole()).collect();
        let stands_behind: Vec<bool> = all.iter().map(|task| task.is_behind(&all, &wholes)).collect();
        all.into_iter().zip(stands_behind).filter(|(_, behind)| !behind).map(|(task, _)| task).collect()
    }

    /// What all runs are for, tests or not.
    pub fn everything(&self) -> Vec<Task<'_>> {
        grouped(self.runs.iter())
    }
}

fn grouped<'a>(runs: impl Iterator<Item = &'a Seen>) -> Vec<Task<'a>> {
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for seen in runs {
        match tasks.iter_mut().find(|task| *task.aim == seen.aim) {
            Some(task) => task.add(seen),
            None => tasks.push(Task::new(seen)),
        }
    }
    tasks
}

impl<'a> Task<'a> {
    fn new(seen: &'a Seen) -> Self {
        let (runs, passed, not_verified, failed) = Default::default();
        let mut task = Self { aim: &seen.aim, runs, passed, not_verified, failed, last: seen };
        task.add(seen);
        task
    }

    /// Whether this is a part of which another task says more.
    fn is_behind(&self, all: &[Task<'_>], wholes: &[&Aim]) -> bool {
        let later = |other: &&Task<'_>| other.last.past.started > self.last.past.started;
        let reached = all.iter().filter(later).any(|other| other.aim.reaches(self.aim));
        let passed = self.last.past.outcome == Outcome::Passed;
        !self.aim.is_whole() && (reached || passed && wholes.iter().any(|whole| whole.reaches(self.aim)))
    }

    /// How things are, as far as this says: a part of what the policy asks for is never all of it.
    pub fn says(&self) -> Outcome {
        match self.aim.is_whole() {
            true => self.last.past.outcome,
            false => self.last.past.outcome.max(Outcome::NotVerified),
        }
    }

    fn add(&mut self, seen: &'a Seen) {
        self.runs += 1;
        *match seen.past.outcome {
            Outcome::Passed => &mut self.passed,
            Outcome::NotVerified => &mut self.not_verified,
            Outcome::Failed => &mut self.failed,
        } += 1;
        self.last = seen;
    }
}
