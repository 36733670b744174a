use crate::mailbox::ItemKind;

/// One entry of an export, before it is written as tar or zip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its name. Java cuts names between the halves of a character and then writes a question mark.
    pub name: String,
    /// The kind of item it belongs to.
    pub kind: ItemKind,
    /// That kind as text, which a tar keeps as the group's name and a zip as a comment.
    pub type_text: &'static str,
    /// The item's date, in seconds since 1970.
    pub date: i64,
    /// What Zimbra takes for unread; only on descriptions.
    pub unread: bool,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// The type of an item as Zimbra 8 and newer spell it (`MailItem.Type`); Zimbra 7 wrote `search folder`.
#[must_use]
pub fn type_text(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Folder => "folder",
        ItemKind::SearchFolder => "searchfolder",
        ItemKind::Tag => "tag",
        ItemKind::Conversation => "conversation",
        ItemKind::Message => "message",
        ItemKind::Contact => "contact",
        ItemKind::Document => "document",
        ItemKind::Note => "note",
        ItemKind::Flag => "flag",
        ItemKind::Appointment => "appointment",
        ItemKind::VirtualConversation => "virtual_conversation",
        ItemKind::Mountpoint => "mountpoint",
        ItemKind::Wiki => "wiki",
        ItemKind::Task => "task",
        ItemKind::Chat => "chat",
        ItemKind::Comment => "comment",
        ItemKind::Link => "link",
        ItemKind::Other(_) => "unknown",
    }
}
