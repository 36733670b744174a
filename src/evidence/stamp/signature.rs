//! The signature of a token: that the certificate in it made it, and was meant to.

use aws_lc_rs::digest::{self, SHA1_FOR_LEGACY_USE_ONLY, digest};
use cms::cert::x509::Certificate;
use cms::cert::x509::attr::Attribute;
use cms::cert::x509::ext::pkix::{ExtendedKeyUsage, SubjectKeyIdentifier};
use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::asn1::{ObjectIdentifier as Oid, OctetString};
use der::oid::AssociatedOid;
use der::{Decode, Encode};
use rustls::pki_types::{CertificateDer, SignatureVerificationAlgorithm};
use webpki::EndEntityCert;
use webpki::aws_lc_rs as algorithms;

use super::form::{SHA256, SigningCertificate, TOKEN_INFO};

const SHA384: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.3");
const RSA: Oid = Oid::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: Oid = Oid::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: Oid = Oid::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: Oid = Oid::new_unwrap("1.2.840.113549.1.1.13");
const ECDSA_SHA256: Oid = Oid::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: Oid = Oid::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: Oid = Oid::new_unwrap("1.2.840.10045.4.3.4");
const ED25519: Oid = Oid::new_unwrap("1.3.101.112");

const CONTENT_TYPE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: Oid = Oid::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.2.47");
const TIME_STAMPING: Oid = Oid::new_unwrap("1.3.6.1.5.5.7.3.8");

/// A certificate that made a signature, in DER.
pub(super) type Signer = CertificateDer<'static>;

/// Finds whose signature of `content` it is among `certificates`; the error says what does not hold.
pub(super) fn signer(
    signature: &SignerInfo,
    content: &[u8],
    certificates: &[Vec<u8>],
) -> Result<Signer, String> {
    let der = certificates.iter().find(|der| is_meant(&signature.sid, der));
    let signer = Signer::from(der.ok_or("the certificate of its signer is not in it")?.clone());
    let attributes = signature.signed_attrs.as_ref().ok_or("its signature covers no attributes")?;
    let attribute = |oid: Oid| the_only(attributes.iter(), oid);
    let algorithm = digest_of(signature.digest_alg.oid).ok_or("its digest is none that is known here")?;
    let stated = attribute(MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
    if attribute(CONTENT_TYPE).and_then(|value| value.decode_as().ok()) != Some(TOKEN_INFO)
        || stated.is_none_or(|stated| stated.as_bytes() != digest(algorithm, content).as_ref())
    {
        return Err("it is the signature of something else".to_owned());
    }
    names_signer(&attribute, &signer)?;
    let signed = attributes.to_der().map_err(|error| error.to_string())?;
    made_by(signature, &signed, &signer)?;
    stamps_times(&signer)?;
    Ok(signer)
}

/// Whether the certificate is the one that a signature names.
fn is_meant(named: &SignerIdentifier, der: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(der) else { return false };
    let inner = &certificate.tbs_certificate;
    match named {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == inner.issuer && named.serial_number == inner.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => {
            extension::<SubjectKeyIdentifier>(&certificate).is_some_and(|(_, own)| own == *named)
        }
    }
}

/// The value of an attribute that is there once and has one value.
fn the_only<'a>(attributes: impl Iterator<Item = &'a Attribute>, oid: Oid) -> Option<&'a der::Any> {
    let mut found = attributes.filter(|attribute| attribute.oid == oid);
    let attribute = found.next().filter(|_| found.next().is_none())?;
    attribute.values.get(0).filter(|_| attribute.values.len() == 1)
}

fn digest_of(oid: Oid) -> Option<&'static digest::Algorithm> {
    match oid {
        SHA256 => Some(&digest::SHA256),
        SHA384 => Some(&digest::SHA384),
        SHA512 => Some(&digest::SHA512),
        _ => None,
    }
}

/// The certificate itself must be under the signature: else another one of the same key could take its place.
fn names_signer<'a>(attribute: &impl Fn(Oid) -> Option<&'a der::Any>, signer: &[u8]) -> Result<(), String> {
    let newer = attribute(SIGNING_CERTIFICATE_V2).map(|value| (value, &digest::SHA256));
    let older = || attribute(SIGNING_CERTIFICATE).map(|value| (value, &SHA1_FOR_LEGACY_USE_ONLY));
    let (value, default) = newer.or_else(older).ok_or("its signature does not name its certificate")?;
    let named = value.decode_as::<SigningCertificate>().map_err(|error| error.to_string())?;
    let first = named.certificates.first();
    let holds = first.is_some_and(|first| {
        let algorithm = first.algorithm.as_ref().map_or(Some(default), |algorithm| digest_of(algorithm.oid));
        algorithm.is_some_and(|algorithm| digest(algorithm, signer).as_ref() == first.digest.as_bytes())
    });
    if holds { Ok(()) } else { Err("its signature names another certificate".to_owned()) }
}

fn made_by(signature: &SignerInfo, signed: &[u8], signer: &Signer) -> Result<(), String> {
    let certificate =
        EndEntityCert::try_from(signer).map_err(|error| format!("its certificate can't be read: {error}"))?;
    let algorithms = algorithms_of(signature.signature_algorithm.oid, signature.digest_alg.oid);
    let made = |algorithm: &&dyn SignatureVerificationAlgorithm| {
        certificate.verify_signature(*algorithm, signed, signature.signature.as_bytes()).is_ok()
    };
    match &algorithms[..] {
        [] => Err("its signature is of no kind that is known here".to_owned()),
        _ if algorithms.iter().any(made) => Ok(()),
        _ => Err("its signature does not hold".to_owned()),
    }
}

/// What a signature can be by its algorithm and its digest; the curve is the certificate's business.
fn algorithms_of(signature: Oid, digest: Oid) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
    match (signature, digest) {
        (RSA | RSA_SHA256, SHA256) => vec![algorithms::RSA_PKCS1_2048_8192_SHA256],
        (RSA | RSA_SHA384, SHA384) => vec![algorithms::RSA_PKCS1_2048_8192_SHA384],
        (RSA | RSA_SHA512, SHA512) => vec![algorithms::RSA_PKCS1_2048_8192_SHA512],
        (ECDSA_SHA256, SHA256) => vec![algorithms::ECDSA_P256_SHA256, algorithms::ECDSA_P384_SHA256],
        (ECDSA_SHA384, SHA384) => vec![algorithms::ECDSA_P256_SHA384, algorithms::ECDSA_P384_SHA384],
        (ECDSA_SHA512, SHA512) => vec![algorithms::ECDSA_P256_SHA512, algorithms::ECDSA_P384_SHA512],
        (ED25519, SHA512) => vec![algorithms::ED25519],
        _ => vec![],
    }
}

/// RFC 3161, section 2.3: a certificate for time stamps is for nothing else, and says so in a way that nobody may pass over.
fn stamps_times(signer: &[u8]) -> Result<(), String> {
    let certificate = Certificate::from_der(signer).map_err(|error| error.to_string())?;
    match extension::<ExtendedKeyUsage>(&certificate) {
        Some((true, usage)) if usage.0 == [TIME_STAMPING] => Ok(()),
        _ => Err("its certificate is not one for time stamps".to_owned()),
    }
}

/// An extension of a certificate, and whether it is critical.
fn extension<T: AssociatedOid + for<'a> Decode<'a>>(certificate: &Certificate) -> Option<(bool, T)> {
    let mut extensions = certificate.tbs_certificate.extensions.iter().flatten();
    let found = extensions.find(|extension| extension.extn_id == T::OID)?;
    Some((found.critical, T::from_der(found.extn_value.as_bytes()).ok()?))
}
