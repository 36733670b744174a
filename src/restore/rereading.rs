//! Exports that a restore wrote, read again as those of a backup are.
//!
//! Input: a file. Output: what an examiner found in it. Invariant: what is no export, or can't be read by itself, is
//! nothing, never an export with fewer items.

use std::fs::File;
use std::io::{self, ErrorKind, Read};

use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::mailbox::Reader;
use crate::mailbox::zimbra::export::Examiner;
use crate::network::Cancel;
use crate::policy::Limits;

const PIECE: usize = 128 * 1024;

/// Reads a file as an export; nothing if it is none.
///
/// # Errors
/// What the file's reading says; [`ErrorKind::Interrupted`] if the run is to end.
pub(super) fn examine<E>(
    file: &mut File,
    limits: &Limits,
    cancel: &Cancel,
    make: fn() -> E,
) -> io::Result<Option<E::Verdict>>
where
    E: Examiner + 'static,
    E::Verdict: 'static,
{
    let mut reader = Reader::new(limits, 1, |_: &str| make());
    let size = file.metadata()?.len();
    // The name says only that it is an export; whose it is, the file's own name says.
    let name = b"export@sandbox.tgz".to_vec();
    reader.begin(&Member { name, kind: Kind::File, size, index: 0, offset: 0, modified: None });
    let mut buffer = vec![0; PIECE];
    loop {
        if cancel.is_cancelled() {
            return Err(ErrorKind::Interrupted.into());
        }
        match file.read(&mut buffer)? {
            0 => break,
            count => reader.data(buffer.get(..count).unwrap_or_default()),
        }
    }
    reader.end(Body::Whole);
    let contents = reader.finish(true);
    let failed = !contents.failures.is_empty();
    Ok(contents.exports.into_iter().next().filter(|_| !failed))
}
