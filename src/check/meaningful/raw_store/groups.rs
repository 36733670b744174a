//! Groups and mailboxes as a whole: a dump for each group, rows for each mailbox that is listed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Meaning, View};
use crate::mailbox::zimbra::store::sql::Database;
use crate::mailbox::zimbra::store::{Facts, Mailbox};
use crate::verdict::{Finding, kinds};

/// Groups of mailboxes that a server has (`zimbra_mailbox_groups`).
const GROUPS: u32 = 100;

pub(super) fn examine(view: &View<'_>, meaning: &mut Meaning) {
    let facts = view.facts;
    if facts.has_dump() {
        unlisted(facts, meaning);
    }
    if view.rows_complete && facts.has_dump() {
        let dumped = dumped(facts);
        missing(facts, &dumped, meaning);
        without_rows(facts, &dumped, meaning);
    }
    twice(facts, meaning);
}

/// Only `zimbra.mailbox` says whose mailbox is whose, and that none is missing.
fn unlisted(facts: &Facts, meaning: &mut Meaning) {
    if !facts.mailboxes.are_listed() {
        meaning.open.push(
            "No dump lists the mailboxes (`zimbra.mailbox`), so nothing says whose mailbox is whose, nor whether one is \
             missing; dump the database `zimbra` as well, best with `mysqldump --single-transaction --all-databases`."
                .to_owned(),
        );
        return;
    }
    let mut unlisted = facts.mailboxes.iter().filter(|(_, mailbox)| mailbox.rows > 0 && !mailbox.listed);
    if let Some((first, _)) = unlisted.next() {
        meaning.open.push(format!(
            "{} mailboxes (the first is {first}) have rows, and `zimbra.mailbox` does not list them, so nothing says whose \
             they are; dump all databases at once with `mysqldump --single-transaction --all-databases`.",
            unlisted.count() + 1
        ));
    }
}

/// The group of a mailbox: as `zimbra.mailbox` states it, else as Zimbra computes it.
pub(super) fn group_of(id: u32, mailbox: &Mailbox) -> u32 {
    mailbox.group().unwrap_or_else(|| id.saturating_sub(1) % GROUPS + 1)
}

/// Groups of which `mail_item` was there, with rows or without.
pub(super) fn dumped(facts: &Facts) -> BTreeSet<u32> {
    let with_rows = facts.mailboxes.iter().filter(|(_, mailbox)| mailbox.rows > 0);
    with_rows.map(|(id, mailbox)| group_of(id, mailbox)).chain(facts.groups.iter().copied()).collect()
}

/// What would be lost with a group.
#[derive(Default)]
struct Lost {
    mailboxes: u64,
    first: Option<u32>,
    blobs: u64,
}

fn missing(facts: &Facts, dumped: &BTreeSet<u32>, meaning: &mut Meaning) {
    let mut missing: BTreeMap<u32, Lost> = BTreeMap::new();
    for (id, mailbox) in facts.mailboxes.iter().filter(|(_, mailbox)| !is_newer(facts, mailbox)) {
        let group = group_of(id, mailbox);
        if !dumped.contains(&group) {
            let lost = missing.entry(group).or_default();
            lost.mailboxes += 1;
            lost.first.get_or_insert(id);
            lost.blobs += u64::from(mailbox.blobs);
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
                .observed(format!("no `mail_item` of it; {blobs} blobs belong to them")),
        );
    }
}

/// Holds for a mailbox that no dump knows and whose blobs were all written after the dumps.
fn is_newer(facts: &Facts, mailbox: &Mailbox) -> bool {
    !mailbox.listed && mailbox.rows == 0 && is_later(facts, mailbox)
}

/// Holds if there are blobs, and all were written after the newest change of any row.
fn is_later(facts: &Facts, mailbox: &Mailbox) -> bool {
    mailbox.oldest_blob().is_some_and(|oldest| u64::from(oldest) > facts.newest_change)
}

/// Zimbra makes a mailbox together with its folders, so one without a row is no older than the dump of its group. Where
/// there are older blobs, these tell that rows are missing.
fn without_rows(facts: &Facts, dumped: &BTreeSet<u32>, meaning: &mut Meaning) {
    let bare = |(id, mailbox): &(u32, &Mailbox)| {
        let silent = mailbox.blobs == 0 || is_later(facts, mailbox);
        mailbox.listed && mailbox.rows == 0 && silent && dumped.contains(&group_of(*id, mailbox))
    };
    let mut bare = facts.mailboxes.iter().filter(bare);
    if let Some((first, _)) = bare.next() {
        meaning.open.push(format!(
            "{} mailboxes (the first is {first}) are listed, and the dump of their group holds no row of them, not even of \
             their folders; if they are not new, dump again with `mysqldump --single-transaction --all-databases`.",
            bare.count() + 1
        ));
    }
}

/// Rows of two dumps can't both be the latest.
fn twice(facts: &Facts, meaning: &mut Meaning) {
    let mut seen = BTreeSet::new();
    let mut doubled = BTreeSet::new();
    for summary in facts.dumps.iter().map(|dump| &dump.summary) {
        let list = summary.lists.then_some(Database::Zimbra);
        let databases = summary.groups.iter().copied().map(Database::Group).chain(list);
        doubled.extend(databases.filter(|database| !seen.insert(*database)));
        doubled.extend(&summary.repeated);
    }
    if let Some(first) = doubled.first() {
        meaning.open.push(format!(
            "{} databases ({first} is the first) were dumped more than once, into several files or one behind the other; rows \
             of all dumps were judged, and which a restore takes is not known: keep one dump of each, in a file of its own.",
            doubled.len()
        ));
    }
}
