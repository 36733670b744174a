use std::fmt;

use super::digest::Digest;

/// Zimbra's number of an item or folder, unique in its mailbox; up to 255 for Zimbra's own folders and tags
/// (`Mailbox.java`, `FIRST_USER_ID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(pub u32);

impl ItemId {
    /// The invisible folder above all others.
    pub const ROOT: Self = Self(11);
    /// The folder above all that the user sees.
    pub const USER_ROOT: Self = Self(1);
    /// Trash.
    pub const TRASH: Self = Self(3);
    /// Junk.
    pub const JUNK: Self = Self(4);
    /// The folder of tags.
    pub const TAGS: Self = Self(8);
    /// The folder of conversations.
    pub const CONVERSATIONS: Self = Self(9);
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What an item is (`MailItem.java`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// 1
    Folder,
    /// 2
    SearchFolder,
    /// 3
    Tag,
    /// 4
    Conversation,
    /// 5
    Message,
    /// 6
    Contact,
    /// 8
    Document,
    /// 9
    Note,
    /// 10
    Flag,
    /// 11
    Appointment,
    /// 12
    VirtualConversation,
    /// 13
    Mountpoint,
    /// 14
    Wiki,
    /// 15
    Task,
    /// 16
    Chat,
    /// 17
    Comment,
    /// 18
    Link,
    /// A number that stands for nothing known.
    Other(u8),
}

impl ItemKind {
    /// The kind Zimbra writes as this number.
    #[must_use]
    pub fn of(number: u8) -> Self {
        match number {
            1 => Self::Folder,
            2 => Self::SearchFolder,
            3 => Self::Tag,
            4 => Self::Conversation,
            5 => Self::Message,
            6 => Self::Contact,
            8 => Self::Document,
            9 => Self::Note,
            10 => Self::Flag,
            11 => Self::Appointment,
            12 => Self::VirtualConversation,
            13 => Self::Mountpoint,
            14 => Self::Wiki,
            15 => Self::Task,
            16 => Self::Chat,
            17 => Self::Comment,
            18 => Self::Link,
            other => Self::Other(other),
        }
    }

    /// The number Zimbra writes for this kind.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Folder => 1,
            Self::SearchFolder => 2,
            Self::Tag => 3,
            Self::Conversation => 4,
            Self::Message => 5,
            Self::Contact => 6,
            Self::Document => 8,
            Self::Note => 9,
            Self::Flag => 10,
            Self::Appointment => 11,
            Self::VirtualConversation => 12,
            Self::Mountpoint => 13,
            Self::Wiki => 14,
            Self::Task => 15,
            Self::Chat => 16,
            Self::Comment => 17,
            Self::Link => 18,
            Self::Other(number) => number,
        }
    }

    /// Holds for folders, search folders and mountpoints.
    #[must_use]
    pub fn is_folder(self) -> bool {
        matches!(self, Self::Folder | Self::SearchFolder | Self::Mountpoint)
    }

    /// Holds for what is nothing without a body (`ArchiveFormatter.java`): all but contacts, appointments and tasks
    /// without an invitation, links, comments, and what is no content.
    #[must_use]
    pub fn needs_body(self) -> bool {
        matches!(self, Self::Message | Self::Document | Self::Note | Self::Wiki | Self::Chat | Self::Other(_))
    }

    /// Holds for what lies in folders and is counted there.
    #[must_use]
    pub fn is_content(self) -> bool {
        !self.is_folder()
            && !matches!(self, Self::Tag | Self::Flag | Self::Conversation | Self::VirtualConversation)
    }
}

impl fmt::Display for ItemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Folder => "folder",
            Self::SearchFolder => "search folder",
            Self::Tag => "tag",
            Self::Conversation | Self::VirtualConversation => "conversation",
            Self::Message => "message",
            Self::Contact => "contact",
            Self::Document => "document",
            Self::Note => "note",
            Self::Flag => "flag",
            Self::Appointment => "appointment",
            Self::Mountpoint => "mountpoint",
            Self::Wiki => "wiki page",
            Self::Task => "task",
            Self::Chat => "chat",
            Self::Comment => "comment",
            Self::Link => "link",
            Self::Other(_) => "item of unknown kind",
        })
    }
}

/// Zimbra's flags of an item (`Flag.java`); whether it is unread is not among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// Carries IMAP's `\Deleted`; a search, and so an export, leaves it out.
    pub const DELETED: u32 = 128;
    /// A document with older revisions.
    pub const VERSIONED: u32 = 4096;

    /// Whether all bits of `mask` are set.
    #[must_use]
    pub fn has(self, mask: u32) -> bool {
        self.0 & mask == mask
    }
}

/// One item as the backup states it. About 100 bytes, as there may be millions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its number.
    pub id: ItemId,
    /// The folder it lies in.
    pub folder: ItemId,
    /// What it is.
    pub kind: ItemKind,
    /// Bytes of its body, uncompressed.
    pub size: u64,
    /// The digest of its body; absent where it has none.
    pub digest: Option<Digest>,
    /// When it was received, in seconds since 1970.
    pub date: i64,
    /// When its row last changed, in seconds since 1970.
    pub changed: i64,
    /// Change number of flags, tags and folder (`ms` in SOAP).
    pub mod_metadata: u32,
    /// Change number of the content (`rev` in SOAP, and the number in a blob's name).
    pub mod_content: u32,
    /// UID in IMAP; 0 where none is assigned yet.
    pub imap_id: u32,
    /// Flags.
    pub flags: Flags,
    /// Not read yet.
    pub unread: bool,
    /// Its body was there and equal in size and digest to what is stated, or it has none and needs none.
    pub sound: bool,
}

impl Item {
    /// Whether there must be a body: by its kind, or because it has a size. The size of a conversation is that of a list.
    #[must_use]
    pub fn states_body(&self) -> bool {
        self.kind.needs_body() || (self.size > 0 && self.kind.is_content())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_its_number_belong_together() {
        assert!((0..=u8::MAX).all(|number| ItemKind::of(number).number() == number));
    }
}
