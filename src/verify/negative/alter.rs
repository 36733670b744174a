//! Damage behind decryption and decompression: a stage between these and the walk of the archive.

use super::copy::DamagedCopy;
use crate::archive::pipe::{Receiver, Sender, Stop};

/// Hands `input` on as `copy` has it.
///
/// # Errors
/// Those of the pipes.
pub fn run(mut input: Receiver<Vec<u8>>, output: &Sender<Vec<u8>>, copy: &DamagedCopy) -> Result<(), Stop> {
    let mut passed = 0;
    while let Some(bytes) = input.receive()? {
        for (at, piece) in copy.pieces(passed, &bytes) {
            let mut altered = output.spare().unwrap_or_default();
            altered.clear();
            altered.extend_from_slice(piece);
            copy.damage(at, &mut altered);
            output.send(altered)?;
        }
        passed += bytes.len() as u64;
        input.recycle(bytes);
    }
    Ok(())
}
