//! Detached signatures beside a file, as `ssh-keygen -Y verify` checks them (OpenSSH's PROTOCOL.sshsig).

use ssh_key::{Algorithm, HashAlg, LineEnding, Signature, SshSig};

use super::key::{PublicKey, SigningKey};

/// What these signatures are for: none of them can be taken for a login or a signature of something else.
pub const NAMESPACE: &str = "mailproof-record";

/// Signs `message`; the result is the content of a file X.sig.
///
/// # Errors
/// Those of the encoder, which a key of this kind gives no reason for.
pub(super) fn sign(message: &[u8], key: &SigningKey) -> ssh_key::Result<String> {
    let signed = SshSig::signed_data(NAMESPACE, HashAlg::Sha512, message)?;
    let signature = Signature::new(Algorithm::Ed25519, key.sign(&signed))?;
    SshSig::new(key.public().data(), NAMESPACE, HashAlg::Sha512, signature)?.to_pem(LineEnding::LF)
}

/// Checks that `signature`, the content of a file X.sig, is one of `message` by `key`; the error says what is wrong.
pub(super) fn verify(message: &[u8], signature: &[u8], key: &PublicKey) -> Result<(), String> {
    let read = SshSig::from_pem(signature).map_err(|error| format!("it is no SSH signature: {error}"))?;
    // What else a file may hold programs read differently; so it holds what `ssh-keygen` writes, byte for byte.
    if read.to_pem(LineEnding::LF).map_or(true, |written| written.as_bytes() != signature) {
        return Err(
            "it is not written as `ssh-keygen` writes it: lines of 70 characters and nothing else".to_owned()
        );
    }
    if PublicKey::from_data(read.public_key()).as_ref() != Some(key) {
        return Err("another key made it".to_owned());
    }
    if read.namespace() != NAMESPACE {
        return Err(format!("its namespace is `{}`", read.namespace()));
    }
    let signed =
        SshSig::signed_data(NAMESPACE, read.hash_alg(), message).map_err(|error| error.to_string())?;
    match key.verifies(&signed, read.signature_bytes()) {
        true => Ok(()),
        false => Err("it is the signature of other bytes".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::key;
    use super::*;

    #[test]
    fn a_signature_holds_for_its_bytes_and_its_key() {
        let signature = sign(b"one", &key(1)).unwrap();
        assert_eq!(verify(b"one", signature.as_bytes(), key(1).public()), Ok(()));
        assert!(verify(b"two", signature.as_bytes(), key(1).public()).unwrap_err().contains("other bytes"));
        assert!(verify(b"one", signature.as_bytes(), key(2).public()).unwrap_err().contains("another key"));
        assert!(verify(b"one", b"-----BEGIN", key(1).public()).unwrap_err().contains("no SSH signature"));
    }

    #[test]
    fn a_signature_is_written_in_one_way_alone() {
        let signature = sign(b"one", &key(1)).unwrap();
        let one_line =
            signature.replace('\n', "").replace("-----B", "\n-----B").replace("E-----", "E-----\n");
        for other in [
            signature.replace('\n', "\r\n"),
            format!("text\n{signature}"),
            format!("{signature}text\n"),
            signature.trim_end().to_owned(),
            one_line.trim_start().to_owned(),
        ] {
            assert!(verify(b"one", other.as_bytes(), key(1).public()).is_err(), "{other}");
        }
    }

    #[test]
    fn a_signature_for_another_purpose_does_not_hold() {
        let data = SshSig::signed_data("file", HashAlg::Sha512, b"one").unwrap();
        let bytes = Signature::new(Algorithm::Ed25519, key(1).sign(&data)).unwrap();
        let foreign = SshSig::new(key(1).public().data(), "file", HashAlg::Sha512, bytes).unwrap();
        let foreign = foreign.to_pem(LineEnding::LF).unwrap();
        assert!(verify(b"one", foreign.as_bytes(), key(1).public()).unwrap_err().contains("`file`"));
    }
}
