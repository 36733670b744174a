use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::{QuantityError, Quoted, quantity_as_text};

/// A part of a whole, more than nothing and less than all, written like `95%` or `0.1 %`.
///
/// Held in millionths: 95 % are 950,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u32);

/// All of it.
const WHOLE: u32 = 1_000_000;
/// Digits behind the point that a percentage may have.
const DIGITS: usize = 4;

const HINT: &str = "write a percentage between 0 and 100, for example \"95%\" or \"0.1%\"";

impl Share {
    /// A share of so many millionths, if that is more than nothing and less than all.
    #[must_use]
    pub const fn new(millionths: u32) -> Option<Self> {
        if 0 < millionths && millionths < WHOLE { Some(Self(millionths)) } else { None }
    }

    /// So many percent, at least 1 and at most 99.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        let percent = if percent > 99 { 99 } else { percent as u32 };
        Self(if percent == 0 { 10_000 } else { percent * 10_000 })
    }

    /// Millionths.
    #[must_use]
    pub fn millionths(self) -> u32 {
        self.0
    }

    /// The same as a number between 0 and 1.
    #[must_use]
    pub fn fraction(self) -> f64 {
        f64::from(self.0) / f64::from(WHOLE)
    }

    /// This share of `whole`, rounded up.
    #[must_use]
    pub fn of(self, whole: u64) -> u64 {
        let part = (u128::from(whole) * u128::from(self.0)).div_ceil(u128::from(WHOLE));
        u64::try_from(part).unwrap_or(whole)
    }
}

impl FromStr for Share {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let unreadable = || QuantityError::new(format!("{} is no share", Quoted(text)), HINT);
        let number = text.trim().strip_suffix('%').ok_or_else(unreadable)?.trim_end();
        let (whole, rest) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(rest) || rest.len() > DIGITS {
            return Err(unreadable());
        }
        let millionths = format!("{whole}{rest:0<DIGITS$}").parse().map_err(|_| unreadable())?;
        Self::new(millionths).ok_or_else(unreadable)
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 10_000, format!("{:04}", self.0 % 10_000));
        match rest.trim_end_matches('0') {
            "" => f.pad(&format!("{whole}%")),
            rest => f.pad(&format!("{whole}.{rest}%")),
        }
    }
}

quantity_as_text!(Share);

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "format": "share",
            "pattern": "^ *[0-9]{1,2}(\\.[0-9]{1,4})? *% *$",
            "examples": ["95%", "0.1%"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn shares_are_read_as_people_write_them() {
        for (text, millionths) in [
            ("95%", 950_000),
            (" 99.9 % ", 999_000),
            ("0.1%", 1_000),
            ("0.0001%", 1),
            ("99.9999%", 999_999),
            ("5.50%", 55_000),
        ] {
            assert_eq!(text.parse::<Share>().map(Share::millionths), Ok(millionths), "{text}");
        }
        for text in [
            "",
            "%",
            "95",
            "0%",
            "0.0%",
            "100%",
            "101%",
            "0.00001%",
            "-1%",
            ".5%",
            "5.%",
            "1e1%",
            "5,5%",
            "99999999999%",
        ] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_can_be_read_again(millionths in 1..WHOLE) {
            let share = Share::new(millionths).unwrap();
            prop_assert_eq!(share.to_string().parse(), Ok(share));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*%?") {
            let _ = text.parse::<Share>();
        }
    }
}
