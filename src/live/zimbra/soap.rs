//! Calls of SOAP in their JSON form (`SoapJSProtocol.java`).
//!
//! Input: a call and a login. Output: its answer, or the fault the server names. Invariant: only what a call's answer is
//! declared to hold is kept of it, so that memory is bounded by the answer's size, and that has a limit.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::address::Address;
use super::envelope::{self, SoapFault};
use super::transport::Transport;
use crate::legible::line;
use crate::live::Fault;

/// Bytes of any answer.
pub(super) const LARGEST: usize = 64 << 20;

/// Which of a server's services is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    User,
    Admin,
}

/// A call: its name without `Request`, its namespace, what stands in it, and how large its answer may be.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    /// A JSON object.
    pub(crate) content: Value,
    /// Bytes.
    pub(crate) largest: usize,
}

impl Service {
    fn path(self) -> &'static str {
        match self {
            Self::User => "/service/soap/",
            Self::Admin => "/service/admin/soap/",
        }
    }
}

/// Makes a call; the outer error is that no answer could be had.
pub(super) fn call<R: DeserializeOwned>(
    transport: &Transport,
    address: &Address,
    service: Service,
    token: Option<&SecretString>,
    call: &Call,
) -> Result<Result<R, SoapFault>, Fault> {
    let uri = address.at(service.path());
    let mut request = HttpRequest::new(SdkBody::from(written(call, token)));
    let built = request.set_method("POST").is_ok()
        && request.set_uri(uri).is_ok()
        && request.headers_mut().try_insert("content-type", "application/json; charset=utf-8").is_ok();
    if !built {
        return Err(Fault::protocol("no request can be made for this address"));
    }
    let answer = transport.send(request)?;
    let (status, location) = (answer.status(), answer.header("location").map(line));
    let bytes = match status {
        200 | 500 => answer.collect(call.largest.min(LARGEST))?,
        _ => return Err(refused(status, location.as_deref())),
    };
    let read = envelope::read(call.name, &bytes);
    // A fault comes with 500; another 500 is a page for people.
    if status == 500 && !matches!(read, Ok(Err(_))) {
        return Err(Fault::unavailable("HTTP 500 without a reason"));
    }
    read.map_err(|error| Fault::protocol(format!("no {}Response: {error}", call.name)))
}

/// What an HTTP status means that comes without an answer.
pub(crate) fn refused(status: u16, location: Option<&str>) -> Fault {
    let detail = format!("HTTP {status}");
    match status {
        301..=303 | 307 | 308 => Fault::protocol(format!(
            "{detail}: it names {} instead, and a login is not taken to another address",
            location.unwrap_or("another address")
        )),
        401 => Fault::Expired,
        403 => Fault::NoRights { detail },
        404 | 405 => Fault::protocol(format!("{detail}: no service of Zimbra answers there")),
        408 | 425 | 429 | 500..=599 => Fault::unavailable(detail),
        _ => Fault::Denied { detail },
    }
}

fn written(call: &Call, token: Option<&SecretString>) -> Vec<u8> {
    let mut context = json!({
        "_jsns": "urn:zimbra",
        "format": {"type": "js"},
        "userAgent": {"name": "mailproof", "version": env!("CARGO_PKG_VERSION")},
    });
    if let Some(token) = token {
        context["authToken"] = json!({"_content": token.expose_secret()});
    }
    let mut content = call.content.clone();
    content["_jsns"] = json!(call.namespace);
    let mut body = json!({});
    body[format!("{}Request", call.name)] = content;
    json!({"Header": {"context": context}, "Body": body}).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_without_an_answer_are_told_apart() {
        assert_eq!(refused(401, None), Fault::Expired);
        assert!(matches!(refused(403, None), Fault::NoRights { .. }));
        assert!(matches!(refused(404, None), Fault::Protocol { .. }));
        assert!(matches!(refused(503, None), Fault::Unavailable { .. }));
        assert!(matches!(refused(418, None), Fault::Denied { .. }));
        let Fault::Protocol { detail } = refused(302, Some("https://sso.example.org/")) else { panic!() };
        assert!(detail.contains("https://sso.example.org/"), "{detail}");
    }

    #[test]
    fn the_token_stands_in_the_header_only() {
        let call = Call { name: "GetX", namespace: "urn:x", content: json!({"a": 1}), largest: 1 };
        let written: Value = serde_json::from_slice(&written(&call, Some(&SecretString::from("t")))).unwrap();
        assert_eq!(written["Header"]["context"]["authToken"]["_content"], "t");
        assert_eq!(written["Body"], json!({"GetXRequest": {"a": 1, "_jsns": "urn:x"}}));
    }
}
