//! Everything reports say in English: here what was proven, in `conduct` what was found and how it was done.

mod conduct;
mod guide;
mod since;

use crate::evidence::Method;
use crate::report::language::Language;
use crate::report::language::words::{Chain, Front, Proof, Words};
use crate::verdict::{Coverage, Outcome, Rung, Severity, Unit};

pub(super) static WORDS: Words = Words {
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    title: "Report on tested backups",
    about_run: |number, kind, when| format!("Record {number}: {kind} of {when}"),
    about_period: |from, to| format!("{from} to {to}"),
    about_nothing: "No record",
    foot: |version, when| {
        format!("Written by mailproof {version} on {when}, from the records of the runs. All times are UTC.")
    },
    kind,
    outcome,
    severity: |severity| match severity {
        Severity::Info => "Note",
        Severity::Warning => "Warning",
        Severity::Failure => "Failure",
    },
    rung,
    rung_means,
    no_rung: "nothing",
    checked,
    method,
    chain: CHAIN,
    front: FRONT,
    since: since::SINCE,
    proof: PROOF,
    course: conduct::COURSE,
    found: conduct::FOUND,
    conduct: conduct::CONDUCT,
    attest: conduct::ATTEST,
    guide: guide::GUIDE,
};

fn kind(kind: &str) -> String {
    match kind {
        "verify" => "verification".to_owned(),
        "rehearse" => "rehearsal of a restore".to_owned(),
        "restore" => "restore".to_owned(),
        "hand-over" => "hand-over of the key".to_owned(),
        "action" => "corrective action".to_owned(),
        other => other.to_owned(),
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "Passed",
        Outcome::NotVerified => "Not verified",
        Outcome::Failed => "Failed",
    }
}

fn rung(rung: Rung) -> &'static str {
    match rung {
        Rung::Present => "present",
        Rung::Intact => "intact",
        Rung::Complete => "complete",
        Rung::Meaningful => "meaningful",
        Rung::Restorable => "restorable",
        Rung::Recoverable => "recoverable",
    }
}

fn rung_means(rung: Rung) -> &'static str {
    match rung {
        Rung::Present => {
            "the backup exists, is recent, and is kept and protected as required; this alone says nothing of what is inside"
        }
        Rung::Intact => {
            "the stored bytes are those that were sealed; this alone says not that they can be opened"
        }
        Rung::Complete => {
            "it can be decrypted and unpacked to its end, and every file in it is the one that was packed"
        }
        Rung::Meaningful => "the mailboxes in it hold what Zimbra itself states of them, message by message",
        Rung::Restorable => "sampled messages were read back and equal the live mailboxes, byte for byte",
        Rung::Recoverable => "a drill brought the service back, and the time it took was measured",
    }
}

fn checked(language: Language, coverage: Coverage) -> String {
    let unit = match coverage.unit {
        Unit::Members => "files",
        Unit::Items => "items",
        Unit::Messages => "messages",
        Unit::Archives => "archives",
    };
    let checked = language.count(coverage.checked);
    match coverage.total {
        Some(total) => format!("checked {checked} of {} {unit}", language.count(total)),
        None => format!("checked {checked} of an unknown number of {unit}"),
    }
}

fn method(language: Language, method: Method) -> String {
    match method {
        Method::Confidence { confidence_ppm, defects_ppm } => format!(
            "random, large enough to notice {} of defects with {} confidence",
            language.percent(defects_ppm),
            language.percent(confidence_ppm)
        ),
        Method::Number { messages } => {
            format!("random, {} of each archive", many(language, messages, "message", "messages"))
        }
        Method::Share { share_ppm } => format!("random, {} of each mailbox", language.percent(share_ppm)),
        Method::All => "every message".to_owned(),
    }
}

fn many(language: Language, number: u64, one: &str, many: &str) -> String {
    format!("{} {}", language.count(number), if number == 1 { one } else { many })
}

const CHAIN: Chain = Chain {
    title: "The records",
    broken_word: "BROKEN CHAIN OF RECORDS",
    broken: |record, reason, detail| {
        format!(
            "nothing in this report is proven. Records were altered, taken away or added; the first fault is record {record} ({reason}): {detail}"
        )
    },
    holds_word: "The chain of records holds",
    holds: |language, records| {
        format!(
            "This is about the records, not about the backups: {} in a chain, signed by a key that was given as trusted; none was altered, taken out of the middle or added since.",
            many(language, records, "record", "records")
        )
    },
    holds_by_itself: |language, records| {
        format!(
            "This is about the records, not about the backups: {} in a chain, signed. The key was taken from the first record itself, so compare its fingerprint (last page) with the one you have from elsewhere.",
            many(language, records, "record", "records")
        )
    },
    unsigned_word: "The records have no electronic signature",
    unsigned: |language, unsigned, records| {
        let which = match unsigned == records {
            true => "them".to_owned(),
            false => {
                format!("{} of {}", language.count(unsigned), many(language, records, "record", "records"))
            }
        };
        format!(
            "Nobody signed {which}: whoever can write into their folder can make all of them anew. What follows holds only as far as that folder is trusted."
        )
    },
    empty_word: "There are no records",
    empty: "The folder holds no record of any run, so nothing can be claimed.",
};

const FRONT: Front = Front {
    title: "Are the backups all right?",
    run: |outcome| match outcome {
        Outcome::Passed => "Yes, as far as this run looked: all that its policy asks for was proven.",
        Outcome::NotVerified => {
            "Not known. This run could not look at all that its policy asks for; that is no proof of a fault, and none of health."
        }
        Outcome::Failed => "No. This run found faults that its policy does not accept.",
    },
    part: "For the part that this run was to look at, yes. Of the rest it says nothing.",
    parts: |tasks| format!("Only a part of what the policy asks for was to be looked at: {tasks}."),
    period: |outcome| match outcome {
        Outcome::Passed => {
            "Yes, as far as the tests looked: the last run of every task proved all that its policy asks for."
        }
        Outcome::NotVerified => {
            "Not known. The last run of at least one task could not look at all that its policy asks for; that is no proof of a fault, and none of health."
        }
        Outcome::Failed => {
            "No. The last run of at least one task found faults that its policy does not accept."
        }
    },
    no_test: "This run tested no backup: how it ended says nothing of them.",
    nothing: "Not known. There is no record of a test to report on, so nothing was proven.",
    broken: "Not known. The records can't be relied upon. What they say is shown below as they state it, and proves nothing.",
    unread: |language, records| format!("{} could not be read", many(language, records, "record", "records")),
    proven: "What was proven",
    stated: "What the records state (not proven)",
    rehearsed: |language, messages, seconds| {
        let time = seconds.map_or(String::new(), |seconds| format!(", in {}", language.seconds(seconds)));
        format!(
            "{} restored into a sandbox and read back, byte for byte{time}",
            many(language, messages, "message was", "messages were")
        )
    },
    archives: |language, number, rung| {
        format!(
            "{}: {}, step {} of 6 – {}",
            many(language, number, "archive", "archives"),
            self::rung(rung),
            rung.step(),
            rung_means(rung)
        )
    },
    accounts: |language, number, rung| {
        let mailboxes = many(language, number, "mailbox", "mailboxes");
        format!("{mailboxes}: {}, step {} of 6", self::rung(rung), rung.step())
    },
    nothing_proven: "nothing",
    unproven: "What was not proven",
    failed: |language, number| format!("{} failed", many(language, number, "archive", "archives")),
    not_verified: |language, number| {
        format!("{} could not be verified", many(language, number, "archive", "archives"))
    },
    archives_without: |language, number| {
        format!("{}: nothing is proven", many(language, number, "archive", "archives"))
    },
    accounts_without: |language, number| {
        format!(
            "{}: not proven that they hold what Zimbra states of them",
            many(language, number, "mailbox", "mailboxes")
        )
    },
    excluded: |language, number| {
        format!("{} left out or not reached (see Scope)", many(language, number, "thing", "things"))
    },
    accounts_disproven: |language, number| {
        format!(
            "{}: found not to hold what Zimbra states of them",
            many(language, number, "mailbox", "mailboxes")
        )
    },
    not_looked_at: |rungs| format!("steps that no test here looked at: {rungs}"),
    all_proven: "nothing that the policy asks for is open",
    steps: "What to do",
    steps_of_admin: "What to do, for whoever runs the backups",
    steps_of_owner: "What to do, for whoever answers for the backups",
    mend_chain: |folder| {
        format!(
            "Leave the folder {folder} as it is, run `mailproof evidence verify` on it, and find out who could write there. Ask for a copy of the records that lies elsewhere."
        )
    },
    sign_records: "Name a key in `evidence.key_file` of the policy and begin a new folder of records: unsigned ones convince nobody.",
    test: "Run `mailproof verify`, and look why the timer did not.",
    look_again: |obstacle| match obstacle {
        Some(obstacle) => format!("Mend what kept the run from looking, and run it again: {obstacle}"),
        None => {
            "Mend what kept the run from looking (which is said under Scope), and run it again.".to_owned()
        }
    },
    assign: "Give each deviation an owner and a date (see Deviations), and sign on the last page.",
    nothing_to_do: "Nothing. Read the scope, and sign on the last page.",
    in_english: "",
};

const PROOF: Proof = Proof {
    title: "Coverage",
    archives: "Archives, the worst first",
    accounts: "Mailboxes, the worst first",
    archive: "Archive",
    account: "Mailbox",
    outcome: "Result",
    proven_up_to: "Proven up to",
    stated_up_to: "Stated up to (not proven)",
    coverage: "Coverage",
    when: "When",
    reason: "Why not more",
    disproven: "it does not hold what Zimbra states of it",
    not_proven: "it could not be looked at to its end",
    whole_and_not_present: "Where “present” is not proven and a higher step is, that is no contradiction: “present” judges an archive from outside, by its age, its place in the series and its protection. An archive can be whole inside and still be too old.",
    codes: "A code such as \\u{202e} in a name stands for a sign that can't be seen or turns the text around. A name with one may have been made to look like another.",
    compared: "Compared with live",
    of: |language, some, all| format!("{} of {}", language.count(some), language.count(all)),
    more_up_to: |language, number, rung| {
        format!("and {} more that are proven up to: {}", language.count(number), self::rung(rung))
    },
    more_stated: |language, number, rung| {
        format!(
            "and {} more that are stated, not proven, to be: {}",
            language.count(number),
            self::rung(rung)
        )
    },
    more_without: |language, number| {
        format!("and {} more of which nothing is proven", language.count(number))
    },
    no_archive: "No archive was looked at.",
    confidence: "Confidence",
    no_confidence: "No message was compared with a live mailbox, or one of those compared differs, so no confidence is stated.",
    no_confidence_broken: "The chain of records is broken, so no confidence is stated.",
    statement: |language, confidence, most, population, compared| {
        format!(
            "With {} confidence at most {} of {} differ from the live mailboxes ({} compared, none differs).",
            language.percent(confidence),
            language.count(most),
            many(language, population, "message", "messages"),
            language.count(compared)
        )
    },
    statement_of_all: |language, most, population, compared| {
        format!(
            "At most {} of {} differ from the live mailboxes: all were drawn, {} compared, none differs, and nothing is left to chance.",
            language.count(most),
            many(language, population, "message", "messages"),
            language.count(compared)
        )
    },
    caveat: "This is computed from the sample and holds for the mailboxes that could be read, for the archive named, and for faults that a comparison shows. It says nothing of other archives.",
    more_archives: |language, number| format!("and {} more", many(language, number, "archive", "archives")),
    ladder: "What the words mean",
};
