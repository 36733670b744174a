//! Questions and answers as RFC 3161 forms them, in DER.

use cms::cert::x509::ext::Extensions;
use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use cms::content_info::ContentInfo;
use der::asn1::{Any, BitString, Int, ObjectIdentifier, OctetString};
use der::oid::ObjectIdentifier as Oid;
use der::{Encode, Sequence};

/// What a token signs: a [`TokenInfo`] (RFC 3161, section 2.4.2).
pub(super) const TOKEN_INFO: Oid = Oid::new_unwrap("1.2.840.113549.1.9.16.1.4");
/// The digest that is asked for.
pub(super) const SHA256: Oid = Oid::new_unwrap("2.16.840.1.101.3.4.2.1");

/// The digest of what is stamped.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(super) struct Imprint {
    pub algorithm: AlgorithmIdentifierOwned,
    pub digest: OctetString,
}

impl Imprint {
    /// Of the bytes that have this SHA-256.
    pub fn sha256(digest: &[u8]) -> der::Result<Self> {
        let algorithm = AlgorithmIdentifierOwned { oid: SHA256, parameters: Some(Any::null()) };
        Ok(Self { algorithm, digest: OctetString::new(digest)? })
    }

    /// Whether it is the digest of what has this SHA-256. Parameters are `NULL` or absent, as authorities like.
    pub fn is_sha256(&self, digest: &[u8]) -> bool {
        self.algorithm.oid == SHA256 && self.digest.as_bytes() == digest
    }
}

/// `TimeStampReq`: the policy is left to the authority.
#[derive(Debug, Sequence)]
pub(super) struct Question {
    version: u8,
    imprint: Imprint,
    nonce: Int,
    /// That the authority's certificate comes along, without which nobody could check the token later.
    with_certificate: bool,
}

impl Question {
    /// Asks for a token over this SHA-256; the answer has to repeat the nonce.
    pub fn new(digest: &[u8], nonce: Int) -> der::Result<Self> {
        Ok(Self { version: 1, imprint: Imprint::sha256(digest)?, nonce, with_certificate: true })
    }

    pub fn bytes(&self) -> der::Result<Vec<u8>> {
        self.to_der()
    }
}

/// `TimeStampResp`
#[derive(Debug, Sequence)]
pub(super) struct Answer {
    pub status: Status,
    pub token: Option<ContentInfo>,
}

/// `PKIStatusInfo`
#[derive(Debug, Sequence)]
pub(super) struct Status {
    /// 0 and 1: a token was granted, as it was asked for or with changes.
    pub status: u8,
    pub text: Option<Vec<String>>,
    pub failure: Option<BitString>,
}

/// `TSTInfo`: what the authority states.
#[derive(Debug, PartialEq, Eq, Sequence)]
pub(super) struct TokenInfo {
    pub version: u8,
    pub policy: ObjectIdentifier,
    pub imprint: Imprint,
    pub serial: Int,
    /// A `GeneralizedTime`, which here may have fractions of a second.
    pub time: Any,
    pub accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    pub ordering: bool,
    pub nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub authority: Option<Any>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub extensions: Option<Extensions>,
}

/// How far the authority's clock may be off.
#[derive(Debug, PartialEq, Eq, Sequence)]
pub(super) struct Accuracy {
    pub seconds: Option<u64>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    pub milliseconds: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    pub microseconds: Option<u16>,
}

/// Which certificate a signature is meant to be checked by: `SigningCertificateV2` (RFC 5035), and the older
/// `SigningCertificate` (RFC 2634), which has no algorithms.
#[derive(Debug, Sequence)]
pub(super) struct SigningCertificate {
    /// The signer's own comes first.
    pub certificates: Vec<CertificateId>,
    pub policies: Option<Any>,
}

/// A certificate by its digest.
#[derive(Debug, Sequence)]
pub(super) struct CertificateId {
    pub algorithm: Option<AlgorithmIdentifierOwned>,
    pub digest: OctetString,
    pub serial: Option<Any>,
}
