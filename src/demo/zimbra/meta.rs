use super::export::{Export, Tally};
use super::item::{Folder, Item};
use super::json::{self, Spread, quoted};
use crate::demo::mailbox::Random;
use crate::mailbox::ItemKind;

/// Letters of flags, in the order in which Zimbra writes them (`Flag.java`).
const LETTERS: [char; 27] = [
    's', 'a', 'r', 'w', 'f', 'd', 'x', 'n', 'u', '!', '?', '/', '(', 'p', 't', '+', '^', '*', 'b', '#', 'i',
    'v', 'y', '~', 'o', '@', 'g',
];
/// The bits that they stand for.
const BITS: [u32; 27] =
    [0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 18, 14, 15, 16, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28];
/// The bit that stands for what is not among the flags.
pub const UNREAD: u32 = 512;
/// When the mailbox was made.
pub const FOUNDED: i64 = 1_431_000_000;

/// What all descriptions state.
struct Common<'a> {
    id: u32,
    kind: ItemKind,
    parent: i64,
    folder: u32,
    imap_id: i64,
    date: i64,
    size: u64,
    digest: Option<String>,
    unread: u64,
    flags: u32,
    subject: Option<&'a str>,
    name: Option<&'a str>,
    metadata: String,
    modified: (u32, u32),
    changed: i64,
    sender: &'a str,
    path: String,
    tags: &'a [String],
    extra: Option<String>,
}

impl Export {
    /// The description of a folder that holds what `tally` says.
    pub(super) fn describe_folder(&self, folder: &Folder, tally: Tally) -> String {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let counted = folder.kind == ItemKind::Folder;
        let mut metadata = folder.metadata.clone();
        if counted {
            metadata = metadata
                .with_some("sz", count(tally.bytes))
                .with_some("i4d", count(tally.deleted))
                .with_some("i4du", count(tally.deleted_unread))
                .with("mseq", 1)
                .with("unxt", i64::from(folder.id.max(tally.newest)) + 1);
        }
        self.text(&Common {
            id: folder.id,
            kind: folder.kind,
            parent: folder.parent.into(),
            folder: folder.parent,
            imap_id: -1,
            date: FOUNDED,
            size: if counted { tally.items } else { 0 },
            digest: None,
            unread: tally.unread,
            flags: folder.flags,
            subject: Some(&folder.name),
            name: Some(&folder.name),
            metadata: metadata.to_string(),
            modified: (1, 1),
            changed: FOUNDED,
            sender: "",
            path: self.path(folder.id),
            tags: &[],
            extra: None,
        })
    }

    /// The description of an item.
    pub(super) fn describe(&self, item: &Item) -> String {
        let named = matches!(item.kind, ItemKind::Tag | ItemKind::Document);
        let path = format!("{}/", self.path(item.folder).trim_end_matches('/'));
        self.text(&Common {
            id: item.id,
            kind: item.kind,
            parent: item.parent,
            folder: item.folder,
            imap_id: item.imap_id,
            date: item.date,
            size: item.size(),
            digest: item.digest(),
            unread: u64::from(item.unread),
            flags: item.flags,
            subject: (item.kind != ItemKind::Contact).then_some(&item.name),
            name: named.then_some(&item.name),
            metadata: item.metadata.to_string(),
            modified: item.modified,
            changed: item.date + 60,
            sender: &item.sender,
            path: if named { path + &item.name } else { path },
            tags: &item.tags,
            extra: item.invite.map(|id| format!("calendar={id}")),
        })
    }

    /// The values in the order in which `ItemData.toJSON` puts them.
    fn text(&self, common: &Common<'_>) -> String {
        let old = self.options.old;
        let number = |number: i64| Some(number.to_string());
        let count = |number: u64| Some(number.to_string());
        let text = |text: &str| Some(quoted(text));
        let has_uuid = !old && (common.kind.is_folder() || common.kind == ItemKind::Document);
        let flags = common.flags | if common.unread > 0 { UNREAD } else { 0 };
        let values = [
            ("id", count(common.id.into())),
            ("uuid", has_uuid.then(|| quoted(&uuid(common.id)))),
            ("type", count(common.kind.number().into())),
            ("parent_id", number(common.parent)),
            ("folder_id", count(common.folder.into())),
            ("index_id", number(0)),
            ("imap_id", number(common.imap_id)),
            ("date", number(common.date)),
            ("size", count(common.size)),
            ("volume_id", number(0)),
            ("blob_digest", common.digest.as_deref().and_then(text)),
            ("unread", count(common.unread)),
            ("flags", count(common.flags.into())),
            ("tags", if old { number(self.tag_bits(common.tags)) } else { None }),
            ("subject", common.subject.and_then(text)),
            ("name", common.name.and_then(text)),
            ("metadata", text(&common.metadata)),
            ("mod_metadata", count(common.modified.0.into())),
            ("change_date", number(common.changed)),
            ("mod_content", count(common.modified.1.into())),
            ("sender", text(common.sender)),
            ("ExtraStr", common.extra.as_deref().and_then(text)),
            ("FlagStr", text(&flag_letters(flags))),
            ("Path", text(&common.path)),
            ("TagStr", text(&self.tag_numbers(common.tags))),
            ("TagNames", text(&tag_names(common.tags))),
            ("Ver", number(10)),
        ];
        json::object(if old { Spread::Java6 } else { Spread::Java8 }, values)
    }

    fn tag_ids(&self, names: &[String]) -> impl Iterator<Item = u32> {
        let id =
            |name: &String| self.items.iter().find(|item| item.kind == ItemKind::Tag && item.name == *name);
        names.iter().filter_map(id).map(|tag| tag.id)
    }

    fn tag_numbers(&self, names: &[String]) -> String {
        self.tag_ids(names).map(|id| id.to_string()).collect::<Vec<_>>().join(",")
    }

    /// Zimbra 7 had 63 tags at most, numbered from 64.
    fn tag_bits(&self, names: &[String]) -> i64 {
        self.tag_ids(names).fold(0, |bits, id| bits | 1_i64.checked_shl(id.saturating_sub(64)).unwrap_or(0))
    }
}

impl Item {
    /// Its flags as letters, whether it is unread among them.
    #[must_use]
    pub fn flag_letters(&self) -> String {
        flag_letters(self.flags | if self.unread { UNREAD } else { 0 })
    }
}

fn tag_names(names: &[String]) -> String {
    names.iter().map(|name| name.replace('\\', "\\\\").replace(':', "\\:")).collect::<Vec<_>>().join(":")
}

fn flag_letters(flags: u32) -> String {
    LETTERS.iter().zip(BITS).filter(|(_, bit)| flags >> bit & 1 == 1).map(|(letter, _)| letter).collect()
}

/// Always the same for the same number.
fn uuid(id: u32) -> String {
    let mut random = Random::new(id.into());
    let (high, low) = (random.draw(), random.draw());
    format!(
        "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_tags_are_text_as_well() {
        assert_eq!(flag_letters(1 | UNREAD), "su");
        assert_eq!(flag_letters(4096 | 1 << 18 | 1 << 14), "/(p");
        assert_eq!(tag_names(&["a:b".to_owned(), "c\\d".to_owned()]), "a\\:b:c\\\\d");
    }
}
