//! What should be in the archive, and whether it is: `b3sum` lines against members.
//!
//! Input: the bytes of a manifest, in pieces, and the members with their BLAKE3, in any interleaving.
//! Output: findings, counts and the coverage.
//! Invariants: both directions are compared, since a list alone never reveals an added file; nothing is
//! called missing before the archive's end was reached, and nothing extra before the manifest's.

mod line;
mod reconcile;
mod settle;
mod table;

pub use line::{Entry, LineError, Parser, parse_line};
pub use reconcile::Reconciliation;
pub use settle::Reconciled;

use super::unpack::shown;

/// The name of the manifest, at the top of the archive.
pub const MEMBER: &[u8] = b"MANIFEST.b3";

/// Holds if `name` is the archive's manifest; one in a folder is an ordinary member.
#[must_use]
pub fn is_manifest(name: &[u8]) -> bool {
    stripped(name) == MEMBER
}

/// Takes leading `./` components off, as `find .` and `tar .` write them; all else is compared as it is.
fn stripped(mut name: &[u8]) -> &[u8] {
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_top_one_is_the_manifest() {
        assert!(is_manifest(b"MANIFEST.b3") && is_manifest(b"././MANIFEST.b3"));
        assert!(
            !is_manifest(b"store/MANIFEST.b3")
                && !is_manifest(b"/MANIFEST.b3")
                && !is_manifest(b"manifest.b3")
        );
    }
}
