use super::*;

#[test]
fn dumps_are_named_for_what_they_are() {
    let whole = String::from_utf8(dump()).unwrap();
    let cut = &whole[..whole.find("-- Dump completed").unwrap()];
    let copy = |name: &str, body: &[u8]| Copy::new().file(name, body).judged();
    only(&copy("zimbra_dump-2024.sql.gz", whole.as_bytes()), "store-dump-misnamed");
    only(&copy("mboxgroup5.sql", &gzip(whole.as_bytes())), "store-dump-misnamed");
    only(&copy("mboxgroup5.sql", cut.as_bytes()), "store-dump-truncated");
    let zip = only(&copy("mboxgroup5.sql.gz", b"PK\x03\x04..."), "store-dump-unreadable");
    assert_eq!(zip.observed, "a zip archive");
    only(&copy("mboxgroup5.sql.gz", b""), "store-dump-unreadable");
    only(&copy("mboxgroup5.sql.gz", &gzip(whole.as_bytes())[..90]), "store-dump-unreadable");
    let without_columns = b"USE mboxgroup5; INSERT INTO mail_item VALUES (1,2,3);\n-- Dump completed\n";
    only(&copy("a.sql", without_columns), "store-dump-unreadable");
    let bad = whole.replace(",258,5,", ",258,");
    only(&copy("a.sql", bad.as_bytes()), "store-dump-unreadable");
    for (name, body) in [("mboxgroup5.sql", whole.as_bytes()), ("a.sql.gz", &gzip(whole.as_bytes()))] {
        assert!(ids(&copy(name, body)).is_empty(), "{name}");
    }
}

#[test]
fn half_a_dump_makes_no_file_unexpected() {
    let whole = String::from_utf8(dump()).unwrap();
    let cut = &whole[..whole.find(",(5,258").unwrap()];
    let meaning = Copy::new()
        .file("mboxgroup5.sql", cut.as_bytes())
        .file("store/0/5/msg/0/257-2.msg", b"one")
        .file("store/0/5/msg/0/258-3.msg", b"two")
        .file_at(AFTER, "store/0/105/msg/0/258-3.msg", b"of a mailbox behind the cut")
        .judged();
    only(&meaning, "store-dump-truncated");
    assert!(meaning.open.iter().any(|line| line.starts_with("2 blobs have no row")), "{:?}", meaning.open);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (1, None));
}

#[test]
fn rows_elsewhere_and_rows_twice_are_said() {
    let external = Row { locator: "'s3://b/a'", ..Row::of(5, 300, 5, b"x") };
    let extra = Sql::new(Style::MySql8, "mboxgroup5")
        .items("mail_item", &[external, Row::of(5, 257, 2, b"one")])
        .finish();
    let meaning = with_two().file(THIRD, b"three").file("again.sql", &extra).judged();
    assert!(ids(&meaning).is_empty());
    assert!(meaning.open.iter().any(|line| line.contains("external store")), "{:?}", meaning.open);
    assert!(meaning.open.iter().any(|line| line.contains("more than once")), "{:?}", meaning.open);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (3, Some(4)));
}

#[test]
fn an_empty_dump_is_always_told() {
    let sound = || with_two().file(THIRD, b"three");
    for (name, body) in [
        ("db/x.sql", &b""[..]),
        ("db/x.sql", b"\n"),
        ("db/x.sql.gz", &gzip(b"")),
        ("db/mboxgroup6.sql", b""),
        ("db/zimbra.sql", b""),
    ] {
        let finding = only(&sound().file(name, body).judged(), "store-dump-unreadable");
        assert_eq!((finding.severity, finding.subject.as_str()), (Severity::Failure, name));
    }
    // Without anything else of a raw copy it may be any program's script.
    let script = Copy::new().file("lib/help.sql", b"").judged();
    assert_eq!(only(&script, "store-dump-unreadable").severity, Severity::Warning);
    assert!(script.open.is_empty() && script.coverage == Meaning::default().coverage);
    let page = sound().file("x.sql", b"<html>no dump</html>").judged();
    assert_eq!(only(&page, "store-dump-unreadable").severity, Severity::Warning);
    assert_eq!(page.open, [""; 0]);
}

#[test]
fn a_dump_that_does_not_say_its_end_proves_nothing() {
    let with = |dump: &[u8]| {
        let copy = Copy::new().file("db/mboxgroup5.sql", dump);
        let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one").file("store/0/5/msg/0/258-3.msg", b"two");
        copy.file(THIRD, b"three").judged()
    };
    let bare = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows()).without_comments();
    let meaning = with(&bare);
    assert_eq!(only(&meaning, "store-dump-unended").severity, Severity::Warning);
    assert!(meaning.open[0].contains("may have been cut between two statements"), "{:?}", meaning.open);
    assert_eq!(meaning.coverage, Coverage { checked: 3, total: Some(3), unit: Unit::Items });
    let text = String::from_utf8(bare).unwrap();
    let locked = &text[..text.find("UNLOCK").unwrap()];
    let finding = only(&with(locked.as_bytes()), "store-dump-truncated");
    assert!(finding.observed.starts_with("`LOCK TABLES` and no `UNLOCK TABLES`"), "{finding:?}");
    // The server's own script has the tables, and is no dump.
    let script = b"USE zimbra;\nCREATE TABLE mailbox (id int, group_id int, account_id text);\nINSERT INTO volume SELECT 1;\n";
    let meaning = with_two().file(THIRD, b"three").file("db/db.sql", script).judged();
    assert!(ids(&meaning).is_empty() && meaning.open.is_empty(), "{meaning:?}");
}

#[test]
fn a_dump_of_all_databases_is_known_by_its_header() {
    let cut = b"-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)\n--\n-- Host: localhost    Database: \nUSE chat;\n";
    only(&with_two().file(THIRD, b"three").file("all.sql", cut).judged(), "store-dump-truncated");
    let other = String::from_utf8_lossy(cut).replace("Database: ", "Database: wordpress");
    let meaning = with_two().file(THIRD, b"three").file("wordpress.sql", other.as_bytes()).judged();
    assert_eq!(ids(&meaning), [""; 0]);
}

#[test]
fn statements_that_are_not_read_are_said() {
    let sql = b"USE mboxgroup5; INSERT INTO mail_item SET mailbox_id=5, id=300;\n-- Dump completed\n";
    let meaning = with_two().file(THIRD, b"three").file("more.sql", sql).judged();
    assert!(ids(&meaning).is_empty());
    assert!(meaning.open.iter().any(|line| line.starts_with("more.sql: 1 statements")), "{:?}", meaning.open);
    assert_eq!(meaning.coverage.total, None);
}

#[test]
fn messages_and_documents_always_have_a_digest() {
    let with = |kinds: &[u8]| {
        let mut rows = rows();
        for (kind, id) in kinds.iter().zip(300..) {
            rows.push(Row { kind: *kind, ..Row::of(5, id, 5, b"").bare() });
        }
        let dump = Sql::new(Style::MySql8, "mboxgroup5").items("mail_item", &rows).finish();
        let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
        let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one");
        copy.file("store/0/5/msg/0/258-3.msg", b"two").file(THIRD, b"three").judged()
    };
    for kind in [5, 8, 14, 16] {
        let meaning = with(&[kind, kind]);
        let finding = only(&meaning, "store-digest-missing");
        assert_eq!(finding.subject, "mailbox 5: folder 2, item 300");
        assert!(finding.severity == Severity::Failure && finding.observed.contains("2 rows"), "{finding:?}");
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (3, Some(5)));
    }
    // Contacts, appointments and tasks have a blob only at times, the others never.
    let without = with(&[1, 2, 3, 4, 6, 9, 11, 13, 15, 17, 18]);
    assert_passes(&without, 3);
    assert_eq!(without.open, [""; 0]);
    let untyped = b"USE mboxgroup5; CREATE TABLE mail_item (mailbox_id int, id int, size int, blob_digest text, mod_content int);\
                    INSERT INTO mail_item VALUES (5,300,9,NULL,5);\n-- Dump completed\n";
    let meaning = with_two().file(THIRD, b"three").file("more.sql", untyped).judged();
    assert!(meaning.open.iter().any(|line| line.starts_with("1 rows state neither")), "{:?}", meaning.open);
}

#[test]
fn dumps_in_one_file_count_like_those_in_several() {
    let newer = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows()[..2]).finish();
    let with = |dump: &[u8]| {
        let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", dump);
        let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one").file("store/0/5/msg/0/258-3.msg", b"two");
        copy.file(THIRD, b"three").judged()
    };
    let appended = [dump(), newer.clone()].concat();
    let members = [gzip(&dump()), gzip(&newer)].concat();
    for meaning in [with(&appended), with(&members)] {
        let said = meaning.open.iter().any(|line| line.starts_with("1 databases (mboxgroup5 is the first)"));
        assert!(said, "{:?}", meaning.open);
    }
    let dropped = [dump(), b"DROP TABLE mail_item;\n-- Dump completed\n".to_vec()].concat();
    let meaning = with(&dropped);
    assert!(meaning.open[0].contains("1 statements take away"), "{:?}", meaning.open);
    assert_eq!(meaning.coverage.total, None);
    let lists = with_two().file(THIRD, b"three").file("db/older.sql", &server(&[5])).judged();
    assert!(lists.open[0].starts_with("1 databases (zimbra is the first)"), "{:?}", lists.open);
    assert_eq!(with(&dump()).open, [""; 0]);
}
