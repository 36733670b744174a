//! A server of HTTP on a free port of 127.0.0.1, with threads of its own.
//!
//! Input: a service, called for each request. Output: its address. Invariant: nothing of the server outlives its
//! [`Loopback`], neither the threads nor a connection.

use std::io;
use std::net::TcpListener;
use std::thread::JoinHandle;

use http::{Request, Response};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::sync::oneshot;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a server did not start.
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
#[derive(Debug)]
pub(super) struct Loopback {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Loopback {
    /// Starts a server whose main thread has this name, with so many more to answer on.
    pub(super) fn start<S, B>(name: &str, workers: usize, service: S) -> Result<Self, ServerError>
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send,
        S::Error: Into<BoxError>,
        B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(workers).enable_all().build()?;
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || runtime.block_on(accept(listener, service, stopped)))?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address, `http://127.0.0.1:PORT`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Loopback {
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
async fn accept<S, B>(listener: TcpListener, service: S, mut stopped: oneshot::Receiver<()>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send,
    S::Error: Into<BoxError>,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
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

/// So many random bytes in hexadecimal: keys that only this run knows.
pub(super) fn random_hex(length: usize) -> Result<String, ServerError> {
    let mut bytes = vec![0; length];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| ServerError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
