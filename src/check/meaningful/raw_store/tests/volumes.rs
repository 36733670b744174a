use super::*;

const VOLUMES: [(u16, &str); 3] = [(1, "/opt/zimbra/store"), (2, "/hsm/store"), (3, "/opt/zimbra/index")];

/// The message 259 on this volume by its row, and its file in this folder.
fn with(locator: &'static str, folder: &str, volumes: &[(u16, &str)]) -> Meaning {
    let mut rows = rows();
    rows.iter_mut().filter(|row| row.id == 259).for_each(|row| row.locator = locator);
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows).finish();
    let server = Sql::new(Style::MariaDb10, "zimbra").volumes(volumes).mailboxes(&[5]).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server).file("db/mboxgroup5.sql", &dump);
    let copy = copy.file("opt/zimbra/store/0/5/msg/0/257-2.msg", b"one");
    let copy = copy.file("opt/zimbra/store/0/5/msg/0/258-3.msg", b"two");
    copy.file(&format!("{folder}/0/5/msg/0/259-4.msg"), b"three").judged()
}

#[test]
fn a_file_on_another_volume_proves_nothing() {
    for (locator, folder) in
        [("'2'", "opt/zimbra/store"), ("'1'", "hsm/store"), ("'2'", "./backup/opt/zimbra/store")]
    {
        let meaning = with(locator, folder, &VOLUMES);
        assert_passes(&meaning, 3);
        let said = "1 rows (the first is item 259 of mailbox 5) place their blob on another volume";
        assert!(meaning.open[0].starts_with(said), "{locator} {folder}: {:?}", meaning.open);
    }
    for (locator, folder) in [
        ("'1'", "opt/zimbra/store"),
        ("'2'", "hsm/store"),
        ("'2'", "backup/hsm/store"),
        // Which of the two it is, or whether any, can't be told.
        ("'2'", "store"),
        ("'1'", "elsewhere"),
        ("'2'", "old/store"),
    ] {
        let meaning = with(locator, folder, &VOLUMES);
        assert_passes(&meaning, 3);
        assert_eq!(meaning.open, [""; 0], "{locator} {folder}");
    }
}

#[test]
fn a_file_on_two_volumes_is_being_moved() {
    let server = Sql::new(Style::MariaDb10, "zimbra").volumes(&VOLUMES).mailboxes(&[5]).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server).file("db/mboxgroup5.sql", &dump());
    let copy = copy
        .file("opt/zimbra/store/0/5/msg/0/257-2.msg", b"one")
        .file("hsm/store/0/5/msg/0/257-2.msg", b"one");
    let copy = copy.file("opt/zimbra/store/0/5/msg/0/258-3.msg", b"two");
    let meaning = copy.file("opt/zimbra/store/0/5/msg/0/259-4.msg", b"three").judged();
    assert_passes(&meaning, 3);
    assert_eq!(meaning.open, [""; 0]);
}

#[test]
fn a_volume_must_be_listed() {
    for volumes in [&VOLUMES[..], &[]] {
        let meaning = with("'77'", "opt/zimbra/store", volumes);
        assert!(ids(&meaning).is_empty());
        let said = meaning.open.iter().any(|line| line.contains("`zimbra.volume` does not list"));
        assert!(said, "{:?}", meaning.open);
    }
}
