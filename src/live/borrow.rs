use std::sync::{Mutex, PoisonError};

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::zimbra::{self, Admin, Settings, SyncMark, Zimbra};
use super::{Fault, LiveError, Terms};
use crate::policy;

/// Logs an administrator of Zimbra in, once, and borrows the mailboxes of others.
#[derive(Debug)]
pub(super) struct Borrowing {
    client: Zimbra,
    user: String,
    password: SecretString,
    tombstones: bool,
    /// A login that was refused is not tried again for each mailbox, as that would lock the account.
    login: Mutex<Option<Result<Admin, LiveError>>>,
}

impl Borrowing {
    /// Takes the policy's settings in; nothing is asked of the server yet.
    ///
    /// # Errors
    /// In words, if there is no login, an address is none, or the certificate authority can't be read.
    pub(super) fn new(
        live: &policy::Live,
        password: Option<SecretString>,
        terms: Terms,
        runtime: &Handle,
    ) -> Result<Self, String> {
        let (Some(user), Some(password)) = (live.user.clone(), password) else {
            return Err("Zimbra needs `live.user` and `live.password_file`".to_owned());
        };
        let administrators = live.admin_url.clone().or_else(|| Some(zimbra::administrators(&live.url)));
        let (users, ca_file, plain_text) = (live.url.clone(), live.ca_file.clone(), live.plain_text);
        let settings = Settings { users, administrators, ca_file, plain_text };
        let client = Zimbra::new(&settings, terms, runtime.clone()).map_err(|error| error.to_string())?;
        Ok(Self { client, user, password, tombstones: live.tombstones, login: Mutex::default() })
    }

    /// The administrator's login, made at the first call.
    ///
    /// # Errors
    /// [`LiveError`] if it fails.
    pub(super) fn administrator(&self) -> Result<Admin, LiveError> {
        let mut login = self.login.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*login {
            return known.clone();
        }
        let came = self.client.administrator(&self.user, self.password.clone());
        let is_final =
            came.as_ref().map_or_else(|error| matches!(error.fault, Fault::Refused { .. }), |_| true);
        if is_final {
            *login = Some(came.clone());
        }
        came
    }

    /// The mailbox of `account`: as its owner where that is who logs in, else on its behalf.
    ///
    /// # Errors
    /// [`LiveError`] if nobody is let in.
    pub(super) fn mailbox(&self, account: &str) -> Result<zimbra::Mailbox, LiveError> {
        if account.eq_ignore_ascii_case(&self.user) {
            return self.client.mailbox(account, self.password.clone());
        }
        self.administrator()?.mailbox(account)
    }

    /// The consent to leave the mark of `SyncRequest`, if the policy gives it.
    pub(super) fn mark(&self) -> Option<SyncMark> {
        self.tombstones.then(SyncMark::accepted)
    }
}
