//! Times that stand in the names of archives and that no `{time}` of a template reads.
//!
//! Input: a name, as people and backup tools write it. Output: a time without a zone, or whether there seems to be one.
//! Invariant: nothing is taken for a time but digits that make a date of this century.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

/// Date and time in a name, to the second: `20261124233000`, or with `-`, `_` or `T` between. Of several the last.
#[must_use]
pub fn in_name(name: &str) -> Option<DateTime> {
    runs(name).rev().find_map(|(at, digits)| match digits.len() {
        14 => Some(date(&digits[..8])?.to_datetime(time(&digits[8..])?)),
        8 => {
            let rest = name[at + 8..].strip_prefix(['-', '_', 'T'])?;
            let (_, digits_of_time) =
                runs(rest).next().filter(|(at, digits)| *at == 0 && digits.len() == 6)?;
            Some(date(digits)?.to_datetime(time(digits_of_time)?))
        }
        _ => None,
    })
}

/// Holds where a name seems to state a day: `20261124`, with or without a time behind, or `2026-11-24`.
#[must_use]
pub fn seems_dated(name: &str) -> bool {
    let runs: Vec<_> = runs(name).collect();
    let written_together = |digits: &str| matches!(digits.len(), 8 | 12 | 14) && date(&digits[..8]).is_some();
    let apart = |three: &[(usize, &str)]| {
        let lengths = [4, 2, 2];
        let fits = three.iter().zip(lengths).all(|((_, digits), length)| digits.len() == length);
        let next = |one: usize| three[one].0 + three[one].1.len() + 1 == three[one + 1].0;
        let all: String = three.iter().map(|(_, digits)| *digits).collect();
        fits && next(0) && next(1) && date(&all).is_some()
    };
    runs.iter().any(|(_, digits)| written_together(digits)) || runs.windows(3).any(apart)
}

/// The moment of a time without a zone; of one that a clock showed twice the first.
#[must_use]
pub fn moment(time: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    zone.to_timestamp(time).ok()
}

/// The runs of digits in a name, each with its place.
fn runs(name: &str) -> impl DoubleEndedIterator<Item = (usize, &str)> {
    let parts = name.split(|letter: char| !letter.is_ascii_digit()).filter(|digits| !digits.is_empty());
    parts.map(|digits| (digits.as_ptr().addr() - name.as_ptr().addr(), digits))
}

/// `20261124`, from 2000 to 2099.
fn date(digits: &str) -> Option<Date> {
    let year = digits.get(..4)?.parse().ok().filter(|year| (2000..2100).contains(year))?;
    Date::new(year, digits.get(4..6)?.parse().ok()?, digits.get(6..8)?.parse().ok()?).ok()
}

/// `233000`
fn time(digits: &str) -> Option<Time> {
    let part = |at: usize| digits.get(at..at + 2)?.parse().ok();
    Time::new(part(0)?, part(2)?, part(4)?, 0).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_time_to_the_second_is_read_out_of_a_name() {
        for name in [
            "full-20261124233000",
            "full-20261124233000.tar.zst.age",
            "20261124-233000.tar",
            "a_20261124_233000",
            "20261123000000/x-20261124T233000Z",
            "20261124233000ü1",
        ] {
            assert_eq!(in_name(name), Some(jiff::civil::date(2026, 11, 24).at(23, 30, 0, 0)), "{name}");
        }
        for name in [
            "",
            "full",
            "20261124",
            "20261324233000",
            "20261124243000",
            "18991124233000",
            "202611242330001",
            "20261124-2330",
            "20261124 233000",
        ] {
            assert_eq!(in_name(name), None, "{name}");
        }
    }

    #[test]
    fn what_seems_to_state_a_day_does_so() {
        for name in ["full-20261124233000.age", "2026-11-24.tar", "x/2026_11_24", "202611242330", "20261124"]
        {
            assert!(seems_dated(name), "{name}");
        }
        for name in [
            "",
            "anna.tar.age",
            "12345678",
            "20261399",
            "2026-13-24",
            "2026-11-2",
            "2026--11-24",
            "v1.22.333",
        ] {
            assert!(!seems_dated(name), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_name_makes_it_panic(name in "([0-9]{1,15}|[-_T./]|.){0,8}") {
            let _ = (in_name(&name), seems_dated(&name));
        }
    }
}
