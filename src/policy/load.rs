//! From a policy file on disk to a policy whose paths are those of its folder.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::parse::MAX_SIZE;
use super::problem::{Fault, Problems};
use super::source::Source;
use super::{Policy, Store};

/// A policy as it was read from a file.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The policy; its paths are resolved.
    pub policy: Policy,
    /// The file as it was named.
    pub file: PathBuf,
    /// BLAKE3 of the file's bytes, in lower-case hexadecimal: which policy a record was made under.
    pub digest: String,
}

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file can't be opened or read.
    #[error("can't read the policy {}: {source}; check the path and who may read the file", file.display())]
    Unreadable {
        /// The file as it was named.
        file: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file was read and is wrong.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl Policy {
    /// Reads a policy file and resolves its paths against the folder it lies in.
    ///
    /// No more than [`MAX_SIZE`] and one byte are read, and only of a regular file.
    ///
    /// # Errors
    ///
    /// The file can't be read, or it has problems, all of which are given; bytes that are no UTF-8 are one.
    pub fn load(path: &Path) -> Result<Loaded, LoadError> {
        let bytes = read(path).map_err(|source| LoadError::Unreadable { file: path.to_owned(), source })?;
        let name = path.display().to_string();
        let text = text_of(&bytes, &name)?;
        let mut policy = Self::parse(&text, &name)?;
        policy.resolve(path.parent().unwrap_or(Path::new("")));
        Ok(Loaded { policy, file: path.to_owned(), digest: blake3::hash(&bytes).to_hex().to_string() })
    }

    /// Makes relative paths start in `base`, the folder of the policy file.
    ///
    /// `ca_file`, `timestamp_ca_file` and `run.records` always; `credentials_file`, `password_file`, `keys.identities`,
    /// `keys.passphrase_file` and the keys of `evidence` only with a `/` in them, since a bare name is one of `$CREDENTIALS_DIRECTORY` (systemd `LoadCredential=`).
    /// With a relative `base` this is not idempotent; [`Policy::load`] has done it.
    pub fn resolve(&mut self, base: &Path) {
        let Self { store, replica, keys, run, live, rehearsal, evidence, .. } = self;
        let bucket = evidence.bucket.iter_mut().map(|bucket| &mut bucket.store);
        for store in store.iter_mut().chain(replica).chain(bucket) {
            store.ca_file.iter_mut().for_each(|path| *path = base.join(&*path));
            store.credentials_file.iter_mut().for_each(|path| resolve_credential(path, base));
        }
        if let Some(live) = live {
            live.ca_file.iter_mut().for_each(|path| *path = base.join(&*path));
            live.password_file.iter_mut().for_each(|path| resolve_credential(path, base));
        }
        if let Some(rehearsal) = rehearsal {
            rehearsal.ca_file.iter_mut().for_each(|path| *path = base.join(&*path));
            rehearsal.password_file.iter_mut().for_each(|path| resolve_credential(path, base));
        }
        keys.identities
            .iter_mut()
            .chain(&mut keys.passphrase_file)
            .chain(&mut evidence.key_file)
            .chain(&mut evidence.pseudonyms_key_file)
            .for_each(|path| resolve_credential(path, base));
        evidence.timestamp_ca_file.iter_mut().for_each(|path| *path = base.join(&*path));
        run.records.iter_mut().for_each(|path| *path = base.join(&*path));
    }

    /// Every path in the policy, with its key.
    pub(super) fn paths(&self) -> Vec<(String, &Path)> {
        let mut paths: Vec<(String, &Path)> = Vec::new();
        let stores = self.store.iter().map(|store| ("store".to_owned(), store));
        let replicas =
            self.replica.iter().enumerate().map(|(index, store)| (format!("replica[{index}]"), store));
        let bucket = self.evidence.bucket.iter().map(|bucket| ("evidence.bucket".to_owned(), &bucket.store));
        for (section, store) in stores.chain(replicas).chain(bucket) {
            paths.extend(paths_of(&section, store));
        }
        let identities = self.keys.identities.iter().enumerate();
        paths.extend(identities.map(|(index, path)| (format!("keys.identities[{index}]"), path.as_path())));
        paths.extend(
            self.keys.passphrase_file.iter().map(|path| ("keys.passphrase_file".to_owned(), path.as_path())),
        );
        let live = self.live.iter().map(|live| ("live", &live.ca_file, &live.password_file));
        let rehearsal = self.rehearsal.iter();
        let rehearsal = rehearsal.map(|sandbox| ("rehearsal", &sandbox.ca_file, &sandbox.password_file));
        for (section, ca_file, password_file) in live.chain(rehearsal) {
            let stated = [("ca_file", ca_file), ("password_file", password_file)];
            paths.extend(
                stated
                    .into_iter()
                    .filter_map(|(name, path)| Some((format!("{section}.{name}"), path.as_deref()?))),
            );
        }
        let evidence = &self.evidence;
        for (name, file) in [
            ("key_file", &evidence.key_file),
            ("pseudonyms_key_file", &evidence.pseudonyms_key_file),
            ("timestamp_ca_file", &evidence.timestamp_ca_file),
        ] {
            paths.extend(file.iter().map(|path| (format!("evidence.{name}"), path.as_path())));
        }
        paths.extend(self.run.records.iter().map(|path| ("run.records".to_owned(), path.as_path())));
        paths
    }
}

fn paths_of<'a>(section: &str, store: &'a Store) -> impl Iterator<Item = (String, &'a Path)> {
    let stated = [("ca_file", &store.ca_file), ("credentials_file", &store.credentials_file)];
    let section = section.to_owned();
    stated
        .into_iter()
        .filter_map(move |(name, path)| path.as_deref().map(|path| (format!("{section}.{name}"), path)))
}

fn resolve_credential(path: &mut PathBuf, base: &Path) {
    if path.to_string_lossy().contains('/') {
        *path = base.join(&*path);
    }
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(MAX_SIZE).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    // Asked before opening, which would wait for a pipe's writer or wake a device.
    if !std::fs::metadata(path)?.is_file() {
        let problem = "this is no regular file (folders, pipes and devices are not read); save the policy as a file and name that";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is too large may be cut within a character; it is refused for its size, whatever it holds.
fn text_of<'a>(bytes: &'a [u8], name: &str) -> Result<Cow<'a, str>, Problems> {
    if bytes.len() > MAX_SIZE {
        return Ok(String::from_utf8_lossy(bytes));
    }
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| not_text(bytes, error.valid_up_to(), name))
}

/// The problem of a file that is no text from its byte `at` on.
fn not_text(bytes: &[u8], at: usize, name: &str) -> Problems {
    let valid = std::str::from_utf8(&bytes[..at]).unwrap_or_default();
    let fault = Fault {
        span: at..at,
        message: "this is no UTF-8 text".to_owned(),
        hint: "save the policy as UTF-8; if this is an archive, name the policy instead".to_owned(),
    };
    Problems { file: name.to_owned(), list: vec![Source::new(valid).place(fault, &[])], omitted: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_is_opened() {
        for path in ["/dev/null", "/"] {
            let message = Policy::load(Path::new(path)).unwrap_err().to_string();
            assert!(message.contains("no regular file"), "{message}");
        }
    }

    #[test]
    fn relative_paths_start_in_the_folder_and_bare_credentials_stay() {
        let text = "[store]\nurl = \"s3://b\"\nca_file = \"ca.pem\"\ncredentials_file = \"s3\"\n\
                    [[replica]]\nurl = \"s3://c\"\ncredentials_file = \"./s3\"\n\
                    [keys]\nidentities = [\"bare\", \"keys/a\", \"/abs/b\"]\npassphrase_file = \"pass\"\n\
                    [run]\nrecords = \"records\"\n[evidence]\nkey_file = \"keys/sign\"\npseudonyms_key_file = \"keys/p\"\n\
                    timestamp_ca_file = \"tsa.pem\"\n[evidence.bucket]\nurl = \"s3://r\"\nmode = \"compliance\"\nretention = \"1d\"\n\
                    ca_file = \"ca.pem\"\ncredentials_file = \"./s3\"\n";
        let mut policy = Policy::parse(text, "p").unwrap();
        policy.resolve(Path::new("/etc/mailproof"));
        let paths: Vec<_> =
            policy.paths().into_iter().map(|(key, path)| format!("{key} {}", path.display())).collect();
        let expected = [
            "store.ca_file /etc/mailproof/ca.pem",
            "store.credentials_file s3",
            "replica[0].credentials_file /etc/mailproof/./s3",
            "evidence.bucket.ca_file /etc/mailproof/ca.pem",
            "evidence.bucket.credentials_file /etc/mailproof/./s3",
            "keys.identities[0] bare",
            "keys.identities[1] /etc/mailproof/keys/a",
            "keys.identities[2] /abs/b",
            "keys.passphrase_file pass",
            "evidence.key_file /etc/mailproof/keys/sign",
            "evidence.pseudonyms_key_file /etc/mailproof/keys/p",
            "evidence.timestamp_ca_file /etc/mailproof/tsa.pem",
            "run.records /etc/mailproof/records",
        ];
        assert_eq!(paths, expected);
    }
}
