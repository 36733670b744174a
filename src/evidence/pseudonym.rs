//! Pseudonyms: what stands in kept records for the addresses of mailboxes, where the policy asks for it.
//!
//! Input: a record as JSON, and a secret. Output: the record without an address, in whatever field or text it stood.
//! Invariants: the same address under the same secret is the same pseudonym in every record, however it is capitalised, so that
//! records compare; who does not have the secret can't tell whose it is, not even by trying all addresses.

mod token;

use std::collections::HashSet;
use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

use crate::secret::{SecretError, SecretFile};

/// Keeps this use of a secret apart from any other of the same secret.
const CONTEXT: &str = "mailproof 2026-11 pseudonyms of mailboxes in records v1";
/// Bytes that a secret must have at least.
const LEAST: usize = 32;
/// Hexadecimal digits of a pseudonym: by chance two of a million mailboxes share one in 40 million such records.
const DIGITS: usize = 16;
/// The field by which results name mailboxes.
const FIELD: &str = "account";

/// The secret that makes pseudonyms.
pub struct Pseudonyms(Zeroizing<[u8; 32]>);

impl fmt::Debug for Pseudonyms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonyms({})", self.id())
    }
}

impl Pseudonyms {
    /// Reads the secret: any bytes, at least 32 of them.
    ///
    /// # Errors
    /// As [`SecretFile::read`], and if there are fewer.
    pub fn load(file: &SecretFile) -> Result<Self, SecretError> {
        let bytes = file.read()?;
        if bytes.len() < LEAST {
            let why =
                "fewer than 32 bytes, which can be guessed; make it anew: head -c 32 /dev/urandom > FILE";
            return Err(file.malformed(None, why));
        }
        Ok(Self(Zeroizing::new(blake3::derive_key(CONTEXT, &bytes))))
    }

    /// Tells this secret from others and nothing of it.
    #[must_use]
    pub fn id(&self) -> String {
        self.digest("")
    }

    /// What stands for `address`.
    #[must_use]
    pub fn of(&self, address: &str) -> String {
        format!("p-{}", self.digest(&address.to_lowercase()))
    }

    fn digest(&self, text: &str) -> String {
        let mut digest = blake3::keyed_hash(&self.0, text.as_bytes()).to_hex().to_string();
        digest.truncate(DIGITS);
        digest
    }

    /// Puts pseudonyms in place of all addresses in `value`.
    pub(super) fn veil(&self, value: &mut Value) {
        let mut known = HashSet::new();
        gather(value, &mut known);
        self.veil_each(value, &known);
    }

    fn veil_each(&self, value: &mut Value, known: &HashSet<String>) {
        match value {
            Value::String(text) => {
                if let Some(veiled) = self.veiled(text, known) {
                    *text = veiled;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.veil_each(value, known)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.veil_each(value, known)),
            _ => {}
        }
    }

    /// The text with pseudonyms; absent where there is no address in it.
    fn veiled(&self, text: &str, known: &HashSet<String>) -> Option<String> {
        let mut veiled = String::new();
        let mut done = 0;
        while let Some(token) = token::next(text, done, known) {
            veiled.push_str(&text[done..token.range.start]);
            veiled.push_str(&self.of(&token.address));
            done = token.range.end;
        }
        (done > 0).then(|| veiled + &text[done..])
    }
}

/// The addresses that the record itself calls mailboxes, in lower case.
fn gather(value: &Value, known: &mut HashSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| gather(value, known)),
        Value::Object(fields) => {
            let named = fields.get(FIELD).and_then(Value::as_str).filter(|account| account.contains('@'));
            known.extend(named.map(str::to_lowercase));
            fields.values().for_each(|value| gather(value, known));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
