use aws_smithy_http_client::proxy::ProxyConfig;

/// The proxy between us and an address, as the usual variables say; to this machine there is none.
pub(crate) fn proxy(address: &str) -> ProxyConfig {
    if is_local(address) { ProxyConfig::disabled() } else { ProxyConfig::from_env() }
}

/// Whether the address is this machine, where no proxy is ever meant.
fn is_local(address: &str) -> bool {
    let host = address.split_once("://").map_or(address, |(_, host)| host);
    ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_proxy_stands_between_this_machine_and_itself() {
        for endpoint in ["http://localhost:1", "https://127.0.0.1", "http://[::1]:9000"] {
            assert!(is_local(endpoint), "{endpoint}");
        }
        assert!(!is_local("https://s3.example.org"));
    }
}
