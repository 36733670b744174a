//! A report on one run or on a period, from kept records.
//!
//! Input: a folder of records, what became of checking its chain, and a [`Question`]. Output: a [`Document`]. Invariants: where
//! the chain is broken nothing is called proven; nothing is called better than the records state; what is too much to be
//! shown is counted, and the worst comes first.
//!
//! The way: `matter` gathers what records say of runs, a [`Ledger`] what people said of these, and each other module makes
//! sections of it.

mod attest;
mod conduct;
mod course;
mod found;
mod front;
mod matter;
mod proof;
mod scope;
mod since;
mod standing;
mod tasks;

pub(super) use front::chain;
pub(super) use standing::own_rung;

use std::io;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::document::{Document, Notice, SCHEMA, Tone};
use super::language::{Language, Words};
use crate::evidence::Ledger;
use crate::evidence::check::{Check, Holding};
use crate::evidence::past::Aim;
use crate::exit;
use crate::verdict::Outcome;
use matter::Matter;

/// What is asked.
#[derive(Debug)]
pub struct Question {
    /// What the report is about.
    pub subject: Subject,
    /// The language of the report.
    pub language: Language,
    /// The moment that it states as that of its writing.
    pub written: Timestamp,
}

/// What a report is about.
#[derive(Debug)]
pub enum Subject {
    /// One run; without a name the last one.
    Run(Option<Named>),
    /// All runs that began at `since` or later and before `until`.
    Period {
        /// Absent for the first record.
        since: Option<Timestamp>,
        /// Absent for the last record.
        until: Option<Timestamp>,
    },
}

/// A run by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The number of its record.
    Sequence(u64),
    /// Its own id.
    Id(String),
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder can't be looked into.
    #[error("{0}; name the folder of the records")]
    Folder(#[from] io::Error),
    /// No record has that name.
    #[error("there is no record {0}; `mailproof history --json` lists numbers and ids")]
    NoSuchRun(String),
    /// The record tells of no run.
    #[error(
        "record {0} is of the kind {1} and tells of no run; name the run it is about (`mailproof history` lists runs)"
    )]
    NoRun(u64, String),
}

/// Archives that are named in a sentence.
const MOST_NAMED: usize = 3;

/// What a section is made of.
struct Sight<'a> {
    matter: &'a Matter,
    /// What people said of the records.
    ledger: &'a Ledger,
    check: &'a Check,
    question: &'a Question,
    language: Language,
    words: &'static Words,
    outcome: Outcome,
}

impl Sight<'_> {
    /// What records say may be called proven.
    fn believed(&self) -> bool {
        self.check.outcome != Holding::Broken
    }

    fn is_run(&self) -> bool {
        matches!(self.question.subject, Subject::Run(_))
    }

    /// Where no run is told of, that nothing is amiss would be taken for good news.
    fn unless_empty(&self, good: &'static str) -> &'static str {
        if self.matter.runs.is_empty() { self.words.front.nothing } else { good }
    }

    /// What runs were for.
    fn task(&self, aim: &Aim) -> String {
        let policy = aim.policy.as_deref().unwrap_or(self.words.conduct.no_policy);
        let by = |by: &String| match by.as_str() {
            Aim::ARCHIVES => self.named(&aim.archives),
            _ => by.clone(),
        };
        let narrowed: Vec<String> = aim.narrowed.iter().map(by).collect();
        let narrowed = if aim.is_whole() { String::new() } else { format!(" ({})", narrowed.join("; ")) };
        format!("{}, {policy}{narrowed}", (self.words.kind)(&aim.kind))
    }

    /// The first of these, and how many more there are.
    fn named<'n>(&self, names: impl IntoIterator<Item = &'n String>) -> String {
        let mut names = names.into_iter().map(String::as_str);
        let mut told = names.by_ref().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
        let more = names.count() as u64;
        if more > 0 {
            told = format!("{told} {}", (self.words.guide.more)(self.language, more));
        }
        told
    }
}

/// Writes the report that `question` asks for.
///
/// # Errors
/// [`ReportError`] if the folder can't be listed, or if there is no such run.
pub fn compose(folder: &Path, check: &Check, question: &Question) -> Result<Document, ReportError> {
    let matter = Matter::gather(folder, &question.subject)?;
    let ledger = Ledger::read(folder)?;
    let outcome = judge(&matter, check, &question.subject);
    let (language, words) = (question.language, question.language.words());
    let sight = Sight { matter: &matter, ledger: &ledger, check, question, language, words, outcome };
    let runs = &matter.runs;
    let ends = |[first, last]: [&matter::Seen; 2]| [first.past.sequence, last.past.sequence];
    Ok(Document {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        exit_code: exit_code(&matter, check),
        language,
        chain: check.outcome,
        unsigned: check.unsigned,
        outcome,
        records: runs.first().zip(runs.last()).map(|(first, last)| ends([first, last])),
        written: question.written.to_string(),
        latest: runs.iter().map(|seen| seen.past.started).max().map(|moment| moment.to_string()),
        alarm: alarm(check, words),
        title: words.title.to_owned(),
        subtitle: subtitle(&sight),
        sections: sections(&sight),
        foot: (words.foot)(env!("CARGO_PKG_VERSION"), &language.moment(question.written)),
    })
}

fn sections(sight: &Sight<'_>) -> Vec<super::document::Section> {
    vec![
        front::section(sight),
        proof::coverage(sight),
        proof::confidence(sight),
        course::section(sight),
        found::findings(sight),
        found::deviations(sight),
        scope::section(sight),
        conduct::sampling(sight),
        conduct::objectives(sight),
        conduct::environment(sight),
        conduct::controls(sight),
        attest::place(sight),
        attest::sign_off(sight),
    ]
}

/// Never a pass where the chain is broken, where a record can't be read, or where there was no test.
fn judge(matter: &Matter, check: &Check, subject: &Subject) -> Outcome {
    let ended = match (subject, matter.runs.last()) {
        (Subject::Run(_), Some(seen)) => seen.past.outcome,
        (Subject::Run(_), None) => Outcome::NotVerified,
        (Subject::Period { .. }, _) => Outcome::worst(matter.tasks().iter().map(tasks::Task::says)),
    };
    match check.outcome == Holding::Broken || !matter.unread.is_empty() {
        true => ended.max(Outcome::NotVerified),
        false => ended,
    }
}

/// Says whether the report rests on anything, and not whether the backups are well: a report on a failed run is a good report.
fn exit_code(matter: &Matter, check: &Check) -> u8 {
    match check.outcome {
        Holding::Broken => exit::FAILED,
        Holding::Holds if matter.unread.is_empty() && !matter.runs.is_empty() => exit::PASSED,
        _ => exit::NOT_VERIFIED,
    }
}

/// What nobody may miss: a chain that does not hold.
pub(super) fn alarm(check: &Check, words: &Words) -> Option<Notice> {
    let chain = &words.chain;
    let first = check.first_broken.as_ref()?;
    let text = (chain.broken)(first.record, first.reason.as_str(), &first.detail);
    Some(Notice { tone: Tone::Bad, word: chain.broken_word.to_owned(), text })
}

fn subtitle(sight: &Sight<'_>) -> String {
    let Sight { words, language, matter, .. } = sight;
    match &sight.question.subject {
        Subject::Run(_) => matter.runs.last().map_or(words.about_nothing.to_owned(), |seen| {
            let past = &seen.past;
            (words.about_run)(
                &past.sequence.to_string(),
                &(words.kind)(&past.kind),
                &language.moment(past.started),
            )
        }),
        Subject::Period { since, until } => {
            let first = since.or(matter.runs.first().map(|seen| seen.past.started));
            // The end is the first moment that no longer belongs to it.
            let end = until.map(|until| until - SignedDuration::from_nanos(1));
            let last = end.unwrap_or(sight.question.written);
            first.map_or(words.about_nothing.to_owned(), |first| {
                (words.about_period)(&language.day(first), &language.day(last))
            })
        }
    }
}
