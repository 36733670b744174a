//! The archive that a command names, under the policy that reaches it.

use std::path::PathBuf;

use super::copy::Copy;
use super::plan::Row;
use super::{Governing, Question, Sight};
use crate::archive::storage::Location;
use crate::evidence::PolicyFile;
use crate::policy::{Policy, Store};
use crate::report::shell::Command;

/// What stands for a name that is not known.
pub(super) const ADDRESS: &str = "ADDRESS";
const ARCHIVE: &str = "ARCHIVE";
const KEY_FILE: &str = "KEY-FILE";

/// An archive and how it is reached.
pub(super) struct Target<'a> {
    pub archive: String,
    /// The archive's name is a real one.
    pub real: bool,
    pub copy: Option<&'a Copy>,
    pub governing: Option<&'a Governing>,
    policy: Option<PathBuf>,
}

impl<'a> Target<'a> {
    /// The archive of a row.
    pub fn of(sight: &'a Sight<'_>, row: &Row) -> Self {
        Self::of_copy(sight, &sight.matter.copies[row.copy])
    }

    /// The newest proven archive, else the newest that nothing is known against, else a word that stands for one.
    pub fn newest(sight: &'a Sight<'_>) -> Self {
        let proven = sight.plans.newest().map(|row| &sight.matter.copies[row.copy]);
        let known = || sight.matter.copies.iter().max_by_key(|copy| copy.age());
        match proven.or_else(|| known().filter(|copy| !copy.damaged)) {
            Some(copy) => Self::of_copy(sight, copy),
            None => Self::any(sight),
        }
    }

    /// A word that stands for an archive where the newest one lies, and older ones may lie.
    pub fn any(sight: &'a Sight<'_>) -> Self {
        let newest = sight.matter.copies.iter().max_by_key(|copy| copy.age());
        let governing = newest.and_then(|copy| sight.question.policies.get(copy.policy?));
        Self::unknown(governing.or(sight.question.policies.first()), None, None)
    }

    fn of_copy(sight: &'a Sight<'_>, copy: &'a Copy) -> Self {
        let governing = copy.policy.map(|place| &sight.question.policies[place]);
        let policy = governing
            .map(|policy| policy.file.clone())
            .or(copy.recorded_policy.as_deref().map(PathBuf::from));
        match copy.veiled {
            true => Self::unknown(governing, policy, Some(copy)),
            false => Self { archive: copy.address.clone(), real: true, copy: Some(copy), governing, policy },
        }
    }

    fn unknown(governing: Option<&'a Governing>, policy: Option<PathBuf>, copy: Option<&'a Copy>) -> Self {
        let store = governing.and_then(|policy| policy.policy.store.as_ref()).map_or("", |store| &store.url);
        let slash = if store.is_empty() || store.ends_with('/') { "" } else { "/" };
        let policy = policy.or(governing.map(|policy| policy.file.clone()));
        Self { archive: format!("{store}{slash}{ARCHIVE}"), real: false, copy, governing, policy }
    }

    pub fn store(&self) -> Option<&'a Store> {
        self.governing.and_then(|governing| governing.policy.store.as_ref())
    }

    /// The archive has to be opened, and the policy does not say by what.
    pub fn keyless(&self) -> bool {
        self.is_sealed() && !self.names_key() && (self.governing.is_some() || self.policy.is_none())
    }

    fn is_sealed(&self) -> bool {
        self.copy.is_none_or(|copy| copy.encryption.as_deref() != Some("none"))
    }

    /// A policy that is known names what opens its archives.
    fn names_key(&self) -> bool {
        let keys = self.governing.map(|governing| &governing.policy.keys);
        keys.is_some_and(|keys| !keys.identities.is_empty() || keys.passphrase_file.is_some())
    }

    /// The key for tools that read no policy, where it is not known which it is.
    pub fn key_by_hand(&self) -> Option<&'static str> {
        (self.is_sealed() && !self.names_key()).then_some(KEY_FILE)
    }

    /// Words that the reader replaces in commands on this archive.
    pub fn blanks(&self) -> impl Iterator<Item = &str> {
        let archive = (!self.real).then_some(ARCHIVE);
        let key = self.keyless().then_some(KEY_FILE);
        archive.into_iter().chain(key)
    }

    /// A command on this archive.
    pub fn command(&self, words: &'static str) -> Command {
        self.named(self.open(words), &self.archive)
    }

    /// Goes on with the archive by this address or path.
    pub fn named(&self, command: Command, archive: &str) -> Command {
        if self.real { command.name(archive) } else { command.blank(archive) }
    }

    /// A command that opens archives.
    pub fn open(&self, words: &'static str) -> Command {
        let command = self.under_policy(words);
        if self.keyless() { command.blank_option("--identity", KEY_FILE) } else { command }
    }

    /// A command under its policy.
    pub fn under_policy(&self, words: &'static str) -> Command {
        let command = Command::new(words);
        match &self.policy {
            Some(policy) => command.option("--policy", &policy.to_string_lossy()),
            None => command,
        }
    }
}

/// The policy by which an archive is reached: the one it was tested under, else the one in whose store it lies.
pub(super) fn policy_of(address: &str, recorded: Option<&PolicyFile>, question: &Question) -> Option<usize> {
    let holds = |governing: &Governing| {
        let store = governing.policy.store.as_ref();
        store.is_some_and(|store| !store.url.is_empty() && address.starts_with(&store.url))
    };
    let same = |governing: &Governing| recorded.is_some_and(|policy| is(governing, policy));
    let mut policies = question.policies.iter();
    policies
        .position(|policy| same(policy) && holds(policy))
        .or_else(|| question.policies.iter().position(holds))
        .or_else(|| question.policies.iter().position(same))
}

/// Whether a record names this policy: by its bytes, wherever they lay, or by its file, whatever it said then.
pub(super) fn is(governing: &Governing, recorded: &PolicyFile) -> bool {
    recorded.blake3 == governing.digest || recorded.file.as_str() == governing.file.to_string_lossy()
}

/// Where an archive lies, for archives that do not say whose mail they hold.
pub(super) fn store_of(address: &str, policy: Option<&Policy>) -> String {
    let url = policy.and_then(|policy| policy.store.as_ref()).map(|store| &store.url);
    match url.filter(|url| address.starts_with(url.as_str())) {
        Some(url) => url.clone(),
        None => Location::parse(address).map_or(address.to_owned(), |location| location.store().to_string()),
    }
}

/// Whether what stands for an address in records stands in this text.
pub(super) fn has_pseudonym(text: &str) -> bool {
    text.match_indices("p-").any(|(at, _)| {
        let digits = text[at + 2..].bytes().take_while(u8::is_ascii_hexdigit).count();
        digits == 16 && !text[..at].ends_with(|before: char| before.is_alphanumeric())
    })
}

/// A name for a file in which nothing is left of a stranger's name that a path could mean.
pub(super) fn file_name(account: &str) -> String {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "@._-+".contains(letter);
    let name: String =
        account.chars().map(|letter| if fits(letter) { letter } else { '_' }).take(100).collect();
    match name.starts_with(['.', '-']) || name.is_empty() {
        true => format!("_{name}"),
        false => name,
    }
}
