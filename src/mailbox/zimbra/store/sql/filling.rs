//! `INSERT` and `REPLACE`: the rows. What fills a table that matters in another way is counted, never passed over.

use super::Records;
use super::layout::{Database, Layout, Table};
use super::lexer::Token;
use super::row::Row;
use super::statement::{Following, State, Statements};

impl Statements {
    /// Behind the name of a table that is filled.
    pub(super) fn begin_insert(&mut self, token: Token<'_>) {
        let Some((database, table)) = self.named() else {
            self.state = State::Skip;
            return;
        };
        let known = self.layouts.iter().find(|layout| layout.table == table);
        self.layout = known.cloned().unwrap_or(Layout::new(table));
        self.note_group(database, table);
        self.state = State::Insert;
        self.insert(token);
    }

    /// Behind the name of a table that is filled from a file, or by a statement that is not followed.
    pub(super) fn begin_load(&mut self) {
        self.state = State::Skip;
        if let Some((_, table)) = self.named() {
            self.layout = Layout::new(table);
            self.leave_unread();
        }
    }

    pub(super) fn insert(&mut self, token: Token<'_>) {
        match token {
            Token::Mark(b'(') => {
                self.layout.columns.clear();
                self.state = State::Columns;
            }
            Token::Word(word)
                if word.eq_ignore_ascii_case(b"VALUES") || word.eq_ignore_ascii_case(b"VALUE") =>
            {
                self.begin_values();
            }
            // `INSERT … SET`, `INSERT … SELECT` and whatever else there may be.
            _ => self.leave_unread(),
        }
    }

    fn begin_values(&mut self) {
        self.state = State::Skip;
        if self.layout.suffices() {
            self.summary.zimbra = true;
            self.state = State::Values { depth: 0 };
            if let Some(named) = self.named() {
                self.touch(named, false);
            }
        } else if self.is_zimbras() || self.layout.columns.is_empty() {
            self.summary.no_columns = true;
        }
    }

    /// Tables of other programs may bear such names; only where the database is Zimbra's something is amiss.
    fn is_zimbras(&self) -> bool {
        let named =
            self.naming.table(self.database).is_some_and(|(database, _)| database != Database::Unknown);
        // No other program has tables of these names.
        named || matches!(self.layout.table, Table::Items | Table::Dumpster)
    }

    /// Counts a statement whose rows are not read.
    pub(super) fn leave_unread(&mut self) {
        self.state = State::Skip;
        if self.is_zimbras() && self.layout.table != Table::Volumes {
            self.summary.unread += 1;
        }
    }

    pub(super) fn columns(&mut self, token: Token<'_>) {
        match token {
            Token::Mark(b')') => self.state = State::Insert,
            Token::Word(name) | Token::Name(name) | Token::Text(name) => self.layout.push(name),
            _ => {}
        }
    }
}

impl<R: Records> Following<'_, R> {
    pub(super) fn values(&mut self, token: Token<'_>, depth: u32) {
        let statements = &mut *self.statements;
        let depth = match (token, depth) {
            (Token::Mark(b'('), 0) => {
                statements.draft.begin();
                1
            }
            (Token::Mark(b','), 1) => {
                statements.draft.next();
                1
            }
            (Token::Mark(b')'), 1) => {
                self.row();
                0
            }
            (Token::Mark(b','), 0) => 0,
            // `ON DUPLICATE KEY UPDATE …`, `AS new`
            (Token::Word(word), 0) if is_behind_rows(word) => {
                statements.state = State::Skip;
                return;
            }
            (_, 0) => return statements.leave_unread(),
            (Token::Mark(b'('), _) => depth.saturating_add(1),
            (Token::Mark(b')'), _) => depth - 1,
            (token, _) => {
                statements.draft.take(token, &statements.layout);
                depth
            }
        };
        self.statements.state = State::Values { depth };
    }

    fn row(&mut self) {
        let statements = &mut *self.statements;
        match statements.layout.table {
            Table::Mailboxes => statements.summary.mailboxes += 1,
            Table::Volumes => {}
            _ => statements.summary.rows += 1,
        }
        match statements.draft.end(&statements.layout) {
            Some(Row::Mail(row)) => self.records.mail(&row),
            Some(Row::Mailbox(row)) => self.records.mailbox(row),
            Some(Row::Volume(row)) => self.records.volume(row),
            None => statements.summary.bad_rows += 1,
        }
    }
}

fn is_behind_rows(word: &[u8]) -> bool {
    ["ON", "AS", "RETURNING"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword.as_bytes()))
}
