//! The languages of reports: all texts of each in one place, and how it writes numbers and dates.
//!
//! Invariant: a text that one language lacks is an error of the compiler, as each is a value of the same type [`Words`].

mod conduct;
mod english;
mod guide;
mod italian;
mod since;
mod words;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;

pub use guide::Guide;
pub use words::Words;

/// A language that reports are written in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Language {
    /// English.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Italian.
    #[serde(rename = "it")]
    Italian,
}

impl Language {
    /// As BCP 47 writes it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Italian => "it",
        }
    }

    /// Its texts.
    #[must_use]
    pub fn words(self) -> &'static Words {
        match self {
            Self::English => &english::WORDS,
            Self::Italian => &italian::WORDS,
        }
    }

    /// A whole number with its thousands apart.
    #[must_use]
    pub fn count(self, number: u64) -> String {
        match self {
            Self::English => human::count(number),
            Self::Italian => human::count(number).replace(',', "."),
        }
    }

    /// A number of bytes.
    #[must_use]
    pub fn size(self, bytes: u64) -> String {
        self.decimal(human::size(bytes))
    }

    /// A length of time in whole seconds.
    #[must_use]
    pub fn seconds(self, seconds: u64) -> String {
        if seconds < 60 { format!("{seconds} s") } else { human::duration(seconds.saturating_mul(1000)) }
    }

    /// Millionths as a share of a hundred.
    #[must_use]
    pub fn percent(self, millionths: u32) -> String {
        let (whole, rest) = (millionths / 10_000, millionths % 10_000);
        let share = format!("{whole}.{rest:04}");
        self.decimal(format!("{}%", share.trim_end_matches('0').trim_end_matches('.')))
    }

    /// A day, in UTC.
    #[must_use]
    pub fn day(self, moment: Timestamp) -> String {
        self.date(in_utc(moment).date())
    }

    /// A day of the calendar.
    #[must_use]
    pub fn date(self, date: Date) -> String {
        let month = self.words().months[usize::from(date.month().unsigned_abs()).saturating_sub(1).min(11)];
        match (self, date.day()) {
            (Self::Italian, 1) => format!("1º {month} {}", date.year()),
            (_, day) => format!("{day} {month} {}", date.year()),
        }
    }

    /// A day and a time of it, in UTC.
    #[must_use]
    pub fn moment(self, moment: Timestamp) -> String {
        let at = in_utc(moment);
        format!("{}, {:02}:{:02} UTC", self.day(moment), at.hour(), at.minute())
    }

    fn decimal(self, number: String) -> String {
        match self {
            Self::English => number,
            Self::Italian => number.replace('.', ","),
        }
    }
}

fn in_utc(moment: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_writes_numbers_and_dates_its_own_way() {
        let (english, italian) = (Language::English, Language::Italian);
        let moment: Timestamp = "2026-12-01T04:05:59Z".parse().unwrap();
        assert_eq!([english, italian].map(|language| language.count(1_204_331)), ["1,204,331", "1.204.331"]);
        assert_eq!([english, italian].map(|language| language.size(1_230_000_000)), ["1.23 GB", "1,23 GB"]);
        assert_eq!([english, italian].map(|language| language.percent(999_000)), ["99.9%", "99,9%"]);
        assert_eq!([english, italian].map(|language| language.percent(950_000)), ["95%", "95%"]);
        assert_eq!(english.moment(moment), "1 December 2026, 04:05 UTC");
        assert_eq!(italian.moment(moment), "1º dicembre 2026, 04:05 UTC");
        assert_eq!(italian.day("2026-11-30T23:00:00Z".parse().unwrap()), "30 novembre 2026");
        assert_eq!(
            [5, 90, 14_400].map(|seconds| english.seconds(seconds)),
            ["5 s", "1 min 30 s", "4 h 0 min"]
        );
    }
}
