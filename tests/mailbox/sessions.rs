//! LDIF and catalogues of sessions: against a reader of LDIF written apart from ours in Python, after RFC 2849 and whole
//! lines at a time, and against databases that Python's own SQLite wrote.

use std::fs;
use std::path::Path;
use std::process::Command;

use mailproof::archive::unpack::{Body, Kind, Member, Sink};
use mailproof::demo::mailbox::{self, Amount, Random};
use mailproof::demo::pack::File;
use mailproof::demo::zimbra::session::ldif;
use mailproof::demo::zimbra::{gzip, zip};
use mailproof::mailbox::zimbra::ldif::Reader;
use mailproof::mailbox::zimbra::network_edition;
use mailproof::mailbox::zimbra::zmbackup::{Collector, Sessions, Status};
use mailproof::policy::Limits;
use mailproof::verdict::{Outcome, Severity};
use mailproof::verify::ArchiveResult;
use serde_json::{Value, json};

use super::run::{account, found, verified};
use crate::support;

/// A sound archive with these files beside a sound session.
fn beside(session: &str, files: &[(&str, Vec<u8>)]) -> ArchiveResult {
    let mut all = mailbox::session(3, Amount { accounts: 2, messages: 5 }).unwrap();
    // Without the catalogue, which knows the accounts.
    all.pop();
    for file in &mut all {
        file.name = file.name.replace(mailbox::SESSION, session);
    }
    all.extend(files.iter().map(|(name, content)| File::new(format!("{session}/{name}"), content.clone())));
    verified(&all)
}

fn tar_of(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, *content).unwrap();
    }
    tar.into_inner().unwrap()
}

/// In a session of mail no archive is passed over in silence because it is not called like an account.
#[test]
fn an_archive_of_another_kind_in_a_session_is_told() {
    let gzip = |bytes: &[u8]| gzip::write(bytes, flate2::Compression::fast()).unwrap();
    let nothing = tar_of(&[]);
    let other = tar_of(&[("conf/x.cf", b"a=b")]);
    let sessions = ["full-20261122230000", "mbox-20261122230000"];
    for session in sessions {
        for (name, content) in [
            ("bruno.tgz", gzip(&nothing)),
            ("bruno.tgz", gzip(&other)),
            ("bruno.tar", nothing.clone()),
            ("bruno.tar", other.clone()),
            ("bruno.tgz", vec![0; 10_240]),
            ("bruno.tgz", b"no archive at all".to_vec()),
        ] {
            let mut files = vec![(name, content.clone())];
            if session.starts_with("full") {
                // With all that a session has beside it.
                files.push(("bruno.ldiff", ldif("bruno").into_bytes()));
            }
            let result = beside(session, &files);
            let subject = |finding: &&mailproof::verdict::Finding| finding.subject.contains("bruno");
            let told = result.findings.iter().filter(subject).count();
            assert!(told > 0 && result.outcome != Outcome::Passed, "{session}/{name}: {:?}", found(&result));
            assert!(result.mailboxes.iter().any(|mailbox| mailbox.summary.account == "bruno"), "{session}");
        }
        // An export that is called by the first half of an address is one all the same.
        let mut files = vec![("bruno.tgz", account(4).write().unwrap())];
        if session.starts_with("full") {
            files.push(("bruno.ldiff", ldif("bruno").into_bytes()));
        }
        let result = beside(session, &files);
        assert_eq!(result.outcome, Outcome::Passed, "{:?} {:?}", found(&result), result.standings);
    }
    // Where it is the server's configuration it is no mail.
    let zip = zip::write(&[], flate2::Compression::fast()).unwrap();
    let mut files = mailbox::session(3, Amount { accounts: 1, messages: 5 }).unwrap();
    files.push(File::new("serverconfig-20261122230000/mail.example.org.zip", zip));
    files.pop_if(|file| file.name == "sessions.txt");
    let result = verified(&files);
    assert!(
        result.findings.iter().all(|finding| finding.severity < Severity::Failure),
        "{:?}",
        found(&result)
    );
}

/// An account whose mail nobody saw counts for nothing.
#[test]
fn a_quiet_night_is_no_proof() {
    let mut files = mailbox::session(3, Amount { accounts: 2, messages: 5 }).unwrap();
    let whole = verified(&files);
    assert_eq!(whole.outcome, Outcome::Passed);
    let night = "inc-20261123230000";
    let ldiff = files.iter().find(|file| file.name.ends_with(".ldiff")).unwrap();
    files.push(File::new(ldiff.name.replace(mailbox::SESSION, night), ldiff.content.clone()));
    files.retain(|file| file.name != "sessions.txt");
    let result = verified(&files);
    assert_eq!(result.outcome, Outcome::NotVerified, "{:?}", found(&result));
    assert!(found(&result).contains(&"session-mail-uncertain"));
    assert_eq!(result.items.map(|items| (items.checked > 0, items.total)), Some((true, None)));
}

/// Reads every file of a folder that is named `NUMBER.ldif`, and prints for each what a summary holds.
const LDIF: &str = r##"
import base64, binascii, json, re, sys, pathlib

NAME = re.compile(rb'[A-Za-z0-9.;-]{1,256}\Z')

def shown(value):
    return value.decode('latin1').replace('\r', '\\r')

def read(data):
    if not data: return dict(entries=0, own=None, bad=False, unclosed=False)
    parts = data.split(b'\n')
    last = parts.pop()
    bad = last != b''
    lines = [part[:-1] if part.endswith(b'\r') else part for part in parts]
    if last: lines.append(last)
    logical = []
    for line in lines:
        if line.startswith(b' '):
            if logical and logical[-1] is not None: logical[-1] += line[1:]
            else: bad = True
        elif line == b'': logical.append(None)
        else: logical.append(line)
    entries, current = [], None
    for line in logical:
        if line is None: current = None; continue
        if line.startswith(b'#'):
            if b'\0' in line: bad = True
            continue
        name, colon, rest = line.partition(b':')
        if not colon or not NAME.match(name) or b'\0' in line: bad = True; continue
        if rest.startswith(b':'):
            text = rest[1:].lstrip(b' ')
            # Python takes padding that is not needed for whole.
            if len(text) % 4: bad = True; continue
            try: value = base64.b64decode(text, validate=True)
            except binascii.Error: bad = True; continue
        else:
            if rest.startswith(b'<'): rest = rest[1:]
            value = rest.lstrip(b' ')
        base = name.lower().split(b';')[0]
        if base == b'dn':
            if current is not None: bad = True
            current = {}
            entries.append(current)
        elif base == b'version' and current is None and not entries:
            bad |= value != b'1'
        elif current is None: bad = True
        else: current.setdefault(base, []).append(value)
    def rank(entry):
        account = any(value.lower() == b'zimbraaccount' for value in entry.get(b'objectclass', []))
        named = any(value.lower() == b'anna@example.org' for value in entry.get(b'mail', []) + entry.get(b'uid', []))
        return 2 * account + named
    own = max(entries, key=rank, default=None)
    if own is not None:
        own = dict(
            rank=rank(own),
            id=next((shown(value) for value in own.get(b'zimbraid', []) if value), None),
            mail=[shown(value) for value in own.get(b'mail', []) if value][:16],
            uid=any(own.get(b'uid', [])),
            delivery=any(own.get(b'zimbramaildeliveryaddress', [])),
            password=any(own.get(b'userpassword', [])),
            host=any(own.get(b'zimbramailhost', [])))
    return dict(entries=len(entries), own=own, bad=bad, unclosed=current is not None)

folder = pathlib.Path(sys.argv[1])
files = sorted(folder.glob('*.ldif'), key=lambda path: int(path.stem))
print(json.dumps([read(path.read_bytes()) for path in files]))
"##;

fn python(script: &str, folder: &Path) -> String {
    let output = support::output(Command::new("python3").arg("-c").arg(script).arg(folder));
    String::from_utf8(output).unwrap()
}

fn summary(text: &[u8]) -> Value {
    let mut reader = Reader::new(b"anna@example.org");
    text.chunks(13).for_each(|piece| reader.take(piece));
    let summary = reader.finish();
    let own = summary.own.map(|own| {
        json!({
            "rank": 2 * u8::from(own.is_account) + u8::from(own.names_owner),
            "id": own.zimbra_id,
            "mail": own.addresses,
            "uid": own.has_uid,
            "delivery": own.has_delivery_address,
            "password": own.has_password,
            "host": own.has_mail_host,
        })
    });
    let bad = summary.fault.is_some();
    json!({ "entries": summary.entries, "own": own, "bad": bad, "unclosed": summary.unclosed })
}

/// Lines as they occur, and as they should not.
const LINES: [&str; 33] = [
    "objectClass: zimbraAccount\n",
    "objectClass: zimbra\n Account\n",
    "OBJECTCLASS:zimbraAccount\r\n",
    "objectClass:: emltYnJhQWNjb3VudA==\n",
    "mail: anna@example.org\n",
    "mail;x-a: ANNA@example.org\n",
    "mail:: YW5uYUBleGFtcGxlLm9yZw==\n",
    "mail: b\r\n ob@exam\r\n ple.org\r\n",
    "uid: anna\n",
    "UID:\n",
    "zimbraMailDeliveryAddress: anna@example.org\n",
    "zimbraId: 0f3c\n",
    "zimbraId:\n",
    "zimbraMailHost:   mail.example.org\n",
    "zimbraMailHost:: \n",
    "userPassword:: e1NT\n SEE1MTJ9c2FsdA==\n",
    "userPassword: x\n",
    "userPassword:\n",
    "jpegPhoto:< file:///photo\n",
    "# a comment\n  folded\n",
    "\n\r\ndn:: dWlkPWFubmE=\r\n",
    "\ndn: uid=other\n",
    // From here on they make most files unsound.
    "userPassword:: e1NTSE\n",
    "dn: uid=third\n",
    "version: 1\n",
    "\n",
    "\n",
    "\r\n",
    " folded\n",
    "no colon\n",
    "under_score: x\n",
    ": no name\n",
    "cn: a\0b\n",
];

/// Entries that are mostly sound, cut and changed here and there.
fn generated(random: &mut Random) -> Vec<u8> {
    const SOUND: u64 = 22;
    let mut text = match random.below(8) {
        0 => Vec::new(),
        1 => b"version: 1\n\ndn: uid=anna\n".to_vec(),
        _ => b"dn: uid=anna\n".to_vec(),
    };
    for _ in 0..random.below(20) {
        let most = if random.below(40) == 0 { LINES.len() as u64 } else { SOUND };
        text.extend_from_slice(LINES[random.below(most) as usize].as_bytes());
    }
    if !text.is_empty() && random.below(4) == 0 {
        let at = random.below(text.len() as u64) as usize;
        match random.below(3) {
            0 => text.truncate(at),
            1 => drop(text.remove(at)),
            _ => text[at] = b" \r\n:=#\0a"[random.below(8) as usize],
        }
    }
    text
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn ldif_is_read_as_another_reader_reads_it() {
    let folder = support::folder();
    let mut random = Random::new(7);
    let texts: Vec<_> = (0..3000).map(|_| generated(&mut random)).collect();
    for (index, text) in texts.iter().enumerate() {
        fs::write(folder.path().join(format!("{index}.ldif")), text).unwrap();
    }
    let theirs: Vec<Value> = serde_json::from_str(&python(LDIF, folder.path())).unwrap();
    assert_eq!(theirs.len(), texts.len());
    let sound = theirs.iter().filter(|summary| summary["bad"] == false && summary["entries"] != 0).count();
    assert!((300..2700).contains(&sound), "{sound} of 3000 are sound");
    for (text, theirs) in texts.iter().zip(theirs) {
        let ours = summary(text);
        // What a broken line meant is nobody's to say; that it is broken is.
        if theirs["bad"] == true {
            assert_eq!(ours["bad"], true, "{}", text.escape_ascii());
        } else {
            assert_eq!(ours, theirs, "{}", text.escape_ascii());
        }
    }
}

/// Makes a database as zmbackup 1.2 does and one as 2.0 does, with its log written back and with it left beside.
const DATABASES: &str = r#"
import os, pathlib, shutil, sqlite3, sys
folder = pathlib.Path(sys.argv[1])
def make(name, mode, date):
    path = folder / name
    db = sqlite3.connect(path)
    db.execute(f'pragma journal_mode = {mode}')
    db.executescript('''
        create table backup_session(sessionID varchar primary key, initial_date timestamp not null,
            conclusion_date timestamp, size varchar, type varchar not null, status varchar not null);
        create table backup_account(id integer primary key autoincrement, sessionID varchar not null,
            account_size varchar not null, email varchar not null, initial_date timestamp not null,
            conclusion_date timestamp, foreign key (sessionID) references backup_session(sessionID));
        create index i on backup_account(email);''')
    for day in range(1, 29):
        session = f'full-202611{day:02}230000'
        db.execute('insert into backup_session values (?,?,?,?,?,?)', (session, date, date, '8.0M', 'full', 'FINISHED'))
        for account in range(200):
            db.execute('insert into backup_account (sessionID, account_size, email, initial_date) values (?,?,?,?)',
                (session, '4K', f'account{account}@example.org', date))
    db.execute('delete from backup_account where email = ?', ('account7@example.org',))
    db.commit()
    return db
make('delete', 'delete', '2026-11-22T23:00:00.123456789').close()
db = make('wal', 'wal', '2026-11-22T22:00:00.123Z')
for suffix in ('', '-wal'):
    shutil.copy(folder / ('wal' + suffix), folder / ('open' + suffix))
db.close()
"#;

fn collected(files: &[(&str, Vec<u8>)]) -> Sessions {
    let mut collector = Collector::new(&Limits::default());
    for (name, content) in files {
        let (name, size) = (name.as_bytes().to_vec(), content.len() as u64);
        assert!(collector.takes(&name));
        collector.begin(&Member { name, kind: Kind::File, size, index: 0, offset: 0, modified: None });
        content.chunks(65_536).for_each(|piece| collector.data(piece));
        collector.end(Body::Whole);
    }
    collector.finish()
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn databases_of_another_sqlite_are_read() {
    let folder = support::folder();
    python(DATABASES, folder.path());
    let file = |name: &str| fs::read(folder.path().join(name)).unwrap();
    for (name, in_utc) in [("delete", false), ("wal", true)] {
        let sessions = collected(&[("sessions.sqlite3", file(name))]);
        let listing = sessions.places[0].catalogues[0].listing.as_ref().unwrap();
        assert_eq!((listing.sessions.len(), listing.odd, listing.partial), (28, 0, None), "{name}");
        for row in listing.sessions.values() {
            assert_eq!(
                (row.status, row.in_utc, row.accounts.len()),
                (Status::Finished, in_utc, 199),
                "{name}"
            );
            assert!(!row.accounts.contains("account7@example.org"));
        }
    }
    // While zmbackup 2.0 is at work everything may still be in the log.
    let open = [("sessions.sqlite3", file("open")), ("sessions.sqlite3-wal", file("open-wal"))];
    let catalogue = &collected(&open).places[0].catalogues[0];
    assert!(catalogue.listing.as_ref().map_or(true, |listing| listing.partial.is_some()), "{catalogue:?}");
}

/// Takes an empty member in.
fn see(sink: &mut impl Sink, name: String, index: u64) {
    let name = name.into_bytes();
    sink.begin(&Member { name, kind: Kind::File, size: 0, index, offset: 0, modified: None });
    sink.end(Body::Whole);
}

/// What is kept of an archive is bounded by itself, and not by the five million members that the policy allows.
#[test]
#[ignore = "takes more than a million members in, three times: tests/run does"]
fn of_millions_of_members_little_is_kept() {
    const MANY: u64 = 1_200_000;
    /// What half a kilobyte each, and more than that is not taken, gives at most.
    const MOST: usize = (64 << 20) / 200;
    let mut edition = network_edition::Collector::new(&Limits::default());
    for number in 0..MANY {
        let account = number / 3;
        let file = ["meta.xml", "db/mail_item.dat", "blobs/blobs-1.zip"][(number % 3) as usize];
        let name =
            format!("full-20261121.000000.123/accounts/{:03x}/000/{account:08x}/{file}", account >> 12);
        see(&mut edition, name, number);
    }
    let facts = edition.finish();
    let accounts: usize = facts.sessions.values().map(|session| session.accounts.len()).sum();
    assert!((50_000..MOST).contains(&accounts) && facts.unkept > 0, "{accounts}");

    let mut edition = network_edition::Collector::new(&Limits::default());
    for number in 0..MANY {
        let name = format!("incr-20261122.000000.456/redologs/redo-20261122.000000.000-seq{number}.log");
        see(&mut edition, name, number);
    }
    let facts = edition.finish();
    let logs: usize = facts.sessions.values().map(|session| session.redologs.len()).sum();
    assert!((50_000..MOST).contains(&logs) && logs as u64 + facts.unkept == MANY, "{logs}");

    let mut collector = Collector::new(&Limits::default());
    for number in 0..MANY {
        see(
            &mut collector,
            format!("full-20261122230000/account{}@example.org.ldiff", number % 600_000),
            number,
        );
        see(&mut collector, format!("full-20261122230000/{number}.bin"), number);
    }
    let sessions = collector.finish();
    let session = &sessions.places[0].sessions[0];
    assert!((50_000..MOST).contains(&session.accounts.len()) && sessions.unkept > 0);
    assert_eq!(session.others, MANY);
}
