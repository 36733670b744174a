//! What people say of records: that one was looked at, and what is to be done about it.
//!
//! Input: a person's words about a record of the chain. Output: the content of another record in the same chain.
//! Invariant: it names the record by number and digests, so that it can't be taken for one about another; and its words are
//! plain, short, and stay for ever.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::Link;
use crate::legible::deceives;
use crate::policy::holds_secret;

/// The longest name or role, in characters.
pub const LONGEST_NAME: usize = 200;
/// The longest note, in characters.
pub const LONGEST_NOTE: usize = 4000;

/// The record that is spoken of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// Its id.
    pub id: String,
    /// Its number, and the digests of its file.
    #[serde(flatten)]
    pub link: Link,
}

/// Somebody looked at a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignOff {
    /// The record.
    pub about: About,
    /// Who looked at it, by the name that was given; `operator` of the record is who ran the command.
    pub by: String,
    /// As what.
    pub role: Option<String>,
    /// What was seen or decided.
    pub note: String,
}

/// A corrective action, from one end or the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum Action {
    /// Something is to be done.
    Opened {
        /// The record that showed the need.
        about: About,
        /// Who does it.
        owner: String,
        /// By when (`2026-12-31`).
        due: String,
        /// What.
        what: String,
    },
    /// It was done, and a later run shows that it helped.
    Closed {
        /// The record that opened it.
        action: About,
        /// The run that passed since.
        by_record: About,
        /// What was done.
        note: String,
    },
}

/// Why words are not taken into a record.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordsError {
    /// There are none.
    #[error("{0} is empty; say it in words")]
    Empty(&'static str),
    /// There are too many.
    #[error("{what} is too long; at most {most} letters are kept: write the rest elsewhere, and say where")]
    Long {
        /// What they are.
        what: &'static str,
        /// How many are taken.
        most: usize,
    },
    /// A letter hides or moves others.
    #[error("{what} holds a character that no reader sees ({}); write plain text in one line", letter.escape_unicode())]
    Unfit {
        /// What they are.
        what: &'static str,
        /// The character.
        letter: char,
    },
    /// A key was pasted.
    #[error("{0} holds a secret key; records are kept for ever: leave it out, and replace the key")]
    Secret(&'static str),
}

impl SignOff {
    /// Takes a person's words about a record.
    ///
    /// # Errors
    /// [`WordsError`] for what must not be kept.
    pub fn new(about: About, by: &str, role: Option<&str>, note: &str) -> Result<Self, WordsError> {
        let role = role.map(|role| words("the role", role, LONGEST_NAME)).transpose()?;
        let (by, note) = (words("the name", by, LONGEST_NAME)?, words("the note", note, LONGEST_NOTE)?);
        Ok(Self { about, by, role, note })
    }
}

impl Action {
    /// What is to be done because of a record.
    ///
    /// # Errors
    /// [`WordsError`] for what must not be kept.
    pub fn open(about: About, owner: &str, due: Date, what: &str) -> Result<Self, WordsError> {
        let (owner, what) =
            (words("the owner", owner, LONGEST_NAME)?, words("what is to be done", what, LONGEST_NOTE)?);
        Ok(Self::Opened { about, owner, due: due.to_string(), what })
    }

    /// What was done, and the run that shows it.
    ///
    /// # Errors
    /// [`WordsError`] for what must not be kept.
    pub fn close(action: About, by_record: About, note: &str) -> Result<Self, WordsError> {
        Ok(Self::Closed { action, by_record, note: words("the note", note, LONGEST_NOTE)? })
    }
}

/// A person's words as they may be kept and shown. A note that came in several lines becomes one.
fn words(what: &'static str, text: &str, most: usize) -> Result<String, WordsError> {
    let line: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = line.join(" ");
    if line.is_empty() {
        return Err(WordsError::Empty(what));
    }
    if line.chars().count() > most {
        return Err(WordsError::Long { what, most });
    }
    if let Some(letter) = line.chars().find(|letter| deceives(*letter)) {
        return Err(WordsError::Unfit { what, letter });
    }
    if holds_secret(&line) { Err(WordsError::Secret(what)) } else { Ok(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_one_plain_line() {
        assert_eq!(words("it", " Seen.\r\n\n Nothing to do. \n", 40), Ok("Seen. Nothing to do.".to_owned()));
        assert_eq!(words("it", " \n\t", 40), Err(WordsError::Empty("it")));
        assert_eq!(words("it", "ääää", 4), Ok("ääää".to_owned()));
        assert_eq!(words("it", "äääää", 4), Err(WordsError::Long { what: "it", most: 4 }));
        for letter in ['\u{1b}', '\u{7}', '\u{202e}', '\0'] {
            let text = format!("a{letter}b");
            assert_eq!(words("it", &text, 40), Err(WordsError::Unfit { what: "it", letter }));
        }
        assert_eq!(words("it", "opens with AGE-SECRET-KEY-1QQ", 40), Err(WordsError::Secret("it")));
    }
}
