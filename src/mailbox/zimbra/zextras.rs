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
    let below_top = folder.is_empty() || folder == b"zextras";
    let server = match file {
        b"backupstat" => true,
        _ if file.strip_prefix(b"map_").is_some_and(is_id) => true,
        _ => folder == b"server" && (above.is_empty() || above == b"zextras"),
    };
    (server && (below_top || folder == b"server" || file.starts_with(b"map_"))).then_some(Name::Server)
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
pub(crate) mod tests {
    use super::*;
    use crate::mailbox::zimbra::content::tests::{content, gzip};
    use crate::mailbox::zimbra::store::fixture::{header, member};
    use crate::verdict::kinds;
    use proptest::prelude::*;

    const ID: &str = "3f38c5be-0000-4000-8000-000000000000";

    pub(crate) fn digest(body: &[u8]) -> Digest {
        Digest::Sha256(content(body).sha256)
    }

    /// The name of the blob with this content, with or without `=`.
    pub(crate) fn name(body: &[u8], padded: bool) -> String {
        let digest = digest(body).to_string();
        let name = if padded { &digest } else { digest.trim_end_matches('=') };
        format!("zextras/items/{}/{name}", &name[..2])
    }

    pub(crate) fn collect(members: &[(String, Vec<u8>)], piece: usize) -> Facts {
        let mut zextras = Zextras::new(&Limits::default());
        for (name, body) in members {
            assert!(zextras.takes(name.as_bytes()), "{name}");
            member(&mut zextras, name, 0, body, piece);
        }
        zextras.finish()
    }

    fn fault(name: String, body: Vec<u8>) -> Option<Wrong> {
        let facts = collect(&[(name, body)], 5);
        assert_eq!(facts.blobs, 1);
        facts.faults.first().map(|fault| fault.what)
    }

    #[test]
    fn blobs_that_are_what_they_are_named_pass() {
        let sha1 = Digest::Sha1(content(b"old").sha1).to_string();
        let members = [
            (name(b"mail", true), gzip(b"mail")),
            (name(b"mail", false), gzip(b"mail")),
            (name(b"plain", true), b"plain".to_vec()),
            (name(b"", true), gzip(b"")),
            (name(&gzip(b"a message that is gzip"), true), gzip(b"a message that is gzip")),
            (format!("./items/{}/{sha1}", &sha1[..2]), gzip(b"old")),
        ];
        let facts = collect(&members, 3);
        assert_eq!((facts.blobs, facts.compared, &facts.faults[..]), (6, 6, &[][..]));
    }

    #[test]
    fn blobs_that_are_not_are_told_apart() {
        assert_eq!(fault(name(b"mail", true), gzip(b"other")), Some(Wrong::Differs(digest(b"other"))));
        assert_eq!(fault(name(b"mail", true), b"other".to_vec()), Some(Wrong::Differs(digest(b"other"))));
        assert_eq!(fault(name(b"mail", true), Vec::new()), Some(Wrong::Empty));
        assert_eq!(fault(name(b"mail", true), gzip(b"")), Some(Wrong::Empty));
        let mut cut = gzip(b"mail");
        cut.pop();
        assert_eq!(fault(name(b"mail", true), cut), Some(Wrong::Gzip(&kinds::GZIP_TRUNCATED)));
        let elsewhere = name(b"mail", true).replace("items/", "items/zz/").replace("zz/bX", "zz");
        let moved = format!("items/zz/{}", elsewhere.rsplit('/').next().unwrap());
        assert_eq!(fault(moved, gzip(b"mail")), Some(Wrong::Folder));
    }

    #[test]
    fn another_compression_is_not_judged() {
        let facts = collect(&[(name(b"mail", true), b"\x28\xb5\x2f\xfd\x00\x00".to_vec())], 1);
        assert_eq!((facts.unknown, facts.compared, facts.faults.len()), (1, 0, 0));
    }

    #[test]
    fn what_is_cut_is_not_read() {
        let mut zextras = Zextras::new(&Limits::default());
        zextras.begin(&header(&name(b"mail", true), Kind::File, 9, 0));
        zextras.data(b"x");
        zextras.end(Body::Cut);
        let facts = zextras.finish();
        assert_eq!((facts.blobs, facts.unread, facts.compared), (1, 1, 0));
    }

    #[test]
    fn the_rest_of_the_path_is_counted() {
        let members: Vec<(String, Vec<u8>)> = [
            (format!("zextras/accounts/{ID}/items/60/260"), &b"x"[..]),
            (format!("./accounts/{ID}/items/61/261"), b""),
            (format!("zextras/map_{ID}"), b"x"),
            ("backupstat".to_owned(), b"x"),
            ("zextras/server/config".to_owned(), b"x"),
            ("items/w5/w5short".to_owned(), b"x"),
        ]
        .map(|(name, body)| (name, body.to_vec()))
        .to_vec();
        let facts = collect(&members, 9);
        assert_eq!((facts.metadata, facts.empty_metadata, facts.accounts), (2, 1, 1));
        assert_eq!((facts.server, facts.strays, facts.blobs), (3, 1, 0));
        for other in
            ["accounts/3f3/8c5/x/meta.xml", "a/server/b", "items/x", "a/backupstat/b", "x/items/ab/cd", ""]
        {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn slicing_changes_nothing(
            bodies in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 0..8),
            piece in 1_usize..60,
        ) {
            let named = |(packed, body): &(bool, Vec<u8>)| {
                (name(b"mail", *packed), if *packed { gzip(body) } else { body.clone() })
            };
            let members: Vec<_> = bodies.iter().map(named).collect();
            prop_assert_eq!(collect(&members, piece), collect(&members, usize::MAX));
        }

        #[test]
        fn any_name_is_taken(name in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = read(&name);
        }
    }
}
