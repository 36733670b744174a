//! `CREATE TABLE`: which column stands where.

use super::layout::{Database, Layout, Table};
use super::lexer::Token;
use super::statement::{Purpose, State, Statements};

/// Groups of mailboxes that are remembered; Zimbra has 100.
const MOST_GROUPS: usize = 1_000;

impl Statements {
    /// Behind `CREATE`. A temporary table is gone with the restore, and hides the one of its name till then.
    pub(super) fn create(&mut self, token: Token<'_>, temporary: bool) {
        let Token::Word(word) = token else {
            self.state = State::Skip;
            return;
        };
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        self.state = match () {
            () if is("TEMPORARY") => State::Create { temporary: true },
            () if is("OR") || is("REPLACE") => State::Create { temporary },
            () if is("TABLE") && temporary => State::Name(Purpose::Load),
            () if is("TABLE") => State::Name(Purpose::Create),
            () => State::Skip,
        };
    }

    /// Behind the name of a table that is created.
    pub(super) fn begin_table(&mut self, token: Token<'_>) {
        self.state = match (self.named(), token) {
            (Some((_, table)), Token::Mark(b'(')) => {
                self.layout = Layout::new(table);
                State::Define { depth: 1, first: true }
            }
            _ => State::Skip,
        };
    }

    /// Inside its parentheses.
    pub(super) fn define(&mut self, token: Token<'_>, depth: u32, first: bool) {
        let (depth, first) = match token {
            Token::Mark(b'(') => (depth.saturating_add(1), first),
            Token::Mark(b')') if depth == 1 => return self.end_table(),
            Token::Mark(b')') => (depth - 1, first),
            Token::Mark(b',') => (depth, depth == 1),
            Token::Word(word) if first && is_key(word) => (depth, false),
            Token::Word(name) | Token::Name(name) | Token::Text(name) if first => {
                self.layout.push(name);
                (depth, false)
            }
            _ => (depth, first),
        };
        self.state = State::Define { depth, first };
    }

    fn end_table(&mut self) {
        self.state = State::Skip;
        let Some((database, table)) = self.named() else { return };
        if self.layout.suffices() {
            self.summary.zimbra = true;
            self.note_group(database, table);
            self.touch((database, table), true);
        }
        self.layouts.retain(|layout| layout.table != table);
        self.layouts.push(self.layout.clone());
    }

    pub(super) fn note_group(&mut self, database: Database, table: Table) {
        if let (Database::Group(number), Table::Items) = (database, table)
            && self.summary.groups.len() < MOST_GROUPS
        {
            self.summary.groups.insert(number);
        }
    }
}

/// Words that begin a key or constraint in the place of a column.
fn is_key(word: &[u8]) -> bool {
    const KEYS: [&str; 10] = [
        "PRIMARY",
        "KEY",
        "UNIQUE",
        "INDEX",
        "CONSTRAINT",
        "FULLTEXT",
        "SPATIAL",
        "FOREIGN",
        "CHECK",
        "PERIOD",
    ];
    KEYS.iter().any(|key| word.eq_ignore_ascii_case(key.as_bytes()))
}
