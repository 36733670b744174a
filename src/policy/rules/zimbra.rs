//! Rules for a mail server that is Zimbra, spoken to by SOAP and REST.

use std::net::IpAddr;

use super::Violation;
use super::live::{demand_login, judge_host};
use crate::policy::Live;

/// Judges both addresses, and what a login needs.
pub(super) fn judge(live: &Live, found: &mut Vec<Violation>) {
    judge_address("live.url", &live.url, "https://mail.example.org/", live.plain_text, found);
    if let Some(address) = &live.admin_url {
        judge_address("live.admin_url", address, "https://mail.example.org:7071/", live.plain_text, found);
    }
    demand_login(live, "Zimbra", found);
    let plain = [Some(&live.url), live.admin_url.as_ref()].into_iter().flatten();
    if live.plain_text && plain.into_iter().all(|address| address.starts_with("https:")) {
        let hint = "take `plain_text` away, or write http://";
        found.push(Violation::new("live.plain_text", "https:// is always encrypted", hint));
    }
}

/// Judges an address of Zimbra, the value of `key`.
pub(super) fn judge_address(
    key: &str,
    address: &str,
    example: &str,
    plain_text: bool,
    found: &mut Vec<Violation>,
) {
    let before = found.len();
    match address.split_once("://") {
        Some(("https" | "http", rest)) => judge_host(key, rest, example, found),
        _ => found.push(Violation::new(key, "this is no address of Zimbra", format!("write {example}"))),
    }
    if found.len() == before {
        judge_clear(key, address, plain_text, found);
    }
}

/// Refuses http:// to another machine, unless that is asked for.
pub(super) fn judge_clear(key: &str, address: &str, plain_text: bool, found: &mut Vec<Violation>) {
    if !plain_text && address.starts_with("http:") && !is_loopback(address) {
        let message = "password and mail would go in the clear to another machine";
        let hint = "write https://, or set plain_text = true where the cable is your own";
        found.push(Violation::new(key, message, hint));
    }
}

/// Whether the address leads to this machine itself.
fn is_loopback(address: &str) -> bool {
    let authority = address.split_once("://").map_or("", |(_, rest)| rest.trim_end_matches('/'));
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => authority.split(':').next(),
    };
    host.is_some_and(|host| {
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zimbra(url: &str) -> Live {
        let (user, password_file) = (Some("admin".into()), Some("p".into()));
        Live { url: url.into(), user, password_file, ..Live::default() }
    }

    fn keys(live: &Live) -> Vec<String> {
        let mut found = Vec::new();
        judge(live, &mut found);
        found.into_iter().map(|violation| violation.key).collect()
    }

    #[test]
    fn addresses_are_encrypted_unless_they_lead_here() {
        let local = ["http://127.0.0.1:8080", "http://[::1]:80/", "http://localhost"];
        for url in ["https://mail.example.org/", "https://[2001:db8::1]:8443"].into_iter().chain(local) {
            assert_eq!(keys(&zimbra(url)), [""; 0], "{url}");
        }
        for url in [
            "https://",
            "https://u:p@h",
            "https://h/zimbra",
            "https://h:0",
            "https://h?x",
            "http://h",
            "http://[::2]",
        ] {
            assert_eq!(keys(&zimbra(url)), ["live.url"], "{url}");
        }
        assert_eq!(keys(&Live { plain_text: true, ..zimbra("http://h") }), [""; 0]);
        assert_eq!(keys(&Live { plain_text: true, ..zimbra("https://h") }), ["live.plain_text"]);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let admin_url = Some("imap://h".to_owned());
        let live = Live { admin_url, user: None, password_file: None, ..zimbra("http://h") };
        assert_eq!(keys(&live), ["live.url", "live.admin_url", "live.url", "live.url"]);
        let admin_url = Some("http://h:7070".to_owned());
        assert_eq!(keys(&Live { admin_url, ..zimbra("https://h") }), ["live.admin_url"]);
    }
}
