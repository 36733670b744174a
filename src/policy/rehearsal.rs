use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{Live, Network};
use super::value::Age;

/// A sandbox into which restores are rehearsed, what is restored, and how long that may take.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["to", "account", "allow"]))]
pub struct Rehearsal {
    /// `maildir:///folder/`, `file:///folder/` (exports that Zimbra imports, X.tgz), `imaps://host/`, `imap://host/`
    /// (encrypted by STARTTLS) or `https://host/` (Zimbra's own import), with `:port` where it has another than the usual
    /// one.
    pub to: String,
    /// Whose mailbox the sandbox is; its marker names the same account.
    pub account: String,
    /// Accounts that may ever be restored into; `account` must be one of them.
    #[schemars(inner(length(min = 1)))]
    pub allow: Vec<String>,
    /// Who logs in, if not `account` itself: an administrator of the sandbox's server (IMAP: SASL PLAIN with an
    /// authorization identity).
    #[schemars(length(min = 1))]
    pub user: Option<String>,
    /// Where Zimbra's administrators log in, if `user` is one; without it port 7071 of the host in `to`.
    #[schemars(length(min = 1))]
    pub admin_url: Option<String>,
    /// File with the password of who logs in, mode 0600; a bare name is looked up in `$CREDENTIALS_DIRECTORY`.
    #[schemars(length(min = 1))]
    pub password_file: Option<PathBuf>,
    /// PEM file with the certificate authority of the server, in addition to the system's.
    #[schemars(length(min = 1))]
    pub ca_file: Option<PathBuf>,
    /// Let password and mail go in the clear to a server on another machine, as within one's own cable.
    pub plain_text: bool,
    /// How much of the archives is restored.
    pub scope: Scope,
    /// Only the mail of these accounts; of all by default.
    #[schemars(inner(length(min = 1)))]
    pub accounts: Vec<String>,
    /// Only this folder with those in it (`/Inbox`); all by default.
    #[schemars(length(min = 1))]
    pub folder: Option<String>,
    /// Recovery time objective: from the first byte that is asked of the store to the last message read back.
    pub rto: Option<Age>,
    /// Recovery point objective: the newest live message is at most so much newer than the newest of the backup.
    pub rpo: Option<Age>,
    /// Timeouts, repetitions and bandwidth.
    pub network: Network,
}

/// How much of what it may take a rehearsal restores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// What is drawn by `[sample]`.
    #[default]
    Sample,
    /// Every message.
    All,
}

impl Rehearsal {
    /// The sandbox as a server that is read.
    #[must_use]
    pub fn server(&self) -> Live {
        Live {
            url: self.to.clone(),
            user: Some(self.user.clone().unwrap_or_else(|| self.account.clone())),
            admin_url: self.admin_url.clone(),
            password_file: self.password_file.clone(),
            ca_file: self.ca_file.clone(),
            plain_text: self.plain_text,
            network: self.network.clone(),
            ..Live::default()
        }
    }
}
