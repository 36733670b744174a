use std::collections::BTreeMap;

use super::place::Label;
use super::redolog::Redolog;
use crate::verdict::Findings;

/// What was seen of the session trees in an archive. Plain data, about 300 bytes for each account of a session, and
/// together no more than there is room for.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What `accounts.xml` lists; `None` where there is none.
    pub accounts_xml: Option<Vec<Listed>>,
    /// Finished sessions, and what looks like one, by label.
    pub sessions: BTreeMap<Label, Session>,
    /// Whether a session stands in a folder `sessions`, as it does where all backups were packed.
    pub below_sessions: bool,
    /// Members of sessions that never ended, by label where they have one; their content was not looked at.
    pub unfinished: BTreeMap<Option<Label>, u64>,
    /// What is wrong with zips, XML files and the LDAP dump, as found by their readers.
    pub faults: Findings,
    /// What could not be looked at.
    pub unread: Unread,
    /// Facts that were not kept, as there were too many; then what is not here proves nothing.
    pub unkept: u64,
}

/// Members that belong to a session and could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unread {
    /// Links, whose content stands elsewhere.
    pub links: u64,
    /// Longer than `limits.text_size`.
    pub too_long: u64,
    /// Cut: the archive ended or was given up inside them.
    pub cut: u64,
}

/// An account as an XML file names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id (`zimbraId`), harmless on a terminal.
    pub id: Box<str>,
    /// Its address, where one stands beside the id.
    pub email: Option<Box<str>>,
    /// The label of its latest full session, where one stands beside the id.
    pub full: Option<Label>,
}

/// One session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    /// Whether `session.xml` is there.
    pub has_xml: bool,
    /// Accounts that `session.xml` names; empty where none was recognised.
    pub listed: Vec<Listed>,
    /// Files below `sys/`.
    pub system_files: u64,
    /// What was seen of the LDAP dump, where there is one.
    pub ldap: Option<LdapDump>,
    /// Files below `shared_blobs/`.
    pub shared_blobs: u64,
    /// Redo logs, in the order of the archive.
    pub redologs: Vec<Redolog>,
    /// Accounts that have a folder, by id.
    pub accounts: BTreeMap<Box<str>, Account>,
}

/// An LDAP dump (`slapcat`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LdapDump {
    /// Entries in it.
    pub entries: u64,
    /// It was read to its end; otherwise a fault, or the archive around it, says why.
    pub whole: bool,
}

/// What was seen in an account's folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// Its address, from `ldap.xml`.
    pub email: Option<Box<str>>,
    /// Its folder stands where its id says.
    pub in_place: bool,
    /// `meta.xml` is there.
    pub meta: bool,
    /// `ldap.xml` is there.
    pub ldap: bool,
    /// `db/db_schema.xml` is there.
    pub schema: bool,
    /// Tables in `db/`.
    pub tables: u64,
    /// Numbers of `blobs/blobs-N.zip`.
    pub zips: Vec<u32>,
    /// Blobs in those zips.
    pub packed_blobs: u64,
    /// Blobs that are files of their own.
    pub loose_blobs: u64,
}

impl Account {
    /// Holds if the backup has blobs of this account, packed or not.
    #[must_use]
    pub fn has_blobs(&self) -> bool {
        !self.zips.is_empty() || self.loose_blobs > 0
    }
}

impl Session {
    /// Holds if the session has any blob.
    #[must_use]
    pub fn has_blobs(&self) -> bool {
        self.shared_blobs > 0 || self.accounts.values().any(Account::has_blobs)
    }
}
