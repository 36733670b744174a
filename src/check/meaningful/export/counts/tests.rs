//! Folders that state more, less and other than what came.

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
    assert_eq!(finding.subject, "anna@example.org: folder 2 (Inbox)");
    assert_eq!(finding.expected, "7 items, 7000 bytes");
    let last = "the last item of the export is folder 5 (Sent), item 261";
    assert_eq!(finding.observed, format!("3 items, 3000 bytes; {last}"));
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
fn what_came_during_the_export_does_not_stand_for_what_is_lost() {
    let mut export = lacking(40);
    export.folder(2).next_uid = Some(400);
    add_messages(&mut export, 2, 400..440);
    let meaning = export.examine();
    let finding = only(&meaning, "export-items-missing");
    assert!(finding.observed.starts_with("43 items, 43000 bytes, 40 of them newer"), "{}", finding.observed);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (45, Some(85)));
    // Newer ones with `\Deleted` are none of those that were stated either.
    export.items.last_mut().unwrap().0.flags = Flags(Flags::DELETED);
    export.folder(2).deleted = 3;
    assert_eq!(export.examine().coverage.total, Some(82));
    // What was moved, edited or seen by IMAP has a new UID and may have been stated.
    export.folder(2).deleted = 0;
    for (item, _) in &mut export.items[5..] {
        item.id = ItemId(item.id.0 - 100);
    }
    assert_eq!(found(&export.examine()), [""; 0]);
    // Old servers state none, or a nought.
    for stated in [None, Some(0)] {
        export.folder(2).next_uid = stated;
        assert_eq!(found(&export.examine()), [""; 0]);
    }
}

#[test]
fn files_that_came_during_the_export_leave_empty_ones_told_as_such() {
    let mut export = Export::full();
    export.folders.push(folder(16, 1, "/Briefcase", 11));
    let briefcase = export.folder(16);
    (briefcase.bytes, briefcase.next_uid) = (Some(1000), Some(301));
    for id in [300, 301] {
        let document = Item { kind: ItemKind::Document, ..message(16, id) };
        export.add(document, Some(body(&document)));
    }
    only(&export.examine(), "export-count-shift");
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
fn deleted_items_that_came_do_not_stand_for_others() {
    // Of twelve, six with `\Deleted`, these six came and three others.
    let mut export = lacking(9);
    export.folder(2).deleted = 6;
    for id in 300..306 {
        let item = Item { flags: Flags(Flags::DELETED), ..message(2, id) };
        export.add(item, Some(body(&item)));
    }
    assert_eq!(found(&export.examine()), ["export-count-shift"]);
    export.shift = 0;
    assert_eq!(found(&export.examine()), ["export-items-missing"]);
    // Where nobody states how many are deleted, all are due.
    export.folder(2).deleted = 0;
    export.folder(2).items = 9;
    export.folder(2).bytes = Some(9000);
    assert_eq!(found(&export.examine()), [""; 0]);
}

#[test]
fn more_deleted_items_than_items_are_a_contradiction() {
    let mut export = lacking(1000);
    export.folder(2).deleted = 2000;
    let meaning = export.examine();
    assert_eq!((found(&meaning).len(), meaning.open.len()), (0, 1));
    assert!(meaning.open[0].contains("folder 2 first"), "{}", meaning.open[0]);
    // Where as many came as are stated, none is missing whatever is deleted.
    export.folder(2).items = 3;
    assert_eq!(export.examine().open, [""; 0]);
}

#[test]
fn files_without_a_byte_are_not_exported_and_are_told() {
    let mut export = Export::full();
    export.folders.push(folder(16, 1, "/Briefcase", 10));
    export.folder(16).bytes = Some(0);
    let meaning = export.examine();
    assert!(only(&meaning, "export-count-shift").observed.ends_with("what is missing has none"));
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (5, Some(5)));
    let document = Item { kind: ItemKind::Document, ..message(16, 300) };
    export.add(document, Some(body(&document)));
    assert_eq!(found(&export.examine()), ["export-items-missing"]);
    export.folder(16).bytes = Some(1000);
    assert_eq!(found(&export.examine()), ["export-count-shift"]);
    // Contacts have no bytes either, and are exported.
    export.folders.push(folder(300, 1, "/People", 10));
    export.folder(300).bytes = Some(0);
    export.add(contact(300, 301), None);
    assert!(found(&export.examine()).contains(&"export-items-missing"));
}

#[test]
fn equal_numbers_of_other_bytes_are_told() {
    let mut export = Export::full();
    export.folder(5).bytes = Some(1999);
    assert_eq!(only(&export.examine(), "export-bytes-differ").subject, "anna@example.org: folder 5 (Sent)");
    export.folder(5).bytes = None;
    assert_eq!(found(&export.examine()), [""; 0]);
}

#[test]
fn an_export_that_stops_is_told_from_blobs_that_are_missing() {
    // Inbox is whole, Sent is not, and of the others nothing came.
    let mut export = Export::full();
    export.folder(5).items = 3;
    export.folders.extend([folder(300, 1, "/Verona", 1), folder(301, 1, "/Work", 4)]);
    let meaning = export.examine();
    assert_eq!(found(&meaning), ["export-items-missing"; 3]);
    for finding in meaning.findings.iter() {
        let told = "; as if the export had stopped behind folder 5 (Sent), item 261";
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
    let mut export = lacking(4);
    export.folders.push(folder(300, 1, "/Verona", 1));
    let meaning = export.examine();
    assert_eq!(found(&meaning), ["export-items-missing", "export-count-shift"]);
}

#[test]
fn an_export_in_the_order_of_numbers_stops_before_the_newest_of_all_folders_that_lack_items() {
    // Inbox and Sent by turns, as they were received and sent.
    let mut export = Export::full();
    add_messages(&mut export, 2, 262..268);
    add_messages(&mut export, 5, 268..269);
    for (id, items, next_uid) in [(2, 12, 290), (5, 5, 289)] {
        let folder = export.folder(id);
        (folder.items, folder.next_uid) = (items, Some(next_uid));
    }
    let stopped = |export: &Export| {
        let meaning = export.examine();
        let told = |finding: &Finding| finding.observed.contains("stopped behind folder 5 (Sent), item 268");
        (found(&meaning), meaning.findings.iter().all(told))
    };
    assert_eq!(stopped(&export), (vec!["export-items-missing"; 2], true));
    // Sent has nothing newer than what came: a blob is missing there.
    export.folder(5).next_uid = Some(269);
    assert_eq!(stopped(&export), (vec!["export-count-shift"; 2], false));
    export.folder(5).next_uid = None;
    assert!(!stopped(&export).1);
    // In another order nothing follows from numbers.
    export.folder(5).next_uid = Some(289);
    export.items.swap(0, 1);
    assert!(!stopped(&export).1);
}

#[test]
fn of_a_small_mailbox_not_more_is_tolerated_than_came() {
    let mut export = Export::full();
    export.items.truncate(3);
    assert_eq!(found(&export.examine()), ["export-count-shift"]);
    export.items.truncate(2);
    let meaning = export.examine();
    assert_eq!(found(&meaning), ["export-items-missing"; 2]);
    assert_eq!((meaning.coverage.checked, meaning.coverage.total), (2, Some(5)));
    export.items.clear();
    let meaning = export.examine();
    assert_eq!(found(&meaning), ["export-items-missing"; 2]);
    assert!(meaning.findings.iter().all(|finding| finding.observed.ends_with("no item came at all")));
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
    export.folder(4).items = 50;
    export.folders.extend([folder(301, 300, "/Trash/a/b", 7), folder(300, 3, "/Trash/a", 7)]);
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
    assert!(meaning.open[0].contains("2 items lie in folders it does not describe"), "{}", meaning.open[0]);
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
fn behind_a_cut_few_missing_items_are_missing_all_the_same() {
    let mut export = lacking(2);
    export.ending.whole = false;
    export.ending.faults.push(Finding::new(&kinds::GZIP_TRUNCATED, "archive"));
    assert_eq!(export.examine().coverage.total, Some(7));
}

#[test]
fn a_folder_that_is_described_twice_is_due_once() {
    let mut export = lacking(9);
    let inbox = export.folder(2).clone();
    export.folders.push(inbox);
    let meaning = export.examine();
    assert_eq!(found(&meaning), ["export-item-duplicate", "export-items-missing"]);
    assert_eq!(meaning.coverage.total, Some(14));
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
