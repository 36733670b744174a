//! Redo logs: each closed and whole, all in one sequence.

use crate::mailbox::zimbra::network_edition::{Facts, Header, Label, Redolog, Session, SessionKind};
use crate::verdict::{Finding, Findings, Kind, Severity, kinds};

/// The major version of the format that is known.
const VERSION: u16 = 1;

/// Judges the logs of a session one by one.
pub(super) fn judge_each(label: &Label, session: &Session, findings: &mut Findings) {
    for log in session.redologs.iter().filter(|log| log.whole) {
        let finding = |kind: &'static Kind| Finding::new(kind, format!("session {label}: {}", log.name));
        let damaged = || finding(&kinds::NETWORK_EDITION_REDOLOG_DAMAGED);
        let Some(header) = log.header else {
            let observed = format!("{} bytes of something else", log.size);
            findings.push(damaged().expected("a redo log with a header of 512 bytes").observed(observed));
            continue;
        };
        if header.open {
            let finding = finding(&kinds::NETWORK_EDITION_REDOLOG_OPEN).expected("a log that is closed");
            findings.push(finding.observed("one that the server still writes"));
        }
        if let Some((expected, observed)) = damage(log, &header) {
            findings.push(damaged().expected(expected).observed(observed));
        }
    }
}

fn damage(log: &Redolog, header: &Header) -> Option<(String, String)> {
    let (major, minor) = header.version;
    if major != VERSION {
        return Some((format!("version {VERSION}.x"), format!("version {major}.{minor}")));
    }
    if header.size != log.size {
        return Some((format!("{} bytes, by its header", header.size), format!("{} bytes", log.size)));
    }
    if let Some(named) = log.named.filter(|named| *named != header.sequence) {
        return Some((
            format!("number {named}, by its name"),
            format!("number {} in its header", header.sequence),
        ));
    }
    (!log.begins_well).then(|| ("operations behind the header".to_owned(), "something else".to_owned()))
}

/// Judges the sequence within each finished session, and from one to the next.
pub(super) fn judge_sequence(facts: &Facts, findings: &mut Findings) {
    let mut before: Option<u64> = None;
    for (label, session) in super::finished(facts) {
        let mut numbers: Vec<_> = session.redologs.iter().filter_map(number).collect();
        numbers.sort_unstable();
        let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
            judge_none(label, session, findings);
            continue;
        };
        if let Some([one, next]) =
            numbers.array_windows().find(|[one, next]| one.checked_add(1) != Some(*next))
        {
            findings.push(gap(label, *one, *next));
        }
        // A young log is copied and not moved, so the next session has it too.
        if let Some(before) = before
            && before.checked_add(1).is_some_and(|due| due < *first)
        {
            findings.push(gap(label, before, *first).severity(Severity::Warning));
        }
        before = before.max(Some(*last));
    }
}

/// The number of a log: by its name, else by its header.
fn number(log: &Redolog) -> Option<u64> {
    log.named.or_else(|| log.header.map(|header| header.sequence))
}

fn gap(label: &Label, one: u64, next: u64) -> Finding {
    Finding::new(&kinds::NETWORK_EDITION_REDOLOG_GAP, format!("session {label}"))
        .expected(format!("number {} behind number {one}", one.saturating_add(1)))
        .observed(format!("number {next}"))
}

fn judge_none(label: &Label, session: &Session, findings: &mut Findings) {
    if label.kind == SessionKind::Incremental && session.redologs.is_empty() {
        let finding = Finding::new(&kinds::NETWORK_EDITION_REDOLOG_GAP, format!("session {label}"));
        let finding = finding.expected("redo logs").observed("none");
        findings.push(finding.severity(Severity::Warning));
    }
}
