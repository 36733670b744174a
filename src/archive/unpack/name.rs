//! How members are named in findings and records: recognisable, harmless on a terminal, and
//! without the mail subjects that Zimbra puts into the names of its items.
//!
//! Input: names as bytes. Output: text for people. Invariant: of a name inside an export only an item's number and an
//! ending that Zimbra gave it are ever shown.

use std::fmt::Write;

use crate::archive::manifest::is_manifest;
use crate::legible::deceives;

/// Longest shown name, in characters.
const LONGEST: usize = 200;

/// Extensions of Zimbra's items (`ArchiveFormatter.java`): what stands before them is a subject or a name.
const ITEMS: [&str; 9] = ["eml", "appt", "ics", "task", "note", "chat", "wiki", "vcf", "err"];

/// How an archive's findings name its members.
///
/// Inside an export names are what people wrote: subjects, files in a briefcase, contacts. There a member is named by its
/// position, and by its item's number where Zimbra wrote one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Naming {
    /// No file came yet, so it may be an export.
    #[default]
    Undecided,
    /// No export as far as is known: by [`shown`].
    Open,
    /// Inside an export. What was once taken for one stays one.
    Inside,
}

impl Naming {
    /// Takes note of a member's name; the first `file` other than the archive's manifest decides.
    pub fn learn(&mut self, name: &[u8], file: bool) {
        if *self == Self::Inside {
            return;
        }
        if names_an_item(name) {
            *self = Self::Inside;
        } else if *self == Self::Undecided && file && !is_manifest(name) {
            *self = Self::Open;
        }
    }

    /// Names a member in a finding: `member 12 (item 257)` inside an export, else `member 12 full-…/anna@example.org.tgz`.
    #[must_use]
    pub fn subject(self, index: u64, name: &[u8]) -> String {
        match (self, item_number(last_part(name))) {
            (Self::Open, _) => subject(index, name),
            (_, Some(number)) => format!("member {index} (item {number})"),
            (_, None) => format!("member {index}"),
        }
    }
}

/// Holds for names that only members of exports have: descriptions, and what begins with an item's number.
#[must_use]
pub fn names_an_item(name: &[u8]) -> bool {
    name.ends_with(b".meta") || is_numbered(name)
}

/// Holds for names that begin with an item's number, as Zimbra 8 and newer write them.
#[must_use]
pub fn is_numbered(name: &[u8]) -> bool {
    item_number(last_part(name)).is_some()
}

/// The item of a member inside an export, and which part of it the member is: `item 257 (.eml.meta)`.
#[must_use]
pub fn item(name: &[u8]) -> Option<String> {
    let (stem, suffix) = split_suffix(last_part(name));
    let number = item_number(stem)?;
    Some(if suffix.is_empty() { format!("item {number}") } else { format!("item {number} ({suffix})") })
}

/// Names a member in a finding: `member <index> <shown name>`.
#[must_use]
pub fn subject(index: u64, name: &[u8]) -> String {
    format!("member {index} {}", shown(name))
}

/// Shows a member's name to people.
///
/// A Zimbra item keeps its id and extension (`Inbox/0000000257-….eml.meta`); without an id a tag of
/// eight hex digits, taken from the BLAKE3 of the name without `.meta`, stands for it
/// (`Inbox/…1f0c88aa.eml`). Control characters, invisible characters, backslashes and bytes that are not
/// UTF-8 are escaped; more than 200 characters lose their middle.
#[must_use]
pub fn shown(name: &[u8]) -> String {
    let start = name.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let (folder, last) = name.split_at(start);
    let mut text = escaped(folder);
    match masked(name, last) {
        Some(item) => text.push_str(&item),
        None => text.push_str(&escaped(last)),
    }
    shortened(text)
}

/// `last` without its subject, if it is the name of a Zimbra item.
fn masked(name: &[u8], last: &[u8]) -> Option<String> {
    let (stem, suffix) = split_suffix(last);
    if let Some(number) = item_number(stem) {
        return Some(format!("{number:010}-…{suffix}"));
    }
    if suffix.is_empty() {
        return None;
    }
    let whole = name.strip_suffix(b".meta").unwrap_or(name);
    let hash = blake3::hash(whole).to_hex();
    Some(format!("…{}{suffix}", &hash[..8]))
}

/// Splits the extensions of an item off: `.eml`, `.eml.meta`, `.eml.err`, or `.meta` alone as
/// contacts and conversations have it.
fn split_suffix(last: &[u8]) -> (&[u8], String) {
    let (rest, marker) = strip_extension(last, &["meta", "err"]);
    let (stem, extension) = strip_extension(rest, &ITEMS);
    (stem, format!("{extension}{marker}"))
}

fn strip_extension<'a>(name: &'a [u8], known: &[&str]) -> (&'a [u8], String) {
    let dot = name.iter().rposition(|byte| *byte == b'.');
    let found = dot.and_then(|dot| {
        let extension = &name[dot + 1..];
        let word = known.iter().find(|word| extension.eq_ignore_ascii_case(word.as_bytes()))?;
        Some((&name[..dot], format!(".{word}")))
    });
    found.unwrap_or((name, String::new()))
}

/// The number of an item as Zimbra writes it before a name: ten digits and a dash. Without three noughts in front it may as
/// well be a telephone number in a subject of Zimbra 7, which writes no numbers.
fn item_number(last: &[u8]) -> Option<u32> {
    let (digits, rest) = last.split_at_checked(10)?;
    let written =
        digits.starts_with(b"000") && digits.iter().all(u8::is_ascii_digit) && rest.starts_with(b"-");
    written.then(|| digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn last_part(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or(name)
}

fn escaped(name: &[u8]) -> String {
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character == '\\' || deceives(character) {
                text.extend(character.escape_default());
            } else {
                text.push(character);
            }
        }
        for byte in chunk.invalid() {
            // Writing to a String can't fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

fn shortened(text: String) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text;
    }
    let half = (LONGEST - 1) / 2;
    let head = text.chars().take(half);
    let tail = text.chars().skip(length - half);
    head.chain(['…']).chain(tail).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_keeps_its_id_and_extension() {
        assert_eq!(shown(b"Inbox/0000000257-RE_ Salary.eml"), "Inbox/0000000257-….eml");
        assert_eq!(shown(b"Inbox!1/0000000257-RE_ a.b.eml.meta"), "Inbox!1/0000000257-….eml.meta");
        assert_eq!(shown(b"Inbox/0000000257-Salary.eml.err"), "Inbox/0000000257-….eml.err");
        assert_eq!(shown(b"Calendar/0000000300-Talk.APPT"), "Calendar/0000000300-….appt");
        // A name cut at 100 bytes has lost its extension, not its subject.
        assert_eq!(shown(b"Inbox/0000000257-RE_ Salary of"), "Inbox/0000000257-…");
    }

    #[test]
    fn an_item_without_id_is_a_tag() {
        let body = shown(b"Inbox/Salary.eml");
        assert_eq!(body.chars().count(), "Inbox/…12345678.eml".chars().count());
        assert!(!body.contains("Salary") && body.ends_with(".eml"), "{body}");
        assert_eq!(shown(b"Inbox/Salary.eml.meta"), format!("{body}.meta"));
        assert_ne!(shown(b"Inbox/Other.eml"), body);
        let contact = shown(b"Contacts/Doe, Jane.meta");
        assert!(!contact.contains("Doe") && contact.ends_with(".meta"), "{contact}");
    }

    #[test]
    fn other_names_stay() {
        for name in [
            "store/0/11/msg/0/260-110.msg",
            "2024010112-mail.tgz",
            "full-20240101/user@example.org.tgz",
            "Ärger/x",
        ] {
            assert_eq!(shown(name.as_bytes()), name);
        }
    }

    #[test]
    fn nothing_reaches_a_terminal_raw() {
        assert_eq!(shown(b"a\n\x1b[2J\xff/b\\c"), "a\\n\\u{1b}[2J\\xff/b\\\\c");
        assert_eq!(shown("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(shown("a\u{61c}b".as_bytes()), "a\\u{61c}b");
        assert_eq!(shown(b""), "");
    }

    #[test]
    fn long_names_lose_their_middle() {
        let name = format!("{}{}", "ä".repeat(300), "b".repeat(300));
        let text = shown(name.as_bytes());
        assert_eq!(text.chars().count(), 199);
        assert!(text.starts_with("ää") && text.contains("ä…b") && text.ends_with('b'));
    }

    #[test]
    fn a_subject_names_index_and_name() {
        assert_eq!(subject(7, b"a/b"), "member 7 a/b");
        assert_eq!(Naming::Open.subject(7, b"a/b"), "member 7 a/b");
    }

    #[test]
    fn inside_an_export_no_name_is_shown() {
        for naming in [Naming::Inside, Naming::Undecided] {
            assert_eq!(naming.subject(7, b"Projects/0000000257-Salary.eml"), "member 7 (item 257)");
            assert_eq!(naming.subject(7, b"Briefcase/Salaries.ods"), "member 7");
        }
        assert_eq!(item(b"Inbox/0000000257-Salary.eml.meta").unwrap(), "item 257 (.eml.meta)");
        assert_eq!(item(b"Inbox/0000000257-Salary of").unwrap(), "item 257");
        assert_eq!(item(b"Briefcase/Salaries.ods"), None);
    }

    #[test]
    fn the_first_file_decides_and_an_export_stays_one() {
        let learned = |names: &[&str]| {
            let mut naming = Naming::default();
            names.iter().for_each(|name| naming.learn(name.as_bytes(), !name.ends_with('/')));
            naming
        };
        assert_eq!(learned(&["Inbox/", "./MANIFEST.b3"]), Naming::Undecided);
        assert_eq!(learned(&["full-1/", "full-1/anna@example.org.tgz"]), Naming::Open);
        assert_eq!(learned(&["USER_ROOT.meta", "Briefcase/Salaries.ods"]), Naming::Inside);
        assert_eq!(learned(&["notes.txt", "Inbox/0000000257-Salary.eml", "a"]), Naming::Inside);
    }

    #[test]
    fn a_telephone_number_is_no_item() {
        assert_eq!(item(b"Inbox/0441234567-call me.eml"), None);
        assert!(!names_an_item(b"Inbox/0441234567-call me.eml"));
        assert!(!shown(b"Inbox/0441234567-call me.eml").contains("0441234567"));
        for name in ["store/0/11/msg/0/260-110.msg", "0000000257", "redo-0000000257-seq1.log", "000000025a-b"]
        {
            assert!(!names_an_item(name.as_bytes()), "{name}");
        }
    }
}
