//! Notes what is put into a sandbox, so that it can be looked for afterwards.
//!
//! Invariant: every message that was handed to the place is noted and will be looked for, whatever the place says of it,
//! unless it refused it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};

use super::sandbox::{Found, Rooms};
use crate::live::Flags;
use crate::mailbox::{self, Item, ItemId};
use crate::restore::{KnownFolder, Place, PlaceError, Put, Recovered, Settled};

/// Zimbra's flags that all servers have (`Flag.java`).
const ANSWERED: u32 = 4;
const FLAGGED: u32 = 32;
const DRAFT: u32 = 64;

/// All that was put, by the room it lies in and its bytes; about 200 bytes for each message.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) rooms: Vec<Room>,
    by_name: HashMap<String, usize>,
    pub(super) notes: HashMap<Key, Note>,
    /// What a message becomes where lines end with CR LF only, if that is another one.
    line_ends: HashMap<Key, Key>,
    /// When the first message was in its place, and the last.
    pub(super) first: Option<Instant>,
    pub(super) last: Option<Instant>,
    /// Time that the sandbox took to take them in.
    pub(super) placing: Duration,
    pub(super) messages: u64,
    pub(super) bytes: u64,
}

/// The place of a room in the list, and SHA-256 of the bytes.
pub(super) type Key = (usize, [u8; 32]);

/// Where messages of one folder of one account lie.
#[derive(Debug)]
pub(super) struct Room {
    name: String,
    pub(super) account: String,
}

/// A message that was handed to the place, or several with equal bytes in one room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    pub(super) item: Item,
    /// How often it was handed over and not answered for.
    pub(super) open: u64,
    /// How often it was put.
    pub(super) put: u64,
    /// How often the place said that it is there already: one copy satisfies all of these.
    pub(super) there: u64,
    /// How often it was found, by its bytes and by all but its line ends.
    pub(super) same: u64,
    pub(super) alike: u64,
    pub(super) flags_differ: bool,
    pub(super) date_differs: bool,
}

impl Note {
    fn new(item: Item) -> Self {
        let (flags_differ, date_differs) = (false, false);
        Self { item, open: 0, put: 0, there: 0, same: 0, alike: 0, flags_differ, date_differs }
    }

    /// Whether fewer of it came than were handed over.
    fn waits(&self) -> bool {
        self.same + self.alike < self.open + self.put + self.there
    }

    /// Whether all of it was refused.
    fn is_nothing(&self) -> bool {
        self.open + self.put + self.there == 0
    }
}

/// What a found message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recognised {
    /// One that was put.
    Known,
    /// One that was put into this room by nobody here; the room, if it is one of ours.
    Stranger(Option<usize>),
}

impl Ledger {
    fn room(&mut self, name: String, account: &str) -> usize {
        if let Some(known) = self.by_name.get(&name) {
            return *known;
        }
        let number = self.rooms.len();
        self.by_name.insert(name.clone(), number);
        self.rooms.push(Room { name, account: account.to_owned() });
        number
    }

    /// Notes a message that was handed over, by what it is looked for again.
    fn open(&mut self, room: String, recovered: &Recovered<'_>) -> Key {
        let room = self.room(room, recovered.account);
        let key = (room, sha256(recovered.body));
        if let Some(other) = with_crlf(recovered.body) {
            self.line_ends.insert((room, sha256(&other)), key);
        }
        self.notes.entry(key).or_insert_with(|| Note::new(*recovered.item)).open += 1;
        key
    }

    /// Notes what the place said of a message that it took at this moment.
    fn answer(&mut self, key: Key, put: &Put, taken: Instant) {
        let Some(note) = self.notes.get_mut(&key) else { return };
        note.open = note.open.saturating_sub(1);
        match put {
            Put::Restored => {
                note.put += 1;
                self.first = self.first.min(Some(taken)).or(Some(taken));
                self.last = self.last.max(Some(taken));
                self.messages += 1;
                self.bytes += note.item.size;
            }
            Put::AlreadyThere => note.there += 1,
            Put::Refused(_) if note.is_nothing() => drop(self.notes.remove(&key)),
            Put::Refused(_) => {}
            Put::Pending => note.open += 1,
        }
    }

    #[cfg(test)]
    pub(super) fn note_at_once(&mut self, room: &str, recovered: &Recovered<'_>, put: &Put) {
        let key = self.open(room.to_owned(), recovered);
        self.answer(key, put, Instant::now());
    }

    /// Recognises a message that was read back.
    pub(super) fn recognise(&mut self, found: &Found) -> Recognised {
        let Some(room) = self.by_name.get(&found.room).copied() else {
            return Recognised::Stranger(None);
        };
        let key = (room, found.sha256);
        let waits = |key: &Key| self.notes.get(key).is_some_and(Note::waits);
        // Two messages that differ in line ends alone may have become equal: what one has too many is the other.
        let is_other = |other: &Key| !self.notes.contains_key(&key) || !waits(&key) && waits(other);
        let other = self.line_ends.get(&key).copied().filter(is_other);
        let alike = other.is_some();
        let Some(note) = self.notes.get_mut(&other.unwrap_or(key)) else {
            return Recognised::Stranger(Some(room));
        };
        *(if alike { &mut note.alike } else { &mut note.same }) += 1;
        note.flags_differ |= found.flags.is_some_and(|flags| flags != expected(&note.item));
        note.date_differs |= found.date.is_some_and(|date| date != note.item.date);
        Recognised::Known
    }

    pub(super) fn account(&self, room: usize) -> &str {
        self.rooms.get(room).map_or("", |room| &room.account)
    }

    pub(super) fn name(&self, room: usize) -> &str {
        self.rooms.get(room).map_or("", |room| &room.name)
    }
}

/// The flags that a message should have where it was restored. Marks of what is to be removed are not restored.
pub(super) fn expected(item: &Item) -> Flags {
    flags(item.flags, item.unread)
}

/// Zimbra's flags, as all servers have them.
pub(super) fn flags(flags: mailbox::Flags, unread: bool) -> Flags {
    let has = |flag| flags.has(flag);
    Flags { seen: !unread, answered: has(ANSWERED), flagged: has(FLAGGED), deleted: false, draft: has(DRAFT) }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap_or_default()
}

/// The bytes with CR before each LF, as IMAP servers hand them out (RFC 3501, section 2.2); nothing if they are so.
fn with_crlf(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut other = Vec::new();
    let mut before = 0;
    for byte in bytes {
        if *byte == b'\n' && before != b'\r' {
            if other.is_empty() {
                other.reserve(bytes.len() + bytes.len() / 16);
            }
            other.push(b'\r');
        }
        other.push(*byte);
        before = *byte;
    }
    (other.len() != bytes.len()).then_some(other)
}

/// A place that notes what it was given.
pub(super) struct Noting<'a> {
    place: &'a mut dyn Place,
    ledger: &'a mut Ledger,
    rooms: &'a dyn Rooms,
    /// What the place has not answered for yet, which may be all.
    waiting: HashMap<(Arc<str>, ItemId), Key>,
    /// The same of those that have the number of one that waits.
    behind: HashMap<(Arc<str>, ItemId), VecDeque<Key>>,
    /// Whose item came last.
    account: Arc<str>,
}

impl<'a> Noting<'a> {
    pub(super) fn new(place: &'a mut dyn Place, ledger: &'a mut Ledger, rooms: &'a dyn Rooms) -> Self {
        let (waiting, behind) = Default::default();
        Self { place, ledger, rooms, waiting, behind, account: Arc::from("") }
    }

    fn wait(&mut self, account: &str, id: ItemId, key: Key) {
        if *self.account != *account {
            self.account = account.into();
        }
        let who = (Arc::clone(&self.account), id);
        match self.waiting.entry(who) {
            Entry::Occupied(first) => {
                self.behind.entry(first.key().clone()).or_default().push_back(key);
            }
            Entry::Vacant(free) => {
                free.insert(key);
            }
        }
    }
}

impl Place for Noting<'_> {
    fn folder(&mut self, known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        self.place.folder(known)
    }

    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        let began = Instant::now();
        let put = self.place.put(item)?;
        self.ledger.placing += began.elapsed();
        let room = self.rooms.name(item.account, item.folder, item.item.folder);
        let key = self.ledger.open(room, item);
        match put {
            Put::Pending => self.wait(item.account, item.item.id, key),
            _ => self.ledger.answer(key, &put, Instant::now()),
        }
        Ok(put)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        let began = Instant::now();
        self.place.finish()?;
        self.ledger.placing += began.elapsed();
        Ok(())
    }

    fn keeps(&self, account: &str) -> bool {
        self.place.keeps(account)
    }

    fn settled(&mut self) -> Vec<Settled> {
        let settled = self.place.settled();
        for Settled { account, id, put, taken } in &settled {
            let who = (Arc::clone(account), *id);
            let Some(key) = self.waiting.remove(&who) else { continue };
            self.ledger.answer(key, put, taken.unwrap_or_else(Instant::now));
            if let Some(next) = self.behind.get_mut(&who).and_then(VecDeque::pop_front) {
                self.waiting.insert(who, next);
            }
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lone_line_feeds_get_their_carriage_return() {
        assert_eq!(with_crlf(b"a\nb\r\n\nc"), Some(b"a\r\nb\r\n\r\nc".to_vec()));
        assert_eq!(with_crlf(b"a\r\nb\r\n"), None);
        assert_eq!(with_crlf(b""), None);
    }
}
