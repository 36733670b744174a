//! What should be in the archive, and whether it is: `b3sum` lines against members.
//!
//! Input: the bytes of a manifest, in pieces, and the members with their BLAKE3, in any interleaving.
//! Output: findings, counts and the coverage.
//! Invariants: both directions are compared, since a list alone never reveals an added file; nothing is
//! called missing before the archive's end was reached, and nothing extra before the manifest's.

mod elsewhere;
mod flags;
mod folders;
mod line;
mod meet;
mod reconcile;
mod settle;
mod source;
mod table;
mod told;

pub use line::{Entry, LineError, Parser, parse_line};
pub use reconcile::Reconciliation;
pub use settle::Reconciled;

use std::borrow::Cow;

/// The name of the manifest, at the top of the archive.
pub const MEMBER: &[u8] = b"MANIFEST.b3";

/// Holds if `name` is the archive's manifest; one in a folder is an ordinary member.
#[must_use]
pub fn is_manifest(name: &[u8]) -> bool {
    *normalised(name) == *MEMBER
}

/// The name as a file system takes it: without empty and `.` components, which restore to the same file.
fn normalised(mut name: &[u8]) -> Cow<'_, [u8]> {
    let absolute = name.starts_with(b"/");
    while let Some(rest) = name.strip_prefix(b"./") {
        name = rest;
    }
    let plain = !name.starts_with(b"/") && !name.ends_with(b"/");
    if plain && !name.windows(2).any(|pair| pair == b"//" || pair == b"/.") {
        return Cow::Borrowed(name);
    }
    let parts: Vec<_> =
        name.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
    let mut whole = parts.join(&b'/');
    if absolute {
        whole.insert(0, b'/');
    }
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_file_are_one_name() {
        for name in ["d/a", "./d/a", "d//a", "d/./a", ".//d/a", "./././d///a", "d/a/"] {
            assert_eq!(&*normalised(name.as_bytes()), b"d/a", "{name}");
        }
        assert_eq!(&*normalised(b"/d//a"), b"/d/a");
        assert_eq!(&*normalised(b"d/.hidden"), b"d/.hidden");
        assert_eq!(&*normalised(b"./"), b"");
    }

    #[test]
    fn only_the_top_one_is_the_manifest() {
        assert!(is_manifest(b"MANIFEST.b3") && is_manifest(b"././MANIFEST.b3"));
        assert!(
            !is_manifest(b"store/MANIFEST.b3")
                && !is_manifest(b"/etc/MANIFEST.b3")
                && !is_manifest(b"manifest.b3")
        );
    }
}
