//! Archives made to exhaust whoever reads them.

use std::io::{self, Read, Write};

use super::extension::{ExtendedHeader, pax_record};
use super::member::{Raw, entry, header};
use super::{Case, Damage, Layer, PackError, Specimen, zstd};
use crate::demo::pack::File;
use crate::policy::{Bytes, Policy};
use crate::verdict::{Kind, Outcome, kinds};

/// Beyond the 64 MiB before which no ratio is judged.
const BOMB: usize = 128 << 20;

const fn failed(
    layer: Layer,
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(layer, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    failed(Layer::Zstd, "limit-zstd-bomb", &[&kinds::LIMIT_RATIO], |sound| {
        sound.compressed(&zstd::bomb(&bomb_header(), BOMB))
    }),
    failed(Layer::Gzip, "limit-gzip-bomb", &[&kinds::LIMIT_RATIO], gzip_bomb),
    failed(Layer::Tar, "limit-member-size-claimed", &[&kinds::LIMIT_MEMBER_SIZE], |sound| {
        sound.with(&header(&Raw::new(b"claim").claims(1 << 50)), &[])
    }),
    failed(Layer::Manifest, "limit-manifest-size", &[&kinds::LIMIT_MANIFEST_SIZE], |sound| {
        Ok(Case::stored(sound.layers.encrypted.clone()).under(small_manifests))
    }),
    failed(Layer::Manifest, "limit-manifest-size-beside", &[&kinds::LIMIT_MANIFEST_SIZE], |sound| {
        Ok(Case::stored(super::manifest::without(sound)?).beside(sound.manifest()).under(small_manifests))
    }),
    failed(Layer::Tar, "limit-extension-size", &[&kinds::LIMIT_EXTENSION_SIZE], |sound| {
        sound.with(&header(&Raw::new(b"PaxHeader").flag(b'x').claims(1 << 40)), &[])
    }),
    failed(Layer::Tar, "limit-extension-flood", &[&kinds::LIMIT_EXTENSIONS], |sound| {
        let one = ExtendedHeader::global(&pax_record(b"comment", b"again"));
        sound.with(&one.repeat(5000), &[])
    }),
    failed(Layer::Tar, "limit-path-length", &[&kinds::LIMIT_PATH_LENGTH], |sound| {
        let file = File::new("long/".repeat(1000) + "name", "x");
        sound.with(&sound.members(std::slice::from_ref(&file))?, &[])
    }),
    failed(Layer::Tar, "limit-members", &[&kinds::LIMIT_MEMBERS], |sound| {
        Ok(Case::stored(sound.layers.encrypted.clone()).under(|policy| policy.limits.members = 3))
    }),
    failed(Layer::Tar, "limit-unpacked-size", &[&kinds::LIMIT_UNPACKED_SIZE], |sound| {
        let case = Case::stored(sound.layers.encrypted.clone());
        Ok(case.under(|policy| policy.limits.unpacked_size = Bytes(100_000)))
    }),
];

fn small_manifests(policy: &mut Policy) {
    policy.limits.manifest_size = Bytes(100);
}

/// The header of a member of nothing but NULs.
fn bomb_header() -> Vec<u8> {
    header(&Raw::new(b"zeros").claims(BOMB as u64))
}

fn gzip_bomb(sound: &Specimen) -> Result<Case, PackError> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    encoder.write_all(&bomb_header())?;
    io::copy(&mut io::repeat(0).take(BOMB as u64), &mut encoder)?;
    encoder.write_all(&entry(&Raw::new(b"end")))?;
    sound.compressed(&encoder.finish()?)
}
