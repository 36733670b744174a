//! One suite for every IMAP server: what we read is what an independent client reads, and nothing changes by it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use mailproof::live::imap::{Access, Imap, Login, Security};
use mailproof::live::{BodyPart, Fault, Folder, Folders, Listed, LiveError, Patience, Terms};
use serde::Deserialize;

use crate::lab::{self, MailServer};
use crate::support::{output, tool};

/// A folder as the independent client sees it.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Seen {
    status: BTreeMap<String, u64>,
    messages: BTreeMap<u32, Row>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Row {
    size: u64,
    date: i64,
    flags: Vec<String>,
    modseq: String,
    sha256: String,
    length: u64,
}

type Mailbox = BTreeMap<String, Seen>;

/// Runs the independent client.
fn oracle(server: &MailServer, work: &str, user: &str, rest: &[&str]) -> Vec<u8> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live/oracle.py");
    let mut command = tool("python3");
    command.arg(script).args([work, &server.imaps_port.to_string()]).arg(&server.authority);
    output(command.args([user, "secret"]).args(rest))
}

fn look(server: &MailServer, user: &str) -> Mailbox {
    serde_json::from_slice(&oracle(server, "look", user, &[])).unwrap()
}

/// Who logs in, by default with TLS.
fn access(server: &MailServer, user: &str) -> Access {
    let login = Login { user: user.into(), password: "secret".into(), mailbox: None };
    Access {
        host: "localhost".into(),
        port: Some(server.imaps_port),
        security: Security::Tls,
        ca_file: Some(server.authority.clone()),
        login,
    }
}

fn open(access: Access) -> Imap {
    Imap::new(access, Terms::default()).unwrap()
}

fn fault(access: Access, patience: Patience) -> Fault {
    let terms = Terms { patience, ..Terms::default() };
    let result = Imap::new(access, terms).and_then(|mut imap| imap.folders());
    result.unwrap_err().fault
}

/// Reads the whole mailbox and compares it with what the independent client saw.
fn compare(imap: &mut Imap, seen: &Mailbox) -> Result<(), LiveError> {
    let folders = imap.folders()?;
    let names: Vec<&str> = folders.iter().map(|folder| &*folder.name).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, seen.keys().collect::<Vec<_>>());
    for folder in &folders {
        let expected = &seen[&*folder.name];
        let listed = compare_list(imap, folder, expected)?;
        compare_bodies(imap, folder, &listed, expected)?;
    }
    Ok(())
}

fn compare_list(imap: &mut Imap, folder: &Folder, seen: &Seen) -> Result<Vec<u32>, LiveError> {
    let mut listed: Vec<Listed> = Vec::new();
    let state = imap.list(folder, &mut |message| listed.push(message))?;
    let told = |name: &str| seen.status.get(name).copied();
    assert_eq!(Some(u64::from(state.uid_validity)), told("UIDVALIDITY"));
    assert_eq!(state.uid_next.map(u64::from), told("UIDNEXT"));
    assert_eq!(state.highest_modseq, told("HIGHESTMODSEQ"));
    assert_eq!((Some(state.messages), state.vanished), (told("MESSAGES"), 0));
    assert_eq!(listed.len(), seen.messages.len());
    for (message, (uid, row)) in listed.iter().zip(&seen.messages) {
        assert_eq!((&message.place.folder, message.place.uid), (&folder.name, *uid));
        assert_eq!((message.size, message.date), (row.size, Some(row.date)));
        let flag = |name: &str| row.flags.iter().any(|flag| flag == name);
        assert_eq!((message.flags.seen, message.flags.draft), (flag("\\Seen"), flag("\\Draft")));
        assert_eq!((message.flags.answered, message.flags.flagged), (flag("\\Answered"), flag("\\Flagged")));
    }
    Ok(listed.into_iter().map(|message| message.place.uid).collect())
}

fn compare_bodies(imap: &mut Imap, folder: &Folder, uids: &[u32], seen: &Seen) -> Result<(), LiveError> {
    let mut bodies = Bodies::default();
    imap.bodies(folder, uids, &mut |uid, part| bodies.take(uid, part))?;
    assert_eq!(bodies.done.len(), seen.messages.len());
    for (uid, row) in &seen.messages {
        assert_eq!(bodies.done[uid], (row.length, row.sha256.clone()), "{} {uid}", folder.name);
    }
    Ok(())
}

/// Hashes bodies as they come.
#[derive(Default)]
struct Bodies {
    begun: Option<(u32, u64, u64, aws_lc_rs::digest::Context)>,
    done: BTreeMap<u32, (u64, String)>,
    gone: Vec<u32>,
}

impl Bodies {
    fn take(&mut self, uid: u32, part: BodyPart<'_>) {
        match part {
            BodyPart::Begin(size) => {
                let context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
                self.begun = Some((uid, size, 0, context));
            }
            BodyPart::Bytes(bytes) => {
                let (of, _, came, context) = self.begun.as_mut().unwrap();
                assert_eq!(*of, uid);
                *came += bytes.len() as u64;
                context.update(bytes);
            }
            BodyPart::End => {
                let (of, size, came, context) = self.begun.take().unwrap();
                assert_eq!((of, size), (uid, came));
                let digest = context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(self.done.insert(uid, (came, digest)).is_none(), "{uid} came twice");
            }
            BodyPart::Gone => self.gone.push(uid),
            BodyPart::Withheld => panic!("{uid} is withheld"),
        }
    }
}

/// Folders with names that are hard to write or to read.
const NAMES: [&str; 8] =
    ["Entwürfe", "a \"quoted\" one", "back\\slash", "A & B", "a/b/c/d/e/f", "日本語/😀", "&AOQ-", "x' $y ~"];

/// Everything that holds for every server.
fn suite(server: &MailServer, count: u32, names: &[&str]) {
    let count = count.to_string();
    oracle(server, "fill", "user1", &[&[count.as_str()], names].concat());
    let before = look(server, "user1");
    let inbox = &before["INBOX"];
    assert!(inbox.status["RECENT"] > 0 && inbox.status["UNSEEN"] > 0, "a change could be seen");
    assert!(names.iter().all(|name| !before[*name].messages.is_empty()));

    compare(&mut open(access(server, "user1")), &before).unwrap();
    let mut by_start_tls = access(server, "user1");
    (by_start_tls.security, by_start_tls.port) = (Security::StartTls, Some(server.imap_port));
    compare(&mut open(by_start_tls), &before).unwrap();
    let mut as_administrator = access(server, "admin");
    as_administrator.login =
        Login { user: "admin".into(), password: "adminsecret".into(), mailbox: Some("user1".into()) };
    compare(&mut open(as_administrator), &before).unwrap();

    assert_eq!(look(server, "user1"), before, "nothing changed");
    refusals(server);
    vanishing(server);
}

fn refusals(server: &MailServer) {
    let wrong = |change: fn(&mut Access)| {
        let mut access = access(server, "user1");
        change(&mut access);
        fault(access, Patience::default())
    };
    let refused = wrong(|access| access.login.password = "wrong".into());
    assert!(matches!(refused, Fault::Refused { .. }), "{refused:?}");
    let unknown = wrong(|access| access.ca_file = None);
    assert!(matches!(unknown, Fault::Tls { .. }), "{unknown:?}");
    let misnamed = wrong(|access| access.host = "127.0.0.1".into());
    assert!(matches!(misnamed, Fault::Tls { .. }), "{misnamed:?}");
    let forbidden = wrong(|access| access.login.mailbox = Some("user2".into()));
    assert!(matches!(forbidden, Fault::Refused { .. } | Fault::NoRights { .. }), "{forbidden:?}");

    // Whoever speaks in the clear to a port that wants TLS waits in vain.
    let patience = Patience { read: Duration::from_secs(1), ..Patience::default() };
    let silent = fault(Access { security: Security::StartTls, ..access(server, "user1") }, patience);
    assert!(matches!(silent, Fault::TimedOut { .. } | Fault::Unavailable { .. }), "{silent:?}");

    let mut imap = open(access(server, "user1"));
    let mut folder = imap.folders().unwrap().remove(0);
    oracle(server, "create", "user1", &["passing"]);
    let passing = imap.folders().unwrap().into_iter().find(|folder| &*folder.name == "passing").unwrap();
    oracle(server, "delete", "user1", &["passing"]);
    let error = imap.list(&passing, &mut |_| panic!("a message")).unwrap_err();
    assert!(matches!(error.fault, Fault::NoSuchFolder { .. }), "{error}");
    folder.name = "INBOX".into();
    imap.list(&folder, &mut |_| {}).unwrap();
}

/// Messages that go between the list and the reading are gone, and those behind them are still read.
fn vanishing(server: &MailServer) {
    oracle(server, "fill", "user2", &["20"]);
    let before = look(server, "user2");
    let mut imap = open(access(server, "user2"));
    let folder = imap.folders().unwrap().into_iter().find(|folder| &*folder.name == "INBOX").unwrap();
    let mut uids = Vec::new();
    imap.list(&folder, &mut |message| uids.push(message.place.uid)).unwrap();
    oracle(server, "expunge", "user2", &["3:5"]);
    // Some servers still give what went after the folder was opened.
    let open_before = read(&mut imap, &folder, &uids);
    let opened_after = read(&mut open(access(server, "user2")), &folder, &uids);
    assert_eq!(opened_after.gone, uids[2..5]);
    for (bodies, fewest) in [(open_before, 0), (opened_after, 3)] {
        assert!(bodies.gone.len() >= fewest && bodies.gone.iter().all(|uid| uids[2..5].contains(uid)));
        for (uid, row) in before["INBOX"].messages.iter().filter(|(uid, _)| !bodies.gone.contains(uid)) {
            assert_eq!(bodies.done[uid].1, row.sha256);
        }
    }
}

fn read(imap: &mut Imap, folder: &Folder, uids: &[u32]) -> Bodies {
    let mut bodies = Bodies::default();
    imap.bodies(folder, uids, &mut |uid, part| bodies.take(uid, part)).unwrap();
    bodies
}

#[test]
#[ignore = "needs dovecot: tests/run installs it"]
fn dovecot_is_read_as_others_read_it() {
    suite(lab::dovecot(), 2_000, &NAMES);
}

#[test]
#[ignore = "needs cyrus: tests/run installs it"]
fn cyrus_is_read_as_others_read_it() {
    suite(lab::cyrus(), 200, &NAMES[..1]);
}
