//! Synthetic mail with sizes and compressibility like real mail: text compresses to about a third, attachments to three quarters.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// A small generator of numbers (xorshift64*), so that every run packs the same bytes.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit
    }

    /// Log-normal with a median of 20 KiB, between 1.5 KiB and 20 MiB.
    fn message_size(&mut self) -> usize {
        let unit = |bits: u64| (bits >> 11) as f64 / (1_u64 << 53) as f64;
        let (first, second) = (unit(self.next()).max(1e-12), unit(self.next()));
        let normal = (-2.0 * first.ln()).sqrt() * (std::f64::consts::TAU * second).cos();
        (20_480.0 * (1.72 * normal).exp()).clamp(1_536.0, 20_971_520.0) as usize
    }
}

/// Writes `messages` messages, each with a small metadata file, and returns the folder.
pub fn make(folder: &Path, messages: u64) -> PathBuf {
    let mut numbers = Numbers(0x6D61_696C_7072_6F6F);
    let words = words(&mut numbers);
    for index in 0..messages {
        let below = folder.join(format!("folder-{:03}", index / 500));
        fs::create_dir_all(&below).unwrap();
        let size = numbers.message_size();
        fs::write(below.join(format!("{index:010}-message.eml")), message(&mut numbers, &words, size))
            .unwrap();
        let metadata = format!("{{\"id\":{index},\"size\":{size},\"digest\":\"{:016x}\"}}\n", numbers.next());
        fs::write(below.join(format!("{index:010}-message.eml.meta")), metadata).unwrap();
    }
    folder.to_owned()
}

fn words(numbers: &mut Numbers) -> Vec<String> {
    let letter = |numbers: &mut Numbers| char::from(b"etaoinshrdlcumwfgypbvk"[numbers.below(22) as usize]);
    (0..4_000).map(|_| (0..2 + numbers.below(8)).map(|_| letter(numbers)).collect()).collect()
}

fn message(numbers: &mut Numbers, words: &[String], size: usize) -> Vec<u8> {
    let mut bytes =
        format!("From: a{}@example.org\r\nTo: b@example.org\r\n\r\n", numbers.below(300)).into_bytes();
    let text = size.min(4_000 + size / 8);
    while bytes.len() < text {
        // Squaring makes some words frequent, as in a language.
        let place = numbers.below(64) * numbers.below(63);
        bytes.extend_from_slice(words[place as usize].as_bytes());
        bytes.push(b' ');
    }
    attachment(numbers, &mut bytes, size);
    bytes
}

fn attachment(numbers: &mut Numbers, bytes: &mut Vec<u8>, size: usize) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while bytes.len() < size {
        for _ in 0..8 {
            let mut bits = numbers.next();
            for _ in 0..9 {
                bytes.push(ALPHABET[(bits & 63) as usize]);
                bits >>= 6;
            }
        }
        bytes.extend_from_slice(b"\r\n");
    }
}

/// Bytes of all files below a folder.
pub fn bytes_below(folder: &Path) -> u64 {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            if metadata.is_dir() { bytes_below(&entry.path()) } else { metadata.len() }
        })
        .sum()
}

/// An archive of many small members, made in this process; the key is the one in the work folder.
pub fn tiny(work: &Path, members: u64) -> PathBuf {
    let key: age::x25519::Identity = fs::read_to_string(work.join("key.txt"))
        .unwrap()
        .lines()
        .find(|line| !line.starts_with('#'))
        .unwrap()
        .parse()
        .unwrap();
    let path = work.join("tiny.tar.zst.age");
    let recipient = key.to_public();
    let encryptor = age::Encryptor::with_recipients(std::iter::once(&recipient as _)).unwrap();
    let output = encryptor.wrap_output(BufWriter::new(File::create(&path).unwrap())).unwrap();
    let mut tar = tar::Builder::new(zstd::Encoder::new(output, 3).unwrap());
    append(&mut tar, "MANIFEST.b3", &tiny_manifest(members));
    for index in 0..members {
        append(&mut tar, &tiny_name(index), &tiny_body(index));
    }
    let mut output = tar.into_inner().unwrap().finish().unwrap().finish().unwrap();
    output.flush().unwrap();
    path
}

fn tiny_name(index: u64) -> String {
    format!("store/{:03}/msg/{:03}/{index}-{}.msg", index / 40_000, index / 1000 % 40, index * 7)
}

fn tiny_body(index: u64) -> Vec<u8> {
    let mut numbers = Numbers(index + 1);
    let mut body = Vec::with_capacity(700);
    attachment(&mut numbers, &mut body, 600);
    body.truncate(600);
    body
}

fn tiny_manifest(members: u64) -> Vec<u8> {
    let mut manifest = Vec::new();
    for index in 0..members {
        let hash = blake3::hash(&tiny_body(index));
        writeln!(manifest, "{hash}  {}", tiny_name(index)).unwrap();
    }
    manifest
}

fn append<W: Write>(tar: &mut tar::Builder<W>, name: &str, body: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(body.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    tar.append_data(&mut header, name, body).unwrap();
}
