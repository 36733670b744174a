//! Redo logs: the header of 512 bytes and how the first operation begins (Zimbra's `FileHeader.java`).

use super::place;
use crate::archive::unpack::shown;

/// Bytes of the header.
const HEADER: usize = 512;
/// What a header begins with.
const MAGIC: &[u8] = b"ZM_REDO";
/// What each operation begins with.
const OPERATION: &[u8] = b"ZMREDO";
/// Bytes that are kept.
const START: usize = HEADER + OPERATION.len();

/// One redo log of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redolog {
    /// Its name, harmless on a terminal.
    pub name: Box<str>,
    /// The number in its name, if it is named as the server names archived logs.
    pub named: Option<u64>,
    /// It was read to its end; otherwise it is a link, or the archive around it stopped, and nothing below holds.
    pub whole: bool,
    /// Bytes it has.
    pub size: u64,
    /// Its header; `None` where there is none.
    pub header: Option<Header>,
    /// The first operation begins as one does, or there is none.
    pub begins_well: bool,
}

/// What a redo log's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The server had not closed it.
    pub open: bool,
    /// Bytes the log should have.
    pub size: u64,
    /// Its number in the sequence.
    pub sequence: u64,
    /// Version of the format: major and minor.
    pub version: (u16, u16),
}

/// Takes in the beginning of a log and counts the rest.
#[derive(Debug, Default)]
pub(super) struct Reading {
    start: Vec<u8>,
    size: u64,
}

impl Reading {
    pub(super) fn take(&mut self, piece: &[u8]) {
        let missing = START.saturating_sub(self.start.len()).min(piece.len());
        self.start.extend_from_slice(&piece[..missing]);
        self.size += piece.len() as u64;
    }

    pub(super) fn end(self, name: &[u8], whole: bool) -> Redolog {
        Redolog {
            name: shown(name).into(),
            named: place::redolog_number(name),
            whole,
            size: self.size,
            header: header(&self.start),
            begins_well: self.start.get(HEADER..).is_none_or(|rest| OPERATION.starts_with(rest)),
        }
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    let bytes = bytes.get(..HEADER).filter(|bytes| bytes.starts_with(MAGIC))?;
    let long = |at: usize| Some(u64::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    let short = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    Some(Header {
        open: *bytes.get(7)? != 0,
        size: long(8)?,
        sequence: long(16)?,
        version: (short(168)?, short(170)?),
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixture::redolog;
    use super::*;

    fn read(bytes: &[u8], piece: usize) -> Redolog {
        let mut reading = Reading::default();
        bytes.chunks(piece).for_each(|piece| reading.take(piece));
        reading.end(b"redo-20210712.155951.123-seq12.log", true)
    }

    #[test]
    fn a_header_is_read_in_any_pieces() {
        let bytes = redolog(12, 3000);
        let log = read(&bytes, 4096);
        let header = Header { open: false, size: 3512, sequence: 12, version: (1, 42) };
        assert_eq!((log.header, log.size, log.named, log.begins_well), (Some(header), 3512, Some(12), true));
        assert_eq!(read(&bytes, 7), log);
        assert!(read(&redolog(12, 0), 100).begins_well);
    }

    #[test]
    fn what_is_no_header_is_none() {
        let bytes = redolog(12, 3000);
        assert_eq!(read(&bytes[..511], 512).header, None);
        assert_eq!(read(&[], 1).header, None);
        let mut other = bytes.clone();
        other[0] = b'X';
        assert_eq!(read(&other, 512).header, None);
        let mut other = bytes;
        other[512] = b'X';
        assert!(!read(&other, 512).begins_well);
    }
}
