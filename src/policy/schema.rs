use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

use super::Policy;

/// Makes the JSON Schema (draft 2020-12) of the policy, with the defaults and the descriptions of its fields.
///
/// This is the one list of keys: the reader of policies checks against it, and so can editors. TOML has no null,
/// so there is none in it. `format` names what a text must be: `age`, `bytes`, `bytes-per-second` or `share`.
#[must_use]
pub fn schema() -> Value {
    schema_of::<Policy>()
}

/// The same for another file in TOML.
pub(crate) fn schema_of<T: JsonSchema>() -> Value {
    let settings =
        SchemaSettings::draft2020_12().for_deserialize().with(|settings| settings.inline_subschemas = true);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(forget_null).transform(&mut schema);
    RecursiveTransform(state_upper_bound).transform(&mut schema);
    RecursiveTransform(mend_description).transform(&mut schema);
    RecursiveTransform(forget_default_of_required).transform(&mut schema);
    schema.to_value()
}

/// Takes away what an `Option` adds: absence is how TOML says it.
fn forget_null(schema: &mut Schema) {
    if schema.get("default") == Some(&Value::Null) {
        schema.remove("default");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = schema.remove("anyOf") {
        let others = choices.into_iter().filter(|choice| choice["type"] != "null");
        for (keyword, value) in others.filter_map(|choice| choice.as_object().cloned()).flatten() {
            if schema.get(&keyword).is_none() {
                schema.insert(keyword, value);
            }
        }
    }
}

/// Integers of TOML have 64 bits and a sign; narrower types end earlier.
fn state_upper_bound(schema: &mut Schema) {
    let bound = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => json!(u32::MAX),
        Some("uint64") => json!(i64::MAX),
        _ => return,
    };
    if schema.get("maximum").is_none() {
        schema.insert("maximum".to_owned(), bound);
    }
}

/// Doc comments are wrapped for the source; a description is one line.
fn mend_description(schema: &mut Schema) {
    if let Some(text) = schema.get("description").and_then(Value::as_str) {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        schema.insert("description".to_owned(), line.into());
    }
}

/// What must be stated has no default.
fn forget_default_of_required(schema: &mut Schema) {
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for name in required.iter().filter_map(Value::as_str) {
        let pointer = format!("/properties/{name}");
        if let Some(property) = schema.pointer_mut(&pointer).and_then(Value::as_object_mut) {
            property.remove("default");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_null_in_it() {
        let text = schema().to_string();
        assert!(!text.contains("null"), "{text}");
    }

    #[test]
    fn a_choice_stays_a_choice() {
        let lock = &schema()["properties"]["present"]["properties"]["lock"];
        assert_eq!(lock["oneOf"][0]["const"], "governance");
        assert_eq!(lock["description"], "The lock must be of this mode; `governance` accepts both.");
    }

    #[test]
    fn what_must_be_stated_is_required_and_has_no_default() {
        let store = &schema()["properties"]["store"];
        assert_eq!(store["required"], json!(["url"]));
        assert!(store["properties"]["url"].get("default").is_none());
    }
}
