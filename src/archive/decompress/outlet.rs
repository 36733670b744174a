//! What leaves the stage: large recycled buffers, counted against the limits.

use super::{Finding, Findings, Limits, Sender, Stop, kinds};

/// Bytes of one output buffer.
const BUFFER: usize = 512 << 10;
/// Output up to this many bytes is never called a bomb: small archives of zeros are honest.
pub(in crate::archive) const RATIO_FREE: u64 = 64 << 20;

pub(super) struct Outlet<'a> {
    output: &'a Sender<Vec<u8>>,
    limits: &'a Limits,
    buffer: Vec<u8>,
    unpacked: u64,
}

impl<'a> Outlet<'a> {
    pub(super) fn new(output: &'a Sender<Vec<u8>>, limits: &'a Limits) -> Self {
        Self { output, limits, buffer: Vec::new(), unpacked: 0 }
    }

    pub(super) fn limits(&self) -> &Limits {
        self.limits
    }

    /// Bytes that came out so far.
    pub(super) fn unpacked(&self) -> u64 {
        self.unpacked
    }

    /// A buffer with spare capacity, to be appended to within that capacity.
    pub(super) fn room(&mut self) -> Result<&mut Vec<u8>, Stop> {
        if self.buffer.len() >= BUFFER {
            self.flush()?;
        }
        if self.buffer.is_empty() {
            self.buffer = self.output.spare().unwrap_or_default();
            self.buffer.clear();
            self.buffer.reserve(BUFFER);
        }
        Ok(&mut self.buffer)
    }

    /// Counts bytes that were appended when `packed` bytes had been read, and holds them to the limits.
    pub(super) fn count(&mut self, added: usize, packed: u64, findings: &mut Findings) -> Result<(), Stop> {
        self.unpacked = self.unpacked.saturating_add(added as u64);
        let most = self.limits.unpacked_size.0;
        if self.unpacked > most {
            let finding = Finding::new(&kinds::LIMIT_UNPACKED_SIZE, "archive")
                .expected(format!("at most {most} bytes unpacked"))
                .observed(format!("more, out of {packed} bytes read so far"));
            return Err(self.give_up(findings, finding));
        }
        if self.unpacked > RATIO_FREE && self.unpacked > packed.saturating_mul(self.limits.ratio) {
            let finding = Finding::new(&kinds::LIMIT_RATIO, "archive")
                .expected(format!("at most {} times the bytes read", self.limits.ratio))
                .observed(format!("{} bytes unpacked out of {packed}", self.unpacked));
            return Err(self.give_up(findings, finding));
        }
        Ok(())
    }

    /// Appends `bytes`, which came when `packed` bytes had been read.
    pub(super) fn write(
        &mut self,
        mut bytes: &[u8],
        packed: u64,
        findings: &mut Findings,
    ) -> Result<(), Stop> {
        while !bytes.is_empty() {
            let buffer = self.room()?;
            let amount = bytes.len().min(BUFFER - buffer.len());
            buffer.extend_from_slice(&bytes[..amount]);
            self.count(amount, packed, findings)?;
            bytes = &bytes[amount..];
        }
        Ok(())
    }

    /// Hands on what is there.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        if self.buffer.is_empty() { Ok(()) } else { self.output.send(std::mem::take(&mut self.buffer)) }
    }

    /// Notes a finding behind which nothing can be read; what came before is handed on.
    pub(super) fn give_up(&mut self, findings: &mut Findings, finding: Finding) -> Stop {
        findings.push(finding);
        // If nobody takes it any more, the finding still holds.
        let _ = self.flush();
        Stop::Finding
    }
}
