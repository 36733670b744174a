//! Records as evidence: what was altered is found, whoever looks and with whatever program.

mod appending;
mod authority;
mod bucket;
mod command;
mod depot;
mod foreign;
mod forged;
mod mute;
mod scripted;
mod servers;
mod stamping;
mod tampering;
mod upload;

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use mailproof::evidence::check::{self, Broken, Check, Question};
use mailproof::evidence::{Basis, Chain, Kept, PublicKey, Record, SigningKey};
use mailproof::policy::Policy;
use mailproof::secret::SecretFile;
use mailproof::verdict::{Coverage, Findings, Outcome, Rung, Unit};
use mailproof::verify::RunResult;

use crate::support;

/// The file of a key that is always the same, as `openssl genpkey -algorithm ed25519` writes it (RFC 8410).
pub fn key_file(folder: &Path, number: u8) -> PathBuf {
    let path = folder.join(format!("key-{number}.pem"));
    if !path.exists() {
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        let body = STANDARD.encode([&head[..], &[number; 32]].concat());
        let text = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        support::secret_file(folder, path.file_name().unwrap().to_str().unwrap(), &text);
    }
    path
}

pub fn key(number: u8) -> SigningKey {
    let folder = support::folder();
    SigningKey::load(&SecretFile::find(&key_file(folder.path(), number), None)).unwrap()
}

pub fn public(number: u8) -> PublicKey {
    key(number).public().clone()
}

/// A file `allowed_signers` with these keys.
pub fn allowed_signers(folder: &Path, keys: &[u8]) -> PathBuf {
    let path = folder.join("allowed_signers");
    let lines: String = keys.iter().map(|key| format!("mailproof {}\n", public(*key).openssh())).collect();
    fs::write(&path, lines).unwrap();
    path
}

/// The record of a run that found nothing to do.
fn record() -> Record {
    let now = Timestamp::now();
    let run = RunResult {
        started: now,
        finished: now,
        required: Rung::Complete,
        outcome: Outcome::Passed,
        exit_code: 0,
        coverage: Coverage { checked: 1, total: Some(1), unit: Unit::Archives },
        archives: Vec::new(),
        findings: Findings::default(),
        troubles: Vec::new(),
        negative_controls: None,
        retries: 0,
        interrupted: false,
    };
    Record::of_verification(&run, &Basis::of(&Policy::default()))
}

fn hand_over(to: u8) -> Record {
    Record::of_hand_over(&public(to), Timestamp::now(), &Basis::of(&Policy::default()))
}

/// Appends so many records by this key.
fn append(folder: &Path, key: Option<SigningKey>, count: u64) -> Vec<Kept> {
    let chain = Chain::new(folder.to_owned(), key);
    (0..count).map(|_| chain.append(record()).unwrap()).collect()
}

fn file(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:09}.json"))
}

fn signature(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:09}.json.sig"))
}

fn stamp(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:09}.json.tsr"))
}

fn trusting(keys: &[u8]) -> Question {
    Question { trust: Some(keys.iter().map(|key| public(*key)).collect()), ..Question::default() }
}

fn checked(folder: &Path, question: &Question) -> Check {
    check::check(folder, question).unwrap()
}

/// The number and the reason of the first record that does not hold.
fn first(check: &Check) -> Option<(u64, &'static str)> {
    check.first_broken.as_ref().map(|Broken { record, reason, .. }| (*record, reason.as_str()))
}
