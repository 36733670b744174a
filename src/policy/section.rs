//! Sections of a policy: how the file names them, and where a key belongs.

use serde_json::Value;

use super::suggest;

/// The last word of a key: `url` of `replica[0].url`, `identities` of `keys.identities[1]`.
pub(super) fn name_of(key: &str) -> &str {
    let key = key.split_at(key.rfind('[').filter(|_| key.ends_with(']')).unwrap_or(key.len())).0;
    key.rsplit('.').next().unwrap_or(key)
}

/// How the file names a section: `[present]`, `[[replica]]`, `[replica.network]`.
pub(super) fn section_name(path: &str) -> String {
    if path.ends_with(']') {
        return format!("[[{}]]", name_of(path));
    }
    let sections: Vec<&str> = path.split('.').map(name_of).collect();
    format!("[{}]", sections.join("."))
}

/// Where a key stands, for a message.
pub(super) fn place_name(path: &str) -> String {
    if path.is_empty() { "outside any section".to_owned() } else { format!("in {}", section_name(path)) }
}

/// What an unknown key was meant to be.
pub(super) fn meant(path: &str, word: &str, schema: &Value, root: &Value) -> String {
    if let Some(home) = home_of(word, root) {
        return format!("`{word}` belongs {home}");
    }
    let known = || schema["properties"].as_object().into_iter().flatten();
    if let Some(near) = suggest::nearest(word, known().map(|(name, _)| name.as_str())) {
        return format!("did you mean `{near}`?");
    }
    let names: Vec<&str> = known().map(|(name, _)| name.as_str()).collect();
    let kind = if path.is_empty() { "sections" } else { "keys here" };
    format!("the {kind} are {}", names.join(", "))
}

/// The section that knows a key of this name.
fn home_of(word: &str, root: &Value) -> Option<String> {
    let sections = root["properties"].as_object()?;
    let knows = |schema: &Value| schema["properties"].get(word).is_some();
    if sections.contains_key(word) {
        return Some(place_name(""));
    }
    let section = sections.iter().find(|(_, schema)| knows(schema)).map(|(name, _)| place_name(name));
    let inner =
        || knows(&sections.get("store")?["properties"]["network"]).then(|| place_name("store.network"));
    section.or_else(inner)
}
