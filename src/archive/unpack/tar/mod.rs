//! The push tar walker: bytes in, in pieces of any length; members and findings out.
//!
//! Understood: v7, ustar, GNU (long names, base-256 sizes, sparse maps), pax, and Zimbra's own dialect, which is none
//! of them (`ustar` and three NULs, yet GNU long names, and stale bytes behind the end marker).
//!
//! Invariants: bodies are borrowed from the input and never copied; what is kept in memory is one header, the
//! extensions of one member within the policy's limit, and one name; where programs read an archive
//! differently, that is a finding; every end that is not the end marker is a finding.

mod dialect;
mod ending;
mod entry;
mod extension;
#[cfg(test)]
mod fixture;
mod header;
mod number;
mod path;
mod pax;
mod walker;

pub use dialect::Dialect;
pub use walker::{Walked, Walker};

/// Whether an archive that begins with these 512 bytes is a tar archive: a header whose checksum holds, or a
/// block of NULs (an archive without members).
#[must_use]
pub fn looks_like_tar(first_512: &[u8]) -> bool {
    first_512.first_chunk().is_some_and(walker::is_header_or_zero)
}

#[cfg(test)]
mod tests {
    use super::fixture::header;
    use super::looks_like_tar;

    #[test]
    fn a_header_or_zeros_look_like_tar() {
        let block = header(b"a", b'0', 0);
        assert!(looks_like_tar(&block));
        assert!(looks_like_tar(&[0; 512]));
        assert!(looks_like_tar(&[block, [7; 512]].concat()));
        assert!(!looks_like_tar(&block[..511]));
        assert!(!looks_like_tar(&[b' '; 512]));
        assert!(!looks_like_tar(b"<!DOCTYPE html>"));
        let mut damaged = block;
        damaged[0] = b'b';
        assert!(!looks_like_tar(&damaged));
    }
}
