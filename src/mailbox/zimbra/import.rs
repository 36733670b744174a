//! A tgz as Zimbra writes it and takes it in again (`ArchiveFormatter.java`, and the Ant archiver inside Zimbra:
//! `TarEntry.java`, `TarUtils.java`).
//!
//! Input: descriptions and bodies. Output: the bytes of an export, as they are made. Invariants: a description stands
//! right before its body; no body is changed; nothing but the last block's rest is held.

use std::io::{self, Write};

use flate2::{Compression, GzBuilder, write::GzEncoder};

use crate::mailbox::ItemKind;

const RECORD: usize = 512;
/// Records come in blocks of 20.
const BLOCK: u64 = 20 * RECORD as u64;
/// Names of so many bytes stand in a record of their own.
const LONG: usize = 100;
/// An octal number of eleven digits ends here.
const LARGEST: u64 = 1 << 33;

/// A member of an export.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// Its name, as another export had it.
    pub name: &'a [u8],
    /// What it is, or describes.
    pub kind: ItemKind,
    /// The item's date, in seconds since 1970.
    pub date: i64,
    /// Marks the description of an unread message.
    pub unread: bool,
}

/// Writes an export.
pub struct Packer<W: Write> {
    gzip: GzEncoder<W>,
    /// Bytes of the tar so far.
    written: u64,
    /// When it is made, in seconds since 1970.
    made: i64,
}

impl<W: Write> Packer<W> {
    /// Begins an export that is made at this moment, in seconds since 1970.
    pub fn new(sink: W, made: i64) -> Self {
        // As Java writes it: no name, no date, no hint of the system.
        let gzip = GzBuilder::new().operating_system(0).write(sink, Compression::new(6));
        Self { gzip, written: 0, made }
    }

    /// Adds a member.
    ///
    /// # Errors
    /// If the sink fails, or the content is too large for a tar (8 GiB).
    pub fn add(&mut self, member: Member<'_>, content: &[u8]) -> io::Result<()> {
        let Member { name, kind, date, unread } = member;
        if name.len() >= LONG {
            let link = header(b"././@LongLink", name.len() as u64 + 1, self.made)?;
            self.push(&sealed(put(link, 156, b"L")))?;
            self.push(name)?;
            self.push(&[0])?;
            self.fill(RECORD as u64)?;
        }
        let mut record = header(name, content.len() as u64, date)?;
        if unread {
            record = put(record, 100, b"100444 \0");
        }
        record = put(record, 297, type_text(kind).as_bytes());
        record = put(record, 329, format!("{:>6o} \0", kind.number()).as_bytes());
        self.push(&sealed(record))?;
        self.push(content)?;
        self.fill(RECORD as u64)
    }

    /// Ends the export.
    ///
    /// # Errors
    /// If the sink fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.push(&[0; 2 * RECORD])?;
        self.fill(BLOCK)?;
        self.gzip.finish()
    }

    fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.written += bytes.len() as u64;
        self.gzip.write_all(bytes)
    }

    /// Adds zeros up to a multiple of `unit`.
    fn fill(&mut self, unit: u64) -> io::Result<()> {
        while !self.written.is_multiple_of(unit) {
            let missing = usize::try_from(unit - self.written % unit).unwrap_or(RECORD).min(RECORD);
            self.push([0; RECORD].get(..missing).unwrap_or_default())?;
        }
        Ok(())
    }
}

fn header(name: &[u8], size: u64, date: i64) -> io::Result<[u8; RECORD]> {
    if size >= LARGEST {
        return Err(io::Error::other("a member of 8 GiB or more, which no tar of Zimbra's can hold"));
    }
    let record = put([0; RECORD], 0, name.get(..name.len().min(LONG)).unwrap_or_default());
    let record = put(record, 100, b"100644 \0     0 \0     0 \0");
    let record = put(record, 124, format!("{size:>11o} ").as_bytes());
    // What no eleven digits can write becomes blanks, as in Zimbra's own.
    let date = u64::try_from(date).ok().filter(|date| *date < LARGEST);
    let date = date.map_or_else(|| " ".repeat(12), |date| format!("{date:>11o} "));
    let record = put(record, 136, date.as_bytes());
    Ok(put(put(put(record, 156, b"0"), 257, b"ustar\0\0\0"), 329, b"     0 \0     0 \0"))
}

fn put(mut record: [u8; RECORD], at: usize, bytes: &[u8]) -> [u8; RECORD] {
    for (place, byte) in record.iter_mut().skip(at).zip(bytes) {
        *place = *byte;
    }
    record
}

/// The record with its sum, in which the sum itself counts as blanks.
fn sealed(record: [u8; RECORD]) -> [u8; RECORD] {
    let record = put(record, 148, b"        ");
    let sum: u64 = record.iter().map(|byte| u64::from(*byte)).sum();
    put(record, 148, format!("{sum:>6o}\0 ").as_bytes())
}

/// The type of an item in words (`MailItem.Type`).
fn type_text(kind: ItemKind) -> &'static str {
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

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::demo::zimbra as demo;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(packed).read_to_end(&mut tar).unwrap();
        tar
    }

    #[test]
    fn exports_are_those_that_the_demonstration_writes() {
        let names = ["Inbox/0000000257-a.eml.meta", &"n".repeat(99), &"n".repeat(100), &"é".repeat(90)];
        let mut packer = Packer::new(Vec::new(), 1_795_388_400);
        let mut members = Vec::new();
        for (number, name) in names.iter().enumerate() {
            for kind in [ItemKind::Message, ItemKind::Appointment, ItemKind::Folder] {
                let (content, unread) = (vec![b'x'; number * 511], number == 0);
                let date = 1_457_599_624 - 2_000_000_000 * number as i64;
                let member = Member { name: name.as_bytes(), kind, date, unread };
                packer.add(member, &content).unwrap();
                let (name, type_text) = ((*name).to_owned(), demo::type_text(kind));
                members.push(demo::Member { name, kind, type_text, date, unread, content });
            }
        }
        let packed = packer.finish().unwrap();
        assert_eq!(packed[..10], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0]);
        let (tar, expected) = (unpacked(&packed), demo::tar::write(&members, 1_795_388_400));
        assert_eq!(tar.len(), expected.len());
        // Zimbra leaves in the last block what the one before had there.
        let end = tar.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!(tar[..end.next_multiple_of(512) + 1024], expected[..end.next_multiple_of(512) + 1024]);
    }

    #[test]
    fn what_no_tar_can_hold_is_refused() {
        assert!(header(b"a", LARGEST - 1, 0).is_ok());
        assert!(header(b"a", LARGEST, 0).is_err());
    }
}
