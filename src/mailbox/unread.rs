//! Members that belong to an account, by their names, and that nobody reads: nothing is proven of that account.
//!
//! Input: the names of members that are no exports, and of those that are. Output: how many are not read, and the first of
//! them. Invariant: 16 MiB of addresses are kept; a folder for which there is no room counts as not read.

use std::collections::HashMap;

use crate::archive::unpack::{Kind, Member, Naming, is_numbered, shown};

/// Members that are named.
const MOST_NAMED: usize = 100;
/// Bytes of all addresses, and those that each takes beside its text.
const ROOM: usize = 16 << 20;
const ADDRESS: usize = 48;
/// What lies beside exports and is none.
const BESIDE: [&[u8]; 7] = [b".b3", b".sha256", b".sha1", b".md5", b".txt", b".log", b".asc"];
/// `getty@tty1.service` is no address.
const UNITS: [&[u8]; 5] = [b".service", b".socket", b".timer", b".slice", b".d"];
/// What Zimbra puts behind the names of descriptions of what has a body.
const DESCRIPTIONS: [&[u8]; 6] =
    [b".eml.meta", b".appt.meta", b".task.meta", b".note.meta", b".chat.meta", b".wiki.meta"];

/// Members that nobody reads though they belong to an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unread {
    /// How many: links, other endings, items of unpacked exports, folders of an account without an export.
    pub count: u64,
    /// The first hundred, harmless on a terminal.
    pub first: Vec<String>,
}

/// Takes note of members as they come.
#[derive(Debug)]
pub(super) struct Notes {
    unread: Unread,
    /// Addresses after which folders or exports are named; those with an export are read.
    addresses: HashMap<Box<[u8]>, bool>,
    room: usize,
}

impl Default for Notes {
    fn default() -> Self {
        Self { unread: Unread::default(), addresses: HashMap::new(), room: ROOM }
    }
}

impl Notes {
    /// A member that nobody reads.
    pub(super) fn pass(&mut self, name: &[u8]) {
        self.pass_as(|| shown(name));
    }

    /// An export of `account`.
    pub(super) fn read(&mut self, name: &[u8], account: &str) {
        if is_like_an_account(account.as_bytes())
            && let Some(read) = self.address(account.as_bytes())
        {
            *read = true;
        }
        self.read_in(name);
    }

    /// A member that is read: what lies in the same folder stands beside it.
    pub(super) fn read_in(&mut self, name: &[u8]) {
        if let Some(read) = address_in(folder(name)).and_then(|address| self.address(address)) {
            *read = true;
        }
    }

    /// A member that is no export and no backup tool's. Holds if it counts as not read.
    pub(super) fn other(&mut self, member: &Member) -> bool {
        let name = &member.name[..];
        let directory = member.kind == Kind::Directory;
        let passed = if directory {
            false
        } else if is_of_an_item(name) {
            self.pass_as(|| Naming::Inside.subject(member.index, name));
            true
        } else if is_like_an_account(last(name)) {
            self.pass(name);
            true
        } else {
            false
        };
        let folders = if directory { name } else { folder(name) };
        match address_in(folders) {
            Some(address) if self.address(address).is_none() => self.pass(address),
            _ => {}
        }
        passed
    }

    /// All that was not read.
    pub(super) fn finish(mut self) -> Unread {
        let addresses = std::mem::take(&mut self.addresses);
        let mut alone: Vec<_> = addresses.into_iter().filter(|(_, read)| !read).collect();
        alone.sort_unstable();
        alone.iter().for_each(|(address, _)| self.pass_as(|| format!("{}/", shown(address))));
        self.unread
    }

    fn pass_as(&mut self, name: impl FnOnce() -> String) {
        self.unread.count += 1;
        if self.unread.first.len() < MOST_NAMED {
            self.unread.first.push(name());
        }
    }

    /// Whether what is named after `address` is read; `None` if there is no room to know it.
    fn address(&mut self, address: &[u8]) -> Option<&mut bool> {
        if !self.addresses.contains_key(address) {
            self.room = self.room.checked_sub(address.len() + ADDRESS)?;
        }
        Some(self.addresses.entry(address.into()).or_default())
    }
}

/// The name without its last component.
fn folder(name: &[u8]) -> &[u8] {
    &name[..name.iter().rposition(|byte| *byte == b'/').unwrap_or(0)]
}

/// The last component of a name.
fn last(name: &[u8]) -> &[u8] {
    name.rsplit(|byte| *byte == b'/').next().unwrap_or(name)
}

/// The first component of a path that is an address.
fn address_in(path: &[u8]) -> Option<&[u8]> {
    path.split(|byte| *byte == b'/').find(|component| is_like_an_account(component))
}

/// Whether a name is an address with an ending that neither exports have nor what lies beside them.
fn is_like_an_account(component: &[u8]) -> bool {
    let Some(at) = component.iter().position(|byte| *byte == b'@') else { return false };
    let ends = |endings: &[&[u8]]| endings.iter().any(|ending| component.ends_with(ending));
    at > 0 && component[at..].contains(&b'.') && !ends(&BESIDE) && !ends(&UNITS)
}

/// Whether a name is one that only an item of an export has.
fn is_of_an_item(name: &[u8]) -> bool {
    is_numbered(name) || DESCRIPTIONS.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn other(notes: &mut Notes, name: &str, kind: Kind) -> bool {
        notes.other(&Member { name: name.into(), kind, size: 1, index: 7, offset: 0, modified: None })
    }

    fn first(notes: Notes) -> Vec<String> {
        notes.finish().first
    }

    #[test]
    fn a_folder_named_after_an_address_is_read_if_an_export_lies_in_it_or_has_its_name() {
        let mut notes = Notes::default();
        other(&mut notes, "e/anna@example.org/prefs.txt", Kind::File);
        other(&mut notes, "e/bruno@example.org/", Kind::Directory);
        other(&mut notes, "e/carla@example.org", Kind::Directory);
        notes.read(b"e/anna@example.org/mail.tgz", "mail");
        notes.read(b"e/carla@example.org.tgz", "carla@example.org");
        assert_eq!(first(notes), ["bruno@example.org/"]);
    }

    #[test]
    fn items_and_links_are_told_and_no_subject_is() {
        let mut notes = Notes::default();
        assert!(other(&mut notes, "e/anna/Inbox/0000000257-Salary.eml", Kind::File));
        assert!(other(&mut notes, "e/anna/Inbox/Salary.eml.meta", Kind::File));
        assert!(other(&mut notes, "e/bruno@example.org", Kind::SymbolicLink));
        for name in ["app/config.meta", "anna@example.org.tgz.b3", "getty@tty1.service", "@scope/x.y"] {
            assert!(!other(&mut notes, name, Kind::SymbolicLink), "{name}");
        }
        assert_eq!(first(notes), ["member 7 (item 257)", "member 7", "e/bruno@example.org"]);
    }

    #[test]
    fn beyond_the_room_every_member_of_such_a_folder_counts() {
        let mut notes = Notes { room: 100, ..Notes::default() };
        for name in ["anna@example.org/x", "bruno@example.org/x", "bruno@example.org/y"] {
            other(&mut notes, name, Kind::File);
        }
        assert_eq!(notes.finish().count, 3);
    }

    #[test]
    fn more_than_are_named_are_counted() {
        let mut notes = Notes::default();
        (0..MOST_NAMED + 5).for_each(|_| notes.pass(b"x@example.org"));
        let unread = notes.finish();
        assert_eq!((unread.count, unread.first.len()), (MOST_NAMED as u64 + 5, MOST_NAMED));
    }
}
