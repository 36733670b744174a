//! Identity files: native keys, plugins, SSH keys, and files of these that are encrypted themselves.

use std::io::Read;

use age::armor::ArmoredReader;
use age::secrecy::SecretString;
use age::ssh;
use zeroize::Zeroizing;

use super::error::OpenError;
use super::keyring::{Key, Sort};
use super::{ARMOR_MAGIC, MAGIC};
use crate::policy::Keys;
use crate::secret::SecretFile;

/// What identity files are read with.
pub(super) struct Reading<'a> {
    pub(super) policy: &'a Keys,
    pub(super) passphrase: Option<&'a SecretString>,
}

/// Answers plugins from the passphrase file, and otherwise not at all: nobody is there to be asked.
#[derive(Clone)]
struct Unattended(Option<SecretString>);

impl age::Callbacks for Unattended {
    fn display_message(&self, _: &str) {}

    fn confirm(&self, _: &str, _: &str, _: Option<&str>) -> Option<bool> {
        None
    }

    fn request_public_string(&self, _: &str) -> Option<String> {
        None
    }

    fn request_passphrase(&self, _: &str) -> Option<SecretString> {
        self.0.clone()
    }
}

impl Reading<'_> {
    /// Reads all keys of one identity file.
    pub(super) fn file(&self, place: &SecretFile) -> Result<Vec<Key>, OpenError> {
        let bytes = place.read()?;
        if !bytes.starts_with(MAGIC) && !bytes.starts_with(ARMOR_MAGIC) {
            return self.clear(place, &bytes);
        }
        let bytes = self.decrypt(place, &bytes)?;
        self.clear(place, &bytes)
    }

    fn clear(&self, place: &SecretFile, bytes: &[u8]) -> Result<Vec<Key>, OpenError> {
        if bytes.starts_with(b"-----BEGIN ") {
            return Ok(vec![self.ssh_key(place, bytes)?]);
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| place.malformed(None, "not an identity file; check the path"))?;
        let mut keys = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                keys.push(self.line(place, index + 1, line)?);
            }
        }
        if keys.is_empty() {
            return Err(place.malformed(None, "holds no identity; make one with age-keygen").into());
        }
        Ok(keys)
    }

    fn line(&self, place: &SecretFile, number: usize, line: &str) -> Result<Key, OpenError> {
        if let Ok(identity) = line.parse::<age::x25519::Identity>() {
            let public = identity.to_public().to_string();
            return Ok(Key::new(place, "X25519", Some(public), Sort::Native, Box::new(identity)));
        }
        if let Ok(identity) = line.parse::<age::plugin::Identity>() {
            return self.plugin(place, identity);
        }
        let why = if line.starts_with("age1") || line.starts_with("ssh-") {
            "a public key; the identity is the secret that belongs to it"
        } else if line.starts_with("AGE-SECRET-KEY-PQ-1") {
            "a post-quantum identity, which can't be used yet; encrypt to an X25519 recipient as well"
        } else if line.starts_with("AGE-SECRET-KEY-") || line.starts_with("AGE-PLUGIN-") {
            "an identity with a wrong checksum; copy the file again"
        } else {
            "not an identity; it should begin with AGE-SECRET-KEY-1"
        };
        Err(place.malformed(Some(number), why).into())
    }

    fn plugin(&self, place: &SecretFile, identity: age::plugin::Identity) -> Result<Key, OpenError> {
        let (file, name) = (place.name(), identity.plugin().to_owned());
        if !self.policy.plugins.contains(&name) {
            return Err(OpenError::PluginNotAllowed { file, name });
        }
        let answers = Unattended(self.passphrase.cloned());
        let plugin = age::plugin::IdentityPluginV1::new(&name, &[identity], answers)
            .map_err(|_| OpenError::PluginMissing { file, name: name.clone() })?;
        Ok(Key::new(place, &format!("plugin {name}"), None, Sort::Plugin(name), Box::new(plugin)))
    }

    fn ssh_key(&self, place: &SecretFile, bytes: &[u8]) -> Result<Key, OpenError> {
        let identity = ssh::Identity::from_buffer(bytes, None).map_err(|_| {
            place.malformed(None, "not an OpenSSH private key; convert it with ssh-keygen -p -f")
        })?;
        let key = match identity {
            ssh::Identity::Unencrypted(key) => key,
            ssh::Identity::Encrypted(key) => {
                let passphrase = self.passphrase_for(place)?.clone();
                key.decrypt(passphrase).map_err(|_| OpenError::WrongPassphrase { what: place.name() })?
            }
            ssh::Identity::Unsupported(key) => {
                return Err(place.malformed(None, &unsupported(&key, place)).into());
            }
        };
        let identity = ssh::Identity::from(key);
        let kind = match ssh::Recipient::try_from(identity.clone()) {
            Ok(ssh::Recipient::SshEd25519(..)) => "ssh-ed25519",
            _ => "ssh-rsa",
        };
        Ok(Key::new(place, kind, None, Sort::Ssh, Box::new(identity)))
    }

    fn decrypt(&self, place: &SecretFile, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let damaged = |_| place.malformed(None, "damaged; restore the identity file from its own backup");
        let decryptor = age::Decryptor::new_buffered(ArmoredReader::new(bytes)).map_err(damaged)?;
        if !decryptor.is_scrypt() {
            let why = "encrypted to a key instead of a passphrase; decrypt it, or encrypt it with age -p";
            return Err(place.malformed(None, why).into());
        }
        let identity = scrypt(self.passphrase_for(place)?, self.policy.max_work_factor);
        let reader = decryptor
            .decrypt(std::iter::once(&identity as &dyn age::Identity))
            .map_err(|error| self.not_opened(place, &error))?;
        let mut clear = Zeroizing::new(Vec::with_capacity(bytes.len()));
        reader.take(bytes.len() as u64).read_to_end(&mut clear).map_err(|error| damaged(error.into()))?;
        Ok(clear)
    }

    fn not_opened(&self, place: &SecretFile, error: &age::DecryptError) -> OpenError {
        match error {
            age::DecryptError::DecryptionFailed => OpenError::WrongPassphrase { what: place.name() },
            age::DecryptError::ExcessiveWork { required, .. } => OpenError::ExcessiveWork {
                what: place.name(),
                required: *required,
                allowed: self.policy.max_work_factor,
            },
            _ => place.malformed(None, "damaged; restore the identity file from its own backup").into(),
        }
    }

    fn passphrase_for(&self, place: &SecretFile) -> Result<&SecretString, OpenError> {
        self.passphrase.ok_or_else(|| OpenError::PassphraseNeeded { what: place.name() })
    }
}

/// The identity of a passphrase.
pub(super) fn scrypt(passphrase: &SecretString, max_work_factor: u8) -> age::scrypt::Identity {
    let mut identity = age::scrypt::Identity::new(passphrase.clone());
    identity.set_max_work_factor(max_work_factor);
    identity
}

fn unsupported(key: &ssh::UnsupportedKey, place: &SecretFile) -> String {
    match key {
        ssh::UnsupportedKey::EncryptedPem => {
            format!(
                "an SSH key in the old encrypted form; convert it with ssh-keygen -o -p -f {}",
                place.name()
            )
        }
        ssh::UnsupportedKey::EncryptedSsh(cipher) => {
            format!(
                "an SSH key encrypted with {cipher}; encrypt it anew with ssh-keygen -p -f {}",
                place.name()
            )
        }
        ssh::UnsupportedKey::Hardware(kind) => {
            format!("an SSH key of type {kind}, which lies in hardware; age can't use it, take another")
        }
        ssh::UnsupportedKey::Type(kind) => {
            format!("an SSH key of type {kind}; age can use ssh-ed25519 and ssh-rsa only")
        }
    }
}
