//! The header: which recipients an age file has, and the key that one of ours finds in it.
//!
//! The crate `age` parses the header and checks its MAC; the file key is captured on its way, so that
//! the payload can be opened with a faster cipher.

use std::cell::RefCell;
use std::io::{self, BufRead, Read};

use age::secrecy::ExposeSecret;
use age_core::format::{FileKey, Stanza};
use aws_lc_rs::aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey};
use aws_lc_rs::hkdf;

use super::armor::Ciphertext;
use super::error::OpenError;
use super::keyring::{Keyring, Sort};
use super::{Stop, give_up};
use crate::archive::ArchiveError;
use crate::legible::deceives;
use crate::verdict::{Finding, Findings, kinds};

/// A header is a few hundred bytes for each recipient.
const LIMIT: usize = 1 << 20;
const NONCE: usize = 16;
const VERSION: &[u8] = b"age-encryption.org/v1";

/// The bytes before the payload: text up to and with the MAC line, and the payload's nonce.
pub(super) struct Header {
    text: Vec<u8>,
    nonce: [u8; NONCE],
}

/// What the header gave.
pub(super) struct Opened {
    /// The kind of each recipient.
    pub(super) recipients: Vec<String>,
    /// Opens the payload's chunks.
    pub(super) key: LessSafeKey,
}

impl Header {
    /// Bytes before the first chunk.
    pub(super) fn length(&self) -> u64 {
        (self.text.len() + NONCE) as u64
    }
}

/// Reads the header behind its first bytes, `start`.
pub(super) fn read(start: &[u8], source: &mut Ciphertext, findings: &mut Findings) -> Result<Header, Stop> {
    let mut text = start.to_vec();
    let mut begin = 0;
    loop {
        read_line(source, &mut text, findings)?;
        let line = &text[begin..text.len() - 1];
        if begin == 0 && line != VERSION {
            let shown: String = String::from_utf8_lossy(line).chars().take(40).collect();
            return Err(malformed(findings, "age-encryption.org/v1", format!("the version line {shown:?}")));
        }
        if line.starts_with(b"--- ") {
            break;
        }
        if begin > 0 && !line.starts_with(b"-> ") && !is_body(line) {
            return Err(malformed(findings, "a recipient, base64 or the MAC", line_at(begin)));
        }
        begin = text.len();
    }
    Ok(Header { text, nonce: read_nonce(source, findings)? })
}

fn line_at(offset: usize) -> String {
    format!("the line at byte {offset} is none of these")
}

fn is_body(line: &[u8]) -> bool {
    line.len() <= 64 && line.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

/// Appends the next line with its line feed.
fn read_line(source: &mut Ciphertext, text: &mut Vec<u8>, findings: &mut Findings) -> Result<(), Stop> {
    loop {
        let bytes = source.fill(findings)?;
        if bytes.is_empty() {
            return Err(truncated(findings, text.len()));
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let amount = end.map_or(bytes.len(), |at| at + 1);
        let printable = &bytes[..end.unwrap_or(amount)];
        if let Some(at) = printable.iter().position(|byte| !(b' '..=b'~').contains(byte)) {
            let what = format!("byte 0x{:02x} at offset {}", printable[at], text.len() + at);
            return Err(malformed(findings, "printable ASCII and line feeds", what));
        }
        text.extend_from_slice(&bytes[..amount]);
        source.advance(amount);
        if text.len() > LIMIT {
            return Err(malformed(findings, "a header below 1 MiB", "more than 1 MiB".to_owned()));
        }
        if end.is_some() {
            return Ok(());
        }
    }
}

fn read_nonce(source: &mut Ciphertext, findings: &mut Findings) -> Result<[u8; NONCE], Stop> {
    let mut nonce = [0; NONCE];
    let mut filled = 0;
    while filled < NONCE {
        let bytes = source.fill(findings)?;
        if bytes.is_empty() {
            return Err(truncated(findings, filled));
        }
        let amount = bytes.len().min(NONCE - filled);
        nonce[filled..filled + amount].copy_from_slice(&bytes[..amount]);
        filled += amount;
        source.advance(amount);
    }
    Ok(nonce)
}

fn malformed(findings: &mut Findings, expected: &str, observed: String) -> Stop {
    let finding = Finding::new(&kinds::AGE_HEADER_MALFORMED, "age header");
    give_up(findings, finding.expected(expected).observed(observed))
}

fn truncated(findings: &mut Findings, after: usize) -> Stop {
    let finding = Finding::new(&kinds::AGE_HEADER_TRUNCATED, "age header")
        .expected("recipients, MAC and nonce")
        .observed(format!("the object ends {after} bytes into it"));
    give_up(findings, finding)
}

/// Opens the header with the first key that fits.
pub(super) fn open(header: &Header, keyring: &Keyring, findings: &mut Findings) -> Result<Opened, Stop> {
    let attempt = Attempt { keyring, seen: RefCell::default() };
    let result = age::Decryptor::new_buffered(Whole { text: &header.text, nonce: &header.nonce })
        .and_then(|decryptor| decryptor.decrypt(std::iter::once(&attempt as &dyn age::Identity)));
    let seen = attempt.seen.into_inner();
    match (result, seen.file_key) {
        (Ok(_), Some(file_key)) => {
            Ok(Opened { recipients: seen.recipients, key: payload_key(&file_key, &header.nonce)? })
        }
        (Err(age::DecryptError::InvalidMac), _) => {
            let finding = Finding::new(&kinds::AGE_HEADER_MAC_MISMATCH, "age header")
                .expected("the MAC of the header")
                .observed("another");
            Err(give_up(findings, finding))
        }
        (Err(age::DecryptError::NoMatchingKeys), _) => {
            Err(refused(&seen.recipients, seen.refusals, keyring, findings))
        }
        _ => Err(malformed(findings, "recipients and a MAC as age writes them", "another structure".into())),
    }
}

/// `HKDF-SHA256(file key, salt = nonce, info = "payload")`.
fn payload_key(file_key: &FileKey, nonce: &[u8]) -> Result<LessSafeKey, Stop> {
    hkdf::Salt::new(hkdf::HKDF_SHA256, nonce)
        .extract(file_key.expose_secret())
        .expand(&[b"payload"], &CHACHA20_POLY1305)
        .map(|key| LessSafeKey::new(UnboundKey::from(key)))
        .map_err(|_| Stop::Error(ArchiveError::Decoder("the cipher could not be set up".to_owned())))
}

/// Why no key opened the header: damage that shows in it, or the keys.
fn refused(
    recipients: &[String],
    refusals: Vec<Refusal>,
    keyring: &Keyring,
    findings: &mut Findings,
) -> Stop {
    let mut ours = None;
    for refusal in refusals {
        match refusal {
            Refusal::Damaged(what) => return malformed(findings, "a recipient that its own key opens", what),
            Refusal::Ours(error) => ours = ours.or(Some(error)),
        }
    }
    let error = ours.unwrap_or_else(|| no_match(recipients, keyring));
    Stop::Error(ArchiveError::Open(error))
}

fn no_match(recipients: &[String], keyring: &Keyring) -> OpenError {
    let kinds = recipients.join(", ");
    if recipients == ["scrypt"] {
        return OpenError::PassphraseNeeded { what: "the archive".to_owned() };
    }
    if keyring.is_empty() {
        return OpenError::NoIdentity { recipients: kinds };
    }
    let tried: Vec<String> = keyring.describe().map(ToString::to_string).collect();
    OpenError::NoMatchingIdentity { recipients: kinds, tried: tried.join(", ") }
}

/// All our keys as one identity, which sees every recipient and keeps the file key.
struct Attempt<'a> {
    keyring: &'a Keyring,
    seen: RefCell<Seen>,
}

#[derive(Default)]
struct Seen {
    recipients: Vec<String>,
    file_key: Option<FileKey>,
    refusals: Vec<Refusal>,
}

/// Why a key that a recipient names did not open it.
enum Refusal {
    /// The recipient is damaged.
    Damaged(String),
    /// The fault is on our side.
    Ours(OpenError),
}

impl age::Identity for Attempt<'_> {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, age::DecryptError>> {
        self.unwrap_stanzas(std::slice::from_ref(stanza))
    }

    fn unwrap_stanzas(&self, stanzas: &[Stanza]) -> Option<Result<FileKey, age::DecryptError>> {
        let mut seen = self.seen.borrow_mut();
        // age adds a recipient of a random kind to some files, to keep readers tolerant.
        let real = stanzas.iter().filter(|stanza| !stanza.tag.ends_with("-grease"));
        seen.recipients = real.map(|stanza| stanza.tag.clone()).collect();
        for key in self.keyring.keys() {
            match key.identity.unwrap_stanzas(stanzas) {
                None => {}
                Some(Ok(file_key)) => {
                    let copy = |into: &mut [u8; 16]| into.copy_from_slice(file_key.expose_secret());
                    seen.file_key = Some(FileKey::init_with_mut(copy));
                    return Some(Ok(file_key));
                }
                Some(Err(error)) => seen.refusals.push(self.refusal(&key.sort, error)),
            }
        }
        None
    }
}

impl Attempt<'_> {
    fn refusal(&self, sort: &Sort, error: age::DecryptError) -> Refusal {
        use age::DecryptError as E;
        match (sort, error) {
            (Sort::Plugin(name), error) => {
                Refusal::Ours(OpenError::PluginFailed { name: name.clone(), why: plugin_message(&error) })
            }
            (_, E::ExcessiveWork { required, .. }) => Refusal::Ours(OpenError::ExcessiveWork {
                what: "the archive".to_owned(),
                required,
                allowed: self.keyring.max_work_factor(),
            }),
            (Sort::Passphrase, E::DecryptionFailed) => {
                Refusal::Ours(OpenError::WrongPassphrase { what: "the archive".to_owned() })
            }
            (Sort::Ssh, E::DecryptionFailed) => {
                Refusal::Damaged("the recipient that names our SSH key does not open".to_owned())
            }
            _ => Refusal::Damaged("a recipient with the wrong arguments or length".to_owned()),
        }
    }
}

/// What a plugin said, on one line and at most 200 characters.
fn plugin_message(error: &age::DecryptError) -> String {
    let said = match error {
        age::DecryptError::Plugin(errors) => {
            errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
        }
        age::DecryptError::Io(error) => error.to_string(),
        _ => "it gave no usable key".to_owned(),
    };
    said.chars().map(|c| if deceives(c) { ' ' } else { c }).take(200).collect()
}

/// Hands the header over in one piece: age parses anew from the start at every line it is given,
/// which a header of many short lines would make quadratic.
struct Whole<'a> {
    text: &'a [u8],
    nonce: &'a [u8],
}

impl Read for Whole<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.nonce.read(into)
    }
}

impl BufRead for Whole<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.nonce)
    }

    fn consume(&mut self, amount: usize) {
        self.nonce.consume(amount);
    }

    fn read_until(&mut self, _: u8, into: &mut Vec<u8>) -> io::Result<usize> {
        into.extend_from_slice(self.text);
        Ok(std::mem::take(&mut self.text).len())
    }
}
