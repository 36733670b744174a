use std::collections::{HashMap, HashSet};

use super::item::Item;
use super::member::type_text;
use crate::mailbox::{Flags, ItemKind};

/// Longer names are cut, in UTF-16 code units, to one less than this.
const LONGEST: usize = 121;
/// So many items of a folder stand in one directory.
const BATCH: u32 = 500;

/// Stands for half a character until the name is written.
const HALF: char = '\u{ffff}';

/// Gives out the names of an export's entries (`ArchiveFormatter.getEntryName`).
#[derive(Debug)]
pub struct Names {
    /// Whether the number stands before the name; Zimbra 7 counts equal names instead.
    prefixed: bool,
    /// Directories by folder, with the entries they were given.
    directories: HashMap<u32, (String, u32)>,
    /// Names that were given, in small letters.
    taken: HashSet<String>,
}

impl Names {
    /// Nothing given yet.
    #[must_use]
    pub fn new(prefixed: bool) -> Self {
        Self { prefixed, directories: HashMap::new(), taken: HashSet::new() }
    }

    /// The directory of an entry that lies in `folder` at `path`; every 500 items another. Folders don't count,
    /// but the first of them does.
    pub fn directory(&mut self, folder: u32, path: &str, counts: bool) -> String {
        let Some((directory, entries)) = self.directories.get_mut(&folder) else {
            let directory = cleaned(path.strip_prefix('/').unwrap_or(path), false);
            self.directories.insert(folder, (directory.clone(), 1));
            return directory;
        };
        if !counts {
            return directory.clone();
        }
        *entries += 1;
        match *entries / BATCH {
            0 => directory.clone(),
            batch => format!("{directory}!{batch}"),
        }
    }

    /// The name of a folder.
    pub fn folder(&mut self, directory: &str, id: u32, name: &str) -> String {
        let name = self.plain(id, name, "folder");
        let name = trimmed(&cleaned(&name, true));
        self.placed(directory, &name, "", !self.prefixed)
    }

    /// The name of an item; `ext` without its dot, or empty.
    pub fn item(&mut self, directory: &str, item: &Item, ext: &str) -> String {
        if item.kind == ItemKind::Contact {
            // The cleaned name is computed and thrown away.
            return self.placed(directory, &item.name, ext, true);
        }
        let name = match item.kind {
            ItemKind::Document if item.name.is_empty() => self.plain(item.id, "", type_text(item.kind)),
            ItemKind::Document => cut(&item.name),
            _ => self.plain(item.id, &item.name, type_text(item.kind)),
        };
        let name =
            if Flags(item.flags).has(Flags::VERSIONED) { versioned(&name, item.version) } else { name };
        let unique = !self.prefixed && item.kind != ItemKind::Document;
        self.placed(directory, &trimmed(&cleaned(&name, true)), ext, unique)
    }

    /// Number and name, cut.
    fn plain(&self, id: u32, name: &str, kind: &str) -> String {
        match name {
            "" => format!("{kind}-{id}"),
            name if self.prefixed => cut(&format!("{id:010}-{name}")),
            name => cut(name),
        }
    }

    fn placed(&mut self, directory: &str, name: &str, ext: &str, unique: bool) -> String {
        let name = name.replace(HALF, "?");
        let slash = if directory.is_empty() { "" } else { "/" };
        let dot = if ext.is_empty() { "" } else { "." };
        let mut path = format!("{directory}{slash}{name}{dot}{ext}");
        let mut count = 0;
        while unique && !self.taken.insert(path.to_lowercase()) {
            count += 1;
            path = format!("{directory}{slash}{name}-{count:02}{dot}{ext}");
        }
        path
    }
}

/// Java cuts between the halves of a character, and then writes a question mark for the half.
fn cut(name: &str) -> String {
    let units: Vec<u16> = name.encode_utf16().collect();
    if units.len() <= LONGEST {
        return name.to_owned();
    }
    char::decode_utf16(units.into_iter().take(LONGEST - 1)).map(|unit| unit.unwrap_or(HALF)).collect()
}

/// Puts the version before an extension of up to four characters.
fn versioned(name: &str, version: u32) -> String {
    match name.rfind('.') {
        Some(dot) if name[dot..].encode_utf16().count() <= 5 => {
            format!("{}-{version:05}{}", &name[..dot], &name[dot..])
        }
        _ => format!("{name}-{version:05}"),
    }
}

/// Without what Windows refuses; backslashes and control characters stay.
fn cleaned(name: &str, slash: bool) -> String {
    let illegal = |character| matches!(character, ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\0');
    name.replace(|character| illegal(character) || slash && character == '/', "_")
}

/// Without blanks at both ends, as Java knows them, and without dots behind.
fn trimmed(name: &str) -> String {
    let blank = |character| character <= ' ';
    let mut name = name.trim_matches(blank);
    while let Some(shorter) = name.strip_suffix('.') {
        name = shorter.trim_matches(blank);
    }
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(kind: ItemKind, name: &str) -> Item {
        Item::new(257, 2, kind, name)
    }

    fn name(item: &Item, ext: &str) -> String {
        Names::new(true).item("Inbox", item, ext)
    }

    #[test]
    fn names_are_cleaned_but_those_of_contacts() {
        let message = |subject: &str| name(&named(ItemKind::Message, subject), "eml");
        assert_eq!(message("Re: a/b\\c?"), "Inbox/0000000257-Re_ a_b\\c_.eml");
        assert_eq!(message(" dots. . ."), "Inbox/0000000257- dots.eml");
        assert_eq!(message(""), "Inbox/message-257.eml");
        assert_eq!(name(&named(ItemKind::Contact, "../a/b:\n"), ""), "Inbox/../a/b:\n");
        assert_eq!(name(&named(ItemKind::Contact, ""), ""), "Inbox/");
    }

    #[test]
    fn long_names_are_cut_to_120_even_inside_a_character() {
        let cut = |subject: &str| name(&named(ItemKind::Message, subject), "");
        assert_eq!(cut(&"n".repeat(110)), format!("Inbox/0000000257-{}", "n".repeat(110)));
        assert_eq!(cut(&"n".repeat(111)), format!("Inbox/0000000257-{}", "n".repeat(109)));
        // The half becomes a question mark behind the cleaning, so it stays where it is the last.
        let half = format!("{}\u{1f4e7}rest", "n".repeat(108));
        assert_eq!(cut(&half), format!("Inbox/0000000257-{}?", "n".repeat(108)));
    }

    #[test]
    fn revisions_stand_before_short_extensions() {
        let document = |name_: &str| {
            let item = Item { flags: Flags::VERSIONED, version: 3, ..named(ItemKind::Document, name_) };
            name(&item, "")
        };
        assert_eq!(document("a.b.docx"), "Inbox/a.b-00003.docx");
        assert_eq!(document("a.pages"), "Inbox/a.pages-00003");
        assert_eq!(document("a"), "Inbox/a-00003");
    }

    #[test]
    fn equal_names_are_counted_where_nothing_else_tells_them_apart() {
        let mut names = Names::new(true);
        let contacts =
            ["Anna", "ANNA", "anna"].map(|name| names.item("C", &named(ItemKind::Contact, name), ""));
        assert_eq!(contacts, ["C/Anna", "C/ANNA-01", "C/anna-02"]);
        let mut names = Names::new(false);
        let item = named(ItemKind::Message, "a:b");
        assert_eq!([(); 2].map(|()| names.item("I", &item, "eml")), ["I/a_b.eml", "I/a_b-01.eml"]);
    }

    #[test]
    fn every_500_items_have_a_directory() {
        let mut names = Names::new(true);
        let mut given = Vec::new();
        for _ in 0..1000 {
            given.push(names.directory(2, "/In:box", true));
            assert!(!names.directory(2, "/In:box", false).contains('!'));
        }
        assert_eq!((&*given[498], &*given[499], &*given[998]), ("In_box", "In_box!1", "In_box!1"));
        assert_eq!(given[999], "In_box!2");
    }
}
