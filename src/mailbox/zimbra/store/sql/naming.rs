//! The name of a table in a statement.

use super::layout::{Database, Table};
use super::lexer::Token;

/// A name as it is read: its database, if one is stated, and itself.
#[derive(Debug, Default)]
pub(super) struct Naming {
    database: Vec<u8>,
    table: Vec<u8>,
    /// A dot came, and a name belongs behind it.
    dotted: bool,
}

impl Naming {
    pub(super) fn clear(&mut self) {
        self.database.clear();
        self.table.clear();
        self.dotted = false;
    }

    /// Takes a part of the name, or what stands before it; `false` once the name is complete.
    pub(super) fn take(&mut self, token: Token<'_>) -> bool {
        match token {
            Token::Mark(b'.') => {
                self.database = std::mem::take(&mut self.table);
                self.dotted = true;
            }
            _ if !self.table.is_empty() => return false,
            Token::Word(word) if !self.dotted && is_filler(word) => {}
            Token::Word(word) => self.split(word),
            Token::Name(name) | Token::Text(name) => self.table.extend_from_slice(name),
            _ => return false,
        }
        true
    }

    /// Takes a word, in which dots may stand.
    fn split(&mut self, word: &[u8]) {
        let Some(dot) = word.iter().rposition(|byte| *byte == b'.') else {
            return self.table.extend_from_slice(word);
        };
        self.database = word[..dot].to_vec();
        self.table = word[dot + 1..].to_vec();
        self.dotted = true;
    }

    /// The table, with the database that it is in: `current`, unless another is stated.
    pub(super) fn table(&self, current: Database) -> Option<(Database, Table)> {
        let database = if self.database.is_empty() { current } else { Database::named(&self.database) };
        Table::named(database, &self.table).map(|table| (database, table))
    }
}

/// Words between `CREATE TABLE`, `INSERT` or `LOAD DATA … INTO` and a table's name.
fn is_filler(word: &[u8]) -> bool {
    const FILLERS: [&str; 9] =
        ["IF", "NOT", "EXISTS", "INTO", "TABLE", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY"];
    FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler.as_bytes()))
}
