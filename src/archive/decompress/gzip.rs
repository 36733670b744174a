//! gzip as a stage: the pushed decoder between two pipes.

use super::outlet::Outlet;
use super::{Compression, Findings, Gunzip, GunzipError, PipeReader, Stop};

/// Decodes all members; `start` was read already.
pub(super) fn run(
    start: &[u8],
    input: &mut PipeReader<Vec<u8>>,
    outlet: &mut Outlet<'_>,
    findings: &mut Findings,
) -> Result<Compression, Stop> {
    let mut gunzip = Gunzip::new();
    push(&mut gunzip, start, input.position(), outlet, findings)?;
    loop {
        let position = input.position();
        let bytes = input.fill()?;
        if bytes.is_empty() {
            break;
        }
        let amount = bytes.len();
        push(&mut gunzip, bytes, position + amount as u64, outlet, findings)?;
        input.advance(amount);
    }
    match gunzip.finish() {
        Ok(members) => Ok(Compression::Gzip { members }),
        Err(fault) => Err(outlet.give_up(findings, fault.finding("archive"))),
    }
}

fn push(
    gunzip: &mut Gunzip,
    bytes: &[u8],
    packed: u64,
    outlet: &mut Outlet<'_>,
    findings: &mut Findings,
) -> Result<(), Stop> {
    let result = gunzip.push(bytes, &mut |piece| outlet.write(piece, packed, findings));
    result.map_err(|error| match error {
        GunzipError::Fault(fault) => outlet.give_up(findings, fault.finding("archive")),
        GunzipError::Output(stop) => stop,
    })
}
