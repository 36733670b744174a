//! How a dump ends: whether it says that it is whole.
//!
//! Input: the comments and the first words of statements. Output: an [`Ending`]. Invariant: only what the dump states
//! makes it whole; silence does not.

use super::lexer::Token;

/// How a dump ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ending {
    /// `-- Dump completed` stands behind all that makes or fills tables.
    Completed,
    /// Nothing says that it is whole: it has neither header nor last line, as with `--skip-comments` and `--compact`.
    #[default]
    Unsaid,
    /// More was to come.
    Cut(Cut),
}

/// How it is known that more was to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It ends inside a statement, a string or a comment.
    Statement,
    /// It has a header of `mysqldump`, and not the last line that belongs to it.
    LastLine,
    /// `UNLOCK TABLES` did not come.
    Lock,
    /// `COMMIT` did not come.
    Transaction,
}

/// Follows what tells of the end.
#[derive(Debug, Default)]
pub(super) struct Course {
    headers: u64,
    completions: u64,
    /// The last line came, and nothing that matters behind it.
    completed: bool,
    locked: bool,
    /// Rows came that are not committed.
    uncommitted: bool,
    /// `autocommit` is off, so that rows need a `COMMIT`.
    by_hand: bool,
    awaited: Awaited,
}

/// What the current statement may still say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Awaited {
    #[default]
    Nothing,
    Locked,
    Unlocked,
    Transaction,
    /// `autocommit`, among the variables that are set.
    Variable,
    /// Its value.
    Value,
}

impl Course {
    /// Takes a comment in.
    pub(super) fn comment(&mut self, text: &[u8]) {
        if text.starts_with(b"MySQL dump") || text.starts_with(b"MariaDB dump") {
            self.headers += 1;
            self.completed = false;
        } else if text.starts_with(b"Dump completed") {
            self.completions += 1;
            self.completed = true;
        }
    }

    /// Holds if a header of `mysqldump` came.
    pub(super) fn has_header(&self) -> bool {
        self.headers > 0
    }

    /// How many headers came.
    pub(super) fn headers(&self) -> u64 {
        self.headers
    }

    /// Holds in a transaction.
    pub(super) fn is_uncommitted(&self) -> bool {
        self.uncommitted
    }

    /// Takes the first word of a statement in; holds if the rest of it matters here.
    pub(super) fn begin(&mut self, word: &[u8]) -> bool {
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        if ["CREATE", "INSERT", "REPLACE", "LOCK", "LOAD", "USE"].into_iter().any(is) {
            self.completed = false;
        }
        self.awaited = match () {
            () if is("LOCK") => Awaited::Locked,
            () if is("UNLOCK") => Awaited::Unlocked,
            () if is("START") => Awaited::Transaction,
            () if is("SET") => Awaited::Variable,
            () => Awaited::Nothing,
        };
        if is("BEGIN") || (self.by_hand && (is("INSERT") || is("REPLACE"))) {
            self.uncommitted = true;
        } else if is("COMMIT") || is("ROLLBACK") {
            self.uncommitted = false;
        }
        self.awaited != Awaited::Nothing
    }

    /// Takes the rest of such a statement in, token by token.
    pub(super) fn follow(&mut self, token: Token<'_>) {
        let word = match token {
            Token::Word(word) => word,
            Token::Mark(b'=' | b':') if self.awaited == Awaited::Value => return,
            _ if self.awaited == Awaited::Value => return self.awaited = Awaited::Variable,
            _ => return,
        };
        let is = |keyword: &str| word.eq_ignore_ascii_case(keyword.as_bytes());
        let tables = is("TABLES") || is("TABLE");
        match self.awaited {
            Awaited::Locked if tables => self.locked = true,
            Awaited::Unlocked if tables => self.locked = false,
            Awaited::Transaction if is("TRANSACTION") => self.uncommitted = true,
            Awaited::Variable if is_autocommit(word) => return self.awaited = Awaited::Value,
            Awaited::Variable => return,
            Awaited::Value => {
                self.by_hand = is("0") || is("OFF");
                // To switch it on commits.
                self.uncommitted &= self.by_hand;
                return self.awaited = Awaited::Variable;
            }
            _ => {}
        }
        self.awaited = Awaited::Nothing;
    }

    /// Says how the dump ends; `inside` says that it does so inside a statement.
    pub(super) fn end(&self, inside: bool) -> Ending {
        match () {
            () if inside => Ending::Cut(Cut::Statement),
            () if self.headers > self.completions => Ending::Cut(Cut::LastLine),
            () if self.locked => Ending::Cut(Cut::Lock),
            () if self.uncommitted => Ending::Cut(Cut::Transaction),
            () if self.completed => Ending::Completed,
            () => Ending::Unsaid,
        }
    }
}

/// `autocommit`, `@@autocommit`, `@@session.autocommit`; not a variable of the user's (`@OLD_AUTOCOMMIT`).
fn is_autocommit(word: &[u8]) -> bool {
    let word = word.to_ascii_lowercase();
    let name = word.strip_prefix(b"@@").unwrap_or(&word);
    matches!(name, b"autocommit" | b"session.autocommit" | b"local.autocommit")
}
