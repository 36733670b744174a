//! The comparison against a mailbox in memory, in which each message is what a test says.

use std::sync::Arc;

use super::*;
use crate::live::{BodyPart, Flags as LiveFlags, FolderState, Listed, Place};
use crate::mailbox::{Flags, Hasher, ItemId, ItemKind};

/// Folder, date, and what is handed out.
pub(super) type Messages = Vec<(&'static str, i64, Body)>;

/// What a message's folder lists, and what is handed out of it.
#[derive(Clone)]
pub(super) enum Body {
    Whole(Vec<u8>),
    /// Listed with this size.
    Other(u64, Vec<u8>),
    /// Listed with this size, also when asked again.
    Withheld(u64),
    /// It vanishes while it is read.
    Gone,
}

impl Body {
    fn size(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Other(size, _) | Self::Withheld(size) => *size,
            Self::Gone => 5,
        }
    }
}

/// A mailbox in memory, and how many bodies were read of it.
struct Memory(Messages, usize);

impl Folders for Memory {
    fn folders(&mut self) -> Result<Vec<Folder>, LiveError> {
        let mut names: Vec<&str> = self.0.iter().map(|(folder, ..)| *folder).collect();
        names.dedup();
        Ok(names
            .into_iter()
            .map(|name| {
                let purpose = if name == "All" { Purpose::Everything } else { Purpose::Mail };
                Folder { name: Arc::from(name), separator: Some('/'), purpose, raw: Box::default() }
            })
            .collect())
    }

    fn list(&mut self, folder: &Folder, each: &mut dyn FnMut(Listed)) -> Result<FolderState, LiveError> {
        for (uid, (name, date, body)) in (0..).zip(&self.0) {
            if **name == *folder.name {
                let place = Place { folder: Arc::clone(&folder.name), uid };
                each(Listed { place, size: body.size(), date: Some(*date), flags: LiveFlags::default() });
            }
        }
        Ok(FolderState::default())
    }

    fn bodies(
        &mut self,
        _folder: &Folder,
        uids: &[u32],
        each: &mut dyn FnMut(u32, BodyPart<'_>),
    ) -> Result<(), LiveError> {
        self.1 += uids.len();
        for uid in uids {
            match &self.0[*uid as usize].2 {
                Body::Whole(body) | Body::Other(_, body) => {
                    each(*uid, BodyPart::Begin(body.len() as u64));
                    body.chunks(3).for_each(|piece| each(*uid, BodyPart::Bytes(piece)));
                    each(*uid, BodyPart::End);
                }
                Body::Withheld(_) => each(*uid, BodyPart::Withheld),
                Body::Gone => each(*uid, BodyPart::Gone),
            }
        }
        Ok(())
    }
}

pub(in crate::compare) fn item(id: u32, date: i64, body: &[u8]) -> Item {
    let mut hasher = if id.is_multiple_of(2) { Hasher::sha256() } else { Hasher::sha1() };
    hasher.update(body);
    Item {
        id: ItemId(id),
        folder: ItemId(2),
        kind: ItemKind::Message,
        size: body.len() as u64,
        digest: Some(hasher.finish()),
        date,
        changed: date,
        mod_metadata: 1,
        mod_content: 1,
        imap_id: id,
        flags: Flags::default(),
        unread: false,
        sound: true,
    }
}

/// The comparison, and how many bodies were read for it.
pub(super) fn read(live: Messages, messages: &[Item], wanted: u64) -> (Comparison, usize) {
    let account = Account { name: "anna@example.org", messages, taken: 1_000 };
    let mut memory = Memory(live, 0);
    let comparison = by_content(&mut memory, account, Sample { drawn: messages, wanted }, 100).unwrap();
    (comparison, memory.1)
}

pub(super) fn compared(live: Messages, messages: &[Item], wanted: u64) -> Comparison {
    read(live, messages, wanted).0
}

pub(super) fn mail(text: &str) -> Body {
    Body::Whole(text.as_bytes().to_vec())
}

/// The words for the messages 300, 301 and so on, of which all are wanted.
pub(super) fn words(live: Messages, messages: &[Item]) -> Vec<&'static str> {
    let comparison = compared(live, messages, messages.len() as u64);
    let ids = (300..).take(messages.len());
    ids.map(|id| comparison.of(ItemId(id)).unwrap().as_str()).collect()
}

#[test]
fn what_is_there_in_any_folder_is_the_same() {
    let messages = [item(300, 10, b"one"), item(301, 20, b"two"), item(302, 30, b"three")];
    let live = vec![("INBOX", 20, mail("two")), ("Old", 99, mail("one")), ("Old", 30, mail("three"))];
    let comparison = compared(live, &messages, 3);
    assert_eq!((comparison.count("same"), comparison.checked()), (3, 3));
    assert_eq!((comparison.live, comparison.older), (3, 3));
    assert!(comparison.missing.is_empty());
}

#[test]
fn each_difference_is_told_apart() {
    let messages =
        [item(300, 10, b"one"), item(301, 20, b"two"), item(302, 30, b"three"), item(303, 40, b"gone")];
    let live = vec![
        ("INBOX", 10, mail("one")),
        ("INBOX", 20, mail("twO")),
        ("INBOX", 30, Body::Gone),
        ("INBOX", 500, mail("never seen")),
        ("INBOX", 2_000, mail("came later")),
        ("Trash/Old", 60, mail("thrown away long before")),
    ];
    let comparison = compared(live, &messages, 4);
    let words = [300, 301, 302, 303].map(|id| comparison.of(ItemId(id)).unwrap().as_str());
    assert_eq!(words, ["same", "differs", "missing-live", "missing-live"]);
    assert_eq!((comparison.live, comparison.older, comparison.checked()), (6, 4, 2));
    let missing: Vec<Number> = comparison.missing.iter().map(|missing| missing.number).collect();
    assert_eq!(missing, [Number::Uid(3)], "what differs is not missing as well");
}

#[test]
fn who_is_gone_is_replaced_by_the_next_drawn() {
    let messages: Vec<Item> =
        (0..10).map(|number| item(300 + number, 10, format!("mail {number}").as_bytes())).collect();
    let live = (5..10).map(|number| ("INBOX", 10, mail(&format!("mail {number}")))).collect();
    let comparison = compared(live, &messages, 3);
    assert_eq!(comparison.count("same"), 3);
    assert!(comparison.messages.len() >= 8, "{comparison:?}");
}

#[test]
fn a_surplus_of_twins_hides_no_loss() {
    let messages = [item(300, 10, b"same"), item(302, 10, b"same"), item(304, 10, b"lost")];
    let live = vec![("INBOX", 10, mail("same")), ("INBOX", 10, mail("same")), ("INBOX", 10, mail("same"))];
    let comparison = compared(live, &messages, 3);
    assert_eq!(comparison.of(ItemId(304)).unwrap().as_str(), "missing-live");
    assert_eq!(comparison.count("same"), 2);
}

/// The one that stayed does not stand for its twins as well.
#[test]
fn each_live_message_stands_for_one_of_the_backup() {
    let messages = [10, 20, 30, 40].map(|date: u32| item(290 + date * 2, i64::from(date), b"same"));
    let found = |live: Messages| {
        let comparison = compared(live, &messages, 4);
        messages.map(|item| comparison.of(item.id).unwrap().as_str())
    };
    let overwritten =
        vec![("INBOX", 10, mail("same")), ("INBOX", 20, mail("sAme")), ("INBOX", 40, mail("same"))];
    assert_eq!(found(overwritten), ["same", "differs", "missing-live", "same"]);
    let moved = vec![("INBOX", 30, mail("same")), ("Old", 99, mail("same"))];
    assert_eq!(found(moved), ["same", "missing-live", "same", "missing-live"]);
    let all = [10, 20, 30, 40].map(|date| ("INBOX", date, mail("same"))).to_vec();
    assert_eq!(found(all), ["same"; 4]);
}

/// As where somebody restored the sound one beside it.
#[test]
fn a_rotten_twin_of_what_is_there_is_not_in_the_backup() {
    let messages = [item(300, 10, b"same"), item(302, 50, b"newest")];
    for order in [["sAme", "same"], ["same", "sAme"]] {
        let live = order.map(|body| ("INBOX", 10, mail(body))).into_iter();
        let comparison = compared(live.chain([("INBOX", 50, mail("newest"))]).collect(), &messages, 2);
        assert_eq!((comparison.count("same"), comparison.missing.len()), (2, 1), "{order:?}");
    }
}

#[test]
fn other_line_ends_are_told_apart_from_both_sides() {
    let messages = [
        item(300, 10, b"bare\nline\nends\n"),
        item(301, 20, b"the\r\nother\r\nway\r\n"),
        item(302, 30, b"un\r\nchanged\r\n"),
        item(303, 40, b"bare\nand changed\n"),
    ];
    let live = vec![
        ("INBOX", 10, mail("bare\r\nline\r\nends\r\n")),
        ("INBOX", 20, mail("the\nother\nway\n")),
        ("INBOX", 30, mail("un\r\nchanged\r\n")),
        ("INBOX", 40, mail("bare\r\nand chanGed\r\n")),
    ];
    let comparison = compared(live, &messages, 4);
    let words = [300, 301, 302, 303].map(|id| comparison.of(ItemId(id)).unwrap().as_str());
    assert_eq!(words, ["line-ends", "line-ends", "same", "missing-live"]);
    assert_eq!(comparison.checked(), 3);
    let missing: Vec<Number> = comparison.missing.iter().map(|missing| missing.number).collect();
    assert_eq!(missing, [Number::Uid(3)], "what is there with other line ends is in the backup");
}

/// A mailbox whose messages all have other line ends takes as many reads as any other, and what was read for the
/// sample takes nothing from those that are read to be looked for in the backup.
#[test]
fn other_line_ends_are_found_by_the_first_read() {
    let body = |id: u32| format!("a message\nnumber {id:04}\n");
    let messages: Vec<Item> = (300..700).map(|id| item(id, i64::from(id), body(id).as_bytes())).collect();
    let live = || (300..700).map(|id| ("INBOX", i64::from(id), mail(&body(id).replace('\n', "\r\n"))));
    let strange = ("INBOX", 200, mail("nobody knows this"));
    let (comparison, reads) = read(live().chain([strange]).collect(), &messages, 50);
    assert_eq!((comparison.count("line-ends"), comparison.missing.len()), (50, 1));
    assert_eq!((reads, comparison.not_looked), (150, 251), "50 for the sample, and what is allowed");
    let (comparison, reads) = read(live().collect(), &messages, 400);
    assert_eq!((comparison.count("line-ends"), reads, comparison.not_looked), (400, 400, 0));
}

#[test]
fn reads_are_bounded_however_many_are_alike() {
    let wanted = [item(300, 10, b"the one that is looked for")];
    let alike = |number| ("INBOX", 10, mail(&format!("not it, but of its second {number:06}")));
    let (comparison, reads) = read((0..6_000).map(alike).collect(), &wanted, 1);
    assert_eq!((comparison.count("unverifiable"), comparison.doubtful()), (1, 1));
    assert!(reads <= MOST_ALIKE + 100, "{reads}");
}

#[test]
fn what_is_gone_among_many_of_its_size_is_gone_and_not_passed_over() {
    let body = |id: u32| format!("one of many of its size {id:04}");
    let messages: Vec<Item> = (1_000..1_400).map(|id| item(id, i64::from(id), body(id).as_bytes())).collect();
    let live = (1_003..1_400).map(|id| ("INBOX", i64::from(id), mail(&body(id))));
    let cut = ("INBOX", 1_000, mail("one of many"));
    let (comparison, reads) = read(live.chain([cut]).collect(), &messages, 400);
    assert_eq!((comparison.count("same"), comparison.count("missing-live")), (397, 3));
    assert_eq!(comparison.strange.len(), 1, "what was cut is read");
    assert!(reads <= 2 * 398, "{reads}: once more for other line ends, and never again");
}

#[test]
fn what_is_listed_and_not_handed_out_is_withheld_and_not_gone() {
    let messages =
        [item(300, 10, b"one"), item(301, 20, b"two"), item(302, 30, b"a\nb"), item(303, 40, b"four")];
    let live = vec![
        ("INBOX", 10, Body::Withheld(3)),
        ("INBOX", 20, Body::Other(3, Vec::new())),
        // Its size with other line ends.
        ("INBOX", 30, Body::Withheld(4)),
        ("INBOX", 40, Body::Withheld(40)),
    ];
    let comparison = compared(live, &messages, 4);
    let words = [300, 301, 302, 303].map(|id| comparison.of(ItemId(id)).unwrap().as_str());
    assert_eq!(words, ["withheld", "withheld", "withheld", "missing-live"]);
    assert_eq!((comparison.checked(), comparison.doubtful()), (0, 3));
    assert_eq!((comparison.missing.len(), comparison.not_looked), (0, 2), "nobody can say what they are");
}

#[test]
fn the_bytes_of_another_message_in_its_place_are_a_difference() {
    let messages = [item(300, 10, b"one"), item(301, 20, b"second"), item(302, 30, b"the third")];
    let swapped = vec![
        ("INBOX", 10, mail("one")),
        ("INBOX", 20, Body::Other(6, b"the third".to_vec())),
        ("INBOX", 30, Body::Other(9, b"second".to_vec())),
    ];
    assert_eq!(words(swapped, &messages), ["same", "differs", "differs"]);
    // Files have the size of what is in them.
    let same = vec![("INBOX", 10, mail("one")), ("INBOX", 20, mail("one")), ("INBOX", 30, mail("one"))];
    assert_eq!(words(same, &messages), ["same", "differs", "differs"]);
    let dated_otherwise =
        vec![("INBOX", 10, mail("one")), ("INBOX", 90, mail("one")), ("INBOX", 91, mail("s"))];
    assert_eq!(words(dated_otherwise, &messages), ["same", "missing-live", "missing-live"]);
}

#[test]
fn what_is_found_elsewhere_makes_good_what_lies_in_its_place() {
    let messages =
        [item(300, 10, b"one"), item(301, 20, b"two"), item(302, 30, b"sam"), item(303, 40, b"sam")];
    let live = vec![
        ("INBOX", 10, Body::Withheld(3)),
        ("INBOX", 20, mail("one")),
        ("Old", 50, mail("two")),
        ("Old", 30, mail("sam")),
        ("Old", 40, mail("sam")),
    ];
    assert_eq!(words(live, &messages), ["same"; 4]);
}

#[test]
fn messages_of_one_second_and_size_do_not_stand_in_for_each_other() {
    let messages = [item(300, 10, b"one"), item(301, 10, b"two"), item(302, 10, b"three and longer")];
    let one_is_gone = vec![("INBOX", 10, mail("two")), ("Old", 10, mail("two"))];
    assert_eq!(words(one_is_gone, &messages), ["missing-live", "same", "missing-live"]);
    let one_is_withheld = vec![("INBOX", 10, Body::Withheld(3)), ("INBOX", 10, mail("two"))];
    assert_eq!(words(one_is_withheld, &messages), ["withheld", "same", "missing-live"]);
}

/// Whoever is gone is looked for where it could lie, and nowhere else.
#[test]
fn what_belongs_to_others_of_its_second_is_not_read() {
    let body = |id: u32| vec![b'x'; id as usize * id as usize];
    let messages: Vec<Item> = (1..40).map(|id| item(id, 10, &body(id))).collect();
    let live = (10..40).map(|id| ("INBOX", 10, Body::Whole(body(id)))).collect();
    let account = Account { name: "anna@example.org", messages: &messages, taken: 1_000 };
    let mut memory = Memory(live, 0);
    let sample = Sample { drawn: &messages[..2], wanted: 2 };
    let comparison = by_content(&mut memory, account, sample, 100).unwrap();
    assert_eq!((comparison.count("missing-live"), memory.1), (2, 0));
}
