use std::fmt;

use crate::mailbox::ItemId;

/// What a choice hangs on: nobody can know it before the archive is read, and whoever knows it repeats the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed([u8; 32]);

/// What sets this use of BLAKE3 apart from others.
const CONTEXT: &str = "mailproof 2026 sample of items";

impl Seed {
    /// The seed for an archive with this digest. The nonce is random and recorded: without it whoever makes archives
    /// could tell which items will be looked at.
    #[must_use]
    pub fn new(archive: &[u8; 32], nonce: &[u8; 32]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
        hasher.update(archive).update(nonce);
        Self(*hasher.finalize().as_bytes())
    }

    /// Reads 64 hexadecimal digits, as [`Seed`] is shown.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// Its bytes, from which [`Seed::from`] makes it again.
    #[must_use]
    pub fn bytes(&self) -> [u8; 32] {
        self.0
    }

    /// An item's place in the order of the draw: the lowest are drawn.
    #[must_use]
    pub fn rank(&self, account: &str, id: ItemId) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher
            .update(&(account.len() as u64).to_le_bytes())
            .update(account.as_bytes())
            .update(&id.0.to_le_bytes());
        let mut rank = [0; 8];
        hasher.finalize_xof().fill(&mut rank);
        u64::from_le_bytes(rank)
    }
}

impl From<[u8; 32]> for Seed {
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}
