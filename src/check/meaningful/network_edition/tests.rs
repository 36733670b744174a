//! Each fault beside its legal twin, on trees that a collector read.

use super::judge;
use crate::archive::unpack::Body;
use crate::check::meaningful::Meaning;
use crate::mailbox::zimbra::network_edition::Facts;
use crate::mailbox::zimbra::network_edition::fixture::{
    ANNA, FULL, INCR, PAUL, Tree, blobs, folder, log_name, redolog,
};
use crate::policy::Limits;
use crate::verdict::Severity::{self, Failure, Info, Warning};
use crate::verdict::{Coverage, Unit};

/// What is found in a whole tree after `change`: id without the part's name, severity, subject.
fn after(change: impl FnOnce(&mut Tree)) -> Vec<(String, Severity, String)> {
    let mut tree = Tree::whole();
    change(&mut tree);
    found(&judge(&tree.facts(), true))
}

fn found(meaning: &Meaning) -> Vec<(String, Severity, String)> {
    let unknown =
        meaning.open.first().map_or(Coverage::nothing(Unit::Items), |_| Coverage::none(Unit::Items));
    assert_eq!(meaning.coverage, unknown, "no item is ever checked");
    let findings = meaning.findings.iter();
    let short = |id: &str| id.trim_start_matches("network-edition-").to_owned();
    findings.map(|finding| (short(finding.kind.id), finding.severity, finding.subject.clone())).collect()
}

fn one(id: &str, severity: Severity, subject: String) -> Vec<(String, Severity, String)> {
    vec![(id.to_owned(), severity, subject)]
}

fn full() -> String {
    format!("session {FULL}")
}

fn incremental() -> String {
    format!("session {INCR}")
}

#[test]
fn a_whole_tree_has_no_fault_and_is_not_proven() {
    let meaning = judge(&Tree::whole().facts(), true);
    assert_eq!(found(&meaning), []);
    assert_eq!(meaning.open.len(), 1);
    assert!(meaning.open[0].contains("digest"), "{:?}", meaning.open);
    assert!(!meaning.coverage.reaches(0));
}

#[test]
fn where_there_is_no_session_nothing_is_said() {
    let meaning = judge(&Facts::default(), true);
    assert_eq!((found(&meaning), meaning.open.len()), (vec![], 0));
}

#[test]
fn an_aborted_session_is_found() {
    let aborted = after(|tree| tree.remove(&format!("{FULL}/session.xml")));
    assert_eq!(aborted[0], ("session-aborted".to_owned(), Failure, full()));
    let left = |tree: &mut Tree| tree.put("sessions_tmp/full-20261123.000000.000/sys/x", b"");
    assert_eq!(after(left), one("session-aborted", Warning, "session full-20261123.000000.000".to_owned()));
    let alone = after(|tree| tree.rename("sessions/", "sessions_tmp/"));
    assert!(
        alone.iter().any(|(id, severity, _)| id == "session-aborted" && *severity == Failure),
        "{alone:?}"
    );
    let mut empty = Tree::whole().facts();
    empty.unfinished.insert(None, 0);
    assert_eq!(found(&judge(&empty, true)), []);
}

#[test]
fn the_list_of_accounts_belongs_to_the_sessions() {
    let id = "accounts-xml-missing";
    assert_eq!(after(|tree| tree.remove("accounts.xml")), one(id, Failure, "accounts.xml".to_owned()));
    let alone = |tree: &mut Tree| {
        tree.remove("accounts.xml");
        tree.remove(INCR);
        tree.rename("sessions/", "");
    };
    assert_eq!(after(alone), one(id, Warning, "accounts.xml".to_owned()));
}

#[test]
fn listed_accounts_are_there() {
    let id = "account-missing";
    let anna = |session: String| format!("{session}: anna@example.org");
    let lost = after(|tree| tree.remove(&folder(FULL, ANNA)));
    assert_eq!(lost, one(id, Failure, anna(full())));
    assert_eq!(after(|tree| tree.remove(&folder(INCR, ANNA))), one(id, Warning, anna(incremental())));
    let by_list_alone = after(|tree| {
        tree.change(&format!("{FULL}/session.xml"), |xml| *xml = format!("<a zimbraId=\"{PAUL}\"/>").into());
        tree.remove(&folder(FULL, ANNA));
    });
    assert_eq!(by_list_alone, one(id, Failure, anna(full())));
    let nobody = after(|tree| {
        tree.change(&format!("{FULL}/session.xml"), |xml| *xml = b"<a/>".to_vec());
        tree.remove(&format!("{FULL}/accounts/"));
        tree.change("accounts.xml", |xml| *xml = b"<a/>".to_vec());
    });
    assert_eq!(nobody, one(id, Failure, full()));
    // Its latest full session is in another archive.
    let elsewhere = after(|tree| {
        tree.change("accounts.xml", |xml| {
            *xml = b"<a><b zimbraId=\"x\" latestFullBackupLabel=\"full-20260101.000000.000\"/></a>".to_vec();
        });
    });
    assert_eq!(elsewhere, []);
}

#[test]
fn unlisted_accounts_are_a_warning() {
    let only_paul = |tree: &mut Tree| {
        tree.change(&format!("{FULL}/session.xml"), |xml| *xml = format!("<a zimbraId=\"{PAUL}\"/>").into());
    };
    let subject = format!("{}: anna@example.org", full());
    assert_eq!(after(only_paul), one("account-unlisted", Warning, subject));
    let mut tree = Tree::whole();
    tree.change(&format!("{FULL}/session.xml"), |xml| *xml = b"<session account=\"x\"/>".to_vec());
    let meaning = judge(&tree.facts(), true);
    assert_eq!((found(&meaning), meaning.open.len()), (vec![], 2));
    assert!(meaning.open[1].contains("session.xml"), "{:?}", meaning.open);
}

#[test]
fn an_account_has_its_files() {
    let subject = format!("{}: anna@example.org", full());
    for file in ["meta.xml", "ldap.xml", "db/db_schema.xml", "db/mail_item.dat"] {
        let lost = after(|tree| tree.remove(&format!("{}/{file}", folder(FULL, ANNA))));
        assert_eq!(lost, one("account-incomplete", Failure, subject.clone()), "{file}");
    }
    // An incremental session has neither tables nor meta.xml, and is legal: the whole tree has none.
    let lost = after(|tree| {
        tree.remove(&format!("{}/ldap.xml", folder(INCR, ANNA)));
        tree.put(&format!("{}/ldap_latest.xml", folder(INCR, ANNA)), b"<a/>");
    });
    assert_eq!(lost, one("account-incomplete", Failure, format!("{}: anna@example.org", incremental())));
    assert_eq!(after(|tree| tree.remove(&format!("{}/index", folder(FULL, ANNA)))), []);
}

#[test]
fn an_account_stands_where_its_id_says() {
    let moved = after(|tree| tree.rename("accounts/3f3/8c5/", "accounts/3f3/8c6/"));
    let subject = |session: String| format!("{session}: account {ANNA}");
    let id = "account-misplaced";
    let twice = after(|tree| tree.put(&format!("sessions/{FULL}/accounts/zzz/8c5/{ANNA}/index/0/x"), b""));
    assert_eq!(twice, one(id, Failure, subject(full())));
    assert_eq!(moved, [one(id, Failure, subject(full())), one(id, Failure, subject(incremental()))].concat());
}

#[test]
fn blobs_are_numbered_without_gaps() {
    let subject = format!("{}: anna@example.org", full());
    let file = |number: u32| format!("{}/blobs/blobs-{number}.zip", folder(FULL, ANNA));
    for number in [1, 3] {
        let lost = after(|tree| tree.remove(&file(number)));
        assert_eq!(lost, one("blobs-missing", Failure, subject.clone()), "{number}");
    }
    assert_eq!(after(|tree| tree.put(&file(5), &blobs(5))), []);
    assert_eq!(after(|tree| tree.put(&file(u32::MAX), &blobs(5))), one("blobs-missing", Failure, subject));
    // An account without a message, and one whose blobs are files.
    assert_eq!(after(|tree| tree.remove(&format!("{}/blobs", folder(FULL, ANNA)))), []);
    let loose = after(|tree| {
        tree.remove(&format!("{}/blobs", folder(FULL, ANNA)));
        tree.put(&format!("{}/blobs/257-2.msg", folder(FULL, ANNA)), b"blob");
    });
    assert_eq!(loose, []);
}

#[test]
fn a_session_without_blobs_is_legal_and_said() {
    let none = |tree: &mut Tree| {
        tree.remove("/blobs/");
        tree.remove("shared_blobs");
    };
    assert_eq!(after(none), one("blobs-absent", Info, full()));
    assert_eq!(after(|tree| tree.remove("/blobs/")), []);
}

#[test]
fn a_damaged_zip_fails_and_a_repaired_one_does_not() {
    let file = format!("{}/blobs/blobs-2.zip", folder(FULL, ANNA));
    let damaged = after(|tree| tree.change(&file, |zip| zip[60] ^= 1));
    assert_eq!((damaged.len(), damaged[0].0.as_str(), damaged[0].1), (1, "zip-checksum-mismatch", Failure));
    assert_eq!(after(|tree| tree.put(&file, &blobs(9))), []);
}

#[test]
fn a_full_session_has_system_and_directory() {
    let id = "system-missing";
    assert_eq!(after(|tree| tree.remove(&format!("{FULL}/sys/"))), one(id, Warning, full()));
    assert_eq!(after(|tree| tree.remove("ldap.bak")), one(id, Warning, full()));
    assert_eq!(after(|tree| tree.remove(&format!("{INCR}/sys/"))), []);
    let dump = |bytes: &'static [u8]| {
        move |tree: &mut Tree| tree.change("ldap.bak.gz", |dump| *dump = bytes.to_vec())
    };
    let subject = format!("{}: ldap.bak", full());
    assert_eq!(after(dump(b"")), one("ldap-empty", Failure, subject.clone()));
    assert_eq!(after(dump(b"slapcat: cannot open\n")), one("ldap-empty", Failure, subject));
    assert_eq!(after(dump(b"# plain\ndn: dc=org\n")), []);
}

#[test]
fn redologs_follow_each_other() {
    let id = "redolog-gap";
    assert_eq!(after(|tree| tree.remove("seq8.log")), one(id, Failure, incremental()));
    assert_eq!(after(|tree| tree.remove("redologs")), one(id, Warning, incremental()));
    assert_eq!(after(|tree| tree.remove("seq7.log")), []);
    let next = |first: u64| {
        move |tree: &mut Tree| {
            let label = "incr-20261123.000000.000";
            tree.put(
                &format!("sessions/{label}/session.xml"),
                format!("<a zimbraId=\"{ANNA}\"/>").as_bytes(),
            );
            tree.put(&format!("{}/ldap.xml", folder(label, ANNA)), b"<a/>");
            for number in [first, first + 1] {
                tree.put(&log_name(label, number), &redolog(number, 10));
            }
        }
    };
    assert_eq!(after(next(10)), []);
    // A young log is in both sessions.
    assert_eq!(after(next(9)), []);
    assert_eq!(after(next(11)), one(id, Warning, "session incr-20261123.000000.000".to_owned()));
}

#[test]
fn redologs_are_closed_and_whole() {
    let name = log_name(INCR, 8);
    let subject = format!("{}: {}", incremental(), name.rsplit('/').next().unwrap());
    let changed = |change: fn(&mut Vec<u8>)| after(|tree| tree.change(&name, change));
    assert_eq!(changed(|log| log[7] = 1), one("redolog-open", Failure, subject.clone()));
    let damages: [fn(&mut Vec<u8>); 6] = [
        |log| log.truncate(1000),
        |log| log.push(0),
        |log| log[23] = 9,
        |log| log[169] = 2,
        |log| log[0] = b'X',
        |log| log[512] = b'X',
    ];
    for damage in damages {
        assert_eq!(changed(damage), one("redolog-damaged", Failure, subject.clone()));
    }
    // Another minor version, another name, no operation yet.
    assert_eq!(changed(|log| log[171] = 43), []);
    assert_eq!(after(|tree| tree.rename("redo-20261122.000000.000-seq8.log", "redo.log")), []);
    assert_eq!(changed(|log| *log = redolog(8, 0)), []);
}

#[test]
fn incremental_sessions_need_a_full_one() {
    let alone = after(|tree| tree.remove(FULL));
    assert_eq!(alone, one("full-elsewhere", Info, incremental()));
}

#[test]
fn of_an_archive_that_was_cut_nothing_is_called_missing() {
    let mut tree = Tree::whole();
    tree.remove("accounts.xml");
    tree.remove("meta.xml");
    tree.remove("seq8.log");
    tree.change(&log_name(INCR, 9), |log| log[7] = 1);
    let meaning = judge(&tree.facts(), false);
    assert_eq!(found(&meaning).len(), 1, "{:?}", meaning.findings);
    assert!(meaning.open[1].contains("not read to its end"), "{:?}", meaning.open);
    let cut = judge(&Tree::whole().facts_with(&Limits::default(), Body::Cut), false);
    assert_eq!((found(&cut), cut.open.len()), (vec![], 3), "{:?}", cut.open);
}

#[test]
fn where_not_all_was_kept_nothing_is_called_missing() {
    let mut tree = Tree::whole();
    tree.remove("meta.xml");
    tree.remove("seq8.log");
    let mut facts = tree.facts();
    assert!(!found(&judge(&facts, true)).is_empty());
    facts.unkept = 7;
    let meaning = judge(&facts, true);
    assert_eq!((found(&meaning), meaning.open.len()), (vec![], 2));
    assert!(meaning.open[1].contains("(7 facts were not)"), "{:?}", meaning.open);
    let alone = judge(&Facts { unkept: 1, ..Facts::default() }, true);
    assert!(!alone.open.is_empty());
}
