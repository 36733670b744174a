use std::fmt;

/// The digest of an item's uncompressed body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Digest {
    /// Of items made by Zimbra 8 and newer.
    Sha256([u8; 32]),
    /// Of items made by Zimbra 7 and older; an upgrade does not compute them anew.
    Sha1([u8; 20]),
}

/// Text that is no digest as Zimbra writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither a SHA-256 nor a SHA-1 in Zimbra's base64")]
pub struct DigestError;

/// Base64 (RFC 4648, section 4), but with a comma instead of the slash, which would split a file's name
/// (`ByteUtil.java`).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

impl Digest {
    /// Reads a digest as Zimbra writes it: 44 or 28 characters, the padding and no stray bit included.
    ///
    /// # Errors
    /// [`DigestError`] if it is anything else.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        match text.len() {
            44 => decode(text).map(Self::Sha256),
            28 => decode(text).map(Self::Sha1),
            _ => Err(DigestError),
        }
    }

    /// Reads a digest that is the name of a file or stands in a database: the padding may be left out.
    ///
    /// # Errors
    /// As [`Digest::parse`].
    pub fn named(text: &[u8]) -> Result<Self, DigestError> {
        let text = std::str::from_utf8(text).map_err(|_| DigestError)?;
        match text.len() {
            43 | 27 => Self::parse(&format!("{text}=")),
            _ => Self::parse(text),
        }
    }

    /// Its bytes: 32 or 20.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Sha256(bytes) => bytes,
            Self::Sha1(bytes) => bytes,
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text: String = self.bytes().chunks(3).flat_map(encoded).collect();
        f.pad(&text)
    }
}

/// Four characters for up to three bytes.
fn encoded(bytes: &[u8]) -> [char; 4] {
    let bits = bytes.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
    let bits = bits << (8 * (3 - bytes.len().min(3)));
    [0, 1, 2, 3].map(|place| match place {
        _ if place > bytes.len() => '=',
        _ => char::from(ALPHABET[(bits >> (18 - 6 * place)) & 63]),
    })
}

/// `N` bytes out of text with one character of padding, as both 32 and 20 bytes have it.
fn decode<const N: usize>(text: &str) -> Result<[u8; N], DigestError> {
    let digits = text.strip_suffix('=').ok_or(DigestError)?;
    let mut bytes = [0; N];
    let (mut held, mut bits, mut filled) = (0_u32, 0, 0);
    for digit in digits.bytes() {
        let value = ALPHABET.iter().zip(0..).find_map(|(known, value)| (*known == digit).then_some(value));
        held = held << 6 | value.ok_or(DigestError)?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            *bytes.get_mut(filled).ok_or(DigestError)? = u8::try_from(held >> bits & 0xff).unwrap_or(0);
            filled += 1;
        }
    }
    let stray = held & ((1 << bits) - 1);
    if filled == N && stray == 0 { Ok(bytes) } else { Err(DigestError) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digests_of_nothing_are_those_that_everybody_computes() {
        // `printf '' | openssl dgst -binary -sha256 | base64 | tr / ,` and the same with -sha1
        for text in ["47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "2jmj7l5rSw0yVb,vlWAYkK,YBwk="] {
            let digest = Digest::parse(text).unwrap();
            assert_eq!(digest.to_string(), text);
        }
        let Digest::Sha1(bytes) = Digest::parse("2jmj7l5rSw0yVb,vlWAYkK,YBwk=").unwrap() else { panic!() };
        assert_eq!(bytes[..4], [0xda, 0x39, 0xa3, 0xee]);
    }

    #[test]
    fn anything_else_is_refused() {
        let whole = "2jmj7l5rSw0yVb,vlWAYkK,YBwk=";
        for text in [
            "",
            "=",
            &whole[..27],
            &whole.replace(',', "/"),
            &whole.replace('=', "A"),
            // Two characters of padding belong to other lengths.
            &whole.replace("k=", "=="),
            // A bit that no byte holds.
            &whole.replace("k=", "l="),
            &whole.replace('2', "_"),
            &whole.replace("2j", "é"),
            &format!("{whole}{whole}"),
            "47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuF=",
        ] {
            assert_eq!(Digest::parse(text), Err(DigestError), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_digest_survives(sha256: [u8; 32], sha1: [u8; 20]) {
            for digest in [Digest::Sha256(sha256), Digest::Sha1(sha1)] {
                prop_assert_eq!(Digest::parse(&digest.to_string()), Ok(digest));
            }
        }

        #[test]
        fn what_parses_is_written_the_same(text in "[A-Za-z0-9+,=]{28}|[A-Za-z0-9+,]{43}=|.{0,50}") {
            if let Ok(digest) = Digest::parse(&text) {
                prop_assert_eq!(digest.to_string(), text);
            }
        }
    }
}
