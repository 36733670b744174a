//! `sessions.txt`, the catalogue of zmbackup 1.2 with `SESSION_TYPE=TXT` (`BackupAction.sh`).
//!
//! Input: its bytes, in pieces of any length. Output: a [`Listing`]. Invariant: one line is in memory at a time, and
//! a line that says nothing known is counted.

use super::name::SessionName;
use super::{Listing, Status};

/// Longest line that is read.
const LONGEST: usize = 2048;

/// Reads the catalogue as it streams by.
#[derive(Debug, Default)]
pub(super) struct Reader {
    line: Vec<u8>,
    too_long: bool,
    listing: Listing,
    /// Bytes that may still be kept.
    room: usize,
    begun: bool,
}

impl Reader {
    /// Begins to read; about `room` bytes are kept at most.
    pub(super) fn new(room: usize) -> Self {
        Self { room, ..Self::default() }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.begun |= !bytes.is_empty();
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                _ if self.line.len() < LONGEST => self.line.push(*byte),
                _ => self.too_long = true,
            }
        }
    }

    /// The listing, or `None` of an empty file.
    pub(super) fn finish(mut self) -> Option<Listing> {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.begun.then_some(self.listing)
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let known = !std::mem::take(&mut self.too_long) && self.line(line.trim_ascii()).is_some();
        if !known {
            self.listing.odd = self.listing.odd.saturating_add(1);
        }
    }

    /// Takes a line in; `None` if it says nothing known.
    fn line(&mut self, line: &[u8]) -> Option<()> {
        if line.is_empty() {
            return Some(());
        }
        if let Some(event) = line.strip_prefix(b"SESSION: ") {
            let (name, event) = split(event, b' ')?;
            let name = SessionName::parse(name)?;
            let completed = event.starts_with(b"completed");
            if !completed && !event.starts_with(b"started") {
                return None;
            }
            let row = self.listing.row(name, &mut self.room);
            if let Some(row) = row.filter(|_| completed) {
                row.status = Status::Finished;
            }
            return Some(());
        }
        let (name, rest) = split(line, b':')?;
        let (who, _date) = split(rest, b':')?;
        self.listing.insert(SessionName::parse(name)?, who, &mut self.room);
        Some(())
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == at)?;
    Some((&text[..position], &text[position + 1..]))
}
