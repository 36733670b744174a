//! What belongs together in a file of requirements, beyond what its schema can say.

use std::collections::BTreeSet;

use super::model::{Answerer, Framework, Requirement};
use crate::policy::Violation;

impl Framework {
    /// Finds what is missing or contradicts itself, all of it.
    pub(super) fn validate(&self) -> Vec<Violation> {
        let mut found = Vec::new();
        if !is_word(&self.name) {
            let hint = "write `name = \"…\"` in small letters, digits and dashes, for example \"nis2\"";
            found.push(Violation::new("name", "the framework has no name that --framework could take", hint));
        }
        if self.title.is_empty() {
            found.push(Violation::new("title", "the framework has no title", "write `title = \"…\"`"));
        }
        if self.requirement.is_empty() {
            let hint = "write a section [[requirement]] for each thing that is asked";
            found.push(Violation::new("requirement", "nothing is asked", hint));
        }
        let mut ids = BTreeSet::new();
        for (index, requirement) in self.requirement.iter().enumerate() {
            let mut judge = Judge { section: format!("requirement[{index}]"), found: &mut found };
            if !requirement.id.is_empty() && !ids.insert(&requirement.id) {
                judge.refuse("id", "this id is there twice", "give each requirement an id of its own");
            }
            judge.stated(requirement);
            match requirement.answered_by.is_empty() {
                true => judge.unanswered(requirement),
                false => judge.answered(requirement),
            }
        }
        found
    }
}

fn is_word(text: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    !text.is_empty() && text.chars().all(fits)
}

/// The id of a control, `_obj`, and where in it.
fn is_objective(text: &str) -> bool {
    let plain = |part: &str| {
        part.chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || ".-".contains(letter))
    };
    let parts = text.split_once("_obj");
    parts.is_some_and(|(control, rest)| {
        control.starts_with(|first: char| first.is_ascii_lowercase()) && plain(control) && plain(rest)
    })
}

struct Judge<'a> {
    section: String,
    found: &'a mut Vec<Violation>,
}

impl Judge<'_> {
    fn refuse(&mut self, key: &str, message: &str, hint: &str) {
        self.found.push(Violation::new(format!("{}.{key}", self.section), message, hint));
    }

    /// What every requirement says.
    fn stated(&mut self, requirement: &Requirement) {
        let Requirement { id, clause, asks, source, .. } = requirement;
        for (key, missing) in [("id", id), ("clause", clause), ("asks", asks)] {
            if missing.is_empty() {
                self.refuse(
                    key,
                    &format!("the requirement states no `{key}`"),
                    &format!("write `{key} = \"…\"`"),
                );
            }
        }
        if requirement.oscal.as_deref().is_some_and(|objective| !is_objective(objective)) {
            let hint = "write it as NIST's catalogue does, for example `oscal = \"cp-9.1_obj\"`";
            self.refuse("oscal", "this is no id of an assessment objective", hint);
        }
        if source.is_empty() {
            let hint = "write `source = [\"…\"]`: an address, or who says so";
            self.refuse("source", "nobody can look up where this is asked", hint);
        }
    }

    fn unanswered(&mut self, requirement: &Requirement) {
        let Requirement { rung, encrypted, measured, review, actions, every, stale_after, .. } = requirement;
        let says = [
            ("rung", rung.is_some()),
            ("encrypted", *encrypted),
            ("measured", !measured.is_empty()),
            ("review", *review),
            ("actions", *actions),
            ("every", every.is_some()),
            ("stale_after", stale_after.is_some()),
        ];
        for (key, _) in says.iter().filter(|(_, said)| *said) {
            let message = format!("`{key}` says something of records, and none answers this");
            self.refuse(key, &message, "name their kinds in `answered_by`, or take the line away");
        }
        if requirement.leaves_open.is_empty() {
            let hint = "write `answered_by = [\"verify\"]`, or in `leaves_open` what would show it";
            self.refuse("answered_by", "no record answers this, and nothing else is named", hint);
        }
    }

    fn answered(&mut self, requirement: &Requirement) {
        let kinds = &requirement.answered_by;
        if requirement.step.is_none() {
            let hint = "write `step = \"…\"`: the command whose record would answer it";
            self.refuse("step", "the next step is not stated", hint);
        }
        let reads = kinds.iter().any(|kind| matches!(kind, Answerer::Verify | Answerer::Rehearse));
        if (requirement.rung.is_some() || requirement.encrypted) && !reads {
            let key = if requirement.rung.is_some() { "rung" } else { "encrypted" };
            let hint = "add \"verify\" or \"rehearse\" to `answered_by`, or take the line away";
            self.refuse(key, "records of these kinds say nothing of this", hint);
        }
        if !requirement.measured.is_empty() && !kinds.contains(&Answerer::Rehearse) {
            let hint = "add \"rehearse\" to `answered_by`, or take the line away";
            self.refuse("measured", "only a rehearsal measures this", hint);
        }
        self.repeated(requirement);
    }

    fn repeated(&mut self, requirement: &Requirement) {
        let Requirement { every, every_from, stale_after, actions, .. } = requirement;
        if every.is_none() && (!actions || stale_after.is_some()) {
            self.refuse("every", "how often is not stated", "write `every = \"31d\"`");
        }
        if every.is_some() && every_from.is_none() {
            let hint = "write `every_from = \"…\"`: the clause that states it, or whose practice it is";
            self.refuse("every_from", "where the number is from is not stated", hint);
        }
        if let (Some(every), Some(stale)) = (every, stale_after)
            && stale < every
        {
            let hint = "give `stale_after` at least the time of `every`";
            self.refuse("stale_after", "it is stale before it is due", hint);
        }
    }
}
