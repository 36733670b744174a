//! Zimbra's XML files, read leniently: whether they are well-formed, and which accounts they name.
//!
//! Only what would make a restore stumble counts: tags that do not close, a second root, an end too early. Characters
//! that XML forbids occur in real files (`&#7;` in an attribute of LDAP) and are legal here. The schemas of
//! `session.xml` and `accounts.xml` are not published, so accounts are known by an attribute or element `zimbraId`.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::facts::Listed;
use super::place::Label;
use crate::archive::unpack::shown;
use crate::mailbox::zimbra::room::Room;

/// Attributes of one tag; each is compared with those before it.
const MOST_ATTRIBUTES: usize = 100;
/// Bytes that an account takes in memory beside its text.
const OVERHEAD: usize = 120;
/// Longest address or id that is kept.
const LONGEST: usize = 320;

/// Why a file is not XML that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) why: &'static str,
    /// The byte where it was noticed.
    pub(super) at: u64,
}

/// Reads a file; returns the accounts it names, as far as there is room for them.
pub(super) fn read(bytes: &[u8], room: &mut Room) -> Result<Vec<Listed>, Broken> {
    let mut reader = Reader::from_reader(bytes);
    let mut document = Document { depth: 0, rooted: false, id_due: false, listed: Vec::new(), room };
    loop {
        let event = reader.read_event();
        let at = reader.buffer_position();
        let broken = |why| Broken { why, at };
        match event.map_err(|_| broken("a tag that is malformed or does not match"))? {
            Event::Eof => return document.end().map_err(broken),
            event => document.take(&event).map_err(broken)?,
        }
    }
}

#[derive(Debug)]
struct Document<'r> {
    depth: u64,
    rooted: bool,
    /// Whether the text of an element `zimbraId` is due.
    id_due: bool,
    listed: Vec<Listed>,
    room: &'r mut Room,
}

impl Document<'_> {
    fn take(&mut self, event: &Event<'_>) -> Result<(), &'static str> {
        let id_due = std::mem::take(&mut self.id_due);
        match event {
            Event::Start(tag) => {
                self.begin(tag)?;
                self.depth += 1;
                self.id_due = tag.local_name().as_ref() == b"zimbraId";
            }
            Event::Empty(tag) => self.begin(tag)?,
            Event::End(_) => self.depth = self.depth.saturating_sub(1),
            Event::Text(text) if id_due => self.list(&[(b"zimbraId", text.trim_ascii())]),
            Event::Text(text) if self.depth == 0 && !self.may_stand_outside(text) => {
                return Err("text outside of the root element");
            }
            Event::CData(_) | Event::GeneralRef(_) if self.depth == 0 => {
                return Err("text outside of the root element");
            }
            _ => {}
        }
        Ok(())
    }

    /// White space, and at the beginning a byte order mark.
    fn may_stand_outside(&self, text: &[u8]) -> bool {
        let text = text.trim_ascii();
        text.is_empty() || (!self.rooted && text == b"\xef\xbb\xbf")
    }

    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), &'static str> {
        if self.depth == 0 && std::mem::replace(&mut self.rooted, true) {
            return Err("a second root element");
        }
        if self.depth == 0 && tag.local_name().as_ref().eq_ignore_ascii_case(b"html") {
            return Err("a web page");
        }
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            if attributes.len() == MOST_ATTRIBUTES {
                return Err("a tag with more than a hundred attributes");
            }
            attributes.push(attribute.map_err(|_| "a malformed attribute")?);
        }
        let pairs: Vec<_> =
            attributes.iter().map(|one| (one.key.local_name().into_inner(), &*one.value)).collect();
        self.list(&pairs);
        Ok(())
    }

    /// Keeps the account that stands in these attributes, if one does.
    fn list(&mut self, attributes: &[(&[u8], &[u8])]) {
        let is_id = |(name, value): &&(&[u8], &[u8])| {
            *name == b"zimbraId" && !value.is_empty() && value.len() <= LONGEST
        };
        let Some((_, id)) = attributes.iter().find(is_id) else { return };
        let values = || attributes.iter().map(|(_, value)| *value);
        let email = values().find(|value| value.contains(&b'@') && value.len() <= LONGEST);
        let (id, email) = (shown(id), email.map(shown));
        let length = id.len() + email.as_ref().map_or(0, String::len);
        // What finds no room is counted there.
        if self.room.take(length.saturating_add(OVERHEAD)).is_some() {
            let full = values().find_map(Label::parse);
            self.listed.push(Listed { id: id.into(), email: email.map(Into::into), full });
        }
    }

    fn end(self) -> Result<Vec<Listed>, &'static str> {
        match (self.rooted, self.depth) {
            (false, _) => Err("no element at all"),
            (true, 0) => Ok(self.listed),
            (true, _) => Err("the end of the file inside an element"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Listed>, Broken> {
        super::read(bytes, &mut Room::new())
    }

    fn why(text: &str) -> &'static str {
        read(text.as_bytes()).unwrap_err().why
    }

    #[test]
    fn accounts_without_end_stay_within_their_room() {
        let text = format!("<a>{}</a>", "<b zimbraId=\"x\"/>".repeat(100_000));
        let mut room = Room::of(10_000);
        let listed = super::read(text.as_bytes(), &mut room).unwrap();
        assert!(listed.len() < 100 && room.refused() + listed.len() as u64 == 100_000);
        let tag =
            |count| format!("<a {}/>", (0..count).map(|name| format!("n{name}=\"\" ")).collect::<String>());
        assert_eq!(read(tag(100).as_bytes()), Ok(vec![]));
        assert_eq!(why(&tag(101)), "a tag with more than a hundred attributes");
    }

    #[test]
    fn accounts_are_named_by_their_ids() {
        let text = "<?xml version=\"1.0\"?>\n<b:backupMetadata xmlns:b=\"urn:zimbraBackupMeta\"><a zimbraId=\"1-2\" \
                    email=\"a@example.org\" latestFullBackupLabel=\"full-20210712.155951.123\"/>\
                    <a><zimbraId> 3 </zimbraId></a><a id=\"4\"/></b:backupMetadata>\n";
        let listed = read(text.as_bytes()).unwrap();
        let of = |id: &str, email: Option<&str>, full: Option<&[u8]>| Listed {
            id: id.into(),
            email: email.map(Into::into),
            full: full.and_then(Label::parse),
        };
        let first = of("1-2", Some("a@example.org"), Some(b"full-20210712.155951.123"));
        assert_eq!(listed, [first, of("3", None, None)]);
    }

    #[test]
    fn forbidden_characters_are_legal() {
        for text in
            ["<a b=\"x&#7;y\">&#7;</a>", "<a>\u{7}</a>", "\u{feff}<a/>", "<!-- x --><a><![CDATA[<]]></a>"]
        {
            assert_eq!(read(text.as_bytes()), Ok(vec![]), "{text}");
        }
        assert_eq!(read(b"<a>\xff\xfe</a>"), Ok(vec![]));
    }

    #[test]
    fn what_is_broken_is_said() {
        assert_eq!(why(""), "no element at all");
        assert_eq!(why("<?xml version=\"1.0\"?>\n"), "no element at all");
        assert_eq!(why("<a><b/>"), "the end of the file inside an element");
        assert_eq!(why("<a></b>"), "a tag that is malformed or does not match");
        assert_eq!(why("<a><b"), "a tag that is malformed or does not match");
        assert_eq!(why("<a/><b/>"), "a second root element");
        assert_eq!(why("<a/>\0\0\0"), "text outside of the root element");
        assert_eq!(why("<a b=1 b=\"2\"/>"), "a malformed attribute");
        assert_eq!(why("<!DOCTYPE html><HTML></HTML>"), "a web page");
        assert_eq!(why("gone"), "text outside of the root element");
    }

    #[test]
    fn every_cut_of_a_file_is_found() {
        let text = b"<?xml version=\"1.0\"?><a b=\"c\"><d>e</d><!-- f --></a>";
        for length in 0..text.len() {
            assert!(read(&text[..length]).is_err(), "{length}");
        }
    }
}
