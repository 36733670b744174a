use super::fixture::{Archive, database, ldif, row, text};
use super::*;
use crate::archive::unpack::{Body, Kind};
use crate::policy::{Bytes, Limits};

const FULL: &str = "full-20261122230000";
const INC: &str = "inc-20261123230000";

fn name(text: &str) -> SessionName {
    SessionName::parse(text.as_bytes()).unwrap()
}

fn listing(sessions: &Sessions) -> &Result<Listing, CatalogueError> {
    &sessions.places[0].catalogues[0].listing
}

#[test]
fn names_of_sessions_are_a_kind_and_a_time() {
    for text in [FULL, INC, "mbox-20240229000000", "serverconfig-20260101000000", "distlist-20260101235959"] {
        assert_eq!(name(text).to_string(), text);
    }
    for text in [
        "full",
        "full-2026112223000",
        "full-202611222300000",
        "full-20261322230000",
        "FULL-20261122230000",
        "copy-20261122230000",
        "full-2026112223000a",
        "full-+2026112223000",
        "full-20261122230000.old",
    ] {
        assert_eq!(SessionName::parse(text.as_bytes()), None, "{text}");
    }
    assert!(name(FULL) < name(INC));
}

#[test]
fn files_are_grouped_by_session_and_account() {
    let sessions = Archive::new()
        .folder("./opt/backup/full-20261122230000/")
        .account("./opt/backup/full-20261122230000", "anna")
        .account("opt//backup/inc-20261123230000", "anna")
        .directory("opt/backup/full-20261122230000", "bob")
        .file("opt/backup/sessions.txt", text(&[(FULL, &["anna"])]))
        .file("opt/backup/aB3d/anna@example.org.ldiff", ldif("anna"))
        .export("opt/backup/aB3d/anna@example.org.tgz", 0)
        .export("mail/anna@example.org.tgz", 7)
        .finish();
    let [place] = &sessions.places[..] else { panic!("{sessions:?}") };
    assert_eq!(place.path, "opt/backup");
    let names: Vec<_> = place.sessions.iter().map(|session| session.name.to_string()).collect();
    assert_eq!(names, [FULL, INC]);
    let full = &place.sessions[0].accounts;
    assert_eq!(full.keys().map(|key| &**key).collect::<Vec<_>>(), ["anna@example.org", "bob@example.org"]);
    assert_eq!(full["anna@example.org"].mail, Some(5000));
    assert_eq!(full["bob@example.org"].mail, None);
    assert!(matches!(
        &full["bob@example.org"].directory,
        Some(Directory { content: Content::Whole(Summary { entries: 1, .. }), .. })
    ));
    assert_eq!(place.work_folders[0].path, "opt/backup/aB3d");
    assert_eq!(place.work_folders[0].accounts["anna@example.org"].mail, Some(0));
    // A folder with a name of four letters is one like any other where no session lies beside it.
    assert_eq!(sessions.loose.iter().map(|folder| &*folder.path).collect::<Vec<_>>(), ["mail"]);
}

#[test]
fn a_member_is_in_a_session_by_the_folder_around_it() {
    assert!(Collector::is_in_session(b"./a/full-20261122230000/anna@example.org.tgz"));
    assert!(!Collector::is_in_session(b"full-20261122230000/a/anna@example.org.tgz"));
    assert!(!Collector::is_in_session(b"anna@example.org.tgz"));
}

#[test]
fn a_domain_that_looks_like_an_item_keeps_its_name() {
    let sessions = Archive::new().export("full-20261122230000/bob@example.wiki.TGZ", 1).finish();
    assert!(sessions.places[0].sessions[0].accounts.contains_key("bob@example.wiki"));
}

#[test]
fn what_is_cut_or_a_link_is_said_to_be() {
    let name = |who: &str| format!("{FULL}/{who}@example.org.ldiff");
    let link = Kind::HardLink { target: Vec::new() };
    let sessions = Archive::new()
        .member(&name("anna"), Kind::File, ldif("anna").as_bytes(), Body::Cut)
        .member(&name("bob"), link.clone(), b"", Body::Whole)
        .member("sessions.txt", Kind::File, b"SESSION: x\n", Body::Cut)
        .member("sessions.sqlite3", link, b"", Body::Whole)
        .finish();
    let accounts = &sessions.places[0].sessions[0].accounts;
    let content = |who: &str| accounts[who].directory.as_ref().unwrap().content.clone();
    assert_eq!(content("anna@example.org"), Content::Cut);
    assert_eq!(content("bob@example.org"), Content::Link);
    let errors: Vec<_> = sessions.places[0]
        .catalogues
        .iter()
        .map(|catalogue| catalogue.listing.clone().unwrap_err())
        .collect();
    assert_eq!(errors, [CatalogueError::Cut, CatalogueError::Link]);
}

#[test]
fn the_text_catalogue_lists_sessions_and_accounts() {
    let mut lines = text(&[(FULL, &["anna", "bob"])]).replace('\n', "\r\n");
    lines.push_str("SESSION: inc-20261123230000 started on Mon Nov 23 23:00:00 CET 2026\n\n");
    lines.push_str("ldap-20261123230000:anna@example.org:11/23/26\nwhat is this\nfull-1:anna:x\n\0\0\0");
    let sessions = Archive::new().file("sessions.txt", lines).finish();
    let listing = listing(&sessions).as_ref().unwrap();
    assert_eq!((listing.odd, listing.partial), (3, None));
    let full = &listing.sessions[&name(FULL)];
    assert_eq!((full.status, full.in_utc, full.accounts.len()), (Status::Finished, false, 2));
    assert_eq!(listing.sessions[&name(INC)].status, Status::InProgress);
    assert_eq!(listing.sessions[&name("ldap-20261123230000")].accounts.len(), 1);
    let empty = Archive::new().file("sessions.txt", "").finish();
    assert_eq!(empty.places[0].catalogues[0].listing.as_ref().unwrap_err(), &CatalogueError::Empty);
}

#[test]
fn the_database_lists_sessions_and_accounts() {
    let mut sql = "{tables}".to_owned();
    sql.push_str(&row(FULL, "FINISHED", false, &["anna", "bob", "anna"]));
    sql.push_str(&row(INC, "IN PROGRESS", true, &[]));
    sql.push_str(&row("mbox-20261124230000", "FAILED", true, &["anna"]));
    sql.push_str(&row("ldap-20261124230000", "PAUSED", true, &[]));
    sql.push_str(&row("something", "FINISHED", true, &["anna"]));
    sql.push_str("INSERT INTO backup_account VALUES (77, 'full-20261122230000', '4K', x'00ff', '', NULL);");
    let mut bytes = database(&sql);
    for wal in [1, 2] {
        // What a write-ahead log was used for says so in its header.
        bytes[18] = wal;
        bytes[19] = wal;
        let sessions = Archive::new().file("sessions.sqlite3", &bytes).finish();
        let listing = listing(&sessions).as_ref().unwrap();
        assert_eq!((listing.odd, listing.partial), (3, None));
        let row = |text| &listing.sessions[&name(text)];
        assert_eq!(
            (row(FULL).status, row(FULL).in_utc, row(FULL).accounts.len()),
            (Status::Finished, false, 2)
        );
        assert_eq!((row(INC).status, row(INC).in_utc), (Status::InProgress, true));
        assert_eq!(row("mbox-20261124230000").status, Status::Failed);
        assert_eq!(row("ldap-20261124230000").status, Status::Unknown);
    }
}

#[test]
fn a_log_beside_the_database_makes_it_partial_unless_it_is_empty() {
    let bytes = database("{tables}");
    for (log, content, partial) in [
        ("sessions.sqlite3-wal", "x", true),
        ("sessions.sqlite3-journal", "x", true),
        ("sessions.sqlite3-wal", "", false),
    ] {
        let sessions = Archive::new().file(log, content).file("sessions.sqlite3", &bytes).finish();
        assert_eq!(listing(&sessions).as_ref().unwrap().partial.is_some(), partial, "{log}");
    }
}

fn refused(bytes: &[u8]) -> CatalogueError {
    let sessions = Archive::new().file("sessions.sqlite3", bytes).finish();
    listing(&sessions).as_ref().unwrap_err().clone()
}

#[test]
fn a_hostile_or_broken_database_is_refused() {
    let foreign = CatalogueError::Foreign("a catalogue of zmbackup");
    assert_eq!(refused(b""), CatalogueError::Empty);
    assert_eq!(refused(b"<html>"), CatalogueError::Page);
    assert_eq!(refused(b"what is this"), foreign);
    assert_eq!(refused(b"SQLite format 3\0"), foreign);
    assert_eq!(refused(&database("CREATE TABLE other(a)")), foreign);
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i, i, i FROM n";
    let view = format!(
        "CREATE VIEW backup_session(sessionID, status, initial_date) AS {endless};
        CREATE TABLE backup_account(sessionID, email);"
    );
    assert_eq!(refused(&database(&view)), foreign);
    assert_eq!(refused(&database("{tables} CREATE VIRTUAL TABLE f USING fts5(a)")), foreign);
    assert!(matches!(
        refused(&database("CREATE TABLE backup_session(a); CREATE TABLE backup_account(b)")),
        CatalogueError::Damaged(_)
    ));
    let whole = database(&format!("{{tables}}{}", row(FULL, "FINISHED", false, &["anna"; 200])));
    assert!(matches!(refused(&whole[..whole.len() / 2]), CatalogueError::Damaged(_)));
}

#[test]
fn damage_that_touches_no_row_is_noticed() {
    let mut bytes = database(&format!("{{tables}}{}", row(FULL, "FINISHED", false, &["anna"])));
    // The number of unused pages.
    bytes[39] = 7;
    assert!(matches!(refused(&bytes), CatalogueError::Damaged(_)));
}

#[test]
fn no_damage_of_a_database_does_worse_than_be_refused() {
    let mut accounts = Vec::new();
    accounts.resize(300, "anna");
    let whole = database(&format!("{{tables}}{}", row(FULL, "FINISHED", false, &accounts)));
    let mut random = 1_u64;
    let mut refusals = 0;
    for _ in 0..400 {
        let mut bytes = whole.clone();
        for _ in 0..8 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (random >> 33) as usize % bytes.len();
            bytes[at] = random.to_le_bytes()[3];
        }
        let sessions = Archive::new().file("sessions.sqlite3", &bytes).finish();
        refusals += u32::from(listing(&sessions).is_err());
    }
    assert!(refusals > 50, "{refusals}");
}

#[test]
fn work_without_end_is_given_up() {
    let whole = database(&format!("{{tables}}{}", row(FULL, "FINISHED", false, &["anna"; 500])));
    assert!(super::database::list(&whole, Room::of(1 << 20), 20).is_ok());
    assert_eq!(super::database::list(&whole, Room::of(1 << 20), 1).unwrap_err(), CatalogueError::TooMuchWork);
}

#[test]
fn checks_of_a_schema_are_not_run() {
    let table = "CREATE TABLE bomb(a CHECK(length(hex(zeroblob(a))) > 0));";
    let sql =
        format!("{{tables}}{table} PRAGMA ignore_check_constraints = ON; INSERT INTO bomb VALUES (9000000);");
    let sessions = Archive::new().file("sessions.sqlite3", database(&sql)).finish();
    assert!(listing(&sessions).is_ok(), "{:?}", listing(&sessions));
}

#[test]
fn more_than_there_is_room_for_is_said_to_be_missing() {
    let names: Vec<_> = (0..500).map(|number| format!("account{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let whole = database(&format!("{{tables}}{}", row(FULL, "FINISHED", false, &names)));
    assert!(super::database::list(&whole, Room::of(10_000), 100).unwrap().partial.is_some());
    let text = text(&[(FULL, &names)]);
    let mut reader = super::text::Reader::new(Room::of(10_000));
    reader.take(text.as_bytes());
    assert!(reader.finish().unwrap().partial.is_some());
    // What stands in many lines takes room once.
    let mut reader = super::text::Reader::new(Room::of(1000));
    (0..1000).for_each(|_| reader.take(super::fixture::text(&[(FULL, &["anna"])]).as_bytes()));
    assert_eq!(reader.finish().unwrap().partial, None);
}

/// Bytes of everything that is kept in a tree of facts, by their count.
fn kept(sessions: &Sessions) -> usize {
    let places = sessions.places.iter();
    places
        .map(|place| {
            let files: usize = place.sessions.iter().map(|session| session.accounts.len()).sum();
            let rows = place.catalogues.iter().filter_map(|catalogue| catalogue.listing.as_ref().ok());
            let rows: usize = rows.map(|listing| listing.sessions.len() + listing.names.len()).sum();
            (files + rows + place.sessions.len()) * OVERHEAD
        })
        .sum()
}

#[test]
fn files_without_end_are_counted_and_not_kept() {
    let mut archive = Archive::within(10_000);
    for number in 0..100_000 {
        archive = archive.file(&format!("{FULL}/{number}.bin"), "");
    }
    let sessions = archive.finish();
    let session = &sessions.places[0].sessions[0];
    assert_eq!((session.others, session.accounts.len(), sessions.unkept), (100_000, 0, 0));
}

/// Enough for about 4,000 accounts.
const LITTLE: usize = 1 << 20;

#[test]
fn sessions_and_accounts_without_end_stay_within_their_room() {
    let folders = (0..20_000)
        .fold(Archive::within(LITTLE), |archive, number| archive.folder(&format!("{number}/{FULL}")));
    let exports = (0..20_000).fold(Archive::within(LITTLE), |archive, number| {
        archive.export(&format!("{FULL}/account{number}@example.org.tgz"), 7)
    });
    let ldif = (0..10_000).fold(Archive::within(LITTLE), |archive, number| {
        archive.file(&format!("{FULL}/account{number}@example.org.ldiff"), ldif("anna"))
    });
    for archive in [folders, exports, ldif] {
        let sessions = archive.finish();
        assert!(
            sessions.unkept > 5000 && (LITTLE / 4..=LITTLE).contains(&kept(&sessions)),
            "{}",
            kept(&sessions)
        );
    }
    // All that an account has takes room once.
    let twice = |archive: Archive| archive.export(&format!("{FULL}/anna@example.org.tgz"), 7).folder(FULL);
    assert_eq!((0..1000).fold(Archive::within(1000), |archive, _| twice(archive)).finish().unkept, 0);
}

#[test]
fn a_catalogue_without_end_stays_within_its_room() {
    let mut lines = String::new();
    for second in 0..50_000 {
        let time = format!("{:02}{:02}{:02}", second / 3600, second / 60 % 60, second % 60);
        lines.push_str(&format!("SESSION: full-20261122{time} completed in x\n"));
    }
    let sql = "{tables} WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
        INSERT INTO backup_account SELECT i, 'full-20261122230000', '', i || '@x', '', NULL FROM n;";
    for (name, bytes) in [("sessions.txt", lines.into_bytes()), ("sessions.sqlite3", database(sql))] {
        let sessions = Archive::within(LITTLE).file(name, &bytes).finish();
        assert!(listing(&sessions).as_ref().unwrap().partial.is_some(), "{name}");
        assert!((LITTLE / 4..=LITTLE).contains(&kept(&sessions)), "{name}: {}", kept(&sessions));
    }
    // A large server: 20,000 accounts and ten nights.
    let names: Vec<_> = (0..20_000).map(|number| format!("account{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let nights: Vec<_> = (1..11).map(|night| format!("full-202611{night:02}230000")).collect();
    let nights: Vec<_> = nights.iter().map(|night| (night.as_str(), &names[..])).collect();
    let sessions = Archive::new().file("sessions.txt", text(&nights)).finish();
    let listing = listing(&sessions).as_ref().unwrap();
    assert_eq!((listing.partial, listing.sessions.len(), listing.names.len()), (None, 10, 20_000));
}

#[test]
fn a_database_over_the_limit_is_not_read() {
    let bytes = database("{tables}");
    let limits = Limits { text_size: Bytes(bytes.len() as u64 - 1), ..Limits::default() };
    let sessions = Archive::with(&limits).file("sessions.sqlite3", &bytes).finish();
    assert_eq!(listing(&sessions).as_ref().unwrap_err(), &CatalogueError::TooLong);
}
