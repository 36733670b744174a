use std::fmt;

use jiff::civil::DateTime;

use crate::archive::unpack::shown;

/// What a session holds, by the word its name begins with (`MiscAction.sh` of 1.2, `BackupType.java` of 2.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKind {
    /// `full`: mail and directory of accounts.
    Full,
    /// `inc`: new mail of accounts, and with 1.2 their directory.
    Incremental,
    /// `mbox`: mail of accounts.
    Mailbox,
    /// `ldap`: directory of accounts.
    Ldap,
    /// `alias`
    Alias,
    /// `distlist`
    DistributionList,
    /// `signature`
    Signature,
    /// `domain`
    Domain,
    /// `serverconfig`: one zip of a server's settings.
    ServerConfig,
}

impl SessionKind {
    const ALL: [Self; 9] = [
        Self::Full,
        Self::Incremental,
        Self::Mailbox,
        Self::Ldap,
        Self::Alias,
        Self::DistributionList,
        Self::Signature,
        Self::Domain,
        Self::ServerConfig,
    ];

    /// The word in the session's name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Incremental => "inc",
            Self::Mailbox => "mbox",
            Self::Ldap => "ldap",
            Self::Alias => "alias",
            Self::DistributionList => "distlist",
            Self::Signature => "signature",
            Self::Domain => "domain",
            Self::ServerConfig => "serverconfig",
        }
    }

    /// Holds where every account has an export.
    #[must_use]
    pub fn has_mail(self) -> bool {
        matches!(self, Self::Full | Self::Incremental | Self::Mailbox)
    }

    /// Holds where everything that is backed up has an LDIF.
    #[must_use]
    pub fn has_directory(self) -> bool {
        !matches!(self, Self::Mailbox | Self::ServerConfig)
    }

    /// Holds where the LDIF are those of accounts.
    #[must_use]
    pub fn is_of_accounts(self) -> bool {
        matches!(self, Self::Full | Self::Incremental | Self::Ldap | Self::Mailbox)
    }
}

/// The name of a session, `full-20261122230000`: when it was started by the clock of the server, in its own time zone,
/// which is not stated. Ordered by that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionName {
    /// When it was started.
    pub started: DateTime,
    /// What it holds.
    pub kind: SessionKind,
}

impl SessionName {
    /// The session of this name, if it is one.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let name = std::str::from_utf8(name).ok()?;
        let (word, time) = name.split_once('-')?;
        let kind = SessionKind::ALL.into_iter().find(|kind| kind.word() == word)?;
        if time.len() != 14 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let started = DateTime::strptime("%Y%m%d%H%M%S", time).ok()?;
        Some(Self { started, kind })
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.kind.word(), self.started.strftime("%Y%m%d%H%M%S"))
    }
}

/// Where a member lies: its folder without empty and `.` components, and its last component.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Location<'a> {
    pub(super) folder: Vec<u8>,
    pub(super) file: &'a [u8],
}

impl<'a> Location<'a> {
    pub(super) fn of(name: &'a [u8]) -> Self {
        let mut parts: Vec<_> =
            name.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".").collect();
        let file = parts.pop().unwrap_or_default();
        Self { folder: parts.join(&b'/'), file }
    }

    /// The path of the member itself, where it is a folder.
    pub(super) fn whole(self) -> Vec<u8> {
        match self.folder.is_empty() {
            true => self.file.to_vec(),
            false => [&self.folder, self.file].join(&b'/'),
        }
    }
}

/// Splits a folder's path into the folder around it and its own name.
pub(super) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

/// Holds for names as `mktemp` makes them of `XXXX`.
pub(super) fn is_work_folder(name: &[u8]) -> bool {
    name.len() == 4 && name.iter().all(u8::is_ascii_alphanumeric)
}

/// What exports and LDIF are called behind the account's name.
const EXPORTS: [&[u8]; 4] = [b".tgz", b".tar.gz", b".tar", b".zip"];
const LDIF: [&[u8]; 2] = [b".ldiff", b".ldif"];

/// Whose export a file is, if it is called like one.
pub(super) fn export_of(file: &[u8]) -> Option<&[u8]> {
    EXPORTS.iter().find_map(|ending| without(file, ending))
}

/// Whose LDIF a file is, if it is called like one.
pub(super) fn ldif_of(file: &[u8]) -> Option<&[u8]> {
    LDIF.iter().find_map(|ending| without(file, ending))
}

fn without<'a>(file: &'a [u8], ending: &[u8]) -> Option<&'a [u8]> {
    let (stem, end) = file.split_at_checked(file.len().checked_sub(ending.len())?)?;
    (!stem.is_empty() && end.eq_ignore_ascii_case(ending)).then_some(stem)
}

/// An account's name, harmless on a terminal.
pub(in crate::mailbox) fn account(name: &[u8]) -> Box<str> {
    // With an ending of its own, so that the one of a domain such as `example.wiki` is not taken for an item's.
    const ENDING: &str = ".tgz";
    let mut text = shown(&[name, ENDING.as_bytes()].concat());
    text.truncate(text.len().saturating_sub(ENDING.len()));
    text.into_boxed_str()
}
