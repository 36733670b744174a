//! What is told of a message (RFC 3501, section 7.4.2).
//!
//! Input: the data of a FETCH response. Output: number, size, date and flags of a message, and its body as it comes.
//! Invariant: a body is handed on only under the number of its message.

use super::input::{Input, Source};
use crate::live::{Fault, Flags};

/// What was told of a message so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Told {
    pub(super) uid: Option<u32>,
    pub(super) size: Option<u64>,
    /// Seconds since 1970 (UTC); nothing also if it can't be read.
    pub(super) date: Option<i64>,
    pub(super) flags: Option<Flags>,
    pub(super) body: Option<Came>,
}

/// What came as the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// The server says that there is none.
    Nothing,
    /// So many bytes.
    Bytes(u64),
}

/// Takes bodies in.
pub(super) trait Sink {
    /// A body of `size` bytes begins.
    fn begin(&mut self, uid: u32, size: u64) -> Result<(), Fault>;
    /// Its next bytes.
    fn bytes(&mut self, uid: u32, bytes: &[u8]);
}

/// For answers that must hold no body.
pub(super) struct NoBody;

impl Sink for NoBody {
    fn begin(&mut self, _uid: u32, _size: u64) -> Result<(), Fault> {
        Err(Fault::protocol("a body that nobody asked for"))
    }

    fn bytes(&mut self, _uid: u32, _bytes: &[u8]) {}
}

impl Told {
    /// Holds for what Zimbra tells of a message that vanished while it was fetched: no bytes, of 1970
    /// (`ImapHandler.fetchStub`).
    pub(super) fn is_stub(&self) -> bool {
        // A day to either side, because dates are told with a time zone.
        self.size == Some(0) && self.date.is_some_and(|date| date.unsigned_abs() <= 86_400)
    }
}

impl<S: Source> Input<S> {
    /// Reads the data of a FETCH response to the end of the line.
    pub(super) fn fetched(&mut self, sink: &mut dyn Sink) -> Result<Told, Fault> {
        let mut told = Told::default();
        self.expect(b' ')?;
        self.expect(b'(')?;
        while !self.take(b')')? {
            let name = self.word()?.to_ascii_uppercase();
            self.expect(b' ')?;
            self.item(&name, &mut told, sink)?;
            if self.peek()? != b')' {
                self.expect(b' ')?;
            }
        }
        self.end_of_line()?;
        Ok(told)
    }

    fn item(&mut self, name: &[u8], told: &mut Told, sink: &mut dyn Sink) -> Result<(), Fault> {
        match name {
            b"UID" => told.uid = Some(self.number32()?),
            b"RFC822.SIZE" => told.size = Some(self.number()?),
            b"INTERNALDATE" => told.date = self.string()?.and_then(|text| seconds(&text)),
            b"FLAGS" => told.flags = Some(self.flags()?),
            b"BODY[]" => told.body = Some(self.body(told, sink)?),
            _ => self.skip()?,
        }
        Ok(())
    }

    fn body(&mut self, told: &Told, sink: &mut dyn Sink) -> Result<Came, Fault> {
        let uid = told.uid.ok_or_else(|| Fault::protocol("a body before its UID"))?;
        if told.body.is_some() {
            return Err(Fault::protocol("two bodies of one message"));
        }
        let mut came = Came::Nothing;
        let sink = std::cell::RefCell::new(sink);
        let mut begin = |size: Option<u64>| match size {
            Some(size) => {
                came = Came::Bytes(size);
                // Whether no bytes are a message is known only when all was told.
                if size > 0 { sink.borrow_mut().begin(uid, size) } else { Ok(()) }
            }
            None => Ok(()),
        };
        self.stream(&mut begin, &mut |bytes| sink.borrow_mut().bytes(uid, bytes))?;
        Ok(came)
    }

    fn flags(&mut self) -> Result<Flags, Fault> {
        let mut flags = Flags::default();
        self.expect(b'(')?;
        while !self.take(b')')? {
            match self.word()?.to_ascii_lowercase().as_slice() {
                b"\\seen" => flags.seen = true,
                b"\\answered" => flags.answered = true,
                b"\\flagged" => flags.flagged = true,
                b"\\deleted" => flags.deleted = true,
                b"\\draft" => flags.draft = true,
                b"" => return Err(Fault::protocol("something else where a flag should be")),
                _ => {}
            }
            self.take(b' ')?;
        }
        Ok(flags)
    }
}

/// `17-Jul-1996 02:44:25 -0700`, the day with a space where it has one digit (RFC 3501, `date-time`).
fn seconds(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim_start();
    let date = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text).ok()?;
    Some(date.to_timestamp().ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Bodies = Vec<(u32, u64, Vec<u8>)>;

    #[derive(Default)]
    struct Kept(Bodies);

    impl Sink for Kept {
        fn begin(&mut self, uid: u32, size: u64) -> Result<(), Fault> {
            self.0.push((uid, size, Vec::new()));
            Ok(())
        }

        fn bytes(&mut self, uid: u32, bytes: &[u8]) {
            let last = self.0.last_mut().unwrap();
            assert_eq!(last.0, uid);
            last.2.extend_from_slice(bytes);
        }
    }

    fn read(said: &str) -> (Result<Told, Fault>, Bodies) {
        let mut kept = Kept::default();
        let told = Input::new(said.as_bytes()).fetched(&mut kept);
        (told, kept.0)
    }

    #[test]
    fn all_that_is_told_is_taken_in_any_order() {
        let said = " (FLAGS (\\Seen $Label1 \\flagged) MODSEQ (12) INTERNALDATE \" 7-Jul-1996 02:44:25 -0700\" \
                    UID 4 RFC822.SIZE 5)\r\n";
        let told = read(said).0.unwrap();
        let flags = Flags { seen: true, flagged: true, ..Flags::default() };
        assert_eq!(
            told,
            Told { uid: Some(4), size: Some(5), date: Some(836_732_665), flags: Some(flags), body: None }
        );
    }

    #[test]
    fn a_body_comes_under_its_number() {
        let (told, bodies) = read(" (UID 4 BODY[] {5}\r\na\r\n)\0 RFC822.SIZE 5)\r\n");
        assert_eq!(told.unwrap().body, Some(Came::Bytes(5)));
        assert_eq!(bodies, [(4, 5, b"a\r\n)\0".to_vec())]);
        let (told, bodies) = read(" (UID 4 BODY[] \"a b\")\r\n");
        assert_eq!((told.unwrap().body, bodies), (Some(Came::Bytes(3)), vec![(4, 3, b"a b".to_vec())]));
    }

    #[test]
    fn what_vanished_has_no_body() {
        let stub = " (UID 4 RFC822.SIZE 0 INTERNALDATE \"01-Jan-1970 00:00:00 +0000\" BODY[] \"\")\r\n";
        let (told, bodies) = read(stub);
        let told = told.unwrap();
        assert!(told.is_stub() && bodies.is_empty());
        assert_eq!(told.body, Some(Came::Bytes(0)));
        assert_eq!(read(" (UID 4 BODY[] NIL)\r\n").0.unwrap().body, Some(Came::Nothing));
        let empty = " (UID 4 RFC822.SIZE 0 INTERNALDATE \"01-Jan-2020 00:00:00 +0000\" BODY[] \"\")\r\n";
        assert!(!read(empty).0.unwrap().is_stub());
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for said in [
            "\r\n",
            " ()x\r\n",
            " (UID)\r\n",
            " (UID x)\r\n",
            " (UID 4294967296)\r\n",
            " (UID 1 FLAGS (\\Seen)\r\n",
            " (UID 1 FLAGS NIL)\r\n",
            " (BODY[] {1}\r\nx UID 1)\r\n",
            " (UID 1 BODY[] {1}\r\nxx)\r\n",
            " (UID 1 BODY[] {3}\r\nx)\r\n",
            " (UID 1 BODY[] {1}\r\nx BODY[] {1}\r\nx)\r\n",
        ] {
            assert!(read(said).0.is_err(), "{said}");
        }
        assert!(Input::new(&b" (UID 1 BODY[] {1}\r\nx)\r\n"[..]).fetched(&mut NoBody).is_err());
    }

    #[test]
    fn dates_are_read_or_unknown() {
        assert_eq!(seconds(b"17-Jul-1996 02:44:25 -0700"), Some(837_596_665));
        assert_eq!(seconds(b" 1-Jan-1970 00:00:00 +0000"), Some(0));
        for text in
            [&b""[..], b"17-Jul-1996", b"31-Feb-2020 00:00:00 +0000", b"\xff", b"17-Foo-1996 02:44:25 -0700"]
        {
            assert_eq!(seconds(text), None);
        }
    }
}
