use std::collections::{BTreeMap, HashSet};
use std::io::Read;

use super::*;
use crate::verdict::{ALL, Severity};

fn specimen() -> Specimen {
    Specimen::new(1).unwrap()
}

fn made(layers: &[Layer]) -> Vec<(&'static Damage, Case, Specimen)> {
    let sound = specimen();
    let of_layers = matrix().filter(|damage| layers.contains(&damage.layer));
    of_layers.map(|damage| (damage, damage.make(&sound).unwrap(), sound.clone())).collect()
}

/// Opens with the age crate, which has nothing in common with ours but the header.
fn decrypt(archive: &[u8], sound: &Specimen) -> Option<Vec<u8>> {
    use ::age::secrecy::ExposeSecret;
    let identity: ::age::x25519::Identity = sound.identity().expose_secret().parse().unwrap();
    let reader = ::age::armor::ArmoredReader::new(archive);
    let decryptor = ::age::Decryptor::new_buffered(reader).ok()?;
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(std::iter::once(&identity as &dyn ::age::Identity)).ok()?;
    reader.read_to_end(&mut plain).ok().map(|_| plain)
}

fn decompress(compressed: Vec<u8>) -> Option<Vec<u8>> {
    let mut tar = Vec::new();
    match compressed.get(..2)? {
        [0x1f, 0x8b] => {
            flate2::read::MultiGzDecoder::new(&compressed[..]).read_to_end(&mut tar).ok().map(|_| tar)
        }
        [0x28, 0xb5] | [0x50, 0x2a] => ::zstd::decode_all(&compressed[..]).ok(),
        _ => Some(compressed),
    }
}

/// Holds if a kind of finding is made by this stage.
fn is_of(kind: &Kind, stages: &[&str]) -> bool {
    kind.id.split_once('-').is_some_and(|(stage, _)| stages.contains(&stage))
}

#[test]
fn names_are_unique_and_lead_to_their_situation() {
    let mut seen = HashSet::new();
    for damage in matrix() {
        assert!(seen.insert(damage.name), "{} stands twice", damage.name);
        assert!(damage.name.bytes().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(&byte)));
        assert_eq!(named(damage.name).map(|found| found.layer), Some(damage.layer));
    }
    assert!(seen.len() > 100, "{}", seen.len());
}

#[test]
fn every_kind_of_finding_about_an_archive_has_a_situation() {
    let stages = ["archive", "age", "zstd", "gzip", "limit", "tar", "manifest", "storage"];
    let expected: HashSet<_> = matrix().flat_map(|damage| damage.findings).map(|kind| kind.id).collect();
    for kind in ALL.iter().filter(|kind| is_of(kind, &stages)) {
        assert!(expected.contains(kind.id), "{} has no situation", kind.id);
    }
}

#[test]
fn outcomes_follow_from_severities() {
    // Here the situation says another severity than the kind.
    let other = ["session-export-of-another-account", "session-completed-while-packed-20261128230000"];
    for damage in matrix().filter(|damage| !other.contains(&damage.name)) {
        let fails = damage.findings.iter().any(|kind| kind.severity == Severity::Failure);
        assert_eq!(damage.outcome == Outcome::Failed, fails, "{}", damage.name);
    }
}

#[test]
fn sound_archives_hold_what_their_manifest_lists() {
    for (damage, case, sound) in made(&[Layer::None]) {
        let tar = decompress(decrypt(&case.archive, &sound).unwrap()).unwrap();
        let mut archive = ::tar::Archive::new(&tar[..]);
        let mut members = BTreeMap::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            if entry.header().entry_type().is_file() {
                members.insert(entry.path().unwrap().to_str().unwrap().to_owned(), content);
            }
        }
        let inside = members.remove("MANIFEST.b3").map(|text| String::from_utf8(text).unwrap());
        let beside = case.manifest_beside.map(|text| String::from_utf8(text).unwrap());
        let listed = inside.or(beside).unwrap();
        for (name, content) in members {
            let line = format!("{}  {name}\n", blake3::hash(&content));
            assert!(listed.contains(&line), "{}: {name}", damage.name);
        }
    }
}

#[test]
fn damaged_encryption_does_not_open() {
    for (damage, case, sound) in made(&[Layer::Age]) {
        assert_eq!(decrypt(&case.archive, &sound), None, "{}", damage.name);
    }
}

#[test]
fn damage_beneath_leaves_the_encryption_sound() {
    for (damage, case, sound) in
        made(&[Layer::Zstd, Layer::Gzip, Layer::Tar, Layer::Manifest, Layer::Network])
    {
        assert!(decrypt(&case.archive, &sound).is_some(), "{}", damage.name);
    }
}

#[test]
fn damaged_compression_does_not_unpack() {
    for (damage, case, sound) in made(&[Layer::Zstd, Layer::Gzip]) {
        let whole = damage.findings.iter().all(|kind| !is_of(kind, &["zstd", "gzip", "archive"]));
        let tar = decompress(decrypt(&case.archive, &sound).unwrap());
        let opens = tar.is_some_and(|tar| tar.len() % 512 == 0 || damage.name.ends_with("in-member"));
        assert_eq!(opens, whole, "{}", damage.name);
    }
}

#[test]
fn damage_to_the_archive_leaves_the_compression_sound() {
    for (damage, case, sound) in made(&[Layer::Tar, Layer::Manifest]) {
        let tar = decompress(decrypt(&case.archive, &sound).unwrap()).unwrap();
        let unchanged = tar == sound.layers.tar;
        let by_policy = matches!(
            damage.name,
            "limit-members" | "limit-unpacked-size" | "limit-manifest-size" | "manifest-beside-differs"
        );
        assert_eq!(unchanged, by_policy, "{}", damage.name);
    }
}

#[test]
fn a_network_is_bad_and_what_is_stored_is_sound() {
    for (damage, case, sound) in made(&[Layer::Network]) {
        assert!(!case.faults.is_empty(), "{}", damage.name);
        assert_eq!(case.archive, sound.archive(), "{}", damage.name);
    }
}

#[test]
fn each_expected_finding_is_the_only_reason_where_the_outcome_is_passed() {
    for damage in matrix().filter(|damage| damage.outcome == Outcome::Passed) {
        assert!(damage.findings.len() <= 1, "{}", damage.name);
    }
}

#[test]
fn too_little_mail_is_no_specimen() {
    let files = vec![crate::demo::pack::File::new("a", "x"); 5];
    assert!(matches!(Specimen::of(files), Err(PackError::TooSmall)));
}
