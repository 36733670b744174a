use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

/// How records become evidence that others can check.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Evidence {
    /// File with the Ed25519 key that signs records, as `ssh-keygen -t ed25519` or `openssl genpkey -algorithm ed25519` writes it, without a
    /// passphrase, mode 0600; a bare name is looked up in `$CREDENTIALS_DIRECTORY`. Without it records are chained and not signed.
    #[schemars(length(min = 1))]
    pub key_file: Option<PathBuf>,
}
