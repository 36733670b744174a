//! Every account of a session has its mail.
//!
//! zmbackup 1.2 removes an export of zero bytes and reports success (its issue 191); 2.0 keeps it. A full export is
//! never empty, as even an empty mailbox has folders (`ArchiveFormatter.java`). An incremental one is, where nothing
//! is new (HTTP 204), and that can't be told from a failure: it is a warning, as it happens every night, and open, as
//! nobody looked at any mail of that account.

use super::listing::Told;
use super::{Seen, is_option, subject};
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::zmbackup::SessionKind;
use crate::verdict::{Coverage, Unit, kinds};

/// How many accounts one finding names.
const NAMED: usize = 5;

/// Judges the exports of a session.
pub(super) fn judge(seen: &Seen<'_>, meaning: &mut Meaning) {
    if !seen.session.name.kind.has_mail() {
        return;
    }
    let mut uncertain = Vec::new();
    for (account, mail) in expected(seen) {
        let incremental = seen.session.name.kind == SessionKind::Incremental;
        match (mail, seen.is_listed(account)) {
            (Some(size), _) if size > 0 => {}
            (Some(_), _) if incremental => uncertain.push(account),
            (Some(_), _) => {
                let finding = seen.finding_of(&kinds::SESSION_MAIL_EMPTY, account);
                meaning.findings.push(finding.expected("an export of the mailbox").observed("0 bytes"));
            }
            (None, listed) if incremental && listed != Some(false) => uncertain.push(account),
            (None, listed) => {
                let finding = seen.finding_of(&kinds::SESSION_MAIL_MISSING, account);
                let observed = match listed {
                    Some(true) => {
                        "none, though the catalogue calls it done: an export of 0 bytes is removed and taken for success"
                    }
                    Some(false) => {
                        "none, and the catalogue does not list the account: its export ended with an error"
                    }
                    None => "none",
                };
                meaning.findings.push(finding.expected("an export of the mailbox").observed(observed));
            }
        }
    }
    if !uncertain.is_empty() {
        say_uncertain(seen, &uncertain, meaning);
    }
}

/// The accounts that should have an export, with its size: those with a file, and in sessions of mail alone those
/// that are listed.
fn expected<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = (&'a str, Option<u64>)> {
    let session = seen.session;
    let there = session.accounts.iter().map(|(account, files)| (&**account, files.mail));
    let mail_alone = matches!(session.name.kind, SessionKind::Incremental | SessionKind::Mailbox);
    let row = seen.listed.sessions.get(&session.name).filter(|_| mail_alone && seen.whole);
    let listed = row.into_iter().flat_map(Told::accounts);
    let without = listed.filter(|account| !session.accounts.contains_key(*account));
    there.chain(without.map(|account| (account, None))).filter(|(account, _)| !is_option(account))
}

/// The first of these accounts by name, and how many more.
pub(super) fn named(accounts: &[&str]) -> String {
    let mut named = accounts[..accounts.len().min(NAMED)].join(", ");
    if accounts.len() > NAMED {
        named.push_str(&format!(" and {} more", accounts.len() - NAMED));
    }
    named
}

/// One finding for all, as on a quiet night there are many.
fn say_uncertain(seen: &Seen<'_>, accounts: &[&str], meaning: &mut Meaning) {
    let named = named(accounts);
    let finding = seen.finding(&kinds::SESSION_MAIL_UNCERTAIN);
    let observed = format!("none of {} accounts: {named}", accounts.len());
    meaning.findings.push(finding.expected("exports of new mail").observed(observed));
    let why = || {
        format!(
            "{}: no mail came of {} accounts ({named}), which may be a quiet night or a failure; \
         ask the mail server with `zmmailbox -z -m ACCOUNT search -t message 'after:-2d'`",
            subject(seen.path, seen.session.name),
            accounts.len()
        )
    };
    // Where none has mail, it is the session that may have failed.
    let some = seen.session.accounts.values().any(|files| files.mail.is_some_and(|size| size > 0));
    if some {
        meaning.leave_to_increments(why)
    } else {
        meaning.leave_open(why)
    }
    meaning.coverage = Coverage::none(Unit::Items);
}
