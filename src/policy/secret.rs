//! Secrets that somebody wrote into a policy: they are recognised, refused, and never shown.

use std::ops::Range;

/// How names of keys that hold a secret end, and the key that names a file instead.
const NAMES: [(&str, &str); 13] = [
    ("access_key_id", "credentials_file"),
    ("access_key", "credentials_file"),
    ("secret_key", "credentials_file"),
    ("secret", "credentials_file"),
    ("token", "credentials_file"),
    ("api_key", "credentials_file"),
    ("password", "password_file"),
    ("passwd", "password_file"),
    ("passphrase", "passphrase_file"),
    ("private_key", "identities"),
    ("signing_key", "key_file"),
    ("identity_key", "identities"),
    ("age_key", "identities"),
];

/// How texts that are secrets themselves begin.
const VALUES: [&str; 2] = ["age-secret-key-", "-----begin"];

/// What to do instead of writing the secret down, if a key of this name holds one.
pub(super) fn hint_for_key(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase().replace('-', "_");
    NAMES.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, key)| hint(key))
}

/// Holds if this text is a secret itself.
pub(crate) fn is_value(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    VALUES.iter().any(|value| text.contains(value))
}

/// What to do instead of writing an identity down.
pub(super) fn hint_for_identity() -> String {
    hint("identities")
}

fn hint(key: &str) -> String {
    let section = match key {
        "credentials_file" => "store",
        "password_file" => "live",
        "key_file" => "evidence",
        _ => "keys",
    };
    format!(
        "never put a secret into the policy: move it to a file that only mailproof can read (mode 0600), \
         name that file in `{section}.{key}`, and replace the secret if others could read this file"
    )
}

/// The parts of a line that may hold a secret, in bytes, also where the line is no valid TOML.
pub(super) fn ranges_in_line(line: &str) -> Vec<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let mut ranges: Vec<Range<usize>> = Vec::new();
    ranges.extend(VALUES.iter().filter_map(|value| lower.find(value)).map(|start| start..line.len()));
    ranges.extend(
        lower
            .match_indices('=')
            .find(|(at, _)| names_secret(&lower[..*at]))
            .map(|(at, _)| at + 1..line.len()),
    );
    ranges.extend(user_info(line));
    ranges
}

/// Holds if the last word before an equals sign names a secret.
fn names_secret(before: &str) -> bool {
    let word = before.trim_end().trim_end_matches(['"', '\'']);
    let from = word.rfind(|character: char| !character.is_ascii_alphanumeric() && !"_-".contains(character));
    hint_for_key(&word[from.map_or(0, |at| word.ceil_char_boundary(at + 1))..]).is_some()
}

/// Name and password in an address.
fn user_info(line: &str) -> Option<Range<usize>> {
    let start = line.find("://")? + 3;
    let end = start + line[start..].find(['/', '"', '\'', ' ']).unwrap_or(line.len() - start);
    line[start..end].rfind('@').map(|at| start..start + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        let hidden = ranges_in_line(line);
        let blot =
            |(at, character)| if hidden.iter().any(|range| range.contains(&at)) { '*' } else { character };
        line.char_indices().map(blot).collect()
    }

    #[test]
    fn names_of_secrets_are_recognised_and_names_of_files_are_not() {
        for name in
            ["secret_access_key", "AWS_SECRET_ACCESS_KEY", "password", "smtp-password", "passphrase", "token"]
        {
            assert!(hint_for_key(name).is_some(), "{name}");
        }
        for name in ["passphrase_file", "credentials_file", "key", "keys", "identities", "profile"] {
            assert!(hint_for_key(name).is_none(), "{name}");
        }
    }

    #[test]
    fn secrets_are_blotted_out_even_in_broken_lines() {
        assert_eq!(shown("passphrase = hunter2 \"x"), "passphrase =***********");
        assert_eq!(shown("a = { \"secret_key\" = 'x' }"), "a = { \"secret_key\" =******");
        assert_eq!(shown("passphrase_file = \"p\""), "passphrase_file = \"p\"");
        assert_eq!(shown("i = [\"AGE-SECRET-KEY-1QQ\"]"), format!("i = [\"{}", "*".repeat(20)));
        assert_eq!(shown("endpoint = \"https://u:p@h/x\""), "endpoint = \"https://***@h/x\"");
        assert_eq!(shown("üpassword=ü"), "üpassword=*");
    }
}
