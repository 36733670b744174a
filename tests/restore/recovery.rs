//! What is handed to a place: all that is wanted and proven, and nothing else.

use mailproof::demo::zimbra::{Export, Fate, Folder, Item};
use mailproof::mailbox::{ItemId, ItemKind};
use mailproof::report::restored::{Restore, render};
use mailproof::restore::{Restored, Selection, Why};
use mailproof::verify::Cancel;

use super::{Kept, Shelf, archive, restore_into};
use crate::support;

fn mail(id: u32, folder: u32) -> Item {
    let body = format!("Message-ID: <{id}@example.org>\r\nSubject: Offerta\r\n\r\n{id}\r\n");
    Item { date: 1_700_000_000 + i64::from(id), ..Item::message(id, folder, "Offerta", body) }
}

fn export(items: Vec<Item>) -> Export {
    let mut export = Export { items, ..Export::default() };
    export.folders.push(Folder::new(900, 2, "Sub"));
    export
}

/// An export without descriptions of folders, as incremental ones are.
fn increment(items: Vec<Item>) -> Export {
    let mut export = export(items);
    export.options.folders = false;
    export
}

fn restored(shelf: &mut Shelf, exports: &[(&str, &Export)], selection: Selection) -> Restored {
    let work = support::folder();
    let files: Vec<_> = exports.iter().map(|(name, export)| (*name, export.write().unwrap())).collect();
    restore_into(shelf, &archive(work.path(), &files), &Cancel::default(), selection)
}

fn ids(shelf: &Shelf) -> Vec<u32> {
    shelf.put.iter().map(|kept| kept.id).collect()
}

#[test]
fn everything_comes_back_byte_for_byte_with_its_folder() {
    let contact = Item::new(303, 7, ItemKind::Contact, "Anna");
    let export = export(vec![mail(300, 2), mail(301, 900), mail(302, 5), contact]);
    let mut shelf = Shelf::default();
    let result = restored(&mut shelf, &[("full/anna@example.org.tgz", &export)], Selection::default());
    let kept = |item: &Item, folder: &str| Kept {
        account: "anna@example.org".to_owned(),
        id: item.id,
        folder: Some(folder.to_owned()),
        body: item.body.clone().unwrap_or_default(),
    };
    let items = &export.items;
    let expected = [
        kept(&items[0], "/Inbox"),
        kept(&items[1], "/Inbox/Sub"),
        kept(&items[2], "/Sent"),
        kept(&items[3], "/Contacts"),
    ];
    assert_eq!(shelf.put, expected);
    assert!(shelf.folders.iter().any(|path| path == "/Inbox/Sub") && shelf.finished);
    assert_eq!((result.selected, result.restored, result.left.count()), (4, 4, 0));
    assert_eq!(result.newest, Some(1_700_000_302));
    assert!(result.is_complete() && result.archive_is_whole(), "{:?}", result.reading.findings);
    assert!(result.to_first <= result.to_last && result.to_last <= Some(result.elapsed));
}

#[test]
fn only_what_is_asked_for_comes_back() {
    let anna = export(vec![mail(300, 2), mail(301, 900), mail(302, 5)]);
    let bruno = export(vec![mail(300, 2), mail(310, 5)]);
    let exports = [("full/anna@example.org.tgz", &anna), ("full/bruno@example.org.tgz", &bruno)];
    let take = |selection: Selection| {
        let mut shelf = Shelf::default();
        let result = restored(&mut shelf, &exports, selection);
        assert!(result.is_complete() == result.absent.is_empty() && result.exports.len() == 2);
        shelf.put.sort_by_key(|kept| (kept.account.clone(), kept.id));
        ids(&shelf)
    };
    let accounts = vec!["anna@example.org".to_owned()];
    let anna = || Selection { accounts: accounts.clone(), ..Selection::default() };
    assert_eq!(take(anna()), [300, 301, 302]);
    assert_eq!(take(Selection { folder: Some("Inbox".into()), ..anna() }), [300, 301]);
    assert_eq!(take(Selection { folder: Some("/Inbox/Sub".into()), ..anna() }), [301]);
    assert_eq!(take(Selection { items: [ItemId(302)].into(), ..anna() }), [302]);
    assert_eq!(take(Selection { since: Some(1_700_000_301), ..anna() }), [301, 302]);
    assert_eq!(take(Selection { message_id: Some("<301@example.org>".into()), ..anna() }), [301]);
    assert_eq!(take(Selection { kinds: vec![ItemKind::Contact], ..anna() }), [0; 0]);
    let digests = [mailproof::demo::zimbra::digest_of(bruno.items[0].body.as_ref().unwrap(), false)].into();
    assert_eq!(take(Selection { digests, ..Selection::default() }), [300, 300]);
    assert_eq!(
        take(Selection { accounts: vec!["nobody@example.org".into()], ..Selection::default() }),
        [0; 0]
    );
}

#[test]
fn what_an_increment_repeats_comes_back_once_and_what_it_changed_twice() {
    let changed = Item { body: Some(b"Subject: x\r\n\r\nchanged".to_vec()), ..mail(301, 2) };
    let (full, later) =
        (export(vec![mail(300, 2), mail(301, 2)]), increment(vec![mail(300, 2), changed, mail(305, 900)]));
    let mut shelf = Shelf::default();
    let exports = [("1/anna@example.org.tgz", &full), ("2/anna@example.org.tgz", &later)];
    let result = restored(&mut shelf, &exports, Selection::default());
    let mut ids = ids(&shelf);
    ids.sort_unstable();
    assert_eq!(ids, [300, 301, 301, 305]);
    assert_eq!((result.selected, result.restored, result.repeated, result.versions), (5, 4, 1, 1));
    let last = shelf.put.iter().find(|kept| kept.id == 305).unwrap();
    assert_eq!(last.folder.as_deref(), Some("/Inbox/Sub"), "its own description says it");
}

#[test]
fn what_is_not_proven_does_not_come_back_and_is_named() {
    let wrong = Item { stored: Some(vec![b'x'; 60]), ..mail(301, 2) };
    let lost = Item { fate: Fate::WithoutBody, ..mail(302, 900) };
    let export = export(vec![mail(300, 2), wrong, lost, mail(303, 2)]);
    let mut shelf = Shelf::default();
    let result = restored(&mut shelf, &[("1/anna@example.org.tgz", &export)], Selection::default());
    assert_eq!(ids(&shelf), [300, 303]);
    let counts = (result.selected, result.restored, result.left.unsound);
    assert_eq!(counts, (4, 2, 2), "{:?}", result.left);
    let left: Vec<_> =
        result.left.first.iter().map(|left| (left.item.0, left.folder.0, left.why.clone())).collect();
    assert_eq!(left.len(), 2);
    assert!(left.contains(&(301, 2, Why::Differs)) && left.contains(&(302, 900, Why::Missing)), "{left:?}");
    assert!(!result.is_complete());
    // Of what has no sound body nobody knows its Message-ID.
    let one = Selection { message_id: Some("300@example.org".into()), ..Selection::default() };
    let result = restored(&mut Shelf::default(), &[("1/anna@example.org.tgz", &export)], one);
    assert_eq!((result.restored, result.undecided, result.is_complete()), (1, 2, false));
}

#[test]
fn damage_ends_nothing_that_is_sound() {
    let work = support::folder();
    let first = export((300..340).map(|id| mail(id, 2)).collect()).write().unwrap();
    let second = export(vec![mail(300, 2)]).write().unwrap();
    let half = first[..first.len() / 2].to_vec();
    let files = [("1/anna@example.org.tgz", half), ("1/bruno@example.org.tgz", second)];
    let path = archive(work.path(), &files);
    let mut shelf = Shelf::default();
    let result = restore_into(&mut shelf, &path, &Cancel::default(), Selection::default());
    assert!(shelf.put.iter().any(|kept| kept.account.starts_with("bruno")));
    let of_anna = shelf.put.iter().filter(|kept| kept.account.starts_with("anna")).count();
    assert!(of_anna > 0 && of_anna < 40, "{of_anna}");
    assert!(!result.archive_is_whole());
}

#[test]
fn a_place_that_is_full_ends_the_restore() {
    let export = export((300..400).map(|id| mail(id, 2)).collect());
    let mut shelf = Shelf { most: Some(7), ..Shelf::default() };
    let result = restored(&mut shelf, &[("1/anna@example.org.tgz", &export)], Selection::default());
    assert_eq!((result.restored, shelf.finished), (7, false));
    assert_eq!(result.stopped.as_ref().unwrap().to_string(), "full; make room");
    assert!(result.reading.troubles.is_empty(), "{:?}", result.reading.troubles);
    assert!(!result.is_complete() && !result.interrupted);
}

#[test]
fn a_run_that_is_ended_hands_over_nothing() {
    let work = support::folder();
    let export = export(vec![mail(300, 2)]).write().unwrap();
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export)]);
    let (cancel, mut shelf) = (Cancel::default(), Shelf::default());
    cancel.cancel();
    let result = restore_into(&mut shelf, &path, &cancel, Selection::default());
    assert!(result.interrupted && shelf.put.is_empty() && !shelf.finished);
}

#[test]
fn an_export_alone_belongs_to_the_account_that_is_asked_for() {
    let work = support::folder();
    let path = work.path().join("some.tgz");
    std::fs::write(&path, export(vec![mail(300, 2)]).write().unwrap()).unwrap();
    let mut shelf = Shelf::default();
    let selection = Selection { accounts: vec!["anna@example.org".into()], ..Selection::default() };
    restore_into(&mut shelf, &path, &Cancel::default(), selection);
    assert_eq!(shelf.put[0].account, "anna@example.org");
}

#[test]
fn a_message_that_was_looked_at_in_part_is_told_and_not_passed_over() {
    let filling = "riga di prova\r\n".repeat(400_000);
    let large = |id: u32, word: &str| {
        let body = format!("Message-ID: <{id}@example.org>\r\nSubject: x\r\n\r\n{word}\r\n{filling}ago\r\n");
        Item { date: 1_700_000_000, ..Item::message(id, 2, "x", body) }
    };
    let export = export(vec![large(300, "ago"), large(301, "altro"), mail(302, 2)]);
    let of = |query: &str| {
        let selection = Selection { query: Some(query.parse().unwrap()), ..Selection::default() };
        let mut shelf = Shelf::default();
        let result = restored(&mut shelf, &[("full/anna@example.org.tgz", &export)], selection);
        (ids(&shelf), result)
    };
    let (found, result) = of("ago");
    assert_eq!((found, result.undecided, result.is_complete()), (vec![300], 1, false));
    let partly: Vec<_> = result.partly_seen.iter().map(|item| (item.item, item.why.clone())).collect();
    assert_eq!(partly, [(ItemId(301), Why::PartlySeen)]);
    let text = render(&Restore::new("a.tar", "x", &Selection::default(), &result));
    assert!(text.contains("of these nobody knows whether they match:"), "{text}");
    assert!(text.contains("1 item: only a part of it was looked at (the first 4 MiB"), "{text}");
    assert!(
        text.contains("anna@example.org: folder 2, item 301") && !text.contains("no sound body"),
        "{text}"
    );
    assert_eq!(of("subject:x").1.undecided, 0);
}
