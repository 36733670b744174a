use std::fs;
use std::path::{Path, PathBuf};

use super::levels::{self, Levels};
use super::{Contents, Found, Rooms, Sandbox, SandboxError, delivery, local};
use crate::live::Terms;
use crate::live::maildir::Maildir;
use crate::restore::Place;
use crate::restore::rehearsal::Root;

/// A sandbox that is a Maildir with its folders (Maildir++).
#[derive(Debug)]
pub struct MaildirSandbox {
    address: String,
    folder: PathBuf,
    terms: Terms,
    /// Held while a rehearsal is at work.
    lock: Option<fs::File>,
}

/// What makes a folder a Maildir.
const PARTS: [&str; 3] = ["cur", "new", "tmp"];

impl MaildirSandbox {
    /// The Maildir in `folder`, which need not be one before it is marked.
    #[must_use]
    pub fn new(folder: &Path, terms: Terms) -> Self {
        let address = format!("maildir://{}", folder.display());
        Self { address, folder: folder.to_owned(), terms, lock: None }
    }

    fn open(&self) -> Result<Maildir, SandboxError> {
        Ok(Maildir::open(&self.folder, self.terms.clone())?)
    }

    /// What lies in a folder that is no Maildir.
    fn strange(&self) -> Result<Contents, SandboxError> {
        let names = local::names(&self.folder)?.unwrap_or_default();
        let others = names.iter().filter(|name| *name != local::MARKER).count();
        let others = (others > 0).then(|| format!("{others} file(s) of a folder that is no Maildir"));
        Ok(Contents { others: others.into_iter().collect(), ..Contents::default() })
    }
}

impl Sandbox for MaildirSandbox {
    fn address(&self) -> &str {
        &self.address
    }

    fn contents(&mut self) -> Result<Contents, SandboxError> {
        if PARTS[..2].iter().any(|part| !self.folder.join(part).is_dir()) {
            return self.strange();
        }
        let contents = levels::contents(&mut self.open()?, None)?;
        let marked_for = local::marked_for(&self.folder)?;
        if marked_for.is_some() && self.lock.is_none() {
            self.lock = Some(local::occupy(&self.folder)?);
        }
        Ok(Contents { marked_for, ..contents })
    }

    fn mark(&mut self, account: &str) -> Result<(), SandboxError> {
        for part in PARTS {
            let path = self.folder.join(part);
            fs::create_dir_all(&path).map_err(|error| SandboxError::io(&path, error))?;
        }
        local::mark(&self.folder, account)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        Ok(Box::new(delivery::Delivery::new(&self.folder, root, number)))
    }

    fn rooms(&self, number: usize) -> Box<dyn Rooms> {
        Box::new(Levels(number))
    }

    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError> {
        Ok(levels::read_back(&mut self.open()?, root, each)?)
    }

    fn clean(&mut self, root: &Root) -> Result<(), SandboxError> {
        for name in local::names(&self.folder)?.unwrap_or_default() {
            let below = name.to_str().and_then(|name| name.strip_prefix('.')?.strip_prefix(root.as_str()));
            if below.is_some_and(|below| below.is_empty() || below.starts_with('.')) {
                local::remove(&self.folder.join(name))?;
            }
        }
        Ok(())
    }
}
