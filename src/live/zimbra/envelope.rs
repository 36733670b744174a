//! SOAP's envelope in its JSON form, read member by member.
//!
//! Input: an answer's bytes and the name of the call. Output: what the call's answer is declared to hold, or the fault
//! that the server names. Invariant: everything else is passed over and not kept.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::json::Listed;
use crate::legible::line;
use crate::live::Fault;

/// What the server says instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoapFault {
    /// As `mail.NO_SUCH_MSG`.
    pub(crate) code: String,
    text: String,
    host: Option<String>,
}

impl SoapFault {
    /// What the fault means, where the call itself knows no better.
    pub(super) fn meaning(self) -> Fault {
        let detail = line(&format!("{}: {}", self.code, self.text));
        match self.code.as_str() {
            "service.AUTH_EXPIRED" | "service.AUTH_REQUIRED" => Fault::Expired,
            "account.AUTH_FAILED"
            | "account.CHANGE_PASSWORD"
            | "account.TWO_FACTOR_AUTH_FAILED"
            | "account.TWO_FACTOR_SETUP_REQUIRED" => Fault::Refused { detail },
            "service.PERM_DENIED" => Fault::NoRights { detail },
            "account.NO_SUCH_ACCOUNT" | "mail.NO_SUCH_MBOX" => Fault::NoSuchAccount,
            "mail.MAINTENANCE" | "account.MAINTENANCE_MODE" => Fault::Maintenance,
            "service.WRONG_HOST" => Fault::WrongHost { host: self.host.as_deref().map(line) },
            "service.TEMPORARILY_UNAVAILABLE"
            | "service.RESOURCE_UNREACHABLE"
            | "service.PROXY_ERROR"
            | "service.INTERRUPTED"
            | "mail.TRY_AGAIN" => Fault::unavailable(detail),
            _ => Fault::Denied { detail },
        }
    }
}

/// Reads an envelope: the answer to the call `name`, or a fault.
pub(super) fn read<R: DeserializeOwned>(
    name: &str,
    bytes: &[u8],
) -> Result<Result<R, SoapFault>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let body = Part { name: "Body", inner: Body { answer: &format!("{name}Response"), result: PhantomData } };
    let result = body.deserialize(&mut reader)?;
    reader.end()?;
    Ok(result)
}

/// One member of an object; the others are passed over.
struct Part<'n, S> {
    name: &'n str,
    inner: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Part<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Part<'_, S> {
    type Value = S::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.name)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<S::Value, A::Error> {
        let (mut inner, mut found) = (Some(self.inner), None);
        while let Some(key) = map.next_key::<String>()? {
            match inner.take_if(|_| key == self.name) {
                Some(seed) => found = Some(map.next_value_seed(seed)?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        found.ok_or_else(|| serde::de::Error::custom(format!("there is no {}", self.name)))
    }
}

/// The content of SOAP's body.
struct Body<'n, R> {
    answer: &'n str,
    result: PhantomData<R>,
}

impl<'de, R: DeserializeOwned> DeserializeSeed<'de> for Body<'_, R> {
    type Value = Result<R, SoapFault>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, R: DeserializeOwned> Visitor<'de> for Body<'_, R> {
    type Value = Result<R, SoapFault>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an object with {}", self.answer)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == "Fault" {
                found = Some(Err(map.next_value::<WireFault>()?.into()));
            } else if key == self.answer && found.is_none() {
                found = Some(Ok(map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        found.ok_or_else(|| serde::de::Error::custom(format!("there is no {}", self.answer)))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireFault {
    #[serde(default)]
    reason: Reason,
    detail: Detail,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Reason {
    #[serde(default)]
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Detail {
    error: WireError,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(rename = "Code")]
    code: String,
    #[serde(default = "Listed::none", rename = "a")]
    arguments: Listed<Argument, 64>,
}

#[derive(Deserialize)]
struct Argument {
    #[serde(default, rename = "n")]
    name: String,
    #[serde(default, rename = "_content")]
    value: Option<Value>,
}

impl From<WireFault> for SoapFault {
    fn from(wire: WireFault) -> Self {
        let WireError { code, arguments } = wire.detail.error;
        let text = wire.reason.text;
        let stated = arguments.0.into_iter().find(|argument| argument.name == "host");
        let stated = stated.and_then(|argument| argument.value?.as_str().map(str::to_owned));
        // Older servers name the host in the text alone: (you want 'mail2.example.org').
        let quoted = || Some(text.split_once("you want '")?.1.split_once('\'')?.0.to_owned());
        let host = stated.or_else(quoted);
        Self { code, text, host }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Reply {
        n: u32,
    }

    fn read_text(text: &str) -> Result<Result<Reply, SoapFault>, String> {
        read("GetX", text.as_bytes()).map_err(|error| error.to_string())
    }

    fn fault(code: &str, more: &str) -> SoapFault {
        let text = format!(
            r#"{{"Body":{{"Fault":{{"Code":{{"Value":"soap:Sender"}},"Reason":{{"Text":"why\u001b[1m"}},
            "Detail":{{"Error":{{"Code":"{code}","Trace":"x","_jsns":"urn:zimbra"{more}}}}}}}}},"_jsns":"urn:zimbraSoap"}}"#
        );
        read_text(&text).unwrap().unwrap_err()
    }

    #[test]
    fn the_answer_is_found_among_what_else_there_is() {
        let text = r#"{"Header":{"context":{"session":[1,{"a":2}]}},"Body":{"GetXResponse":{"n":7,"more":[[]],"_jsns":"u"}},"_jsns":"s"}"#;
        assert_eq!(read_text(text), Ok(Ok(Reply { n: 7 })));
    }

    #[test]
    fn nonsense_is_an_error_and_no_panic() {
        let deep = format!("{{\"Body\":{}", "[".repeat(100_000));
        let nested = format!("{{\"Header\":{}1{},\"Body\":{{}}}}", "{\"a\":".repeat(5000), "}".repeat(5000));
        for text in [
            "",
            "null",
            "[]",
            "7",
            "\"Body\"",
            "{}",
            "{\"Body\":7}",
            "{\"Body\":{}}",
            "{\"Body\":{\"GetXResponse\":[]}}",
            "{\"Body\":{\"GetXResponse\":{\"n\":-1}}}",
            "{\"Body\":{\"GetXResponse\":{\"n\":1e99}}}",
            "{\"Body\":{\"GetXResponse\":{\"n\":99999999999999999999}}}",
            "{\"Body\":{\"GetXResponse\":{}}}",
            "{\"Body\":{\"GetXResponse\":{\"n\":1}}} x",
            "{\"Body\":{\"Fault\":{}}}",
            "{\"Body\":{\"Fault\":7}}",
            "{\"Body\":{\"GetYResponse\":{\"n\":1}}}",
            "<html>",
            &deep,
            &nested,
        ] {
            assert!(read_text(text).is_err(), "{}", &text[..text.len().min(60)]);
        }
        assert!(read::<Reply>("GetX", b"{\"Body\":{\"GetXResponse\":{\"n\":\xff}}}").is_err());
    }

    #[test]
    fn a_fault_is_never_an_answer() {
        let both =
            r#"{"Body":{"GetXResponse":{"n":7},"Fault":{"Detail":{"Error":{"Code":"service.FAILURE"}}}}}"#;
        assert_eq!(read_text(both).unwrap().unwrap_err().code, "service.FAILURE");
    }

    #[test]
    fn each_fault_means_what_it_says() {
        let meaning = |code| fault(code, "").meaning();
        for code in ["service.AUTH_EXPIRED", "service.AUTH_REQUIRED"] {
            assert_eq!(meaning(code), Fault::Expired);
        }
        assert!(matches!(meaning("account.AUTH_FAILED"), Fault::Refused { .. }));
        assert!(matches!(meaning("service.PERM_DENIED"), Fault::NoRights { .. }));
        assert_eq!(meaning("account.NO_SUCH_ACCOUNT"), Fault::NoSuchAccount);
        assert_eq!(meaning("mail.NO_SUCH_MBOX"), Fault::NoSuchAccount);
        assert_eq!(meaning("mail.MAINTENANCE"), Fault::Maintenance);
        assert!(matches!(meaning("service.TEMPORARILY_UNAVAILABLE"), Fault::Unavailable { .. }));
        assert_eq!(
            meaning("service.UNKNOWN_DOCUMENT"),
            Fault::Denied { detail: "service.UNKNOWN_DOCUMENT: why [1m".into() }
        );
    }

    #[test]
    fn a_referral_names_the_host() {
        let stated =
            fault("service.WRONG_HOST", r#","a":[{"n":"host","t":"STR","_content":"mail2.example.org"}]"#);
        assert_eq!(stated.meaning(), Fault::WrongHost { host: Some("mail2.example.org".into()) });
        let text = r#"{"Body":{"Fault":{"Reason":{"Text":"wrong host (you want 'mail3.example.org')"},
            "Detail":{"Error":{"Code":"service.WRONG_HOST","a":{"n":7}}}}}}"#;
        assert!(read_text(text).is_err(), "an argument without a name is nonsense");
        let quoted = text.replace(",\"a\":{\"n\":7}", "");
        let host = read_text(&quoted).unwrap().unwrap_err().meaning();
        assert_eq!(host, Fault::WrongHost { host: Some("mail3.example.org".into()) });
        assert_eq!(fault("service.WRONG_HOST", "").meaning(), Fault::WrongHost { host: None });
    }
}
