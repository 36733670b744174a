use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::Age;
use super::{Lock, Store};

/// How records become evidence that others can check.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// File with the Ed25519 key that signs records, as `ssh-keygen -t ed25519` or `openssl genpkey -algorithm ed25519` writes it, without a
    /// passphrase, mode 0600; a bare name is looked up in `$CREDENTIALS_DIRECTORY`. Without it records are chained and not signed.
    #[schemars(length(min = 1))]
    pub key_file: Option<PathBuf>,
    /// `http://` or `https://` address of an authority that stamps times (RFC 3161). It is asked for a stamp of each record, which goes
    /// beside it; nothing but a digest is sent. Without it no record has one.
    #[schemars(length(min = 1))]
    pub timestamp_url: Option<String>,
    /// PEM file with the certificate of the authority that vouches for `timestamp_url`; a stamp that it does not vouch for is not taken.
    #[schemars(length(min = 1))]
    pub timestamp_ca_file: Option<PathBuf>,
    /// File with a secret of at least 32 bytes, mode 0600; a bare name is looked up in `$CREDENTIALS_DIRECTORY`. With it, pseudonyms stand for
    /// addresses of mailboxes in records (`p-` and 16 hexadecimal digits), the same for the same address; without it addresses stand as they are.
    #[schemars(length(min = 1))]
    pub pseudonyms_key_file: Option<PathBuf>,
    /// The bucket with Object Lock that gets a second copy of each record.
    pub bucket: Option<Bucket>,
}

/// A bucket in which records are kept so that nobody can take them away.
///
/// Unknown keys are refused by the schema, as `serde` can't do so where one type stands in another.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(extend("required" = ["url", "mode", "retention"], "additionalProperties" = false))]
pub struct Bucket {
    /// The bucket, the credentials of who may write there, and how it is reached.
    #[serde(flatten)]
    pub store: Store,
    /// Mode of the lock that each record gets.
    pub mode: Option<Lock>,
    /// How long the lock lasts, from the upload on.
    pub retention: Option<Age>,
}
