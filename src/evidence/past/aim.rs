//! What a run was for, so that one that did less takes no other's place.

use std::collections::BTreeSet;

use super::Past;

/// The kind of a run, its policy, and which part of what that asks for it was to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aim {
    /// What was done: `verify`, `rehearse`, `restore`.
    pub kind: String,
    /// The policy's file; absent where it had none.
    pub policy: Option<String>,
    /// By what the command line asked for less than the policy does; empty where all of it was to be done.
    pub narrowed: Vec<String>,
    /// The archives of a run that was to do a part.
    pub archives: BTreeSet<String>,
}

impl Aim {
    /// How it is said that archives were named.
    pub const ARCHIVES: &str = "ARCHIVE";

    pub(super) fn of(past: &Past) -> Self {
        let narrowed = past.scope.narrowed.clone();
        let archives = past.archives.iter().filter(|_| !narrowed.is_empty());
        Self {
            kind: past.kind.clone(),
            policy: past.policy.as_ref().map(|policy| policy.file.clone()),
            archives: archives.map(|archive| archive.archive.clone()).collect(),
            narrowed,
        }
    }

    /// Whether all was to be done that the policy asks for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.narrowed.is_empty()
    }

    /// In words for those who know the commands.
    #[must_use]
    pub fn told(&self) -> String {
        let policy = self.policy.as_ref().map_or(String::new(), |file| format!(" --policy {file}"));
        let by: String = self.narrowed.iter().map(|by| format!(" {by}")).collect();
        format!("{}{policy}{by}", self.kind)
    }

    /// Whether whoever does this does all of the `other`.
    #[must_use]
    pub fn reaches(&self, other: &Self) -> bool {
        let same_task = self.kind == other.kind && self.policy == other.policy;
        same_task && (self.is_whole() || self.is_part_as_wide(other))
    }

    fn is_part_as_wide(&self, other: &Self) -> bool {
        !other.is_whole()
            && self.narrowed.iter().all(|by| other.narrowed.contains(by))
            && self.archives.is_superset(&other.archives)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aim(policy: &str, narrowed: &[&str], archives: &[&str]) -> Aim {
        let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        Aim {
            kind: "verify".to_owned(),
            policy: Some(policy.to_owned()),
            narrowed: owned(narrowed),
            archives: owned(archives).into_iter().collect(),
        }
    }

    #[test]
    fn a_part_reaches_itself_and_what_is_narrower() {
        let whole = aim("nightly", &[], &[]);
        let anna = aim("nightly", &["ARCHIVE"], &["anna"]);
        let both = aim("nightly", &["ARCHIVE"], &["anna", "bruno"]);
        let shallow = aim("nightly", &["ARCHIVE", "--rung present"], &["anna"]);
        for (one, other, reaches) in [
            (&whole, &whole, true),
            (&whole, &anna, true),
            (&anna, &whole, false),
            (&anna, &anna, true),
            (&both, &anna, true),
            (&anna, &both, false),
            (&anna, &shallow, true),
            (&shallow, &anna, false),
            (&aim("weekly", &[], &[]), &whole, false),
            (&Aim { kind: "rehearse".to_owned(), ..whole.clone() }, &whole, false),
        ] {
            assert_eq!(one.reaches(other), reaches, "{one:?} {other:?}");
        }
    }
}
