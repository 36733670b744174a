//! JSON as Java's `org.json` writes it into `.meta`, read without losing a description over one bad character.
//!
//! Input: bytes. Output: the values of the keys that are wanted. Invariants: a halved character, bytes that are not
//! UTF-8, depth, huge numbers and repeated keys never make an object unreadable; of repeated keys the last counts.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The keys that are kept.
const WANTED: [&str; 17] = [
    "id",
    "type",
    "folder_id",
    "imap_id",
    "date",
    "size",
    "blob_digest",
    "unread",
    "flags",
    "metadata",
    "mod_metadata",
    "change_date",
    "mod_content",
    "sender",
    "Path",
    "Ver",
    "parent_id",
];

/// The wanted values of one object.
#[derive(Debug, Default)]
pub struct Fields([Scalar; WANTED.len()]);

#[derive(Debug, Default)]
enum Scalar {
    /// Not there, or neither a whole number nor text.
    #[default]
    Absent,
    Number(i64),
    Text(String),
}

/// Reads one object; `None` if it is none.
pub fn fields(bytes: &[u8]) -> Option<Fields> {
    let text = String::from_utf8_lossy(bytes);
    serde_json::from_str(&whole_characters(&text)).ok()
}

impl Fields {
    /// The whole number of a key.
    pub fn number(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Scalar::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The text of a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Scalar::Text(text) => Some(text),
            _ => None,
        }
    }

    fn get(&self, key: &str) -> Option<&Scalar> {
        WANTED.iter().zip(&self.0).find_map(|(wanted, scalar)| (*wanted == key).then_some(scalar))
    }
}

/// Puts U+FFFD where half of a character is escaped, as Zimbra leaves it where it cuts a text; that is one UTF-16
/// code unit as well, so lengths inside the text stay right.
fn whole_characters(text: &str) -> Cow<'_, str> {
    let mut whole = String::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        at += next;
        match surrogate(text, at) {
            // Any other escape has two characters at least, and the second may be a backslash.
            None => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            Some(high) if high < 0xdc00 && surrogate(text, at + 6).is_some_and(|low| low >= 0xdc00) => {
                at += 12
            }
            Some(_) => {
                whole.push_str(&text[copied..at]);
                whole.push('\u{fffd}');
                at += 6;
                copied = at;
            }
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    whole.push_str(&text[copied..]);
    Cow::Owned(whole)
}

/// The half of a character that is escaped at `at`.
fn surrogate(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    u32::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..0xe000).contains(unit))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

/// Reads the wanted values of an object.
struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match WANTED.iter().position(|wanted| *wanted == key) {
                Some(place) => fields.0[place] = map.next_value()?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Reads a value of any kind.
struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
        Ok(i64::try_from(number).map_or(Scalar::Absent, Scalar::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        Ok(Scalar::Text(text.to_owned()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_become_one_replacement_each() {
        for (text, whole) in [
            (r#""\ud83d""#, "\"\u{fffd}\""),
            (r#""\udce7x\ud83d\ud83d\udce7""#, "\"\u{fffd}x\u{fffd}\\ud83d\\udce7\""),
            (r#""\ud83d\\udce7""#, "\"\u{fffd}\\\\udce7\""),
            (r#""\\ud83d \\\uD83D""#, "\"\\\\ud83d \\\\\u{fffd}\""),
            (r#""\ud83""#, r#""\ud83""#),
            (r#""\u00e8\"\/è""#, r#""\u00e8\"\/è""#),
            (r"\", r"\"),
            (r"\è\ud800", "\\è\u{fffd}"),
        ] {
            assert_eq!(whole_characters(text), whole, "{text}");
        }
    }

    #[test]
    fn nothing_unknown_stands_in_the_way() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let text = format!(r#"{{"new":{deep},"new":1e999,"id":1,"id":257,"\u0050ath":"/a","x":"\ud800"}}"#);
        let fields = fields(text.as_bytes()).unwrap();
        assert_eq!((fields.number("id"), fields.text("Path")), (Some(257), Some("/a")));
        assert_eq!((fields.text("id"), fields.number("size"), fields.number("new")), (None, None, None));
    }

    #[test]
    fn values_of_another_kind_are_as_good_as_none() {
        let text = r#"{"id":[1,[2]],"size":{"a":{}},"date":1.5,"type":null,"unread":true,"flags":99999999999999999999}"#;
        let fields = fields(text.as_bytes()).unwrap();
        assert!(
            ["id", "size", "date", "type", "unread", "flags"].iter().all(|key| fields.number(key).is_none())
        );
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced_and_other_things_refused() {
        assert_eq!(fields(b"{\"Path\":\"/a\xff\"}").unwrap().text("Path"), Some("/a\u{fffd}"));
        for text in ["", "[]", "7", "{", "{\"id\":1", "{\"id\":1}x", "<html>", "\0"] {
            assert!(fields(text.as_bytes()).is_none(), "{text}");
        }
    }
}
