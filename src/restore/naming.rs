//! Names of folders as people type them.
//!
//! Input: paths. Output: whether they mean the same folder, and which is near to one that is not there. Invariants: case and
//! the way accents are composed don't count, accents do; of many paths three are kept.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::policy::distance;

/// Folders that are named where another was asked for.
const MOST_NEAR: usize = 3;
/// Letters of a path that is compared with others.
const LONGEST: usize = 200;

/// Whether a path is `wanted` or lies below it.
pub(super) fn is_below(wanted: &str, path: &str) -> bool {
    let (wanted, path) = (folded(wanted), folded(path));
    let rest = path.strip_prefix(&wanted);
    wanted.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path without the slashes at its ends, all small, and composed (NFC).
fn folded(path: &str) -> String {
    let path = path.trim_matches('/');
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    let composed = ComposingNormalizerBorrowed::new_nfc();
    composed.normalize(&composed.normalize(path).to_lowercase()).into_owned()
}

/// A folder that was asked for, and what there is instead.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    path: String,
    found: bool,
    /// What was seen last, as one folder holds many items.
    last: Box<str>,
    /// The nearest, each with how far it is.
    near: Vec<(usize, Box<str>)>,
}

impl Asked {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), found: false, last: Box::default(), near: Vec::new() }
    }

    /// Takes note of a folder that is there.
    pub(super) fn see(&mut self, path: &str) {
        if self.found || *self.last == *path {
            return;
        }
        self.last = path.into();
        self.found = is_below(&self.path, path);
        if !self.found && !path.trim_matches('/').is_empty() {
            self.near.push((self.far(path), path.into()));
            self.keep_nearest();
        }
    }

    /// Takes in what another export holds of the same.
    pub(super) fn join(&mut self, other: Self) {
        self.found |= other.found;
        self.near.extend(other.near);
        self.keep_nearest();
    }

    fn keep_nearest(&mut self) {
        self.near.sort();
        self.near.dedup();
        self.near.truncate(MOST_NEAR);
    }

    /// How far a path is from the one that is asked for; a name without what it lies in counts as well.
    fn far(&self, path: &str) -> usize {
        let letters = |text: &str| text.chars().take(LONGEST).collect::<Vec<_>>();
        let (wanted, path) = (folded(&self.path), folded(path));
        let name = |path: &str| letters(path.rsplit('/').next().unwrap_or_default());
        let whole = distance(&letters(&wanted), &letters(&path));
        whole.min(distance(&name(&wanted), &name(&path)))
    }

    /// Says that the folder is not there, and what is; nothing if it is there.
    pub(super) fn told(&self) -> Option<String> {
        let near: Vec<&str> = self.near.iter().map(|(_, path)| &**path).collect();
        let what = match near.is_empty() {
            true => "`mailproof show --folders` lists what there is".to_owned(),
            false => format!("nearest are {}; `mailproof show --folders` lists all", near.join(", ")),
        };
        (!self.found).then(|| format!("no folder {}; {what}", self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_are_the_same_and_accents_are_not() {
        for (wanted, path) in [
            ("/inbox/CLIENTI È CO", "/Inbox/Clienti è Co"),
            ("caffe\u{301}", "/Caffé/x"),
            ("ÜBER", "/u\u{308}ber"),
        ] {
            assert!(is_below(wanted, path), "{wanted}");
            assert_eq!(is_below(path, wanted), !path.ends_with("/x"), "{wanted}");
        }
        assert!(!is_below("/Caffe", "/Caffé") && !is_below("/In", "/Inbox"));
    }

    #[test]
    fn what_is_not_there_is_named_with_the_nearest() {
        let mut asked = Asked::new("Cleinti");
        for path in ["/", "/Inbox", "/Inbox/Clienti", "/Sent", "/Drafts", "/Inbox/Fornitori"] {
            asked.see(path);
        }
        let told = asked.told().unwrap();
        assert!(told.starts_with("no folder Cleinti; nearest are /Inbox/Clienti, "), "{told}");
        assert_eq!(asked.near.len(), 3);
        asked.see("/cleinti");
        assert_eq!(asked.told(), None);
    }
}
