//! The rung `restorable`: an archive against the mailbox of a real server, with every kind of difference made on purpose.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use mailproof::archive::decrypt::Keyring;
use mailproof::demo::pack::{File, Pack};
use mailproof::demo::zimbra::{Export, Item};
use mailproof::event::Silent;
use mailproof::live::Server;
use mailproof::mailbox::ItemId;
use mailproof::policy::{Live, Policy, Store};
use mailproof::verdict::{Outcome, Rung};
use mailproof::verify::{self, ArchiveResult, Cancel, Job};
use secrecy::ExposeSecret;

use crate::lab::MailServer;
use crate::support::{self, output, tool};

const INBOX: u32 = 2;
const SENT: u32 = 5;

/// Some of Zimbra's messages end their lines with LF alone.
fn has_bare_ends(id: u32) -> bool {
    id.is_multiple_of(50)
}

fn with_crlf(id: u32) -> String {
    let lines = "Buongiorno, in allegato l'offerta.\r\n".repeat(id as usize % 40);
    format!("Message-ID: <{id}@example.org>\r\nSubject: Offerta {id}\r\n\r\n{lines}{id}\r\n")
}

/// The message as Zimbra has it.
fn body(id: u32) -> Vec<u8> {
    let text = with_crlf(id);
    if has_bare_ends(id) { text.replace('\r', "").into_bytes() } else { text.into_bytes() }
}

fn date(id: u32) -> i64 {
    1_700_000_000 + i64::from(id) * 3_600
}

fn folder(id: u32) -> u32 {
    if id.is_multiple_of(4) { SENT } else { INBOX }
}

fn export(account: &str, ids: Range<u32>) -> Export {
    let message = |id| {
        let item = Item::message(id, folder(id), format!("Offerta {id}"), body(id));
        Item { sender: format!("Anna <{account}>"), date: date(id), ..item }
    };
    Export { items: ids.map(message).collect(), ..Export::default() }
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

    fn moves(self, uid: u32) -> Self {
        fs::write(self.files.join(format!("move-{uid}")), b"").unwrap();
        self
    }

    fn expunges(self, uid: u32) -> Self {
        fs::write(self.files.join(format!("expunge-{uid}")), b"").unwrap();
        self
    }

    fn does(self, Scene { server, account, .. }: &Scene) {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/live/append.py");
        let mut command = tool("python3");
        command.arg(script).arg(server.imaps_port.to_string()).arg(&server.authority);
        output(command.args(["admin", "adminsecret", account]).arg(&self.files));
    }
}

/// A server, and how much it is asked.
#[derive(Clone, Copy)]
struct Place {
    server: &'static MailServer,
    messages: u32,
    /// Of these as many are drawn as ISPM 31 has it for 1 % of them.
    drawn: u64,
    /// Whether it takes messages whose lines end with LF.
    takes_bare_ends: bool,
}

/// An archive of the export, and a server with the same messages.
struct Scene {
    work: tempfile::TempDir,
    server: &'static MailServer,
    account: String,
    policy: Policy,
}

impl Scene {
    fn new(Place { server, messages, takes_bare_ends, .. }: Place, user: &str) -> Self {
        let account = format!("{user}@example.org");
        let ids = 300..300 + messages;
        let work = support::folder();
        let identity = age::x25519::Identity::generate();
        let export = export(&account, ids.clone()).write().unwrap();
        let files = [File::new(format!("exports/{account}.tgz"), export)];
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
        let scene = Self { work, server, account, policy };
        let mut hand = Hand::new(scene.work.path(), "first");
        for id in ids {
            let name = if folder(id) == SENT { "Sent" } else { "INBOX" };
            let taken = if takes_bare_ends { body(id) } else { with_crlf(id).into_bytes() };
            hand = hand.puts(name, date(id), id, &taken);
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

fn a_sample_equals_the_mailbox(place: Place) {
    let scene = Scene::new(place, "user7");
    let result = scene.verified("adminsecret");
    assert_eq!(result.outcome, Outcome::Passed, "{:?} {:?}", ids(&result), result.standings);
    assert_eq!(result.rung, Some(Rung::Restorable));
    let compared = result.compared.unwrap();
    assert_eq!((compared.checked(), compared.population()), (place.drawn, place.messages.into()));
    assert!(compared.statement.unwrap().at_most < u64::from(place.messages) / 100);
}

/// UIDs count from 1 in the order of appending: 301, 302, 303 are the first three in INBOX.
fn every_difference_is_told_apart(place: Place) {
    let mut scene = Scene::new(place, "user8");
    scene.policy.sample.all = true;
    let changed = with_crlf(301).replace("Offerta", "offerta");
    let noted = with_crlf(305).replacen("Subject", "X-Spam: no\r\nSubject", 1);
    scene.hand("changes").expunges(1).expunges(2).expunges(4).moves(3).does(&scene);
    scene
        .hand("additions")
        .puts("INBOX", date(301), 1, changed.as_bytes())
        .puts("INBOX", date(310) + 1, 2, b"Subject: old and unknown\r\n\r\nx\r\n")
        .puts("INBOX", date(3_000), 3, b"Subject: new\r\n\r\nx\r\n")
        .puts("INBOX", date(305), 5, noted.as_bytes())
        .puts("Trash", date(311) + 1, 4, b"Subject: thrown away\r\n\r\nx\r\n")
        .does(&scene);
    let result = scene.verified("adminsecret");
    assert_eq!(
        ids(&result),
        ["live-message-differs", "live-message-not-in-backup", "live-line-ends", "live-messages-gone"]
    );
    assert_eq!((result.outcome, result.rung), (Outcome::Failed, Some(Rung::Meaningful)));
    let compared = result.compared.unwrap();
    let comparison = compared.mailboxes[0].comparison.as_ref().unwrap();
    let counts = ["same", "line-ends", "differs", "missing-live"].map(|word| comparison.count(word));
    let all = u64::from(place.messages);
    assert_eq!(counts, [all - all / 50 - 3, all / 50, 2, 1]);
    let of = |id| comparison.of(ItemId(id)).unwrap().as_str();
    assert_eq!(
        [301, 302, 303, 305, 350].map(of),
        ["differs", "missing-live", "same", "differs", "line-ends"]
    );
    let said = |id| comparison.explained[&ItemId(id)].to_string();
    assert_eq!(said(301), "header fields changed in the live copy: subject; the body is the same");
    assert_eq!(said(305), "header fields added in the live copy: x-spam; the body is the same");
    assert_eq!((comparison.missing.len(), comparison.not_looked), (1, 0));
    assert_eq!(compared.statement, None);
}

fn what_cannot_be_read_is_not_verified(place: Place) {
    let scene = Scene::new(Place { messages: 10, ..place }, "user9");
    let result = scene.verified("wrong");
    assert_eq!((result.outcome, result.rung), (Outcome::NotVerified, Some(Rung::Meaningful)));
    assert!(result.troubles[0].message.contains("refused the credentials"), "{:?}", result.troubles);
}

mod dovecot {
    use super::Place;
    use crate::lab::dovecot;

    fn place() -> Place {
        Place { server: dovecot(), messages: 2_000, drawn: 277, takes_bare_ends: true }
    }

    #[test]
    #[ignore = "needs dovecot and python3: tests/run installs them"]
    fn a_sample_equals_the_mailbox() {
        super::a_sample_equals_the_mailbox(place());
    }

    #[test]
    #[ignore = "needs dovecot and python3: tests/run installs them"]
    fn every_difference_is_told_apart() {
        super::every_difference_is_told_apart(place());
    }

    #[test]
    #[ignore = "needs dovecot and python3: tests/run installs them"]
    fn what_cannot_be_read_is_not_verified() {
        super::what_cannot_be_read_is_not_verified(place());
    }
}

mod cyrus {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::Place;
    use crate::lab::cyrus;

    /// Mailboxes that were filled at the same time had each other's messages here.
    static ONE_AFTER_THE_OTHER: Mutex<()> = Mutex::new(());

    fn turn() -> MutexGuard<'static, ()> {
        ONE_AFTER_THE_OTHER.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place() -> Place {
        // It flushes every message to the disk, which takes a while.
        Place { server: cyrus(), messages: 200, drawn: 155, takes_bare_ends: false }
    }

    #[test]
    #[ignore = "needs cyrus and python3: tests/run installs them"]
    fn a_sample_equals_the_mailbox() {
        let _turn = turn();
        super::a_sample_equals_the_mailbox(place());
    }

    #[test]
    #[ignore = "needs cyrus and python3: tests/run installs them"]
    fn every_difference_is_told_apart() {
        let _turn = turn();
        super::every_difference_is_told_apart(place());
    }

    #[test]
    #[ignore = "needs cyrus and python3: tests/run installs them"]
    fn what_cannot_be_read_is_not_verified() {
        let _turn = turn();
        super::what_cannot_be_read_is_not_verified(place());
    }
}
