//! A Maildir with its folders, as Dovecot and Courier keep it (Maildir++).
//!
//! Input: a directory. Output: its folders, the messages in them, and their bytes as they lie there. Invariant: no file
//! changes, not even the time of its last access where its owner reads; no symbolic link below the directory is
//! followed; and of a file's name nothing but its flags is believed: neither sizes (`S=`, `W=`) nor dates.

mod message;
mod place;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use message::{Message, PARTS, Parts, flags, split};
use place::{Found, Place as Directory, trouble};
use rustix::fd::OwnedFd;

use super::name::decoded;
use super::{BodyPart, Fault, Folder, FolderState, Folders, Listed, LiveError, Place, Purpose, Terms};

const CHUNK: usize = 128 * 1024;

/// A Maildir. Numbers are positions in the list that was made last, in the order of the names.
#[derive(Debug)]
pub struct Maildir {
    root: OwnedFd,
    server: String,
    terms: Terms,
    lists: HashMap<Box<[u8]>, Vec<Message>>,
}

/// Reads the list of what lies in `base`, where the Maildirs of all accounts are, down to its first entry. Where nothing
/// does, the disk is not there.
pub(super) fn check_base(base: &Path) -> Result<(), Fault> {
    let none =
        |what| Fault::NoMailboxes { detail: crate::legible::line(&format!("{} {what}", base.display())) };
    let unread = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => none("is missing"),
        _ => trouble(base.as_os_str().as_encoded_bytes(), error),
    };
    let first = std::fs::read_dir(base).map_err(unread)?.next().transpose().map_err(unread)?;
    first.map(|_| ()).ok_or_else(|| none("is empty"))
}

impl Maildir {
    /// Opens the directory that holds `cur` and `new`.
    ///
    /// # Errors
    /// [`Fault::NoSuchAccount`] if it is not there or is no Maildir, [`Fault::Io`] if it can't be opened.
    pub fn open(root: &Path, terms: Terms) -> Result<Self, LiveError> {
        let server = format!("maildir://{}", root.display());
        let attempt = || {
            let opened = place::open_root(root)?;
            let whole = opened.enter(PARTS[0])?.is_some() && opened.enter(PARTS[1])?.is_some();
            if whole { Ok(opened) } else { Err(Fault::NoSuchAccount) }
        };
        let root = attempt().map_err(|fault| fault.of(&server, "the Maildir"))?;
        Ok(Self { root, server, terms, lists: HashMap::new() })
    }

    /// The directory of a folder; the root is the inbox.
    fn enter(&self, folder: &Folder) -> Result<Option<OwnedFd>, Fault> {
        let raw = if folder.raw.is_empty() { b"." } else { &*folder.raw };
        self.root.enter(raw)
    }

    fn find_folders(&self) -> Result<Vec<Folder>, Fault> {
        let mut raws = vec![Box::default()];
        self.root.each(&mut |name| {
            let dotted = name.strip_prefix(b".").is_some_and(|rest| !rest.is_empty() && rest != b".");
            if dotted
                && let Some(folder) = self.root.enter(name)?
                && folder.enter(PARTS[0])?.is_some()
            {
                raws.push(name.into());
            }
            self.look(raws.len())
        })?;
        raws.sort_unstable();
        Ok(raws.into_iter().map(folder_of).collect())
    }

    /// Looks whether the run may go on, with so many entries.
    fn look(&self, entries: usize) -> Result<(), Fault> {
        if self.terms.cancel.is_cancelled() {
            return Err(Fault::Interrupted);
        }
        let limit = self.terms.limits.entries;
        if entries as u64 > limit {
            return Err(Fault::protocol(format_args!("more than {limit} folders or messages of one folder")));
        }
        Ok(())
    }

    /// The messages of a folder, by the part of their names that stays.
    fn messages(&self, folder: &Folder) -> Result<Vec<Message>, Fault> {
        let missing = || Fault::NoSuchFolder { detail: "its directory is not there".to_owned() };
        let directory = self.enter(folder)?.ok_or_else(missing)?;
        let mut messages: BTreeMap<Box<[u8]>, Message> = BTreeMap::new();
        // What moves from one part to the other meanwhile is seen at least once if `new` comes first.
        for part in PARTS.into_iter().rev() {
            let Some(inside) = directory.enter(part)? else { continue };
            inside.each(&mut |file| {
                if !file.starts_with(b".") {
                    let unique: Box<[u8]> = split(file).0.into();
                    messages.insert(unique.clone(), Message { unique, file: file.into(), part });
                }
                self.look(messages.len())
            })?;
        }
        Ok(messages.into_values().collect())
    }

    fn list_into(
        &self,
        folder: &Folder,
        each: &mut dyn FnMut(Listed),
    ) -> Result<(Vec<Message>, FolderState), Fault> {
        let messages = self.messages(folder)?;
        let mut state = FolderState::default();
        let directory = self.enter(folder)?;
        let parts = Parts::of(directory.as_ref())?;
        for (message, uid) in messages.iter().zip(1..) {
            self.look(0)?;
            let Some(found) = parts.look_at(message)? else {
                state.vanished += 1;
                continue;
            };
            state.messages += 1;
            let place = Place { folder: Arc::clone(&folder.name), uid };
            let flags = flags(split(&message.file).1);
            each(Listed { place, size: found.size, date: Some(found.seconds), flags });
        }
        Ok((messages, state))
    }

    fn read(
        &self,
        folder: &Folder,
        parts: &Parts,
        message: &Message,
        each: &mut dyn FnMut(BodyPart<'_>),
    ) -> Result<(), Fault> {
        let opened = match parts.open(message.part, &message.file)? {
            Some(opened) => Some(opened),
            // Its flags changed since, so it has another name.
            None => self.find_again(folder, message, parts)?,
        };
        let Some((file, found)) = opened else {
            each(BodyPart::Gone);
            return Ok(());
        };
        if found.size > self.terms.limits.body {
            let size = found.size;
            return Err(Fault::protocol(format_args!(
                "a message of {size} bytes: more than the policy's limit"
            )));
        }
        each(BodyPart::Begin(found.size));
        let came = self.pass_on(file, &message.file, found.size, each)?;
        if came != found.size {
            return Err(Fault::Io { detail: "a message was written to while it was read".to_owned() });
        }
        each(BodyPart::End);
        Ok(())
    }

    /// Hands on what is in the file, up to the chunk that passes `size`; gives how much there was.
    fn pass_on(
        &self,
        mut file: File,
        name: &[u8],
        size: u64,
        each: &mut dyn FnMut(BodyPart<'_>),
    ) -> Result<u64, Fault> {
        let (mut buffer, mut came) = (vec![0; CHUNK], 0_u64);
        loop {
            self.look(0)?;
            let count = file.read(&mut buffer).map_err(|error| trouble(name, error))?;
            came += count as u64;
            if count == 0 || came > size {
                return Ok(came);
            }
            each(BodyPart::Bytes(buffer.get(..count).unwrap_or_default()));
            self.terms.pace.received(count, &self.terms.cancel)?;
        }
    }

    fn find_again(
        &self,
        folder: &Folder,
        message: &Message,
        parts: &Parts,
    ) -> Result<Option<(File, Found)>, Fault> {
        let messages = self.messages(folder)?;
        let same = messages.binary_search_by(|other| other.unique.cmp(&message.unique));
        match same.ok().and_then(|place| messages.get(place)) {
            Some(other) => parts.open(other.part, &other.file),
            None => Ok(None),
        }
    }

    fn asked(what: &str, folder: &Folder) -> String {
        format!("{what} \"{}\"", folder.name)
    }
}

impl Folders for Maildir {
    fn folders(&mut self) -> Result<Vec<Folder>, LiveError> {
        self.find_folders().map_err(|fault| fault.of(&self.server, "list of folders"))
    }

    fn list(&mut self, folder: &Folder, each: &mut dyn FnMut(Listed)) -> Result<FolderState, LiveError> {
        let (messages, state) = self
            .list_into(folder, each)
            .map_err(|fault| fault.of(&self.server, &Self::asked("messages of folder", folder)))?;
        self.lists.insert(folder.raw.clone(), messages);
        Ok(state)
    }

    fn bodies(
        &mut self,
        folder: &Folder,
        uids: &[u32],
        each: &mut dyn FnMut(u32, BodyPart<'_>),
    ) -> Result<(), LiveError> {
        let told = |fault: Fault| fault.of(&self.server, &Self::asked("bodies in folder", folder));
        let unlisted = Vec::new();
        let messages = self.lists.get(&folder.raw).unwrap_or(&unlisted);
        let parts = self.enter(folder).and_then(|directory| Parts::of(directory.as_ref())).map_err(told)?;
        let mut uids = uids.to_vec();
        uids.sort_unstable();
        uids.dedup();
        for uid in uids {
            let place = usize::try_from(uid).ok().and_then(|uid| uid.checked_sub(1));
            match place.and_then(|place| messages.get(place)) {
                Some(message) => {
                    self.read(folder, &parts, message, &mut |part| each(uid, part)).map_err(told)?
                }
                None => each(uid, BodyPart::Gone),
            }
        }
        Ok(())
    }
}

/// The folder behind a directory's name: `.Sent.2024` is `Sent.2024`.
fn folder_of(raw: Box<[u8]>) -> Folder {
    let name = match raw.strip_prefix(b".") {
        Some(name) => decoded(name),
        None => "INBOX".to_owned(),
    };
    Folder { name: name.into(), separator: Some('.'), purpose: Purpose::Mail, raw }
}

#[cfg(test)]
mod tests;
