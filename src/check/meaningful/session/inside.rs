//! Which sessions an archive holds: plain facts for who reads the result.

use jiff::civil::DateTime;

use crate::mailbox::zimbra::zmbackup::{Place, Session, SessionKind, Sessions, Status};

/// Sessions of one archive that are listed one by one.
const KEPT: usize = 100;

/// The sessions in an archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inside {
    /// The newest 100, oldest first.
    pub newest: Vec<SessionSummary>,
    /// How many there are.
    pub count: u64,
}

/// One session as it lies in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionSummary {
    /// Its folder, with the one around it where there are several (`full-20261122230000`).
    pub name: String,
    /// What it holds.
    pub kind: SessionKind,
    /// When it was started, by the clock of the mail server.
    pub started: DateTime,
    /// Whether a catalogue calls it completed; `None` where none speaks of it.
    pub completed: Option<bool>,
    /// Accounts of which it has files.
    pub accounts: u64,
}

impl Inside {
    /// What was seen of them.
    #[must_use]
    pub fn of(facts: &Sessions) -> Self {
        let several = facts.places.len() > 1;
        let each = facts.places.iter().flat_map(|place| place.sessions.iter().map(move |one| (place, one)));
        let mut newest: Vec<_> = each.map(|(place, one)| SessionSummary::of(place, one, several)).collect();
        let count = newest.len() as u64;
        newest.sort_by(|one, other| (one.started, &one.name).cmp(&(other.started, &other.name)));
        newest.drain(..newest.len().saturating_sub(KEPT));
        Self { newest, count }
    }
}

impl SessionSummary {
    fn of(place: &Place, session: &Session, several: bool) -> Self {
        let name = match (several, &*place.path) {
            (false, _) | (true, "") => session.name.to_string(),
            (true, path) => format!("{path}/{}", session.name),
        };
        let listings = place.catalogues.iter().filter_map(|catalogue| catalogue.listing.as_ref().ok());
        let states = listings.filter_map(|listing| Some(listing.sessions.get(&session.name)?.status));
        Self {
            name,
            kind: session.name.kind,
            started: session.name.started,
            completed: states.map(|status| status == Status::Finished).max(),
            accounts: session.accounts.len() as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::zimbra::zmbackup::fixture::{Archive, text};

    #[test]
    fn sessions_are_told_with_what_the_catalogue_says() {
        let [first, second, third] = ["full-20261122233000", "inc-20261123233000", "inc-20261124233000"];
        let lines = format!("{}SESSION: {second} started on x\n", text(&[(first, &["anna"])]));
        let archive = Archive::new().account(third, "anna").account(first, "anna").account(first, "bob");
        let facts = archive.account(second, "anna").file("sessions.txt", lines).finish();
        let inside = Inside::of(&facts);
        let told: Vec<_> =
            inside.newest.iter().map(|one| (&*one.name, one.completed, one.accounts)).collect();
        assert_eq!(told, [(first, Some(true), 2), (second, Some(false), 1), (third, None, 1)]);
        assert_eq!(inside.newest[2].started.to_string(), "2026-11-24T23:30:00");
    }

    #[test]
    fn the_newest_hundred_are_kept() {
        let name = |minute: u32| format!("full-2026112223{:02}{:02}", minute / 60, minute % 60);
        let archive = (0..150).fold(Archive::new(), |archive, minute| archive.folder(&name(minute)));
        let inside = Inside::of(&archive.finish());
        assert_eq!((inside.count, inside.newest.len()), (150, 100));
        assert_eq!(inside.newest.last().unwrap().name, name(149));
    }
}
