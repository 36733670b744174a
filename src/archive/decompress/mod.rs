//! zstd (RFC 8878) and gzip (RFC 1952): compressed bytes in, unpacked bytes out.
//!
//! Input: the plaintext of an archive. Output: what was compressed in it, or the same bytes where nothing
//! is compressed. Invariants: every frame and member is read to its end, checksums are checked where they
//! are stated, and neither size nor ratio nor memory goes over the policy's limits.

mod frame;
mod gunzip;
mod gzip;
mod name;
mod outlet;
mod zstd;

pub use gunzip::{Gunzip, GunzipError, GzipFault};
pub use name::name_of;
pub(in crate::archive) use outlet::RATIO_FREE;

use super::pipe::{PipeReader, Sender, Stop};
use crate::policy::Limits;
use crate::verdict::{Finding, Findings, kinds};
use outlet::Outlet;

/// How an archive is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// It is not, or not with zstd or gzip.
    None,
    /// With zstd.
    Zstd {
        /// Frames that hold data.
        frames: u64,
        /// Those of them that state a checksum of their content.
        checksummed: u64,
        /// Frames that hold none (pzstd writes them).
        skippable: u64,
    },
    /// With gzip.
    Gzip {
        /// Members, which follow each other without a gap.
        members: u64,
    },
}

/// What the stage did, once it reached the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decompressed {
    /// How the archive was compressed.
    pub compression: Compression,
    /// Bytes read.
    pub packed: u64,
    /// Bytes handed on.
    pub unpacked: u64,
}

/// Decompresses `input` into `output`; what is neither zstd nor gzip passes unchanged, for the next stage
/// to recognise.
///
/// # Errors
/// [`Stop::Finding`] behind a finding about damage or a limit; what was unpacked before has been handed on.
pub fn run(
    mut input: PipeReader<Vec<u8>>,
    output: &Sender<Vec<u8>>,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Decompressed, Stop> {
    let mut outlet = Outlet::new(output, limits);
    let mut magic = [0; 4];
    let length = input.read_full(&mut magic)?;
    let compression = match magic {
        _ if length == 4 && frame::is_magic(magic) => zstd::run(magic, &mut input, &mut outlet, findings)?,
        [0x1f, 0x8b, ..] => gzip::run(&magic[..length], &mut input, &mut outlet, findings)?,
        _ => pass_through(&magic[..length], &mut input, &mut outlet, findings)?,
    };
    outlet.flush()?;
    let unpacked = outlet.unpacked();
    if unpacked == 0 {
        let finding = Finding::new(&kinds::ARCHIVE_EMPTY, "archive").expected("a tar archive");
        findings.push(finding.observed(format!("nothing, out of {} bytes", input.position())));
    }
    Ok(Decompressed { compression, packed: input.position(), unpacked })
}

/// Copies: to hand the buffers themselves on would starve the pool of the stage before.
fn pass_through(
    start: &[u8],
    input: &mut PipeReader<Vec<u8>>,
    outlet: &mut Outlet<'_>,
    findings: &mut Findings,
) -> Result<Compression, Stop> {
    outlet.write(start, input.position(), findings)?;
    loop {
        let position = input.position();
        let bytes = input.fill()?;
        if bytes.is_empty() {
            return Ok(Compression::None);
        }
        let amount = bytes.len();
        outlet.write(bytes, position + amount as u64, findings)?;
        input.advance(amount);
    }
}

#[cfg(test)]
mod tests;
