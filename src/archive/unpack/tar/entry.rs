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
        self.member.kind = self.kind(header, flag);
        let size = self.size(stated, findings);
        self.judge_names(names_differ, findings);
        self.judge_kind(flag, findings);
        self.extensions.clear();
        self.begin_content(header, flag, size, sink, findings);
    }

    fn kind(&mut self, header: &Header<'_>, flag: TypeFlag) -> Kind {
        match flag {
            TypeFlag::File if self.extensions.is_sparse() => Kind::Unsupported,
            // Old archivers have no other way to say that it is a folder.
            TypeFlag::File if self.member.name.ends_with(b"/") => Kind::Directory,
            TypeFlag::File => Kind::File,
            TypeFlag::Directory => Kind::Directory,
            TypeFlag::HardLink => Kind::HardLink { target: self.extensions.link_target(header) },
            TypeFlag::SymbolicLink => Kind::SymbolicLink,
            TypeFlag::Special => Kind::Special,
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
        let bodiless = !matches!(self.member.kind, Kind::File | Kind::Unsupported);
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
