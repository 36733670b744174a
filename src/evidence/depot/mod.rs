//! The second copy of a chain, in a bucket with Object Lock where nobody can take it away.
//!
//! Input: the folder of a chain. Output: what of it the bucket lacked, added there in its order. Invariants: what lies there is
//! never overwritten, and is the same chain or nothing is added; a record is there only when its signature and its stamp are;
//! nothing is called there that was not seen there, and what was taken away there is not put back without a word; what belongs
//! to no record neither goes there nor is in the way, and is told; nothing is noted anywhere, so what was left behind goes up
//! whenever the bucket is there again.

mod backlog;
mod error;
mod numbers;
mod strays;

use std::path::Path;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Handle;

use super::dsse::Envelope;
use super::folder;
use super::link::Link;
use super::statement::Statement;
use crate::archive::storage::{
    Deposit, Deposited, Download, Location, Locking, Object, Retain, StorageError, Store as _,
};
use crate::event::Tally;
use crate::network::Cancel;
use crate::policy::{self, Age, Lock};
use backlog::{Backlog, File, Listed};

pub use error::{Behind, DepotError};
pub use numbers::Numbers;
pub use strays::Strays;

/// The key of a trial to write; hidden, so that it would be no part of the chain.
const TRIAL: &str = ".trial";
/// Stands in commands for the policy that nobody named.
const SOME_POLICY: &str = "FILE";

/// A bucket that gets a second copy of each record.
#[derive(Debug)]
pub struct Depot {
    deposit: Deposit,
    prefix: String,
    mode: Lock,
    retention: Age,
    /// The policy in the commands of messages.
    policy: Option<String>,
    runtime: Handle,
    cancel: Cancel,
}

/// What became of bringing up records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Records that went.
    pub records: u64,
    /// Records that the bucket lists now; the last one was read back, and is ours.
    pub there: u64,
    /// What belongs to no record, and was left where it lies.
    pub strays: Strays,
}

/// What a bucket would do if records went there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readiness {
    /// Records that it lacks.
    pub lacks: u64,
    /// Records that it has.
    pub has: u64,
    /// Those that it lacks although later ones are there, so they were taken away.
    pub taken: Numbers,
    /// Those of which something lies there that the folder lacks.
    pub lost: Numbers,
    /// What belongs to no record.
    pub strays: Strays,
    /// Whether it can lock what is added.
    pub locking: Locking,
    /// What the trial to write left there, in a store that keeps what it should refuse.
    pub left: Option<String>,
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
        let prefix = as_folder(&key);
        Ok(Self { deposit, prefix, mode, retention, policy: None, runtime, cancel })
    }

    /// The same, whose messages name the policy in their commands, as a shell takes it.
    #[must_use]
    pub fn of_policy(self, policy: Option<String>) -> Self {
        Self { policy, ..self }
    }

    /// Where the records go.
    #[must_use]
    pub fn address(&self) -> String {
        self.deposit.store().address(&self.prefix)
    }

    /// Adds what the bucket lacks of the chain in `folder`, the oldest first, and looks whether it is there then.
    ///
    /// # Errors
    /// [`DepotError`]; what went before stays there, and the rest goes the next time. What was taken away there is put back,
    /// and is an error all the same.
    pub fn bring_up(&self, folder: &Path) -> Result<Brought, DepotError> {
        let mut put_back = Numbers::default();
        let brought = self.waited(self.go_up(folder, &mut put_back));
        if put_back.is_empty() {
            return brought;
        }
        let (address, policy) = (self.address(), String::new());
        let also = brought.err().map(Box::new);
        Err(self.told(DepotError::WasMissing { address, records: put_back, policy, also }))
    }

    async fn go_up(&self, folder: &Path, put_back: &mut Numbers) -> Result<Brought, DepotError> {
        let backlog = self.backlog(folder).await?;
        for (at, file) in backlog.files.iter().enumerate() {
            let added = self.add(folder, file).await.map_err(|error| error.with(backlog.records_from(at)));
            if added? && file.overtaken {
                put_back.insert(file.number);
            }
        }
        if let (Some(last), false) = (backlog.numbers.last(), backlog.files.is_empty()) {
            self.hold_to_folder(folder, &folder::name_of(*last)).await?;
        }
        if !backlog.lost.is_empty() {
            let (folder, address) = (folder.to_owned(), self.address());
            let (records, policy) = (backlog.lost, String::new());
            return Err(DepotError::FolderLacks { folder, address, records, policy });
        }
        let strays = self.strays(&backlog);
        Ok(Brought { records: backlog.records_from(0), there: backlog.records(), strays })
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
            let (taken, has) = (backlog.overtaken(), backlog.records() - lacks);
            let strays = self.strays(&backlog);
            Ok(Readiness { lacks, has, taken, lost: backlog.lost, strays, locking, left })
        })
    }

    /// Does `work` unless somebody asks the run to end.
    fn waited<T>(&self, work: impl Future<Output = Result<T, DepotError>>) -> Result<T, DepotError> {
        let done = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(DepotError::Interrupted { policy: String::new() }),
                done = work => done,
            }
        });
        done.map_err(|error| self.told(error))
    }

    fn told(&self, error: DepotError) -> DepotError {
        error.of_policy(self.policy.as_deref())
    }

    fn strays(&self, backlog: &Backlog) -> Strays {
        let (here, there) = &backlog.strays;
        let address = |name: &String| self.deposit.store().address(&self.key(name));
        let there = there.iter().map(address).collect();
        Strays { here: here.clone(), there, policy: self.policy.clone() }
    }

    /// The bucket is listed before the folder, so that a run at the same time makes the bucket no longer than the folder.
    async fn backlog(&self, folder: &Path) -> Result<Backlog, DepotError> {
        let listed = self.deposit.store().list(&self.prefix, &Tally::default()).await?;
        let named = |Object { key, size, modified, .. }: Object| {
            Some((key.strip_prefix(&self.prefix)?.to_owned(), Listed { size, modified }))
        };
        let there = listed.into_iter().filter_map(named).collect();
        let backlog =
            Backlog::of(folder, &there).map_err(|(path, source)| DepotError::Folder { path, source })?;
        if let Some((file, size)) = &backlog.other {
            let why = format!("{size} bytes lie there and {} in the folder", file.size);
            return Err(self.other(&file.name, why));
        }
        // Each record is tied to the one before it, so the last that both have stands for those that are as large as they should be and
        // not younger than what went there behind them.
        let both = backlog.numbers.iter().rev().find(|number| there.contains_key(&folder::name_of(**number)));
        for name in both.map(|number| folder::name_of(*number)).iter().chain(&backlog.suspected) {
            self.hold_to_folder(folder, name).await?;
        }
        self.hold_lost(folder, &backlog).await?;
        Ok(backlog)
    }

    /// What the folder lacks must go on where the folder ends; else it is another chain.
    async fn hold_lost(&self, folder: &Path, backlog: &Backlog) -> Result<(), DepotError> {
        let Some(number) = backlog.foreign else { return Ok(()) };
        let name = folder::name_of(number);
        let there = self.read(&name).await?;
        let envelope = there.and_then(|bytes| Envelope::read(&bytes).ok());
        let statement = envelope.and_then(|envelope| Statement::read(&envelope.payload).ok());
        let before = folder::read(&folder.join(folder::name_of(number.saturating_sub(1)))).ok();
        let before = before.map(|bytes| Link::to(number - 1, &bytes));
        let continues = statement.is_some_and(|statement| {
            let tied = before.is_none() || statement.previous == before;
            statement.sequence == number && tied && statement.previous.is_none() == (number == 1)
        });
        match continues {
            true => Ok(()),
            false => {
                let end = backlog.numbers.last().copied().unwrap_or(0);
                Err(self.other(
                    &name,
                    format!("the folder ends with record {end}, and it is not tied to its records"),
                ))
            }
        }
    }

    /// Adds a file and looks whether it is there then. Gives whether it was not there; another run may have been faster.
    async fn add(&self, folder: &Path, file: &File) -> Result<bool, DepotError> {
        let path = folder.join(&file.name);
        let bytes = folder::read(&path).map_err(|source| DepotError::Folder { path, source })?;
        let bytes = Bytes::from(bytes);
        let key = self.key(&file.name);
        // Not every store heeds the condition, and none may get a second version of what is there.
        if file.overtaken && self.size(&file.name).await?.is_some() {
            self.hold_to(&file.name, &bytes).await?;
            return Ok(false);
        }
        match self.deposit.add(&key, &bytes, self.retain(), &Tally::default()).await? {
            Deposited::Taken => self.hold_to(&file.name, &bytes).await?,
            Deposited::Added => match self.size(&file.name).await? {
                Some(size) if size == bytes.len() as u64 => {}
                Some(size) => {
                    let why = format!("{} bytes went there and {size} lie there", bytes.len());
                    return Err(self.other(&file.name, why));
                }
                None => {
                    let address = self.deposit.store().address(&key);
                    return Err(DepotError::Swallowed { address, policy: String::new() });
                }
            },
        }
        Ok(true)
    }

    /// How large the file of this name is there, if it is there.
    async fn size(&self, name: &str) -> Result<Option<u64>, StorageError> {
        match self.deposit.store().head(&self.key(name), &Tally::default()).await {
            Ok(object) => Ok(Some(object.size)),
            Err(StorageError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What lies there under this name must be the folder's.
    async fn hold_to_folder(&self, folder: &Path, name: &str) -> Result<(), DepotError> {
        let path = folder.join(name);
        let bytes = folder::read(&path).map_err(|source| DepotError::Folder { path, source })?;
        self.hold_to(name, &bytes).await
    }

    /// What lies there must be these bytes; then another run of the same chain was faster, or an answer was lost.
    async fn hold_to(&self, name: &str, bytes: &[u8]) -> Result<(), DepotError> {
        let object = self.deposit.store().head(&self.key(name), &Tally::default()).await?;
        let fits = object.size == bytes.len() as u64;
        match fits && self.whole(object).await? == bytes {
            true => Ok(()),
            false => Err(self.other(name, "other bytes lie there than in the folder".to_owned())),
        }
    }

    /// The bytes that lie there, unless there are none or more than a record has.
    async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StorageError> {
        match self.deposit.store().head(&self.key(name), &Tally::default()).await {
            Ok(object) if object.size <= folder::LIMIT => self.whole(object).await.map(Some),
            Ok(_) | Err(StorageError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
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

    fn other(&self, name: &str, why: String) -> DepotError {
        let address = self.deposit.store().address(&self.key(name));
        DepotError::OtherChain { address, bucket: self.address(), why, policy: String::new() }
    }
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
