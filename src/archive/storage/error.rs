use std::io;

use crate::network::Passing;
use crate::secret::SecretError;

/// Why a store did not give what was asked for. Every message ends with the next step and holds no secret.
///
/// `address` is what a user would write: `s3://bucket/key` or `file:///path`.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The bucket or folder is there, the object is not.
    #[error("{address}: there is no such object; look at what is there with `mailproof list`")]
    NotFound {
        /// What was asked for.
        address: String,
    },
    /// The bucket or folder itself is not there.
    #[error(
        "{address}: there is no such bucket or folder; check its name, and the endpoint and region of the store"
    )]
    NoBucket {
        /// What was asked for.
        address: String,
    },
    /// The credentials are valid, but not for this.
    #[error(
        "{address}: access denied ({detail}); allow s3:GetObject and s3:ListBucket there, or the file's owner to read \
         (without s3:ListBucket a store also denies what does not exist)"
    )]
    AccessDenied {
        /// What was asked for.
        address: String,
        /// The store's own words.
        detail: String,
    },
    /// No credentials were found, or the store does not know them.
    #[error(
        "{address}: no valid credentials ({detail}); check `credentials_file` or `profile` in the policy, or the AWS environment"
    )]
    BadCredentials {
        /// What was asked for.
        address: String,
        /// The store's own words, or what was not found.
        detail: String,
    },
    /// What is there now is no longer what was looked at first.
    #[error(
        "{address}: the object changed while it was read ({detail}); verify again when the upload is done"
    )]
    Changed {
        /// The object.
        address: String,
        /// What differs.
        detail: String,
    },
    /// The store sent other bytes than those asked for.
    #[error(
        "{address}: the store sent the wrong bytes ({detail}); check the store and any proxy before it: they must honour Range"
    )]
    WrongRange {
        /// The object.
        address: String,
        /// What was sent instead.
        detail: String,
    },
    /// All bytes came, but the store's own checksum is of others.
    #[error(
        "{address}: the bytes do not match the checksum the store keeps for them; verify again, and if it stays so \
         restore the object from another version or replica"
    )]
    ChecksumMismatch {
        /// The object.
        address: String,
    },
    /// The store could not be reached, was busy or fell silent, also after the repetitions.
    #[error(
        "{address}: the store can't be reached or is busy after {attempts} attempt(s) ({detail}); check endpoint, network and the store's health"
    )]
    Unavailable {
        /// What was asked for.
        address: String,
        /// What happened last.
        detail: String,
        /// How often it was tried without success.
        attempts: u32,
    },
    /// No trusted connection could be made.
    #[error(
        "{address}: no trusted TLS connection ({detail}); check `ca_file` in the policy, the endpoint's host name and its certificate"
    )]
    Tls {
        /// What was asked for.
        address: String,
        /// What is wrong with the certificate or the handshake.
        detail: String,
    },
    /// The bucket lies elsewhere.
    #[error("{address}: the bucket lies in {}; set `region` in the policy", region.as_deref().unwrap_or("another region"))]
    Region {
        /// What was asked for.
        address: String,
        /// Where it lies, if the store said so.
        region: Option<String>,
    },
    /// The clocks here and there differ too much for a signature.
    #[error(
        "{address}: this machine's clock and the store's differ too much; set the clock (NTP) and try again"
    )]
    ClockSkew {
        /// What was asked for.
        address: String,
    },
    /// The object was moved to a storage class that must be thawed before reading.
    #[error(
        "{address}: the object lies in an archive class and can't be read directly; restore it there first (`aws s3api restore-object`)"
    )]
    Archived {
        /// The object.
        address: String,
    },
    /// The store gave an answer none of the others stands for.
    #[error(
        "{address}: the store refused the call ({detail}); check that it speaks the Amazon S3 API and what its own log says"
    )]
    Refused {
        /// What was asked for.
        address: String,
        /// Code and message of the store.
        detail: String,
    },
    /// The store does not take what is to be added.
    #[error("{address}: the store does not take it ({detail}); {step}")]
    NotTaken {
        /// What was to be added.
        address: String,
        /// Code and message of the store.
        detail: String,
        /// What to do.
        step: &'static str,
    },
    /// The policy or an argument can't work.
    #[error("{subject}: {problem}; {step}")]
    BadConfiguration {
        /// The setting or argument.
        subject: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        step: String,
    },
    /// The file with the credentials can't be used.
    #[error("credentials_file {0}")]
    Secret(#[from] SecretError),
    /// A local file could not be read.
    #[error("{address}: {source}; check the file system and who may read the file")]
    Io {
        /// The file.
        address: String,
        /// Why.
        source: io::Error,
    },
}

impl Passing for StorageError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. })
    }

    fn after(self, attempts: u32) -> Self {
        match self {
            Self::Unavailable { address, detail, .. } => Self::Unavailable { address, detail, attempts },
            other => other,
        }
    }
}

impl StorageError {
    /// The call failed once, for a reason that may pass.
    pub(crate) fn unavailable(address: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Unavailable { address: address.into(), detail: detail.into(), attempts: 1 }
    }

    /// A setting or argument that can't work.
    pub(crate) fn configuration(
        subject: impl Into<String>,
        problem: impl Into<String>,
        step: impl Into<String>,
    ) -> Self {
        Self::BadConfiguration { subject: subject.into(), problem: problem.into(), step: step.into() }
    }

    /// A local file could not be read.
    pub(crate) fn io(address: &str, source: io::Error) -> Self {
        let address = address.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound { address },
            io::ErrorKind::PermissionDenied => Self::AccessDenied { address, detail: source.to_string() },
            _ => Self::Io { address, source },
        }
    }
}
