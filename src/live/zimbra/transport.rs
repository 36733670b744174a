//! One request over HTTP and its answer, in pieces.
//!
//! Input: a request. Output: status, headers and body as they come. Invariant: no redirect is followed, so that a login
//! never leaves the host it is meant for; every wait ends, by its limit or by the run's end; no proxy stands between.

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::{Duration, Instant};

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::runtime::Handle;

use crate::live::{Fault, LiveError, Slot, Terms};
use crate::network;

/// Sends requests, one at a time for each thread that calls it.
#[derive(Debug)]
pub(crate) struct Transport {
    connector: Connector,
    terms: Terms,
    runtime: Handle,
}

/// An answer whose body is still to come.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    transport: &'a Transport,
    response: HttpResponse,
    body: Pin<Box<SdkBody>>,
    /// Time that was waited for the server, our own pauses not counted.
    waited: Duration,
    /// Given back when the answer is done with.
    _slot: Slot,
}

impl Transport {
    /// Prepares connections; nothing is asked of a server yet.
    ///
    /// # Errors
    /// [`Fault::Tls`] if `ca_file` can't be used.
    pub(super) fn new(ca_file: Option<&Path>, terms: Terms, runtime: Handle) -> Result<Self, Fault> {
        let settings = HttpConnectorSettings::builder()
            .connect_timeout(terms.patience.connect)
            .read_timeout(terms.patience.read)
            .build();
        let connector = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .proxy_config(ProxyConfig::disabled())
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(trust(ca_file)?)
            .build();
        Ok(Self { connector, terms, runtime })
    }

    /// Sends `request`, once.
    pub(crate) fn send(&self, request: HttpRequest) -> Result<Answer<'_>, Fault> {
        let Terms { pace, cancel, patience, .. } = &self.terms;
        let slot = pace.connection(cancel)?;
        pace.request(cancel)?;
        let began = Instant::now();
        // Connection and answer have limits of their own, which tell more of what happened. Their clock is the
        // runtime's, so they must begin in it.
        let answer = self.wait(patience.total, async { self.connector.call(request).await })?;
        let mut response = answer.map_err(|error| explain(&error))?;
        let body = Box::pin(response.take_body());
        Ok(Answer { transport: self, response, body, waited: began.elapsed(), _slot: slot })
    }

    /// How one deals with the server.
    pub(crate) fn terms(&self) -> &Terms {
        &self.terms
    }

    /// Repeats what may pass, and gives the last error.
    pub(super) fn repeat<T>(
        &self,
        name: impl Fn(Fault) -> LiveError,
        mut attempt: impl FnMut() -> Result<T, Fault>,
    ) -> Result<T, LiveError> {
        let mut backoff = self.terms.retry.backoff();
        loop {
            let error = match attempt() {
                Ok(value) => return Ok(value),
                Err(fault) => name(fault),
            };
            let pause = backoff.fail(error)?;
            if !self.terms.cancel.pause(pause) {
                return Err(name(Fault::Interrupted));
            }
        }
    }

    /// Waits for `future` until it ends, the limit is reached, or the run is to end.
    fn wait<F: Future>(&self, limit: Duration, future: F) -> Result<F::Output, Fault> {
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.terms.cancel.cancelled() => Err(Fault::Interrupted),
                output = tokio::time::timeout(limit, future) => {
                    output.map_err(|_| Fault::timed_out(format!("{} s passed", limit.as_secs())))
                }
            }
        })
    }
}

impl Answer<'_> {
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// A header's value, where it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().try_get(name)?.ok()
    }

    /// The next bytes of the body, never none, or nothing behind the last.
    pub(super) fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        loop {
            let Terms { patience, pace, cancel, .. } = &self.transport.terms;
            let left = patience.total.checked_sub(self.waited);
            let left = left.ok_or_else(|| Fault::timed_out("the answer takes too long as a whole"))?;
            let began = Instant::now();
            let frame = self.transport.wait(left.min(patience.read), self.body.frame());
            self.waited += began.elapsed();
            let frame = match frame? {
                None => return Ok(None),
                Some(frame) => frame.map_err(|error| Fault::unavailable(network::chain(error.as_ref())))?,
            };
            let Some(bytes) = frame.into_data().ok().filter(|bytes| !bytes.is_empty()) else { continue };
            pace.received(bytes.len(), cancel)?;
            return Ok(Some(bytes));
        }
    }

    /// The whole body, if it is not longer than `limit` bytes.
    pub(crate) fn collect(mut self, limit: usize) -> Result<Vec<u8>, Fault> {
        let mut whole = Vec::new();
        while let Some(bytes) = self.next()? {
            if bytes.len() > limit.saturating_sub(whole.len()) {
                return Err(Fault::protocol(format!("more than {limit} bytes")));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }
}

/// The system's authorities, and those in `file` (PEM) beside them.
fn trust(file: Option<&Path>) -> Result<TlsContext, Fault> {
    let mut trust = TrustStore::empty().with_native_roots(true);
    if let Some(file) = file {
        let unusable = |detail| Fault::Tls { detail: format!("ca_file {}: {detail}", file.display()) };
        trust = trust.with_pem_certificate(network::certificates(file).map_err(unusable)?);
    }
    TlsContext::builder()
        .with_trust_store(trust)
        .build()
        .map_err(|error| Fault::Tls { detail: network::chain(&error) })
}

/// What it means that no answer came.
fn explain(error: &ConnectorError) -> Fault {
    if let Some(tls) = network::find::<rustls::Error>(error) {
        return Fault::Tls { detail: tls.to_string() };
    }
    let detail = network::chain(error);
    if error.is_timeout() {
        // The connector's own limits: that of the connection, and that of the answer.
        return Fault::timed_out(detail);
    }
    if error.is_user() {
        return Fault::protocol(detail);
    }
    let unconnected =
        network::find::<hyper_util::client::legacy::Error>(error).is_some_and(|error| error.is_connect());
    if unconnected { Fault::unreachable(detail) } else { Fault::unavailable(detail) }
}
