//! What a language has to say in the operational guide.

use crate::report::language::Language;
use crate::verdict::Outcome;

type Text = &'static str;

/// All texts of the operational guide.
#[derive(Debug)]
pub struct Guide {
    /// Its title.
    pub title: Text,
    /// Of which moment it is.
    pub subtitle: fn(&str) -> String,
    /// Below everything: version and moment.
    pub foot: fn(&str, &str) -> String,
    /// Heading of how things stand.
    pub state: Text,
    /// The chain of records is broken.
    pub broken: Text,
    /// Nothing was ever tested.
    pub never_tested: Text,
    /// The last run of every task passed.
    pub all_passed: Text,
    /// The same, but under a policy no test ever ran.
    pub untested: Text,
    /// The last run of a task did not pass.
    pub amiss: fn(Outcome) -> Text,
    /// Where some archives are proven all the same.
    pub take_proven: Text,
    /// No archive is proven: the word, and the text.
    pub nothing_proven: [Text; 2],
    /// The newest archive that is proven.
    pub newest: Text,
    /// Archive, rung, what that means, when, and so many days before.
    pub proven: fn(Language, &str, &str, &str, &str, u64) -> String,
    /// The last run that passed.
    pub last_passed: Text,
    /// Kind and policy of a task.
    pub task: fn(&str, Option<&str>) -> String,
    /// Task, moment, record.
    pub run: fn(&str, &str, u64) -> String,
    /// A task of which no run ever passed.
    pub never_passed: fn(&str) -> String,
    /// What did not pass since.
    pub failing: Text,
    /// Restores that did not bring back all.
    pub in_part: Text,
    /// What is stated by records that prove nothing.
    pub stated: fn(&str) -> String,
    /// Since when, the last run and its record, how it ended, what was found.
    pub failing_run: fn(&str, &str, &str, u64, &str, &str) -> String,
    /// Records that can't be read.
    pub unread: fn(Language, u64) -> String,
    /// Table of archives to restore from, and its columns.
    pub sources: Text,
    /// Archive, made, proven up to, proven on, mailboxes, remark.
    pub source_columns: [Text; 6],
    /// And so many more archives.
    pub more_sources: fn(Language, u64) -> String,
    /// The mailboxes are not listed.
    pub accounts_unknown: Text,
    /// The first names, and so many more.
    pub accounts: fn(Language, &str, u64) -> String,
    /// Holds what changed since the archive before.
    pub increment: Text,
    /// The same where no whole archive is proven.
    pub baseless: Text,
    /// Of other mailboxes in it nothing is proven.
    pub partial: Text,
    /// Its sampled messages were not those of the live mailboxes.
    pub differs: Text,
    /// Looked at again without a result: when.
    pub looked_again: fn(&str) -> String,
    /// Mailboxes without a proven archive.
    pub without: Text,
    /// Whoever has mail in this store.
    pub all_of: fn(&str) -> String,
    /// Newer archives that are not proven.
    pub newer: Text,
    /// Archive, how it ended, why, and when.
    pub unproven: fn(&str, &str, &str, &str) -> String,
    /// And so many more.
    pub more: fn(Language, u64) -> String,
    /// Names are pseudonyms.
    pub veiled: [Text; 2],
    /// Whom to call.
    pub people: People,
    /// How to restore.
    pub restoring: Restoring,
    /// What opens the archives.
    pub keys: Custody,
    /// What was measured, and what is tested when.
    pub testing: Testing,
}

/// Whom to call and what to decide.
#[derive(Debug)]
pub struct People {
    /// Heading.
    pub title: Text,
    /// In this order.
    pub order: Text,
    /// The policies name nobody.
    pub nobody: Text,
    /// Roles that are filled in by hand, and what is written for each.
    pub roles: [Text; 4],
    /// What is written for each.
    pub blanks: [Text; 2],
    /// Notes of the policies.
    pub notes: Text,
    /// Heading of decisions.
    pub decide: Text,
    /// Caption and columns.
    pub decisions: [Text; 3],
    /// Situation and what to do.
    pub rows: [[Text; 2]; 7],
    /// Caption and columns of exit codes.
    pub codes: [Text; 3],
    /// Code, and what it means for a restore.
    pub code_rows: [[Text; 2]; 5],
    /// Heading of how this guide is kept.
    pub upkeep: Text,
    /// What it is made from.
    pub upkeep_intro: Text,
    /// Folders of the records, and policies.
    pub sources: [Text; 2],
    /// Who read and tried it.
    pub readers: [Text; 2],
    /// What is written for each.
    pub reader_blanks: [Text; 3],
}

/// How to restore.
#[derive(Debug)]
pub struct Restoring {
    /// Heading of what comes before.
    pub prepare: Text,
    /// On which machine, by whom.
    pub prepare_intro: Text,
    /// What is shown.
    pub prepare_then: Text,
    /// There is no proven archive, so names are placeholders.
    pub placeholder: Text,
    /// What is written in place of these words.
    pub replace: fn(&str) -> String,
    /// No policy names the key.
    pub keyless: Text,
    /// The store does not answer.
    pub away: Text,
    /// Whose mailbox the commands bring back, where one is known.
    pub example: fn(Option<&str>) -> String,
    /// Headings of one message, one folder, one account, everything.
    pub titles: [Text; 4],
    /// What to know of each.
    pub intros: [Text; 4],
    /// Into a folder for looking at.
    pub maildir: Text,
    /// For Zimbra's import.
    pub tgz: Text,
    /// Import it on the mail server.
    pub import: Text,
    /// The same for all of them.
    pub import_all: Text,
    /// Into the mail server.
    pub server: Text,
    /// Several archives, in this order.
    pub several: Text,
    /// And so many more archives.
    pub more: fn(Language, u64) -> String,
    /// A mail server takes one account at a time.
    pub one_by_one: Text,
    /// Heading of what to check, and the lines.
    pub after: Text,
    /// What to check.
    pub checks: [[Text; 2]; 5],
    /// Heading of the way without mailproof.
    pub by_hand: Text,
    /// What it takes.
    pub by_hand_intro: Text,
    /// Login to the store: credentials file.
    pub by_hand_login: fn(&str) -> String,
    /// The passphrase: its file.
    pub by_hand_passphrase: fn(&str) -> String,
    /// The layers are not stated.
    pub layers_unknown: Text,
    /// What to do with what lies there.
    pub by_hand_then: Text,
}

/// Keys and who has them.
#[derive(Debug)]
pub struct Custody {
    /// Heading.
    pub title: Text,
    /// What is lost with the key.
    pub lost: [Text; 2],
    /// Label of the key of a policy.
    pub opens: fn(&str) -> String,
    /// A bare name: a credential of systemd.
    pub credential: fn(&str) -> String,
    /// A passphrase file, a plugin.
    pub passphrase: fn(&str) -> String,
    /// A plugin.
    pub plugin: fn(&str) -> String,
    /// The policy names none.
    pub none: Text,
    /// The archives are encrypted for recipients of these kinds.
    pub recipients: fn(&str) -> String,
    /// It opened the archive, when, in which record.
    pub opened: fn(&str, &str, u64) -> String,
    /// It is not known to have opened any.
    pub never_opened: Text,
    /// Other credentials, which can be replaced.
    pub others: Text,
    /// For what: store, mail server, records.
    pub purposes: [Text; 3],
    /// Who has copies is written by hand.
    pub copies: Text,
    /// What is written for each.
    pub blanks: [Text; 3],
    /// The key of this policy.
    pub key_of: fn(&str) -> String,
}

/// What was measured, and what is tested when.
#[derive(Debug)]
pub struct Testing {
    /// Heading of measurements.
    pub measured: Text,
    /// Nothing was.
    pub never: Text,
    /// Label of a rehearsal.
    pub rehearsal: fn(&str, u64, &str) -> String,
    /// RTO and RPO: measured and target.
    pub rto: fn(&str, &str) -> String,
    /// RPO.
    pub rpo: fn(&str, &str) -> String,
    /// Not measured, no target.
    pub unknown: [Text; 2],
    /// Bytes each second that came back.
    pub came_back: fn(&str) -> String,
    /// Label of estimates.
    pub estimate: Text,
    /// What the rehearsal estimated for all.
    pub estimated_then: fn(&str) -> String,
    /// Time, bytes, rate, archives.
    pub reading_takes: fn(Language, &str, &str, &str, u64) -> String,
    /// No estimate.
    pub no_estimate: Text,
    /// Heading of the schedule.
    pub schedule: Text,
    /// Caption and columns: task, runs, last run, how it ended.
    pub tasks: [Text; 5],
    /// So many runs, so many passed.
    pub runs: fn(Language, u64, u64) -> String,
    /// Policies that no record tells of.
    pub not_run: Text,
    /// What the policies ask for.
    pub asks: Text,
    /// Policy, rung, RPO, RTO.
    pub asked: fn(&str, &str, Option<&str>, Option<&str>) -> String,
    /// Timers can't be seen from here.
    pub timers: Text,
    /// What is due.
    pub due: Text,
    /// Requirement, until when, record.
    pub due_until: fn(&str, &str) -> String,
    /// Nothing has a date.
    pub nothing_due: Text,
}
