//! Keys that sign records: Ed25519, in the files that `ssh-keygen` and `openssl` write.

use std::fmt;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ssh_key::private::KeypairData;
use ssh_key::public::{Ed25519PublicKey, KeyData};
use ssh_key::{HashAlg, PrivateKey};
use zeroize::Zeroizing;

use crate::secret::{SecretError, SecretFile};

/// What a file must hold, for messages.
const WANTED: &str = "make one with `ssh-keygen -t ed25519 -N '' -f FILE`";

/// A key that checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

/// A key that makes signatures. Shows its fingerprint alone.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    public: PublicKey,
}

impl PublicKey {
    /// Reads `ssh-ed25519 AAAA…`, with or without a comment behind it.
    #[must_use]
    pub fn from_openssh(text: &str) -> Option<Self> {
        let key = ssh_key::PublicKey::from_openssh(text.trim()).ok()?;
        Self::from_data(key.key_data())
    }

    pub(super) fn from_data(data: &KeyData) -> Option<Self> {
        data.ed25519().map(|key| Self(key.0))
    }

    pub(super) fn data(&self) -> KeyData {
        KeyData::Ed25519(Ed25519PublicKey(self.0))
    }

    /// `SHA256:` and 43 letters, as `ssh-keygen -l` shows it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        self.data().fingerprint(HashAlg::Sha256).to_string()
    }

    /// `ssh-ed25519 AAAA…`, as it stands in a file X.pub, without a comment.
    #[must_use]
    pub fn openssh(&self) -> String {
        ssh_key::PublicKey::new(self.data(), "").to_openssh().unwrap_or_default()
    }

    /// Whether `signature` of `message` was made by this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fingerprint())
    }
}

impl SigningKey {
    /// Reads a key that no passphrase protects: OpenSSH's own form, or PKCS#8 in PEM.
    ///
    /// # Errors
    /// As [`SecretFile::read`], and if the file holds anything else.
    pub fn load(file: &SecretFile) -> Result<Self, SecretError> {
        let bytes = file.read()?;
        let refused = |why: &str| file.malformed(None, why);
        let text = std::str::from_utf8(&bytes).map_err(|_| refused(&format!("no key; {WANTED}")))?;
        let pair = match text.trim_start() {
            text if text.starts_with("-----BEGIN OPENSSH PRIVATE KEY-----") => from_openssh(text),
            text if text.starts_with("-----BEGIN PRIVATE KEY-----") => from_pkcs8(text),
            text if text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----") => Err(PROTECTED.to_owned()),
            _ => Err(format!("no private key in a form that is known here; {WANTED}")),
        };
        Self::of(pair.map_err(|why| refused(&why))?).ok_or_else(|| refused("no Ed25519 key"))
    }

    fn of(pair: Ed25519KeyPair) -> Option<Self> {
        let public = PublicKey(pair.public_key().as_ref().try_into().ok()?);
        Some(Self { pair, public })
    }

    /// The key that checks what this one signs.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// The signature of `message`, 64 bytes.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({:?})", self.public)
    }
}

/// A passphrase beside the key on the same machine protects nothing, and a timer has nobody to ask.
const PROTECTED: &str = "the key is protected by a passphrase, which nobody can type in the night; \
                         take it away from a copy with `ssh-keygen -p -N '' -f FILE`, and guard that by its mode";

fn from_openssh(text: &str) -> Result<Ed25519KeyPair, String> {
    let key = PrivateKey::from_openssh(text)
        .map_err(|error| format!("no OpenSSH key that can be read ({error}); {WANTED}"))?;
    match key.key_data() {
        KeypairData::Ed25519(pair) => {
            let seed = Zeroizing::new(pair.private.to_bytes());
            Ed25519KeyPair::from_seed_and_public_key(&*seed, &pair.public.0)
                .map_err(|_| format!("its two halves belong to different keys; {WANTED}"))
        }
        KeypairData::Encrypted(_) => Err(PROTECTED.to_owned()),
        _ => Err(format!("the key is no Ed25519 key; {WANTED}")),
    }
}

fn from_pkcs8(text: &str) -> Result<Ed25519KeyPair, String> {
    let body = text.lines().skip(1).take_while(|line| !line.starts_with('-'));
    let body = Zeroizing::new(body.map(str::trim).collect::<String>());
    let der = STANDARD.decode(&*body).map(Zeroizing::new);
    let der = der.map_err(|_| format!("no PEM file that can be read; {WANTED}"))?;
    Ed25519KeyPair::from_pkcs8(&der).map_err(|_| format!("the key is no Ed25519 key; {WANTED}"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A key that is always the same.
    pub fn key(number: u8) -> SigningKey {
        SigningKey::of(Ed25519KeyPair::from_seed_unchecked(&[number; 32]).unwrap()).unwrap()
    }

    fn load(text: &str, mode: u32) -> Result<SigningKey, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        SigningKey::load(&SecretFile::find(&path, None)).map_err(|error| error.to_string())
    }

    fn openssh(number: u8) -> String {
        let private = ssh_key::private::Ed25519PrivateKey::from_bytes(&[number; 32]);
        let public = Ed25519PublicKey(key(number).public.0);
        let pair = ssh_key::private::Ed25519Keypair { public, private };
        let key = PrivateKey::new(KeypairData::Ed25519(pair), "").unwrap();
        key.to_openssh(ssh_key::LineEnding::LF).unwrap().to_string()
    }

    #[test]
    fn a_key_of_openssh_signs_what_its_public_half_checks() {
        let key = load(&openssh(7), 0o600).unwrap();
        let signature = key.sign(b"one");
        assert!(key.public().verifies(b"one", &signature));
        assert!(!key.public().verifies(b"two", &signature));
        assert!(!tests::key(8).public().verifies(b"one", &signature));
        assert_eq!(PublicKey::from_openssh(&key.public().openssh()).as_ref(), Some(key.public()));
    }

    #[test]
    fn what_is_no_usable_key_is_refused_with_the_next_step() {
        let foreign = openssh(7).replace("b3BlbnNzaC1rZXktdjE", "b3BlbnNzaC1rZXktdjX");
        for (text, mode, said) in [
            (openssh(7), 0o644, "chmod 600"),
            (foreign, 0o600, "ssh-keygen -t ed25519"),
            (key(7).public().openssh(), 0o600, "ssh-keygen -t ed25519"),
            (
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
                0o600,
                "no Ed25519 key",
            ),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\n".to_owned(), 0o600, "passphrase"),
        ] {
            let message = load(&text, mode).unwrap_err();
            assert!(message.contains(said), "{message}");
        }
    }

    #[test]
    fn a_key_shows_its_fingerprint_and_nothing_else() {
        let shown = format!("{:?}", key(7));
        assert_eq!(shown, format!("SigningKey({})", key(7).public().fingerprint()));
        assert!(shown.contains("SHA256:") && shown.len() < 65, "{shown}");
    }
}
