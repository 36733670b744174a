//! A report as people read it, whatever it is printed as: `mailproof/report/v1`.
//!
//! Input: texts, figures and tables. Output: the same as text, HTML or PDF. Invariants: those who print it know nothing of
//! records, and every text in it may be a stranger's. Another form of print is another module beside these.
//!
//! `docs/report.schema.json` is made from these types. Fields may be added in v1, never changed or taken away.

mod html;
mod pdf;
mod text;

use schemars::JsonSchema;
use serde::Serialize;

use super::language::Language;
use crate::evidence::check::Holding;
use crate::verdict::Outcome;

pub use html::render as html;
pub use pdf::{PdfError, render as pdf};
pub use text::render as text;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/report/v1";

/// A report on one run or on a period.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Document {
    /// Always `mailproof/report/v1`.
    pub schema: &'static str,
    /// The version of mailproof that wrote the report.
    pub version: &'static str,
    /// The exit code of the process.
    pub exit_code: u8,
    /// The language of its texts.
    pub language: Language,
    /// Whether the chain of records holds.
    pub chain: Holding,
    /// Records of the chain that nobody signed.
    pub unsigned: u64,
    /// How what the report is about ended: of a period the worst of the last runs of each task. Never `passed` where the chain is
    /// broken; `not-verified` where there is no run.
    pub outcome: Outcome,
    /// The numbers of the records that it tells of: the first and the last; absent where there are none.
    pub records: Option<[u64; 2]>,
    /// When it was written (RFC 3339, UTC).
    pub written: String,
    /// When the last run that it tells of began (RFC 3339, UTC); absent where there is none.
    pub latest: Option<String>,
    /// What nobody may miss, and comes before everything else.
    pub alarm: Option<Notice>,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub subtitle: String,
    /// The first page, and then the rest.
    pub sections: Vec<Section>,
    /// What stands below everything.
    pub foot: String,
}

/// A part with a heading.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Section {
    /// A word that stays the same in every language.
    pub name: &'static str,
    /// Its heading.
    pub title: String,
    /// What stands in it.
    pub blocks: Vec<Block>,
}

/// One thing in a section.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "block", content = "content")]
pub enum Block {
    /// Text.
    Paragraph(String),
    /// Text that stands out.
    Notice(Notice),
    /// What is asked, and the answer.
    Facts(Vec<Fact>),
    /// Rows and columns.
    Table(Table),
    /// Figures over time.
    Picture(Picture),
    /// What was found.
    Findings(Vec<Found>),
    /// Commands to be typed.
    Commands(Vec<String>),
    /// Lines that are filled in by hand.
    SignOff(Vec<SignOff>),
}

/// Text that stands out.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Notice {
    /// How good the news is.
    pub tone: Tone,
    /// The word for that.
    pub word: String,
    /// The text.
    pub text: String,
}

/// How good news is. Each has a word beside it: a colour alone says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// All is well.
    Good,
    /// Neither.
    Plain,
    /// Something is open.
    Doubtful,
    /// Something is wrong.
    Bad,
}

/// What is asked, and the answer.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fact {
    /// What is asked.
    pub label: String,
    /// The answer, a line for each part of it.
    pub values: Vec<String>,
}

/// Rows and columns.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// The headings of its columns; the first column names its row.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is said of the rows that are not shown.
    pub others: Vec<String>,
}

/// One field of a table.
#[derive(Debug, Default, Serialize, JsonSchema)]
pub struct Cell {
    /// What stands there; empty where somebody writes it by hand.
    pub text: String,
    /// How good the news is, where it is any.
    pub tone: Option<Tone>,
}

/// Figures over time, the newest last.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Picture {
    /// What it shows.
    pub title: String,
    /// The same in words.
    pub alternative: String,
    /// The figures.
    pub figures: Vec<u64>,
    /// What they should not exceed.
    pub target: Option<u64>,
    /// The largest of them and the target, in words.
    pub top: String,
    /// The moment of the first one.
    pub first: String,
    /// The moment of the last one.
    pub last: String,
}

/// Findings of one kind.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Found {
    /// The kind; `docs/findings.md` has a heading for each.
    pub id: String,
    /// How serious it is.
    pub tone: Tone,
    /// The word for that.
    pub word: String,
    /// How many, where, and when last.
    pub told: String,
    /// The next step.
    pub remedy: Option<Fact>,
}

/// A line that somebody fills in and signs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SignOff {
    /// In which role.
    pub role: String,
    /// What is to be written, one blank for each.
    pub blanks: Vec<String>,
}

impl Cell {
    /// Plain text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), tone: None }
    }

    /// Text that is good or bad news.
    #[must_use]
    pub fn toned(text: impl Into<String>, tone: Tone) -> Self {
        Self { text: text.into(), tone: Some(tone) }
    }
}

impl Table {
    /// Takes columns away in which nothing stands.
    pub fn leave_out_blank_columns(&mut self) {
        let filled = |place: usize| {
            self.rows.iter().any(|row| row.get(place).is_some_and(|cell| !cell.text.is_empty()))
        };
        let blank: Vec<usize> = (0..self.columns.len()).rev().filter(|place| !filled(*place)).collect();
        for place in blank {
            self.columns.remove(place);
            self.rows.iter_mut().filter(|row| place < row.len()).for_each(|row| {
                row.remove(place);
            });
        }
    }
}

impl From<Outcome> for Tone {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Passed => Self::Good,
            Outcome::NotVerified => Self::Doubtful,
            Outcome::Failed => Self::Bad,
        }
    }
}

/// The JSON Schema of [`Document`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Document);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}
