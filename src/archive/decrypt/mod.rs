//! age (age-encryption.org/v1): ciphertext in, authenticated plaintext out.
//!
//! Input: the bytes of an object. Output: its plaintext, or the same bytes where nothing is encrypted.
//! Invariants: no byte leaves before its chunk is authenticated; only an authenticated last chunk is
//! an end; no key and no passphrase appears in any message.

mod armor;
mod diagnose;
mod error;
mod header;
mod identity;
mod keyring;
mod payload;

use std::ops::Range;

use bytes::Bytes;

pub use error::OpenError;
pub use keyring::{Held, Keyring};

use super::pipe::{PipeReader, Sender, Stop};
use crate::verdict::{Finding, Findings};
use armor::Ciphertext;

/// Bytes of one output buffer: four chunks.
const BUFFER: usize = 4 * payload::PLAIN_CHUNK;

/// How a file in the binary form begins.
const MAGIC: &[u8; 19] = b"age-encryption.org/";
/// How a file in the armored form begins, as far as [`MAGIC`] is long.
const ARMOR_MAGIC: &[u8; 19] = b"-----BEGIN AGE ENCR";

/// How an object is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encryption {
    /// It is not, or not with age.
    None,
    /// With age.
    Age {
        /// As text (PEM) instead of binary.
        armored: bool,
        /// The kind of each recipient in the order of the header (`X25519`, `scrypt`, `ssh-ed25519`).
        recipients: Vec<String>,
    },
}

/// What the stage did, once it reached the authenticated end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decrypted {
    /// How the object was encrypted.
    pub encryption: Encryption,
    /// Bytes read.
    pub stored: u64,
    /// Bytes handed on.
    pub plaintext: u64,
    /// Bytes before the first authenticated chunk, in the binary form; 0 where nothing is encrypted.
    pub header: u64,
}

impl Decrypted {
    /// Where in an object of `size` bytes the chunks lie, each byte of which age vouches for; absent where nothing is encrypted.
    /// Of armor a line at its beginning and the last one may be left out.
    #[must_use]
    pub fn payload(&self, size: u64) -> Option<Range<u64>> {
        match self.encryption {
            Encryption::None => None,
            Encryption::Age { armored: false, .. } => Some(self.header..size),
            Encryption::Age { armored: true, .. } => Some(armor::payload(self.header, size)),
        }
    }
}

/// Decrypts `input` into `output`; what is not age passes unchanged, for the caller to judge.
///
/// # Errors
/// [`Stop::Finding`] behind a finding about damage, [`Stop::Error`] with an [`OpenError`] if the keys at
/// hand don't open it. What was authenticated before has been handed on by then.
pub fn run(
    mut input: PipeReader<Bytes>,
    output: &Sender<Vec<u8>>,
    keyring: &Keyring,
    findings: &mut Findings,
) -> Result<Decrypted, Stop> {
    let mut start = [0; MAGIC.len()];
    let length = input.read_full(&mut start)?;
    let source = match &start {
        MAGIC => Ciphertext::binary(input),
        ARMOR_MAGIC => Ciphertext::armored(input, &start),
        _ => return pass_through(input, &start[..length], output),
    };
    decrypt(source, output, keyring, findings)
}

fn decrypt(
    mut source: Ciphertext,
    output: &Sender<Vec<u8>>,
    keyring: &Keyring,
    findings: &mut Findings,
) -> Result<Decrypted, Stop> {
    let start: &[u8] = if source.is_armored() { &[] } else { MAGIC };
    let header = header::read(start, &mut source, findings)?;
    let opened = header::open(&header, keyring, findings)?;
    let plaintext = payload::decrypt(&opened.key, header.length(), &mut source, output, findings)?;
    let encryption = Encryption::Age { armored: source.is_armored(), recipients: opened.recipients };
    Ok(Decrypted { encryption, stored: source.stored(), plaintext, header: header.length() })
}

/// Copies: to hand the network's own segments on would starve the pool of output buffers.
fn pass_through(
    mut input: PipeReader<Bytes>,
    start: &[u8],
    output: &Sender<Vec<u8>>,
) -> Result<Decrypted, Stop> {
    let mut buffer = output.spare().unwrap_or_default();
    buffer.clear();
    buffer.extend_from_slice(start);
    loop {
        let bytes = input.fill()?;
        if bytes.is_empty() {
            break;
        }
        let amount = bytes.len().min(BUFFER - buffer.len());
        buffer.extend_from_slice(&bytes[..amount]);
        input.advance(amount);
        if buffer.len() == BUFFER {
            output.send(std::mem::replace(&mut buffer, output.spare().unwrap_or_default()))?;
            buffer.clear();
        }
    }
    if !buffer.is_empty() {
        output.send(buffer)?;
    }
    let passed = input.position();
    Ok(Decrypted { encryption: Encryption::None, stored: passed, plaintext: passed, header: 0 })
}

/// Notes a finding behind which nothing can be read.
fn give_up(findings: &mut Findings, finding: Finding) -> Stop {
    findings.push(finding);
    Stop::Finding
}

#[cfg(test)]
mod tests;
