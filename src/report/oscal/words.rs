//! Texts, addresses and ids as OSCAL takes them.
//!
//! Invariant: a stranger's text is text, in Markdown and as a value; the same things have the same ids each time.

use std::fmt::Write as _;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::form::Property;
use crate::report::human;

/// Whose the names of properties are, and the space of names in which ids are made.
const SPACE: &str = "https://mailproof.dev/ns/oscal";
/// Names that are addresses (RFC 4122, appendix C).
const ADDRESSES: [u8; 16] =
    [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// An id that follows from what it is of (RFC 4122, version 5).
pub fn id(parts: &[&str]) -> String {
    // The length before each part: `ab` and `c` are not `a` and `bc`.
    let named = parts.iter().fold(SPACE.to_owned(), |mut name, part| {
        let _ = write!(name, "/{}:{part}", part.len());
        name
    });
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &[&ADDRESSES, named.as_bytes()].concat());
    let mut digits = String::with_capacity(36);
    for (place, byte) in hash.as_ref().iter().take(16).enumerate() {
        let byte = match place {
            6 => byte & 0x0f | 0x50,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        if matches!(place, 4 | 6 | 8 | 10) {
            digits.push('-');
        }
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// One line of Markdown that shows what stands there.
pub fn markup(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for letter in value(text).chars() {
        if r#"\`*_[]<>{}~^|&$!#""#.contains(letter) {
            shown.push('\\');
        }
        shown.push(letter);
    }
    shown
}

/// A value: one line, not empty, without space around it.
pub fn value(text: &str) -> String {
    let line = human::line(text);
    match line.trim() {
        "" => "-".to_owned(),
        line => line.to_owned(),
    }
}

/// A path as a reference (RFC 3986).
pub fn reference(path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                shown.push(char::from(byte));
            }
            byte => {
                let _ = write!(shown, "%{byte:02X}");
            }
        }
    }
    shown
}

/// What mailproof says besides.
pub fn property(name: &'static str, text: impl AsRef<str>) -> Property {
    Property { name, ns: SPACE, value: value(text.as_ref()), class: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_are_the_same_id_and_others_another() {
        let one = id(&["ab", "c"]);
        assert_eq!((one.len(), &one[14..15]), (36, "5"));
        assert!(matches!(&one[19..20], "8" | "9" | "a" | "b"), "{one}");
        assert_eq!(one, id(&["ab", "c"]));
        assert_ne!(one, id(&["a", "bc"]));
    }

    #[test]
    fn texts_of_strangers_stay_texts() {
        assert_eq!(markup("<b> [a](x)\n_"), r"\<b\> \[a\](x)\\u\{a\}\_");
        assert_eq!([value(" a "), value("\u{a0} "), value("")], ["a", "-", "-"]);
        assert_eq!(reference("/etc/m p:ä"), "/etc/m%20p%3A%C3%A4");
    }
}
