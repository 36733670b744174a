use std::ops::ControlFlow;

use super::dialect::Dialect;
use super::ending::Tail;
use super::extension::Extensions;
use super::header::{self, BLOCK, Block, Header, Magic, Role, TypeFlag};
use crate::archive::unpack::{Body, Kind, Member, Naming, Sink};
use crate::policy;
use crate::verdict::{Finding, Findings, kinds};

/// What was walked, for records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walked {
    /// Members handed on.
    pub members: u64,
    /// Regular files among them.
    pub files: u64,
    /// Bytes of bodies handed on.
    pub body_bytes: u64,
    /// Bytes of the archive, headers, padding and what stands behind the end marker included.
    pub bytes: u64,
    /// Whether the end marker, two blocks of NULs, was there.
    pub ended: bool,
    /// Whose kind of archive it is; absent where no header was read.
    pub dialect: Option<Dialect>,
}

/// What the next byte belongs to.
#[derive(Debug)]
pub(super) enum State {
    /// A header or an end block.
    Header,
    /// The body of an extension.
    Extension { left: u64, padding: usize },
    /// Blocks with the rest of a sparse map.
    SparseMap { size: u64 },
    /// The block behind a header that states a size for something without a body.
    Undecided { size: u64, lawful: bool },
    /// The current member's body.
    Body { left: u64 },
    /// What fills a body up to a whole block.
    Padding { left: usize },
    /// The second end block.
    FirstZero,
    /// What stands behind the end.
    Ended(Tail),
    /// Nothing can be read any more.
    Broken,
}

/// Walks a tar archive that is pushed in pieces of any length.
#[derive(Debug)]
pub struct Walker {
    pub(super) limits: Limits,
    pub(super) state: State,
    /// A block that came in pieces.
    pub(super) partial: Block,
    pub(super) filled: usize,
    /// Where the current block begins.
    pub(super) block_at: u64,
    pub(super) extensions: Extensions,
    pub(super) member: Member,
    pub(super) walked: Walked,
    /// Whether an extended header was seen.
    pub(super) extended: bool,
    /// How members are named in findings.
    pub(super) naming: Naming,
}

#[derive(Debug)]
pub(super) struct Limits {
    pub(super) members: u64,
    pub(super) member_size: u64,
    pub(super) path_length: u64,
    pub(super) extension_size: u64,
}

/// Holds if `block` can stand where a header is due.
pub(super) fn is_header_or_zero(block: &Block) -> bool {
    header::is_zero(block) || Header::new(block).checksum_holds()
}

impl Walker {
    /// A walker at the beginning of an archive. Of the limits it keeps members, member size, path length and
    /// extension size; unpacked size and ratio are the decompressor's.
    #[must_use]
    pub fn new(limits: &policy::Limits) -> Self {
        Self {
            limits: Limits {
                members: limits.members,
                member_size: limits.member_size.0,
                path_length: u64::from(limits.path_length),
                extension_size: limits.extension_size.0,
            },
            state: State::Header,
            partial: [0; BLOCK],
            filled: 0,
            block_at: 0,
            extensions: Extensions::default(),
            member: Member {
                name: Vec::new(),
                kind: Kind::File,
                size: 0,
                index: 0,
                offset: 0,
                modified: None,
            },
            walked: Walked::default(),
            extended: false,
            naming: Naming::default(),
        }
    }

    /// The archive is known to be an export, so that findings show no names of its members.
    #[must_use]
    pub fn inside_export(self) -> Self {
        Self { naming: Naming::Inside, ..self }
    }

    /// How members are named in findings, by what came so far.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.naming
    }

    /// Feeds the next bytes. A break means that nothing behind can be read any more; a finding says why.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        while !bytes.is_empty() {
            let used = match &mut self.state {
                State::Body { .. } => self.take_body(bytes, sink),
                State::Padding { .. } => self.take_padding(bytes),
                State::Extension { .. } => self.take_extension(bytes, findings),
                State::Ended(tail) => tail.take(bytes, self.walked.bytes, findings),
                State::Broken => return ControlFlow::Break(()),
                _ => self.take_block(bytes, sink, findings),
            };
            self.walked.bytes += used as u64;
            bytes = &bytes[used..];
        }
        match self.state {
            State::Broken => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    pub(super) fn take_body(&mut self, bytes: &[u8], sink: &mut impl Sink) -> usize {
        let State::Body { left } = &mut self.state else { return 0 };
        let used = at_most(*left, bytes.len());
        sink.data(&bytes[..used]);
        *left -= used as u64;
        self.walked.body_bytes += used as u64;
        if *left == 0 {
            sink.end(Body::Whole);
            self.state = padded(self.member.size);
        }
        used
    }

    fn take_padding(&mut self, bytes: &[u8]) -> usize {
        let State::Padding { left } = &mut self.state else { return 0 };
        let used = bytes.len().min(*left);
        *left -= used;
        if *left == 0 {
            self.state = State::Header;
        }
        used
    }

    fn take_extension(&mut self, bytes: &[u8], findings: &mut Findings) -> usize {
        let State::Extension { left, padding } = &mut self.state else { return 0 };
        let used = at_most(*left, bytes.len());
        self.extensions.take(&bytes[..used]);
        *left -= used as u64;
        if *left == 0 {
            let left = *padding;
            self.extensions.close(findings);
            self.state = if left == 0 { State::Header } else { State::Padding { left } };
        }
        used
    }

    fn take_block(&mut self, bytes: &[u8], sink: &mut impl Sink, findings: &mut Findings) -> usize {
        if self.filled == 0 {
            self.block_at = self.walked.bytes;
            if let Some(block) = bytes.first_chunk() {
                self.read_block(block, sink, findings);
                return BLOCK;
            }
        }
        let used = bytes.len().min(BLOCK - self.filled);
        self.partial[self.filled..self.filled + used].copy_from_slice(&bytes[..used]);
        self.filled += used;
        if self.filled == BLOCK {
            self.filled = 0;
            let block = self.partial;
            self.read_block(&block, sink, findings);
        }
        used
    }

    fn read_block(&mut self, block: &Block, sink: &mut impl Sink, findings: &mut Findings) {
        match self.state {
            State::FirstZero => self.read_second_end_block(block, findings),
            State::SparseMap { size } if !header::map_continues(block) => {
                self.begin_body(size, sink, findings);
            }
            State::SparseMap { .. } => {}
            State::Undecided { size, lawful } => self.decide(size, lawful, block, sink, findings),
            _ => self.read_header(block, sink, findings),
        }
    }

    pub(super) fn read_header(&mut self, block: &Block, sink: &mut impl Sink, findings: &mut Findings) {
        if header::is_zero(block) {
            self.judge_dangling(findings);
            self.state = State::FirstZero;
            return;
        }
        let header = Header::new(block);
        if !header.checksum_holds() {
            return self.stop(findings, self.checksum_finding(&header));
        }
        let flag = header.type_flag();
        self.extended |= matches!(flag, TypeFlag::Extension(Role::Pax | Role::GlobalPax));
        self.walked.dialect = Some(Dialect::joined(self.walked.dialect, header.magic(), self.extended));
        if header.magic() == Magic::Zimbra {
            self.naming = Naming::Inside;
        }
        let Ok(size) = header.size() else {
            let finding = Finding::new(&kinds::TAR_HEADER_MALFORMED, self.header_subject());
            let finding = finding.expected("a size: octal, or base-256 up to 2^63 - 1");
            return self.stop(findings, finding.observed("a size field that holds none"));
        };
        match flag {
            TypeFlag::Extension(role) => self.begin_extension(role, size.unwrap_or(0), findings),
            _ => self.begin_member(&header, flag, size, sink, findings),
        }
    }

    fn begin_extension(&mut self, role: Role, size: u64, findings: &mut Findings) {
        let few = self.extensions.open(role, self.block_at);
        if !few {
            let finding = Finding::new(&kinds::LIMIT_EXTENSIONS, self.extensions.subject());
            let finding = finding.expected(format!("at most {} before one member", Extensions::MOST));
            return self.stop(findings, finding.observed("one more"));
        }
        let most = self.limits.extension_size;
        if size > most {
            let finding = Finding::new(&kinds::LIMIT_EXTENSION_SIZE, self.extensions.subject());
            let finding = finding.expected(format!("at most {most} bytes"));
            return self.stop(findings, finding.observed(format!("{size} bytes")));
        }
        if size == 0 {
            self.extensions.close(findings);
        } else {
            self.state = State::Extension { left: size, padding: padding(size) };
        }
    }

    pub(super) fn announce(&mut self, size: u64, sink: &mut impl Sink) {
        self.member.size = size;
        self.walked.members += 1;
        self.walked.files += u64::from(self.member.kind == Kind::File);
        sink.begin(&self.member);
    }

    pub(super) fn stop(&mut self, findings: &mut Findings, finding: Finding) {
        findings.push(finding);
        self.state = State::Broken;
    }

    pub(super) fn finding(&self, kind: &'static crate::verdict::Kind) -> Finding {
        Finding::new(kind, self.naming.subject(self.member.index, &self.member.name))
    }

    fn checksum_finding(&self, header: &Header<'_>) -> Finding {
        let stated = header.stated_checksum().ok().flatten();
        Finding::new(&kinds::TAR_HEADER_CHECKSUM, self.header_subject())
            .expected(format!("checksum {}", header.checksum()))
            .observed(stated.map_or_else(|| "no checksum".to_owned(), |stated| format!("checksum {stated}")))
    }

    pub(super) fn header_subject(&self) -> String {
        format!("header at byte {}", self.block_at)
    }
}

fn padding(size: u64) -> usize {
    let over = usize::try_from(size % BLOCK as u64).unwrap_or(0);
    (BLOCK - over) % BLOCK
}

fn padded(size: u64) -> State {
    match padding(size) {
        0 => State::Header,
        left => State::Padding { left },
    }
}

fn at_most(left: u64, length: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fixture::{Archive, Seen, changed, header, record, walk, walk_pieces, zimbra};
    use super::super::looks_like_tar;
    use super::*;

    fn limits() -> policy::Limits {
        policy::Limits::default()
    }

    #[test]
    fn zimbra_s_long_names_are_resolved() {
        let name = format!("Inbox/0000000257-{}.eml", "x".repeat(120));
        let long = [name.as_bytes(), b"\0"].concat();
        let seen = Archive::default()
            .block(zimbra(b"././@LongLink", b'L', long.len() as u64))
            .body(&long)
            .block(zimbra(&name.as_bytes()[..100], b'0', 5))
            .body(b"mail\n")
            .ended();
        assert_eq!((seen.names(), seen.found()), (vec![name.as_bytes()], vec![]));
        assert_eq!(seen.walked.dialect, Some(Dialect::Zimbra));
        assert_eq!(seen.bodies(), [b"mail\n"]);
    }

    #[test]
    fn dialects_are_told() {
        let plain = |magic: &[u8]| changed(header(b"a", b'0', 0), 257, magic);
        let of = |archive: Archive| archive.ended().walked.dialect.unwrap().as_str();
        assert_eq!(of(Archive::default().block(plain(b"\0\0\0\0\0\0\0\0"))), "v7");
        assert_eq!(of(Archive::default().block(plain(b"ustar  \0"))), "gnu");
        assert_eq!(of(Archive::default().block(zimbra(b"a", b'0', 0))), "zimbra");
        let pax = Archive::default().file(b"a", b"").extension(b'x', &record("mtime", b"1"));
        assert_eq!(of(pax.file(b"b", b"").file(b"c", b"")), "pax");
        assert_eq!(of(Archive::default().file(b"a", b"").block(plain(b"ustar  \0"))), "mixed");
    }

    #[test]
    fn a_damaged_header_stops_the_walk() {
        let mut archive = Archive::default().file(b"a", b"1").file(b"b", b"2").zeros(2);
        archive.0[1024] ^= 1;
        let seen = archive.walk();
        assert_eq!((seen.found(), seen.broken), (vec!["tar-header-checksum"], true));
        assert_eq!(seen.findings.iter().next().unwrap().subject, "header at byte 1024");
        assert_eq!(seen.names(), [b"a"]);
    }

    #[test]
    fn a_broken_walker_stays_broken() {
        let mut findings = Findings::default();
        let mut seen = Seen::default();
        let mut walker = Walker::new(&limits());
        assert!(walker.push(&[7; 600], &mut seen, &mut findings).is_break());
        assert!(walker.push(&header(b"a", b'0', 0), &mut seen, &mut findings).is_break());
        walker.finish(&mut seen, &mut findings);
        assert_eq!((findings.iter().count(), seen.members.len()), (1, 0));
    }

    #[test]
    fn bodies_are_borrowed_from_the_input() {
        struct Within<'a>(std::ops::Range<*const u8>, &'a mut usize);
        impl Sink for Within<'_> {
            fn begin(&mut self, _: &Member) {}
            fn data(&mut self, bytes: &[u8]) {
                assert!(self.0.contains(&bytes.as_ptr()));
                *self.1 += 1;
            }
            fn end(&mut self, _: Body) {}
        }
        let archive = Archive::default().file(b"a", &[1; 100_000]).zeros(2);
        let mut slices = 0;
        let mut sink = Within(archive.0.as_ptr_range(), &mut slices);
        let _ = Walker::new(&limits()).push(&archive.0, &mut sink, &mut Findings::default());
        assert_eq!(slices, 1);
    }

    /// Names as they come: short, long, in folders, not only ASCII.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z]{1,20}", "[a-z]{90,110}", "([a-z]{1,60}/){1,5}[a-zäöü漢 .-]{1,120}x"]
    }

    fn file() -> impl Strategy<Value = (String, Vec<u8>)> {
        let size = prop_oneof![0..3_usize, 510..515_usize, 0..3000_usize];
        (name(), (size, any::<u8>()).prop_map(|(size, byte)| vec![byte; size]))
    }

    /// Writes with the crate `tar`: `kind` 0 is ustar where the name fits, 1 GNU, 2 pax.
    fn built(files: &[(String, Vec<u8>)], kind: u8) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, body) in files {
            let mut header = if kind == 1 { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
            header.set_size(body.len() as u64);
            header.set_mtime(7);
            if kind == 2 || (kind == 0 && header.set_path(name).is_err()) {
                builder.append_pax_extensions([("path", name.as_bytes())]).unwrap();
                header.set_path("short").unwrap();
                header.set_cksum();
                builder.append(&header, body.as_slice()).unwrap();
            } else {
                builder.append_data(&mut header, name, body.as_slice()).unwrap();
            }
        }
        builder.into_inner().unwrap()
    }

    fn pieces<'a>(bytes: &'a [u8], lengths: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
        let mut rest = bytes;
        lengths.iter().cycle().map_while(move |length| {
            let (piece, behind) = rest.split_at((*length).min(rest.len()));
            rest = behind;
            (!piece.is_empty()).then_some(piece)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_the_crate_tar_writes_is_walked_whatever_the_slicing(
            files in prop::collection::vec(file(), 1..6),
            kind in 0..3_u8,
            lengths in prop::collection::vec(1..2000_usize, 1..5),
        ) {
            let bytes = built(&files, kind);
            prop_assert!(looks_like_tar(&bytes));
            let whole = walk(&bytes, &limits(), usize::MAX);
            prop_assert_eq!(whole.found(), [""; 0]);
            let names: Vec<_> = files.iter().map(|(name, _)| name.as_bytes()).collect();
            let bodies: Vec<_> = files.iter().map(|(_, body)| body.as_slice()).collect();
            prop_assert_eq!(whole.names(), names);
            prop_assert_eq!(whole.bodies(), bodies);
            prop_assert_eq!(&walk_pieces(pieces(&bytes, &lengths), &limits()), &whole);
        }

        #[test]
        fn a_cut_is_always_found(
            files in prop::collection::vec(file(), 1..4),
            kind in 0..3_u8,
            place in 0.0..1.0_f64,
        ) {
            let bytes = built(&files, kind);
            // The end marker is the last the crate `tar` writes.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let at = (bytes.len() as f64 * place) as usize;
            let seen = walk(&bytes[..at], &limits(), usize::MAX);
            prop_assert!(!seen.findings.is_empty(), "cut at {} of {}", at, bytes.len());
        }

        #[test]
        fn damage_never_panics_and_is_seen_alike_in_pieces(
            files in prop::collection::vec(file(), 1..4),
            kind in 0..3_u8,
            flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            seal in any::<bool>(),
            lengths in prop::collection::vec(1..1500_usize, 1..4),
        ) {
            let mut bytes = built(&files, kind);
            for (at, value) in flips {
                let at = at.index(bytes.len());
                bytes[at] ^= value;
                if seal {
                    reseal(&mut bytes, at);
                }
            }
            let whole = walk(&bytes, &limits(), usize::MAX);
            prop_assert_eq!(walk_pieces(pieces(&bytes, &lengths), &limits()), whole);
        }

        #[test]
        fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..3000)) {
            walk(&bytes, &limits(), 700);
            // As the body of an extension, where no checksum guards it.
            let archive = Archive::default().extension(b'x', &bytes).file(b"a", b"").zeros(2);
            walk(&archive.0, &limits(), 700);
        }
    }

    /// Puts the checksum right in the block around `at`, so that damage reaches what lies behind the check.
    fn reseal(bytes: &mut [u8], at: usize) {
        let start = at / BLOCK * BLOCK;
        if let Some(block) = bytes[start..].first_chunk_mut::<BLOCK>()
            && block[148..156].ends_with(b"\0 ")
        {
            let fixed = changed(*block, 0, &[]);
            block.copy_from_slice(&fixed);
        }
    }
}
