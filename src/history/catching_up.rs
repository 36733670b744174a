//! From the records to the index: what is new or was changed is read, what is gone is forgotten.

use std::collections::BTreeMap;

use rusqlite::{Statement, Transaction, params};

use super::index::Fault;
use super::result::Unread;
use super::run::Run;
use crate::evidence::past::{Past, Shelf};

/// Makes the index tell what the records on the shelf tell now. Records that can't be read are given back, and are tried
/// again each time.
pub(super) fn catch_up(transaction: &Transaction<'_>, shelf: &Shelf) -> Result<Vec<Unread>, Fault> {
    let mut indexed = stamps(transaction)?;
    let mut table = Table::of(transaction)?;
    let mut unread = Vec::new();
    for number in shelf.numbers() {
        let known = indexed.remove(number);
        // Taken before the record is read, so that one that is changed meanwhile is read again the next time.
        let stamp = shelf.stamp(*number).unwrap_or_default();
        if known.as_ref().is_some_and(|known| *known == stamp) {
            continue;
        }
        if known.is_some() {
            table.forget(*number)?;
        }
        match shelf.read(*number) {
            Ok(past) => table.note(&past, &stamp)?,
            Err(why) => unread.push(Unread { record: *number, why }),
        }
    }
    for gone in indexed.keys() {
        table.forget(*gone)?;
    }
    Ok(unread)
}

fn stamps(transaction: &Transaction<'_>) -> rusqlite::Result<BTreeMap<u64, String>> {
    let mut query = transaction.prepare("SELECT sequence, stamp FROM record")?;
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// The statements that change the tables.
struct Table<'a> {
    record: Statement<'a>,
    line: Statement<'a>,
    mailbox: Statement<'a>,
    forget: [Statement<'a>; 3],
}

impl<'a> Table<'a> {
    fn of(transaction: &'a Transaction<'_>) -> rusqlite::Result<Self> {
        let forget = |table| transaction.prepare(&format!("DELETE FROM {table} WHERE sequence = ?1"));
        Ok(Self {
            record: transaction.prepare("INSERT INTO record VALUES (?1, ?2, ?3, ?4, ?5)")?,
            line: transaction.prepare("INSERT INTO line VALUES (?1, ?2, ?3, ?4)")?,
            // A backup with several sessions has several mailboxes of one account.
            mailbox: transaction.prepare("INSERT OR IGNORE INTO mailbox VALUES (?1, ?2, ?3)")?,
            forget: [forget("record")?, forget("line")?, forget("mailbox")?],
        })
    }

    fn forget(&mut self, number: u64) -> rusqlite::Result<()> {
        self.forget.iter_mut().try_for_each(|statement| statement.execute([number]).map(drop))
    }

    fn note(&mut self, past: &Past, stamp: &str) -> Result<(), Fault> {
        let run = Run::from(past);
        let text = serde_json::to_string(&run)?;
        self.record.execute(params![run.sequence, stamp, run.kind, past.started.as_millisecond(), text])?;
        if run.by_itself {
            self.line.execute(params![run.sequence, 0, None::<&str>, run.outcome.as_str()])?;
        }
        for (place, archive) in (1_i64..).zip(&run.archives) {
            self.line.execute(params![run.sequence, place, archive.archive, archive.outcome.as_str()])?;
        }
        for (place, archive) in (1_i64..).zip(&past.archives) {
            for mailbox in &archive.accounts {
                self.mailbox.execute(params![run.sequence, place, mailbox.account])?;
            }
        }
        Ok(())
    }
}
