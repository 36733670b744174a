//! Dovecot and Cyrus: an independent client reads back what was put there.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;

use mailproof::live::Terms;
use mailproof::live::imap::{Access, Login, Security};
use mailproof::mailbox::Flags;
use mailproof::network::Retry;
use mailproof::restore::{Cleaned, ImapPlace, Put};
use serde::Deserialize;

use super::{Message, Told, restore};
use crate::lab::{self, MailServer};
use crate::support::{output, tool};

/// A folder as the independent client sees it.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Seen {
    messages: BTreeMap<u32, Row>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Row {
    date: i64,
    flags: Vec<String>,
    sha256: String,
}

/// Folders of the backup, and as the server names them below the root.
const FOLDERS: [(&str, &str); 5] = [
    ("/Inbox", "Inbox"),
    ("/Inbox/Sub", "Inbox/Sub"),
    ("/Entwürfe/日本語 😀", "Entwürfe/日本語 😀"),
    ("/A & B \"x\"", "A & B \"x\""),
    ("/Sent", "Sent"),
];

fn look(server: &MailServer, user: &str) -> BTreeMap<String, Seen> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live/oracle.py");
    let mut command = tool("python3");
    command.arg(script).args(["look", &server.imaps_port.to_string()]).arg(&server.authority);
    serde_json::from_slice(&output(command.args([user, "secret"]))).unwrap()
}

fn place(server: &MailServer, user: &str, root: Option<&str>) -> ImapPlace {
    let access = Access {
        host: "localhost".into(),
        port: Some(server.imaps_port),
        security: Security::Tls,
        ca_file: Some(server.authority.clone()),
        login: Login { user: user.into(), password: "secret".into(), mailbox: None },
    };
    ImapPlace::new(access, Terms::default(), root).unwrap()
}

/// A place behind a relay that breaks a connection after each of `breaks` bytes towards the server.
fn breaking(server: &MailServer, user: &str, breaks: &'static [u64]) -> ImapPlace {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, behind) = (listener.local_addr().unwrap().port(), server.imap_port);
    thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let left = breaks.get(number).copied().unwrap_or(u64::MAX);
            relay(client.unwrap(), TcpStream::connect(("127.0.0.1", behind)).unwrap(), left);
        }
    });
    let login = Login { user: user.into(), password: "secret".into(), mailbox: None };
    let access = Access {
        host: "127.0.0.1".into(),
        port: Some(port),
        security: Security::Loopback,
        ca_file: None,
        login,
    };
    ImapPlace::new(access, Terms { retry: Retry::new(2), ..Terms::default() }, Some("Restored")).unwrap()
}

fn relay(mut client: TcpStream, server: TcpStream, mut left: u64) {
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        let mut server = server;
        while left > 0 {
            let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            match client.read(&mut buffer[..most]) {
                Ok(count @ 1..) if server.write_all(&buffer[..count]).is_ok() => left -= count as u64,
                _ => break,
            }
        }
        let _ = (client.shutdown(Shutdown::Both), server.shutdown(Shutdown::Both));
    });
}

/// Messages in all folders; some are equal, and some are large.
fn messages(count: u32) -> Vec<Message> {
    let made = |number: u32| {
        let (path, _) = FOLDERS[number as usize % FOLDERS.len()];
        let lines =
            format!("line {number}\u{e4} .\r\n.\r\n{{3}}\r\nm1 OK\r\n").repeat(number as usize % 50 + 1);
        let large = "y".repeat(76) + "\r\n";
        let tail = if number % 100 == 7 { large.repeat(9_000) } else { String::new() };
        let body =
            format!("Subject: number {number}\r\nMessage-ID: <{number}@example.test>\r\n\r\n{lines}{tail}");
        let mut message = Message::new(300 + number, path, body);
        message.item.unread = number.is_multiple_of(3);
        message.item.flags = Flags([0, 2, 32, 64, 128, 1 | 32 | 64][number as usize % 6]);
        message
    };
    let mut messages: Vec<Message> = (0..count).map(made).collect();
    // Zimbra may hold the same message twice.
    let mut twin = messages[0].clone();
    twin.item.id.0 = 299;
    messages.push(twin);
    messages
}

/// What the independent client must see: per folder date, flags and digest, sorted.
fn expected(
    messages: &[Message],
    root: &str,
    names: fn(&str) -> String,
) -> BTreeMap<String, Vec<(i64, Vec<String>, String)>> {
    let mut folders: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for Message { item, path, body } in messages {
        let (_, name) = FOLDERS.iter().find(|(known, _)| known == path).unwrap();
        let bits = [(4, "\\Answered"), (32, "\\Flagged"), (64, "\\Draft")];
        let mut flags: Vec<String> =
            bits.iter().filter(|(bit, _)| item.flags.has(*bit)).map(|(_, name)| (*name).to_owned()).collect();
        flags.extend((!item.unread).then(|| "\\Seen".to_owned()));
        flags.sort();
        folders.entry(format!("{root}{}", names(name))).or_default().push((item.date, flags, sha256(body)));
    }
    folders.values_mut().for_each(|rows| rows.sort());
    folders
}

fn sha256(bytes: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What lies in folders of the server that hold anything.
fn rows(seen: BTreeMap<String, Seen>) -> BTreeMap<String, Vec<(i64, Vec<String>, String)>> {
    let each = |(name, seen): (String, Seen)| {
        let row = |row: Row| {
            let flags = row.flags.into_iter().filter(|flag| flag != "\\Recent").collect();
            (row.date, flags, row.sha256)
        };
        let mut rows: Vec<_> = seen.messages.into_values().map(row).collect();
        rows.sort();
        (name, rows)
    };
    seen.into_iter().map(each).filter(|(_, rows)| !rows.is_empty()).collect()
}

/// All that holds for every server.
fn suite(server: &MailServer, user: &str, names: fn(&str) -> String) {
    let before = look(server, user);
    let messages = messages(500);
    let root = Some("Restored/v1");
    let mut first = place(server, user, root);
    assert_eq!(restore(&mut first, &messages).unwrap(), Told::all(501, 0));
    let after = look(server, user);
    assert!(before.keys().all(|name| after[name] == before[name]), "what was there is as it was");
    assert_eq!(rows(after), expected(&messages, "Restored/v1/", names));

    // A second run finds all of it, the twin as well, and adds what is new.
    let mut more = messages.clone();
    more.push(Message::new(900, "/Sent", "Subject: new\r\n\r\n"));
    let mut second = place(server, user, root);
    assert_eq!(restore(&mut second, &more).unwrap(), Told::all(1, 501));
    assert_eq!(rows(look(server, user)), expected(&more, "Restored/v1/", names));
    // Each takes away its own, and no more.
    let cleaned = second.clean().unwrap();
    assert_eq!(cleaned, Cleaned { messages: 1, ..Cleaned::default() });
    assert_eq!(rows(look(server, user)), expected(&messages, "Restored/v1/", names));
    let cleaned = first.clean().unwrap();
    assert_eq!((cleaned.messages, cleaned.folders, cleaned.left), (501, 8, Vec::new()));
    assert_eq!(look(server, user), before, "nothing is left");
}

/// Connections that break in a login, in a command and in the middle of a message.
fn broken(server: &MailServer, user: &str, names: fn(&str) -> String) {
    let before = look(server, user);
    let messages = messages(300);
    let mut place = breaking(server, user, &[20, 3_000, 90_001, 700, 300_123, 1_000_000]);
    assert_eq!(restore(&mut place, &messages).unwrap(), Told::all(301, 0));
    assert_eq!(rows(look(server, user)), expected(&messages, "Restored/", names), "all, and nothing twice");
    let cleaned = place.clean().unwrap();
    assert_eq!((cleaned.messages, cleaned.left), (301, Vec::new()));
    assert_eq!(look(server, user), before);
}

/// Without a root, folders are those of the account.
fn rootless(server: &MailServer, user: &str) {
    let before = look(server, user);
    let messages = [
        Message::new(257, "/Inbox", "Subject: inbox\r\n\r\n"),
        Message::new(258, "/Sent", "Subject: sent\r\n\r\n"),
        Message::new(259, "/inbox/Sub", "Subject: below\r\n\r\n"),
    ];
    let mut place = place(server, user, None);
    let told = restore(&mut place, &messages).unwrap();
    let after = rows(look(server, user));
    let names: Vec<&str> = after.keys().map(String::as_str).collect();
    assert_eq!((told, names), (Told::all(3, 0), vec!["INBOX", "INBOX/Sub", "Sent"]));
    assert!(place.clean().unwrap().left.is_empty());
    assert_eq!(look(server, user), before);
}

#[test]
#[ignore = "needs dovecot: tests/run installs it"]
fn dovecot_holds_what_was_put_there() {
    suite(lab::dovecot(), "user5", str::to_owned);
    broken(lab::dovecot(), "user6", str::to_owned);
    rootless(lab::dovecot(), "user5");
}

#[test]
#[ignore = "needs dovecot: tests/run installs it"]
fn dovecot_gives_bare_line_feeds_back_with_returns() {
    let server = lab::dovecot();
    let messages = [Message::new(257, "/Sent", "Subject: x\n\nbare\r\nmixed\n")];
    let mut first = place(server, "user4", Some("r"));
    assert_eq!(restore(&mut first, &messages).unwrap(), Told::all(1, 0));
    let seen = rows(look(server, "user4"));
    let digests = [&b"Subject: x\n\nbare\r\nmixed\n"[..], b"Subject: x\r\n\r\nbare\r\nmixed\r\n"].map(sha256);
    assert!(digests.contains(&seen["r/Sent"][0].2), "{seen:?}");
    let mut second = place(server, "user4", Some("r"));
    assert_eq!(restore(&mut second, &messages).unwrap(), Told::all(0, 1), "it is known in both forms");
    first.clean().unwrap();
}

#[test]
#[ignore = "needs cyrus: tests/run installs it"]
fn cyrus_holds_what_was_put_there() {
    // It takes no quotes in names.
    let names = |name: &str| name.replace('"', "_");
    suite(lab::cyrus(), "user5", names);
    broken(lab::cyrus(), "user6", names);
    let mut place = place(lab::cyrus(), "user4", Some("r"));
    let bare = [
        Message::new(257, "/Sent", "Subject: x\n\nbare\r\n"),
        Message::new(258, "/Sent", "Subject: x\r\n\r\nwhole\r\n"),
    ];
    let told = restore(&mut place, &bare).unwrap();
    assert_eq!((told.restored, told.refused.len()), (1, 1));
    assert!(told.refused[0].1.contains("bare newlines"), "{told:?}");
    place.clean().unwrap();
}

#[test]
fn only_messages_of_one_account_without_zeros_are_sent() {
    let login = Login { user: "u".into(), password: "p".into(), mailbox: None };
    let access = Access {
        host: "127.0.0.1".into(),
        port: Some(1),
        security: Security::Loopback,
        ca_file: None,
        login,
    };
    let mut place = ImapPlace::new(access, Terms::default(), None).unwrap();
    let mut contact = Message::new(257, "/Contacts", "");
    contact.item.kind = mailproof::mailbox::ItemKind::Contact;
    let refused = |put: Put, words: &str| {
        assert!(matches!(&put, Put::Refused(told) if told.contains(words)), "{put:?}");
    };
    use mailproof::restore::Place;
    refused(place.put(&contact.recovered()).unwrap(), "this is a contact");
    refused(place.put(&Message::new(258, "/Inbox", "a\0b").recovered()).unwrap(), "zero bytes");
    let other = Message::new(259, "/Inbox", "a");
    let other = mailproof::restore::Recovered { account: "paul@example.org", ..other.recovered() };
    refused(place.put(&other).unwrap(), "the mailbox takes the items of anna");
    // Nobody listens there.
    assert!(place.put(&Message::new(260, "/Inbox", "a").recovered()).is_err());
}
