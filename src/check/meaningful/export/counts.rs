//! Whether all items came that the folders state (modes 3, 5, 11): a valid export can be silently incomplete.
//!
//! A folder states its items and bytes as they were when the export began. Items with `\Deleted` are not exported;
//! Trash and Junk with their subfolders only where the exporting account's preferences say so (`ZimbraQuery.java`).

use std::collections::{HashMap, HashSet};

use super::order::{Group, Order};
use super::{Meaning, folder_place};
use crate::mailbox::{Folder, Item, ItemId, ItemKind, Mailbox};
use crate::verdict::{Coverage, Finding, Unit, kinds};

/// Appointments and tasks may be private, and those are not exported for everybody.
const CALENDARS: [ItemId; 2] = [ItemId(10), ItemId(15)];
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
    /// The items of each folder come together.
    orderly: bool,
}

impl<'a> Counts<'a> {
    pub(super) fn of(mailbox: &'a Mailbox, order: &Order<'_>) -> Self {
        let mut known = HashSet::new();
        let folders = mailbox.folders.iter().filter(|folder| {
            folder.kind == ItemKind::Folder && !UNJUDGED.contains(&folder.id) && known.insert(folder.id)
        });
        let folders: Vec<&Folder> = folders.collect();
        let mut seen: HashMap<ItemId, Seen> = HashMap::new();
        for group in order.groups() {
            add(&mut seen, group);
        }
        let excluded = excluded(&folders, &seen);
        let mut content = mailbox.items.iter().filter(|item| item.kind.is_content());
        let last = content.clone().next_back();
        let mut before = None;
        let runs = content.by_ref().filter(|item| before.replace(item.folder) != Some(item.folder)).count();
        Self { folders, orderly: runs == seen.len(), seen, excluded, last }
    }

    /// What came of a folder.
    pub(super) fn seen(&self, folder: ItemId) -> Seen {
        self.seen.get(&folder).copied().unwrap_or_default()
    }

    /// How much came of what is stated, in words.
    pub(super) fn came(&self) -> String {
        let seen: u64 = self.seen.values().map(|seen| seen.items).sum();
        match self.folders.is_empty() {
            true => format!("{seen} items came of an unknown number"),
            false => format!("{seen} of {} stated items came", self.due_in_all()),
        }
    }

    fn due_in_all(&self) -> u64 {
        self.judged().fold(0, |sum, folder| sum.saturating_add(due(folder)))
    }

    /// The folders that must have come.
    fn judged(&self) -> impl Iterator<Item = &'a Folder> {
        self.folders.iter().copied().filter(|folder| !self.excluded.contains(&folder.id))
    }

    fn missing(&self, folder: &Folder) -> u64 {
        due(folder).saturating_sub(self.seen(folder.id).items)
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
        if mailbox.ending.whole {
            self.judge_folders(&mailbox.account, shift, undecodable, meaning);
            self.tell_excluded(&mailbox.account, meaning);
        }
        self.tell_unknown(mailbox, meaning);
        meaning.coverage = self.coverage(mailbox.ending.whole, shift);
    }

    fn judge_folders(&self, account: &str, shift: u64, undecodable: &HashSet<ItemId>, meaning: &mut Meaning) {
        let stop = self.stop(shift);
        let (open, known): (Vec<_>, Vec<_>) =
            self.judged().partition(|folder| self.missing(folder) > 0 && undecodable.contains(&folder.id));
        for folder in known {
            match self.missing(folder) {
                0 => self.judge_bytes(account, folder, meaning),
                missing => meaning.findings.push(self.shortfall(account, folder, missing, shift, stop)),
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

    fn shortfall(
        &self,
        account: &str,
        folder: &Folder,
        missing: u64,
        shift: u64,
        stop: Option<&Item>,
    ) -> Finding {
        let shifted = missing <= shift && stop.is_none();
        let kind = if shifted { &kinds::EXPORT_COUNT_SHIFT } else { &kinds::EXPORT_ITEMS_MISSING };
        let seen = self.seen(folder.id);
        let mut observed = format!("{} items, {} bytes", seen.items, seen.bytes);
        if let Some(last) = stop {
            observed +=
                &format!("; as if the export had stopped behind folder {}, item {}", last.folder, last.id);
        }
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

    /// Where the export was given up, as far as that shows: of the folders that were begun all but the last are
    /// there, of the others nothing. Only an export that brings one folder after the other shows it.
    fn stop(&self, shift: u64) -> Option<&'a Item> {
        let last = self.last.filter(|_| self.orderly)?;
        let mut begun = self.judged().filter(|folder| self.seen.contains_key(&folder.id));
        let whole_before = begun.all(|folder| folder.id == last.folder || self.missing(folder) <= shift);
        let untouched = self.judged().filter(|folder| !self.seen.contains_key(&folder.id));
        let nothing_behind = untouched.fold(0_u64, |sum, folder| sum.saturating_add(due(folder)));
        let lost = self.judged().fold(0_u64, |sum, folder| sum.saturating_add(self.missing(folder)));
        (whole_before && nothing_behind > 0 && lost > shift).then_some(last)
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
                    .expected(format!("{items} items in {folders} folders of Trash and Junk"))
                    .observed("none of them"),
            );
        }
    }

    fn tell_unknown(&self, mailbox: &Mailbox, meaning: &mut Meaning) {
        if mailbox.items.is_empty() && mailbox.folders.is_empty() {
            return;
        }
        let account = &mailbox.account;
        if self.folders.is_empty() {
            meaning.open.push(format!(
                "{account}: the export describes no folders, as one made with `query=`, `types=`, `start=` or `end=`, so what is missing from it can't be told; \
                 judge the full export it belongs to"
            ));
            return;
        }
        let described: HashSet<ItemId> = mailbox.folders.iter().map(|folder| folder.id).collect();
        let strays: u64 =
            self.seen.iter().filter(|(id, _)| !described.contains(id)).map(|(_, seen)| seen.items).sum();
        if !described.contains(&ItemId::USER_ROOT) || strays > 0 {
            meaning.open.push(format!(
                "{account}: the export covers a part of the mailbox ({strays} items lie in folders it does not describe), so what is missing from the \
                 rest can't be told; export from the mailbox's root"
            ));
        }
    }

    /// Items that were proven, of those that are due: stated where that is stated, else described.
    fn coverage(&self, whole: bool, shift: u64) -> Coverage {
        let checked = self.seen.values().map(|seen| seen.sound).sum();
        let came: u64 = self.seen.values().map(|seen| seen.items).sum();
        let tolerated = if self.stop(shift).is_none() { shift } else { 0 };
        let missing = self.judged().map(|folder| self.missing(folder));
        let lost = missing.filter(|missing| !whole || *missing > tolerated);
        let total = lost.fold(came, u64::saturating_add);
        let known = whole || !self.folders.is_empty();
        Coverage { checked, total: known.then_some(total), unit: Unit::Items }
    }
}

fn add(seen: &mut HashMap<ItemId, Seen>, group: Group<'_>) {
    let Some(current) = group.items().last().filter(|item| item.kind.is_content()) else { return };
    let folder = seen.entry(current.folder).or_default();
    folder.items += 1;
    folder.sound += u64::from(group.items().all(|item| item.sound));
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
            .filter(|folder| ids.contains(&folder.id) && due(folder) > 0)
            .map(|folder| folder.id)
            .collect();
        if came { HashSet::new() } else { stated }
    };
    &left_out(ItemId::TRASH) | &left_out(ItemId::JUNK)
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

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, body, contact, folder, found, message, only};
    use super::*;
    use crate::verdict::Severity;

    /// An export with `items` more in Inbox than came.
    fn lacking(items: u64) -> Export {
        let mut export = Export::full();
        let inbox = export.folder(2);
        inbox.items += items;
        inbox.bytes = Some(inbox.items * 1000);
        export
    }

    fn add_messages(export: &mut Export, folder: u32, ids: std::ops::Range<u32>) {
        for id in ids {
            let item = message(folder, id);
            export.add(item, Some(body(&item)));
        }
    }

    #[test]
    fn all_that_is_stated_came() {
        let (summary, meaning) = Export::full().examined();
        assert_eq!((found(&meaning), meaning.open.len()), (vec![], 0));
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(5)));
        let inbox = &summary.folders[1];
        assert_eq!((inbox.id, inbox.stated, inbox.seen, inbox.bytes), (ItemId(2), 3, 3, 3000));
        assert_eq!((summary.items, summary.newest), (vec![(ItemKind::Message, 5)], Some(261)));
    }

    #[test]
    fn a_few_less_may_be_deleted_and_more_are_missing() {
        let meaning = lacking(3).examine();
        assert_eq!(only(&meaning, "export-count-shift").severity, Severity::Warning);
        assert_eq!(meaning.coverage.total, Some(5));
        let meaning = lacking(4).examine();
        let finding = only(&meaning, "export-items-missing");
        assert_eq!(finding.subject, "anna@example.org: folder 2");
        assert_eq!(finding.expected, "7 items, 7000 bytes");
        assert_eq!(finding.observed, "3 items, 3000 bytes");
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(9)));
    }

    #[test]
    fn a_locked_mailbox_has_no_shift() {
        let mut export = lacking(1);
        export.shift = 0;
        only(&export.examine(), "export-items-missing");
    }

    #[test]
    fn what_came_during_the_export_is_fine() {
        let mut export = Export::full();
        add_messages(&mut export, 2, 300..310);
        let meaning = export.examine();
        assert_eq!((found(&meaning), meaning.coverage.total), (vec![], Some(15)));
    }

    #[test]
    fn deleted_items_are_not_due_and_their_bytes_are_a_bound() {
        let mut export = lacking(10);
        export.folder(2).deleted = 10;
        assert_eq!(found(&export.examine()), [""; 0]);
        export.folder(2).bytes = Some(2999);
        assert_eq!(found(&export.examine()), ["export-bytes-differ"]);
    }

    #[test]
    fn equal_numbers_of_other_bytes_are_told() {
        let mut export = Export::full();
        export.folder(5).bytes = Some(1999);
        assert_eq!(only(&export.examine(), "export-bytes-differ").subject, "anna@example.org: folder 5");
        export.folder(5).bytes = None;
        assert_eq!(found(&export.examine()), [""; 0]);
    }

    #[test]
    fn an_export_that_stops_is_told_from_blobs_that_are_missing() {
        // Inbox is whole, Sent is not, and of the others nothing came.
        let mut export = Export::full();
        export.folder(5).items = 4;
        export.folders.extend([folder(300, 1, "/Verona", 2), folder(301, 1, "/Work", 4)]);
        let meaning = export.examine();
        assert_eq!(found(&meaning), ["export-items-missing"; 3]);
        for finding in meaning.findings.iter() {
            let told = "; as if the export had stopped behind folder 5, item 261";
            assert!(finding.observed.ends_with(told), "{}", finding.observed);
        }
        // Items of a folder that was left come again: the search goes by another order, so blobs are missing.
        add_messages(&mut export, 2, 400..401);
        let meaning = export.examine();
        assert_eq!(found(&meaning), ["export-count-shift", "export-count-shift", "export-items-missing"]);
        assert!(meaning.findings.iter().all(|finding| !finding.observed.contains("stopped")));
    }

    #[test]
    fn a_folder_that_lacks_items_before_others_came_is_no_stop() {
        let mut export = lacking(5);
        export.folders.push(folder(300, 1, "/Verona", 2));
        let meaning = export.examine();
        assert_eq!(found(&meaning), ["export-items-missing", "export-count-shift"]);
    }

    #[test]
    fn one_deleted_item_in_the_last_folder_is_no_stop() {
        let mut export = Export::full();
        export.folders.push(folder(300, 1, "/Verona", 1));
        only(&export.examine(), "export-count-shift");
    }

    #[test]
    fn trash_and_junk_are_left_out_as_a_whole() {
        let mut export = Export::full();
        export.folder(3).items = 9;
        export.folders.extend([
            folder(4, 1, "/Junk", 50),
            folder(301, 300, "/Trash/a/b", 7),
            folder(300, 3, "/Trash/a", 7),
        ]);
        let meaning = export.examine();
        let finding = only(&meaning, "export-trash-excluded");
        assert_eq!(finding.expected, "73 items in 4 folders of Trash and Junk");
        assert_eq!((finding.severity, meaning.coverage.total), (Severity::Info, Some(5)));
        // Where something of Trash came, all of it is due; Junk is another matter.
        add_messages(&mut export, 300, 400..407);
        assert_eq!(
            found(&export.examine()),
            ["export-items-missing", "export-items-missing", "export-trash-excluded"]
        );
    }

    #[test]
    fn what_is_no_content_is_not_counted() {
        let mut export = Export::full();
        export.folders.extend([
            folder(8, 1, "/Tags", 12),
            folder(9, 1, "/Conversations", 99),
            Folder { kind: ItemKind::SearchFolder, ..folder(400, 1, "/unread", 44) },
            Folder { kind: ItemKind::Mountpoint, ..folder(401, 1, "/Paul's", 44) },
        ]);
        // As Zimbra 7 exports them.
        export.add(Item { kind: ItemKind::Conversation, ..contact(9, 500) }, None);
        export.add(Item { kind: ItemKind::Tag, ..contact(8, 64) }, None);
        let meaning = export.examine();
        assert_eq!((found(&meaning), meaning.coverage.total), (vec![], Some(5)));
    }

    #[test]
    fn an_export_of_a_query_can_t_be_judged_as_a_whole() {
        let mut export = Export::full();
        export.folders.clear();
        let meaning = export.examine();
        assert_eq!((found(&meaning).len(), meaning.open.len()), (0, 1));
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(5)));
        // Of one folder.
        export.folders = vec![folder(2, 1, "/Inbox", 3)];
        let meaning = export.examine();
        assert_eq!((found(&meaning).len(), meaning.open.len()), (0, 1));
        assert!(
            meaning.open[0].contains("2 items lie in folders it does not describe"),
            "{}",
            meaning.open[0]
        );
    }

    #[test]
    fn private_appointments_may_be_why_a_calendar_lacks_items() {
        let mut export = Export::full();
        export.folders.insert(2, folder(10, 1, "/Calendar", 8));
        assert!(only(&export.examine(), "export-items-missing").remedy.starts_with("Private appointments"));
    }

    #[test]
    fn a_folder_with_an_unknown_number_of_deleted_items_is_open() {
        let mut export = lacking(9);
        export.undecodable.insert(2);
        let meaning = export.examine();
        assert_eq!((found(&meaning), meaning.open.len()), (vec!["export-metadata-undecodable"], 1));
    }

    #[test]
    fn a_cut_export_says_how_much_came_and_lists_no_folders() {
        let mut export = lacking(40);
        export.ending.whole = false;
        export.ending.faults.push(Finding::new(&kinds::GZIP_TRUNCATED, "archive"));
        let meaning = export.examine();
        assert!(only(&meaning, "export-truncated").observed.ends_with("5 of 45 stated items came"));
        assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(45)));
    }

    #[test]
    fn impossible_numbers_are_borne() {
        let mut export = Export::full();
        for folder in &mut export.folders {
            (folder.items, folder.bytes) = (u64::MAX, Some(u64::MAX));
            folder.parent = folder.id;
        }
        export.items.iter_mut().for_each(|(item, _)| item.size = u64::MAX);
        assert!(!found(&export.examine()).is_empty());
    }
}
