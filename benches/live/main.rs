//! Comparing a whole mailbox on a real mail server, against pulling the same messages with `mbsync`, in one run.
//!
//! `cargo bench --bench live` starts Dovecot on loopback, puts the same synthetic messages into a mailbox and into an
//! archive, and lets the competitors take turns; both read as the same administrator, over TLS, on one connection. What
//! `mbsync` writes goes to memory and is not synced. Without Dovecot, `mbsync` (package isync), openssl or python3
//! nothing is measured, and that is said. Options behind `--`: `--messages N` (10000), `--rounds N` (5), `--work DIR`
//! (a folder in memory is best; default `/dev/shm` where there is one).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../../tests/lab/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest of it")]
mod lab;
#[path = "../measure/mod.rs"]
mod measure;
mod messages;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use lab::MailServer;
use mailproof::archive::decrypt::Keyring;
use mailproof::check::meaningful::export::MailboxSummary;
use mailproof::compare::Sampling;
use mailproof::demo::pack::{File, Pack};
use mailproof::demo::zimbra::Item;
use mailproof::event::Silent;
use mailproof::live::Server;
use mailproof::mailbox::sample::Seed;
use mailproof::policy::{Policy, Store};
use mailproof::verify::{self, Cancel, Job};
use measure::{Row, megabytes, peak_of, table, time};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::runtime::Handle;

const USER: &str = "user1";
const ACCOUNT: &str = "user1@example.org";
const PASSWORD: &str = "adminsecret";

struct Options {
    messages: u32,
    rounds: usize,
    work: PathBuf,
}

fn main() {
    let options = options();
    let missing = missing();
    if !missing.is_empty() {
        println!(
            "nothing was measured: {} missing; install dovecot-imapd, isync, openssl and python3",
            missing.join(", ")
        );
        return;
    }
    let work = tempfile::tempdir_in(&options.work).unwrap();
    let bench = Bench::new(options.messages, work.path());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (ours, summary) = (bench.server(runtime.handle()), bench.summary());
    assert_eq!(summary.messages.len(), options.messages as usize, "messages in the archive");
    println!("{} messages, {}", options.messages, megabytes(bench.bytes));
    let mut rows = [
        Row::new("list, read and hash all messages"),
        Row::new("mbsync into an empty Maildir"),
        Row::new("mailproof verify --rung restorable"),
    ];
    let mut peak = 0;
    for _ in 0..options.rounds {
        rows[0].took(Some(time(|| bench.compare(&ours, &summary))));
        rows[1].took(Some(bench.pull()));
        rows[2].took(Some(time(|| peak = peak_of(&mut bench.verify()).max(peak))));
    }
    table(&rows, bench.bytes);
    println!("peak resident memory of mailproof verify {peak} KiB");
}

fn options() -> Options {
    let memory = PathBuf::from("/dev/shm");
    let work = if memory.is_dir() { memory } else { std::env::temp_dir() };
    let mut options = Options { messages: 10_000, rounds: 5, work };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--messages" => options.messages = words.next().unwrap().parse().unwrap(),
            "--rounds" => options.rounds = words.next().unwrap().parse().unwrap(),
            "--work" => options.work = words.next().map(PathBuf::from).unwrap(),
            _ => {}
        }
    }
    options
}

fn missing() -> Vec<&'static str> {
    let there = |program: &str| {
        let asked = Command::new(program).arg("--version").stdin(Stdio::null()).output();
        Path::new(program).exists() || asked.is_ok()
    };
    ["/usr/lib/dovecot/imap", "mbsync", "openssl", "python3"]
        .into_iter()
        .filter(|program| !there(program))
        .collect()
}

/// A mailbox on a server, an archive of the same, and a policy that compares both.
struct Bench {
    mail: &'static MailServer,
    work: PathBuf,
    policy: Policy,
    messages: u32,
    bytes: u64,
}

impl Bench {
    fn new(count: u32, work: &Path) -> Self {
        let mail = lab::dovecot();
        let identity = age::x25519::Identity::generate();
        let export = messages::export(count);
        let bytes = export.items.iter().map(Item::size).sum();
        messages::deliver(&export, mail, &work.join("delivered"));
        let files = [File::new(format!("exports/{ACCOUNT}.tgz"), export.write().unwrap())];
        let archive = Pack::new(vec![identity.to_public()]).build(&files).unwrap();
        fs::write(work.join("a.tar.zst.age"), &archive.encrypted).unwrap();
        support::secret_file(work, "key.txt", identity.to_string().expose_secret());
        support::secret_file(work, "password", PASSWORD);
        let file = work.join("live.toml");
        fs::write(&file, policy(mail)).unwrap();
        let policy = Policy::load(&file).unwrap().policy;
        Self { mail, work: work.to_owned(), policy, messages: count, bytes }
    }

    fn server(&self, runtime: &Handle) -> Server {
        let live = self.policy.live.as_ref().unwrap();
        let password = Some(PASSWORD.into());
        Server::new(live, password, &self.policy.limits, &Cancel::default(), runtime).unwrap()
    }

    /// What the archive states of the mailbox.
    fn summary(&self) -> MailboxSummary {
        let keyring = Keyring::load(&self.policy.keys, None).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (cancel, live) = (Cancel::default(), self.server(runtime.handle()));
        let job = Job {
            policy: &self.policy,
            keyring: &keyring,
            runtime: runtime.handle(),
            cancel: &cancel,
            live: Some(&live),
        };
        let address = self.work.join("a.tar.zst.age").display().to_string();
        let selection = runtime.block_on(verify::named(&[address], &Store::default(), None)).unwrap();
        verify::run(&job, selection, &Silent).archives.remove(0).mailboxes.remove(0).summary
    }

    fn compare(&self, server: &Server, summary: &MailboxSummary) {
        let seed = Seed::new(&[0; 32], &[0; 32]);
        let compared = Sampling::new(server, &self.policy.sample, seed).compare(&[summary]);
        let comparison = compared.mailboxes[0].comparison.as_ref().unwrap();
        assert_eq!(comparison.count("same"), u64::from(self.messages));
    }

    fn verify(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailproof"));
        command.args(["verify", "--quiet", "--policy", "live.toml", "a.tar.zst.age"]).current_dir(&self.work);
        command
    }

    /// Lets `mbsync` pull into a new folder, which is looked through and removed when the clock has stopped.
    fn pull(&self) -> Duration {
        let into = tempfile::tempdir_in(&self.work).unwrap();
        let settings = into.path().join("mbsyncrc");
        fs::write(&settings, mbsync(self.mail, &into)).unwrap();
        let mut command = Command::new("mbsync");
        command.arg("-q").arg("-c").arg(settings).arg("all").stdin(Stdio::null());
        let took = time(|| assert!(command.status().unwrap().success(), "{command:?}"));
        let files =
            ["cur", "new"].map(|part| fs::read_dir(into.path().join("INBOX").join(part)).unwrap().count());
        assert_eq!(files.iter().sum::<usize>(), self.messages as usize, "messages that mbsync pulled");
        took
    }
}

fn policy(mail: &MailServer) -> String {
    format!(
        "[keys]
identities = ['./key.txt']
[require]
rung = 'restorable'
[run]
records = 'records'
[live]
url = 'imaps://localhost:{}/'
user = 'admin'
password_file = './password'
ca_file = '{}'
[sample]
all = true
",
        mail.imaps_port,
        mail.authority.display()
    )
}

fn mbsync(mail: &MailServer, into: &TempDir) -> String {
    // An empty line ends a section.
    format!(
        "FSync no

IMAPAccount lab
Host localhost
Port {}
User {USER}*admin
Pass {PASSWORD}
SSLType IMAPS
SystemCertificates no
CertificateFile {authority}

IMAPStore far
Account lab

MaildirStore near
Path {folder}/
Inbox {folder}/INBOX

Channel all
Far :far:
Near :near:
Patterns INBOX
Create Near
Sync Pull
SyncState *
",
        mail.imaps_port,
        authority = mail.authority.display(),
        folder = into.path().display()
    )
}
