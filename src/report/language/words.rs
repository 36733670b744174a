//! What a language has to say. Texts with figures in them are functions, as each language has its own plurals and order; those
//! figures that have no plural come as text already.

use crate::evidence::Method;
use crate::report::language::conduct::{Attest, Conduct, Course, Finds};
use crate::report::language::since::Since;
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
    /// Since when, and what came before and later.
    pub since: Since,
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
    /// What is to be done by those who run the backups.
    pub steps_of_admin: Text,
    /// What is to be done by whoever answers for them.
    pub steps_of_owner: Text,
    /// The chain is broken.
    pub mend_chain: fn(&str) -> String,
    /// The records are not signed.
    pub sign_records: Text,
    /// Nothing was tested.
    pub test: Text,
    /// Something could not be looked at; what kept the run from it, where that is one thing.
    pub look_again: fn(Option<&str>) -> String,
    /// Something deviates and nobody sees to it.
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
    /// An archive may be whole inside and yet not be what `present` asks for.
    pub whole_and_not_present: Text,
    /// What codes in names are.
    pub codes: Text,
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
