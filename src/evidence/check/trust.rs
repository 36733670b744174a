//! The keys that an auditor trusts: a file `allowed_signers`, as `ssh-keygen -Y verify -f` takes it.

use crate::evidence::key::PublicKey;
use crate::evidence::sshsig::NAMESPACE;

/// Who signs records, where a line names somebody.
const PRINCIPAL: &str = "mailproof";

/// Why a file of keys is not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A line can't be understood; passing over it could mean trusting too few or too many.
    #[error("line {line}: {why}")]
    Line {
        /// From 1.
        line: usize,
        /// What is wrong, ending with the next step.
        why: &'static str,
    },
    /// No key for records is in it.
    #[error(
        "it names no ssh-ed25519 key for `{PRINCIPAL}` and the namespace `{NAMESPACE}`; write a line `mailproof ssh-ed25519 AAAA…`"
    )]
    Empty,
}

/// The Ed25519 keys of a file `allowed_signers` that may sign records: those for `mailproof` or `*`.
///
/// # Errors
/// [`TrustError`] for what can't be honoured: certificates, and keys that are valid for a time only.
pub fn allowed_signers(text: &str) -> Result<Vec<PublicKey>, TrustError> {
    let mut keys = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let refused = |why| TrustError::Line { line: number + 1, why };
        keys.extend(key_of(line).map_err(refused)?);
    }
    if keys.is_empty() { Err(TrustError::Empty) } else { Ok(keys) }
}

fn key_of(line: &str) -> Result<Option<PublicKey>, &'static str> {
    let (principals, rest) = split(line).ok_or("a key is missing; write `mailproof ssh-ed25519 AAAA…`")?;
    let mut rest = rest.trim_start();
    if !named(principals.trim_matches('"'), PRINCIPAL) {
        return Ok(None);
    }
    if !is_key(rest) {
        let (options, key) = split(rest).ok_or("a key is missing behind the options")?;
        if !fits(options)? {
            return Ok(None);
        }
        rest = key.trim_start();
    }
    match (rest.starts_with("ssh-ed25519 "), PublicKey::from_openssh(rest)) {
        (true, None) => Err("the key can't be read; copy the line of the file X.pub again"),
        (_, key) => Ok(key),
    }
}

fn is_key(text: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-"].iter().any(|kind| text.starts_with(kind))
}

/// Whether the options of a line let its key sign records.
fn fits(options: &str) -> Result<bool, &'static str> {
    let mut rest = options;
    let mut fits = true;
    while !rest.is_empty() {
        let (option, behind) = until(rest, |letter| letter == ',');
        match option.split_once('=') {
            Some((name, value)) if name.eq_ignore_ascii_case("namespaces") => {
                fits &= named(value.trim_matches('"'), NAMESPACE);
            }
            _ => return Err("this option is not honoured here; write the line without it"),
        }
        rest = behind.strip_prefix(',').unwrap_or(behind);
    }
    Ok(fits)
}

/// Whether a list of patterns names `wanted`, or everybody.
fn named(patterns: &str, wanted: &str) -> bool {
    patterns.split(',').any(|pattern| pattern == "*" || pattern == wanted)
}

/// The first word, in which quotes hold together what has blanks, and what follows it.
fn split(text: &str) -> Option<(&str, &str)> {
    let (word, rest) = until(text, |letter| letter == ' ' || letter == '\t');
    (!rest.is_empty()).then_some((word, rest))
}

fn until(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|letter| {
        quoted ^= letter == '"';
        !quoted && ends(letter)
    });
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::key::tests::key;

    #[test]
    fn keys_for_records_are_taken_and_others_passed_over() {
        let [one, two] = [key(1), key(2)].map(|key| key.public().openssh());
        for (line, taken) in [
            (format!("mailproof {one}"), true),
            (format!("* {one} a comment"), true),
            (format!("\"anna,mailproof\"\t{one}"), true),
            (format!("mailproof namespaces=\"git, x,mailproof-record\" {one}"), true),
            (format!("mailproof namespaces=\"git\" {one}"), false),
            (format!("anna {one}"), false),
            ("mailproof ssh-rsa AAAA".to_owned(), false),
        ] {
            let text = format!("# keys\n\n{line}\r\nmailproof {two}\n");
            let keys = allowed_signers(&text).unwrap();
            assert_eq!(keys.contains(key(1).public()), taken, "{line}");
            assert!(keys.contains(key(2).public()), "{line}");
        }
    }

    #[test]
    fn what_can_not_be_honoured_is_refused() {
        let key = key(1).public().openssh();
        for line in [
            "mailproof".to_owned(),
            "mailproof ssh-ed25519 AAAA".to_owned(),
            format!("mailproof cert-authority {key}"),
            format!("mailproof namespaces=\"mailproof-record\",valid-before=\"20270101\" {key}"),
        ] {
            let refused = allowed_signers(&format!("\n{line}\n"));
            assert!(matches!(refused, Err(TrustError::Line { line: 2, .. })), "{line}: {refused:?}");
        }
        assert_eq!(allowed_signers(&format!("anna {key}")), Err(TrustError::Empty));
    }
}
