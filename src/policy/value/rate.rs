use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{Bytes, QuantityError, Quoted, quantity_as_text, read_number, split_number};

/// A rate, written like `50MB/s` or `400Mbit/s`.
///
/// Units are those of [`Bytes`] followed by `/s`, and `kbit/s`, `Mbit/s`, `Gbit/s` (1000 bits and so on). Text
/// must give more than zero. Display is exact and in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytesPerSecond(pub u64);

/// Units of bits and their bytes.
const BIT_UNITS: [(&str, u64); 3] = [("kbit", 125), ("Mbit", 125_000), ("Gbit", 125_000_000)];

const HINT: &str = "write bytes or bits in a second, for example \"50MB/s\" or \"400Mbit/s\"";

impl FromStr for BytesPerSecond {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unreadable = || QuantityError::new(format!("{} is not a rate", Quoted(text)), HINT);
        let amount = text.trim().strip_suffix("/s").ok_or_else(unreadable)?.trim_end();
        let (digits, unit) = split_number(amount).ok_or_else(unreadable)?;
        match BIT_UNITS.iter().find(|(name, _)| *name == unit.trim_start()) {
            Some((_, size)) => read_number(digits)
                .and_then(|number| number.checked_mul(*size))
                .filter(|bytes| *bytes > 0)
                .map(Self)
                .ok_or_else(unreadable),
            None if unit.is_empty() => Err(unreadable()),
            None => amount.parse::<Bytes>().map(|bytes| Self(bytes.0)).map_err(|error| {
                QuantityError::new(error.message, format!("{}; or bits: kbit/s, Mbit/s, Gbit/s", error.hint))
            }),
        }
    }
}

impl fmt::Display for BytesPerSecond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/s", Bytes(self.0)))
    }
}

quantity_as_text!(BytesPerSecond);

impl<'de> Deserialize<'de> for BytesPerSecond {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for BytesPerSecond {
    fn schema_name() -> Cow<'static, str> {
        "BytesPerSecond".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "bytes-per-second",
            "pattern": "^ *[0-9][0-9_]* *(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB|kbit|Mbit|Gbit) */s *$",
            "examples": ["50MB/s", "400Mbit/s"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<u64, QuantityError> {
        text.parse::<BytesPerSecond>().map(|rate| rate.0)
    }

    #[test]
    fn rates_are_read_as_people_write_them() {
        for (text, rate) in [
            ("50MB/s", 50_000_000),
            ("400Mbit/s", 50_000_000),
            ("1 Gbit/s", 125_000_000),
            ("64 kbit /s", 8_000),
            (" 8 MiB/s ", 8 << 20),
        ] {
            assert_eq!(read(text), Ok(rate), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_and_say_what_to_write() {
        for text in [
            "",
            "/s",
            "50",
            "50/s",
            "50MB",
            "50 Mb/s",
            "50MBps",
            "50 MB/h",
            "0MB/s",
            "0Mbit/s",
            "1.5MB/s",
            "9 mbit/s",
            "18446744073709551615Gbit/s",
            "18446744073709551615TB/s",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.hint.contains("write"), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(number in 1..u64::MAX, shift in 0..60_u32) {
            let rate = (number >> shift).max(1);
            prop_assert_eq!(read(&BytesPerSecond(rate).to_string()), Ok(rate));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9_]{0,21} ?\\PC{0,6}(/s)?") {
            let _ = read(&text);
        }
    }
}
