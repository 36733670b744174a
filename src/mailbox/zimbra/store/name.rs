//! Names of files in a raw copy of a server (Zimbra's `Volume.java` and `FileBlobStore.java`).

use super::sql::Database;

/// What a member is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name<'a> {
    /// A blob.
    Blob(Place<'a>),
    /// A file among the blobs that is none.
    Stray,
    /// A file on its way into the store.
    Temporary,
    /// A dump; its name says that it is gzip'd.
    Dump { gzip: bool, database: Database },
    /// A table of the running database.
    Table,
}

/// Where a blob lies: `<volume>/<n>/<mailbox>/msg/<n>/<item>-<revision>.msg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    pub(super) mailbox: u32,
    pub(super) item: u32,
    /// `mod_content`; absent from very old names (`<item>.msg`).
    pub(super) revision: Option<u32>,
    /// What stands before, without `./` and `/` at either end.
    pub(super) volume: &'a [u8],
}

/// Reads a member's name; `None` for what belongs to something else.
pub(super) fn read(name: &[u8]) -> Option<Name<'_>> {
    let (folder, file) = split_last(name);
    if let Some(dump) = dump(file) {
        return Some(dump);
    }
    if file == b"mail_item.ibd" {
        return Some(Name::Table);
    }
    let (above, last) = split_last(folder);
    if last == b"incoming" && (split_last(above).1.starts_with(b"store") || file.ends_with(b".msg")) {
        return Some(Name::Temporary);
    }
    number(last)?;
    let (above, msg) = split_last(above);
    let (above, mailbox) = split_last(above);
    let (volume, group) = split_last(above);
    number(group)?;
    let mailbox = number(mailbox).filter(|_| msg == b"msg")?;
    let Some((item, revision)) = item(file) else { return Some(Name::Stray) };
    Some(Name::Blob(Place { mailbox, item, revision, volume: without_root(volume) }))
}

fn item(file: &[u8]) -> Option<(u32, Option<u32>)> {
    let stem = file.strip_suffix(b".msg")?;
    match stem.iter().position(|byte| *byte == b'-') {
        Some(dash) => Some((number(&stem[..dash])?, Some(number(&stem[dash + 1..])?))),
        None => Some((number(stem)?, None)),
    }
}

fn dump(file: &[u8]) -> Option<Name<'static>> {
    let lower = file.to_ascii_lowercase();
    let gzip = lower.ends_with(b".sql.gz");
    if !gzip && !lower.ends_with(b".sql") {
        return None;
    }
    let stem = lower.windows(9).position(|window| window == b"mboxgroup").map(|at| &lower[at..]);
    let database = stem.map_or(Database::Unknown, |stem| {
        let digits = stem[9..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        match Database::named(&stem[..9 + digits]) {
            Database::Group(number) => Database::Group(number),
            _ => Database::Unknown,
        }
    });
    Some(Name::Dump { gzip, database })
}

/// The last component, and what stands before it.
fn split_last(name: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = name;
    loop {
        let start = rest.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let (before, last) = rest.split_at(start);
        let before = before.strip_suffix(b"/").unwrap_or(before);
        if start == 0 || !(last.is_empty() || last == b".") {
            return (before, last);
        }
        rest = before;
    }
}

fn without_root(mut folder: &[u8]) -> &[u8] {
    while let Some(rest) = folder.strip_prefix(b"./").or_else(|| folder.strip_prefix(b"/")) {
        folder = rest;
    }
    while let Some(rest) = folder.strip_suffix(b"/").or_else(|| folder.strip_suffix(b"/.")) {
        folder = rest;
    }
    if folder == b"." { b"" } else { folder }
}

/// A number as Java writes it: no sign, no zero in front.
fn number(text: &[u8]) -> Option<u32> {
    let plain =
        !text.is_empty() && text.iter().all(u8::is_ascii_digit) && (text[0] != b'0' || text.len() == 1);
    plain.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(mailbox: u32, item: u32, revision: Option<u32>, volume: &[u8]) -> Option<Name<'_>> {
        Some(Name::Blob(Place { mailbox, item, revision, volume }))
    }

    #[test]
    fn blobs_are_known_wherever_the_volume_lies() {
        let cases: [(&[u8], &[u8]); 7] = [
            (b"store/0/11/msg/0/260-110.msg", b"store"),
            (b"./zimbra/store/0/11/msg/0/260-110.msg", b"zimbra/store"),
            (b"/opt/zimbra/store2//0/./11/msg/0/260-110.msg", b"opt/zimbra/store2"),
            (b"hsm/3f38c5be/0/11/msg/0/260-110.msg", b"hsm/3f38c5be"),
            (b"0/11/msg/0/260-110.msg", b""),
            (b"./0/11/msg/0/260-110.msg", b""),
            (b"././0/11/msg/0/260-110.msg", b""),
        ];
        for (name, volume) in cases {
            assert_eq!(read(name), blob(11, 260, Some(110), volume), "{}", name.escape_ascii());
        }
        assert_eq!(read(b"store/0/128/msg/2/12124.msg"), blob(128, 12124, None, b"store"));
    }

    #[test]
    fn what_lies_beside_blobs_is_told_apart() {
        for stray in
            ["257-2.msg.tmp", ".257-2.msg.AbCdEf", "257-x.msg", "-2.msg", "0257-2.msg", "99999999999-1.msg"]
        {
            assert_eq!(read(format!("store/0/5/msg/0/{stray}").as_bytes()), Some(Name::Stray), "{stray}");
        }
        assert_eq!(read(b"store/incoming/1700000000-1.msg"), Some(Name::Temporary));
        assert_eq!(read(b"zimbra/db/data/mboxgroup5/mail_item.ibd"), Some(Name::Table));
        for other in [
            &b"index/0/5/index/0/_1.cfs"[..],
            b"store/0/5/msg/0",
            b"store/0/5/msg/257-2.msg",
            b"store/0/5/ms/0/257-2.msg",
            b"5/msg/0/257-2.msg",
            b"a/incoming/x",
            b"",
            b"/",
        ] {
            assert_eq!(read(other), None, "{}", other.escape_ascii());
        }
    }

    #[test]
    fn dumps_are_known_by_their_ending() {
        let dump = |gzip, database| Some(Name::Dump { gzip, database });
        assert_eq!(read(b"db/all.sql"), dump(false, Database::Unknown));
        assert_eq!(read(b"db/ZIMBRA.SQL.GZ"), dump(true, Database::Unknown));
        assert_eq!(read(b"2024-mboxgroup12_a.sql.gz"), dump(true, Database::Group(12)));
        assert_eq!(read(b"mboxgroups.sql"), dump(false, Database::Unknown));
        assert_eq!(read(b"mysql"), None);
    }
}
