//! What came back, and what did not.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::naming::Asked;
use super::recovery::Ended;
use super::selection::Selection;
use super::{PlaceError, untaken};
use crate::archive::ArchiveError;
use crate::exit;
use crate::mailbox::{Contents, Ending, ItemId};
use crate::verdict::Severity;
use crate::verify::{Reading, Trouble};

/// Accounts and items that were asked for and are not there, of which the first are named.
const MOST_ABSENT: usize = 100;
/// Accounts that are named where another was asked for.
const MOST_ACCOUNTS: usize = 10;
/// Items that are named among those that did not come back.
pub(super) const MOST_NAMED: usize = 1000;
/// Folders that are counted by themselves; what lies in others is counted in one sum.
const MOST_FOLDERS: usize = 10_000;

/// What a restore did.
#[derive(Debug, Default)]
pub struct Restored {
    /// Items that were wanted, in every export of the archive.
    pub selected: u64,
    /// Items that are in the place now and were not before. Of a server that proves that it took them and lists them at the
    /// end: messages with their size (with their date as well on a Zimbra), all other kinds by the count of their folder.
    /// No byte of it was read back.
    pub restored: u64,
    /// Items that were there before: byte for byte, but for a Zimbra, where size and date decide, or that an equal one of the
    /// same folder is there; of all other kinds than messages, that their folder holds as many.
    pub already_there: u64,
    /// Items that another export of the same archive had already brought, byte for byte.
    pub repeated: u64,
    /// Items among the restored ones that another export of the archive has with other bytes: both came back.
    pub versions: u64,
    /// What did not come back.
    pub left: Left,
    /// What was asked for by its name or number and is not in the archive, in words; the first hundred.
    pub absent: Vec<String>,
    /// Items that were asked for by number and did not come.
    pub(super) not_seen: BTreeSet<ItemId>,
    /// Items whose body is damaged, missing, or looked at only in part, so that nobody knows whether they are wanted.
    pub undecided: u64,
    /// Those of them that were looked at in part; the first thousand.
    pub partly_seen: Vec<LeftItem>,
    /// Bodies in the exports that were asked for without a description that can be read, so that nothing proves them.
    pub undescribed: u64,
    /// Bytes of the bodies that were restored.
    pub bytes: u64,
    /// From the beginning until the first item was in the place, or seen there at the end where that is a server.
    pub to_first: Option<Duration>,
    /// The same of the last one.
    pub to_last: Option<Duration>,
    /// The whole restore, reading to the end included.
    pub elapsed: Duration,
    /// The date of the newest item that was restored or there already, in seconds since 1970.
    pub newest: Option<i64>,
    /// What came back of each account and folder.
    pub folders: Folders,
    /// Each export in the archive, wanted or not, and how it ended.
    pub exports: Vec<Export>,
    /// What the archive holds and a restore can't take up, in words that end with the next step.
    pub untaken: Vec<String>,
    /// What the archive's layers and its manifest say.
    pub reading: Reading,
    /// Why the place took nothing more.
    pub stopped: Option<PlaceError>,
    /// Somebody ended the run early.
    pub interrupted: bool,
}

/// How a restore ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Completion {
    /// All that was asked for came back, and the archive is whole.
    Complete,
    /// Something did not come back, or the archive is damaged.
    Incomplete,
    /// Nothing was found that is asked for, or something kept the restore from its work.
    NotDone,
    /// Somebody ended it early.
    Interrupted,
}

impl Completion {
    /// The exit code of the process.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Complete => exit::PASSED,
            Self::Incomplete => exit::FAILED,
            Self::NotDone => exit::NOT_VERIFIED,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }
}

/// An export, and how it ended.
#[derive(Debug, Clone)]
pub struct Export {
    /// Whose it is.
    pub account: String,
    /// The member of the archive; empty where it is the archive itself.
    pub source: String,
    /// How its layers ended.
    pub ending: Ending,
    /// Something of it was asked for.
    pub wanted: bool,
}

/// What came back of each folder.
#[derive(Debug, Clone, Default)]
pub struct Folders {
    /// By account and path; the path is empty where the archive does not name the folder.
    pub each: BTreeMap<(String, String), Count>,
    /// What came back into folders for which there was no room above.
    pub others: Count,
}

/// How many items of a folder came back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Items that are in the place now, those that were there before included.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What did not come back.
#[derive(Debug, Clone, Default)]
pub struct Left {
    /// Items that the place does not take.
    pub refused: u64,
    /// Items whose body is missing, cut or another than the description states.
    pub unsound: u64,
    /// Items that are larger than what is held in memory.
    pub too_large: u64,
    /// Items for which the place did not answer before the end.
    pub unanswered: u64,
    /// Items whose body could not be put together with its description.
    pub apart: u64,
    /// Items in files that did not become whole before the end, so that nothing of them is there.
    pub unfinished: u64,
    /// The first thousand, without the unfinished.
    pub first: Vec<LeftItem>,
}

/// An item that did not come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftItem {
    /// Whose it is.
    pub account: String,
    /// The folder it lies in.
    pub folder: ItemId,
    /// Its number.
    pub item: ItemId,
    /// Why it did not come back.
    pub why: Why,
}

/// Why an item did not come back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The place does not take it.
    #[error("{0}")]
    Refused(String),
    /// There is a description that states a body, and no body.
    #[error("its body is not in the archive; look for it in an older one")]
    Missing,
    /// The archive ends inside its body.
    #[error("the archive ends inside its body; look for it in an older one")]
    Cut,
    /// The body is not the one whose digest the description states.
    #[error("its body is not the one that the backup took the digest of; look for it in an older archive")]
    Differs,
    /// The description states no digest of the body.
    #[error("the backup states no digest of its body, so nothing proves it; take it from the export by hand")]
    Unstated,
    /// Larger than what is held in memory.
    #[error("its body is larger than 256 MiB; take it from the export by hand")]
    TooLarge,
    /// The restore ended before the place answered, or was looked into.
    #[error("the restore ended before it was seen in its place; run it again")]
    Unanswered,
    /// The body stands elsewhere in the export than the description.
    #[error("its body stands apart from its description; take it from the export by hand")]
    Apart,
    /// Only a part of the body was looked at for the words of a query.
    #[error(
        "only a part of it was looked at (the first 4 MiB, or the head where it may have hundreds of parts), and the words \
         are not there; look at it by --item instead of --query"
    )]
    PartlySeen,
}

impl Restored {
    /// Whether all that was wanted is in the place.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let told =
            self.left.count() == 0 && self.absent.is_empty() && self.undecided == 0 && self.undescribed == 0;
        told && self.stopped.is_none() && !self.interrupted
    }

    /// How it ended, over everything.
    #[must_use]
    pub fn ending(&self) -> Completion {
        let seen = self.selected > 0 || self.undecided > 0 || self.undescribed > 0;
        let kept_from_work = self.stopped.is_some() || !self.reading.troubles.is_empty();
        match () {
            () if self.interrupted => Completion::Interrupted,
            () if kept_from_work => Completion::NotDone,
            // Of a damaged archive nobody knows what it held.
            () if !seen && self.archive_is_whole() => Completion::NotDone,
            () if seen && self.is_complete() && self.archive_is_whole() => Completion::Complete,
            () => Completion::Incomplete,
        }
    }

    /// Takes in what the reading of the archive leaves.
    pub(super) fn conclude(
        &mut self,
        mut reading: Reading,
        contents: Contents<Ended>,
        selection: &Selection,
    ) {
        if self.stopped.is_some() || self.interrupted {
            // The end of the reading was our own doing.
            let interrupted = ArchiveError::Interrupted.to_string();
            reading.troubles.retain(|trouble| trouble.message != interrupted);
        }
        let failures = contents.failures.iter().map(|failure| Trouble::internal("mailbox", failure));
        reading.troubles.extend(failures);
        self.untaken = untaken::told(&contents);
        let mut folders: Vec<Asked> = Vec::new();
        for ended in contents.exports {
            self.undecided += ended.undecided;
            self.partly_seen.extend(ended.partly_seen);
            self.partly_seen.truncate(MOST_NAMED);
            self.undescribed += ended.undescribed;
            self.left.apart += ended.unpaired;
            self.exports.push(ended.export);
            join(&mut folders, ended.folders);
        }
        self.reading = reading;
        let whole = self.archive_is_whole();
        let seen = whole || !self.exports.is_empty();
        let folders = folders.iter().filter(|_| whole).filter_map(Asked::told);
        let message = selection.message_id.as_ref().filter(|_| whole && self.selected + self.undecided == 0);
        let message =
            message.map(|id| format!("no message with the Message-ID {id} among what was asked for"));
        let exports = || self.exports.iter().map(|export| &*export.account);
        let lacks = |account: &&String| !exports().any(|other| other.eq_ignore_ascii_case(account));
        // Of what was not read nobody knows what it holds.
        let accounts = selection.accounts.iter().filter(lacks).filter(|_| seen);
        let accounts = accounts.map(|account| no_account(account, exports()));
        let items = self.not_seen.iter().filter(|_| seen).map(|item| {
            format!("no item {item} among what was asked for; leave --item out to see what there is")
        });
        self.absent = accounts.chain(items).chain(folders).chain(message).take(MOST_ABSENT).collect();
    }

    /// Whether the archive was read to its end and nothing in its layers, nor in those of the exports that were asked for,
    /// is damaged.
    #[must_use]
    pub fn archive_is_whole(&self) -> bool {
        let read = self.reading.whole && self.reading.troubles.is_empty();
        let damaged = self.reading.findings.worst() == Some(Severity::Failure);
        let exports = self.exports.iter().filter(|export| export.wanted);
        read && !damaged && exports.into_iter().all(|export| export.ending.whole)
    }
}

/// Takes in what one more export holds of the folders that were asked for, which are the same in all.
fn join(folders: &mut Vec<Asked>, more: Vec<Asked>) {
    if folders.is_empty() {
        *folders = more;
        return;
    }
    folders.iter_mut().zip(more).for_each(|(folder, more)| folder.join(more));
}

/// Says that an account is not in the archive, and which are.
pub(super) fn no_account<'a>(account: &str, there: impl Iterator<Item = &'a str>) -> String {
    let mut there: Vec<&str> = there.collect();
    there.sort_unstable();
    there.dedup();
    let more = there.len().saturating_sub(MOST_ACCOUNTS);
    there.truncate(MOST_ACCOUNTS);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    match there.is_empty() {
        true => format!("no account {account}: no export of any account was found"),
        false => format!("no account {account}; there are {}{rest}", there.join(", ")),
    }
}

impl Left {
    /// How many items did not come back.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.refused + self.unsound + self.too_large + self.unanswered + self.apart + self.unfinished
    }

    pub(super) fn push(&mut self, item: LeftItem) {
        *match item.why {
            Why::Refused(_) => &mut self.refused,
            Why::Missing | Why::Cut | Why::Differs | Why::Unstated => &mut self.unsound,
            Why::Unanswered => &mut self.unanswered,
            Why::TooLarge => &mut self.too_large,
            Why::Apart | Why::PartlySeen => &mut self.apart,
        } += 1;
        if self.first.len() < MOST_NAMED {
            self.first.push(item);
        }
    }
}

impl Folders {
    /// Counts an item; in `others` as well, if there is no room for its folder.
    pub(super) fn count(&mut self, account: &str, path: &str, bytes: u64, others: &mut Count) {
        let key = (account.to_owned(), path.to_owned());
        if self.each.len() < MOST_FOLDERS || self.each.contains_key(&key) {
            self.each.entry(key).or_default().add(1, bytes);
        } else {
            self.others.add(1, bytes);
            others.add(1, bytes);
        }
    }

    /// Takes out an account of which so much is counted in `others`.
    pub(super) fn forget(&mut self, account: &str, others: Count) {
        self.each.retain(|(other, _), _| other != account);
        self.others.items -= others.items;
        self.others.bytes -= others.bytes;
    }
}

impl Count {
    fn add(&mut self, items: u64, bytes: u64) {
        self.items += items;
        self.bytes += bytes;
    }
}
