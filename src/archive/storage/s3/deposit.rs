//! Adding objects that nobody may take away: all the writing to a store there is, and no part of [`Store`](crate::archive::storage::Store).
//!
//! Invariant: what lies under a key is never overwritten, and nothing is added without a lock.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::put_object::PutObjectError;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::ObjectLockMode;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use super::refusal::{self, Refusal};
use super::{S3Store, lock};
use crate::archive::storage::{StorageError, Store as _};
use crate::event::Tally;
use crate::policy::{self, Lock};

/// A bucket to which objects are added.
#[derive(Debug, Clone)]
pub struct Deposit {
    store: Arc<S3Store>,
}

/// How long an object can't be taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retain {
    /// Who may lift it before.
    pub mode: Lock,
    /// Its end; stores keep whole seconds.
    pub until: Timestamp,
}

/// What became of adding an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deposited {
    /// It was not there, and is now.
    Added,
    /// Something lies there already, whatever it is.
    Taken,
}

/// Whether a bucket can lock objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Locking {
    /// Object Lock is on.
    On,
    /// It is off.
    Off,
    /// The store could not or would not say.
    Unknown(String),
}

impl Deposit {
    /// As [`S3Store::open`]; nothing is asked of the store yet.
    ///
    /// # Errors
    /// As there.
    pub async fn open(
        bucket: String,
        config: &policy::Store,
        credentials: Option<&Path>,
    ) -> Result<Self, StorageError> {
        let store = S3Store::open(bucket, config, credentials).await?.of_records();
        Ok(Self { store: Arc::new(store) })
    }

    /// The same bucket, to be read.
    #[must_use]
    pub fn store(&self) -> Arc<S3Store> {
        Arc::clone(&self.store)
    }

    /// Adds an object with a lock, unless the key is taken.
    ///
    /// # Errors
    /// [`StorageError::NotTaken`] where the store refuses it, and what else keeps a call from being done.
    pub async fn add(
        &self,
        key: &str,
        bytes: &Bytes,
        retain: Retain,
        tally: &Tally,
    ) -> Result<Deposited, StorageError> {
        self.store.pace.retry.run(tally, || self.add_once(key, bytes, retain)).await
    }

    async fn add_once(&self, key: &str, bytes: &Bytes, retain: Retain) -> Result<Deposited, StorageError> {
        // A store takes nothing with a lock unless a checksum comes with it. The SDK leaves it out where the operation by
        // itself does not require one, whatever algorithm is named.
        let checksum = STANDARD.encode(digest(&SHA256, bytes));
        let call = self.addition(key, bytes, retain).checksum_sha256(checksum);
        match call.send().await {
            Ok(_) => Ok(Deposited::Added),
            Err(error) => self.refused(&error, key).await,
        }
    }

    fn addition(&self, key: &str, bytes: &Bytes, retain: Retain) -> PutObjectFluentBuilder {
        let call = self.store.whole.put_object().bucket(&self.store.bucket).key(key);
        let call = call.body(ByteStream::from(bytes.clone())).if_none_match("*");
        let call = call.object_lock_retain_until_date(DateTime::from_secs(retain.until.as_second()));
        call.object_lock_mode(match retain.mode {
            Lock::Governance => ObjectLockMode::Governance,
            Lock::Compliance => ObjectLockMode::Compliance,
        })
    }

    async fn refused(
        &self,
        error: &SdkError<PutObjectError, HttpResponse>,
        key: &str,
    ) -> Result<Deposited, StorageError> {
        let address = self.store.address(key);
        let Some(refusal) = Refusal::of(error) else { return Err(refusal::explain(error, &address)) };
        let detail = refusal.detail();
        match (refusal.code.as_str(), refusal.status) {
            ("PreconditionFailed", _) | (_, 412) => return Ok(Deposited::Taken),
            // Two writers at once: whoever asks again learns who was first.
            ("ConditionalRequestConflict" | "OperationAborted", _) | ("", 409) => {
                return Err(StorageError::unavailable(address, detail));
            }
            _ => {}
        }
        Err(match self.step(&refusal).await {
            Some(step) => StorageError::NotTaken { address, detail, step },
            None => refusal::explain(error, &address),
        })
    }

    /// The next step where the store refuses what only an addition asks of it. Some stores have no words for a bucket that
    /// can't lock, so the bucket itself is asked.
    async fn step(&self, refusal: &Refusal) -> Option<&'static str> {
        let unclear =
            matches!(refusal.code.as_str(), "InvalidRequest" | "InvalidBucketState" | "InvalidArgument");
        match step(refusal) {
            None if unclear => {
                let locking = lock::of_bucket(&self.store.whole, &self.store.bucket).await;
                matches!(locking, Ok(Locking::Off)).then_some(LOCKLESS)
            }
            step => step,
        }
    }

    /// Whether an addition would be let in: one is sent that no store may keep, as its checksum is of other bytes. Gives
    /// what was left there by a store that kept it all the same.
    ///
    /// # Errors
    /// As [`Deposit::add`].
    pub async fn rehearse(
        &self,
        key: &str,
        mode: Lock,
        tally: &Tally,
    ) -> Result<Option<String>, StorageError> {
        self.store.pace.retry.run(tally, || self.rehearse_once(key, mode)).await
    }

    async fn rehearse_once(&self, key: &str, mode: Lock) -> Result<Option<String>, StorageError> {
        let until = Timestamp::now().checked_add(SignedDuration::from_mins(2)).unwrap_or(Timestamp::MAX);
        let bytes = Bytes::from_static(b"an addition that no store may keep");
        let call = self.addition(key, &bytes, Retain { mode, until }).content_md5(STANDARD.encode([0; 16]));
        let error = match call.send().await {
            Ok(_) => return Ok(Some(self.store.address(key))),
            Err(error) => error,
        };
        match Refusal::of(&error) {
            Some(refusal) if matches!(refusal.code.as_str(), "BadDigest" | "InvalidDigest") => Ok(None),
            _ => self.refused(&error, key).await.map(|_| None),
        }
    }

    /// Whether the bucket can lock what is added.
    ///
    /// # Errors
    /// What keeps the question from being put; a refusal is [`Locking::Unknown`].
    pub async fn locking(&self, tally: &Tally) -> Result<Locking, StorageError> {
        let S3Store { whole, bucket, pace, .. } = &*self.store;
        pace.retry.run(tally, || lock::of_bucket(whole, bucket)).await
    }
}

const LOCKLESS: &str =
    "make a bucket with Object Lock on (most stores turn it on only when a bucket is made)";

/// What the refusal alone tells of the next step.
fn step(refusal: &Refusal) -> Option<&'static str> {
    let speaks_of_lock = refusal.message.to_ascii_lowercase().contains("lock");
    match (refusal.code.as_str(), refusal.status) {
        ("NotImplemented" | "MethodNotAllowed", _) | (_, 405 | 501) => Some(
            "it lacks If-None-Match or Object Lock, without which records are safe from nobody: take a newer version of it, or another store",
        ),
        ("InvalidRequest" | "InvalidBucketState" | "InvalidArgument", _) if speaks_of_lock => Some(LOCKLESS),
        ("AccessDenied" | "AllAccessDisabled", _) => {
            Some("allow s3:PutObject, s3:PutObjectRetention, s3:GetObject and s3:ListBucket there")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_of(status: u16, code: &str, message: &str) -> &'static str {
        let refusal = Refusal { status, code: code.into(), message: message.into(), ..Refusal::default() };
        step(&refusal).unwrap_or_default()
    }

    #[test]
    fn each_refusal_of_an_addition_has_its_step() {
        assert!(step_of(501, "NotImplemented", "A header you provided").contains("If-None-Match"));
        assert!(step_of(501, "", "").contains("If-None-Match"));
        let lockless = "Bucket is missing Object Lock Configuration";
        assert!(step_of(400, "InvalidRequest", lockless).contains("with Object Lock on"));
        assert!(step_of(403, "AccessDenied", "").contains("s3:PutObjectRetention"));
        for (status, code) in [(403, "SignatureDoesNotMatch"), (400, "InvalidRequest"), (503, "SlowDown")] {
            assert_eq!(step_of(status, code, "something else"), "", "{code}");
        }
    }
}
