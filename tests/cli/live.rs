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

    fn doctor(&self, more: &[&str]) -> Ended {
        let mut command = self.bench.command("doctor");
        run(command.arg("--policy").arg("live.toml").args(more).arg(&self.archive))
    }

    fn adds(&self, section: &str) {
        let policy = self.bench.path("live.toml");
        fs::write(&policy, fs::read_to_string(&policy).unwrap() + section).unwrap();
    }

    /// Names another server in the policy.
    fn asks(&self, live: &str) {
        let policy = self.bench.path("live.toml");
        let text = fs::read_to_string(&policy).unwrap();
        let (before, _) = text.split_once("[live]").unwrap();
        fs::write(&policy, format!("{before}[live]\n{live}\n")).unwrap();
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
    scene.adds("[sample]\nall = true\n");
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
    assert_eq!((&account["moved"], &account["not_looked_for"]), (&1.into(), &0.into()));
}

#[test]
fn the_rung_needs_a_mail_server() {
    let scene = Scene::new();
    let mut command = scene.bench.command("verify");
    let ended = run(command.args(["--rung", "restorable", "--identity", "own.txt"]).arg(&scene.archive));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("section [live]"), "{}", ended.stderr);
}

// ---- doctor

/// The one line about the mail server; a problem if the exit code says so.
fn told(ended: &Ended) -> String {
    let word = if ended.code == Some(0) { "ok       live: " } else { "PROBLEM  live: " };
    let lines: Vec<_> = ended.stdout.lines().filter_map(|line| line.strip_prefix(word)).collect();
    assert!(lines.len() == 1, "{ended:?}");
    lines[0].to_owned()
}

#[test]
fn doctor_counts_the_folders_of_a_mailbox() {
    let scene = Scene::new();
    let ended = scene.doctor(&["--account", ANNA]);
    assert!(
        ended.code == Some(0) && told(&ended).ends_with("answers; anna@example.org has 1 folder(s)"),
        "{ended:?}"
    );
    let ended = scene.doctor(&[]);
    assert!(
        ended.code == Some(0) && told(&ended).contains("--account ADDRESS asks for a mailbox"),
        "{ended:?}"
    );
}

#[test]
fn doctor_takes_the_account_that_the_newest_archive_is_named_by() {
    let bench = Bench::new();
    let mail = bench.path("mail");
    ["cur", "new"].iter().for_each(|part| fs::create_dir_all(mail.join("sound").join(part)).unwrap());
    let more = format!(
        "[archives]\nkey = \"{{account}}\"\n[live]\nurl = \"maildir://{}/{{account}}\"\n",
        mail.display()
    );
    let ended = run(bench.command("doctor").arg("--policy").arg(bench.policy("", &more)));
    assert!(ended.code == Some(0) && told(&ended).ends_with("sound has 1 folder(s)"), "{ended:?}");
    let policy = bench.policy("", "");
    let ended = run(bench.command("doctor").args(["--account", "sound", "--policy"]).arg(policy));
    assert!(ended.code == Some(20) && told(&ended).contains("write a [live] into the policy"), "{ended:?}");
}

#[test]
fn doctor_tells_a_missing_mailbox_from_a_missing_folder_of_all() {
    let scene = Scene::new();
    let told_of = |more: &[&str]| {
        let ended = scene.doctor(more);
        assert_eq!(ended.code, Some(20), "{ended:?}");
        told(&ended)
    };
    assert!(told_of(&["--account", "bruno@example.org"]).contains("knows no such account"));
    fs::remove_dir_all(scene.bench.path("mail")).unwrap();
    for more in [&["--account", ANNA][..], &[]] {
        assert!(told_of(more).contains("the folder of all mailboxes"), "{more:?}");
    }
}

#[test]
fn doctor_names_a_mail_server_that_is_away_and_a_password_file_that_is_not_there() {
    let scene = Scene::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let live = format!(
        "url = 'imaps://127.0.0.1:{free}/'\nuser = 'u'\npassword_file = './p'\nnetwork = {{ retries = 0 }}"
    );
    scene.asks(&live);
    let ended = scene.doctor(&[]);
    assert!(ended.code == Some(20) && told(&ended).contains("can't be read"), "{ended:?}");
    support::secret_file(scene.bench.path("").as_path(), "p", "geheim\n");
    let ended = scene.doctor(&[]);
    assert!(ended.code == Some(20) && told(&ended).contains("no connection after 1 attempt"), "{ended:?}");
    assert!(!ended.stdout.contains("geheim"), "{ended:?}");
}
