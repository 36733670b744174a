//! What an archive holds, account by account, as a table or as JSON (`mailproof/contents/v1`).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;
use super::json::{Account, Error, Finding, Session};
use super::text::mailboxes;
use crate::verdict::{Coverage, Outcome, Rung, State};
use crate::verify::{ArchiveResult, MailboxResult};

/// The name of this form.
pub const SCHEMA: &str = "mailproof/contents/v1";

/// What an archive holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Contents {
    /// Always `mailproof/contents/v1`.
    pub schema: &'static str,
    /// The archive's address.
    pub archive: String,
    /// How the reading ended.
    pub outcome: Outcome,
    /// The highest rung that was proven.
    pub rung: Option<Rung>,
    /// How many members were compared with the manifest.
    pub members: Coverage,
    /// How many items were compared with what is stated of them.
    pub items: Option<Coverage>,
    /// The sessions of zmbackup in it: the newest 100, oldest first.
    pub sessions: Vec<Session>,
    /// How many sessions there are.
    pub session_count: u64,
    /// Each account, in the archive's order.
    pub accounts: Vec<Account>,
    /// What was found; of many of one kind the first twenty.
    pub findings: Vec<Finding>,
    /// What kept us from looking.
    pub errors: Vec<Error>,
}

/// The JSON Schema of [`Contents`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Contents);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}

impl From<&ArchiveResult> for Contents {
    fn from(archive: &ArchiveResult) -> Self {
        Self {
            schema: SCHEMA,
            archive: archive.archive.clone(),
            outcome: archive.outcome,
            rung: archive.rung,
            members: archive.coverage,
            items: archive.items,
            sessions: archive.sessions.newest.iter().map(Session::from).collect(),
            session_count: archive.sessions.count,
            accounts: archive.mailboxes.iter().map(Account::with_folders).collect(),
            findings: archive.findings.iter().map(Finding::from).collect(),
            errors: archive.troubles.iter().map(Error::from).collect(),
        }
    }
}

/// A reason that so many accounts have is said once, below the table.
const MANY: usize = 4;

/// A table of accounts, each with its folders if `folders`; ends with a line break.
///
/// Where an account occurs more than once it goes folder of the archive by folder, which are sessions as a rule.
#[must_use]
pub fn table(archive: &ArchiveResult, folders: bool) -> String {
    let mut text = String::new();
    let _ =
        writeln!(text, "{:10}  {:>17}  {:>9}  {:10}  FORM  ACCOUNT", "MEANINGFUL", "ITEMS", "SIZE", "NEWEST");
    let several = archive.mailboxes.iter().any(|mailbox| mailbox.summary.place.is_some());
    let common = common_reasons(&archive.mailboxes);
    let mut mailboxes: Vec<_> =
        archive.mailboxes.iter().map(|mailbox| (group(mailbox, several), mailbox)).collect();
    mailboxes.sort_by_key(|(group, mailbox)| (*group, &mailbox.summary.account));
    let mut shown = None;
    for (group, mailbox) in mailboxes {
        if several && shown.replace(group) != Some(group) {
            let _ = writeln!(text, "{}", if group.is_empty() { "(in no folder)" } else { group });
        }
        account(&mut text, mailbox, &common);
        if folders {
            list_folders(&mut text, mailbox);
        }
    }
    for (reason, count) in common {
        let _ = writeln!(text, "{} accounts: {reason}", human::count(count as u64));
    }
    let bytes = archive.mailboxes.iter().map(|mailbox| mailbox.summary.body_bytes).sum();
    let _ = writeln!(text, "{}, {}", mailboxes::counted(&archive.mailboxes), human::size(bytes));
    text
}

/// The folder of the archive that a mailbox lies in, where that matters.
fn group(mailbox: &MailboxResult, several: bool) -> &str {
    let way = mailbox.summary.source.rsplit_once('/').filter(|_| several);
    way.map_or("", |(way, _)| way.trim_start_matches("./"))
}

fn common_reasons(mailboxes: &[MailboxResult]) -> BTreeMap<String, usize> {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for reason in mailboxes.iter().filter_map(mailboxes::reason) {
        *reasons.entry(reason).or_default() += 1;
    }
    reasons.retain(|_, count| *count >= MANY);
    reasons
}

fn account(text: &mut String, mailbox: &MailboxResult, common: &BTreeMap<String, usize>) {
    let summary = &mailbox.summary;
    let state = match mailbox.state {
        State::Proven => "proven",
        State::Disproven => "disproven",
        State::NotProven => "not proven",
    };
    let account = human::line(&summary.account);
    let _ = writeln!(
        text,
        "{state:10}  {:>17}  {:>9}  {:10}  {:4}  {account}",
        share(mailbox.coverage),
        human::size(summary.body_bytes),
        summary.newest.and_then(day).unwrap_or_else(|| "-".to_owned()),
        summary.form,
    );
    if let Some(reason) = mailboxes::reason(mailbox).filter(|reason| !common.contains_key(reason)) {
        let _ = writeln!(text, "    {reason}");
    }
}

fn share(coverage: Coverage) -> String {
    let checked = human::count(coverage.checked);
    match coverage.total {
        Some(total) => format!("{checked} of {}", human::count(total)),
        None => format!("{checked} of unknown"),
    }
}

/// Search folders and mountpoints hold nothing of their own, so they state none and have none.
fn list_folders(text: &mut String, mailbox: &MailboxResult) {
    for folder in &mailbox.summary.folders {
        let (seen, stated) = (human::count(folder.seen), human::count(folder.stated));
        let _ = writeln!(
            text,
            "    {seen:>9} of {stated:>9}  {:>9}  {}",
            human::size(folder.bytes),
            human::line(&folder.path)
        );
    }
    if mailbox.summary.unlisted > 0 {
        let _ = writeln!(text, "    … and {} more folders", human::count(mailbox.summary.unlisted));
    }
}

/// The day of a time, in UTC.
fn day(seconds: i64) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?;
    Some(time.strftime("%Y-%m-%d").to_string())
}
