//! Dumps of Zimbra's databases: SQL in, the rows that name blobs out.
//!
//! Input: the text of one dump in pieces of any length. Output: rows of `mail_item`, its dumpster and the revisions,
//! of `zimbra.mailbox` and `zimbra.volume`, handed to a [`Records`]; what the dump says of itself. Invariants: nothing
//! is executed; one row is in memory for as long as it is read, and of it only what the checks need; what fills a table
//! that matters is read or counted as unread.

mod definition;
mod ending;
mod filling;
mod layout;
mod lexer;
mod naming;
mod row;
mod statement;
mod touched;

pub use ending::{Cut, Ending};
pub use layout::Database;
pub use row::{Account, Locator, MailRow, MailboxRow, VolumeRow};
pub use statement::Summary;

use lexer::Lexer;
use statement::Statements;

/// Takes rows in as they are read.
pub trait Records {
    /// A row of `mail_item`, `mail_item_dumpster`, `revision` or `revision_dumpster`.
    fn mail(&mut self, row: &MailRow);
    /// A row of `zimbra.mailbox`.
    fn mailbox(&mut self, row: MailboxRow);
    /// A row of `zimbra.volume`.
    fn volume(&mut self, row: VolumeRow);
}

/// Reads one dump.
#[derive(Debug)]
pub struct Reader {
    lexer: Lexer,
    statements: Statements,
}

impl Reader {
    /// Begins a dump; `database` is the one its file name speaks of.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self { lexer: Lexer::default(), statements: Statements::new(database) }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8], records: &mut impl Records) {
        self.lexer.push(bytes, &mut self.statements.with(records));
    }

    /// Ends the dump.
    pub fn finish(mut self, records: &mut impl Records) -> Summary {
        let whole = self.lexer.finish(&mut self.statements.with(records));
        self.statements.finish(whole)
    }
}

#[cfg(test)]
mod tests;
