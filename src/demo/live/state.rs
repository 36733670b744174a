use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::fault::Faults;
use super::mailbox::LiveMailbox;

/// What the connections share.
#[derive(Debug)]
pub(super) struct State {
    pub(super) admin: String,
    pub(super) password: String,
    inner: Mutex<Inner>,
}

/// Accounts, logins and faults.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) accounts: BTreeMap<String, LiveMailbox>,
    /// Whose token it is.
    tokens: HashMap<String, Holder>,
    issued: u64,
    pub(super) faults: Faults,
}

/// Who a token stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Holder {
    Admin,
    User(String),
}

impl State {
    pub(super) fn new(admin: String, password: String, accounts: BTreeMap<String, LiveMailbox>) -> Self {
        Self { admin, password, inner: Mutex::new(Inner { accounts, ..Inner::default() }) }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Makes a token; only its form is Zimbra's, nothing is signed.
    pub(super) fn issue(&mut self, holder: Holder) -> String {
        self.issued += 1;
        let random =
            std::hash::BuildHasher::hash_one(&std::collections::hash_map::RandomState::new(), self.issued);
        let token = format!("0_{random:016x}{:08x}_69643d33363a", self.issued);
        self.tokens.insert(token.clone(), holder);
        token
    }

    pub(super) fn holder(&self, token: Option<&str>) -> Option<Holder> {
        self.tokens.get(token?).cloned()
    }

    /// Makes a token as good as expired.
    pub(super) fn expire(&mut self, token: Option<&str>) {
        if let Some(token) = token {
            self.tokens.remove(token);
        }
    }

    /// The position of an account, which is the number of its mailbox, counted from 1.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.accounts.keys().position(|own| own == name).map(|position| position + 1)
    }

    /// The account that a name or id stands for.
    pub(super) fn find(&self, name_or_id: &str) -> Option<String> {
        let named = |name: &&String| *name == name_or_id || account_id(name) == name_or_id;
        self.accounts.keys().find(named).cloned()
    }
}

/// Always the same for the same name.
pub(super) fn account_id(name: &str) -> String {
    let digest = blake3::hash(name.as_bytes()).to_hex();
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(12, 15), part(15, 18), part(18, 30))
}
