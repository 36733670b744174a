//! Objects that are no archive, or lack a layer.

use super::{Case, Damage, Layer, PackError, Specimen};
use crate::demo::mailbox::Random;
use crate::demo::pack::{Compression, Encryption, Pack};
use crate::policy::Demand;
use crate::verdict::{Kind, Outcome, kinds};

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Object, Outcome::Failed, name, findings, make)
}

/// What a proxy uploads when the backup server is away.
const ERROR_PAGE: &str = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n\
    <body><h1>Bad Gateway</h1><p>The mail server did not answer in time.</p></body></html>\n";

pub(super) static SITUATIONS: &[Damage] = &[
    failed("object-empty", &[&kinds::PRESENT_EMPTY_OBJECT], |_| Ok(Case::stored(Vec::new()))),
    failed("object-error-page", &[&kinds::ARCHIVE_UNRECOGNISED], |_| Ok(Case::stored(ERROR_PAGE.into()))),
    failed("object-noise", &[&kinds::ARCHIVE_UNRECOGNISED], |_| {
        Ok(Case::stored(Random::new(5).bytes(100_000)))
    }),
    failed("object-error-page-encrypted", &[&kinds::ARCHIVE_UNRECOGNISED], |sound| {
        sound.compressed(ERROR_PAGE.as_bytes())
    }),
    failed("object-error-page-compressed", &[&kinds::ARCHIVE_UNRECOGNISED], |sound| {
        sound.tar(ERROR_PAGE.as_bytes())
    }),
    failed("object-not-encrypted", &[&kinds::ARCHIVE_NOT_ENCRYPTED], |sound| {
        Ok(Case::stored(sound.layers.compressed.clone()))
    }),
    failed("object-bare-tar", &[&kinds::ARCHIVE_NOT_ENCRYPTED], |sound| {
        Ok(Case::stored(sound.layers.tar.clone()))
    }),
    failed("object-of-nothing-encrypted", &[&kinds::ARCHIVE_EMPTY], |sound| sound.compressed(&[])),
    failed("object-of-nothing-compressed", &[&kinds::ARCHIVE_EMPTY], |sound| {
        sound.compressed(&crate::demo::pack::zstd_frame(&[], 3, true)?)
    }),
    Damage::new(Layer::Object, Outcome::Passed, "object-checksum-beside", &[], |sound| {
        let archive = sound.layers.encrypted.clone();
        Ok(Case::stored(archive.clone()).summed(&archive))
    }),
    failed("object-checksum-beside-differs", &[&kinds::ARCHIVE_CHECKSUM_MISMATCH], |sound| {
        Ok(Case::stored(sound.layers.encrypted.clone()).summed(b"another archive"))
    }),
    Damage::new(Layer::Object, Outcome::Passed, "object-not-encrypted-by-choice", &[], |sound| {
        let pack = Pack { encryption: Encryption::None, ..sound.pack.clone() };
        let archive = pack.build(&sound.files)?.encrypted;
        Ok(Case::stored(archive).under(|policy| policy.archives.encryption = Demand::Optional))
    }),
    Damage::new(
        Layer::Object,
        Outcome::Passed,
        "object-not-compressed",
        &[&kinds::ARCHIVE_NOT_COMPRESSED],
        |sound| {
            let pack = Pack { compression: Compression::None, ..sound.pack.clone() };
            let archive = pack.build(&sound.files)?.encrypted;
            Ok(Case::stored(archive).under(|policy| policy.archives.compression = Demand::Required))
        },
    ),
];
