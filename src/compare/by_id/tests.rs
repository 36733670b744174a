//! The comparison against a mailbox in memory, whose answers are stated one by one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::num::NonZero;

use super::*;
use crate::check::restorable::Number;
use crate::live::zimbra::{Deleted, Folder, Live};
use crate::mailbox::{Flags, ItemKind};

/// What an item's bytes come to.
#[derive(Clone)]
enum Bytes {
    Of(&'static [u8]),
    /// Edited while it was read: this change number comes with it.
    Edited(&'static [u8], u32),
    /// It is deleted when it is read.
    Gone,
    Withheld,
    Broken,
}

/// A live mailbox: each item's place and change numbers, and its bytes.
#[derive(Default)]
struct Memory {
    items: BTreeMap<u32, (Presence, Bytes)>,
    /// Change, number.
    deleted: Vec<(u32, u32)>,
    /// Listed, though the server knows nothing of them when it is asked.
    unknown: Vec<u32>,
    /// The smallest good token, and the last change.
    changes: (u32, u32),
    asked: RefCell<Vec<String>>,
}

impl Memory {
    fn with(mut self, id: u32, folder: u32, changes: (u32, u32), bytes: Bytes) -> Self {
        let live = Live {
            id: ItemId(id),
            folder: ItemId(folder),
            size: 3,
            date: 10,
            mod_metadata: changes.0,
            mod_content: changes.1,
            flags: Flags::default(),
            unread: false,
        };
        self.items.insert(id, (Presence::Message(live), bytes));
        self
    }

    fn remembers(mut self, from: u32, until: u32, deleted: &[(u32, u32)]) -> Self {
        (self.changes, self.deleted) = ((from, until), deleted.to_vec());
        self
    }

    fn count(&self, call: &str) -> usize {
        self.asked.borrow().iter().filter(|asked| asked.starts_with(call)).count()
    }

    fn presence(&self, id: ItemId) -> Presence {
        self.items.get(&id.0).map_or(Presence::Absent, |(presence, _)| *presence)
    }

    fn folder_of(&self, id: u32) -> Option<ItemId> {
        match self.items[&id].0 {
            Presence::Message(live) => Some(live.folder),
            _ => None,
        }
    }
}

impl Numbered for Memory {
    fn folders(&self) -> Result<Vec<Folder>, LiveError> {
        let folder = |(id, parent): (u32, u32)| Folder {
            id: ItemId(id),
            parent: ItemId(parent),
            path: format!("/{id}"),
            kind: ItemKind::Folder,
            items: 0,
            unread: 0,
            bytes: 0,
        };
        Ok([(1, 1), (2, 1), (3, 1), (270, 3), (4, 1), (5, 1)].map(folder).to_vec())
    }

    fn list(&self, folder: ItemId, each: &mut dyn FnMut(ItemId)) -> Result<(), LiveError> {
        let inside = self.items.iter().filter(|(id, _)| self.folder_of(**id) == Some(folder));
        let stays = inside.filter(|(_, (_, bytes))| !matches!(bytes, Bytes::Gone));
        stays.for_each(|(id, _)| each(ItemId(*id)));
        if folder == ItemId(5) {
            self.unknown.iter().for_each(|id| each(ItemId(*id)));
        }
        Ok(())
    }

    fn messages(&self, ids: &[ItemId], each: &mut dyn FnMut(ItemId, Presence)) -> Result<(), LiveError> {
        self.asked.borrow_mut().push(format!("messages {}", ids.len()));
        ids.iter().for_each(|id| each(*id, self.presence(*id)));
        Ok(())
    }

    fn body(&self, id: ItemId, each: &mut dyn FnMut(BodyPart<'_>)) -> Result<Delivery, LiveError> {
        self.asked.borrow_mut().push(format!("body {id}"));
        let (bytes, mod_content) = match self.items[&id.0].1.clone() {
            Bytes::Of(bytes) => (bytes, None),
            Bytes::Edited(bytes, change) => (bytes, Some(change)),
            Bytes::Gone => return Ok(Delivery::Gone),
            Bytes::Withheld => return Ok(Delivery::Withheld),
            Bytes::Broken => {
                each(BodyPart::Begin(3));
                each(BodyPart::Bytes(b"on"));
                return Err(Fault::unavailable("it ended").of("https://h", "item"));
            }
        };
        // The first try breaks.
        each(BodyPart::Begin(3));
        each(BodyPart::Bytes(b"xx"));
        each(BodyPart::Begin(3));
        bytes.chunks(2).for_each(|piece| each(BodyPart::Bytes(piece)));
        each(BodyPart::End);
        Ok(Delivery::Whole { mod_content })
    }

    fn deleted(&self, since: NonZero<u32>, _: SyncMark) -> Result<Deleted, LiveError> {
        self.asked.borrow_mut().push(format!("deleted {since}"));
        let (from, until) = self.changes;
        if since.get() < from && since.get() < until {
            return Ok(Deleted::Forgotten);
        }
        let all = self.deleted.iter().filter(|(change, _)| *change > since.get());
        Ok(Deleted::Known { messages: Vec::new(), all: all.map(|(_, id)| ItemId(*id)).collect(), until })
    }
}

/// A message of three bytes in the backup, in folder 2, as change 5,000 left it.
fn item(id: u32, body: &[u8]) -> Item {
    let mut hasher = if id.is_multiple_of(2) { Hasher::sha256() } else { Hasher::sha1() };
    hasher.update(body);
    Item {
        id: ItemId(id),
        folder: ItemId(2),
        kind: ItemKind::Message,
        size: 3,
        digest: Some(hasher.finish()),
        date: 10,
        changed: 10,
        mod_metadata: 5_000,
        mod_content: 5_000,
        imap_id: id,
        flags: Flags::default(),
        unread: false,
        sound: true,
    }
}

const SAME: (u32, u32) = (5_000, 5_000);

fn compared(live: &Memory, messages: &[Item], wanted: u64, mark: bool) -> Result<Comparison, LiveError> {
    compared_with(live, messages, wanted, mark, 3)
}

fn compared_with(
    live: &Memory,
    messages: &[Item],
    wanted: u64,
    mark: bool,
    most_unknown: usize,
) -> Result<Comparison, LiveError> {
    let account = Account { name: "anna@example.org", messages, taken: 1_000 };
    let mark = mark.then(SyncMark::accepted);
    by_id(live, account, Sample { drawn: messages, wanted }, mark, most_unknown)
}

fn words(comparison: &Comparison) -> Vec<&'static str> {
    comparison.messages.iter().map(|(_, difference)| difference.as_str()).collect()
}

#[test]
fn bytes_are_compared_where_no_edit_explains_a_difference() {
    let mut stateless = item(306, b"one");
    stateless.digest = None;
    let messages: Vec<Item> = (300..306).map(|id| item(id, b"one")).chain([stateless]).collect();
    let live = Memory::default()
        .with(300, 2, SAME, Bytes::Of(b"one"))
        .with(301, 5, (6_000, 5_000), Bytes::Of(b"one"))
        .with(302, 2, SAME, Bytes::Of(b"onE"))
        .with(303, 2, (6_001, 6_001), Bytes::Of(b"two"))
        .with(304, 2, SAME, Bytes::Edited(b"two", 6_002))
        .with(305, 2, (5_000, 4_999), Bytes::Of(b"one"))
        .with(306, 2, SAME, Bytes::Of(b"one"));
    let comparison = compared(&live, &messages, 7, false).unwrap();
    let expected = ["same", "same", "differs", "changed-since", "changed-since", "set-back", "unverifiable"];
    assert_eq!(words(&comparison), expected);
    assert_eq!((comparison.moved, comparison.checked(), comparison.doubtful()), (1, 3, 2));
    let read = ["body 300", "body 301", "body 302", "body 304"].map(|asked| live.count(asked));
    assert_eq!((read, live.count("body")), ([1; 4], 4), "what need not be equal is not read");
}

#[test]
fn a_move_of_a_message_that_differs_is_not_counted() {
    let live = Memory::default().with(300, 5, (6_000, 5_000), Bytes::Of(b"two"));
    assert_eq!(compared(&live, &[item(300, b"one")], 1, false).unwrap().moved, 0);
}

#[test]
fn without_a_mark_nobody_is_asked_for_deletions() {
    let messages = [item(300, b"one"), item(301, b"one")];
    let live = Memory::default().remembers(1, 7_000, &[(6_000, 300)]).with(301, 2, SAME, Bytes::Gone);
    let comparison = compared(&live, &messages, 2, false).unwrap();
    assert_eq!(words(&comparison), ["missing-live", "missing-live"]);
    assert_eq!(live.count("deleted"), 0);
}

#[test]
fn the_deleted_are_told_from_the_lost() {
    let messages = [item(300, b"one"), item(301, b"one"), item(302, b"one")];
    let here = |live: Memory| live.with(302, 2, SAME, Bytes::Of(b"one"));
    let told = |live: &Memory| words(&compared(live, &messages, 3, true).unwrap());
    // Change 4,500: while the export ran.
    let whole = here(Memory::default().remembers(4_000, 7_000, &[(4_500, 300)]));
    assert_eq!(told(&whole), ["deleted-since", "lost", "same"]);
    let late = here(Memory::default().remembers(4_001, 7_000, &[(4_500, 300), (6_000, 301)]));
    assert_eq!(told(&late), ["missing-live", "deleted-since", "same"], "what is not remembered is not lost");
    assert_eq!((late.count("deleted 4000"), late.count("deleted 5000")), (1, 1));
    let forgotten = here(Memory::default().remembers(6_500, 7_000, &[]));
    assert_eq!(told(&forgotten), ["missing-live", "missing-live", "same"]);
    let behind = here(Memory::default().remembers(1, 4_999, &[]));
    assert_eq!(told(&behind), ["set-back", "set-back", "same"]);
}

#[test]
fn what_is_listed_and_not_known_is_withheld_and_not_gone() {
    let messages = [item(300, b"one"), item(301, b"one"), item(302, b"one"), item(303, b"one")];
    let mut live = Memory::default().remembers(1, 7_000, &[(6_000, 300), (6_000, 301)]);
    live = live.with(302, 2, SAME, Bytes::Of(b"one")).with(303, 2, (6_000, 4_000), Bytes::Of(b"one"));
    live.unknown = vec![301, 303];
    for mark in [false, true] {
        let comparison = compared(&live, &messages, 4, mark).unwrap();
        let gone = if mark { "deleted-since" } else { "missing-live" };
        assert_eq!(words(&comparison), [gone, "withheld", "same", "set-back"]);
        assert_eq!((comparison.checked(), comparison.doubtful()), (1, 2));
    }
}

#[test]
fn who_needs_no_answer_leaves_no_mark() {
    let live = Memory::default().remembers(1, 7_000, &[]).with(300, 2, SAME, Bytes::Of(b"one"));
    assert_eq!(words(&compared(&live, &[item(300, b"one")], 1, true).unwrap()), ["same"]);
    assert_eq!(live.count("deleted"), 0);
}

#[test]
fn who_is_gone_or_changed_is_replaced_by_the_next_drawn() {
    let messages: Vec<Item> = (300..310).map(|id| item(id, b"one")).collect();
    let mut live = Memory::default().with(300, 2, (6_000, 6_000), Bytes::Of(b"two"));
    for id in 303..310 {
        live = live.with(id, 2, SAME, Bytes::Of(b"one"));
    }
    let comparison = compared(&live, &messages, 4, false).unwrap();
    assert_eq!((comparison.count("same"), comparison.messages.len()), (4, 7), "{comparison:?}");
}

#[test]
fn what_is_not_handed_out_is_no_match() {
    let messages = [item(300, b"one"), item(301, b"one"), item(302, b"one")];
    let live = Memory::default().with(300, 2, SAME, Bytes::Withheld).with(301, 2, SAME, Bytes::Broken);
    let mut live = live.with(302, 2, SAME, Bytes::Of(b"one"));
    live.items.get_mut(&302).unwrap().0 = Presence::Other;
    let comparison = compared(&live, &messages, 3, false).unwrap();
    assert_eq!(words(&comparison), ["withheld", "withheld", "set-back"]);
    assert_eq!((comparison.checked(), comparison.doubtful()), (0, 3));
}

#[test]
fn a_server_that_hands_nothing_out_ends_the_comparison() {
    let messages: Vec<Item> = (300..310).map(|id| item(id, b"one")).collect();
    let mut live = Memory::default();
    for id in 300..310 {
        live = live.with(id, 2, SAME, Bytes::Broken);
    }
    let error = compared(&live, &messages, 10, false).unwrap_err();
    assert!(matches!(error.fault, Fault::Unavailable { .. }), "{error}");
    assert_eq!(live.count("body") as u64, MOST_BROKEN + 1);
}

#[test]
fn live_messages_that_were_there_are_missing_in_the_backup() {
    let messages = [item(300, b"one"), item(400, b"one")];
    let mut live = Memory::default()
        .with(300, 2, SAME, Bytes::Of(b"one"))
        .with(400, 2, SAME, Bytes::Of(b"one"))
        .with(309, 2, (4_000, 4_000), Bytes::Of(b"marked as deleted"))
        .with(310, 5, (4_000, 4_000), Bytes::Of(b"old"))
        .with(311, 2, (6_000, 4_000), Bytes::Of(b"out of Trash since"))
        .with(312, 270, (4_000, 4_000), Bytes::Of(b"below Trash"))
        .with(313, 4, (4_000, 4_000), Bytes::Of(b"Junk"))
        .with(314, 2, (4_000, 4_000), Bytes::Of(b"dated later"))
        .with(401, 2, (4_000, 4_000), Bytes::Of(b"later"));
    if let Presence::Message(late) = &mut live.items.get_mut(&314).unwrap().0 {
        late.date = 1_001;
    }
    if let Presence::Message(marked) = &mut live.items.get_mut(&309).unwrap().0 {
        marked.flags = Flags(Flags::DELETED);
    }
    let comparison = compared_with(&live, &messages, 2, false, 10).unwrap();
    let missing: Vec<Number> = comparison.missing.iter().map(|missing| missing.number).collect();
    assert_eq!(missing, [Number::Item(ItemId(310), ItemId(5))]);
    assert_eq!((comparison.live, comparison.older, comparison.not_looked), (9, 6, 0));
}

#[test]
fn of_many_unknown_messages_only_some_are_asked_after() {
    let messages = [item(300, b"one"), item(400, b"one")];
    let mut live = Memory::default();
    for id in 301..311 {
        live = live.with(id, 2, (4_000, 4_000), Bytes::Of(b"old"));
    }
    let comparison = compared(&live, &messages, 0, false).unwrap();
    assert_eq!((comparison.missing.len(), comparison.not_looked, comparison.older), (3, 7, 10));
    assert_eq!(live.count("messages 3"), 1);
}
