//! A raw copy of the store against the rows of its databases: the rule of Zimbra's `zmblobchk`, and the digests.
//!
//! Input: what the collector saw, and whether the archive was read to its end. Output: findings and coverage. Invariant:
//! what a hot copy explains is said to be so explained; what can't be judged is named and counts as not checked.

mod dumps;
mod folders;
mod groups;
mod items;
mod pairs;
mod rowless;
mod volumes;

use super::Meaning;
use crate::mailbox::zimbra::store::{Dump, Facts};
use crate::verdict::{Coverage, Finding, Unit, kinds};

/// Judges a raw copy; `ended` says that the archive was read to its end.
#[must_use]
pub fn examine(facts: &Facts, ended: bool) -> Meaning {
    let mut meaning = Meaning::default();
    if facts.is_empty() && facts.tables == 0 {
        dumps::examine_empty(facts, &mut meaning);
        return meaning;
    }
    let view = View::new(facts, ended);
    dumps::examine(&view, &mut meaning);
    groups::examine(&view, &mut meaning);
    folders::examine(&view, &mut meaning);
    limits(facts, &mut meaning);
    match (facts.has_dump(), facts.blobs.is_empty()) {
        (true, false) => items::examine(&view, &mut meaning),
        (true, true) => {
            let rows = stated(facts);
            meaning.coverage =
                Coverage { total: view.rows_complete.then_some(rows), ..Coverage::none(Unit::Items) };
            meaning.open.push(format!(
                "The archive holds database dumps and no blob, so the {rows} blobs they state could not be looked for."
            ));
        }
        (false, _) => without_dump(facts, &mut meaning),
    }
    meaning
}

/// The facts, and what may be concluded from what is not among them.
struct View<'a> {
    facts: &'a Facts,
    /// A row that is not here does not exist.
    rows_complete: bool,
    /// A blob that is not here is not in the backup.
    blobs_complete: bool,
}

impl<'a> View<'a> {
    fn new(facts: &'a Facts, ended: bool) -> Self {
        let partial = facts.dumps.iter().any(Dump::is_partial);
        Self {
            facts,
            rows_complete: ended && !partial && facts.rows_over == 0 && facts.mailboxes.over == 0,
            blobs_complete: ended && facts.blobs_over == 0,
        }
    }
}

/// Rows that state a digest or should, read or not.
fn stated(facts: &Facts) -> u64 {
    u64::from(facts.rows.len()) + facts.external + facts.unplaced + facts.undigested + facts.bare
}

fn name_of_mailbox(facts: &Facts, id: u32) -> String {
    match facts.mailboxes.get(id).and_then(|mailbox| mailbox.account) {
        Some(account) => format!("mailbox {id} ({account})"),
        None => format!("mailbox {id}"),
    }
}

fn limits(facts: &Facts, meaning: &mut Meaning) {
    for (what, over) in [("rows of the database dumps", facts.rows_over), ("blobs", facts.blobs_over)] {
        if over > 0 {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, format!("raw store: {what}"));
            meaning.findings.push(
                finding
                    .expected("no more than limits.members")
                    .observed(format!("{over} more, which were not judged")),
            );
        }
    }
}

/// Without rows nothing says what should be there; broken gzip speaks for itself.
fn without_dump(facts: &Facts, meaning: &mut Meaning) {
    let tables = match facts.tables {
        0 => String::new(),
        tables => format!(
            " ({tables} tables lie in the archive as files of the running database, which are not read)"
        ),
    };
    meaning.open.push(format!(
        "The archive holds {} blobs and no dump of the mboxgroup databases{tables}, so whether they are complete and \
         unchanged can't be judged; add `mysqldump --single-transaction --all-databases` to the backup.",
        facts.blobs.len()
    ));
    items::examine_gzip(facts, meaning);
}

#[cfg(test)]
mod tests;
