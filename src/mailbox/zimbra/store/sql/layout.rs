//! Which tables and columns matter (Zimbra's `create_database.sql` and `db.sql`).

use std::fmt;

/// Columns of a table that are looked at; Zimbra's widest table has 26.
const MOST_COLUMNS: usize = 512;

/// The database that statements are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Database {
    /// `mboxgroup<N>`
    Group(u32),
    /// `zimbra`
    Zimbra,
    /// None was named.
    Unknown,
    /// Any other.
    Other,
}

impl Database {
    /// The database of this name, in whatever case it is written.
    #[must_use]
    pub fn named(name: &[u8]) -> Self {
        if name.eq_ignore_ascii_case(b"zimbra") {
            return Self::Zimbra;
        }
        let number = name.to_ascii_lowercase();
        let number = number.strip_prefix(b"mboxgroup").filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let number = number.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        number.map_or(Self::Other, Self::Group)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(number) => write!(f, "mboxgroup{number}"),
            Self::Zimbra => f.write_str("zimbra"),
            Self::Unknown | Self::Other => f.write_str("a database without a name"),
        }
    }
}

/// A table that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Table {
    Items,
    /// What was deleted of late; laid out like the items.
    Dumpster,
    /// Older versions of documents.
    Revisions,
    /// Such of deleted ones.
    RevisionDumpster,
    Mailboxes,
    Volumes,
}

impl Table {
    /// The table of this name in this database, if it matters.
    pub(super) fn named(database: Database, name: &[u8]) -> Option<Self> {
        let mail = matches!(database, Database::Group(_) | Database::Unknown);
        let global = matches!(database, Database::Zimbra | Database::Unknown);
        match name.to_ascii_lowercase().as_slice() {
            b"mail_item" if mail => Some(Self::Items),
            b"mail_item_dumpster" if mail => Some(Self::Dumpster),
            b"revision" if mail => Some(Self::Revisions),
            b"revision_dumpster" if mail => Some(Self::RevisionDumpster),
            b"mailbox" if global => Some(Self::Mailboxes),
            b"volume" if global => Some(Self::Volumes),
            _ => None,
        }
    }

    /// Holds for older versions of documents.
    fn is_revisions(self) -> bool {
        matches!(self, Self::Revisions | Self::RevisionDumpster)
    }

    /// Holds if its rows are those of items, or of versions.
    fn is_mail(self) -> bool {
        !matches!(self, Self::Mailboxes | Self::Volumes)
    }

    /// Columns without which its rows say nothing.
    pub(super) fn needs(self) -> &'static [Column] {
        match self {
            Self::Items | Self::Dumpster | Self::Revisions | Self::RevisionDumpster => {
                &[Column::Mailbox, Column::Id, Column::Size, Column::Digest, Column::ModContent]
            }
            Self::Mailboxes => &[Column::Id, Column::Group, Column::Account],
            Self::Volumes => &[Column::Id, Column::Path],
        }
    }
}

/// A column that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    Mailbox,
    Id,
    Kind,
    Folder,
    Date,
    Size,
    Locator,
    Digest,
    ModMetadata,
    ChangeDate,
    ModContent,
    Group,
    Account,
    Path,
}

impl Column {
    /// The column of this name. `volume_id` is what `locator` was called before ZCS 8.
    pub(super) fn named(table: Table, name: &[u8]) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let mail = table.is_mail();
        Some(match name.as_slice() {
            b"id" if !table.is_revisions() => Self::Id,
            b"item_id" if table.is_revisions() => Self::Id,
            b"group_id" if table == Table::Mailboxes => Self::Group,
            b"account_id" if table == Table::Mailboxes => Self::Account,
            b"path" if table == Table::Volumes => Self::Path,
            b"mailbox_id" if mail => Self::Mailbox,
            b"type" if mail => Self::Kind,
            b"folder_id" if mail => Self::Folder,
            b"date" if mail => Self::Date,
            b"size" if mail => Self::Size,
            b"locator" | b"volume_id" if mail => Self::Locator,
            b"blob_digest" if mail => Self::Digest,
            b"mod_metadata" if mail => Self::ModMetadata,
            b"change_date" if mail => Self::ChangeDate,
            b"mod_content" if mail => Self::ModContent,
            _ => return None,
        })
    }
}

/// The columns of one table, in order; those that don't matter are `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) table: Table,
    pub(super) columns: Vec<Option<Column>>,
}

impl Layout {
    pub(super) fn new(table: Table) -> Self {
        Self { table, columns: Vec::new() }
    }

    pub(super) fn push(&mut self, name: &[u8]) {
        if self.columns.len() < MOST_COLUMNS {
            self.columns.push(Column::named(self.table, name));
        }
    }

    /// Holds if its rows can be used.
    pub(super) fn suffices(&self) -> bool {
        self.table.needs().iter().all(|column| self.columns.contains(&Some(*column)))
    }
}
