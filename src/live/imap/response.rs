//! The kinds of responses (RFC 3501, section 7).
//!
//! Input: the beginning of a response. Output: what it is; its data is left to whoever asked for it.

use super::input::{Input, Source};
use crate::live::Fault;

/// A response, read as far as its kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head {
    /// The server waits for the rest of the command; read to its end.
    Continue,
    /// The end of the command with this tag; read to its end.
    Tagged(Vec<u8>, Status),
    /// A word about the connection; read to its end.
    Status(Status),
    /// Data about the message with this number, or a count; the rest of the line is there to be taken.
    Numbered(u32, Vec<u8>),
    /// Other data; the rest of the line is there to be taken.
    Data(Vec<u8>),
}

/// How something stands, in the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) kind: Kind,
    /// What stands in brackets, for programs.
    pub(crate) code: Option<String>,
    /// What is for people.
    pub(crate) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ok,
    No,
    Bad,
    Bye,
    Preauth,
}

impl<S: Source> Input<S> {
    /// Reads the next response as far as its kind.
    pub(crate) fn head(&mut self) -> Result<Head, Fault> {
        self.begin();
        if self.take(b'+')? {
            return self.rest().map(|_| Head::Continue);
        }
        if !self.take(b'*')? {
            return self.tagged();
        }
        self.expect(b' ')?;
        let word = self.word()?.to_ascii_uppercase();
        if let Some(kind) = Kind::of(&word) {
            return Ok(Head::Status(Status::new(kind, &self.rest()?)));
        }
        match super::input::number(&word) {
            Some(number) if !word.is_empty() => {
                let number = u32::try_from(number).map_err(|_| Fault::protocol("a number over 32 bits"))?;
                self.expect(b' ')?;
                Ok(Head::Numbered(number, self.word()?.to_ascii_uppercase()))
            }
            _ => Ok(Head::Data(word)),
        }
    }

    fn tagged(&mut self) -> Result<Head, Fault> {
        let tag = self.word()?;
        self.expect(b' ')?;
        let word = self.word()?.to_ascii_uppercase();
        match Kind::of(&word) {
            Some(kind @ (Kind::Ok | Kind::No | Kind::Bad)) => {
                Ok(Head::Tagged(tag, Status::new(kind, &self.rest()?)))
            }
            _ => Err(Fault::protocol("neither data nor the end of an answer")),
        }
    }

    /// Passes over the rest of a response.
    pub(crate) fn pass(&mut self) -> Result<(), Fault> {
        loop {
            match self.peek()? {
                b'\r' | b'\n' => return self.end_of_line(),
                b' ' => self.next().map(|_| ())?,
                _ => self.skip()?,
            }
        }
    }
}

impl Kind {
    fn of(word: &[u8]) -> Option<Self> {
        match word {
            b"OK" => Some(Self::Ok),
            b"NO" => Some(Self::No),
            b"BAD" => Some(Self::Bad),
            b"BYE" => Some(Self::Bye),
            b"PREAUTH" => Some(Self::Preauth),
            _ => None,
        }
    }
}

impl Status {
    fn new(kind: Kind, rest: &str) -> Self {
        let rest = rest.trim_start_matches(' ');
        let coded = rest.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        match coded {
            Some((code, text)) => {
                Self { kind, code: Some(code.to_owned()), text: text.trim_start_matches(' ').to_owned() }
            }
            None => Self { kind, code: None, text: rest.to_owned() },
        }
    }

    /// The word in brackets, in capitals.
    pub(crate) fn code_word(&self) -> String {
        self.code.as_deref().and_then(|code| code.split(' ').next()).unwrap_or_default().to_ascii_uppercase()
    }

    /// What stands behind the word in brackets `name`.
    pub(crate) fn argument(&self, name: &str) -> Option<&str> {
        let (word, argument) = self.code.as_deref()?.split_once(' ')?;
        word.eq_ignore_ascii_case(name).then_some(argument)
    }

    /// All of it, as the server said it.
    pub(crate) fn told(&self) -> String {
        match &self.code {
            Some(code) => format!("[{code}] {}", self.text),
            None => self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::Input;
    use super::*;

    fn heads(text: &str) -> Vec<Head> {
        let mut input = Input::new(text.as_bytes());
        let mut heads = Vec::new();
        while let Ok(head) = input.head() {
            if matches!(head, Head::Numbered(..) | Head::Data(_)) {
                input.pass().unwrap();
            }
            heads.push(head);
        }
        heads
    }

    fn status(kind: Kind, code: Option<&str>, text: &str) -> Status {
        Status { kind, code: code.map(str::to_owned), text: text.to_owned() }
    }

    #[test]
    fn every_kind_is_told_and_what_is_behind_is_passed_over() {
        let said = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello\r\n* 23 exists\r\n* LIST (\\Marked) \"/\" {3}\r\na\"\n\r\n\
                    + go on\r\n* ESEARCH (TAG \"a\") UID ALL 1:5\r\na1 NO [ALERT] no\r\n* BYE\r\n";
        let expected = [
            Head::Status(status(Kind::Ok, Some("CAPABILITY IMAP4rev1 AUTH=PLAIN"), "hello")),
            Head::Numbered(23, b"EXISTS".to_vec()),
            Head::Data(b"LIST".to_vec()),
            Head::Continue,
            Head::Data(b"ESEARCH".to_vec()),
            Head::Tagged(b"a1".to_vec(), status(Kind::No, Some("ALERT"), "no")),
            Head::Status(status(Kind::Bye, None, "")),
        ];
        assert_eq!(heads(said), expected);
    }

    #[test]
    fn codes_have_a_word_and_arguments() {
        let status = status(Kind::Ok, Some("uidvalidity 17"), "x");
        assert_eq!(status.code_word(), "UIDVALIDITY");
        assert_eq!(status.argument("UIDVALIDITY"), Some("17"));
        assert_eq!(status.argument("UIDNEXT"), None);
        assert_eq!(status.told(), "[uidvalidity 17] x");
    }

    #[test]
    fn nonsense_is_refused() {
        for said in
            ["HTTP/1.1 400 Bad Request\r\n", "*\r\n", "* 99999999999 EXISTS\r\n", "a1 PREAUTH x\r\n", "\r\n"]
        {
            let fault = Input::new(said.as_bytes()).head().unwrap_err();
            assert!(matches!(fault, Fault::Protocol { .. }), "{said}: {fault:?}");
        }
    }
}
