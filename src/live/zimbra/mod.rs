//! A read-only client of Zimbra's SOAP and REST.
//!
//! Input: a server's addresses, a login, and numbers of items. Output: accounts, folders, what the server states of each
//! message, and bodies byte for byte. Invariants: nothing is written; `SyncRequest`, which leaves a mark, is made only
//! with a [`SyncMark`] in hand; a token goes to the host that gave it and nowhere else, in a header and never in an
//! address. Sources: Zimbra's `soap.txt`, `soap-admin.txt`, `rest.txt` and the classes named beside each call.

// What a restore writes through as well (`restore::zimbra`); its requests it makes by itself.
pub(crate) mod address;
mod admin;
mod body;
pub(crate) mod envelope;
mod flags;
mod folder;
mod json;
mod listing;
mod message;
mod session;
pub(crate) mod soap;
mod sync;
mod transport;

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use tokio::runtime::Handle;

pub(super) use address::administrators;
pub use admin::{Account, Admin, MailboxSize, MailboxState};
pub use body::Delivery;
pub use folder::Folder;
pub use message::{Live, Presence};
pub use sync::{Deleted, SyncMark};

use address::Address;
use session::{Server, Session, Source};
use soap::Service;
use transport::Transport;

use super::{BodyPart, LiveError, Numbered, Terms};
use crate::mailbox::ItemId;

/// Where a server is.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where users log in: `https://mail.example.org`.
    pub users: String,
    /// Where administrators do: `https://mail.example.org:7071`.
    pub administrators: Option<String>,
    /// PEM file with the certificate authority of the server, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Whether passwords and mail may go unencrypted to other machines than this one.
    pub plain_text: bool,
}

/// A server to log in to.
#[derive(Debug, Clone)]
pub struct Zimbra(Arc<Server>);

impl Zimbra {
    /// Takes the settings in; nothing is asked of the server yet. `runtime` drives the network, and the calls wait for it on
    /// threads that are not its own.
    ///
    /// # Errors
    /// [`LiveError`] if an address is none, would not be encrypted, or the `ca_file` can't be used.
    pub fn new(settings: &Settings, terms: Terms, runtime: Handle) -> Result<Self, LiveError> {
        let address = |text: &str| Address::parse(text, settings.plain_text);
        let users = address(&settings.users)?;
        let administrators = settings.administrators.as_deref().map(address).transpose()?;
        let transport = Transport::new(settings.ca_file.as_deref(), terms, runtime)
            .map_err(|fault| fault.of(users.as_str(), "settings of the connection"))?;
        Ok(Self(Arc::new(Server { transport, users, administrators })))
    }

    /// Logs a user in (`AuthRequest`).
    ///
    /// # Errors
    /// [`LiveError`] if the login fails.
    pub fn mailbox(&self, account: &str, password: SecretString) -> Result<Mailbox, LiveError> {
        let source = Source::Password { name: account.to_owned(), password };
        Ok(Mailbox { session: Session::open(&self.0, Service::User, source)?, account: account.to_owned() })
    }

    /// Logs an administrator in (`AuthRequest` of the administration service).
    ///
    /// # Errors
    /// [`LiveError`] if the login fails, or no address for administrators is set.
    pub fn administrator(&self, name: &str, password: SecretString) -> Result<Admin, LiveError> {
        let source = Source::Password { name: name.to_owned(), password };
        Ok(Admin::new(Session::open(&self.0, Service::Admin, source)?))
    }
}

/// One account's mailbox, read as its owner.
#[derive(Debug)]
pub struct Mailbox {
    pub(crate) session: Session,
    account: String,
}

impl Mailbox {
    /// Whose it is, as it was asked for.
    #[must_use]
    pub fn account(&self) -> &str {
        &self.account
    }
}

impl Numbered for Mailbox {
    fn folders(&self) -> Result<Vec<Folder>, LiveError> {
        self.folders()
    }

    fn list(&self, folder: ItemId, each: &mut dyn FnMut(ItemId)) -> Result<(), LiveError> {
        self.list(folder, each)
    }

    fn messages(&self, ids: &[ItemId], each: &mut dyn FnMut(ItemId, Presence)) -> Result<(), LiveError> {
        self.messages(ids, each)
    }

    fn body(&self, id: ItemId, each: &mut dyn FnMut(BodyPart<'_>)) -> Result<Delivery, LiveError> {
        self.body(id, each)
    }

    fn deleted(&self, since: NonZero<u32>, mark: SyncMark) -> Result<Deleted, LiveError> {
        self.deleted(since, mark)
    }
}
