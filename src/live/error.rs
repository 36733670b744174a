use std::fmt::Display;

use crate::legible::line;
use crate::network::Passing;

/// Why a server, or a folder beside it, did not give what was asked for. The message holds no secret and ends with
/// the next step.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{server}, {asked}: {fault}")]
pub struct LiveError {
    /// The server as a user would write it, with its port: `imaps://mail.example.org:993`.
    pub server: Box<str>,
    /// What was asked for: `login as user@example.org`, `folder "Sent"`.
    pub asked: Box<str>,
    /// What went wrong.
    pub fault: Fault,
}

/// What went wrong with a server. `detail` holds the server's own words, or what was seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No connection could be made, also after the repetitions.
    #[error(
        "no connection after {attempts} attempt(s) ({detail}); check host name, port and network, and that the server runs"
    )]
    Unreachable {
        /// What happened last.
        detail: String,
        /// How often it was tried without success.
        attempts: u32,
    },
    /// No trusted connection could be made.
    #[error(
        "no trusted TLS connection ({detail}); check `ca_file` in the policy (`--mail-ca-file` of a restore), the server's host name and its certificate"
    )]
    Tls {
        /// What is wrong with the certificate or the handshake.
        detail: String,
    },
    /// The connection would not be encrypted.
    #[error(
        "the connection would not be encrypted ({detail}); offer TLS on the server and ask for it in the policy: \
         passwords and mail go in the clear to this machine itself only, or where the policy allows it"
    )]
    PlainText {
        /// Why not.
        detail: String,
    },
    /// The address of the server is none.
    #[error("this is no address of a server ({detail}); correct it in the policy")]
    Address {
        /// What is wrong with it.
        detail: String,
    },
    /// The credentials are wrong.
    #[error("the server refused the credentials ({detail}); check user name and password file")]
    Refused {
        /// The server's own words.
        detail: String,
    },
    /// The credentials are right, but not for this.
    #[error("no rights for this ({detail}); let the account that mailproof uses read the mailbox")]
    NoRights {
        /// The server's own words.
        detail: String,
    },
    /// The server does not know the account.
    #[error("the server knows no such account; check its name, and whether it was renamed or deleted")]
    NoSuchAccount,
    /// The folder that holds all mailboxes is not there, or holds none.
    #[error(
        "{detail}, so no mailbox can be found; mount the mail store, or correct `live.url` in the policy"
    )]
    NoMailboxes {
        /// Which folder, and what is wrong with it.
        detail: String,
    },
    /// The account has no such folder.
    #[error("the account has no such folder ({detail}); compare again if it was just renamed or deleted")]
    NoSuchFolder {
        /// The server's own words.
        detail: String,
    },
    /// The mailbox is under maintenance: moved, restored or locked by an administrator.
    #[error("the mailbox is under maintenance; try again when it is over")]
    Maintenance,
    /// The account lives on another server.
    #[error("the account lives on {}; name that server in the policy", host.as_deref().unwrap_or("another server"))]
    WrongHost {
        /// Which one, if the server said so.
        host: Option<String>,
    },
    /// The login expired. Clients renew it once by themselves.
    #[error(
        "the login expired and could not be renewed; run again, and let logins last longer if this stays"
    )]
    Expired,
    /// The server was busy or ended the connection, also after the repetitions.
    #[error(
        "the server is busy or ended the connection after {attempts} attempt(s) ({detail}); check its health and its log"
    )]
    Unavailable {
        /// What happened last.
        detail: String,
        /// How often it was tried without success.
        attempts: u32,
    },
    /// The item vanished while it was read: no fault of the run.
    #[error("it vanished while it was read; nothing is to be done, mail is moved and deleted all the time")]
    Gone,
    /// The server refused for a reason none of the others stands for.
    #[error("the server refused it ({detail}); look into the server's log")]
    Denied {
        /// The server's own words.
        detail: String,
    },
    /// The answer is nonsense, or larger than it may be.
    #[error(
        "the server's answer can't be right ({detail}); check that the port is the right one and what the server's log says"
    )]
    Protocol {
        /// What is wrong with it.
        detail: String,
    },
    /// The answer did not come in time, also after the repetitions.
    #[error(
        "no answer in time after {attempts} attempt(s) ({detail}); check the server's load, or allow more time in the policy"
    )]
    TimedOut {
        /// Which limit was passed.
        detail: String,
        /// How often it was tried without success.
        attempts: u32,
    },
    /// A local file could not be read.
    #[error("{detail}; check the file system and who may read the file")]
    Io {
        /// The file and why.
        detail: String,
    },
    /// Somebody asked the run to end.
    #[error("interrupted; run it again to finish")]
    Interrupted,
}

impl Fault {
    /// The connection failed once.
    #[must_use]
    pub fn unreachable(detail: impl Display) -> Self {
        Self::Unreachable { detail: line(&detail.to_string()), attempts: 1 }
    }

    /// The server was busy, or ended the connection, once.
    #[must_use]
    pub fn unavailable(detail: impl Display) -> Self {
        Self::Unavailable { detail: line(&detail.to_string()), attempts: 1 }
    }

    /// The answer is nonsense.
    #[must_use]
    pub fn protocol(detail: impl Display) -> Self {
        Self::Protocol { detail: line(&detail.to_string()) }
    }

    /// A limit of time was passed once.
    #[must_use]
    pub fn timed_out(detail: impl Display) -> Self {
        Self::TimedOut { detail: line(&detail.to_string()), attempts: 1 }
    }

    /// Says which server it was and what it was asked for.
    #[must_use]
    pub fn of(self, server: &str, asked: &str) -> LiveError {
        LiveError { server: server.into(), asked: line(asked).into(), fault: self }
    }
}

impl Passing for LiveError {
    fn is_transient(&self) -> bool {
        matches!(self.fault, Fault::Unreachable { .. } | Fault::Unavailable { .. } | Fault::TimedOut { .. })
    }

    fn after(mut self, count: u32) -> Self {
        if let Fault::Unreachable { attempts, .. }
        | Fault::Unavailable { attempts, .. }
        | Fault::TimedOut { attempts, .. } = &mut self.fault
        {
            *attempts = count;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_tried_again() {
        for fault in [Fault::unreachable("x"), Fault::unavailable("x"), Fault::timed_out("x")] {
            let error = fault.of("imaps://h:993", "login");
            assert!(error.is_transient());
            assert!(error.after(4).to_string().contains("after 4 attempt(s)"));
        }
        for fault in
            [Fault::Gone, Fault::protocol("x"), Fault::Interrupted, Fault::Expired, Fault::Maintenance]
        {
            assert!(!fault.of("imaps://h:993", "login").is_transient());
        }
    }

    #[test]
    fn messages_name_the_server_and_what_was_asked() {
        let error = Fault::protocol("a\r\nb\u{1b}[2J").of("imaps://h:993", "folder \"x\n\"");
        let told = error.to_string();
        assert!(told.starts_with("imaps://h:993, folder \"x \": "), "{told}");
        assert!(told.contains("(a  b [2J)"), "{told}");
    }
}
