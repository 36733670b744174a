//! What a store says about an object's retention and legal hold.
//!
//! Invariant: only a plain answer is "unlocked"; a refusal is "unknown".

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::ObjectLockLegalHoldStatus;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use jiff::Timestamp;

use super::refusal::{self, Refusal};
use super::{Locking, end, pin};
use crate::archive::storage::{Object, Protection, StorageError};

/// Asks HEAD first, which tells whom it trusts at no cost, and then each question of its own.
pub async fn protection(client: &Client, bucket: &str, object: &Object) -> Result<Protection, StorageError> {
    let asking = Asking { client, bucket, object };
    let (retention, hold) = match asking.head().await? {
        (Some(retention), hold) => (Told::Is(retention), hold.map_or(Told::Nothing, Told::Is)),
        (None, Some(hold)) => (asking.retention().await?, Told::Is(hold)),
        (None, None) => (asking.retention().await?, asking.hold().await?),
    };
    Ok(conclude(retention, hold))
}

/// Whether the bucket itself can lock objects.
pub async fn of_bucket(client: &Client, bucket: &str) -> Result<Locking, StorageError> {
    match client.get_object_lock_configuration().bucket(bucket).send().await {
        Ok(answer) if answer.object_lock_configuration().is_some() => Ok(Locking::On),
        Ok(_) => Ok(Locking::Off),
        Err(error) => match Refusal::of(&error) {
            Some(refusal) if is_none(&refusal) => Ok(Locking::Off),
            Some(refusal) if will_not_say(&refusal) => {
                Ok(Locking::Unknown(format!("GetObjectLockConfiguration: {}", refusal.detail())))
            }
            _ => Err(refusal::explain(&error, &format!("s3://{bucket}"))),
        },
    }
}

/// One question's answer.
#[derive(Debug)]
enum Told<T> {
    Is(T),
    /// The store knows of none.
    Nothing,
    /// The store would not say, for this reason.
    Refused(String),
}

#[derive(Debug)]
struct Retention {
    mode: String,
    until: Option<Timestamp>,
}

impl Retention {
    fn in_head(head: &HeadObjectOutput) -> Option<Self> {
        let mode = head.object_lock_mode()?.as_str().to_owned();
        Some(Self { mode, until: head.object_lock_retain_until_date().and_then(end) })
    }
}

fn hold_in_head(head: &HeadObjectOutput) -> Option<bool> {
    head.object_lock_legal_hold_status()
        .map(|status| status.as_str() == ObjectLockLegalHoldStatus::On.as_str())
}

fn conclude(retention: Told<Retention>, hold: Told<bool>) -> Protection {
    let held = matches!(hold, Told::Is(true));
    match (retention, hold) {
        (Told::Is(Retention { mode, until }), _) => {
            Protection::Locked { mode: Some(mode), until, legal_hold: held }
        }
        (_, Told::Is(true)) => Protection::Locked { mode: None, until: None, legal_hold: true },
        (Told::Refused(why), _) | (_, Told::Refused(why)) => Protection::Unknown(why),
        (Told::Nothing, Told::Nothing | Told::Is(false)) => Protection::Unlocked,
    }
}

struct Asking<'a> {
    client: &'a Client,
    bucket: &'a str,
    object: &'a Object,
}

impl Asking<'_> {
    /// Who may not read a version (s3:GetObjectVersion) may still ask for its lock.
    async fn head(&self) -> Result<(Option<Retention>, Option<bool>), StorageError> {
        let call = self.client.head_object().bucket(self.bucket).key(&self.object.key);
        let answer = call.set_version_id(self.object.version.clone()).send().await;
        match answer.map_err(|error| pin::changed(refusal::explain(&error, &self.address()))) {
            Ok(head) => Ok((Retention::in_head(&head), hold_in_head(&head))),
            Err(StorageError::AccessDenied { .. }) => Ok((None, None)),
            Err(error) => Err(error),
        }
    }

    async fn retention(&self) -> Result<Told<Retention>, StorageError> {
        let call = self.client.get_object_retention().bucket(self.bucket).key(&self.object.key);
        match call.set_version_id(self.object.version.clone()).send().await {
            Ok(answer) => Ok(answer.retention().map_or(Told::Nothing, |retention| {
                let until = retention.retain_until_date().and_then(end);
                let mode = retention.mode().map(|mode| mode.as_str().to_owned());
                mode.map_or(Told::Nothing, |mode| Told::Is(Retention { mode, until }))
            })),
            Err(error) => self.refused("GetObjectRetention", error).await,
        }
    }

    async fn hold(&self) -> Result<Told<bool>, StorageError> {
        let call = self.client.get_object_legal_hold().bucket(self.bucket).key(&self.object.key);
        match call.set_version_id(self.object.version.clone()).send().await {
            Ok(answer) => Ok(answer
                .legal_hold()
                .and_then(|hold| hold.status())
                .map_or(Told::Nothing, |status| Told::Is(*status == ObjectLockLegalHoldStatus::On))),
            Err(error) => self.refused("GetObjectLegalHold", error).await,
        }
    }

    /// A plain "none", a refusal, or an outage. A bucket without Object Lock answers the question for an
    /// object with `InvalidRequest`, which may mean other things too, so the bucket itself is asked.
    async fn refused<T, E>(
        &self,
        question: &str,
        error: SdkError<E, HttpResponse>,
    ) -> Result<Told<T>, StorageError>
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match Refusal::of(&error) {
            Some(refusal) if is_none(&refusal) => Ok(Told::Nothing),
            Some(refusal) if refusal.code == "InvalidRequest" && self.bucket_has_no_lock().await? => {
                Ok(Told::Nothing)
            }
            Some(refusal) if will_not_say(&refusal) => {
                Ok(Told::Refused(format!("{question}: {}", refusal.detail())))
            }
            _ => Err(refusal::explain(&error, &self.address())),
        }
    }

    async fn bucket_has_no_lock(&self) -> Result<bool, StorageError> {
        Ok(of_bucket(self.client, self.bucket).await? == Locking::Off)
    }

    fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.object.key)
    }
}

fn is_none(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "NoSuchObjectLockConfiguration" | "ObjectLockConfigurationNotFoundError")
}

fn will_not_say(refusal: &Refusal) -> bool {
    matches!(refusal.code.as_str(), "AccessDenied" | "NotImplemented" | "MethodNotAllowed" | "InvalidRequest")
        || matches!(refusal.status, 403 | 405 | 501)
}
