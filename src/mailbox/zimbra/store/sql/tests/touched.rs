use super::*;

const END: &str = "-- Dump completed on 2023-11-15\n";

/// A dump of one row, with a header and a last line.
fn whole() -> String {
    String::from_utf8(Dump::new(Style::MariaDb10, "mboxgroup7").items("mail_item", &items(1)).finish())
        .unwrap()
}

fn behind(sql: &str) -> Summary {
    read_text(&format!("{}{sql}\n{END}", whole())).1
}

#[test]
fn what_takes_rows_away_is_counted() {
    for sql in [
        "DROP TABLE mail_item;",
        "DROP TABLE IF EXISTS `x`, `mail_item`;",
        "drop tables mboxgroup7.mail_item;",
        "TRUNCATE TABLE `mail_item`;",
        "TRUNCATE mail_item;",
        "DELETE FROM mail_item;",
        "DELETE LOW_PRIORITY FROM `mail_item` WHERE 1;",
        "UPDATE mail_item SET folder_id=3;",
        "RENAME TABLE mail_item TO other;",
        "DROP DATABASE `mboxgroup7`;",
        "/*!40000 DROP DATABASE IF EXISTS `mboxgroup7`*/;",
        "DROP SCHEMA mboxgroup7;",
        "DELIMITER //\nTRUNCATE mail_item//\nDELIMITER ;\n",
    ] {
        assert_eq!(behind(sql).undone, 1, "{sql}");
    }
    for sql in [
        "DROP TABLE other;",
        "DROP TABLE wiki.mail_item;",
        "DROP DATABASE mboxgroup8;",
        "DROP VIEW mail_item;",
        "DROP TEMPORARY TABLE mail_item;",
        "DELETE FROM other; UPDATE other SET a=1; TRUNCATE other;",
        "DELIMITER ;;\nCREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW BEGIN DELETE FROM mail_item; END ;;\nDELIMITER ;\n",
        "ROLLBACK;",
    ] {
        assert_eq!(behind(sql).undone, 0, "{sql}");
    }
}

#[test]
fn rows_that_are_rolled_back_are_none() {
    let insert = format!("{TABLE} INSERT INTO mail_item VALUES (1,257,0,NULL,9);");
    for (sql, undone) in [
        (format!("START TRANSACTION; {insert} ROLLBACK;"), 1),
        (format!("{insert} BEGIN; INSERT INTO mail_item VALUES (1,258,0,NULL,9); rollback;"), 1),
        (format!("SET autocommit=0; {insert} ROLLBACK;"), 1),
        (format!("{insert} BEGIN; ROLLBACK;"), 0),
        (format!("BEGIN; {insert} COMMIT; ROLLBACK;"), 0),
    ] {
        assert_eq!(read_text(&sql).1.undone, undone, "{sql}");
    }
}

#[test]
fn a_table_that_comes_twice_is_told() {
    let (whole, rows) = (whole(), |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("DROP"));
        lines.map(|line| format!("{line}\n")).collect::<String>()
    });
    let repeated = |sql: &str| read_text(sql).1.repeated.into_iter().collect::<Vec<_>>();
    assert_eq!(repeated(&format!("{whole}{whole}")), [Database::Group(7)]);
    // Without DROP, and without the definition of the table.
    assert_eq!(repeated(&rows(&format!("{whole}{whole}"))), [Database::Group(7)]);
    let filled =
        "INSERT INTO mail_item (mailbox_id,id,size,blob_digest,mod_content) VALUES (7,257,0,NULL,9);\n";
    let header = "-- MySQL dump 10.13\n-- Host: localhost    Database: mboxgroup7\n";
    let part = format!("{header}{filled}{filled}{END}");
    assert_eq!((repeated(&part), repeated(&format!("{part}{part}"))), (vec![], vec![Database::Group(7)]));
    let list = String::from_utf8(Dump::new(Style::MariaDb10, "zimbra").mailboxes(&[7]).finish()).unwrap();
    assert_eq!(repeated(&format!("{list}{whole}{list}")), [Database::Zimbra]);
    // Dumps of several databases, one behind the other, are legal.
    let other = whole.replace("mboxgroup7", "mboxgroup8");
    let (_, summary) = read_text(&format!("{list}{whole}{other}"));
    assert_eq!((summary.undone, summary.repeated.len(), summary.lists), (0, 0, true));
}
