use std::fmt;

/// One thing that is wrong with a policy file, where it is, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: String,
    /// The line, or the part of a long one around the place, fit for a terminal.
    pub(super) excerpt: Excerpt,
}

/// A line of the file as it may be shown: printable, short, without secrets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub text: String,
    /// Characters before the marked ones.
    pub indent: usize,
    /// How many characters are marked; at least one.
    pub width: usize,
}

/// All problems of one policy file, in the order of their places. Display is plain text of several lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file's name as it was given.
    pub file: String,
    /// The first of them, at most [`Problems::KEPT`].
    pub list: Vec<Problem>,
    /// How many more there were.
    pub omitted: usize,
}

impl Problems {
    /// How many problems of one file are kept.
    pub const KEPT: usize = 100;
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.list.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{}:{problem}", self.file)?;
        }
        if self.omitted > 0 {
            write!(f, "\n… and {} more: mend these first, then check again", self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, hint, excerpt } = self;
        writeln!(f, "{line}:{column}: {message}")?;
        if !excerpt.text.is_empty() {
            writeln!(f, "{line:>5} | {}", excerpt.text)?;
            writeln!(
                f,
                "      | {:indent$}{:^<width$}",
                "",
                "",
                indent = excerpt.indent,
                width = excerpt.width
            )?;
        }
        write!(f, "   hint: {hint}")
    }
}

/// A problem whose place is still a range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub span: std::ops::Range<usize>,
    pub message: String,
    pub hint: String,
}
