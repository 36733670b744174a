use std::fs;
use std::path::{Path, PathBuf};

use super::local::Held;
use super::{Contents, Found, Rooms, Sandbox, SandboxError, exports, levels, local};
use crate::live::maildir::Maildir;
use crate::live::{Folder, Terms};
use crate::mailbox::ItemId;
use crate::policy::Limits;
use crate::restore::maildir::{account_name, folder_name};
use crate::restore::rehearsal::Root;
use crate::restore::{self, Accounts, Place};

/// A sandbox that is a folder on this machine: for Maildirs, or for exports that Zimbra imports.
#[derive(Debug)]
pub struct FolderSandbox {
    kind: Kind,
    address: String,
    folder: PathBuf,
    terms: Terms,
    limits: Limits,
    /// Held while a rehearsal is at work.
    lock: Option<fs::File>,
    /// The folder that was let in.
    held: Option<Held>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Maildirs,
    Exports,
}

impl FolderSandbox {
    /// A Maildir for each account below `folder`.
    #[must_use]
    pub fn maildirs(folder: &Path, terms: Terms, limits: &Limits) -> Self {
        Self::new(Kind::Maildirs, format!("maildir://{}", folder.display()), folder, terms, limits)
    }

    /// An export for each account below `folder`.
    #[must_use]
    pub fn exports(folder: &Path, terms: Terms, limits: &Limits) -> Self {
        Self::new(Kind::Exports, format!("file://{}", folder.display()), folder, terms, limits)
    }

    fn new(kind: Kind, address: String, folder: &Path, terms: Terms, limits: &Limits) -> Self {
        let (folder, limits) = (folder.to_owned(), limits.clone());
        Self { kind, address, folder, terms, limits, lock: None, held: None }
    }

    /// Hours lie between the guard and what comes after it.
    fn is_the_same(&self) -> Result<(), SandboxError> {
        self.held.as_ref().map_or(Ok(()), |held| held.is_at(&self.folder))
    }

    /// Reads what one account has below the folder of one archive.
    fn read_account(
        &self,
        number: &str,
        path: &Path,
        each: &mut dyn FnMut(Found),
    ) -> Result<(), SandboxError> {
        let account = local::name(path);
        match self.kind {
            Kind::Exports => exports::read_back(path, number, &self.limits, &self.terms.cancel, each),
            Kind::Maildirs => {
                // Where nothing was in the inbox, the folder lacks what makes it a Maildir.
                ["cur", "new", "tmp"].iter().try_for_each(|part| local::make(&path.join(part)))?;
                let mut maildir = Maildir::open(path, self.terms.clone())?;
                let room = |folder: &Folder| {
                    Some(maildir_room(number, &account, &String::from_utf8_lossy(&folder.raw)))
                };
                Ok(levels::read_folders(&mut maildir, &room, each)?)
            }
        }
    }
}

/// By the names of the directories, which are the same in every run.
fn maildir_room(number: &str, account: &str, directory: &str) -> String {
    format!("{number}/{account}/{directory}")
}

/// The rooms of one archive's items in Maildirs.
struct Directories(usize);

impl Rooms for Directories {
    fn name(&self, account: &str, folder: Option<&str>, id: ItemId) -> String {
        maildir_room(&self.0.to_string(), &account_name(account), &folder_name(folder, id))
    }
}

impl Sandbox for FolderSandbox {
    fn address(&self) -> &str {
        &self.address
    }

    fn contents(&mut self) -> Result<Contents, SandboxError> {
        if self.held.is_none() && self.folder.exists() {
            self.held = Some(Held::open(&self.folder)?);
        }
        let contents = local::contents(&self.folder)?;
        if contents.marked_for.is_some() && self.lock.is_none() {
            self.lock = Some(local::occupy(&self.folder)?);
        }
        self.is_the_same()?;
        Ok(contents)
    }

    fn mark(&mut self, account: &str) -> Result<(), SandboxError> {
        fs::create_dir_all(&self.folder).map_err(|error| SandboxError::io(&self.folder, error))?;
        local::mark(&self.folder, account)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        self.is_the_same()?;
        let own = self.folder.join(root.as_str());
        local::make(&own)?;
        let path = own.join(number.to_string());
        Ok(match self.kind {
            Kind::Maildirs => Box::new(restore::Maildir::open(&path, Accounts::Several)?),
            Kind::Exports => Box::new(restore::Tgz::create(&path, Accounts::Several)?),
        })
    }

    fn rooms(&self, number: usize) -> Box<dyn Rooms> {
        match self.kind {
            Kind::Maildirs => Box::new(Directories(number)),
            Kind::Exports => Box::new(exports::Paths(number)),
        }
    }

    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError> {
        self.is_the_same()?;
        let own = self.folder.join(root.as_str());
        for archive in local::entries(&own)? {
            let number = local::name(&archive);
            for account in local::entries(&archive)? {
                self.read_account(&number, &account, each)?;
            }
        }
        Ok(())
    }

    fn clean(&mut self, root: &Root) -> Result<(), SandboxError> {
        self.is_the_same()?;
        local::remove(&self.folder.join(root.as_str()))
    }
}
