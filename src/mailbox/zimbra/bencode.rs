//! Bencode as Zimbra writes it into `metadata` (`BEncoding.java`): lengths count UTF-16 code units, not bytes.
//!
//! Input: the text. Output: the values of its outermost dictionary, borrowed. Invariants: all of the text is checked;
//! time is linear and memory is a byte for each open list or dictionary, whatever is nested in what; no list of the
//! pairs is made, of which four bytes of text can state one.

/// A value of the outermost dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A whole number.
    Number(i64),
    /// Text.
    Text(&'a str),
    /// A list or dictionary, which nobody here looks into.
    Nested,
}

/// Why text is no dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BencodeError {
    /// It ends too early.
    #[error("it ends inside a value")]
    Cut,
    /// Neither a value nor an end where one is due.
    #[error("byte {0} begins no value")]
    Unexpected(usize),
    /// No number, or one that Zimbra can't hold.
    #[error("no number at byte {0}")]
    Number(usize),
    /// More behind the end.
    #[error("byte {0} is behind the end")]
    Trailing(usize),
}

/// Decodes a dictionary.
///
/// # Errors
/// [`BencodeError`] if the text is not exactly one dictionary.
pub fn decode(text: &str) -> Result<Dictionary<'_>, BencodeError> {
    let mut reader = Reader { text, at: 0 };
    if reader.next()? != Token::Dictionary {
        return Err(BencodeError::Unexpected(0));
    }
    while reader.pair()?.is_some() {}
    if reader.at == text.len() { Ok(Dictionary(text)) } else { Err(BencodeError::Trailing(reader.at)) }
}

/// A dictionary that was found to be one. It keeps nothing but its text, which each question reads anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dictionary<'a>(&'a str);

impl<'a> Dictionary<'a> {
    /// The value of a key; of equal keys the last counts, as it does for Zimbra.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        self.pairs().filter(|(known, _)| *known == key).last().map(|(_, value)| value)
    }

    /// Keys that are text with their values, in the order of the text.
    fn pairs(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        // Behind the `d`; the text was read to its end before.
        let mut reader = Reader { text: self.0, at: 1 };
        std::iter::from_fn(move || reader.pair().ok().flatten()).filter_map(|(key, value)| match key {
            Value::Text(key) => Some((key, value)),
            _ => None,
        })
    }

    /// The number of a key.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text of a key.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&'a str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Dictionary,
    List,
    End,
    Number(i64),
    Text(&'a str),
}

/// What is open around the next token.
#[derive(Debug, Clone, Copy)]
enum Open {
    List,
    /// A dictionary that waits for a key, or for its end.
    Key,
    /// A dictionary that waits for the value of its key.
    Value,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next key with its value; `None` where the outermost dictionary ends.
    fn pair(&mut self) -> Result<Option<(Value<'a>, Value<'a>)>, BencodeError> {
        let Some(key) = self.value()? else { return Ok(None) };
        let at = self.at;
        let value = self.value()?.ok_or(BencodeError::Unexpected(at))?;
        Ok(Some((key, value)))
    }

    /// The next value of the outermost dictionary; `None` where it ends.
    fn value(&mut self) -> Result<Option<Value<'a>>, BencodeError> {
        Ok(Some(match self.next()? {
            Token::End => return Ok(None),
            Token::Number(number) => Value::Number(number),
            Token::Text(text) => Value::Text(text),
            Token::List => self.skip(Open::List)?,
            Token::Dictionary => self.skip(Open::Key)?,
        }))
    }

    /// Passes over what is left of a nested value.
    fn skip(&mut self, outermost: Open) -> Result<Value<'a>, BencodeError> {
        let mut open = vec![outermost];
        while let Some(innermost) = open.last_mut() {
            let at = self.at;
            let token = self.next()?;
            if token == Token::End {
                if matches!(innermost, Open::Value) {
                    return Err(BencodeError::Unexpected(at));
                }
                open.pop();
                continue;
            }
            *innermost = match innermost {
                Open::List => Open::List,
                Open::Key => Open::Value,
                Open::Value => Open::Key,
            };
            match token {
                Token::List => open.push(Open::List),
                Token::Dictionary => open.push(Open::Key),
                _ => {}
            }
        }
        Ok(Value::Nested)
    }

    fn next(&mut self) -> Result<Token<'a>, BencodeError> {
        let at = self.at;
        let first = *self.text.as_bytes().get(at).ok_or(BencodeError::Cut)?;
        self.at += 1;
        match first {
            b'd' => Ok(Token::Dictionary),
            b'l' => Ok(Token::List),
            b'e' => Ok(Token::End),
            b'i' => self.number('e').map(Token::Number),
            b'0'..=b'9' => {
                self.at = at;
                self.string().map(Token::Text)
            }
            _ => Err(BencodeError::Unexpected(at)),
        }
    }

    fn number(&mut self, terminator: char) -> Result<i64, BencodeError> {
        let (digits, _) = self.text[self.at..].split_once(terminator).ok_or(BencodeError::Cut)?;
        let number = digits.parse().map_err(|_| BencodeError::Number(self.at))?;
        self.at += digits.len() + 1;
        Ok(number)
    }

    fn string(&mut self) -> Result<&'a str, BencodeError> {
        let at = self.at;
        let length = usize::try_from(self.number(':')?).map_err(|_| BencodeError::Number(at))?;
        let rest = &self.text[self.at..];
        let string = units(rest, length).ok_or(BencodeError::Cut)?;
        self.at += string.len();
        Ok(string)
    }
}

/// The first `length` UTF-16 code units of `text`; `None` if it has fewer, or a character lies across the end.
fn units(text: &str, length: usize) -> Option<&str> {
    let start = text.get(..length).filter(|start| start.is_ascii());
    if start.is_some() {
        return start;
    }
    let mut units = 0;
    let mut characters = text.char_indices();
    while units < length {
        units += characters.next()?.1.len_utf16();
    }
    if units == length { text.get(..characters.offset()) } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::demo::zimbra::{Map, Value as Made};

    #[test]
    fn the_outermost_values_are_found() {
        let text = "d1:f5:Ciao!3:fldd5:emaill1:a0:e4:datei7ee2:szi-12e1:vi10ee";
        let dictionary = decode(text).unwrap();
        assert_eq!(dictionary.text("f"), Some("Ciao!"));
        assert_eq!(dictionary.get("fld"), Some(Value::Nested));
        assert_eq!((dictionary.number("sz"), dictionary.number("f")), (Some(-12), None));
        assert_eq!(decode("de").unwrap().get("v"), None);
        assert_eq!(decode("d1:ai1e1:ai2ee").unwrap().number("a"), Some(2));
        assert_eq!(decode("di1ei2ei3eli4eee").unwrap().pairs().count(), 0);
    }

    #[test]
    fn lengths_count_utf_16() {
        let dictionary = decode("d1:a5:città1:b2:\u{1f4e7}1:ci1ee").unwrap();
        assert_eq!((dictionary.text("a"), dictionary.text("b")), (Some("città"), Some("\u{1f4e7}")));
        assert_eq!(dictionary.number("c"), Some(1));
        // Half of a character.
        assert_eq!(decode("d1:b1:\u{1f4e7}e"), Err(BencodeError::Cut));
    }

    #[test]
    fn anything_else_is_refused() {
        use BencodeError::{Cut, Number, Trailing, Unexpected};
        for (text, error) in [
            ("", Cut),
            ("i1e", Unexpected(0)),
            ("le", Unexpected(0)),
            ("d", Cut),
            ("d1:ae", Unexpected(4)),
            ("d1:ai1ee ", Trailing(8)),
            ("d1:a9:short", Cut),
            ("d1:aie", Number(5)),
            ("d1:ai9223372036854775808ee", Number(5)),
            ("d1:ai1", Cut),
            ("d99999999999999999999:ae", Number(1)),
            ("d9223372036854775807:ae", Cut),
            ("d1:a-1:e", Unexpected(4)),
            ("d1:ad1:bee", Unexpected(8)),
            ("d1:alx", Unexpected(5)),
            ("ò", Unexpected(0)),
        ] {
            assert_eq!(decode(text), Err(error), "{text}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let depth = 200_000;
        let nested = format!("d1:a{}{}1:bi1ee", "l".repeat(depth), "e".repeat(depth));
        assert_eq!(decode(&nested).unwrap().number("b"), Some(1));
        assert_eq!(decode(&nested[..depth]), Err(BencodeError::Cut));
    }

    #[test]
    fn pairs_without_end_take_no_memory() {
        let text = format!("d{}1:ai7ee", "0:0:".repeat(1_000_000));
        let dictionary = decode(&text).unwrap();
        assert_eq!(size_of_val(&dictionary), size_of::<&str>(), "nothing is kept but where the text is");
        assert_eq!((dictionary.number("a"), dictionary.get("")), (Some(7), Some(Value::Text(""))));
    }

    fn made() -> impl Strategy<Value = Made> {
        let leaf = prop_oneof![any::<i64>().prop_map(Made::Number), any::<String>().prop_map(Made::Text)];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Made::List),
                prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| Made::Map(Map(map))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_the_demonstration_writes_is_read(map in prop::collection::btree_map(any::<String>(), made(), 0..9)) {
            let map = Map(map);
            let text = map.to_string();
            let dictionary = decode(&text).unwrap();
            prop_assert_eq!(dictionary.pairs().count(), map.0.len());
            for (key, value) in &map.0 {
                let read = dictionary.get(key).unwrap();
                match value {
                    Made::Number(number) => prop_assert_eq!(read, Value::Number(*number)),
                    Made::Text(text) => prop_assert_eq!(read, Value::Text(text)),
                    Made::List(_) | Made::Map(_) => prop_assert_eq!(read, Value::Nested),
                }
            }
        }

        #[test]
        fn nothing_panics(text in "[dleis0-9:à\u{1f4e7}-]{0,60}|.{0,60}") {
            let _ = decode(&text);
        }
    }
}
