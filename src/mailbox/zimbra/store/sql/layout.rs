//! Which tables and columns matter (Zimbra's `create_database.sql` and `db.sql`).

/// Columns of a table that are looked at; Zimbra's widest table has 26.
const MOST_COLUMNS: usize = 512;

/// The database that statements are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// A table that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Table {
    /// `mail_item` and what is laid out like it.
    Items,
    /// Older versions of documents.
    Revisions,
    Mailboxes,
    Volumes,
}

impl Table {
    /// The table of this name in this database, if it matters.
    pub(super) fn named(database: Database, name: &[u8]) -> Option<Self> {
        let mail = matches!(database, Database::Group(_) | Database::Unknown);
        let global = matches!(database, Database::Zimbra | Database::Unknown);
        match name.to_ascii_lowercase().as_slice() {
            b"mail_item" | b"mail_item_dumpster" if mail => Some(Self::Items),
            b"revision" | b"revision_dumpster" if mail => Some(Self::Revisions),
            b"mailbox" if global => Some(Self::Mailboxes),
            b"volume" if global => Some(Self::Volumes),
            _ => None,
        }
    }

    /// Columns without which its rows say nothing.
    pub(super) fn needs(self) -> &'static [Column] {
        match self {
            Self::Items | Self::Revisions => {
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
        let mail = matches!(table, Table::Items | Table::Revisions);
        Some(match name.as_slice() {
            b"id" if table != Table::Revisions => Self::Id,
            b"item_id" if table == Table::Revisions => Self::Id,
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
