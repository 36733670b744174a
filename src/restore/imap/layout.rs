//! Where a backup's folders lie on an IMAP server.
//!
//! Input: paths of a backup (`/Inbox/Sub`). Output: names as this server writes them. Invariant: the same path has the
//! same name in every run; two paths have one name only where the server allows no other, and then lie in one folder.

use crate::mailbox::ItemId;

/// Folders of Zimbra's own, for backups that describe none (`Mailbox.java`).
const SYSTEM: [(u32, &str); 6] =
    [(2, "Inbox"), (3, "Trash"), (4, "Junk"), (5, "Sent"), (6, "Drafts"), (14, "Chats")];

/// How the server writes names, and below what the restore stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// What the names of a user's own folders begin with (RFC 2342); often nothing.
    pub(super) prefix: String,
    /// What stands between levels; nothing where there is only one.
    pub(super) separator: Option<char>,
    /// The folder that all others are put below, level by level.
    pub(super) root: Vec<String>,
}

impl Layout {
    /// The names of a folder and of those above it, outermost first; those above are there before or are made.
    pub(super) fn names(&self, path: Option<&str>, id: ItemId) -> Vec<String> {
        let levels = levels(path, id);
        let inbox = self.root.is_empty() && levels.first().is_some_and(|first| is_inbox(first));
        let mut names = Vec::new();
        let mut name = if inbox { String::new() } else { self.prefix.clone() };
        for (number, level) in self.root.iter().chain(&levels).enumerate() {
            if number > 0 {
                // A server with one level has no folders in folders.
                name.push(self.separator.unwrap_or('-'));
            }
            name.push_str(&if inbox && number == 0 { "INBOX".to_owned() } else { self.legal(level) });
            names.push(name.clone());
        }
        if self.separator.is_none() {
            names.drain(..names.len().saturating_sub(1));
        }
        names
    }

    /// The name for servers that take no others: letters, digits and the punctuation that all allow (Cyrus, `mboxname.c`;
    /// Dovecot takes no dot where that parts the levels on its disk).
    pub(super) fn plain(&self, name: &str) -> String {
        let allowed = |letter: char| {
            !letter.is_ascii()
                || letter.is_ascii_alphanumeric()
                || Some(letter) == self.separator
                || " #$&'+,-:=@_~".contains(letter)
        };
        name.chars().map(|letter| if allowed(letter) { letter } else { '_' }).collect()
    }

    /// A level's name without what the server or its commands give another meaning to.
    fn legal(&self, level: &str) -> String {
        let illegal = |letter: char| {
            Some(letter) == self.separator || letter.is_control() || matches!(letter, '%' | '*' | '/')
        };
        let mut name: String =
            level.chars().map(|letter| if illegal(letter) { '_' } else { letter }).collect();
        if name.starts_with('~') || name.chars().all(|letter| letter == '.') {
            name.replace_range(..name.chars().next().map_or(0, char::len_utf8), "_");
        }
        name
    }
}

/// The levels of a path that a user writes with slashes.
pub(super) fn split(path: &str) -> Vec<String> {
    path.split('/').filter(|level| !level.is_empty()).map(str::to_owned).collect()
}

/// Whether this is the name of the inbox, of which there is one however it is written (RFC 3501, section 5.1).
pub(super) fn is_inbox(name: &str) -> bool {
    name.eq_ignore_ascii_case("INBOX")
}

fn levels(path: Option<&str>, id: ItemId) -> Vec<String> {
    let levels = split(path.unwrap_or_default());
    if !levels.is_empty() {
        return levels;
    }
    let system = SYSTEM.iter().find(|(known, _)| *known == id.0);
    vec![system.map_or_else(|| format!("Folder {id}"), |(_, name)| (*name).to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(prefix: &str, separator: Option<char>, root: &str, path: &str) -> String {
        let layout = Layout { prefix: prefix.to_owned(), separator, root: split(root) };
        layout.names(Some(path), ItemId(257)).pop().unwrap()
    }

    #[test]
    fn paths_become_names_of_the_server() {
        for (prefix, separator, root, path, expected) in [
            ("", Some('/'), "", "/Inbox", "INBOX"),
            ("", Some('/'), "", "/inbox/Sub", "INBOX/Sub"),
            ("", Some('.'), "Restored/2026", "/Inbox/v1.2", "Restored.2026.Inbox.v1_2"),
            ("INBOX.", Some('.'), "", "/Sent", "INBOX.Sent"),
            ("INBOX.", Some('.'), "", "/Inbox/Sub", "INBOX.Sub"),
            ("INBOX.", Some('.'), "r/anna@example.org", "/Sent", "INBOX.r.anna@example_org.Sent"),
            ("", None, "Restored", "/a/b", "Restored-a-b"),
        ] {
            assert_eq!(name(prefix, separator, root, path), expected);
        }
    }

    #[test]
    fn what_would_mean_something_else_is_replaced() {
        for (level, expected) in [
            ("a%b*c", "a_b_c"),
            ("a\r\nb\0", "a__b_"),
            ("..", "_."),
            ("~root", "_root"),
            ("A & \"B\\", "A & \"B\\"),
        ] {
            assert_eq!(name("", Some('/'), "", level), expected);
        }
    }

    #[test]
    fn plain_names_keep_their_levels() {
        let layout = Layout { prefix: String::new(), separator: Some('/'), root: Vec::new() };
        assert_eq!(layout.plain("a\"b\\/(c) & dé!"), "a_b_/_c_ & dé_");
    }

    #[test]
    fn folders_above_come_first_and_folders_without_a_path_have_a_name() {
        let layout = Layout { prefix: String::new(), separator: Some('/'), root: split("/r/") };
        assert_eq!(layout.names(Some("/a/b"), ItemId(9)), ["r", "r/a", "r/a/b"]);
        assert_eq!(layout.names(None, ItemId(2)), ["r", "r/Inbox"]);
        assert_eq!(layout.names(None, ItemId(300)), ["r", "r/Folder 300"]);
    }
}
