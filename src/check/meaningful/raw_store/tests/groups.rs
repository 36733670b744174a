use super::*;

#[test]
fn a_group_without_a_dump_is_missed_once() {
    let meaning = with_two_of(&[5, 7, 107])
        .file(THIRD, b"three")
        .file("store/0/107/msg/0/257-2.msg", b"one")
        .file("store/0/107/msg/0/258-2.msg", b"two")
        .judged();
    let finding = only(&meaning, "store-group-missing");
    assert_eq!(finding.subject, "mboxgroup7");
    assert!(meaning.open.is_empty(), "{:?}", meaning.open);
    assert!(finding.expected.contains("2 mailboxes") && finding.observed.contains("2 blobs"), "{finding:?}");
    // Blobs alone tell of a mailbox, too.
    let meaning = with_two().file(THIRD, b"three").file("store/0/42/msg/0/257-2.msg", b"one").judged();
    assert_eq!(only(&meaning, "store-group-missing").subject, "mboxgroup42");
    // An empty group is dumped all the same.
    let empty = Sql::new(Style::MySql8, "mboxgroup7").items("mail_item", &[]).finish();
    let meaning = with_two().file(THIRD, b"three").file("db/mboxgroup7.sql", &empty).judged();
    assert_passes(&meaning, 3);
    assert_eq!(meaning.open, [""; 0]);
}

#[test]
fn accounts_are_named_where_the_dump_knows_them() {
    let finding = only(&with_two().judged(), "store-blob-missing");
    assert_eq!(
        finding.subject,
        "mailbox 5 (00000005-0000-4000-8000-000000000000): folder 2, item 259, revision 4"
    );
    assert!(finding.observed.contains("volume 1 (/opt/zimbra/store)"), "{finding:?}");
}

#[test]
fn a_mailbox_that_is_listed_has_rows() {
    let empty = Sql::new(Style::MySql8, "mboxgroup7").items("mail_item", &[]).finish();
    let copy = || with_two_of(&[5, 7, 107]).file(THIRD, b"three").file("mboxgroup7.sql", &empty);
    let meaning = copy().file_at(AFTER, "store/0/107/msg/0/257-2.msg", b"of a new mailbox").judged();
    assert!(ids(&meaning).is_empty());
    assert!(meaning.open.iter().any(|line| line.starts_with("2 mailboxes (the first is 7)")), "{meaning:?}");
    // Blobs that are older tell that rows are missing.
    let meaning = copy().file("store/0/107/msg/0/257-2.msg", b"older").judged();
    assert!(only(&meaning, "store-rows-missing").subject.starts_with("mailbox 107 ("), "{meaning:?}");
    assert!(meaning.open.iter().any(|line| line.starts_with("1 mailboxes (the first is 7)")), "{meaning:?}");
}

#[test]
fn only_a_list_says_whose_mailbox_is_whose() {
    let bare = || Copy::new().file("db/mboxgroup5.sql", &dump()).file("store/0/5/msg/0/257-2.msg", b"one");
    let bare = || bare().file("store/0/5/msg/0/258-3.msg", b"two").file(THIRD, b"three");
    let empty = server(&[]);
    for copy in [bare(), bare().file("db/zimbra.sql", &empty)] {
        let meaning = copy.judged();
        assert_passes(&meaning, 3);
        assert!(meaning.open[0].starts_with("No dump lists the mailboxes"), "{:?}", meaning.open);
    }
    let other = with_two_of(&[105]).file(THIRD, b"three").judged();
    assert!(ids(&other).is_empty());
    assert!(other.open[0].starts_with("1 mailboxes (the first is 5) have rows"), "{:?}", other.open);
    assert_eq!(with_two().file(THIRD, b"three").judged().open, [""; 0]);
}
