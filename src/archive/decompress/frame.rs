//! Headers of zstd frames (RFC 8878 section 3.1), read by ourselves so that what a frame asks for can be
//! judged before the decoder takes the memory.

use super::{PipeReader, Stop};

const DATA: u32 = 0xFD2F_B528;
const SKIPPABLE: u32 = 0x184D_2A50;
/// Magic number, descriptor, window, dictionary, content size.
const LONGEST: usize = 4 + 1 + 1 + 4 + 8;

/// What stands at a frame boundary.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The true end.
    End,
    /// A frame that holds data.
    Frame(Header),
    /// A frame of so many bytes that holds none.
    Skippable(u32),
    /// The stream ends inside a frame's header.
    Cut,
    /// Something else, which begins like this.
    Other(Vec<u8>),
}

/// The header of a frame that holds data.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    bytes: [u8; LONGEST],
    length: usize,
}

/// Holds if `bytes` begin a frame of either sort.
pub(super) fn is_magic(bytes: [u8; 4]) -> bool {
    is_data(bytes) || is_skippable(bytes)
}

fn is_data(bytes: [u8; 4]) -> bool {
    u32::from_le_bytes(bytes) == DATA
}

fn is_skippable(bytes: [u8; 4]) -> bool {
    u32::from_le_bytes(bytes) & 0xFFFF_FFF0 == SKIPPABLE
}

/// Reads what stands at a frame boundary.
pub(super) fn read(input: &mut PipeReader<Vec<u8>>) -> Result<Next, Stop> {
    let mut magic = [0; 4];
    match input.read_full(&mut magic)? {
        0 => Ok(Next::End),
        4 => read_behind(magic, input),
        length if DATA.to_le_bytes().starts_with(&magic[..length]) => Ok(Next::Cut),
        length => Ok(Next::Other(magic[..length].to_vec())),
    }
}

/// Reads the header whose magic number was read already.
pub(super) fn read_behind(magic: [u8; 4], input: &mut PipeReader<Vec<u8>>) -> Result<Next, Stop> {
    if is_skippable(magic) {
        let mut size = [0; 4];
        let whole = input.read_full(&mut size)? == size.len();
        return Ok(if whole { Next::Skippable(u32::from_le_bytes(size)) } else { Next::Cut });
    }
    if !is_data(magic) {
        return Ok(Next::Other(magic.to_vec()));
    }
    let mut bytes = [0; LONGEST];
    bytes[..4].copy_from_slice(&magic);
    if input.read_full(&mut bytes[4..5])? == 0 {
        return Ok(Next::Cut);
    }
    let header = Header { bytes, length: 5 + lengths(bytes[4]).iter().sum::<usize>() };
    fill(header, input)
}

fn fill(mut header: Header, input: &mut PipeReader<Vec<u8>>) -> Result<Next, Stop> {
    let rest = &mut header.bytes[5..header.length];
    let whole = input.read_full(rest)? == rest.len();
    Ok(if whole { Next::Frame(header) } else { Next::Cut })
}

/// Bytes of the window descriptor, the dictionary id and the content size.
fn lengths(descriptor: u8) -> [usize; 3] {
    let single_segment = descriptor & 0x20 != 0;
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content = match descriptor >> 6 {
        0 => usize::from(single_segment),
        1 => 2,
        2 => 4,
        _ => 8,
    };
    [usize::from(!single_segment), dictionary, content]
}

impl Header {
    /// As it stands in the stream.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Whether a checksum follows the frame's content.
    pub(super) fn has_checksum(&self) -> bool {
        self.bytes[4] & 4 != 0
    }

    /// The dictionary it was made with; 0 is none.
    pub(super) fn dictionary(&self) -> u64 {
        let [window, dictionary, _] = lengths(self.bytes[4]);
        little_endian(&self.bytes[5 + window..5 + window + dictionary])
    }

    /// Bytes of content that must be kept while it is decoded.
    pub(super) fn window(&self) -> u64 {
        let [window, dictionary, content] = lengths(self.bytes[4]);
        if window == 0 {
            let size = little_endian(&self.bytes[5 + dictionary..5 + dictionary + content]);
            return if content == 2 { size + 256 } else { size };
        }
        let base = 1_u64 << (10 + (self.bytes[5] >> 3));
        base + (base / 8) * u64::from(self.bytes[5] & 7)
    }
}

fn little_endian(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |value, byte| (value << 8) | u64::from(*byte))
}
