//! Tables that a dump made or filled, and statements that take their rows away again.
//!
//! Input: tables as they come. Output: in the summary the databases that came twice, and how many statements undo what
//! came before. Invariant: `DROP TABLE` before its table, as every dump has it, undoes nothing.

use std::collections::BTreeMap;

use super::layout::{Database, Table};
use super::lexer::Token;
use super::statement::{Purpose, State, Statements};

/// Tables that are remembered: four for each of 1000 groups.
const MOST: usize = 4_000;

/// Tables that matter, each with the number of headers that stood before it.
#[derive(Debug, Default)]
pub(super) struct Touched(BTreeMap<(Database, Table), u64>);

impl Touched {
    fn has(&self, database: Database) -> bool {
        self.0.keys().any(|(of, _)| *of == database)
    }

    /// Holds if the list of mailboxes was made or filled.
    pub(super) fn has_list(&self) -> bool {
        self.0.keys().any(|(_, table)| *table == Table::Mailboxes)
    }
}

impl Statements {
    /// Takes in that a table that matters is made, or filled. Of two dumps in one file both make it; those with
    /// `--no-create-info` fill it under two headers.
    pub(super) fn touch(&mut self, (database, table): (Database, Table), made: bool) {
        let headers = self.course.headers();
        match self.touched.0.get(&(database, table)) {
            Some(first) if (made || *first != headers) && table != Table::Volumes => {
                self.summary.repeated.insert(database);
            }
            None if self.touched.0.len() < MOST => {
                self.touched.0.insert((database, table), headers);
            }
            _ => {}
        }
    }

    /// What a statement awaits that may take rows away, by its first word.
    pub(super) fn undoing(word: &[u8]) -> Option<State> {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        match () {
            () if is("DROP") => Some(State::Drop),
            () if is("DELETE") => Some(State::Delete),
            () if is("TRUNCATE") || is("UPDATE") || is("RENAME") => Some(State::Name(Purpose::Undo)),
            () => None,
        }
    }

    /// Behind `DROP`.
    pub(super) fn drop_what(&mut self, token: Token<'_>) {
        let is = |keyword: &str| matches!(token, Token::Word(word) if word.eq_ignore_ascii_case(keyword.as_bytes()));
        self.state = match () {
            () if is("TABLE") || is("TABLES") => State::Name(Purpose::Undo),
            () if is("DATABASE") || is("SCHEMA") => State::DropDatabase,
            () => State::Skip,
        };
    }

    /// Behind `DROP DATABASE`.
    pub(super) fn drop_database(&mut self, token: Token<'_>) {
        let name = match token {
            Token::Word(word) if word.eq_ignore_ascii_case(b"IF") || word.eq_ignore_ascii_case(b"EXISTS") => {
                return;
            }
            Token::Word(name) | Token::Name(name) | Token::Text(name) => name,
            _ => return,
        };
        let database = Database::named(name);
        self.summary.undone += u64::from(self.touched.has(database));
        self.state = State::Skip;
    }

    /// Behind the name of a table that loses rows, or itself; others may follow.
    pub(super) fn undo(&mut self, behind: Option<Token<'_>>) {
        let touched = self.named().is_some_and(|named| self.touched.0.contains_key(&named));
        self.summary.undone += u64::from(touched);
        self.naming.clear();
        let more = behind == Some(Token::Mark(b','));
        self.state = if more { State::Name(Purpose::Undo) } else { State::Skip };
    }

    /// Before a statement: `ROLLBACK` takes the rows away that came since the transaction began.
    pub(super) fn follow_transaction(&mut self, word: &[u8]) {
        let rows = self.summary.rows.saturating_add(self.summary.mailboxes);
        if !self.course.is_uncommitted() {
            self.committed = rows;
        } else if word.eq_ignore_ascii_case(b"ROLLBACK") && rows > self.committed {
            self.summary.undone += 1;
        }
    }

    /// A comment that looks as if servers executed it, and that none does.
    pub(super) fn unexecuted(&mut self, text: &[u8]) {
        let end = text.trim_ascii_start();
        let word = end.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
        let fills =
            ["INSERT", "REPLACE", "LOAD"].iter().any(|fill| word.eq_ignore_ascii_case(fill.as_bytes()));
        let inside = matches!(self.state, State::Insert | State::Columns | State::Values { .. });
        if inside || (fills && self.database != Database::Other) {
            self.summary.unread += 1;
        }
    }
}
