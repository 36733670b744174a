//! Folders that a client makes and takes away.

use super::LiveMailbox;
use super::admin::Answer;
use super::element::Element;
use super::mail::{NAMESPACE, branch};
use crate::demo::zimbra::Folder;

/// Makes a folder, or gives the one that is there if `fie` says so (`CreateFolder.java`).
pub(super) fn create(mailbox: &mut LiveMailbox, call: &Element) -> Answer {
    let stated = |key| call.child("folder").and_then(|folder| folder.get(key)).unwrap_or_default();
    let (name, parent) = (stated("name"), stated("l").parse().unwrap_or(1));
    let there = mailbox.child(parent, &name);
    if there.is_some() && stated("fie") != "1" {
        return Err(("mail.ALREADY_EXISTS", format!("object with that name already exists: {name}")));
    }
    let id = there.unwrap_or_else(|| mailbox.make_folder(parent, &name));
    let folder = mailbox.folders.iter().find(|folder| folder.id == id);
    let made = folder.map(|folder| branch(mailbox, folder, "", 0));
    Ok(Element::root("CreateFolderResponse", NAMESPACE).holding(made))
}

/// Deletes a folder with all in it and below it, past the trash (`FolderAction.java`, `delete`).
pub(super) fn act(mailbox: &mut LiveMailbox, call: &Element) -> Answer {
    let stated = |key| call.child("action").and_then(|action| action.get(key)).unwrap_or_default();
    let (id, op) = (stated("id"), stated("op"));
    if op != "delete" {
        return Err(("service.INVALID_REQUEST", format!("invalid request: unknown operation: {op}")));
    }
    match id.parse().ok().filter(|id| mailbox.folders.iter().any(|folder| folder.id == *id)) {
        Some(id @ 256..) => mailbox.remove_folder(id),
        Some(_) => return Err(("mail.IMMUTABLE_OBJECT", format!("cannot modify immutable object: {id}"))),
        None => return Err(("mail.NO_SUCH_FOLDER", format!("no such folder id: {id}"))),
    }
    let action = Element::new("action").with("id", id.as_str()).with("op", op.as_str());
    Ok(Element::root("FolderActionResponse", NAMESPACE).holding([action]))
}

impl LiveMailbox {
    /// The folder at a path, made with those above it where it is missing.
    pub(super) fn folder_at(&mut self, path: &str) -> u32 {
        let names = path.split('/').filter(|name| !name.is_empty());
        names.fold(1, |parent, name| {
            self.child(parent, name).unwrap_or_else(|| self.make_folder(parent, name))
        })
    }

    /// The folder of that name in another; names differ by more than case.
    fn child(&self, parent: u32, name: &str) -> Option<u32> {
        let is_it = |folder: &&Folder| {
            folder.parent == parent && folder.name.eq_ignore_ascii_case(name) && folder.id != parent
        };
        self.folders.iter().find(is_it).map(|folder| folder.id)
    }

    fn make_folder(&mut self, parent: u32, name: &str) -> u32 {
        let id = self.next_id();
        self.folders.push(Folder::new(id, parent, name));
        id
    }

    /// Takes away a folder with all in it and below it.
    fn remove_folder(&mut self, id: u32) {
        let below = |folder: &&Folder| folder.parent == id && folder.id != id;
        let below: Vec<u32> = self.folders.iter().filter(below).map(|folder| folder.id).collect();
        below.into_iter().for_each(|folder| self.remove_folder(folder));
        let items: Vec<u32> =
            self.items.values().filter(|item| item.folder == id).map(|item| item.id).collect();
        items.into_iter().for_each(|item| self.delete(item));
        self.folders.retain(|folder| folder.id != id);
    }

    /// A number that nothing has.
    pub(super) fn next_id(&self) -> u32 {
        let folders = self.folders.iter().map(|folder| folder.id);
        let tombstones = self.tombstones.iter().map(|(_, _, id)| *id);
        let newest = self.items.keys().copied().chain(folders).chain(tombstones).max();
        newest.unwrap_or(0).max(256) + 1
    }
}
