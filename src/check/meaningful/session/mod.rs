//! What zmbackup's sessions hold is what they should hold.
//!
//! Input: [`Sessions`], as an archive and the catalogues in it state them. Output: findings; what could not be judged,
//! in words. Invariants: an archive may hold one session of many and no catalogue, and then nothing is said to be
//! missing that may lie elsewhere; the times of sessions are those of a clock whose zone the policy alone states.

mod directory;
mod dropped;
mod folder;
mod freshness;
mod incremental;
mod inside;
mod listing;
mod mail;
#[cfg(test)]
mod tests;
mod timing;

pub use inside::{Inside, SessionSummary};
use listing::Listed;
pub use timing::{Made, Timing};

use super::Meaning;
use crate::mailbox::zimbra::zmbackup::{Place, Session, SessionKind, SessionName, Sessions};
use crate::verdict::{Finding, Kind};

/// Judges all that zmbackup left in an archive, which was made at the time stated.
#[must_use]
pub fn sessions(facts: &Sessions, timing: &Timing) -> Meaning {
    let mut meaning = Meaning::default();
    for place in &facts.places {
        // Only where there are several it must be said which one is meant.
        let alone = facts.places.len() == 1;
        let path = if alone { "" } else { &*place.path };
        judge(place, &Around { path, alone, whole: facts.unkept == 0, timing }, &mut meaning);
    }
    folder::loose(&facts.loose, &mut meaning);
    if facts.unkept > 0 {
        meaning.open.push(format!(
            "{} files and folders of sessions were not judged, as more are not kept in memory; put fewer sessions into one archive",
            facts.unkept
        ));
    }
    meaning
}

/// What is known of a folder of sessions besides what is in it.
struct Around<'a> {
    /// Its name, where the archive holds several.
    path: &'a str,
    /// The archive holds no other.
    alone: bool,
    /// All files in it were kept, so that what is not here is missing.
    whole: bool,
    /// When the archive was made.
    timing: &'a Timing,
}

/// Judges a folder of sessions.
fn judge(place: &Place, around: &Around<'_>, meaning: &mut Meaning) {
    let Around { path, whole, .. } = *around;
    let listed = Listed::of(place, meaning);
    for session in &place.sessions {
        let seen = Seen { session, listed: &listed, path, whole };
        listing::session(&seen, meaning);
        mail::judge(&seen, meaning);
        directory::judge(&seen, meaning);
    }
    if whole {
        freshness::judge(place, &listed, around, meaning);
        listing::elsewhere(place, &listed, around, meaning);
        incremental::judge(place, &listed, path, meaning);
        if listed.is_whole() {
            dropped::judge(place, &listed, path, meaning);
        }
    }
    folder::work(place, meaning);
}

/// One session with what the catalogues say of it.
struct Seen<'a> {
    session: &'a Session,
    listed: &'a Listed<'a>,
    path: &'a str,
    /// All its files were kept.
    whole: bool,
}

impl Seen<'_> {
    /// A finding about the session as a whole.
    fn finding(&self, kind: &'static Kind) -> Finding {
        Finding::new(kind, subject(self.path, self.session.name))
    }

    /// A finding about an account in it.
    fn finding_of(&self, kind: &'static Kind, account: &str) -> Finding {
        Finding::new(kind, format!("{}: {account}", subject(self.path, self.session.name)))
    }

    /// Whether the catalogues say that the account was backed up; `None` if they can't tell.
    fn is_listed(&self, account: &str) -> Option<bool> {
        self.listed.account(self.session.name, account)
    }
}

fn subject(path: &str, name: SessionName) -> String {
    match path {
        "" => format!("session {name}"),
        path => format!("session {path}/{name}"),
    }
}

/// Holds if a member lies in the folder of an incremental session.
pub(super) fn is_incremental(member: &str) -> bool {
    let folder = member.rsplit_once('/').map_or("", |(folder, _)| folder);
    let own = folder.rsplit('/').next().unwrap_or_default();
    SessionName::parse(own.as_bytes()).is_some_and(|name| name.kind == SessionKind::Incremental)
}

/// What is not an account: a misspelt option that zmbackup 1.2 took for one.
fn is_option(account: &str) -> bool {
    account.starts_with('-') && !account.contains('@')
}
