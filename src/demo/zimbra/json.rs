//! JSON text as `org.json` writes it inside Java: no blanks, and keys in the order of a hash table.

use std::fmt::Write;

/// How a version of Java spreads the hashes of its tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Java 8 and newer.
    Java8,
    /// Java 6 and 7.
    Java6,
}

/// The text of an object with `values` in the order in which they were put; absent ones were not.
pub fn object<const N: usize>(spread: Spread, values: [(&'static str, Option<String>); N]) -> String {
    let values: Vec<_> = values.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    let mut table = Table { spread, buckets: vec![Vec::new(); 16], entries: 0 };
    for (key, _) in &values {
        table.put(key);
    }
    let mut members: Vec<_> = values.iter().map(|(key, value)| (table.place(key), key, value)).collect();
    members.sort_unstable();
    let members: Vec<_> = members.iter().map(|(_, key, value)| format!("\"{key}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// A `HashMap`: full at three quarters, then twice as large.
#[derive(Debug)]
struct Table {
    spread: Spread,
    buckets: Vec<Vec<&'static str>>,
    entries: usize,
}

impl Table {
    fn put(&mut self, key: &'static str) {
        self.add(key);
        self.entries += 1;
        if self.entries * 4 > self.buckets.len() * 3 {
            let larger = vec![Vec::new(); self.buckets.len() * 2];
            let smaller = std::mem::replace(&mut self.buckets, larger);
            smaller.into_iter().flatten().for_each(|key| self.add(key));
        }
    }

    /// Java 8 puts behind what is in a bucket, older ones before it; so a move turns their order round.
    fn add(&mut self, key: &'static str) {
        let bucket = self.bucket(key);
        let at = if self.spread == Spread::Java8 { self.buckets[bucket].len() } else { 0 };
        self.buckets[bucket].insert(at, key);
    }

    fn bucket(&self, key: &str) -> usize {
        hash(key, self.spread) as usize & (self.buckets.len() - 1)
    }

    /// Where a walk through the table meets `key`.
    fn place(&self, key: &str) -> (usize, Option<usize>) {
        let bucket = self.bucket(key);
        (bucket, self.buckets[bucket].iter().position(|other| *other == key))
    }
}

/// `String.hashCode`, spread as `HashMap` does.
fn hash(key: &str, spread: Spread) -> u32 {
    let hash = key.encode_utf16().fold(0_u32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    match spread {
        Spread::Java8 => hash ^ hash >> 16,
        Spread::Java6 => {
            let hash = hash ^ hash >> 20 ^ hash >> 12;
            hash ^ hash >> 7 ^ hash >> 4
        }
    }
}

/// A string with the escapes that `org.json` sets: `</` is broken up, so that it can stand inside HTML.
pub fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut before = '\0';
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '/' if before == '<' => quoted.push_str("\\/"),
            '\u{8}' => quoted.push_str("\\b"),
            '\t' => quoted.push_str("\\t"),
            '\n' => quoted.push_str("\\n"),
            '\u{c}' => quoted.push_str("\\f"),
            '\r' => quoted.push_str("\\r"),
            '\0'..' ' | '\u{80}'..'\u{a0}' | '\u{2000}'..'\u{2100}' => {
                // Writing to a String can't fail.
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => quoted.push(character),
        }
        before = character;
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_org_json() {
        let text = "a\"b\\c</d>/\u{1}\u{85}\u{2028}\r\n\tè\u{1f4e7}";
        assert_eq!(quoted(text), "\"a\\\"b\\\\c<\\/d>/\\u0001\\u0085\\u2028\\r\\n\\tè\u{1f4e7}\"");
        assert_eq!(serde_json::from_str::<String>(&quoted(text)).unwrap(), text);
    }

    #[test]
    fn keys_stand_in_the_order_of_a_hash_table() {
        let keys = ["id", "uuid", "type", "parent_id", "folder_id", "size", "Path", "Ver", "date"];
        let text = object(Spread::Java8, keys.map(|key| (key, Some("1".to_owned()))));
        // As a `HashMap` with these keys iterates in OpenJDK 17.
        let order = text.replace([':', '1', '"', '{', '}'], "");
        assert_eq!(order, "Path,date,Ver,size,parent_id,id,type,folder_id,uuid");
    }
}
