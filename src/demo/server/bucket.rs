use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::policy::Lock;

/// How a bucket keeps its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// The newest only.
    Latest,
    /// Every version.
    Versions,
    /// Every version, and uploads can be locked; without lock headers the default applies.
    Locked(Option<DefaultLock>),
}

/// The lock a bucket gives to uploads that state none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultLock {
    /// The mode.
    pub mode: Lock,
    /// Days from the upload.
    pub days: i32,
}

/// The retention of one version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The mode.
    pub mode: Lock,
    /// End of the retention.
    pub until: Timestamp,
}

/// An object to be put.
#[derive(Debug, Clone)]
pub struct Upload {
    bytes: Bytes,
    modified: Timestamp,
    retention: Option<Retention>,
    legal_hold: bool,
}

/// One version of an object, or the marker that it was deleted.
#[derive(Debug, Clone)]
pub(super) struct Version {
    /// Absent in a bucket that keeps only the newest.
    pub(super) id: Option<String>,
    /// Absent in a delete marker.
    pub(super) content: Option<Bytes>,
    pub(super) etag: String,
    pub(super) modified: Timestamp,
    pub(super) retention: Option<Retention>,
    pub(super) legal_hold: bool,
}

#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) keeping: Keeping,
    /// Versions of each key, oldest first.
    pub(super) objects: BTreeMap<String, Vec<Version>>,
    next_version: u64,
}

#[derive(Debug, Default)]
pub(super) struct Buckets {
    by_name: BTreeMap<String, Bucket>,
}

impl Upload {
    /// An object written now, with the bucket's default lock.
    #[must_use]
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        Self { bytes: bytes.into(), modified: now(), retention: None, legal_hold: false }
    }

    /// Pretends that it was written then; stores keep whole seconds.
    #[must_use]
    pub fn modified(mut self, when: Timestamp) -> Self {
        self.modified = when;
        self
    }

    /// Locks it until then.
    #[must_use]
    pub fn retained(mut self, mode: Lock, until: Timestamp) -> Self {
        self.retention = Some(Retention { mode, until });
        self
    }

    /// Puts it under legal hold or not.
    #[must_use]
    pub fn legal_hold(mut self, on: bool) -> Self {
        self.legal_hold = on;
        self
    }
}

impl Version {
    /// Holds if `id` names this version; `null` names the one without an id.
    pub(super) fn is_named(&self, id: &str) -> bool {
        self.id.as_deref().unwrap_or("null") == id
    }

    pub(super) fn size(&self) -> i64 {
        self.content.as_ref().map_or(0, |bytes| i64::try_from(bytes.len()).unwrap_or(i64::MAX))
    }

    /// Holds if nobody may delete it now.
    fn is_protected(&self) -> bool {
        self.legal_hold || self.retention.is_some_and(|retention| retention.until > Timestamp::now())
    }
}

impl Bucket {
    fn new(keeping: Keeping) -> Self {
        Self { keeping, objects: BTreeMap::new(), next_version: 1 }
    }

    /// The newest version of `key`, which may be a delete marker.
    pub(super) fn newest(&self, key: &str) -> Option<&Version> {
        self.objects.get(key)?.last()
    }

    /// The newest version of each key that is not deleted, in key order.
    pub(super) fn current(&self) -> impl Iterator<Item = (&String, &Version)> {
        self.objects.iter().filter_map(|(key, versions)| {
            let newest = versions.last().filter(|version| version.content.is_some())?;
            Some((key, newest))
        })
    }

    pub(super) fn put(&mut self, key: &str, upload: Upload) -> Version {
        let retention = upload.retention.or_else(|| self.default_retention(upload.modified));
        let version = Version {
            id: self.next_id(),
            etag: etag(&upload.bytes),
            content: Some(upload.bytes),
            modified: upload.modified,
            retention,
            legal_hold: upload.legal_hold,
        };
        self.add(key, version.clone());
        version
    }

    /// Deletes `key` as a request without a version does. Gives the delete marker's id.
    pub(super) fn hide(&mut self, key: &str) -> Option<String> {
        let Some(id) = self.next_id() else {
            self.objects.remove(key);
            return None;
        };
        let marker = Version {
            id: Some(id.clone()),
            content: None,
            etag: String::new(),
            modified: now(),
            retention: None,
            legal_hold: false,
        };
        self.add(key, marker);
        Some(id)
    }

    /// Deletes one version for good, unless a lock forbids it.
    pub(super) fn erase(&mut self, key: &str, id: &str) -> Result<(), Protected> {
        let Some(versions) = self.objects.get_mut(key) else { return Ok(()) };
        if versions.iter().any(|version| version.is_named(id) && version.is_protected()) {
            return Err(Protected);
        }
        versions.retain(|version| !version.is_named(id));
        if versions.is_empty() {
            self.objects.remove(key);
        }
        Ok(())
    }

    fn add(&mut self, key: &str, version: Version) {
        let versions = self.objects.entry(key.to_owned()).or_default();
        if version.id.is_none() {
            versions.clear();
        }
        versions.push(version);
    }

    fn next_id(&mut self) -> Option<String> {
        if self.keeping == Keeping::Latest {
            return None;
        }
        self.next_version += 1;
        Some(format!("{:024x}", self.next_version))
    }

    fn default_retention(&self, from: Timestamp) -> Option<Retention> {
        let Keeping::Locked(Some(lock)) = self.keeping else { return None };
        let length = SignedDuration::from_hours(i64::from(lock.days) * 24);
        let until = from.checked_add(length).unwrap_or(Timestamp::MAX);
        Some(Retention { mode: lock.mode, until })
    }
}

/// A lock forbids the deletion.
#[derive(Debug)]
pub(super) struct Protected;

impl Buckets {
    pub(super) fn create(&mut self, name: &str, keeping: Keeping) {
        self.by_name.entry(name.to_owned()).or_insert_with(|| Bucket::new(keeping)).keeping = keeping;
    }

    pub(super) fn bucket(&mut self, name: &str) -> Option<&mut Bucket> {
        self.by_name.get_mut(name)
    }

    pub(super) fn bucket_or_new(&mut self, name: &str) -> &mut Bucket {
        self.by_name.entry(name.to_owned()).or_insert_with(|| Bucket::new(Keeping::Latest))
    }
}

/// Opaque on purpose: nobody may take it for the MD5 of the content.
fn etag(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().chars().take(32).collect()
}

/// The time in whole seconds, as stores keep it.
fn now() -> Timestamp {
    Timestamp::from_second(Timestamp::now().as_second()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The time in the form s3s wants.
pub(super) fn wire_time(time: Timestamp) -> s3s::dto::Timestamp {
    let seconds = u64::try_from(time.as_second()).unwrap_or(0);
    (SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_bucket_keeps_only_the_newest() {
        let mut bucket = Bucket::new(Keeping::Latest);
        bucket.put("key", Upload::new("one"));
        bucket.put("key", Upload::new("two"));
        assert_eq!(bucket.objects["key"].len(), 1);
        assert!(bucket.newest("key").unwrap().is_named("null"));
        bucket.hide("key");
        assert!(bucket.newest("key").is_none());
    }

    #[test]
    fn a_delete_marker_hides_and_its_removal_brings_back() {
        let mut bucket = Bucket::new(Keeping::Versions);
        bucket.put("key", Upload::new("one"));
        let marker = bucket.hide("key").unwrap();
        assert_eq!(bucket.current().count(), 0);
        bucket.erase("key", &marker).unwrap();
        assert_eq!(bucket.current().count(), 1);
    }

    #[test]
    fn a_locked_version_cannot_be_erased() {
        let mut bucket = Bucket::new(Keeping::Locked(Some(DefaultLock { mode: Lock::Governance, days: 1 })));
        let version = bucket.put("key", Upload::new("one"));
        assert!(bucket.erase("key", version.id.as_deref().unwrap()).is_err());
        let past = Timestamp::UNIX_EPOCH;
        let old = bucket.put("old", Upload::new("one").retained(Lock::Compliance, past));
        assert!(bucket.erase("old", old.id.as_deref().unwrap()).is_ok());
    }
}
