//! Compares what a policy file holds with the schema and takes what is right.
//!
//! Input: a TOML document with places. Output: the right part of it as data, a fault for each other part, and
//! where each key stands. Invariant: the data always fits the schema, so that the rules can go on with it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::problem::Fault;
use super::section::{meant, name_of, place_name};
use super::value::{QuantityError, Quoted};
use super::{scalar, secret};

/// What was read of a document.
#[derive(Default)]
pub(super) struct Document {
    /// What is right, fit for the model.
    pub data: Value,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Keys in the form `replica[0].url`, and where their values stand.
    pub places: BTreeMap<String, Range<usize>>,
    /// Keys whose faults are known.
    pub faulty: BTreeSet<String>,
    /// Where secrets stand.
    pub secrets: Vec<Range<usize>>,
}

impl Document {
    /// Reads a document of the given schema.
    pub fn read(table: &DeTable<'_>, schema: &Value) -> Self {
        let mut reader = Reader { root: schema, document: Self::default() };
        let data = reader.table("", table, schema);
        Self { data, ..reader.document }
    }

    /// Where a key stands, or else the nearest of the sections around it; the start of the file as a last resort.
    pub fn place(&self, key: &str) -> Range<usize> {
        let places = around(key).find_map(|key| self.places.get(key));
        places.cloned().unwrap_or(0..0)
    }

    /// Holds if a fault of this key, or of what it stands in, is known.
    pub fn is_faulty(&self, key: &str) -> bool {
        around(key).any(|key| self.faulty.contains(key))
    }
}

/// A key and the sections around it: `replica[0].url`, `replica[0]`, `replica`.
fn around(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |key| key.rfind(['.', '[']).map(|end| &key[..end]))
}

struct Reader<'s> {
    root: &'s Value,
    document: Document,
}

impl Reader<'_> {
    /// Descends as deep as the schema does, and no deeper.
    fn table(&mut self, path: &str, table: &DeTable<'_>, schema: &Value) -> Value {
        let mut data = Map::new();
        for (name, value) in table {
            let word: &str = name.get_ref();
            let Some(known) = schema["properties"].get(word) else {
                self.unknown(path, name, value, schema);
                continue;
            };
            let key = if path.is_empty() { word.to_owned() } else { format!("{path}.{word}") };
            if let Some(right) = self.value(&key, value, known) {
                data.insert(word.to_owned(), right);
            }
        }
        Value::Object(data)
    }

    fn value(&mut self, key: &str, value: &Spanned<DeValue<'_>>, schema: &Value) -> Option<Value> {
        self.document.places.insert(key.to_owned(), value.span());
        match (value.get_ref(), schema["type"].as_str()) {
            (DeValue::Table(table), Some("object")) => Some(self.table(key, table, schema)),
            (DeValue::Array(items), Some("array")) => Some(self.list(key, items, &schema["items"])),
            (DeValue::String(text), _) if secret::is_value(text) => {
                self.document.faulty.insert(key.to_owned());
                self.secret(name_of(key), value.span(), value);
                None
            }
            _ => self.scalar(key, value, schema),
        }
    }

    /// A wrong item keeps its place in the list, so that the next one is not taken for it.
    fn list(&mut self, key: &str, items: &DeArray<'_>, schema: &Value) -> Value {
        let filler = if schema["type"] == "object" { json!({}) } else { json!("") };
        let mut data = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let right = self.value(&format!("{key}[{index}]"), item, schema);
            data.push(right.unwrap_or_else(|| filler.clone()));
        }
        Value::Array(data)
    }

    fn scalar(&mut self, key: &str, value: &Spanned<DeValue<'_>>, schema: &Value) -> Option<Value> {
        match scalar::read(key, value.get_ref(), schema) {
            Ok(right) => Some(right),
            Err(QuantityError { message, hint }) => {
                self.document.faulty.insert(key.to_owned());
                self.document.faults.push(Fault { span: value.span(), message, hint });
                None
            }
        }
    }

    fn unknown(&mut self, path: &str, name: &Name<'_>, value: &Spanned<DeValue<'_>>, schema: &Value) {
        let word = name.get_ref();
        if is_secret(name, value) {
            return self.secret(word, name.span(), value);
        }
        let message = match value.get_ref() {
            DeValue::Table(_) if path.is_empty() => format!("unknown section {}", Quoted(word)),
            _ => format!("unknown key {} {}", Quoted(word), place_name(path)),
        };
        let hint = meant(path, word, schema, self.root);
        self.document.faults.push(Fault { span: name.span(), message, hint });
        self.secrets_within(value);
    }

    /// Looks through what the schema doesn't know, however deep it is.
    fn secrets_within(&mut self, value: &Spanned<DeValue<'_>>) {
        let mut open = vec![value];
        while let Some(value) = open.pop() {
            match value.get_ref() {
                DeValue::Array(items) => open.extend(items.iter()),
                DeValue::Table(table) => {
                    let (secret, other): (Vec<_>, Vec<_>) =
                        table.iter().partition(|(name, value)| is_secret(name, value));
                    secret.iter().for_each(|(name, value)| self.secret(name.get_ref(), name.span(), value));
                    open.extend(other.iter().map(|(_, value)| value));
                }
                DeValue::String(text) if secret::is_value(text) => {
                    self.secret("", value.span(), value);
                }
                _ => {}
            }
        }
    }

    fn secret(&mut self, name: &str, span: Range<usize>, value: &Spanned<DeValue<'_>>) {
        let by_name = secret::hint_for_key(name);
        let message = match by_name {
            Some(_) => format!("a secret stands in the policy: {}", Quoted(name)),
            None => "a secret stands in the policy".to_owned(),
        };
        let hint = by_name.unwrap_or_else(secret::hint_for_identity);
        self.document.secrets.push(value.span());
        self.document.faults.push(Fault { span, message, hint });
    }
}

type Name<'i> = Spanned<Cow<'i, str>>;

fn is_secret(name: &Name<'_>, value: &Spanned<DeValue<'_>>) -> bool {
    let text = value.get_ref().as_str().unwrap_or_default();
    secret::hint_for_key(name.get_ref()).is_some()
        || secret::is_value(name.get_ref())
        || secret::is_value(text)
}
