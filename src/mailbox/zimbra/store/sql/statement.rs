//! Statements: which database, and what each of them does.

use std::collections::BTreeSet;

use super::Records;
use super::ending::{Course, Ending};
use super::layout::{Database, Layout, Table};
use super::lexer::{Rest, Taker, Token};
use super::naming::Naming;
use super::row::Draft;
use super::touched::Touched;

/// What a dump says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Groups whose `mail_item` is in it.
    pub groups: BTreeSet<u32>,
    /// Rows of mail tables.
    pub rows: u64,
    /// Rows of `zimbra.mailbox`.
    pub mailboxes: u64,
    /// Rows of all tables that matter which could not be read.
    pub bad_rows: u64,
    /// Statements that fill a table that matters in a form that is not read (`INSERT … SELECT`).
    pub unread: u64,
    /// Statements that take rows away again which came before (`DROP`, `DELETE`, `ROLLBACK`).
    pub undone: u64,
    /// Databases of which a table was made or filled twice: one dump behind another.
    pub repeated: BTreeSet<Database>,
    /// It is a dump of the list of mailboxes.
    pub lists: bool,
    /// Rows of a table that matters came without the columns that the checks need.
    pub no_columns: bool,
    /// A table that matters was defined, or rows of one came.
    pub zimbra: bool,
    /// Its header names no database, as that of `--all-databases`.
    pub of_all: bool,
    /// Something stands in it.
    pub filled: bool,
    /// How it ends.
    pub ending: Ending,
}

/// What is awaited in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    /// The first word of a statement.
    Start,
    /// The rest of the line behind `DELIMITER`.
    Delimiter,
    /// The end of a statement that does not matter.
    Skip,
    /// The rest of one that may tell how the dump ends.
    Course,
    Use,
    /// The end of `USE`, which `mysql` takes without a semicolon, too.
    Used,
    /// `TABLE`, behind `CREATE`.
    Create {
        temporary: bool,
    },
    /// What is dropped.
    Drop,
    /// The name of the database that is dropped.
    DropDatabase,
    /// `FROM`, behind `DELETE`.
    Delete,
    /// `INTO`, behind `LOAD DATA`.
    Load,
    /// The name of the table; `INTO` and the like before it are left out.
    Name(Purpose),
    /// The name of a column, or a key; inside the parentheses of `CREATE TABLE`.
    Define {
        depth: u32,
        first: bool,
    },
    /// The parentheses with the columns' names, or `VALUES`.
    Insert,
    /// Names of columns in parentheses.
    Columns,
    /// Rows.
    Values {
        depth: u32,
    },
}

/// What a table is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Create,
    Insert,
    /// It is filled in a way that is not read.
    Load,
    /// It, or rows of it, are taken away.
    Undo,
}

/// What ends statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delimiter {
    Semicolon,
    /// Something else, so what statements hold is not followed.
    Foreign,
    /// As well, and a trigger or procedure began, whose body holds statements of its own.
    Routine,
}

/// Follows the statements of a dump.
#[derive(Debug)]
pub(super) struct Statements {
    pub(super) database: Database,
    pub(super) state: State,
    pub(super) naming: Naming,
    /// How the tables of this database are laid out.
    pub(super) layouts: Vec<Layout>,
    /// Of the table that is being defined or filled.
    pub(super) layout: Layout,
    pub(super) draft: Draft,
    delimiter: Delimiter,
    pub(super) course: Course,
    pub(super) touched: Touched,
    /// Rows that came before the transaction.
    pub(super) committed: u64,
    pub(super) summary: Summary,
}

/// Statements and who takes their rows.
pub(super) struct Following<'a, R> {
    pub(super) statements: &'a mut Statements,
    pub(super) records: &'a mut R,
}

impl Statements {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            state: State::Start,
            naming: Naming::default(),
            layouts: Vec::new(),
            layout: Layout::new(Table::Items),
            draft: Draft::default(),
            delimiter: Delimiter::Semicolon,
            course: Course::default(),
            touched: Touched::default(),
            committed: 0,
            summary: Summary::default(),
        }
    }

    pub(super) fn with<'a, R: Records>(&'a mut self, records: &'a mut R) -> Following<'a, R> {
        Following { statements: self, records }
    }

    /// Ends the dump; `whole` says that it did not end inside a string or comment.
    pub(super) fn finish(mut self, whole: bool) -> Summary {
        let between = matches!(self.state, State::Start | State::Used);
        self.summary.ending = self.course.end(!whole || !between);
        self.summary.zimbra |=
            self.course.has_header() && matches!(self.database, Database::Group(_) | Database::Zimbra);
        let dumped = self.summary.mailboxes > 0 || self.course.has_header();
        self.summary.lists = dumped && self.touched.has_list();
        self.summary
    }

    fn comment(&mut self, text: &[u8]) {
        let text = text.trim_ascii();
        self.course.comment(text);
        if let Some((_, name)) = text.starts_with(b"Host: ").then(|| split(text, b"Database:")).flatten() {
            match name.trim_ascii() {
                b"" => self.summary.of_all = true,
                name => self.choose(name),
            }
        }
    }

    fn choose(&mut self, name: &[u8]) {
        self.database = Database::named(name);
        self.layouts.clear();
    }

    fn start(&mut self, word: &[u8]) -> Rest {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        self.naming.clear();
        self.follow_transaction(word);
        self.state = match () {
            () if is("DELIMITER") => return self.delimiter(),
            () if self.delimiter != Delimiter::Semicolon => return self.start_foreign(word),
            () if self.course.begin(word) => State::Course,
            () if is("USE") => State::Use,
            () if is("CREATE") => State::Create { temporary: false },
            () if is("LOAD") => State::Load,
            () if is("INSERT") || is("REPLACE") => State::Name(Purpose::Insert),
            () => Self::undoing(word).unwrap_or(State::Skip),
        };
        Rest::Sql
    }

    /// Bodies of triggers are no statements; rows that are put in beside them are not read, and counted.
    fn start_foreign(&mut self, word: &[u8]) -> Rest {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        if is("CREATE") {
            self.delimiter = Delimiter::Routine;
        }
        self.state = match () {
            () if self.delimiter == Delimiter::Routine => State::Skip,
            () if is("INSERT") || is("REPLACE") => State::Name(Purpose::Load),
            () => Self::undoing(word).unwrap_or(State::Skip),
        };
        Rest::Sql
    }

    fn delimiter(&mut self) -> Rest {
        self.state = State::Delimiter;
        Rest::Line
    }

    /// The table that was named, with the database that it is in.
    pub(super) fn named(&self) -> Option<(Database, Table)> {
        self.naming.table(self.database)
    }

    fn name(&mut self, token: Token<'_>, purpose: Purpose) {
        if self.naming.take(token) {
            return;
        }
        match purpose {
            Purpose::Create => self.begin_table(token),
            Purpose::Insert => self.begin_insert(token),
            Purpose::Load => self.begin_load(),
            Purpose::Undo => self.undo(Some(token)),
        }
    }

    /// The end of a statement.
    fn end(&mut self) {
        match self.state {
            State::Name(Purpose::Load) => self.begin_load(),
            State::Name(Purpose::Undo) => self.undo(None),
            _ => {}
        }
        self.state = State::Start;
    }
}

impl<R: Records> Taker for Following<'_, R> {
    fn token(&mut self, token: Token<'_>) -> Rest {
        let statements = &mut *self.statements;
        statements.summary.filled = true;
        match (&statements.state, token) {
            (State::Delimiter, Token::Comment(text)) => {
                let own = text.trim_ascii() == b";";
                statements.delimiter = if own { Delimiter::Semicolon } else { Delimiter::Foreign };
                statements.state = State::Start;
            }
            (_, Token::Word(word))
                if statements.delimiter != Delimiter::Semicolon
                    && word.eq_ignore_ascii_case(b"DELIMITER") =>
            {
                return statements.delimiter();
            }
            (_, Token::Comment(text)) => statements.comment(text),
            (_, Token::Unexecuted(text)) => statements.unexecuted(text),
            (_, Token::Mark(b';')) => statements.end(),
            (State::Start | State::Used, Token::Word(word)) => return statements.start(word),
            (State::Skip | State::Delimiter, _) => {}
            (State::Start | State::Used, _) => statements.state = State::Skip,
            (State::Course, token) => statements.course.follow(token),
            (State::Use, Token::Word(name) | Token::Name(name) | Token::Text(name)) => {
                statements.choose(name);
                statements.state = State::Used;
            }
            (State::Use, _) => {}
            (State::Create { temporary }, token) => {
                let temporary = *temporary;
                statements.create(token, temporary);
            }
            (State::Drop, token) => statements.drop_what(token),
            (State::DropDatabase, token) => statements.drop_database(token),
            (State::Delete, Token::Word(word)) if word.eq_ignore_ascii_case(b"FROM") => {
                statements.state = State::Name(Purpose::Undo);
            }
            (State::Delete, _) => {}
            (State::Load, Token::Word(word)) if word.eq_ignore_ascii_case(b"INTO") => {
                statements.state = State::Name(Purpose::Load);
            }
            (State::Load, _) => {}
            (State::Name(purpose), token) => {
                let purpose = *purpose;
                statements.name(token, purpose);
            }
            (State::Define { depth, first }, token) => {
                let (depth, first) = (*depth, *first);
                statements.define(token, depth, first);
            }
            (State::Insert, token) => statements.insert(token),
            (State::Columns, token) => statements.columns(token),
            (State::Values { depth }, token) => {
                let depth = *depth;
                self.values(token, depth);
            }
        }
        Rest::Sql
    }
}

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = text.windows(at.len()).position(|window| window == at)?;
    Some((&text[..start], &text[start + at.len()..]))
}
