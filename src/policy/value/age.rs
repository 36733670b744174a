use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{QuantityError, Quoted, quantity_as_text, read_number, split_number};

/// A length of time, written like `26h`, `35d` or `1h 30m`; a day is 24 hours.
///
/// Units are `w`, `d`, `h`, `m` and `s`, the largest first, each at most once. Text must give more than zero
/// seconds. Display shows whole seconds and drops what is below; up to two days it counts in hours, because
/// that is how recovery objectives are stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Age(pub Duration);

/// Letters and their seconds, the largest first.
const UNITS: [(char, u64); 5] = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

const HINT: &str = "write a number with w, d, h, m or s, for example \"26h\", \"35d\" or \"1h 30m\"";

impl Age {
    /// An age of so many seconds.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// An age of so many days of 24 hours.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self::seconds(days.saturating_mul(86_400))
    }
}

impl FromStr for Age {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut rest = text.trim();
        let mut units = UNITS.as_slice();
        let mut seconds: u64 = 0;
        loop {
            let (digits, behind) = split_number(rest).ok_or_else(|| unreadable(text))?;
            let (letter, behind) = split_letter(behind.trim_start(), text)?;
            let at =
                units.iter().position(|(unit, _)| *unit == letter).ok_or_else(|| misplaced(letter, text))?;
            seconds = read_number(digits)
                .and_then(|number| number.checked_mul(units[at].1))
                .and_then(|part| seconds.checked_add(part))
                .ok_or_else(|| QuantityError::new(format!("{} is too long", Quoted(text)), HINT))?;
            units = &units[at + 1..];
            rest = behind.trim_start();
            if rest.is_empty() {
                break;
            }
        }
        if seconds == 0 {
            return Err(QuantityError::new(
                format!("{} is no time at all", Quoted(text)),
                "write at least \"1s\"",
            ));
        }
        Ok(Self::seconds(seconds))
    }
}

/// The unit's letter and what follows it; a longer word (`26hours`) is refused.
fn split_letter<'a>(rest: &'a str, text: &str) -> Result<(char, &'a str), QuantityError> {
    let mut characters = rest.chars();
    match characters.next() {
        None => Err(QuantityError::new(format!("{} has no unit", Quoted(text)), HINT)),
        Some(_) if characters.as_str().starts_with(char::is_alphabetic) => Err(unreadable(text)),
        Some(letter) => Ok((letter, characters.as_str())),
    }
}

fn unreadable(text: &str) -> QuantityError {
    QuantityError::new(format!("{} is not a length of time", Quoted(text)), HINT)
}

fn misplaced(letter: char, text: &str) -> QuantityError {
    if UNITS.iter().any(|(unit, _)| *unit == letter) {
        let hint = "write the largest unit first and each once, for example \"1h 30m\"";
        return QuantityError::new(format!("{} has its units in the wrong order", Quoted(text)), hint);
    }
    unreadable(text)
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_secs();
        let mut text = String::new();
        for (letter, size) in &UNITS[1..] {
            let in_hours = *letter == 'd' && rest < 2 * size && !rest.is_multiple_of(*size);
            let count = rest / size;
            if in_hours || count == 0 {
                continue;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&format!("{count}{letter}"));
            rest %= size;
        }
        f.pad(if text.is_empty() { "0s" } else { &text })
    }
}

quantity_as_text!(Age);

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Age {
    fn schema_name() -> Cow<'static, str> {
        "Age".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "age",
            "pattern": "^ *[0-9][0-9_]* *[wdhms]( *[0-9][0-9_]* *[wdhms])* *$",
            "examples": ["26h", "35d", "1h 30m"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<u64, QuantityError> {
        text.parse::<Age>().map(|age| age.0.as_secs())
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("26h", 93_600),
            ("35d", 3_024_000),
            ("1h 30m", 5_400),
            ("1h30m", 5_400),
            ("90s", 90),
            ("2w", 1_209_600),
            (" 10 s ", 10),
            ("1_000s", 1_000),
            ("1d 0h 5s", 86_405),
        ] {
            assert_eq!(read(text), Ok(seconds), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_and_say_what_to_write() {
        for text in [
            "",
            " ",
            "26",
            "h",
            "26hours",
            "26 hours",
            "1.5h",
            "-1h",
            "1h 1h",
            "30m 1h",
            "5y",
            "0s",
            "0d 0h",
            "1h,30m",
            "_1h",
            "1_h",
            "1__0h",
            "26H",
            "٣h",
            "99999999999999999999s",
            "18446744073709551615w",
            "1h\u{0}",
            "1d 30",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.hint.contains("write"), "{text}: {error}");
        }
        assert!(read("26").unwrap_err().message.contains("no unit"));
        assert!(read("30m 1h").unwrap_err().message.contains("order"));
    }

    #[test]
    fn objectives_are_shown_in_hours_up_to_two_days() {
        for (seconds, text) in [
            (93_600, "26h"),
            (86_400, "1d"),
            (172_799, "47h 59m 59s"),
            (172_800, "2d"),
            (180_000, "2d 2h"),
            (3_024_000, "35d"),
            (5_400, "1h 30m"),
            (0, "0s"),
        ] {
            assert_eq!(Age::seconds(seconds).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(seconds in 1..u64::MAX) {
            prop_assert_eq!(read(&Age::seconds(seconds).to_string()), Ok(seconds));
        }

        #[test]
        fn no_text_makes_it_panic(text in ".*") {
            let _ = read(&text);
        }

        #[test]
        fn nearly_right_text_is_read_or_refused(text in "[0-9_]{0,22} ?[wdhmsx]?( ?[0-9]{1,3}[dhms]){0,3}") {
            if let Ok(seconds) = read(&text) {
                prop_assert_eq!(read(&Age::seconds(seconds).to_string()), Ok(seconds));
            }
        }
    }
}
