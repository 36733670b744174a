//! A sandbox that does not keep what it took: each deed is found.

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::restore::Place;
use mailproof::restore::rehearsal::{Contents, Found, Rooms, Root, Sandbox, SandboxError};
use mailproof::verdict::Outcome;

use super::{ANNA, Scene, export, ids, tree};

/// What is done to the sandbox between the restore and the reading back.
type Deed = fn(&Path);

struct Sabotaged {
    inner: Box<dyn Sandbox>,
    folder: PathBuf,
    deed: Deed,
    /// Nothing can be taken away, as when the run is killed before.
    stuck: bool,
}

impl Sandbox for Sabotaged {
    fn address(&self) -> &str {
        self.inner.address()
    }

    fn contents(&mut self) -> Result<Contents, SandboxError> {
        self.inner.contents()
    }

    fn mark(&mut self, account: &str) -> Result<(), SandboxError> {
        self.inner.mark(account)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        self.inner.place(root, number)
    }

    fn rooms(&self, number: usize) -> Box<dyn Rooms> {
        self.inner.rooms(number)
    }

    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError> {
        (self.deed)(&self.folder);
        self.inner.read_back(root, each)
    }

    fn clean(&mut self, root: &Root) -> Result<(), SandboxError> {
        match self.stuck {
            true => Err(SandboxError::Other("the server went away; try again".to_owned())),
            false => self.inner.clean(root),
        }
    }
}

/// The files of messages that the run put, in the order of their paths.
fn messages(sandbox: &Path) -> Vec<PathBuf> {
    tree(sandbox).into_iter().filter(|path| path.parent().unwrap().ends_with("cur")).collect()
}

fn first(sandbox: &Path) -> PathBuf {
    messages(sandbox).remove(0)
}

fn renamed(path: &Path, change: impl Fn(&str) -> String) {
    let name = change(path.file_name().unwrap().to_str().unwrap());
    fs::rename(path, path.with_file_name(name)).unwrap();
}

fn nothing(_: &Path) {}

fn drop_one(sandbox: &Path) {
    fs::remove_file(first(sandbox)).unwrap();
}

fn alter_one(sandbox: &Path) {
    let path = first(sandbox);
    let mut body = fs::read(&path).unwrap();
    *body.last_mut().unwrap() ^= 1;
    fs::write(&path, body).unwrap();
}

fn double_one(sandbox: &Path) {
    let path = first(sandbox);
    fs::copy(&path, path.with_file_name("1.M1P1.other:2,S")).unwrap();
}

fn add_one(sandbox: &Path) {
    fs::write(first(sandbox).with_file_name("1.M1P1.other:2,S"), "Subject: x\r\n\r\n").unwrap();
}

fn move_one(sandbox: &Path) {
    let all = messages(sandbox);
    let other = all.iter().find(|path| path.parent() != all[0].parent()).unwrap();
    fs::rename(&all[0], other.with_file_name("1.M1P1.other:2,S")).unwrap();
}

fn end_lines(sandbox: &Path) {
    for path in messages(sandbox) {
        let body = String::from_utf8(fs::read(&path).unwrap()).unwrap();
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, body.replace("\r\n", "\n").replace('\n', "\r\n")).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
    }
}

fn mark_one(sandbox: &Path) {
    renamed(&first(sandbox), |name| name.split(':').next().unwrap().to_owned() + ":2,DFRST");
}

fn age_one(sandbox: &Path) {
    let file = fs::File::options().write(true).open(first(sandbox)).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
}

#[test]
fn what_a_sandbox_does_to_mail_is_found() {
    let scene = Scene::with("scope = 'all'", 12);
    for (deed, outcome, findings) in [
        (nothing as Deed, Outcome::Passed, &[][..]),
        (drop_one, Outcome::Failed, &["rehearsal-message-missing"]),
        (alter_one, Outcome::Failed, &["rehearsal-message-differs"]),
        (double_one, Outcome::Failed, &["rehearsal-message-doubled"]),
        (add_one, Outcome::Failed, &["rehearsal-message-unexpected"]),
        (move_one, Outcome::Failed, &["rehearsal-message-missing", "rehearsal-message-unexpected"]),
        (end_lines, Outcome::Passed, &["rehearsal-line-ends-changed"]),
        (mark_one, Outcome::Passed, &["rehearsal-flags-differ"]),
        (age_one, Outcome::Passed, &["rehearsal-date-differs"]),
    ] {
        let (inner, folder) = (scene.open(), scene.sandbox.clone());
        let result = scene.rehearse_into(&mut Sabotaged { inner, folder, deed, stuck: false }, false);
        assert_eq!(result.troubles, []);
        assert_eq!((result.outcome, ids(&result).as_slice()), (outcome, findings), "{:?}", result.read_back);
        assert!(result.sandbox.cleaned);
        assert_eq!(scene.left(), [""; 0], "{findings:?}");
    }
}

#[test]
fn a_sandbox_that_can_t_be_read_proves_nothing() {
    let scene = Scene::with("scope = 'all'", 6);
    let deed = |sandbox: &Path| {
        let path = first(sandbox);
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("/dev/null", path).unwrap();
    };
    let (inner, folder) = (scene.open(), scene.sandbox.clone());
    let result = scene.rehearse_into(&mut Sabotaged { inner, folder, deed, stuck: false }, false);
    assert_eq!(result.outcome, Outcome::NotVerified);
    assert_eq!((result.read_back, result.coverage.checked), (None, 0));
    assert!(result.troubles[0].message.contains("symbolic link"), "{:?}", result.troubles);
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn what_could_not_be_taken_away_is_told_and_goes_the_next_time() {
    let scene = Scene::with("scope = 'all'", 6);
    let (inner, folder) = (scene.open(), scene.sandbox.clone());
    let result = scene.rehearse_into(&mut Sabotaged { inner, folder, deed: nothing, stuck: true }, false);
    assert_eq!((result.outcome, ids(&result).as_slice()), (Outcome::Passed, &["rehearsal-not-cleaned"][..]));
    assert!(!result.sandbox.cleaned);
    assert!(scene.left().iter().all(|name| name.starts_with("mailproof-run-")) && !scene.left().is_empty());
    let next = scene.rehearse_into(&mut *scene.open(), false);
    assert_eq!((next.outcome, ids(&next).as_slice()), (Outcome::Passed, &["rehearsal-leftovers"][..]));
    assert_eq!(scene.left(), [""; 0]);
}

#[test]
fn what_is_kept_stays_and_what_was_left_goes() {
    let scene = Scene::with("scope = 'all'", 6);
    let kept = scene.rehearse_into(&mut *scene.open(), true);
    assert_eq!((kept.outcome, kept.sandbox.cleaned), (Outcome::Passed, false), "{:?}", ids(&kept));
    let folders = scene.left();
    assert!(folders.iter().all(|name| name.starts_with("mailproof-kept-")) && !folders.is_empty());
    // As a run leaves it that is killed.
    let run = "mailproof-run-20261125T040000Z-0123abcd";
    super::maildir(&scene.sandbox.join(run).join("1/anna"));
    super::deliver(&scene.sandbox.join(run).join("1/anna"), "x", b"killed", 300);
    let result = scene.rehearse_into(&mut *scene.open(), false);
    assert_eq!((result.outcome, ids(&result).as_slice()), (Outcome::Passed, &["rehearsal-leftovers"][..]));
    assert_eq!((result.sandbox.leftovers, result.sandbox.kept_before), (1, 1));
    assert_eq!(scene.left(), folders, "only what was to stay is there");
}

/// The export of anna that the run wrote.
fn written(sandbox: &Path) -> PathBuf {
    tree(sandbox).into_iter().find(|path| path.ends_with(format!("{ANNA}.tgz"))).unwrap()
}

fn lose_one(sandbox: &Path) {
    fs::write(written(sandbox), export(ANNA, 5).write().unwrap()).unwrap();
}

fn have_one_more(sandbox: &Path) {
    fs::write(written(sandbox), export(ANNA, 7).write().unwrap()).unwrap();
}

fn cut(sandbox: &Path) {
    let path = written(sandbox);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 100]).unwrap();
}

#[test]
fn exports_for_zimbra_are_read_back_as_those_of_a_backup() {
    let folder = |scene: &Scene| format!("to = 'file://{}'\nscope = 'all'", scene.sandbox.display());
    let scene = Scene::with("scope = 'all'", 6);
    scene.policy("", &folder(&scene));
    for (deed, outcome, findings) in [
        (nothing as Deed, Outcome::Passed, &[][..]),
        (lose_one, Outcome::Failed, &["rehearsal-message-missing"]),
        (have_one_more, Outcome::Failed, &["rehearsal-message-unexpected"]),
        (cut, Outcome::NotVerified, &[]),
    ] {
        let (inner, folder) = (scene.open(), scene.sandbox.clone());
        let result = scene.rehearse_into(&mut Sabotaged { inner, folder, deed, stuck: false }, false);
        let told = format!("{:?} {:?}", result.read_back, result.troubles);
        assert_eq!((result.outcome, ids(&result).as_slice()), (outcome, findings), "{told}");
        assert_eq!(result.troubles.len(), usize::from(outcome == Outcome::NotVerified), "{told}");
        assert_eq!(scene.left(), [""; 0]);
    }
}
