//! The demonstration itself: a sound backup is verified through the S3 path and against the mail server it was made of,
//! once more after the mailboxes went on, then damaged copies of it.

use std::io;
use std::path::{Path, PathBuf};

use age::secrecy::ExposeSecret;
use tokio::runtime::Handle;

use super::damage::{self, Damage, Specimen};
use super::later::{self, Later};
use super::live::MailServer;
use super::mailbox::{self, Amount};
use super::pack::PackError;
use super::server::{Keeping, Server, ServerError};
use crate::archive::decrypt::{Keyring, OpenError};
use crate::event::Silent;
use crate::live;
use crate::network::Cancel;
use crate::policy::{Live, Policy, Store};
use crate::verdict::{Outcome, Rung};
use crate::verify::{self, ArchiveResult, Job, RunResult, SelectError};

/// The same mailbox every time.
const SEED: u64 = 20_261_123;
const BUCKET: &str = "zimbra-offsite";
const SOUND: &str = "full-20261122230000.tar.zst.age";

/// Why there is no demonstration.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The server.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// An archive.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The mailbox.
    #[error("the demonstration's mailbox can't be made: {0}; check that this machine has memory left")]
    Mailbox(#[from] io::Error),
    /// The key or the credentials could not be kept for a moment.
    #[error("{}: {source}; make the temporary folder writable", path.display())]
    Scratch {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The archive's address.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// The client of the mail server.
    #[error("the demonstration's mail server can't be spoken to: {0}")]
    Client(String),
}

/// A store, a key, a backup and the mail server it was made of, ready to be verified.
#[derive(Debug)]
pub struct Stage<'a> {
    server: Server,
    mail: MailServer,
    people: Vec<mailbox::Person>,
    backup: Specimen,
    specimen: Specimen,
    policy: Policy,
    runtime: &'a Handle,
    cancel: &'a Cancel,
}

/// One damaged copy and what was said of it.
#[derive(Debug)]
pub struct Trial {
    /// What was done.
    pub damage: &'static Damage,
    /// What the verification found.
    pub run: RunResult,
}

impl<'a> Stage<'a> {
    /// Starts the server, makes the mailbox and its backup, and puts key and credentials into `scratch`, a folder
    /// that only this user can read and that the caller removes.
    ///
    /// # Errors
    /// [`DemoError`] if the machine does not give what that takes.
    pub fn set(scratch: &Path, runtime: &'a Handle, cancel: &'a Cancel) -> Result<Self, DemoError> {
        let server = Server::start()?;
        server.create_bucket(BUCKET, Keeping::Latest);
        let people = mailbox::people(SEED, Amount { accounts: 6, messages: 40 });
        let mail = MailServer::start(people.iter().map(|person| (person.address, &person.mail)))?;
        let backup = Specimen::of(mailbox::files(&people)?)?;
        let specimen = Specimen::new(SEED)?;
        server.put(BUCKET, SOUND, backup.archive().to_vec());
        let keys = format!(
            "access_key_id = \"{}\"\nsecret_access_key = \"{}\"\n",
            server.access_key(),
            server.secret_key()
        );
        let mut policy = Policy::default();
        policy.keys.identities = vec![
            keep(scratch, "backup-key.txt", backup.identity().expose_secret())?,
            keep(scratch, "specimen-key.txt", specimen.identity().expose_secret())?,
        ];
        policy.store = Some(Store {
            url: format!("s3://{BUCKET}/"),
            endpoint: Some(server.endpoint().to_owned()),
            region: Some("eu-south-1".to_owned()),
            credentials_file: Some(keep(scratch, "store.toml", &keys)?),
            ..Store::default()
        });
        Ok(Self { server, mail, people, backup, specimen, policy, runtime, cancel })
    }

    /// Where the store listens.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.server.endpoint()
    }

    /// Where the mail server listens.
    #[must_use]
    pub fn mail_address(&self) -> &str {
        self.mail.address()
    }

    /// How many files the backup holds.
    #[must_use]
    pub fn files(&self) -> usize {
        self.backup.files().len()
    }

    /// Verifies the backup as it is, and samples of it against the mail server.
    ///
    /// # Errors
    /// [`DemoError`] if the verification can't be set up.
    pub fn verify_sound(&self) -> Result<RunResult, DemoError> {
        self.verify_live(&self.live_policy())
    }

    /// Lets the mailboxes go on, and verifies the same backup against what became of them, every message of it.
    ///
    /// # Errors
    /// [`DemoError`] if the verification can't be set up.
    pub fn verify_later(&self) -> Result<Later, DemoError> {
        let expected = later::go_on(&self.mail, &self.people);
        let mut policy = self.live_policy();
        policy.sample.all = true;
        Ok(Later { run: self.verify_live(&policy)?, expected })
    }

    fn live_policy(&self) -> Policy {
        let mut policy = self.policy.clone();
        policy.require.rung = Rung::Restorable;
        policy.live = Some(Live {
            url: self.mail.address().to_owned(),
            admin_url: Some(self.mail.address().to_owned()),
            user: Some(self.mail.admin().to_owned()),
            tombstones: true,
            ..Live::default()
        });
        policy
    }

    fn verify_live(&self, policy: &Policy) -> Result<RunResult, DemoError> {
        let live = policy.live.clone().unwrap_or_default();
        let password = Some(self.mail.password().into());
        let client = live::Server::new(&live, password, &policy.limits, self.cancel, self.runtime);
        self.verify(policy, SOUND, Some(&client.map_err(DemoError::Client)?))
    }

    /// Damages a copy of a smaller backup and verifies it.
    ///
    /// # Errors
    /// [`DemoError`] if the copy can't be made or its verification not be set up.
    pub fn try_damage(&self, damage: &'static Damage) -> Result<Trial, DemoError> {
        let case = damage.make(&self.specimen)?;
        case.store(&self.server, BUCKET, damage.name);
        let mut policy = self.policy.clone();
        case.adjust(&mut policy);
        Ok(Trial { damage, run: self.verify(&policy, damage.name, None)? })
    }

    fn verify(
        &self,
        policy: &Policy,
        key: &str,
        live: Option<&live::Server>,
    ) -> Result<RunResult, DemoError> {
        let keyring = Keyring::load(&policy.keys, None)?;
        let store = policy.store.clone().unwrap_or_default();
        let addresses = [format!("s3://{BUCKET}/{key}")];
        let selection = self.runtime.block_on(verify::named(&addresses, &store, None))?;
        let job = Job { policy, keyring: &keyring, runtime: self.runtime, cancel: self.cancel, live };
        Ok(verify::run(&job, selection, &Silent))
    }
}

impl Trial {
    /// Holds for one that shows what is said of damage.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let found = |archive: &ArchiveResult| !archive.findings.is_empty();
        self.run.outcome != Outcome::Passed && self.run.archives.iter().any(found)
    }

    /// Holds if the verification said what it must say of this damage.
    #[must_use]
    pub fn is_noticed(&self) -> bool {
        let found = |kind| self.run.archives.iter().any(|archive| archive.findings.count(kind) > 0);
        self.run.outcome == self.damage.outcome && self.damage.findings.iter().all(|kind| found(kind))
    }
}

/// Situations whose findings are shown in full, and what happened there.
pub const EXAMPLES: [(&str, &str); 3] = [
    ("mailbox-export-cut", "The transfer of an export broke off, and the backup job went on."),
    (
        "mailbox-export-error-page",
        "The mail server answered with an error page, which was saved as the export.",
    ),
    ("mailbox-item-rotten", "One message changed on the mail server's disk before it was exported."),
];

/// Where finding out what happened takes a second or more; the tests go through these as well.
const SLOW: [&str; 10] = [
    "age-archive-behind-end",
    "age-chunk-of-another-archive",
    "age-cut-in-last-tag",
    "age-first-chunk-flipped",
    "age-last-chunk-flipped",
    "age-nonce-flipped",
    "age-tag-flipped",
    "network-byte-flipped-once",
    "network-stalled-always",
    "network-stalled-once",
];

/// The situations that are shown, from the outside in.
pub fn situations() -> impl Iterator<Item = &'static Damage> {
    damage::matrix().filter(|damage| !SLOW.contains(&damage.name))
}

fn keep(scratch: &Path, name: &str, content: &str) -> Result<PathBuf, DemoError> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let path = scratch.join(name);
    let written = std::fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(content.as_bytes()));
    written.map_err(|source| DemoError::Scratch { path: path.clone(), source })?;
    Ok(path)
}
