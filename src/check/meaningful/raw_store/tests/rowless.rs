use super::*;

#[test]
fn a_file_without_a_row_is_unexpected_unless_it_is_newer() {
    let meaning = with_two().file(THIRD, b"three").file("store/0/5/msg/0/300-5.msg", b"left over").judged();
    let finding = only(&meaning, "store-blob-unexpected");
    assert_eq!((finding.severity, finding.cause), (Severity::Warning, Cause::SourceChurn));
    assert_eq!(finding.subject, "mailbox 5 (00000005-0000-4000-8000-000000000000): item 300, revision 5");
    let meaning = with_two()
        .file(THIRD, b"three")
        .file("store/0/5/msg/0/300-901.msg", b"delivered after the dump")
        .file_at(AFTER, "store/0/105/msg/0/257-1.msg", b"of a mailbox made after the dump")
        .file_at(AFTER, "store/0/6/msg/0/257-1.msg", b"of the first in its group")
        .judged();
    assert_passes(&meaning, 3);
    assert!(meaning.open[0].starts_with("3 blobs are newer than the dump"), "{:?}", meaning.open);
    let stray = with_two().file(THIRD, b"three").file("store/0/5/msg/0/.257-2.msg.AbCdEf", b"t").judged();
    assert!(only(&stray, "store-blob-unexpected").observed.contains(".257-2.msg.AbCdEf"));
}

/// Mailbox 5 with so many rows and their blobs, and so many blobs more.
fn with_rowless(rows: u32, rowless: u32) -> Meaning {
    copy_of(&[(5, rows, rowless)], &[5]).judged()
}

/// Mailboxes of one group, each with rows and rowless blobs, some of them listed.
fn copy_of(mailboxes: &[(u32, u32, u32)], listed: &[u32]) -> Copy {
    let mut copy = Copy::new();
    let mut items = Vec::new();
    for (mailbox, rows, rowless) in mailboxes {
        let ids = 257..257 + rows + rowless;
        for id in ids.clone() {
            copy = copy.file(&format!("store/0/{mailbox}/msg/0/{id}-2.msg"), b"mail");
        }
        if *rows > 0 {
            items.extend([Row::folder(*mailbox, 1, 1), Row::folder(*mailbox, 2, 9000)]);
        }
        items.extend(ids.take(*rows as usize).map(|id| Row::of(*mailbox, id, 2, b"mail")));
    }
    let mut dump = Sql::new(Style::MariaDb10, "").database("mboxgroup5").items("mail_item", &items);
    if !listed.is_empty() {
        dump = dump.database("zimbra").volumes(&[(1, "/opt/zimbra/store")]).mailboxes(listed);
    }
    copy.file("db/all.sql", &dump.finish())
}

#[test]
fn few_blobs_without_a_row_are_normal() {
    for (rows, rowless) in [(1, 1), (150, 1), (350, 3)] {
        let meaning = with_rowless(rows, rowless);
        assert!(ids(&meaning).iter().all(|id| *id == "store-blob-unexpected"), "{:?}", meaning.findings);
        assert_eq!(meaning.findings.count(&kinds::STORE_BLOB_UNEXPECTED), u64::from(rowless));
        assert_eq!(meaning.open, [""; 0], "{rowless} beside {rows}");
    }
}

#[test]
fn many_blobs_without_a_row_prove_nothing() {
    for (rows, rowless) in [(1, 2), (10, 2), (10, 10), (150, 2), (350, 4)] {
        let meaning = with_rowless(rows, rowless);
        let finding = only(&meaning, "store-blob-unexpected");
        assert!(finding.observed.starts_with(&format!("{rowless} blobs without a row")), "{finding:?}");
        assert!(
            meaning.open[0].contains(&format!("{rowless} blobs have no row, beside {rows}")),
            "{meaning:?}"
        );
    }
}

#[test]
fn as_many_blobs_without_a_row_as_with_one_are_lost_rows() {
    let finding = only(&with_rowless(11, 11), "store-rows-missing");
    assert_eq!(finding.severity, Severity::Failure);
    assert!(finding.remedy.contains("zmblobchk --mailboxes 5 start"), "{finding:?}");
}

#[test]
fn a_mailbox_without_a_row_is_lost_or_unknown() {
    // 105 is in the same group, whose dump is there.
    for listed in [&[5, 105][..], &[]] {
        let meaning = copy_of(&[(5, 3, 0), (105, 0, 1)], listed).judged();
        let finding = only(&meaning, "store-rows-missing");
        assert!(finding.subject.starts_with("mailbox 105"), "{finding:?}");
        assert_eq!(finding.observed, "1 blobs without a row, 0 rows that state a blob");
    }
    let meaning = copy_of(&[(5, 3, 0), (105, 0, 1)], &[5]).judged();
    let finding = only(&meaning, "store-blob-unexpected");
    assert_eq!((finding.severity, finding.subject.as_str()), (Severity::Warning, "mailbox 105"));
    assert!(meaning.open[0].contains("know nothing of mailbox 105"), "{:?}", meaning.open);
}

#[test]
fn few_in_each_mailbox_may_be_many_in_all() {
    let mailboxes = |count: u32| (0..count).map(|at| (5 + at * 100, 3, 1)).collect::<Vec<_>>();
    let listed: Vec<_> = (0..11).map(|at| 5 + at * 100).collect();
    assert_eq!(copy_of(&mailboxes(10), &listed[..10]).judged().open, [""; 0]);
    let meaning = copy_of(&mailboxes(11), &listed).judged();
    assert!(meaning.open[0].starts_with("11 blobs in all have no row, beside 33"), "{:?}", meaning.open);
    assert!(meaning.findings.worst() == Some(Severity::Warning));
}
