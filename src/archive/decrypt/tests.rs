//! The crate `age` is the oracle: it makes the files and says which damaged ones are damaged.

use std::io::{Read, Write};
use std::iter::once;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::LazyLock;

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use proptest::prelude::*;

use super::payload::{CHUNK, PLAIN_CHUNK};
use super::*;
use crate::archive::ArchiveError;
use crate::archive::pipe::pipe;
use crate::policy::Keys;
use crate::secret::SecretError;
use crate::verdict::kinds;

static OURS: LazyLock<age::x25519::Identity> = LazyLock::new(age::x25519::Identity::generate);

struct Opening {
    result: Result<Decrypted, Stop>,
    plain: Vec<u8>,
    findings: Findings,
}

impl Opening {
    /// The id of the only finding, which must have ended the reading.
    fn finding(&self) -> &'static str {
        assert!(matches!(self.result, Err(Stop::Finding)), "{:?}", self.result);
        let ids: Vec<_> = self.findings.iter().map(|finding| finding.kind.id).collect();
        assert_eq!(ids.len(), 1, "{ids:?}");
        ids[0]
    }

    fn observed(&self) -> &str {
        &self.findings.iter().next().unwrap().observed
    }

    fn error(&self) -> &OpenError {
        assert!(self.findings.is_empty());
        match &self.result {
            Err(Stop::Error(ArchiveError::Open(error))) => error,
            other => panic!("{other:?}"),
        }
    }
}

/// Runs the stage over `stored` in segments of `segment` bytes.
fn open_in(stored: &[u8], segment: usize, keyring: &Keyring) -> Opening {
    let (segments, input) = pipe(stored.len() / segment + 2);
    for bytes in stored.chunks(segment) {
        segments.send(Bytes::copy_from_slice(bytes)).unwrap();
    }
    segments.finish(&Ok(()));
    let (output, mut plain_pipe) = pipe(stored.len() / BUFFER + 2);
    let mut findings = Findings::default();
    let result = run(PipeReader::new(input), &output, keyring, &mut findings);
    output.finish(&result);
    let mut plain = Vec::new();
    while let Ok(Some(buffer)) = plain_pipe.receive() {
        assert!(buffer.len() <= BUFFER);
        plain.extend(buffer);
    }
    Opening { result, plain, findings }
}

fn open(stored: &[u8]) -> Opening {
    open_in(stored, 100_000, &keyring())
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path
}

fn secret(identity: &age::x25519::Identity) -> String {
    use age::secrecy::ExposeSecret;
    identity.to_string().expose_secret().to_owned()
}

fn keyring() -> Keyring {
    let folder = folder();
    let identities = vec![put(&folder, "key", secret(&OURS))];
    Keyring::load(&Keys { identities, ..Keys::default() }, None).unwrap()
}

fn with_passphrase(passphrase: &str, max_work_factor: u8) -> Keyring {
    let folder = folder();
    let passphrase_file = Some(put(&folder, "passphrase", format!("{passphrase}\n")));
    Keyring::load(&Keys { passphrase_file, max_work_factor, ..Keys::default() }, None).unwrap()
}

fn seal_to<'a>(
    plain: &[u8],
    recipients: impl Iterator<Item = &'a dyn age::Recipient>,
    form: Format,
) -> Vec<u8> {
    let armor = ArmoredWriter::wrap_output(Vec::new(), form).unwrap();
    let mut writer = age::Encryptor::with_recipients(recipients).unwrap().wrap_output(armor).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap().finish().unwrap()
}

fn seal(plain: &[u8]) -> Vec<u8> {
    seal_to(plain, once(&OURS.to_public() as _), Format::Binary)
}

fn armored(plain: &[u8]) -> Vec<u8> {
    seal_to(plain, once(&OURS.to_public() as _), Format::AsciiArmor)
}

fn scrypt_recipient(passphrase: &str) -> age::scrypt::Recipient {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(2);
    recipient
}

/// Bytes that no two chunks have in common.
fn text(length: usize) -> Vec<u8> {
    (0_u64..)
        .flat_map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
        .take(length)
        .collect()
}

/// Where the nonce and the payload begin.
fn layout(stored: &[u8]) -> (usize, usize) {
    let mac = stored.windows(5).position(|bytes| bytes == b"\n--- ").unwrap() + 1;
    let nonce = mac + stored[mac..].iter().position(|byte| *byte == b'\n').unwrap() + 1;
    (nonce, nonce + 16)
}

fn flipped(stored: &[u8], at: usize) -> Vec<u8> {
    let mut stored = stored.to_vec();
    stored[at] ^= 1;
    stored
}

/// Another letter of base64 in place of the one that is there.
fn respelt(stored: &[u8], at: usize) -> Vec<u8> {
    let mut stored = stored.to_vec();
    stored[at] = if stored[at] == b'A' { b'B' } else { b'A' };
    stored
}

#[test]
fn every_size_around_the_chunk_edges_comes_back() {
    for length in [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 131_073, 4 * 65_536, 700_001] {
        let plain = text(length);
        let stored = seal(&plain);
        for segment in [1000, 65_551, 65_552, 65_553, 1 << 20] {
            let opening = open_in(&stored, segment, &keyring());
            let decrypted = opening.result.unwrap();
            assert!(opening.plain == plain, "{length} in {segment}");
            assert_eq!((decrypted.stored, decrypted.plaintext), (stored.len() as u64, length as u64));
            let recipients = vec!["X25519".to_owned()];
            assert_eq!(decrypted.encryption, Encryption::Age { armored: false, recipients });
            assert!(opening.findings.is_empty());
        }
    }
}

#[test]
fn armor_comes_back() {
    for length in [0, 1, 2, 3, 47, 48, 65_536, 200_000] {
        let plain = text(length);
        let stored = armored(&plain);
        let windows = String::from_utf8(stored.clone()).unwrap().replace('\n', "\r\n").into_bytes();
        let padded = [&stored[..], b" \n\t\n"].concat();
        let bare = stored.strip_suffix(b"\n").unwrap().to_vec();
        for form in [stored, windows, padded, bare] {
            for segment in [1, 777, 1 << 20] {
                let opening = open_in(&form, segment, &keyring());
                assert!(opening.plain == plain, "{length} in {segment}");
                let decrypted = opening.result.unwrap();
                assert_eq!(decrypted.stored, form.len() as u64);
                assert!(matches!(decrypted.encryption, Encryption::Age { armored: true, .. }));
            }
        }
    }
}

#[test]
fn what_is_not_age_passes_unchanged() {
    for length in [0, 1, 18, 19, 20, BUFFER - 1, BUFFER, BUFFER + 1, 3 * BUFFER + 5] {
        let plain = text(length);
        let opening = open_in(&plain, 70_000, &keyring());
        assert_eq!(opening.plain, plain);
        let passed = length as u64;
        let expected =
            Decrypted { encryption: Encryption::None, stored: passed, plaintext: passed, header: 0 };
        assert_eq!(opening.result.unwrap(), expected);
    }
}

#[test]
fn an_upstream_stop_is_handed_on_without_a_finding() {
    let stored = seal(&text(200_000));
    for length in [0, 10, 100, 190, 1000, 150_000] {
        let (segments, input) = pipe(4);
        segments.send(Bytes::copy_from_slice(&stored[..length])).unwrap();
        segments.finish::<()>(&Err(Stop::Upstream));
        let (output, _plain) = pipe(8);
        let mut findings = Findings::default();
        let result = run(PipeReader::new(input), &output, &keyring(), &mut findings);
        assert!(matches!(result, Err(Stop::Upstream)), "{length}: {result:?}");
        assert!(findings.is_empty());
    }
}

#[test]
fn a_flip_anywhere_is_named_after_where_it_is() {
    let stored = seal(&text(3 * PLAIN_CHUNK));
    let (nonce, payload) = layout(&stored);
    let mac = nonce - 44;
    // The version line.
    assert_eq!(open(&flipped(&stored, 20)).finding(), "age-header-malformed");
    assert_eq!(open(&flipped(&stored, 21)).finding(), "age-header-malformed");
    // The arrow of the recipient, its kind, the line break behind it.
    assert_eq!(open(&flipped(&stored, 22)).finding(), "age-header-malformed");
    // The dashes before the MAC, the MAC.
    assert_eq!(open(&flipped(&stored, mac - 3)).finding(), "age-header-malformed");
    assert_eq!(open(&respelt(&stored, mac + 5)).finding(), "age-header-mac-mismatch");
    // A flipped nonce is another payload key: nothing opens.
    assert_eq!(open(&flipped(&stored, nonce + 3)).finding(), "age-chunk-corrupt");
    for (at, chunk) in
        [(payload, 0), (payload + CHUNK - 1, 0), (payload + CHUNK, 1), (payload + 2 * CHUNK + 70, 2)]
    {
        let opening = open(&flipped(&stored, at));
        assert_eq!(opening.finding(), "age-chunk-corrupt");
        let offset = payload + chunk * CHUNK;
        let subject = format!("age chunk {chunk} at byte {offset}");
        assert_eq!(opening.findings.iter().next().unwrap().subject, subject);
        assert!(opening.plain == text(chunk * PLAIN_CHUNK), "only what is authenticated leaves");
    }
}

#[test]
fn a_flip_in_our_own_recipient_can_only_be_called_no_match() {
    let stored = seal(b"mail");
    let body = stored.windows(10).position(|bytes| bytes == b"-> X25519 ").unwrap() + 54;
    let opening = open(&respelt(&stored, body + 4));
    assert!(matches!(opening.error(), OpenError::NoMatchingIdentity { .. }), "{:?}", opening.result);
}

#[test]
fn a_flip_in_the_recipient_of_somebody_else_breaks_the_mac() {
    let other = age::x25519::Identity::generate().to_public();
    let mine = OURS.to_public();
    let stored = seal_to(b"mail", [&mine as &dyn age::Recipient, &other as _].into_iter(), Format::Binary);
    let second = stored.windows(11).rposition(|bytes| bytes == b"\n-> X25519 ").unwrap() + 56;
    assert_eq!(open(&respelt(&stored, second + 3)).finding(), "age-header-mac-mismatch");
}

#[test]
fn a_carriage_return_in_the_header_is_named() {
    let stored = seal(b"mail");
    let (nonce, _) = layout(&stored);
    let header = String::from_utf8(stored[..nonce].to_vec()).unwrap().replace('\n', "\r\n");
    let opening = open(&[header.as_bytes(), &stored[nonce..]].concat());
    assert_eq!(opening.finding(), "age-header-malformed");
    assert_eq!(opening.observed(), "byte 0x0d at offset 21");
}

#[test]
fn a_header_without_end_is_given_up() {
    let mut stored = b"age-encryption.org/v1\n".to_vec();
    for _ in 0..300_000 {
        stored.extend_from_slice(b"-> a\n\n");
    }
    assert_eq!(open(&stored).finding(), "age-header-malformed");
}

#[test]
fn a_header_of_very_many_recipients_is_parsed_once() {
    let mut stored = b"age-encryption.org/v1\n".to_vec();
    for _ in 0..150_000 {
        stored.extend_from_slice(b"-> a\n\n");
    }
    stored.extend_from_slice(&[b"--- ", &[b'A'; 43][..], b"\n", &[0; 16]].concat());
    let opening = open(&stored);
    assert!(matches!(opening.error(), OpenError::NoMatchingIdentity { .. }));
}

#[test]
fn a_cut_is_named_after_where_it_is() {
    let stored = seal(&text(3 * PLAIN_CHUNK - 100));
    let (nonce, payload) = layout(&stored);
    for length in [19, 22, 60, nonce - 1, nonce, nonce + 1, payload - 1] {
        assert_eq!(open(&stored[..length]).finding(), "age-header-truncated", "{length}");
    }
    let edges = [payload, payload + CHUNK, payload + 2 * CHUNK, stored.len()];
    for (number, edge) in edges.into_iter().enumerate() {
        for length in [edge - 17, edge - 1, edge, edge + 1, edge + 16] {
            if length < payload || length >= stored.len() {
                continue;
            }
            let opening = open(&stored[..length]);
            assert_eq!(opening.finding(), "age-truncated", "{number} {length}");
            if length == edge && number > 0 {
                assert!(opening.observed().contains("exactly between two chunks"), "{}", opening.observed());
            } else {
                assert!(opening.observed().contains("inside"), "{}", opening.observed());
            }
            let whole = (length - payload) / CHUNK * PLAIN_CHUNK;
            let whole = if length == edge { whole.saturating_sub(PLAIN_CHUNK) } else { whole };
            assert!(opening.plain == text(whole), "{length}");
        }
    }
}

/// The pieces of a file of `count` chunks, the last one short.
fn pieces(count: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let stored = seal(&text(count * PLAIN_CHUNK - 60_000));
    let (_, payload) = layout(&stored);
    (stored[..payload].to_vec(), stored[payload..].chunks(CHUNK).map(<[u8]>::to_vec).collect())
}

fn assembled(header: &[u8], chunks: &[Vec<u8>], order: &[usize]) -> Vec<u8> {
    let mut stored = header.to_vec();
    order.iter().for_each(|index| stored.extend_from_slice(&chunks[*index]));
    stored
}

#[test]
fn chunks_in_the_wrong_place_are_named() {
    let (header, chunks) = pieces(5);
    let cases: &[(&[usize], usize, usize)] = &[
        (&[0, 2, 1, 3, 4], 1, 2),
        (&[0, 1, 1, 2, 3, 4], 2, 1),
        (&[1, 2, 3, 4], 0, 1),
        (&[0, 1, 2, 4], 3, 4),
        (&[4], 0, 4),
        (&[0, 1, 2, 0], 3, 0),
    ];
    for (order, at, found) in cases {
        let opening = open(&assembled(&header, &chunks, order));
        assert_eq!(opening.finding(), "age-chunk-misplaced", "{order:?}");
        assert_eq!(opening.observed(), format!("chunk {found} of the same file"));
        let finding = opening.findings.iter().next().unwrap();
        assert_eq!(finding.expected, format!("chunk {at}"));
        assert!(opening.plain == text(at * PLAIN_CHUNK));
    }
}

#[test]
fn a_chunk_of_another_file_is_corrupt() {
    let (header, mut chunks) = pieces(3);
    let (_, others) = pieces(3);
    chunks[1] = others[1].clone();
    assert_eq!(open(&assembled(&header, &chunks, &[0, 1, 2])).finding(), "age-chunk-corrupt");
}

#[test]
fn what_follows_the_end_is_named() {
    for length in [0, 5000, 65_536, 100_000] {
        let stored = seal(&text(length));
        for appended in [&b"\n"[..], b"twelve bytes", &stored, &text(200_000)] {
            let opening = open(&[&stored[..], appended].concat());
            assert_eq!(opening.finding(), "age-trailing-data", "{length} + {}", appended.len());
            let expected = &opening.findings.iter().next().unwrap().expected;
            assert!(expected.contains(&format!("byte {},", stored.len())), "{expected}");
        }
    }
}

#[test]
fn an_empty_last_chunk_behind_others_is_no_end() {
    use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
    let key = LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]).unwrap());
    let sealed = |counter: u8, last: u8, plain: Vec<u8>| {
        let mut chunk = plain;
        let nonce = Nonce::assume_unique_for_key([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, counter, last]);
        key.seal_in_place_append_tag(nonce, Aad::empty(), &mut chunk).unwrap();
        chunk
    };
    let stored = [sealed(0, 0, text(PLAIN_CHUNK)), sealed(1, 1, Vec::new())].concat();
    let (segments, input) = pipe(2);
    segments.send(Bytes::from(stored)).unwrap();
    segments.finish(&Ok(()));
    let (output, _plain) = pipe(4);
    let mut findings = Findings::default();
    let mut source = Ciphertext::binary(PipeReader::new(input));
    let result = payload::decrypt(&key, 0, &mut source, &output, &mut findings);
    assert!(matches!(result, Err(Stop::Finding)));
    assert_eq!(findings.count(&kinds::AGE_CHUNK_CORRUPT), 1);
}

#[test]
fn damaged_armor_is_named() {
    let stored = String::from_utf8(armored(&text(300))).unwrap();
    let lines: Vec<&str> = stored.lines().collect();
    let changed = |index: usize, line: &str| {
        let mut lines = lines.clone();
        lines[index] = line;
        lines.join("\n") + "\n"
    };
    let last = lines.len() - 1;
    let long = format!("{}A", lines[3]);
    let cases = [
        (changed(0, "-----BEGIN AGE ENCRYPTED FILE---- "), "age-armor-malformed"),
        (changed(3, ""), "age-armor-malformed"),
        (changed(3, &lines[3][..60]), "age-armor-malformed"),
        (changed(3, &long), "age-armor-malformed"),
        (changed(3, &lines[3].replace(&lines[3][5..6], "!")), "age-armor-malformed"),
        (changed(last, "-----END AGE ENCRYPTED FILES-----"), "age-armor-malformed"),
        (stored.clone() + "x", "age-trailing-data"),
        (stored.replace(&format!("{}\n", lines[last]), ""), "age-truncated"),
        (stored[..stored.len() - 5].to_owned(), "age-truncated"),
        (stored[..100].to_owned(), "age-truncated"),
        (format!("{}\n{}\n", lines[0], lines[last]), "age-header-truncated"),
    ];
    for (index, (stored, kind)) in cases.iter().enumerate() {
        assert_eq!(open(stored.as_bytes()).finding(), *kind, "case {index}");
    }
    let endless = [lines[0].as_bytes(), b"\n", &vec![b'A'; 3 << 20]].concat();
    assert_eq!(open(&endless).finding(), "age-armor-malformed");
}

#[test]
fn passphrases_open_archives_within_the_allowed_work() {
    let stored = seal_to(b"mail", once(&scrypt_recipient("correct horse") as _), Format::Binary);
    let opening = open_in(&stored, 100, &with_passphrase("correct horse", 10));
    assert_eq!(opening.plain, b"mail");
    let recipients = vec!["scrypt".to_owned()];
    assert_eq!(opening.result.unwrap().encryption, Encryption::Age { armored: false, recipients });

    let wrong = open_in(&stored, 100, &with_passphrase("wrong", 10));
    assert!(matches!(wrong.error(), OpenError::WrongPassphrase { .. }));
    let dear = open_in(&stored, 100, &with_passphrase("correct horse", 1));
    assert!(matches!(dear.error(), OpenError::ExcessiveWork { required: 2, allowed: 1, .. }));
    assert!(matches!(open(&stored).error(), OpenError::PassphraseNeeded { .. }));
}

#[test]
fn what_was_tried_is_told_and_secrets_are_not() {
    let other = age::x25519::Identity::generate();
    let stored = seal_to(b"mail", once(&other.to_public() as _), Format::Binary);
    let opening = open(&stored);
    let message = opening.error().to_string();
    assert!(message.contains("X25519"), "{message}");
    assert!(message.contains(&OURS.to_public().to_string()), "{message}");
    let none = Keyring::load(&Keys::default(), None).unwrap();
    assert!(matches!(open_in(&stored, 100, &none).error(), OpenError::NoIdentity { .. }));

    let debug = format!("{:?} {:?}", keyring(), with_passphrase("correct horse", 5));
    assert!(debug.contains("X25519") && debug.contains("passphrase"));
    assert!(!debug.contains("AGE-SECRET-KEY") && !debug.contains("correct horse"));
}

#[test]
fn keyrings_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Keyring>();
}

#[test]
fn identity_files_are_read_with_comments_and_several_keys() {
    let folder = folder();
    let other = age::x25519::Identity::generate();
    let content = format!("# created: today\r\n\r\n{}\n  {}  \n", secret(&other), secret(&OURS));
    let keys = Keys { identities: vec![put(&folder, "keys", content)], ..Keys::default() };
    let keyring = Keyring::load(&keys, None).unwrap();
    let publics: Vec<_> = keyring.describe().filter_map(|held| held.public.clone()).collect();
    assert_eq!(publics, [other.to_public().to_string(), OURS.to_public().to_string()]);
    assert_eq!(open_in(&seal(b"mail"), 50, &keyring).plain, b"mail");
}

#[test]
fn encrypted_identity_files_need_their_passphrase() {
    let folder = folder();
    for form in [Format::Binary, Format::AsciiArmor] {
        let sealed = seal_to(secret(&OURS).as_bytes(), once(&scrypt_recipient("tower") as _), form);
        let identities = vec![put(&folder, "key.age", sealed)];
        let with = |passphrase: Option<&str>, max_work_factor| {
            let passphrase_file = passphrase.map(|text| put(&folder, "passphrase", text));
            let identities = identities.clone();
            Keyring::load(&Keys { identities, passphrase_file, max_work_factor, ..Keys::default() }, None)
        };
        let keyring = with(Some("tower"), 10).unwrap();
        assert_eq!(open_in(&seal(b"mail"), 50, &keyring).plain, b"mail");
        assert!(matches!(with(Some("wrong"), 10), Err(OpenError::WrongPassphrase { .. })));
        assert!(matches!(with(Some("tower"), 1), Err(OpenError::ExcessiveWork { required: 2, .. })));
        assert!(matches!(with(None, 10), Err(OpenError::PassphraseNeeded { .. })));
    }
    let sealed = seal(secret(&OURS).as_bytes());
    let keys = Keys { identities: vec![put(&folder, "key.age", sealed)], ..Keys::default() };
    let message = Keyring::load(&keys, None).unwrap_err().to_string();
    assert!(message.contains("encrypted to a key instead of a passphrase"), "{message}");
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let folder = folder();
    let public = put(&folder, "public", format!("# mine\n{}\n", OURS.to_public()));
    let open_to_all = put(&folder, "open", secret(&OURS));
    std::fs::set_permissions(&open_to_all, std::fs::Permissions::from_mode(0o644)).unwrap();
    let plugin = put(&folder, "plugin", "AGE-PLUGIN-FOOBAR-1QVHULF\n");
    let empty = put(&folder, "empty", "# nothing\n");
    let pem = put(&folder, "pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    let mut broken = secret(&OURS);
    broken.replace_range(20..21, if &broken[20..21] == "Q" { "P" } else { "Q" });
    let broken = put(&folder, "broken", broken);
    let missing = folder.path().join("missing");
    let lines = put(&folder, "lines", "one\ntwo\n");
    let identities = vec![public, open_to_all.clone(), plugin, empty, pem, broken, missing];
    let keys = Keys { identities, passphrase_file: Some(lines), ..Keys::default() };
    let OpenError::Several(problems) = Keyring::load(&keys, None).unwrap_err() else { panic!() };
    let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
    let expected = [
        "lines, line 2: more than one line",
        "public, line 2: a public key",
        &format!("run `chmod 600 {}`", open_to_all.display()),
        "add \"foobar\" to `keys.plugins`",
        "holds no identity",
        "not an OpenSSH private key",
        "broken, line 1: an identity with a wrong checksum",
        "can't be read",
    ];
    assert_eq!(messages.len(), expected.len(), "{messages:?}");
    for (message, part) in messages.iter().zip(expected) {
        assert!(message.contains(part), "{message}");
        assert!(!message.contains("AGE-SECRET-KEY-1Q") && !message.contains("two"), "{message}");
    }
}

#[test]
fn a_plugin_that_is_allowed_and_missing_is_named() {
    let folder = folder();
    let identities = vec![put(&folder, "plugin", "AGE-PLUGIN-FOOBAR-1QVHULF\n")];
    let keys = Keys { identities, plugins: vec!["foobar".to_owned()], ..Keys::default() };
    let error = Keyring::load(&keys, None).unwrap_err();
    assert!(matches!(&error, OpenError::PluginMissing { name, .. } if name == "foobar"), "{error}");
}

#[test]
fn bare_names_are_looked_up_in_the_credentials_directory() {
    let folder = folder();
    let path = put(&folder, "backup-key", secret(&OURS));
    // systemd's access list shows as group bits; bits for all others never do.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o440)).unwrap();
    let keys = Keys { identities: vec![PathBuf::from("backup-key")], ..Keys::default() };
    let keyring = Keyring::load(&keys, Some(folder.path())).unwrap();
    assert_eq!(keyring.describe().next().unwrap().file, path.display().to_string());
    assert!(matches!(Keyring::load(&keys, None), Err(OpenError::Secret(SecretError::Unreadable { .. }))));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    assert!(matches!(
        Keyring::load(&keys, Some(folder.path())),
        Err(OpenError::Secret(SecretError::TooOpen { .. }))
    ));
    let full = Keys { identities: vec![path], ..Keys::default() };
    assert!(matches!(
        Keyring::load(&full, Some(folder.path())),
        Err(OpenError::Secret(SecretError::TooOpen { .. }))
    ));
}

/// What the crate `age` reads from the same bytes.
fn oracle(stored: &[u8]) -> Option<Vec<u8>> {
    let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(stored)).ok()?;
    let mut plain = Vec::new();
    let mut reader = decryptor.decrypt(once(&*OURS as &dyn age::Identity)).ok()?;
    reader.read_to_end(&mut plain).ok().map(|_| plain)
}

#[derive(Debug, Clone)]
enum Damage {
    None,
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index),
    Insert(prop::sample::Index, u8),
    Remove(prop::sample::Index),
    Append(Vec<u8>),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        Just(Damage::None),
        (any::<prop::sample::Index>(), 1_u8..).prop_map(|(at, with)| Damage::Flip(at, with)),
        any::<prop::sample::Index>().prop_map(Damage::Cut),
        (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Damage::Insert(at, byte)),
        any::<prop::sample::Index>().prop_map(Damage::Remove),
        prop::collection::vec(any::<u8>(), 1..40).prop_map(Damage::Append),
    ]
}

fn damaged(mut stored: Vec<u8>, damage: &Damage) -> Vec<u8> {
    match damage {
        Damage::None => {}
        Damage::Flip(at, with) => {
            let at = at.index(stored.len());
            stored[at] ^= with;
        }
        Damage::Cut(at) => stored.truncate(at.index(stored.len())),
        Damage::Insert(at, byte) => stored.insert(at.index(stored.len()), *byte),
        Damage::Remove(at) => {
            stored.remove(at.index(stored.len()));
        }
        Damage::Append(bytes) => stored.extend_from_slice(bytes),
    }
    stored
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_gets_the_same_verdict_as_from_the_crate_age(
        length in prop_oneof![40 => 0_usize..3000, 1 => Just(PLAIN_CHUNK), 1 => 65_000_usize..70_000],
        text_form in any::<bool>(),
        damage in damage(),
        segment in 1_usize..70_000,
    ) {
        let plain = text(length);
        let stored = damaged(if text_form { armored(&plain) } else { seal(&plain) }, &damage);
        let opening = open_in(&stored, segment, &keyring());
        match &opening.result {
            Ok(Decrypted { encryption: Encryption::Age { .. }, .. }) => {
                let truth = oracle(&stored);
                prop_assert_eq!(truth.as_ref(), Some(&opening.plain));
                prop_assert!(opening.findings.is_empty());
            }
            other => {
                prop_assert!(oracle(&stored).is_none(), "{:?}", other);
                let passed = matches!(other, Ok(Decrypted { encryption: Encryption::None, .. }));
                prop_assert!(passed || plain.starts_with(&opening.plain));
            }
        }
    }
}
