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

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use s3s::auth::{S3Auth, SecretKey};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{S3Result, s3_error};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

pub use bucket::{DefaultLock, Keeping, Retention, Upload};
pub use fault::{Fault, Operation, Seen, Times};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The loopback address, the runtime or the thread could not be had.
    #[error(
        "the demonstration's server can't start: {0}; check the limits on processes and open files (ulimit -a)"
    )]
    Start(#[from] io::Error),
    /// The system gave no random bytes.
    #[error("the system gives no random bytes; check that /dev/urandom is there")]
    Random,
}

/// A running server; it stops, and its connections close, when this is dropped.
///
/// It runs on threads of its own, so it can be used with and without an asynchronous runtime.
#[derive(Debug)]
pub struct Server {
    endpoint: String,
    access_key: String,
    secret_key: String,
    state: Arc<api::State>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
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
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let service = service(&state, &access_key, &secret_key);
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let thread = std::thread::Builder::new()
            .name("demo-s3".to_owned())
            .spawn(move || runtime.block_on(accept(listener, service, stopped)))?;
        Ok(Self { endpoint, access_key, secret_key, state, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address, `http://127.0.0.1:PORT`; buckets stand in the path.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
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

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The receiver is gone only if the thread has already ended.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // A panic of the server was already printed by its thread.
            let _ = thread.join();
        }
    }
}

/// Takes connections until told to stop; the runtime then ends and drops all that still run.
async fn accept(listener: std::net::TcpListener, service: S3Service, mut stopped: oneshot::Receiver<()>) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => {
                // A connection that broke before it was taken concerns only its client.
                let Ok((stream, _)) = accepted else { continue };
                // Without this, small answers wait for the client's delayed acknowledgement.
                let _ = stream.set_nodelay(true);
                let service = service.clone();
                tokio::spawn(async move {
                    let connection = auto::Builder::new(TokioExecutor::new());
                    // The error of a connection is the client's leaving or an injected fault.
                    let _ = connection.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        }
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

pub(super) fn random_hex(length: usize) -> Result<String, ServerError> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ServerError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
