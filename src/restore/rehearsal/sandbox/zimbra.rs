use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};
use secrecy::SecretString;
use tokio::runtime::Handle;

use super::accounts::{Accounts, most_open};
use super::levels::{self, Levels};
use super::{Contents, Found, Rooms, Sandbox, SandboxError};
use crate::legible::line;
use crate::live::zimbra::{Delivery, Folder, Live, Mailbox, Presence};
use crate::live::{BodyPart, Server, Writable};
use crate::mailbox::{ItemId, ItemKind};
use crate::network::Cancel;
use crate::policy::{Limits, Rehearsal};
use crate::restore::rehearsal::Root;
use crate::restore::rehearsal::ledger::flags;
use crate::restore::zimbra::sandbox as folders;
use crate::restore::{Place, PlaceError, ZimbraPlace};

/// A sandbox that is a mailbox on a Zimbra, filled by its import and read over REST.
pub struct ZimbraSandbox {
    address: String,
    account: String,
    server: Server,
    most_open: usize,
}

impl ZimbraSandbox {
    /// The mailbox that `rules` names; `password` is that of who logs in.
    ///
    /// # Errors
    /// In words, if the policy was not validated.
    pub fn new(
        rules: &Rehearsal,
        password: Option<SecretString>,
        limits: &Limits,
        cancel: &Cancel,
        runtime: &Handle,
    ) -> Result<Self, String> {
        let server = Server::new(&rules.server(), password, limits, cancel, runtime)?;
        let most_open = most_open(rules);
        Ok(Self { address: rules.to.clone(), account: rules.account.clone(), server, most_open })
    }

    fn open(&self) -> Result<Mailbox, SandboxError> {
        match self.server.writable(&self.account)? {
            Writable::Zimbra(mailbox) => Ok(*mailbox),
            Writable::Imap(..) | Writable::Maildir => {
                Err(SandboxError::Other("`rehearsal.to` names no Zimbra; report this".to_owned()))
            }
        }
    }
}

impl Sandbox for ZimbraSandbox {
    fn address(&self) -> &str {
        &self.address
    }

    fn contents(&mut self) -> Result<Contents, SandboxError> {
        Ok(contents(&self.open()?.folders()?, &self.account))
    }

    fn mark(&mut self, _account: &str) -> Result<(), SandboxError> {
        Ok(folders::make(&self.open()?, levels::MARKER)?)
    }

    fn place<'a>(&'a mut self, root: &Root, number: usize) -> Result<Box<dyn Place + 'a>, SandboxError> {
        let above = format!("{root}/{number}");
        Ok(Box::new(Accounts::new(self.most_open, move |account| {
            let mailbox = self.open().map_err(|error| PlaceError(error.to_string()))?;
            Ok(Box::new(ZimbraPlace::new(mailbox, Some(&format!("{above}/{account}")))))
        })))
    }

    fn rooms(&self, number: usize) -> Box<dyn Rooms> {
        Box::new(Levels(number))
    }

    fn read_back(&mut self, root: &Root, each: &mut dyn FnMut(Found)) -> Result<(), SandboxError> {
        let mailbox = self.open()?;
        for folder in mailbox.folders()? {
            if let Some(room) = levels::room_below(root, folder.path.split('/')) {
                read_folder(&mailbox, &folder, &room, each)?;
            }
        }
        Ok(())
    }

    fn clean(&mut self, root: &Root) -> Result<(), SandboxError> {
        let mailbox = self.open()?;
        for folder in mailbox.folders()? {
            if folder.path.trim_matches('/') == root.as_str() {
                folders::remove(&mailbox, folder.id)?;
            }
        }
        Ok(())
    }
}

/// What lies in the folders of a mailbox, by the server's counts.
fn contents(folders: &[Folder], account: &str) -> Contents {
    let mut contents = Contents::default();
    for folder in folders.iter().filter(|folder| folder.kind == ItemKind::Folder) {
        if let Some((root, _)) = levels::below_root(folder.path.split('/')) {
            if !contents.roots.contains(&root) {
                contents.roots.push(root);
            }
            continue;
        }
        if folder.path.trim_matches('/') == levels::MARKER {
            contents.marked_for = Some(account.to_owned());
        }
        if folder.items > 0 {
            contents.add_other(format!("{} item(s) in folder {}", folder.items, line(&folder.path)));
        }
    }
    contents
}

/// Reads the messages of one folder.
fn read_folder(
    mailbox: &Mailbox,
    folder: &Folder,
    room: &str,
    each: &mut dyn FnMut(Found),
) -> Result<(), SandboxError> {
    let mut ids = Vec::new();
    mailbox.list(folder.id, &mut |id| ids.push(id))?;
    let mut stated: HashMap<ItemId, Live> = HashMap::new();
    mailbox.messages(&ids, &mut |id, presence| {
        if let Presence::Message(live) = presence {
            stated.insert(id, live);
        }
    })?;
    for live in ids.iter().filter_map(|id| stated.get(id)) {
        let Some((sha256, size)) = read_body(mailbox, live.id)? else { continue };
        let flags = Some(flags(live.flags, live.unread));
        each(Found { room: room.to_owned(), sha256, size, date: Some(live.date), flags });
    }
    Ok(())
}

/// SHA-256 and size of a body; nothing for one that is not handed out, which then counts as missing.
fn read_body(mailbox: &Mailbox, id: ItemId) -> Result<Option<([u8; 32], u64)>, SandboxError> {
    let (mut hasher, mut size) = (Context::new(&SHA256), 0);
    let delivery = mailbox.body(id, &mut |part| match part {
        BodyPart::Begin(_) => (hasher, size) = (Context::new(&SHA256), 0),
        BodyPart::Bytes(bytes) => {
            hasher.update(bytes);
            size += bytes.len() as u64;
        }
        BodyPart::End | BodyPart::Gone | BodyPart::Withheld => {}
    })?;
    let whole = matches!(delivery, Delivery::Whole { .. });
    let sha256 = hasher.finish().as_ref().try_into().unwrap_or_default();
    Ok(whole.then_some((sha256, size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(id: u32, path: &str, items: u64) -> Folder {
        let kind = ItemKind::Folder;
        Folder { id: ItemId(id), parent: ItemId(1), path: path.to_owned(), kind, items, unread: 0, bytes: 0 }
    }

    #[test]
    fn what_earlier_runs_left_is_told_from_what_others_put_there() {
        let root = "mailproof-run-20261125T040000Z-0123abcd";
        let mut folders = vec![
            folder(2, "/Inbox", 0),
            folder(300, "/mailproof-sandbox", 0),
            folder(301, &format!("/{root}"), 0),
            folder(302, &format!("/{root}/1/anna@example.org/Inbox"), 7),
        ];
        let seen = contents(&folders, "s@example.org");
        assert_eq!(seen.marked_for.as_deref(), Some("s@example.org"));
        assert_eq!(seen.roots.iter().map(Root::as_str).collect::<Vec<_>>(), [root]);
        assert!(seen.others.is_empty());
        folders.push(folder(303, "/Inbox/mailproof-sandbox", 2));
        folders.remove(1);
        let seen = contents(&folders, "s@example.org");
        assert_eq!(seen.marked_for, None);
        assert_eq!(seen.others, ["2 item(s) in folder /Inbox/mailproof-sandbox"]);
    }
}
