//! The dumps themselves: readable, whole, rightly named, one for each group.

use std::collections::{BTreeMap, BTreeSet};

use super::{Meaning, View};
use crate::mailbox::zimbra::store::{Dump, DumpFault, Facts, Mailbox};
use crate::verdict::{Finding, kinds};

/// Groups of mailboxes that a server has (`zimbra_mailbox_groups`).
const GROUPS: u32 = 100;

pub(super) fn examine(view: &View<'_>, meaning: &mut Meaning) {
    let facts = view.facts;
    for dump in &facts.dumps {
        judge(dump, meaning);
    }
    if facts.undigested > 0 {
        let finding = Finding::new(&kinds::STORE_DUMP_UNREADABLE, "mail_item");
        let observed = format!("{} rows whose blob_digest is none", facts.undigested);
        meaning.findings.push(finding.expected("SHA-256 or SHA-1 in Zimbra's base64").observed(observed));
    }
    if view.rows_complete && facts.has_dump() {
        groups(facts, meaning);
    }
    twice(facts, meaning);
    elsewhere(facts, meaning);
}

/// What is wrong with one dump.
fn judge(dump: &Dump, meaning: &mut Meaning) {
    if let Some(fault) = dump.fault {
        unread(dump, fault, meaning);
    } else if dump.summary.truncated {
        let rows = dump.summary.rows;
        let observed = format!("no `-- Dump completed` at its end, or half a statement, after {rows} rows");
        let finding = Finding::new(&kinds::STORE_DUMP_TRUNCATED, &dump.source);
        meaning.findings.push(finding.expected("a dump with its last line").observed(observed));
    }
    if dump.summary.no_columns {
        let observed = "rows without the definition of their table or its columns".to_owned();
        meaning.findings.push(unreadable(dump, observed));
    }
    if dump.summary.bad_rows > 0 {
        let observed = format!("{} rows that don't fit their table", dump.summary.bad_rows);
        meaning.findings.push(unreadable(dump, observed));
    }
    let readable = matches!(dump.fault, None | Some(DumpFault::Gzip(_)));
    if readable && dump.named_gzip != dump.gzip {
        let form = |gzip: bool| if gzip { "gzip" } else { "plain SQL" };
        let finding = Finding::new(&kinds::STORE_DUMP_MISNAMED, &dump.source);
        meaning.findings.push(finding.expected(form(dump.named_gzip)).observed(form(dump.gzip)));
    }
}

/// Why a dump could not be read to its end.
fn unread(dump: &Dump, fault: DumpFault, meaning: &mut Meaning) {
    let finding = match fault {
        DumpFault::Empty => unreadable(dump, "a file of 0 bytes".to_owned()),
        DumpFault::Foreign(name) => unreadable(dump, name.to_owned()),
        DumpFault::Gzip(kind) => unreadable(dump, format!("broken gzip ({})", kind.id)),
        DumpFault::OverLimit => Finding::new(&kinds::LIMIT_UNPACKED_SIZE, &dump.source)
            .expected("a dump within limits.unpacked_size and limits.ratio")
            .observed(format!("more, out of {} bytes", dump.bytes)),
        DumpFault::Cut => {
            meaning.open.push(format!("The archive was cut inside {}, so rows are missing.", dump.source));
            return;
        }
    };
    meaning.findings.push(finding);
}

fn unreadable(dump: &Dump, observed: String) -> Finding {
    let finding = Finding::new(&kinds::STORE_DUMP_UNREADABLE, &dump.source);
    finding.expected("a dump of MySQL or MariaDB").observed(observed)
}

/// The group of a mailbox: as `zimbra.mailbox` states it, else as Zimbra computes it.
pub(super) fn group_of(id: u32, mailbox: &Mailbox) -> u32 {
    mailbox.group.unwrap_or_else(|| id.saturating_sub(1) % GROUPS + 1)
}

/// Groups of which rows or at least the table were there.
pub(super) fn dumped(facts: &Facts) -> BTreeSet<u32> {
    let with_rows = facts.mailboxes.iter().filter(|(_, mailbox)| mailbox.rows > 0);
    with_rows.map(|(id, mailbox)| group_of(*id, mailbox)).chain(facts.groups.iter().copied()).collect()
}

/// What would be lost with a group.
#[derive(Default)]
struct Lost {
    mailboxes: u64,
    first: Option<u32>,
    blobs: u64,
}

fn groups(facts: &Facts, meaning: &mut Meaning) {
    let dumped = dumped(facts);
    let mut missing: BTreeMap<u32, Lost> = BTreeMap::new();
    for (id, mailbox) in facts.mailboxes.iter().filter(|(_, mailbox)| !is_newer(facts, mailbox)) {
        let group = group_of(*id, mailbox);
        if !dumped.contains(&group) {
            let lost = missing.entry(group).or_default();
            lost.mailboxes += 1;
            lost.first.get_or_insert(*id);
            lost.blobs += mailbox.blobs;
        }
    }
    for (group, lost) in missing {
        let Lost { mailboxes, first, blobs } = lost;
        let first = first.unwrap_or_default();
        let finding = Finding::new(&kinds::STORE_GROUP_MISSING, format!("mboxgroup{group}"));
        meaning.findings.push(
            finding
                .expected(format!(
                    "a dump, as {mailboxes} mailboxes are in this group (the first is {first})"
                ))
                .observed(format!("none; {blobs} blobs belong to them")),
        );
    }
}

/// Holds for a mailbox that no dump knows and whose blobs were all written after the dumps.
fn is_newer(facts: &Facts, mailbox: &Mailbox) -> bool {
    let later = |oldest: u32| u64::from(oldest) > facts.newest_change;
    !mailbox.listed && mailbox.rows == 0 && mailbox.oldest_blob.is_some_and(later)
}

/// Rows of two dumps can't both be the latest.
fn twice(facts: &Facts, meaning: &mut Meaning) {
    let mut seen = BTreeSet::new();
    let mut doubled = BTreeSet::new();
    for group in facts.dumps.iter().flat_map(|dump| &dump.summary.groups) {
        if !seen.insert(group) {
            doubled.insert(group);
        }
    }
    if let Some(group) = doubled.first() {
        meaning.open.push(format!(
            "{} groups (mboxgroup{group} is the first) stand in more than one dump; rows of all dumps were judged, though \
             older ones may rightly state files that are gone.",
            doubled.len()
        ));
    }
}

fn elsewhere(facts: &Facts, meaning: &mut Meaning) {
    if facts.external > 0 {
        meaning.open.push(format!(
            "{} rows place their blob in an external store, which is not part of this archive.",
            facts.external
        ));
    }
    if facts.unplaced > 0 {
        meaning.open.push(format!(
            "{} rows state a digest and no volume; Zimbra has no file for them.",
            facts.unplaced
        ));
    }
}
