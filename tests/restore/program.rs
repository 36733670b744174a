//! `mailproof restore` as its users run it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mailproof::demo::pack::{File, Pack};
use mailproof::demo::zimbra::{Export, Fate, Folder, Item};
use mailproof::mailbox::ItemKind;
use serde_json::Value;

use super::archive;
use crate::program::{self, Ended, bare, json, run};
use crate::support::{self, output, tool};

/// Messages of all sorts in folders of all sorts.
pub fn account() -> Export {
    let mut export = Export::default();
    export.folders.push(Folder::new(900, 2, "Clienti è Co"));
    export.folders.push(Folder::new(901, 900, "v1.2"));
    let folders = [2, 900, 901, 5, 6];
    for id in 300..360_u32 {
        let folder = folders[id as usize % folders.len()];
        let body = format!(
            "From: Anna <anna@example.org>\r\nTo: marco@example.net\r\nMessage-ID: <{id}@example.org>\r\n\
             Subject: Offerta {id}\r\n\r\nRiga {id}\nsenza CR\r\n{}",
            "è".repeat(id as usize)
        );
        let item = Item::message(id, folder, format!("Offerta {id}"), body);
        let flags = [0, 32, 2, 8, 64, 4 | 32][id as usize % 6];
        let unread = id % 3 == 0;
        export.items.push(Item { date: 1_700_000_000 + i64::from(id) * 60, flags, unread, ..item });
    }
    export.items.push(Item::new(700, 7, ItemKind::Contact, "Marco Rossi"));
    export
}

pub fn files(export: &Export) -> BTreeMap<u32, Vec<u8>> {
    let messages = export.items.iter().filter(|item| item.kind == ItemKind::Message);
    messages.map(|item| (item.id, item.body.clone().unwrap())).collect()
}

pub fn restore(archive: &Path, more: &[&str]) -> Command {
    let mut command = bare();
    // Records go below the home.
    command.arg("restore").arg(archive).args(more).env("HOME", archive.parent().unwrap());
    command
}

/// All files of a Maildir by their paths.
pub fn listed(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => open.push(entry.path()),
                false => {
                    found.insert(
                        entry.path().strip_prefix(root).unwrap().to_owned(),
                        fs::read(entry.path()).unwrap(),
                    );
                }
            }
        }
    }
    found.retain(|path, _| !path.ends_with("maildirfolder"));
    found
}

/// The restored bodies, sorted.
pub fn bodies(root: &Path) -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> = listed(root).into_values().collect();
    bodies.sort();
    bodies
}

fn sorted(export: &Export) -> Vec<Vec<u8>> {
    let mut bodies: Vec<_> = files(export).into_values().collect();
    bodies.sort();
    bodies
}

const ANNA: &[&str] = &["--account", "anna@example.org", "--kind", "message", "--format", "json", "--to"];

fn report(ended: &Ended) -> Value {
    json(&ended.stdout)
}

#[test]
fn an_account_comes_back_once_however_often_it_is_restored() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("anna");
    let first = run(restore(&path, ANNA).arg(&to));
    assert_eq!(first.code, Some(0), "{first:?}");
    let report_of_first = report(&first);
    assert_eq!((&report_of_first["restored"], &report_of_first["outcome"]), (&60.into(), &"complete".into()));
    assert_eq!(bodies(&to), sorted(&export));
    let files = listed(&to);
    let modes: Vec<u32> =
        files.keys().map(|file| fs::metadata(to.join(file)).unwrap().permissions().mode() & 0o777).collect();
    assert!(modes.iter().all(|mode| *mode == 0o600), "{modes:?}");
    assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(files.keys().any(|file| file.starts_with(".INBOX.Clienti &AOg- Co/cur")), "{:?}", files.keys());
    // A reader marks one as read; the second restore finds it all the same.
    let new = files.keys().find(|file| file.starts_with("new")).unwrap();
    let seen = to.join("cur").join(format!("{}:2,S", new.file_name().unwrap().to_str().unwrap()));
    fs::rename(to.join(new), seen).unwrap();
    let before = listed(&to);
    let second = run(restore(&path, ANNA).arg(&to));
    assert_eq!(second.code, Some(0), "{second:?}");
    let second = report(&second);
    assert_eq!((&second["restored"], &second["already_there"]), (&0.into(), &60.into()));
    assert_eq!(listed(&to), before, "nothing doubled, nothing changed");
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn python_reads_the_maildir_as_the_backup_has_it() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("anna");
    assert_eq!(run(restore(&path, ANNA).arg(&to)).code, Some(0));
    let script = "import sys, mailbox, json, hashlib
def each(box, name):
    for key in box.iterkeys():
        m = box.get_message(key)
        raw = box.get_bytes(key)
        yield [name, m['Message-ID'], m.get_flags(), m.get_subdir(), int(m.get_date()), hashlib.sha256(raw).hexdigest()]
root = mailbox.Maildir(sys.argv[1], create=False)
out = list(each(root, ''))
for name in root.list_folders():
    out += each(root.get_folder(name), name)
print(json.dumps(out))";
    let found = json(&String::from_utf8(output(tool("python3").args(["-c", script]).arg(&to))).unwrap());
    let found = found.as_array().unwrap();
    assert_eq!(found.len(), 60);
    for item in export.items.iter().filter(|item| item.kind == ItemKind::Message) {
        let id = format!("<{}@example.org>", item.id);
        let row = found.iter().find(|row| row[1] == id.as_str()).unwrap();
        let folder = match item.folder {
            2 => "",
            5 => "Sent",
            6 => "Drafts",
            900 => "INBOX.Clienti &AOg- Co",
            _ => "INBOX.Clienti &AOg- Co.v1_2",
        };
        assert!(row[0].as_str().unwrap().starts_with(folder), "{row}");
        let flags = row[2].as_str().unwrap();
        for (bit, letter) in [(64, 'D'), (32, 'F'), (8, 'P'), (4, 'R')] {
            assert_eq!(item.flags & bit != 0, flags.contains(letter), "{row}");
        }
        assert_eq!(!item.unread, flags.contains('S'), "{row}");
        assert_eq!(row[3] == "new", item.unread && item.flags & (64 | 32 | 8 | 4) == 0, "{row}");
        assert_eq!(row[4], item.date);
    }
}

#[test]
fn a_tgz_holds_what_the_archive_held() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("back.tgz");
    let all = ["--account", "anna@example.org", "--to"];
    let first = run(restore(&path, &all).arg(&to));
    assert_eq!(first.code, Some(0), "{first:?}");
    assert!(!work.path().join("back.tgz.partial").exists());
    // What was restored is an archive itself, from which the same comes back.
    let again = work.path().join("again");
    let second = run(restore(&to, ANNA).arg(&again));
    assert_eq!(second.code, Some(0), "{second:?}");
    assert_eq!(bodies(&again), sorted(&export));
    let there = run(restore(&path, &all).arg(&to));
    assert_eq!(there.code, Some(2), "{there:?}");
    assert!(there.stderr.contains("not replaced"), "{there:?}");
}

#[test]
#[ignore = "needs tar and python3: tests/run installs them"]
fn gnu_tar_and_python_read_the_tgz() {
    let (work, mut export) = (support::folder(), account());
    let long = "Una lunga offerta è arrivata ".repeat(8);
    export
        .items
        .push(Item { date: 1_700_000_000, ..Item::message(800, 2, long, b"Subject: x\r\n\r\nx".to_vec()) });
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("back.tgz");
    assert_eq!(run(restore(&path, &["--account", "anna@example.org", "--to"]).arg(&to)).code, Some(0));
    let unpacked = work.path().join("unpacked");
    fs::create_dir(&unpacked).unwrap();
    output(tool("tar").arg("-xzf").arg(&to).arg("-C").arg(&unpacked));
    let found: Vec<_> =
        listed(&unpacked).into_iter().filter(|(name, _)| name.extension() == Some("eml".as_ref())).collect();
    assert_eq!(found.len(), 61);
    let mut found: Vec<_> = found.into_iter().map(|(_, body)| body).collect();
    found.sort();
    assert_eq!(found, sorted(&export));
    let script = "import sys, tarfile
names = [m.name for m in tarfile.open(sys.argv[1])]
for at, name in enumerate(names):
    if not name.endswith('.meta'): assert names[at-1] == name + '.meta', name
print(len(names), sum(n.endswith('.meta') for n in names))";
    let counted = output(tool("python3").args(["-c", script]).arg(&to));
    // 61 messages with bodies, a contact without, and the six folders they lie in.
    assert_eq!(String::from_utf8(counted).unwrap().trim(), "129 68");
}

#[test]
fn several_accounts_get_places_of_their_own_and_names_lead_nowhere_else() {
    let (work, export) = (support::folder(), account());
    let tgz = export.write().unwrap();
    let names = ["1/anna@example.org.tgz", "1/..@example.org.tgz", "1/.hidden@example.org.tgz"];
    let files: Vec<_> = names.iter().map(|name| (*name, tgz.clone())).collect();
    let path = archive(work.path(), &files);
    let to = work.path().join("all");
    let ended = run(restore(&path, &["--all-accounts", "--kind", "message", "--to"]).arg(&to));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let accounts: Vec<_> =
        fs::read_dir(&to).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(accounts.len(), 3, "{accounts:?}");
    assert!(accounts.iter().all(|name| !name.starts_with('.')), "{accounts:?}");
    assert_eq!(listed(&to).len(), 180);
    let tgzs = work.path().join("all.tgz");
    let ended = run(restore(&path, &["--all-accounts", "--to"]).arg(&tgzs));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(tgzs.join("anna@example.org.tgz").is_file());
    assert_eq!(fs::read_dir(&tgzs).unwrap().count(), 3);
    assert!(ended.stdout.contains("it is a folder, with one tgz for each account"), "{}", ended.stdout);
}

#[test]
fn what_brings_nothing_leaves_nothing() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let one = ["--account", "nobody@example.org", "--to"];
    let two = ["--account", "nobody@example.org", "--account", "nemo@example.org", "--to"];
    let (mine, used) = (work.path().join("mine"), work.path().join("used"));
    fs::create_dir(&mine).unwrap();
    fs::create_dir_all(used.join("cur")).unwrap();
    fs::write(used.join("cur/mail"), b"mine").unwrap();
    for whose in [&one[..], &two] {
        for to in ["new", "new.tgz", "mine", "used"] {
            let ended = run(restore(&path, whose).arg(work.path().join(to)));
            assert_eq!(ended.code, Some(20), "{ended:?}");
        }
    }
    let mut left: Vec<_> = fs::read_dir(work.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    // The records of these runs go below the home.
    left.retain(|name| name != ".local");
    left.sort();
    let archive = path.file_name().unwrap().to_str().unwrap();
    let mut expected = [archive, "mine", "used"];
    expected.sort_unstable();
    assert_eq!(left, expected);
    assert_eq!(fs::read_dir(&mine).unwrap().count(), 0);
    assert_eq!((fs::read_dir(&used).unwrap().count(), listed(&used).len()), (1, 1));
}

/// What is picked out of a mailbox is a part of it, and no damaged whole.
#[test]
fn a_part_in_a_tgz_is_shown_as_a_part() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    for (number, (part, why)) in [
        (["--folder", "/Inbox/Clienti è Co"], "does not describe the mailbox's root folder"),
        (["--since", "2023-11-15T04:00:00Z"], "describes no folders"),
        (["--kind", "message"], "describes no folders"),
    ]
    .into_iter()
    .enumerate()
    {
        let to = work.path().join(format!("{number}.tgz"));
        let restored =
            run(restore(&path, &["--account", "anna@example.org"]).args(part).arg("--to").arg(&to));
        assert_eq!(restored.code, Some(0), "{restored:?}");
        let shown = run(bare().arg("show").arg(&to));
        assert_eq!(shown.code, Some(20), "{shown:?}");
        let told = shown.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(why) && !told.contains("export-"), "{part:?}: {told}");
        let again = work.path().join(format!("again{number}"));
        let restored = run(restore(&to, ANNA).arg(&again));
        assert_eq!(restored.code, Some(0), "{restored:?}");
    }
}

#[test]
fn what_is_not_there_is_named_with_what_is_near() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let ended = |more: &[&str]| {
        run(restore(&path, &["--account", "anna@example.org", "--to"]).arg(work.path().join("x")).args(more))
    };
    for (more, told) in [
        (
            ["--folder", "/Inbox/Cleinti e Co"],
            "no folder /Inbox/Cleinti e Co; nearest are /Inbox/Clienti è Co, ",
        ),
        (["--query", "in:clienti"], "no folder clienti; nearest are "),
        (["--message-id", "<999@example.org>"], "no message with the Message-ID <999@example.org>"),
    ] {
        let ended = ended(&more);
        assert_eq!(ended.code, Some(20), "{ended:?}");
        assert!(
            ended.stdout.contains(told) && !ended.stdout.contains("nothing in it matches"),
            "{}",
            ended.stdout
        );
    }
    // Case and composition are those of nobody.
    let found = ended(&["--folder", "inbox/CLIENTI E\u{300} co", "--kind", "message"]);
    assert_eq!(found.code, Some(0), "{found:?}");
}

#[test]
fn hostile_folder_names_stay_below_the_place() {
    let work = support::folder();
    let mut export = Export::default();
    let names =
        ["..", "...", "a.b", "a_b", ".hidden", "~root", "x\u{0}y", "new", "cur", "tmp", &"ü".repeat(2000)];
    for (name, id) in names.iter().zip(900_u32..) {
        export.folders.push(Folder::new(id, 1, *name));
        let body = format!("Subject: {id}\r\n\r\n{id}");
        export.items.push(Item { date: 7, ..Item::message(id + 100, id, "x", body) });
    }
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let outer = work.path().join("outer");
    fs::create_dir(&outer).unwrap();
    let to = outer.join("anna");
    let ended = run(restore(&path, ANNA).arg(&to));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(fs::read_dir(&outer).unwrap().count(), 1, "nothing beside it");
    let folders = fs::read_dir(&to).unwrap().count();
    assert_eq!(
        (bodies(&to).len(), folders),
        (names.len(), names.len() + 3),
        "each has its own: {:?}",
        listed(&to).keys()
    );
}

#[test]
fn links_in_the_place_are_not_followed() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let (to, elsewhere) = (work.path().join("anna"), work.path().join("elsewhere"));
    fs::create_dir(&to).unwrap();
    fs::create_dir(&elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, to.join(".Sent")).unwrap();
    let ended = run(restore(&path, ANNA).arg(&to));
    assert_eq!(ended.code, Some(20), "{ended:?}");
    assert!(ended.stdout.contains("a file or a link is where a folder must be"), "{ended:?}");
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

#[test]
fn a_damaged_archive_gives_the_rest_and_says_what_is_missing() {
    let (work, mut export) = (support::folder(), account());
    export.items[3].stored = Some(vec![b'x'; 500]);
    export.items[7].fate = Fate::WithoutBody;
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("anna");
    let ended = run(restore(&path, ANNA).arg(&to));
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let report = report(&ended);
    assert_eq!((&report["restored"], &report["left"]["unsound"]), (&58.into(), &2.into()));
    let items: Vec<_> = report["left"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["item"].as_u64().unwrap())
        .collect();
    assert_eq!(items, [303, 307]);
    let text = run(restore(&path, &["--account", "anna@example.org", "--to"]).arg(&to));
    assert!(text.stdout.starts_with("INCOMPLETE  58 of 61 items"), "{}", text.stdout);
    let lines = [
        "1 item: its body is not the one",
        "anna@example.org: folder 5, item 303",
        "1 item: a Maildir holds messages only",
    ];
    for line in lines {
        assert!(text.stdout.contains(line), "{line} in {}", text.stdout);
    }
    assert!(!text.stdout.contains("Offerta"), "no subject: {}", text.stdout);
}

#[test]
fn one_message_is_found_by_its_words() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let count = |more: &[&str], number: u32| {
        let to = work.path().join(format!("found{number}"));
        let ended = run(restore(&path, ANNA).arg(&to).args(more));
        (ended.code, if to.exists() { listed(&to).len() } else { 0 })
    };
    assert_eq!(count(&["--query", "subject:\"offerta 301\""], 1), (Some(0), 1));
    assert_eq!(count(&["--query", "in:/Inbox from:anna riga"], 2), (Some(0), 36));
    assert_eq!(count(&["--message-id", "<302@example.org>"], 3), (Some(0), 1));
    assert_eq!(count(&["--folder", "/Sent", "--item", "303"], 4), (Some(0), 1));
    assert_eq!(count(&["--folder", "/Sent", "--item", "303", "--item", "304"], 9), (Some(10), 1));
    assert_eq!(count(&["--since", "2023-11-16"], 5), (Some(20), 0));
    assert_eq!(count(&["--since", "2023-11-15T04:00:00Z", "--query", "after:2023-11-15"], 6), (Some(0), 13));
    assert_eq!(count(&["--query", "before:2023-11-15"], 8), (Some(20), 0));
    assert_eq!(count(&["--query", "form:anna"], 7), (Some(2), 0));
    let none = run(restore(&path, &["--account", "nobody@example.org", "--to"]).arg(work.path().join("n")));
    assert_eq!(none.code, Some(20));
    assert!(none.stdout.contains("no account nobody@example.org; there are anna@example.org"), "{none:?}");
    let one_of_two =
        run(restore(&path, ANNA).arg(work.path().join("two")).args(["--account", "nobody@example.org"]));
    let told = report(&one_of_two);
    assert_eq!(
        (one_of_two.code, &told["restored"], &told["outcome"]),
        (Some(10), &60.into(), &"incomplete".into())
    );
    // Of a damaged archive nobody knows what it held.
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..1_024]).unwrap();
    let cut = run(restore(&path, &["--account", "anna@example.org", "--to"]).arg(work.path().join("cut")));
    assert_eq!(cut.code, Some(10), "{cut:?}");
    assert!(
        cut.stdout.contains("archive damaged") && !cut.stdout.contains("nothing in it matches"),
        "{cut:?}"
    );
}

/// Words that are searched for may be content.
#[test]
fn a_report_says_what_was_asked_for_and_no_word_of_a_query() {
    let work = support::folder();
    let path = archive(work.path(), &[("1/anna@example.org.tgz", account().write().unwrap())]);
    let mut command = restore(&path, ANNA);
    command.arg(work.path().join("m")).args(["--folder", "/Sent", "--since", "2023-11-15"]);
    let ended = run(command.args(["--query", "riga"]));
    let told = report(&ended);
    let asked = &told["asked"];
    assert_eq!(asked["accounts"], Value::from(vec!["anna@example.org"]));
    assert_eq!((&asked["folder"], &asked["since"]), (&"/Sent".into(), &"2023-11-15T00:00:00Z".into()));
    assert_eq!((&asked["by_query"], &asked["by_message_id"]), (&true.into(), &false.into()));
    assert_eq!(asked["kinds"], Value::from(vec!["message"]));
    assert!(!ended.stdout.contains("riga"), "{}", ended.stdout);
}

#[test]
fn a_restore_waits_for_no_record() {
    let work = support::folder();
    let path = archive(work.path(), &[("1/anna@example.org.tgz", account().write().unwrap())]);
    fs::write(work.path().join("taken"), "a file, and no folder").unwrap();
    let mut command = restore(&path, &["--account", "anna@example.org", "--kind", "message", "--quiet"]);
    command.arg("--records").arg(work.path().join("taken")).arg("--to").arg(work.path().join("m"));
    let ended = run(&mut command);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stderr.contains("this restore leaves no record"), "{}", ended.stderr);
    assert_eq!(bodies(&work.path().join("m")).len(), 60);
}

#[test]
fn what_cannot_be_written_to_is_said_before_anything_is_read() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let file = work.path().join("file");
    fs::write(&file, b"mine").unwrap();
    for to in
        [file.clone(), file.join("below"), work.path().join("not/there"), work.path().join("not/there.tgz")]
    {
        let ended = run(restore(&path, ANNA).arg(&to));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("; "), "a next step: {}", ended.stderr);
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    let ended = run(restore(&path, ANNA).arg("ftp://example.org/"));
    assert!(ended.code == Some(2) && ended.stderr.contains("is no place that is known"), "{ended:?}");
    for to in ["imap://anna:geheim@localhost/R", "imap://anna:geh/eim@localhost/R", "x://anna:geheim@h"] {
        let ended = run(restore(&path, ANNA).arg(to));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(!ended.stderr.contains("geh") && ended.stderr.contains("--to"), "{ended:?}");
    }
    let whose = run(restore(&path, &["--to"]).arg(work.path().join("x")));
    assert_eq!(whose.code, Some(2), "an account or all: {whose:?}");
}

/// A large archive in a file.
fn large(folder: &Path, messages: u32) -> (PathBuf, Export) {
    let mut export = account();
    let filling = "riga di prova\r\n".repeat(2000);
    for id in 1000..1000 + messages {
        let body = format!("Message-ID: <{id}@example.org>\r\nSubject: {id}\r\n\r\n{filling}{id}");
        export.items.push(Item { date: 1_700_000_000 + i64::from(id), ..Item::message(id, 2, "x", body) });
    }
    (archive(folder, &[("1/anna@example.org.tgz", export.write().unwrap())]), export)
}

#[test]
fn a_restore_that_is_killed_goes_on_where_it_stopped() {
    let work = support::folder();
    let (path, export) = large(work.path(), 400);
    let to = work.path().join("anna");
    let mut partly = 0;
    for round in 1..=20 {
        let mut child =
            restore(&path, ANNA).arg(&to).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Killed once some more messages are there.
        while child.try_wait().unwrap().is_none() {
            if to.join("cur").exists() && fs::read_dir(to.join("cur")).unwrap().count() > round * 15 {
                program::signal(child.id(), "KILL");
                child.wait().unwrap();
                partly += 1;
                break;
            }
        }
        let expected = sorted(&export);
        for (name, body) in listed(&to) {
            assert!(
                name.starts_with("tmp")
                    || name.components().any(|part| part.as_os_str() == "tmp")
                    || expected.binary_search(&body).is_ok(),
                "{name:?} is half a message"
            );
        }
    }
    assert!(partly > 10, "killed in the middle {partly} times");
    let ended = run(restore(&path, ANNA).arg(&to));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(report(&ended)["already_there"].as_u64().unwrap() > 0);
    assert_eq!(bodies(&to), sorted(&export), "also in tmp nothing is left");
    // A tgz begins anew.
    let tgz = work.path().join("a.tgz");
    let mut child =
        restore(&path, ANNA).arg(&tgz).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !work.path().join("a.tgz.partial").exists() && child.try_wait().unwrap().is_none() {}
    program::signal(child.id(), "KILL");
    child.wait().unwrap();
    let ended = run(restore(&path, ANNA).arg(&tgz));
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!work.path().join("a.tgz.partial").exists());
}

#[test]
fn a_restore_that_is_interrupted_keeps_what_came() {
    let work = support::folder();
    let (path, export) = large(work.path(), 2000);
    let to = work.path().join("anna");
    let child = restore(&path, ANNA).arg(&to).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    while !to.join("cur").exists() || fs::read_dir(to.join("cur")).unwrap().count() < 30 {}
    program::signal(child.id(), "INT");
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130));
    let first = json(&String::from_utf8(ended.stdout).unwrap());
    assert_eq!(first["outcome"], "interrupted");
    let came = first["restored"].as_u64().unwrap();
    assert!((28..2060).contains(&came), "{came}");
    assert_eq!(bodies(&to).len() as u64, came);
    let ended = run(restore(&path, ANNA).arg(&to));
    assert_eq!((ended.code, &report(&ended)["already_there"]), (Some(0), &came.into()));
    assert_eq!(bodies(&to), sorted(&export));
}

#[test]
fn what_is_encrypted_opens_with_the_key_and_the_wrong_key_is_said() {
    use secrecy::ExposeSecret;
    let (work, export) = (support::folder(), account());
    let identity = age::x25519::Identity::generate();
    let made = Pack::new(vec![identity.to_public()])
        .build(&[File::new("1/anna@example.org.tgz", export.write().unwrap())])
        .unwrap();
    let path = work.path().join("a.tar.zst.age");
    fs::write(&path, made.encrypted).unwrap();
    let key = support::secret_file(work.path(), "key.txt", identity.to_string().expose_secret());
    let other = age::x25519::Identity::generate();
    let wrong = support::secret_file(work.path(), "wrong.txt", other.to_string().expose_secret());
    let ended = run(restore(&path, ANNA).arg(work.path().join("w")).arg("-i").arg(wrong));
    assert_eq!(ended.code, Some(20), "{ended:?}");
    assert_eq!(report(&ended)["absent"], Value::Array(Vec::new()), "nothing was read: {ended:?}");
    let ended = run(restore(&path, ANNA).arg(work.path().join("a")).arg("-i").arg(key));
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// The program with files of at most so many kilobytes, as on a disk that is full.
fn short_of_room(archive: &Path, to: &Path, kilobytes: u32) -> Ended {
    let mut shell = tool("bash");
    let limit = format!(r#"ulimit -f {kilobytes}; exec "$0" "$@""#);
    shell.args(["-c", &limit]).arg(bare().get_program()).arg("restore").arg(archive).args(ANNA).arg(to);
    run(shell.env("HOME", archive.parent().unwrap()))
}

#[test]
fn a_full_disk_loses_nothing_and_the_next_run_goes_on() {
    let work = support::folder();
    let (path, export) = large(work.path(), 20);
    let (to, tgz) = (work.path().join("anna"), work.path().join("a.tgz"));
    let full = short_of_room(&path, &to, 20);
    assert_eq!(full.code, Some(20), "{full:?}");
    let first = report(&full);
    assert_eq!(first["restored"], 60, "all that is small enough");
    let message = first["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("make room and run the same restore again; what is there stays"), "{message}");
    assert_eq!(bodies(&to).len(), 60, "no half message, also in tmp");
    let full = short_of_room(&path, &tgz, 10);
    assert_eq!(full.code, Some(20), "{full:?}");
    assert_eq!(report(&full)["restored"], 0, "nothing of a tgz is there before it has its name");
    assert!(!tgz.exists());
    for place in [&to, &tgz] {
        let ended = run(restore(&path, ANNA).arg(place));
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    assert_eq!(bodies(&to), sorted(&export));
}

#[test]
#[ignore = "needs dovecot: tests/run installs it"]
fn dovecot_reads_the_maildir_as_the_backup_has_it() {
    let (work, export) = (support::folder(), account());
    let path = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let to = work.path().join("anna");
    assert_eq!(run(restore(&path, ANNA).arg(&to)).code, Some(0));
    let base = work.path().display();
    let own = |what: &str| String::from_utf8(output(tool("id").arg(what))).unwrap().trim().to_owned();
    let (mut user, mut group) = (own("-un"), own("-gn"));
    if user == "root" {
        // Which Dovecot never reads mail as.
        (user, group) = ("mail".to_owned(), "mail".to_owned());
        output(Command::new("chown").args(["-R", "mail:mail"]).arg(work.path()));
    }
    let configuration = format!(
        "mail_uid = {user}\nmail_gid = {group}\nfirst_valid_uid = 0\nfirst_valid_gid = 0\nbase_dir = {base}/run\nstate_dir = {base}/state\nlog_path = /dev/stderr\nssl = no\n\
         mail_location = maildir:{base}/anna\nnamespace inbox {{\n  inbox = yes\n  separator = /\n}}\n"
    );
    let file = work.path().join("dovecot.conf");
    fs::write(&file, configuration).unwrap();
    let doveadm = |words: &[&str]| {
        let mut command = tool("doveadm");
        command.arg("-c").arg(&file).args(words).env("HOME", work.path()).env("USER", "anna");
        String::from_utf8(output(&mut command)).unwrap()
    };
    let mut folders: Vec<String> = doveadm(&["mailbox", "list"]).lines().map(str::to_owned).collect();
    folders.sort();
    assert_eq!(folders[..4], ["Drafts", "INBOX", "INBOX/Clienti è Co", folders[3].as_str()]);
    assert!(folders[3].starts_with("INBOX/Clienti è Co/v1_2~"), "{folders:?}");
    let counts = doveadm(&["-f", "tab", "mailbox", "status", "messages unseen", "*"]);
    let of = |folder: &str| {
        counts.lines().find(|line| line.starts_with(&format!("{folder}\t"))).unwrap().to_owned()
    };
    let unread = export.items.iter().filter(|item| item.folder == 5 && item.unread).count();
    assert_eq!(of("Sent"), format!("Sent\t12\t{unread}"));
    let dates = doveadm(&[
        "-f",
        "tab",
        "fetch",
        "hdr.message-id date.received.unixtime size.physical",
        "mailbox",
        "Sent",
    ]);
    for item in export.items.iter().filter(|item| item.folder == 5) {
        let size = item.body.as_ref().unwrap().len();
        let line = format!("<{}@example.org>\t{}\t{size}", item.id, item.date);
        assert!(dates.lines().any(|found| found == line), "{line} in {dates}");
    }
}

#[test]
fn the_schema_of_restores_in_docs_is_this_versions() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/restore.schema.json");
    let current = mailproof::report::restored::schema();
    if std::env::var_os("REFRESH").is_some() {
        fs::write(path, serde_json::to_string_pretty(&current).unwrap() + "\n").unwrap();
    }
    let stored: Value = json(&fs::read_to_string(path).unwrap());
    assert!(stored == current, "refresh it: REFRESH=1 cargo test --test suite the_schema_of_restores");
    let (work, mut export) = (support::folder(), account());
    export.items[3].stored = Some(vec![b'x'; 500]);
    let archive = archive(work.path(), &[("1/anna@example.org.tgz", export.write().unwrap())]);
    let report = report(&run(restore(&archive, ANNA).arg(work.path().join("a"))));
    let validator = jsonschema::validator_for(&stored).unwrap();
    let problems: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(problems.is_empty(), "{problems:?}");
}
