//! What came back of a restore, as text or as JSON (`mailproof/restore/v1`).
//!
//! Input: a restore's outcome. Output: numbers, folders and places. Invariant: no subject and no content of mail.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::human;
use super::json::{Error, Finding};
use crate::restore::{Completion, Restored, Selection, Why};
use crate::verdict::Severity;

/// The name of this form.
pub const SCHEMA: &str = "mailproof/restore/v1";
/// Accounts and items that are named as asked for.
const MOST_ASKED: usize = 1000;
/// Reasons and findings that are named in text.
const MOST_NAMED: usize = 20;
/// Items of one reason that are named in text.
const MOST_NAMED_ALIKE: usize = 3;

/// What came back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Restore {
    /// Always `mailproof/restore/v1`.
    pub schema: &'static str,
    /// The version of mailproof.
    pub version: &'static str,
    /// The archive's address.
    pub archive: String,
    /// Where it was restored to.
    pub place: String,
    /// What was asked for; everything where nothing stands in it.
    pub asked: Asked,
    /// How the restore ended, over everything.
    pub outcome: Completion,
    /// The exit code of the process.
    pub exit_code: u8,
    /// Items that were asked for, in every export of the archive.
    pub selected: u64,
    /// Items that are in the place now and were not before; on a server taken and listed at the end, not read back.
    pub restored: u64,
    /// Items that were there before: byte for byte; on a Zimbra by size and date, or because an equal one is there.
    pub already_there: u64,
    /// Items that another export of the archive had brought already.
    pub repeated: u64,
    /// Items of which another export has other bytes; both came back.
    pub versions: u64,
    /// What did not come back.
    pub left: Left,
    /// Accounts and items that were asked for by name or number and are not in the archive; the first hundred.
    pub absent: Vec<String>,
    /// Items whose body is damaged, missing, or was looked at only in part, so that nobody knows whether they were asked
    /// for.
    pub undecided: u64,
    /// Those of them that were looked at in part; the first thousand.
    pub partly_seen: Vec<LeftItem>,
    /// Bodies without a description, which nothing proves.
    pub undescribed: u64,
    /// Bytes of the bodies that were restored.
    pub bytes: u64,
    /// Milliseconds from the beginning until the first item was in its place.
    pub to_first_ms: Option<u64>,
    /// The same of the last item.
    pub to_last_ms: Option<u64>,
    /// Milliseconds of the whole restore.
    pub elapsed_ms: u64,
    /// The date of the newest item that is in the place now (RFC 3339, UTC).
    pub newest: Option<String>,
    /// What is in the place now, by account and folder; of many folders the first ten thousand.
    pub folders: Vec<Folder>,
    /// The archive was read to its end, and nothing in its layers is damaged.
    pub archive_whole: bool,
    /// What was found in the archive's layers; of many of one kind the first twenty.
    pub findings: Vec<Finding>,
    /// What kept the restore from its work.
    pub errors: Vec<Error>,
    /// What the archive holds and a restore can't take up.
    pub untaken: Vec<String>,
}

/// What a restore was asked for. Words of a query and Message-IDs are not kept: they may be content.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Asked {
    /// Mail of these accounts; the first thousand.
    pub accounts: Vec<String>,
    /// What lies in the folder with this path and below.
    pub folder: Option<String>,
    /// Items with these numbers; the first thousand.
    pub items: Vec<u32>,
    /// Items of these kinds.
    pub kinds: Vec<String>,
    /// What was received then or later (RFC 3339, UTC).
    pub since: Option<String>,
    /// A message with a certain Message-ID.
    pub by_message_id: bool,
    /// Messages with certain digests.
    pub by_digest: bool,
    /// Messages for which certain words hold.
    pub by_query: bool,
}

impl From<&Selection> for Asked {
    fn from(selection: &Selection) -> Self {
        let since = selection.since.and_then(|since| Timestamp::from_second(since).ok());
        Self {
            accounts: selection.accounts.iter().take(MOST_ASKED).cloned().collect(),
            folder: selection.folder.clone(),
            items: selection.items.iter().take(MOST_ASKED).map(|id| id.0).collect(),
            kinds: selection.kinds.iter().map(ToString::to_string).collect(),
            since: since.map(|since| since.to_string()),
            by_message_id: selection.message_id.is_some(),
            by_digest: !selection.digests.is_empty(),
            by_query: selection.query.is_some(),
        }
    }
}

/// What did not come back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Left {
    /// All of it.
    pub count: u64,
    /// Items that the place does not take.
    pub refused: u64,
    /// Items whose body is missing, cut or another than the backup states.
    pub unsound: u64,
    /// Items larger than what is held in memory.
    pub too_large: u64,
    /// Items for which the place did not answer before the end.
    pub unanswered: u64,
    /// Items whose body could not be put together with its description.
    pub apart: u64,
    /// Items in files that did not become whole before the end, so that nothing of them is there.
    pub unfinished: u64,
    /// The first thousand, without the unfinished.
    pub items: Vec<LeftItem>,
}

/// An item that did not come back.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LeftItem {
    /// Whose it is.
    pub account: String,
    /// The number of its folder.
    pub folder: u32,
    /// Its number.
    pub item: u32,
    /// Why, ending with the next step.
    pub reason: String,
}

/// What is in a folder of the place now.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Folder {
    /// Whose it is.
    pub account: String,
    /// Its path as the backup names it; absent where the backup names none.
    pub path: Option<String>,
    /// Items of the restore in it.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// The JSON Schema of [`Restore`] (draft 2020-12).
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Restore);
    schema.insert("$id".to_owned(), SCHEMA.into());
    schema.to_value()
}

impl Restore {
    /// The report of a restore of `selection` out of `archive` to `place`.
    #[must_use]
    pub fn new(archive: &str, place: &str, selection: &Selection, restored: &Restored) -> Self {
        let outcome = restored.ending();
        let folders = restored.folders.each.iter().map(|((account, path), count)| Folder {
            account: account.clone(),
            path: Some(path.clone()).filter(|path| !path.is_empty()),
            items: count.items,
            bytes: count.bytes,
        });
        let cut = restored.exports.iter().filter(|export| export.wanted && !export.ending.whole);
        let faults = cut.flat_map(|export| export.ending.faults.iter());
        let stopped = restored.stopped.iter().map(|error| Error {
            stage: "restore",
            message: error.to_string(),
            internal: false,
        });
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION"),
            archive: archive.to_owned(),
            place: place.to_owned(),
            asked: Asked::from(selection),
            outcome,
            exit_code: outcome.exit_code(),
            selected: restored.selected,
            restored: restored.restored,
            already_there: restored.already_there,
            repeated: restored.repeated,
            versions: restored.versions,
            left: Left::from(&restored.left),
            absent: restored.absent.clone(),
            undecided: restored.undecided,
            partly_seen: restored.partly_seen.iter().map(LeftItem::from).collect(),
            undescribed: restored.undescribed,
            bytes: restored.bytes,
            to_first_ms: restored.to_first.map(milliseconds),
            to_last_ms: restored.to_last.map(milliseconds),
            elapsed_ms: milliseconds(restored.elapsed),
            newest: restored
                .newest
                .and_then(|second| Timestamp::from_second(second).ok())
                .map(|newest| newest.to_string()),
            folders: folders.collect(),
            archive_whole: restored.archive_is_whole(),
            findings: restored.reading.findings.iter().chain(faults).map(Finding::from).collect(),
            errors: restored.reading.troubles.iter().map(Error::from).chain(stopped).collect(),
            untaken: restored.untaken.clone(),
        }
    }
}

impl From<&crate::restore::Left> for Left {
    fn from(left: &crate::restore::Left) -> Self {
        Self {
            count: left.count(),
            refused: left.refused,
            unsound: left.unsound,
            too_large: left.too_large,
            unanswered: left.unanswered,
            apart: left.apart,
            unfinished: left.unfinished,
            items: left.first.iter().map(LeftItem::from).collect(),
        }
    }
}

impl From<&crate::restore::LeftItem> for LeftItem {
    fn from(item: &crate::restore::LeftItem) -> Self {
        Self {
            account: item.account.clone(),
            folder: item.folder.0,
            item: item.item.0,
            reason: item.why.to_string(),
        }
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The report for people; ends with a line break.
#[must_use]
pub fn render(report: &Restore) -> String {
    let mut text = String::new();
    headline(&mut text, report);
    folders(&mut text, report);
    left(&mut text, report);
    for finding in
        report.findings.iter().filter(|finding| finding.severity == Severity::Failure).take(MOST_NAMED)
    {
        let _ =
            writeln!(text, "  archive damaged: {} at {}; {}", finding.id, finding.subject, finding.remedy);
    }
    for error in &report.errors {
        let _ = writeln!(text, "  {}: {}", error.stage, error.message);
    }
    for note in &report.untaken {
        let _ = writeln!(text, "  not restored: {note}");
    }
    human::clean(&text).into_owned()
}

fn headline(text: &mut String, report: &Restore) {
    let word = match report.outcome {
        Completion::Complete => "RESTORED",
        Completion::Incomplete => "INCOMPLETE",
        Completion::NotDone => "NOT DONE",
        Completion::Interrupted => "INTERRUPTED",
    };
    let there = report.restored + report.already_there;
    let selected = report.selected - report.repeated.min(report.selected);
    let (place, took) = (human::line(&report.place), human::duration(report.elapsed_ms));
    // Nobody knows how many there would have been.
    let _ = if report.outcome == Completion::Interrupted {
        let there = human::counted(there, "item is", "items are");
        let reached = human::count(selected);
        writeln!(text, "{word}  {there} in {place}, of {reached} that were reached  (took {took})")
    } else {
        let selected = human::counted(selected, "item is", "items are");
        writeln!(text, "{word}  {} of {selected} in {place}  (took {took})", human::count(there))
    };
    if report.already_there > 0 {
        let _ = writeln!(text, "  {} of them were there before", human::count(report.already_there));
    }
    if report.versions > 0 {
        let versions = human::counted(report.versions, "item", "items");
        let _ = writeln!(text, "  {versions} came back in more than one version, as the backup has them");
    }
    if let (Some(first), Some(newest)) = (report.to_first_ms, &report.newest) {
        let first = human::duration(first);
        let _ = writeln!(
            text,
            "  the first after {first}; the newest is of {newest}; {}",
            human::size(report.bytes)
        );
    }
    if report.outcome == Completion::Interrupted {
        let next = match there {
            0 if report.left.unanswered > 0 => {
                "what the place took was not looked for any more; run the same restore again, which puts nothing twice"
            }
            0 => "nothing came back; run the same restore again",
            _ => "what came back stays; run the same restore again to go on",
        };
        let _ = writeln!(text, "  {next}");
    }
    for absent in report.absent.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "  {}", human::line(absent));
    }
    if report.selected == 0 && report.errors.is_empty() && report.absent.is_empty() {
        let words = match report.archive_whole {
            true => "nothing in it matches; `mailproof show --folders` lists what is there",
            false => "nothing that matches came before the damage; look into an older archive",
        };
        let _ = writeln!(text, "  {words}");
    }
}

fn folders(text: &mut String, report: &Restore) {
    let mut account = None;
    for folder in &report.folders {
        if account != Some(&folder.account) {
            let _ = writeln!(text, "  {}", human::line(&folder.account));
            account = Some(&folder.account);
        }
        let (items, bytes) = (human::count(folder.items), human::size(folder.bytes));
        let path = folder.path.as_deref().unwrap_or("(folders without a name)");
        let _ = writeln!(text, "    {items:>9}  {bytes:>9}  {}", human::line(path));
    }
}

fn left(text: &mut String, report: &Restore) {
    let left = &report.left;
    if left.unanswered > 0 {
        let unseen = human::counted(left.unanswered, "item is", "items are");
        let _ = writeln!(
            text,
            "  {unseen} not known to be there: the restore ended before the server answered for them; run it again, which puts nothing twice"
        );
    }
    if left.count > left.unanswered {
        let lost = left.count - left.unanswered;
        let _ = writeln!(text, "  {} did not come back:", human::counted(lost, "item", "items"));
    }
    if left.unfinished > 0 {
        let _ = writeln!(
            text,
            "    {}: the restore ended before the file was whole; run it again, which writes the file anew",
            human::counted(left.unfinished, "item", "items")
        );
    }
    let unseen = Why::Unanswered.to_string();
    reasons(text, left.items.iter().filter(|item| item.reason != unseen));
    if !report.partly_seen.is_empty() {
        let _ = writeln!(text, "  of these nobody knows whether they match:");
        reasons(text, report.partly_seen.iter());
    }
    let unsound = report.undecided - report.undecided.min(report.partly_seen.len() as u64);
    if unsound > 0 {
        let undecided = human::counted(unsound, "item has", "items have");
        // Of those that were looked at in part not all are named.
        let or = if report.partly_seen.is_empty() { "" } else { " or were looked at in part" };
        let _ = writeln!(
            text,
            "  {undecided} no sound body{or}, so nobody knows what of it matches; name it by --item"
        );
    }
}

fn reasons<'a>(text: &mut String, items: impl Iterator<Item = &'a LeftItem>) {
    let mut reasons: BTreeMap<&str, Vec<&LeftItem>> = BTreeMap::new();
    items.for_each(|item| reasons.entry(&item.reason).or_default().push(item));
    for (reason, items) in reasons.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "    {}: {reason}", human::counted(items.len() as u64, "item", "items"));
        for item in items.iter().take(MOST_NAMED_ALIKE) {
            let account = human::line(&item.account);
            let _ = writeln!(text, "      {account}: folder {}, item {}", item.folder, item.item);
        }
        if items.len() > MOST_NAMED_ALIKE {
            let _ = writeln!(text, "      and others; `--format json` names the first thousand");
        }
    }
}
