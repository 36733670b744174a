//! Where the ciphertext comes from: as it is, or out of the strict PEM that age calls armor.

use std::ops::Range;

use bytes::Bytes;

use super::{PipeReader, Stop, give_up};
use crate::verdict::{Finding, Findings, kinds};

const BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
const END: &[u8] = b"-----END AGE ENCRYPTED FILE-----";
/// Characters of every line but the last.
const COLUMNS: usize = 64;
/// Decoded bytes that are made ready at a time.
const BATCH: usize = 48 << 10;

/// Where in armor of `size` bytes what follows `header` decoded bytes stands, whole lines only: from the first line that
/// holds nothing of the header, whichever way lines are broken, to the line of the end.
pub(super) fn payload(header: u64, size: u64) -> Range<u64> {
    let (begin, end) = (BEGIN.len() as u64 + 2, END.len() as u64 + 2);
    let lines = header.div_ceil(COLUMNS as u64 / 4 * 3);
    let start = begin + lines * (COLUMNS as u64 + 2);
    start..size.saturating_sub(end).max(start)
}

/// A binary age file as a stream, whatever form it is stored in.
pub(super) struct Ciphertext {
    input: PipeReader<Bytes>,
    armor: Option<Armor>,
}

/// What is known of the armor so far.
struct Armor {
    line: Vec<u8>,
    number: u64,
    decoded: Vec<u8>,
    used: usize,
    /// A line that only the last may be: short or padded.
    last_seen: bool,
    ended: bool,
}

/// How a line of armor came.
enum Line {
    /// With its line break.
    Whole,
    /// The stream ended inside or before it.
    Cut,
    /// Longer than any line may be.
    TooLong,
}

impl Ciphertext {
    /// Takes the bytes as they are.
    pub(super) fn binary(input: PipeReader<Bytes>) -> Self {
        Self { input, armor: None }
    }

    /// Decodes armor whose first bytes, `start`, were read already.
    pub(super) fn armored(input: PipeReader<Bytes>, start: &[u8]) -> Self {
        let armor = Armor {
            line: start.to_vec(),
            number: 0,
            decoded: Vec::with_capacity(BATCH),
            used: 0,
            last_seen: false,
            ended: false,
        };
        Self { input, armor: Some(armor) }
    }

    pub(super) fn is_armored(&self) -> bool {
        self.armor.is_some()
    }

    /// Bytes read, in the stored form.
    pub(super) fn stored(&self) -> u64 {
        self.input.position()
    }

    /// The bytes at hand, empty only at the true end.
    pub(super) fn fill(&mut self, findings: &mut Findings) -> Result<&[u8], Stop> {
        let Some(armor) = &mut self.armor else { return self.input.fill() };
        if armor.used == armor.decoded.len() {
            armor.used = 0;
            armor.decoded.clear();
            while !armor.ended && armor.decoded.len() < BATCH {
                armor.next(&mut self.input, findings)?;
            }
        }
        Ok(&armor.decoded[armor.used..])
    }

    /// Takes note that `amount` of the bytes at hand were used.
    pub(super) fn advance(&mut self, amount: usize) {
        match &mut self.armor {
            Some(armor) => armor.used += amount,
            None => self.input.advance(amount),
        }
    }
}

impl Armor {
    /// Takes the next line in.
    fn next(&mut self, input: &mut PipeReader<Bytes>, findings: &mut Findings) -> Result<(), Stop> {
        self.number += 1;
        match read_line(input, &mut self.line)? {
            Line::Whole => {}
            Line::Cut if self.line == END => {}
            Line::Cut => return Err(give_up(findings, self.cut())),
            Line::TooLong => return Err(self.malformed(findings, "a line longer than 64 characters")),
        }
        let line = std::mem::take(&mut self.line);
        let taken = self.take(&line).map_err(|fault| self.malformed(findings, fault));
        self.line = line;
        self.line.clear();
        taken?;
        if self.ended { expect_blank(input, findings) } else { Ok(()) }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if self.number == 1 {
            return if line == BEGIN { Ok(()) } else { Err("not the BEGIN line") };
        }
        if line == END {
            self.ended = true;
            return Ok(());
        }
        if self.last_seen {
            return Err("more behind the short or padded line that should be the last");
        }
        self.last_seen = line.len() < COLUMNS || line.ends_with(b"=");
        decode(line, &mut self.decoded)
    }

    fn malformed(&self, findings: &mut Findings, fault: &str) -> Stop {
        let finding = Finding::new(&kinds::AGE_ARMOR_MALFORMED, "age armor")
            .expected("strict PEM: lines of 64 base64 characters")
            .observed(format!("line {}: {fault}", self.number));
        give_up(findings, finding)
    }

    fn cut(&self) -> Finding {
        Finding::new(&kinds::AGE_TRUNCATED, "age armor")
            .expected("the END line")
            .observed(format!("the object ends at line {}", self.number))
    }
}

/// Appends the next line, without its line feed, to `line`.
fn read_line(input: &mut PipeReader<Bytes>, line: &mut Vec<u8>) -> Result<Line, Stop> {
    loop {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            return Ok(Line::Cut);
        }
        // One more than a line and its CR LF, so that a longer one is seen.
        let room = (COLUMNS + 3).saturating_sub(line.len()).min(bytes.len());
        let end = bytes[..room].iter().position(|byte| *byte == b'\n');
        line.extend_from_slice(&bytes[..end.unwrap_or(room)]);
        input.advance(end.map_or(room, |at| at + 1));
        if end.is_some() {
            return Ok(Line::Whole);
        }
        if line.len() > COLUMNS + 2 {
            return Ok(Line::TooLong);
        }
    }
}

/// Behind the END line only white space may stand.
fn expect_blank(input: &mut PipeReader<Bytes>, findings: &mut Findings) -> Result<(), Stop> {
    loop {
        let at = input.position();
        let bytes = input.fill()?;
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(index) = bytes.iter().position(|byte| !byte.is_ascii_whitespace()) {
            let finding = Finding::new(&kinds::AGE_TRAILING_DATA, "age armor")
                .expected("nothing behind the END line")
                .observed(format!("more text from byte {} on", at + index as u64));
            return Err(give_up(findings, finding));
        }
        let amount = bytes.len();
        input.advance(amount);
    }
}

/// Decodes one line of canonical base64 (RFC 4648 section 4): padded, no stray bits.
fn decode(line: &[u8], into: &mut Vec<u8>) -> Result<(), &'static str> {
    if line.is_empty() {
        return Err("an empty line");
    }
    if line.len() > COLUMNS || !line.len().is_multiple_of(4) {
        return Err("a length that base64 lines don't have");
    }
    let padding = line.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return Err("too much padding");
    }
    for quad in line[..line.len() - padding].chunks(4) {
        decode_quad(quad, into)?;
    }
    Ok(())
}

/// Decodes two to four characters to one to three bytes.
fn decode_quad(quad: &[u8], into: &mut Vec<u8>) -> Result<(), &'static str> {
    let mut bits = 0_u32;
    for character in quad {
        bits = (bits << 6) | u32::from(sextet(*character).ok_or("a character that is not base64")?);
    }
    let bytes = (bits << (6 * (4 - quad.len()))).to_be_bytes();
    let count = quad.len() - 1;
    if bytes[1 + count..].iter().any(|byte| *byte != 0) {
        return Err("stray bits behind the last byte");
    }
    into.extend_from_slice(&bytes[1..=count]);
    Ok(())
}

fn sextet(character: u8) -> Option<u8> {
    match character {
        b'A'..=b'Z' => Some(character - b'A'),
        b'a'..=b'z' => Some(character - b'a' + 26),
        b'0'..=b'9' => Some(character - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(line: &str) -> Result<Vec<u8>, &'static str> {
        let mut bytes = Vec::new();
        decode(line.as_bytes(), &mut bytes).map(|()| bytes)
    }

    #[test]
    fn base64_is_decoded_only_in_its_canonical_form() {
        assert_eq!(decoded("TWFu").unwrap(), b"Man");
        assert_eq!(decoded("TWE=").unwrap(), b"Ma");
        assert_eq!(decoded("TQ==").unwrap(), b"M");
        for wrong in ["", "TQ", "TQ=", "TR==", "TWF=", "T===", "====", "TW=u", "TWF\u{e9}", "TWFuTQ"] {
            assert!(decoded(wrong).is_err(), "{wrong}");
        }
    }
}
