//! What zmbackup leaves beside exports: entries of the directory and its catalogues, made up.

use rusqlite::{Connection, MAIN_DB};

/// An LDIF of the account `name@example.org` as `ldapsearch -LLL` writes it.
#[must_use]
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

/// `sessions.txt` of 1.2 with these sessions and accounts of `example.org`, all of them completed.
#[must_use]
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

/// `sessions.sqlite3` after these statements; `{tables}` are zmbackup's (`database.sql`).
///
/// # Errors
/// If SQLite refuses them.
pub fn database(statements: &str) -> rusqlite::Result<Vec<u8>> {
    let mut database = Connection::open_in_memory()?;
    database.execute_batch(&statements.replace("{tables}", TABLES))?;
    Ok(database.serialize(MAIN_DB)?.to_vec())
}

/// The statement that adds a session, with its status and whether 2.0 wrote it, whose times are in UTC.
#[must_use]
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
