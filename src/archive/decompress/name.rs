//! What bytes that are no archive most likely are, by how they begin.

type Magic = (&'static [u8], &'static str);

const MAGICS: &[Magic] = &[
    (b"age-encryption.org/", "an age file"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----", "an age file in armor"),
    (b"-----BEGIN PGP MESSAGE-----", "a PGP message"),
    (b"-----BEGIN ", "PEM text"),
    (b"Salted__", "a file of openssl enc"),
    (b"\x28\xb5\x2f\xfd", "a zstd stream"),
    (b"\x1f\x8b", "a gzip stream"),
    (b"\x1f\x9d", "a compress (.Z) stream"),
    (b"\xfd7zXZ\0", "an xz stream"),
    (b"BZh", "a bzip2 stream"),
    (b"\x04\x22\x4d\x18", "an lz4 stream"),
    (b"LZIP", "an lzip stream"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF-", "a PDF document"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"BORG_SEG", "a segment of a borg repository"),
    (b"\x84\x5e\x03", "a PGP message"),
    (b"\x85\x01\x0c\x03", "a PGP message"),
    (b"\x85\x02\x0c\x03", "a PGP message"),
    (b"\x8c\x0d\x04", "a PGP message"),
];

/// Says what `first`, the first bytes of a stream (512 are enough), most likely begin.
#[must_use]
pub fn name_of(first: &[u8]) -> Option<&'static str> {
    let by_magic = MAGICS.iter().find(|(magic, _)| first.starts_with(magic));
    by_magic.map(|(_, name)| *name).or_else(|| name_of_text(first))
}

fn name_of_text(first: &[u8]) -> Option<&'static str> {
    let text = readable(first)?;
    let start = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    let begins = |words: &[&str]| words.iter().any(|word| start.starts_with(word));
    if begins(&["<!doctype html", "<html", "<head", "<body"]) {
        return Some("an HTML page");
    }
    if begins(&["<?xml", "<error"]) {
        let error = start.contains("<error>") || start.contains("<error ");
        return Some(if error {
            "an XML error document, as object stores send it"
        } else {
            "an XML document"
        });
    }
    if begins(&["{", "["]) {
        return Some("a JSON document");
    }
    if begins(&["dn:", "version: 1\ndn:", "version: 1\r\ndn:"]) {
        return Some("LDIF text");
    }
    (!start.is_empty()).then_some("plain text")
}

/// The bytes as text, if they are; a character cut at the end is left out.
fn readable(first: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&first[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let plain = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    text.chars().all(plain).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_producers_upload_by_mistake_is_named() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"\xef\xbb\xbf\n <!DOCTYPE html><html>", Some("an HTML page")),
            (
                b"<?xml version=\"1.0\"?>\n<Error><Code>AccessDenied</Code>",
                Some("an XML error document, as object stores send it"),
            ),
            (b"<?xml version=\"1.0\"?><soap:Envelope>", Some("an XML document")),
            (b"{\"error\": 1}", Some("a JSON document")),
            (b"dn: uid=a,ou=people\nmail: x\n", Some("LDIF text")),
            (b"ERROR: account.NO_SUCH_ACCOUNT\n", Some("plain text")),
            ("gr\u{fc}n".as_bytes(), Some("plain text")),
            (&"gr\u{fc}".as_bytes()[..3], Some("plain text")),
            (b"\xfd7zXZ\0\0\x04", Some("an xz stream")),
            (b"age-encryption.org/v1\n", Some("an age file")),
            (b"", None),
            (b"   \n", None),
            (b"\0\0\0\0", None),
            (b"ab\x01", None),
            (b"\xff\xfe\x00", None),
        ];
        for (bytes, name) in cases {
            assert_eq!(name_of(bytes), *name, "{bytes:?}");
        }
    }
}
