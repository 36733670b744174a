//! Addresses in texts of any kind: sentences, names of files and objects, URLs.

use std::collections::HashSet;
use std::ops::Range;

/// What stands between the two halves of an address, in texts and in URLs.
const SIGNS: [&str; 2] = ["@", "%40"];
/// Labels that belong to the name of a file and not to the domain in front of them.
const ENDINGS: [&str; 14] =
    ["tar", "tgz", "zip", "zst", "gz", "age", "b3", "ldif", "ldiff", "eml", "json", "xml", "err", "partial"];
/// Digits behind a domain that make a date, as in `anna@example.org-20261122.tar`.
const DATE: usize = 6;

/// An address and where it stands.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub range: Range<usize>,
    /// With `@`.
    pub address: String,
}

/// The first address at or behind `from`. One of `known` (in lower case) is found where a date or a file's ending stands
/// close to it; of any other as much as could be one is taken.
pub(super) fn next(text: &str, from: usize, known: &HashSet<String>) -> Option<Token> {
    let mut behind = from;
    loop {
        let (at, sign) = next_sign(text, behind)?;
        behind = at + sign.len();
        let local = local_before(&text[from..at]);
        let domain = domain_in(&text[behind..]);
        if local.is_empty() || domain.is_empty() {
            continue;
        }
        let (local, domain) = match known_in(local, domain, known) {
            Some(known) => known,
            None => (local, without_ending(domain)),
        };
        let range = at - local.len()..behind + domain.len();
        return Some(Token { range, address: format!("{local}@{domain}") });
    }
}

fn next_sign(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let found = SIGNS.iter().filter_map(|sign| Some((from + text[from..].find(sign)?, *sign)));
    found.min()
}

/// The end of `text` that could be what stands before the sign.
fn local_before(text: &str) -> &str {
    let fits = |letter: char| letter.is_alphanumeric() || "._+-~!#$&'*^{|}=%".contains(letter);
    let start = text.rfind(|letter| !fits(letter));
    let local = start.map_or(text, |at| text[at..].trim_start_matches(|letter| !fits(letter)));
    local.trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '_')
}

/// The beginning of `text` that could be a domain, or a domain and more.
fn domain_in(text: &str) -> &str {
    let end = text.find(|letter: char| !(letter.is_alphanumeric() || ".-_".contains(letter)));
    text[..end.unwrap_or(text.len())].trim_end_matches(['.', '-', '_'])
}

/// The largest part of both around the sign that is a known address, with nothing but a date before it. Behind it may stand
/// more where that is the name of a file; else `x@example.org.it` would be taken for `x@example.org`.
fn known_in<'a>(local: &'a str, domain: &'a str, known: &HashSet<String>) -> Option<(&'a str, &'a str)> {
    let dated = |before: &str| before.chars().all(|letter| !letter.is_alphabetic() || "TZ".contains(letter));
    let is_file = without_ending(domain).len() < domain.len();
    let locals = starts(local).filter(|start| dated(&local[..*start])).map(|start| &local[start..]);
    let domains = || ends(domain).filter(move |end| is_file || *end == domain.len());
    locals
        .flat_map(|local| domains().map(move |end| (local, &domain[..end])))
        .find(|(local, domain)| known.contains(&format!("{local}@{domain}").to_lowercase()))
}

/// Where a name may begin: at the beginning, and behind each separator.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let behind = text.match_indices(['.', '-', '_']).map(|(at, separator)| at + separator.len());
    std::iter::once(0).chain(behind).filter(|start| *start < text.len())
}

/// Where a name may end, the longest first: at the end, and before each separator.
fn ends(text: &str) -> impl Iterator<Item = usize> {
    let before = text.rmatch_indices(['.', '-', '_']).map(|(at, _)| at);
    std::iter::once(text.len()).chain(before).filter(|end| *end > 0)
}

/// A domain without what makes it the name of a file.
fn without_ending(domain: &str) -> &str {
    let is_ending = |end: &usize| {
        let more = &domain[*end..];
        let label = more[1..].split(['.', '-', '_']).next().unwrap_or_default();
        match more.starts_with('.') {
            true => ENDINGS.contains(&label.to_lowercase().as_str()),
            false => label.len() >= DATE && label.bytes().take(DATE).all(|byte| byte.is_ascii_digit()),
        }
    };
    let first = ends(domain).filter(|end| *end < domain.len()).filter(is_ending).last();
    &domain[..first.unwrap_or(domain.len())]
}
