use super::counts::Counts;
use super::order::Order;
use super::sameness::Fingerprint;
use super::whose::Trace;
use crate::archive::unpack::shown;
use crate::mailbox::{Form, Item, ItemId, ItemKind, Mailbox};

/// Folders of one mailbox that are listed; the summaries of all accounts are in memory together.
const MOST_FOLDERS: usize = 500;

/// What remains of an export: small whatever it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxSummary {
    /// Whose it is.
    pub account: String,
    /// The member of the archive it was read from.
    pub source: String,
    /// Which of several of this account in the archive it is: the folder it lies in, or the member.
    pub place: Option<String>,
    /// In which form it was exported.
    pub form: Form,
    /// Folders, search folders and mountpoints, in the order of the export; the first 500, as long as there is room.
    pub folders: Vec<FolderSummary>,
    /// Those that are not listed.
    pub unlisted: u64,
    /// How many there are of each kind of item, folders not among them.
    pub items: Vec<(ItemKind, u64)>,
    /// Bytes of all bodies.
    pub body_bytes: u64,
    /// The date of the newest item, in seconds since 1970.
    pub newest: Option<i64>,
    /// Its messages, in the order of the export, where they are to be compared with the live mailbox.
    pub messages: Vec<Item>,
    /// What tells whose it is.
    pub trace: Trace,
    /// Its items as one number.
    pub fingerprint: Option<Fingerprint>,
}

/// A folder as it is stated and as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderSummary {
    /// Its number.
    pub id: ItemId,
    /// Its path.
    pub path: Box<str>,
    /// Items it held when the export began, those that an export leaves out included.
    pub stated: u64,
    /// Items that came.
    pub seen: u64,
    /// Bytes that the items which came are stated to have.
    pub bytes: u64,
}

impl MailboxSummary {
    /// Of a member that should be an export and holds none.
    #[must_use]
    pub fn nothing(account: &str, member: &[u8]) -> Self {
        Self {
            account: account.to_owned(),
            source: shown(member),
            place: None,
            form: Form::promised(member).map_or(Form::default(), |(form, _)| form),
            folders: Vec::new(),
            unlisted: 0,
            items: Vec::new(),
            body_bytes: 0,
            newest: None,
            messages: Vec::new(),
            trace: Trace::default(),
            fingerprint: None,
        }
    }

    pub(super) fn new(mailbox: &Mailbox, order: &Order<'_>, counts: &Counts<'_>) -> Self {
        let folders = mailbox.folders.iter().map(|folder| {
            let seen = counts.seen(folder.id);
            let (id, path, stated) = (folder.id, folder.path.clone(), folder.items);
            FolderSummary { id, path, stated, seen: seen.items, bytes: seen.bytes }
        });
        Self {
            account: mailbox.account.clone(),
            source: mailbox.source.clone(),
            place: None,
            form: mailbox.form,
            folders: folders.take(MOST_FOLDERS).collect(),
            unlisted: mailbox.folders.len().saturating_sub(MOST_FOLDERS) as u64,
            items: by_kind(mailbox),
            body_bytes: mailbox.body_bytes,
            newest: mailbox.newest(),
            messages: Vec::new(),
            trace: Trace::default(),
            fingerprint: Fingerprint::of(order),
        }
    }
}

impl MailboxSummary {
    /// Takes the bytes of the listed folders from `room`; those that find none are listed no more.
    pub(super) fn fit(&mut self, room: &mut usize) {
        let fits = self.folders.iter().take_while(|folder| {
            let left = room.checked_sub(size_of::<FolderSummary>() + folder.path.len());
            *room = left.unwrap_or(*room);
            left.is_some()
        });
        let listed = fits.count();
        self.unlisted += (self.folders.len() - listed) as u64;
        self.folders.truncate(listed);
        self.folders.shrink_to_fit();
    }
}

fn by_kind(mailbox: &Mailbox) -> Vec<(ItemKind, u64)> {
    let mut kinds: Vec<(ItemKind, u64)> = Vec::new();
    for item in &mailbox.items {
        match kinds.iter_mut().find(|(kind, _)| *kind == item.kind) {
            Some((_, count)) => *count += 1,
            None => kinds.push((item.kind, 1)),
        }
    }
    kinds
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Export, folder};
    use super::*;

    #[test]
    fn folders_that_find_no_room_are_counted() {
        let mut export = Export::full();
        export.folders.extend((300..800).map(|id| folder(id, 1, "/F", 0)));
        let (mut summary, _) = export.examined();
        assert_eq!((summary.folders.len(), summary.unlisted), (500, 7));
        let mut room = 3 * (size_of::<FolderSummary>() + "/Contacts".len());
        summary.fit(&mut room);
        assert_eq!((summary.folders.len(), summary.unlisted), (3, 504));
        let (mut next, _) = export.examined();
        next.fit(&mut room);
        assert_eq!((next.folders.len(), next.unlisted), (0, 507));
    }
}
