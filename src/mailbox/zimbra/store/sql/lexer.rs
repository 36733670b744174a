//! SQL as `mysqldump` and `mariadb-dump` write it, cut into tokens (MySQL reference manual, "Language Structure").
//!
//! Input: bytes in pieces of any length. Output: tokens, handed to a [`Taker`]. Invariant: of a token at most [`KEPT`]
//! bytes are in memory; how the bytes were sliced changes nothing.

use std::ops::Range;

/// Bytes of a token that are kept: a `hex()` of the longest digest is shorter.
pub(super) const KEPT: usize = 256;
/// Versions of MySQL and of MariaDB that will not come: comments for these, as the sandbox line of `mariadb-dump`, are
/// never executed.
const NO_MYSQL: Range<u32> = 99_000..100_000;
const NO_MARIADB: u32 = 200_000;

/// A piece of SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A keyword, number or name without quotes.
    Word(&'a [u8]),
    /// A name in backticks.
    Name(&'a [u8]),
    /// A string, unescaped; the first [`KEPT`] bytes of it.
    Text(&'a [u8]),
    /// A string of hex digits (`x'…'`).
    Hex(&'a [u8]),
    /// Any other character.
    Mark(u8),
    /// A comment to the end of its line.
    Comment(&'a [u8]),
    /// The first [`KEPT`] bytes of a comment for a version that no server has.
    Unexecuted(&'a [u8]),
}

/// Which token the kept bytes become.
#[derive(Debug, Clone, Copy)]
enum Shape {
    Word,
    Name,
    Text,
    Hex,
    Comment,
    Unexecuted,
}

impl Shape {
    fn around(self, bytes: &[u8]) -> Token<'_> {
        match self {
            Self::Word => Token::Word(bytes),
            Self::Name => Token::Name(bytes),
            Self::Text => Token::Text(bytes),
            Self::Hex => Token::Hex(bytes),
            Self::Comment => Token::Comment(bytes),
            Self::Unexecuted => Token::Unexecuted(bytes),
        }
    }
}

/// Takes tokens in.
pub(super) trait Taker {
    /// The next token. Whether the rest of the line is to be left out, as behind a command of the client.
    fn token(&mut self, token: Token<'_>) -> Rest;
}

/// What is to be done with the rest of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is SQL.
    Sql,
    /// It is one comment.
    Line,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Word,
    /// Inside quotes of this kind.
    Quoted(u8),
    /// Behind a backslash in such quotes.
    Escape(u8),
    /// Behind what closes the quotes, unless it is doubled.
    Closing(u8),
    Dash,
    DashDash,
    Line,
    Slash,
    /// Behind `/*`; what it is, is not known yet.
    Opening,
    /// Behind `/*M`.
    OpeningM,
    /// In the number behind `/*!`.
    Version(u32),
    Block,
    BlockStar,
    Star,
}

/// Cuts SQL into tokens.
#[derive(Debug)]
pub(super) struct Lexer {
    state: State,
    kept: Vec<u8>,
    /// The string in quotes is one of hex digits.
    hex: bool,
    /// Inside a comment that a server executes.
    versioned: bool,
    /// Inside one that none executes.
    unexecuted: bool,
}

impl Default for Lexer {
    fn default() -> Self {
        let kept = Vec::with_capacity(KEPT);
        Self { state: State::Between, kept, hex: false, versioned: false, unexecuted: false }
    }
}

impl Lexer {
    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8], taker: &mut impl Taker) {
        while let Some((byte, rest)) = bytes.split_first() {
            let used = match self.state {
                State::Quoted(quote) => self.run(bytes, |byte| byte == quote || byte == b'\\'),
                State::Line => self.run(bytes, |byte| byte == b'\n'),
                State::Word => self.run(bytes, |byte| !is_word(byte)),
                State::Block if self.unexecuted => self.run(bytes, |byte| byte == b'*'),
                State::Block => bytes.iter().position(|byte| *byte == b'*').unwrap_or(bytes.len()),
                _ => 0,
            };
            if used > 0 {
                bytes = &bytes[used..];
            } else if self.step(*byte, taker) {
                bytes = rest;
            }
        }
    }

    /// Ends the SQL; holds if it did not end inside a string or comment.
    pub(super) fn finish(&mut self, taker: &mut impl Taker) -> bool {
        match self.state {
            State::Word => self.close(Shape::Word, taker),
            State::Line | State::DashDash => self.close(Shape::Comment, taker),
            State::Closing(quote) => self.close_quotes(quote, taker),
            _ => {}
        }
        matches!(self.state, State::Between) && !self.versioned
    }

    /// Keeps what stands before the first byte for which `ends` holds.
    fn run(&mut self, bytes: &[u8], ends: impl Fn(u8) -> bool) -> usize {
        let length = bytes.iter().position(|byte| ends(*byte)).unwrap_or(bytes.len());
        let room = KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..length.min(room)]);
        length
    }

    fn keep(&mut self, byte: u8) {
        if self.kept.len() < KEPT {
            self.kept.push(byte);
        }
    }

    /// Takes one byte; `false` if it must be looked at again in the state that came.
    fn step(&mut self, byte: u8, taker: &mut impl Taker) -> bool {
        match self.state {
            State::Between => self.begin(byte, taker),
            State::Word => return self.end_word(byte, taker),
            // Backticks know no escapes.
            State::Quoted(b'`') if byte == b'\\' => self.keep(byte),
            State::Quoted(quote) if byte == b'\\' => self.state = State::Escape(quote),
            State::Quoted(quote) => self.state = State::Closing(quote),
            State::Escape(quote) => self.escaped(quote, byte),
            State::Closing(quote) if byte == quote => {
                self.keep(quote);
                self.state = State::Quoted(quote);
            }
            State::Closing(quote) => {
                self.close_quotes(quote, taker);
                return false;
            }
            State::Dash | State::DashDash => return self.dash(byte, taker),
            State::Line => self.close(Shape::Comment, taker),
            State::Slash | State::Star => return self.slash_or_star(byte, taker),
            State::Opening | State::OpeningM | State::Version(_) => return self.open(byte),
            State::Block => self.state = State::BlockStar,
            State::BlockStar if byte == b'/' && std::mem::take(&mut self.unexecuted) => {
                self.close(Shape::Unexecuted, taker);
            }
            State::BlockStar => self.state = block_star(byte),
        }
        true
    }

    fn begin(&mut self, byte: u8, taker: &mut impl Taker) {
        self.kept.clear();
        self.state = match byte {
            b'\'' | b'"' | b'`' => State::Quoted(byte),
            b'-' => State::Dash,
            b'#' => State::Line,
            b'/' => State::Slash,
            b'*' => State::Star,
            _ if is_word(byte) && byte != b'.' => {
                self.kept.push(byte);
                State::Word
            }
            _ => {
                if !byte.is_ascii_whitespace() {
                    self.mark(byte, taker);
                }
                return;
            }
        };
    }

    fn end_word(&mut self, byte: u8, taker: &mut impl Taker) -> bool {
        if byte == b'\'' && self.kept.eq_ignore_ascii_case(b"x") {
            self.kept.clear();
            self.hex = true;
            self.state = State::Quoted(byte);
            return true;
        }
        self.close(Shape::Word, taker);
        false
    }

    fn escaped(&mut self, quote: u8, byte: u8) {
        self.keep(match byte {
            b'0' => 0,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'Z' => 26,
            other => other,
        });
        self.state = State::Quoted(quote);
    }

    fn dash(&mut self, byte: u8, taker: &mut impl Taker) -> bool {
        match (self.state, byte) {
            (State::Dash, b'-') => self.state = State::DashDash,
            (State::Dash, b'0'..=b'9') => {
                self.kept.push(b'-');
                self.state = State::Word;
                return false;
            }
            // Two dashes begin a comment only before a space or control character.
            (State::DashDash, _) if byte.is_ascii_whitespace() || byte.is_ascii_control() => {
                self.state = State::Line;
                return false;
            }
            (state, _) => {
                self.state = State::Between;
                for _ in 0..=usize::from(state == State::DashDash) {
                    self.mark(b'-', taker);
                }
                return false;
            }
        }
        true
    }

    fn slash_or_star(&mut self, byte: u8, taker: &mut impl Taker) -> bool {
        let first = if self.state == State::Slash { b'/' } else { b'*' };
        match (first, byte) {
            (b'/', b'*') => self.state = State::Opening,
            (b'*', b'/') if self.versioned => {
                self.versioned = false;
                self.state = State::Between;
            }
            _ => {
                self.state = State::Between;
                self.mark(first, taker);
                return false;
            }
        }
        true
    }

    /// Finds out whether a comment is one that servers execute.
    fn open(&mut self, byte: u8) -> bool {
        match (self.state, byte) {
            (State::Opening, b'M') => self.state = State::OpeningM,
            (State::Opening | State::OpeningM, b'!') => self.state = State::Version(0),
            (State::Version(number), b'0'..=b'9') => {
                let digit = u32::from(byte - b'0');
                self.state = State::Version(number.saturating_mul(10).saturating_add(digit));
            }
            (State::Version(number), _) if number < NO_MARIADB && !NO_MYSQL.contains(&number) => {
                self.versioned = true;
                self.state = State::Between;
                return false;
            }
            (state, _) => {
                self.unexecuted = matches!(state, State::Version(_));
                self.state = State::Block;
                return false;
            }
        }
        true
    }

    fn close_quotes(&mut self, quote: u8, taker: &mut impl Taker) {
        let hex = std::mem::take(&mut self.hex);
        match quote {
            b'`' => self.close(Shape::Name, taker),
            _ if hex => self.close(Shape::Hex, taker),
            _ => self.close(Shape::Text, taker),
        }
    }

    fn close(&mut self, shape: Shape, taker: &mut impl Taker) {
        let rest = taker.token(shape.around(&self.kept));
        self.go_on(rest);
    }

    fn mark(&mut self, byte: u8, taker: &mut impl Taker) {
        let rest = taker.token(Token::Mark(byte));
        self.go_on(rest);
    }

    fn go_on(&mut self, rest: Rest) {
        self.kept.clear();
        self.state = if rest == Rest::Line { State::Line } else { State::Between };
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'@' | b'.') || byte >= 0x80
}

fn block_star(byte: u8) -> State {
    match byte {
        b'/' => State::Between,
        b'*' => State::BlockStar,
        _ => State::Block,
    }
}

#[cfg(test)]
mod tests;
