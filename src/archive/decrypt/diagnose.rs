//! Why a chunk does not open: rot, a genuine chunk in the wrong place, a cut, or something appended.

use aws_lc_rs::aead::LessSafeKey;

use super::payload::{CHUNK, Mark, PLAIN_CHUNK, TAG, open_chunk};
use crate::verdict::{Finding, kinds};

/// How many places before and behind its own a chunk is looked for.
const NEIGHBOURS: u64 = 128;

/// A chunk that did not open.
pub(super) struct Failed<'a> {
    /// Its number, from 0.
    pub(super) counter: u64,
    /// Where it begins in the binary form of the file.
    pub(super) offset: u64,
    /// Its bytes with the tag.
    pub(super) chunk: &'a [u8],
    /// Nothing follows it.
    pub(super) at_end: bool,
}

/// Tries a failed chunk as anything it could genuinely be. Costs up to a second, nearly all of it for [`Probe::shorter_end`],
/// once in a reading: so of negative controls those that turn a bit over cost that each, whatever the size of the archive.
pub(super) fn diagnose(key: &LessSafeKey, failed: &Failed<'_>) -> Finding {
    let mut probe = Probe { key, chunk: failed.chunk, plain: vec![0; PLAIN_CHUNK] };
    if failed.at_end && failed.chunk.len() < TAG {
        return failed.cut("the object ends inside it");
    }
    if failed.at_end && probe.opens(failed.counter, Mark::Inner) {
        return failed.cut("the object ends behind it, exactly between two chunks, and it is not the last");
    }
    if !failed.at_end && probe.opens(failed.counter, Mark::Last) {
        return failed.appended(failed.chunk.len());
    }
    if let Some(place) = probe.other_place(failed.counter) {
        return failed.misplaced(place);
    }
    if let Some(length) = probe.shorter_end(failed.counter) {
        return failed.appended(length);
    }
    if failed.at_end && failed.chunk.len() < CHUNK {
        return failed
            .cut("its bytes do not authenticate: the object is cut inside it, or they were altered");
    }
    failed.corrupt()
}

struct Probe<'a> {
    key: &'a LessSafeKey,
    chunk: &'a [u8],
    plain: Vec<u8>,
}

impl Probe<'_> {
    fn opens(&mut self, counter: u64, mark: Mark) -> bool {
        self.opens_until(self.chunk.len(), counter, mark)
    }

    fn opens_until(&mut self, end: usize, counter: u64, mark: Mark) -> bool {
        let plain = &mut self.plain[..end.saturating_sub(TAG)];
        open_chunk(self.key, counter, mark, &self.chunk[..end], plain)
    }

    /// The number under which the chunk opens, nearest first.
    fn other_place(&mut self, counter: u64) -> Option<u64> {
        (1..=NEIGHBOURS)
            .flat_map(|distance| [counter.checked_add(distance), counter.checked_sub(distance)])
            .flatten()
            .find(|place| self.opens(*place, Mark::Inner) || self.opens(*place, Mark::Last))
    }

    /// Where a last chunk ends inside these bytes.
    fn shorter_end(&mut self, counter: u64) -> Option<usize> {
        (TAG..self.chunk.len()).rev().find(|end| self.opens_until(*end, counter, Mark::Last))
    }
}

impl Failed<'_> {
    fn finding(&self, kind: &'static crate::verdict::Kind) -> Finding {
        Finding::new(kind, format!("age chunk {} at byte {}", self.counter, self.offset))
    }

    fn cut(&self, how: &str) -> Finding {
        self.finding(&kinds::AGE_TRUNCATED).expected("a chunk marked as the last").observed(how)
    }

    fn appended(&self, length: usize) -> Finding {
        self.finding(&kinds::AGE_TRAILING_DATA)
            .expected(format!("the end at byte {}, behind the last chunk", self.offset + length as u64))
            .observed("more bytes")
    }

    fn misplaced(&self, place: u64) -> Finding {
        self.finding(&kinds::AGE_CHUNK_MISPLACED)
            .expected(format!("chunk {}", self.counter))
            .observed(format!("chunk {place} of the same file"))
    }

    fn corrupt(&self) -> Finding {
        self.finding(&kinds::AGE_CHUNK_CORRUPT)
            .expected("bytes that match their authentication tag")
            .observed("altered bytes")
    }
}
