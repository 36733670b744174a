//! Raw copies of a server: the blobs below `/opt/zimbra/store` and dumps of its databases.
//!
//! Input: members of an archive, in any order. Output: [`Facts`], in which rows and blobs stand side by side.
//! Invariants: what is kept of a blob or row is a few numbers and digests, so memory depends on how many there are and
//! not on their size; what is over `limits.members` is counted; names are never paths.

mod dump;
mod folders;
mod join;
mod mailboxes;
mod name;
pub mod sql;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use super::content::Hashing;
use crate::archive::unpack::{Body as End, Kind, Member, Sink, shown};
use crate::policy::Limits;
use name::{Name, Place};
use sql::{Locator, MailRow, MailboxRow, Records, VolumeRow};
use table::Key;

pub use dump::{Dump, DumpFault};
pub use folders::Folders;
pub use join::{Items, Sides};
pub use mailboxes::{Mailbox, Mailboxes};
pub use table::{Blob, Blobs, Body, Fault, Row, Rows, State};

/// Dumps that are remembered: at most one for each group and a few others.
const MOST_DUMPS: usize = 1_000;
/// Volumes, by the folder they lie in, that are told apart.
const MOST_VOLUMES: u16 = 1_000;
/// Names of stray files that are kept.
const MOST_STRAYS: usize = 20;
/// Volumes of `zimbra.volume` that are kept; a server has a handful.
const MOST_LISTED_VOLUMES: usize = 1_000;
/// In the place of a type: the table states none.
const UNKNOWN: u8 = 0;
/// Types of items that Zimbra never makes without a blob: messages, documents, wiki pages, chats (`Message.java`,
/// `Document.java`). Contacts, appointments and tasks have one only at times; folders, tags, conversations, notes, links
/// and comments never.
const WITH_BLOB: [u8; 4] = [5, 8, 14, 16];

/// What a raw copy holds.
#[derive(Debug, Default)]
pub struct Facts {
    /// Rows that state a blob on a volume.
    pub rows: Rows,
    /// Blobs.
    pub blobs: Blobs,
    /// Dumps, as far as they hold Zimbra's databases or should.
    pub dumps: Vec<Dump>,
    /// Groups (`mboxgroup<N>`) of which a dump is there.
    pub groups: BTreeSet<u32>,
    /// Mailboxes, by number.
    pub mailboxes: Mailboxes,
    /// Folders of the mailboxes.
    pub folders: Folders,
    /// Folders of the server's volumes, by number, as `zimbra.volume` has them.
    pub volumes: BTreeMap<u16, Box<[u8]>>,
    /// Folders of the archive that volumes lie in; blobs name them by number.
    pub places: Vec<Box<[u8]>>,
    /// Rows whose blob lies in an external store.
    pub external: u64,
    /// Rows that state a digest and no place.
    pub unplaced: u64,
    /// Rows whose digest is none.
    pub undigested: u64,
    /// Rows without a digest of items that always have a blob.
    pub bare: u64,
    /// The mailbox, folder and item of the first of them.
    pub first_bare: Option<(u32, u32, u32)>,
    /// Rows without a digest that don't state what they are.
    pub untyped: u64,
    /// Rows and dumps over the limits.
    pub rows_over: u64,
    /// Blobs over `limits.members`.
    pub blobs_over: u64,
    /// Files among the blobs that are none.
    pub strays: u64,
    /// The first of them, harmless on a terminal.
    pub stray_names: Vec<String>,
    /// Files on their way into the store.
    pub temporary: u64,
    /// Tables of the running database (`mail_item.ibd`), which are not read.
    pub tables: u64,
    /// When a row last changed, in seconds since 1970.
    pub newest_change: u64,
    /// When the newest blob was written, in seconds since 1970.
    pub newest_blob: u32,
}

impl Facts {
    /// Holds if nothing of a raw copy was there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blobs.is_empty()
            && self.blobs_over == 0
            && !self.has_dump()
            && !self.dumps.iter().any(Dump::is_zimbras)
    }

    /// Holds if rows of mailboxes were there, or a table that could hold them.
    #[must_use]
    pub fn has_dump(&self) -> bool {
        !self.groups.is_empty()
            || self.mailboxes.iter().any(|(_, mailbox)| mailbox.listed || mailbox.rows > 0)
    }

    /// Takes in a row without a digest.
    fn note_bare(&mut self, row: &MailRow) {
        match row.kind {
            UNKNOWN => self.untyped += 1,
            kind if WITH_BLOB.contains(&kind) => {
                self.bare += 1;
                self.first_bare.get_or_insert((row.mailbox, row.folder, row.item));
            }
            _ => {}
        }
    }

    /// The items that have a row, a blob or both, in the order of mailbox and item.
    #[must_use]
    pub fn items(&self) -> Items<'_> {
        Items::new(self.rows_in_order(), self.blobs_in_order())
    }
}

/// Collects what belongs to a raw copy.
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    hashing: Hashing,
    current: Current,
    taken: Taken,
}

/// What is being read.
#[derive(Debug)]
enum Current {
    Nothing,
    Blob(Blob),
    Dump(Box<dump::Reading>),
}

/// The facts so far, which also take the rows of dumps in.
#[derive(Debug, Default)]
struct Taken {
    facts: Facts,
    most: u64,
}

impl Store {
    /// Prepares to read an archive.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self {
            limits: limits.clone(),
            hashing: Hashing::new(limits),
            current: Current::Nothing,
            taken: Taken { most: limits.members.min(u64::from(u32::MAX / 2)), ..Taken::default() },
        }
    }

    /// Holds for the members this collector reads, whatever folders stand before.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        name::read(name).is_some()
    }

    /// Ends the reading and sorts what was seen.
    #[must_use]
    pub fn finish(mut self) -> Facts {
        self.leave(End::Cut);
        let mut facts = self.taken.facts;
        facts.rows.sort();
        facts.blobs.sort();
        facts
    }

    fn begin_blob(&mut self, place: Place<'_>, member: &Member) {
        let facts = &mut self.taken.facts;
        if u64::from(facts.blobs.len()) >= self.taken.most {
            facts.blobs_over += 1;
            return;
        }
        let blob = Blob::new(self.key(place), member.modified, State::Unread);
        let facts = &mut self.taken.facts;
        facts.newest_blob = facts.newest_blob.max(blob.modified);
        if let Some(mailbox) = facts.mailboxes.entry(place.mailbox) {
            mailbox.note_blob(blob.modified);
        }
        match &member.kind {
            Kind::File => {
                self.hashing.begin(member.size);
                self.current = Current::Blob(blob);
            }
            Kind::HardLink { target } => match name::read(target) {
                Some(Name::Blob(target)) => {
                    let target = self.key(target);
                    self.taken.facts.blobs.push_link(blob, target);
                }
                _ => self.taken.facts.blobs.push(blob),
            },
            _ => self.taken.facts.blobs.push(blob),
        }
    }

    fn key(&mut self, place: Place<'_>) -> Key {
        let places = &mut self.taken.facts.places;
        let known = places.iter().position(|volume| **volume == *place.volume);
        let number = known.unwrap_or_else(|| {
            let room = places.len() < usize::from(MOST_VOLUMES);
            if room {
                places.push(place.volume.into());
            }
            // Those beyond the bound share a number that none has.
            places.len() - usize::from(room)
        });
        (place.mailbox, place.item, place.revision, u16::try_from(number).unwrap_or(MOST_VOLUMES))
    }

    fn leave(&mut self, end: End) {
        let records = &mut self.taken;
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => {}
            Current::Blob(blob) => {
                let seen = self.hashing.end();
                match end {
                    End::Whole => records.facts.blobs.push_read(blob, &seen),
                    End::Cut => records.facts.blobs.push(blob),
                }
            }
            Current::Dump(reading) => {
                let dump = reading.end(end, records);
                records.note(dump);
            }
        }
    }
}

impl Sink for Store {
    fn begin(&mut self, member: &Member) {
        self.leave(End::Cut);
        match (name::read(&member.name), &member.kind) {
            (Some(Name::Blob(place)), Kind::File | Kind::HardLink { .. } | Kind::Unsupported) => {
                self.begin_blob(place, member);
            }
            (Some(Name::Dump { gzip, database }), Kind::File) => {
                let reading =
                    dump::Reading::new(shown(&member.name), member.size, gzip, database, &self.limits);
                self.current = Current::Dump(Box::new(reading));
            }
            (Some(Name::Stray), Kind::File) => self.taken.stray(&member.name),
            (Some(Name::Temporary), _) => self.taken.facts.temporary += 1,
            (Some(Name::Table), _) => self.taken.facts.tables += 1,
            _ => {}
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        match &mut self.current {
            Current::Nothing => {}
            Current::Blob(_) => self.hashing.data(bytes),
            Current::Dump(reading) => reading.data(bytes, &mut self.taken),
        }
    }

    fn end(&mut self, end: End) {
        self.leave(end);
    }
}

impl Taken {
    fn stray(&mut self, name: &[u8]) {
        self.facts.strays += 1;
        if self.facts.stray_names.len() < MOST_STRAYS {
            self.facts.stray_names.push(shown(name));
        }
    }

    fn note(&mut self, dump: Dump) {
        self.facts.groups.extend(&dump.summary.groups);
        if !dump.matters() {
            return;
        }
        if self.facts.dumps.len() < MOST_DUMPS {
            self.facts.dumps.push(dump);
        } else {
            self.facts.rows_over += 1;
        }
    }
}

impl Records for Taken {
    fn mail(&mut self, row: &MailRow) {
        let facts = &mut self.facts;
        facts.newest_change = facts.newest_change.max(row.changed);
        if row.live {
            facts.folders.note(row);
        }
        if let Some(mailbox) = facts.mailboxes.entry(row.mailbox) {
            mailbox.note_row(row.change, row.live);
        }
        match (row.digest, row.locator) {
            (None, _) => facts.note_bare(row),
            (Some(_), Locator::External) => facts.external += 1,
            (Some(_), Locator::None) => facts.unplaced += 1,
            (Some(Err(_)), _) => facts.undigested += 1,
            (Some(Ok(_)), _) if u64::from(facts.rows.len()) >= self.most => facts.rows_over += 1,
            (Some(Ok(digest)), Locator::Volume(volume)) => facts.rows.push(Row::new(row, &digest, volume)),
        }
    }

    fn mailbox(&mut self, row: MailboxRow) {
        if let Some(mailbox) = self.facts.mailboxes.entry(row.id) {
            mailbox.list(row.group, row.account);
        }
    }

    fn volume(&mut self, row: VolumeRow) {
        if self.facts.volumes.len() < MOST_LISTED_VOLUMES {
            self.facts.volumes.insert(row.id, row.path);
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
mod tests;
