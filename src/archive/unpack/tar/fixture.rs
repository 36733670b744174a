//! Archives put together byte by byte, and what the walker says of them.

use super::Walker;
use super::header::{BLOCK, Block};
use super::walker::Walked;
use crate::archive::unpack::{Body, Member, Sink};
use crate::policy::Limits;
use crate::verdict::Findings;

/// An archive as it grows.
#[derive(Debug, Clone, Default)]
pub struct Archive(pub Vec<u8>);

/// A header of the kind most archivers write, with its checksum.
pub fn header(name: &[u8], flag: u8, size: u64) -> Block {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000007\0");
    block[156] = flag;
    block[257..265].copy_from_slice(b"ustar\x0000");
    sealed(block)
}

/// `block` after `change`, with its checksum put right.
pub fn changed(mut block: Block, at: usize, bytes: &[u8]) -> Block {
    block[at..at + bytes.len()].copy_from_slice(bytes);
    sealed(block)
}

/// A header as Zimbra writes it (`TarEntry.writeEntryHeader`).
pub fn zimbra(name: &[u8], flag: u8, size: u64) -> Block {
    let block = changed(header(name, flag, size), 257, b"ustar\0\0\0");
    let mut block = changed(block, 124, format!("{size:>11o} ").as_bytes());
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:>6o}\0 ").as_bytes());
    block
}

fn sealed(mut block: Block) -> Block {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

/// One record of an extended header.
pub fn record(key: &str, value: &[u8]) -> Vec<u8> {
    let rest = key.len() + value.len() + 3;
    let digits = (1..20).find(|digits| (rest + digits).to_string().len() == *digits).unwrap();
    [format!("{} {key}=", rest + digits).as_bytes(), value, b"\n"].concat()
}

impl Archive {
    pub fn block(mut self, block: Block) -> Self {
        self.0.extend(block);
        self
    }

    /// Adds a body and fills it up to a whole block.
    pub fn body(mut self, body: &[u8]) -> Self {
        self.0.extend(body);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    pub fn file(self, name: &[u8], body: &[u8]) -> Self {
        self.block(header(name, b'0', body.len() as u64)).body(body)
    }

    /// Adds an extension header with its body.
    pub fn extension(self, flag: u8, body: &[u8]) -> Self {
        self.block(header(b"extension", flag, body.len() as u64)).body(body)
    }

    pub fn zeros(mut self, blocks: usize) -> Self {
        self.0.resize(self.0.len() + blocks * BLOCK, 0);
        self
    }

    /// Walks it whole, to its true end.
    pub fn walk(&self) -> Seen {
        walk(&self.0, &Limits::default(), usize::MAX)
    }

    /// Adds the end marker and walks it.
    pub fn ended(self) -> Seen {
        self.zeros(2).walk()
    }
}

/// What came out of a walk.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub members: Vec<(Member, Vec<u8>, Option<Body>)>,
    pub findings: Findings,
    pub walked: Walked,
    pub broken: bool,
}

impl Seen {
    /// The ids of the findings, in order.
    pub fn found(&self) -> Vec<&'static str> {
        self.findings.iter().map(|finding| finding.kind.id).collect()
    }

    pub fn names(&self) -> Vec<&[u8]> {
        self.members.iter().map(|(member, ..)| member.name.as_slice()).collect()
    }

    pub fn bodies(&self) -> Vec<&[u8]> {
        self.members.iter().map(|(_, body, _)| body.as_slice()).collect()
    }
}

impl Sink for Seen {
    fn begin(&mut self, member: &Member) {
        assert!(self.members.last().is_none_or(|(.., end)| end.is_some()), "begins inside another");
        self.members.push((member.clone(), Vec::new(), None));
    }

    fn data(&mut self, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        let (_, body, end) = self.members.last_mut().unwrap();
        assert_eq!(*end, None);
        body.extend(bytes);
    }

    fn end(&mut self, body: Body) {
        let (member, bytes, end) = self.members.last_mut().unwrap();
        assert_eq!(*end, None);
        assert_eq!(bytes.len() as u64 == member.size, body == Body::Whole || member.size == 0);
        *end = Some(body);
    }
}

/// Walks `bytes` in pieces of at most `piece` bytes.
pub fn walk(bytes: &[u8], limits: &Limits, piece: usize) -> Seen {
    walk_pieces(bytes.chunks(piece.min(bytes.len().max(1))), limits)
}

pub fn walk_pieces<'a>(pieces: impl Iterator<Item = &'a [u8]>, limits: &Limits) -> Seen {
    let mut seen = Seen::default();
    let mut findings = Findings::default();
    let mut walker = Walker::new(limits);
    for piece in pieces {
        if walker.push(piece, &mut seen, &mut findings).is_break() {
            seen.broken = true;
            break;
        }
    }
    let bytes = walker.walked.bytes;
    seen.walked = walker.finish(&mut seen, &mut findings);
    if seen.broken {
        assert!(!findings.is_empty(), "broken without a finding at byte {bytes}");
        // How far a push reached behind the fault depends on the slicing.
        seen.walked.bytes = 0;
    }
    seen.findings = findings;
    seen
}
