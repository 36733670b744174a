//! A tar as the Ant archiver inside Zimbra writes it, which is neither ustar nor GNU (`TarEntry.java`, `TarUtils.java`,
//! `TarBuffer.java`).

use super::member::Member;

const RECORD: usize = 512;
/// Records are written in blocks of 20; what the last block does not need still holds the one before.
const BLOCK: usize = 20 * RECORD;
/// Longer names stand in a record of their own.
const NAME: usize = 100;

/// Writes `members` and the end; `exported` is the date of the records that hold long names.
#[must_use]
pub fn write(members: &[Member], exported: i64) -> Vec<u8> {
    let bodies: usize = members.iter().map(|member| member.content.len() + 2 * RECORD).sum();
    let mut tar = Vec::with_capacity(bodies + BLOCK);
    for member in members {
        append(&mut tar, member, exported);
    }
    end(&mut tar);
    tar
}

/// Adds a member with its header or headers.
pub fn append(tar: &mut Vec<u8>, member: &Member, exported: i64) {
    let name = member.name.as_bytes();
    if name.len() >= NAME {
        let mut long = Header::new("././@LongLink", name.len() as u64 + 1, exported);
        long.put(156, b"L");
        tar.extend_from_slice(&long.sealed());
        tar.extend_from_slice(name);
        tar.push(0);
        fill(tar);
    }
    let mut header = Header::new(&member.name, member.content.len() as u64, member.date);
    if member.unread {
        header.put(100, b"100444 \0");
    }
    header.put(297, member.type_text.as_bytes());
    header.put(329, octal(member.kind.number().into(), 6).as_bytes());
    tar.extend_from_slice(&header.sealed());
    tar.extend_from_slice(&member.content);
    fill(tar);
}

/// Adds the end marker and what is left in the buffer behind it.
pub fn end(tar: &mut Vec<u8>) {
    tar.resize(tar.len() + 2 * RECORD, 0);
    let whole = tar.len().next_multiple_of(BLOCK);
    match tar.len().checked_sub(BLOCK) {
        Some(stale) => tar.extend_from_within(stale..whole - BLOCK),
        None => tar.resize(whole, 0),
    }
}

fn fill(tar: &mut Vec<u8>) {
    tar.resize(tar.len().next_multiple_of(RECORD), 0);
}

struct Header([u8; RECORD]);

impl Header {
    fn new(name: &str, size: u64, date: i64) -> Self {
        let mut header = Self([0; RECORD]);
        header.put(0, &fitting(name));
        header.put(100, b"100644 \0");
        header.put(108, b"     0 \0     0 \0");
        header.put(124, octal(size, 11).as_bytes());
        header.put(136, time(date).as_bytes());
        header.put(148, b"        0");
        header.put(257, b"ustar\0\0\0");
        header.put(329, b"     0 \0     0 \0");
        header
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn sealed(mut self) -> [u8; RECORD] {
        let sum: u64 = self.0.iter().map(|byte| u64::from(*byte)).sum();
        self.put(148, octal(sum, 6).trim_end().as_bytes());
        self.put(154, b"\0 ");
        self.0
    }
}

/// Digits without leading zeros and one space; digits that don't fit get lost, as in `getOctalBytes`.
fn octal(number: u64, width: usize) -> String {
    let digits = format!("{number:>width$o}");
    format!("{} ", &digits[digits.len() - width..])
}

/// A date before 1970 becomes blanks.
fn time(date: i64) -> String {
    u64::try_from(date).map_or_else(|_| " ".repeat(12), |date| octal(date, 11))
}

/// The longest part of `name` that fits into its field. Java shortens by UTF-16 code units, so half of a character
/// may remain, which becomes a question mark.
fn fitting(name: &str) -> Vec<u8> {
    let end = (0..=name.len().min(NAME)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    let mut field = name.as_bytes()[..end].to_vec();
    if end < NAME && name[end..].chars().next().is_some_and(|next| next.len_utf16() == 2) {
        field.push(b'?');
    }
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::ItemKind;

    fn member(name: &str, content: &[u8]) -> Member {
        Member {
            name: name.to_owned(),
            kind: ItemKind::Appointment,
            type_text: "appointment",
            date: 1_457_599_624,
            unread: false,
            content: content.to_vec(),
        }
    }

    #[test]
    fn a_header_has_blanks_where_others_have_zeros() {
        let mut tar = Vec::new();
        append(&mut tar, &member("Calendar/a.appt", b"body"), 0);
        assert_eq!(tar.len(), 1024);
        assert_eq!(&tar[100..124], b"100644 \0     0 \0     0 \0");
        assert_eq!(&tar[124..148], b"          4 12670232210 ");
        assert_eq!((tar[154], tar[155], tar[156]), (0, b' ', b'0'));
        assert_eq!(&tar[257..268], b"ustar\0\0\0\0\0\0");
        assert_eq!(
            &tar[297..345],
            b"appointment\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0    13 \0     0 \0"
        );
        let sum: u64 = tar[..148].iter().chain(&tar[156..512]).map(|byte| u64::from(*byte)).sum();
        assert_eq!(tar[148..154], *format!("{:>6o}", sum + 256).as_bytes());
    }

    #[test]
    fn a_name_of_100_bytes_has_a_record_of_its_own() {
        for (length, records) in [(99, 2), (100, 4)] {
            let mut tar = Vec::new();
            append(&mut tar, &member(&"n".repeat(length), b"body"), 7);
            assert_eq!(tar.len(), records * 512);
            assert_eq!(tar.starts_with(b"././@LongLink\0"), records == 4);
        }
        let mut tar = Vec::new();
        append(&mut tar, &member(&"è".repeat(60), b""), 7);
        assert_eq!(&tar[124..148], b"        171           7 ");
        assert_eq!((tar[156], &tar[297..304]), (b'L', &[0; 7][..]));
        assert_eq!(&tar[512..633], [&"è".repeat(60).into_bytes()[..], b"\0"].concat());
        assert_eq!(&tar[1024..1124], "è".repeat(50).as_bytes());
    }

    #[test]
    fn half_a_character_becomes_a_question_mark() {
        let name = format!("{}\u{1f4e7}", "n".repeat(98));
        assert_eq!(fitting(&name), format!("{}?", "n".repeat(98)).into_bytes());
        assert_eq!(fitting("\u{1f4e7}"), "\u{1f4e7}".as_bytes());
        assert_eq!(fitting(&format!("{}è", "n".repeat(99))), "n".repeat(99).into_bytes());
    }

    #[test]
    fn a_size_beyond_the_field_loses_its_head() {
        assert_eq!(octal((8 << 30) + 5, 11), "00000000005 ");
        assert_eq!(time(-1), "            ");
    }

    #[test]
    fn the_last_block_keeps_what_the_one_before_had_in_its_place() {
        let tar = write(&[member("a", &[7; 20_000])], 0);
        assert_eq!(tar.len(), 3 * BLOCK);
        let end = 512 + 20_480;
        assert_eq!(&tar[end..end + 1024], &[0; 1024]);
        assert_eq!(tar[end + 1024..], tar[end + 1024 - BLOCK..2 * BLOCK]);
        assert!(tar[end + 1024..].iter().all(|byte| *byte == 7));
        assert_eq!(write(&[member("a", b"")], 0)[512..], [0; BLOCK - 512]);
    }
}
