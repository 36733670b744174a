//! Damage to the encryption (age-encryption.org/v1): header, nonce, chunks and armor.

use std::ops::Range;

use age::x25519::Identity;

use super::{Case, Damage, Layer, PackError, Specimen, append, cut, find, flip};
use crate::demo::pack::{Encryption, Pack};
use crate::verdict::{Kind, Outcome, kinds};

/// A chunk: 64 KiB and its tag.
const CHUNK: usize = (64 << 10) + TAG;
const TAG: usize = 16;
const NONCE: usize = 16;

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Age, Outcome::Failed, name, findings, make)
}

const fn unopened(name: &'static str, make: fn(&Specimen) -> Result<Case, PackError>) -> Damage {
    Damage::new(Layer::Age, Outcome::NotVerified, name, &[], make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    unopened("age-other-key", |sound| {
        let pack = Pack::new(vec![Identity::generate().to_public()]);
        Ok(Case::stored(pack.encrypt(&sound.layers.compressed)?))
    }),
    unopened("age-own-recipient-changed", |sound| changed(sound, share)),
    failed("age-magic-flipped", &[&kinds::ARCHIVE_UNRECOGNISED], |sound| flipped(sound, |_| 0)),
    failed("age-version-unknown", &[&kinds::AGE_HEADER_MALFORMED], |sound| {
        flipped(sound, |bytes| find(bytes, b"/v1") + 2)
    }),
    failed("age-recipient-malformed", &[&kinds::AGE_HEADER_MALFORMED], |sound| {
        flipped(sound, |bytes| find(bytes, b"\n-> ") + 1)
    }),
    failed("age-text-mode-transfer", &[&kinds::AGE_HEADER_MALFORMED], text_mode),
    failed("age-other-recipient-changed", &[&kinds::AGE_HEADER_MAC_MISMATCH], other_recipient_changed),
    failed("age-mac-changed", &[&kinds::AGE_HEADER_MAC_MISMATCH], |sound| {
        changed(sound, |bytes| find(bytes, b"\n--- ") + 5)
    }),
    failed("age-cut-in-header", &[&kinds::AGE_HEADER_TRUNCATED], |sound| {
        cut_at(sound, |bytes| find(bytes, b"\n--- ") + 20)
    }),
    failed("age-cut-in-nonce", &[&kinds::AGE_HEADER_TRUNCATED], |sound| {
        cut_at(sound, |bytes| payload(bytes) - 3)
    }),
    failed("age-nonce-flipped", &[&kinds::AGE_CHUNK_CORRUPT], |sound| {
        flipped(sound, |bytes| payload(bytes) - 1)
    }),
    failed("age-first-chunk-flipped", &[&kinds::AGE_CHUNK_CORRUPT], |sound| flipped(sound, payload)),
    failed("age-chunk-flipped", &[&kinds::AGE_CHUNK_CORRUPT], |sound| {
        flipped(sound, |bytes| chunk(bytes, 2).start + 1234)
    }),
    failed("age-tag-flipped", &[&kinds::AGE_CHUNK_CORRUPT], |sound| {
        flipped(sound, |bytes| chunk(bytes, 1).end - 1)
    }),
    failed("age-chunk-of-another-archive", &[&kinds::AGE_CHUNK_CORRUPT], foreign_chunk),
    // A short last chunk that does not authenticate may be cut or altered: nobody can tell.
    failed("age-last-chunk-flipped", &[&kinds::AGE_TRUNCATED], |sound| {
        flipped(sound, |bytes| bytes.len() - 1)
    }),
    failed("age-cut-behind-nonce", &[&kinds::AGE_TRUNCATED], |sound| cut_at(sound, payload)),
    failed("age-cut-in-chunk", &[&kinds::AGE_TRUNCATED], |sound| {
        cut_at(sound, |bytes| chunk(bytes, 2).start + 1000)
    }),
    failed("age-cut-at-chunk-edge", &[&kinds::AGE_TRUNCATED], |sound| {
        cut_at(sound, |bytes| chunk(bytes, 1).end)
    }),
    failed("age-last-chunk-missing", &[&kinds::AGE_TRUNCATED], |sound| {
        cut_at(sound, |bytes| bytes.len() - (bytes.len() - payload(bytes)) % CHUNK)
    }),
    failed("age-cut-in-last-tag", &[&kinds::AGE_TRUNCATED], |sound| cut_at(sound, |bytes| bytes.len() - 5)),
    failed("age-chunks-swapped", &[&kinds::AGE_CHUNK_MISPLACED], |sound| rearranged(sound, &[0, 2, 1])),
    failed("age-chunk-replayed", &[&kinds::AGE_CHUNK_MISPLACED], |sound| rearranged(sound, &[0, 1, 1])),
    failed("age-chunk-dropped", &[&kinds::AGE_CHUNK_MISPLACED], |sound| rearranged(sound, &[0, 2])),
    failed("age-bytes-behind-end", &[&kinds::AGE_TRAILING_DATA], |sound| {
        Ok(Case::stored(append(sound.layers.encrypted.clone(), b"appended")))
    }),
    failed("age-archive-behind-end", &[&kinds::AGE_TRAILING_DATA], |sound| {
        Ok(Case::stored(append(sound.layers.encrypted.clone(), &sound.layers.encrypted)))
    }),
    failed("age-armor-damaged", &[&kinds::AGE_ARMOR_MALFORMED], |sound| {
        let mut armor = armored(sound)?;
        let middle = armor.len() / 2;
        armor[middle] = b'*';
        Ok(Case::stored(armor))
    }),
    failed("age-armor-cut", &[&kinds::AGE_TRUNCATED], |sound| {
        let armor = armored(sound)?;
        let half = armor.len() / 2;
        Ok(Case::stored(cut(armor, half)))
    }),
    failed("age-text-behind-armor", &[&kinds::AGE_TRAILING_DATA], |sound| {
        Ok(Case::stored(append(armored(sound)?, b"-- \nsent from my phone\n")))
    }),
];

/// Where the first chunk begins.
fn payload(encrypted: &[u8]) -> usize {
    let mac = find(encrypted, b"\n--- ") + 1;
    let line = find(encrypted.get(mac..).unwrap_or_default(), b"\n") + 1;
    mac + line + NONCE
}

/// Where chunk `number` stands.
fn chunk(encrypted: &[u8], number: usize) -> Range<usize> {
    let start = (payload(encrypted) + number * CHUNK).min(encrypted.len());
    start..(start + CHUNK).min(encrypted.len())
}

/// Where the first recipient's key share begins.
fn share(encrypted: &[u8]) -> usize {
    const START: &[u8] = b"\n-> X25519 ";
    find(encrypted, START) + START.len()
}

fn flipped(sound: &Specimen, at: fn(&[u8]) -> usize) -> Result<Case, PackError> {
    let encrypted = sound.layers.encrypted.clone();
    let at = at(&encrypted);
    Ok(Case::stored(flip(encrypted, at)))
}

/// Puts another base64 digit in, so that the header stays well formed.
fn changed(sound: &Specimen, at: fn(&[u8]) -> usize) -> Result<Case, PackError> {
    let mut encrypted = sound.layers.encrypted.clone();
    let at = at(&encrypted);
    change_digit(&mut encrypted, at);
    Ok(Case::stored(encrypted))
}

fn change_digit(bytes: &mut [u8], at: usize) {
    if let Some(digit) = bytes.get_mut(at) {
        *digit = if *digit == b'A' { b'B' } else { b'A' };
    }
}

fn cut_at(sound: &Specimen, at: fn(&[u8]) -> usize) -> Result<Case, PackError> {
    let encrypted = sound.layers.encrypted.clone();
    let at = at(&encrypted);
    Ok(Case::stored(cut(encrypted, at)))
}

/// Encrypts for the specimen's key and, behind it, one more.
pub(super) fn for_two(sound: &Specimen) -> Result<Vec<u8>, PackError> {
    let recipients = vec![sound.recipient(), Identity::generate().to_public()];
    let pack = Pack { encryption: Encryption::Recipients(recipients), ..sound.pack.clone() };
    pack.encrypt(&sound.layers.compressed)
}

fn other_recipient_changed(sound: &Specimen) -> Result<Case, PackError> {
    let mut encrypted = for_two(sound)?;
    let first = share(&encrypted);
    let second = first + share(encrypted.get(first..).unwrap_or_default());
    change_digit(&mut encrypted, second);
    Ok(Case::stored(encrypted))
}

/// What FTP in text mode makes of a binary file.
fn text_mode(sound: &Specimen) -> Result<Case, PackError> {
    let bytes = sound.layers.encrypted.iter();
    let carried =
        bytes.flat_map(|byte| if *byte == b'\n' { &b"\r\n"[..] } else { std::slice::from_ref(byte) });
    Ok(Case::stored(carried.copied().collect()))
}

fn foreign_chunk(sound: &Specimen) -> Result<Case, PackError> {
    let mut encrypted = sound.layers.encrypted.clone();
    let other = sound.pack.encrypt(&sound.layers.compressed)?;
    let (here, there) = (chunk(&encrypted, 1), chunk(&other, 1));
    encrypted[here].copy_from_slice(&other[there]);
    Ok(Case::stored(encrypted))
}

/// Writes these chunks in place of the first three.
fn rearranged(sound: &Specimen, order: &[usize]) -> Result<Case, PackError> {
    let encrypted = &sound.layers.encrypted;
    let mut bytes = encrypted[..payload(encrypted)].to_vec();
    for number in order {
        bytes.extend_from_slice(&encrypted[chunk(encrypted, *number)]);
    }
    bytes.extend_from_slice(&encrypted[chunk(encrypted, 2).end..]);
    Ok(Case::stored(bytes))
}

fn armored(sound: &Specimen) -> Result<Vec<u8>, PackError> {
    Pack { armored: true, ..sound.pack.clone() }.encrypt(&sound.layers.compressed)
}
