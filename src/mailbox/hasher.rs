use std::fmt;

use aws_lc_rs::digest::{self, Context};

use super::Digest;

/// Computes the digest of a body while it streams by.
#[derive(Clone)]
pub struct Hasher(Context);

impl Hasher {
    /// Of Zimbra 8 and newer.
    #[must_use]
    pub fn sha256() -> Self {
        Self(Context::new(&digest::SHA256))
    }

    /// Of Zimbra 7 and older.
    #[must_use]
    pub fn sha1() -> Self {
        Self(Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY))
    }

    /// Of the kind that can be compared with `digest`.
    #[must_use]
    pub fn like(digest: Digest) -> Self {
        match digest {
            Digest::Sha256(_) => Self::sha256(),
            Digest::Sha1(_) => Self::sha1(),
        }
    }

    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that came.
    #[must_use]
    pub fn finish(self) -> Digest {
        let digest = self.0.finish();
        match (<[u8; 32]>::try_from(digest.as_ref()), <[u8; 20]>::try_from(digest.as_ref())) {
            (Err(_), Ok(sha1)) => Digest::Sha1(sha1),
            (sha256, _) => Digest::Sha256(sha256.unwrap_or_default()),
        }
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hasher")
    }
}
