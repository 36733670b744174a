//! Sessions of Network Edition: whether everything is there that a restore needs, and whole.
//!
//! Input: the facts of the session trees in an archive. Output: findings, and why the rung is not proven. Invariant: no
//! item is ever counted as checked, as nothing in this layout states a digest.

mod accounts;
mod redologs;
#[cfg(test)]
mod tests;

use super::Meaning;
use crate::mailbox::zimbra::network_edition::{Facts, Label, Session, SessionKind};
use crate::verdict::{Coverage, Finding, Findings, Severity, Unit, kinds};

/// Judges the session trees of an archive; `ended` says that the archive was read to its end, so that what was not
/// seen is not there. Where there is no session and no list of accounts, nothing is said.
#[must_use]
pub fn judge(facts: &Facts, ended: bool) -> Meaning {
    let mut meaning = Meaning::default();
    let findings = &mut meaning.findings;
    findings.append(facts.faults.clone());
    for (label, session) in &facts.sessions {
        accounts::judge_places(label, session, findings);
        redologs::judge_each(label, session, findings);
        judge_dump(label, session, findings);
    }
    // Where not all was kept, nothing can be called missing.
    if ended && facts.unkept == 0 {
        judge_absences(facts, findings);
    }
    meaning.open = open(facts, ended);
    if !meaning.open.is_empty() {
        meaning.coverage = Coverage::none(Unit::Items);
    }
    meaning
}

fn judge_absences(facts: &Facts, findings: &mut Findings) {
    judge_ends(facts, findings);
    judge_list(facts, findings);
    let book = accounts::Book::new(facts);
    for (label, session) in finished(facts) {
        accounts::judge(label, session, &book, findings);
        judge_system(label, session, findings);
        judge_blobs(label, session, findings);
    }
    accounts::judge_listed(facts, &book, findings);
    redologs::judge_sequence(facts, findings);
    judge_base(facts, findings);
}

/// Sessions that came to their end.
fn finished(facts: &Facts) -> impl Iterator<Item = (&Label, &Session)> {
    facts.sessions.iter().filter(|(_, session)| session.has_xml)
}

fn judge_ends(facts: &Facts, findings: &mut Findings) {
    for (label, _) in facts.sessions.iter().filter(|(_, session)| !session.has_xml) {
        let finding = Finding::new(&kinds::NETWORK_EDITION_SESSION_ABORTED, format!("session {label}"));
        findings.push(finding.expected("session.xml").observed("none"));
    }
    for (label, files) in facts.unfinished.iter().filter(|(_, files)| **files > 0) {
        let subject =
            label.as_ref().map_or_else(|| "sessions_tmp".to_owned(), |label| format!("session {label}"));
        let finding = Finding::new(&kinds::NETWORK_EDITION_SESSION_ABORTED, subject);
        let finding = finding.expected("nothing in sessions_tmp").observed(format!("{files} files"));
        // A leftover takes nothing from the sessions beside it.
        let beside = finished(facts).next().is_some();
        findings.push(if beside { finding.severity(Severity::Warning) } else { finding });
    }
}

fn judge_list(facts: &Facts, findings: &mut Findings) {
    if facts.accounts_xml.is_some() || facts.sessions.is_empty() {
        return;
    }
    let finding = Finding::new(&kinds::NETWORK_EDITION_ACCOUNTS_XML_MISSING, "accounts.xml");
    let finding = finding.expected("the list of all accounts beside the sessions").observed("none");
    // A session that was packed by itself may have its list in another archive.
    findings.push(if facts.below_sessions { finding } else { finding.severity(Severity::Warning) });
}

fn judge_system(label: &Label, session: &Session, findings: &mut Findings) {
    let absent = [("sys/", session.system_files == 0), ("ldap/ldap.bak", session.ldap.is_none())];
    for (what, _) in absent.iter().filter(|(_, absent)| *absent && label.kind == SessionKind::Full) {
        let finding = Finding::new(&kinds::NETWORK_EDITION_SYSTEM_MISSING, format!("session {label}"));
        findings.push(finding.expected(*what).observed("none"));
    }
}

fn judge_dump(label: &Label, session: &Session, findings: &mut Findings) {
    if let Some(dump) = session.ldap
        && dump.whole
        && dump.entries == 0
    {
        let finding = Finding::new(&kinds::NETWORK_EDITION_LDAP_EMPTY, format!("session {label}: ldap.bak"));
        findings.push(finding.expected("entries of the directory").observed("none"));
    }
}

fn judge_blobs(label: &Label, session: &Session, findings: &mut Findings) {
    let due = label.kind == SessionKind::Full && !session.accounts.is_empty();
    if due && !session.has_blobs() {
        let finding = Finding::new(&kinds::NETWORK_EDITION_BLOBS_ABSENT, format!("session {label}"));
        findings.push(finding.observed("no blobs in this session"));
    }
}

fn judge_base(facts: &Facts, findings: &mut Findings) {
    let first = finished(facts).next();
    if let Some((label, _)) = first.filter(|(label, _)| label.kind == SessionKind::Incremental) {
        let finding = Finding::new(&kinds::NETWORK_EDITION_FULL_ELSEWHERE, format!("session {label}"));
        findings.push(finding.expected("a full session before it").observed("none in this archive"));
    }
}

/// Why the rung is not proven, in sentences.
fn open(facts: &Facts, ended: bool) -> Vec<String> {
    let nothing = facts.sessions.is_empty() && facts.unfinished.is_empty() && facts.accounts_xml.is_none();
    if nothing && facts.unkept == 0 {
        return Vec::new();
    }
    let mut open = vec![
        "items in sessions of Network Edition can't be compared with a digest, as none is stated there: \
         restore a sample and look at it"
            .to_owned(),
    ];
    if !ended {
        open.push("the archive was not read to its end, so nobody can say what its sessions lack".to_owned());
    }
    if facts.unkept > 0 {
        open.push(format!(
            "nobody can say what the sessions lack, as more is in them than is kept in memory ({} facts were not); \
             put fewer sessions into one archive",
            facts.unkept
        ));
    }
    let unread = facts.unread;
    let reasons = [
        (unread.links, "are links, whose content stands elsewhere"),
        (unread.too_long, "are longer than limits.text_size, which the policy can raise"),
        (unread.cut, "were cut"),
    ];
    let reasons = reasons.iter().filter(|(members, _)| *members > 0);
    open.extend(
        reasons.map(|(members, why)| {
            format!("{members} files of the sessions were not looked into: they {why}")
        }),
    );
    open.extend((ended && facts.unkept == 0).then(|| unknown_lists(facts)).into_iter().flatten());
    open
}

/// Lists in which no account was recognised.
fn unknown_lists(facts: &Facts) -> Vec<String> {
    let say =
        |list: String| format!("{list} names no account that is recognised, so nothing was compared with it");
    let sessions = finished(facts).filter(|(_, session)| session.listed.is_empty());
    let mut lists: Vec<_> =
        sessions.take(5).map(|(label, _)| say(format!("session.xml of {label}"))).collect();
    if facts.accounts_xml.as_ref().is_some_and(Vec::is_empty) {
        lists.push(say("accounts.xml".to_owned()));
    }
    lists
}
