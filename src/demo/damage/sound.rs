//! Archives that are unusual and sound: a verifier that cries wolf is not believed either.

use super::extension::{ExtendedHeader, pax_record};
use super::member::{Raw, entry};
use super::{Case, Damage, Layer, PackError, Specimen, append, zstd};
use crate::demo::pack::{Compression, File, Format, Manifest, Pack};
use crate::verdict::{Kind, Outcome, kinds};

const fn passed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::None, Outcome::Passed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    passed("sound", &[], |sound| Ok(Case::stored(sound.layers.encrypted.clone()))),
    passed("sound-armored", &[], |sound| packed(sound, |pack| pack.armored = true)),
    passed("sound-manifest-first", &[], |sound| packed(sound, |pack| pack.manifest = Manifest::First)),
    passed("sound-manifest-beside", &[], |sound| {
        Ok(packed(sound, |pack| pack.manifest = Manifest::None)?.beside(sound.manifest()))
    }),
    passed("sound-gzip", &[], |sound| packed(sound, |pack| pack.compression = Compression::Gzip(6))),
    passed("sound-gzip-members", &[], gzip_members),
    passed("sound-uncompressed", &[], |sound| packed(sound, |pack| pack.compression = Compression::None)),
    passed("sound-zstd-frames", &[], |sound| {
        packed(sound, |pack| {
            pack.compression = Compression::Zstd { level: 1, frame: Some(50_000), checksum: false };
        })
    }),
    passed("sound-zstd-skippable-frame", &[], |sound| {
        sound.compressed(&append(zstd::skippable_frame(b"not for the reader"), &sound.layers.compressed))
    }),
    passed("sound-two-recipients", &[], |sound| Ok(Case::stored(super::age::for_two(sound)?))),
    passed("sound-ustar", &[], |sound| packed(sound, |pack| pack.format = Format::Ustar)),
    passed("sound-pax-long-name", &[], |sound| long_name(sound, Format::Pax)),
    passed("sound-gnu-long-name", &[], |sound| long_name(sound, Format::Gnu)),
    passed("sound-empty-file", &[], |sound| {
        let file = File::new("empty", "");
        sound.with(&sound.members(std::slice::from_ref(&file))?, &[file])
    }),
    passed("sound-folder-member", &[], |sound| sound.with(&entry(&Raw::new(b"folder/").flag(b'5')), &[])),
    passed("sound-hard-link", &[], hard_link),
    passed("sound-end-filled-up", &[], |sound| sound.tar(&append(sound.layers.tar.clone(), &[0; 8192]))),
    passed("sound-unknown-pax-key", &[], |sound| {
        let file = File::new("tagged", "x");
        let header = ExtendedHeader::local(&pax_record(b"SCHILY.xattr.user.tag", b"a\0b\n"));
        sound.with(&append(header, &sound.members(std::slice::from_ref(&file))?), &[file])
    }),
    passed("sound-single-end-block", &[&kinds::TAR_SINGLE_ZERO_BLOCK], |sound| {
        let tar = &sound.layers.tar;
        sound.tar(&tar[..tar.len().saturating_sub(512)])
    }),
    passed("sound-manifest-lists-itself", &[&kinds::MANIFEST_LISTS_ITSELF], |sound| {
        let itself = File::new("MANIFEST.b3", "as it was before this line");
        sound.with(&[], &[itself])
    }),
];

fn packed(sound: &Specimen, change: impl FnOnce(&mut Pack)) -> Result<Case, PackError> {
    let mut pack = sound.pack.clone();
    change(&mut pack);
    Ok(Case::stored(pack.build(&sound.files)?.encrypted))
}

fn gzip_members(sound: &Specimen) -> Result<Case, PackError> {
    let pack = Pack { compression: Compression::Gzip(1), ..sound.pack.clone() };
    let (first, second) = sound.layers.tar.split_at(sound.layers.tar.len() / 2);
    sound.compressed(&append(pack.compress(first)?, &pack.compress(second)?))
}

fn long_name(sound: &Specimen, format: Format) -> Result<Case, PackError> {
    let mut files = sound.files.clone();
    files.push(File::new(format!("{}/message.eml", "Archivio storico/".repeat(20)), "x"));
    let pack = Pack { format, ..sound.pack.clone() };
    Ok(Case::stored(pack.build(&files)?.encrypted))
}

fn hard_link(sound: &Specimen) -> Result<Case, PackError> {
    let Some(target) = sound.files.last() else { return sound.with(&[], &[]) };
    let link = entry(&Raw::new(b"again.txt").flag(b'1').link(target.name.as_bytes()));
    sound.with(&link, &[File::new("again.txt", target.content.clone())])
}
