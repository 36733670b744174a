//! Rows as they are read, value for value.

use std::fmt;

use super::layout::{Column, Layout, Table};
use super::lexer::Token;
use crate::mailbox::{Digest, DigestError};

/// Bytes of a text value that are kept.
const LONGEST: usize = 255;
/// The `type` of documents (`MailItem.java`).
const DOCUMENT: u8 = 8;

/// Where a row says that its blob lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Locator {
    /// On the volume of this number.
    Volume(u16),
    /// In an external store, which names its blobs itself.
    External,
    /// It does not say.
    None,
}

/// A row of `mail_item` or of a table like it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailRow {
    /// Number of the mailbox.
    pub mailbox: u32,
    /// Number of the item.
    pub item: u32,
    /// `type`; 0 where the table has none. Revisions are those of documents.
    pub kind: u8,
    /// Number of the folder; 0 where the table has none.
    pub folder: u32,
    /// Bytes of the blob, uncompressed.
    pub size: u64,
    /// Digest of the blob; `None` where there is no blob, an error where the text is no digest.
    pub digest: Option<Result<Digest, DigestError>>,
    /// `mod_content`, the number in the blob's name.
    pub revision: u32,
    /// The highest change number it states.
    pub change: u32,
    /// When the row last changed, in seconds since 1970; else the item's date.
    pub changed: u64,
    /// It stands in `mail_item`, not in a dumpster or among older versions.
    pub live: bool,
    /// Where the blob lies.
    pub locator: Locator,
}

/// A row of `zimbra.mailbox`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxRow {
    /// Number of the mailbox.
    pub id: u32,
    /// Number of the database group that holds its items.
    pub group: Option<u32>,
    /// `zimbraId` of the account; `None` if it is none of those that Zimbra makes.
    pub account: Option<Account>,
}

/// A `zimbraId` as Zimbra makes it: a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account([u8; 16]);

impl Account {
    /// Reads `3f38c5be-….`
    fn named(text: &[u8]) -> Option<Self> {
        let dashes = [8, 13, 18, 23];
        let placed = (0..text.len()).all(|at| (text[at] == b'-') == dashes.contains(&at));
        let digits: Vec<u8> = text.iter().copied().filter(|byte| *byte != b'-').collect();
        let mut bytes = Vec::with_capacity(16);
        unhex(&digits, &mut bytes);
        bytes.try_into().ok().filter(|_| placed && text.len() == 36).map(Self)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if matches!(at, 4 | 6 | 8 | 10) { "-" } else { "" };
            write!(f, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

/// A row of `zimbra.volume`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeRow {
    /// Number of the volume.
    pub id: u16,
    /// Its folder on the server.
    pub path: Box<[u8]>,
}

/// A row that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    Mail(MailRow),
    Mailbox(MailboxRow),
    Volume(VolumeRow),
}

/// One value: what is kept of it.
#[derive(Debug, Default)]
struct Value {
    /// It is there and not NULL.
    stated: bool,
    bytes: Vec<u8>,
}

impl Value {
    fn number<T: TryFrom<u64>>(&self) -> Option<T> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        T::try_from(text.parse().ok()?).ok()
    }
}

/// The row that is being read. Used again for the next, as there may be millions.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// Values, by the number of their [`Column`].
    values: [Value; Column::Path as usize + 1],
    /// The column that the next token belongs to.
    at: usize,
    /// That column was given a value.
    filled: bool,
}

impl Draft {
    /// Begins a row.
    pub(super) fn begin(&mut self) {
        self.values.iter_mut().for_each(|value| value.stated = false);
        self.at = 0;
        self.filled = false;
    }

    /// Moves on to the next column.
    pub(super) fn next(&mut self) {
        self.at = self.at.saturating_add(1);
        self.filled = false;
    }

    /// Takes a token of the value of the current column; of several the last counts (`_binary '…'`).
    pub(super) fn take(&mut self, token: Token<'_>, layout: &Layout) {
        self.filled = true;
        let Some(column) = layout.columns.get(self.at).copied().flatten() else { return };
        let value = &mut self.values[column as usize];
        value.bytes.clear();
        value.stated = true;
        match token {
            Token::Word(word) if word.eq_ignore_ascii_case(b"NULL") => value.stated = false,
            Token::Word([b'0', b'x' | b'X', digits @ ..]) | Token::Hex(digits) => {
                unhex(digits, &mut value.bytes)
            }
            Token::Word(bytes) | Token::Name(bytes) | Token::Text(bytes) => {
                value.bytes.extend_from_slice(&bytes[..bytes.len().min(LONGEST)]);
            }
            Token::Mark(_) | Token::Comment(_) | Token::Unexecuted(_) => value.stated = false,
        }
    }

    /// Ends the row; `None` if it is not one of this layout, or lacks a number that must be there.
    pub(super) fn end(&self, layout: &Layout) -> Option<Row> {
        if !self.filled || self.at + 1 != layout.columns.len() {
            return None;
        }
        match layout.table {
            Table::Items => self.mail().map(|row| Row::Mail(MailRow { live: true, ..row })),
            Table::Dumpster => self.mail().map(Row::Mail),
            Table::Revisions | Table::RevisionDumpster => {
                self.mail().map(|row| Row::Mail(MailRow { kind: DOCUMENT, ..row }))
            }
            Table::Mailboxes => self.mailbox().map(Row::Mailbox),
            Table::Volumes => self.volume().map(Row::Volume),
        }
    }

    fn stated(&self, column: Column) -> Option<&Value> {
        Some(&self.values[column as usize]).filter(|value| value.stated)
    }

    fn number<T: TryFrom<u64>>(&self, column: Column) -> Option<T> {
        self.stated(column)?.number()
    }

    fn mail(&self) -> Option<MailRow> {
        let revision: u32 = self.number(Column::ModContent)?;
        Some(MailRow {
            mailbox: self.number(Column::Mailbox)?,
            item: self.number(Column::Id)?,
            kind: self.number(Column::Kind).unwrap_or_default(),
            folder: self.number(Column::Folder).unwrap_or_default(),
            size: self.number(Column::Size)?,
            digest: self.stated(Column::Digest).map(|value| Digest::named(&value.bytes)),
            revision,
            change: self.number(Column::ModMetadata).unwrap_or(0).max(revision),
            changed: self
                .number(Column::ChangeDate)
                .or_else(|| self.number(Column::Date))
                .unwrap_or_default(),
            live: false,
            locator: self.locator(),
        })
    }

    fn locator(&self) -> Locator {
        match self.stated(Column::Locator) {
            None => Locator::None,
            Some(value) => value.number().map_or(Locator::External, Locator::Volume),
        }
    }

    fn mailbox(&self) -> Option<MailboxRow> {
        Some(MailboxRow {
            id: self.number(Column::Id)?,
            group: self.number(Column::Group),
            account: self.stated(Column::Account).and_then(|value| Account::named(&value.bytes)),
        })
    }

    fn volume(&self) -> Option<VolumeRow> {
        let path = self.stated(Column::Path).map(|value| value.bytes.as_slice());
        Some(VolumeRow { id: self.number(Column::Id)?, path: path.unwrap_or_default().into() })
    }
}

fn unhex(digits: &[u8], into: &mut Vec<u8>) {
    let value = |digit: u8| char::from(digit).to_digit(16);
    for pair in digits.chunks(2).take(LONGEST) {
        let (Some(high), Some(low)) = (value(pair[0]), pair.get(1).copied().and_then(value)) else { return };
        into.push((high << 4 | low).to_le_bytes()[0]);
    }
}
