//! Quantities for people: rounded, with units. Results for programs carry whole numbers.

use std::borrow::Cow;

use crate::legible::deceives;

/// Text of others as it may go to a terminal: what would move the cursor, colour, hide or reorder
/// becomes a visible `\u{..}`; line breaks stay.
#[must_use]
pub fn clean(text: &str) -> Cow<'_, str> {
    escaped(text, |letter| letter != '\n' && deceives(letter))
}

/// As [`clean`], for what must stay within its line, such as names: line breaks are escaped as well.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escaped(text, deceives)
}

fn escaped(text: &str, unfit: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&unfit) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if unfit(letter) {
            shown.extend(letter.escape_unicode());
        } else {
            shown.push(letter);
        }
    }
    Cow::Owned(shown)
}

/// A number of bytes in decimal units, rounded to three digits: `1.23 GB`.
#[must_use]
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut divisor = 1000;
    for unit in UNITS {
        if let Some(number) = three_digits(bytes, divisor) {
            return format!("{number} {unit}");
        }
        divisor *= 1000;
    }
    let petabytes = three_digits(bytes, divisor).unwrap_or_else(|| rounded(bytes, 1, divisor).to_string());
    format!("{petabytes} PB")
}

/// The quotient with as many decimals as make three digits; nothing where it rounds to a thousand or more.
fn three_digits(bytes: u64, divisor: u64) -> Option<String> {
    let in_parts = |parts| Some(rounded(bytes, parts, divisor)).filter(|number| *number < 1000);
    let hundredths = in_parts(100).map(|number| format!("{}.{:02}", number / 100, number % 100));
    let tenths = || in_parts(10).map(|number| format!("{}.{}", number / 10, number % 10));
    hundredths.or_else(tenths).or_else(|| in_parts(1).map(|number| number.to_string()))
}

/// So many `parts` of `divisor`, to the nearest one.
fn rounded(bytes: u64, parts: u64, divisor: u64) -> u128 {
    (u128::from(bytes) * u128::from(parts) + u128::from(divisor) / 2) / u128::from(divisor)
}

/// A length of time: `850 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`.
#[must_use]
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match seconds {
        0 => format!("{milliseconds} ms"),
        1..60 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A whole number with its thousands apart: `1,204,331`.
#[must_use]
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// How many there are of what is called `one` or `many`: `1 item`, `1,204 items`.
#[must_use]
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        assert!(matches!(clean("plain — ä\nline"), Cow::Borrowed("plain — ä\nline")));
        assert_eq!(clean("a\x1b[2Jb\rc\u{9b}1m"), "a\\u{1b}[2Jb\\u{d}c\\u{9b}1m");
        for letter in ['\u{200B}', '\u{200F}', '\u{202A}', '\u{202E}', '\u{2060}', '\u{2069}', '\u{FEFF}'] {
            assert_eq!(clean(&format!("a{letter}b")), format!("a{}b", letter.escape_unicode()));
        }
        assert_eq!(line("name\nPASSED"), "name\\u{a}PASSED");
    }

    #[test]
    fn sizes_are_rounded_to_three_digits() {
        assert_eq!([0, 999, 1000].map(size), ["0 B", "999 B", "1.00 kB"]);
        assert_eq!(
            [16_990, 17_056, 82_282, 1_234_499].map(size),
            ["17.0 kB", "17.1 kB", "82.3 kB", "1.23 MB"]
        );
        assert_eq!([9_994_999, 9_995_000, 99_949_999].map(size), ["9.99 MB", "10.0 MB", "99.9 MB"]);
        assert_eq!([99_950_000, 999_499_999, 999_500_000].map(size), ["100 MB", "999 MB", "1.00 GB"]);
        assert_eq!([999_499_999_999_999, u64::MAX].map(size), ["999 TB", "18447 PB"]);
    }

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(count(7), "7");
        assert_eq!(count(1_000), "1,000");
        assert_eq!(count(1_204_331), "1,204,331");
    }

    #[test]
    fn one_of_a_thing_has_no_plural() {
        assert_eq!(counted(1, "box", "boxes"), "1 box");
        assert_eq!([0, 2_000].map(|number| counted(number, "box", "boxes")), ["0 boxes", "2,000 boxes"]);
    }

    #[test]
    fn durations_name_two_units_at_most() {
        assert_eq!(duration(850), "850 ms");
        assert_eq!(duration(12_480), "12.4 s");
        assert_eq!(duration(200_000), "3 min 20 s");
        assert_eq!(duration(7_500_000), "2 h 5 min");
    }
}
