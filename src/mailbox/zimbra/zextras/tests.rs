use super::*;
use crate::mailbox::zimbra::content::tests::{content, gzip};
use crate::mailbox::zimbra::store::fixture::{header, member};
use crate::verdict::kinds;
use proptest::prelude::*;

const ID: &str = "3f38c5be-0000-4000-8000-000000000000";

pub(crate) fn digest(body: &[u8]) -> Digest {
    Digest::Sha256(content(body).sha256)
}

/// The name of the blob with this content, with or without `=`.
pub(crate) fn name(body: &[u8], padded: bool) -> String {
    let digest = digest(body).to_string();
    let name = if padded { &digest } else { digest.trim_end_matches('=') };
    format!("zextras/items/{}/{name}", &name[..2])
}

pub(crate) fn collect(members: &[(String, Vec<u8>)], piece: usize) -> Facts {
    let mut zextras = Zextras::new(&Limits::default());
    for (name, body) in members {
        assert!(zextras.takes(name.as_bytes()), "{name}");
        member(&mut zextras, name, 0, body, piece);
    }
    zextras.finish()
}

fn fault(name: String, body: Vec<u8>) -> Option<Wrong> {
    let facts = collect(&[(name, body)], 5);
    assert_eq!(facts.blobs, 1);
    facts.faults.first().map(|fault| fault.what)
}

#[test]
fn blobs_that_are_what_they_are_named_pass() {
    let sha1 = Digest::Sha1(content(b"old").sha1).to_string();
    let members = [
        (name(b"mail", true), gzip(b"mail")),
        (name(b"mail", false), gzip(b"mail")),
        (name(b"plain", true), b"plain".to_vec()),
        (name(b"", true), gzip(b"")),
        (name(&gzip(b"a message that is gzip"), true), gzip(b"a message that is gzip")),
        (format!("./items/{}/{sha1}", &sha1[..2]), gzip(b"old")),
    ];
    let facts = collect(&members, 3);
    assert_eq!((facts.blobs, facts.compared, &facts.faults[..]), (6, 6, &[][..]));
}

#[test]
fn blobs_that_are_not_are_told_apart() {
    assert_eq!(fault(name(b"mail", true), gzip(b"other")), Some(Wrong::Differs(digest(b"other"))));
    assert_eq!(fault(name(b"mail", true), b"other".to_vec()), Some(Wrong::Differs(digest(b"other"))));
    assert_eq!(fault(name(b"mail", true), Vec::new()), Some(Wrong::Empty));
    assert_eq!(fault(name(b"mail", true), gzip(b"")), Some(Wrong::Empty));
    let mut cut = gzip(b"mail");
    cut.pop();
    assert_eq!(fault(name(b"mail", true), cut), Some(Wrong::Gzip(&kinds::GZIP_TRUNCATED)));
    let named = name(b"mail", true);
    let moved = format!("items/zz/{}", named.rsplit('/').next().unwrap());
    assert_eq!(fault(moved, gzip(b"mail")), Some(Wrong::Folder));
}

#[test]
fn another_compression_is_not_judged() {
    let facts = collect(&[(name(b"mail", true), b"\x28\xb5\x2f\xfd\x00\x00".to_vec())], 1);
    assert_eq!((facts.unknown, facts.compared, facts.faults.len()), (1, 0, 0));
}

#[test]
fn what_is_cut_is_not_read() {
    let mut zextras = Zextras::new(&Limits::default());
    zextras.begin(&header(&name(b"mail", true), Kind::File, 9, 0));
    zextras.data(b"x");
    zextras.end(Body::Cut);
    let facts = zextras.finish();
    assert_eq!((facts.blobs, facts.unread, facts.compared), (1, 1, 0));
}

#[test]
fn the_rest_of_the_path_is_counted() {
    let members: Vec<(String, Vec<u8>)> = [
        (format!("zextras/accounts/{ID}/items/60/260"), &b"x"[..]),
        (format!("./accounts/{ID}/items/61/261"), b""),
        (format!("zextras/map_{ID}"), b"x"),
        ("backupstat".to_owned(), b"x"),
        ("zextras/server/config".to_owned(), b"x"),
        ("items/w5/w5short".to_owned(), b"x"),
    ]
    .map(|(name, body)| (name, body.to_vec()))
    .to_vec();
    let facts = collect(&members, 9);
    assert_eq!((facts.metadata, facts.empty_metadata, facts.accounts), (2, 1, 1));
    assert_eq!((facts.server, facts.strays, facts.blobs), (3, 1, 0));
    for other in
        ["accounts/3f3/8c5/x/meta.xml", "a/server/b", "items/x", "a/backupstat/b", "x/items/ab/cd", ""]
    {
        assert_eq!(read(other.as_bytes()), None, "{other}");
    }
}

proptest! {
    #[test]
    fn slicing_changes_nothing(
        bodies in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 0..8),
        piece in 1_usize..60,
    ) {
        let named = |(packed, body): &(bool, Vec<u8>)| {
            (name(b"mail", *packed), if *packed { gzip(body) } else { body.clone() })
        };
        let members: Vec<_> = bodies.iter().map(named).collect();
        prop_assert_eq!(collect(&members, piece), collect(&members, usize::MAX));
    }

    #[test]
    fn any_name_is_taken(name in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = read(&name);
    }
}
