//! A damaged copy of a stream, as far as it differs from the original: nothing is copied.

use std::ops::Range;

/// The original's ranges, one behind the other, with one bit of them the other way round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DamagedCopy {
    ranges: Vec<Range<u64>>,
    flip: Option<Flip>,
}

/// A bit that is the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flip {
    /// Where its byte stands in the original.
    pub at: u64,
    /// The bit alone.
    pub mask: u8,
}

impl DamagedCopy {
    /// The original's `ranges`, one behind the other.
    pub fn of(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        Self { ranges: ranges.into_iter().collect(), flip: None }
    }

    /// The original from its first byte to its last, with one bit the other way round.
    pub fn flipped(size: u64, flip: Flip) -> Self {
        Self { flip: Some(flip), ..Self::of(std::iter::once(0..size)) }
    }

    /// Bytes of the copy.
    pub fn size(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// The ranges of the original that make up the copy behind its first `offset` bytes.
    pub fn behind(&self, mut offset: u64) -> impl Iterator<Item = Range<u64>> {
        self.ranges.iter().filter_map(move |range| {
            let skipped = offset.min(range.end - range.start);
            offset -= skipped;
            Some(range.start + skipped..range.end).filter(|rest| !rest.is_empty())
        })
    }

    /// Turns the bit over in `bytes`, which stand at `at` in the original, if it is among them.
    pub fn damage(&self, at: u64, bytes: &mut [u8]) {
        let Some(flip) = self.flip else { return };
        let place = flip.at.checked_sub(at).and_then(|place| usize::try_from(place).ok());
        if let Some(byte) = place.and_then(|place| bytes.get_mut(place)) {
            *byte ^= flip.mask;
        }
    }

    /// What of `bytes`, which stand at `at` in the original, comes in the copy, in pieces. For a copy whose ranges ascend.
    pub fn pieces<'a>(&'a self, at: u64, bytes: &'a [u8]) -> impl Iterator<Item = (u64, &'a [u8])> {
        let end = at + bytes.len() as u64;
        self.ranges.iter().filter_map(move |range| {
            let (from, to) = (range.start.max(at), range.end.min(end));
            let piece = |from: u64, to: u64| {
                bytes.get(usize::try_from(from - at).ok()?..usize::try_from(to - at).ok()?)
            };
            (from < to).then(|| piece(from, to).map(|piece| (from, piece)))?
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(at: u64) -> usize {
        usize::try_from(at).unwrap()
    }

    #[test]
    fn what_is_behind_an_offset_is_the_rest_of_the_copy() {
        let copy = DamagedCopy::of([0..4, 6..8, 4..6, 8..10]);
        let original: Vec<u64> = (0..10).collect();
        let whole: Vec<u64> = [0, 1, 2, 3, 6, 7, 4, 5, 8, 9].to_vec();
        assert_eq!(copy.size(), 10);
        for offset in 0..=10 {
            let rest: Vec<u64> = copy
                .behind(offset)
                .flat_map(|range| original[index(range.start)..index(range.end)].to_vec())
                .collect();
            assert_eq!(rest, whole[index(offset)..], "{offset}");
        }
    }

    #[test]
    fn a_bit_is_turned_over_wherever_the_stream_is_cut() {
        let copy = DamagedCopy::flipped(6, Flip { at: 3, mask: 0b100 });
        for cut in 0..=6_usize {
            let mut bytes = [0_u8; 6];
            let (first, second) = bytes.split_at_mut(cut);
            copy.damage(0, first);
            copy.damage(cut as u64, second);
            assert_eq!(bytes, [0, 0, 0, 0b100, 0, 0], "{cut}");
        }
    }

    #[test]
    fn pieces_leave_out_what_is_lost_wherever_the_stream_is_cut() {
        let copy = DamagedCopy::of([0..2, 5..8]);
        let original = b"abcdefgh";
        for cut in 0..=original.len() {
            let (first, second) = original.split_at(cut);
            let all = copy.pieces(0, first).chain(copy.pieces(cut as u64, second));
            let kept: Vec<u8> = all
                .flat_map(|(at, piece)| {
                    assert_eq!(original[index(at)], piece[0]);
                    piece.to_vec()
                })
                .collect();
            assert_eq!(kept, b"abfgh", "{cut}");
        }
    }
}
