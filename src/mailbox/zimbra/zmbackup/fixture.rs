//! What zmbackup leaves, made up, as members of an archive.

use rusqlite::{Connection, MAIN_DB};

use super::{Collector, Sessions};
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::policy::Limits;

/// An LDIF of the account `name@example.org` as `ldapsearch -LLL` writes it.
pub fn ldif(name: &str) -> String {
    let id = blake3::hash(name.as_bytes()).to_hex();
    format!(
        "dn: uid={name},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nobjectClass: zimbraAccount\n\
         uid: {name}\nmail: {name}@example.org\nzimbraId: {}-0000-4000-a000-{}\n\
         zimbraMailHost: mail.example.org\nzimbraMailDeliveryAddress: {name}@example.org\ncn: {name}\nsn: {name}\n\
         userPassword:: e1NTSEE1MTJ9c2FsdA==\n\n",
        &id[..8],
        &id[8..20],
    )
}

/// The members of an archive, one after the other.
pub struct Archive {
    collector: Collector,
    index: u64,
}

impl Archive {
    pub fn new() -> Self {
        Self::with(&Limits::default())
    }

    pub fn with(limits: &Limits) -> Self {
        Self { collector: Collector::new(limits), index: 0 }
    }

    pub fn member(mut self, name: &str, kind: Kind, content: &[u8], end: Body) -> Self {
        let size = content.len() as u64;
        self.index += 1;
        let name = name.as_bytes().to_vec();
        assert!(self.collector.takes(&name), "{}", name.escape_ascii());
        let member = Member { name, kind, size, index: self.index, offset: 0, modified: None };
        self.collector.begin(&member);
        let sent = if end == Body::Whole { content } else { &content[..content.len() / 2] };
        sent.chunks(7).for_each(|piece| self.collector.data(piece));
        self.collector.end(end);
        self
    }

    /// A file of zmbackup's.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.member(name, Kind::File, content.as_ref(), Body::Whole)
    }

    /// The folder of a session.
    pub fn folder(self, name: &str) -> Self {
        self.member(name, Kind::Directory, b"", Body::Whole)
    }

    /// An export of `size` bytes.
    pub fn export(mut self, name: &str, size: u64) -> Self {
        self.collector.saw_export(name.as_bytes(), size);
        self
    }

    /// An account with all that a full session has of it.
    pub fn account(self, session: &str, name: &str) -> Self {
        self.directory(session, name).export(&format!("{session}/{name}@example.org.tgz"), 5000)
    }

    /// An account's LDIF.
    pub fn directory(self, session: &str, name: &str) -> Self {
        self.file(&format!("{session}/{name}@example.org.ldiff"), ldif(name))
    }

    pub fn finish(self) -> Sessions {
        self.collector.finish()
    }
}

/// `sessions.txt` with these sessions and accounts of `example.org`.
pub fn text(sessions: &[(&str, &[&str])]) -> String {
    let mut text = String::new();
    for (session, accounts) in sessions {
        text.push_str(&format!("SESSION: {session} started on Sun Nov 22 23:00:00 CET 2026\n"));
        for account in *accounts {
            text.push_str(&format!("{session}:{account}@example.org:11/22/26\n"));
        }
        text.push_str(&format!("SESSION: {session} completed in Sun Nov 22 23:04:10 CET 2026\n"));
    }
    text
}

/// `sessions.sqlite3` after these statements; `{tables}` are zmbackup's.
pub fn database(statements: &str) -> Vec<u8> {
    let mut database = Connection::open_in_memory().unwrap();
    database.execute_batch(&statements.replace("{tables}", TABLES)).unwrap();
    database.serialize(MAIN_DB).unwrap().to_vec()
}

/// The statement that adds a session, with its status and whether 2.0 wrote it.
pub fn row(session: &str, status: &str, in_utc: bool, accounts: &[&str]) -> String {
    let date = if in_utc { "2026-11-22T22:00:00Z" } else { "2026-11-22T23:00:00.123456789" };
    let mut sql =
        format!("INSERT INTO backup_session VALUES ('{session}','{date}',NULL,'8.0M','x','{status}');\n");
    for account in accounts {
        sql.push_str(&format!(
            "INSERT INTO backup_account (sessionID, account_size, email, initial_date) \
             VALUES ('{session}','4K','{account}@example.org','{date}');\n"
        ));
    }
    sql
}

/// The tables as both versions make them.
const TABLES: &str =
    "CREATE TABLE backup_session(sessionID varchar PRIMARY KEY, initial_date timestamp NOT NULL, \
    conclusion_date timestamp, size varchar, type varchar NOT NULL, status varchar NOT NULL);
    CREATE TABLE backup_account(id integer PRIMARY KEY AUTOINCREMENT, sessionID varchar NOT NULL, \
    account_size varchar NOT NULL, email varchar NOT NULL, initial_date timestamp NOT NULL, \
    conclusion_date timestamp);";
