use super::*;

const ROW: &str = "VALUES (1,257,0,NULL,9)";

/// The items that were read, the statements that were not, and the groups.
fn filled(sql: &str) -> (Vec<u32>, u64, Vec<u32>) {
    let (seen, summary) = read_text(&format!("{TABLE}\n{sql}"));
    (seen.mail.iter().map(|row| row.item).collect(), summary.unread, summary.groups.into_iter().collect())
}

#[test]
fn rows_are_read_in_each_form_of_a_dump() {
    for sql in [
        format!("INSERT INTO mail_item {ROW};"),
        format!("REPLACE INTO `mail_item` {ROW};"),
        format!("replace mail_item {ROW};"),
        format!("INSERT IGNORE INTO MAIL_ITEM {ROW};"),
        "INSERT INTO mail_item VALUE (1,257,0,NULL,9) ON DUPLICATE KEY UPDATE id=1;".to_owned(),
        format!("/*!40000 INSERT INTO mail_item {ROW} */;"),
        format!("/*M!100100 INSERT INTO mail_item {ROW} */;"),
        format!("/* INSERT INTO mail_item VALUES (1,1,0,NULL,9); */ INSERT INTO mail_item {ROW};"),
        format!("-- INSERT INTO mail_item VALUES (1,1,0,NULL,9);\nINSERT INTO mail_item {ROW};"),
        format!("/*!99999 any words */ INSERT INTO mail_item {ROW};"),
        format!("DROP TABLE IF EXISTS other, `mboxgroup3`.mail_item; INSERT INTO mail_item {ROW};"),
        format!("CREATE OR REPLACE {} INSERT INTO mail_item {ROW};", &TABLE["CREATE ".len()..]),
    ] {
        assert_eq!(filled(&sql), (vec![257], 0, vec![]), "{sql}");
    }
}

#[test]
fn what_is_not_read_is_counted() {
    for sql in [
        "INSERT INTO mail_item SET mailbox_id=1, id=257;",
        "INSERT INTO mail_item SELECT * FROM other;",
        "INSERT INTO mail_item (id, size) SELECT 1, 2;",
        "REPLACE INTO mail_item TABLE other;",
        "INSERT INTO mail_item PARTITION (p0) VALUES (1,257,0,NULL,9);",
        "INSERT INTO mail_item VALUES ROW(1,257,0,NULL,9);",
        "LOAD DATA LOCAL INFILE 'a.txt' REPLACE INTO TABLE mail_item FIELDS TERMINATED BY ',';",
        "LOAD DATA INFILE 'a.txt' INTO TABLE mail_item;",
        "DELIMITER //\nINSERT INTO mail_item VALUES (1,257,0,NULL,9)//\nDELIMITER ;\n",
        "USE mboxgroup3; INSERT INTO revision SELECT * FROM other;",
        "/*!999999 INSERT INTO mail_item VALUES (1,257,0,NULL,9) */;",
        "/*M!99999 REPLACE INTO mail_item VALUES (1,257,0,NULL,9) */;",
        "CREATE TEMPORARY TABLE mail_item (id int);",
        "INSERT INTO mail_item VALUES /*!99999 (1,257,0,NULL,9) */;",
    ] {
        let (items, unread, _) = filled(sql);
        assert_eq!((items, unread), (vec![], 1), "{sql}");
    }
    for sql in [
        "USE wiki; INSERT INTO mail_item SELECT 1;",
        "USE wiki; /*!999999 INSERT INTO mail_item SELECT 1 */;",
        "USE wiki; CREATE TEMPORARY TABLE mail_item (id int);",
        "INSERT INTO revision SELECT 1;",
        "INSERT INTO wiki.mail_item SET a=1;",
        "LOAD DATA INFILE 'mail_item' INTO TABLE other;",
        "INSERT INTO other SELECT * FROM mail_item;",
    ] {
        assert_eq!(filled(sql).1, 0, "{sql}");
    }
}

#[test]
fn the_database_is_chosen_in_each_form_of_use() {
    let table = TABLE;
    for name in [
        "USE mboxgroup3;",
        "use `mboxgroup3`;",
        "USE MBOXGROUP3 ;",
        "USE mboxgroup3 -- the third\n;",
        "USE mboxgroup3 # the third\n;",
        "USE /* the third */ mboxgroup3;",
        "USE mboxgroup3\n",
        "USE `mboxgroup3` -- the third\n",
        "/*!40000 USE mboxgroup3 */;",
        "-- Host: localhost    Database: mboxgroup3\n",
    ] {
        let sql = format!("USE wiki; {name} {table} INSERT INTO mail_item {ROW};");
        assert_eq!(filled(&sql), (vec![257], 0, vec![3]), "{name:?}");
    }
}

#[test]
fn accounts_are_uuids() {
    let table = "CREATE TABLE zimbra.mailbox (id int, group_id int, account_id text);";
    for (text, read) in [
        ("3F38C5BE-0000-4000-8000-00000000000a", Some("3f38c5be-0000-4000-8000-00000000000a")),
        ("3f38c5be00004000800000000000000a", None),
        ("3f38c5be-0000-4000-8000-00000000000", None),
        ("3f38c5be-0000-4000-8000-0000000000g0", None),
        ("------------------------------------", None),
        ("", None),
    ] {
        let (seen, summary) =
            read_text(&format!("{table} INSERT INTO zimbra.mailbox VALUES (5,5,'{text}');"));
        let account = seen.mailboxes[0].account.map(|account| account.to_string());
        assert_eq!((account.as_deref(), summary.bad_rows), (read, 0), "{text}");
    }
}
