//! A mail server in memory that speaks Zimbra's SOAP (JSON and XML) and REST, on a free port of 127.0.0.1.
//!
//! Input: accounts as they were backed up, and what happened to them since. Output: what a client of Zimbra sees, with
//! the faults a test asks for. Invariant: a client changes nothing but the mark that `SyncRequest` leaves and what it imports, and nothing of
//! the server outlives its [`MailServer`]. Sources: Zimbra's `soap.txt`, `soap-admin.txt`, `rest.txt` and `Sync.java`.

mod admin;
mod body;
mod element;
mod envelope;
mod fault;
mod folders;
mod import;
mod mail;
mod mailbox;
mod rest;
mod service;
mod state;

use std::convert::Infallible;
use std::sync::Arc;

use hyper::service::service_fn;

use super::loopback::{Loopback, ServerError, random_hex};
use super::zimbra::Export;
pub use fault::{Fault, Keeping, Operation, Seen};
pub use mailbox::LiveMailbox;
use state::State;

/// Who may do everything.
const ADMIN: &str = "admin@example.org";

/// A running mail server; it stops, and its connections close, when this is dropped.
///
/// It runs on threads of its own, so it can be used with and without an asynchronous runtime.
#[derive(Debug)]
pub struct MailServer {
    state: Arc<State>,
    loopback: Loopback,
}

impl MailServer {
    /// Starts a server with `accounts`, named by their addresses.
    ///
    /// # Errors
    /// [`ServerError`] if loopback, threads or randomness are not to be had.
    pub fn start<'a>(accounts: impl IntoIterator<Item = (&'a str, &'a Export)>) -> Result<Self, ServerError> {
        let mailbox = |(name, account): (&str, _)| (name.to_owned(), LiveMailbox::of(account));
        let accounts = accounts.into_iter().map(mailbox).collect();
        let state = Arc::new(State::new(ADMIN.to_owned(), random_hex(12)?, accounts));
        let shared = Arc::clone(&state);
        let service = service_fn(move |request| {
            let state = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(service::serve(state, request).await) }
        });
        Ok(Self { state, loopback: Loopback::start("demo-mail", 1, service)? })
    }

    /// The base address, `http://127.0.0.1:PORT`, for users and administrators alike.
    #[must_use]
    pub fn address(&self) -> &str {
        self.loopback.address()
    }

    /// The administrator's name.
    #[must_use]
    pub fn admin(&self) -> &str {
        &self.state.admin
    }

    /// The password of the administrator and of every user.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.state.password
    }

    /// Lets something happen to an account's mailbox, or looks at it; `None` if there is no such account.
    pub fn change<T>(&self, account: &str, change: impl FnOnce(&mut LiveMailbox) -> T) -> Option<T> {
        self.state.lock().accounts.get_mut(account).map(change)
    }

    /// Makes the next answers to an operation go wrong, so many `times`; of several faults the first is used up first.
    pub fn inject(&self, operation: Operation, fault: Fault, times: u32) {
        self.state.lock().faults.add(operation, fault, times);
    }

    /// Takes back all faults, and forgets the requests seen so far.
    pub fn clear(&self) {
        self.state.lock().faults.clear();
    }

    /// The requests that came so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state.lock().faults.seen.clone()
    }

    /// A digest of all that the accounts hold, the mark of `SyncRequest` included: the same as long as nothing changes.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let accounts = format!("{:?}", self.state.lock().accounts);
        blake3::hash(accounts.as_bytes()).to_hex().to_string()
    }
}
