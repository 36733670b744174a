//! The accounts of a session: each where it belongs, with all its files, and none missing.

use std::collections::{HashMap, HashSet};

use crate::mailbox::zimbra::network_edition::{Account, Facts, Label, Listed, Session, SessionKind};
use crate::verdict::{Finding, Findings, Severity, kinds};

/// Who is who: addresses by id.
pub(super) struct Book<'f>(HashMap<&'f str, &'f str>);

impl<'f> Book<'f> {
    pub(super) fn new(facts: &'f Facts) -> Self {
        let lists = facts.sessions.values().map(|session| &session.listed).chain(&facts.accounts_xml);
        let listed = lists.flatten().filter_map(|listed| Some((&*listed.id, listed.email.as_deref()?)));
        let accounts = facts.sessions.values().flat_map(|session| &session.accounts);
        let own = accounts.filter_map(|(id, account)| Some((&**id, account.email.as_deref()?)));
        Self(listed.chain(own).collect())
    }

    /// Names an account to people: by its address, else by its id.
    fn subject(&self, label: &Label, id: &str) -> String {
        match self.0.get(id) {
            Some(email) => format!("session {label}: {email}"),
            None => format!("session {label}: account {id}"),
        }
    }
}

/// Judges where the folders stand.
pub(super) fn judge_places(label: &Label, session: &Session, findings: &mut Findings) {
    for (id, _) in session.accounts.iter().filter(|(_, account)| !account.in_place) {
        let finding =
            Finding::new(&kinds::NETWORK_EDITION_ACCOUNT_MISPLACED, format!("session {label}: account {id}"));
        findings.push(
            finding.expected("a folder below the first six characters of its id").observed("another place"),
        );
    }
}

/// Judges what the accounts of a finished session have.
pub(super) fn judge(label: &Label, session: &Session, book: &Book<'_>, findings: &mut Findings) {
    for (id, account) in &session.accounts {
        judge_files(label, account, &book.subject(label, id), findings);
        judge_zips(account, &book.subject(label, id), findings);
    }
    if label.kind == SessionKind::Full && session.accounts.is_empty() && session.listed.is_empty() {
        let finding = Finding::new(&kinds::NETWORK_EDITION_ACCOUNT_MISSING, format!("session {label}"));
        findings.push(finding.expected("accounts").observed("none"));
    }
    let listed: HashSet<&str> = session.listed.iter().map(|listed| &*listed.id).collect();
    let unlisted = session.accounts.keys().filter(|id| !listed.is_empty() && !listed.contains(&***id));
    for id in unlisted {
        let finding = Finding::new(&kinds::NETWORK_EDITION_ACCOUNT_UNLISTED, book.subject(label, id));
        findings.push(finding.expected("its id in session.xml").observed("a folder alone"));
    }
}

fn judge_files(label: &Label, account: &Account, subject: &str, findings: &mut Findings) {
    let full = label.kind == SessionKind::Full;
    let due = [
        ("ldap.xml", true, account.ldap),
        ("meta.xml", full, account.meta),
        ("db/db_schema.xml", full, account.schema),
        ("tables in db/", full, account.tables > 0),
    ];
    for (file, ..) in due.iter().filter(|(_, due, there)| *due && !there) {
        let finding = Finding::new(&kinds::NETWORK_EDITION_ACCOUNT_INCOMPLETE, subject);
        findings.push(finding.expected(*file).observed("none"));
    }
}

/// A number may be any, so gaps are counted and the first is named; nothing is made for each.
fn judge_zips(account: &Account, subject: &str, findings: &mut Findings) {
    let mut numbers = account.zips.clone();
    numbers.sort_unstable();
    numbers.dedup();
    let Some(highest) = numbers.last() else { return };
    let there = numbers.iter().filter(|number| **number > 0).count() as u64;
    let missing = u64::from(*highest).saturating_sub(there);
    let first =
        (1_u32..).zip(numbers.iter().filter(|number| **number > 0)).find(|(due, there)| due != *there);
    if let Some((first, _)) = first {
        let finding = Finding::new(&kinds::NETWORK_EDITION_BLOBS_MISSING, subject);
        let finding = finding.expected(format!("blobs-1.zip to blobs-{highest}.zip"));
        findings.push(finding.observed(format!("{missing} missing, the first is blobs-{first}.zip")));
    }
}

/// Holds what is listed to what is there.
pub(super) fn judge_listed(facts: &Facts, book: &Book<'_>, findings: &mut Findings) {
    for (label, session) in super::finished(facts) {
        for listed in lacking(session, &session.listed) {
            let finding = missing(book.subject(label, &listed.id), "session.xml");
            // Without changes there may be nothing to write.
            let incremental = label.kind == SessionKind::Incremental;
            findings.push(if incremental { finding.severity(Severity::Warning) } else { finding });
        }
    }
    let told: HashSet<(&Label, &str)> = super::finished(facts)
        .flat_map(|(label, session)| session.listed.iter().map(move |listed| (label, &*listed.id)))
        .collect();
    for listed in facts.accounts_xml.iter().flatten() {
        let Some(label) = &listed.full else { continue };
        let session = facts.sessions.get(label).filter(|session| session.has_xml);
        let lacks = session.is_some_and(|session| !session.accounts.contains_key(&listed.id));
        if lacks && !told.contains(&(label, &*listed.id)) {
            findings.push(missing(book.subject(label, &listed.id), "accounts.xml"));
        }
    }
}

fn lacking<'s>(session: &'s Session, listed: &'s [Listed]) -> impl Iterator<Item = &'s Listed> {
    listed.iter().filter(|listed| !session.accounts.contains_key(&listed.id))
}

fn missing(subject: String, list: &str) -> Finding {
    Finding::new(&kinds::NETWORK_EDITION_ACCOUNT_MISSING, subject)
        .expected(format!("its folder, as {list} names it"))
        .observed("none")
}
