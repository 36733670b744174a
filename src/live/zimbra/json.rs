//! How Zimbra writes values in JSON, read leniently: a number or its digits as text, a list or its only element.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A whole number, plain or as text; both stand in Zimbra's answers, depending on how it is kept there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number(pub(super) i64);

impl Number {
    /// The number, if it is not negative and fits.
    pub(super) fn to<T: TryFrom<i64>, E: Error>(self, name: &str) -> Result<T, E> {
        T::try_from(self.0).map_err(|_| E::custom(format!("{name} can't be {}", self.0)))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Number, E> {
        Ok(Number(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Number, E> {
        i64::try_from(number).map(Number).map_err(|_| E::custom("a number is too large"))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Number, E> {
        text.parse().map(Number).map_err(|_| E::custom("a number is none"))
    }
}

/// At most `MOST` elements of a list; an element alone stands for a list of one.
#[derive(Debug)]
pub(super) struct Listed<T, const MOST: usize>(pub(super) Vec<T>);

impl<T, const MOST: usize> Listed<T, MOST> {
    pub(super) fn none() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Listed<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for ListVisitor<T, MOST> {
    type Value = Listed<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MOST}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = list.next_element()? {
            if elements.len() >= MOST {
                return Err(A::Error::custom(format!("more than {MOST} elements in a list")));
            }
            elements.push(element);
        }
        Ok(Listed(elements))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|only| Listed(vec![only]))
    }
}

/// Truth as Zimbra writes it.
pub(super) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(yes)) => *yes,
        Some(Value::String(text)) => matches!(text.as_str(), "1" | "true" | "TRUE"),
        Some(Value::Number(number)) => number.as_i64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Option<i64> {
        serde_json::from_str::<Number>(text).ok().map(|number| number.0)
    }

    #[test]
    fn numbers_are_whole_and_fit() {
        assert_eq!(
            (number("7"), number("\"-7\""), number("9223372036854775807")),
            (Some(7), Some(-7), Some(i64::MAX))
        );
        for wrong in [
            "9223372036854775808",
            "\"9223372036854775808\"",
            "1.5",
            "\"\"",
            "\" 7\"",
            "true",
            "null",
            "[7]",
            "{}",
        ] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
        assert!(Number(-1).to::<u32, serde_json::Error>("id").is_err());
        assert!(Number(1 << 32).to::<u32, serde_json::Error>("id").is_err());
    }

    #[derive(Debug, Deserialize)]
    struct One {
        a: u8,
    }

    #[test]
    fn an_element_alone_is_a_list_and_too_many_are_none() {
        let read = |text| {
            let list = serde_json::from_str::<Listed<One, 2>>(text).ok()?;
            Some(list.0.iter().map(|one| one.a).collect::<Vec<_>>())
        };
        assert_eq!(read(r#"{"a":1}"#), Some(vec![1]));
        assert_eq!(read(r#"[{"a":1},{"a":2}]"#), Some(vec![1, 2]));
        assert_eq!(read("[]"), Some(vec![]));
        for wrong in [r#"[{"a":1},{"a":2},{"a":3}]"#, "7", "null", "[7]", "\"a\"", "[[{\"a\":1}]]"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
