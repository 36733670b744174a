//! What reports say in English of the course, of what was found, of how it was done, and of who signs.

use super::many;
use crate::policy::Damage;
use crate::report::language::conduct::{Attest, Conduct, Course, Finds};

pub(super) const COURSE: Course = Course {
    title: "Over time",
    throughput: "Throughput of verifications",
    rto: "Time a rehearsed restore took",
    findings: "Failures and warnings of each run",
    told: |language, runs, least, most, last| {
        format!("{}: {least} to {most}, last {last}.", many(language, runs, "run", "runs"))
    },
    target: |language, target, over| {
        let over = match over {
            0 => "none exceeds it".to_owned(),
            over => format!("{} above it", many(language, over, "run is", "runs are")),
        };
        format!("Target {target} (dashed line): {over}.")
    },
    too_few: "There are too few runs to show a course.",
    per_second: |size| format!("{size}/s"),
};

pub(super) const FOUND: Finds = Finds {
    title: "Findings",
    none: "Nothing was found.",
    told: |language, times, archives, runs, last| {
        let archives = match archives {
            0 => String::new(),
            archives => format!(" in {}", many(language, archives, "archive", "archives")),
        };
        format!(
            "{}{archives}, by {}; last in {last}.",
            many(language, times, "time", "times"),
            many(language, runs, "run", "runs")
        )
    },
    gone: "The last run no longer finds it.",
    remedy: "What to do",
    more: |language, number| {
        format!("and {} less serious or rarer", many(language, number, "more kind", "more kinds"))
    },
    more_about: "Each kind has a heading in docs/findings.md that says what it means, how it comes about, and what to do. Each single finding stands in the record.",
    deviations: "Deviations",
    deviations_intro: "What failed or could not be looked at. Owner and due date are those of corrective actions (`mailproof evidence action open`); what is empty is filled in by hand.",
    no_deviation: "There are none.",
    record: |_, number| format!("record {number}"),
    what: "What",
    observed: "What was seen",
    owner: "Owner",
    due: "Due",
    counts: |language, serious, excluded| {
        format!(
            "{}, {} left out",
            many(language, serious, "failure or warning", "failures and warnings"),
            language.count(excluded)
        )
    },
    more_deviations: |language, number| {
        format!("and {} more", many(language, number, "deviation", "deviations"))
    },
    closed: |_, number| format!("done, see record {number}"),
    unreadable: |why| format!("can't be read: {why}"),
};

pub(super) const CONDUCT: Conduct = Conduct {
    scope: "Scope",
    tasks: "What was run, by kind and policy",
    task: "Task",
    runs: "Runs",
    ended: |language, passed, not_verified, failed| {
        format!(
            "{} passed, {} not verified, {} failed",
            language.count(passed),
            language.count(not_verified),
            language.count(failed)
        )
    },
    last: "Last run",
    reach: "Scope of the last run",
    reached: |language, archives, accounts, messages| {
        let parts = [
            archives.map(|number| many(language, number, "archive", "archives")),
            accounts.map(|number| many(language, number, "mailbox", "mailboxes")),
            messages.map(|number| many(language, number, "message", "messages")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        if parts.is_empty() { "not stated".to_owned() } else { parts.join(", ") }
    },
    no_policy: "no policy",
    excluded: "Left out or not reached",
    why: "Why",
    in_runs: "In runs",
    nothing_excluded: "The records state nothing that was left out.",
    more_excluded: |language, number| {
        format!("and {} more, which stand in the records", language.count(number))
    },
    sampling: "Sampling",
    draws: "What was drawn, the newest first",
    method: "Method",
    drawn: |language, population, wanted, compared| {
        format!(
            "{} of {} drawn, {} compared",
            language.count(wanted),
            many(language, population, "message", "messages"),
            language.count(compared)
        )
    },
    size: "Size",
    seed: "Seed",
    no_seed: "none, all was taken",
    redraw: "Whoever has the archive, its key and the seed draws the same messages again: `mailproof verify --seed SEED`.",
    no_sample: "No sample was drawn.",
    objectives: "Targets and measurements",
    rto: "Time to restore (RTO)",
    rpo: "Mail that would be lost (RPO)",
    measured: |measured, target| format!("{measured}, target {target}"),
    not_measured: "not measured",
    no_target: "none",
    environment: "Environment, people and versions",
    store: "Store of the backups",
    live: "Live mail server",
    restored_to: "Restored to",
    host: "Machine",
    operator: "Run by",
    version: "Version",
    policy: "Policy",
    digest: |file, digest| format!("{file} (BLAKE3 {digest})"),
    ran: "From – to",
    not_stated: "not stated",
    controls: "Negative controls",
    no_controls: "The records state none: nobody damaged a copy on purpose to see whether the test notices it.",
    controlled: |language, runs, tried, found| {
        format!(
            "A test that can't fail proves nothing. In {} copies were damaged on purpose: {} of {} damages were found.",
            many(language, runs, "run", "runs"),
            language.count(found),
            language.count(tried)
        )
    },
    missed: "Damage that was done on purpose was not found. Nothing that these runs prove can be relied on.",
    damaged: |archive, when| format!("Copies of {archive}, damaged {when}"),
    control: ["Damage", "Where", "Found as"],
    damage: |damage| match damage {
        Damage::FlippedBit => "one stored bit turned over",
        Damage::CutEnd => "the end cut off",
        Damage::LostBlock => "a block left out",
        Damage::DoubledBlock => "a block twice",
        Damage::SwappedBlocks => "two blocks in each other's place",
        Damage::AlteredContent => "one bit of a file turned over, behind the encryption",
        Damage::LostMember => "a file left out, behind the encryption",
    },
    at_byte: |language, at| format!("byte {}", language.count(at)),
    not_found: "not found",
    not_tried: "could not be tried",
};

pub(super) const ATTEST: Attest = Attest {
    title: "Where to verify this",
    intro: "This report is no evidence by itself; the records are. Get the public key from elsewhere, and check them:",
    folder: "Records",
    head: "Head, to be noted",
    no_head: "none: the chain does not hold",
    keys: "Signed by",
    key: |_, key, first, last| format!("{key} (records {first} to {last})"),
    no_key: "nobody",
    stamps: "Time stamps",
    stamped: |language, stamped, missing, without, vouched| {
        let of = many(language, stamped, "record has a time stamp", "records have a time stamp");
        let by = if vouched {
            "by the authority that was named"
        } else {
            "by an authority that nobody vouched for here (--timestamp-ca)"
        };
        let missing = match missing {
            0 => String::new(),
            missing => {
                format!("; {} none although one was asked for", many(language, missing, "has", "have"))
            }
        };
        let without = match without {
            0 => String::new(),
            without => format!("; for {} none was asked", many(language, without, "record", "records")),
        };
        format!("{of} {by}{missing}{without}")
    },
    warnings: "Warnings of the check",
    records: "Checked",
    record: "Record of this run",
    signed: "Signed off so far",
    signed_columns: ["Record", "By", "When", "What was said"],
    more_signed: |language, number| format!("and {} more", many(language, number, "sign-off", "sign-offs")),
    sign_off: "Sign-off",
    sign_off_intro: "Whoever signs has read this report, with its scope and its deviations.",
    roles: ["Carried out", "Reviewed", "Approved"],
    blanks: ["Name", "Date", "Signature"],
};
