//! gzip (RFC 1952), pushed: compressed pieces in, unpacked pieces out, every member checked.

use flate2::{Crc, Decompress, FlushDecompress, Status};

use crate::verdict::{Finding, Kind, kinds};

/// Bytes that are unpacked at a time.
const PIECE: usize = 64 << 10;
const TRAILER: usize = 8;

const FLAG_HEADER_CRC: u8 = 2;
const FLAG_EXTRA: u8 = 4;
const FLAG_NAME: u8 = 8;
const FLAG_COMMENT: u8 = 16;
const FLAGS_RESERVED: u8 = 0xe0;

/// What is wrong with a gzip stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GzipFault {
    kind: &'static Kind,
    member: u64,
    expected: &'static str,
    observed: String,
}

/// Why a push ended early.
#[derive(Debug, PartialEq, Eq)]
pub enum GunzipError<E> {
    /// The stream is damaged.
    Fault(GzipFault),
    /// The taker of the output refused.
    Output(E),
}

/// Unpacks a gzip stream of any number of members. After an error it must not be pushed again.
#[derive(Debug)]
pub struct Gunzip {
    state: State,
    inflate: Decompress,
    crc: Crc,
    piece: Box<[u8]>,
    members: u64,
    /// Compressed bytes taken so far.
    position: u64,
}

#[derive(Debug)]
enum State {
    /// Before a member, or at the end.
    Between,
    Header(Header),
    Body,
    Trailer {
        bytes: [u8; TRAILER],
        filled: usize,
    },
    /// Zeros behind the last member, as tapes leave them.
    Padding,
}

#[derive(Debug)]
struct Header {
    part: Part,
    flags: u8,
    crc: Crc,
}

/// What the next byte of a header belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The ten bytes every header has; the index of the next.
    Fixed(u8),
    ExtraLow,
    ExtraHigh(u8),
    Extra(u16),
    Name,
    Comment,
    CrcLow,
    CrcHigh(u8),
    Done,
}

impl Default for Gunzip {
    fn default() -> Self {
        Self::new()
    }
}

impl Gunzip {
    /// Begins a stream.
    #[must_use]
    pub fn new() -> Self {
        Self {
            state: State::Between,
            inflate: Decompress::new(false),
            crc: Crc::new(),
            piece: vec![0; PIECE].into_boxed_slice(),
            members: 0,
            position: 0,
        }
    }

    /// Begins another stream, with what the one before made the machine allocate.
    pub fn restart(&mut self) {
        self.state = State::Between;
        self.members = 0;
        self.position = 0;
    }

    /// Takes compressed bytes and gives the unpacked ones to `out` in pieces of at most 64 KiB.
    ///
    /// # Errors
    /// A fault of the stream, or what `out` returned.
    pub fn push<E>(
        &mut self,
        mut bytes: &[u8],
        out: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), GunzipError<E>> {
        while !bytes.is_empty() {
            let used = match self.state {
                State::Body => self.body(bytes, out)?,
                State::Trailer { .. } => self.trailer(bytes).map_err(GunzipError::Fault)?,
                _ => self.byte(bytes[0]).map_err(GunzipError::Fault)?,
            };
            self.position += used as u64;
            bytes = &bytes[used..];
        }
        Ok(())
    }

    /// Says that the stream ended; returns the number of members.
    ///
    /// # Errors
    /// A fault if it ended inside a member, or before the first.
    pub fn finish(&self) -> Result<u64, GzipFault> {
        match self.state {
            State::Between | State::Padding if self.members > 0 => Ok(self.members),
            _ => {
                let observed = format!("the end of the stream after {} bytes", self.position);
                Err(self.fault(&kinds::GZIP_TRUNCATED, "the end of the member", observed))
            }
        }
    }

    fn byte(&mut self, byte: u8) -> Result<usize, GzipFault> {
        match &mut self.state {
            State::Header(header) => match header.byte(byte) {
                Ok(Part::Done) => self.begin_body(),
                Ok(_) => {}
                Err((kind, what)) => return Err(self.fault(kind, "a member's header", what.to_owned())),
            },
            State::Between if byte == 0x1f => self.begin_header(),
            _ if self.members == 0 => {
                return Err(self.fault(&kinds::GZIP_CORRUPT, "a gzip member", "something else".to_owned()));
            }
            _ if byte == 0 => self.state = State::Padding,
            _ => {
                let observed = format!("byte 0x{byte:02x} at offset {}", self.position);
                return Err(self.fault(
                    &kinds::GZIP_TRAILING_DATA,
                    "another member, zeros or the end",
                    observed,
                ));
            }
        }
        Ok(1)
    }

    fn begin_header(&mut self) {
        let mut crc = Crc::new();
        crc.update(&[0x1f]);
        self.state = State::Header(Header { part: Part::Fixed(1), flags: 0, crc });
    }

    fn begin_body(&mut self) {
        self.inflate.reset(false);
        self.crc.reset();
        self.state = State::Body;
    }

    fn body<E>(
        &mut self,
        bytes: &[u8],
        out: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<usize, GunzipError<E>> {
        let mut used = 0;
        loop {
            let (read, made) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(&bytes[used..], &mut self.piece, FlushDecompress::None);
            used += difference(self.inflate.total_in(), read);
            let made = difference(self.inflate.total_out(), made);
            let piece = &self.piece[..made];
            self.crc.update(piece);
            if made > 0 {
                out(piece).map_err(GunzipError::Output)?;
            }
            match status {
                Ok(Status::StreamEnd) => {
                    self.state = State::Trailer { bytes: [0; TRAILER], filled: 0 };
                    return Ok(used);
                }
                // A full piece may hold back output of bytes that are used already.
                Ok(_) if made == PIECE || (used < bytes.len() && made > 0) => {}
                Ok(_) if used == bytes.len() => return Ok(used),
                _ => return Err(GunzipError::Fault(self.corrupt(used))),
            }
        }
    }

    fn corrupt(&self, used: usize) -> GzipFault {
        let observed = format!("invalid data at or before byte {}", self.position + used as u64);
        self.fault(&kinds::GZIP_CORRUPT, "a deflate stream", observed)
    }

    fn trailer(&mut self, input: &[u8]) -> Result<usize, GzipFault> {
        let State::Trailer { bytes, filled } = &mut self.state else { return Ok(0) };
        let amount = input.len().min(TRAILER - *filled);
        bytes[*filled..*filled + amount].copy_from_slice(&input[..amount]);
        *filled += amount;
        if *filled == TRAILER {
            let bytes = *bytes;
            self.check(bytes)?;
            self.members += 1;
            self.state = State::Between;
        }
        Ok(amount)
    }

    /// Compares CRC-32 and size modulo 2^32.
    fn check(&self, [c0, c1, c2, c3, s0, s1, s2, s3]: [u8; TRAILER]) -> Result<(), GzipFault> {
        let stated = u32::from_le_bytes([c0, c1, c2, c3]);
        if stated != self.crc.sum() {
            let observed = format!("CRC-32 {:08x} instead of the stated {stated:08x}", self.crc.sum());
            return Err(self.fault(
                &kinds::GZIP_CHECKSUM_MISMATCH,
                "content that matches its CRC-32",
                observed,
            ));
        }
        let stated = u32::from_le_bytes([s0, s1, s2, s3]);
        let size = self.inflate.total_out();
        if u64::from(stated) != size & 0xffff_ffff {
            let observed = format!("{size} bytes instead of the stated {stated} (modulo 2^32)");
            return Err(self.fault(&kinds::GZIP_CHECKSUM_MISMATCH, "content of the stated size", observed));
        }
        Ok(())
    }

    fn fault(&self, kind: &'static Kind, expected: &'static str, observed: String) -> GzipFault {
        GzipFault { kind, member: self.members + 1, expected, observed }
    }
}

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after - before).unwrap_or(usize::MAX)
}

impl Header {
    /// Takes one byte; returns what the next belongs to.
    fn byte(&mut self, byte: u8) -> Result<Part, (&'static Kind, &'static str)> {
        let stated = u32::from(byte);
        match self.part {
            Part::CrcLow if stated != self.crc.sum() & 0xff => return Err(HEADER_CRC),
            Part::CrcHigh(high) if byte != high => return Err(HEADER_CRC),
            _ => {}
        }
        let [_, high, ..] = self.crc.sum().to_le_bytes();
        self.crc.update(&[byte]);
        self.part = match self.part {
            Part::Fixed(index) => self.fixed(index, byte)?,
            Part::ExtraLow => Part::ExtraHigh(byte),
            Part::ExtraHigh(low) => match u16::from_le_bytes([low, byte]) {
                0 => self.part_behind(FLAG_EXTRA),
                length => Part::Extra(length),
            },
            Part::Extra(1) => self.part_behind(FLAG_EXTRA),
            Part::Extra(left) => Part::Extra(left - 1),
            Part::Name if byte == 0 => self.part_behind(FLAG_NAME),
            Part::Comment if byte == 0 => self.part_behind(FLAG_COMMENT),
            Part::CrcLow => Part::CrcHigh(high),
            Part::CrcHigh(_) => Part::Done,
            same => same,
        };
        Ok(self.part)
    }

    fn fixed(&mut self, index: u8, byte: u8) -> Result<Part, (&'static Kind, &'static str)> {
        match index {
            1 if byte != 0x8b => return Err((&kinds::GZIP_CORRUPT, "something else behind 0x1f")),
            2 if byte != 8 => return Err((&kinds::GZIP_CORRUPT, "a method that is not deflate")),
            3 if byte & FLAGS_RESERVED != 0 => return Err((&kinds::GZIP_CORRUPT, "reserved flags")),
            3 => self.flags = byte,
            9 => return Ok(self.part_behind(0)),
            _ => {}
        }
        Ok(Part::Fixed(index + 1))
    }

    /// The first optional part behind that of `flag`; the flags' parts stand in this order.
    fn part_behind(&self, flag: u8) -> Part {
        let order = [
            (FLAG_EXTRA, Part::ExtraLow),
            (FLAG_NAME, Part::Name),
            (FLAG_COMMENT, Part::Comment),
            (FLAG_HEADER_CRC, Part::CrcLow),
        ];
        let done = order.iter().position(|(other, _)| *other == flag).map_or(0, |at| at + 1);
        let next = order[done..].iter().find(|(other, _)| self.flags & other != 0);
        next.map_or(Part::Done, |(_, part)| *part)
    }
}

const HEADER_CRC: (&Kind, &str) =
    (&kinds::GZIP_CHECKSUM_MISMATCH, "a header that does not match its own CRC-16");

impl GzipFault {
    /// What kind of finding it is.
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The fault as a finding about `stream`, for example `archive`.
    #[must_use]
    pub fn finding(&self, stream: &str) -> Finding {
        Finding::new(self.kind, format!("{stream}, gzip member {}", self.member))
            .expected(self.expected)
            .observed(self.observed.clone())
    }
}
