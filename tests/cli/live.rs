//! The rung `restorable` on the command line, against a Maildir and against Zimbra.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use mailproof::demo::live::MailServer;
use mailproof::demo::pack::{self, Pack};
use mailproof::demo::zimbra::{Export, Item, Options};
use secrecy::ExposeSecret;

use super::{assert_fits, result};
use crate::program::{Bench, Ended, json, run};
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
    export_of(MESSAGES)
}

fn export_of(messages: u32) -> Export {
    let message = |id| {
        let item = Item::message(id, 2, format!("Offerta segreta {id}"), body(id));
        Item { sender: format!("Anna <{ANNA}>"), date: i64::try_from(date(id)).unwrap(), ..item }
    };
    Export { items: (300..300 + messages).map(message).collect(), ..Export::default() }
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
        Self::of(&export())
    }

    /// With an archive of this export.
    fn of(export: &Export) -> Self {
        Self::holding(&[(ANNA, export)])
    }

    /// With an archive of accounts that all have the same mail.
    fn of_accounts(accounts: &[&str]) -> Self {
        let export = export();
        Self::holding(&accounts.iter().map(|account| (*account, &export)).collect::<Vec<_>>())
    }

    fn holding(accounts: &[(&str, &Export)]) -> Self {
        let named = accounts.iter().map(|(account, export)| (format!("exports/{account}.tgz"), *export));
        Self::packing(&named.collect::<Vec<_>>())
    }

    /// With an archive of these files.
    fn packing(exports: &[(String, &Export)]) -> Self {
        let bench = Bench::new();
        let identity = age::x25519::Identity::generate();
        support::secret_file(bench.path("").as_path(), "own.txt", identity.to_string().expose_secret());
        let file = |(name, export): &(String, &Export)| pack::File::new(name, export.write().unwrap());
        let files: Vec<_> = exports.iter().map(file).collect();
        let archive = bench.path("a.tar.zst.age");
        fs::write(&archive, Pack::new(vec![identity.to_public()]).build(&files).unwrap().encrypted).unwrap();
        let maildir = bench.path("mail").join(ANNA);
        ["cur", "new", "tmp"].iter().for_each(|part| fs::create_dir_all(maildir.join(part)).unwrap());
        (300..300 + MESSAGES).for_each(|id| deliver(&maildir, id, &body(id)));
        let scene = Self { bench, maildir, archive };
        fs::write(scene.bench.path("live.toml"), scene.policy("")).unwrap();
        scene
    }

    fn policy(&self, more: &str) -> String {
        format!(
            "[keys]\nidentities = ['./own.txt']\n[require]\nrung = 'restorable'\n[run]\nrecords = 'records'\n\
             [live]\nurl = 'maildir://{}/{{account}}/'\n{more}",
            self.bench.path("mail").display()
        )
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

    fn remove(&self, ids: &[u32]) {
        for id in ids {
            fs::remove_file(self.maildir.join(format!("cur/{}.M{id}P1.mail:2,S", date(*id)))).unwrap();
        }
    }

    fn verify(&self, more: &[&str]) -> Ended {
        self.verify_by("live.toml", more)
    }

    fn verify_by(&self, policy: &str, more: &[&str]) -> Ended {
        let mut command = self.bench.command("verify");
        run(command.arg("--policy").arg(policy).args(more).arg(&self.archive))
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
    assert!(ended.stdout.contains("the archive is sound, but live mailboxes differ"), "{}", ended.stdout);
    assert!(
        ended.stdout.contains("live-message-differs: anna@example.org: folder 2 (Inbox), item 310"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("another version: the body differs from byte 0 on"), "{}", ended.stdout);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(!text.contains("segreta"), "{text}");
    }
}

/// Dovecot keeps a Maildir's lines with LF, whatever was delivered.
#[test]
fn what_equals_but_for_line_ends_is_said_plainly() {
    let scene = Scene::new();
    for id in 300..320 {
        let bare: Vec<u8> = body(id).into_iter().filter(|byte| *byte != b'\r').collect();
        deliver(&scene.maildir, id, &bare);
    }
    fs::write(scene.bench.path("all.toml"), scene.policy("[sample]\nall = true\n")).unwrap();
    let ended = scene.verify_by("all.toml", &["--quiet"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in [
        "compared all 60 of 60 messages with the live mailboxes: 20 of them",
        "none differs otherwise",
        "live-line-ends: anna@example.org",
    ] {
        assert!(ended.stdout.contains(words), "{words}: {}", ended.stdout);
    }
    let (_, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("all.toml").arg(&scene.archive));
    assert_fits(&printed);
    let live = &printed["archives"][0]["live"];
    assert_eq!((&live["statement"]["same"], &live["statement"]["line_ends"]), (&40.into(), &20.into()));
    let account = &live["accounts"][0];
    assert_eq!(
        (&account["differences"]["same"], &account["differences"]["line-ends"]),
        (&40.into(), &20.into())
    );
    assert_eq!(account["missing_in_backup"], 0);
}

/// What has another size looks gone from one side and unknown from the other, until both versions were read.
#[test]
fn another_version_is_explained_and_neither_gone_nor_missing() {
    let scene = Scene::new();
    let text = |id| String::from_utf8(body(id)).unwrap();
    deliver(&scene.maildir, 310, text(310).replacen("Subject", "X-Spam: segreta\r\nSubject", 1).as_bytes());
    deliver(&scene.maildir, 311, text(311).replacen("\r\n", "\n", 1).as_bytes());
    deliver(&scene.maildir, 312, &body(312)[..body(312).len() - 5]);
    fs::write(scene.bench.path("all.toml"), scene.policy("[sample]\nall = true\n")).unwrap();
    let (ended, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("all.toml").arg(&scene.archive));
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let archive = &printed["archives"][0];
    let findings = archive["findings"].as_array().unwrap();
    let mut told: Vec<_> =
        findings.iter().map(|found| (found["id"].as_str(), found["observed"].as_str())).collect();
    // They come in the order of the draw.
    told.sort_unstable();
    let id = Some("live-message-differs");
    assert_eq!(
        told,
        [
            (Some("live-line-ends"), Some("equal but for line ends: 1 of 60 that were compared")),
            (id, Some("another version: header fields added in the live copy: x-spam; the body is the same")),
            (id, Some("another version: the live body lacks its last 4 bytes")),
        ]
    );
    let account = &archive["live"]["accounts"][0];
    let counted = serde_json::json!({ "same": 57, "differs": 2, "line-ends": 1 });
    assert_eq!((&account["differences"], &account["missing_in_backup"]), (&counted, &0.into()));
}

#[test]
fn a_mailbox_that_is_not_there_is_not_verified() {
    let scene = Scene::new();
    fs::rename(&scene.maildir, scene.maildir.with_file_name("bruno@example.org")).unwrap();
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    assert!(ended.stdout.contains("no such account"), "{}", ended.stdout);
    let told = "not compared: 60 messages of anna@example.org, unreachable";
    assert!(ended.stdout.contains(told), "{}", ended.stdout);
    assert!(!ended.stdout.contains("none differs"), "{}", ended.stdout);
}

#[test]
fn a_mail_store_that_is_not_mounted_is_called_so() {
    let scene = Scene::new();
    fs::remove_dir_all(&scene.maildir).unwrap();
    for words in
        ["is empty, so no mailbox can be found; mount", "is missing, so no mailbox can be found; mount"]
    {
        let ended = scene.verify(&["--quiet"]);
        assert_eq!(ended.code, Some(20), "{ended:?}");
        let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words) && !told.contains("no such account"), "{told}");
        let _ = fs::remove_dir(scene.bench.path("mail"));
    }
}

/// Where everything was looked at there is no sample that could have missed something.
#[test]
fn where_all_was_compared_no_confidence_is_stated() {
    let scene = Scene::new();
    scene.adds("[sample]\nall = true\n");
    let whole = scene.verify(&["--quiet"]);
    assert!(whole.stdout.contains("compared all 60 of 60 messages"), "{}", whole.stdout);
    scene.remove(&[310, 311]);
    let (ended, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("live.toml").arg(&scene.archive));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let statement = serde_json::json!({
        "confidence_ppm": 1_000_000, "population": 60, "same": 58, "line_ends": 0, "at_most": 2,
    });
    assert_eq!(printed["archives"][0]["live"]["statement"], statement);
    let told = scene.verify(&["--quiet", "-v"]);
    for words in
        ["is compared, 58 of 60: none differs", "missing-live: anna@example.org: folder 2 (Inbox), item 310"]
    {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    for text in [&whole.stdout, &told.stdout] {
        assert!(!text.contains("sure"), "{text}");
    }
}

#[test]
fn a_folder_that_is_gone_is_named_with_the_way_to_bring_it_back() {
    let scene = Scene::new();
    scene.adds("[sample]\nall = true\n");
    scene.remove(&(300..300 + MESSAGES).collect::<Vec<_>>());
    deliver(&scene.maildir, 999, b"Subject: neu\r\n\r\n");
    let (ended, printed) =
        result(scene.bench.command("verify").arg("--policy").arg("live.toml").arg(&scene.archive));
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let findings = printed["archives"][0]["findings"].as_array().unwrap();
    let gone = findings.iter().find(|finding| finding["id"] == "live-folder-gone").unwrap();
    assert_eq!(gone["subject"], "anna@example.org: /Inbox");
    let step = gone["remedy"].as_str().unwrap();
    assert!(step.contains("restore … --account anna@example.org --folder '/Inbox' --to DIR"), "{step}");
}

/// However many were deleted beside them.
#[test]
fn what_was_cut_differs_among_many_that_are_gone() {
    let scene = Scene::of(&export_of(250));
    for id in 400..405 {
        deliver(&scene.maildir, id, b"Subject: cut");
    }
    for id in 405..408 {
        deliver(&scene.maildir, id, b"Message-ID: <4");
    }
    fs::write(scene.bench.path("all.toml"), scene.policy("[sample]\nall = true\n")).unwrap();
    let mut command = scene.bench.command("verify");
    let (ended, printed) = result(command.arg("--policy").arg("all.toml").arg(&scene.archive));
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let differences = &printed["archives"][0]["live"]["accounts"][0]["differences"];
    assert_eq!((&differences["differs"], &differences["missing-live"]), (&8.into(), &182.into()));
}

/// As raw SMTP brings them in; IMAP servers and Maildirs have them with one kind of line ends.
#[test]
fn of_equal_messages_with_mixed_line_ends_each_needs_a_live_one() {
    let mixed = b"Message-ID: <same@example.org>\r\nSubject: x\n\none\r\ntwo\n".to_vec();
    let crlf = String::from_utf8(mixed.clone()).unwrap().replace("\r\n", "\n").replace('\n', "\r\n");
    let mut export = export();
    let twin =
        |id| Item { date: i64::try_from(date(id)).unwrap(), ..Item::message(id, 2, "x", mixed.clone()) };
    export.items.extend((400..410).map(twin));
    let scene = Scene::of(&export);
    (400..406).for_each(|id| deliver(&scene.maildir, id, crlf.as_bytes()));
    deliver(&scene.maildir, 406, crlf.replace("two", "tWo").as_bytes());
    fs::write(scene.bench.path("all.toml"), scene.policy("[sample]\nall = true\n")).unwrap();
    let mut command = scene.bench.command("verify");
    let (ended, printed) = result(command.arg("--policy").arg("all.toml").arg(&scene.archive));
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let account = &printed["archives"][0]["live"]["accounts"][0];
    let counts =
        ["same", "line-ends", "differs", "missing-live"].map(|word| account["differences"][word].as_u64());
    assert_eq!(counts, [Some(60), Some(6), Some(1), Some(3)], "{account}");
    assert_eq!(account["missing_in_backup"], 0);
}

/// Whichever of them comes first in the archive.
#[test]
fn of_two_exports_of_an_account_each_is_compared_by_itself() {
    let (older, newer) = (export_of(40), export());
    for names in [["1", "2"], ["2", "1"]] {
        let [older_at, newer_at] = names.map(|name| format!("{name}/{ANNA}.tgz"));
        let mut exports = vec![(older_at, &older), (newer_at, &newer)];
        exports.sort_by(|one, other| one.0.cmp(&other.0));
        let scene = Scene::packing(&exports);
        (355..360).for_each(|id| deliver(&scene.maildir, id, &body(id)[..30]));
        // Nothing of it is in either, and it is older than both.
        deliver(&scene.maildir, 200, b"Message-ID: <old@example.org>\r\nSubject: imported\r\n\r\nx\r\n");
        fs::write(scene.bench.path("all.toml"), scene.policy("[sample]\nall = true\n")).unwrap();
        let mut command = scene.bench.command("verify");
        let (ended, printed) = result(command.arg("--policy").arg("all.toml").arg(&scene.archive));
        assert_eq!(ended.code, Some(10), "{names:?} {ended:?}");
        let accounts = printed["archives"][0]["live"]["accounts"].as_array().unwrap();
        let differing = accounts.iter().filter_map(|account| account["differences"]["differs"].as_u64());
        assert_eq!(differing.sum::<u64>(), 5, "{names:?}");
    }
}

/// The others of the archive do not speak for it.
#[test]
fn a_small_mailbox_of_which_nothing_is_left_keeps_the_rung_open() {
    let small = export_of(3);
    let scene = Scene::holding(&[(ANNA, &export()), ("bruno@example.org", &small)]);
    let bruno = scene.bench.path("mail").join("bruno@example.org");
    ["cur", "new", "tmp"].iter().for_each(|part| fs::create_dir_all(bruno.join(part)).unwrap());
    let ended = scene.verify(&["--quiet"]);
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ended.code, Some(20), "{told}");
    assert!(
        told.contains("bruno@example.org: no message of it that was drawn is in the live mailbox any more"),
        "{told}"
    );
    scene.adds("[sample]\naccept_gone = ['bruno@example.org']\n");
    assert_eq!(scene.verify(&["--quiet"]).code, Some(0));
}

/// Every live message differs, so each that is drawn is named.
#[test]
fn a_seed_draws_the_same_messages_again() {
    let scene = Scene::new();
    for id in 300..300 + MESSAGES {
        let changed = String::from_utf8(body(id)).unwrap().replace("Offerta", "offerta");
        deliver(&scene.maildir, id, changed.as_bytes());
    }
    fs::write(scene.bench.path("few.toml"), scene.policy("[sample]\nnumber = 8\n")).unwrap();
    let drawn = |more: &[&str]| {
        let mut command = scene.bench.command("verify");
        let (ended, printed) = result(command.arg("--policy").arg("few.toml").args(more).arg(&scene.archive));
        assert_eq!(ended.code, Some(10), "{ended:?}");
        let findings = printed["archives"][0]["findings"].as_array().unwrap();
        let differ = findings.iter().filter(|finding| finding["id"] == "live-message-differs");
        let subjects: Vec<String> = differ.map(|finding| finding["subject"].to_string()).collect();
        assert_eq!(subjects.len(), 8);
        (printed["archives"][0]["live"]["seed"].as_str().unwrap().to_owned(), subjects)
    };
    let (seed, first) = drawn(&[]);
    assert_ne!(drawn(&[]), (seed.clone(), first.clone()), "another run draws others");
    assert_eq!(drawn(&["--seed", &seed]), (seed.clone(), first));
    let mut command = scene.bench.command("verify");
    let told = run(command.args(["-v", "--policy", "few.toml", "--seed", &seed]).arg(&scene.archive));
    assert!(told.stdout.contains(&format!("\n    seed {seed}\n")), "{}", told.stdout);
}

#[test]
fn a_record_holds_what_the_draw_was() {
    let scene = Scene::new();
    assert_eq!(scene.verify(&["--quiet"]).code, Some(0));
    let record = scene.bench.kept().remove(0);
    let live = &record["result"]["archives"][0]["live"];
    assert_eq!(live["seed"].as_str().unwrap().len(), 64);
    assert_eq!(live["coverage"]["total"], 60);
    let statement = serde_json::json!({
        "confidence_ppm": 950_000, "population": 60, "same": 57, "line_ends": 0, "at_most": 0,
    });
    assert_eq!(live["statement"], statement);
}

#[test]
fn a_seed_that_draws_nothing_is_refused() {
    let scene = Scene::new();
    let (seed, archive) = ("0".repeat(64), scene.archive.to_str().unwrap());
    for (more, words) in [
        (vec!["--seed", "abc", archive], "copy them from `archives[].live.seed`"),
        (vec!["--seed", &seed], "<ARCHIVE"),
        (vec!["--seed", &seed, archive, archive], "name the ARCHIVE it was made for, alone"),
        (vec!["--seed", &seed, "--rung", "meaningful", archive], "add --rung restorable"),
    ] {
        let ended = run(scene.bench.command("verify").args(["--policy", "live.toml"]).args(&more));
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{more:?}: {ended:?}");
        assert!(ended.stderr.contains(words), "{more:?}: {}", ended.stderr);
    }
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
    assert!(ended.stdout.contains("compared all 60 of 60 messages"), "{}", ended.stdout);
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
        ended.code == Some(0) && told(&ended).ends_with("answers; anna@example.org has 1 folder"),
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
    assert!(ended.code == Some(0) && told(&ended).ends_with("sound has 1 folder"), "{ended:?}");
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

#[test]
fn of_an_incremental_export_nobody_says_what_it_lacks() {
    let whole = export();
    let options = Options { folders: false, ..whole.options };
    let items = whole.items.into_iter().filter(|item| item.id >= 330).collect();
    let scene = Scene::of(&Export { items, options, ..Export::default() });
    let ended = scene.verify(&["--quiet", "--format", "json"]);
    let live = &json(&ended.stdout)["archives"][0]["live"]["accounts"][0];
    assert_eq!(
        (&live["differences"]["same"], &live["missing_in_backup"]),
        (&29.into(), &0.into()),
        "{live:#}"
    );
    assert_eq!((&live["live_messages"], &live["not_looked_for"]), (&60.into(), &30.into()), "{live:#}");
}

#[test]
fn where_most_is_gone_the_rest_proves_nothing() {
    let scene = Scene::new();
    for id in 310..300 + MESSAGES {
        fs::remove_file(scene.maildir.join(format!("cur/{}.M{id}P1.mail:2,S", date(id)))).unwrap();
    }
    let ended = scene.verify(&["--quiet"]);
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ended.code, Some(20), "{told}");
    assert!(told.contains("50 of 60 messages that were drawn are not in the live mailbox"), "{told}");
    scene.adds(&format!("[sample]\naccept_gone = ['{}', 'ana@example.org']\n", ANNA.to_uppercase()));
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("info accepted-account-unknown: ana@example.org expected an account of"), "{told}");
}

#[test]
fn a_mailbox_that_was_closed_can_be_accepted() {
    let scene = Scene::of_accounts(&[ANNA, "left@example.org"]);
    let ended = scene.verify(&["--quiet"]);
    assert_eq!(ended.code, Some(20), "{ended:?}");
    scene.adds("[sample]\naccept_gone = ['left@example.org']\n");
    let ended = scene.verify(&["--quiet"]);
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(ended.code, Some(0), "{told}");
    assert!(told.contains("not compared: 60 messages of left@example.org, whose mailbox is gone"), "{told}");
    assert!(told.contains("of 120"), "{told}");
}
