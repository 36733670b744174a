use std::net::IpAddr;

use crate::live::{Fault, LiveError};

/// Where a service of Zimbra answers: scheme, host and port, and nothing behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// Reads an address like `https://mail.example.org:7071`.
    ///
    /// # Errors
    /// [`Fault::Protocol`] if it is none; [`Fault::PlainText`] if it is not encrypted, leads away from this machine,
    /// and `plain_text` does not allow that.
    pub(super) fn parse(text: &str, plain_text: bool) -> Result<Self, LiveError> {
        // What was written may hold a password, so no message repeats it.
        let wrong =
            |detail: &str| Err(Fault::Address { detail: detail.to_owned() }.of("server", "its address"));
        let text = text.strip_suffix('/').unwrap_or(text);
        let (scheme, authority) = text.split_once("://").unwrap_or_default();
        if authority.contains('@') {
            return wrong("it holds a user name or password");
        }
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte);
        if authority.is_empty() || !authority.bytes().all(legal) {
            return wrong("it is not like https://mail.example.org or https://mail.example.org:7071");
        }
        let local = is_loopback(host_of(authority));
        match scheme {
            "https" => {}
            "http" if local || plain_text => {}
            "http" => {
                return Err(
                    Fault::PlainText { detail: "the address is http".to_owned() }.of(text, "connection")
                );
            }
            _ => return wrong("it begins with neither https:// nor http://"),
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a path on it; the path begins with a slash.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }
}

/// The host of an authority (RFC 3986, section 3.2), an IPv6 address without its brackets.
fn host_of(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// Where administrators log in to the server of `users`, if nothing else is said: port 7071 of the same host.
#[must_use]
pub fn administrators(users: &str) -> String {
    let (scheme, rest) = users.split_once("://").unwrap_or(("https", users));
    let authority = rest.trim_end_matches('/');
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => authority,
    };
    format!("{scheme}://{host}:7071")
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Text as it may stand in a path or a query: all but letters, digits and `-._~` encoded (RFC 3986, section 2.1).
pub(crate) fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_have_a_port_of_their_own() {
        for (users, expected) in [
            ("https://mail.example.org/", "https://mail.example.org:7071"),
            ("https://mail.example.org:8443", "https://mail.example.org:7071"),
            ("http://[::1]:80/", "http://[::1]:7071"),
            ("https://[::1]", "https://[::1]:7071"),
        ] {
            assert_eq!(administrators(users), expected);
        }
    }

    #[test]
    fn an_address_is_scheme_host_and_port() {
        for text in [
            "https://mail.example.org",
            "https://[::1]:7071/",
            "http://127.0.0.1:80",
            "http://[::1]",
            "http://localhost:1",
        ] {
            let address = Address::parse(text, false).unwrap();
            assert_eq!(address.at("/home"), format!("{}/home", text.trim_end_matches('/')));
        }
        let wrong = [
            "",
            "mail.example.org",
            "https://",
            "ftp://h",
            "https://h/path",
            "https://h?q",
            "https://a b",
            "https://h\r\nX: y",
        ];
        for text in wrong {
            let error = Address::parse(text, true).unwrap_err();
            assert!(matches!(error.fault, Fault::Address { .. }), "{text}: {error}");
        }
    }

    #[test]
    fn plain_text_goes_to_this_machine_or_where_it_is_allowed() {
        for text in ["http://mail.example.org", "http://127.0.0.1.example.org", "http://10.0.0.1:80"] {
            let error = Address::parse(text, false).unwrap_err();
            assert!(matches!(error.fault, Fault::PlainText { .. }), "{text}: {error}");
            assert!(Address::parse(text, true).is_ok());
        }
    }

    #[test]
    fn a_password_in_an_address_is_never_repeated() {
        for text in ["https://me:hunter2@mail.example.org", "http://hunter2@h/x", "hunter2@h"] {
            let error = Address::parse(text, true).unwrap_err().to_string();
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn names_can_t_leave_their_place_in_a_path() {
        assert_eq!(percent_encoded("a.b-c_d~9"), "a.b-c_d~9");
        assert_eq!(percent_encoded("jörg+x/../?&#@h"), "j%C3%B6rg%2Bx%2F..%2F%3F%26%23%40h");
    }
}
