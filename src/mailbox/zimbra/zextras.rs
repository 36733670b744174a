//! The path of Zextras, NG and Carbonio Backup: blobs under their own digests, and metadata of items.
//!
//! Input: members `items/<first 2>/<digest>` and `accounts/<zimbraId>/…`. Output: which blobs are not what their names
//! say. Invariant: nothing is concluded from metadata, whose form is not documented
//! (<https://wiki.zimbra.com/wiki/Zimbra_NG_Modules/Zimbra_NG_Backup/Store>).

use std::collections::BTreeSet;

use super::content::{Hashing, Seen, Unpacked};
use crate::archive::decompress::name_of;
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::mailbox::Digest;
use crate::policy::Limits;
use crate::verdict;

/// Faults that are kept in full; more are counted.
const MOST_FAULTS: usize = 100_000;
/// Accounts that are told apart.
const MOST_ACCOUNTS: usize = 1_000_000;
/// Bytes of a blob that tell how else it may be compressed.
const HEAD: usize = 8;

/// What a backup path holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Blobs.
    pub blobs: u64,
    /// Blobs that were compared with their names, whatever the result.
    pub compared: u64,
    /// Blobs inside which the archive was cut, or whose kind of member holds no content.
    pub unread: u64,
    /// Blobs compressed in a way that is not known of such a path.
    pub unknown: u64,
    /// Files among the blobs whose names are no digests.
    pub strays: u64,
    /// What is wrong with blobs, in the order of the archive.
    pub faults: Vec<Fault>,
    /// Further ones.
    pub faults_over: u64,
    /// Files with metadata of items.
    pub metadata: u64,
    /// Those of them that have no byte.
    pub empty_metadata: u64,
    /// Accounts with metadata.
    pub accounts: u64,
    /// `map_<server_id>`, `backupstat` and files of the server.
    pub server: u64,
}

/// A blob that is not what its name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The digest that is its name.
    pub stated: Digest,
    /// Its bytes, as stored.
    pub bytes: u64,
    /// What is wrong.
    pub what: Wrong,
}

/// What is wrong with a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// Its content has another digest.
    Differs(Digest),
    /// It lies in a folder that its name does not begin with.
    Folder,
    /// Its gzip is broken.
    Gzip(&'static verdict::Kind),
    /// It has no byte, or unpacks to none.
    Empty,
    /// It unpacks to more than the limits allow.
    OverLimit,
}

/// What a member is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Name<'a> {
    Blob { stated: Digest, folder: bool },
    Stray,
    Metadata { account: &'a [u8] },
    Server,
}

/// Collects what belongs to a backup path.
#[derive(Debug)]
pub struct Zextras {
    hashing: Hashing,
    current: Option<Reading>,
    accounts: BTreeSet<Box<[u8]>>,
    facts: Facts,
}

/// The blob that is being read.
#[derive(Debug)]
struct Reading {
    stated: Digest,
    folder: bool,
    head: Vec<u8>,
}

impl Zextras {
    /// Prepares to read an archive.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let hashing = Hashing::new(limits);
        Self { hashing, current: None, accounts: BTreeSet::new(), facts: Facts::default() }
    }

    /// Holds for the members this collector reads, whatever folders stand before.
    #[must_use]
    pub fn takes(&self, name: &[u8]) -> bool {
        read(name).is_some()
    }

    /// Ends the reading.
    #[must_use]
    pub fn finish(mut self) -> Facts {
        self.leave(Body::Cut);
        self.facts.accounts = self.accounts.len() as u64;
        self.facts
    }

    fn leave(&mut self, end: Body) {
        let Some(reading) = self.current.take() else { return };
        let seen = self.hashing.end();
        if end == Body::Cut {
            self.facts.unread += 1;
            return;
        }
        match judge(&reading, &seen) {
            Judged::Unknown => self.facts.unknown += 1,
            Judged::Sound => self.facts.compared += 1,
            Judged::Wrong(what) => {
                self.facts.compared += 1;
                let fault = Fault { stated: reading.stated, bytes: seen.stored.size, what };
                if self.facts.faults.len() < MOST_FAULTS {
                    self.facts.faults.push(fault);
                } else {
                    self.facts.faults_over += 1;
                }
            }
        }
    }

    fn begin_blob(&mut self, stated: Digest, folder: bool, member: &Member) {
        self.facts.blobs += 1;
        if member.kind == Kind::File {
            self.hashing.begin(member.size);
            self.current = Some(Reading { stated, folder, head: Vec::new() });
        } else {
            self.facts.unread += 1;
        }
    }

    fn note_metadata(&mut self, account: &[u8], size: u64) {
        self.facts.metadata += 1;
        self.facts.empty_metadata += u64::from(size == 0);
        if self.accounts.len() < MOST_ACCOUNTS && !self.accounts.contains(account) {
            self.accounts.insert(account.into());
        }
    }
}

enum Judged {
    Sound,
    Wrong(Wrong),
    Unknown,
}

fn judge(reading: &Reading, seen: &Seen) -> Judged {
    let stated = &reading.stated;
    let content = match seen.unpacked {
        Unpacked::Whole(content) => content,
        _ => seen.stored,
    };
    if content.is(stated) || seen.stored.is(stated) {
        return if reading.folder { Judged::Sound } else { Judged::Wrong(Wrong::Folder) };
    }
    match seen.unpacked {
        _ if content.size == 0 => Judged::Wrong(Wrong::Empty),
        Unpacked::Broken(kind) => Judged::Wrong(Wrong::Gzip(kind)),
        Unpacked::OverLimit => Judged::Wrong(Wrong::OverLimit),
        Unpacked::NotGzip if is_compressed(&reading.head) => Judged::Unknown,
        _ => Judged::Wrong(Wrong::Differs(content.digest(stated))),
    }
}

/// Whether a later version may have compressed it in another way.
fn is_compressed(head: &[u8]) -> bool {
    matches!(name_of(head), Some("a zstd stream" | "an xz stream" | "a bzip2 stream" | "an lz4 stream"))
}

impl Sink for Zextras {
    fn begin(&mut self, member: &Member) {
        self.leave(Body::Cut);
        if matches!(member.kind, Kind::Directory) {
            return;
        }
        match read(&member.name) {
            Some(Name::Blob { stated, folder }) => self.begin_blob(stated, folder, member),
            Some(Name::Metadata { account }) => self.note_metadata(account, member.size),
            Some(Name::Stray) => self.facts.strays += 1,
            Some(Name::Server) => self.facts.server += 1,
            None => {}
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        if let Some(reading) = &mut self.current {
            let room = HEAD - reading.head.len();
            reading.head.extend_from_slice(&bytes[..bytes.len().min(room)]);
            self.hashing.data(bytes);
        }
    }

    fn end(&mut self, end: Body) {
        self.leave(end);
    }
}

fn read(name: &[u8]) -> Option<Name<'_>> {
    let mut parts = name.rsplit(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
    let [file, folder, above, account, accounts] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    if above == b"items" && accounts == b"accounts" && is_id(account) {
        return (!file.is_empty()).then_some(Name::Metadata { account });
    }
    if above == b"items" && folder.len() == 2 {
        return match Digest::named(file) {
            Ok(stated) => Some(Name::Blob { stated, folder: file.starts_with(folder) }),
            Err(_) => file.starts_with(folder).then_some(Name::Stray),
        };
    }
    let is_top = |part: &[u8]| part.is_empty() || part == b"zextras";
    let server = match file {
        b"backupstat" => is_top(folder),
        _ if file.strip_prefix(b"map_").is_some_and(is_id) => true,
        _ => folder == b"server" && is_top(above),
    };
    server.then_some(Name::Server)
}

/// Holds for a `zimbraId` or the id of a server: a UUID.
fn is_id(text: &[u8]) -> bool {
    let at = |place: usize| matches!(place, 8 | 13 | 18 | 23);
    text.len() == 36
        && text
            .iter()
            .enumerate()
            .all(|(place, byte)| if at(place) { *byte == b'-' } else { byte.is_ascii_hexdigit() })
}

#[cfg(test)]
pub(crate) mod tests;
