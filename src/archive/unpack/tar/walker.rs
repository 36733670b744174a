use std::ops::ControlFlow;

use super::dialect::Dialect;
use super::ending::Tail;
use super::extension::Extensions;
use super::header::{self, BLOCK, Block, Header, Role, TypeFlag};
use crate::archive::unpack::{Body, Kind, Member, Sink, name};
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
        }
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
        let subject = self.extensions.subject();
        if !few {
            let finding = Finding::new(&kinds::LIMIT_EXTENSIONS, subject);
            let finding = finding.expected(format!("at most {} before one member", Extensions::MOST));
            return self.stop(findings, finding.observed("one more"));
        }
        let most = self.limits.extension_size;
        if size > most {
            let finding = Finding::new(&kinds::LIMIT_EXTENSION_SIZE, subject);
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
        Finding::new(kind, name::subject(self.member.index, &self.member.name))
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
