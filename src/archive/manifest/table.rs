use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;

/// Entries that share one run of front-coded names.
const BLOCK: usize = 16;

/// A name with its keyed hash, made by [`Table::name`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) key: u32,
}

/// Up to [`BLOCK`] entries. Each name is written as how many bytes it shares with the one before it in
/// the block, how many follow, and those.
#[derive(Debug, Default)]
struct Block {
    names: Vec<u8>,
    keys: [u32; BLOCK],
    hashes: [[u8; 32]; BLOCK],
    flags: [u8; BLOCK],
}

/// Names with a hash and flags, in the order they came: about 60 bytes each for the names of a mail store.
#[derive(Debug, Default)]
pub(super) struct Table {
    #[expect(clippy::vec_box, reason = "a vector that doubles would take up to twice what it holds")]
    blocks: Vec<Box<Block>>,
    len: u32,
    name_bytes: u64,
    last: Vec<u8>,
    /// Random, so that nobody can choose names whose keys collide.
    state: RandomState,
}

impl Table {
    /// Computes the key by which a name is looked for.
    pub(super) fn name<'a>(&self, bytes: &'a [u8]) -> Name<'a> {
        let key = u32::try_from(self.state.hash_one(bytes) >> 32).unwrap_or_default();
        Name { bytes, key }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> u32 {
        self.len
    }

    /// How many bytes the names take.
    pub(super) fn name_bytes(&self) -> u64 {
        self.name_bytes
    }

    /// Puts an entry behind the others; `None` if there is no number left for it.
    pub(super) fn push(&mut self, name: Name<'_>, hash: &[u8; 32], flags: u8) -> Option<u32> {
        let Name { bytes: name, key } = name;
        let entry = self.len;
        self.len = entry.checked_add(1)?;
        let slot = place(entry).1;
        if slot == 0 {
            if let Some(full) = self.blocks.last_mut() {
                full.names.shrink_to_fit();
            }
            self.blocks.push(Box::default());
            self.last.clear();
        }
        let shared = common(&self.last, name);
        let block = self.blocks.last_mut()?;
        let before = block.names.len();
        write_length(&mut block.names, shared);
        write_length(&mut block.names, name.len() - shared);
        block.names.extend_from_slice(&name[shared..]);
        block.keys[slot] = key;
        block.hashes[slot] = *hash;
        block.flags[slot] = flags;
        self.name_bytes += (block.names.len() - before) as u64;
        self.last.truncate(shared);
        self.last.extend_from_slice(&name[shared..]);
        Some(entry)
    }

    /// The hash of an entry that exists.
    pub(super) fn hash(&self, entry: u32) -> &[u8; 32] {
        let (block, slot) = place(entry);
        &self.blocks[block].hashes[slot]
    }

    /// Replaces the hash of an entry that exists.
    pub(super) fn set_hash(&mut self, entry: u32, hash: &[u8; 32]) {
        let (block, slot) = place(entry);
        self.blocks[block].hashes[slot] = *hash;
    }

    /// The flags of an entry that exists.
    pub(super) fn flags(&self, entry: u32) -> u8 {
        let (block, slot) = place(entry);
        self.blocks[block].flags[slot]
    }

    /// Replaces the flags of an entry that exists.
    pub(super) fn set_flags(&mut self, entry: u32, flags: u8) {
        let (block, slot) = place(entry);
        self.blocks[block].flags[slot] = flags;
    }

    /// The key of the name of an entry that exists.
    pub(super) fn key(&self, entry: u32) -> u32 {
        let (block, slot) = place(entry);
        self.blocks[block].keys[slot]
    }

    /// Holds if `entry` bears exactly this name. Follows how far `name` agrees, without writing names out.
    fn is_named(&self, entry: u32, name: Name<'_>) -> bool {
        let (block, slot) = place(entry);
        if self.blocks[block].keys[slot] != name.key {
            return false;
        }
        let name = name.bytes;
        let mut names = self.blocks[block].names.as_slice();
        let (mut agreed, mut length) = (0, 0);
        for _ in 0..=slot {
            let Some((shared, suffix)) = read_name(&mut names) else { return false };
            if shared <= agreed {
                agreed = shared + name.get(shared..).map_or(0, |rest| common(suffix, rest));
            }
            length = shared + suffix.len();
        }
        agreed == length && length == name.len()
    }
}

fn place(entry: u32) -> (usize, usize) {
    let entry = entry as usize;
    (entry / BLOCK, entry % BLOCK)
}

fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// Seven bits for each byte, lowest first; the high bit says that more follow.
fn write_length(into: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        into.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    into.push(length.to_le_bytes()[0]);
}

fn read_length(from: &mut &[u8]) -> Option<usize> {
    let (mut length, mut shift) = (0_usize, 0);
    loop {
        let (&byte, rest) = from.split_first()?;
        *from = rest;
        length |= usize::from(byte & 0x7f).checked_shl(shift)?;
        if byte < 0x80 {
            return Some(length);
        }
        shift += 7;
    }
}

fn read_name<'a>(from: &mut &'a [u8]) -> Option<(usize, &'a [u8])> {
    let shared = read_length(from)?;
    let length = read_length(from)?;
    let (suffix, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some((shared, suffix))
}

/// A place in a [`Table`] that moves forward cheaply.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    next: u32,
    name: Vec<u8>,
    /// How many entries of the block were read; `name` is the last of them, `offset` where it ends.
    passed: usize,
    offset: usize,
}

impl Cursor {
    /// The number of the entry here, or `None` behind the last.
    pub(super) fn entry(&self, table: &Table) -> Option<u32> {
        (self.next < table.len).then_some(self.next)
    }

    /// The name of the entry here, or `None` behind the last.
    pub(super) fn name(&mut self, table: &Table) -> Option<&[u8]> {
        let (block, slot) = place(self.entry(table)?);
        let names = &table.blocks[block].names;
        while self.passed <= slot {
            let mut rest = names.get(self.offset..)?;
            let (shared, suffix) = read_name(&mut rest)?;
            self.name.truncate(shared);
            self.name.extend_from_slice(suffix);
            self.offset = names.len() - rest.len();
            self.passed += 1;
        }
        Some(&self.name)
    }

    /// Moves to the next entry.
    pub(super) fn advance(&mut self) {
        self.next += 1;
        if place(self.next).1 == 0 {
            self.rewind();
        }
    }

    /// Moves to any entry, or behind the last.
    pub(super) fn jump(&mut self, entry: u32) {
        if entry != self.next {
            self.next = entry;
            self.rewind();
        }
    }

    fn rewind(&mut self) {
        self.passed = 0;
        self.offset = 0;
        self.name.clear();
    }
}

/// Finds entries by name.
#[derive(Debug)]
pub(super) struct Index {
    entries: HashTable<u32>,
}

impl Index {
    /// Makes an index of all of `table`, and calls `twice` with each later entry of a name and its first.
    pub(super) fn build(table: &Table, mut twice: impl FnMut(u32, u32, &[u8])) -> Self {
        let mut index = Self { entries: HashTable::with_capacity(table.len as usize) };
        let mut cursor = Cursor::default();
        for entry in 0..table.len {
            if let Some(first) = index.same_name(table, entry, &mut cursor) {
                twice(entry, first, &cursor.name);
            } else {
                index.insert(table, entry);
            }
        }
        index
    }

    /// The entry that has the name of `entry` and is here; the name is written out only where keys are equal.
    fn same_name(&self, table: &Table, entry: u32, cursor: &mut Cursor) -> Option<u32> {
        let key = table.key(entry);
        let same = |other: &u32| {
            table.key(*other) == key && {
                cursor.jump(entry);
                cursor.name(table).is_some_and(|bytes| table.is_named(*other, Name { bytes, key }))
            }
        };
        self.entries.find(spread(key), same).copied()
    }

    /// The first entry of this name.
    pub(super) fn find(&self, table: &Table, name: Name<'_>) -> Option<u32> {
        self.entries.find(spread(name.key), |entry| table.is_named(*entry, name)).copied()
    }

    /// Takes an entry in whose name is not yet here.
    pub(super) fn insert(&mut self, table: &Table, entry: u32) {
        let hash = |entry: &u32| spread(table.key(*entry));
        self.entries.insert_unique(hash(&entry), entry, hash);
    }
}

/// The hash table takes the place from the low bits and a tag from the high ones.
fn spread(key: u32) -> u64 {
    u64::from(key) << 32 | u64::from(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(names: &[Vec<u8>]) -> Table {
        let mut table = Table::default();
        for (number, name) in (0_u8..=255).cycle().zip(names) {
            table.push(table.name(name), &[number; 32], number).unwrap();
        }
        table
    }

    #[test]
    fn names_of_a_mail_store_are_short() {
        let mut table = Table::default();
        for message in 0..10_000 {
            let name = format!(
                "backup/store/0/{}/msg/{}/{}-{}.msg",
                message / 1000,
                message / 100,
                message,
                message * 3
            );
            table.push(table.name(name.as_bytes()), &[0; 32], 0);
        }
        assert!(table.name_bytes() / u64::from(table.len()) < 18, "{}", table.name_bytes());
    }

    #[test]
    fn long_names_survive() {
        let names = [vec![b'x'; 70_000], vec![b'x'; 69_999], b"y".to_vec()];
        let table = filled(&names);
        let mut cursor = Cursor::default();
        for name in &names {
            assert_eq!(cursor.name(&table).unwrap(), name);
            cursor.advance();
        }
        assert!(table.is_named(1, table.name(&names[1])));
        let same_key = Name { bytes: &names[0], key: table.key(1) };
        assert!(!table.is_named(1, same_key));
    }

    #[test]
    fn a_cursor_at_the_end_sees_what_is_added() {
        let mut table = Table::default();
        let mut cursor = Cursor::default();
        for number in 0..100_u8 {
            assert!(cursor.name(&table).is_none());
            table.push(table.name(&[b'a', number]), &[0; 32], 0);
            assert_eq!(cursor.name(&table), Some([b'a', number].as_slice()));
            assert_eq!(cursor.name(&table), Some([b'a', number].as_slice()));
            cursor.advance();
        }
    }

    proptest! {
        #[test]
        fn only_the_same_name_is_the_same_name(
            names in prop::collection::vec(prop::collection::vec(b'a'..=b'c', 0..6), 1..40),
            other in prop::collection::vec(b'a'..=b'c', 0..6),
        ) {
            let table = filled(&names);
            for (number, name) in (0..).zip(&names) {
                let same_key = Name { bytes: &other, key: table.key(number) };
                prop_assert_eq!(table.is_named(number, same_key), *name == other);
            }
        }

        #[test]
        fn everything_put_in_is_found(
            names in prop::collection::vec(prop::collection::vec(b'a'..=b'c', 0..6), 0..80),
            jumps in prop::collection::vec(0_u32..90, 0..30),
        ) {
            let table = filled(&names);
            let mut twice = Vec::new();
            let index = Index::build(&table, |later, first, name| {
                assert_eq!(name, names[later as usize]);
                twice.push((later, first));
            });
            for (number, name) in names.iter().enumerate() {
                let first = names.iter().position(|other| other == name).unwrap();
                prop_assert_eq!(index.find(&table, table.name(name)), u32::try_from(first).ok());
                let again = (u32::try_from(number).unwrap(), u32::try_from(first).unwrap());
                prop_assert_eq!(first != number, twice.contains(&again));
                prop_assert_eq!(usize::from(table.flags(again.0)), number);
            }
            prop_assert_eq!(index.find(&table, table.name(b"d")), None);
            let mut cursor = Cursor::default();
            for jump in jumps {
                cursor.jump(jump);
                let expected = names.get(jump as usize).map(Vec::as_slice);
                prop_assert_eq!(cursor.name(&table), expected);
                cursor.advance();
                let expected = names.get(jump as usize + 1).map(Vec::as_slice);
                prop_assert_eq!(cursor.name(&table), expected);
            }
        }
    }
}
