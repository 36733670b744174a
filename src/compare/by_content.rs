//! Comparison with a mailbox whose messages have no lasting numbers: one of an IMAP server, or a Maildir.
//!
//! Size and date find the messages that may be the same, the digest of their whole bytes decides. Fields of the
//! header are never asked for, as servers change them in lists.

use std::collections::{HashMap, HashSet};

use super::listing::{Entry, Listing};
use super::{Account, Sample};
use crate::check::restorable::{Comparison, Difference, Missing};
use crate::live::{BodyPart, Folder, Folders, LiveError};
use crate::mailbox::{Digest, Hasher, Item};

/// Messages of one size that are read to find one of the backup.
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
    let stated = account.messages.iter().filter_map(|item| item.digest).collect();
    let mut read = Digests { live, listing: &listing, stated, known: HashMap::new() };
    compare_sample(&mut read, sample, &mut comparison)?;
    compare_others(&mut read, account, most_unknown, &mut comparison)?;
    Ok(comparison)
}

/// Goes on in the order of the draw until as many as are wanted were found and compared.
fn compare_sample(
    read: &mut Digests<'_>,
    sample: Sample<'_>,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let mut rest = sample.drawn;
    while comparison.checked() < sample.wanted && !rest.is_empty() {
        let missing = usize::try_from(sample.wanted - comparison.checked()).unwrap_or(usize::MAX);
        let (next, later) = rest.split_at(missing.min(BATCH).min(rest.len()));
        rest = later;
        // One that is like it in size and date is nearly always it; only for the others all of one size are read.
        read.learn(
            next.iter()
                .filter_map(|item| read.listing.alike(item.size, item.date).first().copied())
                .collect(),
        )?;
        let unclear = next.iter().filter(|item| !read.has(item));
        read.learn(
            unclear
                .flat_map(|item| read.listing.alike(item.size, item.date).into_iter().take(MOST_ALIKE))
                .collect(),
        )?;
        comparison.messages.extend(next.iter().map(|item| (*item, read.difference(item))));
    }
    Ok(())
}

/// Live messages older than the backup that the backup does not hold.
fn compare_others(
    read: &mut Digests<'_>,
    account: Account<'_>,
    most_unknown: usize,
    comparison: &mut Comparison,
) -> Result<(), LiveError> {
    let mut stated: HashMap<(u64, i64), u64> = HashMap::new();
    for item in account.messages {
        *stated.entry((item.size, item.date)).or_default() += 1;
    }
    let is_due = |entry: &Entry| {
        let older = entry.listed.date.is_some_and(|date| date < account.taken);
        older && !is_left_out(&read.listing.folders[entry.folder])
    };
    let older = read.listing.all().filter(|(_, entry)| is_due(entry));
    let mut unknown = Vec::new();
    for (position, entry) in older {
        comparison.older += 1;
        let seen = (entry.listed.size, entry.listed.date.unwrap_or_default());
        match stated.get_mut(&seen).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => unknown.push(position),
        }
    }
    comparison.not_looked = unknown.len().saturating_sub(most_unknown) as u64;
    unknown.truncate(most_unknown);
    for batch in unknown.chunks(BATCH) {
        read.learn(batch.to_vec())?;
        let absent = batch.iter().filter(|position| read.is_strange(**position));
        comparison.missing.extend(absent.map(|position| missing(read.listing, *position)));
    }
    Ok(())
}

/// Trash and Junk with what lies in them: exports leave them out (`docs/formats.md`).
pub(crate) fn is_left_out(folder: &Folder) -> bool {
    let left_out = |name: &str| ["trash", "junk"].iter().any(|known| name.eq_ignore_ascii_case(known));
    folder.levels().next().is_some_and(left_out)
}

fn missing(listing: &Listing, position: usize) -> Missing {
    let listed = &listing.get(position).listed;
    Missing { uid: listed.place.uid, size: listed.size, date: listed.date }
}

/// Digests of live messages, as far as they were read.
struct Digests<'a> {
    live: &'a mut dyn Folders,
    listing: &'a Listing,
    /// All that the backup states.
    stated: HashSet<Digest>,
    /// Both kinds for each position; none where the message vanished.
    known: HashMap<usize, Option<[Digest; 2]>>,
}

impl Digests<'_> {
    /// Reads the messages at `positions` that were not read yet.
    fn learn(&mut self, positions: Vec<usize>) -> Result<(), LiveError> {
        let mut by_folder: HashMap<usize, HashMap<u32, usize>> = HashMap::new();
        for position in positions.into_iter().filter(|position| !self.known.contains_key(position)) {
            let entry = self.listing.get(position);
            by_folder.entry(entry.folder).or_default().insert(entry.listed.place.uid, position);
        }
        for (folder, wanted) in by_folder {
            self.read(folder, &wanted)?;
        }
        Ok(())
    }

    fn read(&mut self, folder: usize, wanted: &HashMap<u32, usize>) -> Result<(), LiveError> {
        let mut uids: Vec<u32> = wanted.keys().copied().collect();
        uids.sort_unstable();
        let (known, mut hashers) = (&mut self.known, HashMap::<u32, [Hasher; 2]>::new());
        self.live.bodies(&self.listing.folders[folder], &uids, &mut |uid, part| {
            let Some(position) = wanted.get(&uid) else { return };
            match part {
                BodyPart::Begin(_) => {
                    hashers.insert(uid, [Hasher::sha256(), Hasher::sha1()]);
                }
                BodyPart::Bytes(bytes) => {
                    hashers.get_mut(&uid).into_iter().flatten().for_each(|hasher| hasher.update(bytes));
                }
                BodyPart::End => {
                    let digests = hashers.remove(&uid).map(|hashers| hashers.map(Hasher::finish));
                    known.insert(*position, digests);
                }
                BodyPart::Gone => {
                    known.insert(*position, None);
                }
            }
        })
    }

    fn digests(&self, position: usize) -> Option<&[Digest; 2]> {
        self.known.get(&position)?.as_ref()
    }

    /// Whether a message that was read is this item.
    fn has(&self, item: &Item) -> bool {
        let alike = self.listing.alike(item.size, item.date);
        let is = |digests: &[Digest; 2]| item.digest.is_some_and(|digest| digests.contains(&digest));
        alike.into_iter().any(|position| self.digests(position).is_some_and(is))
    }

    /// Whether the message was read and is none of the backup's.
    fn is_strange(&self, position: usize) -> bool {
        self.digests(position).is_some_and(|known| known.iter().all(|digest| !self.stated.contains(digest)))
    }

    fn difference(&self, item: &Item) -> Difference {
        if item.digest.is_none() {
            return Difference::Unverifiable("the backup states no digest of it".to_owned());
        }
        if self.has(item) {
            return Difference::Same;
        }
        let alike = self.listing.alike(item.size, item.date);
        // Of the same size and second, and with bytes that the backup has nowhere: what became of this one.
        let twin = |position: &&usize| {
            self.listing.get(**position).listed.date == Some(item.date) && self.is_strange(**position)
        };
        match alike.iter().find(twin) {
            Some(_) => Difference::Differs,
            _ if alike.len() > MOST_ALIKE => {
                Difference::Unverifiable(format!("{} live messages have its size", alike.len()))
            }
            _ => Difference::MissingLive,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::live::{Flags as LiveFlags, FolderState, Listed, Place};
    use crate::mailbox::{Flags, ItemId, ItemKind};

    /// A mailbox in memory: folder, date, body; nothing where a message vanishes while it is read.
    struct Memory(Vec<(&'static str, i64, Option<Vec<u8>>)>);

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

    fn compared(
        live: Vec<(&'static str, i64, Option<Vec<u8>>)>,
        messages: &[Item],
        wanted: u64,
    ) -> Comparison {
        let account = Account { name: "anna@example.org", messages, taken: 1_000 };
        by_content(&mut Memory(live), account, Sample { drawn: messages, wanted }, 100).unwrap()
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
        let missing: Vec<u32> = comparison.missing.iter().map(|missing| missing.uid).collect();
        assert_eq!(missing, [3], "what differs is not missing as well");
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
}
