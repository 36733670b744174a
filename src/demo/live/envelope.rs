//! A request out of what a client sent, and an answer in the form it asks for (`SoapProtocol.java`, `SoapEngine.java`).

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Value, json};

use super::admin::Answer;
use super::element::Element;

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
}

/// One call.
#[derive(Debug, PartialEq)]
pub(super) struct Request {
    /// What is asked, for example `GetFolderRequest`.
    pub(super) call: Element,
    pub(super) token: Option<String>,
    pub(super) form: Form,
}

/// Elements deeper than this are nobody's request.
const DEEPEST: usize = 32;

impl Request {
    /// Reads a request; `None` if it is none.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        let envelope = if json {
            of_json("Envelope", &serde_json::from_slice(bytes).ok()?)
        } else {
            of_xml(std::str::from_utf8(bytes).ok()?)?
        };
        let context = envelope.child("Header").and_then(|header| header.child("context"));
        let wanted = context.and_then(|context| context.child("format")?.get("type"));
        let form = match wanted.as_deref() {
            Some("js") => Form::Json,
            Some("xml") => Form::Xml,
            _ if json => Form::Json,
            _ => Form::Xml,
        };
        let token = context.and_then(|context| context.get("authToken"));
        Some(Self { call: envelope.child("Body")?.first()?.clone(), token, form })
    }
}

/// An answer, or the fault `code` with `message`.
pub(super) fn answer(form: Form, result: Answer) -> Vec<u8> {
    let body = match result {
        Ok(element) => element,
        Err((code, message)) => fault(code, &message),
    };
    let context = Element::root("context", "urn:zimbra");
    match form {
        Form::Json => json!({
            "Header": {"context": context.json()},
            "Body": {body.name.clone(): body.json()},
            "_jsns": "urn:zimbraSoap",
        })
        .to_string()
        .into_bytes(),
        Form::Xml => Element::soap("Envelope")
            .holding([Element::soap("Header").holding([context]), Element::soap("Body").holding([body])])
            .xml()
            .into_bytes(),
    }
}

/// A fault of SOAP 1.2; what the client can't help is the receiver's.
fn fault(code: &str, message: &str) -> Element {
    let party = if code == "service.FAILURE" { "soap:Receiver" } else { "soap:Sender" };
    let error = Element::root("Error", "urn:zimbra").with_text("Code", code).with_text("Trace", "demo-1");
    Element::soap("Fault").holding([
        Element::soap("Code").with_text("Value", party),
        Element::soap("Reason").with_text("Text", message),
        Element::soap("Detail").holding([error]),
    ])
}

fn of_json(name: &str, value: &Value) -> Element {
    let Value::Object(members) = value else { return Element::new(name).content(plain(value)) };
    let mut element = Element::new(name);
    for (name, value) in members {
        element = match value {
            Value::Object(_) => element.holding([of_json(name, value)]),
            Value::Array(list) => element.holding(list.iter().map(|value| of_json(name, value))),
            _ if name == "_content" => element.content(plain(value)),
            _ if name == "_jsns" => element,
            _ => element.with(name, value.clone()),
        };
    }
    element
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The outermost element; prefixes are taken off, as no name is in two namespaces.
fn of_xml(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = vec![Element::new("")];
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if open.len() < DEEPEST => open.push(started(&start)?),
            Event::Empty(start) => open.last_mut()?.push(started(&start)?),
            Event::End(_) => {
                let closed = open.pop()?;
                open.last_mut()?.push(closed);
            }
            Event::Text(text) => open.last_mut()?.add_text(&text.decode().ok()?),
            Event::GeneralRef(reference) => open.last_mut()?.add_text(&referred(&reference)?),
            Event::Eof => return open.pop().filter(|_| open.is_empty())?.first().cloned(),
            Event::Decl(_) | Event::Comment(_) => {}
            _ => return None,
        }
    }
}

fn started(start: &BytesStart<'_>) -> Option<Element> {
    let mut element = Element::new(std::str::from_utf8(start.local_name().as_ref()).ok()?);
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let name = std::str::from_utf8(attribute.key.local_name().as_ref()).ok()?.to_owned();
        let raw = std::str::from_utf8(&attribute.value).ok()?;
        element = element.with(&name, quick_xml::escape::unescape(raw).ok()?.into_owned());
    }
    Some(element)
}

fn referred(reference: &quick_xml::events::BytesRef<'_>) -> Option<String> {
    if let Some(letter) = reference.resolve_char_ref().ok()? {
        return Some(letter.to_string());
    }
    quick_xml::escape::resolve_predefined_entity(&reference.decode().ok()?).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const XML: &str = "<?xml version=\"1.0\" ?><soap:Envelope xmlns:soap=\"http://www.w3.org/2003/05/soap-envelope\">\
        <soap:Header><context xmlns=\"urn:zimbra\"><format type=\"xml\"/><authToken>0_ab</authToken></context></soap:Header>\
        <soap:Body><AuthRequest xmlns=\"urn:zimbraAccount\"><account by=\"name\">a&amp;b&#64;x</account></AuthRequest>\
        </soap:Body></soap:Envelope>";

    const JSON: &str = r#" {"Header":{"context":{"_jsns":"urn:zimbra","format":{"type":"js"},"authToken":{"_content":"0_ab"}}},
        "Body":{"AuthRequest":{"_jsns":"urn:zimbraAccount","account":{"by":"name","_content":"a&b@x"}}}}"#;

    #[test]
    fn both_forms_say_the_same() {
        let (xml, json) = (Request::read(XML.as_bytes()).unwrap(), Request::read(JSON.as_bytes()).unwrap());
        assert_eq!((xml.form, json.form), (Form::Xml, Form::Json));
        assert_eq!(xml.token.as_deref(), Some("0_ab"));
        assert_eq!((xml.token, &xml.call.name), (json.token, &json.call.name));
        for call in [xml.call, json.call] {
            let account = call.child("account").unwrap();
            assert_eq!(
                (account.get("by").as_deref(), account.text.as_deref()),
                (Some("name"), Some("a&b@x"))
            );
        }
    }

    #[test]
    fn what_is_no_request_is_none() {
        let deep = "<a>".repeat(100);
        for text in ["", "{", "{}", "[]", "<a>", "<a></b>", "text", "{\"Body\":{}}", "{\"Body\":7}", &deep] {
            assert_eq!(Request::read(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Request::read(&[0xff, 0xfe]), None);
    }

    #[test]
    fn a_fault_is_where_clients_look_for_it() {
        let json: Value =
            serde_json::from_slice(&answer(Form::Json, Err(("mail.NO_SUCH_MSG", "no 7".to_owned()))))
                .unwrap();
        assert_eq!(json["Body"]["Fault"]["Detail"]["Error"]["Code"], "mail.NO_SUCH_MSG");
        assert_eq!(json["Body"]["Fault"]["Reason"]["Text"], "no 7");
        let xml = String::from_utf8(answer(Form::Xml, Err(("service.FAILURE", "x".to_owned())))).unwrap();
        let fault = "<soap:Fault><soap:Code><soap:Value>soap:Receiver</soap:Value></soap:Code>\
                     <soap:Reason><soap:Text>x</soap:Text></soap:Reason>\
                     <soap:Detail><Error xmlns=\"urn:zimbra\"><Code>service.FAILURE</Code>";
        assert!(xml.contains(fault), "{xml}");
    }
}
