//! From a member's name to its place in a session tree (admin guide, "Directory Structure for Backup Files").
//!
//! The tree is found wherever it begins: at the folder of all backups, at `sessions`, or at one session.

use std::fmt;

use crate::archive::unpack::shown;

/// The folder of sessions that never ended.
const UNFINISHED: &[u8] = b"sessions_tmp";
const ACCOUNTS_XML: &[u8] = b"accounts.xml";

/// What a session holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKind {
    /// Everything of its accounts.
    Full,
    /// What changed since the session before, as redo logs.
    Incremental,
}

/// Bytes of a session's start.
const START: usize = 19;

/// The name of a session: `full-` or `incr-` and its start, `YYYYMMDD.HHMMSS.mmm` in GMT. Ordered by start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Label {
    /// Digits and two dots.
    start: [u8; START],
    /// What the session holds.
    pub kind: SessionKind,
}

impl Label {
    /// Reads a label.
    #[must_use]
    pub fn parse(name: &[u8]) -> Option<Self> {
        let (kind, start) = if let Some(start) = name.strip_prefix(b"full-") {
            (SessionKind::Full, start)
        } else {
            (SessionKind::Incremental, name.strip_prefix(b"incr-")?)
        };
        let parts: Vec<_> = start.split(|byte| *byte == b'.').collect();
        let digits = |part: &[u8], length| part.len() == length && part.iter().all(u8::is_ascii_digit);
        let [day, time, fraction] = parts.as_slice() else { return None };
        let holds = digits(day, 8) && digits(time, 6) && digits(fraction, 3);
        let start = start.try_into().ok().filter(|_| holds)?;
        Some(Self { start, kind })
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            SessionKind::Full => "full",
            SessionKind::Incremental => "incr",
        };
        write!(f, "{kind}-{}", self.start.escape_ascii())
    }
}

/// Where a member stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The list of all accounts.
    AccountsXml,
    /// In a session.
    Session { label: Label, below_sessions: bool, part: Part<'a> },
    /// In a session that never ended; its label where it has one.
    Unfinished(Option<Label>),
}

/// A place in a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part<'a> {
    SessionXml,
    Ldap,
    System,
    SharedBlob,
    Redolog(&'a [u8]),
    Account(Folder<'a>, AccountPart),
    /// The session's own folder, or what is not known.
    Other,
}

/// An account's folder, below its two levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Folder<'a> {
    pub(super) id: &'a [u8],
    /// Whether the levels are characters 0 to 2 and 3 to 5 of the id.
    pub(super) in_place: bool,
}

/// A place in an account's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccountPart {
    Meta,
    Ldap,
    Schema,
    Table,
    /// `blobs-<number>.zip`
    BlobZip(u32),
    Blob,
    Other,
}

/// The place of the member called `name`, if it belongs to a session tree.
pub(super) fn place(name: &[u8]) -> Option<Place<'_>> {
    let parts: Vec<_> =
        name.split(|byte| *byte == b'/').filter(|part| !matches!(*part, b"" | b".")).collect();
    let session = parts.iter().enumerate().find_map(|(at, part)| Some((at, Label::parse(part)?)));
    let unfinished = parts.iter().position(|part| *part == UNFINISHED);
    match (unfinished, session) {
        (Some(before), Some((at, label))) if before < at => Some(Place::Unfinished(Some(label))),
        (Some(before), None) if before + 1 < parts.len() => Some(Place::Unfinished(None)),
        (_, Some((at, label))) => {
            let below_sessions = at.checked_sub(1).is_some_and(|above| parts[above] == b"sessions");
            Some(Place::Session { label, below_sessions, part: part(&parts[at + 1..]) })
        }
        _ => (parts.last() == Some(&ACCOUNTS_XML)).then_some(Place::AccountsXml),
    }
}

fn part<'a>(parts: &[&'a [u8]]) -> Part<'a> {
    match parts {
        [b"session.xml"] => Part::SessionXml,
        [b"ldap", file] if file.starts_with(b"ldap.bak") => Part::Ldap,
        [b"sys", _, ..] => Part::System,
        [b"shared_blobs", _, ..] => Part::SharedBlob,
        [b"redologs", file] => Part::Redolog(file),
        [b"accounts", first, second, id, rest @ ..] => {
            let in_place = id.get(..3) == Some(first) && id.get(3..6) == Some(second);
            Part::Account(Folder { id, in_place }, account_part(rest))
        }
        _ => Part::Other,
    }
}

fn account_part(parts: &[&[u8]]) -> AccountPart {
    match parts {
        [b"meta.xml"] => AccountPart::Meta,
        [b"ldap.xml"] => AccountPart::Ldap,
        [b"db", b"db_schema.xml"] => AccountPart::Schema,
        [b"db", table] if table.ends_with(b".dat") => AccountPart::Table,
        [b"blobs", zip] => zip_number(zip).map_or(AccountPart::Blob, AccountPart::BlobZip),
        [b"blobs", _, ..] => AccountPart::Blob,
        _ => AccountPart::Other,
    }
}

fn zip_number(name: &[u8]) -> Option<u32> {
    number(name.strip_prefix(b"blobs-")?.strip_suffix(b".zip")?)
}

/// The sequence number in `redo-<time>-seq<number>.log`.
pub(super) fn redolog_number(name: &[u8]) -> Option<u64> {
    let stem = name.strip_prefix(b"redo-")?.strip_suffix(b".log")?;
    let at = stem.windows(4).rposition(|window| window == b"-seq")?;
    number(&stem[at + 4..])
}

fn number<N: std::str::FromStr>(digits: &[u8]) -> Option<N> {
    let plain = digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

impl Folder<'_> {
    /// The account's id, harmless on a terminal.
    pub(super) fn account(&self) -> Box<str> {
        shown(self.id).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABEL: &str = "full-20210712.155951.123";

    fn in_session(path: &str) -> Part<'static> {
        let name = format!("{LABEL}/{path}").leak();
        match place(name.as_bytes()) {
            Some(Place::Session { part, .. }) => part,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_label_has_kind_and_start() {
        assert_eq!(Label::parse(LABEL.as_bytes()).unwrap().to_string(), LABEL);
        assert!(Label::parse(b"incr-20210712.155951.123") < Label::parse(b"full-20210713.000000.000"));
        for other in [
            "full-20261122230000",
            "full-20210712.155951",
            "inc-20210712.155951.123",
            "full-2021071x.155951.123",
        ] {
            assert_eq!(Label::parse(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn the_tree_is_found_wherever_it_begins() {
        for (above, below) in
            [("", false), ("./", false), ("opt/zimbra/backup/sessions/", true), ("./sessions//", true)]
        {
            let name = format!("{above}{LABEL}/session.xml");
            let label = Label::parse(LABEL.as_bytes()).unwrap();
            let expected = Place::Session { label, below_sessions: below, part: Part::SessionXml };
            assert_eq!(place(name.as_bytes()), Some(expected), "{name}");
        }
        assert_eq!(place(b"./backup/accounts.xml"), Some(Place::AccountsXml));
        for foreign in [
            "full-20261122230000/anna@example.org.tgz",
            "session.xml",
            "sessions_tmp/",
            "zimbra/store/0/1/msg/0/257-2.msg",
        ] {
            assert_eq!(place(foreign.as_bytes()), None, "{foreign}");
        }
    }

    #[test]
    fn unfinished_sessions_are_told_from_others() {
        let label = Label::parse(LABEL.as_bytes());
        assert_eq!(
            place(format!("sessions_tmp/{LABEL}/session.xml").as_bytes()),
            Some(Place::Unfinished(label))
        );
        assert_eq!(place(b"backup/sessions_tmp/x"), Some(Place::Unfinished(None)));
    }

    #[test]
    fn an_account_stands_below_its_two_levels() {
        let of = |path: &str| match in_session(path) {
            Part::Account(folder, part) => (folder.in_place, part),
            other => panic!("{other:?}"),
        };
        let folder = "accounts/3f3/8c5/3f38c5be-0000-4000-8000-000000000001";
        for (file, part) in [
            ("meta.xml", AccountPart::Meta),
            ("ldap.xml", AccountPart::Ldap),
            ("ldap_latest.xml", AccountPart::Other),
            ("db/db_schema.xml", AccountPart::Schema),
            ("db/mail_item.dat", AccountPart::Table),
            ("blobs/blobs-4.zip", AccountPart::BlobZip(4)),
            ("blobs/blobs-x.zip", AccountPart::Blob),
            ("blobs/257-2.msg", AccountPart::Blob),
            ("index/0/segments", AccountPart::Other),
            ("", AccountPart::Other),
        ] {
            assert_eq!(of(&format!("{folder}/{file}")), (true, part), "{file}");
        }
        assert!(!of("accounts/3f3/000/3f38c5be-0000-4000-8000-000000000001/meta.xml").0);
        assert!(!of("accounts/3f/8c5/3f/meta.xml").0);
    }

    #[test]
    fn redologs_are_numbered_by_their_names() {
        assert_eq!(redolog_number(b"redo-20210712.155951.123-seq12.log"), Some(12));
        for other in ["redo.log", "redo-20210712.155951.123-seq.log", "redo-x-seq-1.log", "redo-x-seq+1.log"]
        {
            assert_eq!(redolog_number(other.as_bytes()), None, "{other}");
        }
    }
}
