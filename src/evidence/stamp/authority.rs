//! Asking an authority for a stamp, over HTTP (RFC 3161, section 3.4).

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorSettings};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use der::asn1::Int;
use http_body_util::BodyExt;
use tokio::runtime::Handle;

use super::authorities::Authorities;
use super::form::Question;
use super::token::{LIMIT, Token};
use crate::event::Tally;
use crate::network::{self, Cancel, Passing, Retry};

/// How long a run waits for its stamp, repetitions included.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often what may pass is tried again within that time.
const RETRY: Retry = Retry::new(2);

/// An authority that stamps records.
#[derive(Debug)]
pub struct Authority {
    url: String,
    vouching: Option<Authorities>,
    connector: Connector,
    runtime: Handle,
    cancel: Cancel,
    patience: Duration,
}

/// Why there is no time stamp. The message holds no secret and ends with the next step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoStamp {
    /// The authority did not answer, or said that it can't just now, also after the repetitions.
    #[error(
        "the authority is away after {attempts} attempt(s) ({detail}); check `evidence.timestamp_url` and the network"
    )]
    Away {
        /// What happened last.
        detail: String,
        /// How often it was tried without success.
        attempts: u32,
    },
    /// The answer did not come to its end in time.
    #[error("the authority gave no whole answer within {} s; check whether it is slow, or name another", patience.as_secs())]
    Late {
        /// How long it was waited for.
        patience: Duration,
    },
    /// The answer is none that may lie beside the record.
    #[error("the authority's answer is not taken: {0}; check `evidence.timestamp_url`, or name another")]
    Unfit(String),
    /// The question could not even be put.
    #[error("the authority could not be asked: {0}; check `evidence.timestamp_url`")]
    Unasked(&'static str),
    /// Somebody asked the run to end.
    #[error("the run was interrupted, so the authority was not waited for; nothing is to be done")]
    Interrupted,
}

impl Passing for NoStamp {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Away { .. })
    }

    fn after(mut self, count: u32) -> Self {
        if let Self::Away { attempts, .. } = &mut self {
            *attempts = count;
        }
        self
    }
}

impl Authority {
    /// Prepares connections to the authority at `url`; nothing is asked of it yet. Where there are `vouching`, a stamp for
    /// which none of them vouches is not taken.
    ///
    /// # Errors
    /// In words, if the system's own authorities for TLS can't be used.
    pub fn new(
        url: String,
        vouching: Option<Authorities>,
        runtime: Handle,
        cancel: Cancel,
    ) -> Result<Self, String> {
        let settings =
            HttpConnectorSettings::builder().connect_timeout(PATIENCE).read_timeout(PATIENCE).build();
        let trust = TlsContext::builder().with_trust_store(TrustStore::empty().with_native_roots(true));
        let connector = Connector::builder()
            .connector_settings(settings)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .proxy_config(network::proxy(&url))
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .tls_context(trust.build().map_err(|error| network::chain(&error))?)
            .build();
        Ok(Self { url, vouching, connector, runtime, cancel, patience: PATIENCE })
    }

    /// The same, waiting so long.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Asks for a stamp of `message` and gives the whole answer, in which there is one.
    ///
    /// # Errors
    /// [`NoStamp`], within the time that is waited.
    pub fn stamp(&self, message: &[u8]) -> Result<Vec<u8>, NoStamp> {
        let nonce = nonce()?;
        let question = Question::new(digest(&SHA256, message).as_ref(), nonce.clone());
        let question = question.and_then(|question| question.bytes()).map_err(unfit)?;
        let tally = Tally::default();
        let asking = RETRY.run(&tally, || self.ask(&question));
        let answer = self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => Err(NoStamp::Interrupted),
                answer = tokio::time::timeout(self.patience, asking) => {
                    answer.unwrap_or(Err(NoStamp::Late { patience: self.patience }))
                }
            }
        })?;
        self.examine(&answer, message, &nonce).map_err(NoStamp::Unfit)?;
        Ok(answer)
    }

    /// Asks once.
    async fn ask(&self, question: &[u8]) -> Result<Vec<u8>, NoStamp> {
        let answer = self.connector.call(self.request(question)?).await;
        let mut response = answer.map_err(|error| away(network::chain(&error)))?;
        match response.status().as_u16() {
            200 => {}
            status @ (429 | 500..) => return Err(away(format!("it says {status}"))),
            status => return Err(unfit(format!("it says {status}"))),
        }
        let mut body = Box::pin(response.take_body());
        let mut whole = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| away(network::chain(error.as_ref())))?;
            let bytes = frame.into_data().unwrap_or_default();
            if bytes.len() > LIMIT - whole.len() {
                return Err(unfit(format!("it is larger than {} KiB", LIMIT >> 10)));
            }
            whole.extend_from_slice(&bytes);
        }
        Ok(whole)
    }

    fn request(&self, question: &[u8]) -> Result<HttpRequest, NoStamp> {
        let mut request = HttpRequest::new(SdkBody::from(question.to_vec()));
        let built = request.set_method("POST").is_ok()
            && request.set_uri(self.url.as_str()).is_ok()
            && request.headers_mut().try_insert("content-type", "application/timestamp-query").is_ok()
            && request.headers_mut().try_insert("accept", "application/timestamp-reply").is_ok();
        if built { Ok(request) } else { Err(NoStamp::Unasked("no request can be made for this address")) }
    }

    fn examine(&self, answer: &[u8], message: &[u8], nonce: &Int) -> Result<(), String> {
        let token = Token::read(answer)?;
        if !token.is_of(message) {
            return Err("it stamps other bytes".to_owned());
        }
        if !token.answers(nonce) {
            return Err("it answers another question".to_owned());
        }
        match &self.vouching {
            Some(authorities) => token.check_by(authorities),
            None => token.check(),
        }
    }
}

/// A number that nobody can foresee, so that no old answer is taken for one to this question.
fn nonce() -> Result<Int, NoStamp> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| NoStamp::Unasked("the system gave no random numbers"))?;
    // Neither negative nor begun by zeros, which DER would leave away.
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Int::new(&bytes).map_err(unfit)
}

fn away(detail: String) -> NoStamp {
    NoStamp::Away { detail, attempts: 1 }
}

fn unfit(why: impl std::fmt::Display) -> NoStamp {
    NoStamp::Unfit(why.to_string())
}
