//! The decompression stage without the others: the ceiling of an ordinary archive.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use mailproof::archive::decompress;
use mailproof::archive::pipe::{PipeReader, pipe};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

const PIECE: usize = 256 << 10;

/// Decompresses the file from memory and drops what comes out.
pub fn decompress(file: &Path) -> Duration {
    let bytes = fs::read(file).unwrap();
    let (packed_in, packed_out) = pipe::<Vec<u8>>(6);
    let (plain_in, plain_out) = pipe::<Vec<u8>>(6);
    let began = Instant::now();
    thread::scope(|scope| {
        scope.spawn(move || {
            for piece in bytes.chunks(PIECE) {
                let mut buffer = packed_in.spare().unwrap_or_default();
                buffer.clear();
                buffer.extend_from_slice(piece);
                packed_in.send(buffer).unwrap();
            }
            packed_in.finish(&Ok(()));
        });
        scope.spawn(move || {
            let mut findings = Findings::default();
            let result =
                decompress::run(PipeReader::new(packed_out), &plain_in, &Limits::default(), &mut findings);
            plain_in.finish(&result);
        });
        PipeReader::new(plain_out).drain().unwrap();
    });
    began.elapsed()
}
