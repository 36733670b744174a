//! An object store in memory behind the S3 protocol, on a free port of 127.0.0.1.
//!
//! Input: buckets and objects, put in process or by HTTP. Output: what an S3 client sees, with the
//! faults a test asks for. Invariant: requests without a valid signature (`SigV4`) of the server's own
//! random keys are refused, and nothing of the server outlives its [`Server`].

mod answer;
mod api;
mod body;
mod bucket;
mod fault;
mod list;
mod lock;

use std::sync::Arc;

use bytes::Bytes;
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};

pub use super::loopback::ServerError;
use super::loopback::{Loopback, random_hex};
pub use bucket::{DefaultLock, Keeping, Retention, Upload};
pub use fault::{Fault, Operation, Seen, Times};

/// A running server; it stops, and its connections close, when this is dropped.
///
/// It runs on threads of its own, so it can be used with and without an asynchronous runtime.
#[derive(Debug)]
pub struct Server {
    access_key: String,
    secret_key: String,
    state: Arc<api::State>,
    loopback: Loopback,
}

impl Server {
    /// Starts a server without buckets.
    ///
    /// # Errors
    /// [`ServerError`] if loopback, threads or randomness are not to be had.
    pub fn start() -> Result<Self, ServerError> {
        let access_key = random_hex(8)?;
        let secret_key = random_hex(20)?;
        let state = Arc::new(api::State::default());
        let loopback = Loopback::start("demo-s3", 2, service(&state, &access_key, &secret_key))?;
        Ok(Self { access_key, secret_key, state, loopback })
    }

    /// The base address, `http://127.0.0.1:PORT`; buckets stand in the path.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.loopback.address()
    }

    /// The only access key the server knows.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The secret that belongs to [`Server::access_key`].
    #[must_use]
    pub fn secret_key(&self) -> &str {
        &self.secret_key
    }

    /// Makes a bucket, or changes how an existing one keeps its objects.
    pub fn create_bucket(&self, bucket: &str, keeping: Keeping) {
        self.state.buckets().create(bucket, keeping);
    }

    /// Puts an object without HTTP; a missing bucket is made. Gives its `ETag`, without quotes.
    pub fn put(&self, bucket: &str, key: &str, bytes: impl Into<Bytes>) -> String {
        self.upload(bucket, key, Upload::new(bytes))
    }

    /// Puts an object with a chosen time or lock; a missing bucket is made. Gives its `ETag`.
    pub fn upload(&self, bucket: &str, key: &str, upload: Upload) -> String {
        self.state.buckets().bucket_or_new(bucket).put(key, upload).etag
    }

    /// Removes an object as a delete request would: with versions kept, a delete marker hides it.
    pub fn delete(&self, bucket: &str, key: &str) {
        self.state.buckets().bucket_or_new(bucket).hide(key);
    }

    /// Makes answers about `key`, in whichever bucket, go wrong; see [`Fault`].
    ///
    /// Of several faults for a key the first that concerns a request is taken. Listings have the key `""`.
    pub fn inject(&self, key: &str, fault: Fault, times: Times) {
        self.state.faults().add(key, fault, times);
    }

    /// Takes back all faults, and forgets the requests seen so far.
    pub fn clear(&self) {
        self.state.faults().clear();
    }

    /// The requests that reached the objects so far, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state.faults().seen().to_vec()
    }
}

fn service(state: &Arc<api::State>, access_key: &str, secret_key: &str) -> S3Service {
    let mut builder = S3ServiceBuilder::new(api::Api::new(Arc::clone(state)));
    builder.set_auth(OneKey { access_key: access_key.to_owned(), secret_key: SecretKey::from(secret_key) });
    builder.build()
}

struct OneKey {
    access_key: String,
    secret_key: SecretKey,
}

#[async_trait::async_trait]
impl S3Auth for OneKey {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == self.access_key {
            Ok(self.secret_key.clone())
        } else {
            Err(s3_error!(InvalidAccessKeyId))
        }
    }
}
