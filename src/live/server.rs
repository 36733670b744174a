use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::imap::{Access, Imap, Login, Security};
use super::maildir::Maildir;
use super::zimbra::{self, Admin, Settings, SyncMark, Zimbra};
use super::{Fault, Folders, LiveError, Numbered, Pace, Patience, Terms};
use crate::network::{Cancel, Retry};
use crate::policy::{self, Age};

/// Longest time for one request, in silences that are allowed.
const REQUEST: u32 = 30;

/// The mail server of a policy, open to each of its mailboxes.
#[derive(Debug, Clone)]
pub struct Server {
    kind: Kind,
    terms: Terms,
    address: String,
}

#[derive(Debug, Clone)]
enum Kind {
    Imap(Box<Access>),
    /// A path with fields in it.
    Maildir(String),
    Zimbra(Arc<Borrowing>),
}

/// A mailbox of the server, by what identifies its messages.
pub enum Mailbox {
    /// Nothing but their content.
    ByContent(Box<dyn Folders>),
    /// Numbers that last; with the consent to leave the mark of `SyncRequest`, if it was given.
    ById(Box<dyn Numbered>, Option<SyncMark>),
}

/// Logs an administrator of Zimbra in, once, and borrows the mailboxes of others.
#[derive(Debug)]
struct Borrowing {
    client: Zimbra,
    user: String,
    password: SecretString,
    tombstones: bool,
    /// A login that was refused is not tried again for each mailbox, as that would lock the account.
    login: Mutex<Option<Result<Admin, LiveError>>>,
}

impl Server {
    /// The server that `live` names. `password` is that of `live.user`; `runtime` drives the network where that takes
    /// one, and mailboxes are read on threads that are not its own.
    ///
    /// # Errors
    /// In words, if the policy was not validated: the address is none, or there is no password for it; or if the
    /// certificate authority of a Zimbra can't be read.
    pub fn new(
        live: &policy::Live,
        password: Option<SecretString>,
        limits: &policy::Limits,
        cancel: &Cancel,
        runtime: &Handle,
    ) -> Result<Self, String> {
        let terms = terms(live, limits, cancel);
        let kind = match live.url.split_once("://") {
            Some(("https" | "http", _)) => {
                Kind::Zimbra(Arc::new(borrowing(live, password, terms.clone(), runtime)?))
            }
            Some(("maildir", path)) => Kind::Maildir(path.to_owned()),
            Some((scheme @ ("imap" | "imaps"), rest)) => {
                Kind::Imap(Box::new(access(live, scheme, rest, password)?))
            }
            _ => {
                return Err(
                    "`live.url` is no address of a mail server; run `mailproof policy check`".to_owned()
                );
            }
        };
        Ok(Self { kind, terms, address: live.url.clone() })
    }

    /// The server as the policy writes it.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The mailbox of `account`.
    ///
    /// # Errors
    /// [`LiveError`] if the server can't be spoken to, or the folder not be read.
    pub fn mailbox(&self, account: &str) -> Result<Mailbox, LiveError> {
        match &self.kind {
            Kind::Imap(access) => {
                let mut access = access.clone();
                if access.login.user != account {
                    access.login.mailbox = Some(account.to_owned());
                }
                Ok(Mailbox::ByContent(Box::new(Imap::new(*access, self.terms.clone())?)))
            }
            Kind::Maildir(template) => {
                let path = path_of(template, account)
                    .ok_or_else(|| Fault::NoSuchAccount.of(&self.address, account))?;
                Ok(Mailbox::ByContent(Box::new(Maildir::open(&path, self.terms.clone())?)))
            }
            Kind::Zimbra(borrowing) => {
                let mailbox = borrowing.administrator()?.mailbox(account)?;
                Ok(Mailbox::ById(Box::new(mailbox), borrowing.tombstones.then(SyncMark::accepted)))
            }
        }
    }
}

impl Borrowing {
    fn administrator(&self) -> Result<Admin, LiveError> {
        let mut login = self.login.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*login {
            return known.clone();
        }
        let came = self.client.administrator(&self.user, self.password.clone());
        if !came.as_ref().is_err_and(|error| !matches!(error.fault, Fault::Refused { .. })) {
            *login = Some(came.clone());
        }
        came
    }
}

fn borrowing(
    live: &policy::Live,
    password: Option<SecretString>,
    terms: Terms,
    runtime: &Handle,
) -> Result<Borrowing, String> {
    let (Some(user), Some(password)) = (live.user.clone(), password) else {
        return Err("Zimbra needs `live.user` and `live.password_file`".to_owned());
    };
    let administrators = live.admin_url.clone().or_else(|| Some(zimbra::administrators(&live.url)));
    let (users, ca_file, plain_text) = (live.url.clone(), live.ca_file.clone(), live.plain_text);
    let settings = Settings { users, administrators, ca_file, plain_text };
    let client = Zimbra::new(&settings, terms, runtime.clone()).map_err(|error| error.to_string())?;
    Ok(Borrowing { client, user, password, tombstones: live.tombstones, login: Mutex::default() })
}

fn access(
    live: &policy::Live,
    scheme: &str,
    rest: &str,
    password: Option<SecretString>,
) -> Result<Access, String> {
    let host = rest.strip_suffix('/').unwrap_or(rest);
    let (host, port) = match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()),
        _ => (host, None),
    };
    let (Some(user), Some(password)) = (live.user.clone(), password) else {
        return Err("an IMAP server needs `live.user` and `live.password_file`".to_owned());
    };
    let security = match scheme {
        "imaps" => Security::Tls,
        _ if live.plain_text => Security::PlainText,
        _ => Security::StartTls,
    };
    let login = Login { user, password, mailbox: None };
    Ok(Access { host: host.to_owned(), port, security, ca_file: live.ca_file.clone(), login })
}

fn terms(live: &policy::Live, limits: &policy::Limits, cancel: &Cancel) -> Terms {
    let Age(read) = live.network.read_timeout;
    let Age(connect) = live.network.connect_timeout;
    let total = read.checked_mul(REQUEST).unwrap_or(Duration::MAX);
    Terms {
        patience: Patience { connect, read, total },
        retry: Retry::new(live.network.retries),
        pace: Pace::new(live.requests_per_second, live.network.bandwidth, live.connections),
        limits: super::Limits { entries: limits.members, body: limits.member_size.0 },
        cancel: cancel.clone(),
    }
}

/// The folder of an account; none where its name could lead elsewhere.
fn path_of(template: &str, account: &str) -> Option<PathBuf> {
    let (user, domain) = account.split_once('@').unwrap_or((account, ""));
    let plain = |part: &str| !part.contains(['/', '\0']) && part != "." && part != "..";
    let fits = [account, user, domain].into_iter().all(plain) && !user.is_empty();
    let path = || template.replace("{account}", account).replace("{user}", user).replace("{domain}", domain);
    fits.then(|| PathBuf::from(path()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live(url: &str) -> policy::Live {
        policy::Live { url: url.into(), user: Some("admin".into()), ..policy::Live::default() }
    }

    fn access_of(url: &str) -> Access {
        match server(url, Some("p")).unwrap().kind {
            Kind::Imap(access) => *access,
            other => panic!("{other:?}"),
        }
    }

    fn server(url: &str, password: Option<&str>) -> Result<Server, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (limits, cancel) = (policy::Limits::default(), Cancel::default());
        Server::new(&live(url), password.map(SecretString::from), &limits, &cancel, runtime.handle())
    }

    #[test]
    fn addresses_are_taken_apart() {
        for (url, host, port, security) in [
            ("imaps://mail.example.org/", "mail.example.org", None, Security::Tls),
            ("imaps://mail.example.org:1993", "mail.example.org", Some(1993), Security::Tls),
            ("imap://[::1]:1143", "[::1]", Some(1143), Security::StartTls),
            ("imap://[::1]", "[::1]", None, Security::StartTls),
        ] {
            let access = access_of(url);
            assert_eq!((access.host.as_str(), access.port, access.security), (host, port, security), "{url}");
        }
    }

    #[test]
    fn no_account_leads_out_of_the_folder() {
        let path = |account| path_of("/m/{domain}/{user}", account);
        assert_eq!(path("anna@example.org"), Some(PathBuf::from("/m/example.org/anna")));
        for account in
            ["../x@example.org", "a/b@example.org", "anna@..", "..@example.org", "@example.org", "a\0@b"]
        {
            assert_eq!(path(account), None, "{account:?}");
        }
    }

    #[test]
    fn what_a_policy_must_not_lack_is_said() {
        assert!(server("imaps://h", None).is_err() && server("https://h", None).is_err());
        assert!(
            server("pop://h", Some("p")).is_err() && server("http://mail.example.org", Some("p")).is_err()
        );
        assert!(server("https://h", Some("p")).is_ok());
    }
}
