//! Damage to the archive's structure, under sound compression and encryption.

use super::specimen::MemberAt;
use super::{Case, Damage, Layer, PackError, Specimen, append, flip};
use crate::verdict::{Kind, Outcome, kinds};

const BLOCK: usize = 512;
/// Where a header states its size.
const SIZE: usize = 124;
/// Where a header states its checksum.
const CHECKSUM: std::ops::Range<usize> = 148..156;

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Tar, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    failed("tar-cut-in-header", &[&kinds::TAR_TRUNCATED_HEADER], |sound| {
        cut_at(sound, |member| member.next + 200)
    }),
    failed("tar-cut-in-body", &[&kinds::TAR_TRUNCATED_MEMBER], |sound| {
        cut_at(sound, |member| member.padding - 1)
    }),
    failed("tar-cut-in-padding", &[&kinds::TAR_MISSING_END_MARKER], |sound| {
        cut_at(sound, |member| member.next - 1)
    }),
    failed("tar-cut-between-members", &[&kinds::TAR_MISSING_END_MARKER], |sound| {
        cut_at(sound, |member| member.next)
    }),
    failed("tar-end-marker-missing", &[&kinds::TAR_MISSING_END_MARKER], |sound| {
        let tar = &sound.layers.tar;
        sound.tar(&tar[..tar.len() - 2 * BLOCK])
    }),
    failed("tar-header-flipped", &[&kinds::TAR_HEADER_CHECKSUM], |sound| {
        flipped(sound, |member| member.header + 3)
    }),
    failed("tar-checksum-flipped", &[&kinds::TAR_HEADER_CHECKSUM], |sound| {
        flipped(sound, |member| member.header + CHECKSUM.start + 2)
    }),
    failed("tar-size-nonsense", &[&kinds::TAR_HEADER_MALFORMED], |sound| {
        let mut tar = sound.layers.tar.clone();
        let header = sound.largest_member().header;
        tar[header + SIZE..header + SIZE + 6].copy_from_slice(b"lots!!");
        state_checksum(&mut tar[header..header + BLOCK]);
        sound.tar(&tar)
    }),
    failed("tar-body-flipped", &[&kinds::MANIFEST_MEMBER_CHANGED], |sound| {
        flipped(sound, |member| member.body + 77)
    }),
    failed("tar-archive-behind-end", &[&kinds::TAR_DATA_AFTER_END], |sound| {
        sound.tar(&append(sound.layers.tar.clone(), &sound.layers.tar))
    }),
    failed("tar-archive-behind-single-end-block", &[&kinds::TAR_DATA_AFTER_END], |sound| {
        let tar = &sound.layers.tar;
        sound.tar(&append(tar[..tar.len() - BLOCK].to_vec(), tar))
    }),
    failed("tar-text-behind-end", &[&kinds::TAR_DATA_AFTER_END], |sound| {
        sound.tar(&append(sound.layers.tar.clone(), b"tar: Exiting with failure status"))
    }),
    failed("tar-empty", &[&kinds::TAR_EMPTY], |sound| sound.parts(&[])),
    failed("tar-of-the-manifest-alone", &[&kinds::MANIFEST_MEMBER_MISSING], |sound| {
        sound.parts(&[&sound.manifest_member(&sound.manifest())?])
    }),
];

fn cut_at(sound: &Specimen, at: fn(MemberAt) -> usize) -> Result<Case, PackError> {
    sound.tar(&sound.layers.tar[..at(sound.largest_member())])
}

fn flipped(sound: &Specimen, at: fn(MemberAt) -> usize) -> Result<Case, PackError> {
    sound.tar(&flip(sound.layers.tar.clone(), at(sound.largest_member())))
}

/// Writes the checksum that belongs to `header`: the sum of its bytes, with spaces in its own place.
fn state_checksum(header: &mut [u8]) {
    header[CHECKSUM].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}
