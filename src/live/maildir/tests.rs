use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::time::{Duration, UNIX_EPOCH};

use rustix::fs::FileType;

use super::*;
use crate::live::Flags;
use crate::network::Cancel;

fn make(root: &Path, folders: &[&str]) {
    for folder in folders {
        for part in ["cur", "new", "tmp"] {
            fs::create_dir_all(root.join(folder).join(part)).unwrap();
        }
    }
}

fn put(root: &Path, file: &str, content: &[u8]) {
    let path = root.join(file);
    fs::write(&path, content).unwrap();
    let date = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options().append(true).open(path).unwrap().set_modified(date).unwrap();
}

fn open(root: &Path) -> Maildir {
    Maildir::open(root, Terms::default()).unwrap()
}

fn list(maildir: &mut Maildir, folder: &Folder) -> (Vec<Listed>, FolderState) {
    let mut listed = Vec::new();
    let state = maildir.list(folder, &mut |message| listed.push(message)).unwrap();
    (listed, state)
}

/// What was read under which number; nothing for what was gone.
type Bodies = Vec<(u32, Option<Vec<u8>>)>;

fn bodies(maildir: &mut Maildir, folder: &Folder, uids: &[u32]) -> Result<Bodies, LiveError> {
    let (mut done, mut open) = (Vec::new(), Vec::new());
    maildir.bodies(folder, uids, &mut |uid, part| match part {
        BodyPart::Begin(_) => open.clear(),
        BodyPart::Bytes(bytes) => open.extend_from_slice(bytes),
        BodyPart::End => done.push((uid, Some(std::mem::take(&mut open)))),
        BodyPart::Gone | BodyPart::Withheld => done.push((uid, None)),
    })?;
    Ok(done)
}

#[test]
fn folders_are_named_as_their_directories() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &["", ".Sent", ".Sent.2024", ".Entw&APw-rfe"]);
    fs::create_dir(root.path().join(".nothing in it")).unwrap();
    fs::create_dir_all(root.path().join("other/cur")).unwrap();
    fs::write(root.path().join(".subscriptions"), "Sent\n").unwrap();
    symlink(".subscriptions", root.path().join(".link to a file")).unwrap();
    symlink("nowhere", root.path().join(".link to nothing")).unwrap();
    let folders = open(root.path()).folders().unwrap();
    let names: Vec<&str> = folders.iter().map(|folder| &*folder.name).collect();
    assert_eq!(names, ["INBOX", "Entwürfe", "Sent", "Sent.2024"]);
    assert_eq!(folders[3].levels().collect::<Vec<_>>(), ["Sent", "2024"]);
}

#[test]
fn messages_are_listed_and_read_as_they_lie_there() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &["", ".Sent"]);
    put(root.path(), "cur/2.x,S=99,W=99:2,FRS", b"two\nlines");
    put(root.path(), "new/1.x", b"");
    put(root.path(), "cur/3.x:2,DT", &[b'\xff'; 300_000]);
    put(root.path(), "cur/.hidden", b"x");
    put(root.path(), "tmp/4.x", b"x");
    let mut maildir = open(root.path());
    let inbox = maildir.folders().unwrap().remove(0);
    let (listed, state) = list(&mut maildir, &inbox);
    let told: Vec<(u32, u64, Option<i64>)> =
        listed.iter().map(|message| (message.place.uid, message.size, message.date)).collect();
    let date = Some(1_000_000_000);
    assert_eq!(told, [(1, 0, date), (2, 9, date), (3, 300_000, date)]);
    assert_eq!(listed[1].flags, Flags { flagged: true, answered: true, seen: true, ..Flags::default() });
    assert_eq!(listed[2].flags, Flags { draft: true, deleted: true, ..Flags::default() });
    assert_eq!((state.messages, state.vanished), (3, 0));
    let read = bodies(&mut maildir, &inbox, &[3, 2, 1, 9, 0, 2]).unwrap();
    let expected = [
        (0, None),
        (1, Some(Vec::new())),
        (2, Some(b"two\nlines".to_vec())),
        (3, Some(vec![b'\xff'; 300_000])),
        (9, None),
    ];
    assert!(read == expected);
}

#[test]
fn what_moves_is_found_again_and_what_goes_is_gone() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    for name in ["new/1.x", "cur/2.x:2,", "cur/3.x:2,"] {
        put(root.path(), name, name.as_bytes());
    }
    let mut maildir = open(root.path());
    let inbox = maildir.folders().unwrap().remove(0);
    assert_eq!(list(&mut maildir, &inbox).0.len(), 3);
    fs::rename(root.path().join("new/1.x"), root.path().join("cur/1.x:2,S")).unwrap();
    fs::remove_file(root.path().join("cur/2.x:2,")).unwrap();
    let read = bodies(&mut maildir, &inbox, &[1, 2, 3]).unwrap();
    assert_eq!(read, [(1, Some(b"new/1.x".to_vec())), (2, None), (3, Some(b"cur/3.x:2,".to_vec()))]);
}

#[test]
fn no_link_is_followed() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make(other.path(), &[""]);
    put(other.path(), "cur/1.x", b"of somebody else");
    make(root.path(), &["", ".a"]);
    symlink(other.path().join("cur/1.x"), root.path().join("cur/1.x")).unwrap();
    let mut maildir = open(root.path());
    let folders = maildir.folders().unwrap();
    let error = maildir.list(&folders[0], &mut |_| panic!("listed")).unwrap_err();
    assert!(error.to_string().contains("a message is a symbolic link"), "{error}");

    fs::remove_dir(root.path().join(".a/new")).unwrap();
    symlink(other.path().join("new"), root.path().join(".a/new")).unwrap();
    assert!(matches!(maildir.list(&folders[1], &mut |_| {}).unwrap_err().fault, Fault::Io { .. }));
    symlink(other.path(), root.path().join(".b")).unwrap();
    let error = maildir.folders().unwrap_err();
    assert!(error.to_string().contains("a folder is a symbolic link"), "{error}");
}

#[test]
fn a_message_that_becomes_a_link_or_a_pipe_is_not_read() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    put(root.path(), "cur/1.x:2,", b"x");
    let mut maildir = open(root.path());
    let inbox = maildir.folders().unwrap().remove(0);
    list(&mut maildir, &inbox);
    let path = root.path().join("cur/1.x:2,");
    fs::remove_file(&path).unwrap();
    symlink("/dev/zero", &path).unwrap();
    assert!(matches!(bodies(&mut maildir, &inbox, &[1]).unwrap_err().fault, Fault::Io { .. }));
    fs::remove_file(&path).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &path,
        FileType::Fifo,
        rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
        0,
    )
    .unwrap();
    assert!(matches!(bodies(&mut maildir, &inbox, &[1]).unwrap_err().fault, Fault::Io { .. }));
}

#[test]
fn nothing_changes_by_reading() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    put(root.path(), "new/1.x", b"x");
    let file = root.path().join("new/1.x");
    // A time of access before that of the last change is what most systems would renew.
    let times = fs::FileTimes::new().set_accessed(UNIX_EPOCH + Duration::from_secs(5));
    fs::File::options().append(true).open(&file).unwrap().set_times(times).unwrap();
    let state = |path: &Path| {
        let data = fs::metadata(path).unwrap();
        (data.atime(), data.mtime(), data.ctime(), data.ino(), data.size())
    };
    let before = [state(&file), state(&root.path().join("new"))];
    let mut maildir = open(root.path());
    let inbox = maildir.folders().unwrap().remove(0);
    list(&mut maildir, &inbox);
    assert_eq!(bodies(&mut maildir, &inbox, &[1]).unwrap().len(), 1);
    assert_eq!([state(&file), state(&root.path().join("new"))], before);
    assert!(file.exists(), "it is still new");
}

#[test]
fn limits_and_the_end_of_the_run_are_looked_at() {
    let root = tempfile::tempdir().unwrap();
    make(root.path(), &[""]);
    for number in 0..5 {
        put(root.path(), &format!("cur/{number}.x"), b"xx");
    }
    let mut terms = Terms::default();
    (terms.limits.entries, terms.limits.body) = (4, 1);
    let mut maildir = Maildir::open(root.path(), terms.clone()).unwrap();
    let inbox = maildir.folders().unwrap().remove(0);
    assert!(matches!(maildir.list(&inbox, &mut |_| {}).unwrap_err().fault, Fault::Protocol { .. }));
    terms.limits.entries = 5;
    let mut maildir = Maildir::open(root.path(), terms.clone()).unwrap();
    list(&mut maildir, &inbox);
    assert!(matches!(bodies(&mut maildir, &inbox, &[1]).unwrap_err().fault, Fault::Protocol { .. }));
    terms.cancel = Cancel::default();
    terms.cancel.cancel();
    let mut maildir = Maildir::open(root.path(), terms).unwrap();
    assert_eq!(maildir.folders().unwrap_err().fault, Fault::Interrupted);
    assert_eq!(maildir.list(&inbox, &mut |_| {}).unwrap_err().fault, Fault::Interrupted);
}

#[test]
fn what_is_no_maildir_is_told() {
    let root = tempfile::tempdir().unwrap();
    for path in [root.path().to_owned(), root.path().join("nowhere")] {
        let error = Maildir::open(&path, Terms::default()).unwrap_err();
        assert_eq!(error.fault, Fault::NoSuchAccount, "{error}");
    }
}
