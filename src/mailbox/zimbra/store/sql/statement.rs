//! Statements: which database, which columns, which rows.

use std::collections::BTreeSet;

use super::Records;
use super::layout::{Database, Layout, Table};
use super::lexer::{Rest, Taker, Token};
use super::row::{Draft, Row};

/// Groups of mailboxes that are remembered; Zimbra has 100.
const MOST_GROUPS: usize = 1_000;

/// What a dump says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Groups whose `mail_item` is in it.
    pub groups: BTreeSet<u32>,
    /// Rows of mail tables.
    pub rows: u64,
    /// Rows of all tables that matter which could not be read.
    pub bad_rows: u64,
    /// Rows of a table that matters came without the columns that the checks need.
    pub no_columns: bool,
    /// A table that matters was defined, or rows of one came.
    pub zimbra: bool,
    /// It ends inside a statement, or begins with the header of `mysqldump` and lacks its last line.
    pub truncated: bool,
}

/// What is awaited in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    /// The first word of a statement.
    Start,
    /// The rest of the line behind `DELIMITER`.
    Delimiter,
    /// The end of a statement that does not matter.
    Skip,
    Use,
    /// `TABLE`, behind `CREATE`.
    Create,
    /// The name of the table; `INTO` and the like before it are left out.
    Name {
        insert: bool,
    },
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

/// Follows the statements of a dump.
#[derive(Debug)]
pub(super) struct Statements {
    database: Database,
    state: State,
    /// Names of a table: its database, if one is stated, and itself.
    names: [Vec<u8>; 2],
    /// How the tables of this database are laid out.
    layouts: Vec<Layout>,
    /// Of the table that is being defined or filled.
    layout: Layout,
    draft: Draft,
    /// Statements end with something else than a semicolon, so what they hold is not followed.
    foreign: bool,
    headers: u64,
    completions: u64,
    summary: Summary,
}

/// Statements and who takes their rows.
pub(super) struct Following<'a, R> {
    statements: &'a mut Statements,
    records: &'a mut R,
}

impl Statements {
    pub(super) fn new(database: Database) -> Self {
        Self {
            database,
            state: State::Start,
            names: [Vec::new(), Vec::new()],
            layouts: Vec::new(),
            layout: Layout::new(Table::Items),
            draft: Draft::default(),
            foreign: false,
            headers: 0,
            completions: 0,
            summary: Summary::default(),
        }
    }

    pub(super) fn with<'a, R: Records>(&'a mut self, records: &'a mut R) -> Following<'a, R> {
        Following { statements: self, records }
    }

    /// Ends the dump; `whole` says that it did not end inside a string or comment.
    pub(super) fn finish(mut self, whole: bool) -> Summary {
        self.summary.truncated = !whole || self.state != State::Start || self.headers > self.completions;
        self.summary.zimbra |=
            self.headers > 0 && matches!(self.database, Database::Group(_) | Database::Zimbra);
        self.summary
    }

    fn comment(&mut self, text: &[u8]) {
        let text = text.trim_ascii();
        if text.starts_with(b"MySQL dump") || text.starts_with(b"MariaDB dump") {
            self.headers += 1;
        } else if text.starts_with(b"Dump completed") {
            self.completions += 1;
        } else if let Some((_, name)) =
            text.starts_with(b"Host: ").then(|| split(text, b"Database: ")).flatten()
            && !name.trim_ascii().is_empty()
        {
            self.choose(name.trim_ascii());
        }
    }

    fn choose(&mut self, name: &[u8]) {
        self.database = Database::named(name);
        self.layouts.clear();
    }

    fn start(&mut self, word: &[u8]) -> Rest {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        self.state = match () {
            () if is("DELIMITER") => return self.delimiter(),
            () if self.foreign => State::Skip,
            () if is("USE") => State::Use,
            () if is("CREATE") => State::Create,
            () if is("INSERT") || is("REPLACE") => State::Name { insert: true },
            () => State::Skip,
        };
        self.names.iter_mut().for_each(Vec::clear);
        Rest::Sql
    }

    fn delimiter(&mut self) -> Rest {
        self.state = State::Delimiter;
        Rest::Line
    }

    /// Takes a part of a table's name, or what stands around it; `false` once the name is complete.
    fn name(&mut self, token: Token<'_>) -> bool {
        let [database, table] = &mut self.names;
        match token {
            Token::Mark(b'.') => std::mem::swap(database, table),
            Token::Word(word) if is_filler(word) => {}
            Token::Word(word) if word.contains(&b'.') => {
                let dot = word.iter().rposition(|byte| *byte == b'.').unwrap_or_default();
                *database = word[..dot].to_vec();
                *table = word[dot + 1..].to_vec();
            }
            Token::Word(name) | Token::Name(name) | Token::Text(name) => {
                if !table.is_empty() {
                    return false;
                }
                table.extend_from_slice(name);
            }
            _ => return false,
        }
        true
    }

    /// The table that was named, with the database that it is in.
    fn named(&self) -> Option<(Database, Table)> {
        let [database, table] = &self.names;
        let database = if database.is_empty() { self.database } else { Database::named(database) };
        Table::named(database, table).map(|table| (database, table))
    }

    /// Behind the name of a table that is created.
    fn begin_table(&mut self, token: Token<'_>) {
        self.state = match (self.named(), token) {
            (Some((_, table)), Token::Mark(b'(')) => {
                self.layout = Layout::new(table);
                State::Define { depth: 1, first: true }
            }
            _ => State::Skip,
        };
    }

    fn define(&mut self, token: Token<'_>, depth: u32, first: bool) {
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
        }
        self.layouts.retain(|layout| layout.table != table);
        self.layouts.push(self.layout.clone());
    }

    fn note_group(&mut self, database: Database, table: Table) {
        if let (Database::Group(number), Table::Items) = (database, table)
            && self.summary.groups.len() < MOST_GROUPS
        {
            self.summary.groups.insert(number);
        }
    }

    /// Behind the name of a table that is filled.
    fn begin_insert(&mut self, token: Token<'_>) {
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

    fn insert(&mut self, token: Token<'_>) {
        self.state = match token {
            Token::Mark(b'(') => {
                self.layout.columns.clear();
                State::Columns
            }
            Token::Word(word)
                if word.eq_ignore_ascii_case(b"VALUES") || word.eq_ignore_ascii_case(b"VALUE") =>
            {
                self.begin_values()
            }
            _ => State::Skip,
        };
    }

    fn begin_values(&mut self) -> State {
        if self.layout.suffices() {
            self.summary.zimbra = true;
            return State::Values { depth: 0 };
        }
        // Tables of other programs may bear such names; only where the database is Zimbra's it is a fault.
        if self.database != Database::Unknown || self.layout.columns.is_empty() {
            self.summary.no_columns = true;
        }
        State::Skip
    }

    fn columns(&mut self, token: Token<'_>) {
        match token {
            Token::Mark(b')') => self.state = State::Insert,
            Token::Word(name) | Token::Name(name) | Token::Text(name) => self.layout.push(name),
            _ => {}
        }
    }
}

impl<R: Records> Following<'_, R> {
    fn values(&mut self, token: Token<'_>, depth: u32) {
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
            // `ON DUPLICATE KEY UPDATE …`
            (_, 0) => {
                statements.state = State::Skip;
                return;
            }
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
        if matches!(statements.layout.table, Table::Items | Table::Revisions) {
            statements.summary.rows += 1;
        }
        match statements.draft.end(&statements.layout) {
            Some(Row::Mail(row)) => self.records.mail(&row),
            Some(Row::Mailbox(row)) => self.records.mailbox(row),
            Some(Row::Volume(row)) => self.records.volume(row),
            None => statements.summary.bad_rows += 1,
        }
    }
}

impl<R: Records> Taker for Following<'_, R> {
    fn token(&mut self, token: Token<'_>) -> Rest {
        let statements = &mut *self.statements;
        match (&statements.state, token) {
            (State::Delimiter, Token::Comment(text)) => {
                statements.foreign = text.trim_ascii() != b";";
                statements.state = State::Start;
            }
            (_, Token::Word(word)) if statements.foreign && word.eq_ignore_ascii_case(b"DELIMITER") => {
                return statements.delimiter();
            }
            (_, Token::Comment(text)) => statements.comment(text),
            (_, Token::Mark(b';')) => statements.state = State::Start,
            (State::Start, Token::Word(word)) => return statements.start(word),
            (State::Start, Token::Mark(_)) | (State::Skip | State::Delimiter, _) => {}
            (State::Start, _) => statements.state = State::Skip,
            (State::Use, Token::Word(name) | Token::Name(name) | Token::Text(name)) => {
                statements.choose(name);
                statements.state = State::Skip;
            }
            (State::Use, _) => {}
            (State::Create, Token::Word(word)) if word.eq_ignore_ascii_case(b"TEMPORARY") => {}
            (State::Create, Token::Word(word)) if word.eq_ignore_ascii_case(b"TABLE") => {
                statements.state = State::Name { insert: false };
            }
            (State::Create, _) => statements.state = State::Skip,
            (State::Name { insert }, token) => {
                let insert = *insert;
                if !statements.name(token) {
                    if insert { statements.begin_insert(token) } else { statements.begin_table(token) }
                }
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

/// Words between `CREATE TABLE` or `INSERT` and a table's name.
fn is_filler(word: &[u8]) -> bool {
    const FILLERS: [&str; 8] =
        ["IF", "NOT", "EXISTS", "INTO", "IGNORE", "DELAYED", "LOW_PRIORITY", "HIGH_PRIORITY"];
    FILLERS.iter().any(|filler| word.eq_ignore_ascii_case(filler.as_bytes()))
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

fn split<'a>(text: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = text.windows(at.len()).position(|window| window == at)?;
    Some((&text[..start], &text[start + at.len()..]))
}
