//! `sessions.sqlite3`, the catalogue of zmbackup 1.2 with `SESSION_TYPE=SQLITE3` and of 2.0 (`database.sql`,
//! `SqliteMetadataStore.java`).
//!
//! Input: the whole database, in memory. Output: a [`Listing`]. Invariants: SQLite is given no file and no right to
//! change anything; whoever made the database runs no code here (views, triggers, virtual tables and what a schema may
//! call are off); work and rows are bounded.

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, MAIN_DB, Row as Values};

use super::name::SessionName;
use super::{CatalogueError, Listing, Room, Status, WHAT};
use crate::mailbox::message::is_error_page;

const MAGIC: &[u8] = b"SQLite format 3\0";
/// First bytes, which tell what something else is.
const HEAD: usize = 512;
/// Where the header states how the file is written and read: 1 for a journal, 2 for a write-ahead log.
const VERSIONS: std::ops::Range<usize> = 18..20;
/// Longest row and longest text; zmbackup's have a few hundred bytes. It also keeps each step short.
const LONGEST_TEXT: i32 = 8 << 10;
/// Thousands of steps SQLite may take: enough for half a million rows.
const STEPS: u32 = 20_000;

/// Reads the catalogue; what finds room is kept.
///
/// # Errors
/// [`CatalogueError`] says why it lists nothing.
pub(super) fn read(mut bytes: Vec<u8>, room: Room) -> Result<Listing, CatalogueError> {
    if bytes.is_empty() {
        return Err(CatalogueError::Empty);
    }
    if is_error_page(bytes.get(..HEAD).unwrap_or(&bytes)) {
        return Err(CatalogueError::Page);
    }
    if !bytes.starts_with(MAGIC) || bytes.len() < 100 {
        return Err(CatalogueError::Foreign(WHAT));
    }
    // zmbackup 2.0 uses a write-ahead log, which lies beside the database; what was written back is in the database.
    for version in &mut bytes[VERSIONS] {
        if *version == 2 {
            *version = 1;
        }
    }
    list(&bytes, room, STEPS)
}

pub(super) fn list(bytes: &[u8], mut room: Room, steps: u32) -> Result<Listing, CatalogueError> {
    let database = open(bytes, steps).map_err(|error| fault(&error))?;
    examine(&database)?;
    let mut listing = Listing::default();
    sessions(&database, &mut listing, &mut room).map_err(|error| fault(&error))?;
    accounts(&database, &mut listing, &mut room).map_err(|error| fault(&error))?;
    Ok(listing)
}

fn open(bytes: &[u8], mut steps: u32) -> rusqlite::Result<Connection> {
    let mut database = Connection::open_in_memory()?;
    for (setting, on) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
    ] {
        database.set_db_config(setting, on)?;
    }
    for (limit, most) in [
        (Limit::SQLITE_LIMIT_LENGTH, LONGEST_TEXT),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, LONGEST_TEXT),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, 100),
        (Limit::SQLITE_LIMIT_COLUMN, 100),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        database.set_limit(limit, most)?;
    }
    let tired = move || {
        steps = steps.saturating_sub(1);
        steps == 0
    };
    database.progress_handler(1000, Some(tired))?;
    database.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
    // A CHECK is the work of whoever made the database, and says nothing of its structure.
    const SETTINGS: &str =
        "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA ignore_check_constraints = ON";
    database.execute_batch(SETTINGS)?;
    Ok(database)
}

/// Makes sure that the two tables are there and that the structure is sound; a page that is used twice could keep a
/// reader busy for ever.
fn examine(database: &Connection) -> Result<(), CatalogueError> {
    const TABLES: &str = "SELECT count(*) FILTER (WHERE rootpage = 0), \
        count(*) FILTER (WHERE name IN ('backup_session', 'backup_account')) \
        FROM sqlite_schema WHERE type = 'table'";
    let read = |row: &Values<'_>| Ok((row.get(0)?, row.get(1)?));
    let (virtual_tables, ours): (i64, i64) =
        database.query_row(TABLES, [], read).map_err(|error| fault(&error))?;
    if virtual_tables > 0 || ours != 2 {
        return Err(CatalogueError::Foreign(WHAT));
    }
    let result: String =
        database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).map_err(|error| fault(&error))?;
    if result != "ok" {
        return Err(CatalogueError::Damaged(harmless(&result)));
    }
    Ok(())
}

fn sessions(database: &Connection, listing: &mut Listing, room: &mut Room) -> rusqlite::Result<()> {
    let mut query = database.prepare("SELECT sessionID, status, initial_date FROM backup_session")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (name, status, date) = (text(row, 0)?, text(row, 1)?, text(row, 2)?);
        let Some(name) = SessionName::parse(name) else {
            listing.odd = listing.odd.saturating_add(1);
            continue;
        };
        let Some(session) = listing.row(name, room) else { break };
        session.in_utc = date.ends_with(b"Z");
        session.status = match status {
            b"FINISHED" => Status::Finished,
            b"FAILED" => Status::Failed,
            b"IN PROGRESS" => Status::InProgress,
            _ => Status::Unknown,
        };
    }
    Ok(())
}

fn accounts(database: &Connection, listing: &mut Listing, room: &mut Room) -> rusqlite::Result<()> {
    let mut query = database.prepare("SELECT sessionID, email FROM backup_account")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let who = text(row, 1)?;
        match SessionName::parse(text(row, 0)?).filter(|_| !who.is_empty()) {
            Some(name) if listing.insert(name, who, room).is_none() => break,
            Some(_) => {}
            None => listing.odd = listing.odd.saturating_add(1),
        }
    }
    Ok(())
}

/// A text of a row; empty where it is of another type, as SQLite lets every column hold anything.
fn text<'a>(row: &'a Values<'_>, column: usize) -> rusqlite::Result<&'a [u8]> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(text) => text,
        _ => b"",
    })
}

fn fault(error: &rusqlite::Error) -> CatalogueError {
    match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => CatalogueError::TooMuchWork,
        Some(ErrorCode::NotADatabase) => CatalogueError::Foreign(WHAT),
        _ => CatalogueError::Damaged(harmless(&error.to_string())),
    }
}

/// SQLite's words may repeat names that stand in the database.
fn harmless(message: &str) -> String {
    message.escape_default().take(200).collect()
}
