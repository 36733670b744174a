//! What the operational guide says in English.

use super::many;
use crate::report::language::guide::{Custody, Guide, People, Restoring, Testing};
use crate::verdict::Outcome;

pub(super) const GUIDE: Guide = Guide {
    title: "Operational guide: bringing mail back",
    subtitle: |when| format!("As things stood on {when}"),
    foot: |version, when| {
        format!(
            "Written by mailproof {version} on {when}, from the policies and the records of the runs. All times are UTC."
        )
    },
    state: "Where things stand",
    broken: "The records can't be relied upon. What follows is what they state, and proves nothing.",
    never_tested: "No record tells of a test: whether anything here can be restored was never proven.",
    all_passed: "The last run of every test proved all that its policy asks for.",
    untested: "The last run of every test proved all that its policy asks for, but under some policies nothing was ever tested: see below.",
    amiss: |outcome| match outcome {
        Outcome::Failed => "The last run of at least one test found faults.",
        _ => "The last run of at least one test could not look at everything.",
    },
    take_proven: "Restore from the archives that are named below as proven, not simply from the newest.",
    nothing_proven: [
        "No proven archive",
        "No archive here is proven to open and to be whole. Look for one that is: the first command names all archives, the second proves one of them; begin with the newest that is older than those below.",
    ],
    newest: "Newest proven archive",
    proven: |language, archive, rung, means, when, days| {
        let age = match days {
            0 => "less than a day".to_owned(),
            days => many(language, days, "day", "days"),
        };
        format!("{archive} – {rung}: {means}; proven {when}, {age} before this guide")
    },
    last_passed: "Last run that passed",
    task: |kind, policy| policy.map_or(kind.to_owned(), |policy| format!("{kind}, {policy}")),
    run: |task, when, record| format!("{task}: {when} (record {record})"),
    never_passed: |task| format!("{task}: never"),
    failing: "Not passed since",
    in_part: "Restores that did not bring back all",
    stated: |said| format!("stated, not proven: {said}"),
    failing_run: |task, since, last, record, outcome, found| {
        format!("{task}: since {since}; last {last} (record {record}): {outcome}{found}")
    },
    unread: |language, records| format!("{} could not be read", many(language, records, "record", "records")),
    sources: "What to restore from: for each mailbox its newest proven archive, the newest first",
    source_columns: ["Archive", "Made", "Proven up to", "Proven on", "Mailboxes", "Remark"],
    more_sources: |language, number| {
        format!(
            "and {}; `mailproof history` names all, --account those of one mailbox",
            many(language, number, "more archive", "more archives")
        )
    },
    accounts_unknown: "not listed: nobody looked inside",
    accounts: |language, names, more| match more {
        0 => names.to_owned(),
        more => format!("{names} and {} more", language.count(more)),
    },
    increment: "holds only what changed: restore the whole archive first",
    baseless: "holds only what changed, and no whole archive before it is proven",
    partial: "proven only for the mailboxes named here, not for others in it",
    differs: "sampled messages were not the same as in the live mailboxes",
    looked_again: |when| format!("looked at again on {when}, without a result"),
    without: "Mailboxes without a proven archive",
    all_of: |store| format!("all mailboxes in {store}"),
    newer: "Newer, not proven",
    unproven: |archive, outcome, reason, when| format!("{archive}: {outcome}{reason} ({when})"),
    more: |language, number| format!("and {} more", language.count(number)),
    veiled: [
        "Pseudonyms",
        "In the records pseudonyms (p-…) stand for addresses. Names of archives with one in them, and of mailboxes, are replaced by capital letters in the commands; `mailproof list` and `mailproof show` tell the real ones.",
    ],
    people: PEOPLE,
    restoring: RESTORING,
    keys: KEYS,
    testing: TESTING,
};

const PEOPLE: People = People {
    title: "Whom to call",
    order: "In this order",
    nobody: "The policies name nobody (`[runbook]` contacts). Fill this in by hand, today and not that night:",
    roles: ["Backups", "Mail server", "Holder of the key", "Decides"],
    blanks: ["Name", "Telephone, day and night"],
    notes: "To be known",
    decide: "Decide first",
    decisions: ["Before anything is restored", "If", "Then"],
    rows: [
        [
            "somebody may still be in the systems",
            "restore onto a clean machine, not onto the old one; keep the old disks as they are",
        ],
        [
            "the archive is named as proven",
            "restore it; only messages with the digest that the backup states come back",
        ],
        [
            "the archive is not proven",
            "take the last proven one first, this one into a folder apart; a restore brings back what is sound and names the rest",
        ],
        [
            "sampled messages differ from the live mailboxes",
            "stop: find out which side was altered before you put anything over it",
        ],
        [
            "the store does not answer",
            "take the same archive from a second store, or from any other copy of it: see Prepare",
        ],
        ["no key fits", "try the copies of the key (see Keys); without the key nobody can open the archive"],
        [
            "only a few messages are missing",
            "restore those into a folder apart, not the whole mailbox over the live one",
        ],
    ],
    codes: ["Exit codes of mailproof", "Code", "For a restore"],
    code_rows: [
        ["0", "all that was asked for came back, and the archive is whole"],
        ["2", "the command line or the policy is wrong; nothing was done"],
        [
            "10",
            "something did not come back, or the archive is damaged: what is sound is there, the rest is named",
        ],
        ["20", "nothing matches, or the work could not be done: no key, no store, disk full"],
        ["130", "interrupted; run it again, what is there stays"],
    ],
    upkeep: "This guide",
    upkeep_intro: "It is as old as its date: have it written anew after each night, print it, and keep a copy where it is found when this machine is gone, with the policies and mailproof itself. Whether the records were altered:",
    sources: ["Records", "Policies"],
    readers: ["Read", "Tried out"],
    reader_blanks: ["Name", "Date", "Signature"],
};

const RESTORING: Restoring = Restoring {
    prepare: "Prepare",
    prepare_intro: "On a machine with mailproof (in the PATH), the policies and the key, with room for the mail. All commands are given in the folder in which this one makes `restored`; what comes back lies in the clear, so only its owner may read it:",
    prepare_then: "Is the store reached, does the key fit, and what is in the archive (mailboxes, folders)?",
    placeholder: "No archive is known by name: `mailproof list` shows which there are.",
    replace: |words| {
        format!(
            "To be replaced, and the quotes around it stay: {words}. An apostrophe within quotes is written as '\\''."
        )
    },
    keyless: "No policy names a key: in place of KEY-FILE write where it lies (see Keys). Where the archives are not encrypted, leave it out.",
    away: "If the store does not answer: the same archive from elsewhere will do, as a file under any name or from a second store.",
    example: |account| match account {
        Some(account) => format!(
            "Written for {account}. For another mailbox put its own address and its own archive into the commands; the table above has both. Where several archives have the mailbox, take all of them, the oldest first."
        ),
        None => "ADDRESS is whose mail it is: `mailproof show` lists the mailboxes of an archive.".to_owned(),
    },
    titles: ["Restore one message", "Restore one folder", "Restore one mailbox", "Restore everything"],
    intros: [
        "By what is known of it (all words must hold), or by its Message-ID:",
        "With the folders below it; the path is the one that `mailproof show --folders` lists:",
        "What is there already stays, so a restore into a Maildir or a mail server that ended early is run again:",
        "One command for each archive, in this order; mailboxes that are urgent can be restored alone before:",
    ],
    maildir: "To look at it (Maildir):",
    tgz: "For Zimbra's import (tgz; a file that is there is not written over: remove it, or name another one):",
    import: "Then bring the file to the mail server, where the account must exist, and as user zimbra, who must be able to read it:",
    import_all: "Then make the domains and accounts on the mail server (`zmprov cd`, `zmprov ca`), bring `restored` there, give it to the user zimbra (`chown -R zimbra: restored`), and as that user:",
    server: "Straight into the mail server, into a folder apart (`Restored`; without it all goes where it was):",
    several: "These archives belong together: the whole one first, then what changed since.",
    more: |language, number| {
        format!("and the same for {}", many(language, number, "more archive", "more archives"))
    },
    one_by_one: "Into a mail server one mailbox is restored at a time: see there.",
    after: "Check afterwards",
    checks: [
        [
            "The report's first line",
            "RESTORED and exit code 0; with 10 the report names each message that did not come back",
        ],
        ["Counts", "folders and messages in the report against `mailproof show --folders`"],
        [
            "By eye",
            "the newest and the oldest message, one with an attachment, a contact and an appointment; ask the mailbox's owner",
        ],
        [
            "What is newer than the archive",
            "is not in it: look on the old server, its queues, and with those who wrote",
        ],
        [
            "Clean up",
            "remove `restored/` when it is no longer needed, and keep the record that the restore left",
        ],
    ],
    by_hand: "Without mailproof",
    by_hand_intro: "With age, zstd and tar (and aws or another client of the store). Where one of them names an error, something is missing. Nothing checks the mail on this way but the last command, where the archive has a list of its own:",
    by_hand_login: |file| {
        format!(
            "The store's login lies in {file}: put its two values into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        )
    },
    by_hand_passphrase: |file| format!("age asks for the passphrase: it lies in {file}."),
    layers_unknown: "No record states how this archive is packed; this is the usual way (encrypted with age, compressed with zstd).",
    by_hand_then: "Exports of mailboxes (X.tgz) in it go into Zimbra as above, with `zmmailbox postRestURL`.",
};

const KEYS: Custody = Custody {
    title: "Keys",
    lost: [
        "Without the key",
        "every archive that was encrypted for it is lost for good; nobody can recover it. Copies belong off this machine and off the mail server, at two places, each known to two people.",
    ],
    opens: |policy| format!("Opens the archives of {policy}"),
    credential: |name| {
        format!("{name} (a credential of systemd: LoadCredential= of the unit says where it lies)")
    },
    passphrase: |file| format!("passphrase in {file}"),
    plugin: |name| format!("needs the program age-plugin-{name} and its device"),
    none: "the policy names no key: it is given by hand (`--identity FILE`); where it lies must be known",
    recipients: |kinds| format!("archives state recipients of the kind {kinds}"),
    opened: |archive, when, record| format!("opened {archive} on {when} (record {record})"),
    never_opened: "no record says that it ever opened an archive",
    others: "Other logins, which can be replaced",
    purposes: ["store", "mail server", "signature of the records"],
    copies: "Where the copies of the keys are, to be written by hand:",
    blanks: ["Copy kept at", "Held by", "Tried on"],
    key_of: |file| format!("Key {file}"),
};

const TESTING: Testing = Testing {
    measured: "How long it takes, how much is lost",
    never: "RTO and RPO were never measured: no rehearsal of a restore is recorded (`mailproof rehearse`).",
    rehearsal: |when, record, outcome| format!("Rehearsal of {when} (record {record}, {outcome})"),
    rto: |measured, target| format!("time to restore (RTO): {measured}, target {target}"),
    rpo: |measured, target| format!("mail that would be lost (RPO): {measured}, target {target}"),
    unknown: ["not measured", "none"],
    came_back: |rate| format!("put and read back at {rate}/s"),
    estimate: "Everything (an estimate, not a measurement)",
    estimated_then: |time| format!("{time}, as the rehearsal estimated from its part"),
    reading_takes: |language, time, bytes, rate, archives| {
        format!(
            "{time} for reading alone: {bytes} in {} at {rate}/s, the rate of the last verification; putting it back comes on top",
            many(language, archives, "archive", "archives")
        )
    },
    no_estimate: "none: no record states both the size and a rate",
    schedule: "What is tested when",
    tasks: ["What was run", "Task", "Runs", "Last run", "Result"],
    runs: |language, runs, passed| format!("{}, {} passed", language.count(runs), language.count(passed)),
    not_run: "Never run, as far as records tell",
    asks: "Asked for",
    asked: |policy, rung, rpo, rto| {
        let rpo = rpo.map_or(String::new(), |rpo| format!(", archives at most {rpo} old"));
        let rto = rto.map_or(String::new(), |rto| format!(", restored within {rto}"));
        format!("{policy}: {rung}{rpo}{rto}")
    },
    timers: "When the next run comes is set outside mailproof; look at the machine that runs it:",
    due: "Next to go stale",
    due_until: |what, until| format!("{what}: good until {until}"),
    nothing_due: "no requirement is answered by a record with a date (`mailproof evidence gaps`)",
};
