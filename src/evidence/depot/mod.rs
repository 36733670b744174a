//! The second copy of a chain, in a bucket with Object Lock where nobody can take it away.
//!
//! Input: the folder of a chain. Output: what of it the bucket lacked, added there in its order. Invariants: what lies there is
//! never overwritten, and is the same chain or nothing is added; a record is there only when its signature and its stamp are;
//! nothing is noted anywhere, so what was left behind goes up whenever the bucket is there again.

mod error;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use super::folder;
use crate::archive::storage::{
    Deposit, Deposited, Download, Location, Locking, Object, Retain, StorageError, Store as _,
};
use crate::event::Tally;
use crate::network::Cancel;
use crate::policy::{self, Age, Lock};

pub use error::{Behind, DepotError};

/// The key of a trial to write; hidden, so that it would be no part of the chain.
const TRIAL: &str = ".trial";

/// A bucket that gets a second copy of each record.
#[derive(Debug)]
pub struct Depot {
    deposit: Deposit,
    prefix: String,
    mode: Lock,
    retention: Age,
    runtime: Handle,
    cancel: Cancel,
}

/// What became of bringing up records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Brought {
    /// Records that went.
    pub records: u64,
    /// Records that are there now.
    pub there: u64,
}

/// What a bucket would do if records went there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Records that it lacks.
    pub lacks: u64,
    /// Records that it has.
    pub has: u64,
    /// Whether it can lock what is added.
    pub locking: Locking,
    /// What the trial to write left there, in a store that keeps what it should refuse.
    pub left: Option<String>,
}

/// One file of a chain, and the record it belongs to.
struct File {
    number: u64,
    name: String,
}

/// What the folder has and the bucket lacks, in the order in which it goes.
struct Backlog {
    files: Vec<File>,
    /// Records of the folder.
    records: u64,
}

impl Backlog {
    /// Records of which anything is left from the file of this place on.
    fn records_from(&self, at: usize) -> u64 {
        let numbers: BTreeSet<u64> = self.files[at..].iter().map(|file| file.number).collect();
        numbers.len() as u64
    }
}

impl Depot {
    /// The bucket of a policy; nothing is asked of it yet. `credentials` is the folder of a bare `credentials_file`.
    ///
    /// # Errors
    /// [`StorageError::BadConfiguration`] and its like.
    pub fn open(
        bucket: &policy::Bucket,
        credentials: Option<&Path>,
        runtime: Handle,
        cancel: Cancel,
    ) -> Result<Self, StorageError> {
        let unfit = |problem| {
            let step = "write [evidence.bucket] with url = \"s3://bucket/prefix/\", mode and retention";
            StorageError::configuration("evidence.bucket", problem, step)
        };
        let Location::S3 { bucket: name, key } = Location::parse(&bucket.store.url)? else {
            return Err(unfit("this is no bucket"));
        };
        let (Some(mode), Some(retention)) = (bucket.mode, bucket.retention) else {
            return Err(unfit("it is not said how its records are locked"));
        };
        let deposit = runtime.block_on(Deposit::open(name, &bucket.store, credentials))?;
        Ok(Self { deposit, prefix: as_folder(&key), mode, retention, runtime, cancel })
    }

    /// Where the records go.
    #[must_use]
    pub fn address(&self) -> String {
        self.deposit.store().address(&self.prefix)
    }

    /// Adds what the bucket lacks of the chain in `folder`, the oldest first.
    ///
    /// # Errors
    /// [`DepotError`]; what went before stays there, and the rest goes the next time.
    pub fn bring_up(&self, folder: &Path) -> Result<Brought, DepotError> {
        self.waited(async {
            let backlog = self.backlog(folder).await?;
            for (at, file) in backlog.files.iter().enumerate() {
                let added = self.add(folder, file).await;
                added.map_err(|error| error.with(backlog.records_from(at)))?;
            }
            Ok(Brought { records: backlog.records_from(0), there: backlog.records })
        })
    }

    /// Says what is left behind, and whether it could go: an addition is tried that the store has to refuse for its checksum,
    /// after it looked whether we may, so that nothing stays.
    ///
    /// # Errors
    /// [`DepotError`] for what would keep records from going.
    pub fn readiness(&self, folder: &Path) -> Result<Readiness, DepotError> {
        self.waited(async {
            let backlog = self.backlog(folder).await?;
            let lacks = backlog.records_from(0);
            let locking = self.deposit.locking(&Tally::default()).await?;
            let left = self.deposit.rehearse(&self.key(TRIAL), self.mode, &Tally::default()).await?;
            Ok(Readiness { lacks, has: backlog.records - lacks, locking, left })
        })
    }

    /// Does `work` unless somebody asks the run to end.
    fn waited<T>(&self, work: impl Future<Output = Result<T, DepotError>>) -> Result<T, DepotError> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(DepotError::Interrupted),
                done = work => done,
            }
        })
    }

    /// The bucket is listed before the folder, so that a run at the same time makes the bucket no longer than the folder.
    async fn backlog(&self, folder: &Path) -> Result<Backlog, DepotError> {
        let there = self.deposit.store().list(&self.prefix, &Tally::default()).await?;
        let there: BTreeSet<&str> =
            there.iter().filter_map(|object| object.key.strip_prefix(&self.prefix)).collect();
        let unreadable = |source| DepotError::Folder { path: folder.to_owned(), source };
        let numbers = match folder::list(folder) {
            Ok(listing) => listing.numbers,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(unreadable(error)),
        };
        let end = numbers.last().copied().unwrap_or(0);
        let stated = there.iter().filter_map(|name| folder::record_of(name)).max();
        if let Some(beyond) = stated.filter(|number| *number > end) {
            return Err(self.other(folder::name_of(beyond), format!("the folder ends with record {end}")));
        }
        let is_there = |number: &&u64| there.contains(folder::name_of(**number).as_str());
        // Each record is tied to the one before it, so the last that both have stands for all of them.
        if let Some(number) = numbers.iter().rev().find(is_there) {
            let name = folder::name_of(*number);
            let bytes = folder::read(&folder.join(&name)).map_err(unreadable)?;
            self.hold_to(&name, &bytes).await?;
        }
        let files = numbers.iter().flat_map(|number| files_of(folder, *number));
        let files = files.filter(|file| !there.contains(file.name.as_str())).collect();
        Ok(Backlog { files, records: numbers.len() as u64 })
    }

    async fn add(&self, folder: &Path, file: &File) -> Result<(), DepotError> {
        let path = folder.join(&file.name);
        let bytes = folder::read(&path).map_err(|source| DepotError::Folder { path, source })?;
        let bytes = Bytes::from(bytes);
        let key = self.key(&file.name);
        match self.deposit.add(&key, &bytes, self.retain(), &Tally::default()).await? {
            Deposited::Added => Ok(()),
            Deposited::Taken => self.hold_to(&file.name, &bytes).await,
        }
    }

    /// What lies there must be these bytes; then another run of the same chain was faster, or an answer was lost.
    async fn hold_to(&self, name: &str, bytes: &[u8]) -> Result<(), DepotError> {
        let object = self.deposit.store().head(&self.key(name), &Tally::default()).await?;
        let fits = object.size == bytes.len() as u64;
        match fits && self.whole(object).await? == bytes {
            true => Ok(()),
            false => Err(self.other(name.to_owned(), "other bytes lie there than in the folder".to_owned())),
        }
    }

    async fn whole(&self, object: Object) -> Result<Vec<u8>, StorageError> {
        Download::start(self.deposit.store(), object, std::sync::Arc::default()).whole().await
    }

    /// Stores keep whole seconds, so the lock ends with the one that is begun.
    fn retain(&self) -> Retain {
        let length = SignedDuration::try_from(self.retention.0).unwrap_or(SignedDuration::MAX);
        let until = Timestamp::now().checked_add(length).unwrap_or(Timestamp::MAX);
        let until = Timestamp::from_second(until.as_second().saturating_add(1)).unwrap_or(Timestamp::MAX);
        Retain { mode: self.mode, until }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    fn other(&self, name: String, why: String) -> DepotError {
        DepotError::OtherChain { address: self.deposit.store().address(&self.key(&name)), why }
    }
}

/// What lies beside a record goes first: without the record it says nothing, and a record without it would not verify.
fn files_of(folder: &Path, number: u64) -> impl Iterator<Item = File> {
    let beside = [folder::signature_of(number), folder::stamp_of(number)];
    let path: PathBuf = folder.to_owned();
    let beside = beside.into_iter().filter(move |name| path.join(name).exists());
    beside.chain([folder::name_of(number)]).map(move |name| File { number, name })
}

/// A prefix that ends where the names of files begin.
#[must_use]
pub fn as_folder(key: &str) -> String {
    match key {
        "" => String::new(),
        _ if key.ends_with('/') => key.to_owned(),
        _ => format!("{key}/"),
    }
}
