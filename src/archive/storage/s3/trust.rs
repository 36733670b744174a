//! Which certificate authorities are trusted.

use std::path::Path;

use aws_smithy_http_client::tls::{TlsContext, TrustStore};

use crate::archive::storage::StorageError;
use crate::network;

/// The system's authorities, and those in `file` (PEM, one or many) beside them.
///
/// # Errors
/// [`StorageError::Tls`] if the file can't be read or holds no usable certificate.
pub fn context(file: Option<&Path>) -> Result<TlsContext, StorageError> {
    let mut trust = TrustStore::empty().with_native_roots(true);
    let subject = file.map(|file| format!("ca_file {}", file.display())).unwrap_or_default();
    let unusable = |detail: String| StorageError::Tls { address: subject.clone(), detail };
    if let Some(file) = file {
        let pem = network::certificates(file).map_err(unusable)?;
        trust = trust.with_pem_certificate(pem);
    }
    TlsContext::builder().with_trust_store(trust).build().map_err(|error| unusable(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn with(content: &str) -> Result<TlsContext, StorageError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        fs::write(&file, content).unwrap();
        context(Some(&file))
    }

    #[test]
    fn a_file_that_is_no_authority_is_an_error_and_no_panic() {
        for content in [
            "",
            "hello",
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "-----BEGIN CERTIFICATE-----\nAAAA\n",
        ] {
            assert!(matches!(with(content), Err(StorageError::Tls { .. })), "{content}");
        }
        assert!(
            context(Some(Path::new("/nonexistent/ca.pem")))
                .unwrap_err()
                .to_string()
                .contains("ca_file /nonexistent")
        );
    }
}
