//! The payload: chunks of 64 KiB, each with its tag, numbered, the last one marked (STREAM).

use aws_lc_rs::aead::{Aad, LessSafeKey, Nonce};

use super::armor::Ciphertext;
use super::diagnose::{Failed, diagnose};
use super::{BUFFER, Sender, Stop, give_up};
use crate::verdict::{Finding, Findings, kinds};

/// Bytes of a chunk.
pub(super) const PLAIN_CHUNK: usize = 64 << 10;
/// Bytes of a chunk's tag.
pub(super) const TAG: usize = 16;
/// Bytes of a chunk as stored.
pub(super) const CHUNK: usize = PLAIN_CHUNK + TAG;

/// Whether a chunk is marked as the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Others follow.
    Inner,
    /// It is the end.
    Last,
}

struct Payload<'a> {
    key: &'a LessSafeKey,
    output: &'a Sender<Vec<u8>>,
    buffer: Vec<u8>,
    filled: usize,
    counter: u64,
    /// Where the first chunk begins in the binary form.
    start: u64,
    plaintext: u64,
}

/// Decrypts all chunks of `source`, which begin `start` bytes into it; returns the bytes handed on.
pub(super) fn decrypt(
    key: &LessSafeKey,
    start: u64,
    source: &mut Ciphertext,
    output: &Sender<Vec<u8>>,
    findings: &mut Findings,
) -> Result<u64, Stop> {
    let mut payload = Payload { key, output, buffer: Vec::new(), filled: 0, counter: 0, start, plaintext: 0 };
    let result = payload.run(source, findings);
    // What is authenticated is handed on even if damage follows.
    let flushed = payload.flush();
    result.and(flushed)?;
    Ok(payload.plaintext)
}

impl Payload<'_> {
    fn run(&mut self, source: &mut Ciphertext, findings: &mut Findings) -> Result<(), Stop> {
        let mut carry = Vec::with_capacity(CHUNK);
        loop {
            let bytes = source.fill(findings)?;
            if bytes.is_empty() {
                return self.last(&carry, findings);
            }
            // Only a byte behind a chunk shows that it is not the last.
            if carry.len() == CHUNK {
                self.inner(&carry, findings)?;
                carry.clear();
            } else if carry.is_empty() && bytes.len() > CHUNK {
                self.inner(&bytes[..CHUNK], findings)?;
                source.advance(CHUNK);
            } else {
                let amount = bytes.len().min(CHUNK - carry.len());
                carry.extend_from_slice(&bytes[..amount]);
                source.advance(amount);
            }
        }
    }

    fn inner(&mut self, chunk: &[u8], findings: &mut Findings) -> Result<(), Stop> {
        if !self.open(chunk, Mark::Inner)? {
            return Err(give_up(findings, self.failed(chunk, false)));
        }
        self.counter += 1;
        Ok(())
    }

    fn last(&mut self, chunk: &[u8], findings: &mut Findings) -> Result<(), Stop> {
        if !self.open(chunk, Mark::Last)? {
            return Err(give_up(findings, self.failed(chunk, true)));
        }
        if chunk.len() == TAG && self.counter > 0 {
            let finding = Finding::new(&kinds::AGE_CHUNK_CORRUPT, format!("age chunk {}", self.counter))
                .expected("an empty last chunk only in an empty file")
                .observed("an empty last chunk behind others");
            return Err(give_up(findings, finding));
        }
        Ok(())
    }

    fn failed(&self, chunk: &[u8], at_end: bool) -> Finding {
        let offset = self.start + self.counter * CHUNK as u64;
        diagnose(self.key, &Failed { counter: self.counter, offset, chunk, at_end })
    }

    /// Opens a chunk into the buffer; `false` if it does not authenticate.
    fn open(&mut self, chunk: &[u8], mark: Mark) -> Result<bool, Stop> {
        let length = chunk.len().saturating_sub(TAG);
        if self.filled + length > BUFFER {
            self.flush()?;
        }
        if self.buffer.is_empty() {
            self.buffer = self.output.spare().unwrap_or_default();
            // A recycled buffer has its full length again, so that nothing needs to be cleared.
            self.buffer.resize(BUFFER, 0);
        }
        let into = &mut self.buffer[self.filled..self.filled + length];
        let opened = open_chunk(self.key, self.counter, mark, chunk, into);
        if opened {
            self.filled += length;
            self.plaintext += length as u64;
        }
        Ok(opened)
    }

    fn flush(&mut self) -> Result<(), Stop> {
        if self.filled == 0 {
            return Ok(());
        }
        let mut full = std::mem::take(&mut self.buffer);
        full.truncate(self.filled);
        self.filled = 0;
        self.output.send(full)
    }
}

/// Opens `chunk`, ciphertext and tag, as number `counter` into `plain`, which is as long as the ciphertext.
pub(super) fn open_chunk(
    key: &LessSafeKey,
    counter: u64,
    mark: Mark,
    chunk: &[u8],
    plain: &mut [u8],
) -> bool {
    let Some((sealed, tag)) = chunk.split_last_chunk::<TAG>() else { return false };
    key.open_separate_gather(nonce(counter, mark), Aad::empty(), sealed, tag, plain).is_ok()
}

/// Eleven bytes of counter, big-endian, and one for the mark.
fn nonce(counter: u64, mark: Mark) -> Nonce {
    let mut bytes = [0; 12];
    bytes[3..11].copy_from_slice(&counter.to_be_bytes());
    bytes[11] = u8::from(mark == Mark::Last);
    Nonce::assume_unique_for_key(bytes)
}
