//! The texts of since when things are as they are.

use crate::report::language::Language;

type Text = &'static str;

/// Since when, and what came before and later.
#[derive(Debug)]
pub struct Since {
    /// Since when.
    pub title: Text,
    /// So many tests of a kind, by its word in records.
    pub tests: fn(Language, &str, u64) -> String,
    /// Each passed since a moment: these.
    pub passed: fn(&str, &str) -> String,
    /// The same where nothing came before on record.
    pub always: fn(&str, &str) -> String,
    /// None passed since a moment: these.
    pub amiss: fn(&str, &str) -> String,
    /// The test before, which did not pass: its kind by its word in records, moment and record.
    pub before: fn(&str, &str, &str) -> String,
    /// So many runs that the report tells of did not pass, the last then.
    pub mended: fn(Language, u64, &str) -> String,
    /// A part that was looked at by hand meanwhile did not pass: moment and record.
    pub meanwhile: fn(&str, &str) -> String,
    /// A record can't be read, so nothing is said of the time before it.
    pub hidden: fn(&str) -> String,
    /// The chain is broken.
    pub broken: Text,
    /// A record that the report should tell of can't be read.
    pub unread: fn(&str) -> String,
    /// Without a policy nothing says which runs were for the same.
    pub unbound: Text,
    /// The last test that passed.
    pub last_good: Text,
    /// There is none on record.
    pub never: Text,
    /// There is none since a record that can't be read.
    pub none_since: fn(&str) -> String,
    /// The report tells of the past, in a few words.
    pub later_word: Text,
    /// So many later tests, moment and record of the last one, and how it ended.
    pub later: fn(Language, u64, &str, &str, &str) -> String,
    /// So many later records can't be read.
    pub later_unread: fn(Language, u64) -> String,
}
