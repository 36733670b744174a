//! The extension headers before a member: collected, bounded, and applied to that member only.

use super::header::{Header, Role};
use super::pax::{Attributes, Place};
use crate::verdict::{Finding, Findings, kinds};

/// What is pending for the next member, and what holds for all.
#[derive(Debug, Default)]
pub struct Extensions {
    body: Vec<u8>,
    open: Option<(Role, u64)>,
    long_name: Option<Vec<u8>>,
    long_link: Option<Vec<u8>>,
    local: Option<Attributes>,
    global: Attributes,
    count: u32,
    pending_at: Option<u64>,
}

impl Extensions {
    /// How many may stand before one member: a long name, a long target, records for it and for all
    /// are honest, and a few more of the last where archives were joined.
    pub const MOST: u32 = 16;

    /// Begins an extension whose header stands at byte `at`; false if there are too many.
    pub fn open(&mut self, role: Role, at: u64) -> bool {
        self.count += 1;
        self.body.clear();
        self.open = Some((role, at));
        if role != Role::GlobalPax {
            self.pending_at.get_or_insert(at);
        }
        self.count <= Self::MOST
    }

    /// Takes a piece of the open extension's body.
    pub fn take(&mut self, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
    }

    /// Names the open extension in a finding.
    pub fn subject(&self) -> String {
        self.open.map_or_else(String::new, |(role, at)| format!("{} at byte {at}", role.describe()))
    }

    /// Reads the open extension, all of whose body came.
    pub fn close(&mut self, findings: &mut Findings) {
        let subject = self.subject();
        match self.open.take() {
            Some((Role::LongName, _)) => {
                let earlier = self.long_name.take();
                self.long_name = long_name(&self.body, earlier, subject, findings);
            }
            Some((Role::LongLink, _)) => {
                let earlier = self.long_link.take();
                self.long_link = long_name(&self.body, earlier, subject, findings);
            }
            Some((Role::Pax, _)) => self.close_local(subject, findings),
            Some((Role::GlobalPax, _)) => {
                let mut place = Place { subject, global: true, findings };
                self.global.absorb(Attributes::read(&self.body, &mut place));
            }
            None => {}
        }
    }

    fn close_local(&mut self, subject: String, findings: &mut Findings) {
        if self.local.is_some() {
            findings.push(
                Finding::new(&kinds::TAR_PAX_DUPLICATE_KEY, subject.as_str())
                    .expected("one extended header for each member")
                    .observed("a second one before the same member"),
            );
        }
        let mut place = Place { subject, global: false, findings };
        self.local = Some(Attributes::read(&self.body, &mut place));
    }

    /// Where the first extension stands that still waits for its member.
    pub fn pending(&self) -> Option<u64> {
        self.pending_at
    }

    /// Forgets what was for one member only.
    pub fn clear(&mut self) {
        if self.count > 0 {
            self.long_name = None;
            self.long_link = None;
            self.local = None;
            self.count = 0;
            self.pending_at = None;
        }
    }

    /// Writes the next member's name into `name`.
    pub fn name_into(&mut self, header: &Header<'_>, name: &mut Vec<u8>) {
        name.clear();
        let local = self.local.as_mut();
        let stated = local.and_then(|local| local.sparse_name.take().or(local.path.take()));
        if let Some(long) = stated.or(self.long_name.take()).or_else(|| self.global.path.clone()) {
            *name = long;
            return;
        }
        let prefix = header.prefix();
        if !prefix.is_empty() {
            name.extend_from_slice(prefix);
            name.push(b'/');
        }
        name.extend_from_slice(header.name());
    }

    /// The next member's link target.
    pub fn link_target(&mut self, header: &Header<'_>) -> Vec<u8> {
        let stated = self.local.as_mut().and_then(|local| local.link_path.take());
        let stated = stated.or(self.long_link.take()).or_else(|| self.global.link_path.clone());
        stated.unwrap_or_else(|| header.link_name().to_vec())
    }

    /// Holds if a long-name record and an extended header give the next member different names or targets.
    pub fn names_differ(&self) -> bool {
        let differ = |long: &Option<Vec<u8>>, path: &Option<Vec<u8>>| {
            long.as_ref().zip(path.as_ref()).is_some_and(|(long, path)| long != path)
        };
        self.local.as_ref().is_some_and(|local| {
            differ(&self.long_name, &local.path) || differ(&self.long_link, &local.link_path)
        })
    }

    /// The size that extended headers state for the next member.
    pub fn size(&self) -> Option<u64> {
        self.local.as_ref().and_then(|local| local.size).or(self.global.size)
    }

    /// The modification time that extended headers state for the next member.
    pub fn modified(&self) -> Option<i64> {
        self.local.as_ref().and_then(|local| local.modified).or(self.global.modified)
    }

    /// Holds if the next member is a sparse file by its extended headers.
    pub fn is_sparse(&self) -> bool {
        self.global.sparse || self.local.as_ref().is_some_and(|local| local.sparse)
    }

    /// Holds if the next member's names are in a character set other than UTF-8.
    pub fn foreign_charset(&self) -> bool {
        self.global.foreign_charset || self.local.as_ref().is_some_and(|local| local.foreign_charset)
    }
}

/// The name in a GNU long-name record: everything before the NUL that ends it.
fn long_name(
    body: &[u8],
    earlier: Option<Vec<u8>>,
    subject: String,
    findings: &mut Findings,
) -> Option<Vec<u8>> {
    let end = body.iter().position(|byte| *byte == 0).unwrap_or(body.len());
    let (name, rest) = body.split_at(end);
    let fault = if name.is_empty() {
        Some("an empty record")
    } else if rest.iter().any(|byte| *byte != 0) {
        Some("bytes behind the NUL that ends the name")
    } else if earlier.is_some() {
        Some("a second record before the same member")
    } else {
        None
    };
    if let Some(fault) = fault {
        let finding = Finding::new(&kinds::TAR_LONG_NAME_MALFORMED, subject);
        findings.push(finding.expected("one name and a NUL").observed(fault));
    }
    if name.is_empty() { earlier } else { Some(name.to_vec()) }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Archive, changed, header, record, walk};
    use super::*;
    use crate::policy::{Bytes, Limits};

    fn named(archive: Archive) -> (Vec<Vec<u8>>, Vec<&'static str>) {
        let seen = archive.file(b"cut", b"").file(b"next", b"").ended();
        (seen.names().into_iter().map(<[u8]>::to_vec).collect(), seen.found())
    }

    fn long() -> Vec<u8> {
        [&[b'n'; 300][..], b"\0"].concat()
    }

    #[test]
    fn a_long_name_is_for_one_member() {
        let (names, found) = named(Archive::default().extension(b'L', &long()));
        assert_eq!((names, found), (vec![vec![b'n'; 300], b"next".to_vec()], vec![]));
    }

    #[test]
    fn a_long_target_is_for_one_link() {
        let link = changed(header(b"h", b'1', 0), 157, b"cut");
        let archive = Archive::default().file(b"a", b"").extension(b'K', &long()).extension(b'L', &long());
        let seen = archive.block(link).ended();
        assert_eq!(
            seen.members[1].0.kind,
            crate::archive::unpack::Kind::HardLink { target: vec![b'n'; 300] }
        );
        assert_eq!((seen.names()[1], seen.found()), (&[b'n'; 300][..], vec![]));
    }

    #[test]
    fn malformed_long_names_are_found() {
        for (body, name) in [(&b""[..], "cut"), (b"\0\0", "cut"), (b"name\0more", "name")] {
            let (names, found) = named(Archive::default().extension(b'L', body));
            assert_eq!((names[0].as_slice(), found), (name.as_bytes(), vec!["tar-long-name-malformed"]));
        }
        let (names, found) = named(Archive::default().extension(b'L', b"name"));
        assert_eq!((names[0].as_slice(), found), (&b"name"[..], vec![]));
        let (names, found) = named(Archive::default().extension(b'L', b"one\0").extension(b'L', b"two\0"));
        assert_eq!((names[0].as_slice(), found), (&b"two"[..], vec!["tar-long-name-malformed"]));
    }

    #[test]
    fn records_win_over_long_names_and_their_difference_is_found() {
        let both = |path: &[u8]| {
            Archive::default().extension(b'L', b"long\0").extension(b'x', &record("path", path))
        };
        assert_eq!(named(both(b"long")).1, [""; 0]);
        let (names, found) = named(both(b"path"));
        assert_eq!((names[0].as_slice(), found), (&b"path"[..], vec!["tar-pax-duplicate-key"]));
    }

    #[test]
    fn two_extended_headers_before_one_member_are_found() {
        let archive = Archive::default().extension(b'x', &record("path", b"one"));
        let (names, found) = named(archive.extension(b'x', &record("path", b"two")));
        assert_eq!((names[0].as_slice(), found), (&b"two"[..], vec!["tar-pax-duplicate-key"]));
    }

    #[test]
    fn a_malformed_record_is_found_and_the_member_walked() {
        let (names, found) = named(Archive::default().extension(b'x', b"99 path=lost\n"));
        assert_eq!((names[0].as_slice(), found), (&b"cut"[..], vec!["tar-pax-malformed"]));
    }

    #[test]
    fn global_records_hold_for_all_and_yield() {
        let records = [record("mtime", b"99"), record("comment", b"c")].concat();
        let archive = Archive::default().extension(b'g', &records).file(b"a", b"");
        let seen = archive.extension(b'x', &record("mtime", b"5")).file(b"b", b"").file(b"c", b"").ended();
        let times: Vec<_> = seen.members.iter().map(|(member, ..)| member.modified).collect();
        assert_eq!((times, seen.found()), (vec![Some(99), Some(5), Some(99)], vec![]));
    }

    #[test]
    fn another_character_set_is_found() {
        let records = record("hdrcharset", b"ISO-IR 8859 1 1998");
        assert_eq!(named(Archive::default().extension(b'x', &records)).1, ["tar-path-unreadable"]);
    }

    #[test]
    fn too_large_or_too_many_extensions_stop_the_walk() {
        let limits = Limits { extension_size: Bytes(300), ..Limits::default() };
        let archive = Archive::default().extension(b'L', &long()).file(b"a", b"").zeros(2);
        let seen = walk(&archive.0, &limits, usize::MAX);
        assert_eq!((seen.found(), seen.broken), (vec!["limit-extension-size"], true));
        let many = |count: u32| {
            let archive = (0..count).fold(Archive::default(), |all, _| all.extension(b'g', b""));
            archive.file(b"a", b"").ended().found()
        };
        assert_eq!(many(Extensions::MOST), [""; 0]);
        assert_eq!(many(Extensions::MOST + 1), ["limit-extensions"]);
    }
}
