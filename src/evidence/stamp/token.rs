//! A token as it lies beside a record: the authority's whole answer, whoever wrote it.

use aws_lc_rs::digest::{SHA256, digest};
use cms::cert::CertificateChoices;
use cms::cert::x509::spki::AlgorithmIdentifierOwned;
use cms::content_info::CmsVersion;
use cms::signed_data::{SignedData, SignerIdentifier, SignerInfo};
use der::asn1::{Int, ObjectIdentifier, OctetString};
use der::{Any, Decode, Encode, Tag, Tagged};
use jiff::Timestamp;

use super::authorities::Authorities;
use super::form::{Answer, Status, TOKEN_INFO, TokenInfo};
use super::signature::{self, Signer};
use crate::legible::line;

/// Bytes of an answer; those with all certificates up to the root have about 6,000.
pub(super) const LIMIT: usize = 64 << 10;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");

/// What an authority states, and its signature. That it has the right form is all that is known of it at first.
#[derive(Debug)]
pub struct Token {
    info: TokenInfo,
    time: Timestamp,
    /// The bytes of `info`, which are signed.
    content: Vec<u8>,
    signature: SignerInfo,
    /// Certificates that came along, in DER.
    certificates: Vec<Vec<u8>>,
}

impl Token {
    /// Reads an answer; the error says why there is no token in it.
    ///
    /// # Errors
    /// It is no `TimeStampResp` in DER, grants nothing, or what it grants is signed by nobody or by several.
    pub fn read(answer: &[u8]) -> Result<Self, String> {
        if answer.len() > LIMIT {
            return Err(format!("it is larger than {} KiB, which no time stamp is", LIMIT >> 10));
        }
        let answer = Answer::from_der(answer).map_err(malformed)?;
        granted(&answer.status)?;
        let token = answer.token.ok_or("it was granted, and there is no token")?;
        if token.content_type != SIGNED_DATA {
            return Err("its token is not signed".to_owned());
        }
        Self::of(&token.content.decode_as().map_err(malformed)?)
    }

    fn of(signed: &SignedData) -> Result<Self, String> {
        let content = &signed.encap_content_info;
        if (content.econtent_type, signed.version) != (TOKEN_INFO, CmsVersion::V3) {
            return Err("what is signed is no time stamp".to_owned());
        }
        let content = content.econtent.as_ref().ok_or("what is signed is not in it")?;
        let content = content.decode_as::<OctetString>().map_err(malformed)?.into_bytes();
        let [signature] = signed.signer_infos.0.as_slice() else {
            return Err("it has not exactly one signature".to_owned());
        };
        if !is_announced(signature, signed) {
            return Err("its signature is of another form than it announces".to_owned());
        }
        let info = TokenInfo::from_der(&content).map_err(malformed)?;
        if info.version != 1 || has_unknown_demands(&info) {
            return Err("it states what is not known here".to_owned());
        }
        let certificates = signed.certificates.iter().flat_map(|set| set.0.iter());
        let certificates = certificates.filter_map(|choice| match choice {
            CertificateChoices::Certificate(certificate) => Some(certificate.to_der()),
            CertificateChoices::Other(_) => None,
        });
        let certificates = certificates.collect::<der::Result<_>>().map_err(malformed)?;
        let time = time(&info.time).ok_or("its time can't be read")?;
        Ok(Self { info, time, content, signature: signature.clone(), certificates })
    }

    /// When the authority saw what it stamped.
    #[must_use]
    pub fn time(&self) -> Timestamp {
        self.time
    }

    /// Whether it is the stamp of these bytes.
    #[must_use]
    pub fn is_of(&self, message: &[u8]) -> bool {
        self.info.imprint.is_sha256(digest(&SHA256, message).as_ref())
    }

    /// Whether it answers the question with this nonce.
    pub(super) fn answers(&self, nonce: &Int) -> bool {
        self.info.nonce.as_ref() == Some(nonce)
    }

    /// Checks the signature by the certificate that came along; nobody vouches for that one.
    ///
    /// # Errors
    /// In words, what does not hold.
    pub fn check(&self) -> Result<(), String> {
        self.signer().map(drop)
    }

    /// Checks the signature, and that one of `authorities` vouches for who made it.
    ///
    /// # Errors
    /// In words, what does not hold.
    pub fn check_by(&self, authorities: &Authorities) -> Result<(), String> {
        authorities.vouch_for(&self.signer()?, &self.certificates, self.time)
    }

    fn signer(&self) -> Result<Signer, String> {
        signature::signer(&self.signature, &self.content, &self.certificates)
    }
}

/// Holds if version and digest of a signature are what RFC 5652 demands, and what stands ahead of it.
fn is_announced(signature: &SignerInfo, signed: &SignedData) -> bool {
    let version = match signature.sid {
        SignerIdentifier::IssuerAndSerialNumber(_) => CmsVersion::V1,
        SignerIdentifier::SubjectKeyIdentifier(_) => CmsVersion::V3,
    };
    let wanted = signature.digest_alg.oid;
    let is_wanted = |algorithm: &AlgorithmIdentifierOwned| {
        algorithm.oid == wanted && algorithm.parameters.iter().all(|parameters| *parameters == Any::null())
    };
    signature.version == version
        && is_wanted(&signature.digest_alg)
        && signed.digest_algorithms.iter().any(is_wanted)
}

fn malformed(error: der::Error) -> String {
    format!("it is no time stamp in DER ({error})")
}

fn granted(status: &Status) -> Result<(), String> {
    if status.status <= 1 {
        return Ok(());
    }
    let words = status.text.as_ref().map_or(String::new(), |texts| line(&texts.join("; ")));
    Err(format!("the authority refused it (status {} {words})", status.status))
}

/// Whether something in it must not be passed over and is not known.
fn has_unknown_demands(info: &TokenInfo) -> bool {
    info.extensions.iter().flatten().any(|extension| extension.critical)
}

/// Reads `20261130180000.25Z`.
fn time(value: &Any) -> Option<Timestamp> {
    if value.tag() != Tag::GeneralizedTime {
        return None;
    }
    let text = std::str::from_utf8(value.value()).ok().filter(|text| text.is_ascii())?;
    let (digits, fraction) = text.strip_suffix('Z')?.split_at_checked(14)?;
    let part = |from: usize, to: usize| digits.get(from..to);
    let day = [part(0, 4)?, part(4, 6)?, part(6, 8)?].join("-");
    let clock = [part(8, 10)?, part(10, 12)?, part(12, 14)?].join(":");
    format!("{day}T{clock}{fraction}Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How they were made stands in `tests/evidence/stamp/README.md`.
    const MESSAGE: &[u8] = include_bytes!("../../../tests/evidence/stamp/message");
    const ANSWER: &[u8] = include_bytes!("../../../tests/evidence/stamp/token.tsr");
    const AUTHORITY: &[u8] = include_bytes!("../../../tests/evidence/stamp/authority.pem");

    fn authorities() -> Authorities {
        Authorities::read(AUTHORITY).unwrap()
    }

    /// What is believed of an answer, if anything is.
    fn believed(answer: &[u8]) -> Option<(Timestamp, Vec<u8>, Signer)> {
        let token = Token::read(answer).ok().filter(|token| token.is_of(MESSAGE))?;
        token.check_by(&authorities()).ok()?;
        Some((token.time(), token.content.clone(), token.signer().unwrap()))
    }

    /// Parts of an answer that nobody signed may be altered; what is believed of it may not.
    fn assert_same_or_none(answer: &[u8]) {
        let believed = believed(answer);
        assert!(believed.is_none() || believed == self::believed(ANSWER), "{answer:02x?}");
    }

    #[test]
    fn a_token_of_openssl_is_read_and_believed() {
        let token = Token::read(ANSWER).unwrap();
        assert!(token.is_of(MESSAGE) && !token.is_of(b"something else"));
        assert_eq!(token.check(), Ok(()));
        assert_eq!(token.check_by(&authorities()), Ok(()));
        assert_eq!(token.time().to_string(), "2026-11-30T19:05:18Z");
    }

    #[test]
    fn no_altered_bit_makes_another_token() {
        let mut believed = 0;
        for at in 0..ANSWER.len() {
            for bit in 0..8 {
                let mut answer = ANSWER.to_vec();
                answer[at] ^= 1 << bit;
                assert_same_or_none(&answer);
                believed += usize::from(self::believed(&answer).is_some());
            }
            assert!(self::believed(&ANSWER[..at]).is_none(), "cut off at {at}");
        }
        assert!(self::believed(&[ANSWER, &[0]].concat()).is_none(), "with more behind it");
        // Granted as asked for, or with changes.
        assert_eq!(believed, 1);
    }

    #[test]
    fn who_vouches_does_so_for_the_time_in_which_the_certificate_was_valid() {
        for (time, holds) in
            [("2026-11-30T19:05:18Z", true), ("2026-11-29T00:00:00Z", false), ("1969-01-01T00:00:00Z", false)]
        {
            let token = Token { time: time.parse().unwrap(), ..Token::read(ANSWER).unwrap() };
            assert_eq!(token.check_by(&authorities()).is_ok(), holds, "{time}");
        }
    }

    #[test]
    fn times_with_and_without_fractions_are_read() {
        let read = |text: &str| time(&Any::new(Tag::GeneralizedTime, text.as_bytes()).unwrap());
        for (text, told) in [
            ("20261130180000Z", Some("2026-11-30T18:00:00Z")),
            ("20261130180000.25Z", Some("2026-11-30T18:00:00.25Z")),
            ("20261130180000", None),
            ("20261130180000+0100", None),
            ("20261330180000Z", None),
            ("202611301800Z", None),
            ("2026113018000\u{e9}Z", None),
            ("20261130180000Z[Z", None),
        ] {
            assert_eq!(read(text).map(|time| time.to_string()).as_deref(), told, "{text}");
        }
    }

    #[test]
    fn what_was_refused_says_so() {
        // SEQUENCE { SEQUENCE { INTEGER 2, SEQUENCE { UTF8String "no\u{1b}" } } }
        let refused = [0x30, 0x0c, 0x30, 0x0a, 2, 1, 2, 0x30, 5, 0x0c, 3, b'n', b'o', 0x1b];
        assert_eq!(Token::read(&refused).unwrap_err(), "the authority refused it (status 2 no )");
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(
            cuts in proptest::collection::vec((0_usize..ANSWER.len(), 0_usize..12, any::<[u8; 4]>()), 1..4)
        ) {
            let mut answer = ANSWER.to_vec();
            for (at, length, bytes) in cuts {
                let at = at.min(answer.len());
                let end = (at + length).min(answer.len());
                answer.splice(at..end, bytes.iter().copied().take(length));
            }
            assert_same_or_none(&answer);
        }
    }
}
