//! Envelopes: bytes of a stated type, with at most one signature over both (DSSE v1).
//!
//! Input: bytes of others. Output: the payload, and whether a key signed it. Invariant: what is verified are the very
//! bytes that are handed on, never another reading of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::key::{PublicKey, SigningKey};
use super::plain::{self, Object};

/// A payload with its type and its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// What the payload is.
    pub payload_type: String,
    /// What is signed.
    pub payload: Vec<u8>,
    /// Who signed it, and the signature; absent where nobody did.
    pub signature: Option<Signature>,
}

/// A signature and the fingerprint of the key that is said to have made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `SHA256:…`
    pub keyid: String,
    /// 64 bytes, if it is one.
    pub bytes: Vec<u8>,
}

/// The form in a file. Nothing else may stand in it: what nobody reads, nobody checks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Read {
    payload_type: String,
    payload: String,
    signatures: Vec<Object<WrittenSignature>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    payload_type: String,
    payload: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSignature {
    keyid: String,
    sig: String,
}

/// The bytes that are signed: type and payload, each with its length before it (DSSE v1, PAE).
#[must_use]
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Puts `payload` into an envelope and signs it where there is a key.
    #[must_use]
    pub fn seal(payload_type: &str, payload: Vec<u8>, key: Option<&SigningKey>) -> Self {
        let signature = key.map(|key| Signature {
            keyid: key.public().fingerprint(),
            bytes: key.sign(&pae(payload_type, &payload)),
        });
        Self { payload_type: payload_type.to_owned(), payload, signature }
    }

    /// Reads an envelope; the error says what is wrong with it.
    ///
    /// # Errors
    /// It is no JSON of this form, has several signatures, or holds text that is no base64 in its only right form.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let Object(mut written): Object<Read> = plain::read(bytes)?;
        let payload = decode(&written.payload, "payload")?;
        let signature = written.signatures.pop();
        if !written.signatures.is_empty() {
            return Err("it has more than one signature".to_owned());
        }
        let signature = signature.map(|Object(WrittenSignature { keyid, sig })| {
            decode(&sig, "signature").map(|bytes| Signature { keyid, bytes })
        });
        Ok(Self { payload_type: written.payload_type, payload, signature: signature.transpose()? })
    }

    /// The form in a file: one line of JSON.
    ///
    /// # Errors
    /// Those of the JSON writer; these types have none.
    pub fn to_bytes(&self) -> serde_json::Result<Vec<u8>> {
        let signatures = self.signature.iter().map(|signature| WrittenSignature {
            keyid: signature.keyid.clone(),
            sig: STANDARD.encode(&signature.bytes),
        });
        let written = Written {
            payload_type: self.payload_type.clone(),
            payload: STANDARD.encode(&self.payload),
            signatures: signatures.collect(),
        };
        let mut bytes = serde_json::to_vec(&written)?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Whether `key` made the signature.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signed = || pae(&self.payload_type, &self.payload);
        self.signature.as_ref().is_some_and(|signature| key.verifies(&signed(), &signature.bytes))
    }
}

fn decode(text: &str, what: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|error| format!("its {what} is no base64: {error}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::tests::key;
    use super::*;

    fn sealed() -> Envelope {
        Envelope::seal("application/x", b"payload".to_vec(), Some(&key(1)))
    }

    #[test]
    fn the_signed_bytes_are_those_of_the_specification() {
        let example = pae("http://example.com/HelloWorld", b"hello world");
        assert_eq!(example, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn what_was_sealed_is_read_again() {
        let bytes = sealed().to_bytes().unwrap();
        assert_eq!(Envelope::read(&bytes), Ok(sealed()));
        assert!(sealed().is_signed_by(key(1).public()));
        assert!(!sealed().is_signed_by(key(2).public()));
    }

    #[test]
    fn the_type_is_under_the_signature() {
        let other = Envelope { payload_type: "application/y".to_owned(), ..sealed() };
        assert!(!other.is_signed_by(key(1).public()));
        let unsigned = Envelope { signature: None, ..sealed() };
        assert!(!unsigned.is_signed_by(key(1).public()));
    }

    #[test]
    fn no_other_form_is_read() {
        let whole = String::from_utf8(sealed().to_bytes().unwrap()).unwrap();
        let signature = &whole[whole.find("{\"keyid").unwrap()..whole.len() - 3];
        for broken in [
            String::new(),
            whole.replace("cGF5bG9hZA==", "cGF5bG9hZA"),
            whole.replace("cGF5bG9hZA==", "cGF5bG9hZB=="),
            whole.replace("cGF5bG9hZA==", "cGF5 bG9hZA=="),
            whole.replace(signature, &format!("{signature},{signature}")),
            whole.replace("\"payload\"", "\"more\":1,\"payload\""),
            whole.replace("\"payload\"", "\"payload\":\"\",\"payload\""),
            whole.clone() + &whole,
            whole.replace("[{\"keyid\":", "[[").replace("\"sig\":", "").replace("}]", "]]"),
        ] {
            assert!(Envelope::read(broken.as_bytes()).is_err(), "{broken}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_the_reader_panic(text in "(\\{|\\}|\\[|\\]|\"|:|,|payload|payloadType|signatures|keyid|sig|[a-zA-Z0-9+/=]{0,8}|\\PC{0,4}){0,30}") {
            let _ = Envelope::read(text.as_bytes());
        }

        #[test]
        fn an_altered_envelope_is_another_or_none(at in 0_usize..200, byte: u8) {
            let mut bytes = sealed().to_bytes().unwrap();
            let at = at % bytes.len();
            prop_assume!(bytes[at] != byte);
            bytes[at] = byte;
            if let Ok(read) = Envelope::read(&bytes) {
                prop_assert!(read != sealed() || byte.is_ascii_whitespace());
            }
        }
    }
}
