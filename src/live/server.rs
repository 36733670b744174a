use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::imap::{Access, Imap, Login, Security};
use super::maildir::Maildir;
use super::{Fault, Folders, LiveError, Pace, Patience, Terms};
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
}

impl Server {
    /// The server that `live` names. `password` is that of `live.user`.
    ///
    /// # Errors
    /// In words, if the policy was not validated: the address is none, or there is no password for it.
    pub fn new(
        live: &policy::Live,
        password: Option<SecretString>,
        limits: &policy::Limits,
        cancel: &Cancel,
    ) -> Result<Self, String> {
        let kind = match live.url.split_once("://") {
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
        Ok(Self { kind, terms: terms(live, limits, cancel), address: live.url.clone() })
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
    pub fn mailbox(&self, account: &str) -> Result<Box<dyn Folders>, LiveError> {
        match &self.kind {
            Kind::Imap(access) => {
                let mut access = access.clone();
                if access.login.user != account {
                    access.login.mailbox = Some(account.to_owned());
                }
                Ok(Box::new(Imap::new(*access, self.terms.clone())?))
            }
            Kind::Maildir(template) => {
                let path = path_of(template, account)
                    .ok_or_else(|| Fault::NoSuchAccount.of(&self.address, account))?;
                Ok(Box::new(Maildir::open(&path, self.terms.clone())?))
            }
        }
    }
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
        let server =
            Server::new(&live(url), Some("p".into()), &policy::Limits::default(), &Cancel::default());
        match server.unwrap().kind {
            Kind::Imap(access) => *access,
            Kind::Maildir(path) => panic!("{path}"),
        }
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
        let cancel = Cancel::default();
        assert!(Server::new(&live("imaps://h"), None, &policy::Limits::default(), &cancel).is_err());
        assert!(
            Server::new(&live("pop://h"), Some("p".into()), &policy::Limits::default(), &cancel).is_err()
        );
    }
}
