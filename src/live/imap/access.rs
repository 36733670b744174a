use std::net::IpAddr;
use std::path::PathBuf;

use secrecy::SecretString;

use crate::live::Fault;

/// Where a server is, and who reads which mailbox there.
#[derive(Debug, Clone)]
pub struct Access {
    /// Host name or address; the certificate must hold it.
    pub host: String,
    /// Port; 993 or 143 by default.
    pub port: Option<u16>,
    /// How the connection is encrypted.
    pub security: Security,
    /// PEM file with the certificate authority of the server, in addition to the system's.
    pub ca_file: Option<PathBuf>,
    /// Who logs in.
    pub login: Login,
}

/// How a connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// From the first byte (RFC 8314).
    Tls,
    /// After the greeting, or not at all: nothing is asked for before (RFC 3501, section 6.2.1).
    StartTls,
    /// Not at all, to this machine itself only.
    Loopback,
    /// Not at all, to wherever it may be.
    PlainText,
}

/// Who logs in, and whose mailbox is read.
#[derive(Debug, Clone)]
pub struct Login {
    /// Whose password it is.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// Whose mailbox is read, if not the user's own: the user is an administrator then (RFC 4616, `authzid`).
    pub mailbox: Option<String>,
}

impl Access {
    /// The port that is asked.
    pub(super) fn port(&self) -> u16 {
        self.port.unwrap_or(if self.security == Security::Tls { 993 } else { 143 })
    }

    /// The server as a user would write it.
    pub(super) fn server(&self) -> String {
        let scheme = if self.security == Security::Tls { "imaps" } else { "imap" };
        let bracketed = self.host.contains(':') && !self.host.starts_with('[');
        let host = if bracketed { format!("[{}]", self.host) } else { self.host.clone() };
        format!("{scheme}://{host}:{}", self.port())
    }

    /// The host as the system and certificates want it: addresses without brackets.
    pub(super) fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Refuses to send a password in the clear to another machine.
    pub(super) fn allow(&self) -> Result<(), Fault> {
        let host = self.bare_host();
        let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if self.security == Security::Loopback && !here {
            return Err(Fault::PlainText { detail: "the server is another machine".to_owned() });
        }
        Ok(())
    }
}

impl Login {
    /// Whose mailbox is read.
    pub(super) fn owner(&self) -> &str {
        self.mailbox.as_deref().unwrap_or(&self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(host: &str, security: Security) -> Access {
        let login = Login { user: "u".into(), password: "secret word".into(), mailbox: None };
        Access { host: host.into(), port: None, security, ca_file: None, login }
    }

    #[test]
    fn servers_are_shown_as_they_are_written() {
        assert_eq!(access("mail.example.org", Security::Tls).server(), "imaps://mail.example.org:993");
        assert_eq!(access("::1", Security::StartTls).server(), "imap://[::1]:143");
        assert_eq!(access("[::1]", Security::StartTls).server(), "imap://[::1]:143");
    }

    #[test]
    fn in_the_clear_only_this_machine_is_spoken_to() {
        for host in ["localhost", "127.0.0.1", "127.3.2.1", "::1", "[::1]"] {
            assert_eq!(access(host, Security::Loopback).allow(), Ok(()), "{host}");
        }
        for host in ["mail.example.org", "10.0.0.1", "localhost.example.org", "127.0.0.1.example.org", ""] {
            assert!(
                matches!(access(host, Security::Loopback).allow(), Err(Fault::PlainText { .. })),
                "{host}"
            );
            assert_eq!(access(host, Security::PlainText).allow(), Ok(()), "{host}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", access("h", Security::Tls)).contains("secret word"));
    }
}
