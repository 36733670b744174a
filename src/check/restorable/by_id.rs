use crate::mailbox::{Flags, Item, ItemId};

/// An item as a live Zimbra states it (`GetMsgMetadata`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in.
    pub folder: ItemId,
    /// Bytes of its body (`s`).
    pub size: u64,
    /// Change number of flags, tags and folder (`ms`).
    pub mod_metadata: u32,
    /// Change number of the content (`rev`).
    pub mod_content: u32,
    /// Flags.
    pub flags: Flags,
}

/// Whether the live mailbox has an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It has.
    Here(Live),
    /// It had, and remembers the deletion.
    Deleted,
    /// It has not; deletions were not asked for.
    Unknown,
    /// It has not and knows of no deletion since the backup.
    Lost,
}

/// What must hold of an item, by its change numbers alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Its bytes must be those of the backup; it may have been moved or flagged since.
    SameBytes {
        /// It lies in another folder now.
        moved: bool,
        /// Its flags, tags or folder changed.
        touched: bool,
    },
    /// Its content was changed since.
    ChangedSince,
    /// The live content is older than the backup's: the live mailbox was set back.
    SetBack,
    /// It was deleted since.
    DeletedSince,
    /// It is gone, by deletion or loss.
    Missing,
    /// It is gone and was never deleted.
    Lost,
}

/// Judges an item of a backup by what the live mailbox says of the same number.
///
/// Numbers are never used twice in a mailbox, and the change number of the content rises with each edit
/// (`Mailbox.java`); the same number and content number therefore mean the same bytes.
#[must_use]
pub fn judge(item: &Item, presence: Presence) -> Verdict {
    let live = match presence {
        Presence::Here(live) => live,
        Presence::Deleted => return Verdict::DeletedSince,
        Presence::Unknown => return Verdict::Missing,
        Presence::Lost => return Verdict::Lost,
    };
    if live.mod_content > item.mod_content {
        return Verdict::ChangedSince;
    }
    if live.mod_content < item.mod_content {
        return Verdict::SetBack;
    }
    Verdict::SameBytes { moved: live.folder != item.folder, touched: live.mod_metadata != item.mod_metadata }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::ItemKind;

    fn item() -> Item {
        Item {
            id: ItemId(300),
            folder: ItemId(2),
            kind: ItemKind::Message,
            size: 10,
            digest: None,
            date: 0,
            changed: 0,
            mod_metadata: 7,
            mod_content: 5,
            imap_id: 300,
            flags: Flags::default(),
            unread: false,
            sound: true,
        }
    }

    fn live(folder: u32, mod_metadata: u32, mod_content: u32) -> Presence {
        let (id, folder) = (ItemId(300), ItemId(folder));
        Presence::Here(Live { id, folder, size: 10, mod_metadata, mod_content, flags: Flags::default() })
    }

    #[test]
    fn what_changed_since_is_told_from_what_must_be_equal() {
        let same = |moved, touched| Verdict::SameBytes { moved, touched };
        assert_eq!(judge(&item(), live(2, 7, 5)), same(false, false));
        assert_eq!(judge(&item(), live(2, 9, 5)), same(false, true));
        assert_eq!(judge(&item(), live(3, 9, 5)), same(true, true));
        assert_eq!(judge(&item(), live(2, 9, 9)), Verdict::ChangedSince);
        assert_eq!(judge(&item(), live(2, 7, 4)), Verdict::SetBack);
        assert_eq!(judge(&item(), Presence::Deleted), Verdict::DeletedSince);
        assert_eq!(judge(&item(), Presence::Unknown), Verdict::Missing);
        assert_eq!(judge(&item(), Presence::Lost), Verdict::Lost);
    }
}
