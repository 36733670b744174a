//! Zip archives put together byte by byte, and what the walker says of them.

use std::io::Write;

use super::Walker;
use super::walker::Walked;
use crate::archive::unpack::{Body, Member, Sink};
use crate::policy::Limits;
use crate::verdict::Findings;

/// Where CRC-32 and sizes stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sizes {
    /// In the local header.
    Ahead,
    /// In the zip64 field of the local header.
    AheadWide,
    /// In a descriptor: with its signature or without, with sizes of four or eight bytes.
    Behind { signed: bool, wide: bool },
}

/// One file to be packed.
#[derive(Debug, Clone)]
pub struct File {
    pub name: Vec<u8>,
    pub body: Vec<u8>,
    pub deflated: bool,
    pub sizes: Sizes,
}

/// What one file became.
#[derive(Debug, Clone)]
pub struct Packed {
    /// Its local header, body and descriptor.
    pub local: Vec<u8>,
    /// Its entry in the directory; the local header's place is filled in later.
    pub central: Vec<u8>,
    /// Where in `local` a deflate stream stands.
    pub stream: std::ops::Range<usize>,
}

pub fn file(name: &str, body: &[u8], deflated: bool, sizes: Sizes) -> File {
    File { name: name.into(), body: body.to_vec(), deflated, sizes }
}

pub fn deflate(body: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

pub fn crc(body: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(body);
    crc.sum()
}

pub fn pack(file: &File) -> Packed {
    let body = if file.deflated { deflate(&file.body) } else { file.body.clone() };
    let (crc, packed, size) = (crc(&file.body), body.len() as u64, file.body.len() as u64);
    let behind = matches!(file.sizes, Sizes::Behind { .. });
    let flags = if behind { 1 << 11 | 1 << 3 } else { 1_u16 << 11 };
    let method = if file.deflated { 8_u16 } else { 0 };
    let narrow = |value: u64| u32::try_from(value).unwrap().to_le_bytes();
    let name = u16::try_from(file.name.len()).unwrap().to_le_bytes();
    let start = [&flags.to_le_bytes()[..], &method.to_le_bytes(), &[0; 4]].concat();
    let sums = [&crc.to_le_bytes()[..], &narrow(packed), &narrow(size)].concat();
    let wide = [&[1, 0, 16, 0][..], &size.to_le_bytes(), &packed.to_le_bytes()].concat();
    let (stated, extra) = match file.sizes {
        Sizes::Ahead => (sums.clone(), vec![]),
        Sizes::AheadWide => ([&crc.to_le_bytes()[..], &[255; 8]].concat(), wide),
        Sizes::Behind { .. } => (vec![0; 12], vec![]),
    };
    let lengths = [&name[..], &[u8::try_from(extra.len()).unwrap(), 0]].concat();
    let mut local = [b"PK\x03\x04\x14\0", &start[..], &stated, &lengths, &file.name, &extra, &body].concat();
    let start_of_body = local.len() - body.len();
    let stream = start_of_body..if file.deflated { local.len() } else { start_of_body };
    if let Sizes::Behind { signed, wide } = file.sizes {
        local.extend(if signed { &b"PK\x07\x08"[..] } else { b"" });
        local.extend(crc.to_le_bytes());
        for value in [packed, size] {
            local.extend(if wide { value.to_le_bytes().to_vec() } else { narrow(value).to_vec() });
        }
    }
    let central =
        [b"PK\x01\x02\x14\x03\x14\0", &start[..], &sums, &name, &[0; 12], &[0; 4], &file.name].concat();
    Packed { local, central, stream }
}

/// Joins `parts` and puts directory and end record behind them.
pub fn join(parts: &[Packed]) -> Vec<u8> {
    ended(parts, false)
}

/// Like [`join`], with a zip64 end record and locator.
pub fn join_wide(parts: &[Packed]) -> Vec<u8> {
    ended(parts, true)
}

fn ended(parts: &[Packed], wide: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for part in parts {
        let mut central = part.central.clone();
        if central.len() >= 46 {
            central[42..46].copy_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        }
        directory.extend(central);
        bytes.extend(&part.local);
    }
    let (count, at) = (parts.iter().filter(|part| !part.central.is_empty()).count(), bytes.len());
    bytes.extend(&directory);
    if wide {
        let end = bytes.len() as u64;
        bytes.extend([&b"PK\x06\x06"[..], &44_u64.to_le_bytes(), &[45, 0, 45, 0], &[0; 8]].concat());
        for value in [count, count, directory.len(), at] {
            bytes.extend((value as u64).to_le_bytes());
        }
        bytes.extend([&b"PK\x06\x07\0\0\0\0"[..], &end.to_le_bytes(), &[1, 0, 0, 0]].concat());
        bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &[255; 12], &[0; 2]].concat());
        return bytes;
    }
    let count = u16::try_from(count).unwrap().to_le_bytes();
    let size = u32::try_from(directory.len()).unwrap().to_le_bytes();
    let at = u32::try_from(at).unwrap().to_le_bytes();
    bytes.extend([&b"PK\x05\x06\0\0\0\0"[..], &count, &count, &size, &at, &[0; 2]].concat());
    bytes
}

pub fn zip(files: &[File]) -> Vec<u8> {
    join(&files.iter().map(pack).collect::<Vec<_>>())
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
        let (member, body, end) = self.members.last_mut().unwrap();
        assert_eq!(*end, None);
        body.extend(bytes);
        assert!(member.size == 0 || body.len() as u64 <= member.size, "more than is stated");
    }

    fn end(&mut self, body: Body) {
        let (member, bytes, end) = self.members.last_mut().unwrap();
        assert_eq!(*end, None);
        assert!(body == Body::Cut || member.size == 0 || bytes.len() as u64 == member.size);
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
    seen.walked = walker.finish(&mut seen, &mut findings);
    assert!(seen.members.iter().all(|(.., end)| end.is_some()), "a member is left open");
    if seen.broken {
        assert!(!findings.is_empty(), "broken without a finding");
        // How far a push reached behind the fault depends on the slicing.
        seen.walked.bytes = 0;
    }
    seen.findings = findings;
    seen
}
