use super::Check;
use super::reason::Reason;
use super::result::{Holding, Trust};

/// Where it is told how a record is had back.
const HOW: &str = "docs/evidence.md, \"A record is lost\"";

impl Check {
    /// What to do about a chain that is broken; `second` is the bucket that has a second copy, where one is known.
    #[must_use]
    pub fn next_step(&self, second: Option<&str>) -> Option<String> {
        if self.outcome != Holding::Broken {
            return None;
        }
        if self.is_headless() {
            return Some(format!(
                "head.json lies in no bucket and can't be made anew: hold the last record to the head you noted (--expect-head) or to the second copy, read this chain with --without-head, and begin another in another folder (run.records) and under another prefix ({HOW})"
            ));
        }
        let is_of_key = self.first_broken.as_ref().is_some_and(|first| first.reason == Reason::WrongKey);
        if is_of_key && self.trust == Trust::AllowedSigners {
            return Some(
                "hold the fingerprint of that key to the one you have from elsewhere: either the file of --trust lacks a key that is right, or somebody else made the record".to_owned(),
            );
        }
        Some(match (&self.bucket, second) {
            (Some(_), _) if self.was_touched() => format!(
                "what was first written is still kept, and was read: fetch it by its version, keep in the chain what came of it (`mailproof evidence action open`), and name another prefix in [evidence.bucket] where records no longer go up; the fault stays on record here ({HOW})"
            ),
            (Some(_), _) => format!(
                "check the folder of the records as well (`mailproof evidence verify --policy FILE`); where that holds, let its records go to another prefix, and leave this one as it is ({HOW})"
            ),
            (None, Some(second)) => format!(
                "keep a copy of the folder as it is, then fetch what is missing or altered from {second} into it: a file that is as it was mends the chain ({HOW})"
            ),
            (None, None) => format!(
                "keep a copy of the folder as it is, then fetch what is missing or altered from its second copy (the bucket of [evidence.bucket], or a backup) into it: a file that is as it was mends the chain ({HOW}); where there is no second copy, begin another folder (run.records) and say why"
            ),
        })
    }

    /// Whether nothing but the head is wrong.
    fn is_headless(&self) -> bool {
        self.broken_count == 1 && self.first_broken.as_ref().is_some_and(|first| first.reason == Reason::Head)
    }

    fn was_touched(&self) -> bool {
        [Reason::Overwritten, Reason::Deleted].iter().any(|reason| self.reasons.contains_key(reason.as_str()))
    }
}
