//! Quantities as people write them: `26h`, `2 TiB`, `50MB/s`.
//!
//! Input: text of the policy or the command line. Output: a number with its unit in the type.
//! Invariant: what is displayed can be read again and gives the same value.

mod age;
mod bytes;
mod rate;
mod share;

use std::fmt;

pub use age::Age;
pub use bytes::Bytes;
pub use rate::BytesPerSecond;
pub use share::Share;

/// Why a text is not a quantity, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}; {hint}")]
pub struct QuantityError {
    /// What is wrong with the text.
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl QuantityError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// The longest piece of foreign text that a message repeats, in characters.
const QUOTED: usize = 40;

/// Text in backticks, without control characters and cut to a readable length.
pub(super) struct Quoted<'a>(pub &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.0.chars().take(QUOTED).collect();
        let rest = if shown.len() < self.0.len() { "…" } else { "" };
        write!(f, "`{}{rest}`", shown.escape_debug())
    }
}

/// Splits leading digits (with `_` between them, as in TOML) from what follows; `None` if there are none.
fn split_number(text: &str) -> Option<(&str, &str)> {
    let end =
        text.find(|character: char| !character.is_ascii_digit() && character != '_').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let well_formed = !number.starts_with('_') && !number.ends_with('_') && !number.contains("__");
    (!number.is_empty() && well_formed).then_some((number, rest))
}

/// Reads what [`split_number`] found; `None` above [`u64::MAX`].
fn read_number(digits: &str) -> Option<u64> {
    digits.replace('_', "").parse().ok()
}

macro_rules! quantity_as_text {
    ($type:ident) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    };
}
use quantity_as_text;
