//! What a collector sees of a whole tree, and of files that are damaged.

use proptest::prelude::*;

use super::fixture::{ANNA, FULL, INCR, Tree, folder, log_name};
use super::*;
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::policy::{Bytes, Limits};

fn session<'f>(facts: &'f Facts, label: &str) -> &'f Session {
    &facts.sessions[&Label::parse(label.as_bytes()).unwrap()]
}

/// The faults as id and subject.
fn faults(facts: &Facts) -> Vec<(&'static str, &str)> {
    facts.faults.iter().map(|finding| (finding.kind.id, finding.subject.as_str())).collect()
}

/// What is said of the tree after one file was changed.
fn fault(end: &str, change: impl FnOnce(&mut Vec<u8>)) -> (&'static str, String) {
    let mut tree = Tree::whole();
    tree.change(end, change);
    let facts = tree.facts();
    assert_eq!(facts.faults.iter().count(), 1, "{:?}", facts.faults);
    let (id, subject) = faults(&facts)[0];
    (id, subject.to_owned())
}

#[test]
fn a_whole_tree_is_seen_as_it_is() {
    let facts = Tree::whole().facts();
    assert_eq!((faults(&facts), facts.unread), (vec![], Unread::default()));
    assert_eq!(facts.accounts_xml.as_ref().map(Vec::len), Some(2));
    assert!(facts.below_sessions && facts.unfinished.is_empty());
    let full = session(&facts, FULL);
    assert_eq!((full.has_xml, full.listed.len(), full.system_files, full.shared_blobs), (true, 2, 2, 1));
    assert_eq!(full.ldap, Some(LdapDump { entries: 2, whole: true }));
    let anna = Account {
        email: Some("anna@example.org".into()),
        in_place: true,
        meta: true,
        ldap: true,
        schema: true,
        tables: 1,
        zips: vec![1, 2, 3, 4],
        packed_blobs: 12,
        loose_blobs: 0,
    };
    assert_eq!(full.accounts[ANNA], anna);
    let incremental = session(&facts, INCR);
    let numbers: Vec<_> = incremental.redologs.iter().map(|log| log.named).collect();
    assert_eq!((numbers, incremental.accounts.len()), (vec![Some(7), Some(8), Some(9)], 2));
}

#[test]
fn a_damaged_zip_is_named_by_session_and_account() {
    let zip = format!("session {FULL}: account {ANNA}: blobs-2.zip");
    let flipped = fault("blobs-2.zip", |bytes| bytes[60] ^= 1);
    assert_eq!(flipped, ("zip-checksum-mismatch", format!("{zip}: member 0")));
    let cut = fault("blobs-2.zip", |bytes| bytes.truncate(bytes.len() - 1));
    assert_eq!((cut.0, cut.1.starts_with(&zip)), ("zip-truncated", true));
    assert_eq!(fault("blobs-2.zip", Vec::clear).0, "zip-truncated");
}

#[test]
fn damaged_texts_and_dumps_are_found() {
    let broken = "network-edition-xml-broken";
    assert_eq!(fault("accounts.xml", |bytes| bytes.truncate(90)), (broken, "accounts.xml".to_owned()));
    let session = fault("session.xml", Vec::clear);
    assert_eq!(session, (broken, format!("session {FULL}: session.xml")));
    let account = fault("meta.xml", |bytes| bytes.extend(b"\0\0"));
    assert_eq!(account, (broken, format!("session {FULL}: account {ANNA}: meta.xml")));
    let ldap = fault("ldap.bak.gz", |bytes| bytes.truncate(bytes.len() - 1));
    assert_eq!(ldap.0, "gzip-truncated");
    assert!(ldap.1.starts_with(&format!("session {FULL}: ldap.bak.gz")), "{}", ldap.1);
}

#[test]
fn what_could_not_be_looked_at_is_counted() {
    let limits = Limits { text_size: Bytes(200), ..Limits::default() };
    let facts = Tree::whole().facts_with(&limits, Body::Whole);
    assert!(facts.unread.too_long > 0 && facts.unread.cut == 0);
    assert!(session(&facts, FULL).has_xml);
    let facts = Tree::whole().facts_with(&Limits::default(), Body::Cut);
    assert_eq!((faults(&facts), facts.unread.cut), (vec![], Tree::whole().0.len() as u64));
    assert!(session(&facts, FULL).has_xml && session(&facts, INCR).redologs.iter().all(|log| !log.whole));
}

#[test]
fn links_are_there_and_not_looked_into() {
    let mut collector = Collector::new(&Limits::default());
    let kinds = [Kind::HardLink { target: b"x".to_vec() }, Kind::SymbolicLink, Kind::Directory];
    for (kind, index) in kinds.into_iter().zip(0..) {
        for file in ["meta.xml", "blobs/blobs-1.zip", "db/a.dat"] {
            let name = format!("{}/{file}", folder(FULL, ANNA)).into_bytes();
            collector.begin(&Member { name, kind: kind.clone(), size: 0, index, offset: 0, modified: None });
            collector.end(Body::Whole);
        }
    }
    let facts = collector.finish();
    let account = &session(&facts, FULL).accounts[ANNA];
    assert_eq!((account.meta, account.zips.len(), account.tables, facts.unread.links), (true, 1, 1, 2));
}

#[test]
fn unfinished_sessions_are_only_counted() {
    let mut tree = Tree::whole();
    tree.rename(&format!("sessions/{INCR}"), &format!("sessions_tmp/{INCR}"));
    tree.change(&log_name("", 7)[10..], Vec::clear);
    let facts = tree.facts();
    assert_eq!((facts.sessions.len(), faults(&facts)), (1, vec![]));
    assert_eq!(facts.unfinished[&Label::parse(INCR.as_bytes())], 7);
}

#[test]
fn a_body_longer_than_announced_is_not_kept() {
    let mut collector = Collector::new(&Limits { text_size: Bytes(100), ..Limits::default() });
    let member = Member {
        name: b"accounts.xml".to_vec(),
        kind: Kind::File,
        size: 0,
        index: 0,
        offset: 0,
        modified: None,
    };
    collector.begin(&member);
    (0..50).for_each(|_| collector.data(b"<a></a>   "));
    collector.end(Body::Whole);
    assert_eq!(collector.finish().unread.too_long, 1);
}

/// How many things are kept of a tree, of any kind.
fn kept(facts: &Facts) -> usize {
    let sessions: usize = facts
        .sessions
        .values()
        .map(|session| {
            let zips: usize = session.accounts.values().map(|account| account.zips.len()).sum();
            1 + session.accounts.len() + session.listed.len() + session.redologs.len() + zips
        })
        .sum();
    sessions + facts.unfinished.len() + facts.accounts_xml.as_ref().map_or(0, Vec::len)
}

#[test]
fn what_comes_without_end_stays_within_its_room() {
    const MANY: u64 = 10_000;
    let id = |number: u64| format!("{number:08x}-0000-4000-8000-000000000000");
    let label = |number: u64| format!("full-2026{:04}.{:06}.000", number / 1000, number % 1000);
    let names: [&dyn Fn(u64) -> String; 6] = [
        &|number| format!("{}/meta.xml", folder(FULL, &id(number))),
        &|number| format!("{}/blobs/blobs-{number}.zip", folder(FULL, ANNA)),
        &|number| format!("{}/ldap.xml", folder(FULL, &id(number))),
        &|number| format!("sessions/{}/session.xml", label(number)),
        &|number| format!("sessions_tmp/{}/x", label(number)),
        &|number| log_name(INCR, number),
    ];
    for (index, name) in names.iter().enumerate() {
        let mut tree = Tree::default();
        (0..MANY).for_each(|number| tree.put(&name(number), b""));
        let most = 50_000;
        let facts = tree.facts_within(most);
        assert!(facts.unkept > MANY / 2, "{index}: {}", facts.unkept);
        assert!((100..=most / 16).contains(&kept(&facts)), "{index}: {}", kept(&facts));
        assert!(kept(&facts) as u64 + facts.unkept >= MANY, "{index}: {}", facts.unkept);
    }
    // What is only counted takes no room.
    let mut tree = Tree::whole();
    (0..MANY).for_each(|number| tree.put(&format!("{}/index/0/{number}", folder(FULL, ANNA)), b""));
    (0..MANY).for_each(|number| tree.put(&format!("sessions/{FULL}/shared_blobs/0a/{number}"), b""));
    assert_eq!(tree.facts_within(5000).unkept, 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn damage_never_panics(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let mut tree = Tree::whole();
        let names: Vec<_> = tree.0.keys().cloned().collect();
        for (file, at, value) in places {
            tree.change(&names[file.index(names.len())], |bytes| {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] ^= value;
                }
            });
        }
        prop_assert_eq!(tree.facts().sessions.len(), 2);
    }

    #[test]
    fn any_name_and_any_content_is_taken(
        name in "(sessions/|sessions_tmp/)?(full-20261121.000000.123/)?[a-z/.0-9-]{0,40}(accounts.xml|redologs/redo-1-seq1.log|ldap/ldap.bak|b.zip)",
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut tree = Tree::default();
        tree.put(&name, &bytes);
        prop_assert!(tree.facts().sessions.len() <= 1);
    }
}
