use super::{Missing, Number};
use crate::mailbox::{Digest, Item};

/// Bytes of a message in which its Message-ID is looked for.
const HEAD: usize = 64 << 10;

/// A live message that was read and is none of the backup's, whatever its line ends. What lies in Trash or Junk is none: there
/// the backup has nothing, so it is no other version of what was there before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strange {
    /// Of its bytes.
    pub(crate) digest: Digest,
    pub(crate) uid: u32,
    pub(crate) size: u64,
    pub(crate) date: Option<i64>,
    pub(crate) message_id: Option<MessageId>,
}

/// A digest of a Message-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageId([u8; 32]);

impl Strange {
    /// How likely it is another version of `item`, which has the Message-ID `own`, the likeliest lowest; nothing if
    /// nothing speaks for it. Its second speaks for it whatever its Message-ID is, which may be cut or damaged as well.
    /// `differs` says that it is already known to differ from a live one of its size and second.
    pub(crate) fn place_for(&self, item: &Item, own: Option<MessageId>, differs: bool) -> Option<u8> {
        let twin = self.date == Some(item.date) && self.size == item.size;
        let same_id = own.is_some() && own == self.message_id;
        let nameless = own.is_none() || self.message_id.is_none();
        match () {
            () if differs && twin && same_id => Some(0),
            () if differs => twin.then_some(1),
            () if same_id => Some(0),
            () if self.date == Some(item.date) => Some(if nameless { 1 } else { 2 }),
            () => None,
        }
    }

    /// Whether it is the live message that counts as missing in the backup.
    pub(crate) fn is(&self, missing: &Missing) -> bool {
        (missing.number, missing.size, missing.date) == (Number::Uid(self.uid), self.size, self.date)
    }
}

/// The beginning of a message that streams by.
#[derive(Default)]
pub(crate) struct Head(Vec<u8>);

impl Head {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let room = HEAD.saturating_sub(self.0.len()).min(bytes.len());
        self.0.extend_from_slice(bytes.get(..room).unwrap_or_default());
    }

    pub(crate) fn message_id(&self) -> Option<MessageId> {
        message_id(&self.0)
    }
}

/// The Message-ID of a message, if its field stands in the first 64 KiB (RFC 5322, section 3.6.4).
pub(crate) fn message_id(message: &[u8]) -> Option<MessageId> {
    const NAME: &[u8] = b"message-id:";
    let head = message.get(..HEAD).unwrap_or(message);
    // Also where only CR ends the lines, as a copy may have lost the others.
    let lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let lines = lines.flat_map(|line| line.split(|byte| *byte == b'\r'));
    let mut lines = lines.take_while(|line| !line.trim_ascii().is_empty());
    let named = |line: &&[u8]| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
    let field = lines.find(named)?;
    // The value may stand in the line after, which then begins with white space.
    let value = field.get(NAME.len()..)?.trim_ascii();
    let mut folded = || lines.next().filter(|line| line.starts_with(b" ") || line.starts_with(b"\t"));
    let value = if value.is_empty() { folded()?.trim_ascii() } else { value };
    let end = value.iter().position(|byte| *byte == b'>').map_or(value.len(), |end| end + 1);
    let value = &value[..end];
    (!value.is_empty()).then(|| MessageId(*blake3::hash(value).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_id_is_found_however_it_is_written() {
        let plain = message_id(b"Subject: x\r\nMessage-ID: <a@b>\r\n\r\nbody");
        assert!(plain.is_some());
        for message in
            [&b"MESSAGE-ID:<a@b>\n\n"[..], b"Message-Id:\r\n\t<a@b> \r\n\r\n", b"message-id: <a@b>"]
        {
            assert_eq!(message_id(message), plain);
        }
        for message in [&b"Subject: x\rMessage-ID: <a@b>\r\rbody"[..], b"Message-ID: <a@b>Subject: xbody"] {
            assert_eq!(message_id(message), plain);
        }
        assert_ne!(message_id(b"Message-ID: <A@b>\n\n"), plain);
        for without in
            [&b"Subject: x\n\nMessage-ID: <a@b>\n"[..], b"Message-ID:\n\n<a@b>", b"", b"Message-ID: \n"]
        {
            assert_eq!(message_id(without), None);
        }
    }
}
