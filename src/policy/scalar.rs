//! A single value of a policy, held against its schema.

use serde_json::{Value, json};
use toml::de::{DeInteger, DeValue};

use super::section::{name_of, section_name};
use super::suggest;
use super::value::{Age, Bytes, BytesPerSecond, QuantityError, Quoted, Share};

/// Takes a value if it is what the schema asks for; the key, like `keys.identities[1]`, is for the message.
pub(super) fn read(key: &str, value: &DeValue<'_>, schema: &Value) -> Result<Value, QuantityError> {
    let right = match value {
        DeValue::String(text) if schema.get("oneOf").is_some() => choice(text, schema),
        DeValue::String(text) if takes(schema, "string") => text_of(text, schema),
        DeValue::Integer(number) if takes(schema, "integer") => integer(number, schema),
        DeValue::Boolean(yes) if takes(schema, "boolean") => Ok(json!(yes)),
        other => return Err(wrong_type(key, other, schema)),
    };
    right.map_err(|QuantityError { message, hint }| QuantityError {
        message: format!("`{}`: {message}", name_of(key)),
        hint,
    })
}

fn takes(schema: &Value, kind: &str) -> bool {
    match &schema["type"] {
        Value::Array(kinds) => kinds.iter().any(|other| other == kind),
        only => only == kind,
    }
}

fn choice(text: &str, schema: &Value) -> Result<Value, QuantityError> {
    let words: Vec<&str> =
        schema["oneOf"].as_array().into_iter().flatten().filter_map(|one| one["const"].as_str()).collect();
    if words.contains(&text) {
        return Ok(json!(text));
    }
    let hint = match suggest::nearest(text, words.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("write one of \"{}\"", words.join("\", \"")),
    };
    Err(QuantityError { message: format!("{} is none of the words for this", Quoted(text)), hint })
}

fn text_of(text: &str, schema: &Value) -> Result<Value, QuantityError> {
    match schema["format"].as_str() {
        Some("age") => text.parse::<Age>().map(|_| ())?,
        Some("bytes") => text.parse::<Bytes>().map(|_| ())?,
        Some("bytes-per-second") => text.parse::<BytesPerSecond>().map(|_| ())?,
        Some("share") => text.parse::<Share>().map(|_| ())?,
        _ if text.is_empty() && schema["minLength"] == 1 => {
            let hint = "write a value, or take the line away".to_owned();
            return Err(QuantityError { message: "the text is empty".to_owned(), hint });
        }
        _ => {}
    }
    Ok(json!(text))
}

fn integer(number: &DeInteger<'_>, schema: &Value) -> Result<Value, QuantityError> {
    let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
    let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
    match i64::from_str_radix(number.as_str(), number.radix()) {
        Ok(value) if (least..=most).contains(&value) => Ok(json!(value)),
        _ => Err(QuantityError {
            message: format!("{} is out of range", Quoted(&number.to_string())),
            hint: format!("write a number from {least} to {most}"),
        }),
    }
}

fn wrong_type(key: &str, found: &DeValue<'_>, schema: &Value) -> QuantityError {
    let name = name_of(key);
    let (wanted, example) = wanted(schema);
    let hint = match found {
        DeValue::Integer(_) if schema["format"] == "age" => {
            "add a unit, in quotes: \"26h\", \"35d\"".to_owned()
        }
        DeValue::Integer(_) if schema["format"] == "bytes-per-second" => {
            "add a unit, in quotes: \"50MB/s\"".to_owned()
        }
        DeValue::Integer(_) | DeValue::Float(_) if schema["format"] == "share" => {
            "write a percentage, in quotes: \"95%\", \"0.1%\"".to_owned()
        }
        DeValue::String(_) if takes(schema, "integer") || takes(schema, "boolean") => {
            format!("take the quotes away: {name} = {example}")
        }
        DeValue::Table(_) if schema["items"]["type"] == "object" => {
            format!("write [[{name}]] with two brackets")
        }
        _ if schema["type"] == "object" => format!("write {} and its keys below it", section_name(key)),
        _ if key.ends_with(']') => "write each item as text in quotes".to_owned(),
        _ => format!("write {name} = {example}"),
    };
    QuantityError { message: format!("`{name}` must be {wanted}, not {}", called(found)), hint }
}

/// What a schema asks for, in words, and an example.
fn wanted(schema: &Value) -> (&'static str, String) {
    if let Some(first) = schema["oneOf"].get(0) {
        return ("one word of a few", first["const"].to_string());
    }
    let (words, example) = match (schema["format"].as_str(), schema["type"].as_str()) {
        (Some("age"), _) => ("a length of time", "\"26h\""),
        (Some("bytes"), _) => ("a number of bytes", "\"512 MiB\""),
        (Some("bytes-per-second"), _) => ("a rate", "\"50MB/s\""),
        (Some("share"), _) => ("a share", "\"95%\""),
        (_, Some("integer")) => {
            return ("a whole number", schema["default"].as_i64().unwrap_or(1).to_string());
        }
        (_, Some("boolean")) => ("true or false", "true"),
        (_, Some("array")) if schema["items"]["type"] == "object" => ("a list of sections", "[]"),
        (_, Some("array")) => ("a list", "[\"…\"]"),
        (_, Some("object")) => ("a section", "{}"),
        _ => ("text", "\"…\""),
    };
    (words, example.to_owned())
}

fn called(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}
