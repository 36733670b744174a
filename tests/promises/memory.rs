//! The memory of a run depends on the number of members, and not on the size of the archive.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use age::stream::StreamWriter;
use flate2::Compression;
use flate2::write::GzEncoder;
use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::digest_of;

use crate::program::{Bench, json};

/// Resident at most, in KiB.
const MOST: u64 = 256 << 10;

/// An archive that goes to a file as it is made.
struct Archive {
    tar: tar::Builder<zstd::Encoder<'static, StreamWriter<BufWriter<File>>>>,
    lines: String,
}

impl Archive {
    fn create(bench: &Bench, name: &str) -> (PathBuf, Self) {
        let path = bench.path(name);
        let recipient = bench.specimen.recipient();
        let recipients = std::iter::once(&recipient as &dyn age::Recipient);
        let file = BufWriter::with_capacity(1 << 20, File::create(&path).unwrap());
        let sealed = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(file).unwrap();
        let tar = tar::Builder::new(zstd::Encoder::new(sealed, 1).unwrap());
        (path, Self { tar, lines: String::new() })
    }

    fn append(&mut self, name: &str, size: u64, content: impl Read) {
        let mut header = tar::Header::new_ustar();
        header.set_size(size);
        header.set_mode(0o640);
        self.tar.append_data(&mut header, name, content).unwrap();
    }

    fn list(&mut self, name: &str, digest: blake3::Hash) {
        self.lines.push_str(&format!("{digest}  {name}\n"));
    }

    fn append_manifest(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        self.append("MANIFEST.b3", lines.len() as u64, lines.as_bytes());
    }

    fn finish(self) {
        let sealed = self.tar.into_inner().unwrap().finish().unwrap();
        sealed.finish().unwrap().into_inner().unwrap().sync_all().unwrap();
    }
}

/// The highest resident memory so far, in KiB; nothing once the process has ended.
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Verifies a file that must pass, and gives its result and the peak of its memory.
fn verified(bench: &Bench, path: &PathBuf, rung: &str) -> (serde_json::Value, u64) {
    let mut verify = bench.verify(&[]);
    verify.arg(path).args(["--rung", rung, "--format", "json"]).stdout(Stdio::piped());
    let mut child = verify.spawn().unwrap();
    let mut most = 0;
    // The kernel keeps the peak, but only as long as the process lives, and tells nobody when it grows.
    while child.try_wait().unwrap().is_none() {
        most = peak(&child).unwrap_or(0).max(most);
        thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let result = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(output.status.code(), Some(0), "{result:#}");
    fs::remove_file(path).unwrap();
    (result["archives"][0].clone(), most)
}

fn assert_small(what: &str, most: u64) {
    assert!(most > 0 && most < MOST, "{what}: {} MiB", most >> 10);
}

/// The same bytes again and again, beginning somewhere among them.
struct Cycle<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Read for Cycle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[self.at..];
        let amount = rest.len().min(buffer.len());
        buffer[..amount].copy_from_slice(&rest[..amount]);
        self.at = (self.at + amount) % self.bytes.len();
        Ok(amount)
    }
}

#[test]
#[ignore = "writes 2 GB to a disk: tests/run runs it"]
fn an_archive_of_2_gib_needs_little_memory() {
    const MEMBER: u64 = 64 << 20;
    let bench = Bench::new();
    let (path, mut archive) = Archive::create(&bench, "large");
    let noise = Random::new(5).bytes(9 << 20);
    let words = b"Buongiorno, in allegato la fattura del mese; cordiali saluti.\n".repeat(100_000);
    for number in 0..32 {
        let bytes: &[u8] = if number % 2 == 0 { &noise } else { &words };
        let content = || Cycle { bytes, at: number * 1013 % bytes.len() }.take(MEMBER);
        let name = format!("full/{number}.tgz");
        archive.append(&name, MEMBER, content());
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(content()).unwrap();
        archive.list(&name, hasher.finalize());
    }
    archive.append_manifest();
    archive.finish();
    let (result, most) = verified(&bench, &path, "complete");
    assert!(result["facts"]["unpacked_bytes"].as_u64().unwrap() >= 2 << 30);
    assert!(result["facts"]["stored_bytes"].as_u64().unwrap() >= 1 << 30);
    assert_small("2 GiB", most);
}

const MANY: u64 = 1_000_000;

fn small(number: u64) -> (String, String) {
    let content = format!("{:08x}", number.wrapping_mul(0x9e37_79b9) & 0xffff_ffff);
    (format!("store/{:04}/{number:07}.msg", number / 1000), content)
}

fn append_many(archive: &mut Archive) {
    for number in 0..MANY {
        let (name, content) = small(number);
        archive.append(&name, content.len() as u64, content.as_bytes());
    }
}

fn list_many(archive: &mut Archive, numbers: impl Iterator<Item = u64>) {
    for number in numbers {
        let (name, content) = small(number);
        archive.list(&name, blake3::hash(content.as_bytes()));
    }
}

#[test]
#[ignore = "takes half a minute: tests/run runs it"]
fn a_million_members_behind_their_manifest_need_little_memory() {
    let bench = Bench::new();
    let (path, mut archive) = Archive::create(&bench, "many");
    list_many(&mut archive, 0..MANY);
    archive.append_manifest();
    append_many(&mut archive);
    archive.finish();
    let (result, most) = verified(&bench, &path, "complete");
    assert_eq!(result["coverage"]["checked"], MANY);
    assert_small("a million members behind their manifest", most);
}

#[test]
#[ignore = "takes half a minute: tests/run runs it"]
fn a_million_members_before_a_shuffled_manifest_need_little_memory() {
    let bench = Bench::new();
    let (path, mut archive) = Archive::create(&bench, "many");
    append_many(&mut archive);
    // A factor without a divisor of the number of members visits each of them once, far from its neighbours.
    list_many(&mut archive, (0..MANY).map(|number| (number * 387_421 + 7) % MANY));
    archive.append_manifest();
    archive.finish();
    let (result, most) = verified(&bench, &path, "complete");
    assert_eq!(result["coverage"]["checked"], MANY);
    assert_small("a million members before a shuffled manifest", most);
}

/// Resident at most, in KiB, with a million items of one mailbox in memory.
const MOST_WITH_ITEMS: u64 = 400 << 10;

/// Writes an export of [`MANY`] messages to a file.
fn export(path: &PathBuf) {
    let file = BufWriter::new(File::create(path).unwrap());
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::fast()));
    let mut append = |name: &str, content: &str| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content.as_bytes()).unwrap();
    };
    let folder = |id: u64, parent: u64, path: &str, size: u64| {
        format!(
            r#"{{"id":{id},"type":1,"parent_id":{parent},"folder_id":{parent},"imap_id":-1,"date":0,"size":{size},"unread":0,"flags":0,"mod_metadata":1,"change_date":0,"mod_content":1,"Path":"{path}","metadata":"d1:vi10ee","Ver":10}}"#
        )
    };
    append("ROOT.meta", &folder(11, 11, "/", 0));
    append("USER_ROOT.meta", &folder(1, 11, "/", 0));
    for (id, name) in [(3, "Trash"), (4, "Junk"), (5, "Sent"), (6, "Drafts")] {
        append(&format!("{name}.meta"), &folder(id, 1, &format!("/{name}"), 0));
    }
    append("Inbox.meta", &folder(2, 1, "/Inbox", MANY));
    for id in 300..300 + MANY {
        let body = format!("Subject: {id}\r\n\r\nmail\r\n");
        let (size, digest) = (body.len(), digest_of(body.as_bytes(), false));
        let name = format!("Inbox/{id:010}-{id}.eml");
        let meta = format!(
            r#"{{"id":{id},"type":5,"parent_id":-{id},"folder_id":2,"imap_id":{id},"date":1700000000,"size":{size},"blob_digest":"{digest}","unread":0,"flags":0,"mod_metadata":{id},"change_date":1700000000,"mod_content":{id},"Path":"/Inbox/","metadata":"d1:vi10ee","Ver":10}}"#
        );
        append(&format!("{name}.meta"), &meta);
        append(&name, &body);
    }
    tar.into_inner().unwrap().finish().unwrap().into_inner().unwrap();
}

#[test]
#[ignore = "takes a minute: tests/run runs it"]
fn a_million_items_of_one_mailbox_need_little_memory() {
    let bench = Bench::new();
    let tgz = bench.path("anna@example.org.tgz");
    export(&tgz);
    let (path, mut archive) = Archive::create(&bench, "mailbox");
    let name = "exports/anna@example.org.tgz";
    archive.append(name, tgz.metadata().unwrap().len(), File::open(&tgz).unwrap());
    archive.list(name, blake3::Hasher::new().update_reader(File::open(&tgz).unwrap()).unwrap().finalize());
    archive.append_manifest();
    archive.finish();
    fs::remove_file(&tgz).unwrap();
    let (result, most) = verified(&bench, &path, "meaningful");
    assert_eq!(result["items"]["checked"], MANY, "{result:#}");
    assert!(most > 0 && most < MOST_WITH_ITEMS, "{} MiB", most >> 10);
}

/// Bodies of a MiB each in the export that is restored.
const LARGE: u32 = 400;

/// Writes an export of [`LARGE`] messages to a file.
fn large_export(path: &PathBuf) {
    let noise = Random::new(9).bytes(1 << 20);
    let file = BufWriter::new(File::create(path).unwrap());
    let mut tar = tar::Builder::new(GzEncoder::new(file, Compression::none()));
    let mut append = |name: &str, content: &[u8]| {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content).unwrap();
    };
    for id in 300..300 + LARGE {
        let body = [format!("Subject: {id}\r\n\r\n").as_bytes(), &noise].concat();
        let (size, digest) = (body.len(), digest_of(&body, false));
        let name = format!("Inbox/{id:010}-{id}.eml");
        let meta = format!(
            r#"{{"id":{id},"type":5,"parent_id":-{id},"folder_id":2,"imap_id":{id},"date":1700000000,"size":{size},"blob_digest":"{digest}","unread":0,"flags":0,"mod_metadata":{id},"change_date":1700000000,"mod_content":{id},"Path":"/Inbox/","metadata":"d1:vi10ee","Ver":10}}"#
        );
        append(&format!("{name}.meta"), meta.as_bytes());
        append(&name, &body);
    }
    tar.into_inner().unwrap().finish().unwrap().into_inner().unwrap();
}

#[test]
#[ignore = "writes 1.6 GB to a disk: tests/run runs it"]
fn a_restore_of_400_mib_needs_little_memory() {
    let bench = Bench::new();
    let tgz = bench.path("anna@example.org.tgz");
    large_export(&tgz);
    for to in ["anna", "anna.tgz"] {
        let mut restore = bench.command("restore");
        restore.arg(&tgz).args(["--account", "anna@example.org", "--format", "json", "--to", to]);
        let mut child = restore.stdout(Stdio::piped()).spawn().unwrap();
        let mut most = 0;
        while child.try_wait().unwrap().is_none() {
            most = peak(&child).unwrap_or(0).max(most);
            thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().unwrap();
        let report = json(&String::from_utf8(output.stdout).unwrap());
        assert_eq!(report["restored"], LARGE, "{report:#}");
        assert_small(to, most);
    }
}
