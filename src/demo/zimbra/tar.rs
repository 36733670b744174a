//! A tar as the Ant archiver inside Zimbra writes it, with what it leaves behind the end (`TarBuffer.java`).

use super::member::Member;
use crate::mailbox::zimbra::ant::{self, BLOCK, Head, RECORD};

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
    let head = Head {
        name: &member.name,
        size: member.content.len() as u64,
        kind: member.kind,
        type_text: member.type_text,
        date: member.date,
        unread: member.unread,
    };
    ant::append(tar, &head, exported);
    tar.extend_from_slice(&member.content);
    ant::fill(tar);
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
