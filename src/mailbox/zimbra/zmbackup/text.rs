//! `sessions.txt`, the catalogue of zmbackup 1.2 with `SESSION_TYPE=TXT` (`BackupAction.sh`).
//!
//! Input: its bytes, in pieces of any length. Output: a [`Listing`]. Invariants: one line is in memory at a time; a
//! line that says nothing known is counted, and a file without one that does is no catalogue.

use super::name::SessionName;
use super::{CatalogueError, Listing, Room, Status, WHAT};
use crate::mailbox::message::is_error_page;

/// Longest line that is read.
const LONGEST: usize = 2048;
/// First bytes, which tell what something else is.
const HEAD: usize = 512;

/// Reads the catalogue as it streams by.
#[derive(Debug)]
pub(super) struct Reader {
    line: Vec<u8>,
    too_long: bool,
    listing: Listing,
    room: Room,
    head: Vec<u8>,
    /// A line said something known.
    known: bool,
}

impl Reader {
    /// Begins to read; what finds room is kept.
    pub(super) fn new(room: Room) -> Self {
        Self {
            line: Vec::new(),
            too_long: false,
            listing: Listing::default(),
            room,
            head: Vec::new(),
            known: false,
        }
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        for byte in bytes {
            match byte {
                b'\n' => self.end_line(),
                _ if self.line.len() < LONGEST => self.line.push(*byte),
                _ => self.too_long = true,
            }
        }
    }

    /// The listing.
    ///
    /// # Errors
    /// [`CatalogueError`] says why it is none.
    pub(super) fn finish(mut self) -> Result<Listing, CatalogueError> {
        if !self.line.is_empty() {
            self.end_line();
        }
        match self.known {
            true => Ok(self.listing),
            false if self.head.is_empty() => Err(CatalogueError::Empty),
            false if is_error_page(&self.head) => Err(CatalogueError::Page),
            false => Err(CatalogueError::Foreign(WHAT)),
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim_ascii();
        let too_long = std::mem::take(&mut self.too_long);
        if line.is_empty() && !too_long {
            return;
        }
        if !too_long && self.line(line).is_some() {
            self.known = true;
        } else {
            self.listing.odd = self.listing.odd.saturating_add(1);
        }
    }

    /// Takes a line in; `None` if it says nothing known.
    fn line(&mut self, line: &[u8]) -> Option<()> {
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
        // What finds no room makes the listing partial.
        let _ = self.listing.insert(SessionName::parse(name)?, who, &mut self.room);
        Some(())
    }
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let position = text.iter().position(|byte| *byte == at)?;
    Some((&text[..position], &text[position + 1..]))
}
