//! An account that is sound, as tests change it, and the bytes of its export.

use mailproof::demo::zimbra::{Export, Item, Member, gzip, tar};
use mailproof::mailbox::ItemKind;

pub const ANNA: &str = "anna@example.org";
pub const PAUL: &str = "Paul <paul@example.org>";
pub const CONTACTS: u32 = 7;
/// Items of [`account`] that are exported.
pub const DUE: u64 = 20;
pub const INBOX: u32 = 2;
pub const SENT: u32 = 5;
pub const BRIEFCASE: u32 = 16;

/// A message with its number in it.
pub fn mail(id: u32, folder: u32) -> Item {
    let subject = format!("Offerta {id}");
    let body =
        format!("Subject: {subject}\r\nFrom: {ANNA}\r\n\r\n{}\r\n", "Buongiorno. ".repeat(id as usize % 97));
    Item { sender: format!("Anna <{ANNA}>"), date: i64::from(id), ..Item::message(id, folder, subject, body) }
}

/// Twelve messages in Inbox, six in Sent, a contact without photo and a file.
pub fn account() -> Export {
    let messages = (257..275).map(|id| mail(id, if id < 269 { INBOX } else { SENT }));
    let contact = Item::new(280, CONTACTS, ItemKind::Contact, "Doe, Jane/../x");
    let file =
        Item { body: Some(vec![b'%'; 5000]), ..Item::new(281, BRIEFCASE, ItemKind::Document, "plan.pdf") };
    Export { items: messages.chain([contact, file]).collect(), ..Export::default() }
}

pub fn with(change: impl FnOnce(&mut Export)) -> Export {
    let mut export = account();
    change(&mut export);
    export
}

pub fn unpacked(export: &Export) -> Vec<u8> {
    tar::write(&export.members(), export.options.exported)
}

pub fn packed(tar: &[u8]) -> Vec<u8> {
    gzip::write(tar, flate2::Compression::fast()).unwrap()
}

/// The members in a tar that nobody has ended.
pub fn endless(members: &[Member]) -> Vec<u8> {
    let mut tar = Vec::new();
    members.iter().for_each(|member| tar::append(&mut tar, member, 0));
    tar
}

/// How a tar states a size.
#[derive(Clone, Copy)]
pub enum Size {
    /// As Zimbra: digits that have no room get lost.
    Wrapped(u64),
    /// As GNU tar does it from 8 GiB on.
    Base256(u64),
}

/// Writes another size into a header.
pub fn restate(header: &mut [u8], size: Size) {
    match size {
        Size::Wrapped(size) => {
            header[124..136].copy_from_slice(format!("{:>11o} ", size % (8 << 30)).as_bytes())
        }
        Size::Base256(size) => {
            header[124..128].copy_from_slice(&[0x80, 0, 0, 0]);
            header[128..136].copy_from_slice(&size.to_be_bytes());
        }
    }
    header[148..156].fill(b' ');
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}
