//! A file that may be gzip'd, hashed as it streams: as it is stored and as it unpacks.
//!
//! Input: the bytes of one file after the other. Output: size, SHA-256 and SHA-1 of both readings. Invariant: which
//! reading is meant is not decided here, as a message might by chance begin like gzip (`Blob.isCompressed`).

use crate::archive::decompress::{Gunzip, GunzipError};
use crate::mailbox::{Digest, Hasher};
use crate::policy::Limits;
use crate::verdict::Kind;

/// Unpacked bytes up to which no ratio makes a bomb.
const RATIO_FREE: u64 = 64 << 20;
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What one reading of a file amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Content {
    /// Bytes.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// SHA-1 of them.
    pub sha1: [u8; 20],
}

impl Content {
    /// Holds if the digest is that of this content.
    #[must_use]
    pub fn is(&self, digest: &Digest) -> bool {
        match digest {
            Digest::Sha256(bytes) => self.sha256 == *bytes,
            Digest::Sha1(bytes) => self.sha1 == *bytes,
        }
    }

    /// Its digest, of the kind of `like`.
    #[must_use]
    pub fn digest(&self, like: &Digest) -> Digest {
        match like {
            Digest::Sha256(_) => Digest::Sha256(self.sha256),
            Digest::Sha1(_) => Digest::Sha1(self.sha1),
        }
    }
}

/// What came of unpacking a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpacked {
    /// It does not begin like gzip.
    NotGzip,
    /// All its gzip members are whole.
    Whole(Content),
    /// It begins like gzip and is not, or no more.
    Broken(&'static Kind),
    /// It unpacks to more than `limits.member_size` or `limits.ratio` allow.
    OverLimit,
}

/// Both readings of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The bytes as they are stored.
    pub stored: Content,
    /// The bytes unpacked.
    pub unpacked: Unpacked,
}

/// Hashes one file after the other.
pub struct Hashing {
    member_size: u64,
    ratio: u64,
    stored: Sums,
    unpacked: Sums,
    /// Kept from file to file, as it is large.
    gunzip: Gunzip,
    /// Bytes it may unpack to.
    most: u64,
    state: State,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// So many bytes came, and they agree with gzip's magic.
    Magic(usize),
    Plain,
    Gzip,
    Failed(Unpacked),
}

struct Sums {
    sha256: Hasher,
    sha1: Hasher,
    size: u64,
}

impl Hashing {
    /// Prepares for the first file.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            member_size: limits.member_size.0,
            ratio: limits.ratio,
            stored: Sums::new(),
            unpacked: Sums::new(),
            gunzip: Gunzip::new(),
            most: 0,
            state: State::Magic(0),
        }
    }

    /// Begins a file of so many bytes.
    pub fn begin(&mut self, size: u64) {
        self.most = self.member_size.min(RATIO_FREE.max(size.saturating_mul(self.ratio)));
    }

    /// Takes the next bytes of the file.
    pub fn data(&mut self, bytes: &[u8]) {
        self.stored.take(bytes);
        let mut rest = bytes;
        while let (State::Magic(seen), Some((byte, behind))) = (self.state, rest.split_first()) {
            if *byte != MAGIC[seen] {
                self.state = State::Plain;
            } else if seen + 1 < MAGIC.len() {
                self.state = State::Magic(seen + 1);
            } else {
                self.state = State::Gzip;
                self.gunzip.restart();
                self.unpack(&MAGIC);
            }
            rest = behind;
        }
        self.unpack(rest);
    }

    fn unpack(&mut self, bytes: &[u8]) {
        if !matches!(self.state, State::Gzip) {
            return;
        }
        let Self { gunzip, unpacked, most, .. } = self;
        let result = gunzip.push(bytes, &mut |piece| {
            unpacked.take(piece);
            if unpacked.size > *most { Err(()) } else { Ok(()) }
        });
        match result {
            Ok(()) => {}
            Err(GunzipError::Fault(fault)) => self.state = State::Failed(Unpacked::Broken(fault.kind())),
            Err(GunzipError::Output(())) => self.state = State::Failed(Unpacked::OverLimit),
        }
    }

    /// Ends the file and prepares for the next.
    pub fn end(&mut self) -> Seen {
        let unpacked = std::mem::replace(&mut self.unpacked, Sums::new()).content();
        let unpacked = match std::mem::replace(&mut self.state, State::Magic(0)) {
            State::Magic(_) | State::Plain => Unpacked::NotGzip,
            State::Failed(failure) => failure,
            State::Gzip => match self.gunzip.finish() {
                Ok(_) => Unpacked::Whole(unpacked),
                Err(fault) => Unpacked::Broken(fault.kind()),
            },
        };
        Seen { stored: std::mem::replace(&mut self.stored, Sums::new()).content(), unpacked }
    }
}

impl Sums {
    fn new() -> Self {
        Self { sha256: Hasher::sha256(), sha1: Hasher::sha1(), size: 0 }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sha1.update(bytes);
        self.size += bytes.len() as u64;
    }

    fn content(self) -> Content {
        let mut content = Content { size: self.size, sha256: [0; 32], sha1: [0; 20] };
        content.sha256.copy_from_slice(self.sha256.finish().bytes());
        content.sha1.copy_from_slice(self.sha1.finish().bytes());
        content
    }
}

impl std::fmt::Debug for Hashing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hashing({:?})", self.state)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::verdict::kinds;
    use proptest::prelude::*;
    use std::io::Write;

    pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    pub(crate) fn content(bytes: &[u8]) -> Content {
        let mut sums = Sums::new();
        sums.take(bytes);
        sums.content()
    }

    fn seen(bytes: &[u8], piece: usize, limits: &Limits) -> Seen {
        let mut hashing = Hashing::new(limits);
        // What came before must leave no trace.
        hashing.begin(8);
        hashing.data(b"\x1f\x8b\x08\x00 cut");
        hashing.end();
        hashing.begin(bytes.len() as u64);
        bytes.chunks(piece.max(1)).for_each(|piece| hashing.data(piece));
        hashing.end()
    }

    #[test]
    fn both_readings_are_there() {
        let packed = gzip(b"Subject: x\r\n\r\nmail");
        let found = seen(&packed, 7, &Limits::default());
        assert_eq!(found.stored, content(&packed));
        assert_eq!(found.unpacked, Unpacked::Whole(content(b"Subject: x\r\n\r\nmail")));
        for plain in [&b""[..], b"\x1f", b"\x1fx", b"From: a"] {
            assert_eq!(seen(plain, 1, &Limits::default()).unpacked, Unpacked::NotGzip);
            assert_eq!(seen(plain, 1, &Limits::default()).stored, content(plain));
        }
    }

    #[test]
    fn broken_gzip_is_told_apart() {
        let packed = gzip(b"Subject: x\r\n\r\nmail");
        let cut = &packed[..packed.len() - 3];
        assert_eq!(seen(cut, 4, &Limits::default()).unpacked, Unpacked::Broken(&kinds::GZIP_TRUNCATED));
        let mut wrong = packed.clone();
        let at = wrong.len() - 8;
        wrong[at] ^= 1;
        let found = seen(&wrong, 4, &Limits::default()).unpacked;
        assert_eq!(found, Unpacked::Broken(&kinds::GZIP_CHECKSUM_MISMATCH));
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let zeros = gzip(&vec![0; 2 << 20]);
        let limits = Limits { member_size: crate::policy::Bytes(1 << 20), ..Limits::default() };
        assert_eq!(seen(&zeros, 512, &limits).unpacked, Unpacked::OverLimit);
        assert!(matches!(seen(&zeros, 512, &Limits::default()).unpacked, Unpacked::Whole(_)));
        let bomb = gzip(&vec![0; 65 << 20]);
        assert_eq!(seen(&bomb, 4096, &Limits::default()).unpacked, Unpacked::OverLimit, "a ratio of 1000");
    }

    proptest! {
        #[test]
        fn slicing_changes_nothing(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            magic in any::<bool>(),
            piece in 1_usize..20,
        ) {
            let bytes = if magic { [&MAGIC[..], &[8, 0], &bytes].concat() } else { bytes };
            let limits = Limits::default();
            prop_assert_eq!(seen(&bytes, piece, &limits), seen(&bytes, usize::MAX, &limits));
            let packed = gzip(&bytes);
            prop_assert_eq!(seen(&packed, piece, &limits), seen(&packed, usize::MAX, &limits));
        }
    }
}
