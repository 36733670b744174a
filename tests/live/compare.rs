//! The rung `restorable`: an archive against the mailbox of a real server, with every kind of difference made on purpose.

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::pack::{File, Pack};
use mailproof::demo::zimbra::{Export, Item};
use mailproof::event::Silent;
use mailproof::live::Server;
use mailproof::policy::{Live, Policy, Store};
use mailproof::verdict::{Outcome, Rung};
use mailproof::verify::{self, ArchiveResult, Cancel, Job};
use secrecy::ExposeSecret;

use crate::lab::{self, MailServer};
use crate::support::{self, output, tool};

const INBOX: u32 = 2;
const SENT: u32 = 5;
/// Messages in the backup.
const MESSAGES: u32 = 400;

fn body(id: u32) -> Vec<u8> {
    let lines = "Buongiorno, in allegato l'offerta.\r\n".repeat(id as usize % 40);
    format!("Message-ID: <{id}@example.org>\r\nSubject: Offerta {id}\r\n\r\n{lines}{id}\r\n").into_bytes()
}

fn date(id: u32) -> i64 {
    1_700_000_000 + i64::from(id) * 3_600
}

fn folder(id: u32) -> u32 {
    if id.is_multiple_of(4) { SENT } else { INBOX }
}

fn export(account: &str) -> Export {
    let message = |id| {
        let item = Item::message(id, folder(id), format!("Offerta {id}"), body(id));
        Item { sender: format!("Anna <{account}>"), date: date(id), ..item }
    };
    Export { items: (300..300 + MESSAGES).map(message).collect(), ..Export::default() }
}

/// What an independent client does to the mailbox.
struct Hand {
    files: PathBuf,
}

impl Hand {
    fn new(work: &Path, name: &str) -> Self {
        let files = work.join(name);
        fs::create_dir(&files).unwrap();
        Self { files }
    }

    fn puts(self, folder: &str, date: i64, number: u32, body: &[u8]) -> Self {
        fs::write(self.files.join(format!("{folder}-{date}-{number:06}")), body).unwrap();
        self
    }

    fn expunges(self, uid: u32) -> Self {
        fs::write(self.files.join(format!("expunge-{uid}")), b"").unwrap();
        self
    }

    fn does(self, Scene { server, user, .. }: &Scene) {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live/append.py");
        let mut command = tool("python3");
        command.arg(script).arg(server.imaps_port.to_string()).arg(&server.authority);
        output(command.args([user, "secret"]).arg(&self.files));
    }
}

/// An archive of the export, and a server with the same messages.
struct Scene {
    work: tempfile::TempDir,
    server: &'static MailServer,
    user: &'static str,
    policy: Policy,
}

impl Scene {
    fn new(server: &'static MailServer, user: &'static str) -> Self {
        let account = format!("{user}@example.org");
        let work = support::folder();
        let identity = age::x25519::Identity::generate();
        let files = [File::new(format!("exports/{account}.tgz"), export(&account).write().unwrap())];
        let archive = Pack::new(vec![identity.to_public()]).build(&files).unwrap();
        fs::write(work.path().join("a.tar.zst.age"), &archive.encrypted).unwrap();
        let key = support::secret_file(work.path(), "key.txt", identity.to_string().expose_secret());
        let mut policy = Policy::default();
        policy.require.rung = Rung::Restorable;
        policy.keys.identities = vec![key];
        policy.live = Some(Live {
            url: format!("imaps://localhost:{}", server.imaps_port),
            user: Some("admin".into()),
            ca_file: Some(server.authority.clone()),
            ..Live::default()
        });
        let scene = Self { work, server, user, policy };
        let mut hand = Hand::new(scene.work.path(), "first");
        for id in 300..300 + MESSAGES {
            hand = hand.puts(if folder(id) == SENT { "Sent" } else { "INBOX" }, date(id), id, &body(id));
        }
        hand.does(&scene);
        scene
    }

    fn hand(&self, name: &str) -> Hand {
        Hand::new(self.work.path(), name)
    }

    fn verified(&self, password: &str) -> ArchiveResult {
        let keyring = Keyring::load(&self.policy.keys, None).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let cancel = Cancel::default();
        let live = self.policy.live.as_ref().unwrap();
        let (limits, handle) = (&self.policy.limits, runtime.handle());
        let server = Server::new(live, Some(password.into()), limits, &cancel, handle).unwrap();
        let job = Job {
            policy: &self.policy,
            keyring: &keyring,
            runtime: runtime.handle(),
            cancel: &cancel,
            live: Some(&server),
        };
        let address = self.work.path().join("a.tar.zst.age").display().to_string();
        let selection = runtime.block_on(verify::named(&[address], &Store::default(), None)).unwrap();
        verify::run(&job, selection, &Silent).archives.remove(0)
    }
}

fn ids(result: &ArchiveResult) -> Vec<&'static str> {
    result.findings.counts().map(|(kind, _)| kind.id).collect()
}

#[test]
#[ignore = "needs dovecot and python3: tests/run installs them"]
fn a_sample_equals_the_mailbox_of_dovecot() {
    let scene = Scene::new(lab::dovecot(), "user7");
    let result = scene.verified("adminsecret");
    assert_eq!((ids(&result), result.outcome), (vec![], Outcome::Passed), "{:?}", result.standings);
    assert_eq!(result.rung, Some(Rung::Restorable));
    let compared = result.compared.unwrap();
    assert_eq!((compared.checked(), compared.population()), (211, 400), "as ISPM 31 has it for 1 % of 400");
    assert!(compared.statement.unwrap().at_most < 4);
}

#[test]
#[ignore = "needs dovecot and python3: tests/run installs them"]
fn every_difference_is_told_apart_on_dovecot() {
    let mut scene = Scene::new(lab::dovecot(), "user8");
    scene.policy.sample.all = true;
    let changed = String::from_utf8(body(301)).unwrap().replace("Offerta", "offerta");
    // UIDs count from 1 in the order of appending: 301, 302, 303 are the first three in INBOX.
    scene.hand("expunge").expunges(1).expunges(2).does(&scene);
    scene
        .hand("second")
        .puts("INBOX", date(301), 1, changed.as_bytes())
        .puts("INBOX", date(310) + 1, 2, b"Subject: old and unknown\r\n\r\nx\r\n")
        .puts("INBOX", date(3_000), 3, b"Subject: new\r\n\r\nx\r\n")
        .does(&scene);
    let result = scene.verified("adminsecret");
    assert_eq!(ids(&result), ["live-message-differs", "live-message-not-in-backup", "live-messages-gone"]);
    assert_eq!((result.outcome, result.rung), (Outcome::Failed, Some(Rung::Meaningful)));
    let compared = result.compared.unwrap();
    let comparison = compared.mailboxes[0].comparison.as_ref().unwrap();
    let counts = ["same", "differs", "missing-live"].map(|word| comparison.count(word));
    assert_eq!(counts, [398, 1, 1]);
    assert_eq!(comparison.missing.len(), 1);
    assert_eq!(compared.statement, None);
}

#[test]
#[ignore = "needs dovecot and python3: tests/run installs them"]
fn what_cannot_be_read_is_not_verified() {
    let scene = Scene::new(lab::dovecot(), "user9");
    let result = scene.verified("wrong");
    assert_eq!((result.outcome, result.rung), (Outcome::NotVerified, Some(Rung::Meaningful)));
    assert!(result.troubles[0].message.contains("refused the credentials"), "{:?}", result.troubles);
}
