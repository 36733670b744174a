//! Folders with levels, as IMAP servers have them.
//!
//! Invariant: the room of a folder is the same by the path of the backup and by the name that the server gave it,
//! whatever letters it does not allow.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};

use super::{Contents, Found, Rooms};
use crate::live::{BodyPart, Folder, Folders, Listed, LiveError};
use crate::mailbox::ItemId;
use crate::restore::rehearsal::Root;

/// Bodies that are asked for at once.
const BATCH: usize = 500;
/// The folder that proves that a mailbox is a sandbox.
pub(super) const MARKER: &str = "mailproof-sandbox";

/// The rooms of one archive's items.
pub(super) struct Levels(pub(super) usize);

impl Rooms for Levels {
    fn name(&self, account: &str, folder: Option<&str>, id: ItemId) -> String {
        let unnamed = format!("Folder {id}");
        let path = folder.filter(|path| !path.trim_matches('/').is_empty()).unwrap_or(&unnamed);
        let levels = path.split('/').filter(|level| !level.is_empty());
        room([&*self.0.to_string(), account].into_iter().chain(levels))
    }
}

/// Servers differ in the letters that they allow, so only those count that all of them do.
fn room<'a>(levels: impl Iterator<Item = &'a str>) -> String {
    let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
    let levels = levels.map(|level| level.chars().map(plain).collect::<String>().to_lowercase());
    levels.collect::<Vec<_>>().join("/")
}

/// The root that a folder with these levels is, or lies below, with the levels below it.
pub(super) fn below_root<'a>(mut levels: impl Iterator<Item = &'a str>) -> Option<(Root, Vec<&'a str>)> {
    let root = levels.find_map(Root::found)?;
    Some((root, levels.collect()))
}

/// The room of a folder with these levels, if it lies below `root`.
pub(super) fn room_below<'a>(root: &Root, levels: impl Iterator<Item = &'a str>) -> Option<String> {
    let (_, levels) = below_root(levels).filter(|(found, _)| found == root)?;
    Some(room(levels.into_iter()))
}

/// The names of `root` and of all folders below it.
pub(super) fn below(folders: &[Folder], root: &Root) -> Vec<String> {
    let own = |folder: &&Folder| below_root(folder.levels()).is_some_and(|(found, _)| found == *root);
    folders.iter().filter(own).map(|folder| folder.name.to_string()).collect()
}

/// Looks what is in the folders; the marker among them marks them as the sandbox of `account`.
pub(super) fn contents(live: &mut dyn Folders, account: &str) -> Result<Contents, LiveError> {
    let mut contents = Contents::default();
    for folder in live.folders()? {
        if let Some((root, _)) = below_root(folder.levels()) {
            if !contents.roots.contains(&root) {
                contents.roots.push(root);
            }
            continue;
        }
        if folder.levels().last() == Some(MARKER) {
            contents.marked_for = Some(account.to_owned());
        }
        let mut messages = 0_u64;
        live.list(&folder, &mut |_| messages += 1)?;
        if messages > 0 {
            let name = crate::legible::line(&folder.name);
            contents.add_other(format!("{messages} message(s) in folder {name}"));
        }
    }
    Ok(contents)
}

/// Reads all messages below `root`.
pub(super) fn read_back(
    live: &mut dyn Folders,
    root: &Root,
    each: &mut dyn FnMut(Found),
) -> Result<(), LiveError> {
    read_folders(live, &|folder: &Folder| room_below(root, folder.levels()), each)
}

/// Reads all messages of the folders that have a room.
pub(super) fn read_folders(
    live: &mut dyn Folders,
    room: &dyn Fn(&Folder) -> Option<String>,
    each: &mut dyn FnMut(Found),
) -> Result<(), LiveError> {
    for folder in live.folders()? {
        let Some(room) = room(&folder) else { continue };
        let mut listed: HashMap<u32, Listed> = HashMap::new();
        live.list(&folder, &mut |message| drop(listed.insert(message.place.uid, message)))?;
        let mut uids: Vec<u32> = listed.keys().copied().collect();
        uids.sort_unstable();
        for batch in uids.chunks(BATCH) {
            read_batch(live, &folder, batch, &mut |uid, sha256, size| {
                let message = listed.get(&uid);
                each(Found {
                    room: room.clone(),
                    sha256,
                    size,
                    date: message.and_then(|message| message.date),
                    flags: message.map(|message| message.flags),
                });
            })?;
        }
    }
    Ok(())
}

/// Messages that go while they are read are not there, and told so by not being told.
fn read_batch(
    live: &mut dyn Folders,
    folder: &Folder,
    uids: &[u32],
    each: &mut dyn FnMut(u32, [u8; 32], u64),
) -> Result<(), LiveError> {
    let mut open: HashMap<u32, (Context, u64)> = HashMap::new();
    live.bodies(folder, uids, &mut |uid, part| match part {
        BodyPart::Begin(_) => drop(open.insert(uid, (Context::new(&SHA256), 0))),
        BodyPart::Bytes(bytes) => {
            if let Some((hasher, size)) = open.get_mut(&uid) {
                hasher.update(bytes);
                *size += bytes.len() as u64;
            }
        }
        BodyPart::End => {
            if let Some((hasher, size)) = open.remove(&uid) {
                each(uid, hasher.finish().as_ref().try_into().unwrap_or_default(), size);
            }
        }
        BodyPart::Gone | BodyPart::Withheld => drop(open.remove(&uid)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_the_same_whatever_a_server_makes_of_its_name() {
        let name = |path| Levels(1).name("anna@example.org", path, ItemId(300));
        let stated = name(Some("/Inbox/v1.2 ~ Größe/a*b"));
        let listed = ["1", "anna@example_org", "Inbox", "v1_2 _ Größe", "a_b"];
        assert_eq!(stated, room(listed.into_iter()));
        assert_eq!(name(None), room(["1", "anna@example.org", "Folder 300"].into_iter()));
        assert_ne!(stated, name(Some("/Inbox")));
        assert_ne!(name(Some("/a/b")), name(Some("/a_b")));
    }

    #[test]
    fn a_folder_belongs_to_the_root_it_lies_in() {
        let folder = |name: &str, separator| Folder {
            name: name.into(),
            separator: Some(separator),
            purpose: crate::live::Purpose::Mail,
            raw: name.as_bytes().into(),
        };
        let root = "mailproof-run-20261125T040000Z-0123abcd";
        let (found, below) = {
            let folder = folder(&format!("INBOX.{root}.1.a@b"), '.');
            let (found, below) = below_root(folder.levels()).unwrap();
            (found, below.len())
        };
        assert_eq!((found.as_str(), below), (root, 2));
        assert!(below_root(folder("mailproof-sandbox", '/').levels()).is_none());
        assert!(below_root(folder(&format!("x{root}/1"), '/').levels()).is_none());
    }
}
