//! One logical line of LDIF: `name: value`, `name:: base64`, `name:< URL`, or a comment.

/// Longest attribute name that is read as one.
const LONGEST_NAME: usize = 256;
/// Longest value that is kept, as it stands in the file; addresses and ids are shorter.
const LONGEST_VALUE: usize = 1024;

/// What is no LDIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FaultKind {
    /// Neither a comment nor `name: value`.
    #[error("a line that is not `name: value`")]
    Form,
    /// A NUL, as a disk that lost power leaves them.
    #[error("a NUL")]
    Nul,
    /// `::` announces base64 and something else follows.
    #[error("a value that is not base64")]
    Base64,
    /// The first line, or one behind a blank one, begins with a space.
    #[error("a continuation of nothing")]
    Continuation,
    /// An attribute before any `dn:`, or behind a blank line.
    #[error("an attribute that belongs to no `dn:`")]
    NoName,
    /// A second `dn:` without a blank line before it.
    #[error("a `dn:` inside an entry")]
    Separator,
    /// Only version 1 is defined.
    #[error("another version than 1")]
    Version,
    /// The last line has no line end, so that more may be missing.
    #[error("a last line without its end")]
    Unfinished,
}

/// A logical line that is being read.
#[derive(Debug, Default)]
pub(super) struct Line {
    part: Part,
    base64: Option<Base64>,
    name: Vec<u8>,
    value: Vec<u8>,
    /// More than is kept came.
    too_long: bool,
    fault: Option<FaultKind>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Part {
    #[default]
    Name,
    Comment,
    /// Behind the first colon.
    Colon,
    /// Spaces before the value.
    Fill,
    Value,
}

/// What was seen of a value in base64 (RFC 4648, with padding).
#[derive(Debug, Default, Clone, Copy)]
struct Base64 {
    digits: u8,
    padding: u8,
    broken: bool,
}

/// A name with its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Attribute {
    /// In small letters, with its options (`cn;lang-it`).
    name: Vec<u8>,
    /// Absent where it is longer than what is kept.
    value: Option<Vec<u8>>,
}

impl Line {
    pub(super) fn take(&mut self, byte: u8) {
        if byte == 0 {
            self.fault.get_or_insert(FaultKind::Nul);
        }
        match self.part {
            Part::Comment => {}
            Part::Name => self.take_name(byte),
            Part::Colon => self.take_kind(byte),
            Part::Fill if byte == b' ' => {}
            Part::Fill | Part::Value => self.take_value(byte),
        }
    }

    fn take_name(&mut self, byte: u8) {
        match byte {
            b'#' if self.name.is_empty() => self.part = Part::Comment,
            b':' if !self.name.is_empty() => self.part = Part::Colon,
            _ if is_name(byte) && self.name.len() < LONGEST_NAME => self.name.push(byte.to_ascii_lowercase()),
            _ => {
                self.fault.get_or_insert(FaultKind::Form);
                // Whatever follows says nothing more of it.
                self.part = Part::Comment;
            }
        }
    }

    fn take_kind(&mut self, byte: u8) {
        match byte {
            b':' => {
                self.base64 = Some(Base64::default());
                self.part = Part::Fill;
            }
            b'<' | b' ' => self.part = Part::Fill,
            _ => self.take_value(byte),
        }
    }

    fn take_value(&mut self, byte: u8) {
        self.part = Part::Value;
        if let Some(base64) = &mut self.base64 {
            base64.take(byte);
        }
        if self.value.len() < LONGEST_VALUE {
            self.value.push(byte);
        } else {
            self.too_long = true;
        }
    }

    /// The attribute it states; none of a comment.
    ///
    /// # Errors
    /// [`FaultKind`] says why it is no line of LDIF.
    pub(super) fn finish(self) -> Result<Option<Attribute>, FaultKind> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match self.part {
            Part::Comment => return Ok(None),
            Part::Name => return Err(FaultKind::Form),
            Part::Colon | Part::Fill | Part::Value => {}
        }
        let value = match self.base64 {
            Some(base64) if !base64.is_whole() => return Err(FaultKind::Base64),
            _ if self.too_long => None,
            Some(_) => Some(decode(&self.value)),
            None => Some(self.value),
        };
        Ok(Some(Attribute { name: self.name, value }))
    }
}

/// What names and options of attributes consist of (RFC 4512, 2.5): no underscore, as messages of programs have it.
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b';')
}

impl Base64 {
    fn take(&mut self, byte: u8) {
        match (byte, self.padding) {
            (b'=', 0 | 1) => self.padding += 1,
            (b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/', 0) => {}
            _ => self.broken = true,
        }
        self.digits = (self.digits + 1) % 4;
    }

    fn is_whole(self) -> bool {
        !self.broken && self.digits == 0
    }
}

/// Decodes base64 that was found to be whole.
fn decode(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for digit in text.iter().filter_map(|byte| sextet(*byte)) {
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(((bits >> held) & 0xff).to_le_bytes()[0]);
        }
    }
    bytes
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

impl Attribute {
    /// The name in small letters, without options.
    pub(super) fn base(&self) -> &[u8] {
        self.name.split(|byte| *byte == b';').next().unwrap_or_default()
    }

    /// The value, unless it is longer than what is kept.
    pub(super) fn value(&self) -> Option<&[u8]> {
        self.value.as_deref()
    }

    /// Whether the value is `other`, which is in small letters.
    pub(super) fn is(&self, other: &[u8]) -> bool {
        self.value().is_some_and(|value| value.eq_ignore_ascii_case(other))
    }

    /// Holds where nothing stands behind the name.
    pub(super) fn is_empty(&self) -> bool {
        self.value().is_some_and(<[u8]>::is_empty)
    }

    /// The value, harmless on a terminal; absent where it is empty or long.
    pub(super) fn text(&self) -> Option<Box<str>> {
        let value = self.value().filter(|value| !value.is_empty() && value.len() <= 320)?;
        let mut text = String::with_capacity(value.len());
        for character in String::from_utf8_lossy(value).chars() {
            match character {
                ' '..='~' => text.push(character),
                _ if character.is_alphanumeric() => text.push(character),
                _ => text.extend(character.escape_default()),
            }
        }
        Some(text.into_boxed_str())
    }
}
