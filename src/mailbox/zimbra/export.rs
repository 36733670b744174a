//! The inside of an account's export: descriptions and bodies in, a mailbox out (Zimbra's `ArchiveFormatter.java`).
//!
//! Input: the members of the export's tar or zip, in order. Output: a [`Mailbox`], and each [`Entry`] to an
//! [`Examiner`]. Invariants: a description and a body belong together if they follow each other under one name, or stand
//! alone under one name each; names are compared and never used as paths; one description and one message at a time are in
//! memory, and 64 MiB of what stands alone.

mod apart;
mod reading;

use apart::Apart;
use reading::Reading;

use super::meta::{self, Described, Meta, MetaError};
use crate::archive::unpack::{Body, Kind, Member, Sink};
use crate::mailbox::message::{Content, Inspector};
use crate::mailbox::{Digest, Folder, ItemKind, Mailbox};
use crate::policy::Limits;
use crate::verdict::{Finding, kinds};

/// Folders of one mailbox, so that descriptions of nothing can't fill the memory.
const MOST_FOLDERS: usize = 100_000;
/// Characters of a folder's path that are kept.
const LONGEST_PATH: usize = 200;
/// Bytes of a body that is held in memory as a whole. Zimbra takes in messages of 10 MB unless it is told otherwise
/// (`zimbraMtaMaxMessageSize`).
pub const LARGEST_TAKEN: u64 = 256 << 20;
/// What stands behind the name of a description.
const META: &[u8] = b".meta";
/// What stands behind the name of a body whose size surprised the server.
const ERR: &[u8] = b".err";

/// One item as it came: its description, its body, or both.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Position in the export of its first member.
    pub index: u64,
    /// The name in the export, without `.meta`; holds subjects, so it is never shown but through
    /// [`crate::archive::unpack::Naming`].
    pub name: &'a [u8],
    /// Its `.meta` byte for byte, where bodies are taken; else empty.
    pub text: &'a [u8],
    /// What its `.meta` says; `None` where there is none.
    pub described: Option<&'a Result<Described, MetaError>>,
    /// What was seen of its body; `None` where there is none.
    pub body: Option<SeenBody>,
    /// A `.err` follows: the server noticed that size and database differ.
    pub err: bool,
}

/// What was seen of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenBody {
    /// Bytes that came.
    pub size: u64,
    /// All bytes that its header announces came.
    pub whole: bool,
    /// SHA-1 where the description states one, else SHA-256.
    pub digest: Digest,
    /// What it is.
    pub content: Content,
    /// Spaces at its end, as a server pads short bodies.
    pub trailing_spaces: u64,
}

impl Entry<'_> {
    /// The description, if it is there and can be read.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta> {
        match self.described {
            Some(Ok(described)) => Some(&described.meta),
            _ => None,
        }
    }

    /// Whether the body is the one whose digest is stated. Without a digest only what needs no body is sound, and a body
    /// then proves nothing.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        match (self.meta(), &self.body) {
            (Some(Meta::Folder(_)), None) => true,
            (Some(Meta::Item(item)), None) => item.digest.is_none() && !item.states_body(),
            (Some(Meta::Item(item)), Some(body)) => {
                body.whole && body.size == item.size && item.digest == Some(body.digest)
            }
            _ => false,
        }
    }
}

/// A body that an examiner asked for, in memory as a whole.
#[derive(Debug)]
pub struct TakenBody<'a> {
    /// The name in the export, as in [`Entry::name`].
    pub name: &'a [u8],
    /// Its description byte for byte; empty where that comes later.
    pub text: &'a [u8],
    /// What the description says, where it came before and can be read.
    pub described: Option<&'a Described>,
    /// What was seen of it.
    pub seen: SeenBody,
    /// SHA-1, where no description says which digest is meant; that of `seen` is then SHA-256.
    pub sha1: Option<Digest>,
    /// All of it, or what came of it.
    pub bytes: Vec<u8>,
}

impl TakenBody<'_> {
    /// Whether it is the body with this digest, all of it.
    #[must_use]
    pub fn has(&self, digest: Digest) -> bool {
        self.seen.whole && (self.seen.digest == digest || self.sha1 == Some(digest))
    }
}

/// Judges the entries of one export as they come, and the mailbox at its end.
pub trait Examiner: Send {
    /// What remains of one export.
    type Verdict: Send;

    /// Whether bodies are taken, so that descriptions are kept in their own words until their bodies come.
    const TAKES_BODIES: bool = false;

    /// Whether the body that begins, of this announced size, is to be handed over as a whole; `described` is what its
    /// description says, nothing where that comes later. What is larger than [`LARGEST_TAKEN`] is never handed over.
    fn takes(&mut self, _described: Option<&Described>, _size: u64) -> bool {
        false
    }

    /// A body that was taken came to its end, or to where the export is cut.
    fn body(&mut self, _taken: TakenBody<'_>) {}

    /// An entry is complete.
    fn entry(&mut self, entry: &Entry<'_>);

    /// Whether nothing more is wanted of the export, which then counts as cut.
    fn has_enough(&self) -> bool {
        false
    }

    /// The export ended, well or not.
    fn finish(self, mailbox: Mailbox) -> Self::Verdict;

    /// Takes from `room`, which all exports of an archive share, the bytes of what remains of one, and drops what finds
    /// none; called in the archive's order.
    fn fit(_verdict: &mut Self::Verdict, _room: &mut usize) {}
}

/// Reads the members of one export. A [`Sink`], so that a walker can feed it.
#[derive(Debug)]
pub struct Export<E> {
    mailbox: Mailbox,
    examiner: E,
    text_size: u64,
    inspector: Inspector,
    current: Current,
    /// The entry that may still get a body or an `.err`.
    pending: Pending,
    apart: Apart,
    /// A description or a message came.
    described: bool,
    too_many_folders: bool,
}

/// What is being read.
#[derive(Debug)]
enum Current {
    Nothing,
    Meta {
        bytes: Vec<u8>,
        too_long: bool,
    },
    Body {
        reading: Reading,
        /// All bytes, where the examiner takes them.
        taken: Option<Vec<u8>>,
    },
}

#[derive(Debug, Default)]
struct Pending {
    index: u64,
    name: Vec<u8>,
    /// The description byte for byte, where bodies are taken.
    text: Vec<u8>,
    described: Option<Result<Described, MetaError>>,
    body: Option<SeenBody>,
    /// SHA-1 of a body of which no description says which digest it has.
    sha1: Option<Digest>,
    err: bool,
    /// Where the item stands in the mailbox, if it is there already.
    place: Option<usize>,
}

impl<E: Examiner> Export<E> {
    /// Whether its examiner wants nothing more.
    pub fn has_enough(&self) -> bool {
        self.examiner.has_enough()
    }

    /// Begins to read the export of `mailbox`, of which account, source and form are known.
    pub fn new(mailbox: Mailbox, examiner: E, limits: &Limits) -> Self {
        Self {
            mailbox,
            examiner,
            text_size: limits.text_size.0,
            inspector: Inspector::new(limits.text_size.0),
            current: Current::Nothing,
            pending: Pending::default(),
            apart: Apart::default(),
            described: false,
            too_many_folders: false,
        }
    }

    /// Whether what came so far looks like an export rather than some other archive.
    #[must_use]
    pub fn is_one(&self) -> bool {
        self.described || self.mailbox.account.contains('@')
    }

    /// Whether all that came so far is a file which is named like a description and was written by something else.
    #[must_use]
    pub fn begins_with_another_file(&self) -> bool {
        let alone =
            self.mailbox.folders.is_empty() && self.mailbox.items.is_empty() && self.mailbox.bodies == 0;
        let other = matches!(
            self.pending.described,
            Some(Err(MetaError::Json | MetaError::Field(meta::VERSION_KEY)))
        );
        alone && other
    }

    /// Ends the reading; `ending` says how the layers around the members ended.
    pub fn finish(mut self, ending: crate::mailbox::Ending, packed_bytes: u64) -> E::Verdict {
        self.complete_all();
        self.mailbox.ending = ending;
        if self.too_many_folders {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, "folders");
            let finding = finding.expected(format!("at most {MOST_FOLDERS} folders in one mailbox"));
            self.mailbox.ending.faults.push(finding.observed("more"));
            self.mailbox.ending.whole = false;
        }
        self.mailbox.packed_bytes = packed_bytes;
        self.examiner.finish(self.mailbox)
    }

    /// Hands the pending entry on, or lets it wait where a half of it may come later.
    fn complete(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut entry = self.joined(pending);
        if entry.lacks().is_none() {
            return self.tell(entry);
        }
        self.place(&mut entry);
        if let Some(second) = self.apart.keep(entry) {
            self.tell(second);
        }
    }

    /// The same at the end, where nothing comes later; the last entry is told last, as a cut may explain it.
    fn complete_all(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let last = self.joined(pending);
        let (alone, untold) = std::mem::take(&mut self.apart).finish();
        self.mailbox.unpaired = untold;
        alone.into_iter().for_each(|entry| self.tell(entry));
        self.tell(last);
    }

    /// The entry with the half that it lacks, if that came before.
    fn joined(&mut self, pending: Pending) -> Pending {
        let other = pending.lacks().and_then(|half| self.apart.take(&pending.name, half));
        self.mailbox.apart += u64::from(other.is_some());
        match other {
            Some(other) => pending.joined(other),
            None => pending,
        }
    }

    /// Gives the item its place in the order of the export.
    fn place(&mut self, entry: &mut Pending) {
        if let (None, Some(Ok(Described { meta: Meta::Item(item), .. }))) = (entry.place, &entry.described) {
            entry.place = Some(self.mailbox.items.len());
            self.mailbox.items.push(*item);
        }
    }

    /// Hands an entry to the examiner and its description to the mailbox.
    fn tell(&mut self, mut told: Pending) {
        if told.described.is_none() && told.body.is_none() {
            return;
        }
        let Pending { index, name, text, described, body, err, .. } = &told;
        let described = described.as_ref();
        let entry = Entry { index: *index, name, text, described, body: *body, err: *err };
        let sound = entry.is_sound();
        self.examiner.entry(&entry);
        self.place(&mut told);
        if let Some(item) = told.place.and_then(|place| self.mailbox.items.get_mut(place)) {
            item.sound = sound;
        }
        if let Some(Ok(Described { meta: Meta::Folder(folder), .. })) = told.described {
            self.keep(folder);
        }
    }

    /// Paths are only shown, so their beginning is enough.
    fn keep(&mut self, folder: Folder) {
        if self.mailbox.folders.len() >= MOST_FOLDERS {
            self.too_many_folders = true;
            return;
        }
        let path = folder.path.chars().take(LONGEST_PATH).collect();
        self.mailbox.folders.push(Folder { path, ..folder });
    }

    fn begin_meta(&mut self, name: &[u8], member: &Member) {
        self.complete();
        self.pending.index = member.index;
        self.pending.name = name.to_vec();
        self.described = true;
        self.current = Current::Meta { bytes: Vec::new(), too_long: member.size > self.text_size };
    }

    fn begin_body(&mut self, member: &Member) {
        let belongs = self.pending.body.is_none()
            && self.pending.described.is_some()
            && self.pending.name == member.name;
        if !belongs {
            self.complete();
            self.pending.index = member.index;
            self.pending.name.clone_from(&member.name);
        }
        let item = match &self.pending.described {
            Some(Ok(Described { meta: Meta::Item(item), .. })) => Some(item),
            _ => None,
        };
        let mail = match item {
            Some(item) => item.kind == ItemKind::Message,
            None => member.name.ends_with(b".eml"),
        };
        self.described |= mail;
        self.inspector.begin(mail);
        let reading = Reading::new(item.and_then(|item| item.digest), self.pending.described.is_some());
        let described = description(&self.pending, &self.apart).0;
        let fits = E::TAKES_BODIES && member.size <= LARGEST_TAKEN;
        let taken = (fits && self.examiner.takes(described, member.size)).then(Vec::new);
        self.current = Current::Body { reading, taken };
    }

    fn end_body(&mut self, reading: Reading, taken: Option<Vec<u8>>, end: Body) {
        self.mailbox.bodies += 1;
        self.mailbox.body_bytes += reading.size();
        self.pending.sha1 = reading.sha1();
        let seen = reading.seen(end == Body::Whole, self.inspector.end());
        self.pending.body = Some(seen);
        if let Some(bytes) = taken {
            let (described, text) = description(&self.pending, &self.apart);
            let Pending { name, sha1, .. } = &self.pending;
            self.examiner.body(TakenBody { name, text, described, seen, sha1: *sha1, bytes });
        }
    }

    /// Holds if a body must follow under this name, so that a document called `x.meta` is no description.
    fn awaits(&self, name: &[u8]) -> bool {
        let states_body = match &self.pending.described {
            Some(Ok(Described { meta: Meta::Item(item), .. })) => item.digest.is_some(),
            _ => false,
        };
        states_body && self.pending.body.is_none() && self.pending.name == name
    }

    /// Holds if `name` is that of the pending body with `.err` behind it.
    fn marks_pending(&self, name: &[u8]) -> bool {
        self.pending.body.is_some() && name.strip_suffix(ERR) == Some(&*self.pending.name)
    }
}

/// The description of the body in `pending`, and its own words: before the body, or waiting apart.
fn description<'a>(pending: &'a Pending, apart: &'a Apart) -> (Option<&'a Described>, &'a [u8]) {
    let described = Some(pending).filter(|pending| pending.described.is_some());
    let described = described.or_else(|| apart.description(&pending.name));
    match described {
        Some(Pending { described: Some(Ok(described)), text, .. }) => (Some(described), text),
        _ => (None, &[]),
    }
}

impl<E: Examiner> Sink for Export<E> {
    fn begin(&mut self, member: &Member) {
        self.current = Current::Nothing;
        if member.kind != Kind::File {
            return;
        }
        if self.awaits(&member.name) {
            self.begin_body(member);
        } else if let Some(name) = member.name.strip_suffix(META) {
            self.begin_meta(name, member);
        } else if member.size == 0 && self.marks_pending(&member.name) {
            self.pending.err = true;
        } else {
            self.begin_body(member);
        }
    }

    fn data(&mut self, piece: &[u8]) {
        match &mut self.current {
            Current::Nothing | Current::Meta { too_long: true, .. } => {}
            // A zip may announce no size, so what comes is counted as well.
            Current::Meta { bytes, too_long } => {
                *too_long = (bytes.len() + piece.len()) as u64 > self.text_size;
                if *too_long {
                    *bytes = Vec::new();
                } else {
                    bytes.extend_from_slice(piece);
                }
            }
            Current::Body { reading, taken } => {
                reading.take(piece);
                self.inspector.data(piece);
                // A zip may announce no size.
                let fits = reading.size() <= LARGEST_TAKEN;
                match taken {
                    Some(taken) if fits => taken.extend_from_slice(piece),
                    _ => *taken = None,
                }
            }
        }
    }

    fn end(&mut self, end: Body) {
        match std::mem::replace(&mut self.current, Current::Nothing) {
            Current::Nothing => {}
            Current::Meta { too_long: true, .. } => self.pending.described = Some(Err(MetaError::TooLong)),
            Current::Meta { .. } if end == Body::Cut => self.pending.described = Some(Err(MetaError::Cut)),
            Current::Meta { bytes, .. } => {
                self.pending.described = Some(meta::parse(&bytes));
                if E::TAKES_BODIES {
                    self.pending.text = bytes;
                }
            }
            Current::Body { reading, taken } => self.end_body(reading, taken, end),
        }
    }
}

#[cfg(test)]
mod tests;
