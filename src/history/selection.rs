//! Which runs are asked for, and how the index finds them.

use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::index::Fault;
use super::run::Run;
use crate::verdict::Outcome;

/// What is asked for; what is absent does not restrict.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Runs that began at this time or later.
    pub since: Option<Timestamp>,
    /// Runs of this kind.
    pub kind: Option<String>,
    /// Archives in whose address this stands.
    pub archive: Option<String>,
    /// Archives in which one of these accounts has mail, or out of which its mail was restored; none for all. Of one account
    /// there may be two: its address, and what stands for it in records with pseudonyms.
    pub accounts: Vec<String>,
    /// Archives that ended so, and runs where that is said of them alone.
    pub outcome: Option<Outcome>,
    /// The newest so many runs.
    pub limit: Option<u32>,
}

const LINES: &str = "
    WITH hit AS (
        SELECT line.sequence, line.place FROM line JOIN record USING (sequence)
        WHERE (?1 IS NULL OR record.started >= ?1)
            AND (?2 IS NULL OR record.kind = ?2)
            AND (?3 IS NULL OR instr(line.archive, ?3) > 0)
            AND (?4 IS NULL OR EXISTS (
                SELECT 1 FROM mailbox
                WHERE mailbox.sequence = line.sequence AND mailbox.place = line.place AND mailbox.account IN (SELECT value FROM json_each(?4))))
            AND (?5 IS NULL OR line.outcome = ?5)
    ), newest AS (SELECT DISTINCT sequence FROM hit ORDER BY sequence DESC LIMIT ?6)
    SELECT hit.sequence, hit.place FROM newest JOIN hit USING (sequence)
    ORDER BY hit.sequence, hit.place";
/// A run is fetched once and not with each of its lines, which are sorted in memory.
const RUN: &str = "SELECT run FROM record WHERE sequence = ?1";

/// The runs that are asked for, each with those archives alone that are.
pub(super) fn select(transaction: &Transaction<'_>, question: &Question) -> Result<Vec<Run>, Fault> {
    let (mut query, mut run) = (transaction.prepare(LINES)?, transaction.prepare(RUN)?);
    let mut rows = query.query(params![
        question.since.map(Timestamp::as_millisecond),
        question.kind,
        question.archive,
        (!question.accounts.is_empty()).then(|| serde_json::json!(question.accounts).to_string()),
        question.outcome.map(Outcome::as_str),
        // SQLite takes a negative limit for none.
        question.limit.map_or(-1, i64::from),
    ])?;
    let mut chosen: Vec<(u64, Vec<usize>)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (sequence, place): (u64, usize) = (row.get(0)?, row.get(1)?);
        match chosen.last_mut() {
            Some((last, places)) if *last == sequence => places.push(place),
            _ => chosen.push((sequence, vec![place])),
        }
    }
    let mut fetched = |(sequence, places): (u64, Vec<usize>)| {
        let text: String = run.query_row([sequence], |row| row.get(0))?;
        Ok(restricted(serde_json::from_str(&text)?, &places))
    };
    chosen.into_iter().map(&mut fetched).collect()
}

/// The run with what stands at these places, which ascend.
fn restricted(mut run: Run, places: &[usize]) -> Run {
    let mut place = 0;
    run.archives.retain(|_| {
        place += 1;
        places.binary_search(&place).is_ok()
    });
    run.by_itself = places.first() == Some(&0);
    run
}
