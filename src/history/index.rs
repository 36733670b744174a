//! The index: where it lies, what form it has, and what becomes of one that is no good.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use super::catching_up::catch_up;
use super::run::Run;
use super::selection::Question;
use super::{Answer, selection};
use crate::evidence::INDEX;
use crate::evidence::past::Shelf;

/// How long another process is waited for that brings the index up to date.
const PATIENCE: Duration = Duration::from_secs(60);
/// Settings that stay with a connection. A cache needs no more than to be whole after a crash.
const SETTINGS: &str = "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON";

/// A line of the history is an archive of a run (`place` from 1), or the run itself (`place` 0) where it has something of its
/// own to say; `mailbox` is there to find accounts.
const TABLES: &str = "
    CREATE TABLE record (
        sequence INTEGER PRIMARY KEY, stamp TEXT NOT NULL, kind TEXT NOT NULL, started INTEGER NOT NULL, run TEXT NOT NULL
    ) STRICT;
    CREATE TABLE line (
        sequence INTEGER NOT NULL, place INTEGER NOT NULL, archive TEXT, outcome TEXT NOT NULL,
        PRIMARY KEY (sequence, place)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE mailbox (
        sequence INTEGER NOT NULL, place INTEGER NOT NULL, account TEXT NOT NULL COLLATE NOCASE,
        PRIMARY KEY (sequence, place, account)
    ) STRICT, WITHOUT ROWID;";

/// A database of runs.
#[derive(Debug)]
pub(super) struct Index(Connection);

/// Why an index gives no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error(transparent)]
    Folder(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error("it holds a run in another form: {0}")]
    Run(#[from] serde_json::Error),
    #[error("it has another form")]
    Form,
}

impl Fault {
    /// Whether an empty index would do better: unless the system or another process keeps us from it.
    pub fn is_mended_anew(&self) -> bool {
        const NOT_ITS_FAULT: [ErrorCode; 6] = [
            ErrorCode::DatabaseBusy,
            ErrorCode::DatabaseLocked,
            ErrorCode::ReadOnly,
            ErrorCode::CannotOpen,
            ErrorCode::DiskFull,
            ErrorCode::PermissionDenied,
        ];
        match self {
            Self::Folder(_) => false,
            Self::Run(_) | Self::Form => true,
            Self::Database(error) => {
                error.sqlite_error_code().is_none_or(|code| !NOT_ITS_FAULT.contains(&code))
            }
        }
    }
}

impl Index {
    /// Opens the index in `folder`, or makes an empty one; the error says why it can't be kept there.
    pub fn beside(folder: &Path) -> Result<Self, String> {
        place(folder).map_err(|error| error.to_string())?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(folder.join(INDEX), flags).map_err(Fault::from);
        opened.and_then(Self::prepared).map_err(|fault| fault.to_string())
    }

    /// An empty index that nobody else sees.
    pub fn in_memory() -> Result<Self, Fault> {
        Self::prepared(Connection::open_in_memory()?)
    }

    fn prepared(connection: Connection) -> Result<Self, Fault> {
        // A folder of records may come from somebody else, with what he calls an index in it.
        for (setting, on) in [
            (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
            (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
            (DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false),
        ] {
            connection.set_db_config(setting, on)?;
        }
        connection.busy_timeout(PATIENCE)?;
        Ok(Self(connection))
    }

    /// Makes it an empty database, also where it is damaged; those who have it open see an empty one from then on.
    pub fn empty(&mut self) -> Result<(), Fault> {
        self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, true)?;
        let emptied = self.0.execute_batch("VACUUM");
        self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_RESET_DATABASE, false)?;
        Ok(emptied?)
    }

    /// Brings the index up to date and answers from it. Whoever does the same at that time waits, so that nobody answers
    /// from what another one changes.
    pub fn answer(&mut self, folder: &Path, question: &Question) -> Result<Answer, Fault> {
        self.0.execute_batch(SETTINGS)?;
        self.log_ahead()?;
        let transaction = self.0.transaction_with_behavior(TransactionBehavior::Immediate)?;
        take_form(&transaction)?;
        let shelf = Shelf::open(folder)?;
        let unread = catch_up(&transaction, &shelf)?;
        let runs = selection::select(&transaction, question)?;
        transaction.commit()?;
        Ok(Answer { shelf, unread, runs })
    }

    /// Writes go to a log beside the database, so that others can read meanwhile. Where another process is at it, or the
    /// file system can't, it stays as it is.
    fn log_ahead(&self) -> Result<(), Fault> {
        match self.0.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => Err(error.into()),
            _ => Ok(()),
        }
    }
}

/// Makes sure that a file of the index is there that only its owner reads.
///
/// In the folder of another user, which root may well look into, it would be in that user's way.
fn place(folder: &Path) -> io::Result<()> {
    if fs::metadata(folder)?.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("the folder belongs to another user"));
    }
    let path = folder.join(INDEX);
    match File::options().write(true).create_new(true).mode(0o600).open(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Also a link is no file: it could lead to any other.
        Err(_) if !fs::symlink_metadata(&path)?.is_file() => {
            Err(io::Error::other(format!("{INDEX} is no regular file")))
        }
        _ => Ok(()),
    }
}

/// Gives an empty database its tables, and refuses one of another form.
fn take_form(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let number = |query: &str| transaction.query_row(query, [], |row| row.get::<_, i32>(0));
    match (number("PRAGMA user_version")?, number("SELECT count(*) FROM sqlite_schema")?) {
        (0, 0) => {
            transaction.execute_batch(TABLES)?;
            Ok(transaction.pragma_update(None, "user_version", form())?)
        }
        (version, _) if version == form() => sound(transaction),
        _ => Err(Fault::Form),
    }
}

/// Looks through the structure, as a page that is used twice could leave runs out without a word.
fn sound(transaction: &Transaction<'_>) -> Result<(), Fault> {
    let result = transaction.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0))?;
    if result == "ok" { Ok(()) } else { Err(Fault::Form) }
}

/// Tells this form of the index from every other, and from what another version of this program makes of a record.
fn form() -> i32 {
    let run = schemars::schema_for!(Run).to_value().to_string();
    let digest = blake3::hash([TABLES, &run, env!("CARGO_PKG_VERSION")].concat().as_bytes());
    let [first, second, third, fourth, ..] = digest.as_bytes();
    // Neither negative nor zero, which an empty database has.
    i32::from_be_bytes([first & 0x7f, *second, *third, fourth | 1])
}
