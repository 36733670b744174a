use super::facts::{Account, Facts, Session};
use super::place::{AccountPart, Folder, Label, Part};
use super::redolog::Redolog;
use crate::mailbox::zimbra::room::Room;

/// Bytes that a session, an account and a log take in memory beside their text, and a number of a zip.
const SESSION: usize = 400;
const ACCOUNT: usize = 300;
const LOG: usize = 200;
const NUMBER: usize = 16;

/// Facts, and the room that is left for more.
pub(super) struct Kept {
    pub(super) facts: Facts,
    pub(super) room: Room,
}

impl Kept {
    pub(super) fn new(room: Room) -> Self {
        Self { facts: Facts::default(), room }
    }

    pub(super) fn finish(self) -> Facts {
        Facts { unkept: self.room.refused(), ..self.facts }
    }

    /// A session; `None` if it is new and there is no room for it.
    pub(super) fn session(&mut self, label: Label) -> Option<&mut Session> {
        if !self.facts.sessions.contains_key(&label) {
            self.room.take(SESSION)?;
        }
        Some(self.facts.sessions.entry(label).or_default())
    }

    /// An account of a session; `None` if it is new and there is no room for it.
    pub(super) fn account(&mut self, label: Label, folder: &Folder<'_>) -> Option<&mut Account> {
        let id = folder.account();
        if !self.session(label)?.accounts.contains_key(&id) {
            self.room.take(id.len().saturating_add(ACCOUNT))?;
        }
        let new = || Account { in_place: folder.in_place, ..Account::default() };
        let account = self.session(label)?.accounts.entry(id).or_insert_with(new);
        account.in_place &= folder.in_place;
        Some(account)
    }

    /// Counts a member of a session that never ended.
    pub(super) fn note_unfinished(&mut self, label: Option<Label>, is_file: bool) {
        if self.facts.unfinished.contains_key(&label) || self.room.take(SESSION).is_some() {
            let members = self.facts.unfinished.entry(label).or_default();
            *members = members.saturating_add(u64::from(is_file));
        }
    }

    /// Notes that a part of a session is there; `None` if it was not kept.
    pub(super) fn note(&mut self, label: Label, part: &Part<'_>, is_file: bool) -> Option<()> {
        if let Part::Account(folder, part) = part {
            return self.note_account(label, folder, *part, is_file);
        }
        let session = self.session(label)?;
        match part {
            _ if !is_file => {}
            Part::SessionXml => session.has_xml = true,
            Part::Ldap => {
                session.ldap.get_or_insert_default();
            }
            Part::System => session.system_files += 1,
            Part::SharedBlob => session.shared_blobs += 1,
            Part::Account(..) | Part::Redolog(_) | Part::Other => {}
        }
        Some(())
    }

    fn note_account(
        &mut self,
        label: Label,
        folder: &Folder<'_>,
        part: AccountPart,
        is_file: bool,
    ) -> Option<()> {
        if is_file && matches!(part, AccountPart::BlobZip(_)) {
            self.room.take(NUMBER)?;
        }
        let account = self.account(label, folder)?;
        match part {
            _ if !is_file => {}
            AccountPart::Meta => account.meta = true,
            AccountPart::Ldap => account.ldap = true,
            AccountPart::Schema => account.schema = true,
            AccountPart::Table => account.tables += 1,
            AccountPart::BlobZip(number) => account.zips.push(number),
            AccountPart::Blob => account.loose_blobs += 1,
            AccountPart::Other => {}
        }
        Some(())
    }

    /// Keeps a log; `None` if there was no room for it.
    pub(super) fn note_log(&mut self, label: Label, log: Redolog) -> Option<()> {
        self.room.take(log.name.len().saturating_add(LOG))?;
        self.session(label)?.redologs.push(log);
        Some(())
    }

    /// States an account's address; `None` if there was no room for it.
    pub(super) fn state_email(&mut self, label: Label, folder: &Folder<'_>, email: Box<str>) -> Option<()> {
        self.room.take(email.len())?;
        self.account(label, folder)?.email = Some(email);
        Some(())
    }
}
