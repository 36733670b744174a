use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{QuantityError, Quoted, quantity_as_text, read_number, split_number};

/// A number of bytes, written like `512 MiB` or `2TB`, or as a whole number.
///
/// Units of 1024 are `KiB` `MiB` `GiB` `TiB`, units of 1000 are `kB` `MB` `GB` `TB`; `B` and no unit are bytes.
/// Text must give more than zero bytes. Display is exact: the largest unit that divides the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// Names and their bytes; of two that divide a number into the same count the first is shown.
pub(super) const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];

const HINT: &str =
    "write a number with B, kB, MB, GB, TB (1000) or KiB, MiB, GiB, TiB (1024), for example \"512 MiB\"";

impl FromStr for Bytes {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (digits, unit) = split_number(text.trim()).ok_or_else(|| unreadable(text))?;
        let unit = unit.trim_start();
        let size = if unit.is_empty() { 1 } else { size_of(unit).ok_or_else(|| unknown_unit(unit, text))? };
        let bytes = read_number(digits)
            .and_then(|number| number.checked_mul(size))
            .ok_or_else(|| QuantityError::new(format!("{} is too large", Quoted(text)), HINT))?;
        if bytes == 0 {
            return Err(QuantityError::new(
                format!("{} is nothing at all", Quoted(text)),
                "write at least 1 byte",
            ));
        }
        Ok(Self(bytes))
    }
}

fn size_of(unit: &str) -> Option<u64> {
    UNITS.iter().find(|(name, _)| *name == unit).map(|(_, size)| *size)
}

fn unreadable(text: &str) -> QuantityError {
    QuantityError::new(format!("{} is not a number of bytes", Quoted(text)), HINT)
}

/// The two units that a sloppy one (`M`, `mb`, `mib`) may stand for are named, because they differ.
fn unknown_unit(unit: &str, text: &str) -> QuantityError {
    let letter = unit.chars().next().map(|letter| letter.to_ascii_uppercase());
    let hint = match letter.filter(|_| matches!(unit.to_ascii_lowercase().get(1..), Some("" | "b" | "ib"))) {
        Some('K') => "write kB (1000) or KiB (1024)",
        Some('M') => "write MB (1000²) or MiB (1024²)",
        Some('G') => "write GB (1000³) or GiB (1024³)",
        Some('T') => "write TB (1000⁴) or TiB (1024⁴)",
        _ => HINT,
    };
    if unit.starts_with(char::is_alphabetic) {
        return QuantityError::new(format!("{} is not a unit of bytes", Quoted(unit)), hint);
    }
    unreadable(text)
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let divides = |size: u64| self.0 >= size && self.0.is_multiple_of(size);
        let (unit, size) = UNITS.iter().find(|(_, size)| divides(*size)).unwrap_or(&("B", 1));
        f.pad(&format!("{} {unit}", self.0 / size))
    }
}

quantity_as_text!(Bytes);

/// What a policy may hold: a number of bytes or text with a unit.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Number(u64),
    Text(String),
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Written::deserialize(deserializer)? {
            Written::Number(bytes) => bytes.to_string(),
            Written::Text(text) => text,
        };
        text.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": ["string", "integer"],
            "format": "bytes",
            "pattern": "^ *[0-9][0-9_]* *(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)? *$",
            "minimum": 1,
            "examples": ["512 MiB", "2TB", 1_048_576],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<u64, QuantityError> {
        text.parse::<Bytes>().map(|bytes| bytes.0)
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("512 MiB", 512 << 20),
            ("2TB", 2_000_000_000_000),
            ("16 TiB", 16 << 40),
            ("1_000_000", 1_000_000),
            ("1KiB", 1024),
            ("1 kB", 1000),
            (" 7 B ", 7),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(read(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_and_say_what_to_write() {
        for text in [
            "",
            "MiB",
            "1.5 GiB",
            "-1",
            "0",
            "0 MiB",
            "1 M",
            "1 KB",
            "1 mib",
            "1 Mib",
            "1 Mbit",
            "1 PB",
            "1 MB/s",
            "16777216 TiB",
            "18446744073709551616",
            "1 MiB MiB",
            "1 €",
            "1\u{0}",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.hint.contains("write"), "{text}: {error}");
        }
        assert_eq!(read("1 KB").unwrap_err().hint, "write kB (1000) or KiB (1024)");
        assert_eq!(read("1 g").unwrap_err().hint, "write GB (1000³) or GiB (1024³)");
    }

    #[test]
    fn sizes_are_shown_exactly() {
        for (bytes, text) in [
            (16 << 40, "16 TiB"),
            (50_000_000, "50 MB"),
            (1 << 20, "1 MiB"),
            (123_456_789, "123456789 B"),
            (0, "0 B"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(number in 1..u64::MAX, shift in 0..60_u32) {
            let bytes = (number >> shift).max(1);
            prop_assert_eq!(read(&Bytes(bytes).to_string()), Ok(bytes));
            let even = bytes.saturating_mul(1 << (shift / 2));
            prop_assert_eq!(read(&Bytes(even).to_string()), Ok(even));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*", unit in "[kKMGT]?i?[bB]?.{0,2}") {
            let _ = (read(&text), read(&format!("7{unit}")));
        }
    }
}
