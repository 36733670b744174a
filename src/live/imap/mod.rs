//! A read-only client of IMAP servers (IMAP4rev1, RFC 3501).
//!
//! Input: where a server is, and who reads which mailbox. Output: its folders, the messages in them, and their bytes as
//! they come. Invariant: nothing on the server changes: folders are opened by EXAMINE, bodies are read by BODY.PEEK[],
//! whole, since servers alter what they tell of headers. A login itself leaves a mark on Zimbra: it counts the changes
//! of the mailbox for IMAP from then on (`ImapHandler.java`), so there IMAP has to be asked for.

mod access;
// What a restore writes through as well (`restore::ImapPlace`); it puts the commands for that together by itself.
pub(crate) mod bodies;
pub(crate) mod command;
mod dial;
mod fetch;
pub(crate) mod folders;
pub(crate) mod input;
mod login;
pub(crate) mod refusal;
pub(crate) mod response;
pub(crate) mod rows;
pub(crate) mod session;
pub(crate) mod wire;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;

use rustls::ClientConfig;

pub use access::{Access, Login, Security};
use session::Session;

use super::{BodyPart, Fault, Folder, FolderState, Folders, Listed, LiveError, Terms};
use crate::network;

/// A mailbox on an IMAP server. It connects when it is first asked something, and again where a connection broke.
pub struct Imap {
    access: Access,
    terms: Terms,
    tls: Arc<ClientConfig>,
    server: String,
    session: Option<Session>,
    /// For which state of a folder its numbers hold, since it was listed.
    validities: HashMap<Box<[u8]>, u32>,
}

impl Imap {
    /// A mailbox that nobody was asked about so far.
    ///
    /// # Errors
    /// [`Fault::Tls`] if there are no authorities to trust, [`Fault::PlainText`] if the password would go in the clear.
    pub fn new(access: Access, terms: Terms) -> Result<Self, LiveError> {
        let server = access.server();
        let asked = "settings of the connection";
        access.allow().map_err(|fault| fault.of(&server, asked))?;
        let tls = network::client_config(access.ca_file.as_deref())
            .map_err(|detail| Fault::Tls { detail }.of(&server, asked))?;
        Ok(Self { access, terms, tls, server, session: None, validities: HashMap::new() })
    }

    /// Logs in, and asks for nothing more.
    ///
    /// # Errors
    /// [`LiveError`] if the server can't be reached or lets nobody in.
    pub fn check(&mut self) -> Result<(), LiveError> {
        self.run("login", &Cell::default(), |_| Ok(()))
    }

    /// Works with the server, again from the start where the connection broke. What `achieved` counts tells whether
    /// there was progress between two failures.
    pub(crate) fn run<T>(
        &mut self,
        asked: &str,
        achieved: &Cell<u64>,
        mut work: impl FnMut(&mut Session) -> Result<T, Fault>,
    ) -> Result<T, LiveError> {
        let mut backoff = self.terms.retry.backoff();
        loop {
            let before = achieved.get();
            let error = match self.attempt(asked, &mut work) {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if achieved.get() > before {
                backoff.progress();
            }
            let pause = backoff.fail(error)?;
            if !self.terms.cancel.pause(pause) {
                return Err(Fault::Interrupted.of(&self.server, asked));
            }
        }
    }

    fn attempt<T>(
        &mut self,
        asked: &str,
        work: &mut impl FnMut(&mut Session) -> Result<T, Fault>,
    ) -> Result<T, LiveError> {
        let mut session = match self.session.take() {
            Some(session) => session,
            None => self.log_in()?,
        };
        let result = work(&mut session);
        // After anything else the connection may stand in the middle of an answer.
        if matches!(&result, Ok(_) | Err(Fault::NoSuchFolder { .. } | Fault::NoRights { .. })) {
            self.session = Some(session);
        }
        result.map_err(|fault| fault.of(&self.server, asked))
    }

    fn log_in(&self) -> Result<Session, LiveError> {
        let asked = || format!("login as {} for {}", self.access.login.user, self.access.login.owner());
        login::open(&self.access, &self.tls, &self.terms).map_err(|fault| fault.of(&self.server, &asked()))
    }
}

impl Folders for Imap {
    fn folders(&mut self) -> Result<Vec<Folder>, LiveError> {
        self.run("list of folders", &Cell::default(), folders::read)
    }

    fn list(&mut self, folder: &Folder, each: &mut dyn FnMut(Listed)) -> Result<FolderState, LiveError> {
        let achieved = Cell::default();
        let mut listing = rows::Listing::new(folder, &achieved, each);
        let state =
            self.run(&asked("messages of folder", folder), &achieved, |session| listing.go_on(session))?;
        self.validities.insert(folder.raw.clone(), state.uid_validity);
        Ok(state)
    }

    fn bodies(
        &mut self,
        folder: &Folder,
        uids: &[u32],
        each: &mut dyn FnMut(u32, BodyPart<'_>),
    ) -> Result<(), LiveError> {
        let achieved = Cell::default();
        let validity = self.validities.get(&folder.raw).copied();
        let mut reading = bodies::Reading::new(folder, validity, uids, &achieved, each);
        self.run(&asked("bodies in folder", folder), &achieved, |session| reading.go_on(session))
    }
}

impl Drop for Imap {
    fn drop(&mut self) {
        if let Some(session) = &mut self.session {
            session.leave();
        }
    }
}

fn asked(what: &str, folder: &Folder) -> String {
    format!("{what} \"{}\"", folder.name)
}
