//! Names of directories and files, whatever the backup holds.
//!
//! Input: accounts, paths and items of a backup. Output: names for one level of a file system. Invariants: the same input
//! has the same name in every run; no name leads out of its directory; what had to be changed carries a digest of what it
//! was, so that two of them stay apart.

use crate::live::name::encoded;
use crate::mailbox::{Item, ItemId};

/// Longest name of a directory, in bytes; file systems take 255.
const LONGEST: usize = 180;
/// Zimbra's flags and those of a Maildir that mean the same, in the order of the alphabet, as Maildir wants them.
/// What was marked as to be removed is not marked again.
const FLAGS: [(u32, char); 4] = [(64, 'D'), (32, 'F'), (8, 'P'), (4, 'R')];

/// The directory of an account.
pub(in crate::restore) fn account(account: &str) -> String {
    let clean = |letter: char| match letter {
        '/' | '\0' => '_',
        letter if crate::legible::deceives(letter) => '_',
        letter => letter,
    };
    let mut name: String = account.chars().map(clean).collect();
    if name.starts_with('.') || name.is_empty() {
        name.replace_range(..name.len().min(1), "_");
    }
    marked(name, account)
}

/// The directory of a folder, as Maildir++ has it: `.Sent.2024` for `/Sent/2024`; empty for the inbox.
pub(in crate::restore) fn folder(path: Option<&str>, id: ItemId) -> String {
    let mut levels: Vec<&str> =
        path.unwrap_or_default().split('/').filter(|level| !level.is_empty()).collect();
    let unnamed = format!("Folder {id}");
    if levels.is_empty() {
        levels.push(&unnamed);
    }
    if let Some(first) = levels.first_mut().filter(|first| first.eq_ignore_ascii_case("INBOX")) {
        *first = "INBOX";
    }
    if levels == ["INBOX"] {
        return String::new();
    }
    let whole = levels.join("/");
    let legal = |letter: char| !letter.is_control() && letter != '.' && letter != '/';
    let levels: Vec<String> = levels
        .into_iter()
        .map(|level| {
            let clean =
                level.chars().map(|letter| if legal(letter) { letter } else { '_' }).collect::<String>();
            if clean == level { encoded(level) } else { encoded(&with_mark(&clean, level)) }
        })
        .collect();
    let name = format!(".{}", levels.join("."));
    if name.len() <= LONGEST {
        name
    } else {
        let begin: String =
            beginning(&whole).chars().map(|letter| if legal(letter) { letter } else { '_' }).collect();
        format!(".{}", encoded(&with_mark(&begin, &whole)))
    }
}

/// The name of an item's file up to the flags; `number` sets it apart from files that have the name and other bytes,
/// somebody else's or ones that a failing machine left half written.
pub(super) fn file(item: &Item, body: &[u8], number: u32) -> String {
    let digest = item.digest.as_ref().map_or([0; 8], |digest| first_eight(digest.bytes()));
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}.I{}D{digest}N{number}.mailproof,S={}", item.date.max(0), item.id, body.len())
}

/// An item's flags; none if it is new.
pub(super) fn flags(item: &Item) -> String {
    let others = FLAGS.iter().filter(|(bit, _)| item.flags.has(*bit)).map(|(_, letter)| *letter);
    others.chain((!item.unread).then_some('S')).collect()
}

fn first_eight(bytes: &[u8]) -> [u8; 8] {
    let mut first = [0; 8];
    first.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    first
}

/// `name`, if it is what was meant and short enough; else with a mark of what was.
fn marked(name: String, was: &str) -> String {
    if name == was && name.len() <= LONGEST { name } else { with_mark(beginning(&name), was) }
}

fn with_mark(name: &str, was: &str) -> String {
    format!("{name}~{}", &blake3::hash(was.as_bytes()).to_hex()[..12])
}

/// As much of a name as takes few bytes however it is encoded.
fn beginning(name: &str) -> &str {
    let mut room = LONGEST - 40;
    let end = name.char_indices().find(|(_, letter)| {
        let cost = if letter.is_ascii() { 2 } else { 10 };
        let fits = room >= cost;
        room = room.saturating_sub(cost);
        !fits
    });
    &name[..end.map_or(name.len(), |(at, _)| at)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> String {
        folder(Some(path), ItemId(257))
    }

    #[test]
    fn folders_are_named_as_dovecot_reads_them() {
        for (path, expected) in [
            ("/Inbox", ""),
            ("/INBOX", ""),
            ("/inbox/Sub", ".INBOX.Sub"),
            ("/Sent/2024", ".Sent.2024"),
            ("/Entwürfe", ".Entw&APw-rfe"),
            ("/A & B", ".A &- B"),
            ("/台北", ".&U,BTFw-"),
        ] {
            assert_eq!(of(path), expected);
        }
        assert_eq!(folder(None, ItemId(300)), ".Folder 300");
        assert_eq!(folder(Some("/"), ItemId(1)), ".Folder 1");
    }

    #[test]
    fn no_name_leads_elsewhere_and_none_is_too_long() {
        let long = format!("/{}", "ü".repeat(3000));
        let deep = "/a".repeat(2000);
        for path in ["/..", "/../../etc", "/v1.2", "/.", "/a\0b", "/a\nb", "//", "/...", &long, &deep] {
            let name = of(path);
            assert!(name.starts_with('.') && !name.contains(['/', '\0', '\n']), "{name}");
            assert!(!name.contains("..") && name.len() > 1 && name.len() <= 255, "{name}");
        }
        assert_ne!(of("/v1.2"), of("/v1_2"), "what was changed stays apart");
        assert_ne!(of(&long), of(&format!("{long}x")));
        for name in
            ["", ".", "..", "../anna@example.org", "/etc/passwd", "a\0b", "\u{202e}x", &"y".repeat(4000)]
        {
            let made = account(name);
            assert!(!made.is_empty() && !made.starts_with('.') && !made.contains(['/', '\0']), "{made}");
            assert!(made.len() <= 255, "{made}");
        }
        assert_eq!(account("anna@example.org"), "anna@example.org");
    }
}
