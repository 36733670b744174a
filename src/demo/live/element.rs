//! One tree for both forms of Zimbra's SOAP (`Element.java`): what is an attribute, a text or a list in one is known in the other.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// The namespace of SOAP 1.2 itself.
const SOAP: &str = "http://www.w3.org/2003/05/soap-envelope";

/// An element, with everything in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Element {
    pub(super) name: String,
    /// Stated where it differs from that of the element above.
    namespace: Option<&'static str>,
    /// Attributes in both forms.
    values: Vec<(String, Value)>,
    /// Attributes in JSON, elements with nothing but text in XML.
    texts: Vec<(String, Value)>,
    pub(super) text: Option<String>,
    children: Vec<Element>,
    /// At most one of its name: no list in JSON.
    unique: bool,
    /// Belongs to SOAP itself: has a prefix in XML.
    soap: bool,
}

impl Element {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// The root of a call or an answer.
    pub(super) fn root(name: impl Into<String>, namespace: &'static str) -> Self {
        Self { namespace: Some(namespace), unique: true, ..Self::new(name) }
    }

    /// An element of SOAP itself.
    pub(super) fn soap(name: &str) -> Self {
        Self { unique: true, soap: true, ..Self::new(name) }
    }

    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.push((name.to_owned(), value.into()));
        self
    }

    /// A value that XML writes as an element of its own.
    pub(super) fn with_text(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.texts.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn content(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    pub(super) fn only(mut self) -> Self {
        self.unique = true;
        self
    }

    pub(super) fn holding(mut self, children: impl IntoIterator<Item = Self>) -> Self {
        self.children.extend(children);
        self
    }

    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    pub(super) fn add_text(&mut self, text: &str) {
        self.text.get_or_insert_default().push_str(text);
    }

    pub(super) fn first(&self) -> Option<&Self> {
        self.children.first()
    }

    /// An attribute, or the text of the element of that name, as Zimbra looks for either.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let value = self.values.iter().find(|(own, _)| own == name).map(|(_, value)| plain(value));
        value.or_else(|| self.child(name)?.text.clone())
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element as JSON (`SoapJSProtocol.java`).
    pub(super) fn json(&self) -> Value {
        let mut object = Map::new();
        for (name, value) in self.values.iter().chain(&self.texts) {
            object.insert(name.clone(), value.clone());
        }
        if let Some(text) = &self.text {
            object.insert("_content".to_owned(), json!(text));
        }
        if let Some(namespace) = self.namespace {
            object.insert("_jsns".to_owned(), json!(namespace));
        }
        for child in &self.children {
            if child.unique {
                object.insert(child.name.clone(), child.json());
                continue;
            }
            let list = object.entry(child.name.clone()).or_insert_with(|| json!([]));
            if let Value::Array(list) = list {
                list.push(child.json());
            }
        }
        Value::Object(object)
    }

    /// The element as XML, without white space.
    pub(super) fn xml(&self) -> String {
        let mut text = String::new();
        self.write_xml(&mut text);
        text
    }

    fn write_xml(&self, text: &mut String) {
        let prefix = if self.soap { "soap:" } else { "" };
        let _ = write!(text, "<{prefix}{}", self.name);
        if self.soap && self.name == "Envelope" {
            let _ = write!(text, " xmlns:soap=\"{SOAP}\"");
        }
        if let Some(namespace) = self.namespace {
            let _ = write!(text, " xmlns=\"{namespace}\"");
        }
        for (name, value) in &self.values {
            let _ = write!(text, " {name}=\"{}\"", escaped(&in_xml(value)));
        }
        text.push('>');
        for (name, value) in &self.texts {
            let _ = write!(text, "<{prefix}{name}>{}</{prefix}{name}>", escaped(&in_xml(value)));
        }
        text.push_str(&escaped(self.text.as_deref().unwrap_or_default()));
        for child in &self.children {
            child.write_xml(text);
        }
        let _ = write!(text, "</{prefix}{}>", self.name);
    }
}

/// A value as text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Truth is a number in XML.
fn in_xml(value: &Value) -> String {
    value.as_bool().map_or_else(|| plain(value), |yes| u8::from(yes).to_string())
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // What XML can't hold at all.
            '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}' => {
                escaped.push('?')
            }
            '\t' | '\n' | '\r' => {
                let _ = write!(escaped, "&#{};", u32::from(letter));
            }
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> Element {
        let child = Element::new("folder").with("id", "2").with("n", 3).with("deletable", false);
        Element::root("GetFolderResponse", "urn:zimbraMail")
            .holding([Element::new("folder").with("id", "1").holding([child])])
    }

    #[test]
    fn lists_are_lists_even_of_one() {
        let expected = json!({"_jsns": "urn:zimbraMail", "folder": [{"id": "1", "folder": [{"id": "2", "n": 3, "deletable": false}]}]});
        assert_eq!(folder().json(), expected);
    }

    #[test]
    fn xml_says_the_same_in_its_own_way() {
        let expected = "<GetFolderResponse xmlns=\"urn:zimbraMail\"><folder id=\"1\">\
                        <folder id=\"2\" n=\"3\" deletable=\"0\"></folder></folder></GetFolderResponse>";
        assert_eq!(folder().xml(), expected);
        let answer = Element::root("AuthResponse", "urn:zimbraAdmin").with_text("lifetime", 7);
        assert_eq!(
            answer.xml(),
            "<AuthResponse xmlns=\"urn:zimbraAdmin\"><lifetime>7</lifetime></AuthResponse>"
        );
        assert_eq!(answer.json()["lifetime"], 7);
    }

    #[test]
    fn no_name_of_a_folder_becomes_markup() {
        let hostile = Element::new("folder").with("name", "a\"<&>\u{1}\n").content("]]>");
        assert_eq!(hostile.xml(), "<folder name=\"a&quot;&lt;&amp;&gt;?&#10;\">]]&gt;</folder>");
    }
}
