//! A folder of this machine as a store.
//!
//! Invariant: nothing outside the folder is read, and a file that is written to while it is read is an error.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{Location, Object, Pace, Protection, Segments, StorageError, Store, Versions};
use crate::event::Tally;
use crate::network::Bandwidth;
use crate::policy::Network;

/// Bytes of one read.
const SEGMENT: u64 = 1 << 20;

/// A folder; keys are paths below it with `/` between the parts.
#[derive(Debug, Clone)]
pub struct FileStore {
    /// As it was written.
    root: PathBuf,
    /// Without symbolic links.
    canonical: PathBuf,
    limit: Option<Bandwidth>,
}

impl FileStore {
    /// Opens the folder `root`.
    ///
    /// # Errors
    /// [`StorageError::NoBucket`] if there is no such folder.
    pub fn open(root: &Path, network: &Network) -> Result<Self, StorageError> {
        let address = Location::File { path: root.to_owned() }.to_string();
        let canonical = root.canonicalize().map_err(|error| missing_root(&address, error))?;
        if !canonical.is_dir() {
            return Err(StorageError::NoBucket { address });
        }
        Ok(Self { root: root.to_owned(), canonical, limit: network.bandwidth.map(Bandwidth::new) })
    }

    /// Where `key` lies.
    fn path(&self, key: &str) -> Result<PathBuf, StorageError> {
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if key.is_empty() || !Path::new(key).components().all(plain) {
            return Err(StorageError::NotFound { address: self.address(key) });
        }
        Ok(self.canonical.join(key))
    }

    fn state(&self, key: &str) -> Result<State, StorageError> {
        let (path, state) = self.find(key)?;
        let address = self.address(key);
        state.ok_or_else(|| match path.is_dir() {
            // As in a bucket, where what only begins other keys is no object.
            true => StorageError::NotFound { address },
            false => StorageError::configuration(
                address,
                "this is no regular file",
                "pipes and devices are not read; name a file",
            ),
        })
    }

    /// The file behind `key`; its state is `None` if it is no regular file.
    fn find(&self, key: &str) -> Result<(PathBuf, Option<State>), StorageError> {
        let (path, address) = (self.path(key)?, self.address(key));
        let real = path.canonicalize().map_err(|error| StorageError::io(&address, error))?;
        if !real.starts_with(&self.canonical) {
            let step = format!("give the file it leads to: {}", real.display());
            return Err(StorageError::configuration(address, "this symbolic link leaves the folder", step));
        }
        let state = State::of_path(&real).map_err(|error| StorageError::io(&address, error))?;
        Ok((path, state))
    }
}

#[async_trait]
impl Store for FileStore {
    fn address(&self, key: &str) -> String {
        Location::File { path: self.root.join(key) }.to_string()
    }

    async fn list(&self, prefix: &str, _tally: &Tally) -> Result<Vec<Object>, StorageError> {
        let (store, prefix) = (self.clone(), prefix.to_owned());
        blocking(move || walk(&store, &prefix)).await
    }

    async fn head(&self, key: &str, _tally: &Tally) -> Result<Object, StorageError> {
        let (store, key) = (self.clone(), key.to_owned());
        blocking(move || store.state(&key).map(|state| state.object(key))).await
    }

    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError> {
        let (store, object) = (self.clone(), object.clone());
        let reading = blocking(move || Reading::open(&store, object, offset)).await?;
        Ok(Box::new(FileSegments(Some(reading))))
    }

    async fn protection(&self, _object: &Object, _tally: &Tally) -> Result<Protection, StorageError> {
        Ok(Protection::Unknown("a local folder has no lock".to_owned()))
    }

    async fn versions(&self, _prefix: &str, _tally: &Tally) -> Result<Versions, StorageError> {
        Ok(Versions::Unknown(
            "a local folder keeps no versions; look into its snapshots or backups".to_owned(),
        ))
    }

    fn pace(&self) -> Pace {
        Pace { limit: self.limit.clone(), ..Pace::default() }
    }
}

/// What is compared to see whether a file is still the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    size: u64,
    seconds: i64,
    nanoseconds: i64,
    inode: u64,
}

impl State {
    /// `None` if it is not a regular file.
    fn of(metadata: &Metadata) -> Option<Self> {
        metadata.is_file().then(|| Self {
            size: metadata.len(),
            seconds: metadata.mtime(),
            nanoseconds: metadata.mtime_nsec(),
            inode: metadata.ino(),
        })
    }

    fn of_path(path: &Path) -> io::Result<Option<Self>> {
        fs::metadata(path).map(|metadata| Self::of(&metadata))
    }

    fn etag(&self) -> String {
        format!("{:x}-{:x}.{:09}-{:x}", self.size, self.seconds, self.nanoseconds, self.inode)
    }

    fn object(&self, key: String) -> Object {
        let nanoseconds = i32::try_from(self.nanoseconds).unwrap_or(0);
        Object {
            key,
            size: self.size,
            modified: Timestamp::new(self.seconds, nanoseconds).ok(),
            etag: Some(self.etag()),
            version: None,
        }
    }

    fn is(&self, object: &Object) -> bool {
        self.size == object.size && object.etag.as_ref().is_none_or(|etag| *etag == self.etag())
    }
}

/// All regular files below the folder, without following symbolic links.
fn walk(store: &FileStore, prefix: &str) -> Result<Vec<Object>, StorageError> {
    let mut objects = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        let address = store.address(&folder);
        let failed = |error| StorageError::io(&address, error);
        let entries = match fs::read_dir(store.canonical.join(&folder)) {
            // Old backups may be cleared away just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !folder.is_empty() => continue,
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let key = key_of(store, &folder, &entry)?;
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() && may_hold(&key, prefix) {
                folders.push(key + "/");
            } else if kind.is_file() && key.starts_with(prefix) {
                objects.extend(object_at(&entry, key).map_err(failed)?);
            }
        }
    }
    objects.sort_unstable_by(|one: &Object, other| one.key.cmp(&other.key));
    Ok(objects)
}

fn key_of(store: &FileStore, folder: &str, entry: &fs::DirEntry) -> Result<String, StorageError> {
    let name = entry.file_name();
    let name = name.to_str().ok_or_else(|| {
        let address = store.address(&format!("{folder}{}", name.display()));
        StorageError::configuration(
            address,
            "the name is not UTF-8",
            "rename it, or keep it out of this folder",
        )
    })?;
    Ok(format!("{folder}{name}"))
}

/// Whether keys that begin with `prefix` can lie below `folder`.
fn may_hold(folder: &str, prefix: &str) -> bool {
    folder.starts_with(prefix) || prefix.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A file that was removed after the folder was read is no object any more.
fn object_at(entry: &fs::DirEntry, key: String) -> io::Result<Option<Object>> {
    match entry.metadata() {
        Ok(metadata) => Ok(State::of(&metadata).map(|state| state.object(key))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// An open file that must stay what it was.
struct Reading {
    address: String,
    path: PathBuf,
    file: File,
    object: Object,
    left: u64,
}

impl Reading {
    fn open(store: &FileStore, object: Object, offset: u64) -> Result<Self, StorageError> {
        let address = store.address(&object.key);
        let changed =
            |detail: &str| StorageError::Changed { address: address.clone(), detail: detail.to_owned() };
        let (path, state) = match store.find(&object.key) {
            Err(StorageError::NotFound { .. }) => return Err(changed("the file was removed")),
            other => other?,
        };
        if !state.is_some_and(|state| state.is(&object)) {
            return Err(changed("size, time or inode differ"));
        }
        let left = object.size.checked_sub(offset).ok_or_else(|| StorageError::WrongRange {
            address: address.clone(),
            detail: format!("byte {offset} was asked for, of {}", object.size),
        })?;
        let failed = |error| StorageError::io(&address, error);
        let mut file = File::open(&path).map_err(failed)?;
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        Ok(Self { address, path, file, object, left })
    }

    /// Looks after each read, so that no byte is passed on that was written since the file was pinned.
    fn read(&mut self) -> Result<Option<Bytes>, StorageError> {
        let wanted = self.left.min(SEGMENT);
        let mut bytes = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
        let read = (&self.file).take(wanted).read_to_end(&mut bytes);
        let amount = read.map_err(|error| StorageError::io(&self.address, error))? as u64;
        self.still_the_same()?;
        if amount < wanted {
            return Err(StorageError::io(&self.address, io::ErrorKind::UnexpectedEof.into()));
        }
        self.left -= amount;
        Ok(Some(Bytes::from(bytes)).filter(|bytes| !bytes.is_empty()))
    }

    fn still_the_same(&self) -> Result<(), StorageError> {
        let detail = match State::of_path(&self.path) {
            Ok(Some(state)) if state.is(&self.object) => return Ok(()),
            Ok(_) => "size, time or inode differ",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "the file was removed",
            Err(error) => return Err(StorageError::io(&self.address, error)),
        };
        Err(StorageError::Changed { address: self.address.clone(), detail: detail.to_owned() })
    }
}

/// The reading is away only while a thread reads, or after it failed.
struct FileSegments(Option<Reading>);

#[async_trait]
impl Segments for FileSegments {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        let lost = || StorageError::io("file", io::Error::other("an earlier read failed"));
        let mut reading = self.0.take().ok_or_else(lost)?;
        let (reading, segment) = blocking(move || {
            let segment = reading.read()?;
            Ok((reading, segment))
        })
        .await?;
        self.0 = Some(reading);
        Ok(segment)
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StorageError> + Send + 'static,
) -> Result<T, StorageError> {
    let lost = |error| StorageError::io("a reading thread", io::Error::other(error));
    spawn_blocking(work).await.map_err(lost)?
}

fn missing_root(address: &str, error: io::Error) -> StorageError {
    match StorageError::io(address, error) {
        StorageError::NotFound { address } => StorageError::NoBucket { address },
        other => other,
    }
}
