//! JSON that every program reads alike.
//!
//! Input: bytes of others. Output: a value of the form that is asked for. Invariant: what is taken has one meaning, whoever
//! reads it: no key stands twice in an object, numbers are integers of 64 bits, and no object is written as a list. On all of
//! these programs differ: some take the first of two keys and some the last, some round large numbers and some do not.

use std::collections::BTreeSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a value; what its form does not name is looked at as well. Lists and objects may stand 127 deep in each other.
///
/// # Errors
/// What is not as the form demands, or would be read in two ways.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let plain = serde_json::from_slice::<Plain>(bytes);
    plain.and_then(|Plain| serde_json::from_slice(bytes)).map_err(|error| error.to_string())
}

/// Any value that has one meaning; nothing of it is kept.
struct Plain;

impl<'de> Deserialize<'de> for Plain {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Look)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Plain;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that is read in one way, whose numbers are integers of 64 bits")
    }

    fn visit_unit<E: Error>(self) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Plain, E> {
        Ok(Plain)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Plain, A::Error> {
        while let Some(Plain) = list.next_element()? {}
        Ok(Plain)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Plain, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some((key, Plain)) = fields.next_entry::<String, Plain>()? {
            if let Some(key) = keys.replace(key) {
                return Err(A::Error::custom(format_args!("the key `{key}` is there twice")));
            }
        }
        Ok(Plain)
    }
}

/// What is written as an object; the derived readers take a list of its fields as well.
#[derive(Debug)]
pub(super) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Fields<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<Object<T>, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields)).map(Object)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    fn reads(text: &str) -> bool {
        read::<IgnoredAny>(text.as_bytes()).is_ok()
    }

    #[test]
    fn what_has_one_meaning_is_read() {
        let deep = "[".repeat(127) + &"]".repeat(127);
        for text in [
            r#"{"a": [null, true, "\ud83d\ude00", {"a": 1, "b": {}}], "b": -9223372036854775808}"#,
            "[18446744073709551615, 0, -1]",
            &deep,
        ] {
            assert!(reads(text), "{text}");
        }
    }

    #[test]
    fn what_programs_read_differently_is_refused() {
        let deep = "[".repeat(128) + &"]".repeat(128);
        for text in [
            r#"{"a": 1, "a": 1}"#,
            r#"[{"b": {"a": 1, "\u0061": 1}}]"#,
            "18446744073709551616",
            "-9223372036854775809",
            "1.0",
            "1e0",
            "-0",
            "1e999",
            r#""\ud800""#,
            &deep,
        ] {
            assert!(!reads(text), "{text}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        #[derive(Debug, Deserialize)]
        struct Pair {
            one: u8,
            two: u8,
        }
        let Object(Pair { one, two }) = read(br#"{"one": 1, "two": 2}"#).unwrap();
        assert_eq!((one, two), (1, 2));
        assert!(read::<Pair>(b"[1, 2]").is_ok() && read::<Object<Pair>>(b"[1, 2]").is_err());
    }
}
