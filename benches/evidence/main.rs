//! How long a chain of records takes to be checked: `cargo bench --bench evidence`.
//!
//! Makes a chain of signed records, as nightly runs leave them, and lets the tool and the script take turns.
//! Options behind `--`: `--records N` (10000), `--archives N` in each record (20), `--rounds N` (3).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use jiff::Timestamp;
use mailproof::event::Silent;
use mailproof::evidence::{Basis, Chain, Record, SigningKey};
use mailproof::policy::Policy;
use mailproof::secret::SecretFile;
use mailproof::verify::{self, Cancel, Job};
use mailproof::{archive, policy};

fn main() {
    let number = |name: &str, default: u64| {
        let mut words = std::env::args().skip_while(|word| word != name).skip(1);
        words.next().map_or(default, |word| word.parse().unwrap())
    };
    let (records, archives) = (number("--records", 10_000), number("--archives", 20));
    let work = if Path::new("/dev/shm").is_dir() { "/dev/shm".into() } else { std::env::temp_dir() };
    let work = tempfile::tempdir_in(work).unwrap();
    let folder = work.path().join("records");
    let began = Instant::now();
    make(work.path(), &folder, records, archives);
    let bytes: u64 =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    println!("{records} records, {bytes} bytes, made in {:.2} s", began.elapsed().as_secs_f64());
    for _ in 0..number("--rounds", 3) {
        timed(
            "mailproof evidence verify",
            Command::new(env!("CARGO_BIN_EXE_mailproof")).args(["evidence", "verify"]).arg(&folder),
        );
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/verify-evidence.py");
    timed("python3 docs/verify-evidence.py", Command::new("python3").arg(script).arg(&folder));
}

fn timed(name: &str, command: &mut Command) {
    let began = Instant::now();
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
            println!("{name}: {:.2} s", began.elapsed().as_secs_f64());
        }
        Err(error) => println!("{name}: left out, {error}"),
    }
}

/// A chain of records of runs that found so many archives missing, which makes them about as large as real ones.
fn make(work: &Path, folder: &Path, records: u64, archives: u64) {
    let chain = Chain::new(folder.to_owned(), Some(key(work)));
    let policy = Policy::default();
    let keyring = archive::decrypt::Keyring::load(&policy::Keys::default(), None).unwrap();
    let (runtime, cancel) = (tokio::runtime::Runtime::new().unwrap(), Cancel::default());
    let job =
        Job { policy: &policy, keyring: &keyring, runtime: runtime.handle(), cancel: &cancel, live: None };
    let names: Vec<String> = (0..archives)
        .map(|number| {
            let path = work.join(format!("user{number}@example.org.tar.zst.age"));
            fs::write(&path, "no archive").unwrap();
            path.display().to_string()
        })
        .collect();
    let selection = runtime.block_on(verify::named(&names, &policy::Store::default(), None)).unwrap();
    let run = verify::run(&job, selection, &Silent);
    for _ in 0..records {
        let mut record = Record::of_verification(&run, &Basis::of(&policy));
        record.finished = Timestamp::now().to_string();
        chain.append(record).unwrap();
    }
}

fn key(work: &Path) -> SigningKey {
    use std::os::unix::fs::OpenOptionsExt;
    let path = work.join("key");
    let text = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n-----END PRIVATE KEY-----\n";
    let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&path).unwrap();
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    SigningKey::load(&SecretFile::find(&path, None)).unwrap()
}
