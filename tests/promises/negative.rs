//! Damage that is done on purpose is found, each kind of it, wherever it falls; and where none can be done, nobody says so.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use age::armor::{ArmoredWriter, Format as Armor};
use mailproof::demo::mailbox::Random;
use mailproof::demo::pack::{Compression, Encryption, File, Format, Manifest, Pack};
use mailproof::event::{Event, Observer, Silent};
use mailproof::exit;
use mailproof::policy::{Damage, Demand, NegativeControls};
use mailproof::verdict::{Outcome, Rung};
use mailproof::verify::{Ending, RunResult};

use super::damage::{Lab, little, much};
use crate::support;

fn lab(number: u32, kinds: &[Damage]) -> Lab {
    let mut lab = Lab::new();
    lab.policy.negative_controls = NegativeControls { number, kinds: kinds.to_vec() };
    lab
}

fn armored(binary: &[u8]) -> Vec<u8> {
    let mut writer = ArmoredWriter::wrap_output(Vec::new(), Armor::AsciiArmor).unwrap();
    writer.write_all(binary).unwrap();
    writer.finish().unwrap()
}

/// Each place that a seed leads to is another, and damage at each of them is found. Gives the findings by which it was.
fn all_is_found(lab: &mut Lab, archive: &[u8], seeds: u8) -> BTreeSet<&'static str> {
    let mut found_as = BTreeSet::new();
    let mut places = BTreeSet::new();
    for seed in 0..seeds {
        lab.policy.sample.seed = Some([seed; 32]);
        let run = lab.verify(archive);
        let controls = run.negative_controls.expect("the policy asks for them");
        assert_eq!(
            controls.detected(),
            lab.policy.negative_controls.number as usize,
            "seed {seed}: {controls:?}"
        );
        assert_eq!((run.outcome, run.exit_code), (Outcome::Passed, exit::PASSED), "{:?}", run.troubles);
        assert!(run.archives[0].findings.is_empty() && run.findings.is_empty());
        for control in controls.controls {
            places.insert((control.damage.as_str(), control.at));
            if let Ending::Detected(finding) = control.ending {
                found_as.insert(finding);
            }
        }
    }
    assert!(places.len() > usize::from(seeds), "{places:?}");
    found_as
}

#[test]
fn damage_is_found_in_every_form_of_archive() {
    let files = little(&mut Random::new(1));
    let mut found_as = BTreeSet::new();
    for (format, manifest, compression) in [
        (Format::Gnu, Manifest::Last, Compression::Zstd { level: 3, frame: None, checksum: true }),
        (Format::Pax, Manifest::First, Compression::Zstd { level: 1, frame: Some(700), checksum: false }),
        (Format::Gnu, Manifest::First, Compression::Gzip(6)),
        (Format::Pax, Manifest::Last, Compression::None),
    ] {
        let mut lab = lab(14, &Damage::ALL);
        let pack = Pack { format, manifest, compression, ..lab.pack() };
        let binary = pack.build(&files).unwrap().encrypted;
        found_as.append(&mut all_is_found(&mut lab, &binary, 12));
        found_as.append(&mut all_is_found(&mut lab, &armored(&binary), 12));
    }
    for finding in ["manifest-member-changed", "manifest-member-missing"] {
        assert!(found_as.contains(finding), "{found_as:?}");
    }
}

#[test]
fn whole_chunks_that_are_lost_doubled_or_swapped_are_found() {
    let mut lab = lab(5, &[Damage::LostBlock, Damage::DoubledBlock, Damage::SwappedBlocks]);
    let archive = lab.pack().build(&much(&mut Random::new(1))).unwrap().encrypted;
    all_is_found(&mut lab, &archive, 2);
}

/// What is not authenticated may be altered without a trace, as the time in a header of gzip is.
#[test]
fn of_an_archive_in_the_clear_only_what_is_inside_is_damaged() {
    let mut lab = lab(6, &Damage::ALL);
    lab.policy.archives.encryption = Demand::Optional;
    let files = little(&mut Random::new(1));
    let plain = Pack { encryption: Encryption::None, ..lab.pack() }.build(&files).unwrap().encrypted;
    let found_as = all_is_found(&mut lab, &plain, 8);
    assert_eq!(found_as, BTreeSet::from(["manifest-member-changed", "manifest-member-missing"]));

    lab.policy.negative_controls.kinds = vec![Damage::FlippedBit];
    is_not_verified(&lab.verify(&plain), "is not encrypted");
}

#[test]
fn where_nothing_is_whole_or_large_enough_the_run_is_not_verified() {
    let lab = lab(2, &[Damage::AlteredContent]);
    let sound = lab.pack().build(&little(&mut Random::new(1))).unwrap().encrypted;
    let run = lab.verify(&sound[..sound.len() - 1]);
    assert_eq!((run.outcome, run.exit_code), (Outcome::Failed, exit::FAILED));
    let controls = run.negative_controls.unwrap();
    assert!(controls.controls.is_empty() && controls.archive.is_none(), "{controls:?}");

    let empty = lab.pack().build(&[File::new("empty", "")]).unwrap().encrypted;
    is_not_verified(&lab.verify(&empty), "holds too little");
}

/// What could not be tried is said, and the archive is still what it was.
fn is_not_verified(run: &RunResult, why: &str) {
    assert_eq!((run.outcome, run.exit_code), (Outcome::NotVerified, exit::NOT_VERIFIED), "{run:?}");
    assert!(run.troubles.iter().any(|trouble| trouble.message.contains(why)), "{:?}", run.troubles);
    assert_eq!((run.archives[0].outcome, run.archives[0].rung), (Outcome::Passed, Some(Rung::Complete)));
    assert_eq!(run.negative_controls.as_ref().unwrap().detected(), 0);
}

/// Puts something else in the archive's place as soon as the second damaged copy is read, with the time of the first.
struct Meddler<'a> {
    path: &'a Path,
    instead: Option<&'a [u8]>,
    started: AtomicU32,
}

impl Observer for Meddler<'_> {
    fn observe(&self, event: &Event<'_>) {
        if !matches!(event, Event::NegativeControlStarted { .. })
            || self.started.fetch_add(1, Ordering::Relaxed) != 1
        {
            return;
        }
        let time = fs::metadata(self.path).unwrap().modified().unwrap();
        match self.instead {
            None => fs::remove_file(self.path).unwrap(),
            Some(bytes) => {
                let file = fs::File::options().write(true).open(self.path).unwrap();
                file.write_all_at(bytes, 0).unwrap();
                file.set_modified(time).unwrap();
            }
        }
    }
}

#[test]
fn an_archive_that_is_taken_away_or_rots_meanwhile_is_neither_found_nor_missed() {
    let lab = lab(4, &[Damage::FlippedBit, Damage::AlteredContent]);
    let sound = lab.pack().build(&little(&mut Random::new(1))).unwrap().encrypted;
    let folder = support::folder();
    let path = folder.path().join("archive");
    let zeros = vec![0; sound.len()];
    for (instead, why) in
        [(None, "could not be tried"), (Some(&zeros[..]), "does not pass when it is read again")]
    {
        fs::write(&path, &sound).unwrap();
        let meddler = Meddler { path: &path, instead, started: AtomicU32::default() };
        let run = lab.verify_files(&[&path], &meddler);
        let controls = run.negative_controls.as_ref().unwrap();
        assert_eq!((run.outcome, run.exit_code, controls.missed()), (Outcome::NotVerified, 20, 0), "{run:?}");
        assert!(run.troubles.iter().any(|trouble| trouble.message.contains(why)), "{:?}", run.troubles);
    }
}

#[test]
fn of_several_the_smallest_that_is_fit_is_damaged() {
    let mut lab = lab(7, &Damage::ALL);
    lab.policy.archives.encryption = Demand::Optional;
    let files = little(&mut Random::new(1));
    let folder = support::folder();
    let build = |name: &str, pack: Pack, files: &[File]| {
        let path = folder.path().join(name);
        fs::write(&path, pack.build(files).unwrap().encrypted).unwrap();
        path
    };
    let empty = build("empty", lab.pack(), &[File::new("empty", "")]);
    let clear = build("clear", Pack { encryption: Encryption::None, ..lab.pack() }, &files[..2]);
    let fit = build("fit", lab.pack(), &[&files[..], &much(&mut Random::new(2))].concat());
    let run = lab.verify_files(&[&empty, &clear, &fit], &Silent);
    let controls = run.negative_controls.unwrap();
    assert_eq!((run.outcome, controls.detected()), (Outcome::Passed, 7), "{controls:?}");
    assert!(controls.archive.unwrap().ends_with("fit"));
}

#[test]
fn a_lost_member_is_lost_with_its_long_name() {
    let mut lab = lab(2, &[Damage::LostMember]);
    for format in [Format::Gnu, Format::Pax] {
        let long = File::new(format!("{}.eml", "cartella/".repeat(20)), "content");
        let archive = Pack { format, ..lab.pack() }.build(&[long]).unwrap().encrypted;
        lab.policy.sample.seed = Some([1; 32]);
        let run = lab.verify(&archive);
        let controls = run.negative_controls.unwrap().controls;
        let found = Ending::Detected("manifest-member-missing");
        assert!(controls.iter().all(|control| control.ending == found), "{controls:?}");
    }
}

#[test]
fn the_same_seed_does_the_same_damage() {
    let mut lab = lab(7, &Damage::ALL);
    lab.policy.sample.seed = Some([7; 32]);
    let archive = lab.pack().build(&little(&mut Random::new(1))).unwrap().encrypted;
    let controls = || lab.verify(&archive).negative_controls.unwrap().controls;
    assert_eq!(controls(), controls());
    lab.policy.sample.seed = None;
    let seed = || lab.verify(&archive).negative_controls.unwrap().seed.unwrap().to_string();
    assert_ne!(seed(), seed(), "nobody knows beforehand where damage falls");
}
