use std::ops::ControlFlow;

use super::directory::Directory;
use super::inflate::Inflate;
use super::intake::Intake;
use super::record::{self, Central, Local, Signature, Stated};
use crate::archive::unpack::{Kind, Member, Naming, Sink};
use crate::policy;
use crate::verdict::{self, Finding, Findings, kinds};

/// What was walked, for records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Walked {
    /// Members handed on.
    pub members: u64,
    /// Regular files among them.
    pub files: u64,
    /// Bytes of bodies handed on.
    pub body_bytes: u64,
    /// Bytes of the archive.
    pub bytes: u64,
    /// Whether the end record was there.
    pub ended: bool,
}

/// What the next byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A record.
    Record,
    /// A stored body of known length.
    Stored { left: u64 },
    /// A stored body that ends where its descriptor says so.
    Searched,
    /// A deflated body, and how much of it is left where that is known.
    Deflated { left: Option<u64> },
    /// A body that is not handed on.
    Skipped { left: u64 },
    /// The descriptor behind a body.
    Descriptor,
    /// The end record's comment.
    Comment { left: u16 },
    /// What stands behind the end; whether something does.
    Ended { trailing: bool },
    /// Nothing can be read any more.
    Broken,
}

/// Walks a zip archive that is pushed in pieces of any length.
#[derive(Debug)]
pub struct Walker {
    members: u64,
    path_length: u64,
    pub(super) member_size: u64,
    pub(super) state: State,
    /// A record, or what may be one, that is not complete yet.
    pub(super) record: Vec<u8>,
    pub(super) inflate: Inflate,
    pub(super) intake: Intake,
    pub(super) directory: Directory,
    pub(super) member: Member,
    /// What the member's local header states.
    pub(super) stated: Stated,
    /// How long its body is in the archive, where that is known before its end.
    pub(super) packed: Option<u64>,
    /// Whether a descriptor follows the body.
    pub(super) described_behind: bool,
    /// Whether the member was closed before its body was over.
    pub(super) given_up: bool,
    pub(super) walked: Walked,
    /// How members are named in findings.
    pub(super) naming: Naming,
}

impl Walker {
    /// A walker at the beginning of an archive. Of the limits it keeps members, member size, unpacked size, ratio
    /// (behind the first 64 MiB) and path length.
    #[must_use]
    pub fn new(limits: &policy::Limits) -> Self {
        let member =
            Member { name: Vec::new(), kind: Kind::File, size: 0, index: 0, offset: 0, modified: None };
        Self {
            members: limits.members,
            path_length: u64::from(limits.path_length),
            member_size: limits.member_size.0,
            state: State::Record,
            record: Vec::new(),
            inflate: Inflate::new(),
            intake: Intake::new(limits),
            directory: Directory::default(),
            member,
            stated: Stated::default(),
            packed: None,
            described_behind: false,
            given_up: false,
            walked: Walked::default(),
            naming: Naming::Open,
        }
    }

    /// The archive is an export, so that findings show no names of its members.
    #[must_use]
    pub fn inside_export(self) -> Self {
        Self { naming: Naming::Inside, ..self }
    }

    /// Feeds the next bytes. A break means that nothing behind can be read any more; a finding says why.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> ControlFlow<()> {
        while !bytes.is_empty() && self.state != State::Broken {
            let used = match self.state {
                State::Stored { left } => self.take_stored(left, bytes, sink, findings),
                State::Searched => self.take_searched(bytes, sink, findings),
                State::Deflated { left } => self.take_deflated(left, bytes, sink, findings),
                State::Skipped { left } => self.take_skipped(left, bytes, sink, findings),
                State::Descriptor => self.take_descriptor(bytes, sink, findings),
                State::Comment { left } => self.take_comment(left, bytes),
                State::Ended { trailing } => self.take_trailing(trailing, bytes, findings),
                _ => self.take_record(bytes, sink, findings),
            };
            self.walked.bytes += used as u64;
            bytes = &bytes[used..];
        }
        match self.state {
            State::Broken => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn take_record(&mut self, bytes: &[u8], sink: &mut impl Sink, findings: &mut Findings) -> usize {
        let mut used = 0;
        loop {
            let Some(length) = self.due_length() else {
                self.refuse_record(used, findings);
                return used;
            };
            let missing = length.saturating_sub(self.record.len());
            if missing == 0 {
                let at = self.walked.bytes + used as u64 - length as u64;
                self.read_record(at, sink, findings);
                return used;
            }
            let piece = &bytes[used..(used + missing).min(bytes.len())];
            if piece.is_empty() {
                return used;
            }
            self.record.extend_from_slice(piece);
            used += piece.len();
        }
    }

    /// How long the record is as far as can be told, if such a record may stand here.
    fn due_length(&self) -> Option<usize> {
        let admitted = self.record.len() < 4
            || Signature::of(&self.record).is_some_and(|signature| self.directory.admits(signature));
        admitted.then(|| record::length(&self.record)).flatten()
    }

    fn refuse_record(&mut self, used: usize, findings: &mut Findings) {
        let at = self.walked.bytes + used as u64 - self.record.len() as u64;
        let observed = match (Signature::of(&self.record), self.record.get(..4)) {
            (Some(Signature::Zip64End), _) if self.record.len() > 4 => {
                "one of an impossible length".to_owned()
            }
            (Some(signature), _) => signature.name().to_owned(),
            (None, Some(b"PK\x06\x08" | b"PK\x05\x05" | b"PK\x07\x08")) => {
                "a record that is not read".to_owned()
            }
            (None, _) => "something else".to_owned(),
        };
        let finding = Finding::new(&kinds::ZIP_CORRUPT, format!("record at byte {at}"));
        self.stop(findings, finding.expected(self.directory.due()).observed(observed));
    }

    fn read_record(&mut self, at: u64, sink: &mut impl Sink, findings: &mut Findings) {
        let bytes = std::mem::take(&mut self.record);
        let Some(signature) = Signature::of(&bytes) else { return };
        self.directory.passes(signature, at);
        match signature {
            Signature::Local => match Local::read(&bytes) {
                Some(local) => self.begin_member(&local, at, sink, findings),
                None => self.stop(findings, malformed(at)),
            },
            Signature::Central => match Central::read(&bytes) {
                Some(central) => {
                    self.directory.list(&central, at + bytes.len() as u64, self.naming, findings)
                }
                None => self.stop(findings, malformed(at)),
            },
            Signature::Zip64End => self.directory.ends_wide(&bytes, at),
            Signature::Locator => self.directory.locates(&bytes, findings),
            Signature::End => {
                self.directory.ends(&bytes, findings);
                self.walked.ended = true;
                self.state = match record::comment_length(&bytes) {
                    0 => State::Ended { trailing: false },
                    left => State::Comment { left },
                };
            }
        }
        // Its memory serves the next record.
        self.record = bytes;
        self.record.clear();
    }

    fn begin_member(&mut self, local: &Local<'_>, at: u64, sink: &mut impl Sink, findings: &mut Findings) {
        if self.walked.members >= self.members {
            let finding = Finding::new(&kinds::LIMIT_MEMBERS, "zip archive");
            let finding = finding.expected(format!("at most {} members", self.members));
            return self.stop(findings, finding.observed("one more"));
        }
        self.directory.keep(local, at);
        let unreadable = local.unreadable();
        self.member.index = self.walked.members;
        self.member.offset = at;
        self.member.modified = local.modified();
        self.member.name.clear();
        self.member.name.extend_from_slice(local.name);
        self.member.kind = match unreadable {
            Some(_) => Kind::Unsupported,
            None if local.name.ends_with(b"/") => Kind::Directory,
            None => Kind::File,
        };
        if local.name.len() as u64 > self.path_length {
            let finding = self.finding(&kinds::LIMIT_PATH_LENGTH);
            let finding = finding.expected(format!("at most {} bytes", self.path_length));
            findings.push(finding.observed(format!("{} bytes", local.name.len())));
        }
        self.begin_body(local, unreadable, sink, findings);
    }

    pub(super) fn stop(&mut self, findings: &mut Findings, finding: Finding) {
        findings.push(finding);
        self.state = State::Broken;
    }

    pub(super) fn subject(&self) -> String {
        self.naming.subject(self.member.index, &self.member.name)
    }

    pub(super) fn finding(&self, kind: &'static verdict::Kind) -> Finding {
        Finding::new(kind, self.subject())
    }
}

fn malformed(at: u64) -> Finding {
    Finding::new(&kinds::ZIP_CORRUPT, format!("record at byte {at}"))
        .expected("extra fields as long as they state, with the sizes that are left to them")
        .observed("others")
}
