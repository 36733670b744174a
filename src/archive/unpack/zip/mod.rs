//! The push zip walker: bytes in, in pieces of any length; members and findings out (APPNOTE.TXT 6.3.10).
//!
//! Read from the front, as a stream is: local headers, bodies (stored or deflated), data descriptors, then the
//! directory, which must say the same of every member, and the end record. Understood: zip64, descriptors with and
//! without signature and in both widths, stored bodies whose length only their descriptor tells.
//!
//! Invariants: every CRC-32 and size is compared; no byte lies between or before the records, and only NULs behind; a local
//! header that the directory does not list, or lists otherwise, is a finding, as is every end that is not the end
//! record. A member whose size stands behind its body has `size` 0; another never gets more bytes than it states.
//! A body ends whole only if as many bytes came as are stated. Memory: one record (192 KiB) and 48 bytes a member.

mod body;
mod descriptor;
mod directory;
mod ending;
#[cfg(test)]
mod fixture;
mod inflate;
mod intake;
mod record;
#[cfg(test)]
mod tests;
mod walker;

pub use walker::{Walked, Walker};

/// Whether what begins with these bytes is a zip archive: a local header, or the end record of an empty one.
#[must_use]
pub fn looks_like_zip(first: &[u8]) -> bool {
    first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06")
}
