use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{
    BucketVersioningStatus, CreateBucketInput, CreateBucketOutput, DeleteObjectInput, DeleteObjectOutput,
    ETag, GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectInput, GetObjectLegalHoldInput,
    GetObjectLegalHoldOutput, GetObjectLockConfigurationInput, GetObjectLockConfigurationOutput,
    GetObjectOutput, GetObjectRetentionInput, GetObjectRetentionOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input,
    ListObjectsV2Output, PutBucketVersioningInput, PutBucketVersioningOutput, PutObjectInput,
    PutObjectLockConfigurationInput, PutObjectLockConfigurationOutput, PutObjectOutput,
    PutObjectRetentionInput, PutObjectRetentionOutput,
};
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};

use super::answer;
use super::bucket::{Bucket, Buckets, Keeping, Upload, Version};
use super::fault::{Fault, Faults, Operation};
use super::{list, lock};

/// What the connections share.
#[derive(Debug, Default)]
pub(super) struct State {
    buckets: Mutex<Buckets>,
    faults: Mutex<Faults>,
}

impl State {
    pub(super) fn buckets(&self) -> MutexGuard<'_, Buckets> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a request and gives its fault; a refusal becomes the error it is.
    pub(super) fn meet(&self, operation: Operation, key: &str, from: Option<u64>) -> S3Result<Option<Fault>> {
        match self.faults().meet(operation, key, from) {
            Some(Fault::Refuse { status, .. }) => Err(answer::refusal(status)),
            fault => Ok(fault),
        }
    }

    fn keeping(&self, bucket: &str) -> S3Result<Keeping> {
        self.buckets().bucket(bucket).map(|bucket| bucket.keeping).ok_or_else(|| s3_error!(NoSuchBucket))
    }

    fn set_keeping(&self, bucket: &str, keeping: Keeping) -> S3Result<()> {
        self.buckets().bucket(bucket).ok_or_else(|| s3_error!(NoSuchBucket))?.keeping = keeping;
        Ok(())
    }
}

/// The operations, over the shared state.
#[derive(Debug)]
pub(super) struct Api {
    state: Arc<State>,
}

impl Api {
    pub(super) fn new(state: Arc<State>) -> Self {
        Self { state }
    }
}

/// Refuses an upload whose conditions do not hold (`If-None-Match: *`, `If-Match`).
fn check_upload(bucket: &Bucket, input: &PutObjectInput) -> S3Result<()> {
    let there = bucket.newest(&input.key).filter(|version| version.content.is_some());
    let holds = |condition| there.is_some_and(|version: &Version| answer::holds(condition, version));
    let forbidden = input.if_none_match.as_ref().is_some_and(holds);
    let missing = input.if_match.as_ref().is_some_and(|condition| !holds(condition));
    if forbidden || missing { Err(s3_error!(PreconditionFailed)) } else { Ok(()) }
}

fn done<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

#[async_trait]
impl S3 for Api {
    async fn create_bucket(
        &self,
        request: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let input = request.input;
        let mut buckets = self.state.buckets();
        if buckets.bucket(&input.bucket).is_some() {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        let locked = input.object_lock_enabled_for_bucket == Some(true);
        buckets.create(&input.bucket, if locked { Keeping::Locked(None) } else { Keeping::Latest });
        done(CreateBucketOutput::default())
    }

    async fn head_bucket(
        &self,
        request: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.state.keeping(&request.input.bucket)?;
        done(HeadBucketOutput::default())
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let kept = self.state.keeping(&request.input.bucket)? != Keeping::Latest;
        let status = kept.then(|| BucketVersioningStatus::from_static(BucketVersioningStatus::ENABLED));
        done(GetBucketVersioningOutput { status, ..Default::default() })
    }

    async fn put_bucket_versioning(
        &self,
        request: S3Request<PutBucketVersioningInput>,
    ) -> S3Result<S3Response<PutBucketVersioningOutput>> {
        let input = request.input;
        let status = input.versioning_configuration.status;
        let enabled = status.is_some_and(|status| status.as_str() == BucketVersioningStatus::ENABLED);
        if !enabled || self.state.keeping(&input.bucket)? != Keeping::Latest {
            return Err(s3_error!(NotImplemented, "versioning can only be turned on here"));
        }
        self.state.set_keeping(&input.bucket, Keeping::Versions)?;
        done(PutBucketVersioningOutput::default())
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = request.input;
        self.state.meet(Operation::Put, &input.key, None)?;
        let body = input.body.take().map_or_else(Body::empty, Body::from);
        let bytes = read(body, input.content_length).await?;
        let mut buckets = self.state.buckets();
        let bucket = buckets.bucket(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        check_upload(bucket, &input)?;
        let fits = |stated: &String| *stated == STANDARD.encode(Md5::checksum(&bytes));
        if !input.content_md5.as_ref().is_none_or(fits) {
            return Err(s3_error!(BadDigest));
        }
        let upload = lock::apply_headers(Upload::new(bytes), &input, bucket.keeping)?;
        let version = bucket.put(&input.key, upload);
        done(PutObjectOutput {
            e_tag: Some(ETag::Strong(version.etag)),
            version_id: version.id,
            ..Default::default()
        })
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        done(answer::get(&self.state, &request.input)?)
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        done(answer::head(&self.state, &request.input)?)
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let input = request.input;
        let mut buckets = self.state.buckets();
        let bucket = buckets.bucket(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        if let Some(id) = input.version_id {
            bucket.erase(&input.key, &id).map_err(|_| s3_error!(AccessDenied))?;
            return done(DeleteObjectOutput { version_id: Some(id), ..Default::default() });
        }
        let marker = bucket.hide(&input.key);
        done(DeleteObjectOutput {
            delete_marker: marker.is_some().then_some(true),
            version_id: marker,
            ..Default::default()
        })
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        done(list::objects(&self.state, request.input)?)
    }

    async fn list_object_versions(
        &self,
        request: S3Request<ListObjectVersionsInput>,
    ) -> S3Result<S3Response<ListObjectVersionsOutput>> {
        done(list::versions(&self.state, request.input)?)
    }

    async fn get_object_retention(
        &self,
        request: S3Request<GetObjectRetentionInput>,
    ) -> S3Result<S3Response<GetObjectRetentionOutput>> {
        let input = request.input;
        let kept = lock::retention(&self.state, &input.bucket, &input.key, input.version_id.as_deref())?;
        done(GetObjectRetentionOutput { retention: Some(kept) })
    }

    async fn put_object_retention(
        &self,
        request: S3Request<PutObjectRetentionInput>,
    ) -> S3Result<S3Response<PutObjectRetentionOutput>> {
        let input = request.input;
        let retention = lock::retention_of(input.retention.as_ref())?;
        let mut buckets = self.state.buckets();
        let bucket = buckets.bucket(&input.bucket).ok_or_else(|| s3_error!(NoSuchBucket))?;
        let versions = bucket.objects.get_mut(&input.key).ok_or_else(|| s3_error!(NoSuchKey))?;
        let version = match &input.version_id {
            Some(id) => versions.iter_mut().find(|version| version.is_named(id)),
            None => versions.last_mut(),
        };
        version.ok_or_else(|| s3_error!(NoSuchVersion))?.retention = retention;
        done(PutObjectRetentionOutput::default())
    }

    async fn get_object_legal_hold(
        &self,
        request: S3Request<GetObjectLegalHoldInput>,
    ) -> S3Result<S3Response<GetObjectLegalHoldOutput>> {
        let input = request.input;
        let hold = lock::legal_hold(&self.state, &input.bucket, &input.key, input.version_id.as_deref())?;
        done(GetObjectLegalHoldOutput { legal_hold: Some(hold) })
    }

    async fn get_object_lock_configuration(
        &self,
        request: S3Request<GetObjectLockConfigurationInput>,
    ) -> S3Result<S3Response<GetObjectLockConfigurationOutput>> {
        let configuration = lock::configuration(&self.state, &request.input.bucket)?;
        done(GetObjectLockConfigurationOutput { object_lock_configuration: Some(configuration) })
    }

    async fn put_object_lock_configuration(
        &self,
        request: S3Request<PutObjectLockConfigurationInput>,
    ) -> S3Result<S3Response<PutObjectLockConfigurationOutput>> {
        let input = request.input;
        let default = lock::default_lock(input.object_lock_configuration)?;
        self.state.set_keeping(&input.bucket, Keeping::Locked(default))?;
        done(PutObjectLockConfigurationOutput::default())
    }
}

/// Takes an upload in whole; its size is bounded by memory, as everything here.
async fn read(mut body: Body, stated: Option<i64>) -> S3Result<bytes::Bytes> {
    let bytes = body.store_all_limited(usize::MAX).await.map_err(|_| s3_error!(IncompleteBody))?;
    let whole = stated.is_none_or(|length| i64::try_from(bytes.len()) == Ok(length));
    if whole { Ok(bytes) } else { Err(s3_error!(IncompleteBody)) }
}
