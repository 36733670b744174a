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
    /// In the directory that the service manager made for this service alone.
    credential: bool,
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
            Some(credential) if bare && credential.exists() => Self { path: credential, credential: true },
            _ => Self { path: path.to_owned(), credential: false },
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
        let unreadable =
            |error: std::io::Error| SecretError::Unreadable { file: self.name(), why: error.to_string() };
        // Asked before opening, which would wait for a pipe's writer or wake a device.
        if !std::fs::metadata(&self.path).map_err(unreadable)?.is_file() {
            let why = "no regular file (folders, pipes and devices are not read); write the secret into a file of mode 0600 and name that";
            return Err(self.malformed(None, why));
        }
        let file = File::open(&self.path).map_err(unreadable)?;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
        // systemd grants a credential to the service by an access list, which shows as group bits.
        let forbidden = if self.credential { 0o007 } else { 0o077 };
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
