//! From a header to a member: its name, kind and size, with the extensions before it applied, and
//! everything about them that a restore would stumble over.

use super::header::{Block, Header, TypeFlag};
use super::path;
use super::walker::{State, Walker, is_header_or_zero};
use crate::archive::unpack::{Body, Kind, Sink};
use crate::verdict::{Finding, Findings, kinds};

/// The largest size eleven octal digits can state.
const OCTAL_MAX: u64 = 0o777_7777_7777;

impl Walker {
    /// Reads the header of a member and what it says of the bytes behind it.
    pub(super) fn begin_member(
        &mut self,
        header: &Header<'_>,
        flag: TypeFlag,
        stated: Option<u64>,
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) {
        if self.walked.members >= self.limits.members {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, self.header_subject());
            let finding = finding.expected(format!("at most {} members", self.limits.members));
            return self.stop(findings, finding.observed("one more"));
        }
        let names_differ = self.extensions.names_differ();
        self.member.index = self.walked.members;
        self.member.offset = self.block_at;
        self.member.modified = self.extensions.modified().or_else(|| header.modified());
        self.extensions.name_into(header, &mut self.member.name);
        self.member.kind = self.kind(header, flag, stated);
        self.naming.learn(&self.member.name, self.member.kind == Kind::File);
        let size = self.size(stated, findings);
        if header.is_ambiguous() {
            let finding = self.finding(&kinds::TAR_HEADER_MALFORMED).expected("a known kind of header");
            findings
                .push(finding.observed("an unknown one with a name prefix, which programs read differently"));
        }
        self.judge_names(names_differ, findings);
        self.judge_kind(flag, findings);
        self.extensions.clear();
        self.begin_content(header, flag, size, sink, findings);
    }

    fn kind(&mut self, header: &Header<'_>, flag: TypeFlag, size: Option<u64>) -> Kind {
        match flag {
            TypeFlag::File if self.extensions.is_sparse() => Kind::Unsupported,
            // Old archivers have no other way to say that it is a folder.
            TypeFlag::File if self.member.name.ends_with(b"/") => Kind::Directory,
            TypeFlag::File => Kind::File,
            TypeFlag::Directory => Kind::Directory,
            TypeFlag::HardLink => Kind::HardLink { target: self.extensions.link_target(header) },
            TypeFlag::SymbolicLink => Kind::SymbolicLink,
            TypeFlag::Special => Kind::Special,
            // GNU's incremental backups list a folder's names in its body (`D`) and may label the archive (`V`).
            TypeFlag::Other(b'D') => Kind::Directory,
            TypeFlag::Other(b'V') if size == Some(0) => Kind::Special,
            TypeFlag::Sparse | TypeFlag::Other(_) | TypeFlag::Extension(_) => Kind::Unsupported,
        }
    }

    /// The size that counts: extended headers before the header's own field (POSIX).
    fn size(&self, stated: Option<u64>, findings: &mut Findings) -> u64 {
        let Some(extended) = self.extensions.size() else {
            if stated.is_none() && self.member.kind == Kind::File {
                let finding = self.finding(&kinds::TAR_HEADER_MALFORMED).expected("a size");
                findings.push(finding.observed("a blank size field, read as 0"));
            }
            return stated.unwrap_or(0);
        };
        let field = stated.unwrap_or(0);
        if sizes_conflict(field, extended) {
            let finding = self.finding(&kinds::TAR_SIZE_CONFLICT).expected("one size");
            let observed = format!("{field} in the header, {extended} in the extended header");
            findings.push(finding.observed(observed));
        }
        extended
    }

    fn judge_names(&self, names_differ: bool, findings: &mut Findings) {
        let name = &self.member.name;
        if let Some(reason) = path::unsafe_reason(name) {
            findings.push(self.finding(&kinds::TAR_PATH_UNSAFE).observed(reason));
        }
        if let Kind::HardLink { target } = &self.member.kind
            && let Some(reason) = path::unsafe_reason(target)
        {
            let observed = format!("as the target of a hard link, {reason}");
            findings.push(self.finding(&kinds::TAR_PATH_UNSAFE).observed(observed));
        }
        if let Some(reason) = path::unreadable_reason(name) {
            findings.push(self.finding(&kinds::TAR_PATH_UNREADABLE).observed(reason));
        }
        if self.extensions.foreign_charset() {
            let finding = self.finding(&kinds::TAR_PATH_UNREADABLE).expected("UTF-8");
            findings.push(finding.observed("another character set by `hdrcharset`"));
        }
        if names_differ {
            let finding = self.finding(&kinds::TAR_PAX_DUPLICATE_KEY).expected("one name");
            findings.push(finding.observed("another one in the long-name record"));
        }
        if name.len() as u64 > self.limits.path_length {
            let expected = format!("at most {} bytes", self.limits.path_length);
            let finding = self.finding(&kinds::LIMIT_PATH_LENGTH).expected(expected);
            findings.push(finding.observed(format!("{} bytes", name.len())));
        }
    }

    fn judge_kind(&self, flag: TypeFlag, findings: &mut Findings) {
        let (kind, observed) = match self.member.kind {
            Kind::File | Kind::Directory | Kind::HardLink { .. } => return,
            Kind::SymbolicLink => (&kinds::TAR_LINK_MEMBER, "a symbolic link".to_owned()),
            Kind::Special if flag == TypeFlag::Other(b'V') => {
                (&kinds::TAR_UNSUPPORTED_MEMBER, flag.describe())
            }
            Kind::Special => (&kinds::TAR_SPECIAL_MEMBER, "a device, pipe or socket".to_owned()),
            Kind::Unsupported => (&kinds::TAR_UNSUPPORTED_MEMBER, flag.describe()),
        };
        findings.push(self.finding(kind).expected("a file or a folder").observed(observed));
    }

    fn begin_content(
        &mut self,
        header: &Header<'_>,
        flag: TypeFlag,
        size: u64,
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) {
        let bodiless =
            !matches!(self.member.kind, Kind::File | Kind::Unsupported) && flag != TypeFlag::Other(b'D');
        if bodiless && size > 0 {
            // A folder's size may be a quota, and v7 repeats a file's size in its links; pax gives links bodies.
            let lawful = match flag {
                TypeFlag::Directory => true,
                TypeFlag::HardLink => !self.extended,
                _ => false,
            };
            self.state = State::Undecided { size, lawful };
        } else if flag == TypeFlag::Sparse && header.sparse_continues() {
            self.state = State::SparseMap { size };
        } else {
            self.begin_body(size, sink, findings);
        }
    }

    /// Some programs read a body behind a link or a folder that states a size, others the next header: `block` tells.
    pub(super) fn decide(
        &mut self,
        size: u64,
        lawful: bool,
        block: &Block,
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) {
        let bodiless = is_header_or_zero(block);
        if !(bodiless && lawful) {
            let finding = self.finding(&kinds::TAR_SIZE_CONFLICT).expected("no body");
            findings.push(finding.observed(format!("a size of {size} bytes, which only some programs obey")));
        }
        if bodiless {
            self.begin_body(0, sink, findings);
            return self.read_header(block, sink, findings);
        }
        self.begin_body(size, sink, findings);
        self.take_body(block, sink);
        if let State::Padding { .. } = self.state {
            // It stands in this very block.
            self.state = State::Header;
        }
    }

    /// Hands the member on; its body begins with the next byte.
    pub(super) fn begin_body(&mut self, size: u64, sink: &mut impl Sink, findings: &mut Findings) {
        let most = self.limits.member_size;
        if size > most {
            let finding = self.finding(&kinds::LIMIT_MEMBER_SIZE).expected(format!("at most {most} bytes"));
            return self.stop(findings, finding.observed(format!("{size} bytes")));
        }
        self.announce(size, sink);
        if size == 0 {
            sink.end(Body::Whole);
            self.state = State::Header;
        } else {
            self.state = State::Body { left: size };
        }
    }
}

fn sizes_conflict(field: u64, extended: u64) -> bool {
    // A size the field can't hold is written as 0, as the largest, or loses its high digits.
    let beyond = extended > OCTAL_MAX && (field == OCTAL_MAX || field == extended & OCTAL_MAX);
    field != 0 && field != extended && !beyond
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Archive, changed, header, record, walk, zimbra};
    use super::super::header::BLOCK;
    use super::*;
    use crate::policy::{Bytes, Limits};

    #[test]
    fn kinds_are_told_by_their_flags() {
        let link = changed(header(b"h", b'1', 0), 157, b"a");
        let seen = Archive::default()
            .file(b"a", b"x")
            .block(header(b"old", 0, 0))
            .block(header(b"old/", 0, 0))
            .block(header(b"packed", b'7', 0))
            .block(header(b"d/", b'5', 0))
            .block(link)
            .block(header(b"s", b'2', 0))
            .block(header(b"c", b'3', 0))
            .block(header(b"p", b'6', 0))
            .block(header(b"label", b'V', 0))
            .block(header(b"dump/", b'D', 6))
            .body(b"Ya\0\0Nb")
            .block(header(b"vendor", b'X', 3))
            .body(b"abc")
            .ended();
        let kinds: Vec<_> = seen.members.iter().map(|(member, ..)| member.kind.clone()).collect();
        let target = b"a".to_vec();
        assert_eq!(
            kinds,
            [
                Kind::File,
                Kind::File,
                Kind::Directory,
                Kind::File,
                Kind::Directory,
                Kind::HardLink { target },
                Kind::SymbolicLink,
                Kind::Special,
                Kind::Special,
                Kind::Special,
                Kind::Directory,
                Kind::Unsupported
            ]
        );
        assert_eq!(
            seen.found(),
            [
                "tar-link-member",
                "tar-special-member",
                "tar-special-member",
                "tar-unsupported-member",
                "tar-unsupported-member"
            ]
        );
        assert_eq!((seen.walked.members, seen.walked.files), (12, 3));
        assert_eq!(seen.members[11].1, b"abc");
    }

    #[test]
    fn a_member_knows_its_place_and_time() {
        let seen = Archive::default().file(b"a", b"x").extension(b'L', b"long\0").file(b"b", b"").ended();
        let (member, ..) = &seen.members[1];
        assert_eq!((member.index, member.offset, member.modified), (1, 2048, Some(7)));
        let nonsense = changed(header(b"a", b'0', 0), 136, b"nonsense");
        let seen = Archive::default().block(nonsense).ended();
        assert_eq!((seen.members[0].0.modified, seen.found()), (None, vec![]));
    }

    #[test]
    fn ustar_joins_prefix_and_name() {
        let block = changed(header(b"name", b'0', 0), 345, b"folder/sub");
        assert_eq!(Archive::default().block(block).ended().names(), [b"folder/sub/name"]);
    }

    #[test]
    fn unsafe_and_unreadable_names_are_found() {
        for (name, id) in [
            (&b"/etc/passwd"[..], "tar-path-unsafe"),
            (b"a/../../b", "tar-path-unsafe"),
            (b"", "tar-path-unsafe"),
            (b"a\xff", "tar-path-unreadable"),
            (b"a\x1b[2J", "tar-path-unreadable"),
        ] {
            let seen = Archive::default().file(name, b"x").ended();
            assert_eq!((seen.found(), seen.names()), (vec![id], vec![name]));
        }
        let link = changed(header(b"h", b'1', 0), 157, b"../x");
        assert_eq!(Archive::default().file(b"a", b"").block(link).ended().found(), ["tar-path-unsafe"]);
        let hidden = Archive::default().extension(b'x', &record("path", b"a\0b")).file(b"c", b"").ended();
        assert_eq!(hidden.found()[..2], ["tar-pax-unsafe-value", "tar-path-unsafe"]);
    }

    #[test]
    fn a_finding_does_not_tell_a_subject() {
        let subject = |archive: Archive| archive.ended().findings.iter().next().unwrap().subject.clone();
        assert_eq!(
            subject(Archive::default().file(b"/Inbox/0000000257-Salary.eml", b"")),
            "member 0 (item 257)"
        );
        assert_eq!(subject(Archive::default().file(b"/notes/a.txt", b"")), "member 0 /notes/a.txt");
        let written = Archive::default().block(zimbra(b"/Briefcase/Salaries.ods", b'0', 0));
        assert_eq!(subject(written), "member 0", "Zimbra's own archiver writes exports only");
        let described = Archive::default().file(b"USER_ROOT.meta", b"").file(b"/Briefcase/Salaries.ods", b"");
        assert_eq!(subject(described), "member 1");
        let link = changed(header(b"Salaries", b'2', 0), 157, b"x");
        assert_eq!(subject(Archive::default().block(link).file(b"a", b"")), "member 0", "no file came yet");
    }

    fn sized(field: u64, extended: u64, body: &[u8]) -> Vec<&'static str> {
        let records = record("size", extended.to_string().as_bytes());
        let archive = Archive::default().extension(b'x', &records).block(header(b"a", b'0', field));
        let seen = archive.body(body).ended();
        assert_eq!(seen.members[0].0.size, extended);
        seen.found()
    }

    #[test]
    fn the_extended_size_counts_and_conflicts_are_found() {
        assert_eq!(sized(0, 600, &[1; 600]), [""; 0]);
        assert_eq!(sized(600, 600, &[1; 600]), [""; 0]);
        assert_eq!(sized(512, 600, &[1; 600]), ["tar-size-conflict"]);
        assert_eq!(sized(600, 0, b""), ["tar-size-conflict"]);
        // 9 GiB in a field of eleven digits: nothing, the most, the low digits, but no other number.
        for (field, conflict) in [(0, false), (OCTAL_MAX, false), (1 << 30, false), (512, true)] {
            assert_eq!(sized(field, 9 << 30, b"").contains(&"tar-size-conflict"), conflict, "{field}");
        }
    }

    #[test]
    fn an_extended_size_is_for_the_member_not_for_the_long_name_between() {
        let seen = Archive::default()
            .extension(b'x', &record("size", b"3"))
            .extension(b'L', b"long\0")
            .block(header(b"a", b'0', 0))
            .body(b"abc")
            .file(b"b", b"")
            .ended();
        assert_eq!((seen.names(), seen.found()), (vec![&b"long"[..], b"b"], vec![]));
        assert_eq!(seen.bodies()[0], b"abc");
    }

    #[test]
    fn a_folder_or_v7_link_may_state_a_size() {
        for (block, body) in [(header(b"d/", b'5', 4096), 0), (header(b"h", b'1', 700), 0)] {
            let block = changed(block, 157, b"a");
            let seen = Archive::default().file(b"a", b"").block(block).file(b"z", b"z").ended();
            assert_eq!((seen.found(), seen.members[1].0.size), (vec![], body));
            assert_eq!(seen.members[2].1, b"z");
        }
        let last = Archive::default().file(b"a", b"").block(header(b"d/", b'5', 9));
        assert_eq!(last.clone().ended().found(), [""; 0]);
        assert_eq!(last.walk().found(), ["tar-missing-end-marker"]);
    }

    #[test]
    fn a_body_where_none_belongs_is_walked_and_found() {
        for size in [1, 511, 512, 513, 1024, 1500] {
            let link = changed(header(b"h", b'1', size), 157, b"a");
            let body = vec![9; usize::try_from(size).unwrap()];
            let archive =
                Archive::default().file(b"a", b"").block(link).body(&body).file(b"z", b"z").zeros(2);
            for piece in [1, 512, 700, usize::MAX] {
                let seen = walk(&archive.0, &Limits::default(), piece);
                assert_eq!(seen.found(), ["tar-size-conflict"]);
                assert_eq!(seen.bodies(), [&b""[..], &body, b"z"]);
            }
        }
    }

    #[test]
    fn a_header_where_pax_puts_a_link_s_body_is_found() {
        let link = changed(header(b"h", b'1', 512), 157, b"a");
        let archive = Archive::default().extension(b'x', &record("comment", b"c")).file(b"a", b"");
        let seen = archive.block(link).file(b"z", b"").ended();
        assert_eq!((seen.found(), seen.names().len()), (vec!["tar-size-conflict"], 3));
        let symbolic = Archive::default().file(b"a", b"").block(header(b"s", b'2', 512)).file(b"z", b"");
        assert_eq!(symbolic.ended().found(), ["tar-link-member", "tar-size-conflict"]);
    }

    #[test]
    fn a_sparse_map_is_walked() {
        let sparse = changed(header(b"s", b'S', 600), 482, b"\x01");
        let mut more = [0; BLOCK];
        more[504] = 1;
        let archive = Archive::default().block(sparse).block(more).zeros(1).body(&[5; 600]).file(b"z", b"z");
        let seen = archive.clone().ended();
        assert_eq!(seen.found(), ["tar-unsupported-member"]);
        assert_eq!(seen.bodies(), [&[5; 600][..], b"z"]);
        let cut = walk(&archive.0[..1100], &Limits::default(), usize::MAX);
        assert_eq!(cut.found(), ["tar-unsupported-member", "tar-truncated-header"]);
        assert_eq!(cut.members[0].2, Some(Body::Cut));
    }

    #[test]
    fn sparse_files_of_pax_have_their_true_name() {
        let records = [record("GNU.sparse.major", b"1"), record("GNU.sparse.name", b"true")].concat();
        let seen = Archive::default()
            .extension(b'x', &records)
            .file(b"GNUSparseFile.1/x", b"map")
            .file(b"z", b"")
            .ended();
        assert_eq!((seen.found(), seen.names()[0]), (vec!["tar-unsupported-member"], &b"true"[..]));
    }

    #[test]
    fn sizes_that_are_none_are_found() {
        let negative = Archive::default().block(changed(header(b"a", b'0', 0), 124, &[0xff; 12])).ended();
        assert_eq!((negative.found(), negative.broken), (vec!["tar-header-malformed"], true));
        let blank = changed(header(b"a", b'0', 0), 124, &[b' '; 12]);
        let seen = Archive::default().block(blank).file(b"z", b"").ended();
        assert_eq!((seen.found(), seen.walked.members), (vec!["tar-header-malformed"], 2));
    }

    #[test]
    fn each_limit_has_its_finding() {
        let archive = Archive::default().file(b"abc", b"12345").file(b"b", b"").zeros(2);
        let member_size = Limits { member_size: Bytes(4), ..Limits::default() };
        let members = Limits { members: 1, ..Limits::default() };
        let path_length = Limits { path_length: 2, ..Limits::default() };
        for (limits, id, stops) in [
            (member_size, "limit-member-size", true),
            (members, "limit-members", true),
            (path_length, "limit-path-length", false),
        ] {
            let seen = walk(&archive.0, &limits, usize::MAX);
            assert_eq!((seen.found(), seen.broken), (vec![id], stops));
        }
    }
}
