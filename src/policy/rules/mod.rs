//! What the parts of a policy must be to one another, beyond what the schema can say.

mod evidence;
mod live;
mod rehearsal;
mod runbook;
mod store;
mod zimbra;

use std::fmt;

use jiff::tz::TimeZone;

use super::{Archives, Keys, Policy, Present, Require, Store, Template};
use crate::verdict::Rung;

/// The highest rung this version can prove.
const HIGHEST: Rung = Rung::Restorable;

/// A rule that a policy breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The key it is about, in the form `replica[0].url`.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// The next step.
    pub hint: String,
    /// The other key it rests on: without that one there may be no violation.
    pub beside: Option<&'static str>,
}

impl Violation {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into(), hint: hint.into(), beside: None }
    }

    fn beside(self, key: &'static str) -> Self {
        Self { beside: Some(key), ..self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}; {}", self.key, self.message, self.hint)
    }
}

impl Policy {
    /// Finds what contradicts itself or can't be done, all of it.
    ///
    /// [`Policy::parse`] does this by itself; it is for policies that were changed afterwards, by options of the
    /// command line for example. What the schema says of a single value is not examined again.
    #[must_use]
    pub fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if let Some(store) = &self.store {
            store::judge("store", store, &mut found);
        }
        store::judge_replicas(self, &mut found);
        judge_archives(&self.archives, &mut found);
        judge_present(&self.present, self.store.as_ref(), &mut found);
        judge_keys(&self.keys, &mut found);
        judge_require(&self.require, &mut found);
        judge_negative_controls(self, &mut found);
        live::judge(self, &mut found);
        if let Some(rehearsal) = &self.rehearsal {
            rehearsal::judge(rehearsal, &mut found);
        }
        evidence::judge(self, &mut found);
        runbook::judge(&self.runbook, &mut found);
        judge_paths(self, &mut found);
        found
    }
}

fn judge_archives(archives: &Archives, found: &mut Vec<Violation>) {
    // A time zone that is not known has a problem of its own.
    if let Some(key) = &archives.key
        && let Err(error) = Template::compile(key, "UTC")
    {
        let told = error.to_string();
        let (message, hint) = told.split_once("; ").unwrap_or((&told, "look at docs/policy.md"));
        found.push(Violation::new("archives.key", message, hint));
    }
    if TimeZone::get(&archives.time_zone).is_err() {
        let hint =
            "write an IANA name like \"Europe/Rome\"; if it is one, install the system's package tzdata";
        found.push(Violation::new("archives.time_zone", "this time zone is not known", hint));
    }
}

fn judge_present(present: &Present, store: Option<&Store>, found: &mut Vec<Violation>) {
    let protected = [("retention", present.retention.is_some()), ("lock", present.lock.is_some())];
    let folder = store.is_some_and(|store| store.url.starts_with("file:"));
    for (name, _) in protected.into_iter().filter(|(_, stated)| *stated && folder) {
        found.push(Violation::new(
            format!("present.{name}"),
            format!("a folder (file://) can't have `{name}`: only buckets have Object Lock"),
            "take the line away, or verify the bucket itself",
        ));
    }
    if let Some(every) = present.every
        && every > present.window
    {
        let message = format!("no gap can be seen: the window of {} is shorter than {every}", present.window);
        let hint = "write a longer `window`, several times `every`";
        found.push(Violation::new("present.every", message, hint).beside("present.window"));
    }
}

fn judge_negative_controls(policy: &Policy, found: &mut Vec<Violation>) {
    let controls = &policy.negative_controls;
    if controls.number == 0 {
        return;
    }
    if controls.kinds.is_empty() {
        let hint = "take the line away, which stands for all of them, or set `number` to 0";
        found.push(Violation::new("negative_controls.kinds", "no kind of damage is named", hint));
    }
    if policy.require.rung < Rung::Complete {
        let message =
            format!("only archives that are read can be damaged, and `{}` reads none", policy.require.rung);
        let hint = "take it away, or ask for the rung `complete`";
        found.push(Violation::new("negative_controls.number", message, hint).beside("require.rung"));
    }
}

fn judge_keys(keys: &Keys, found: &mut Vec<Violation>) {
    for (index, name) in keys.plugins.iter().enumerate() {
        let plain = |character: char| character.is_ascii_alphanumeric() || "+-._".contains(character);
        let hint = match name.strip_prefix("age-plugin-") {
            Some(short) if !short.is_empty() && short.chars().all(plain) => format!("write \"{short}\""),
            _ if !name.is_empty() && name.chars().all(plain) => continue,
            _ => "write what follows age-plugin- in the program's name, for example \"yubikey\"".to_owned(),
        };
        found.push(Violation::new(
            format!("keys.plugins[{index}]"),
            "this is no name of an age plugin",
            hint,
        ));
    }
}

fn judge_require(require: &Require, found: &mut Vec<Violation>) {
    let hint = match require.rung {
        Rung::Intact => format!(
            "`intact` needs seals, which are not available yet; this version proves up to `{HIGHEST}`"
        ),
        rung if rung > HIGHEST => format!("this version proves up to `{HIGHEST}`"),
        _ => return,
    };
    found.push(Violation::new(
        "require.rung",
        format!("the rung `{}` is not available yet", require.rung),
        hint,
    ));
}

/// Paths are taken as they stand: no shell expands them.
fn judge_paths(policy: &Policy, found: &mut Vec<Violation>) {
    for (key, path) in policy.paths() {
        let text = path.to_string_lossy();
        if text.starts_with('~') || text.contains('$') {
            let hint = "write the whole path; a relative one starts in the policy's folder";
            found.push(Violation::new(key, "`~` and `$` are not expanded here", hint));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Age, Live, Lock};

    fn keys_of(policy: &Policy) -> Vec<String> {
        policy.validate().into_iter().map(|violation| violation.key).collect()
    }

    fn store(url: &str) -> Store {
        Store { url: url.to_owned(), ..Store::default() }
    }

    fn with_store(store: Store) -> Policy {
        Policy { store: Some(store), ..Policy::default() }
    }

    #[test]
    fn the_defaults_break_no_rule() {
        assert_eq!(Policy::default().validate(), []);
    }

    #[test]
    fn damage_on_purpose_needs_a_kind_and_archives_that_are_read() {
        let mut policy = Policy::default();
        policy.require.rung = Rung::Present;
        policy.negative_controls.kinds.clear();
        assert_eq!(keys_of(&policy), [""; 0]);
        policy.negative_controls.number = 1;
        assert_eq!(keys_of(&policy), ["negative_controls.kinds", "negative_controls.number"]);
    }

    #[test]
    fn addresses_of_buckets_and_folders_are_accepted_and_nothing_else() {
        for url in ["s3://b", "s3://b/", "s3://b/p/q/", "s3://tenant:b/p", "file:///x", "file:///"] {
            assert_eq!(keys_of(&with_store(store(url))), [""; 0], "{url}");
        }
        for url in [
            "",
            "s3:",
            "s3://",
            "s3:///p",
            "s3://u:p@b/",
            "s3://b c/",
            "file://x/y",
            "file:/x",
            "/x",
            "./x",
            "ftp://h/x",
            "https://h/b",
            "b",
            "S3://b",
        ] {
            assert_eq!(keys_of(&with_store(store(url))), ["store.url"], "{url}");
        }
    }

    #[test]
    fn endpoints_are_web_addresses_without_secrets() {
        for (endpoint, fine) in [
            ("https://s3.example.org", true),
            ("http://127.0.0.1:9000/base", true),
            ("http://[::1]:9000", true),
            ("s3.example.org", false),
            ("https://", false),
            ("https:///x", false),
            ("https://user:hunter2@h", false),
            ("https://h?x=1", false),
            ("https://h x", false),
            ("ftp://h", false),
        ] {
            let policy = with_store(Store { endpoint: Some(endpoint.to_owned()), ..store("s3://b") });
            assert_eq!(policy.validate().is_empty(), fine, "{endpoint}");
            assert!(!format!("{:?}", policy.validate()).contains("hunter2"));
        }
    }

    #[test]
    fn a_folder_takes_no_setting_of_a_bucket() {
        let mut policy = with_store(Store {
            endpoint: Some("nonsense".to_owned()),
            region: Some("r".to_owned()),
            path_style: Some(true),
            ca_file: Some("c".into()),
            credentials_file: Some("d".into()),
            ..store("file:///x")
        });
        policy.present.retention = Some(Age::days(1));
        policy.present.lock = Some(Lock::Compliance);
        let expected = [
            "store.endpoint",
            "store.region",
            "store.path_style",
            "store.ca_file",
            "store.credentials_file",
            "present.retention",
            "present.lock",
        ];
        assert_eq!(keys_of(&policy), expected);
    }

    #[test]
    fn a_replica_is_another_place_than_the_store() {
        let mut policy = with_store(store("s3://b/p"));
        policy.replica = vec![store("s3://b/p"), store("s3://c/p"), store("s3://c/p"), store("")];
        assert_eq!(keys_of(&policy), ["replica[0].url", "replica[2].url", "replica[3].url"]);
        policy.replica[0].endpoint = Some("https://other.example.org".to_owned());
        policy.replica.truncate(1);
        assert_eq!(keys_of(&policy), [""; 0]);
        policy.store = None;
        assert_eq!(keys_of(&policy), ["replica"]);
    }

    #[test]
    fn only_rungs_that_can_be_proven_may_be_required() {
        let mut policy = Policy::default();
        for (rung, fine) in [
            (Rung::Present, true),
            (Rung::Intact, false),
            (Rung::Complete, true),
            (Rung::Meaningful, true),
            (Rung::Restorable, true),
            (Rung::Recoverable, false),
        ] {
            policy.require.rung = rung;
            policy.live = Some(Live { url: "maildir:///m/{account}".into(), ..Live::default() });
            assert_eq!(policy.validate().is_empty(), fine, "{rung}");
        }
    }

    #[test]
    fn plugins_are_names_and_never_paths() {
        let mut policy = Policy::default();
        for (name, fine) in [
            ("yubikey", true),
            ("age-plugin-yubikey", false),
            ("../x", false),
            ("a/b", false),
            ("", false),
            ("a b", false),
        ] {
            policy.keys.plugins = vec![name.to_owned()];
            assert_eq!(policy.validate().is_empty(), fine, "{name}");
        }
    }

    #[test]
    fn time_zones_windows_and_paths_are_judged() {
        let mut policy = Policy::default();
        policy.archives.time_zone = "Europe/Atlantis".to_owned();
        policy.present.every = Some(Age::days(36));
        policy.keys.identities = vec!["~/key".into(), "good".into(), "$HOME/key".into()];
        let expected = ["archives.time_zone", "present.every", "keys.identities[0]", "keys.identities[2]"];
        assert_eq!(keys_of(&policy), expected);
        policy.archives.time_zone = "Europe/Rome".to_owned();
        policy.present.every = Some(Age::days(35));
        policy.keys.identities.clear();
        assert_eq!(keys_of(&policy), [""; 0]);
    }
}
