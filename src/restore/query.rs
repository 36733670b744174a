//! What a message must be like, in words: `from:anna subject:"offerta nuova" after:2026-01-01 fattura`.
//!
//! Input: words, all of which must hold. Output: whether a message is meant. Invariants: of a message 4 MiB are looked at,
//! and who asks learns where that leaves it open; upper and lower case are the same; nothing of a message outlives the
//! question.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Address, Message, MessageParser, PartType};

use crate::mailbox::Item;
use crate::policy::Bytes;

/// Bytes of a message that are looked at.
const LOOKED_AT: usize = 4 << 20;
/// Parts of a message that are looked into; of one with more only the head is.
const MOST_PARTS: usize = 200;
/// The words that are known, as messages name them.
const KNOWN: &str = "from:, to:, subject:, in:/PATH/OF/FOLDER, after:DATE, before:DATE, larger:SIZE, and words without a colon";

/// Words that must all hold for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query(Vec<Term>);

/// A query that can't be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A word before a colon that is none of those that are known.
    #[error("`{0}:` is no word of a query; there are {KNOWN}. Put quotation marks around text with a colon")]
    Unknown(String),
    /// A word whose value is none.
    #[error("`{0}` is not understood; write {1}")]
    Value(String, &'static str),
    /// Quotation marks that don't end.
    #[error("a quotation mark is missing; write them in pairs")]
    Open,
    /// Nothing at all.
    #[error("the query is empty; there are {KNOWN}")]
    Empty,
}

/// Whether a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Yes,
    No,
    /// Not by what was looked at, which is not all of it.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    From(String),
    To(String),
    Subject(String),
    In(String),
    /// Seconds since 1970.
    After(i64),
    Before(i64),
    Larger(u64),
    Word(String),
}

impl FromStr for Query {
    type Err = QueryError;

    fn from_str(text: &str) -> Result<Self, QueryError> {
        let terms = words(text)?.into_iter().map(|(key, value)| term(&key, value));
        let terms = terms.collect::<Result<Vec<_>, _>>()?;
        if terms.is_empty() { Err(QueryError::Empty) } else { Ok(Self(terms)) }
    }
}

fn term(key: &str, value: String) -> Result<Term, QueryError> {
    let lower = value.to_lowercase();
    Ok(match key {
        _ if value.trim().is_empty() => {
            return Err(QueryError::Value(format!("{key}:{value}"), "something behind the colon"));
        }
        "" => Term::Word(lower),
        "from" => Term::From(lower),
        "to" => Term::To(lower),
        "subject" => Term::Subject(lower),
        "in" => Term::In(value),
        "after" => Term::After(day(&value)?),
        "before" => Term::Before(day(&value)?),
        "larger" => match value.parse() {
            Ok(Bytes(size)) => Term::Larger(size),
            Err(_) => return Err(QueryError::Value(value, "a size such as 5MB")),
        },
        other => return Err(QueryError::Unknown(other.to_owned())),
    })
}

/// The beginning of a day (UTC).
fn day(value: &str) -> Result<i64, QueryError> {
    let wrong = || QueryError::Value(value.to_owned(), "a day such as 2026-11-25");
    let date: Date = value.parse().map_err(|_| wrong())?;
    let begin = TimeZone::UTC.to_timestamp(date.to_datetime(Time::midnight()));
    begin.map(Timestamp::as_second).map_err(|_| wrong())
}

/// Splits at spaces outside of quotation marks, and each word at its first colon outside of them.
fn words(text: &str) -> Result<Vec<(String, String)>, QueryError> {
    let mut words = Vec::new();
    let (mut key, mut word, mut quoted, mut begun) = (None, String::new(), false, false);
    for letter in text.chars().chain([' ']) {
        match letter {
            '"' => (quoted, begun) = (!quoted, true),
            ':' if !quoted && key.is_none() => (key, begun) = (Some(std::mem::take(&mut word)), true),
            ' ' | '\t' if !quoted => {
                if begun {
                    let key = key.take().unwrap_or_default().to_lowercase();
                    words.push((key, std::mem::take(&mut word)));
                }
                begun = false;
            }
            letter => {
                word.push(letter);
                begun = true;
            }
        }
    }
    if quoted { Err(QueryError::Open) } else { Ok(words) }
}

impl Query {
    /// Whether what needs no body holds. `folder` is a path where it is known.
    pub(super) fn wants(
        &self,
        item: &Item,
        folder: Option<&str>,
        below: impl Fn(&str, &str) -> bool,
    ) -> bool {
        self.0.iter().all(|term| match term {
            Term::In(wanted) => folder.is_none_or(|folder| below(wanted, folder)),
            Term::After(day) => item.date >= *day,
            Term::Before(day) => item.date < *day,
            Term::Larger(size) => item.size > *size,
            _ => true,
        })
    }

    /// The folders that are asked for.
    pub(super) fn folders(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|term| match term {
            Term::In(folder) => Some(&**folder),
            _ => None,
        })
    }

    /// Whether a message has to be looked into.
    pub(super) fn asks_for_content(&self) -> bool {
        self.0
            .iter()
            .any(|term| matches!(term, Term::From(_) | Term::To(_) | Term::Subject(_) | Term::Word(_)))
    }

    /// Whether what is said of heads and text holds for a message.
    pub(super) fn wants_content(&self, body: &[u8]) -> Meant {
        if !self.asks_for_content() {
            return Meant::Yes;
        }
        let seen = body.get(..LOOKED_AT).unwrap_or(body);
        let crowded = is_crowded(seen);
        let parser = MessageParser::default();
        let parsed = if crowded { parser.parse_headers(seen) } else { parser.parse(seen) };
        let Some(message) = parsed else { return Meant::No };
        let partly = crowded || seen.len() < body.len();
        let each = self.0.iter().map(|term| match term {
            Term::From(text) => Meant::of(has(message.from(), text)),
            Term::To(text) => Meant::of(has(message.to(), text) || has(message.cc(), text)),
            Term::Subject(text) => {
                Meant::of(message.subject().is_some_and(|subject| contains(subject, text)))
            }
            Term::Word(text) if has_word(&message, text) => Meant::Yes,
            Term::Word(_) if partly => Meant::Unknown,
            Term::Word(_) => Meant::No,
            _ => Meant::Yes,
        });
        each.fold(Meant::Yes, Meant::and)
    }
}

impl Meant {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Yes,
        }
    }
}

/// Whether a message may be nested so deep that taking it apart, or dropping it, needs more stack than there is: every level
/// has a field of this name.
fn is_crowded(body: &[u8]) -> bool {
    const FIELD: &[u8] = b"content-type";
    body.windows(FIELD.len()).filter(|part| part.eq_ignore_ascii_case(FIELD)).nth(MOST_PARTS).is_some()
}

fn contains(text: &str, lower: &str) -> bool {
    text.to_lowercase().contains(lower)
}

fn has(addresses: Option<&Address<'_>>, text: &str) -> bool {
    let mut each = addresses.into_iter().flat_map(Address::iter);
    each.any(|one| [&one.name, &one.address].into_iter().flatten().any(|part| contains(part, text)))
}

fn has_word(message: &Message<'_>, text: &str) -> bool {
    message.subject().is_some_and(|subject| contains(subject, text))
        || has(message.from(), text)
        || has(message.to(), text)
        || has(message.cc(), text)
        || message.parts.iter().any(|part| match &part.body {
            PartType::Text(part) => contains(part, text),
            PartType::Html(part) => contains(&html_to_text(part), text),
            // As deep as a message may be that is not crowded.
            PartType::Message(attached) => has_word(attached, text),
            _ => false,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"From: =?utf-8?q?Anna_Bianch=C3=AC?= <anna@example.org>\r\nTo: marco@example.net\r\nCc: \"Ufficio\" <ufficio@example.net>\r\nSubject: =?utf-8?b?T2ZmZXJ0YSBudW92YQ==?=\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\nUGVyY2jDqSBsYSBmYXR0dXJhIG1hbmNh\r\n";

    fn finds(query: &str) -> bool {
        query.parse::<Query>().unwrap().wants_content(MAIL) == Meant::Yes
    }

    #[test]
    fn all_words_must_hold_and_are_looked_for_decoded() {
        for query in [
            "from:anna",
            "from:BIANCHÌ",
            "to:marco",
            "to:ufficio",
            "subject:\"offerta nuova\"",
            "subject:offerta fattura",
            "perché",
            "\"la fattura manca\"",
            "example.org",
        ] {
            assert!(finds(query), "{query}");
        }
        for query in ["from:marco", "to:anna", "subject:fattura", "fattura assente", "UGVyY2"] {
            assert!(!finds(query), "{query}");
        }
    }

    #[test]
    fn a_wrong_word_says_which_there_are() {
        let error = |query: &str| query.parse::<Query>().unwrap_err().to_string();
        assert!(error("form:anna").contains("`form:`") && error("form:anna").contains("larger:SIZE"));
        assert!(error("after:gestern").contains("2026-11-25"));
        assert!(error("larger:viel").contains("5MB"));
        assert!(error("subject:\"x").contains("pairs") && error(" ").contains("empty"));
        assert!(error("from:").contains("behind the colon"));
        assert!("\"re: offerta\"".parse::<Query>().is_ok());
    }

    #[test]
    fn what_is_no_mail_costs_little_and_matches_nothing() {
        let part = b"--a\nContent-Type: multipart/mixed; boundary=a\n\n".repeat(100_000);
        let nested = b"Content-Type: message/rfc822\n\n".repeat(200_000);
        for body in [&b""[..], b"\0\xff", &part, &nested] {
            assert_eq!("from:anna fattura".parse::<Query>().unwrap().wants_content(body), Meant::No);
        }
    }

    #[test]
    fn attached_text_and_messages_are_looked_into() {
        let attached = "From: x@example.net\r\nSubject: Inoltrata\r\n\r\nago nel pagliaio\r\n";
        let mail = format!(
            "From: anna@example.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntesto\r\n--b\r\n\
             Content-Type: message/rfc822\r\n\r\n{attached}--b\r\nContent-Type: text/plain\r\n\
             Content-Disposition: attachment; filename=n.txt\r\n\r\nnota allegata\r\n--b\r\n\
             Content-Type: text/html\r\n\r\n<p>pagina <b>web</b></p>\r\n--b--\r\n"
        );
        let of = |query: &str| query.parse::<Query>().unwrap().wants_content(mail.as_bytes());
        for word in ["testo", "\"ago nel\"", "inoltrata", "\"nota allegata\"", "\"pagina web\""] {
            assert_eq!(of(word), Meant::Yes, "{word}");
        }
        assert_eq!(of("subject:inoltrata"), Meant::No, "its own subject is meant");
        assert_eq!(of("assente"), Meant::No);
    }

    #[test]
    fn what_is_looked_at_in_part_is_left_open_where_the_rest_may_decide() {
        let head = "From: anna@example.org\r\nSubject: x\r\n\r\ninizio\r\n";
        let large = format!("{head}{}fine", "riga\r\n".repeat(LOOKED_AT / 6));
        let crowded = format!("{head}{}fine", "Content-Type: text/plain\r\n".repeat(MOST_PARTS + 1));
        let of = |query: &str, body: &str| query.parse::<Query>().unwrap().wants_content(body.as_bytes());
        for body in [&large, &crowded] {
            assert_eq!(of("fine", body), Meant::Unknown);
            assert_eq!(of("from:anna fine", body), Meant::Unknown);
            assert_eq!(of("from:marco fine", body), Meant::No, "the head was looked at");
            assert_eq!(of("from:anna", body), Meant::Yes);
        }
        assert_eq!(of("inizio", &large), Meant::Yes);
    }
}
