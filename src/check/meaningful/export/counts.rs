//! Whether all items came that the folders state (modes 3, 5, 11): a valid export can be silently incomplete.
//!
//! A folder states its items and bytes as they were when the export began. Items with `\Deleted` are not exported;
//! Trash and Junk with their subfolders only where the exporting account's preferences say so (`ZimbraQuery.java`).

mod stop;
fn counted(number: u64, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};

use super::order::{Group, Order};
use super::{Meaning, folder_number, folder_place, item_number};
use crate::mailbox::{Flags, Folder, Item, ItemId, ItemKind, Mailbox};
use crate::verdict::{Coverage, Finding, Unit, kinds};
use stop::Sequence;

/// Appointments and tasks may be private, and those are not exported for everybody.
const CALENDARS: [ItemId; 2] = [ItemId(10), ItemId(15)];
const BRIEFCASE: ItemId = ItemId(16);
/// So many times the shift of one folder may be missing from a whole mailbox.
const MOST_SHIFTS: u64 = 4;
/// Zimbra's own folders have smaller numbers (`Mailbox.FIRST_USER_ID`).
const FIRST_OF_USERS: u32 = 256;
/// Folders that every mailbox has: Inbox, Trash, Junk, Sent, Drafts.
const EVERYWHERE: [ItemId; 5] = [ItemId(2), ItemId::TRASH, ItemId::JUNK, ItemId(5), ItemId(6)];
/// Their numbers of items are no numbers of exported items.
const UNJUDGED: [ItemId; 3] = [ItemId::ROOT, ItemId::TAGS, ItemId::CONVERSATIONS];

/// What came of a folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// Items, each number once.
    pub(super) items: u64,
    /// Their stated bytes.
    pub(super) bytes: u64,
    /// Those of older revisions, which folders count until the server forgets a revision.
    older: u64,
    /// Items that are what is stated of them.
    sound: u64,
    /// Items that carry `\Deleted`, the newer ones aside.
    deleted: u64,
    /// Items that are newer than the folder's description.
    newer: u64,
    /// Their stated bytes.
    newer_bytes: u64,
    /// Documents.
    files: u64,
}

/// What the folders state against what came.
#[derive(Debug)]
pub(super) struct Counts<'a> {
    /// Folders of which a number of items can be expected, each once, in the order of the export.
    folders: Vec<&'a Folder>,
    seen: HashMap<ItemId, Seen>,
    /// Folders that this export leaves out as a whole.
    excluded: HashSet<ItemId>,
    last: Option<&'a Item>,
    sequence: Sequence,
}

/// What may be missing from each folder, which takes a look at all of them.
#[derive(Debug, Clone, Copy)]
struct Allowance<'a> {
    tolerated: u64,
    /// Behind which item the export was given up.
    stop: Option<&'a Item>,
}

impl<'a> Counts<'a> {
    pub(super) fn of(mailbox: &'a Mailbox, order: &Order<'_>) -> Self {
        let mut known = HashSet::new();
        let folders = mailbox.folders.iter().filter(|folder| {
            folder.kind == ItemKind::Folder && !UNJUDGED.contains(&folder.id) && known.insert(folder.id)
        });
        let folders: Vec<&Folder> = folders.collect();
        let next = next_uids(&folders);
        let mut seen: HashMap<ItemId, Seen> = HashMap::new();
        for group in order.groups() {
            add(&mut seen, &next, group);
        }
        let excluded = excluded(&folders, &seen);
        let content = || mailbox.items.iter().filter(|item| item.kind.is_content());
        let sequence = Sequence::of(content(), seen.len());
        Self { folders, seen, excluded, last: content().next_back(), sequence }
    }

    /// What came of a folder.
    pub(super) fn seen(&self, folder: ItemId) -> Seen {
        self.seen.get(&folder).copied().unwrap_or_default()
    }

    /// How much came of what is stated, in words.
    pub(super) fn came(&self) -> String {
        let seen = self.seen_in_all();
        match self.folders.is_empty() {
            true => format!("{seen} items came of an unknown number"),
            false => format!("{seen} of {} stated items came", self.due_in_all()),
        }
    }

    fn seen_in_all(&self) -> u64 {
        self.seen.values().map(|seen| seen.items).sum()
    }

    fn due_in_all(&self) -> u64 {
        self.judged().fold(0, |sum, folder| sum.saturating_add(due(folder)))
    }

    /// The folders that must have come.
    fn judged(&self) -> impl Iterator<Item = &'a Folder> {
        self.folders.iter().copied().filter(|folder| !self.excluded.contains(&folder.id))
    }

    fn missing(&self, folder: &Folder) -> u64 {
        if self.lacks_empty_files(folder) { 0 } else { self.lacking(folder) }
    }

    /// Items with `\Deleted` that came nevertheless don't stand for others, nor do those that are newer.
    fn lacking(&self, folder: &Folder) -> u64 {
        let seen = self.seen(folder.id);
        due(folder).saturating_sub(seen.items - seen.newer - seen.deleted.min(folder.deleted))
    }

    /// Holds if a folder of documents lacks some and no byte. Zimbra leaves out those that have none
    /// (`ArchiveFormatter.java`), and counts them.
    fn lacks_empty_files(&self, folder: &Folder) -> bool {
        let seen = self.seen(folder.id);
        let files = seen.files == seen.items && (seen.items > 0 || folder.id == BRIEFCASE);
        let bytes = folder.bytes == Some(seen.bytes - seen.newer_bytes) && folder.deleted == 0;
        files && bytes && self.lacking(folder) > 0
    }

    fn missing_in_all(&self) -> u64 {
        self.judged().fold(0, |sum, folder| sum.saturating_add(self.missing(folder)))
    }

    /// Compares, where the export was read to its end; otherwise its end has said why items are missing.
    /// `undecodable` are folders of which nobody knows how many of their items carry `\Deleted`.
    pub(super) fn finish(
        &self,
        mailbox: &Mailbox,
        shift: u64,
        undecodable: &HashSet<ItemId>,
        meaning: &mut Meaning,
    ) {
        let stop = self.stop(shift);
        let tolerated = if stop.is_none() { self.tolerated(shift) } else { 0 };
        if mailbox.ending.whole {
            let allowance = Allowance { tolerated, stop };
            self.judge_folders(&mailbox.account, allowance, undecodable, meaning);
            self.tell_excluded(&mailbox.account, meaning);
        }
        self.tell_contradictions(&mailbox.account, meaning);
        self.tell_unknown(mailbox, meaning);
        meaning.coverage = self.coverage(mailbox.ending.whole, tolerated);
    }

    fn judge_folders(
        &self,
        account: &str,
        allowance: Allowance<'_>,
        undecodable: &HashSet<ItemId>,
        meaning: &mut Meaning,
    ) {
        let (open, known): (Vec<_>, Vec<_>) =
            self.judged().partition(|folder| self.missing(folder) > 0 && undecodable.contains(&folder.id));
        for folder in known {
            match self.missing(folder) {
                0 if self.lacks_empty_files(folder) => {
                    meaning.findings.push(self.without_bytes(account, folder))
                }
                0 => self.judge_bytes(account, folder, meaning),
                missing => meaning.findings.push(self.shortfall(account, folder, missing, allowance)),
            }
        }
        if let Some(folder) = open.first() {
            meaning.open.push(format!(
                "{}: {} folders state more items than came, and how many of those are deleted can't be read, folder {} first; \
                 compare with `zmmailbox gaf` on the mail server",
                account,
                open.len(),
                folder.id
            ));
        }
    }

    fn without_bytes(&self, account: &str, folder: &Folder) -> Finding {
        let seen = self.seen(folder.id);
        let observed = format!("{} items, {} bytes: what is missing has none", seen.items, seen.bytes);
        let finding = Finding::new(&kinds::EXPORT_COUNT_SHIFT, folder_place(account, folder.id));
        finding.expected(stated(folder)).observed(observed).remedy(
            "Zimbra does not export files without a byte, and these are missing; only their names are lost with them.",
        )
    }

    fn shortfall(&self, account: &str, folder: &Folder, missing: u64, allowance: Allowance<'_>) -> Finding {
        let shifted = missing <= allowance.tolerated;
        let kind = if shifted { &kinds::EXPORT_COUNT_SHIFT } else { &kinds::EXPORT_ITEMS_MISSING };
        let seen = self.seen(folder.id);
        let mut observed = format!("{} items, {} bytes", seen.items, seen.bytes);
        if seen.newer > 0 {
            observed += &format!(", {} of them newer than what is stated", seen.newer);
        }
        observed += &match (allowance.stop, self.last) {
            _ if shifted => String::new(),
            (Some(last), _) => {
                format!("; as if the export had stopped behind {}", item_number(last))
            }
            (None, Some(last)) => {
                format!("; the last item of the export is {}", item_number(last))
            }
            (None, None) => "; no item came at all".to_owned(),
        };
        let finding =
            Finding::new(kind, folder_place(account, folder.id)).expected(stated(folder)).observed(observed);
        if CALENDARS.contains(&folder.id) && !shifted {
            return finding.remedy(
                "Private appointments and tasks are only exported for their owner and for administrators: export as one of them. If that is so already, \
                 look at the mail server's mailbox.log, run `zmblobchk -m MAILBOX start` there, then export again.",
            );
        }
        finding
    }

    /// How many items may be missing from a folder of an export that did not stop: `shift`, unless so many are missing in
    /// all that nobody deleted them in the meantime: four times as many, or more than came.
    fn tolerated(&self, shift: u64) -> u64 {
        let few = self.missing_in_all() <= shift.saturating_mul(MOST_SHIFTS).min(self.seen_in_all());
        if few { shift } else { 0 }
    }

    /// Bytes say more than numbers where no item is missing and none came in addition.
    fn judge_bytes(&self, account: &str, folder: &Folder, meaning: &mut Meaning) {
        let (seen, Some(bytes)) = (self.seen(folder.id), folder.bytes) else { return };
        let most = if folder.deleted > 0 { u64::MAX } else { seen.bytes.saturating_add(seen.older) };
        let same = (seen.bytes..=most).contains(&bytes);
        if seen.items == due(folder) && !same {
            let finding = Finding::new(&kinds::EXPORT_BYTES_DIFFER, folder_place(account, folder.id));
            let observed = format!("{} items, {} bytes", seen.items, seen.bytes);
            meaning.findings.push(finding.expected(stated(folder)).observed(observed));
        }
    }

    fn tell_excluded(&self, account: &str, meaning: &mut Meaning) {
        let left_out = self.folders.iter().filter(|folder| self.excluded.contains(&folder.id));
        let (folders, items) = left_out.fold((0_u64, 0_u64), |(folders, items), folder| {
            (folders + 1, items.saturating_add(due(folder)))
        });
        if folders > 0 {
            meaning.findings.push(
                Finding::new(&kinds::EXPORT_TRASH_EXCLUDED, account)
                    .expected(format!(
                        "{} in {} of Trash and Junk",
                        counted(items, "item"),
                        counted(folders, "folder")
                    ))
                    .observed("none of them"),
            );
        }
    }

    /// No folder has more items with `\Deleted` than items (`Folder.updateSize`), so nobody knows how many are due.
    fn tell_contradictions(&self, account: &str, meaning: &mut Meaning) {
        let mut folders = self.folders.iter().filter(|folder| {
            let seen = self.seen(folder.id);
            folder.deleted > folder.items && seen.items - seen.newer < folder.items
        });
        if let Some(first) = folders.next() {
            let count = folders.count().saturating_add(1);
            meaning.open.push(format!(
                "{account}: {count} folders state more deleted items than items, folder {} first, so how many should have come can't be told; \
                 let the mail server count anew (`RecalculateMailboxCountsRequest`) and export again",
                first.id
            ));
        }
    }

    fn tell_unknown(&self, mailbox: &Mailbox, meaning: &mut Meaning) {
        if mailbox.items.is_empty() && mailbox.folders.is_empty() {
            return;
        }
        let account = &mailbox.account;
        if self.folders.is_empty() {
            meaning.leave_to_increments(|| format!(
                "{account}: the export describes no folders, as one made with `query=`, `types=`, `start=` or `end=`, so what is missing from it can't be told; \
                 judge the full export it belongs to"
            ));
            return;
        }
        if let Some(why) = self.part(mailbox) {
            meaning.open.push(format!(
                "{account}: the export may hold a part of the mailbox only, as {why}; export from the mailbox's root"
            ));
        }
    }

    /// Why an export may hold a part of the mailbox only.
    fn part(&self, mailbox: &Mailbox) -> Option<String> {
        let real = mailbox.folders.iter().filter(|folder| folder.kind == ItemKind::Folder);
        let described: HashSet<ItemId> = real.map(|folder| folder.id).collect();
        let strays = self.seen.iter().filter(|(id, _)| !described.contains(id));
        let strays: u64 = strays.map(|(_, seen)| seen.items).sum();
        let above = mailbox.folders.iter().map(|folder| folder.parent).filter(|id| *id != ItemId::ROOT);
        let missing = EVERYWHERE.into_iter().chain(above).find(|folder| !described.contains(folder));
        match (strays, described.contains(&ItemId::USER_ROOT), missing) {
            (0, true, None) => None,
            (0, false, _) => Some("it does not describe the mailbox's root folder (number 1)".to_owned()),
            (0, true, Some(folder)) => {
                Some(format!("it does not describe {}, which must be there", folder_number(folder)))
            }
            _ => Some(format!("{strays} items lie in folders it does not describe")),
        }
    }

    /// Items that were proven, of those that are due: stated where that is stated, else described.
    fn coverage(&self, whole: bool, tolerated: u64) -> Coverage {
        let checked = self.seen.values().map(|seen| seen.sound).sum();
        let missing = self.judged().map(|folder| self.missing(folder));
        let lost = missing.filter(|missing| !whole || *missing > tolerated);
        let total = lost.fold(self.seen_in_all(), u64::saturating_add);
        let known = whole || !self.folders.is_empty();
        Coverage { checked, total: known.then_some(total), unit: Unit::Items }
    }
}

/// The next UID of each folder. Whatever comes into a folder lifts it above all numbers of the mailbox
/// (`Folder.updateUIDNEXT`), so an item with that number or a higher one was not there when the folder was described.
/// UIDs themselves prove nothing: an item gets a new one where it is edited, moved, or seen by IMAP for the first time.
fn next_uids(folders: &[&Folder]) -> HashMap<ItemId, u32> {
    let stated =
        folders.iter().filter_map(|folder| Some((folder.id, folder.next_uid.filter(|uid| *uid > 0)?)));
    stated.collect()
}

fn add(seen: &mut HashMap<ItemId, Seen>, next: &HashMap<ItemId, u32>, group: Group<'_>) {
    let Some(current) = group.items().last().filter(|item| item.kind.is_content()) else { return };
    let newer = next.get(&current.folder).is_some_and(|uid| current.id.0 >= *uid);
    let folder = seen.entry(current.folder).or_default();
    folder.items += 1;
    folder.sound += u64::from(group.items().all(|item| item.sound));
    folder.deleted += u64::from(!newer && current.flags.has(Flags::DELETED));
    if newer {
        folder.newer += 1;
        folder.newer_bytes = folder.newer_bytes.saturating_add(current.size);
    }
    folder.files += u64::from(current.kind == ItemKind::Document);
    folder.bytes = folder.bytes.saturating_add(current.size);
    if group.is_revised() {
        let all = group.items().fold(0, |sum: u64, item| sum.saturating_add(item.size));
        folder.older = folder.older.saturating_add(all - current.size);
    }
}

/// Trash and Junk with what lies in them, each where it states items and nothing of it came.
fn excluded(folders: &[&Folder], seen: &HashMap<ItemId, Seen>) -> HashSet<ItemId> {
    let left_out = |top| {
        let ids = with_subfolders(top, folders);
        let came = ids.iter().any(|id| seen.contains_key(id));
        let stated: HashSet<ItemId> = folders
            .iter()
            .filter(|folder| ids.contains(&folder.id) && is_removable(folder.id) && due(folder) > 0)
            .map(|folder| folder.id)
            .collect();
        if came { HashSet::new() } else { stated }
    };
    &left_out(ItemId::TRASH) | &left_out(ItemId::JUNK)
}

/// Zimbra's own folders can't be moved into Trash or Junk.
fn is_removable(folder: ItemId) -> bool {
    folder.0 >= FIRST_OF_USERS || [ItemId::TRASH, ItemId::JUNK].contains(&folder)
}

/// A folder and all that lie in it, at any depth.
fn with_subfolders(top: ItemId, folders: &[&Folder]) -> HashSet<ItemId> {
    let mut inside: HashMap<ItemId, Vec<ItemId>> = HashMap::new();
    for folder in folders {
        inside.entry(folder.parent).or_default().push(folder.id);
    }
    let (mut all, mut next) = (HashSet::from([top]), vec![top]);
    while let Some(parent) = next.pop() {
        let children = inside.remove(&parent).unwrap_or_default();
        next.extend(children.into_iter().filter(|child| all.insert(*child)));
    }
    all
}

/// Items of a folder that an export must hold.
fn due(folder: &Folder) -> u64 {
    folder.items.saturating_sub(folder.deleted)
}

fn stated(folder: &Folder) -> String {
    let bytes = folder.bytes.map_or_else(String::new, |bytes| match folder.deleted {
        0 => format!(", {bytes} bytes"),
        _ => format!(", at most {bytes} bytes"),
    });
    format!("{} items{bytes}", due(folder))
}
