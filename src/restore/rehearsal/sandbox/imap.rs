use std::cell::Cell;
use std::collections::VecDeque;

use secrecy::SecretString;

use super::levels::{self, Levels};
use super::{Contents, Found, Rooms, Sandbox, SandboxError};
use crate::live::imap::{Access, Imap};
use crate::live::{Folders, LiveError, Terms, access_of};
use crate::policy::Rehearsal;
use crate::restore::imap::sandbox as folders;
use crate::restore::rehearsal::Root;
use crate::restore::{ImapPlace, KnownFolder, Place, PlaceError, Put, Recovered, Settled};

/// The folder that proves that a mailbox is a sandbox.
const MARKER: &str = "mailproof-sandbox";
/// Accounts of one archive that are put at the same time, each by a connection of its own.
const MOST_OPEN: usize = 4;

/// A sandbox that is a mailbox on an IMAP server.
pub struct ImapSandbox {
    address: String,
    account: String,
    access: Access,
    terms: Terms,
}

impl ImapSandbox {
    /// The mailbox that `rules` names; `password` is that of who logs in.
    ///
    /// # Errors
    /// In words, if the policy was not validated.
    pub fn new(rules: &Rehearsal, password: Option<SecretString>, terms: Terms) -> Result<Self, String> {
        let (scheme, rest) = rules.to.split_once("://").unwrap_or_default();
        let mut access = access_of(&rules.server(), scheme, rest, password)?;
        if access.login.user != rules.account {
            access.login.mailbox = Some(rules.account.clone());
        }
        Ok(Self { address: rules.to.clone(), account: rules.account.clone(), access, terms })
    }

    fn open(&self) -> Result<Imap, LiveError> {
        Imap::new(self.access.clone(), self.terms.clone())
    }
}

impl Sandbox for ImapSandbox {
    fn address(&self) -> &str {
        &self.address
    }

    fn contents(&mut self) -> Result<Contents, SandboxError> {
        Ok(levels::contents(&mut self.open()?, (MARKER, &self.account))?)
    }

    fn mark(&mut self, _account: &str) -> Result<(), SandboxError> {
        Ok(folders::make(&mut self.open()?, MARKER)?)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        Ok(Box::new(Accounts {
            sandbox: self,
            above: format!("{root}/{number}"),
            open: VecDeque::new(),
            answers: Vec::new(),
        }))
    }

    fn rooms(&self, number: usize) -> Box<dyn Rooms> {
        Box::new(Levels(number))
    }

    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError> {
        Ok(levels::read_back(&mut self.open()?, root, each)?)
    }

    fn clean(&mut self, root: &Root) -> Result<(), SandboxError> {
        let mut imap = self.open()?;
        let mut below = levels::below(&imap.folders()?, root);
        // What lies deeper goes first.
        below.sort_unstable_by_key(|name| std::cmp::Reverse(name.len()));
        Ok(folders::remove(&mut imap, &below, &Cell::default())?)
    }
}

/// A place for each account of an archive; those that were used least lately are closed when others come.
struct Accounts<'a> {
    sandbox: &'a ImapSandbox,
    above: String,
    open: VecDeque<(Box<str>, ImapPlace)>,
    answers: Vec<Settled>,
}

impl Accounts<'_> {
    fn of(&mut self, account: &str) -> Result<&mut ImapPlace, PlaceError> {
        let known = self.open.iter().position(|(open, _)| **open == *account);
        let entry = match known.and_then(|place| self.open.remove(place)) {
            Some(entry) => entry,
            None => {
                if self.open.len() >= MOST_OPEN
                    && let Some((_, mut oldest)) = self.open.pop_front()
                {
                    oldest.finish()?;
                    self.answers.append(&mut oldest.settled());
                }
                let root = format!("{}/{account}", self.above);
                let (access, terms) = (self.sandbox.access.clone(), self.sandbox.terms.clone());
                let place = ImapPlace::new(access, terms, Some(&root));
                (account.into(), place.map_err(|error| PlaceError(error.to_string()))?)
            }
        };
        self.open.push_back(entry);
        let newest = self.open.back_mut().map(|(_, place)| place);
        newest.ok_or_else(|| PlaceError("no place for an account; report this".to_owned()))
    }
}

impl Place for Accounts<'_> {
    fn folder(&mut self, known: &KnownFolder<'_>) -> Result<(), PlaceError> {
        self.of(known.account)?.folder(known)
    }

    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        self.of(item.account)?.put(item)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.open.iter_mut().try_for_each(|(_, place)| place.finish())
    }

    fn settled(&mut self) -> Vec<Settled> {
        let mut answers = std::mem::take(&mut self.answers);
        answers.extend(self.open.iter_mut().flat_map(|(_, place)| place.settled()));
        answers
    }
}
