//! What ties a record to the one before it.

use aws_lc_rs::digest::{SHA256, digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A record's number and the digests of its file, in hexadecimal.
///
/// There are two of them because BLAKE3 is what the rest of mailproof uses, and SHA-256 is what every machine can compute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// Its number.
    pub sequence: u64,
    /// BLAKE3 of the file's bytes.
    pub blake3: String,
    /// SHA-256 of the same bytes.
    pub sha256: String,
}

impl Link {
    /// To the record of this number, whose file holds `bytes`.
    #[must_use]
    pub fn to(sequence: u64, bytes: &[u8]) -> Self {
        Self { sequence, blake3: blake3::hash(bytes).to_hex().to_string(), sha256: sha256(bytes) }
    }
}

/// SHA-256 in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}
