use std::fs;
use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Reads the certificate authorities in `file` (PEM, one or many) and tries each, since HTTP clients panic on one they
/// can't use.
///
/// # Errors
/// In words, if the file can't be read or holds no usable certificate.
pub fn certificates(file: &Path) -> Result<Vec<u8>, String> {
    let pem = fs::read(file).map_err(|error| error.to_string())?;
    add(&pem, &mut RootCertStore::empty())?;
    Ok(pem)
}

/// Trusts the authorities in `pem`, all of them.
pub(super) fn add(pem: &[u8], roots: &mut RootCertStore) -> Result<(), String> {
    let before = roots.len();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| format!("not PEM: {error}"))?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.len() == before { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}
