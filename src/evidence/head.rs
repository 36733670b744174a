//! The head: a small signed statement beside the records that says how far the chain goes.
//!
//! Without it whoever takes the last records away leaves no trace.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::dsse::Envelope;
use super::key::{PublicKey, SigningKey};
use super::link::Link;
use super::plain;
use crate::report::writing;

/// What the payload of the head's envelope is; another type than a record's, so that neither is taken for the other.
pub const PAYLOAD_TYPE: &str = "application/vnd.mailproof.head+json";
/// The name of this form of the head.
const SCHEMA: &str = "mailproof/head/v1";

/// Which record is the last.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    schema: String,
    /// The last record.
    #[serde(flatten)]
    pub last: Link,
    /// When this was written (RFC 3339, UTC).
    time: String,
}

impl Head {
    /// Says at this time that `last` is the last record.
    pub fn new(last: Link, time: Timestamp) -> Self {
        Self { schema: SCHEMA.to_owned(), last, time: time.to_string() }
    }

    /// The content of `head.json`.
    pub fn seal(&self, key: Option<&SigningKey>) -> serde_json::Result<Vec<u8>> {
        Envelope::seal(PAYLOAD_TYPE, writing::line(self)?.into_bytes(), key).to_bytes()
    }

    /// Reads a head; where the chain is signed, one of `keys` must have signed it. The error says what is wrong.
    pub fn read(bytes: &[u8], keys: &[PublicKey]) -> Result<Self, String> {
        let envelope = Envelope::read(bytes)?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(format!("it holds `{}` and no head", envelope.payload_type));
        }
        let head: Self = plain::read(&envelope.payload)?;
        if head.schema != SCHEMA {
            return Err(format!("it is `{}` and not `{SCHEMA}`", head.schema));
        }
        match keys.is_empty() || keys.iter().any(|key| envelope.is_signed_by(key)) {
            true => Ok(head),
            false => Err("no key of the chain signed it".to_owned()),
        }
    }
}
