//! Where a restore goes to.

use std::path::PathBuf;
use std::str::FromStr;

use super::Failure;
use super::setup::Setup;
use crate::exit;
use crate::restore::{self, Place};

/// A place as the command line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Destination {
    Maildir(PathBuf),
    Tgz(PathBuf),
    Server(Remote),
}

/// A mail server, and the folder on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Scheme, host and port, with a slash at the end.
    url: String,
    root: Option<String>,
}

/// Who logs in to the mail server that is restored to. What is not said is that of the policy's [live], if that is the same
/// server.
#[derive(Debug, clap::Args)]
pub struct Login {
    /// Who logs in to the mail server: the mailbox's owner, or one who may write to the mailboxes of others.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// File with that user's password, mode 0600.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// PEM file with the certificate authority of the mail server, in addition to the system's.
    #[arg(long, value_name = "FILE")]
    mail_ca_file: Option<PathBuf>,
    /// Let password and mail go in the clear to a mail server on another machine.
    #[arg(long)]
    plain_text: bool,
    /// The mailbox that is restored into, where it is not that of the account.
    #[arg(long, value_name = "ADDRESS")]
    pub into: Option<String>,
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("://") {
            Some((scheme @ ("imaps" | "imap" | "https" | "http"), rest)) => {
                Ok(Self::Server(Remote::of(scheme, rest)?))
            }
            Some((scheme, _)) => Err(format!(
                "`{scheme}://` is no place that is known; name a folder (Maildir), a FILE.tgz, imaps://HOST/FOLDER, \
                 imap://HOST/FOLDER or https://HOST/FOLDER"
            )),
            None if text.is_empty() => Err("name a folder (Maildir) or a FILE.tgz".to_owned()),
            None if text.ends_with(".tgz") || text.ends_with(".tar.gz") => Ok(Self::Tgz(text.into())),
            None => Ok(Self::Maildir(text.into())),
        }
    }
}

impl Destination {
    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Self::Maildir(path) | Self::Tgz(path) => path.display().to_string(),
            Self::Server(Remote { url, root }) => format!("{url}{}", root.as_deref().unwrap_or_default()),
        }
    }
}

impl Remote {
    /// A password in the address is never repeated.
    fn of(scheme: &str, rest: &str) -> Result<Self, String> {
        let (host, root) = rest.split_once('/').unwrap_or((rest, ""));
        if host.contains('@') {
            return Err("write the name by --user and the password into a --password-file".to_owned());
        }
        let odd = |letter: char| "?#\\".contains(letter) || letter.is_whitespace() || letter.is_control();
        // Of a password with a slash in it the beginning stands where a port should.
        let port = host.rsplit_once(':').filter(|_| !host.ends_with(']')).map(|(_, port)| port);
        let no_port = port.is_some_and(|port| port.parse::<u16>().is_err());
        if host.is_empty() || host.contains(odd) || no_port {
            return Err(format!("this names no server; write {scheme}://mail.example.org/"));
        }
        let root = Some(root.trim_matches('/')).filter(|root| !root.is_empty()).map(str::to_owned);
        Ok(Self { url: format!("{scheme}://{host}/"), root })
    }

    /// Opens the mailbox `into`.
    pub fn open(&self, login: &Login, into: &str, setup: &Setup) -> Result<Box<dyn Place>, Failure> {
        let known = setup.policy.live.as_ref().filter(|live| self.is(&live.url));
        let mut live = known.cloned().unwrap_or_default();
        live.url.clone_from(&self.url);
        live.user = login.user.clone().or(live.user);
        live.password_file = login.password_file.clone().or(live.password_file);
        live.ca_file = login.mail_ca_file.clone().or(live.ca_file);
        live.plain_text |= login.plain_text;
        if live.user.is_none() || live.password_file.is_none() {
            let message = "a mail server needs a login: name --user and --password-file, or a policy whose [live] is this server";
            return Err(Failure::usage(message));
        }
        let server = setup.server_of(&live)?;
        restore::mailbox_on(&server, into, self.root.as_deref())
            .map_err(|message| Failure { code: exit::NOT_VERIFIED, message })
    }

    fn is(&self, url: &str) -> bool {
        let bare = |url: &str| url.trim_end_matches('/').to_lowercase();
        bare(url) == bare(&self.url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_told_apart() {
        let of = |text: &str| text.parse::<Destination>();
        assert_eq!(of("./anna"), Ok(Destination::Maildir("./anna".into())));
        assert_eq!(of("x.tgz"), Ok(Destination::Tgz("x.tgz".into())));
        for (text, url, root) in [
            ("imaps://h", "imaps://h/", None),
            ("imap://h:143/Restored/2026/", "imap://h:143/", Some("Restored/2026")),
            ("https://mail.example.org/", "https://mail.example.org/", None),
        ] {
            let root = root.map(str::to_owned);
            assert_eq!(of(text), Ok(Destination::Server(Remote { url: url.to_owned(), root })), "{text}");
        }
        for text in
            ["", "pop3://h", "imaps://", "imaps://h h/", "imaps://u:geheim@h/", "imaps://u:geh/eim@h/"]
        {
            let error = of(text).unwrap_err();
            assert!(!error.contains("geh"), "{error}");
        }
    }
}
