//! Zip's records as bytes: signatures, lengths and fields (APPNOTE.TXT, section 4.3).

/// Stands in a narrow field whose value is in the zip64 extra field.
const WIDE: u32 = u32::MAX;
/// Longest zip64 end record that is read; what lies behind its 56 bytes serves nobody yet.
const LONGEST_END: u64 = 64 << 10;

const EXTRA_ZIP64: u16 = 1;
const EXTRA_TIMES: u16 = 0x5455;

/// Flag: encrypted.
const ENCRYPTED: u16 = 1;
/// Flag: CRC-32 and sizes stand behind the body.
const DESCRIBED_BEHIND: u16 = 1 << 3;
/// Flags that local header and directory must agree on: all but how hard the compressor tried.
pub(super) const COMPARED: u16 = !(0b11 << 1);
/// Flags of what can't be read here: encryption, patches, an encrypted directory.
const UNREADABLE: u16 = ENCRYPTED | 1 << 5 | 1 << 6 | 1 << 13;

pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// The kinds of records that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Local,
    Central,
    Zip64End,
    Locator,
    End,
}

impl Signature {
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes.get(..4)? {
            b"PK\x03\x04" => Some(Self::Local),
            b"PK\x01\x02" => Some(Self::Central),
            b"PK\x06\x06" => Some(Self::Zip64End),
            b"PK\x06\x07" => Some(Self::Locator),
            b"PK\x05\x06" => Some(Self::End),
            _ => None,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Local => "a local header",
            Self::Central => "an entry of the directory",
            Self::Zip64End => "a zip64 end record",
            Self::Locator => "a zip64 locator",
            Self::End => "the end record",
        }
    }
}

/// How many bytes the record beginning with `bytes` has, as far as they tell: more are needed until the answer
/// equals their number. `None` where they begin no record that is read. The end record's comment is not counted.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    if bytes.len() < 4 {
        return Some(4);
    }
    let field = |at| usize::from(u16_at(bytes, at));
    Some(match (Signature::of(bytes)?, bytes.len()) {
        (Signature::Local, ..30) => 30,
        (Signature::Local, _) => 30 + field(26) + field(28),
        (Signature::Central, ..46) => 46,
        (Signature::Central, _) => 46 + field(28) + field(30) + field(32),
        (Signature::Zip64End, ..12) => 12,
        (Signature::Zip64End, _) => match u64_at(bytes, 4) {
            size @ 44..=LONGEST_END => 12 + usize::try_from(size).ok()?,
            _ => return None,
        },
        (Signature::Locator, _) => 20,
        (Signature::End, _) => 22,
    })
}

/// What is stated of a body, before it, behind it or in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stated {
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
}

/// A local header.
#[derive(Debug)]
pub(super) struct Local<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) stated: Stated,
    pub(super) name: &'a [u8],
    extra: &'a [u8],
}

/// An entry of the directory.
#[derive(Debug)]
pub(super) struct Central<'a> {
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) stated: Stated,
    pub(super) name: &'a [u8],
    /// Where the local header stands.
    pub(super) offset: u64,
    /// Written on Unix, with the mode of a symbolic link.
    pub(super) is_link: bool,
}

/// What the end record, or its zip64 forerunner, says of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// All disk numbers are that of the first and only.
    pub(super) one_disk: bool,
    /// On this disk, and on all.
    pub(super) entries: [u64; 2],
    pub(super) size: u64,
    pub(super) offset: u64,
}

impl<'a> Local<'a> {
    /// Reads a whole local header; `None` where its extra fields are cut or lack what they must hold.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let name = usize::from(u16_at(bytes, 26));
        let (name, extra) = bytes.get(30..)?.split_at_checked(name)?;
        let mut wide = Wide(extra_field(extra, EXTRA_ZIP64)?);
        let size = wide.or(u32_at(bytes, 22))?;
        let packed = wide.or(u32_at(bytes, 18))?;
        let stated = Stated { crc: u32_at(bytes, 14), packed, size };
        Some(Self { flags: u16_at(bytes, 6), method: u16_at(bytes, 8), stated, name, extra })
    }

    /// Whether a descriptor follows the body.
    pub(super) fn is_described_behind(&self) -> bool {
        self.flags & DESCRIBED_BEHIND != 0
    }

    /// Why the body can't be read, if it can't.
    pub(super) fn unreadable(&self) -> Option<String> {
        if self.flags & UNREADABLE != 0 {
            return Some("an encrypted or patched body".to_owned());
        }
        let known = matches!(self.method, STORED | DEFLATED);
        (!known).then(|| format!("compression method {}", self.method))
    }

    /// The modification time in seconds since 1970, of Info-ZIP's field alone: the header's own has no time zone.
    pub(super) fn modified(&self) -> Option<i64> {
        let field = extra_field(self.extra, EXTRA_TIMES)??;
        let time = field.get(1..5)?;
        (field[0] & 1 != 0).then(|| i64::from(u32_at(time, 0).cast_signed()))
    }
}

impl<'a> Central<'a> {
    /// Reads a whole entry; `None` where its extra fields are cut or lack what they must hold.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        const LINK: u32 = 0o120_000;
        let name = usize::from(u16_at(bytes, 28));
        let (name, rest) = bytes.get(46..)?.split_at_checked(name)?;
        let extra = rest.get(..usize::from(u16_at(bytes, 30)))?;
        let mut wide = Wide(extra_field(extra, EXTRA_ZIP64)?);
        let size = wide.or(u32_at(bytes, 24))?;
        let packed = wide.or(u32_at(bytes, 20))?;
        let offset = wide.or(u32_at(bytes, 42))?;
        let mode = u32_at(bytes, 38) >> 16;
        Some(Self {
            flags: u16_at(bytes, 8),
            method: u16_at(bytes, 10),
            stated: Stated { crc: u32_at(bytes, 16), packed, size },
            name,
            offset,
            is_link: bytes.get(5) == Some(&3) && mode & 0o170_000 == LINK,
        })
    }
}

impl End {
    /// Reads a zip64 end record.
    pub(super) fn wide(bytes: &[u8]) -> Self {
        Self {
            one_disk: u32_at(bytes, 16) == 0 && u32_at(bytes, 20) == 0,
            entries: [u64_at(bytes, 24), u64_at(bytes, 32)],
            size: u64_at(bytes, 40),
            offset: u64_at(bytes, 48),
        }
    }

    /// Reads an end record; a value that does not fit is taken from `wide`.
    pub(super) fn narrow(bytes: &[u8], wide: Option<&Self>) -> Self {
        let short = |at, of: fn(&Self) -> u64| match (u16_at(bytes, at), wide) {
            (u16::MAX, Some(wide)) => of(wide),
            (value, _) => u64::from(value),
        };
        let long = |at, of: fn(&Self) -> u64| match (u32_at(bytes, at), wide) {
            (WIDE, Some(wide)) => of(wide),
            (value, _) => u64::from(value),
        };
        let disk = |at| matches!((u16_at(bytes, at), wide), (0, _) | (u16::MAX, Some(_)));
        Self {
            one_disk: disk(4) && disk(6),
            entries: [short(8, |end| end.entries[0]), short(10, |end| end.entries[1])],
            size: long(12, |end| end.size),
            offset: long(16, |end| end.offset),
        }
    }
}

/// Values of the zip64 extra field that are not used up yet.
struct Wide<'a>(Option<&'a [u8]>);

impl Wide<'_> {
    /// `narrow`, or the next wide value where it says that there is one.
    fn or(&mut self, narrow: u32) -> Option<u64> {
        match self.0 {
            Some(field) if narrow == WIDE => {
                let (value, rest) = field.split_at_checked(8)?;
                self.0 = Some(rest);
                Some(u64_at(value, 0))
            }
            _ => Some(u64::from(narrow)),
        }
    }
}

/// The first field of kind `id`, if there is one; `None` where a field is longer than what is there.
fn extra_field(mut extra: &[u8], id: u16) -> Option<Option<&[u8]>> {
    let mut found = None;
    while extra.len() >= 4 {
        let (head, rest) = extra.split_at(4);
        let (field, rest) = rest.split_at_checked(usize::from(u16_at(head, 2)))?;
        if u16_at(head, 0) == id && found.is_none() {
            found = Some(field);
        }
        extra = rest;
    }
    Some(found)
}

/// Where the zip64 end record stands, as a locator says; `None` where it speaks of more than one disk.
pub(super) fn located(bytes: &[u8]) -> Option<u64> {
    let one_disk = u32_at(bytes, 4) == 0 && u32_at(bytes, 16) <= 1;
    one_disk.then(|| u64_at(bytes, 8))
}

/// Bytes of the end record's comment.
pub(super) fn comment_length(bytes: &[u8]) -> u16 {
    u16_at(bytes, 20)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map_or(0, |field| u16::from_le_bytes(*field))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map_or(0, |field| u32::from_le_bytes(*field))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let field = bytes.get(at..).and_then(|rest| rest.first_chunk());
    field.map_or(0, |field| u64::from_le_bytes(*field))
}
