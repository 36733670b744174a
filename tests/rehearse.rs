//! Rehearsals: into a sandbox, back from there, compared.

mod guard;
mod imap;
mod program;
mod sabotage;
mod zimbra;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::pack::{self, Pack};
use mailproof::demo::zimbra::{Export, Folder, Item};
use mailproof::event::Silent;
use mailproof::live::Server;
use mailproof::mailbox::ItemKind;
use mailproof::network::Cancel;
use mailproof::policy::{Policy, Store};
use mailproof::restore::rehearsal::{self, RehearsalJob, RehearsalResult, Sandbox};
use mailproof::verify;
use secrecy::ExposeSecret;
use tokio::runtime::Runtime;

use crate::program::Bench;
use crate::support;

const ANNA: &str = "anna@example.org";
const BRUNO: &str = "bruno@example.org";
const SANDBOX: &str = "sandbox@example.org";
const MESSAGES: u32 = 60;

fn body(account: &str, id: u32) -> Vec<u8> {
    // One in seven has lines that end with LF alone, as some servers keep them.
    let end = if id.is_multiple_of(7) { "\n" } else { "\r\n" };
    let text = format!(
        "Message-ID: <{id}.{account}>\nSubject: Offerta segreta {id}\n\n{}\n",
        "ciao ".repeat(id as usize % 50)
    );
    text.replace('\n', end).into_bytes()
}

fn date(id: u32) -> u64 {
    1_700_000_000 + u64::from(id) * 60
}

/// Messages in the inbox and in a folder with a name that no server likes.
fn export(account: &str, messages: u32) -> Export {
    let message = |id: u32| {
        let folder = if id.is_multiple_of(3) { 257 } else { 2 };
        let item = Item::message(id, folder, format!("Offerta segreta {id}"), body(account, id));
        let flags = [0, 4, 32, 4 | 32][id as usize % 4];
        let (sender, date) = (format!("Anna <{account}>"), i64::try_from(date(id)).unwrap());
        Item { sender, date, flags, unread: id.is_multiple_of(5), ..item }
    };
    let mut export = Export { items: (300..300 + messages).map(message).collect(), ..Export::default() };
    let inbox = export.folders.iter().find(|folder| folder.id == 2).unwrap().clone();
    let (name, kind) = ("Größe v1.2 ~ * x".to_owned(), ItemKind::Folder);
    export.folders.push(Folder { id: 257, parent: 2, kind, name, ..inbox });
    export
}

/// A bench with an archive of two accounts, their live Maildirs, a sandbox, and a policy that names them all.
pub(crate) struct Scene {
    pub(crate) bench: Bench,
    pub(crate) archive: PathBuf,
    sandbox: PathBuf,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with("", MESSAGES)
    }

    /// With more lines in the section [rehearsal].
    pub(crate) fn with(more: &str, messages: u32) -> Self {
        Self::of(&[ANNA, BRUNO], more, messages)
    }

    /// With mail of these accounts.
    fn of(accounts: &[&str], more: &str, messages: u32) -> Self {
        let exports: Vec<_> = accounts.iter().map(|account| (*account, export(account, messages))).collect();
        Self::holding(&exports, more)
    }

    /// With these exports.
    fn holding(exports: &[(&str, Export)], more: &str) -> Self {
        let bench = Bench::new();
        let identity = age::x25519::Identity::generate();
        support::secret_file(bench.path("").as_path(), "own.txt", identity.to_string().expose_secret());
        let file = |(account, export): &(&str, Export)| {
            pack::File::new(format!("exports/{account}.tgz"), export.write().unwrap())
        };
        let archive = bench.path("a.tar.zst.age");
        let pack = Pack::new(vec![identity.to_public()]);
        let files: Vec<_> = exports.iter().map(file).collect();
        fs::write(&archive, pack.build(&files).unwrap().encrypted).unwrap();
        let sandbox = bench.path("sandbox");
        maildir(&sandbox);
        fs::write(sandbox.join(".mailproof-sandbox"), format!("{SANDBOX}\n")).unwrap();
        let scene = Self { bench, archive, sandbox };
        scene.policy("", more);
        scene
    }

    /// Writes the policy anew: a line in the first section, more in the last.
    pub(crate) fn policy(&self, first: &str, more: &str) {
        let to = format!("to = 'maildir://{}'\n", self.sandbox.display());
        let to = if more.starts_with("to = ") { "" } else { &to };
        let text = format!(
            "[keys]\nidentities = ['./own.txt']\n[run]\nrecords = 'records'\n{first}\n\
             [rehearsal]\naccount = '{SANDBOX}'\nallow = ['{SANDBOX}', 'other@example.org']\n{to}{more}\n"
        );
        fs::write(self.bench.path("rehearsal.toml"), text).unwrap();
    }

    /// The live Maildirs with the same mail, and the section that names them.
    pub(crate) fn live(&self) -> String {
        for account in [ANNA, BRUNO] {
            let folder = self.bench.path("mail").join(account);
            maildir(&folder);
            (300..300 + MESSAGES)
                .for_each(|id| deliver(&folder, &date(id).to_string(), &body(account, id), id));
        }
        format!("[live]\nurl = 'maildir://{}/{{account}}/'\n", self.bench.path("mail").display())
    }

    fn loaded(&self) -> Policy {
        let mut policy = Policy::load(&self.bench.path("rehearsal.toml")).unwrap().policy;
        policy.keys.identities = vec![self.bench.path("own.txt")];
        policy
    }

    /// Rehearses by the library, into any sandbox.
    fn rehearse_into(&self, sandbox: &mut dyn Sandbox, keep: bool) -> RehearsalResult {
        let (policy, cancel) = (self.loaded(), Cancel::default());
        let keyring = Keyring::load(&policy.keys, None).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let archive = self.archive.display().to_string();
        let selection = runtime.block_on(verify::named(&[archive], &Store::default(), None)).unwrap();
        let handle = runtime.handle();
        let server = |live| Server::new(live, None, &policy.limits, &cancel, handle).unwrap();
        let live = policy.live.as_ref().map(server);
        let job = RehearsalJob {
            policy: &policy,
            rules: policy.rehearsal.as_ref().unwrap(),
            keyring: &keyring,
            runtime: runtime.handle(),
            cancel: &cancel,
            live: live.as_ref(),
            keep,
        };
        rehearsal::rehearse(&job, sandbox, selection, &Silent)
    }

    /// The sandbox that the policy names.
    fn open(&self) -> Box<dyn Sandbox> {
        let policy = self.loaded();
        let rules = policy.rehearsal.as_ref().unwrap();
        let runtime = Runtime::new().unwrap();
        rehearsal::open(rules, None, &policy.limits, &Cancel::default(), runtime.handle()).unwrap()
    }

    /// What runs left in the sandbox.
    fn left(&self) -> Vec<String> {
        let names = fs::read_dir(&self.sandbox).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| name.starts_with("mailproof-")).collect()
    }
}

/// All files below a folder.
fn tree(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            paths.extend(tree(&path));
        } else {
            paths.push(path);
        }
    }
    paths.sort();
    paths
}

fn maildir(folder: &Path) {
    ["cur", "new", "tmp"].iter().for_each(|part| fs::create_dir_all(folder.join(part)).unwrap());
}

fn deliver(maildir: &Path, name: &str, body: &[u8], id: u32) {
    let path = maildir.join(format!("cur/{name}.M{id}P1.mail:2,S"));
    fs::write(&path, body).unwrap();
    let delivered = UNIX_EPOCH + Duration::from_secs(date(id));
    File::options().write(true).open(path).unwrap().set_modified(delivered).unwrap();
}

fn ids(result: &RehearsalResult) -> Vec<&'static str> {
    result.findings.counts().map(|(kind, _)| kind.id).collect()
}
