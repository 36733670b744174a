//! A store in which one object is damaged: the copy is read as any archive is, by ranges of the original.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};

use super::copy::DamagedCopy;
use crate::archive::storage::{Object, Pace, Protection, Segments, StorageError, Store, Versions};
use crate::event::Tally;

/// Another store, but for one object.
#[derive(Debug)]
pub struct Damaged {
    store: Arc<dyn Store>,
    object: Object,
    copy: DamagedCopy,
}

impl Damaged {
    /// `store` with `copy` in the place of `object`.
    pub fn new(store: Arc<dyn Store>, object: Object, copy: DamagedCopy) -> Self {
        Self { store, object, copy }
    }

    /// The copy as an object.
    pub fn object(&self) -> Object {
        Object { size: self.copy.size(), ..self.object.clone() }
    }
}

#[async_trait]
impl Store for Damaged {
    fn address(&self, key: &str) -> String {
        self.store.address(key)
    }

    async fn list(&self, prefix: &str, tally: &Tally) -> Result<Vec<Object>, StorageError> {
        self.store.list(prefix, tally).await
    }

    async fn head(&self, key: &str, tally: &Tally) -> Result<Object, StorageError> {
        if key == self.object.key { Ok(self.object()) } else { self.store.head(key, tally).await }
    }

    async fn get(&self, object: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError> {
        if object.key != self.object.key {
            return self.store.get(object, offset).await;
        }
        Ok(Box::new(Pieces {
            store: Arc::clone(&self.store),
            object: self.object.clone(),
            copy: self.copy.clone(),
            rest: self.copy.behind(offset).collect(),
            open: None,
        }))
    }

    async fn protection(&self, object: &Object, tally: &Tally) -> Result<Protection, StorageError> {
        self.store.protection(object, tally).await
    }

    async fn versions(&self, prefix: &str, tally: &Tally) -> Result<Versions, StorageError> {
        self.store.versions(prefix, tally).await
    }

    fn pace(&self) -> Pace {
        self.store.pace()
    }
}

/// The bytes of the copy.
struct Pieces {
    store: Arc<dyn Store>,
    object: Object,
    copy: DamagedCopy,
    /// What is still to come, in the original's bytes.
    rest: VecDeque<Range<u64>>,
    /// The first of `rest`.
    open: Option<Box<dyn Segments>>,
}

#[async_trait]
impl Segments for Pieces {
    async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        let Some(range) = self.rest.front_mut() else { return Ok(None) };
        let body = match &mut self.open {
            Some(body) => body,
            none => none.insert(self.store.get(&self.object, range.start).await?),
        };
        let Some(bytes) = body.next().await? else {
            let address = self.store.address(&self.object.key);
            return Err(StorageError::unavailable(address, "the body ended early"));
        };
        let amount = (bytes.len() as u64).min(range.end - range.start);
        let mut bytes = BytesMut::from(&bytes[..usize::try_from(amount).unwrap_or(bytes.len())]);
        self.copy.damage(range.start, &mut bytes);
        range.start += amount;
        if range.is_empty() {
            self.rest.pop_front();
            self.open = None;
        }
        Ok(Some(bytes.freeze()))
    }
}
