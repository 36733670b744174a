//! Exports that a rehearsal wrote, read as those of a backup are.
//!
//! Invariant: what can't be read to its end as an export is an error, never an export with fewer messages.

use std::fs::File;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use super::{Found, Rooms, SandboxError, local};
use crate::mailbox::zimbra::export::{Entry, Examiner, TakenBody};
use crate::mailbox::zimbra::meta::{Described, Meta};
use crate::mailbox::{Item, ItemId, Mailbox};
use crate::network::Cancel;
use crate::policy::Limits;
use crate::restore::folder::Folders;
use crate::restore::maildir::account_name;
use crate::restore::rehearsal::ledger::expected;
use crate::restore::rereading::examine;

const SUFFIX: &str = ".tgz";

/// The rooms of one archive's items in exports.
pub(super) struct Paths(pub(super) usize);

impl Rooms for Paths {
    fn name(&self, account: &str, folder: Option<&str>, id: ItemId) -> String {
        room(&self.0.to_string(), &account_name(account), folder, id)
    }
}

fn room(number: &str, account: &str, folder: Option<&str>, id: ItemId) -> String {
    let folder = folder.map_or_else(|| format!("folder {id}"), |path| path.trim_matches('/').to_owned());
    format!("{number}/{account}/{folder}")
}

/// Reads the messages of one export.
pub(super) fn read_back(
    path: &Path,
    number: &str,
    limits: &Limits,
    cancel: &Cancel,
    each: &mut dyn FnMut(Found),
) -> Result<(), SandboxError> {
    let file = local::name(path);
    let account = file.strip_suffix(SUFFIX).unwrap_or(&file).to_owned();
    let io = |error| SandboxError::io(path, error);
    let mut source = File::open(path).map_err(io)?;
    let seen = match examine(&mut source, limits, cancel, Looking::default) {
        Err(_) if cancel.is_cancelled() => {
            return Err(SandboxError::Other("interrupted; rehearse again".to_owned()));
        }
        seen => seen.map_err(io)?.filter(|seen| seen.whole),
    };
    let broken = || {
        let shown = path.display();
        SandboxError::Other(format!("{shown} can't be read back as an export; look at it after `--keep`"))
    };
    for message in seen.ok_or_else(broken)?.messages {
        let Seen { folder, item, sha256, size } = message;
        each(Found {
            room: room(number, &account, folder.as_deref(), item.map_or(ItemId(0), |item| item.folder)),
            sha256,
            size,
            date: item.map(|item| item.date),
            flags: item.as_ref().map(expected),
        });
    }
    Ok(())
}

/// What was seen of one body.
#[derive(Debug)]
struct Seen {
    folder: Option<String>,
    item: Option<Item>,
    sha256: [u8; 32],
    size: u64,
}

/// What was seen of one export.
#[derive(Debug, Default)]
struct Looking {
    folders: Folders,
    messages: Vec<Seen>,
    whole: bool,
}

impl Examiner for Looking {
    type Verdict = Self;

    const TAKES_BODIES: bool = true;

    fn takes(&mut self, _described: Option<&Described>, _size: u64) -> bool {
        true
    }

    fn body(&mut self, taken: TakenBody<'_>) {
        let item = match taken.described.map(|described| &described.meta) {
            Some(Meta::Item(item)) => Some(*item),
            _ => None,
        };
        let folder = item.and_then(|item| self.folders.of(&item, taken.text));
        let sha256 = digest(&SHA256, &taken.bytes).as_ref().try_into().unwrap_or_default();
        self.messages.push(Seen { folder, item, sha256, size: taken.seen.size });
    }

    fn entry(&mut self, entry: &Entry<'_>) {
        if let Some(Meta::Folder(folder)) = entry.meta() {
            self.folders.keep(folder);
        }
    }

    fn finish(mut self, mailbox: Mailbox) -> Self {
        self.whole = mailbox.ending.whole && mailbox.ending.faults.worst().is_none() && mailbox.unpaired == 0;
        self
    }
}
