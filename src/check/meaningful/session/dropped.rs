//! Accounts that the session before had and the newest one has not.
//!
//! zmbackup asks LDAP for all accounts. If the answer comes back short, what is missing is missing from the files and from
//! the catalogue alike, and the session is called completed. Accounts are deleted in life, so it is a warning.

use std::collections::BTreeSet;

use jiff::ToSpan;

use super::listing::{Listed, Told};
use super::mail::named;
use super::{is_option, subject};
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::zmbackup::{Place, SessionKind, SessionName, Status};
use crate::verdict::{Finding, kinds};

/// Compares the newest session of all accounts that is in the archive with the one before it.
///
/// A session for single accounts (`zmbackup -f -a`) is made between those of all: what came in the 20 hours up to the newest
/// counts together, and is compared with the last one before.
pub(super) fn judge(place: &Place, listed: &Listed<'_>, path: &str, meaning: &mut Meaning) {
    let known = known(place, listed);
    let here = |name: &&SessionName| place.sessions.iter().any(|session| session.name == **name);
    let Some(newest) = known.iter().rev().find(here).copied() else { return };
    let Ok(since) = newest.started.checked_sub(20.hours()) else { return };
    let Some(before) = known.iter().rev().find(|name| name.started < since).copied() else { return };
    let since = known.iter().filter(|name| name.started >= since && **name <= newest);
    let now: BTreeSet<&str> = since.flat_map(|name| accounts(*name, place, listed)).collect();
    let dropped: BTreeSet<&str> = accounts(before, place, listed)
        .filter(|account| !now.contains(account) && !is_option(account))
        .collect();
    if dropped.is_empty() || now.is_empty() {
        return;
    }
    let dropped: Vec<_> = dropped.into_iter().collect();
    let finding = Finding::new(&kinds::SESSION_ACCOUNT_DROPPED, subject(path, newest));
    meaning.findings.push(finding.expected(format!("the accounts of session {before}")).observed(format!(
        "neither files nor a line of {}: {}",
        dropped.len(),
        named(&dropped)
    )));
}

/// The sessions of all accounts that are in the archive or listed, but for those that were not completed, in order.
fn known(place: &Place, listed: &Listed<'_>) -> BTreeSet<SessionName> {
    let here = place.sessions.iter().map(|session| session.name);
    let known = here.chain(listed.sessions.keys().copied());
    known
        .filter(|name| matches!(name.kind, SessionKind::Full | SessionKind::Incremental))
        .filter(|name| listed.sessions.get(name).is_none_or(|row| row.status == Status::Finished))
        .collect()
}

/// The accounts of a session: those with files, and those that are listed.
fn accounts<'a>(
    name: SessionName,
    place: &'a Place,
    listed: &'a Listed<'_>,
) -> impl Iterator<Item = &'a str> {
    let session = place.sessions.iter().find(move |session| session.name == name);
    let there = session.into_iter().flat_map(|session| session.accounts.keys().map(|account| &**account));
    there.chain(listed.sessions.get(&name).into_iter().flat_map(Told::accounts))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{listed, one};
    use super::super::{Timing, sessions};
    use crate::mailbox::zimbra::zmbackup::fixture::{Archive, text};
    use crate::verdict::Severity::{self, Warning};

    const FIRST: &str = "full-20261122233000";
    const SECOND: &str = "full-20261123233000";

    fn found(archive: Archive) -> Vec<(Severity, &'static str, String)> {
        listed(&sessions(&archive.finish(), &Timing::default()))
    }

    fn dropped(session: &str) -> Vec<(Severity, &'static str, String)> {
        one(Warning, "session-account-dropped", &format!("session {session}"))
    }

    #[test]
    fn an_account_that_the_session_before_had_is_told() {
        let both: &[&str] = &["anna", "bob"];
        let second = || Archive::new().account(SECOND, "anna");
        let lists = || text(&[(FIRST, both), (SECOND, &["anna"])]);
        assert_eq!(found(second().file("sessions.txt", lists())), dropped(SECOND));
        let beside = second().account(FIRST, "anna").account(FIRST, "bob");
        assert_eq!(found(beside), dropped(SECOND));
        let meaning = sessions(&second().file("sessions.txt", lists()).finish(), &Timing::default());
        let finding = meaning.findings.iter().next().unwrap();
        assert_eq!(finding.observed, "neither files nor a line of 1: bob@example.org");
        assert_eq!(finding.expected, format!("the accounts of session {FIRST}"));
        // An incremental session asks for all accounts too.
        let inc = "inc-20261123233000";
        let lists = text(&[(FIRST, both), (inc, &["anna"])]);
        assert_eq!(found(Archive::new().account(inc, "anna").file("sessions.txt", lists)), dropped(inc));
    }

    #[test]
    fn new_accounts_and_sessions_of_single_accounts_are_fine() {
        let both: &[&str] = &["anna", "bob"];
        let lists = text(&[(FIRST, &["anna"]), (SECOND, both)]);
        let archive = Archive::new().account(SECOND, "anna").account(SECOND, "bob");
        assert_eq!(found(archive.file("sessions.txt", lists)), []);
        // Run again for one account the next morning.
        let again = "full-20261124090000";
        let lists = text(&[(FIRST, both), (SECOND, both), (again, &["anna"])]);
        assert_eq!(found(Archive::new().account(again, "anna").file("sessions.txt", lists)), []);
        // Nothing to compare with.
        assert_eq!(found(Archive::new().account(SECOND, "anna")), []);
        // An older archive knows nothing of the accounts that came later.
        let lists = text(&[(FIRST, &["anna"]), (SECOND, both)]);
        assert_eq!(found(Archive::new().account(FIRST, "anna").file("sessions.txt", lists)), []);
    }

    #[test]
    fn what_a_catalogue_may_hide_is_not_called_missing() {
        let lists = "sessions.sqlite3";
        let archive = Archive::new().account(FIRST, "anna").account(FIRST, "bob").account(SECOND, "anna");
        assert_eq!(found(archive.file(lists, "x"))[0].1, "session-catalogue-unreadable");
    }
}
