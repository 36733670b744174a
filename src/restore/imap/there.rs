//! What lies in a folder, so that nothing is put there twice.
//!
//! Input: a folder, and bodies. Output: which of its messages is a body's. Invariant: a message is told by its bytes,
//! which are read where size and date are equal, and counts for one item only.

use std::cell::Cell;
use std::collections::HashMap;

use crate::live::imap::bodies::Reading;
use crate::live::imap::rows::Listing;
use crate::live::imap::session::Session;
use crate::live::{BodyPart, Fault, Folder, FolderState, Listed};
use crate::mailbox::{Digest, Hasher};

/// Messages that are read with the one that is looked for: a second run asks for them next.
const BATCH: usize = 50;
/// Bytes of those.
const BATCH_BYTES: u64 = 4 << 20;

/// The messages of a folder, in the order of their numbers.
#[derive(Debug, Default)]
pub(super) struct There {
    messages: Vec<Lying>,
    /// Positions of the messages of this size.
    by_size: HashMap<u64, Vec<usize>>,
}

#[derive(Debug)]
struct Lying {
    uid: u32,
    size: u64,
    date: Option<i64>,
    digest: Option<Digest>,
    /// Is an item's already, or went.
    taken: bool,
}

/// A body, and when it came where the server was told that.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) body: &'a [u8],
    pub(super) date: Option<i64>,
}

/// What a body is known by, as it is and with CRLF at the end of every line.
#[derive(Debug, Clone)]
pub(super) struct Print {
    sizes: [u64; 2],
    date: Option<i64>,
    digests: [Digest; 2],
}

impl Wanted<'_> {
    /// Lines that end without CR; a server may have put one there.
    fn bare(&self) -> usize {
        let pairs = self.body.windows(2).filter(|pair| pair[1] == b'\n' && pair[0] != b'\r').count();
        pairs + usize::from(self.body.first() == Some(&b'\n'))
    }

    /// Sizes that the message may have.
    pub(super) fn sizes(&self) -> [u64; 2] {
        [self.body.len() as u64, (self.body.len() + self.bare()) as u64]
    }

    /// What it is known by.
    pub(super) fn print(&self) -> Print {
        Print { sizes: self.sizes(), date: self.date, digests: self.digests() }
    }

    /// Its digest, and that of the form in which every line ends with CRLF.
    fn digests(&self) -> [Digest; 2] {
        let (mut own, mut lines) = (Hasher::sha256(), Hasher::sha256());
        own.update(self.body);
        for line in self.body.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(text) if !text.ends_with(b"\r") => {
                    lines.update(text);
                    lines.update(b"\r\n");
                }
                _ => lines.update(line),
            }
        }
        [own.finish(), lines.finish()]
    }
}

impl There {
    /// Lists those messages of a folder that `counts` for.
    pub(super) fn list(
        session: &mut Session,
        folder: &Folder,
        achieved: &Cell<u64>,
        counts: impl Fn(&Listed) -> bool,
    ) -> Result<(Self, FolderState), Fault> {
        let mut there = Self::default();
        let mut each = |listed: Listed| {
            if counts(&listed) {
                there.add(&listed);
            }
        };
        let state = Listing::new(folder, achieved, &mut each).go_on(session)?;
        Ok((there, state))
    }

    fn add(&mut self, listed: &Listed) {
        let Listed { place, size, date, .. } = listed;
        self.by_size.entry(*size).or_default().push(self.messages.len());
        let (uid, size, date) = (place.uid, *size, *date);
        self.messages.push(Lying { uid, size, date, digest: None, taken: false });
    }

    /// Sizes and dates of its messages.
    pub(super) fn looks(&self) -> impl Iterator<Item = (u64, Option<i64>)> {
        self.messages.iter().map(|message| (message.size, message.date))
    }

    /// The number behind the last of its messages.
    pub(super) fn next(&self) -> u32 {
        self.messages.last().map_or(1, |message| message.uid.saturating_add(1))
    }

    /// Positions of messages that may be the wanted one by their size.
    fn candidates(&self, [own, lines]: [u64; 2]) -> impl Iterator<Item = usize> {
        let sizes = [Some(own), Some(lines).filter(|lines| *lines != own)];
        let places =
            sizes.into_iter().flatten().filter_map(|size| self.by_size.get(&size)).flatten().copied();
        places.filter(|place| self.messages.get(*place).is_some_and(|message| !message.taken))
    }

    /// Whether one of the messages may be the wanted one.
    pub(super) fn may_have(&self, wanted: Wanted<'_>) -> bool {
        !self.messages.is_empty() && self.candidates(wanted.sizes()).next().is_some()
    }

    /// Looks for the message: its number. It is found once. One of its date goes before others, which have its bytes and
    /// were given dates of the server's own.
    pub(super) fn find(
        &mut self,
        session: &mut Session,
        folder: &Folder,
        validity: u32,
        print: &Print,
        achieved: &Cell<u64>,
    ) -> Result<Option<u32>, Fault> {
        let found = self.find_dated(session, folder, validity, print, achieved)?;
        match (found, print.date) {
            (None, Some(_)) => {
                let print = Print { date: None, ..print.clone() };
                self.find_dated(session, folder, validity, &print, achieved)
            }
            _ => Ok(found),
        }
    }

    /// The same, and where a date was told only one of that date.
    pub(super) fn find_dated(
        &mut self,
        session: &mut Session,
        folder: &Folder,
        validity: u32,
        print: &Print,
        achieved: &Cell<u64>,
    ) -> Result<Option<u32>, Fault> {
        let of_date = |place: &usize| print.date.is_none() || self.messages[*place].date == print.date;
        let candidates: Vec<usize> = self.candidates(print.sizes).filter(of_date).collect();
        if candidates.iter().any(|place| self.messages[*place].digest.is_none()) {
            self.read(session, folder, validity, &candidates, achieved)?;
        }
        let digests = print.digests.map(Some);
        for place in candidates {
            let Some(message) = self.messages.get_mut(place) else { continue };
            if !message.taken && digests.contains(&message.digest) {
                message.taken = true;
                return Ok(Some(message.uid));
            }
        }
        Ok(None)
    }

    /// Reads the candidates and some that follow the first.
    fn read(
        &mut self,
        session: &mut Session,
        folder: &Folder,
        validity: u32,
        candidates: &[usize],
        achieved: &Cell<u64>,
    ) -> Result<(), Fault> {
        let mut places: Vec<usize> = candidates.to_vec();
        let mut bytes = 0_u64;
        let first = candidates.iter().min().copied().unwrap_or(0);
        for (place, message) in self.messages.iter().enumerate().skip(first).take(BATCH) {
            bytes = bytes.saturating_add(message.size);
            if bytes <= BATCH_BYTES {
                places.push(place);
            }
        }
        places.sort_unstable();
        places.dedup();
        places.retain(|place| self.messages[*place].digest.is_none() && !self.messages[*place].taken);
        let uids: Vec<u32> = places.iter().map(|place| self.messages[*place].uid).collect();
        let by_uid: HashMap<u32, usize> = uids.iter().copied().zip(places).collect();
        let mut hasher = Hasher::sha256();
        let mut each = |uid: u32, part: BodyPart<'_>| {
            let Some(message) = by_uid.get(&uid).and_then(|place| self.messages.get_mut(*place)) else {
                return;
            };
            match part {
                BodyPart::Begin(_) => hasher = Hasher::sha256(),
                BodyPart::Bytes(bytes) => hasher.update(bytes),
                BodyPart::End => {
                    message.digest = Some(std::mem::replace(&mut hasher, Hasher::sha256()).finish());
                }
                BodyPart::Gone | BodyPart::Withheld => message.taken = true,
            }
        };
        Reading::new(folder, Some(validity), &uids, achieved, &mut each).go_on(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_known_in_both_forms() {
        let wanted = |body| Wanted { body, date: None };
        assert_eq!(wanted(b"\na\r\nb\n\nc").sizes(), [8, 11]);
        assert_eq!(wanted(b"a\r\n\r").sizes(), [4, 4]);
        assert_eq!(wanted(b"").sizes(), [0, 0]);
        let [own, lines] = wanted(b"\na\r\nb\n\nc\r").digests();
        let [same, _] = wanted(b"\r\na\r\nb\r\n\r\nc\r").digests();
        assert_eq!(lines, same);
        assert_ne!(own, lines);
        let [own, lines] = wanted(b"a\r\n").digests();
        assert_eq!(own, lines);
    }
}
