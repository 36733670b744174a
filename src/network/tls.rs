use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs;
use rustls::{ClientConfig, RootCertStore};

use super::authorities;

/// How TLS connections to mail servers are made: trusted are the system's authorities, and those in `file` (PEM, one or
/// many) beside them.
///
/// # Errors
/// In words, if `file` can't be read or holds no usable certificate, or if nobody at all would be trusted.
pub fn client_config(file: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    // Some certificates of a system may be unreadable; a server whose authority is among them is refused later.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(file) = file {
        let told = |error: String| format!("ca_file {}: {error}", file.display());
        let pem = authorities::certificates(file).map_err(told)?;
        authorities::add(&pem, &mut roots)?;
    }
    if roots.is_empty() {
        return Err("the system trusts no authority, and no ca_file is given".to_owned());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}
