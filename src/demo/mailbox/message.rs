//! One message in RFC 5322 form: headers, plain text, and an attachment where it is large.

use std::fmt::Write;

use jiff::Timestamp;

use super::random::Random;
use super::words::{ENGLISH, ITALIAN, Language};

/// Sizes in bytes, one for each sixteenth of the messages: half of them are below 20 kB, and few are large.
const SIZES: [u64; 16] = [
    1_200, 2_000, 3_500, 5_500, 8_000, 11_000, 14_500, 18_500, 21_500, 26_000, 33_000, 44_000, 60_000,
    90_000, 150_000, 320_000,
];
/// More text than this nobody types; what is larger has an attachment.
const LONGEST_TEXT: usize = 6_000;
/// 2026-11-22 23:00 UTC: when the backup was made.
const BACKED_UP: i64 = 1_795_388_400;

/// A message and what a mailbox keeps of it.
#[derive(Debug)]
pub(in crate::demo) struct Message {
    pub(in crate::demo) subject: String,
    pub(in crate::demo) from: String,
    /// In seconds since 1970.
    pub(in crate::demo) date: i64,
    /// The beginning of its text, in one line.
    pub(in crate::demo) fragment: String,
    pub(in crate::demo) bytes: Vec<u8>,
}

/// Writes message `number` of an account, of about `largest` bytes at most.
pub(in crate::demo) fn write(
    random: &mut Random,
    number: u64,
    from: &str,
    to: &str,
    largest: usize,
) -> Message {
    let language = if random.below(2) == 0 { &ITALIAN } else { &ENGLISH };
    let pattern = random.pick(language.subjects);
    let subject = filled(random, language, pattern);
    let size = random.pick(&SIZES);
    let size = usize::try_from(size * 3 / 4 + random.below(size / 2)).unwrap_or(0);
    let size = size.min(largest);
    let text = text(random, language, size.min(LONGEST_TEXT));
    let date = BACKED_UP - i64::try_from(random.below(400 * 86_400)).unwrap_or(0);
    let mut bytes = headers(random, number, from, to, &subject, date).into_bytes();
    bytes.extend(content(random, &text, size.saturating_sub(text.len())));
    let words: Vec<&str> = text.split_whitespace().take(20).collect();
    Message { subject, from: from.to_owned(), date, fragment: words.join(" "), bytes }
}

fn filled(random: &mut Random, language: &Language, pattern: &str) -> String {
    pattern.replace("{}", random.pick(language.things))
}

fn text(random: &mut Random, language: &Language, length: usize) -> String {
    let mut text = format!("{}\r\n\r\n", random.pick(language.greetings));
    while text.len() < length.saturating_sub(80) {
        for _ in 0..=random.below(3) {
            let sentence = random.pick(language.sentences);
            text.push_str(&filled(random, language, sentence));
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
    }
    let _ = write!(text, "{}\r\n", random.pick(language.closings));
    text
}

fn headers(random: &mut Random, number: u64, from: &str, to: &str, subject: &str, date: i64) -> String {
    let date = Timestamp::from_second(date).unwrap_or(Timestamp::UNIX_EPOCH);
    let date = date.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let id = random.draw();
    format!(
        "Return-Path: <{from}>\r\n\
         Received: from mail.example.test (mail.example.test [192.0.2.25])\r\n\tby mail.example.org with ESMTPS id {id:016X};\r\n\t{date}\r\n\
         Date: {date}\r\n\
         From: {from}\r\n\
         To: {to}\r\n\
         Message-ID: <{number}.{id:x}@example.test>\r\n\
         Subject: {}\r\n\
         MIME-Version: 1.0\r\n",
        encoded_word(subject)
    )
}

/// The text alone, or the text and an attachment of about `rest` bytes.
fn content(random: &mut Random, text: &str, rest: usize) -> Vec<u8> {
    let plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";
    if rest < 1_000 {
        return [plain, text].concat().into_bytes();
    }
    let boundary = format!("=_{:016x}", random.draw());
    let (kind, file) = random.pick(&[
        ("application/pdf", "offerta.pdf"),
        ("image/jpeg", "photo.jpg"),
        ("application/zip", "docs.zip"),
    ]);
    let attachment = base64_lines(&random.bytes(rest * 57 / 78));
    format!(
        "Content-Type: multipart/mixed; boundary=\"{boundary}\"\r\n\r\n\
         --{boundary}\r\n{plain}{text}\r\n\
         --{boundary}\r\nContent-Type: {kind}; name=\"{file}\"\r\nContent-Transfer-Encoding: base64\r\n\
         Content-Disposition: attachment; filename=\"{file}\"\r\n\r\n{attachment}\
         --{boundary}--\r\n"
    )
    .into_bytes()
}

/// A header's text; in base64 where it is not ASCII (RFC 2047).
pub(in crate::demo) fn encoded_word(text: &str) -> String {
    if text.is_ascii() { text.to_owned() } else { format!("=?UTF-8?B?{}?=", base64(text.as_bytes())) }
}

/// Base64 in lines of 76 characters (RFC 2045, section 6.8).
fn base64_lines(bytes: &[u8]) -> String {
    bytes.chunks(57).fold(String::with_capacity(bytes.len() * 7 / 5), |mut lines, line| {
        lines.push_str(&base64(line));
        lines.push_str("\r\n");
        lines
    })
}

/// Base64 with padding (RFC 4648, section 4).
pub(in crate::demo) fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        let bits = bits << (8 * (3 - group.len()));
        for place in 0..4 {
            let digit = ALPHABET[(bits >> (18 - 6 * place)) & 63];
            text.push(if place <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_has_the_vectors_of_its_rfc() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
        ] {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
    }

    #[test]
    fn messages_have_headers_and_plausible_sizes() {
        let mut random = Random::new(7);
        let people = ["anna.bianchi@example.org", "paul.carter@example.test"];
        let mut sizes: Vec<usize> = (0..400)
            .map(|number| {
                let message = write(&mut random, number, people[1], people[0], usize::MAX);
                let text = String::from_utf8(message.bytes).unwrap();
                let (headers, body) = text.split_once("\r\n\r\n").unwrap();
                assert!(headers.is_ascii() && headers.contains("\r\nFrom: paul.carter@example.test\r\n"));
                assert!(!body.is_empty() && text.lines().all(|line| line.len() <= 998));
                assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
                text.len()
            })
            .collect();
        sizes.sort_unstable();
        assert!((14_000..27_000).contains(&sizes[200]), "median {}", sizes[200]);
    }
}
