//! The LDAP dump of a session (`slapcat`), plain or gzip'd: walked to its end, its entries counted.

use super::facts::LdapDump;
use crate::archive::decompress::{Gunzip, GunzipError};
use crate::policy::Limits;
use crate::verdict::{Finding, kinds};

/// What a line begins with that begins an entry (RFC 2849).
const ENTRY: &[u8] = b"dn:";
const GZIP: u8 = 0x1f;

/// Reads one dump.
pub(super) struct Reading {
    gunzip: Option<Gunzip>,
    begun: bool,
    lines: Lines,
    unpacked_size: u64,
    fault: Option<Finding>,
}

/// Counts lines that begin an entry.
#[derive(Debug, Default)]
struct Lines {
    entries: u64,
    /// How much of [`ENTRY`] the current line began with; `None` once it is another line.
    matched: Option<usize>,
    bytes: u64,
}

impl Reading {
    pub(super) fn new(limits: &Limits) -> Self {
        let lines = Lines { matched: Some(0), ..Lines::default() };
        Self { gunzip: None, begun: false, lines, unpacked_size: limits.unpacked_size.0, fault: None }
    }

    /// Takes the next piece, which is not empty. What kind of file it is, its first byte tells and not its name.
    pub(super) fn take(&mut self, piece: &[u8], subject: impl Fn() -> String) {
        if !std::mem::replace(&mut self.begun, true) && piece.first() == Some(&GZIP) {
            self.gunzip = Some(Gunzip::new());
        }
        if self.fault.is_some() {
            return;
        }
        let (lines, most) = (&mut self.lines, self.unpacked_size);
        let Some(gunzip) = &mut self.gunzip else {
            lines.take(piece);
            return;
        };
        let mut out = |unpacked: &[u8]| {
            lines.take(unpacked);
            if lines.bytes > most { Err(()) } else { Ok(()) }
        };
        self.fault = gunzip.push(piece, &mut out).err().map(|error| match error {
            GunzipError::Fault(fault) => fault.finding(&subject()),
            GunzipError::Output(()) => Finding::new(&kinds::LIMIT_UNPACKED_SIZE, subject())
                .expected(format!("at most {most} bytes unpacked"))
                .observed("more"),
        });
    }

    /// Ends the reading; `whole` says that no byte of the file is missing.
    pub(super) fn end(mut self, whole: bool, subject: impl Fn() -> String) -> (LdapDump, Option<Finding>) {
        if let (true, None, Some(gunzip)) = (whole, &self.fault, &self.gunzip) {
            self.fault = gunzip.finish().err().map(|fault| fault.finding(&subject()));
        }
        let dump = LdapDump { entries: self.lines.entries, whole: whole && self.fault.is_none() };
        (dump, self.fault)
    }
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        for byte in bytes {
            self.matched = match self.matched {
                _ if *byte == b'\n' => Some(0),
                Some(at) if ENTRY.get(at) == Some(&byte.to_ascii_lowercase()) => Some(at + 1),
                _ => None,
            };
            self.entries += u64::from(self.matched == Some(ENTRY.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::gzip;
    use super::*;
    use crate::policy::Bytes;

    const DUMP: &[u8] = b"dn: dc=org\nobjectClass: x\n\n# dn: no\nDN:: eA==\nuid: zimbra\n dn: folded\n";

    fn read(bytes: &[u8], piece: usize, limits: &Limits) -> (LdapDump, Option<&'static str>) {
        let mut reading = Reading::new(limits);
        bytes.chunks(piece).for_each(|piece| reading.take(piece, String::new));
        let (dump, fault) = reading.end(true, String::new);
        (dump, fault.map(|fault| fault.kind.id))
    }

    #[test]
    fn entries_are_counted_packed_or_not() {
        for bytes in [DUMP.to_vec(), gzip(DUMP)] {
            for piece in [1, 5, 4096] {
                let dump = LdapDump { entries: 2, whole: true };
                assert_eq!(read(&bytes, piece, &Limits::default()), (dump, None));
            }
        }
    }

    #[test]
    fn a_damaged_dump_is_found() {
        let bytes = gzip(DUMP);
        let cut = read(&bytes[..bytes.len() - 3], 7, &Limits::default());
        assert_eq!((cut.0.whole, cut.1), (false, Some("gzip-truncated")));
        let mut flipped = bytes.clone();
        let at = flipped.len() - 6;
        flipped[at] ^= 1;
        assert_eq!(read(&flipped, 7, &Limits::default()).1, Some("gzip-checksum-mismatch"));
        let small = Limits { unpacked_size: Bytes(10), ..Limits::default() };
        assert_eq!(read(&bytes, 7, &small).1, Some("limit-unpacked-size"));
    }
}
