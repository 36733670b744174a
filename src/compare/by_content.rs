//! Comparison with a mailbox whose messages have no lasting numbers: one of an IMAP server, or a Maildir.
//!
//! Size and date find the messages that may be the same, the digest of their whole bytes decides; where a server stores
//! other line ends the size is another, and the date alone finds them. Fields of the header are never asked for, as
//! servers change them in lists.

use std::collections::{HashMap, HashSet};

use super::forms::Likeness;
use super::listing::{Entry, Listing};
use super::read::Read;
use super::{Account, Sample};
use crate::check::restorable::{Comparison, Difference, Missing, Number};
use crate::live::{Folder, Folders, LiveError};
use crate::mailbox::Item;

/// Messages like one of the backup that are read to find it.
const MOST_ALIKE: usize = 50;
/// Messages that are asked for in one go.
const BATCH: usize = 200;

/// Compares a sample with the live mailbox, and the live mailbox with what the backup holds.
///
/// Live messages older than the backup that look like none of it are read, at most `most_unknown` of them, until their
/// digest says whether they are in it.
///
/// # Errors
/// [`LiveError`] if the mailbox can't be listed, or a body not be read.
pub fn by_content(
    live: &mut dyn Folders,
    account: Account<'_>,
    sample: Sample<'_>,
    most_unknown: usize,
) -> Result<Comparison, LiveError> {
    let listing = Listing::read(live)?;
    let mut comparison = Comparison { live: listing.len() as u64, ..Comparison::default() };
    let mut read = Read::new(live, &listing, account.messages);
    compare_sample(&mut read, sample, &mut comparison)?;
    compare_others(&mut read, account, most_unknown, &mut comparison)?;
    comparison.strange = read.strange();
    Ok(comparison)
}

/// Goes on in the order of the draw until as many as are wanted were found and compared.
fn compare_sample(
    read: &mut Read<'_>,
    sample: Sample<'_>,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let mut rest = sample.drawn;
    while comparison.checked() < sample.wanted && !rest.is_empty() {
        let missing = usize::try_from(sample.wanted - comparison.checked()).unwrap_or(usize::MAX);
        let (next, later) = rest.split_at(missing.min(BATCH).min(rest.len()));
        rest = later;
        // The one that is most like it is nearly always it; only for the others all that are alike are read.
        for most in [1, MOST_ALIKE] {
            let unclear = next.iter().filter(|item| read.likeness(item).is_none());
            let alike = unclear.flat_map(|item| read.listing().alike(item).into_iter().take(most));
            read.learn(alike.collect(), most > 1)?;
        }
        comparison.messages.extend(next.iter().map(|item| (*item, difference(read, item))));
    }
    Ok(())
}

fn difference(read: &Read<'_>, item: &Item) -> Difference {
    if item.digest.is_none() {
        return Difference::Unverifiable("the backup states no digest of it".to_owned());
    }
    match read.likeness(item) {
        Some(Likeness::Same) => return Difference::Same,
        Some(Likeness::LineEnds) => return Difference::LineEnds,
        None => {}
    }
    let alike = read.listing().alike(item);
    // Of the same size and second, and with bytes that the backup has nowhere: what became of this one.
    let twin = |position: &&usize| {
        let listed = &read.listing().get(**position).listed;
        listed.size == item.size && listed.date == Some(item.date) && read.is_strange(**position)
    };
    match alike.iter().find(twin) {
        Some(_) => Difference::Differs,
        _ if alike.len() > MOST_ALIKE => {
            Difference::Unverifiable(format!("{} live messages have its size or its second", alike.len()))
        }
        _ => Difference::MissingLive,
    }
}

/// Live messages older than the backup that the backup does not hold.
fn compare_others(
    read: &mut Read<'_>,
    account: Account<'_>,
    most_unknown: usize,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let unknown = unknown(read.listing(), account, comparison);
    let (known, mut unread): (Vec<usize>, Vec<usize>) =
        unknown.into_iter().partition(|position| read.was_read(*position));
    // What has a second of its own is strange; what shares one may only have other line ends.
    let seconds: HashSet<i64> = account.messages.iter().map(|item| item.date).collect();
    let shared = |position: &usize| {
        read.listing().get(*position).listed.date.is_some_and(|date| seconds.contains(&date))
    };
    unread.sort_by_key(shared);
    comparison.not_looked = unread.len().saturating_sub(most_unknown) as u64;
    unread.truncate(most_unknown);
    for batch in unread.chunks(BATCH) {
        read.learn(batch.to_vec(), false)?;
    }
    let absent = known.into_iter().chain(unread).filter(|position| read.is_strange(*position));
    comparison.missing.extend(absent.map(|position| missing(read.listing(), position)));
    Ok(())
}

/// Positions of older messages that no message of the backup has the size and the second of.
fn unknown(listing: &Listing, account: Account<'_>, comparison: &mut Comparison) -> Vec<usize> {
    let mut stated: HashMap<(u64, i64), u64> = HashMap::new();
    for item in account.messages {
        *stated.entry((item.size, item.date)).or_default() += 1;
    }
    let is_due = |entry: &Entry| {
        let older = entry.listed.date.is_some_and(|date| date < account.taken);
        older && !is_left_out(&listing.folders[entry.folder])
    };
    let mut unknown = Vec::new();
    for (position, entry) in listing.all().filter(|(_, entry)| is_due(entry)) {
        comparison.older += 1;
        let seen = (entry.listed.size, entry.listed.date.unwrap_or_default());
        match stated.get_mut(&seen).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => unknown.push(position),
        }
    }
    unknown
}

/// Trash and Junk with what lies in them: exports leave them out (`docs/formats.md`).
pub(crate) fn is_left_out(folder: &Folder) -> bool {
    let left_out = |name: &str| ["trash", "junk"].iter().any(|known| name.eq_ignore_ascii_case(known));
    folder.levels().next().is_some_and(left_out)
}

fn missing(listing: &Listing, position: usize) -> Missing {
    let listed = &listing.get(position).listed;
    Missing { number: Number::Uid(listed.place.uid), size: listed.size, date: listed.date }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::{BodyPart, Flags as LiveFlags, FolderState, Listed, Place};
    use crate::mailbox::{Flags, Hasher, ItemId, ItemKind};

    /// Folder, date, body; nothing where a message vanishes while it is read.
    type Messages = Vec<(&'static str, i64, Option<Vec<u8>>)>;

    /// A mailbox in memory, and how many bodies were read of it.
    struct Memory(Messages, usize);

    impl Folders for Memory {
        fn folders(&mut self) -> Result<Vec<Folder>, LiveError> {
            let mut names: Vec<&str> = self.0.iter().map(|(folder, ..)| *folder).collect();
            names.dedup();
            Ok(names
                .into_iter()
                .map(|name| Folder { name: Arc::from(name), separator: Some('/'), raw: Box::default() })
                .collect())
        }

        fn list(&mut self, folder: &Folder, each: &mut dyn FnMut(Listed)) -> Result<FolderState, LiveError> {
            for (uid, (name, date, body)) in (0..).zip(&self.0) {
                if **name == *folder.name {
                    let place = Place { folder: Arc::clone(&folder.name), uid };
                    let size = body.as_ref().map_or(5, |body| body.len() as u64);
                    each(Listed { place, size, date: Some(*date), flags: LiveFlags::default() });
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
                    Some(body) => {
                        each(*uid, BodyPart::Begin(body.len() as u64));
                        body.chunks(3).for_each(|piece| each(*uid, BodyPart::Bytes(piece)));
                        each(*uid, BodyPart::End);
                    }
                    None => each(*uid, BodyPart::Gone),
                }
            }
            Ok(())
        }
    }

    fn item(id: u32, date: i64, body: &[u8]) -> Item {
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
    fn read(live: Messages, messages: &[Item], wanted: u64) -> (Comparison, usize) {
        let account = Account { name: "anna@example.org", messages, taken: 1_000 };
        let mut memory = Memory(live, 0);
        let comparison = by_content(&mut memory, account, Sample { drawn: messages, wanted }, 100).unwrap();
        (comparison, memory.1)
    }

    fn compared(live: Messages, messages: &[Item], wanted: u64) -> Comparison {
        read(live, messages, wanted).0
    }

    fn mail(text: &str) -> Option<Vec<u8>> {
        Some(text.as_bytes().to_vec())
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
            ("INBOX", 30, None),
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
        let live =
            vec![("INBOX", 10, mail("same")), ("INBOX", 10, mail("same")), ("INBOX", 10, mail("same"))];
        let comparison = compared(live, &messages, 3);
        assert_eq!(comparison.of(ItemId(304)).unwrap().as_str(), "missing-live");
        assert_eq!(comparison.count("same"), 2);
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
        let alike = |number| ("INBOX", 10, mail(&format!("not it, but of its second {number:03}")));
        let (comparison, reads) = read((0..300).map(alike).collect(), &wanted, 1);
        assert_eq!(comparison.of(ItemId(300)).unwrap().as_str(), "unverifiable");
        assert!(reads <= MOST_ALIKE + 100, "{reads}");
    }
}
