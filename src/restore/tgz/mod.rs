//! An export as Zimbra writes it as the place of a restore: what `POST /home/ACCOUNT/?fmt=tgz&resolve=skip` takes in.
//!
//! Input: folders and items. Output: a tgz for each account, with every description and body byte for byte. Invariants: a
//! file has its name only once it is whole; no file that is there is replaced; a folder is described only if all of it is
//! meant to come, since the description states how many items it holds.

mod standing;
mod tree;
mod writer;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, fsync, open, rmdir, statat};
use rustix::io::Errno;

use super::place::{Accounts, KnownFolder};
use super::{Place, PlaceError, Put, Recovered, Selection, maildir, writing};
use crate::network::Cancel;
use crate::policy::Limits;
use standing::Standing;
use tree::Tree;
use writer::{Writer, make_room};

/// Files that are written to at the same time.
const MOST_OPEN: usize = 32;

/// Exports that are being written.
pub struct Tgz {
    folder: PathBuf,
    directory: OwnedFd,
    /// The name of the only file; nothing where each account has one.
    name: Option<String>,
    exports: HashMap<String, (Tree, Option<Writer>)>,
    open: usize,
    /// When it began, in seconds since 1970.
    began: i64,
    /// What comes of the mailboxes, where that is a part.
    part: Option<Selection>,
    /// What of several accounts was there before.
    standing: Standing,
    /// Files that have their names.
    whole: HashSet<String>,
    /// The folder was made for this.
    made: bool,
}

impl Tgz {
    /// Prepares to write the file `path`, or for several accounts a file for each in the folder `path`, which is made if only
    /// it is missing. Of several accounts those whose files are there are passed over.
    ///
    /// # Errors
    /// [`PlaceError`] if the file is there already, the folder can't be written to, or another restore writes to it.
    pub fn create(path: &Path, accounts: Accounts) -> Result<Self, PlaceError> {
        let mut made = false;
        let (folder, name) = match accounts {
            Accounts::Several => {
                made = writing::make(path).map_err(|error| unusable(path, error))?;
                (path.to_owned(), None)
            }
            Accounts::One => {
                let name = path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
                let name = name.ok_or_else(|| unusable(path, Errno::INVAL))?;
                let above = path.parent().filter(|above| !above.as_os_str().is_empty());
                (above.unwrap_or(Path::new(".")).to_owned(), Some(name))
            }
        };
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = open(&folder, flags, Mode::empty()).map_err(|error| unusable(&folder, error))?;
        if accounts == Accounts::Several {
            flock(&directory, FlockOperation::NonBlockingLockExclusive)
                .map_err(|error| unusable(&folder, error))?;
        }
        let mut place = Self {
            folder,
            directory,
            name,
            exports: HashMap::new(),
            open: 0,
            began: Timestamp::now().as_second(),
            part: None,
            standing: Standing::default(),
            whole: HashSet::new(),
            made,
        };
        if let Some(name) = place.name.clone() {
            // What can't be written is found before anything is read.
            place.refuse_to_replace(&name)?;
            let writer = Writer::create(&place.directory, &name, place.began);
            let writer = writer.map_err(|error| place.failed(&name, error))?;
            place.exports.insert(name, (Tree::default(), Some(writer)));
            place.open = 1;
        }
        Ok(place)
    }

    /// Says what of the mailboxes is to come.
    ///
    /// # Errors
    /// [`PlaceError`] if a file that an account needs is somebody else's.
    pub fn of_part(self, part: Selection) -> Result<Self, PlaceError> {
        for account in part.accounts.iter().filter(|_| self.name.is_none()) {
            let name = self.name_of(account);
            make_room(&self.directory, &name).map_err(|error| self.failed(&name, error))?;
        }
        Ok(Self { part: Some(part), ..self })
    }

    /// Reads the files of an earlier restore within these limits, until the run is to end.
    #[must_use]
    pub fn within(self, limits: &Limits, cancel: &Cancel) -> Self {
        Self { standing: Standing::new(limits, cancel), ..self }
    }

    fn refuse_to_replace(&self, name: &str) -> Result<(), PlaceError> {
        match statat(&self.directory, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(self.taken(name)),
            Err(_) => Ok(()),
        }
    }

    fn taken(&self, name: &str) -> PlaceError {
        let shown = self.folder.join(name);
        PlaceError(format!("{} is there already and is not replaced; name another file", shown.display()))
    }

    fn failed(&self, name: &str, error: Errno) -> PlaceError {
        match error {
            Errno::EXIST => self.taken(&format!("{name}.partial")),
            error => unusable(&self.folder.join(name), error),
        }
    }

    fn name_of(&self, account: &str) -> String {
        self.name.clone().unwrap_or_else(|| format!("{}.tgz", maildir::account_name(account)))
    }

    /// What becomes of an item without writing: of several accounts one that has its file is passed over.
    fn passed_over(&mut self, name: &str, item: &Recovered<'_>) -> Option<Put> {
        let begun = self.exports.get(name).is_some_and(|(_, writer)| writer.is_some());
        if begun || self.name.is_some() {
            return None;
        }
        let put = self.standing.put(&self.directory, name, item);
        // What can't be taken away of it is somebody else's.
        let room = make_room(&self.directory, name);
        match (put, room) {
            (None, Err(error @ (Errno::EXIST | Errno::WOULDBLOCK))) => {
                Some(Put::Refused(self.failed(name, error).0))
            }
            (put, _) => put,
        }
    }

    /// The export of an account, open for writing.
    fn export(&mut self, name: &str) -> Result<(&mut Tree, &mut Writer), PlaceError> {
        let closed =
            self.exports.get(name).is_none_or(|(_, writer)| writer.as_ref().is_none_or(Writer::is_closed));
        if closed {
            self.close_many()?;
            self.open += 1;
        }
        let (tree, writer) = self.exports.remove(name).unwrap_or_default();
        let opened = match writer {
            Some(mut writer) => writer.reopen(&self.directory).map(|()| writer),
            None => Writer::create(&self.directory, name, self.began),
        };
        let writer = opened.map_err(|error| self.failed(name, error))?;
        let (tree, writer) =
            self.exports.entry(name.to_owned()).insert_entry((tree, Some(writer))).into_mut();
        match writer {
            Some(writer) => Ok((tree, writer)),
            None => Err(unusable(&self.folder, Errno::NOENT)),
        }
    }

    /// Closes all files, if there are too many.
    fn close_many(&mut self) -> Result<(), PlaceError> {
        if self.open < MOST_OPEN {
            return Ok(());
        }
        for (of, (_, writer)) in &mut self.exports {
            let closed = writer.as_mut().map_or(Ok(()), Writer::close);
            closed.map_err(|error| unusable(&self.folder.join(of), error))?;
        }
        self.open = 0;
        Ok(())
    }
}

impl Place for Tgz {
    fn folder(&mut self, known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        if self.part.as_ref().is_some_and(|part| !part.takes_whole(&known.folder.path)) {
            return Ok(());
        }
        let name = self.name_of(known.account);
        self.exports.entry(name).or_default().0.keep(known);
        Ok(())
    }

    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        if item.text.is_empty() {
            return Ok(Put::Refused("its description is not at hand; restore it into a Maildir".to_owned()));
        }
        let name = self.name_of(item.account);
        if let Some(put) = self.passed_over(&name, item) {
            return Ok(put);
        }
        let path = self.folder.join(&name);
        let (tree, writer) = self.export(&name)?;
        let mut write = || {
            for folder in tree.needed(item.folder.unwrap_or_default()) {
                writer.folder(&folder)?;
            }
            writer.item(item)
        };
        write().map_err(|error| unusable(&path, error))?;
        Ok(Put::Restored)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        let mut ended = Ok(());
        for (name, (_, writer)) in std::mem::take(&mut self.exports) {
            let Some(writer) = writer else { continue };
            let finished = match writer.finish(&self.directory, &name) {
                Ok(true) => {
                    self.whole.insert(name);
                    Ok(())
                }
                Ok(false) => Err(self.taken(&name)),
                Err(error) => Err(unusable(&self.folder.join(name), error)),
            };
            // One that can't be finished keeps no other from it.
            ended = ended.and(finished);
        }
        ended.and(fsync(&self.directory).map_err(|error| unusable(&self.folder, error)))
    }

    fn keeps(&self, account: &str) -> bool {
        self.whole.contains(&self.name_of(account))
    }

    fn withdraw(&mut self) {
        // What can't be taken away is empty.
        let writers = std::mem::take(&mut self.exports).into_values().filter_map(|(_, writer)| writer);
        writers.for_each(|writer| writer.withdraw(&self.directory));
        if self.made {
            let _ = rmdir(&self.folder);
        }
    }
}

fn unusable(path: &Path, error: Errno) -> PlaceError {
    writing::unusable(path, error, "it writes the file anew")
}
