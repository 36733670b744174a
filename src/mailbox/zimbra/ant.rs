//! Headers of a tar as the Ant archiver inside Zimbra writes them, which are neither ustar nor GNU (`TarEntry.java`,
//! `TarUtils.java`).
//!
//! Input: what a header states. Output: its records. Invariant: the same input makes the same bytes.

use crate::mailbox::ItemKind;

/// Bytes of a record.
pub const RECORD: usize = 512;
/// Records are written in blocks of 20.
pub const BLOCK: usize = 20 * RECORD;
/// Longer names stand in a record of their own.
const NAME: usize = 100;

/// What the header of a member states.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The member's name.
    pub name: &'a str,
    /// Bytes of its body.
    pub size: u64,
    /// The kind of item it belongs to.
    pub kind: ItemKind,
    /// That kind as text, which stands as the group's name.
    pub type_text: &'a str,
    /// The item's date, in seconds since 1970.
    pub date: i64,
    /// What Zimbra takes for unread; only on descriptions.
    pub unread: bool,
}

/// Adds the header, or headers, of a member; `exported` is the date of the record that holds a long name.
pub fn append(tar: &mut Vec<u8>, head: &Head<'_>, exported: i64) {
    let name = head.name.as_bytes();
    if name.len() >= NAME {
        let mut long = Header::new("././@LongLink", name.len() as u64 + 1, exported);
        long.put(156, b"L");
        tar.extend_from_slice(&long.sealed());
        tar.extend_from_slice(name);
        tar.push(0);
        fill(tar);
    }
    let mut header = Header::new(head.name, head.size, head.date);
    if head.unread {
        header.put(100, b"100444 \0");
    }
    header.put(297, head.type_text.as_bytes());
    header.put(329, octal(head.kind.number().into(), 6).as_bytes());
    tar.extend_from_slice(&header.sealed());
}

/// Fills the last record.
pub fn fill(tar: &mut Vec<u8>) {
    tar.resize(tar.len().next_multiple_of(RECORD), 0);
}

/// The type of an item as Zimbra 8 and newer spell it (`MailItem.Type`); Zimbra 7 wrote `search folder`.
#[must_use]
pub fn type_text(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Folder => "folder",
        ItemKind::SearchFolder => "searchfolder",
        ItemKind::Tag => "tag",
        ItemKind::Conversation => "conversation",
        ItemKind::Message => "message",
        ItemKind::Contact => "contact",
        ItemKind::Document => "document",
        ItemKind::Note => "note",
        ItemKind::Flag => "flag",
        ItemKind::Appointment => "appointment",
        ItemKind::VirtualConversation => "virtual_conversation",
        ItemKind::Mountpoint => "mountpoint",
        ItemKind::Wiki => "wiki",
        ItemKind::Task => "task",
        ItemKind::Chat => "chat",
        ItemKind::Comment => "comment",
        ItemKind::Link => "link",
        ItemKind::Other(_) => "unknown",
    }
}

struct Header([u8; RECORD]);

impl Header {
    fn new(name: &str, size: u64, date: i64) -> Self {
        let mut header = Self([0; RECORD]);
        header.put(0, &fitting(name));
        header.put(100, b"100644 \0");
        header.put(108, b"     0 \0     0 \0");
        header.put(124, octal(size, 11).as_bytes());
        header.put(136, time(date).as_bytes());
        header.put(148, b"        0");
        header.put(257, b"ustar\0\0\0");
        header.put(329, b"     0 \0     0 \0");
        header
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn sealed(mut self) -> [u8; RECORD] {
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        self.put(148, octal(sum, 6).trim_end().as_bytes());
        self.put(154, b"\0 ");
        self.0
    }
}

/// Digits without leading zeros and one space; digits that don't fit get lost, as in `getOctalBytes`.
fn octal(number: u64, width: usize) -> String {
    let digits = format!("{number:>width$o}");
    format!("{} ", &digits[digits.len() - width..])
}

/// A date before 1970 becomes blanks.
fn time(date: i64) -> String {
    u64::try_from(date).map_or_else(|_| " ".repeat(12), |date| octal(date, 11))
}

/// The longest part of `name` that fits into its field. Java shortens by UTF-16 code units, so half of a character
/// may remain, which becomes a question mark.
fn fitting(name: &str) -> Vec<u8> {
    let end = (0..=name.len().min(NAME)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    let mut field = name.as_bytes()[..end].to_vec();
    if end < NAME && name[end..].chars().next().is_some_and(|next| next.len_utf16() == 2) {
        field.push(b'?');
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_becomes_a_question_mark() {
        let name = format!("{}\u{1f4e7}", "n".repeat(98));
        assert_eq!(fitting(&name), format!("{}?", "n".repeat(98)).into_bytes());
        assert_eq!(fitting("\u{1f4e7}"), "\u{1f4e7}".as_bytes());
        assert_eq!(fitting(&format!("{}è", "n".repeat(99))), "n".repeat(99).into_bytes());
    }

    #[test]
    fn a_size_beyond_the_field_loses_its_head() {
        assert_eq!(octal((8 << 30) + 5, 11), "00000000005 ");
        assert_eq!(time(-1), "            ");
    }
}
