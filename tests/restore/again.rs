//! Restores that are run again, or beside another one.

use std::fs;
use std::path::Path;

use mailproof::report::restored::{Restore, render};
use mailproof::restore::{Accounts, Maildir, Place, PlaceError, Put, Recovered, Selection, Tgz};
use mailproof::verify::Cancel;

use super::program::{account, restore};
use super::{archive, restore_into};
use crate::program::{Ended, json, run};
use crate::support::{self, output, tool};

const NAMES: [&str; 3] = ["anna@example.org", "bruno@example.org", "carla@example.org"];
const ITEMS: u64 = 61;

fn three(work: &Path) -> std::path::PathBuf {
    let tgz = account().write().unwrap();
    let files: Vec<_> = NAMES.iter().map(|name| (format!("1/{name}.tgz"), tgz.clone())).collect();
    let files: Vec<_> = files.iter().map(|(name, tgz)| (&**name, tgz.clone())).collect();
    archive(work, &files)
}

fn all(archive: &Path, to: &Path) -> Ended {
    run(restore(archive, &["--all-accounts", "--format", "json", "--to"]).arg(to))
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn several_accounts_to_a_tgz_go_on_where_they_stopped() {
    let work = support::folder();
    let (path, to) = (three(work.path()), work.path().join("all.tgz"));
    assert_eq!(all(&path, &to).code, Some(0));
    let file = |name: &str| to.join(format!("{name}.tgz"));
    let whole = fs::read(file(NAMES[0])).unwrap();
    // As a kill leaves it while the files get their names.
    fs::remove_file(file(NAMES[1])).unwrap();
    fs::rename(file(NAMES[2]), to.join(format!("{}.tgz.partial", NAMES[2]))).unwrap();
    for (restored, there) in [(2 * ITEMS, ITEMS), (0, 3 * ITEMS)] {
        let ended = all(&path, &to);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let told = json(&ended.stdout);
        assert_eq!((&told["restored"], &told["already_there"]), (&restored.into(), &there.into()), "{told}");
        assert_eq!(names(&to), NAMES.map(|name| format!("{name}.tgz")));
    }
    assert_eq!(fs::read(file(NAMES[0])).unwrap(), whole);
}

#[test]
fn a_tgz_of_somebody_else_is_named_and_keeps_no_other_account_from_its_own() {
    let work = support::folder();
    let (path, to) = (three(work.path()), work.path().join("all.tgz"));
    fs::create_dir(&to).unwrap();
    let file = |name: &str| to.join(format!("{name}.tgz"));
    fs::write(file(NAMES[0]), "mine").unwrap();
    let part = ["--account", NAMES[1], "--folder", "/Sent", "--to"];
    assert_eq!(run(restore(&path, &part).arg(file(NAMES[1]))).code, Some(0));
    let ended = all(&path, &to);
    assert_eq!(ended.code, Some(10), "{ended:?}");
    let told = json(&ended.stdout);
    assert_eq!((&told["restored"], &told["already_there"]), (&ITEMS.into(), &12.into()));
    assert_eq!(told["left"]["refused"], 2 * ITEMS - 12);
    for reason in [
        "anna@example.org.tgz is there already and is no export that can be read; move it away",
        "bruno@example.org.tgz is there already without it and is not replaced; restore into another folder",
    ] {
        assert!(ended.stdout.contains(reason), "{ended:?}");
    }
    assert_eq!(fs::read(file(NAMES[0])).unwrap(), b"mine");
}

#[test]
fn a_partial_file_of_somebody_else_is_refused_before_anything_is_read() {
    let work = support::folder();
    let (path, to) = (three(work.path()), work.path().join("all.tgz"));
    fs::create_dir(&to).unwrap();
    let partial = to.join("bruno@example.org.tgz.partial");
    fs::write(&partial, "mine").unwrap();
    let two = ["--account", NAMES[0], "--account", NAMES[1], "--to"];
    let ended = run(restore(&path, &two).arg(&to));
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("bruno@example.org.tgz.partial is there already"), "{ended:?}");
    // Whose accounts are not known before, is told at the end.
    let ended = all(&path, &to);
    assert_eq!((ended.code, &json(&ended.stdout)["restored"]), (Some(10), &(2 * ITEMS).into()), "{ended:?}");
    assert_eq!(fs::read(&partial).unwrap(), b"mine");
}

/// Ends the run when so many items are in the place.
struct Ending<'a> {
    place: Tgz,
    after: u32,
    cancel: &'a Cancel,
}

impl Place for Ending<'_> {
    fn put(&mut self, item: &Recovered<'_>) -> Result<Put, PlaceError> {
        self.after -= 1;
        if self.after == 0 {
            self.cancel.cancel();
        }
        self.place.put(item)
    }

    fn finish(&mut self) -> Result<(), PlaceError> {
        self.place.finish()
    }

    fn keeps(&self, account: &str) -> bool {
        self.place.keeps(account)
    }
}

#[test]
fn of_a_tgz_that_did_not_get_its_name_nothing_came_back() {
    let work = support::folder();
    let (path, to) = (three(work.path()), work.path().join("a.tgz"));
    let cancel = Cancel::default();
    let mut place = Ending { place: Tgz::create(&to, Accounts::One).unwrap(), after: 5, cancel: &cancel };
    let selection = Selection { accounts: vec![NAMES[0].to_owned()], ..Selection::default() };
    let restored = restore_into(&mut place, &path, &cancel, selection);
    assert!(!to.exists());
    let report = Restore::new("a.tar", "a.tgz", &Selection::default(), &restored);
    assert_eq!((report.restored, report.bytes, report.left.unfinished), (0, 0, 5));
    assert!(report.folders.is_empty() && report.newest.is_none() && report.to_first_ms.is_none());
    let text = render(&report);
    assert!(text.starts_with("INTERRUPTED  0 items are in a.tgz, of 5 that were reached"), "{text}");
    assert!(text.contains("nothing came back; run the same restore again"), "{text}");
    assert!(text.contains("5 items: the restore ended before the file was whole"), "{text}");
}

#[test]
fn two_restores_into_one_maildir_are_one_too_many_whatever_they_are_called() {
    let work = support::folder();
    let (path, to) = (three(work.path()), work.path().join("all"));
    fs::create_dir(&to).unwrap();
    let first = Maildir::open(&to.join(NAMES[1]), Accounts::One).unwrap();
    let more = ["--all-accounts", "--kind", "message", "--to"];
    let ended = run(restore(&path, &more).arg(&to));
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("another restore writes to") && told.contains("bruno@example.org; wait"), "{told}");
    drop(first);
    assert_eq!(run(restore(&path, &more).arg(&to)).code, Some(0));
}

/// The program as somebody whom permissions bind.
fn as_nobody(archive: &Path, to: &Path) -> Ended {
    let command = restore(archive, &["--account", NAMES[0], "--to"]);
    let root = String::from_utf8(output(tool("id").arg("-u"))).unwrap().trim() == "0";
    let mut bound = if root { tool("setpriv") } else { tool("env") };
    if root {
        bound.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"]);
    }
    run(bound.arg(command.get_program()).args(command.get_args()).arg(to))
}

#[test]
#[ignore = "needs setpriv where root runs it: run ./tests/run"]
fn a_folder_that_nothing_may_be_made_in_is_told_as_such() {
    use std::os::unix::fs::PermissionsExt;
    let work = support::folder();
    let (path, closed) = (three(work.path()), work.path().join("closed"));
    fs::create_dir(&closed).unwrap();
    let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(work.path(), 0o755);
    mode(&closed, 0o555);
    for to in ["x", "x.tgz"] {
        let ended = as_nobody(&path, &closed.join(to));
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains("Permission denied"), "{ended:?}");
        assert!(ended.stderr.contains("restore to a folder that you may write to"), "{ended:?}");
    }
    mode(&path, 0o000);
    let ended = as_nobody(&path, &work.path().join("closed"));
    assert!(!ended.stdout.contains("no account"), "{ended:?}");
}
