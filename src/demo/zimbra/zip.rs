//! A zip as Zimbra's patched Ant writes it: sizes behind the bodies, the item's type as a comment (PKWARE's APPNOTE;
//! `ZipFormatter.java`, `ZipOutputStream.java`).

use std::io::{self, Write};

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::member::Member;

/// Sizes and checksum follow the body, and names are UTF-8.
const FLAGS: u16 = 0x0808;
const DEFLATED: u16 = 8;
/// Version 2.0, for deflate.
const NEEDED: u16 = 20;
/// Made on Unix by version 4.5, whatever is used of it.
const MADE_BY: u16 = 3 << 8 | 45;
/// For what is older than 1980; meant as the first day of that year, it has the halves swapped.
const OLDEST: u32 = 0x2100;

/// Writes `members` and the directory behind them.
///
/// # Errors
/// If there is more than a plain zip holds: 65,535 members or 4 GiB.
pub fn write(members: &[Member], level: Compression) -> io::Result<Vec<u8>> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for member in members {
        let entry = Entry::write(&mut zip, member, level)?;
        entry.list(&mut directory, member)?;
    }
    let (count, at, size) = (short(members.len())?, long(zip.len())?, long(directory.len())?);
    zip.append(&mut directory);
    put(&mut zip, &[b"PK\x05\x06\0\0\0\0", &count, &count, &size, &at, &[0, 0]]);
    Ok(zip)
}

/// What header and directory say alike.
struct Entry {
    /// Version, flags, method and date.
    common: Vec<u8>,
    /// Checksum and sizes.
    sizes: [[u8; 4]; 3],
    /// Where the header stands.
    at: [u8; 4],
}

impl Entry {
    fn write(zip: &mut Vec<u8>, member: &Member, level: Compression) -> io::Result<Self> {
        let mut crc = Crc::new();
        crc.update(&member.content);
        let mut packer = DeflateEncoder::new(Vec::new(), level);
        packer.write_all(&member.content)?;
        let packed = packer.finish()?;
        let mut common = Vec::new();
        for field in [NEEDED, FLAGS, DEFLATED] {
            common.extend_from_slice(&field.to_le_bytes());
        }
        common.extend_from_slice(&dos_time(member.date).to_le_bytes());
        let sizes = [crc.sum().to_le_bytes(), long(packed.len())?, long(member.content.len())?];
        let at = long(zip.len())?;
        let name = member.name.as_bytes();
        put(zip, &[b"PK\x03\x04", &common, &[0; 12], &short(name.len())?, &[0, 0], name, &packed]);
        put(zip, &[b"PK\x07\x08", &sizes.concat()]);
        Ok(Self { common, sizes, at })
    }

    fn list(&self, directory: &mut Vec<u8>, member: &Member) -> io::Result<()> {
        let name = member.name.as_bytes();
        let comment = format!("{}{}", member.type_text, if member.unread { "-unread" } else { "" });
        // Bits of permission, but none that says that it is a file.
        let mode: u32 = if member.unread { 0o640 } else { 0o660 };
        put(directory, &[b"PK\x01\x02", &MADE_BY.to_le_bytes(), &self.common, &self.sizes.concat()]);
        put(directory, &[&short(name.len())?, &[0, 0], &short(comment.len())?, &[0; 4]]);
        put(directory, &[&(mode << 16).to_le_bytes(), &self.at, name, comment.as_bytes()]);
        Ok(())
    }
}

fn put(bytes: &mut Vec<u8>, pieces: &[&[u8]]) {
    pieces.iter().for_each(|piece| bytes.extend_from_slice(piece));
}

fn short(number: usize) -> io::Result<[u8; 2]> {
    u16::try_from(number).map(u16::to_le_bytes).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

fn long(number: usize) -> io::Result<[u8; 4]> {
    u32::try_from(number).map(u32::to_le_bytes).map_err(|_| io::ErrorKind::FileTooLarge.into())
}

/// Date and time in two halves, as a server in UTC writes them.
fn dos_time(date: i64) -> u32 {
    let Ok(date) = Timestamp::from_second(date) else { return OLDEST };
    let date = TimeZone::UTC.to_datetime(date);
    let Ok(year) = u32::try_from(date.year() - 1980) else { return OLDEST };
    let field = |value: i8| u32::from(value.unsigned_abs());
    let day = year << 9 | field(date.month()) << 5 | field(date.day());
    let time = field(date.hour()) << 11 | field(date.minute()) << 5 | field(date.second()) >> 1;
    day << 16 | time
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::ItemKind;

    #[test]
    fn dates_are_those_of_dos() {
        // 2016-03-10 08:47:04 UTC
        assert_eq!(dos_time(1_457_599_624), (36 << 9 | 3 << 5 | 10) << 16 | (8 << 11 | 47 << 5 | 2));
        assert_eq!(dos_time(0), OLDEST);
    }

    #[test]
    fn the_type_stands_in_the_directory() {
        let member = Member {
            name: "Inbox/a.eml.meta".to_owned(),
            kind: ItemKind::Message,
            type_text: "message",
            date: 0,
            unread: true,
            content: b"{}".to_vec(),
        };
        let zip = write(&[member], Compression::fast()).unwrap();
        assert!(zip.starts_with(b"PK\x03\x04\x14\0\x08\x08\x08\0\0\x21\0\0\0\0\0\0"));
        let directory = zip.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        assert_eq!(&zip[directory + 4..directory + 6], b"\x2d\x03");
        assert_eq!(&zip[directory + 38..directory + 42], &(0o640_u32 << 16).to_le_bytes());
        assert_eq!(&zip[directory + 46..zip.len() - 22], b"Inbox/a.eml.metamessage-unread");
    }
}
