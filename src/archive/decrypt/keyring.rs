//! The keys at hand.

use std::fmt;
use std::path::Path;

use super::error::OpenError;
use super::identity::{Reading, scrypt};
use crate::policy::Keys;
use crate::secret::SecretFile;

/// What is publicly known of a key at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// `X25519`, `ssh-ed25519`, `ssh-rsa`, `plugin NAME` or `passphrase`.
    pub kind: String,
    /// The recipient that belongs to it, where it is known.
    pub public: Option<String>,
    /// The file it came from.
    pub file: String,
}

/// All keys at hand, read once and used for every archive. Shows no secret, not even to a debugger's print.
pub struct Keyring {
    keys: Vec<Key>,
    max_work_factor: u8,
}

/// One key.
pub(super) struct Key {
    held: Held,
    pub(super) sort: Sort,
    pub(super) identity: Box<dyn age::Identity + Send + Sync>,
}

/// What a key's refusal means depends on this.
pub(super) enum Sort {
    Native,
    Ssh,
    Plugin(String),
    Passphrase,
}

impl Key {
    pub(super) fn new(
        place: &SecretFile,
        kind: &str,
        public: Option<String>,
        sort: Sort,
        identity: Box<dyn age::Identity + Send + Sync>,
    ) -> Self {
        Self { held: Held { kind: kind.to_owned(), public, file: place.name() }, sort, identity }
    }
}

impl Keyring {
    /// Reads every file that `keys` names; a bare name is looked up in `credentials_directory` first.
    ///
    /// # Errors
    /// All problems of all files at once. A policy that names no key is none: archives may be in clear.
    pub fn load(keys: &Keys, credentials_directory: Option<&Path>) -> Result<Self, OpenError> {
        let mut problems: Vec<OpenError> = Vec::new();
        let mut keyring = Self { keys: Vec::new(), max_work_factor: keys.max_work_factor };
        let place = keys.passphrase_file.as_ref().map(|path| SecretFile::find(path, credentials_directory));
        let read = place.as_ref().map(SecretFile::line).transpose();
        let passphrase = read.unwrap_or_else(|problem| {
            problems.push(problem.into());
            None
        });
        let reading = Reading { policy: keys, passphrase: passphrase.as_ref() };
        for path in &keys.identities {
            match reading.file(&SecretFile::find(path, credentials_directory)) {
                Ok(found) => keyring.keys.extend(found),
                // That the passphrase file can't be read is said already.
                Err(OpenError::PassphraseNeeded { .. }) if place.is_some() => {}
                Err(problem) => problems.push(problem),
            }
        }
        if let (Some(passphrase), Some(place)) = (&passphrase, &place) {
            let identity = Box::new(scrypt(passphrase, keys.max_work_factor));
            keyring.keys.push(Key::new(place, "passphrase", None, Sort::Passphrase, identity));
        }
        match problems.len() {
            0 => Ok(keyring),
            1 => Err(problems.remove(0)),
            _ => Err(OpenError::Several(problems)),
        }
    }

    /// Lists the keys with their files, in the order they are tried.
    pub fn describe(&self) -> impl Iterator<Item = &Held> {
        self.keys.iter().map(|key| &key.held)
    }

    /// Holds if there is no key at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn keys(&self) -> &[Key] {
        &self.keys
    }

    pub(super) fn max_work_factor(&self) -> u8 {
        self.max_work_factor
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.describe()).finish()
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.public {
            Some(public) => write!(f, "{} {public} ({})", self.kind, self.file),
            None => write!(f, "{} ({})", self.kind, self.file),
        }
    }
}
