use std::fmt;
use std::path::Path;

use super::SOME_POLICY;
use crate::evidence::folder;

/// Files that are named; what more there are is counted.
const MOST_NAMED: usize = 5;

/// Signatures and time stamps that lie beside no record. They prove nothing, so they neither go to a bucket nor keep records from
/// going there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strays {
    /// In the folder, by their paths.
    pub here: Vec<String>,
    /// In the bucket, by their addresses: neither place has their record.
    pub there: Vec<String>,
    /// The policy in commands, as a shell takes it.
    pub(super) policy: Option<String>,
}

impl Strays {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.here.is_empty() && self.there.is_empty()
    }

    /// Of `names` beside no record of `numbers`. Those of the next number are left by a run that ends now or was killed, and
    /// the next record takes them away or writes them anew.
    pub(super) fn in_folder(folder: &Path, names: &[String], numbers: &[u64]) -> Vec<String> {
        let next = numbers.last().map_or(1, |last| last + 1);
        let strays = names.iter().filter(|name| folder::record_of(name) != Some(next));
        strays.map(|name| folder.join(name).display().to_string()).collect()
    }
}

/// What lies where, and the next step.
impl fmt::Display for Strays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let policy = self.policy.as_deref().unwrap_or(SOME_POLICY);
        let mut parts = Vec::new();
        if !self.here.is_empty() {
            parts.push(format!(
                "{}: beside no record, so not sent to the bucket; look with `mailproof evidence verify --policy {policy}` whether a record is lost (docs/evidence.md, \"A record is lost\"), and remove what is left if none is",
                named(&self.here)
            ));
        }
        if !self.there.is_empty() {
            parts.push(format!(
                "{}: beside no record, there or in the folder; all records go there nevertheless, until one is to have that name: ask whoever may write there, and name another prefix in [evidence.bucket] before that",
                named(&self.there)
            ));
        }
        f.write_str(&parts.join("; "))
    }
}

fn named(names: &[String]) -> String {
    let some = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_are_named_and_the_rest_is_counted() {
        let of = |count: u64| (1..=count).map(folder::stamp_of).collect::<Vec<_>>();
        assert!(named(&of(5)).ends_with(", 000000005.json.tsr"));
        assert!(named(&of(7)).ends_with(", 000000005.json.tsr and 2 more"));
    }

    #[test]
    fn what_the_next_record_takes_away_is_no_stray() {
        let names = [3, 4, 5].map(folder::stamp_of);
        let strays = Strays::in_folder(Path::new("r"), &names, &[1, 2, 3]);
        assert_eq!(strays, ["r/000000003.json.tsr", "r/000000005.json.tsr"]);
        assert!(Strays::in_folder(Path::new("r"), &[folder::signature_of(1)], &[]).is_empty());
    }
}
