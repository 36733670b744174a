//! What a language has to say. Texts with figures in them are functions, as each language has its own plurals and order; those
//! figures that have no plural come as text already.

use crate::evidence::Method;
use crate::policy::Damage;
use crate::report::language::{Guide, Language};
use crate::verdict::{Coverage, Outcome, Rung, Severity};

type Text = &'static str;

/// All texts of a language.
#[derive(Debug)]
pub struct Words {
    /// Names of the months, as they stand in dates.
    pub months: [Text; 12],
    /// The report's title.
    pub title: Text,
    /// What a report on a run is about: number, kind, moment.
    pub about_run: fn(&str, &str, &str) -> String,
    /// What a report on a period is about: first and last day.
    pub about_period: fn(&str, &str) -> String,
    /// The report is about a period without an end in the records.
    pub about_nothing: Text,
    /// Below everything: version and moment.
    pub foot: fn(&str, &str) -> String,
    /// A kind of run by its word in records.
    pub kind: fn(&str) -> String,
    /// How a run ended, in one word.
    pub outcome: fn(Outcome) -> Text,
    /// How serious a finding is.
    pub severity: fn(Severity) -> Text,
    /// A rung by name.
    pub rung: fn(Rung) -> Text,
    /// What a rung proves.
    pub rung_means: fn(Rung) -> Text,
    /// No rung was proven.
    pub no_rung: Text,
    /// Checked C of A.
    pub checked: fn(Language, Coverage) -> String,
    /// How the size of a sample came about.
    pub method: fn(Language, Method) -> String,
    /// Whether the chain holds.
    pub chain: Chain,
    /// The first page.
    pub front: Front,
    /// What was proven.
    pub proof: Proof,
    /// How it went on.
    pub course: Course,
    /// What was found, and what deviates.
    pub found: Finds,
    /// What was done, where and by whom.
    pub conduct: Conduct,
    /// Where to verify, and who signs.
    pub attest: Attest,
    /// The operational guide.
    pub guide: Guide,
}

/// Whether the chain of records holds.
#[derive(Debug)]
pub struct Chain {
    /// The heading of that.
    pub title: Text,
    /// In one word: broken.
    pub broken_word: Text,
    /// The number of the first record, the reason, and in words what is wrong.
    pub broken: fn(u64, &str, &str) -> String,
    /// In one word: holds.
    pub holds_word: Text,
    /// So many records hold, by keys that were brought along.
    pub holds: fn(Language, u64) -> String,
    /// So many records hold, by the first record's own key.
    pub holds_by_itself: fn(Language, u64) -> String,
    /// In one word: unsigned.
    pub unsigned_word: Text,
    /// So many of so many are not signed.
    pub unsigned: fn(Language, u64, u64) -> String,
    /// In one word: empty.
    pub empty_word: Text,
    /// There are no records.
    pub empty: Text,
}

/// The first page.
#[derive(Debug)]
pub struct Front {
    /// Its heading.
    pub title: Text,
    /// The verdict on one run.
    pub run: fn(Outcome) -> Text,
    /// The verdict on a run that passed and was to look at a part of what its policy asks for.
    pub part: Text,
    /// Tasks that were to look at a part alone.
    pub parts: fn(&str) -> String,
    /// The verdict on a period.
    pub period: fn(Outcome) -> Text,
    /// A run that tests no backup, such as a restore for a user.
    pub no_test: Text,
    /// Nothing was tested in it.
    pub nothing: Text,
    /// The chain is broken, whatever the records say.
    pub broken: Text,
    /// Records of it can't be read: so many.
    pub unread: fn(Language, u64) -> String,
    /// Since when.
    pub since: Text,
    /// Since a moment, so many tests in a row.
    pub since_runs: fn(Language, &str, u64) -> String,
    /// The same where the first of them is the first of all that are told of.
    pub since_at_least: fn(Language, &str, u64) -> String,
    /// Before that so many runs did not pass, the last then.
    pub mended: fn(Language, u64, &str) -> String,
    /// The last test that passed.
    pub last_good: Text,
    /// There is none.
    pub none_good: Text,
    /// What was proven.
    pub proven: Text,
    /// What the records of a broken chain say.
    pub stated: Text,
    /// So many archives, up to which rung, and what that proves.
    pub archives: fn(Language, u64, Rung) -> String,
    /// So many accounts, up to which rung.
    pub accounts: fn(Language, u64, Rung) -> String,
    /// So many messages were put into a sandbox and read back, in so many seconds where that was measured.
    pub rehearsed: fn(Language, u64, Option<u64>) -> String,
    /// Nothing was proven.
    pub nothing_proven: Text,
    /// What was not proven.
    pub unproven: Text,
    /// So many archives failed.
    pub failed: fn(Language, u64) -> String,
    /// So many archives could not be verified.
    pub not_verified: fn(Language, u64) -> String,
    /// Of so many archives nothing is proven.
    pub archives_without: fn(Language, u64) -> String,
    /// Of so many accounts what is stated of their mail is not proven.
    pub accounts_without: fn(Language, u64) -> String,
    /// So many things were left out.
    pub excluded: fn(Language, u64) -> String,
    /// So many accounts do not hold what is stated of their mail.
    pub accounts_disproven: fn(Language, u64) -> String,
    /// No test looked at these rungs.
    pub not_looked_at: fn(&str) -> String,
    /// Nothing of what was asked for is open.
    pub all_proven: Text,
    /// What to do.
    pub steps: Text,
    /// The chain is broken.
    pub mend_chain: fn(&str) -> String,
    /// The records are not signed.
    pub sign_records: Text,
    /// Nothing was tested.
    pub test: Text,
    /// Something could not be looked at; what kept the run from it, where that is one thing.
    pub look_again: fn(Option<&str>) -> String,
    /// All is well now and was not before.
    pub assign: Text,
    /// Nothing has to be done.
    pub nothing_to_do: Text,
    /// Remedies are in English; empty in English.
    pub in_english: Text,
}

/// What was proven.
#[derive(Debug)]
pub struct Proof {
    /// Heading of the coverage.
    pub title: Text,
    /// Each archive.
    pub archives: Text,
    /// Each account.
    pub accounts: Text,
    /// Columns.
    pub archive: Text,
    /// An account.
    pub account: Text,
    /// How it ended.
    pub outcome: Text,
    /// Up to which rung it is proven.
    pub proven_up_to: Text,
    /// The same as the records of a broken chain state it.
    pub stated_up_to: Text,
    /// How much was checked.
    pub coverage: Text,
    /// When.
    pub when: Text,
    /// Why it is not more.
    pub reason: Text,
    /// What Zimbra states of a mailbox does not hold.
    pub disproven: Text,
    /// Nobody could look whether it holds.
    pub not_proven: Text,
    /// Compared with live mailboxes.
    pub compared: Text,
    /// So many of so many.
    pub of: fn(Language, u64, u64) -> String,
    /// And so many more that are proven up to a rung.
    pub more_up_to: fn(Language, u64, Rung) -> String,
    /// The same as the records of a broken chain state it.
    pub more_stated: fn(Language, u64, Rung) -> String,
    /// And so many more of which nothing is proven.
    pub more_without: fn(Language, u64) -> String,
    /// There is no archive.
    pub no_archive: Text,
    /// Heading of the confidence.
    pub confidence: Text,
    /// Nobody compared with live mailboxes.
    pub no_confidence: Text,
    /// Nothing may be concluded from the records.
    pub no_confidence_broken: Text,
    /// Confidence, the most that differ, population, compared.
    pub statement: fn(Language, u32, u64, u64, u64) -> String,
    /// All was compared: the most that differ, population, compared.
    pub statement_of_all: fn(Language, u64, u64, u64) -> String,
    /// What confidence does not say.
    pub caveat: Text,
    /// And so many more archives.
    pub more_archives: fn(Language, u64) -> String,
    /// What each rung means.
    pub ladder: Text,
}

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
