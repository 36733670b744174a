//! Who vouches for those that stamp times.

use std::time::Duration;

use cms::cert::x509::Certificate;
use der::Decode;
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use super::signature::Signer;

/// `1.3.6.1.5.5.7.3.8` without its tag and length.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// Certificates that are trusted to vouch for time stamps.
#[derive(Debug, Clone)]
pub struct Authorities {
    roots: Vec<TrustAnchor<'static>>,
    /// Those between a root and who stamps; by themselves they are not trusted.
    between: Vec<CertificateDer<'static>>,
}

impl Authorities {
    /// Reads certificates in PEM; as with `openssl -CAfile` those are roots that are their own issuer.
    ///
    /// # Errors
    /// In words, if one can't be read or none is a root.
    pub fn read(pem: &[u8]) -> Result<Self, String> {
        let mut authorities = Self { roots: Vec::new(), between: Vec::new() };
        for der in CertificateDer::pem_slice_iter(pem) {
            authorities.add(der.map_err(|error| format!("it is not PEM: {error}"))?)?;
        }
        match authorities.roots.is_empty() {
            true => Err("no certificate in it is its own issuer; name the root of the authority".to_owned()),
            false => Ok(authorities),
        }
    }

    fn add(&mut self, der: CertificateDer<'static>) -> Result<(), String> {
        let unreadable = |error: &dyn std::fmt::Display| format!("a certificate can't be read: {error}");
        let certificate = Certificate::from_der(&der).map_err(|error| unreadable(&error))?.tbs_certificate;
        if certificate.subject == certificate.issuer {
            let root = anchor_from_trusted_cert(&der).map_err(|error| unreadable(&error))?;
            self.roots.push(root.to_owned());
        } else {
            self.between.push(der);
        }
        Ok(())
    }

    /// Checks that a chain of `certificates` leads from `signer` to a root, and that each was valid at `time`.
    pub(super) fn vouch_for(
        &self,
        signer: &Signer,
        certificates: &[Vec<u8>],
        time: Timestamp,
    ) -> Result<(), String> {
        let certificate = EndEntityCert::try_from(signer).map_err(|error| error.to_string())?;
        let given = certificates.iter().map(|der| CertificateDer::from(der.as_slice()));
        let between: Vec<CertificateDer<'_>> = given.chain(self.between.iter().cloned()).collect();
        let time = u64::try_from(time.as_second()).map_err(|_| "its time is before 1970")?;
        // Who stamps has a usage for that, or it would not have come so far; of those between, not all state one.
        let verified = certificate.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.roots,
            &between,
            UnixTime::since_unix_epoch(Duration::from_secs(time)),
            KeyUsage::required_if_present(TIME_STAMPING),
            None,
            None,
        );
        verified.map(drop).map_err(|error| told(&error))
    }
}

fn told(error: &webpki::Error) -> String {
    match error {
        // Also where somebody gave himself the name of a trusted authority.
        webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
            "none of the authorities that are trusted issued its certificate".to_owned()
        }
        webpki::Error::CertExpired { .. } | webpki::Error::CertNotValidYet { .. } => {
            "a certificate was not valid at the time that it states".to_owned()
        }
        other => format!("its certificate does not hold ({other})"),
    }
}
