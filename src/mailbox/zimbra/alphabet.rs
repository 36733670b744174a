//! Digests as Zimbra writes them: base64 with `,` in place of `/`, as they stand in names of files (`ByteUtil.java`).

use crate::mailbox::{Digest, DigestError};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Reads a digest: 44 characters for SHA-256, 28 for SHA-1, the `=` at the end kept or not.
///
/// # Errors
/// The text is something else, or states bits that no digest has.
pub fn read(text: &[u8]) -> Result<Digest, DigestError> {
    let letters = text.strip_suffix(b"=").unwrap_or(text);
    match letters.len() {
        43 => decode(letters).map(Digest::Sha256),
        27 => decode(letters).map(Digest::Sha1),
        _ => Err(DigestError),
    }
}

/// Writes a digest as `blob_digest` has it.
#[must_use]
pub fn write(digest: &Digest) -> String {
    let bytes: &[u8] = match digest {
        Digest::Sha256(bytes) => bytes,
        Digest::Sha1(bytes) => bytes,
    };
    let mut text = String::with_capacity(44);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            text.push(char::from(LETTERS[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    text.push('=');
    text
}

fn decode<const N: usize>(letters: &[u8]) -> Result<[u8; N], DigestError> {
    let mut bytes = [0; N];
    let (mut bits, mut held, mut filled) = (0_u32, 0, 0);
    for letter in letters {
        bits = bits << 6 | value(*letter).ok_or(DigestError)?;
        held += 6;
        if held >= 8 {
            held -= 8;
            *bytes.get_mut(filled).ok_or(DigestError)? = (bits >> held).to_le_bytes()[0];
            bits &= (1 << held) - 1;
            filled += 1;
        }
    }
    if filled == N && bits == 0 { Ok(bytes) } else { Err(DigestError) }
}

fn value(letter: u8) -> Option<u32> {
    Some(u32::from(match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        b',' => 63,
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn digests_of_known_content_are_read() {
        let empty = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, b"");
        let text = b"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(read(text), Ok(Digest::Sha256(empty.as_ref().try_into().unwrap())));
        assert_eq!(read(&text[..43]), read(text), "without `=`");
        let empty = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY, b"");
        assert_eq!(
            read(b"2jmj7l5rSw0yVb,vlWAYkK,YBwk="),
            Ok(Digest::Sha1(empty.as_ref().try_into().unwrap()))
        );
    }

    #[test]
    fn nothing_else_is_a_digest() {
        for text in [
            &b""[..],
            b"=",
            b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            b"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            b"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSuFU==",
            b"47DEQpj8HBSa+,TImW+5JCeuQeRkm5NMpJWZG3hSu",
        ] {
            assert_eq!(read(text), Err(DigestError), "{}", text.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(long: [u8; 32], short in prop::array::uniform20(any::<u8>())) {
            for digest in [Digest::Sha256(long), Digest::Sha1(short)] {
                let text = write(&digest);
                prop_assert_eq!(read(text.as_bytes()), Ok(digest));
                prop_assert_eq!(read(text.trim_end_matches('=').as_bytes()), Ok(digest));
            }
        }

        #[test]
        fn only_one_text_is_read_as_a_digest(text in "[A-Za-z0-9+,]{42,44}") {
            if let Ok(digest) = read(text.as_bytes()) {
                let written = write(&digest);
                prop_assert_eq!(written.trim_end_matches('='), text);
            }
        }
    }
}
