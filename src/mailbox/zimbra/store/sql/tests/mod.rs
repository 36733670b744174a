mod ending;
mod filling;
mod touched;

use super::*;
use crate::demo::zimbra::dump::{Dump, Row, Style};
use proptest::prelude::*;

#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    mail: Vec<MailRow>,
    mailboxes: Vec<MailboxRow>,
    volumes: Vec<VolumeRow>,
}

impl Records for Seen {
    fn mail(&mut self, row: &MailRow) {
        self.mail.push(*row);
    }
    fn mailbox(&mut self, row: MailboxRow) {
        self.mailboxes.push(row);
    }
    fn volume(&mut self, row: VolumeRow) {
        self.volumes.push(row);
    }
}

fn read(sql: &[u8], piece: usize) -> (Seen, Summary) {
    let (mut reader, mut seen) = (Reader::new(Database::Unknown), Seen::default());
    sql.chunks(piece.max(1)).for_each(|piece| reader.push(piece, &mut seen));
    let summary = reader.finish(&mut seen);
    (seen, summary)
}

fn read_text(sql: &str) -> (Seen, Summary) {
    read(sql.as_bytes(), 5)
}

/// What is said of a script in which nothing matters.
fn nothing() -> Summary {
    Summary { filled: true, ..Summary::default() }
}

fn items(count: u32) -> Vec<Row> {
    let mut items = vec![Row::folder(7, 2, 1)];
    items.extend(
        (0..count).map(|number| Row::of(7, 257 + number, 3 + number, format!("mail {number}").as_bytes())),
    );
    items
}

fn assert_is(row: &MailRow, item: &Row) {
    assert_eq!((row.mailbox, row.item, row.folder), (item.mailbox, item.id, item.folder));
    assert_eq!((row.size, row.revision, row.changed), (item.size, item.revision, item.changed));
    let digest = item.digest.as_ref().map(|text| crate::mailbox::Digest::named(text.as_bytes()));
    assert_eq!(row.digest, digest);
    assert_eq!(row.locator, if item.digest.is_some() { Locator::Volume(1) } else { Locator::None });
}

#[test]
fn dumps_of_both_servers_give_their_rows() {
    for style in [Style::MySql8, Style::MariaDb10] {
        let (wanted, gone) = (items(20), [Row::of(7, 900, 90, b"gone")]);
        let older = Row::of(7, 300, 4, b"older");
        let dump = Dump::new(style, "")
            .database("mboxgroup7")
            .items("mail_item", &wanted)
            .items("mail_item_dumpster", &gone)
            .revisions(std::slice::from_ref(&older))
            .database("zimbra")
            .mailboxes(&[7, 107])
            .volumes(&[(1, "/opt/zimbra/store")])
            .database("other")
            .items("mail_item", &wanted)
            .finish();
        let (seen, summary) = read(&dump, 4096);
        assert_eq!(seen.mail.len(), 23, "{style:?}");
        for (row, item) in seen.mail.iter().zip(wanted.iter().chain(&gone)) {
            assert_is(row, item);
        }
        assert_eq!((seen.mail[22].item, seen.mail[22].folder, seen.mail[22].revision), (300, 0, 4));
        assert_eq!(seen.mail[1].kind, 5);
        assert_eq!(seen.mailboxes[1].group, Some(7));
        let account = seen.mailboxes[1].account.unwrap().to_string();
        assert_eq!(account, "0000006b-0000-4000-8000-000000000000");
        assert_eq!(&*seen.volumes[0].path, b"/opt/zimbra/store");
        let counted =
            Summary { groups: [7].into(), rows: 23, mailboxes: 2, lists: true, ..Summary::default() };
        let said = Summary { zimbra: true, of_all: true, filled: true, ending: Ending::Completed, ..counted };
        assert_eq!(summary, said);
        assert_eq!((seen.mail[0].kind, seen.mail[22].kind), (1, 8), "revisions are those of documents");
    }
}

#[test]
fn inserts_over_a_megabyte_are_read() {
    let wanted = items(9_000);
    let dump = Dump::new(Style::MariaDb10, "mboxgroup7").items("mail_item", &wanted).finish();
    assert!(dump.split(|byte| *byte == b'\n').any(|line| line.len() > 1 << 20));
    let (seen, summary) = read(&dump, 64 << 10);
    assert_eq!(seen.mail.len(), wanted.len());
    seen.mail.iter().zip(&wanted).for_each(|(row, item)| assert_is(row, item));
    assert!(summary.groups.contains(&7) && summary.ending == Ending::Completed && summary.bad_rows == 0);
}

const TABLE: &str =
    "CREATE TABLE mail_item (mailbox_id int, id int, size int, blob_digest text, mod_content int);";

#[test]
fn columns_stand_where_the_table_says() {
    let (seen, _) = read_text(&format!("{TABLE} INSERT INTO mail_item VALUES (1,257,0,NULL,9);"));
    assert_eq!((seen.mail[0].mailbox, seen.mail[0].item, seen.mail[0].revision), (1, 257, 9));
    let named = "INSERT IGNORE INTO `mboxgroup3`.`mail_item` (`mod_content`, `id`,`mailbox_id`,size,blob_digest) VALUES (9,257,3,4,NULL),(8,258,3,4,NULL) ON DUPLICATE KEY UPDATE id=(1);";
    let (seen, summary) = read_text(named);
    assert_eq!((seen.mail.len(), seen.mail[0].mailbox, seen.mail[1].revision), (2, 3, 8));
    assert!(summary.groups.contains(&3));
}

#[test]
fn rows_without_known_columns_are_said() {
    let (seen, summary) = read_text("USE mboxgroup1; INSERT INTO mail_item VALUES (1,257,0,NULL,9);");
    assert!(seen.mail.is_empty() && summary.no_columns);
    let other = "CREATE TABLE revision (rev_id int, rev_page int); INSERT INTO revision VALUES (1,2);";
    assert_eq!(read_text(other), (Seen::default(), nothing()), "a wiki's table");
    let wiki = format!("USE wiki; {TABLE} INSERT INTO mail_item VALUES (1,257,0,NULL,9);");
    assert_eq!(read_text(&wiki), (Seen::default(), nothing()));
}

#[test]
fn rows_that_are_none_are_counted() {
    for row in [
        "(1,2)",
        "(1,2,3,NULL,5,6)",
        "(NULL,2,3,NULL,5)",
        "(1,-2,3,NULL,5)",
        "(1,2,3,NULL,)",
        "()",
        "(1,99999999999,3,NULL,5)",
    ] {
        let (seen, summary) =
            read_text(&format!("{TABLE} INSERT INTO mail_item VALUES {row},(1,257,0,NULL,9);"));
        assert_eq!((seen.mail.len(), summary.bad_rows), (1, 1), "{row}");
    }
    let (seen, summary) = read_text(&format!("{TABLE} INSERT INTO mail_item VALUES (1,2,3,'no digest',5);"));
    assert!(seen.mail[0].digest.unwrap().is_err() && summary.bad_rows == 0);
}

#[test]
fn locators_name_volumes_or_external_stores() {
    let table = TABLE.replace("size int", "size int, locator varchar(1024)");
    for (value, locator) in [
        ("'2'", Locator::Volume(2)),
        ("2", Locator::Volume(2)),
        ("NULL", Locator::None),
        ("'s3://bucket/x'", Locator::External),
    ] {
        let (seen, _) = read_text(&format!("{table} INSERT INTO mail_item VALUES (1,2,3,{value},NULL,5);"));
        assert_eq!(seen.mail[0].locator, locator, "{value}");
    }
}

#[test]
fn bodies_of_triggers_are_no_statements() {
    let trigger = "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN INSERT INTO mail_item VALUES (1,2,3,NULL,5); END ;;\nDELIMITER ;\n";
    let slashes = "DELIMITER //\nCREATE PROCEDURE p() BEGIN SELECT 1; INSERT INTO mail_item VALUES (1,2,3,NULL,5); END//\nDELIMITER ;\n";
    for body in [trigger, slashes] {
        let sql = format!("{TABLE}\n{body}INSERT INTO mail_item VALUES (1,257,0,NULL,9);");
        let (seen, summary) = read_text(&sql);
        assert_eq!(seen.mail.iter().map(|row| row.item).collect::<Vec<_>>(), [257], "{body}");
        assert_eq!((summary.ending, summary.unread), (Ending::Unsaid, 0));
    }
}

#[test]
fn zimbras_own_script_for_databases_is_no_dump() {
    let script = "CREATE DATABASE ${DATABASE_NAME}\nDEFAULT CHARACTER SET utf8;\nCREATE TABLE IF NOT EXISTS ${DATABASE_NAME}.mail_item (\n mailbox_id INTEGER, -- a parent\\'s\n id INTEGER);\n";
    assert_eq!(read_text(script), (Seen::default(), nothing()));
}

proptest! {
    #[test]
    fn slicing_changes_nothing(piece in 1_usize..50, cut in 0_usize..4000) {
        let dump = Dump::new(Style::MySql8, "mboxgroup7").items("mail_item", &items(3)).finish();
        let dump = &dump[..dump.len() - cut.min(dump.len())];
        prop_assert_eq!(read(dump, piece), read(dump, usize::MAX));
    }

    #[test]
    fn any_statements_are_taken(
        words in prop::collection::vec(prop::sample::select(vec![
            "CREATE", "TABLE", "mail_item", "(", ")", ",", ";", "INSERT", "INTO", "VALUES", "`id`", "mailbox_id", "size",
            "blob_digest", "mod_content", "1", "'x'", "NULL", ".", "USE", "mboxgroup1", "DELIMITER", "\n", "--", "/*!",
            "SET", "autocommit", "=", "0", "LOCK", "UNLOCK", "TABLES", "COMMIT", "LOAD", "REPLACE", "SELECT", "ON",
        ]), 0..60),
        piece in 1_usize..9,
    ) {
        let sql = words.join(" ");
        prop_assert_eq!(read(sql.as_bytes(), piece), read(sql.as_bytes(), usize::MAX));
    }

    #[test]
    fn any_bytes_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..300), piece in 1_usize..9) {
        prop_assert_eq!(read(&bytes, piece), read(&bytes, usize::MAX));
    }
}
