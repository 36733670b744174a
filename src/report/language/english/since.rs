//! Since when, in English.

use super::many;
use crate::report::language::since::Since;

pub(super) const SINCE: Since = Since {
    title: "Since when",
    tests: |language, kind, number| match kind {
        "verify" => many(language, number, "verification", "verifications"),
        "rehearse" => many(language, number, "rehearsal of a restore", "rehearsals of a restore"),
        other => format!("{other}: {}", language.count(number)),
    },
    passed: |when, tests| format!("Every such test passed since {when}: {tests}"),
    always: |when, tests| {
        format!("Every such test on record passed. The first was on {when}; in all: {tests}")
    },
    amiss: |when, tests| format!("Has not passed since {when}: {tests}"),
    before: |kind, when, record| {
        format!("Before that, the {} of {when} did not pass ({record})", super::kind(kind))
    },
    mended: |language, runs, when| match runs {
        1 => format!("1 earlier run in this report did not pass, on {when} (see Deviations)"),
        runs => format!(
            "{} earlier runs in this report did not pass, the last on {when} (see Deviations)",
            language.count(runs)
        ),
    },
    meanwhile: |when, record| {
        format!("Meanwhile a part that was looked at by hand did not pass, last on {when} ({record})")
    },
    hidden: |record| format!("Of the time before, nothing is said: {record} can't be read"),
    broken: "Not known: the records can't be relied upon",
    unread: |record| format!("Not known: {record} can't be read"),
    unbound: "Not told: these runs had no policy, so nothing ties them to those before",
    last_good: "Last test that passed",
    never: "None: no such test on record passed before",
    none_since: |record| format!("None since {record}, which can't be read"),
    later_word: "This is not the newest",
    later: |language, number, when, record, outcome| match number {
        1 => format!(
            "1 later test is on record, of {when} ({record}): {outcome}. This report stops before it."
        ),
        number => format!(
            "{} later tests are on record, the last of {when} ({record}): {outcome}. This report stops before them.",
            language.count(number)
        ),
    },
    later_unread: |language, number| {
        format!("{} can't be read.", many(language, number, "later record", "later records"))
    },
};
