//! Nothing that was damaged passes, whatever the damage: random changes to each layer of an archive.
//!
//! A failure names its seed; `MAILPROOF_SEED=… cargo test --test suite promises::damage` makes the same damage again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use age::x25519::Identity;
use mailproof::archive::decrypt::Keyring;
use mailproof::demo::mailbox::Random;
use mailproof::demo::pack::{Compression, File, Format, Manifest, Pack};
use mailproof::event::{Observer, Silent};
use mailproof::policy::{Policy, Store};
use mailproof::verdict::Outcome;
use mailproof::verify::{self, Cancel, Job, RunResult};
use secrecy::ExposeSecret;
use tempfile::TempDir;

use crate::support;

/// A run takes milliseconds; one that takes this long hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// A verifier in this process, and a file to verify.
pub struct Lab {
    identity: Identity,
    pub policy: Policy,
    archive: PathBuf,
    runtime: tokio::runtime::Runtime,
    _folder: TempDir,
}

impl Lab {
    pub fn new() -> Self {
        let (identity, folder) = (Identity::generate(), support::folder());
        let mut policy = Policy::default();
        policy.run.reread = false;
        policy.keys.identities =
            vec![support::secret_file(folder.path(), "key.txt", identity.to_string().expose_secret())];
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { identity, policy, archive: folder.path().join("archive"), runtime, _folder: folder }
    }

    pub fn pack(&self) -> Pack {
        Pack::new(vec![self.identity.to_public()])
    }

    pub fn verify(&self, archive: &[u8]) -> RunResult {
        fs::write(&self.archive, archive).unwrap();
        self.verify_files(&[&self.archive], &Silent)
    }

    /// Verifies what lies there.
    pub fn verify_files(&self, files: &[&Path], observer: &dyn Observer) -> RunResult {
        let keyring = Keyring::load(&self.policy.keys, None).unwrap();
        let (cancel, handle) = (Cancel::default(), self.runtime.handle());
        let addresses: Vec<_> = files.iter().map(|file| file.to_str().unwrap().to_owned()).collect();
        let selection = handle.block_on(verify::named(&addresses, &Store::default(), None)).unwrap();
        let job =
            Job { policy: &self.policy, keyring: &keyring, runtime: handle, cancel: &cancel, live: None };
        verify::run(&job, selection, observer)
    }

    /// Verifies on a thread of its own; an error is a hang or a panic.
    fn verify_in_time(self: &Arc<Self>, archive: Vec<u8>) -> Result<RunResult, mpsc::RecvTimeoutError> {
        let (lab, (told, result)) = (Arc::clone(self), mpsc::channel());
        thread::spawn(move || {
            // Nobody listens any more if this comes too late.
            let _ = told.send(lab.verify(&archive));
        });
        result.recv_timeout(DEADLINE)
    }
}

/// Files of a few hundred kB, so that there are several chunks of age and blocks of zstd.
pub fn much(random: &mut Random) -> Vec<File> {
    let sizes = [90_000, 0, 700, 120_000, 5];
    let file = |(number, size)| File::new(format!("full/{number}.tgz"), random.bytes(size));
    let mut files: Vec<_> = sizes.into_iter().enumerate().map(file).collect();
    files.push(File::new("words", "the same words again and again\n".repeat(5000)));
    files
}

/// Small files, so that headers are a good part of the tar.
pub fn little(random: &mut Random) -> Vec<File> {
    let long = format!("Archivio storico/{}/message.eml", "cartella ".repeat(15));
    let names =
        ["a/b", "sessions.txt", long.as_str(), "Inbox/0000000257-x.eml", "Inbox/0000000257-x.eml.meta"];
    names.map(|name| File::new(name, random.bytes(name.len() * 9))).to_vec()
}

// ---- damage

/// One change of a few bytes.
#[derive(Debug, Clone)]
enum Change {
    Flip { at: usize, mask: u8 },
    Cut { at: usize, length: usize },
    End { at: usize },
    Insert { at: usize, bytes: Vec<u8> },
    Swap { one: usize, other: usize, length: usize },
    Repeat { at: usize, length: usize },
}

fn index(random: &mut Random, below: usize) -> usize {
    usize::try_from(random.below(below.max(1) as u64)).unwrap()
}

/// Draws a change; half of them keep to multiples of `unit`, so that whole parts go or change places.
fn draw(random: &mut Random, size: usize, unit: usize) -> Change {
    let step = if random.below(2) == 0 { unit } else { 1 };
    let at = index(random, size / step) * step;
    let length = match index(random, 3) {
        0 => 1,
        1 => step,
        _ => step * (1 + index(random, 5)),
    };
    let length = length.min(size - at);
    match index(random, 8) {
        0 => Change::Cut { at, length },
        1 => Change::End { at },
        2 => Change::Insert { at, bytes: random.bytes(length.min(2000)) },
        3 => Change::Insert { at, bytes: vec![0; length.min(2000)] },
        4 => Change::Swap { one: at, other: index(random, (size - length) / step) * step, length },
        5 => Change::Repeat { at, length },
        _ => Change::Flip { at, mask: 1 << index(random, 8) },
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let end = |at: &usize| (*at).min(bytes.len());
        match self {
            Self::Flip { at, mask } => bytes.iter_mut().skip(*at).take(1).for_each(|byte| *byte ^= mask),
            Self::Cut { at, length } => drop(bytes.drain(end(at)..end(&(at + length)))),
            Self::End { at } => bytes.truncate(*at),
            Self::Insert { at, bytes: more } => {
                let at = end(at);
                bytes.splice(at..at, more.iter().copied()).for_each(drop);
            }
            Self::Swap { one, other, length } => swap(bytes, *one, *other, *length),
            Self::Repeat { at, length } => {
                let part = bytes[end(at)..end(&(at + length))].to_vec();
                let at = end(at);
                bytes.splice(at..at, part).for_each(drop);
            }
        }
    }
}

fn swap(bytes: &mut [u8], one: usize, other: usize, length: usize) {
    for offset in 0..length {
        if one.max(other) + offset < bytes.len() {
            bytes.swap(one + offset, other + offset);
        }
    }
}

/// Damages a copy in one to three places, so that it differs.
fn damaged(random: &mut Random, sound: &[u8], unit: usize) -> (Vec<Change>, Vec<u8>) {
    loop {
        let places = 1 + index(random, 3);
        let changes: Vec<_> = (0..places).map(|_| draw(random, sound.len(), unit)).collect();
        let mut bytes = sound.to_vec();
        changes.iter().for_each(|change| change.apply(&mut bytes));
        if bytes != sound {
            return (changes, bytes);
        }
    }
}

// ---- the promise

fn seed() -> u64 {
    match std::env::var("MAILPROOF_SEED") {
        Ok(seed) => seed.parse().expect("MAILPROOF_SEED is a number"),
        Err(_) => u64::try_from(jiff::Timestamp::now().as_microsecond()).unwrap(),
    }
}

/// Verifies so many archives that `make` damages; those that pass must be `harmless`. Gives how many passed.
fn hold(
    cases: u64,
    lab: &Arc<Lab>,
    mut make: impl FnMut(&mut Random) -> (Vec<Change>, Vec<u8>),
    seal: impl Fn(&[u8]) -> Vec<u8>,
    harmless: impl Fn(&[u8]) -> bool,
) -> u64 {
    let seed = seed();
    let mut passed = 0;
    for case in 0..cases {
        let (changes, layer) = make(&mut Random::new(seed.wrapping_add(case)));
        let again = format!("case {case}, MAILPROOF_SEED={seed}, {changes:?}");
        let run = lab.verify_in_time(seal(&layer)).unwrap_or_else(|why| panic!("{why}: {again}"));
        let archive = &run.archives[0];
        let internal = archive.troubles.iter().find(|trouble| trouble.internal);
        assert!(internal.is_none(), "{internal:?}: {again}");
        if run.outcome == Outcome::Passed {
            passed += 1;
            assert!(harmless(&layer), "damage passed: {again}");
        } else {
            let said = !archive.findings.is_empty() || !archive.troubles.is_empty();
            assert!(said || !archive.coverage.reaches(100), "nobody knows why: {again}, {archive:?}");
        }
    }
    passed
}

/// Bytes of a whole chunk of age with its tag.
const CHUNK: usize = (64 << 10) + 16;

/// Damages an encrypted archive of `files` in so many ways, none of which may pass.
fn hold_encrypted(cases: u64, files: &[File]) {
    let lab = Arc::new(Lab::new());
    let sound = lab.pack().build(files).unwrap().encrypted;
    assert_eq!(lab.verify(&sound).outcome, Outcome::Passed);
    let passed = hold(cases, &lab, |random| damaged(random, &sound, CHUNK), <[u8]>::to_vec, |_| false);
    assert_eq!(passed, 0);
}

#[test]
fn no_damage_of_the_encrypted_archive_passes() {
    hold_encrypted(300, &little(&mut Random::new(1)));
    // To say why a whole chunk does not open takes a second.
    hold_encrypted(10, &much(&mut Random::new(1)));
}

#[test]
#[ignore = "takes minutes: tests/run runs it"]
fn no_damage_of_many_encrypted_chunks_passes() {
    hold_encrypted(100, &much(&mut Random::new(1)));
}

#[test]
fn damage_below_the_encryption_passes_only_if_the_tar_is_the_same() {
    let lab = Arc::new(Lab::new());
    for (compression, manifest) in [
        (Compression::Zstd { level: 3, frame: None, checksum: true }, Manifest::Last),
        (Compression::Zstd { level: 1, frame: Some(50_000), checksum: false }, Manifest::First),
        (Compression::Gzip(6), Manifest::Last),
    ] {
        let pack = Pack { compression, manifest, ..lab.pack() };
        let files = much(&mut Random::new(2));
        let layers = pack.build(&files).unwrap();
        assert_eq!(lab.verify(&layers.encrypted).outcome, Outcome::Passed);
        hold(
            120,
            &lab,
            |random| damaged(random, &layers.compressed, 1 << 14),
            |compressed| pack.encrypt(compressed).unwrap(),
            |compressed| decompressed(compressed).is_some_and(|tar| holds(&tar, &files)),
        );
    }
}

#[test]
fn damage_of_the_tar_passes_only_if_it_yields_the_same_files() {
    let lab = Arc::new(Lab::new());
    let mut passed = 0;
    for (format, manifest) in
        [(Format::Gnu, Manifest::Last), (Format::Pax, Manifest::Last), (Format::Gnu, Manifest::First)]
    {
        let pack = Pack { format, manifest, ..lab.pack() };
        let files = little(&mut Random::new(3));
        let layers = pack.build(&files).unwrap();
        assert_eq!(lab.verify(&layers.encrypted).outcome, Outcome::Passed);
        let make = |random: &mut Random| {
            let (changes, mut tar) = damaged(random, &layers.tar, 512);
            if random.below(2) == 0 {
                repair_checksums(&mut tar);
            }
            (changes, tar)
        };
        let seal = |tar: &[u8]| pack.seal(tar.to_vec()).unwrap().encrypted;
        passed += hold(250, &lab, make, seal, |tar| holds(tar, &files));
    }
    assert!(passed > 0, "some damage is harmless, such as another time of change");
}

/// Makes the checksum of every block that looks like a header fit, so that damage reaches what stands behind it.
fn repair_checksums(tar: &mut [u8]) {
    for block in tar.chunks_exact_mut(512).filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

/// The decompressed layer, as the reference programs see it.
fn decompressed(compressed: &[u8]) -> Option<Vec<u8>> {
    if compressed.starts_with(&[0x1f, 0x8b]) {
        let mut tar = Vec::new();
        flate2::read::MultiGzDecoder::new(compressed).read_to_end(&mut tar).ok()?;
        return Some(tar);
    }
    zstd::decode_all(compressed).ok()
}

/// Whether a reader that is not ours finds exactly `files`, beside the manifest. The crate `tar` takes a long name of GNU tar for
/// one only where the header's magic says GNU to the last byte; GNU tar itself does not mind, and neither do we.
fn holds(tar: &[u8], files: &[File]) -> bool {
    let expected: BTreeMap<_, _> =
        files.iter().map(|file| (file.name.clone().into_bytes(), file.content.clone())).collect();
    let finds = |found: Option<BTreeMap<Vec<u8>, Vec<u8>>>| {
        found.is_some_and(|mut found| {
            found.remove(b"MANIFEST.b3".as_slice());
            found == expected
        })
    };
    finds(unpacked(tar)) || finds(unpacked_by_gnu_tar(tar))
}

/// What GNU tar brings to the disk without a complaint.
fn unpacked_by_gnu_tar(tar: &[u8]) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let folder = support::folder();
    let (archive, root) = (folder.path().join("a.tar"), folder.path().join("root"));
    fs::write(&archive, tar).ok()?;
    fs::create_dir(&root).ok()?;
    let mut gnu_tar = Command::new("tar");
    let ended = gnu_tar.arg("-xf").arg(&archive).arg("-C").arg(&root).output().ok()?;
    let mut found = BTreeMap::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).ok()? {
            let path = entry.ok()?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).ok()?.as_os_str().as_encoded_bytes().to_vec();
                found.insert(name, fs::read(&path).ok()?);
            }
        }
    }
    ended.status.success().then_some(found)
}

fn unpacked(tar: &[u8]) -> Option<BTreeMap<Vec<u8>, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in tar::Archive::new(tar).entries().ok()? {
        let mut entry = entry.ok()?;
        let mut content = Vec::new();
        entry.read_to_end(&mut content).ok()?;
        if !entry.header().entry_type().is_dir() {
            found.insert(entry.path_bytes().into_owned(), content);
        }
    }
    Some(found)
}
