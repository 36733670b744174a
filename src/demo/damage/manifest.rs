//! Damage to the manifest, in an archive that is sound otherwise.

use super::{Case, Damage, Layer, PackError, Specimen, cut};
use crate::demo::pack::{File, Manifest, Pack};
use crate::verdict::{Kind, Outcome, kinds};

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Manifest, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    Damage::new(
        Layer::Manifest,
        Outcome::NotVerified,
        "manifest-missing",
        &[&kinds::MANIFEST_MISSING],
        |sound| Ok(Case::stored(without(sound)?)),
    ),
    Damage::new(
        Layer::Manifest,
        Outcome::NotVerified,
        "manifest-missing-checksum-beside",
        &[&kinds::MANIFEST_MISSING],
        |sound| {
            let archive = without(sound)?;
            Ok(Case::stored(archive.clone()).summed(&archive))
        },
    ),
    failed("manifest-empty", &[&kinds::MANIFEST_EMPTY], |sound| listing(sound, "")),
    failed("manifest-hash-changed", &[&kinds::MANIFEST_MEMBER_CHANGED], |sound| {
        let mut lines = sound.manifest();
        let other = if lines.starts_with('0') { "1" } else { "0" };
        lines.replace_range(..1, other);
        listing(sound, &lines)
    }),
    failed(
        "manifest-path-changed",
        &[&kinds::MANIFEST_MEMBER_MISSING, &kinds::MANIFEST_MEMBER_EXTRA],
        |sound| listing(sound, &sound.manifest().replacen("sessions.txt", "sessions.tx_", 1)),
    ),
    failed("manifest-of-other-paths", &[&kinds::MANIFEST_OTHER_PATHS], |sound| {
        let line =
            |line: &str| line.split_once("  ").map(|(hash, name)| format!("{hash}  /srv/backup/{name}\n"));
        listing(sound, &sound.manifest().lines().filter_map(line).collect::<String>())
    }),
    failed("manifest-line-missing", &[&kinds::MANIFEST_MEMBER_EXTRA], |sound| {
        listing(sound, sound.manifest().split_once('\n').map_or("", |(_, rest)| rest))
    }),
    failed("manifest-line-twice", &[&kinds::MANIFEST_DUPLICATE_LINE], |sound| {
        let lines = sound.manifest();
        let first = lines.split_inclusive('\n').next().unwrap_or_default();
        listing(sound, &format!("{lines}{first}"))
    }),
    failed("manifest-line-cut", &[&kinds::MANIFEST_MALFORMED], |sound| {
        let lines = sound.manifest();
        let whole = lines.trim_end().rfind('\n').map_or(0, |at| at + 1);
        listing(sound, &lines[..whole + 40])
    }),
    failed("manifest-of-sha256sum", &[&kinds::MANIFEST_MALFORMED], |sound| {
        listing(sound, &sound.manifest().replace("  ", " *"))
    }),
    failed("manifest-no-text", &[&kinds::MANIFEST_MALFORMED], |sound| {
        let file = File::new("MANIFEST.b3", vec![0xff; 300]);
        sound.parts(&[&sound.members(&sound.files)?, &sound.members(&[file])?])
    }),
    failed("manifest-twice", &[&kinds::MANIFEST_AMBIGUOUS], |sound| {
        let first = sound.manifest_member(&sound.manifest())?;
        let second = sound.manifest_member(sound.manifest().split_once('\n').map_or("", |(_, rest)| rest))?;
        sound.parts(&[&first, &sound.members(&sound.files)?, &second])
    }),
    failed("manifest-beside-differs", &[&kinds::MANIFEST_AMBIGUOUS], |sound| {
        let other = sound.manifest().replacen("sessions.txt", "other.txt", 1);
        Ok(Case::stored(sound.layers.encrypted.clone()).beside(other))
    }),
    failed("manifest-beside-of-another-archive", &[&kinds::MANIFEST_MEMBER_CHANGED], |sound| {
        let mut files = sound.files.clone();
        for file in &mut files {
            file.content.push(b'\n');
        }
        Ok(Case::stored(without(sound)?).beside(crate::demo::pack::manifest(&files)))
    }),
    failed("manifest-beside-unreadable", &[&kinds::MANIFEST_UNREADABLE], |sound| {
        let manifest = sound.pack.encrypt(sound.manifest().as_bytes())?;
        let half = manifest.len() - 20;
        Ok(Case::stored(without(sound)?).beside(cut(manifest, half)))
    }),
];

/// The archive without a manifest.
pub(super) fn without(sound: &Specimen) -> Result<Vec<u8>, PackError> {
    let pack = Pack { manifest: Manifest::None, ..sound.pack.clone() };
    Ok(pack.build(&sound.files)?.encrypted)
}

/// The archive with this text as its manifest.
fn listing(sound: &Specimen, text: &str) -> Result<Case, PackError> {
    sound.parts(&[&sound.members(&sound.files)?, &sound.manifest_member(text)?])
}
