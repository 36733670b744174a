//! The catalogue against the files: sessions that were not completed, accounts that failed or are missing.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Around, Seen, Timing, subject};
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::zmbackup::{
    Catalogue, CatalogueError, Listing, Place, Row, SessionKind, SessionName, Status,
};
use crate::verdict::{Cause, Coverage, Finding, Severity, Unit, kinds};

/// What all catalogues of a place list together.
#[derive(Debug, Default)]
pub(super) struct Listed<'a> {
    pub(super) sessions: BTreeMap<SessionName, Told<'a>>,
    /// At least one catalogue could be read.
    pub(super) known: bool,
    /// Nothing may be listed beyond what was seen.
    whole: bool,
}

/// What they say of one session.
#[derive(Debug, Default)]
pub(super) struct Told<'a> {
    pub(super) status: Status,
    /// zmbackup 2.0 wrote it, which states times in UTC.
    in_utc: bool,
    /// Borrowed, as a catalogue of many nights is long.
    rows: Vec<&'a Row>,
}

impl<'a> Told<'a> {
    /// The accounts that were backed up, each once.
    pub(super) fn accounts(&self) -> impl Iterator<Item = &'a str> {
        let mut seen = HashSet::new();
        let all = self.rows.iter().flat_map(|row| &row.accounts).map(|account| &**account);
        all.filter(move |account| seen.insert(*account))
    }

    fn lists(&self, account: &str) -> bool {
        self.rows.iter().any(|row| row.accounts.contains(account))
    }
}

impl<'a> Listed<'a> {
    /// Takes the catalogues of a place together; says of each what can't be used.
    pub(super) fn of(place: &'a Place, meaning: &mut Meaning) -> Self {
        let mut listed = Self { whole: true, ..Self::default() };
        for catalogue in &place.catalogues {
            match &catalogue.listing {
                Ok(listing) => listed.take(catalogue, listing, meaning),
                Err(error) => {
                    listed.whole = false;
                    unreadable(catalogue, error, meaning);
                }
            }
        }
        listed
    }

    fn take(&mut self, catalogue: &Catalogue, listing: &'a Listing, meaning: &mut Meaning) {
        self.known = true;
        if let Some(reason) = listing.partial {
            self.whole = false;
            meaning.leave_open(|| {
                format!(
                    "{}: {reason}, so what it does not list proves nothing; archive a copy made with \
                 `sqlite3 sessions.sqlite3 '.backup copy.sqlite3'`",
                    catalogue.source
                )
            });
        }
        if listing.odd > 0 {
            self.whole = false;
            odd(catalogue, listing.odd, meaning);
        }
        for (name, row) in &listing.sessions {
            let mine = self.sessions.entry(*name).or_default();
            // A session that one of two catalogues calls done is done; one that failed did, since the text of
            // zmbackup 1.2 calls every session finished.
            mine.status = match (mine.status, row.status) {
                (Status::Failed, _) | (_, Status::Failed) => Status::Failed,
                (Status::InProgress, other) => other,
                (known, _) => known,
            };
            mine.in_utc |= row.in_utc;
            mine.rows.push(row);
        }
    }

    /// Whether an account is listed as backed up in a session; `None` if that can't be told.
    pub(super) fn account(&self, session: SessionName, account: &str) -> Option<bool> {
        let row = self.sessions.get(&session)?;
        if row.lists(account) {
            return Some(true);
        }
        let complete = self.whole && matches!(row.status, Status::Finished | Status::Failed);
        complete.then_some(false)
    }

    /// Whether nothing may be listed beyond what was seen.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// zmbackup 2.0 wrote it, which states times in UTC.
    pub(super) fn is_of_two(&self) -> bool {
        self.sessions.values().any(|row| row.in_utc)
    }
}

/// Lines that say nothing known may be those of accounts of which nothing is here.
fn odd(catalogue: &Catalogue, lines: u64, meaning: &mut Meaning) {
    let finding = Finding::new(&kinds::SESSION_CATALOGUE_UNREADABLE, &catalogue.source);
    meaning.findings.push(
        finding
            .expected("sessions and accounts as zmbackup writes them")
            .observed(format!("{lines} lines or rows that say nothing known"))
            .severity(Severity::Warning)
            .remedy("Look at the catalogue on the mail server and mend or remove those lines; the rest of it was used."),
    );
    meaning.leave_open(|| {
        format!(
            "{}: {lines} lines or rows say nothing known, so an account may be listed there of which nothing is here; \
             mend or remove them on the mail server",
            catalogue.source
        )
    });
}

fn unreadable(catalogue: &Catalogue, error: &CatalogueError, meaning: &mut Meaning) {
    let mut finding = Finding::new(&kinds::SESSION_CATALOGUE_UNREADABLE, &catalogue.source)
        .expected("a catalogue of sessions")
        .observed(error.to_string());
    finding = match error {
        CatalogueError::TooLong => finding
            .cause(Cause::Configuration)
            .remedy("Raise `limits.text_size` in the policy above the size of the catalogue."),
        CatalogueError::Page | CatalogueError::Foreign(_) => finding.remedy(
            "Look at what puts the catalogue into the archive: take the file from zmbackup's WORKDIR itself, \
             and a database by `sqlite3 sessions.sqlite3 '.backup copy.sqlite3'`.",
        ),
        _ => finding,
    };
    meaning.leave_open(|| {
        format!("sessions could not be compared with {}: {error}; {}", catalogue.source, finding.remedy)
    });
    meaning.findings.push(finding);
}

/// Judges a session that is in the archive by what is listed of it.
pub(super) fn session(seen: &Seen<'_>, meaning: &mut Meaning) {
    let name = seen.session.name;
    let is_empty = seen.session.accounts.is_empty();
    if is_empty && seen.whole && name.kind != SessionKind::ServerConfig {
        empty(seen, meaning);
    }
    let Some(row) = seen.listed.sessions.get(&name) else {
        if seen.listed.known && seen.listed.whole {
            let finding = seen.finding(&kinds::SESSION_UNLISTED);
            meaning.findings.push(finding.expected("a session the catalogue lists").observed("files only"));
        }
        return;
    };
    status(name, row, seen.path, true, meaning);
    if !is_empty && seen.whole {
        missing(seen, row, meaning);
    }
    failed(seen, meaning);
}

fn empty(seen: &Seen<'_>, meaning: &mut Meaning) {
    if seen.session.others > 0 {
        meaning.leave_open(|| {
            format!(
                "{} holds {} files and none that zmbackup makes; what is in them was not judged",
                subject(seen.path, seen.session.name),
                seen.session.others
            )
        });
        return;
    }
    let finding = seen.finding(&kinds::SESSION_EMPTY);
    let finding = finding.expected("files of accounts").observed("none");
    // Where nothing was new, zmbackup removes every empty export.
    if seen.session.name.kind != SessionKind::Incremental {
        return meaning.findings.push(finding);
    }
    meaning.findings.push(finding.severity(Severity::Warning));
    meaning.leave_open(|| {
        format!(
            "{} holds no file, which may be a quiet night or a failure; look at its run in zmbackup's log",
            subject(seen.path, seen.session.name)
        )
    });
    meaning.coverage = Coverage::none(Unit::Items);
}

/// Says that a session was not completed, or with errors. Where it is not in the archive, no file of it is affected.
fn status(name: SessionName, row: &Told<'_>, path: &str, here: bool, meaning: &mut Meaning) {
    let (kind, observed) = match row.status {
        Status::Finished => return,
        Status::Unknown => {
            meaning.leave_open(|| {
                format!(
                    "{}: the catalogue states a status that is not known; look at it with `zmbackup -l`",
                    subject(path, name)
                )
            });
            return;
        }
        Status::InProgress => (&kinds::SESSION_UNFINISHED, "started and not completed"),
        Status::Failed => (&kinds::SESSION_FAILED, "completed with errors"),
    };
    let finding = Finding::new(kind, subject(path, name)).expected("a completed session");
    meaning.findings.push(match here {
        true => finding.observed(observed),
        false => finding.observed(format!("{observed}; not in this archive")).severity(Severity::Warning),
    });
}

/// Accounts that are listed and have no file. Mail alone may be absent for a reason, which is judged with the mail.
fn missing(seen: &Seen<'_>, row: &Told<'_>, meaning: &mut Meaning) {
    if matches!(seen.session.name.kind, SessionKind::Incremental | SessionKind::Mailbox) {
        return;
    }
    for account in row.accounts().filter(|account| !seen.session.accounts.contains_key(*account)) {
        let finding = seen.finding_of(&kinds::SESSION_ACCOUNT_MISSING, account);
        meaning.findings.push(finding.expected("its files, as the catalogue lists it").observed("none"));
    }
}

/// Accounts that have files and are not listed: their backup ended with an error, and the status hides it.
fn failed(seen: &Seen<'_>, meaning: &mut Meaning) {
    let with_mail = seen.session.name.kind.has_mail();
    for (account, files) in &seen.session.accounts {
        // Where the mail is missing or empty, that is said of it.
        let plausible = !with_mail || files.mail.is_some_and(|size| size > 0);
        if plausible && seen.is_listed(account) == Some(false) {
            let finding = seen.finding_of(&kinds::SESSION_ACCOUNT_FAILED, account);
            let observed =
                "files, but no line in the catalogue, which has one for every account that went well";
            meaning.findings.push(finding.expected("an account the catalogue lists").observed(observed));
        }
    }
}

/// Judges sessions that are listed and not in the archive.
///
/// An archive may hold one session of all that a catalogue lists. Where it holds several, one that lies between two of its
/// kind should be here too; and one behind the newest of its kind, which the catalogue could only list as completed if it
/// lay there when the catalogue was packed. It is excused where it began after the archive's own time.
pub(super) fn elsewhere(place: &Place, listed: &Listed<'_>, around: &Around<'_>, meaning: &mut Meaning) {
    let here: BTreeSet<_> = place.sessions.iter().map(|session| session.name).collect();
    let mut ranges: HashMap<SessionKind, (SessionName, SessionName)> = HashMap::new();
    for name in &here {
        ranges.entry(name.kind).or_insert((*name, *name)).1 = *name;
    }
    for (name, row) in listed.sessions.iter().filter(|(name, _)| !here.contains(name)) {
        status(*name, row, around.path, false, meaning);
        let Some((oldest, newest)) = ranges.get(&name.kind).filter(|_| row.status == Status::Finished) else {
            continue;
        };
        let finding = Finding::new(&kinds::SESSION_ABSENT, subject(around.path, *name));
        let finding = finding.expected("its folder, as the catalogue lists it as completed");
        if oldest < name && name < newest {
            meaning.findings.push(finding.observed("none"));
        } else if newest < name && here.len() > 1 {
            meaning.findings.push(behind(*name, *newest, around.timing, finding));
        }
    }
}

/// A session that was completed after the newest of its kind that is here.
fn behind(name: SessionName, newest: SessionName, timing: &Timing, finding: Finding) -> Finding {
    let (severity, when) = match timing.had_begun(name.started) {
        Some(true) => (Severity::Failure, "before the archive was made"),
        Some(false) => (Severity::Warning, "about when the archive was made, or after"),
        None => (Severity::Warning, "and the archive's own time is not known"),
    };
    finding.observed(format!("none behind {newest}; it began {when}")).severity(severity)
}
