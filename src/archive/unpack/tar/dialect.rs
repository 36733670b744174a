use super::header::Magic;

/// Whose kind of tar archive it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Headers without magic: Unix V7, `tar --format=v7`.
    V7,
    /// POSIX ustar.
    Ustar,
    /// POSIX ustar with extended headers (pax).
    Pax,
    /// GNU tar.
    Gnu,
    /// The Ant archiver inside Zimbra: magic `ustar` and three NULs, GNU long names.
    Zimbra,
    /// Headers of several kinds.
    Mixed,
}

impl Dialect {
    /// The word used in records.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V7 => "v7",
            Self::Ustar => "ustar",
            Self::Pax => "pax",
            Self::Gnu => "gnu",
            Self::Zimbra => "zimbra",
            Self::Mixed => "mixed",
        }
    }

    /// What an archive is whose headers so far were `before`, now that one with `magic` came.
    pub(super) fn joined(before: Option<Self>, magic: Magic, extended: bool) -> Self {
        let this = match magic {
            Magic::V7 => Self::V7,
            Magic::Ustar if extended => Self::Pax,
            Magic::Ustar => Self::Ustar,
            Magic::Gnu => Self::Gnu,
            Magic::Zimbra => Self::Zimbra,
        };
        match (before, this) {
            (None, _) => this,
            (Some(before), _) if before == this => this,
            // Extended headers stand only where they are needed.
            (Some(Self::Ustar), Self::Pax) => Self::Pax,
            _ => Self::Mixed,
        }
    }
}
