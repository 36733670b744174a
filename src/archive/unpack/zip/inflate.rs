//! Raw deflate (RFC 1951), one piece of output at a time.

use flate2::{Decompress, FlushDecompress, Status};

/// Bytes that are unpacked at a time.
const PIECE: usize = 64 << 10;

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The input may hold more.
    More,
    /// All of the input is used.
    Hungry,
    /// The stream reached its end.
    Ended,
    /// No deflate stream goes on like this.
    Corrupt,
}

#[derive(Debug)]
pub(super) struct Inflate {
    inflate: Decompress,
    piece: Box<[u8]>,
    made: usize,
}

impl Inflate {
    pub(super) fn new() -> Self {
        let piece = vec![0; PIECE].into_boxed_slice();
        Self { inflate: Decompress::new(false), piece, made: 0 }
    }

    /// Begins another stream.
    pub(super) fn reset(&mut self) {
        self.inflate.reset(false);
    }

    /// Unpacks up to 64 KiB of `bytes`; says how many of them are used. [`Self::made`] has the output.
    pub(super) fn step(&mut self, bytes: &[u8]) -> (usize, Step) {
        let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
        let status = self.inflate.decompress(bytes, &mut self.piece, FlushDecompress::None);
        let used = difference(self.inflate.total_in(), read);
        self.made = difference(self.inflate.total_out(), made);
        let step = match status {
            Ok(Status::StreamEnd) => Step::Ended,
            // A full piece may hold back output of bytes that are used already.
            Ok(_) if self.made == PIECE || (used < bytes.len() && self.made > 0) => Step::More,
            Ok(_) if used == bytes.len() => Step::Hungry,
            _ => Step::Corrupt,
        };
        (used, step)
    }

    /// What the last step unpacked.
    pub(super) fn made(&self) -> &[u8] {
        &self.piece[..self.made]
    }
}

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after - before).unwrap_or(usize::MAX)
}
