//! What the exports of an earlier restore hold of what is restored again.
//!
//! Input: a file that has the name of an account's export, and items. Output: whether each is in it, with the description
//! byte for byte and the body that this states. Invariants: nothing is written; of at most two million items it is
//! remembered that they are there.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::ErrorKind;

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;

use crate::mailbox::zimbra::export::{Entry, Examiner};
use crate::mailbox::zimbra::meta::Meta;
use crate::mailbox::{ItemId, Mailbox};
use crate::network::Cancel;
use crate::policy::Limits;
use crate::restore::rereading::examine;
use crate::restore::{Put, Recovered};

/// A FIFO is opened without waiting for who writes to it.
const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);
/// Items that are remembered; the exports that hold others are read again.
const MOST_REMEMBERED: usize = 2_000_000;

/// The exports that were there before.
#[derive(Debug, Default)]
pub(super) struct Standing {
    limits: Limits,
    cancel: Cancel,
    known: HashMap<String, Holds>,
}

/// What an export holds, by marks of its items; or why that can't be told.
type Holds = Result<HashSet<[u8; 16]>, &'static str>;

impl Standing {
    /// Reads within these limits, until the run is to end.
    pub(super) fn new(limits: &Limits, cancel: &Cancel) -> Self {
        Self { limits: limits.clone(), cancel: cancel.clone(), known: HashMap::new() }
    }

    /// What becomes of an item whose export would have this name; nothing if there is no such file.
    pub(super) fn put(&mut self, directory: &OwnedFd, name: &str, item: &Recovered<'_>) -> Option<Put> {
        if !self.known.contains_key(name) {
            let holds = self.look(directory, name)?;
            let remembered: usize = self.known.values().flatten().map(HashSet::len).sum();
            if remembered >= MOST_REMEMBERED {
                self.known.clear();
            }
            self.known.insert(name.to_owned(), holds);
        }
        let refused = |why| Put::Refused(format!("{name} is there already {why}"));
        Some(match self.known.get(name)? {
            Ok(marks) if marks.contains(&mark(item.item.id, item.text)) => Put::AlreadyThere,
            Ok(_) => refused("without it and is not replaced; restore into another folder"),
            Err(why) => refused(why),
        })
    }

    fn look(&self, directory: &OwnedFd, name: &str) -> Option<Holds> {
        let no_export = "and is no export that can be read; move it away, or restore into another folder";
        let mut file = match openat(directory, name, READ, Mode::empty()) {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return None,
            Err(_) => return Some(Err(no_export)),
        };
        if !file.metadata().is_ok_and(|found| found.is_file()) {
            return Some(Err(no_export));
        }
        Some(match examine(&mut file, &self.limits, &self.cancel, Marking::default) {
            Ok(Some(Marking { marks, whole: true })) => Ok(marks),
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                Err("and was not looked into before the end; run the same restore again")
            }
            Ok(_) | Err(_) => Err(no_export),
        })
    }
}

/// What an item is known again by. The description states the body's size and digest.
fn mark(item: ItemId, text: &[u8]) -> [u8; 16] {
    let mut mark = [0; 16];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&item.0.to_le_bytes()).update(text).finalize_xof().fill(&mut mark);
    mark
}

/// Takes the marks of what is sound in one export.
#[derive(Debug, Default)]
struct Marking {
    marks: HashSet<[u8; 16]>,
    whole: bool,
}

impl Examiner for Marking {
    type Verdict = Self;

    // So that descriptions come in their own words.
    const TAKES_BODIES: bool = true;

    fn entry(&mut self, entry: &Entry<'_>) {
        if let Some(Meta::Item(item)) = entry.meta().filter(|_| entry.is_sound()) {
            self.marks.insert(mark(item.id, entry.text));
        }
    }

    fn finish(self, mailbox: Mailbox) -> Self {
        Self { whole: mailbox.ending.whole, ..self }
    }
}
