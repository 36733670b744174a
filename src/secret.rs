//! Reading files that hold secrets.
//!
//! Input: a path of the policy. Output: what the file holds, wiped from memory when it is dropped. Invariant: a file that
//! others can read is refused, and no error shows what is in it.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use secrecy::SecretString;
use zeroize::Zeroizing;

/// Far more than any key or password takes.
const LIMIT: u64 = 1 << 20;

/// A file with a secret and where it was found.
#[derive(Debug, Clone)]
pub struct SecretFile {
    path: PathBuf,
    origin: Origin,
}

/// Where a file with a secret comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// From the directory that the service manager made for this service alone.
    Credential,
    /// From elsewhere, though the service manager made such a directory: it holds none of that name.
    BesideCredentials,
    /// From elsewhere; no service manager is at work.
    Elsewhere,
}

/// Why a secret can't be had. Names files only.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// It can't be read.
    #[error("{file} can't be read: {why}; check the path and its owner")]
    Unreadable {
        /// The file.
        file: String,
        /// What the system said.
        why: String,
    },
    /// It can't be read, and the service manager hands over what the unit lists.
    #[error(
        "{file} can't be read: {why}; the unit hands over no credential `{name}`: add `LoadCredential={name}:{file}` to it, and write that name without a slash in the policy"
    )]
    NotHandedOver {
        /// The file.
        file: String,
        /// Its name, which the credential has too.
        name: String,
        /// What the system said.
        why: String,
    },
    /// Others may read it.
    #[error(
        "{file} has mode {mode:04o}, so others can read the secret in it: run `chmod 600 {file}`, and make a new secret if others did"
    )]
    TooOpen {
        /// The file.
        file: String,
        /// Its permission bits.
        mode: u32,
    },
    /// It holds something else.
    #[error("{file}{at}: {why}", at = line.map(|line| format!(", line {line}")).unwrap_or_default())]
    Malformed {
        /// The file.
        file: String,
        /// The line, from 1, where it has lines.
        line: Option<usize>,
        /// What is wrong and what to do.
        why: String,
    },
}

impl SecretFile {
    /// Looks a bare name up in `credentials` first; anything else is taken as it is.
    #[must_use]
    pub fn find(path: &Path, credentials: Option<&Path>) -> Self {
        let mut parts = path.components();
        let bare = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        match credentials.map(|folder| folder.join(path)) {
            Some(credential) if bare && credential.exists() => {
                Self { path: credential, origin: Origin::Credential }
            }
            Some(_) => Self { path: path.to_owned(), origin: Origin::BesideCredentials },
            None => Self { path: path.to_owned(), origin: Origin::Elsewhere },
        }
    }

    /// The path as a user would write it.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Reads the file, which nobody else may be able to read.
    ///
    /// # Errors
    /// [`SecretError`] if that is not so, or it is larger than 1 MiB.
    pub fn read(&self) -> Result<Zeroizing<Vec<u8>>, SecretError> {
        let unreadable = |error: std::io::Error| self.unreadable(&error);
        // Asked before opening, which would wait for a pipe's writer or wake a device.
        if !std::fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            let why = "no regular file (folders, pipes and devices are not read); write the secret into a file of mode 0600 and name that";
            return Err(self.malformed(None, why));
        }
        let file = File::open(&self.path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        // systemd grants a credential to the service by an access list, which shows as group bits.
        let forbidden = if self.origin == Origin::Credential { 0o007 } else { 0o077 };
        if mode & forbidden != 0 {
            return Err(SecretError::TooOpen { file: self.name(), mode });
        }
        // Room for all at once: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT {
            return Err(self.malformed(None, "larger than 1 MiB, which no key is; check the path"));
        }
        Ok(bytes)
    }

    fn unreadable(&self, error: &std::io::Error) -> SecretError {
        let (file, why) = (self.name(), error.to_string());
        let name = self.path.file_name().map(|name| name.to_string_lossy().into_owned());
        match (self.origin, name) {
            (Origin::BesideCredentials, Some(name)) => SecretError::NotHandedOver { file, name, why },
            _ => SecretError::Unreadable { file, why },
        }
    }

    /// Reads a passphrase or password: the only line of the file.
    ///
    /// # Errors
    /// As [`SecretFile::read`], and if it holds anything else.
    pub fn line(&self) -> Result<SecretString, SecretError> {
        let bytes = self.read()?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| self.malformed(None, "not UTF-8; write the secret as text"))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(self.malformed(None, "empty; write the secret into it"));
        }
        if line.contains('\n') {
            return Err(self.malformed(Some(2), "more than one line; leave only the secret in it"));
        }
        Ok(SecretString::from(line.to_owned()))
    }

    /// It holds something else than it should, at this line; `why` says what and what to do.
    #[must_use]
    pub fn malformed(&self, line: Option<usize>, why: &str) -> SecretError {
        SecretError::Malformed { file: self.name(), line, why: why.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::Permissions;

    use super::*;

    fn said(path: &Path, credentials: Option<&Path>) -> String {
        SecretFile::find(path, credentials).read().expect_err("nothing is there").to_string()
    }

    #[test]
    fn what_a_unit_does_not_hand_over_is_to_be_added_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::new("/nowhere/record-key");
        let handed = said(path, Some(folder.path()));
        assert!(handed.contains("add `LoadCredential=record-key:/nowhere/record-key` to it"), "{handed}");
        let alone = said(path, None);
        assert!(alone.ends_with("check the path and its owner"), "{alone}");
    }

    #[test]
    fn a_credential_is_found_by_its_bare_name_and_may_have_group_bits() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "secret").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        let found = SecretFile::find(Path::new("key"), Some(folder.path()));
        assert_eq!(*found.read().unwrap(), b"secret");
        let refused = said(&file, Some(folder.path()));
        assert!(refused.contains("has mode 0640"), "by its path it is a file like any other: {refused}");
    }
}
