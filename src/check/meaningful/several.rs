//! Several exports of one account in an archive: which of them is spoken of.
//!
//! Input: each export's summary and what was found in it. Output: the same, with the place of those whose account occurs more than once.
//! Invariant: of two exports of one account no two have the same place, as long as their members have different names.

use std::collections::{HashMap, HashSet};

use super::Meaning;
use super::export::MailboxSummary;

/// Says of each finding whose account it is about, and in which of its exports.
pub(super) fn tell_apart(exports: &mut [(MailboxSummary, Meaning)]) {
    let mut sources: HashMap<&str, Vec<&str>> = HashMap::new();
    for (summary, _) in exports.iter() {
        sources.entry(&summary.account).or_default().push(&summary.source);
    }
    let naming = |(summary, _): &(MailboxSummary, Meaning)| {
        let several = sources.get(summary.account.as_str()).filter(|sources| sources.len() > 1)?;
        Some(place(&summary.source, several).to_owned())
    };
    let places: Vec<Option<String>> = exports.iter().map(naming).collect();
    for ((summary, meaning), place) in exports.iter_mut().zip(places) {
        summary.place = place;
        meaning.name(summary);
    }
}

/// The shortest name that tells `source` from the others: of its folder, of the way to it, or its own.
fn place<'a>(source: &'a str, all: &[&str]) -> &'a str {
    let tells = |of: fn(&str) -> &str| {
        let mut seen = HashSet::new();
        all.iter().all(|source| !of(source).is_empty() && seen.insert(of(source)))
    };
    [folder, way].into_iter().find(|of| tells(*of)).map_or(source, |of| of(source))
}

fn way(source: &str) -> &str {
    source.trim_start_matches("./").rsplit_once('/').map_or("", |(way, _)| way)
}

fn folder(source: &str) -> &str {
    way(source).rsplit('/').next().unwrap_or_default()
}

impl Meaning {
    fn name(&mut self, summary: &MailboxSummary) {
        let mut findings = std::mem::take(&mut self.findings).about(&summary.account);
        if let Some(place) = &summary.place {
            let own = |text: &str| {
                text.strip_prefix(&summary.account)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
            };
            findings = findings.within_where(place, own);
            for why in self.open.iter_mut().filter(|why| own(why)) {
                *why = format!("{place}: {why}");
            }
        }
        self.findings = findings;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Finding, kinds};

    fn export(account: &str, source: &str) -> (MailboxSummary, Meaning) {
        let summary = MailboxSummary { source: source.to_owned(), ..MailboxSummary::nothing(account, b"") };
        let mut meaning = Meaning::default();
        meaning.findings.push(Finding::new(&kinds::EXPORT_TRUNCATED, account));
        meaning
            .findings
            .push(Finding::new(&kinds::EXPORT_ITEM_DIGEST, format!("{account}: folder 2, item 257")));
        meaning.findings.push(Finding::new(&kinds::EXPORT_ERROR_PAGE, source));
        meaning.open.push(format!("{account}: not read"));
        (summary, meaning)
    }

    fn subjects(exports: &[(MailboxSummary, Meaning)]) -> Vec<Vec<String>> {
        let of = |(_, meaning): &(MailboxSummary, Meaning)| {
            let mut all: Vec<_> = meaning.findings.iter().map(|finding| finding.subject.clone()).collect();
            all.extend(meaning.open.clone());
            all
        };
        exports.iter().map(of).collect()
    }

    #[test]
    fn an_account_that_is_there_once_needs_no_place() {
        let mut exports = [export("a@b.c", "full-1/a@b.c.tgz"), export("ab@b.c", "full-2/ab@b.c.tgz")];
        tell_apart(&mut exports);
        assert_eq!(subjects(&exports)[0][..2], ["a@b.c", "a@b.c: folder 2, item 257"]);
        assert_eq!(exports[0].0.place, None);
        assert_eq!(exports[0].1.findings.iter().next().unwrap().account.as_deref(), Some("a@b.c"));
    }

    #[test]
    fn of_two_the_session_is_named_and_not_twice() {
        let mut exports = [export("a@b.c", "x/full-1/a@b.c.tgz"), export("a@b.c", "x/full-2/a@b.c.tgz")];
        tell_apart(&mut exports);
        let told = [
            "full-2: a@b.c",
            "full-2: a@b.c: folder 2, item 257",
            "x/full-2/a@b.c.tgz",
            "full-2: a@b.c: not read",
        ];
        assert_eq!(subjects(&exports)[1], told);
    }

    #[test]
    fn the_place_is_as_long_as_it_must_be() {
        let place = |sources: [&str; 2]| {
            let mut exports = sources.map(|source| export("a@b.c", source));
            tell_apart(&mut exports);
            exports.map(|(summary, _)| summary.place.unwrap())
        };
        assert_eq!(place(["one/s/a.tgz", "two/s/a.tgz"]), ["one/s", "two/s"]);
        assert_eq!(place(["s/a.tgz", "s/a.zip"]), ["s/a.tgz", "s/a.zip"]);
        assert_eq!(place(["a.tgz", "s/a.tgz"]), ["a.tgz", "s/a.tgz"]);
    }
}
