//! From the text of a policy file to a policy, or to everything that is wrong with it; other files in TOML that people
//! write by hand are read in the same way.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::de::DeTable;

use super::document::Document;
use super::problem::{Fault, Problems};
use super::source::Source;
use super::value::Quoted;
use super::{Policy, Violation, schema};

/// The largest policy file that is read, in bytes.
pub const MAX_SIZE: usize = 1 << 20;

impl Policy {
    /// Reads a policy. `file_name` only appears in the problems.
    ///
    /// A byte order mark and CRLF are accepted. An empty text is the policy of all defaults, without a store.
    /// Relative paths stay as they are: [`Policy::resolve`] gives them their folder.
    ///
    /// # Errors
    ///
    /// All problems of the text: of its syntax, its keys and values, and of what contradicts itself.
    pub fn parse(text: &str, file_name: &str) -> Result<Self, Problems> {
        let form = FileForm { called: "policy", schema: &schema() };
        form.parse(text, file_name, Self::validate)
    }
}

/// What a file is to hold.
pub(crate) struct FileForm<'a> {
    /// What such a file is called, in messages.
    pub called: &'static str,
    /// The one list of its keys; nothing in it is required, so that the rules can say what is missing, and where.
    pub schema: &'a Value,
}

impl FileForm<'_> {
    /// Reads a file of this form, and holds it to the rules.
    pub fn parse<T: DeserializeOwned>(
        &self,
        text: &str,
        file_name: &str,
        rules: impl FnOnce(&T) -> Vec<Violation>,
    ) -> Result<T, Problems> {
        let source = Source::new(text);
        if let Some(fault) = self.too_large(text).or_else(|| self.not_text(source.text)) {
            return Err(problems(&source, vec![fault], &[], file_name));
        }
        let (table, errors) = DeTable::parse_recoverable(source.text);
        let document = Document::read(table.get_ref(), self.schema);
        let read = serde_json::from_value::<T>(document.data.clone());
        let syntax: Vec<Fault> = errors.iter().map(|error| syntax_fault(source.text, error)).collect();
        let judged = match &read {
            Ok(read) => judge(rules(read), &document),
            // What was put in place of a wrong item of a list may be none of its words.
            Err(_) if !document.faults.is_empty() => Vec::new(),
            Err(error) => vec![self.schema_gap(error)],
        };
        let faults = gather(&source, syntax, document.faults.into_iter().chain(judged));
        match read {
            Ok(read) if faults.is_empty() => Ok(read),
            _ => Err(problems(&source, faults, &document.secrets, file_name)),
        }
    }

    fn too_large(&self, text: &str) -> Option<Fault> {
        let called = self.called;
        (text.len() > MAX_SIZE).then(|| Fault {
            span: 0..0,
            message: format!("this file is too large for a {called}"),
            hint: format!("name the {called} itself; no {called} is larger than 1 MiB"),
        })
    }

    fn not_text(&self, text: &str) -> Option<Fault> {
        text.find('\0').map(|at| Fault {
            span: at..at + 1,
            message: "this is no text file: it holds a NUL".to_owned(),
            hint: format!("name the {} itself, not an archive", self.called),
        })
    }

    /// The model refused what the schema allows.
    fn schema_gap(&self, error: &serde_json::Error) -> Fault {
        let called = self.called;
        let hint =
            format!("this is a fault of mailproof: please report it with the {called}, without its secrets");
        Fault { span: 0..0, message: format!("the {called} can't be taken: {error}"), hint }
    }
}

/// Faults that the rules find where nothing is known to be wrong yet.
fn judge(violations: Vec<Violation>, document: &Document) -> Vec<Fault> {
    let known = |key: &str| document.is_faulty(key);
    let stale = |violation: &Violation| known(&violation.key) || violation.beside.is_some_and(known);
    let fresh = violations.into_iter().filter(|violation| !stale(violation));
    fresh
        .map(|violation| Fault {
            span: document.place(&violation.key),
            message: violation.message,
            hint: violation.hint,
        })
        .collect()
}

/// What follows from a broken line says nothing new: only the first fault of such a line is kept, and none of a
/// value that the TOML reader made up, which has no place.
fn gather(source: &Source<'_>, syntax: Vec<Fault>, others: impl Iterator<Item = Fault>) -> Vec<Fault> {
    let mut broken = BTreeSet::new();
    let mut faults: Vec<Fault> =
        syntax.into_iter().filter(|fault| broken.insert(source.line_at(fault.span.start))).collect();
    let follows = |fault: &Fault| fault.span.is_empty() || broken.contains(&source.line_at(fault.span.start));
    faults.extend(others.filter(|fault| broken.is_empty() || !follows(fault)));
    faults
}

fn problems(
    source: &Source<'_>,
    mut faults: Vec<Fault>,
    secrets: &[Range<usize>],
    file_name: &str,
) -> Problems {
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    let omitted = faults.len().saturating_sub(Problems::KEPT);
    faults.truncate(Problems::KEPT);
    let list = faults.into_iter().map(|fault| source.place(fault, secrets)).collect();
    Problems { file: file_name.to_owned(), list, omitted }
}

/// A fault of the TOML itself, in the words of its reader where they are plain enough.
fn syntax_fault(text: &str, error: &toml::de::Error) -> Fault {
    let span = error.span().unwrap_or(0..0);
    let marked = text.get(span.clone()).unwrap_or_default();
    let (message, hint) = match error.message() {
        "duplicate key" => (
            format!("{} is there twice", Quoted(marked)),
            "keep one of them; a section may appear once, with all its keys below it".to_owned(),
        ),
        unquoted if unquoted.starts_with("string values must be quoted") && marked.is_empty() => (
            "the value is missing".to_owned(),
            "write a value behind the equals sign, or take the line away".to_owned(),
        ),
        unquoted if unquoted.starts_with("string values must be quoted") => {
            ("text must stand in quotes".to_owned(), "write \"…\" around the value".to_owned())
        }
        other => (format!("this is not TOML: {other}"), hint_for_syntax(other).to_owned()),
    };
    Fault { span, message, hint }
}

fn hint_for_syntax(message: &str) -> &'static str {
    match message {
        _ if message.contains("unclosed") || message.contains("invalid basic string") => {
            "close what was opened: every quote and bracket needs its partner"
        }
        _ if message.contains("key with no value") => "write key = value, or # before a remark",
        _ => "write key = value, with text in quotes; see https://toml.io",
    }
}
