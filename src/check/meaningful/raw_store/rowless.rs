//! Blobs without a row: a few are normal, many say that rows are missing.

use super::items::name_of_blob;
use super::{Meaning, name_of_mailbox};
use crate::mailbox::zimbra::store::{Blob, Facts};
use crate::verdict::{Finding, kinds};

/// Of how many rows one may be gone while its blob is still there.
const ROWS_FOR_ONE: u64 = 100;
/// How many in one mailbox are normal at most, and how many in all always are.
const MOST_OF_MAILBOX: u64 = 100;
const ALWAYS_IN_ALL: u64 = 10;
/// So many, if they are as many as the rows besides, are no accident.
const LOST: u64 = 10;

/// Counts them, mailbox by mailbox.
pub(super) struct Rowless<'a> {
    facts: &'a Facts,
    /// Some mailboxes are listed, so one that is not is unknown to Zimbra.
    listed: bool,
    mailbox: u32,
    /// Rows of the mailbox that state a blob.
    rows: u64,
    blobs: u64,
    /// The first of its blobs.
    first: Vec<Blob>,
    /// The same of all mailboxes.
    all_rows: u64,
    all_blobs: u64,
}

impl<'a> Rowless<'a> {
    pub(super) fn new(facts: &'a Facts) -> Self {
        let listed = facts.mailboxes.are_listed();
        let (mailbox, rows, blobs, first, all_rows, all_blobs) = (0, 0, 0, Vec::new(), 0, 0);
        Self { facts, listed, mailbox, rows, blobs, first, all_rows, all_blobs }
    }

    /// Takes in the rows of an item; items come in the order of their mailboxes.
    pub(super) fn add_rows(&mut self, mailbox: u32, rows: usize, meaning: &mut Meaning) {
        if mailbox != self.mailbox {
            self.leave(meaning);
            self.mailbox = mailbox;
        }
        self.rows += rows as u64;
    }

    /// Takes in a blob of the same mailbox that has no row.
    pub(super) fn add_blob(&mut self, blob: &Blob) {
        self.blobs += 1;
        if self.blobs <= MOST_OF_MAILBOX {
            self.first.push(*blob);
        }
    }

    /// Judges the mailbox that was counted.
    fn leave(&mut self, meaning: &mut Meaning) {
        let (rows, blobs) = (std::mem::take(&mut self.rows), std::mem::take(&mut self.blobs));
        self.all_rows += rows;
        if blobs == 0 {
            return;
        }
        self.all_blobs += blobs;
        let mailbox = self.facts.mailboxes.get(self.mailbox).copied().unwrap_or_default();
        if mailbox.rows == 0 && self.listed && !mailbox.listed {
            self.unknown(blobs, meaning);
        } else if mailbox.rows == 0 || (blobs > LOST && blobs >= rows) {
            self.lost(rows, blobs, meaning);
        } else if blobs > (rows / ROWS_FOR_ONE).clamp(1, MOST_OF_MAILBOX) {
            self.many(rows, blobs, meaning);
        } else {
            for blob in &self.first {
                let finding = Finding::new(&kinds::STORE_BLOB_UNEXPECTED, name_of_blob(self.facts, blob));
                let finding = finding.expected("a row with a digest").observed("a file and no such row");
                meaning.findings.push(finding);
            }
        }
        self.first.clear();
    }

    /// Nothing in the dumps speaks of the mailbox, though they list others.
    fn unknown(&self, blobs: u64, meaning: &mut Meaning) {
        let name = name_of_mailbox(self.facts, self.mailbox);
        let finding = Finding::new(&kinds::STORE_BLOB_UNEXPECTED, &name);
        let observed = format!("{blobs} blobs of a mailbox that zimbra.mailbox does not list");
        meaning.findings.push(finding.expected("a mailbox that is listed").observed(observed));
        meaning.open.push(format!(
            "The dumps know nothing of {name}, which has {blobs} blobs; if the account was deleted or moved, remove them on \
             the mail server with `zmpurgeoldmbox`, else dump again."
        ));
    }

    /// Rows are missing.
    fn lost(&self, rows: u64, blobs: u64, meaning: &mut Meaning) {
        let kind = &kinds::STORE_ROWS_MISSING;
        let finding = Finding::new(kind, name_of_mailbox(self.facts, self.mailbox))
            .expected("a row for each blob, but for a few")
            .observed(format!("{blobs} blobs without a row, {rows} rows that state a blob"))
            .remedy(kind.remedy.replace("MAILBOX", &self.mailbox.to_string()));
        meaning.findings.push(finding);
    }

    /// More than deletions during a copy explain.
    fn many(&self, rows: u64, blobs: u64, meaning: &mut Meaning) {
        let name = name_of_mailbox(self.facts, self.mailbox);
        let finding = Finding::new(&kinds::STORE_BLOB_UNEXPECTED, &name);
        let first = self.first.first().map(|blob| format!("; the first is of item {}", blob.item));
        let observed = format!("{blobs} blobs without a row{}", first.unwrap_or_default());
        meaning.findings.push(finding.expected(format!("hardly any, beside {rows} rows")).observed(observed));
        meaning.open.push(format!(
            "{name}: {blobs} blobs have no row, beside {rows} rows that state a blob; whether rows are missing can't be told: \
             take dump and store from one snapshot, and look at `zmblobchk --mailboxes {} start`.",
            self.mailbox
        ));
    }

    /// Judges the last mailbox, and all together.
    pub(super) fn finish(mut self, meaning: &mut Meaning) {
        self.leave(meaning);
        if self.all_blobs > (self.all_rows / ROWS_FOR_ONE).max(ALWAYS_IN_ALL) {
            meaning.open.push(format!(
                "{} blobs in all have no row, beside {} rows that state a blob; that is more than deletions during a copy \
                 explain: take dump and store from one snapshot.",
                self.all_blobs, self.all_rows
            ));
        }
    }
}
