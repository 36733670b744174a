//! Names of folders (RFC 3501, section 5.1.3: modified UTF-7).

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const ENGINE: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// Decodes a name; what is no modified UTF-7 stays as it is, because servers exist that send UTF-8.
pub(crate) fn decoded(raw: &[u8]) -> String {
    strictly(raw).unwrap_or_else(|| String::from_utf8_lossy(raw).into_owned())
}

fn strictly(raw: &[u8]) -> Option<String> {
    let mut rest = std::str::from_utf8(raw).ok().filter(|raw| raw.is_ascii())?;
    let mut name = String::with_capacity(rest.len());
    while let Some((plain, shifted)) = rest.split_once('&') {
        let (encoded, behind) = shifted.split_once('-')?;
        name.push_str(plain);
        match encoded {
            "" => name.push('&'),
            _ => name.push_str(&unshifted(encoded)?),
        }
        rest = behind;
    }
    name.push_str(rest);
    Some(name)
}

/// UTF-16, the higher byte first.
fn unshifted(encoded: &str) -> Option<String> {
    let bytes = ENGINE.decode(encoded).ok().filter(|bytes| bytes.len() % 2 == 0)?;
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16(&units).ok()
}

/// Encodes a name.
pub(crate) fn encoded(name: &str) -> String {
    let plain = |letter: &char| matches!(letter, ' '..='~');
    let mut text = String::with_capacity(name.len());
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if plain(&letter) {
            text.push(letter);
            text.push_str(if letter == '&' { "-" } else { "" });
            continue;
        }
        // Runs are encoded as one: to shift out and in again between two letters is not allowed.
        let mut run = String::from(letter);
        run.extend(std::iter::from_fn(|| letters.next_if(|letter| !plain(letter))));
        let bytes: Vec<u8> = run.encode_utf16().flat_map(u16::to_be_bytes).collect();
        text.push_str(&format!("&{}-", ENGINE.encode(bytes)));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_examples_of_the_standard_are_read() {
        assert_eq!(decoded(b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"), "~peter/mail/台北/日本語");
        assert_eq!(encoded("~peter/mail/台北/日本語"), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(encoded("A & B: ☺!"), "A &- B: &Jjo-!");
        assert_eq!(decoded(b"&Jjo-!"), "☺!");
        assert_eq!(decoded(b"A &- B"), "A & B");
        assert_eq!(decoded(b"Entw&APw-rfe"), "Entwürfe");
    }

    #[test]
    fn what_is_none_stays_as_it_is() {
        for name in ["&", "A & B", "&APw", "&A-", "&2D0-", "Entwürfe"] {
            assert_eq!(decoded(name.as_bytes()), name);
        }
        assert_eq!(decoded(b"a\xffb"), "a\u{fffd}b");
    }

    proptest! {
        #[test]
        fn every_name_survives(name: String) {
            prop_assert_eq!(decoded(encoded(&name).as_bytes()), name);
        }
    }
}
