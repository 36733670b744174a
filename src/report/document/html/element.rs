//! HTML that can't be broken out of.
//!
//! Input: names of elements and attributes, which only this crate's source can give, and texts of anybody. Output: HTML.
//! Invariant: every text is escaped, and what would hide, reorder or steer it is shown.

use crate::report::human;

/// HTML as it grows.
#[derive(Debug, Default)]
pub struct Html(String);

/// An attribute and its value.
pub type Attribute<'a> = (&'static str, &'a str);

impl Html {
    /// An element with what `inside` writes into it.
    pub fn element(
        &mut self,
        name: &'static str,
        attributes: &[Attribute<'_>],
        inside: impl FnOnce(&mut Self),
    ) {
        self.open(name, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    /// An element with nothing but text in it.
    pub fn text_element(&mut self, name: &'static str, attributes: &[Attribute<'_>], text: &str) {
        self.element(name, attributes, |html| html.text(text));
    }

    /// The beginning of an element; alone for those that have no end.
    pub fn open(&mut self, name: &'static str, attributes: &[Attribute<'_>]) {
        self.0.push('<');
        self.0.push_str(name);
        for (attribute, value) in attributes {
            self.0.push(' ');
            self.0.push_str(attribute);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Text of anybody.
    pub fn text(&mut self, text: &str) {
        for letter in human::line(text).chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
    }

    /// What stands in this crate's source and is HTML already.
    pub fn verbatim(&mut self, source: &'static str) {
        self.0.push_str(source);
    }

    /// All of it.
    pub fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut html = Html::default();
        html.text_element(
            "p",
            &[("title", "\" onload=\"x"), ("id", "'<")],
            "<script>&amp;\u{202e}\u{1b}\0\n'\"</p>",
        );
        assert_eq!(
            html.into_string(),
            "<p title=\"&quot; onload=&quot;x\" id=\"&#39;&lt;\">&lt;script&gt;&amp;amp;\\u{202e}\\u{1b}\\u{0}\\u{a}&#39;&quot;&lt;/p&gt;</p>"
        );
    }
}
