//! Notes what is put into a sandbox, so that it can be looked for afterwards.

use std::collections::{HashMap, VecDeque};
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

/// All that was put, by the room it lies in and its bytes; about 150 bytes for each message.
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

/// A message that was put.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    pub(super) item: Item,
    /// How often it was put.
    pub(super) put: u64,
    /// How often it was found, by its bytes and by all but its line ends.
    pub(super) same: u64,
    pub(super) alike: u64,
    pub(super) flags_differ: bool,
    pub(super) date_differs: bool,
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

    /// What is to be noted of a message once it is there.
    fn prepare(&mut self, room: String, recovered: &Recovered<'_>) -> Letter {
        let room = self.room(room, recovered.account);
        let other = with_crlf(recovered.body).map(|other| (room, sha256(&other)));
        let (key, bytes) = ((room, sha256(recovered.body)), recovered.body.len() as u64);
        Letter { key, other, item: *recovered.item, bytes }
    }

    fn note(&mut self, letter: &Letter) {
        let now = Instant::now();
        self.first.get_or_insert(now);
        self.last = Some(now);
        self.messages += 1;
        self.bytes += letter.bytes;
        if let Some(other) = letter.other {
            self.line_ends.insert(other, letter.key);
        }
        let new =
            Note { item: letter.item, put: 0, same: 0, alike: 0, flags_differ: false, date_differs: false };
        self.notes.entry(letter.key).or_insert(new).put += 1;
    }

    #[cfg(test)]
    pub(super) fn note_at_once(&mut self, room: &str, recovered: &Recovered<'_>) {
        let letter = self.prepare(room.to_owned(), recovered);
        self.note(&letter);
    }

    /// Recognises a message that was read back.
    pub(super) fn recognise(&mut self, found: &Found) -> Recognised {
        let Some(room) = self.by_name.get(&found.room).copied() else {
            return Recognised::Stranger(None);
        };
        let key = (room, found.sha256);
        let other = self.line_ends.get(&key).copied();
        let alike = !self.notes.contains_key(&key);
        let Some(note) = self.notes.get_mut(&if alike { other.unwrap_or(key) } else { key }) else {
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

/// A message on its way.
#[derive(Debug)]
struct Letter {
    key: Key,
    /// What it becomes where lines end with CR LF only.
    other: Option<Key>,
    item: Item,
    bytes: u64,
}

/// A place that notes what it was given.
pub(super) struct Noting<'a> {
    place: &'a mut dyn Place,
    ledger: &'a mut Ledger,
    rooms: &'a dyn Rooms,
    /// What the place has not answered for yet.
    waiting: HashMap<(Box<str>, ItemId), VecDeque<Letter>>,
}

impl<'a> Noting<'a> {
    pub(super) fn new(place: &'a mut dyn Place, ledger: &'a mut Ledger, rooms: &'a dyn Rooms) -> Self {
        Self { place, ledger, rooms, waiting: HashMap::new() }
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
        if matches!(put, Put::Restored | Put::Pending) {
            let room = self.rooms.name(item.account, item.folder, item.item.folder);
            let letter = self.ledger.prepare(room, item);
            if put == Put::Restored {
                self.ledger.note(&letter);
            } else {
                let key = (item.account.into(), item.item.id);
                self.waiting.entry(key).or_default().push_back(letter);
            }
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
        for Settled { account, id, put } in &settled {
            let key = (account.clone(), *id);
            let Some(waiting) = self.waiting.get_mut(&key) else { continue };
            let letter = waiting.pop_front();
            if waiting.is_empty() {
                self.waiting.remove(&key);
            }
            if let Some(letter) = letter.filter(|_| *put == Put::Restored) {
                self.ledger.note(&letter);
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
