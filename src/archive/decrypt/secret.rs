//! Reading files that hold secrets.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

use age::secrecy::SecretString;
use zeroize::Zeroizing;

use super::error::OpenError;

/// Far more than any identity file holds.
const LIMIT: u64 = 1 << 20;

/// A file with a secret and where it was found.
pub(super) struct Place {
    pub(super) path: PathBuf,
    /// In the directory that the service manager made for this service alone.
    credential: bool,
}

impl Place {
    /// Looks a bare name up in `credentials` first; anything else is taken as it is.
    pub(super) fn find(path: &Path, credentials: Option<&Path>) -> Self {
        let mut parts = path.components();
        let bare = matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
        match credentials.map(|folder| folder.join(path)) {
            Some(credential) if bare && credential.exists() => Self { path: credential, credential: true },
            _ => Self { path: path.to_owned(), credential: false },
        }
    }

    /// The path as a user would write it.
    pub(super) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Reads the file, which nobody else may be able to read.
    pub(super) fn read(&self) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let unreadable =
            |error: std::io::Error| OpenError::Unreadable { file: self.name(), why: error.to_string() };
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
            return Err(OpenError::TooOpen { file: self.name(), mode });
        }
        // Room for all at once: a buffer that grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(64 << 10));
        file.take(LIMIT + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT {
            return Err(self.malformed(None, "larger than 1 MiB, which no key is; check the path"));
        }
        Ok(bytes)
    }

    /// Reads a passphrase: the only line of the file.
    pub(super) fn passphrase(&self) -> Result<SecretString, OpenError> {
        let bytes = self.read()?;
        let text = std::str::from_utf8(&bytes)
            .map_err(|_| self.malformed(None, "not UTF-8; write the passphrase as text"))?;
        let line = text.strip_suffix('\n').unwrap_or(text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(self.malformed(None, "empty; write the passphrase into it"));
        }
        if line.contains('\n') {
            return Err(self.malformed(Some(2), "more than one line; leave only the passphrase in it"));
        }
        Ok(SecretString::from(line.to_owned()))
    }

    pub(super) fn malformed(&self, line: Option<usize>, why: &str) -> OpenError {
        OpenError::Malformed { file: self.name(), line, why: why.to_owned() }
    }
}
