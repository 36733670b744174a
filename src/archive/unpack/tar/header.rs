//! One header of 512 bytes: POSIX.1-2001 ustar, GNU, v7 and Zimbra's own dialect.

use std::ops::Range;

use super::number::{self, Malformed};

/// Bytes of a header, and the unit bodies are padded to.
pub const BLOCK: usize = 512;

/// A block as it stands in the archive.
pub type Block = [u8; BLOCK];

const NAME: Range<usize> = 0..100;
const SIZE: Range<usize> = 124..136;
const MODIFIED: Range<usize> = 136..148;
const CHECKSUM: Range<usize> = 148..156;
const TYPE_FLAG: usize = 156;
const LINK_NAME: Range<usize> = 157..257;
const MAGIC: Range<usize> = 257..265;
const PREFIX: Range<usize> = 345..500;
const SPARSE_CONTINUES: usize = 482;
const MAP_CONTINUES: usize = 504;

/// Which archiver's header it is, by its magic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Magic {
    /// No magic at all.
    V7,
    /// `ustar`, NUL and a version.
    Ustar,
    /// `ustar`, two spaces, NUL.
    Gnu,
    /// `ustar` and three NULs: the Ant archiver inside Zimbra.
    Zimbra,
}

/// What a type flag announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeFlag {
    /// Something about the member behind it, or about all of them.
    Extension(Role),
    /// A regular file; an old archiver means a folder if the name ends with a slash.
    File,
    /// A hard link.
    HardLink,
    /// A symbolic link.
    SymbolicLink,
    /// A device or a pipe.
    Special,
    /// A folder.
    Directory,
    /// A sparse file of GNU tar, with a map that may go on behind the header.
    Sparse,
    /// Anything else: volumes, dumps, vendors.
    Other(u8),
}

/// What an extension header holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// GNU `L`: the name.
    LongName,
    /// GNU `K`: the link's target.
    LongLink,
    /// pax `x`: records for one member.
    Pax,
    /// pax `g`: records for all members behind it.
    GlobalPax,
}

/// A header, borrowed from the archive.
#[derive(Debug, Clone, Copy)]
pub struct Header<'a>(&'a Block);

/// Holds if a block is nothing but NULs.
pub fn is_zero(block: &Block) -> bool {
    block.iter().all(|byte| *byte == 0)
}

/// Whether the map of a GNU sparse file goes on behind this continuation block.
pub fn map_continues(block: &Block) -> bool {
    block[MAP_CONTINUES] != 0
}

impl<'a> Header<'a> {
    /// Looks at `block` as a header.
    pub fn new(block: &'a Block) -> Self {
        Self(block)
    }

    /// Holds if the stated checksum is the sum of the bytes, unsigned or, as some old archivers did it, signed.
    pub fn checksum_holds(&self) -> bool {
        let Ok(Some(stated)) = self.stated_checksum() else { return false };
        let sum = i64::from(self.checksum());
        stated == sum || stated == sum - 256 * self.high_bytes()
    }

    /// The checksum the header states.
    pub fn stated_checksum(&self) -> Result<Option<i64>, Malformed> {
        number::numeric(&self.0[CHECKSUM])
    }

    /// The unsigned sum of all bytes, with spaces in place of the checksum.
    pub fn checksum(&self) -> u32 {
        let field: u32 = self.0[CHECKSUM].iter().map(|byte| u32::from(*byte)).sum();
        sum(self.0) - field + 8 * u32::from(b' ')
    }

    fn high_bytes(&self) -> i64 {
        let summed = self.0[..CHECKSUM.start].iter().chain(&self.0[CHECKSUM.end..]);
        summed.map(|byte| i64::from(*byte >= 0x80)).sum()
    }

    /// The name, without the prefix.
    pub fn name(&self) -> &'a [u8] {
        text(&self.0[NAME])
    }

    /// What stands before the name and a slash; empty where the dialect has no such field.
    pub fn prefix(&self) -> &'a [u8] {
        match self.magic() {
            Magic::Ustar | Magic::Zimbra => text(&self.0[PREFIX]),
            Magic::Gnu | Magic::V7 => &[],
        }
    }

    /// The target of a link.
    pub fn link_name(&self) -> &'a [u8] {
        text(&self.0[LINK_NAME])
    }

    /// The stated size; `None` if the field is blank.
    pub fn size(&self) -> Result<Option<u64>, Malformed> {
        let size = number::numeric(&self.0[SIZE])?;
        size.map(|size| u64::try_from(size).map_err(|_| Malformed)).transpose()
    }

    /// Modification time in seconds since 1970, if it is one.
    pub fn modified(&self) -> Option<i64> {
        number::numeric(&self.0[MODIFIED]).ok().flatten()
    }

    /// Whose header it is.
    pub fn magic(&self) -> Magic {
        match &self.0[MAGIC] {
            b"ustar  \0" => Magic::Gnu,
            b"ustar\0\0\0" => Magic::Zimbra,
            magic if magic.starts_with(b"ustar\0") => Magic::Ustar,
            _ => Magic::V7,
        }
    }

    /// Whether the magic is none of the known ones although it looks like one, and a prefix is stated: programs then
    /// disagree about the name.
    pub fn is_ambiguous(&self) -> bool {
        self.magic() == Magic::V7 && self.0[MAGIC].starts_with(b"ustar") && self.0[PREFIX][0] != 0
    }

    /// What it announces.
    pub fn type_flag(&self) -> TypeFlag {
        match self.0[TYPE_FLAG] {
            0 | b'0' | b'7' => TypeFlag::File,
            b'1' => TypeFlag::HardLink,
            b'2' => TypeFlag::SymbolicLink,
            b'3' | b'4' | b'6' => TypeFlag::Special,
            b'5' => TypeFlag::Directory,
            b'L' => TypeFlag::Extension(Role::LongName),
            b'K' => TypeFlag::Extension(Role::LongLink),
            b'x' => TypeFlag::Extension(Role::Pax),
            b'g' => TypeFlag::Extension(Role::GlobalPax),
            b'S' => TypeFlag::Sparse,
            other => TypeFlag::Other(other),
        }
    }

    /// Whether the map of a GNU sparse file goes on in the block behind this header.
    pub fn sparse_continues(&self) -> bool {
        self.0[SPARSE_CONTINUES] != 0
    }
}

impl TypeFlag {
    /// Names a kind of member that can't be verified.
    pub fn describe(self) -> String {
        match self {
            Self::Sparse => "type `S`, a sparse file of GNU tar".to_owned(),
            Self::Other(b'D') => "type `D`, a folder of an incremental GNU tar".to_owned(),
            Self::Other(b'M') => "type `M`, a piece of a multi-volume archive".to_owned(),
            Self::Other(b'V') => "type `V`, a volume label".to_owned(),
            Self::Other(other) => format!("type `{}`", other.escape_ascii()),
            _ => "a sparse file in extended headers".to_owned(),
        }
    }
}

impl Role {
    /// Names the extension in a finding.
    pub fn describe(self) -> &'static str {
        match self {
            Self::LongName => "long name",
            Self::LongLink => "long link target",
            Self::Pax => "extended header",
            Self::GlobalPax => "global extended header",
        }
    }
}

/// Adds all bytes up, eight at a time: four lanes of 16 bits take two bytes of each of 64 words, at most
/// 32,640, so none runs over. Byte by byte it costs as much as all the rest of the walk.
fn sum(block: &Block) -> u32 {
    const LANES: u64 = 0x00ff_00ff_00ff_00ff;
    let (words, _) = block.as_chunks();
    let add = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        (word & LANES) + (word >> 8 & LANES)
    };
    let lanes: u64 = words.iter().map(add).sum();
    lanes.to_le_bytes().as_chunks().0.iter().map(|lane| u32::from(u16::from_le_bytes(*lane))).sum()
}

fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    &field[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &[u8], magic: &[u8; 8]) -> Block {
        let mut block = [0; BLOCK];
        block[..name.len()].copy_from_slice(name);
        block[MAGIC].copy_from_slice(magic);
        block[CHECKSUM].copy_from_slice(b"        ");
        block
    }

    fn signed_sum(block: &Block) -> i64 {
        block.iter().map(|byte| i64::from(byte.cast_signed())).sum()
    }

    #[test]
    fn both_sums_are_accepted_and_no_other() {
        let name = "Ärger".as_bytes();
        let unsigned: i64 = block(name, b"ustar\x0000").iter().map(|byte| i64::from(*byte)).sum();
        let signed = signed_sum(&block(name, b"ustar\x0000"));
        assert_ne!(unsigned, signed);
        for (sum, holds) in [(unsigned, true), (signed, true), (unsigned + 1, false)] {
            let mut block = block(name, b"ustar\x0000");
            block[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
            assert_eq!(Header::new(&block).checksum_holds(), holds);
        }
    }

    #[test]
    fn the_largest_sum_fits() {
        assert_eq!(sum(&[0xff; BLOCK]), 512 * 255);
        let block = std::array::from_fn(|at| u8::try_from(at * 7 % 256).unwrap());
        assert_eq!(sum(&block), block.iter().map(|byte| u32::from(*byte)).sum::<u32>());
    }

    #[test]
    fn the_prefix_belongs_to_ustar_only() {
        for (magic, expected) in
            [(b"ustar\x0000", &b"folder"[..]), (b"ustar  \0", b""), (b"\0\0\0\0\0\0\0\0", b"")]
        {
            let mut block = block(b"name", magic);
            block[345..351].copy_from_slice(b"folder");
            assert_eq!(Header::new(&block).prefix(), expected);
        }
    }

    #[test]
    fn a_name_may_fill_its_field() {
        let block = block(&[b'a'; 100], b"ustar  \0");
        assert_eq!(Header::new(&block).name(), [b'a'; 100]);
    }

    #[test]
    fn a_negative_size_is_none() {
        let mut block = block(b"a", b"ustar  \0");
        block[SIZE].fill(0xff);
        assert_eq!(Header::new(&block).size(), Err(Malformed));
    }
}
