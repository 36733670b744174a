//! What in two versions of a message differs: the backup's, as a second reading of the archive hands it over, and the
//! live one.
//!
//! Invariants: one pair is in memory at a time, each of at most 64 MiB; a live message is only taken for the other version
//! if its bytes are still those that were found strange.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Compared;
use super::listing::Listing;
use crate::check::restorable::{Comparison, Difference, Explanation, Identity, Missing, Strange, message_id};
use crate::live::{BodyPart, Folders, LiveError, Mailbox, Numbered, Server};
use crate::mailbox::zimbra::export::{Entry, Examiner, TakenBody};
use crate::mailbox::zimbra::meta::{Described, Meta};
use crate::mailbox::{self, Digest, Hasher, Item, ItemId};

/// Messages of one archive that are known to differ and are explained. What looks gone is looked at without a limit, as it
/// may be another version, and no more of them than there are strange live messages.
const MOST_EXPLAINED: usize = 100;
/// Bytes of a message that is explained.
pub(super) const LARGEST: u64 = 64 << 20;
/// Live messages of one size and second that are read to find one again.
const MOST_TWINS: usize = 5;

/// What is to be explained, by account.
#[derive(Debug, Clone, Default)]
pub struct Unexplained(Arc<HashMap<String, Case>>);

/// What is to be explained of one account.
#[derive(Debug, Clone, Default)]
struct Case {
    /// Messages of the backup.
    wanted: HashSet<Key>,
    /// Those among them that a live message has the size and second of.
    differing: HashSet<Key>,
    /// Live messages that are none of the backup's.
    strange: Vec<Strange>,
}

/// What tells a message from others of its account, also where an archive holds several exports of it.
type Key = (ItemId, Digest);

/// A message of the backup and the live message it became, which is that of no other.
#[derive(Debug, Clone)]
pub struct Pair {
    key: Key,
    /// Which live message it is, where it has no number in common.
    live: Option<Strange>,
    /// Absent where the live one is too large.
    explanation: Option<Explanation>,
}

/// What was explained of one account.
#[derive(Debug)]
pub struct Explained {
    account: String,
    pairs: Vec<Pair>,
    /// What kept the live mailbox from being read.
    pub trouble: Option<LiveError>,
}

impl Unexplained {
    /// What `compared` leaves open; nothing where a second reading would be for nothing.
    #[must_use]
    pub fn of(compared: &Compared) -> Option<Self> {
        let mut cases: HashMap<String, Case> = HashMap::new();
        let mut left = MOST_EXPLAINED;
        let mut any = false;
        for kind in [Difference::Differs, Difference::MissingLive] {
            for sample in &compared.mailboxes {
                let Ok(comparison) = &sample.comparison else { continue };
                let by_number = comparison.identity == Identity::Number;
                // A number leads to the other version; elsewhere one must have been seen.
                let seen =
                    if by_number { kind == Difference::Differs } else { !comparison.strange.is_empty() };
                if !seen {
                    continue;
                }
                let open = comparison.messages.iter().filter(|(_, difference)| *difference == kind);
                let open = open.filter_map(|(item, _)| key(item));
                let keys: Vec<Key> = match kind {
                    Difference::Differs => open.take(left).collect(),
                    _ => open.collect(),
                };
                any |= !keys.is_empty();
                let case = cases.entry(sample.account.clone()).or_default();
                case.note(&comparison.strange);
                case.wanted.extend(&keys);
                if kind == Difference::Differs {
                    left -= keys.len();
                    case.differing.extend(&keys);
                }
            }
        }
        any.then(|| Self(Arc::new(cases)))
    }

    /// How many messages are to be looked into.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.values().map(|case| case.wanted.len()).sum()
    }

    /// Takes the bodies that are to be explained out of the export of `account`.
    #[must_use]
    pub fn examiner(&self, account: &str, server: &Server) -> Explainer {
        Explainer {
            case: self.0.get(account).cloned().unwrap_or_default(),
            server: server.clone(),
            live: None,
            explained: Explained { account: account.to_owned(), pairs: Vec::new(), trouble: None },
        }
    }
}

impl Case {
    /// Adds live messages; those that another export of the account told already are the same.
    fn note(&mut self, strange: &[Strange]) {
        if self.strange.is_empty() {
            self.strange.extend_from_slice(strange);
        }
        let known: HashSet<(u32, Digest)> =
            self.strange.iter().map(|strange| (strange.uid, strange.digest)).collect();
        let new = strange.iter().filter(|strange| !known.contains(&(strange.uid, strange.digest)));
        self.strange.extend(new.cloned());
    }
}

fn key(item: &Item) -> Option<Key> {
    Some((item.id, item.digest?))
}

/// Explains the messages of one export as they stream by.
pub struct Explainer {
    case: Case,
    server: Server,
    live: Option<Live>,
    explained: Explained,
}

/// Another version of a message, and its bytes unless it is too large.
type Other = (Option<Strange>, Option<Vec<u8>>);

/// The mailbox that holds the other versions.
enum Live {
    ByContent(Box<dyn Folders + Send>, Listing),
    ById(Box<dyn Numbered + Send>),
}

impl Examiner for Explainer {
    type Verdict = Explained;

    const TAKES_BODIES: bool = true;

    fn takes(&mut self, described: Option<&Described>, size: u64) -> bool {
        let wanted =
            described.and_then(item).and_then(key).is_some_and(|key| self.case.wanted.contains(&key));
        wanted && size <= LARGEST && self.explained.trouble.is_none()
    }

    fn body(&mut self, taken: TakenBody<'_>) {
        let Some(item) = taken.described.and_then(item) else { return };
        let Some(key) = key(item).filter(|(_, digest)| taken.has(*digest)) else { return };
        // An item may lie in two folders; one of them is enough.
        if self.case.wanted.remove(&key)
            && let Err(error) = self.explain(item, key, &taken.bytes)
        {
            self.explained.trouble = Some(error);
        }
    }

    fn entry(&mut self, _: &Entry<'_>) {}

    fn finish(self, _: mailbox::Mailbox) -> Explained {
        self.explained
    }
}

fn item(described: &Described) -> Option<&Item> {
    match &described.meta {
        Meta::Item(item) => Some(item),
        Meta::Folder(_) => None,
    }
}

impl Explainer {
    fn explain(&mut self, item: &Item, key: Key, backup: &[u8]) -> Result<(), LiveError> {
        let mut live = match self.live.take() {
            Some(live) => live,
            None => open(&self.server, &self.explained.account)?,
        };
        let other = match &mut live {
            Live::ById(mailbox) => numbered(&**mailbox, item.id)?.map(|bytes| (None, Some(bytes))),
            Live::ByContent(folders, listing) => self.other(item, key, backup, &mut **folders, listing)?,
        };
        self.live = Some(live);
        if let Some((live, bytes)) = other {
            let explanation = bytes.map(|bytes| Explanation::of(backup, &bytes));
            self.explained.pairs.push(Pair { key, live, explanation });
        }
        Ok(())
    }

    /// The likeliest of the strange messages and its bytes, if they are still what they were.
    fn other(
        &mut self,
        item: &Item,
        key: Key,
        backup: &[u8],
        live: &mut dyn Folders,
        listing: &Listing,
    ) -> Result<Option<Other>, LiveError> {
        let own_id = message_id(backup);
        let differs = self.case.differing.contains(&key);
        let place = |strange: &Strange| strange.place_for(item, own_id, differs);
        let candidates = self.case.strange.iter().enumerate();
        let best = candidates.filter_map(|(at, strange)| Some((place(strange)?, at))).min();
        let Some((_, at)) = best else { return Ok(None) };
        let strange = self.case.strange.swap_remove(at);
        if strange.size > LARGEST {
            return Ok(Some((Some(strange), None)));
        }
        let bytes = found_again(live, listing, &strange)?;
        Ok(bytes.map(|bytes| (Some(strange), Some(bytes))))
    }
}

fn open(server: &Server, account: &str) -> Result<Live, LiveError> {
    Ok(match server.mailbox(account)? {
        Mailbox::ById(mailbox, _) => Live::ById(mailbox),
        Mailbox::ByContent(mut folders) => {
            let listing = Listing::read(&mut *folders)?;
            Live::ByContent(folders, listing)
        }
    })
}

/// The bytes of a live message, if they are still what they were.
fn found_again(
    live: &mut dyn Folders,
    listing: &Listing,
    strange: &Strange,
) -> Result<Option<Vec<u8>>, LiveError> {
    let seen = (strange.size, strange.date);
    let alike = listing.all().filter(|(_, entry)| (entry.listed.size, entry.listed.date) == seen);
    let mut alike: Vec<_> = alike.map(|(_, entry)| entry).collect();
    // Its number is another one only where the mailbox changed in between.
    alike.sort_by_key(|entry| entry.listed.place.uid != strange.uid);
    for entry in alike.into_iter().take(MOST_TWINS) {
        let bytes = whole(live, listing, entry.folder, entry.listed.place.uid)?;
        let mut hasher = Hasher::like(strange.digest);
        bytes.iter().for_each(|bytes| hasher.update(bytes));
        if hasher.finish() == strange.digest {
            return Ok(bytes);
        }
    }
    Ok(None)
}

/// All bytes of the live message with this number.
fn numbered(live: &dyn Numbered, id: ItemId) -> Result<Option<Vec<u8>>, LiveError> {
    let mut body = Whole::default();
    live.body(id, &mut |part| body.take(part))?;
    Ok(body.finish())
}

/// All bytes of a live message; nothing where it vanished or grew beyond what is explained.
fn whole(
    live: &mut dyn Folders,
    listing: &Listing,
    folder: usize,
    uid: u32,
) -> Result<Option<Vec<u8>>, LiveError> {
    let mut body = Whole::default();
    live.bodies(&listing.folders[folder], &[uid], &mut |_, part| body.take(part))?;
    Ok(body.finish())
}

/// A body as it comes together.
#[derive(Default)]
struct Whole {
    bytes: Vec<u8>,
    ended: bool,
    too_large: bool,
}

impl Whole {
    fn take(&mut self, part: BodyPart<'_>) {
        match part {
            BodyPart::Begin(_) => *self = Self::default(),
            BodyPart::Bytes(piece) if (self.bytes.len() + piece.len()) as u64 <= LARGEST => {
                self.bytes.extend_from_slice(piece);
            }
            BodyPart::Bytes(_) => self.too_large = true,
            BodyPart::Gone | BodyPart::Withheld => {}
            BodyPart::End => self.ended = true,
        }
    }

    /// All of it; nothing where it vanished or is larger than what is explained.
    fn finish(self) -> Option<Vec<u8>> {
        (self.ended && !self.too_large).then_some(self.bytes)
    }
}

impl Compared {
    /// Takes in what was explained: what looked gone and has another version counts as what differs, or as what is the
    /// same but for line ends; that version is not missing in the backup.
    pub(super) fn take(&mut self, explained: Explained) {
        let own = self.mailboxes.iter_mut().filter(|sample| sample.account == explained.account);
        for comparison in own.filter_map(|sample| sample.comparison.as_mut().ok()) {
            explained.pairs.iter().for_each(|pair| explain(comparison, pair));
        }
    }
}

fn explain(comparison: &mut Comparison, pair: &Pair) {
    let lines = pair.explanation.as_ref().is_some_and(Explanation::only_line_ends);
    for (item, difference) in &mut comparison.messages {
        if key(item) != Some(pair.key) || !is_open(difference) {
            continue;
        }
        *difference = if lines { Difference::LineEnds } else { Difference::Differs };
        if let Some(explanation) = &pair.explanation {
            comparison.explained.insert(item.id, explanation.clone());
        }
        let is_it = |missing: &Missing| pair.live.as_ref().is_some_and(|live| live.is(missing));
        if let Some(at) = comparison.missing.iter().position(is_it) {
            comparison.missing.remove(at);
        }
    }
}

fn is_open(difference: &Difference) -> bool {
    matches!(difference, Difference::Differs | Difference::MissingLive)
}
