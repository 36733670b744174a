use super::fixture::{header, member};
use super::*;
use crate::demo::zimbra::dump::{Dump as Sql, Row, Style};
use crate::mailbox::zimbra::content::tests::{content, gzip};
use crate::verdict::kinds;
use proptest::prelude::*;

const MODIFIED: i64 = 1_700_000_100;

fn store(members: &[(&str, &[u8])], piece: usize) -> Facts {
    let mut store = Store::new(&Limits::default());
    for (name, body) in members {
        assert!(store.takes(name.as_bytes()), "{name}");
        member(&mut store, name, MODIFIED, body, piece);
    }
    store.finish()
}

fn dump() -> Vec<u8> {
    let items = [Row::folder(5, 2, 1), Row::of(5, 257, 2, b"one"), Row::of(5, 258, 3, b"two")];
    Sql::new(Style::MySql8, "mboxgroup5").items("mail_item", &items).finish()
}

fn sides(facts: &Facts) -> Vec<(u32, u32, usize, usize)> {
    facts.items().map(|side| (side.mailbox, side.item, side.rows.len(), side.blobs.len())).collect()
}

#[test]
fn rows_and_blobs_meet_whatever_comes_first() {
    let dump = dump();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("store/0/5/msg/0/258-3.msg", b"two"),
        ("store/0/5/msg/0/257-2.msg", b"one"),
        ("store/0/4/msg/0/300-9.msg", b"three"),
        ("db/mboxgroup5.sql", &dump),
    ];
    for _ in 0..members.len() {
        members.rotate_left(1);
        let facts = store(&members, 3);
        assert_eq!(sides(&facts), [(4, 300, 0, 1), (5, 257, 1, 1), (5, 258, 1, 1)]);
        assert_eq!((facts.mailboxes.get(5).unwrap().rows, facts.mailboxes.get(5).unwrap().change), (3, 3));
        assert_eq!((facts.mailboxes.get(4).unwrap().rows, facts.mailboxes.get(4).unwrap().blobs), (0, 1));
        assert!(facts.has_dump() && facts.groups.contains(&5));
    }
}

#[test]
fn packed_blobs_keep_both_readings() {
    let packed = gzip(b"mail");
    let broken = &packed[..packed.len() - 1];
    let facts = store(&[("store/0/5/msg/0/257-2.msg", &packed), ("store/0/5/msg/0/258-2.msg", broken)], 2);
    let blobs: Vec<_> = facts.items().map(|side| facts.blobs.body(side.blobs[0]).unwrap()).collect();
    assert_eq!(
        blobs[0],
        Body { state: State::Packed, stored: content(&packed), unpacked: Some(content(b"mail")) }
    );
    assert_eq!(blobs[1].state, State::Broken(Fault::Truncated));
    assert_eq!(blobs[1].readings().collect::<Vec<_>>(), [content(broken)]);
    assert_eq!(Fault::Truncated.kind(), &kinds::GZIP_TRUNCATED);
    assert_eq!(facts.blobs.len(), 2);
}

#[test]
fn hard_links_have_the_body_of_their_target() {
    let mut store = Store::new(&Limits::default());
    member(&mut store, "./store/0/5/msg/0/257-2.msg", MODIFIED, b"shared", 9);
    for (name, target) in [
        ("./store/0/6/msg/0/300-1.msg", "./store/0/5/msg/0/257-2.msg"),
        ("./store/0/6/msg/0/301-1.msg", "./store/0/6/msg/0/300-1.msg"),
        ("./store/0/6/msg/0/302-1.msg", "./store/0/5/msg/0/999-2.msg"),
        ("./store/0/6/msg/0/303-1.msg", "./store/0/6/msg/0/303-1.msg"),
        ("./store/0/6/msg/0/304-1.msg", "elsewhere"),
    ] {
        let link = Kind::HardLink { target: target.as_bytes().to_vec() };
        store.begin(&header(name, link, 0, MODIFIED));
        store.end(End::Whole);
    }
    let facts = store.finish();
    let bodies: Vec<_> = facts.items().map(|side| facts.blobs.body(side.blobs[0])).collect();
    for body in &bodies[..3] {
        assert_eq!(body.unwrap().stored, content(b"shared"));
    }
    assert_eq!(bodies[3..5], [None, None], "a target that is not there, and a link to itself");
    assert!(!bodies[5].unwrap().is_read());
}

#[test]
fn a_blob_that_is_cut_is_not_read() {
    let mut store = Store::new(&Limits::default());
    store.begin(&header("store/0/5/msg/0/257-2.msg", Kind::File, 10, MODIFIED));
    store.data(b"half");
    store.end(End::Cut);
    let facts = store.finish();
    assert_eq!(facts.blobs.body(0).unwrap().state, State::Unread);
}

#[test]
fn what_is_over_the_limit_is_counted() {
    let mut store = Store::new(&Limits { members: 1, ..Limits::default() });
    member(&mut store, "db/mboxgroup5.sql", MODIFIED, &dump(), 100);
    member(&mut store, "store/0/5/msg/0/257-2.msg", MODIFIED, b"one", 100);
    member(&mut store, "store/0/5/msg/0/258-3.msg", MODIFIED, b"two", 100);
    let facts = store.finish();
    assert_eq!((facts.rows.len(), facts.rows_over, facts.blobs.len(), facts.blobs_over), (1, 1, 1, 1));
}

#[test]
fn dumps_are_known_by_what_they_are() {
    let plain = dump();
    let packed = gzip(&plain);
    let zip = b"PK\x03\x04 a zip archive";
    let cut = &packed[..packed.len() - 20];
    let cases: [(&str, &[u8], bool, Option<DumpFault>); 7] = [
        ("zimbra_dump-2024.sql.gz", &plain, false, None),
        ("mboxgroup5.sql", &packed, true, None),
        ("mboxgroup5.sql.gz", &packed, true, None),
        ("zimbra.sql.gz", zip, false, Some(DumpFault::Foreign("a zip archive"))),
        ("zimbra.sql", b"<html>login</html>", false, Some(DumpFault::Foreign("an HTML page"))),
        ("zimbra.sql", b"", false, Some(DumpFault::Empty)),
        ("zimbra.sql.gz", cut, true, Some(DumpFault::Gzip(&kinds::GZIP_TRUNCATED))),
    ];
    for (name, body, gzip, fault) in cases {
        for piece in [1, 700, usize::MAX] {
            let facts = store(&[(name, body)], piece);
            let dump = &facts.dumps[0];
            assert_eq!((dump.gzip, dump.fault), (gzip, fault), "{name} in pieces of {piece}");
            assert_eq!(dump.is_partial(), fault.is_some(), "{name}");
            assert_eq!(
                facts.rows.len(),
                if matches!(fault, Some(DumpFault::Foreign(_) | DumpFault::Empty)) { 0 } else { 2 }
            );
        }
    }
    let script = store(&[("lib/help.sql", b"")], 1);
    assert!(script.is_empty() && script.dumps.len() == 1, "no raw copy, and not forgotten");
    let nothing = gzip(b"");
    for (name, body) in [("zimbra.sql.gz", nothing.as_slice()), ("zimbra.sql", b"\n\n"), ("x.sql", b" ")] {
        assert_eq!(store(&[(name, body)], 1).dumps[0].fault, Some(DumpFault::Empty), "{name}");
    }
}

#[test]
fn rows_outside_of_volumes_need_no_blob() {
    let external = Row { locator: "'s3://bucket/a'", ..Row::of(5, 257, 2, b"one") };
    let unplaced = Row { locator: "NULL", ..Row::of(5, 258, 2, b"one") };
    let undigested = Row { digest: Some("none".to_owned()), ..Row::of(5, 259, 2, b"one") };
    let dump = Sql::new(Style::MariaDb10, "mboxgroup5").items("mail_item", &[external, unplaced, undigested]);
    let facts = store(&[("a.sql", &dump.finish())], 50);
    assert_eq!((facts.external, facts.unplaced, facts.undigested, facts.rows.len()), (1, 1, 1, 0));
}

proptest! {
    #[test]
    fn any_members_are_taken(
        members in prop::collection::vec((0_usize..8, prop::collection::vec(any::<u8>(), 0..60)), 0..12),
        piece in 1_usize..70,
    ) {
        const NAMES: [&str; 8] = [
            "store/0/5/msg/0/257-2.msg", "store/0/5/msg/0/257-3.msg", "a/0/5/msg/0/257.msg", "store/0/5/msg/0/x", "store/incoming/a",
            "a.sql", "zimbra.sql.gz", "mboxgroup5/mail_item.ibd",
        ];
        let members: Vec<_> = members.iter().map(|(name, body)| (NAMES[*name], body.as_slice())).collect();
        let one = format!("{:?}", store(&members, piece));
        prop_assert_eq!(one, format!("{:?}", store(&members, usize::MAX)));
    }
}
