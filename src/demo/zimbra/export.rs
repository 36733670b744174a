//! An account's export as Zimbra writes it (`ArchiveFormatter.java`): folders first, then items, each behind its
//! description.

use std::collections::HashMap;
use std::io;

use flate2::Compression;

use super::item::{Fate, Folder, Item};
use super::member::{Member, type_text};
use super::meta::{FOUNDED, UNREAD};
use super::name::Names;
use super::{gzip, tar, zip};
use crate::mailbox::{Flags, Form, ItemId, ItemKind};

/// Zimbra's own folders: number, parent, name, default view.
const SYSTEM: [(u32, u32, &str, i64); 15] = [
    (11, 11, "ROOT", 0),
    (1, 11, "USER_ROOT", 0),
    (16, 1, "Briefcase", 8),
    (10, 1, "Calendar", 11),
    (14, 1, "Chats", 5),
    (7, 1, "Contacts", 6),
    (9, 11, "Conversations", 4),
    (6, 1, "Drafts", 5),
    (13, 1, "Emailed Contacts", 6),
    (2, 1, "Inbox", 5),
    (4, 1, "Junk", 5),
    (5, 1, "Sent", 5),
    (8, 11, "Tags", 3),
    (15, 1, "Tasks", 15),
    (3, 1, "Trash", 0),
];
/// Bodies are copied in pieces of so many bytes; zip's are four times as long.
const PIECE: usize = 10_240;
/// Flags without which a message is taken for unread, as a number stands in Zimbra where a mask should
/// (`ArchiveFormatter.saveItem`): all but sent and forwarded.
const NOT_READ: u32 = !(1 | 8);

/// What an account holds and how it is exported.
#[derive(Debug, Clone)]
pub struct Export {
    /// Folders, search folders and mountpoints.
    pub folders: Vec<Folder>,
    /// Everything else, in the order of the search.
    pub items: Vec<Item>,
    /// How it is written.
    pub options: Options,
}

/// How an export is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// tgz, tar or zip.
    pub form: Form,
    /// Whether descriptions are written.
    pub meta: bool,
    /// As Zimbra 7 wrote it: no numbers in names, search folders twice, conversations.
    pub old: bool,
    /// Whether folders, search folders, tags and mountpoints are described, as they are without a query.
    pub folders: bool,
    /// Whether the search finds what lies in Trash and below.
    pub trash: bool,
    /// Whether the search finds what lies in Junk and below.
    pub junk: bool,
    /// When it was written, in seconds since 1970.
    pub exported: i64,
    /// From 0, which is quick, to 9.
    pub level: u32,
}

/// What a folder holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Items, those that an export leaves out included.
    pub items: u64,
    /// Unread ones.
    pub unread: u64,
    /// Bytes of all.
    pub bytes: u64,
    /// Those with `\Deleted`.
    pub deleted: u64,
    /// Unread ones among those.
    pub deleted_unread: u64,
    /// The highest number.
    pub newest: u32,
}

impl Default for Options {
    /// What zmbackup fetches: a whole tgz of a current server with default settings.
    fn default() -> Self {
        Self {
            form: Form::Tgz,
            meta: true,
            old: false,
            folders: true,
            trash: false,
            junk: false,
            exported: 1_795_388_400,
            level: 6,
        }
    }
}

impl Default for Export {
    /// An account with Zimbra's own folders and nothing in them.
    fn default() -> Self {
        Self { folders: system_folders(), items: Vec::new(), options: Options::default() }
    }
}

impl Export {
    /// The export as it is downloaded.
    ///
    /// # Errors
    /// If a zip can't hold so much.
    pub fn write(&self) -> io::Result<Vec<u8>> {
        self.pack(&self.members())
    }

    /// Packs `members`, whatever was done to them.
    ///
    /// # Errors
    /// If a zip can't hold so much.
    pub fn pack(&self, members: &[Member]) -> io::Result<Vec<u8>> {
        let level = Compression::new(self.options.level);
        match self.options.form {
            Form::Tar => Ok(tar::write(members, self.options.exported)),
            Form::Tgz => gzip::write(&tar::write(members, self.options.exported), level),
            Form::Zip => zip::write(members, level),
        }
    }

    /// The entries in order.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let mut members = Vec::new();
        let mut names = Names::new(!self.options.old);
        if self.options.folders {
            let tallies = self.tallies();
            for kind in [ItemKind::Folder, ItemKind::SearchFolder] {
                self.add_folders(kind, &tallies, &mut names, &mut members);
            }
            if self.options.old {
                self.add_folders(ItemKind::SearchFolder, &tallies, &mut names, &mut members);
            }
            for tag in self.items.iter().filter(|item| item.kind == ItemKind::Tag) {
                self.add(tag, &mut names, &mut members);
            }
            self.add_folders(ItemKind::Mountpoint, &tallies, &mut names, &mut members);
        }
        for item in self.items.iter().filter(|item| self.finds(item)) {
            if item.fate == Fate::Aborts {
                break;
            }
            self.add(item, &mut names, &mut members);
        }
        members
    }

    /// What is in each folder, whether or not it is exported.
    #[must_use]
    pub fn tallies(&self) -> HashMap<u32, Tally> {
        let mut tallies: HashMap<u32, Tally> = HashMap::new();
        for item in self.items.iter().filter(|item| item.kind.is_content() && item.fate != Fate::Revision) {
            let tally = tallies.entry(item.folder).or_default();
            let (unread, deleted) = (u64::from(item.unread), u64::from(is_deleted(item)));
            tally.items += 1;
            tally.unread += unread;
            tally.bytes += item.size();
            tally.deleted += deleted;
            tally.deleted_unread += unread * deleted;
            tally.newest = tally.newest.max(item.id);
        }
        tallies
    }

    /// The path of a folder; the roots have `/`.
    #[must_use]
    pub fn path(&self, id: u32) -> String {
        let mut names: Vec<&str> = self.above(id).map(|folder| folder.name.as_str()).collect();
        names.reverse();
        format!("/{}", names.join("/"))
    }

    /// A folder and those above it, the roots left out.
    fn above(&self, id: u32) -> impl Iterator<Item = &Folder> {
        let find = |id: u32| self.folders.iter().find(|folder| folder.id == id && !matches!(id, 1 | 11));
        // A folder that lies in itself would have no end.
        std::iter::successors(find(id), move |folder| find(folder.parent)).take(self.folders.len())
    }

    /// Whether the search finds an item.
    fn finds(&self, item: &Item) -> bool {
        let below = |root: ItemId| self.above(item.folder).any(|folder| folder.id == root.0);
        let excluded =
            (!self.options.trash && below(ItemId::TRASH)) || (!self.options.junk && below(ItemId::JUNK));
        let kind = item.kind.is_content() || (self.options.old && item.kind == ItemKind::Conversation);
        kind && !excluded && !is_deleted(item)
    }

    fn add_folders(
        &self,
        kind: ItemKind,
        tallies: &HashMap<u32, Tally>,
        names: &mut Names,
        members: &mut Vec<Member>,
    ) {
        let mut folders: Vec<(String, &Folder)> = Vec::new();
        for folder in self.folders.iter().filter(|folder| folder.kind == kind) {
            folders.push((self.path(folder.id), folder));
        }
        folders.sort_by(|one, other| (&one.0, &one.1.name).cmp(&(&other.0, &other.1.name)));
        for (_, folder) in folders {
            let directory = names.directory(folder.parent, &self.path(folder.parent), false);
            let name = names.folder(&directory, folder.id, &folder.name);
            let text = self.describe_folder(folder, tallies.get(&folder.id).copied().unwrap_or_default());
            if self.options.meta {
                members.push(self.member(format!("{name}.meta"), kind, FOUNDED, text.into_bytes()));
            }
        }
    }

    /// Adds an item's description, its body, and what Zimbra remarks.
    fn add(&self, item: &Item, names: &mut Names, members: &mut Vec<Member>) {
        if item.fate == Fate::Lost {
            return;
        }
        let directory = names.directory(item.folder, &self.path(item.folder), true);
        let name = names.item(&directory, item, self.extension(item.kind));
        let times = if item.fate == Fate::Twice { 2 } else { 1 };
        for _ in 0..times {
            if self.options.meta && item.fate != Fate::WithoutMeta {
                let text = self.describe(item).into_bytes();
                let seen = item.flags | if item.unread { UNREAD } else { 0 };
                let unread = item.kind == ItemKind::Message && seen & NOT_READ != 0;
                members.push(Member {
                    unread,
                    ..self.member(format!("{name}.meta"), item.kind, item.date, text)
                });
            }
            if item.fate != Fate::WithoutBody {
                self.add_body(item, &name, members);
            }
        }
    }

    fn add_body(&self, item: &Item, name: &str, members: &mut Vec<Member>) {
        if let (false, Some(plain)) = (self.options.meta, &item.plain) {
            members.push(self.member(name.to_owned(), item.kind, item.date, plain.clone()));
            return;
        }
        let Some(body) = &item.body else { return };
        let stored = item.stored.as_ref().unwrap_or(body);
        let mut content = stored[..stored.len().min(body.len())].to_vec();
        content.resize(body.len(), b' ');
        members.push(self.member(name.to_owned(), item.kind, item.date, content));
        let piece = if self.options.form == Form::Zip { 4 * PIECE } else { PIECE };
        // A file that is too long is noticed only where the last piece reaches beyond the end.
        let noticed = stored.len() < body.len() || stored.len() > body.len() && body.len() % piece != 0;
        if noticed {
            members.push(self.member(format!("{name}.err"), item.kind, item.date, Vec::new()));
        }
    }

    fn member(&self, name: String, kind: ItemKind, date: i64, content: Vec<u8>) -> Member {
        let type_text = match kind {
            ItemKind::SearchFolder if self.options.old => "search folder",
            kind => type_text(kind),
        };
        Member { name, kind, type_text, date, unread: false, content }
    }

    fn extension(&self, kind: ItemKind) -> &'static str {
        match kind {
            ItemKind::Message => "eml",
            ItemKind::Appointment if self.options.meta => "appt",
            ItemKind::Appointment => "ics",
            ItemKind::Task => "task",
            ItemKind::Note => "note",
            ItemKind::Chat => "chat",
            ItemKind::Wiki => "wiki",
            ItemKind::Contact if !self.options.meta => "vcf",
            _ => "",
        }
    }
}

fn is_deleted(item: &Item) -> bool {
    Flags(item.flags).has(Flags::DELETED)
}

/// Those that every mailbox has.
fn system_folders() -> Vec<Folder> {
    let folder = |(id, parent, name, view)| {
        // The roots may hold nothing, and those below can't be removed.
        let fixed = if parent == 11 && id != 1 { 3 } else { 1 };
        let checked = if matches!(id, 10 | 15) { 1 << 21 } else { 0 };
        Folder::new(id, parent, name).fixed(fixed, view, checked)
    };
    SYSTEM.into_iter().map(folder).collect()
}
