//! Damage to the compression with zstd (RFC 8878), under sound encryption.

use super::{Case, Damage, Layer, PackError, Specimen, append, cut, flip};
use crate::demo::pack::zstd_frame;
use crate::verdict::{Kind, Outcome, kinds};

const MAGIC: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();
/// The largest block.
const BLOCK: usize = 128 << 10;
/// Frame header descriptor: only that a checksum follows.
const CHECKSUM: u8 = 0b100;
/// Frame header descriptor: only that one byte names a dictionary.
const DICTIONARY: u8 = 0b001;
/// Window descriptor of 8 MiB.
const WINDOW: u8 = 13 << 3;
/// Window descriptor of 1 GiB, far beyond what decoders accept by themselves.
const HUGE_WINDOW: u8 = 20 << 3;
/// Bytes before the first block: magic, descriptor, window.
const HEADER: usize = 6;

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Zstd, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    failed("zstd-magic-flipped", &[&kinds::ARCHIVE_UNRECOGNISED], |sound| flipped(sound, |_| 0)),
    failed("zstd-reserved-bit-set", &[&kinds::ZSTD_CORRUPT], |sound| changed(sound, 4, 0b1000)),
    failed("zstd-block-type-reserved", &[&kinds::ZSTD_CORRUPT], |sound| {
        let mut frame = plain_frame(&sound.layers.tar)?;
        frame[HEADER] |= 0b110;
        sound.compressed(&frame)
    }),
    failed("zstd-checksum-flipped", &[&kinds::ZSTD_CHECKSUM_MISMATCH], |sound| {
        flipped(sound, |bytes| bytes.len() - 1)
    }),
    failed("zstd-block-flipped", &[&kinds::ZSTD_CHECKSUM_MISMATCH], |sound| {
        let at = in_largest_member(sound);
        sound.compressed(&flip(plain_frame(&sound.layers.tar)?, at))
    }),
    failed("zstd-block-flipped-without-checksum", &[&kinds::MANIFEST_MEMBER_CHANGED], |sound| {
        let at = in_largest_member(sound);
        sound.compressed(&flip(blocks(0, WINDOW, &[], &sound.layers.tar), at))
    }),
    failed("zstd-cut-in-frame", &[&kinds::ZSTD_TRUNCATED], |sound| cut_at(sound, |bytes| bytes.len() / 2)),
    failed("zstd-cut-in-frame-header", &[&kinds::ZSTD_TRUNCATED], |sound| {
        let first = &sound.layers.compressed;
        sound.compressed(&append(first.clone(), &first[..5]))
    }),
    failed("zstd-checksum-missing", &[&kinds::ZSTD_TRUNCATED], |sound| {
        cut_at(sound, |bytes| bytes.len() - 4)
    }),
    failed("zstd-cut-between-frames-and-members", &[&kinds::TAR_MISSING_END_MARKER], |sound| {
        sound.compressed(&zstd_frame(&sound.layers.tar[..sound.largest_member().next], 3, true)?)
    }),
    failed("zstd-cut-between-frames-in-member", &[&kinds::TAR_TRUNCATED_MEMBER], |sound| {
        let middle = sound.largest_member().body + 10_000;
        sound.compressed(&zstd_frame(&sound.layers.tar[..middle], 3, true)?)
    }),
    failed("zstd-frame-dropped", &[&kinds::MANIFEST_MEMBER_MISSING], |sound| {
        let (tar, member) = (&sound.layers.tar, sound.largest_member());
        let before = zstd_frame(&tar[..member.header], 3, true)?;
        sound.compressed(&append(before, &zstd_frame(&tar[member.next..], 3, true)?))
    }),
    failed("zstd-text-behind", &[&kinds::ZSTD_TRAILING_DATA], |sound| {
        sound.compressed(&append(sound.layers.compressed.clone(), b"zstd: warning: disk almost full\n"))
    }),
    failed("zstd-zeros-behind", &[&kinds::ZSTD_TRAILING_DATA], |sound| {
        sound.compressed(&append(sound.layers.compressed.clone(), &[0; 512]))
    }),
    failed("zstd-window-too-large", &[&kinds::ZSTD_WINDOW_TOO_LARGE], |sound| {
        sound.compressed(&blocks(0, HUGE_WINDOW, &[], &sound.layers.tar))
    }),
    failed("zstd-dictionary-needed", &[&kinds::ZSTD_DICTIONARY_NEEDED], |sound| {
        sound.compressed(&blocks(DICTIONARY, WINDOW, &[7], &sound.layers.tar))
    }),
];

/// A frame of uncompressed blocks: a byte of the content stands where it stands.
fn blocks(descriptor: u8, window: u8, dictionary: &[u8], content: &[u8]) -> Vec<u8> {
    let mut frame = [&MAGIC[..], &[descriptor, window], dictionary].concat();
    let last = content.len().div_ceil(BLOCK).saturating_sub(1);
    for (index, block) in content.chunks(BLOCK).enumerate() {
        frame.extend(block_header(index == last, 0, block.len()));
        frame.extend_from_slice(block);
    }
    frame
}

/// A frame of uncompressed blocks with its checksum, which the compressor computes for us.
fn plain_frame(content: &[u8]) -> Result<Vec<u8>, PackError> {
    let compressed = zstd_frame(content, 1, true)?;
    let checksum = &compressed[compressed.len().saturating_sub(4)..];
    Ok(append(blocks(CHECKSUM, WINDOW, &[], content), checksum))
}

/// Three bytes, little-endian: last or not, type (0 as it is, 1 one byte repeated), length.
fn block_header(last: bool, kind: u32, length: usize) -> [u8; 3] {
    let length = u32::try_from(length).unwrap_or(0);
    let [first, second, third, _] = (length << 3 | kind << 1 | u32::from(last)).to_le_bytes();
    [first, second, third]
}

/// A frame that begins with `start` and unpacks to so many bytes more of nothing but NULs.
pub(super) fn bomb(start: &[u8], zeros: usize) -> Vec<u8> {
    let mut frame = [&MAGIC[..], &[0, WINDOW]].concat();
    frame.extend(block_header(false, 0, start.len()));
    frame.extend_from_slice(start);
    for _ in 0..zeros / BLOCK {
        frame.extend(block_header(false, 1, BLOCK));
        frame.push(0);
    }
    frame.extend(block_header(true, 0, 0));
    frame
}

/// A frame that decoders pass over (RFC 8878, section 3.1.2).
pub(super) fn skippable_frame(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap_or(0).to_le_bytes();
    [&0x184d_2a50_u32.to_le_bytes()[..], &length, content].concat()
}

/// Where a byte of the largest member's body stands in a frame of uncompressed blocks.
fn in_largest_member(sound: &Specimen) -> usize {
    let at = sound.largest_member().body + 100;
    HEADER + at + 3 * (at / BLOCK + 1)
}

fn flipped(sound: &Specimen, at: fn(&[u8]) -> usize) -> Result<Case, PackError> {
    let compressed = sound.layers.compressed.clone();
    let at = at(&compressed);
    sound.compressed(&flip(compressed, at))
}

fn changed(sound: &Specimen, at: usize, bits: u8) -> Result<Case, PackError> {
    let mut compressed = sound.layers.compressed.clone();
    if let Some(byte) = compressed.get_mut(at) {
        *byte |= bits;
    }
    sound.compressed(&compressed)
}

fn cut_at(sound: &Specimen, at: fn(&[u8]) -> usize) -> Result<Case, PackError> {
    let compressed = sound.layers.compressed.clone();
    let at = at(&compressed);
    sound.compressed(&cut(compressed, at))
}
