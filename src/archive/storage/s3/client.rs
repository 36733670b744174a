//! The SDK's client with every setting stated, because defaults differ between its versions.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::ProfileFileRegionProvider;
use aws_config::{AppName, BehaviorVersion, Region};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    Builder, RequestChecksumCalculation, ResponseChecksumValidation, StalledStreamProtectionConfig,
};
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

use super::bounded::Bounded;
use super::{credentials, trust};
use crate::archive::storage::StorageError;
use crate::{network, policy};

/// Signed into every call; stores that are not Amazon's accept any.
const ANY_REGION: &str = "us-east-1";

/// One set of connections, two ways to use them.
pub struct Clients {
    /// For whole objects and everything else: the store's checksum is validated.
    pub whole: Client,
    /// For parts of objects: it is not.
    pub part: Client,
}

/// Prepares the clients; nothing is asked of the store yet.
pub async fn connect(config: &policy::Store, folder: Option<&Path>) -> Result<Clients, StorageError> {
    let http = SharedHttpClient::new(Http::new(config)?);
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http.clone())
        .region(region(config))
        .credentials_provider(credentials::provider(config, folder, &http).await?)
        .timeout_config(timeouts(&config.network))
        // Calls and bodies are repeated by the one mechanism of this module's parent.
        .retry_config(RetryConfig::disabled())
        .stalled_stream_protection(silence(config.network.read_timeout.0))
        // Many stores that are not Amazon's refuse the checksums the SDK would add by itself.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenSupported);
    if let Ok(name) = AppName::new("mailproof") {
        loader = loader.app_name(name);
    }
    if let Some(endpoint) = &config.endpoint {
        loader = loader.endpoint_url(checked(endpoint)?);
    }
    if let Some(profile) = &config.profile {
        loader = loader.profile_name(profile);
    }
    let settings = loader.load().await;
    // A store with an address of its own seldom answers at bucket.address as well.
    let path_style = config.path_style.unwrap_or_else(|| settings.endpoint_url().is_some());
    let builder = Builder::from(&settings).force_path_style(path_style);
    let part = builder.clone().response_checksum_validation(ResponseChecksumValidation::WhenRequired);
    Ok(Clients { whole: Client::from_conf(builder.build()), part: Client::from_conf(part.build()) })
}

/// The policy's region, else that of the AWS environment or profile. The metadata service is not asked:
/// a store names the right region itself when it is addressed in a wrong one.
fn region(config: &policy::Store) -> RegionProviderChain {
    let mut profile = ProfileFileRegionProvider::builder();
    if let Some(name) = &config.profile {
        profile = profile.profile_name(name);
    }
    RegionProviderChain::first_try(config.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build())
        .or_else(ANY_REGION)
}

/// How long a call may take whose answer is not an object's bytes; a listing's page takes seconds.
const LONGEST_CALL: Duration = Duration::from_secs(600);

/// An object may be read as long as its bytes flow; a connection, a silence and every other call may not take as long as a
/// store likes.
fn timeouts(network: &policy::Network) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(network.connect_timeout.0)
        .read_timeout(network.read_timeout.0)
        .disable_operation_timeout()
        .operation_attempt_timeout(LONGEST_CALL)
        .build()
}

/// The read timeout ends with an answer's headers; this watches its body. A reader that is slow
/// itself is not taken for a silent store.
fn silence(longest: Duration) -> StalledStreamProtectionConfig {
    StalledStreamProtectionConfig::enabled().upload_enabled(false).grace_period(longest).build()
}

fn checked(endpoint: &str) -> Result<&str, StorageError> {
    let host = endpoint.strip_prefix("https://").or_else(|| endpoint.strip_prefix("http://"));
    let fits = |host: &str| {
        !host.is_empty() && !host.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    };
    // What was written may hold a password, so the message never repeats it.
    let refused = |problem, step| Err(StorageError::configuration("endpoint", problem, step));
    if endpoint_authority(endpoint).contains('@') {
        let step = "remove everything up to the @ and name a `credentials_file` or `profile`";
        return refused("it holds a user name or password", step);
    }
    if host.is_some_and(fits) {
        return Ok(endpoint);
    }
    refused("it is no address of a store", "write it like https://s3.example.org")
}

/// The part of an address that names the host (RFC 3986, section 3.2); a backslash ends it too, as in browsers.
fn endpoint_authority(endpoint: &str) -> &str {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    rest.split(['/', '?', '#', '\\']).next().unwrap_or_default()
}

/// Connections with our trust, our crypto, bounded answers and the usual proxy variables. Connectors are kept for each
/// pair of timeouts, as those of credentials differ from those of objects.
#[derive(Debug)]
struct Http {
    trust: TlsContext,
    proxy: ProxyConfig,
    connectors: Mutex<HashMap<Timeouts, SharedHttpConnector>>,
}

type Timeouts = (Option<Duration>, Option<Duration>);

impl Http {
    fn new(config: &policy::Store) -> Result<Self, StorageError> {
        let proxy = config.endpoint.as_deref().map_or_else(ProxyConfig::from_env, network::proxy);
        Ok(Self { trust: trust::context(config.ca_file.as_deref())?, proxy, connectors: Mutex::default() })
    }
}

impl HttpClient for Http {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let make = || {
            let mut builder = Connector::builder()
                .connector_settings(settings.clone())
                .proxy_config(self.proxy.clone())
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(self.trust.clone());
            builder.set_sleep_impl(components.sleep_impl());
            SharedHttpConnector::new(Bounded(SharedHttpConnector::new(builder.build())))
        };
        connectors.entry(timeouts).or_insert_with(make).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_an_address_with_a_scheme() {
        for endpoint in ["https://s3.example.org", "http://127.0.0.1:9000", "https://[::1]:1/x"] {
            assert!(checked(endpoint).is_ok(), "{endpoint}");
        }
        for endpoint in ["", "s3.example.org", "https://", "ftp://x", "https://a b"] {
            assert!(checked(endpoint).is_err(), "{endpoint}");
        }
    }

    #[test]
    fn an_endpoint_holds_no_password_and_is_never_repeated() {
        for endpoint in ["https://me:hunter2@s3.example.org", "https://hunter2@[::1]/x", "me:hunter2 @x"] {
            let message = checked(endpoint).unwrap_err().to_string();
            assert!(!message.contains("hunter2") && message.contains("@"), "{message}");
        }
        assert!(checked("https://s3.example.org/a@b").is_ok());
    }
}
