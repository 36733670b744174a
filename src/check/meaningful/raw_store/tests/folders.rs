use super::*;

/// The sound copy with these rows instead.
fn with(rows: &[Row]) -> Meaning {
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", rows).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
    let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one").file("store/0/5/msg/0/258-3.msg", b"two");
    copy.file(THIRD, b"three").judged()
}

#[test]
fn a_folder_that_items_lie_in_has_a_row() {
    let without =
        |ids: &[u32]| -> Vec<Row> { rows().into_iter().filter(|row| !ids.contains(&row.id)).collect() };
    let finding = only(&with(&without(&[2])), "store-folder-missing");
    assert_eq!(finding.subject, "mailbox 5 (00000005-0000-4000-8000-000000000000): folder 2");
    assert!(
        finding.severity == Severity::Failure && finding.observed.starts_with("none of 1 "),
        "{finding:?}"
    );
    assert!(finding.remedy.contains("mailbox_id = 5 AND"), "{finding:?}");
    only(&with(&without(&[1, 2])), "store-folder-missing");
    // The folder above is missed as well.
    let finding = only(&with(&without(&[1])), "store-folder-missing");
    assert!(finding.subject.ends_with("folder 1"), "{finding:?}");
    assert_eq!(with(&rows()).open, [""; 0]);
}

#[test]
fn folders_may_come_after_their_items_and_in_other_kinds() {
    let mut turned = rows();
    turned.reverse();
    turned.extend([2, 13].map(|kind| Row { kind, ..Row::folder(5, 300 + u32::from(kind), 9) }));
    turned.push(Row { folder: 302, ..Row::of(5, 400, 5, b"").bare() });
    turned.push(Row { kind: 6, folder: 313, ..Row::of(5, 401, 5, b"").bare() });
    turned.iter_mut().filter(|row| row.id == 400).for_each(|row| row.kind = 6);
    // Tags and conversations name a folder that need not be.
    turned.extend([3, 4].map(|kind| Row { kind, folder: 99, ..Row::folder(5, 500 + u32::from(kind), 9) }));
    let meaning = with(&turned);
    assert_passes(&meaning, 3);
    assert_eq!(meaning.open, [""; 0]);
}

#[test]
fn a_dumpster_is_no_mailbox() {
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item_dumpster", &rows()).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
    let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one").file("store/0/5/msg/0/258-3.msg", b"two");
    let finding = only(&copy.file(THIRD, b"three").judged(), "store-group-missing");
    assert!(finding.observed.starts_with("no `mail_item` of it"), "{finding:?}");
    // What is in the dumpster may name a folder that is gone.
    let gone = Row { folder: 77, ..Row::of(5, 300, 5, b"gone") };
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows());
    let dump = dump.items("mail_item_dumpster", &[gone]).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
    let copy = copy.file("store/0/5/msg/0/257-2.msg", b"one").file("store/0/5/msg/0/258-3.msg", b"two");
    let copy = copy.file(THIRD, b"three").file("store/0/5/msg/0/300-5.msg", b"gone");
    assert_passes(&copy.judged(), 4);
}
