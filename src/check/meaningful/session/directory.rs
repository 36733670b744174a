//! Every account of a session has its entry of the directory, whole and its own.

use std::collections::BTreeMap;

use super::{Seen, is_option};
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::ldif::{Entry, Summary};
use crate::mailbox::zimbra::zmbackup::{Accounts, Content, Directory, SessionKind};
use crate::verdict::{Finding, Kind, Severity, kinds};

/// Judges the LDIF of a session.
pub(super) fn judge(seen: &Seen<'_>, meaning: &mut Meaning) {
    let session = seen.session;
    let about = |kind: &'static Kind, account: &str| seen.finding_of(kind, account);
    // zmbackup 2.0 saves mail alone in incremental sessions.
    let expected = match session.name.kind {
        SessionKind::Incremental => session.accounts.values().any(|files| files.directory.is_some()),
        kind => kind.has_directory(),
    };
    for (account, files) in &session.accounts {
        match &files.directory {
            Some(directory) => {
                content(account, directory, session.name.kind.is_of_accounts(), &about, meaning)
            }
            None if expected => {
                let finding = about(&kinds::SESSION_DIRECTORY_MISSING, account);
                meaning.findings.push(finding.expected("its entry of the directory").observed("none"));
            }
            None => {}
        }
    }
    if session.name.kind.is_of_accounts() {
        twins(&session.accounts, &about, meaning);
    }
}

/// Judges what one LDIF holds; `about` makes findings about an account.
pub(super) fn content(
    account: &str,
    directory: &Directory,
    of_accounts: bool,
    about: &dyn Fn(&'static Kind, &str) -> Finding,
    meaning: &mut Meaning,
) {
    let summary = match &directory.content {
        Content::Whole(summary) => summary,
        // Said once for all that was not kept.
        Content::Unkept => return,
        Content::Cut => {
            return meaning.leave_open(|| format!("the LDIF of {account} was not read to its end"));
        }
        Content::Link => {
            return meaning.leave_open(|| {
                format!("the LDIF of {account} is a link and was not read; archive the file itself")
            });
        }
    };
    if let Some(fault) = summary.fault {
        let observed = format!("line {}: {}", fault.line, fault.kind);
        let finding = about(&kinds::SESSION_DIRECTORY_MALFORMED, account);
        meaning.findings.push(finding.expected("LDIF (RFC 2849)").observed(observed));
        return;
    }
    match &summary.own {
        None => return empty(account, directory.size, about, meaning),
        Some(own) if of_accounts => entry(account, own, summary, about, meaning),
        Some(_) => {}
    }
    if summary.unclosed {
        meaning.leave_open(|| {
            format!(
                "the LDIF of {account} ends without the empty line that closes each entry, so lines may be missing: \
                 compare its end with the file on the mail server, where `zmprov ga {account}` shows all attributes"
            )
        });
    }
}

fn empty(account: &str, size: u64, about: &dyn Fn(&'static Kind, &str) -> Finding, meaning: &mut Meaning) {
    let mut finding = about(&kinds::SESSION_DIRECTORY_EMPTY, account)
        .expected("an entry of the directory (`dn:`)")
        .observed(format!("none in {size} bytes"));
    if is_option(account) {
        finding = finding.remedy(format!(
            "`{account}` was taken for an account and nothing was backed up: call `zmbackup -f` without it."
        ));
    }
    meaning.findings.push(finding);
}

/// Judges the account's own entry.
fn entry(
    account: &str,
    own: &Entry,
    summary: &Summary,
    about: &dyn Fn(&'static Kind, &str) -> Finding,
    meaning: &mut Meaning,
) {
    let missing = missing(own);
    if !missing.is_empty() {
        let finding = about(&kinds::SESSION_DIRECTORY_INCOMPLETE, account)
            .expected("what Zimbra gives every account, and its userPassword")
            .observed(format!("without {}", missing.join(", ")));
        meaning.findings.push(match &missing[..] {
            // Where another system checks passwords, Zimbra needs none.
            ["userPassword"] => finding.severity(Severity::Warning).remedy(
                "Legal where another system checks passwords (`zmprov gd DOMAIN zimbraAuthMech`); \
                 otherwise check that LDAPADMIN in zmbackup.conf may read passwords.",
            ),
            _ => finding,
        });
    }
    if !own.names_owner {
        let observed = match &own.addresses[..] {
            [] => "no address".to_owned(),
            [first, ..] => format!("{first}, in the best of {} entries", summary.entries),
        };
        let finding = about(&kinds::SESSION_DIRECTORY_FOREIGN, account);
        meaning.findings.push(finding.expected("a `mail` or `uid` as the file is named").observed(observed));
    }
}

/// What an account's entry lacks of what Zimbra writes into every one (`LdapProvisioning.createAccount`).
fn missing(own: &Entry) -> Vec<&'static str> {
    let needed = [
        (own.is_account, "objectClass zimbraAccount"),
        (own.zimbra_id.is_some(), "zimbraId"),
        (own.has_uid, "uid"),
        (!own.addresses.is_empty(), "mail"),
        (own.has_delivery_address, "zimbraMailDeliveryAddress"),
        (own.has_name, "cn"),
        (own.has_surname, "sn"),
        (own.has_password, "userPassword"),
    ];
    needed.iter().filter(|(there, _)| !there).map(|(_, name)| *name).collect()
}

/// Two accounts of one session can't have the same `zimbraId`: one of the files is the other's.
fn twins(accounts: &Accounts, about: &dyn Fn(&'static Kind, &str) -> Finding, meaning: &mut Meaning) {
    let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
    for (account, files) in accounts {
        let Some(Directory { content: Content::Whole(Summary { own: Some(own), .. }), .. }) =
            &files.directory
        else {
            continue;
        };
        let Some(id) = &own.zimbra_id else { continue };
        if let Some(other) = owners.insert(id, account) {
            let finding = about(&kinds::SESSION_DIRECTORY_FOREIGN, account);
            meaning
                .findings
                .push(finding.expected("a zimbraId of its own").observed(format!("that of {other}")));
        }
    }
}
