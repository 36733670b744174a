//! The folder of a chain: its names, and files that come whole or not at all.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, fchown};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// The name of the file that says how far the chain goes.
pub const HEAD: &str = "head.json";
/// The name of an index of what the records say, which may lie beside them: no part of the chain, and no stranger to it.
pub const INDEX: &str = "history.sqlite";
/// Whoever holds it appends.
const LOCK: &str = ".lock";
/// What is being written.
const PART: &str = ".part";
/// Digits of a record's number in its file's name.
const DIGITS: usize = 9;
/// How long another run's appending is waited for; it takes milliseconds, or seconds where a time stamp is asked for.
const PATIENCE: Duration = Duration::from_secs(120);
/// No record is larger.
pub(super) const LIMIT: u64 = 64 << 20;

/// What lies in the folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Numbers of records, ascending.
    pub numbers: Vec<u64>,
    /// Signatures and time stamps beside no record, by their names: a run that was killed left them, or their record is lost.
    pub strays: Vec<String>,
    /// Files that belong to no chain, records of earlier versions and strays among them.
    pub others: u64,
}

/// `000000001.json`; the number alone, so that a second record of the same number finds its name taken.
pub(super) fn name_of(number: u64) -> String {
    format!("{number:0width$}.json", width = DIGITS)
}

/// The signature beside a record.
pub(super) fn signature_of(number: u64) -> String {
    format!("{}.sig", name_of(number))
}

/// The time stamp beside a record.
pub(super) fn stamp_of(number: u64) -> String {
    format!("{}.tsr", name_of(number))
}

fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".json").filter(|digits| digits.len() == DIGITS)?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| digits.parse().ok())?
        .filter(|number| *number > 0)
}

/// The number of the record that a file is, or lies beside.
pub(super) fn record_of(name: &str) -> Option<u64> {
    let beside = [".sig", ".tsr"].into_iter().find_map(|ending| name.strip_suffix(ending));
    number_of(beside.unwrap_or(name))
}

/// Whether a file is the index, or what SQLite keeps beside one while it is open.
fn is_index(name: &str) -> bool {
    name.strip_prefix(INDEX).is_some_and(|end| ["", "-wal", "-shm", "-journal"].contains(&end))
}

/// Lists the folder.
pub(super) fn list(folder: &Path) -> io::Result<Listing> {
    // A name that is no text is none of ours, with whatever stands for its bytes.
    let name = |entry: io::Result<fs::DirEntry>| Ok(entry?.file_name().to_string_lossy().into_owned());
    let names: Vec<String> = fs::read_dir(folder)?.map(name).collect::<io::Result<_>>()?;
    Ok(Listing::of(names.iter().map(String::as_str)))
}

impl Listing {
    /// Of files with these names.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let (mut listing, mut beside) = (Self::default(), Vec::new());
        for name in names {
            match (number_of(name), record_of(name)) {
                (Some(number), _) => listing.numbers.push(number),
                (None, Some(number)) => beside.push((number, name)),
                // Hidden files are the lock and what runs that were killed left.
                (None, None) if name == HEAD || is_index(name) || name.starts_with('.') => {}
                (None, None) => listing.others += 1,
            }
        }
        listing.numbers.sort_unstable();
        beside.retain(|(number, _)| listing.numbers.binary_search(number).is_err());
        beside.sort_unstable();
        listing.others += beside.len() as u64;
        listing.strays = beside.into_iter().map(|(_, name)| name.to_owned()).collect();
        listing
    }
}

/// Reads a file as long as it is a regular one and no larger than a record may be.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before opening, which would wait for a pipe's writer or wake a device.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LIMIT {
        true => Err(io::Error::other("it is larger than 64 MiB, which no record is")),
        false => Ok(bytes),
    }
}

/// Makes the folder where it is missing; only its owner gets in.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Makes a file in `folder` and removes it, which is the only sure answer to whether one may.
///
/// # Errors
/// The system's answer to either.
pub fn probe(folder: &Path) -> io::Result<()> {
    let name = format!(".{}.probe", std::process::id());
    private(folder, &name)?;
    fs::remove_file(folder.join(name))
}

/// A new file that only its owner reads.
fn private(folder: &Path, name: &str) -> io::Result<File> {
    let file = File::options().write(true).create_new(true).mode(0o600).open(folder.join(name))?;
    give(&file, folder);
    Ok(file)
}

/// Gives a file that root made to whom the folder belongs: root's own would stop that user's next run.
///
/// To be called for new files alone: where the name was there, a link of that user could lead to any file of the system.
fn give(file: &File, folder: &Path) {
    let owners = || Some((fs::metadata(folder).ok()?, file.metadata().ok()?));
    let Some((wanted, own)) = owners().filter(|_| rustix::process::geteuid().is_root()) else { return };
    if (wanted.uid(), wanted.gid()) != (own.uid(), own.gid()) {
        // Where a file system gives nothing away, root's runs are root's affair, as they were.
        let _ = fchown(file, Some(wanted.uid()), Some(wanted.gid()));
    }
}

/// Waits until nobody else appends, and keeps others from it until the file is dropped.
pub(super) fn lock(folder: &Path) -> io::Result<File> {
    let file = match private(folder, LOCK) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            File::options().write(true).open(folder.join(LOCK))?
        }
        made => made?,
    };
    let end = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(TryLockError::WouldBlock) => {
                let why = "another run has held its lock (.lock) for two minutes";
                return Err(io::Error::new(io::ErrorKind::ResourceBusy, why));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Writes `bytes` to the disk under a hidden name and then under its own, in place of what had that name.
///
/// To be called under the lock: the hidden name is always the same, so that a killed run leaves one at most.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = written(folder, bytes)?;
    let renamed = fs::rename(&part, folder.join(name));
    cleared(&part, renamed)
}

/// As [`replace`], but fails where the name is taken.
pub(super) fn add(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = written(folder, bytes)?;
    let path = folder.join(name);
    let linked = fs::hard_link(&part, &path).or_else(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Err(error),
        // There are file systems that know no second name for a file.
        _ => rename_to_free(&part, &path),
    });
    cleared(&part, linked)
}

/// Flushes the folder's names to the disk.
pub(super) fn flush(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn written(folder: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let part = folder.join(PART);
    remove(&part)?;
    let mut file = private(folder, PART)?;
    let filled = file.write_all(bytes).and_then(|()| file.sync_all());
    if filled.is_err() {
        cleared(&part, filled)?;
    }
    Ok(part)
}

/// Takes away what is left under the hidden name; the first error is the one to tell.
fn cleared(part: &Path, result: io::Result<()>) -> io::Result<()> {
    let removed = remove(part);
    result.and(removed)
}

/// Removes a file if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (from, to);
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_names_of_records_are_records() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            "000000002.json",
            "000000001.json",
            "000000001.json.sig",
            "000000001.json.tsr",
            "head.json",
            ".lock",
            ".part",
            "1.json",
            "000000000.json",
            "0000000001.json",
            "+00000001.json",
            "20261130T150000Z-000000001-passed.json",
            "notes.sig",
            "history.sqlite",
            "history.sqlite-wal",
            "history.sqlite-shm",
            "history.sqlite-journal",
            "history.sqlite.old",
            "other.sqlite",
            "000000009.json.tsr",
            "000000004.json.sig",
        ];
        for name in names {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let listing = list(folder.path()).unwrap();
        assert_eq!((listing.numbers, listing.others), (vec![1, 2], 10));
        assert_eq!(listing.strays, ["000000004.json.sig", "000000009.json.tsr"]);
    }

    #[test]
    fn a_name_that_is_taken_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        add(folder.path(), "a", b"one").unwrap();
        let error = add(folder.path(), "a", b"two").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"one");
        replace(folder.path(), "a", b"three").unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"three");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
        rename_to_free(&folder.path().join("a"), &folder.path().join("b")).unwrap();
        fs::write(folder.path().join("c"), "four").unwrap();
        rename_to_free(&folder.path().join("c"), &folder.path().join("b")).unwrap_err();
    }

    #[test]
    fn what_root_makes_in_the_folder_of_a_user_is_that_users() {
        let folder = tempfile::tempdir().unwrap();
        if std::os::unix::fs::chown(folder.path(), Some(4711), Some(4712)).is_err() {
            // Only root gives files away, and so only root has something to give back.
            return;
        }
        drop(lock(folder.path()).unwrap());
        add(folder.path(), "a", b"one").unwrap();
        replace(folder.path(), "b", b"two").unwrap();
        for name in ["a", "b", LOCK] {
            let owner = fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!((owner.uid(), owner.gid(), owner.mode() & 0o777), (4711, 4712, 0o600), "{name}");
        }
    }

    #[test]
    fn no_file_that_was_there_changes_its_owner() {
        let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(LOCK)).unwrap();
        let before = elsewhere.path().metadata().unwrap().uid();
        let _ = std::os::unix::fs::chown(folder.path(), Some(4711), Some(4712));
        drop(lock(folder.path()).unwrap());
        assert_eq!(elsewhere.path().metadata().unwrap().uid(), before);
    }

    #[test]
    fn what_a_killed_run_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".part"), "half").unwrap();
        add(folder.path(), "a", b"one").unwrap();
        assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"one");
    }
}
