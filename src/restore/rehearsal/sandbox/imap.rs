use std::cell::Cell;

use secrecy::SecretString;

use super::accounts::{Accounts, most_open};
use super::levels::{self, Levels};
use super::{Contents, Found, Rooms, Sandbox, SandboxError};
use crate::live::imap::{Access, Imap};
use crate::live::{Folders, LiveError, Terms, access_of};
use crate::policy::Rehearsal;
use crate::restore::imap::sandbox as folders;
use crate::restore::rehearsal::Root;
use crate::restore::{ImapPlace, Place, PlaceError};

/// A sandbox that is a mailbox on an IMAP server.
pub struct ImapSandbox {
    address: String,
    account: String,
    access: Access,
    terms: Terms,
    most_open: usize,
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
        let most_open = most_open(rules);
        Ok(Self { address: rules.to.clone(), account: rules.account.clone(), access, terms, most_open })
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
        Ok(levels::contents(&mut self.open()?, &self.account)?)
    }

    fn mark(&mut self, _account: &str) -> Result<(), SandboxError> {
        Ok(folders::make(&mut self.open()?, levels::MARKER)?)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        let (above, access, terms) = (format!("{root}/{number}"), &self.access, &self.terms);
        Ok(Box::new(Accounts::new(self.most_open, move |account| {
            let root = format!("{above}/{account}");
            let place = ImapPlace::new(access.clone(), terms.clone(), Some(&root));
            Ok(Box::new(place.map_err(|error| PlaceError(error.to_string()))?))
        })))
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
