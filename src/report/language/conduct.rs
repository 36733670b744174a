//! The texts of the course, of what was found, of how it was done, and of who signs.

use crate::policy::Damage;
use crate::report::language::Language;

type Text = &'static str;

/// How it went on.
#[derive(Debug)]
pub struct Course {
    /// Its heading.
    pub title: Text,
    /// The course of throughput.
    pub throughput: Text,
    /// The course of the time a restore takes.
    pub rto: Text,
    /// The course of findings.
    pub findings: Text,
    /// So many runs, smallest, largest, last.
    pub told: fn(Language, u64, &str, &str, &str) -> String,
    /// The target, and how many exceed it.
    pub target: fn(Language, &str, u64) -> String,
    /// One run has no course.
    pub too_few: Text,
    /// Bytes each second.
    pub per_second: fn(&str) -> String,
}

/// What was found, and what deviates.
#[derive(Debug)]
pub struct Finds {
    /// Heading of the findings.
    pub title: Text,
    /// There are none.
    pub none: Text,
    /// So many, in so many archives and runs, the last record.
    pub told: fn(Language, u64, u64, u64, &str) -> String,
    /// The last run finds it no longer.
    pub gone: Text,
    /// What to do.
    pub remedy: Text,
    /// Kinds that are not shown.
    pub more: fn(Language, u64) -> String,
    /// Where to read more.
    pub more_about: Text,
    /// Heading of the deviations.
    pub deviations: Text,
    /// What they are.
    pub deviations_intro: Text,
    /// There are none.
    pub no_deviation: Text,
    /// A record by its number.
    pub record: fn(Language, u64) -> String,
    /// Columns.
    pub what: Text,
    /// What was seen.
    pub observed: Text,
    /// Who does something about it.
    pub owner: Text,
    /// Until when.
    pub due: Text,
    /// Failures, warnings and exclusions of a run.
    pub counts: fn(Language, u64, u64) -> String,
    /// Deviations that are not shown.
    pub more_deviations: fn(Language, u64) -> String,
    /// It was done, as the record of this number says.
    pub closed: fn(Language, u64) -> String,
    /// A record that can't be read.
    pub unreadable: fn(&str) -> String,
}

/// What was done, where and by whom.
#[derive(Debug)]
pub struct Conduct {
    /// Heading of the scope.
    pub scope: Text,
    /// Runs by task.
    pub tasks: Text,
    /// A task.
    pub task: Text,
    /// Runs.
    pub runs: Text,
    /// Passed, not verified and failed.
    pub ended: fn(Language, u64, u64, u64) -> String,
    /// The last run.
    pub last: Text,
    /// What the last run was to look at.
    pub reach: Text,
    /// Archives, accounts, messages, as far as they are known.
    pub reached: fn(Language, Option<u64>, Option<u64>, Option<u64>) -> String,
    /// Without a policy.
    pub no_policy: Text,
    /// What was left out.
    pub excluded: Text,
    /// Why.
    pub why: Text,
    /// In how many runs.
    pub in_runs: Text,
    /// Nothing was left out.
    pub nothing_excluded: Text,
    /// What is not shown of it.
    pub more_excluded: fn(Language, u64) -> String,
    /// Heading of the sampling.
    pub sampling: Text,
    /// What was drawn.
    pub draws: Text,
    /// How.
    pub method: Text,
    /// Population, wanted, compared.
    pub drawn: fn(Language, u64, u64, u64) -> String,
    /// How much.
    pub size: Text,
    /// The seed.
    pub seed: Text,
    /// None was needed, as all was taken.
    pub no_seed: Text,
    /// How the same is drawn again.
    pub redraw: Text,
    /// No sample was drawn.
    pub no_sample: Text,
    /// Heading of objectives.
    pub objectives: Text,
    /// How long a restore may take.
    pub rto: Text,
    /// How much may be lost.
    pub rpo: Text,
    /// Measured, and the target.
    pub measured: fn(&str, &str) -> String,
    /// Nothing was measured.
    pub not_measured: Text,
    /// There is no target.
    pub no_target: Text,
    /// Heading of the environment.
    pub environment: Text,
    /// The store.
    pub store: Text,
    /// The live mail server.
    pub live: Text,
    /// The sandbox or place.
    pub restored_to: Text,
    /// The machine.
    pub host: Text,
    /// Who ran it.
    pub operator: Text,
    /// The version.
    pub version: Text,
    /// The policy.
    pub policy: Text,
    /// The policy's digest.
    pub digest: fn(&str, &str) -> String,
    /// From a moment to another.
    pub ran: Text,
    /// Nobody noted that.
    pub not_stated: Text,
    /// Heading of negative controls.
    pub controls: Text,
    /// There are none.
    pub no_controls: Text,
    /// In so many runs so many copies were damaged, and so many of these found.
    pub controlled: fn(Language, u64, u64, u64) -> String,
    /// Some were not found.
    pub missed: Text,
    /// Copies of which archive, and when.
    pub damaged: fn(&str, &str) -> String,
    /// Damage, place, found as.
    pub control: [Text; 3],
    /// A kind of damage.
    pub damage: fn(Damage) -> Text,
    /// Bytes from the beginning.
    pub at_byte: fn(Language, u64) -> String,
    /// It was not found.
    pub not_found: Text,
    /// It could not be tried.
    pub not_tried: Text,
}

/// Where to verify, and who signs.
#[derive(Debug)]
pub struct Attest {
    /// Heading of where to verify.
    pub title: Text,
    /// What it is for.
    pub intro: Text,
    /// The folder of the records.
    pub folder: Text,
    /// The last record.
    pub head: Text,
    /// None is given where the chain is broken.
    pub no_head: Text,
    /// The keys.
    pub keys: Text,
    /// A key, first and last record.
    pub key: fn(Language, &str, u64, u64) -> String,
    /// No key.
    pub no_key: Text,
    /// Time stamps.
    pub stamps: Text,
    /// Records that have one, that have none as the authority gave none, for which none was asked; whether an authority was
    /// named that must have made them.
    pub stamped: fn(Language, u64, u64, u64, bool) -> String,
    /// Warnings of the check.
    pub warnings: Text,
    /// Records and faults of the check.
    pub records: Text,
    /// The record of the run.
    pub record: Text,
    /// Who signed off records.
    pub signed: Text,
    /// Record, who, when, what was said.
    pub signed_columns: [Text; 4],
    /// So many more sign-offs.
    pub more_signed: fn(Language, u64) -> String,
    /// Heading of the sign-off.
    pub sign_off: Text,
    /// What a signature means.
    pub sign_off_intro: Text,
    /// Who signs.
    pub roles: [Text; 3],
    /// What each writes.
    pub blanks: [Text; 3],
}
