use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use tokio::runtime::Handle;

use super::borrow::Borrowing;
use super::imap::{Access, Imap, Login, Security};
use super::maildir::{self, Maildir};
use super::zimbra::{self, SyncMark};
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
    ByContent(Box<dyn Folders + Send>),
    /// Numbers that last; with the consent to leave the mark of `SyncRequest`, if it was given.
    ById(Box<dyn Numbered + Send>, Option<SyncMark>),
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
                Kind::Zimbra(Arc::new(Borrowing::new(live, password, terms.clone(), runtime)?))
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

    /// Asks whether the server answers and lets us in; with an account, how many folders that has.
    ///
    /// # Errors
    /// [`LiveError`] with what is in the way.
    pub fn check(&self, account: Option<&str>) -> Result<Option<u64>, LiveError> {
        match &self.kind {
            Kind::Imap(access) => self.check_imap(access, account),
            Kind::Maildir(template) => self.check_maildir(template, account),
            Kind::Zimbra(borrowing) => match account {
                Some(account) => self.count_folders(account).map(Some),
                None => borrowing.administrator().map(|_| None),
            },
        }
    }

    fn check_imap(&self, access: &Access, account: Option<&str>) -> Result<Option<u64>, LiveError> {
        let own = || Imap::new(access.clone(), self.terms.clone())?.check();
        let Some(account) = account else { return own().map(|()| None) };
        match self.count_folders(account) {
            // Some servers say the same of a wrong password and of a mailbox that is out of reach.
            Err(LiveError { server, asked, fault: Fault::Refused { detail } })
                if account != access.login.user && own().is_ok() =>
            {
                let detail =
                    format!("the login is right, but not for this account, or there is none: {detail}");
                Err(LiveError { server, asked, fault: Fault::NoRights { detail } })
            }
            result => result.map(Some),
        }
    }

    fn check_maildir(&self, template: &str, account: Option<&str>) -> Result<Option<u64>, LiveError> {
        match account {
            None => self.check_base(template).map(|()| None),
            Some(account) => self.count_folders(account).map(Some),
        }
    }

    fn check_base(&self, template: &str) -> Result<(), LiveError> {
        let asked = "the folder of all mailboxes";
        maildir::check_base(base_of(template)).map_err(|fault| fault.of(&self.address, asked))
    }

    /// Opens a Maildir. That there is none says nothing of the account where there is none of anybody.
    fn maildir(&self, template: &str, account: &str) -> Result<Maildir, LiveError> {
        let path = path_of(template, account);
        let path = path.ok_or_else(|| Fault::NoSuchAccount.of(&self.address, account))?;
        match Maildir::open(&path, self.terms.clone()) {
            Err(error) if error.fault == Fault::NoSuchAccount => self.check_base(template).and(Err(error)),
            opened => opened,
        }
    }

    fn count_folders(&self, account: &str) -> Result<u64, LiveError> {
        Ok(match self.mailbox(account)? {
            Mailbox::ByContent(mut mailbox) => mailbox.folders()?.len() as u64,
            Mailbox::ById(mailbox, _) => mailbox.folders()?.len() as u64,
        })
    }

    /// The mailbox of `account`.
    ///
    /// # Errors
    /// [`LiveError`] if the server can't be spoken to, or the folder not be read.
    pub fn mailbox(&self, account: &str) -> Result<Mailbox, LiveError> {
        match &self.kind {
            Kind::Imap(access) => {
                let access = access_to(access, account);
                Ok(Mailbox::ByContent(Box::new(Imap::new(*access, self.terms.clone())?)))
            }
            Kind::Maildir(template) => Ok(Mailbox::ByContent(Box::new(self.maildir(template, account)?))),
            Kind::Zimbra(borrowing) => {
                let mailbox = borrowing.mailbox(account)?;
                Ok(Mailbox::ById(Box::new(mailbox), borrowing.mark()))
            }
        }
    }
}

/// How what is restored comes into a mailbox.
pub(crate) enum Writable {
    /// By APPEND.
    Imap(Box<Access>, Terms),
    /// By REST.
    Zimbra(Box<zimbra::Mailbox>),
    /// As files; no server is in between.
    Maildir,
}

impl Server {
    /// The mailbox of `account`, for a restore.
    ///
    /// # Errors
    /// [`LiveError`] if Zimbra lets nobody in.
    pub(crate) fn writable(&self, account: &str) -> Result<Writable, LiveError> {
        Ok(match &self.kind {
            Kind::Imap(access) => Writable::Imap(access_to(access, account), self.terms.clone()),
            Kind::Zimbra(borrowing) => Writable::Zimbra(Box::new(borrowing.mailbox(account)?)),
            Kind::Maildir(_) => Writable::Maildir,
        })
    }
}

/// The same access, to the mailbox of `account`.
fn access_to(access: &Access, account: &str) -> Box<Access> {
    let mut access = Box::new(access.clone());
    if access.login.user != account {
        access.login.mailbox = Some(account.to_owned());
    }
    access
}

/// How the IMAP server that `live` names is reached.
pub(crate) fn access(
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

/// The terms of the server that `live` names.
pub(crate) fn terms(live: &policy::Live, limits: &policy::Limits, cancel: &Cancel) -> Terms {
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

/// The folder that holds those of all accounts.
fn base_of(template: &str) -> &Path {
    let fixed = template.split('{').next().unwrap_or_default();
    Path::new(fixed.rsplit_once('/').map_or(fixed, |(base, _)| if base.is_empty() { "/" } else { base }))
}

/// The folder of an account; none where its name could lead elsewhere.
pub(crate) fn path_of(template: &str, account: &str) -> Option<PathBuf> {
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
    fn the_base_of_a_template_holds_all_accounts() {
        for (template, base) in [
            ("/m/{account}", "/m"),
            ("/srv/m/{domain}/{user}/Maildir", "/srv/m"),
            ("/home/u-{user}/Maildir", "/home"),
            ("/{user}", "/"),
        ] {
            assert_eq!(base_of(template), Path::new(base), "{template}");
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
