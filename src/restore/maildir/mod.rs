//! A Maildir on this machine as the place of a restore, with folders as Dovecot and Courier have them (Maildir++).
//!
//! Input: items. Output: files, one for each message, whose names are the same in every run. Invariants: what is there is
//! neither overwritten nor doubled; a message is there whole or not at all; nothing is written outside of the directory.

mod directory;
mod name;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use directory::{Before, Folder, Wanted, enter};
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fsync, open, rmdir, statat, unlinkat};
use rustix::io::Errno;

use super::{Accounts, Place, PlaceError, Put, Recovered, writing};
use crate::mailbox::ItemKind;
pub(super) use name::{account as account_name, folder as folder_name};

/// Folders that are held open at the same time, three descriptors each.
const MOST_OPEN: usize = 64;
/// Names that are tried for a message whose name another file has.
const MOST_NAMES: u32 = 10;
/// What a Maildir consists of.
const PARTS: [&str; 3] = ["tmp", "cur", "new"];

/// Keeps other restores away, as long as the descriptor lives.
fn occupy(directory: &OwnedFd) -> Result<(), Errno> {
    flock(directory, FlockOperation::NonBlockingLockExclusive)
}

/// A directory of Maildirs.
#[derive(Debug)]
pub struct Maildir {
    path: PathBuf,
    root: OwnedFd,
    accounts: Accounts,
    /// The directory itself was made for this, and these parts of it.
    made: (bool, Vec<&'static str>),
    /// By account directory and folder directory.
    folders: HashMap<(String, String), Known>,
    open: usize,
    /// The directories of accounts with open folders, locked: each may be the place of another restore.
    occupied: HashMap<String, OwnedFd>,
}

/// A folder that something was put into.
#[derive(Debug)]
struct Known {
    before: Before,
    folder: Option<Folder>,
}

impl Maildir {
    /// Opens the directory, and makes it if only it is missing.
    ///
    /// # Errors
    /// [`PlaceError`] if it can't be written to, or another restore writes to it.
    pub fn open(path: &Path, accounts: Accounts) -> Result<Self, PlaceError> {
        let failed = |error| unusable(path, error);
        let made = writing::make(path).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty()).map_err(failed)?;
        occupy(&root).map_err(failed)?;
        let is_missing =
            |part: &&str| statat(&root, *part, AtFlags::SYMLINK_NOFOLLOW).err() == Some(Errno::NOENT);
        let parts = PARTS.into_iter().filter(|part| accounts == Accounts::One && is_missing(part)).collect();
        // What can't be written to is found before anything is read.
        if accounts == Accounts::One {
            Folder::open(&root, "").map_err(failed)?;
        } else {
            rustix::fs::accessat(&root, ".", rustix::fs::Access::WRITE_OK, rustix::fs::AtFlags::empty())
                .map_err(failed)?;
        }
        let made = (made, parts);
        Ok(Self {
            path: path.to_owned(),
            root,
            accounts,
            made,
            folders: HashMap::new(),
            open: 0,
            occupied: HashMap::new(),
        })
    }

    /// The folder that an item belongs into.
    fn folder(&mut self, item: &Recovered<'_>) -> Result<&Known, Errno> {
        let account = match self.accounts {
            Accounts::One => String::new(),
            Accounts::Several => name::account(item.account),
        };
        let key = (account, name::folder(item.folder, item.item.folder));
        let closed = self.folders.get(&key).is_none_or(|known| known.folder.is_none());
        if closed {
            if self.open >= MOST_OPEN {
                self.close_all()?;
            }
            let folder = self.open_folder(&key)?;
            self.open += 1;
            if let Some(known) = self.folders.get_mut(&key) {
                known.folder = Some(folder);
            } else {
                let before = folder.look()?;
                self.folders.insert(key.clone(), Known { before, folder: Some(folder) });
            }
        }
        self.folders.get(&key).ok_or(Errno::NOENT)
    }

    fn close_all(&mut self) -> Result<(), Errno> {
        for known in self.folders.values_mut() {
            if let Some(folder) = known.folder.take() {
                folder.sync()?;
            }
        }
        (self.open, self.occupied) = (0, HashMap::new());
        Ok(())
    }

    fn open_folder(&mut self, (account, folder): &(String, String)) -> Result<Folder, Errno> {
        if account.is_empty() {
            return Folder::open(&self.root, folder);
        }
        if let Some(directory) = self.occupied.get(account) {
            return Folder::open(directory, folder);
        }
        let directory = enter(&self.root, account)?;
        occupy(&directory)?;
        let folder = Folder::open(&directory, folder)?;
        self.occupied.insert(account.clone(), directory);
        Ok(folder)
    }

    fn write(&mut self, item: &Recovered<'_>) -> Result<Put, Errno> {
        let flags = name::flags(item.item);
        let Known { before, folder: Some(folder) } = self.folder(item)? else { return Err(Errno::NOENT) };
        for number in 0..MOST_NAMES {
            let unique = name::file(item.item, item.body, number);
            let wanted = Wanted {
                unique: &unique,
                flags: &flags,
                body: item.body,
                digest: item.item.digest,
                date: item.item.date,
            };
            if folder.has(&wanted, before)? {
                return Ok(Put::AlreadyThere);
            }
            if folder.write(&wanted)? {
                return Ok(Put::Restored);
            }
        }
        Ok(Put::Refused("other files have its name; restore into an empty folder".to_owned()))
    }
}

impl Place for Maildir {
    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        if !matches!(item.item.kind, ItemKind::Message | ItemKind::Chat) {
            return Ok(Put::Refused(
                "a Maildir holds messages only; restore the others with --to FILE.tgz, or leave them out with --kind \
                 message"
                    .to_owned(),
            ));
        }
        match self.write(item) {
            Ok(put) => Ok(put),
            Err(Errno::NAMETOOLONG) => {
                Ok(Put::Refused("its name is too long for this file system; restore into another".to_owned()))
            }
            Err(Errno::WOULDBLOCK) => {
                Err(unusable(&self.path.join(name::account(item.account)), Errno::WOULDBLOCK))
            }
            Err(error) => Err(unusable(&self.path, error)),
        }
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        let sync = || {
            // Those that were closed were made sure then.
            for ((account, _), known) in &self.folders {
                known.folder.as_ref().map_or(Ok(()), Folder::sync)?;
                if !account.is_empty() {
                    fsync(enter(&self.root, account)?)?;
                }
            }
            fsync(&self.root)
        };
        sync().map_err(|error| unusable(&self.path, error))
    }

    fn withdraw(&mut self) {
        // A directory that is not empty stays.
        let (made, parts) = &self.made;
        for part in parts {
            let _ = unlinkat(&self.root, *part, AtFlags::REMOVEDIR);
        }
        if *made {
            let _ = rmdir(&self.path);
        }
    }
}

fn unusable(path: &Path, error: Errno) -> PlaceError {
    writing::unusable(path, error, "what is there stays, and it goes on where it stopped")
}
