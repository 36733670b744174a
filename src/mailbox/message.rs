//! What a body is, beyond its digest: mail, or something that a fault left in its place (RFC 5322, RFC 2045).
//!
//! Input: the bytes of one body after the other, in pieces of any length. Output: a [`Content`] for each. Invariants:
//! no more than a body's beginning is kept, and only until the next; the work grows with the bytes and no faster,
//! whatever somebody mailed to the account.

use mail_parser::{HeaderName, MessageParser};

/// What was seen of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Content {
    /// A message that parses, or a file of a kind that is not looked into.
    Usual,
    /// No message: no header that a parser finds.
    Unparsable,
    /// The page of a web server that reports an error, or asks for a login.
    ErrorPage,
    /// The text a rescue tool writes where it has nothing else.
    Filler,
    /// Nothing but spaces.
    Blank,
    /// Not looked into, as `limits.text_size` ends before a header; its digest was still compared.
    TooLong,
}

/// What btactic's zmblobrescue writes into blobs that it can't recover; a server pads it with spaces.
const FILLER: &[u8] = b"EMAIL_EMPTY_CONTENT";
/// Bytes of a header section that are kept. The first header lies in them if there is one, and a parser's list of
/// headers stays small even where each of them has three bytes.
const HEAD: usize = 256 << 10;
/// How servers' pages begin, in lower case.
const PAGES: [&[u8]; 4] = [b"<!doctype", b"<html", b"http error", b"<head"];
/// What Jetty writes into its own pages.
const JETTY: [&[u8]; 2] = [b"Powered by Jetty", b"HTTP ERROR"];

/// Looks at bodies as they stream by; one inspector serves all bodies of an export.
#[derive(Debug)]
pub struct Inspector {
    parser: MessageParser,
    /// Bytes of a beginning that may be kept.
    limit: usize,
    head: Vec<u8>,
    mail: bool,
    section: Section,
    lone: Lone,
}

/// Where in the header section the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    /// Before anything but white space.
    Start,
    /// In a line with something in it.
    Line,
    /// At the beginning of a line.
    EmptyLine,
    /// Behind it, or behind as much of it as may be kept.
    Enough,
}

/// Whether the body so far is the filler, or nothing, and then only spaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lone {
    /// This many bytes of the filler, and nothing else.
    Filler(usize),
    /// Spaces alone.
    Spaces,
    /// Something else.
    Other,
}

impl Inspector {
    /// An inspector that keeps at most `text_size` bytes of a body, and never more than 256 KiB.
    #[must_use]
    pub fn new(text_size: u64) -> Self {
        Self {
            // Only whether there are headers is asked, so none needs to be decoded; as long as no header is named,
            // the parser decodes all it knows.
            parser: MessageParser::new().ignore_header(HeaderName::Subject).default_header_ignore(),
            limit: usize::try_from(text_size).unwrap_or(HEAD).min(HEAD),
            head: Vec::new(),
            mail: false,
            section: Section::Enough,
            lone: Lone::Filler(0),
        }
    }

    /// A body begins; `mail` says that it must be a message.
    pub fn begin(&mut self, mail: bool) {
        self.head.clear();
        self.mail = mail;
        self.section = if mail { Section::Start } else { Section::Enough };
        self.lone = Lone::Filler(0);
    }

    /// The next piece of it.
    pub fn data(&mut self, bytes: &[u8]) {
        self.lone = self.lone.after(bytes);
        if self.section != Section::Enough {
            self.keep(bytes);
        }
    }

    /// It ended.
    pub fn end(&mut self) -> Content {
        match self.lone {
            Lone::Filler(length) if length == FILLER.len() => Content::Filler,
            Lone::Spaces => Content::Blank,
            _ if self.mail => self.judge(),
            _ => Content::Usual,
        }
    }

    /// Keeps what belongs to the header section, which an empty line ends.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.limit.saturating_sub(self.head.len()).min(bytes.len());
        let end = bytes[..room].iter().position(|byte| {
            self.section = self.section.after(*byte);
            self.section == Section::Enough
        });
        self.head.extend_from_slice(&bytes[..end.map_or(room, |end| end + 1)]);
        if self.head.len() == self.limit {
            self.section = Section::Enough;
        }
    }

    /// A message's structure is not walked: its parts may nest and lack their ends as the sender pleases, which costs
    /// a parser the stack or the night, and whatever it finds, the message is the one that was received.
    fn judge(&self) -> Content {
        if begins_page(&self.head) {
            Content::ErrorPage
        } else if self.has_header() {
            Content::Usual
        } else if is_error_page(&self.head) {
            Content::ErrorPage
        } else if self.head.len() == self.limit && self.limit < HEAD {
            Content::TooLong
        } else {
            Content::Unparsable
        }
    }

    /// Holds if there is a header that mail has, or the first line is one of another name. To the parser any line
    /// with a colon is a header, and noise has those; and so is a last word without one.
    fn has_header(&self) -> bool {
        let head = without_mark(&self.head);
        let Some(message) = self.parser.parse_headers(head) else { return false };
        message.headers().iter().any(|header| {
            let before_value = usize::try_from(header.offset_start).ok().and_then(|at| at.checked_sub(1));
            let colon = before_value.and_then(|at| head.get(at)) == Some(&b':');
            let first = header.offset_field == 0;
            colon && if first { is_clean(&header.name) } else { !matches!(header.name, HeaderName::Other(_)) }
        })
    }
}

/// Holds for a name as RFC 5322 lets headers have it (section 3.6.8).
fn is_clean(name: &HeaderName<'_>) -> bool {
    name.as_str().bytes().all(|byte| byte.is_ascii_graphic())
}

impl Section {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Start, b' ' | b'\t' | b'\r' | b'\n') => Self::Start,
            (Self::EmptyLine, b'\n') | (Self::Enough, _) => Self::Enough,
            (_, b'\n') => Self::EmptyLine,
            (Self::EmptyLine, b'\r') => Self::EmptyLine,
            _ => Self::Line,
        }
    }
}

impl Lone {
    fn after(self, bytes: &[u8]) -> Self {
        let mut state = self;
        for byte in bytes {
            state = match (state, byte) {
                (Self::Other, _) => return state,
                (Self::Filler(0) | Self::Spaces, b' ') => Self::Spaces,
                (Self::Filler(length), byte) if FILLER.get(length) == Some(byte) => Self::Filler(length + 1),
                (Self::Filler(length), b' ' | b'\r' | b'\n') if length == FILLER.len() => state,
                _ => Self::Other,
            };
        }
        state
    }
}

/// Whether something that is no mail and no archive is the page of a web server, by its first bytes.
#[must_use]
pub fn is_error_page(head: &[u8]) -> bool {
    begins_page(head) || JETTY.iter().any(|words| head.windows(words.len()).any(|window| window == *words))
}

/// Without the mark that some editors put before UTF-8.
fn without_mark(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head)
}

fn begins_page(head: &[u8]) -> bool {
    let head = without_mark(head).trim_ascii_start();
    PAGES.iter().any(|page| head.get(..page.len()).is_some_and(|start| start.eq_ignore_ascii_case(page)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(inspector: &mut Inspector, mail: bool, body: &[u8], piece: usize) -> Content {
        inspector.begin(mail);
        body.chunks(piece).for_each(|piece| inspector.data(piece));
        inspector.end()
    }

    /// The same in one piece and in many, and by an inspector that saw others before.
    fn mail(body: &[u8]) -> Content {
        let mut inspector = Inspector::new(16 << 20);
        let whole = look(&mut inspector, true, body, usize::MAX);
        for piece in [1, 2, 3, 7] {
            assert_eq!(look(&mut inspector, true, body, piece), whole, "{piece}");
        }
        whole
    }

    #[test]
    fn mail_is_usual_however_its_lines_end() {
        for text in [
            &b"Subject: x\r\nFrom: a@example.org\r\n\r\nbody"[..],
            b"Subject: x\n\nbody",
            b"Received: from a\n\tby b\n\n",
            b"From a@example.org Mon Nov 23 01:02:03 2026\nSubject: x\n\nbody",
            b"X-Anything: 1\n\n",
            b"Subject: no body",
        ] {
            assert_eq!(mail(text), Content::Usual, "{}", String::from_utf8_lossy(text));
        }
    }

    /// What servers accept, whatever RFC 5322 says.
    #[test]
    fn mail_is_usual_in_the_wild() {
        let long = [&b"X-Long: "[..], &[b'a'; 300_000], b"\r\nSubject: x\r\n\r\nbody"].concat();
        let many = [&b"Received: from a by b\r\n".repeat(20_000)[..], b"\r\nbody"].concat();
        let endless = [&b"Subject: "[..], &[b'a'; 300_000]].concat();
        let newsletter =
            b"Subject: x\r\nContent-Type: text/html\r\n\r\n<!DOCTYPE html><html><title>Error 404</title></html>";
        for text in [
            &long[..],
            &many,
            &endless,
            newsletter,
            b"From: a@example.org\nSubject: x\n\n<html><body>HTTP ERROR 500</body></html>",
            b">From a@example.org Mon Nov 23 01:02:03 2026\nSubject: x\n\nbody",
            b"From - Mon Nov 23 01:02:03 2026\r\nX-Mozilla-Status: 0001\r\nFrom: a@example.org\r\n\r\nbody",
            b"\xef\xbb\xbfReceived: from a\r\nSubject: x\r\n\r\nbody",
            b"\xef\xbb\xbfSubject: x\r\n\r\nbody",
            b"subject : x\r\nfrom : a@example.org\r\n\r\nbody",
            b"Subject: perch\xe9\r\nFrom: \xe0@example.org\r\n\r\nbody",
            b"X-Perch\xe9: x\r\nSubject: x\r\n\r\nbody",
            b" folded from nothing\r\nSubject: x\r\n\r\nbody",
            b"Subject: x\rFrom: a@example.org\r\rbody",
            b"Mime-Version: 1.0\r\n\r\n",
            b"Return-Path: <>\r\n\r\nEMAIL_EMPTY_CONTENT",
        ] {
            let shown = String::from_utf8_lossy(&text[..text.len().min(60)]);
            assert_eq!(mail(text), Content::Usual, "{shown}");
        }
    }

    #[test]
    fn what_has_no_header_is_no_mail() {
        for text in
            [&b""[..], b"\n\nSubject: too late", b"just words", b"\0\x01noise 12:30\n\xff\xfe: x\n", b"\r\n"]
        {
            assert_eq!(mail(text), Content::Unparsable, "{}", String::from_utf8_lossy(text));
        }
        let noise = (0..400_000_u32).map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[1]);
        let noise: Vec<u8> = noise.collect();
        assert_eq!(mail(&noise), Content::Unparsable);
    }

    #[test]
    fn pages_of_servers_are_told_from_mail_about_them() {
        for text in [
            &b"<html><head><title>Error 404</title>"[..],
            b"\n <!DOCTYPE html>\n<title>Zimbra Web Client Sign In</title>",
            b"\xef\xbb\xbf<HTML>",
            b"<title>x</title>\n<h2>HTTP ERROR 500</h2>",
            b"problem accessing /home/anna\n<i>Powered by Jetty://</i>",
            b"HTTP ERROR: 503\nSubject: x\n",
        ] {
            assert_eq!(mail(text), Content::ErrorPage, "{}", String::from_utf8_lossy(text));
        }
        let about = b"Subject: HTTP ERROR 500\n\n<html><i>Powered by Jetty://</i></html>";
        assert_eq!(mail(about), Content::Usual);
    }

    #[test]
    fn filler_and_blanks_are_told_from_mail_that_ends_in_spaces() {
        assert_eq!(mail(b"EMAIL_EMPTY_CONTENT"), Content::Filler);
        assert_eq!(mail(b"EMAIL_EMPTY_CONTENT\n     "), Content::Filler);
        assert_eq!(mail(b"Subject: x\n\nEMAIL_EMPTY_CONTENT"), Content::Usual);
        assert_eq!(mail(b"EMAIL_EMPTY_CONTENT: is a header"), Content::Usual);
        assert_eq!(mail(&[b' '; 70_000]), Content::Blank);
        assert_eq!(mail(b"Subject: x\n\nbody          "), Content::Usual);
        assert_eq!(mail(b"   EMAIL_EMPTY_CONTENT"), Content::Unparsable);
    }

    #[test]
    fn files_are_not_looked_into() {
        let mut inspector = Inspector::new(16 << 20);
        for text in [&b"<html>"[..], b"", b"\0\0", b"words"] {
            assert_eq!(look(&mut inspector, false, text, 2), Content::Usual);
        }
        assert_eq!(look(&mut inspector, false, b"EMAIL_EMPTY_CONTENT  ", 4), Content::Filler);
        assert!(inspector.head.is_empty());
    }

    #[test]
    fn a_beginning_is_all_that_is_kept() {
        let mut inspector = Inspector::new(16 << 20);
        let endless = [&b"Subject: x\n"[..], &b"x:\n".repeat(400_000)].concat();
        assert_eq!(look(&mut inspector, true, &endless, 65_536), Content::Usual);
        assert_eq!(inspector.head.len(), HEAD);
        assert!(inspector.head.capacity() <= 2 * HEAD, "{}", inspector.head.capacity());
    }

    #[test]
    fn a_limit_below_the_first_header_is_said() {
        let mut inspector = Inspector::new(4);
        assert_eq!(look(&mut inspector, true, b"Subject: x\n\nbody", 3), Content::TooLong);
        assert_eq!(look(&mut inspector, true, b"xyz", 3), Content::Unparsable);
    }

    #[test]
    fn what_somebody_mailed_costs_neither_stack_nor_time() {
        let nested = b"Content-Type: message/rfc822\n\n".repeat(300_000);
        let part = b"--a\nContent-Type: multipart/mixed; boundary=b\n\nx\n";
        let open = [&b"Content-Type: multipart/mixed; boundary=a\n\n"[..], &part.repeat(100_000)].concat();
        let mut inspector = Inspector::new(16 << 20);
        for body in [nested, open] {
            assert_eq!(look(&mut inspector, true, &body, 65_536), Content::Usual);
        }
    }
}
