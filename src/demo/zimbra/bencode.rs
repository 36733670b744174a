use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

/// What Zimbra keeps in `metadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Number(i64),
    /// Text; truth values are text as well.
    Text(String),
    /// Values in order.
    List(Vec<Value>),
    /// Values by name.
    Map(Map),
}

/// Values by name, in the order Zimbra writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map(pub BTreeMap<String, Value>);

impl Map {
    /// A map of what every item has: the version of the coding itself.
    #[must_use]
    pub fn versioned() -> Self {
        Self::default().with("v", 10)
    }

    /// The same with one more value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }

    /// The same with one more number, unless it is 0: Zimbra leaves those out.
    #[must_use]
    pub fn with_some(self, key: &str, number: i64) -> Self {
        if number == 0 { self } else { self.with(key, number) }
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "i{number}e"),
            Self::Text(text) => write_text(f, text),
            Self::Map(map) => map.fmt(f),
            Self::List(values) => {
                f.write_str("l")?;
                values.iter().try_for_each(|value| value.fmt(f))?;
                f.write_str("e")
            }
        }
    }
}

impl Display for Map {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("d")?;
        for (key, value) in &self.0 {
            write_text(f, key)?;
            value.fmt(f)?;
        }
        f.write_str("e")
    }
}

/// The length counts UTF-16 code units, as Java does.
fn write_text(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    write!(f, "{}:{text}", text.encode_utf16().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_lengths_count_utf_16() {
        let list = Value::List(vec![Value::Number(-1), "è".into(), "\u{1f4e7}".into()]);
        let map = Map::versioned().with("l", list).with("f", "").with_some("i4d", 0).with_some("sz", 7);
        assert_eq!(map.to_string(), "d1:f0:1:lli-1e1:è2:\u{1f4e7}e2:szi7e1:vi10ee");
    }
}
