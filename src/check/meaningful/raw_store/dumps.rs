//! The dumps themselves: readable, whole, rightly named; what their rows leave unsaid.

use super::{Meaning, View};
use crate::mailbox::zimbra::store::sql::{Cut, Ending};
use crate::mailbox::zimbra::store::{Dump, DumpFault, Facts, Mailboxes};
use crate::verdict::{Finding, Severity, kinds};

pub(super) fn examine(view: &View<'_>, meaning: &mut Meaning) {
    let facts = view.facts;
    for dump in &facts.dumps {
        judge(dump, meaning);
    }
    digests(facts, meaning);
    elsewhere(facts, meaning);
}

/// Names files that would be dumps of nothing, in an archive that holds nothing else of a raw copy.
pub(super) fn examine_empty(facts: &Facts, meaning: &mut Meaning) {
    for dump in facts.dumps.iter().filter(|dump| dump.fault == Some(DumpFault::Empty)) {
        let finding = unreadable(dump, EMPTY.to_owned());
        meaning.findings.push(finding.severity(Severity::Warning));
    }
}

const EMPTY: &str = "a file of 0 bytes, or gzip of nothing";

/// What is wrong with one dump.
fn judge(dump: &Dump, meaning: &mut Meaning) {
    if let Some(fault) = dump.fault {
        unread(dump, fault, meaning);
    } else {
        ending(dump, meaning);
    }
    if dump.summary.no_columns {
        let observed = "rows without the definition of their table or its columns".to_owned();
        meaning.findings.push(unreadable(dump, observed));
    }
    if dump.summary.bad_rows > 0 {
        let observed = format!("{} rows that don't fit their table", dump.summary.bad_rows);
        meaning.findings.push(unreadable(dump, observed));
    }
    if dump.summary.unread > 0 {
        meaning.open.push(format!(
            "{}: {} statements fill Zimbra's tables in a form that is not read here (`INSERT … SELECT`, `INSERT … SET`, \
             `LOAD DATA`, a temporary table, a comment for a version that no server has), so rows are missing; dump with plain \
             `mysqldump`.",
            dump.source, dump.summary.unread
        ));
    }
    if dump.summary.undone > 0 {
        meaning.open.push(format!(
            "{}: {} statements take away what stands before them (`DROP`, `TRUNCATE`, `DELETE`, `UPDATE`, `RENAME`, \
             `ROLLBACK`) and are not followed, so which rows a restore leaves is not known; dump anew, each time into a file \
             of its own.",
            dump.source, dump.summary.undone
        ));
    }
    let readable = matches!(dump.fault, None | Some(DumpFault::Gzip(_)));
    if readable && dump.named_gzip != dump.gzip {
        let form = |gzip: bool| if gzip { "gzip" } else { "plain SQL" };
        let finding = Finding::new(&kinds::STORE_DUMP_MISNAMED, &dump.source);
        meaning.findings.push(finding.expected(form(dump.named_gzip)).observed(form(dump.gzip)));
    }
}

/// Whether a dump that could be read is whole.
fn ending(dump: &Dump, meaning: &mut Meaning) {
    let lack = match dump.summary.ending {
        Ending::Cut(Cut::Statement) => "half a statement",
        Ending::Cut(Cut::LastLine) => "no `-- Dump completed`",
        Ending::Cut(Cut::Lock) => "`LOCK TABLES` and no `UNLOCK TABLES`",
        Ending::Cut(Cut::Transaction) => "a transaction without `COMMIT`",
        Ending::Completed | Ending::Unsaid => return unended(dump, meaning),
    };
    let observed = format!("{lack} at its end, after {} rows", dump.summary.rows);
    let finding = Finding::new(&kinds::STORE_DUMP_TRUNCATED, &dump.source);
    meaning.findings.push(finding.expected("a dump with its last line").observed(observed));
}

fn unended(dump: &Dump, meaning: &mut Meaning) {
    if dump.is_unended() {
        let finding = Finding::new(&kinds::STORE_DUMP_UNENDED, &dump.source).expected("`-- Dump completed`");
        let observed = format!("{} rows, and nothing that says these are all", dump.summary.rows);
        meaning.findings.push(finding.observed(observed));
        meaning.open.push(format!(
            "{} has no last line, so it may have been cut between two statements; dump without `--skip-comments` and `--compact`.",
            dump.source
        ));
    }
}

/// Why a dump could not be read to its end.
fn unread(dump: &Dump, fault: DumpFault, meaning: &mut Meaning) {
    let finding = match fault {
        DumpFault::Empty => unreadable(dump, EMPTY.to_owned()),
        DumpFault::Foreign(name) if dump.is_zimbras() => unreadable(dump, name.to_owned()),
        DumpFault::Foreign(name) => unreadable(dump, name.to_owned()).severity(Severity::Warning),
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

/// Rows that should state a digest and don't, or state something else.
fn digests(facts: &Facts, meaning: &mut Meaning) {
    if facts.undigested > 0 {
        let finding = Finding::new(&kinds::STORE_DUMP_UNREADABLE, "mail_item");
        let observed = format!("{} rows whose blob_digest is none", facts.undigested);
        meaning.findings.push(finding.expected("SHA-256 or SHA-1 in Zimbra's base64").observed(observed));
    }
    if let Some((mailbox, folder, item)) = facts.first_bare {
        let subject = format!("mailbox {mailbox}: folder {folder}, item {item}");
        let finding = Finding::new(&kinds::STORE_DIGEST_MISSING, subject)
            .expected("a digest in the row of each message and document")
            .observed(format!("none in {} rows, of which this is the first", facts.bare))
            .remedy(kinds::STORE_DIGEST_MISSING.remedy.replace("MAILBOX", &mailbox.to_string()));
        meaning.findings.push(finding);
    }
    if facts.untyped > 0 {
        meaning.open.push(format!(
            "{} rows state neither a digest nor what they are, so whether a blob belongs to them can't be judged; dump all \
             columns.",
            facts.untyped
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
    if facts.mailboxes.over > 0 {
        meaning.open.push(format!(
            "{} rows and blobs belong to mailboxes beyond the {} that are remembered; put fewer into one archive.",
            facts.mailboxes.over,
            Mailboxes::MOST
        ));
    }
}
