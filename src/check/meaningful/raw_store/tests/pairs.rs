use super::*;

/// So many rows and blobs that to compare each with each would take minutes.
const MANY: u32 = 30_000;

/// An item of many revisions, whose files bear a name that is so much higher.
fn judged(shift: u32) -> Meaning {
    let text = |revision: u32| format!("text {revision}");
    let mut rows = rows()[..2].to_vec();
    rows.extend((1..=MANY).map(|revision| Row::of(5, 257, revision, text(revision).as_bytes())));
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows).finish();
    let mut copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
    for revision in 1..=MANY {
        let name = format!("store/0/5/msg/0/257-{}.msg", revision + shift);
        copy = copy.file(&name, text(revision).as_bytes());
    }
    copy.judged()
}

#[test]
fn an_item_may_have_any_number_of_revisions() {
    assert_passes(&judged(0), u64::from(MANY));
    let moved = judged(MANY);
    assert_eq!(moved.findings.count(&kinds::STORE_BLOB_REVISION), u64::from(MANY));
    assert_eq!(moved.coverage.checked, u64::from(MANY));
}

#[test]
fn files_of_other_names_go_to_the_rows_that_state_them() {
    let rows =
        [1, 2, 3, 4].map(|revision| Row::of(5, 257, revision, if revision < 3 { b"same" } else { b"else" }));
    let rows: Vec<_> = self::rows()[..2].iter().cloned().chain(rows).collect();
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &rows).finish();
    let copy = Copy::new().file("db/zimbra.sql", &server(&[5])).file("db/mboxgroup5.sql", &dump);
    let copy =
        copy.file("store/0/5/msg/0/257-11.msg", b"same").file("store/0/5/msg/0/257-12.msg", &gzip(b"same"));
    let copy = copy.file("store/0/5/msg/0/257-13.msg", b"neither");
    let meaning = copy.judged();
    let observed: Vec<_> = meaning.findings.iter().map(|finding| finding.observed.as_str()).collect();
    let same = |revision: u32| format!("revision {revision} with the content the row states");
    assert_eq!(observed[..3], [same(11), same(12), "revision 13 with another content".to_owned()]);
    assert!(observed[3].starts_with("no file"), "{observed:?}");
    assert_eq!(meaning.coverage.checked, 2);
}
