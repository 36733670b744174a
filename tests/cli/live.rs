//! The rung `restorable` on the command line, against a Maildir and against Zimbra.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use mailproof::demo::live::MailServer;
use mailproof::demo::pack::{self, Pack};
use mailproof::demo::zimbra::{Export, Item};
use secrecy::ExposeSecret;

use super::{assert_fits, result};
use crate::program::{Bench, Ended, run};
use crate::support;

const ANNA: &str = "anna@example.org";
const MESSAGES: u32 = 60;

fn body(id: u32) -> Vec<u8> {
    format!(
        "Message-ID: <{id}@example.org>\r\nSubject: Offerta segreta {id}\r\n\r\n{}\r\n",
        "ciao ".repeat(id as usize % 50)
    )
    .into_bytes()
}

fn date(id: u32) -> u64 {
    1_700_000_000 + u64::from(id) * 60
}

fn export() -> Export {
    let message = |id| {
        let item = Item::message(id, 2, format!("Offerta segreta {id}"), body(id));
        Item { sender: format!("Anna <{ANNA}>"), date: i64::try_from(date(id)).unwrap(), ..item }
    };
    Export { items: (300..300 + MESSAGES).map(message).collect(), ..Export::default() }
}

fn deliver(maildir: &Path, id: u32, body: &[u8]) {
    let path = maildir.join(format!("cur/{}.M{id}P1.mail:2,S", date(id)));
    fs::write(&path, body).unwrap();
    let delivered = UNIX_EPOCH + Duration::from_secs(date(id));
    File::options().write(true).open(path).unwrap().set_modified(delivered).unwrap();
}

/// A bench with an archive of the export, a Maildir with the same messages, and a policy that compares both.
struct Scene {
    bench: Bench,
    maildir: PathBuf,
    archive: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let bench = Bench::new();
        let identity = age::x25519::Identity::generate();
        support::secret_file(bench.path("").as_path(), "own.txt", identity.to_string().expose_secret());
        let files = [pack::File::new(format!("exports/{ANNA}.tgz"), export().write().unwrap())];
        let archive = bench.path("a.tar.zst.age");
        fs::write(&archive, Pack::new(vec![identity.to_public()]).build(&files).unwrap().encrypted).unwrap();
        let maildir = bench.path("mail").join(ANNA);
        ["cur", "new", "tmp"].iter().for_each(|part| fs::create_dir_all(maildir.join(part)).unwrap());
        (300..300 + MESSAGES).for_each(|id| deliver(&maildir, id, &body(id)));
        let text = format!(
            "[keys]\nidentities = ['./own.txt']\n[require]\nrung = 'restorable'\n[run]\nrecords = 'records'\n\
             [live]\nurl = 'maildir://{}/{{account}}/'\n",
            bench.path("mail").display()
        );
        fs::write(bench.path("live.toml"), text).unwrap();
        Self { bench, maildir, archive }
    }

    fn verify(&self, more: &[&str]) -> Ended {
        let mut command = self.bench.command("verify");
        run(command.arg("--policy").arg("live.toml").args(more).arg(&self.archive))
    }
}

#[test]
fn what_equals_the_live_mailbox_is_proven_restorable() {
    let scene = Scene::new();
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("proven restorable"), "{}", ended.stdout);
    assert!(ended.stdout.contains("compared 57 of 60 messages with the live mailboxes"), "{}", ended.stdout);
    let (_, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("live.toml").arg(&scene.archive));
    assert_fits(&printed);
    let live = &printed["archives"][0]["live"];
    assert_eq!(live["statement"]["at_most"], 0);
    assert_eq!(live["accounts"][0]["differences"]["same"], 57);
    assert_eq!(live["seed"].as_str().unwrap().len(), 64);
}

#[test]
fn what_differs_is_named_by_number_and_never_by_its_subject() {
    let scene = Scene::new();
    let policy = scene.bench.path("live.toml");
    let text = fs::read_to_string(&policy).unwrap() + "[sample]\nall = true\n";
    fs::write(policy, text).unwrap();
    let changed = String::from_utf8(body(310)).unwrap().replace("ciao", "CIAO");
    deliver(&scene.maildir, 310, changed.as_bytes());
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(10), "{ended:?}");
    assert!(
        ended.stdout.contains("live-message-differs: anna@example.org: folder 2 (Inbox), item 310"),
        "{}",
        ended.stdout
    );
    assert!(
        ended.stdout.contains("a message of the same size and second with other bytes"),
        "{}",
        ended.stdout
    );
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("segreta"), "{text}");
    }
}

#[test]
fn a_mailbox_that_is_not_there_is_not_verified() {
    let scene = Scene::new();
    fs::remove_dir_all(&scene.maildir).unwrap();
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    assert!(ended.stdout.contains("no such account"), "{}", ended.stdout);
}

#[test]
fn what_became_of_mail_on_zimbra_is_told_apart() {
    let scene = Scene::new();
    let server = MailServer::start([(ANNA, &export())]).unwrap();
    support::secret_file(scene.bench.path("").as_path(), "password", server.password());
    let text = format!(
        "[keys]\nidentities = ['own.txt']\n[require]\nrung = 'restorable'\n[run]\nrecords = 'records'\n\
         [sample]\nall = true\n[live]\nurl = '{address}'\nadmin_url = '{address}'\nuser = '{}'\n\
         password_file = 'password'\ntombstones = true\n",
        server.admin(),
        address = server.address(),
    );
    fs::write(scene.bench.path("live.toml"), text).unwrap();
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("compared 60 of 60 messages"), "{}", ended.stdout);
    assert!(ended.stdout.contains("none differs"), "{}", ended.stdout);
    server.change(ANNA, |mailbox| {
        mailbox.track();
        mailbox.transfer(309, 5);
        mailbox.edit(310, "Subject: Offerta segreta\r\n\r\nanother text\r\n");
        mailbox.delete(311);
        mailbox.lose(312);
    });
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(10), "{ended:?}");
    for wanted in [
        "since the backup: 1 moved or marked and still the same, 1 changed, 1 deleted, 1 lost",
        "live-message-lost: anna@example.org: folder 2 (Inbox), item 312",
    ] {
        let words: Vec<_> = ended.stdout.split_whitespace().collect();
        assert!(words.join(" ").contains(wanted), "{wanted}: {}", ended.stdout);
    }
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("segreta") && !text.contains(server.password()), "{text}");
    }
    let (_, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("live.toml").arg(&scene.archive));
    assert_fits(&printed);
    let account = &printed["archives"][0]["live"]["accounts"][0];
    let words = ["same", "changed-since", "deleted-since", "lost"].map(|word| &account["differences"][word]);
    assert_eq!(words, [57, 1, 1, 1]);
    assert_eq!((&account["moved"], &account["not_looked"]), (&1.into(), &0.into()));
}

#[test]
fn the_rung_needs_a_mail_server() {
    let scene = Scene::new();
    let mut command = scene.bench.command("verify");
    let ended = run(command.args(["--rung", "restorable", "--identity", "own.txt"]).arg(&scene.archive));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("section [live]"), "{}", ended.stderr);
}
