//! The guard: what is no sandbox is refused before a byte is written.

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::restore::rehearsal::Root;
use mailproof::verdict::Outcome;

use super::{ANNA, SANDBOX, Scene, deliver, maildir, tree};
use crate::program::{Ended, run};
use crate::support::{output, tool};

impl Scene {
    fn rehearse(&self, more: &[&str]) -> Ended {
        let mut command = self.bench.command("rehearse");
        run(command.args(["--quiet", "--policy", "rehearsal.toml"]).args(more).arg(&self.archive))
    }

    fn mark(&self) -> Ended {
        run(self.bench.command("rehearse").args(["--mark", "--policy", "rehearsal.toml"]))
    }

    /// Refused: nothing was read, nothing was written, and the message says so.
    fn assert_refused(&self, words: &str) {
        let before = files(self);
        let ended = self.rehearse(&[]);
        assert_eq!(ended.code, Some(20), "{ended:?}");
        let told = ended.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(words), "{told}");
        assert!(told.contains("nothing was written there"), "{told}");
        assert_eq!(files(self), before);
    }
}

/// All files of the bench, but for records.
fn files(scene: &Scene) -> Vec<PathBuf> {
    let (all, records) = (tree(scene.bench.path("").as_path()), scene.bench.records());
    all.into_iter().filter(|path| !path.starts_with(&records)).collect()
}

#[test]
fn without_a_marker_nothing_is_written() {
    let scene = Scene::new();
    fs::remove_file(scene.sandbox.join(".mailproof-sandbox")).unwrap();
    scene.assert_refused("carries no marker");
    // A link to the marker of another folder is none.
    fs::write(scene.bench.path("marker"), SANDBOX).unwrap();
    std::os::unix::fs::symlink(scene.bench.path("marker"), scene.sandbox.join(".mailproof-sandbox")).unwrap();
    scene.assert_refused("carries no marker");
}

#[test]
fn a_marker_for_somebody_else_is_none() {
    let scene = Scene::new();
    fs::write(scene.sandbox.join(".mailproof-sandbox"), "other@example.org\n").unwrap();
    scene.assert_refused("is marked as the sandbox of other@example.org, not of sandbox@example.org");
}

#[test]
fn a_sandbox_with_mail_in_it_is_none() {
    let scene = Scene::new();
    deliver(&scene.sandbox, "mail", b"somebody's", 300);
    scene.assert_refused("is not empty: cur; if that is");
    fs::remove_dir_all(scene.sandbox.join("cur")).unwrap();
    fs::create_dir(scene.sandbox.join("cur")).unwrap();
    for name in [".mailproof-run-mine", "mailproof-run-20261125T040000Z-0123abcg"] {
        maildir(&scene.sandbox.join(name));
        deliver(&scene.sandbox.join(name), "mail", b"somebody's", 300);
        scene.assert_refused(name);
        fs::remove_dir_all(scene.sandbox.join(name)).unwrap();
    }
    // A link that is called like a run's folder leads to somebody's mail.
    let (mail, link) = (scene.bench.path("mail"), "mailproof-run-20261125T040000Z-0123abcd");
    maildir(&mail);
    std::os::unix::fs::symlink(&mail, scene.sandbox.join(link)).unwrap();
    scene.assert_refused(link);
    assert_eq!(scene.mark().code, Some(2));
}

#[test]
fn accounts_that_are_not_listed_are_refused_whatever_the_command_line_says() {
    let scene = Scene::new();
    let ended = scene.rehearse(&["--account", "nobody@example.org"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("this account is not in `allow`"), "{}", ended.stderr);
    let ended = scene.rehearse(&["--account", "other@example.org"]);
    assert_eq!(ended.code, Some(20), "it is listed, and the marker names another: {ended:?}");
}

#[test]
fn the_live_account_is_refused() {
    let scene = Scene::new();
    let live = scene.live();
    // The sandbox is anna's own Maildir, by a link.
    let mail = scene.bench.path("mail").join(ANNA);
    fs::write(mail.join(".mailproof-sandbox"), format!("{SANDBOX}\n")).unwrap();
    fs::remove_dir_all(mail.join("cur")).unwrap();
    fs::create_dir(mail.join("cur")).unwrap();
    let link = scene.bench.path("link");
    std::os::unix::fs::symlink(&mail, &link).unwrap();
    for folder in [&mail, &link] {
        scene.policy(&live, &format!("to = 'maildir://{}'", folder.display()));
        scene.assert_refused("a mailbox of [live] is there, could be there or lies below");
    }
    // Nobody in the archive has this one, it is empty and marked, and still it is among the live ones.
    let nobody = scene.bench.path("mail").join("nobody@example.org");
    fs::create_dir(&nobody).unwrap();
    fs::write(nobody.join(".mailproof-sandbox"), format!("{SANDBOX}\n")).unwrap();
    scene.policy(&live, &format!("to = 'maildir://{}'", nobody.display()));
    scene.assert_refused("leave it as it is");
}

#[test]
fn an_account_of_the_archive_is_refused_where_nobody_can_tell_it_from_the_live_one() {
    let scene = Scene::new();
    let more = format!("to = 'maildir://{}'", scene.sandbox.display());
    scene.policy("", &more);
    let path = scene.bench.path("rehearsal.toml");
    let text = fs::read_to_string(&path).unwrap().replace(SANDBOX, ANNA);
    fs::write(&path, text).unwrap();
    fs::write(scene.sandbox.join(".mailproof-sandbox"), ANNA).unwrap();
    scene.assert_refused("without [live] in the policy nobody can tell");
}

#[test]
fn two_at_a_time_are_one_too_many() {
    let scene = Scene::new();
    let mut first = scene.open();
    first.contents().unwrap();
    let second = scene.rehearse_into(&mut *scene.open(), false);
    assert_eq!(second.outcome, Outcome::NotVerified);
    assert!(second.troubles[0].message.contains("another rehearsal"), "{:?}", second.troubles);
}

#[test]
fn doctor_asks_of_the_sandbox_what_a_rehearsal_asks() {
    let scene = Scene::new();
    let told = || {
        let mut command = scene.bench.command("doctor");
        let ended = run(command.args(["--policy", "rehearsal.toml"]).arg(&scene.archive));
        let line =
            ended.stdout.lines().find(|line| line.contains(" sandbox: ")).unwrap_or_default().to_owned();
        (ended.code, line)
    };
    let (code, line) = told();
    assert!(
        code == Some(0) && line.starts_with("ok ") && line.ends_with("for sandbox@example.org and empty"),
        "{line}"
    );
    fs::create_dir(scene.sandbox.join("mailproof-run-20261125T040000Z-0123abcd")).unwrap();
    assert!(told().1.ends_with("empty but for 1 folder of earlier rehearsals"), "{}", told().1);
    deliver(&scene.sandbox, "mail", b"somebody's", 300);
    let (code, line) = told();
    assert!(code == Some(20) && line.starts_with("PROBLEM") && line.contains("is not empty"), "{line}");
    fs::remove_file(scene.sandbox.join(".mailproof-sandbox")).unwrap();
    fs::remove_dir_all(scene.sandbox.join("cur")).unwrap();
    assert!(told().1.contains("carries no marker"), "{}", told().1);
}

#[test]
fn marking_makes_a_sandbox_of_an_empty_place_only() {
    let scene = Scene::new();
    fs::remove_dir_all(&scene.sandbox).unwrap();
    let ended = scene.mark();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("was not there; it is made and marked as the sandbox of"), "{ended:?}");
    let again = scene.mark();
    assert_eq!(again.code, Some(0), "once more changes nothing");
    assert!(again.stdout.contains("sandbox is marked as"), "{again:?}");
    assert_eq!(scene.rehearse(&[]).code, Some(0));
    fs::remove_dir_all(&scene.sandbox).unwrap();
    fs::create_dir(&scene.sandbox).unwrap();
    fs::write(scene.sandbox.join("thesis.txt"), "mine").unwrap();
    let ended = scene.mark();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert!(ended.stderr.contains("is not empty"), "{}", ended.stderr);
}

#[test]
fn what_is_no_marker_is_not_called_one() {
    let scene = Scene::new();
    let marker = scene.sandbox.join(".mailproof-sandbox");
    let made: [fn(&Path); 4] = [
        |marker| std::os::unix::fs::symlink("/nowhere", marker).unwrap(),
        |marker| drop(output(tool("mkfifo").arg(marker))),
        |marker| fs::create_dir(marker).unwrap(),
        |marker| fs::write(marker, "").unwrap(),
    ];
    fs::remove_file(&marker).unwrap();
    for make in made {
        make(&marker);
        let ended = scene.mark();
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(".mailproof-sandbox is there already and is a link"), "{ended:?}");
        if marker.is_dir() { fs::remove_dir(&marker) } else { fs::remove_file(&marker) }.unwrap();
    }
    fs::write(&marker, "other@example.org\nmailproof: all is well\n").unwrap();
    let ended = scene.mark();
    assert_eq!((ended.code, ended.stderr.lines().count()), (Some(2), 1), "{ended:?}");
    assert!(ended.stderr.contains("is marked as the sandbox of other@example.org"), "{ended:?}");
}

/// The guard looked at a folder; by its path another one is reached afterwards.
#[test]
fn a_sandbox_that_is_swapped_is_not_followed() {
    let scene = Scene::new();
    let name = "mailproof-run-20261125T040000Z-0123abcd";
    let (root, victim) = (Root::found(name).unwrap(), scene.bench.path("victim"));
    fs::create_dir_all(victim.join(name)).unwrap();
    fs::write(victim.join(name).join("precious"), "mine").unwrap();
    let mut sandbox = scene.open();
    sandbox.contents().unwrap();
    fs::rename(&scene.sandbox, scene.bench.path("moved")).unwrap();
    std::os::unix::fs::symlink(&victim, &scene.sandbox).unwrap();
    let before = tree(&victim);
    let told = [
        sandbox.clean(&root).unwrap_err().to_string(),
        sandbox.place(&root, 1).err().unwrap().to_string(),
        sandbox.contents().unwrap_err().to_string(),
        sandbox.read_back(&root, &mut |_| ()).unwrap_err().to_string(),
    ];
    assert!(told.iter().all(|told| told.contains("is another folder than the sandbox")), "{told:?}");
    assert_eq!(tree(&victim), before);
}

#[test]
fn a_password_in_the_address_is_not_repeated() {
    let scene = Scene::new();
    for to in ["imap://anna:geheim@localhost", "imap://anna:geh/eim@localhost", "x://anna:geheim@h"] {
        let ended = scene.rehearse(&["--to", to]);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(!ended.stderr.contains("geh") && !ended.stdout.contains("geh"), "{ended:?}");
        let marked = run(scene.bench.command("rehearse").args([
            "--mark",
            "--policy",
            "rehearsal.toml",
            "--to",
            to,
            "x",
        ]));
        assert!(!marked.stderr.contains("geh"), "{marked:?}");
    }
}
