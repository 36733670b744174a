//! Throughput against what an administrator would do by hand, and against the fastest peer, in one run.
//!
//! `cargo bench --bench throughput` makes a synthetic corpus, packs it with the distribution's `tar`, `zstd` and `age`,
//! and lets the competitors take turns on the same archive. What is missing on the machine is left out and said so.
//! Options behind `--`: `--messages N` (16000), `--rounds N` (3), `--corpus DIR` (a folder of mail instead of the synthetic
//! one), `--work DIR` (a folder in memory is best; default `/dev/shm` where there is one).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::cast_possible_truncation, reason = "rounded quantities of a benchmark")]

mod corpus;
mod exports;
#[path = "../measure/mod.rs"]
mod measure;
mod shell;
mod stage;

use std::path::PathBuf;
use std::time::Instant;

use measure::{Row, megabytes, table, time};

const MAILPROOF: &str = env!("CARGO_BIN_EXE_mailproof");

struct Options {
    messages: u64,
    rounds: usize,
    corpus: Option<PathBuf>,
    work: PathBuf,
}

fn main() {
    let options = options();
    let work = tempfile::tempdir_in(&options.work).unwrap();
    println!("work folder {}", work.path().display());
    ordinary(&options, work.path());
    tiny(&options, work.path());
    accounts(&options, work.path());
}

fn options() -> Options {
    let memory = PathBuf::from("/dev/shm");
    let work = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let mut options = Options { messages: 16_000, rounds: 3, corpus: None, work };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--messages" => options.messages = words.next().unwrap().parse().unwrap(),
            "--rounds" => options.rounds = words.next().unwrap().parse().unwrap(),
            "--corpus" => options.corpus = words.next().map(PathBuf::from),
            "--work" => options.work = words.next().map(PathBuf::from).unwrap(),
            _ => {}
        }
    }
    options
}

/// An ordinary archive: `tar | zstd -3 | age`, one frame, manifest first.
fn ordinary(options: &Options, work: &std::path::Path) {
    let mail = options.corpus.clone().unwrap_or_else(|| corpus::make(&work.join("mail"), options.messages));
    let archive = shell::pack(&mail, work);
    let bytes = corpus::bytes_below(&mail);
    println!("{} of mail, archive {}", megabytes(bytes), megabytes(archive.metadata().unwrap().len()));
    let repository = shell::rustic_repository(&mail, work);
    let compressed = shell::decrypted(&archive, work);

    let mut rows = [
        Row::new("mailproof verify"),
        Row::new("age -d | zstd -dc | tar -x, b3sum --check"),
        Row::new("rustic check --read-data"),
        Row::new("zstd stage alone"),
    ];
    for _ in 0..options.rounds {
        rows[0].took(Some(time(|| shell::mailproof(MAILPROOF, &archive, work, "complete"))));
        rows[1].took(Some(time(|| shell::by_hand(&archive, work))));
        rows[2].took(repository.as_ref().map(|repository| time(|| shell::rustic_check(repository))));
        rows[3].took(Some(stage::decompress(&compressed)));
    }
    table(&rows, bytes);
}

/// A million members of 600 bytes.
fn tiny(options: &Options, work: &std::path::Path) {
    let members = 1_000_000;
    let archive = corpus::tiny(work, members);
    let mut row = Row::new("mailproof verify, 1,000,000 members of 600 B");
    let mut peak = 0;
    for _ in 0..options.rounds {
        let began = Instant::now();
        peak = shell::mailproof(MAILPROOF, &archive, work, "complete").max(peak);
        row.took(Some(began.elapsed()));
    }
    let median = row.median().unwrap();
    println!(
        "{:44} {:6.2} s  {:.2} µs each, peak {peak} KiB",
        row.name,
        median.as_secs_f64(),
        median.as_secs_f64()
    );
}

/// Exports of accounts: gunzip, a digest of every item, BLAKE3 of every member.
fn accounts(options: &Options, work: &std::path::Path) {
    let work = work.join("accounts");
    let messages = u32::try_from(options.messages / 8).unwrap();
    let (exports, bytes) = exports::make(&work.join("mail"), 12, messages);
    let archive = shell::pack(&exports, &work);
    println!(
        "{} of mail in 12 exports, archive {}",
        megabytes(bytes),
        megabytes(archive.metadata().unwrap().len())
    );
    let mut rows = [
        Row::new("mailproof verify --rung meaningful"),
        Row::new("… | tar -x, gzip -t, b3sum --check"),
        Row::new("mailproof verify --rung complete"),
    ];
    let mut peak = 0;
    for _ in 0..options.rounds {
        rows[0]
            .took(Some(time(|| peak = shell::mailproof(MAILPROOF, &archive, &work, "meaningful").max(peak))));
        rows[1].took(Some(time(|| shell::exports_by_hand(&archive, &work))));
        rows[2]
            .took(Some(time(|| peak = shell::mailproof(MAILPROOF, &archive, &work, "complete").max(peak))));
    }
    table(&rows, bytes);
    println!("peak {peak} KiB");
}
