//! Damage to the compression with gzip (RFC 1952), under sound encryption.

use super::{Case, Damage, Layer, PackError, Specimen, append, cut, find, flip};
use crate::demo::pack::{Compression, Pack};
use crate::verdict::{Kind, Outcome, kinds};

/// CRC32 and length.
const TRAILER: usize = 8;
/// In a stream of level 0: where the length of the first block is stated a second time, inverted.
const LENGTH_CHECK: usize = 13;

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Gzip, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    failed("gzip-crc-flipped", &[&kinds::GZIP_CHECKSUM_MISMATCH], |sound| {
        damaged(sound, |bytes| bytes.len() - TRAILER, flip)
    }),
    failed("gzip-length-flipped", &[&kinds::GZIP_CHECKSUM_MISMATCH], |sound| {
        damaged(sound, |bytes| bytes.len() - 1, flip)
    }),
    failed("gzip-block-damaged", &[&kinds::GZIP_CORRUPT], |sound| damaged(sound, |_| LENGTH_CHECK, flip)),
    failed("gzip-content-flipped", &[&kinds::GZIP_CHECKSUM_MISMATCH], |sound| {
        let stream = stored(sound)?;
        let body = sound.largest_member().body;
        let at = find(&stream, &sound.layers.tar[body + 1000..body + 1032]);
        sound.compressed(&flip(stream, at))
    }),
    failed("gzip-cut", &[&kinds::GZIP_TRUNCATED], |sound| damaged(sound, |bytes| bytes.len() / 2, cut)),
    failed("gzip-trailer-missing", &[&kinds::GZIP_TRUNCATED], |sound| {
        damaged(sound, |bytes| bytes.len() - TRAILER, cut)
    }),
    failed("gzip-cut-in-trailer", &[&kinds::GZIP_TRUNCATED], |sound| {
        damaged(sound, |bytes| bytes.len() - 3, cut)
    }),
    failed("gzip-text-behind", &[&kinds::GZIP_TRAILING_DATA], |sound| {
        sound.compressed(&append(stored(sound)?, b"gzip: warning: disk almost full\n"))
    }),
];

/// The tar in gzip of level 0, where every byte stands as it is.
fn stored(sound: &Specimen) -> Result<Vec<u8>, PackError> {
    Pack { compression: Compression::Gzip(0), ..sound.pack.clone() }.compress(&sound.layers.tar)
}

fn damaged(
    sound: &Specimen,
    at: fn(&[u8]) -> usize,
    damage: fn(Vec<u8>, usize) -> Vec<u8>,
) -> Result<Case, PackError> {
    let stream = stored(sound)?;
    let at = at(&stream);
    sound.compressed(&damage(stream, at))
}
