//! Reads files of a chain from a store, some ahead of the check, which asks for them in their order.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::runtime::Handle;

use super::for_each;
use crate::archive::storage::{Download, Object, StorageError, Store};
use crate::evidence::folder;
use crate::evidence::place::Unread;

/// Files that are read ahead.
const MOST_FILES: usize = 48;
/// Bytes that are read ahead, but for the last file.
const MOST_BYTES: u64 = 16 << 20;

/// The files of a chain, by name.
#[derive(Debug)]
pub(super) struct Ahead {
    store: Arc<dyn Store>,
    files: BTreeMap<String, Object>,
    runtime: Handle,
    read: Mutex<HashMap<String, Result<Vec<u8>, Unread>>>,
}

impl Ahead {
    pub fn new(store: Arc<dyn Store>, files: BTreeMap<String, Object>, runtime: Handle) -> Self {
        Self { store, files, runtime, read: Mutex::default() }
    }

    /// The bytes of the file of this name.
    pub fn read(&self, name: &str) -> Result<Vec<u8>, Unread> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if !read.contains_key(name) && self.files.contains_key(name) {
            // What nobody asked for in the meantime is behind the check.
            *read = self.runtime.block_on(self.fetch(name)).into_iter().collect();
        }
        read.remove(name).unwrap_or(Err(Unread::Missing))
    }

    /// Reads this file and those that follow.
    async fn fetch(&self, name: &str) -> Vec<(String, Result<Vec<u8>, Unread>)> {
        let mut bytes = 0;
        let following = self.files.range(name.to_owned()..).take(MOST_FILES);
        let some = following.take_while(|(_, file)| {
            let fits = bytes < MOST_BYTES;
            bytes += file.size.min(folder::LIMIT);
            fits
        });
        let some = some.map(|(name, file)| (name.clone(), file.clone())).collect();
        for_each(some, |(name, file)| {
            let store = Arc::clone(&self.store);
            async move { (name, bytes_of(store, file).await) }
        })
        .await
    }
}

async fn bytes_of(store: Arc<dyn Store>, file: Object) -> Result<Vec<u8>, Unread> {
    if file.size > folder::LIMIT {
        return Err(Unread::Damaged("it is larger than 64 MiB, which no record is".to_owned()));
    }
    Download::start(store, file, Arc::default()).whole().await.map_err(|error| match error {
        StorageError::ChecksumMismatch { .. } => Unread::Damaged(error.to_string()),
        _ => Unread::Closed(format!("{error}; it and what follows was not looked at")),
    })
}
