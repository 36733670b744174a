//! A chain in a bucket, and what a bucket says that a folder can't.
//!
//! Input: a store and a prefix. Output: the files of a chain as they were first written, what was done to them since, and what
//! keeps them from being taken away. Invariant: what the store would not say is kept as unknown, and is never "nothing".

mod ahead;
mod locks;
mod versions;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::reason::Fault;
use super::result::InBucket;
use crate::archive::storage::{Object, StorageError, Store};
use crate::event::Tally;
use crate::evidence::folder::{self, Listing};
use crate::evidence::place::{Place, Unread};
use ahead::Ahead;

/// Calls at the same time.
const AT_ONCE: usize = 16;

/// A chain in a bucket, as it was when it was listed.
#[derive(Debug)]
pub struct Vault {
    address: String,
    listing: Listing,
    files: Ahead,
    touched: BTreeMap<u64, Vec<Fault>>,
    seen: InBucket,
}

impl Vault {
    /// Looks at what lies below `prefix`, its versions and its locks; the records themselves are read later.
    ///
    /// # Errors
    /// What keeps the bucket from being listed; a refused question about versions or locks is none.
    pub fn open(store: Arc<dyn Store>, prefix: &str, runtime: &Handle) -> Result<Self, StorageError> {
        runtime.block_on(Self::look(store, prefix, runtime.clone()))
    }

    async fn look(store: Arc<dyn Store>, prefix: &str, runtime: Handle) -> Result<Self, StorageError> {
        let kept = versions::look(&store, prefix).await?;
        let listing = Listing::of(kept.files.keys().map(String::as_str));
        let of_chain = kept.files.iter().filter_map(|(name, file)| Some((folder::record_of(name)?, file)));
        let of_records = of_chain.filter(|(number, _)| listing.numbers.binary_search(number).is_ok());
        let of_records: Vec<(u64, Object)> =
            of_records.map(|(number, file)| (number, file.clone())).collect();
        let locks = locks::look(&store, of_records, Timestamp::now()).await?;
        let seen = InBucket { versions_unknown: kept.unknown, repeated: kept.repeated, locks };
        let address = store.address(prefix);
        let files = Ahead::new(store, kept.files, runtime);
        Ok(Self { address, listing, files, touched: kept.touched, seen })
    }

    /// Where the chain lies.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn listing(&self) -> &Listing {
        &self.listing
    }

    /// What was done to records, by their numbers.
    pub(super) fn touched(&self) -> BTreeMap<u64, Vec<Fault>> {
        self.touched.clone()
    }

    pub(super) fn seen(&self) -> &InBucket {
        &self.seen
    }
}

impl Place for Vault {
    fn read(&self, name: &str) -> Result<Vec<u8>, Unread> {
        self.files.read(name)
    }

    /// A head changes with each record, so none lies under a lock; nothing can be cut off there instead.
    fn has_head(&self) -> Option<bool> {
        None
    }
}

/// Calls `call` for each of `items`, some at once; the answers come in no order.
async fn for_each<T, R, F>(items: Vec<T>, call: impl Fn(T) -> F) -> Vec<R>
where
    R: Send + 'static,
    F: Future<Output = R> + Send + 'static,
{
    let (mut items, mut answers) = (items.into_iter(), Vec::new());
    loop {
        let some: JoinSet<R> = items.by_ref().take(AT_ONCE).map(&call).collect();
        if some.is_empty() {
            return answers;
        }
        answers.extend(some.join_all().await);
    }
}

/// Counts repetitions that nobody asks for.
fn uncounted() -> Tally {
    Tally::default()
}
