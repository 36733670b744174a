//! What happened before: the runs that records tell of, to be looked through.
//!
//! Input: a folder of records and a [`Question`]. Output: a [`History`]. Invariants: what is told stands in records that can be
//! read now; those that can't are named; whether records were altered is not looked at here
//! ([`evidence::check`](crate::evidence::check) does), and the result says so.
//!
//! The way: [`Past`](crate::evidence::past::Past) reads a record, [`Run`] is what is told of it, and an index beside the records
//! (SQLite) keeps that, so that ten thousand records are read once and not each time. The index proves nothing and nobody
//! else reads it: it is brought up to date before every answer, made anew where it is damaged or of another form, and
//! whoever removes it loses nothing. Where it can't be kept, it is made in memory.

mod catching_up;
mod index;
mod result;
mod run;
mod selection;

use std::io;
use std::path::Path;

use crate::evidence::past::Shelf;
use index::{Fault, Index};

pub use result::{History, SCHEMA, Unread, schema};
pub use run::{Run, RunArchive, Severities};
pub use selection::Question;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The folder can't be looked into.
    #[error("{0}; name the folder of the records")]
    Folder(#[from] io::Error),
    /// Not even an index in memory works.
    #[error("the records can't be put in order: {0}; report this")]
    Index(String),
}

/// What an index answers.
#[derive(Debug)]
struct Answer {
    shelf: Shelf,
    unread: Vec<Unread>,
    runs: Vec<Run>,
}

/// Answers `question` from the records in `folder`; with `anew` the index is made anew before.
///
/// # Errors
/// [`HistoryError`] if the folder can't be listed.
pub fn look(folder: &Path, question: &Question, anew: bool) -> Result<History, HistoryError> {
    Shelf::open(folder)?;
    let (answer, not_kept) = match from_kept(folder, question, anew) {
        Ok(answer) => (answer, None),
        Err(why) => (from_memory(folder, question)?, Some(why)),
    };
    Ok(History::new(folder, answer, not_kept))
}

/// The answer of the index beside the records; the error says why it can't be kept there.
fn from_kept(folder: &Path, question: &Question, anew: bool) -> Result<Answer, String> {
    let mut index = Index::beside(folder)?;
    if anew {
        index.empty().map_err(|fault| fault.to_string())?;
    }
    let answer = match index.answer(folder, question) {
        Err(fault) if fault.is_mended_anew() => index.empty().and_then(|()| index.answer(folder, question)),
        answer => answer,
    };
    answer.map_err(|fault| fault.to_string())
}

fn from_memory(folder: &Path, question: &Question) -> Result<Answer, HistoryError> {
    let answer = Index::in_memory().and_then(|mut index| index.answer(folder, question));
    answer.map_err(|fault| match fault {
        Fault::Folder(error) => HistoryError::Folder(error),
        other => HistoryError::Index(other.to_string()),
    })
}

#[cfg(test)]
mod tests;
