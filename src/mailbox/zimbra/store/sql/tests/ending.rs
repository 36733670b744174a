use super::*;

fn dump() -> Dump {
    Dump::new(Style::MySql8, "mboxgroup7")
        .items("mail_item", &items(3))
        .items("mail_item_dumpster", &items(1))
}

fn ending(sql: &str) -> Ending {
    read_text(sql).1.ending
}

#[test]
fn a_dump_that_stops_is_cut() {
    let text = String::from_utf8(dump().finish()).unwrap();
    assert_eq!(ending(&text), Ending::Completed);
    let without_end = &text[..text.find("-- Dump completed").unwrap()];
    assert_eq!(ending(without_end), Ending::Cut(Cut::LastLine));
    for at in [without_end.find("mail 2").unwrap_or(without_end.len() / 2), without_end.len() - 5] {
        assert_eq!(ending(&text[..at]), Ending::Cut(Cut::Statement), "cut at {at}");
    }
}

#[test]
fn without_comments_nothing_says_that_a_dump_is_whole() {
    let bare = String::from_utf8(dump().without_comments()).unwrap();
    let (seen, summary) = read_text(&bare);
    assert_eq!((seen.mail.len(), summary.ending, summary.zimbra), (6, Ending::Unsaid, true));
    // Cut behind each of its lines: before the table, within the lock, behind it.
    let mut endings = Vec::new();
    for (at, _) in bare.match_indices('\n') {
        endings.push(ending(&bare[..=at]));
    }
    endings.dedup();
    assert!(!endings.contains(&Ending::Completed), "{endings:?}");
    assert_eq!(endings.iter().filter(|ending| **ending == Ending::Cut(Cut::Lock)).count(), 2, "{endings:?}");
}

#[test]
fn the_last_line_is_the_last() {
    let text = String::from_utf8(dump().finish()).unwrap();
    let bare = String::from_utf8(dump().without_comments()).unwrap();
    for behind in
        ["\n", "COMMIT;\n", "FLUSH PRIVILEGES;\n", "/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;\n", &text]
    {
        assert_eq!(ending(&format!("{text}{behind}")), Ending::Completed, "{behind:.40}");
    }
    assert_eq!(ending(&format!("{bare}{text}")), Ending::Completed);
    assert_eq!(ending(&format!("{text}{bare}")), Ending::Unsaid);
    let cut = &text[..text.find("-- Dump completed").unwrap()];
    assert_eq!(ending(&format!("{cut}{text}")), Ending::Cut(Cut::LastLine));
}

#[test]
fn locks_and_transactions_must_end() {
    let end = "\n-- Dump completed on 2023-11-15\n";
    let insert = "INSERT INTO x VALUES (1);";
    for (sql, cut) in [
        (format!("LOCK TABLES `x` WRITE; {insert}"), Some(Cut::Lock)),
        (format!("LOCK TABLES `x` WRITE; {insert} UNLOCK TABLES;"), None),
        ("LOCK INSTANCE FOR BACKUP;".to_owned(), None),
        (format!("START TRANSACTION; {insert}"), Some(Cut::Transaction)),
        (format!("BEGIN; {insert} COMMIT;"), None),
        ("START SLAVE;".to_owned(), None),
        (format!("set autocommit=0; {insert}"), Some(Cut::Transaction)),
        (format!("set autocommit=0; {insert} commit;"), None),
        ("set autocommit=0;".to_owned(), None),
        (format!("SET @OLD_AUTOCOMMIT=@@AUTOCOMMIT, @@AUTOCOMMIT=0; {insert}"), Some(Cut::Transaction)),
        (format!("SET @@session.autocommit := OFF, x = 1; {insert}"), Some(Cut::Transaction)),
        (format!("SET @OLD=@@AUTOCOMMIT, @@AUTOCOMMIT=0; {insert} SET AUTOCOMMIT=@OLD;"), None),
        (format!("SET @OLD_AUTOCOMMIT=0; {insert}"), None),
        (format!("SET autocommit=1; {insert}"), None),
    ] {
        let wanted = cut.map_or(Ending::Completed, Ending::Cut);
        assert_eq!(ending(&format!("{sql}{end}")), wanted, "{sql}");
    }
}
