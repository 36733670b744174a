//! How an archive ends: its end marker, what stands behind it, and every end that is none.

use super::dialect::Dialect;
use super::header::{self, Block};
use super::walker::{State, Walked, Walker};
use crate::archive::unpack::{Body, Sink};
use crate::verdict::{Finding, Findings, kinds};

/// Tar's unit of writing: twenty blocks.
const RECORD: u64 = 20 * header::BLOCK as u64;

/// Watches what stands behind the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tail {
    /// Bytes before this position are not judged.
    stale_until: u64,
    /// Whether the finding was made.
    found: bool,
}

impl Tail {
    /// Takes all of `bytes`, which stand at `position`.
    pub(super) fn take(&mut self, bytes: &[u8], position: u64, findings: &mut Findings) -> usize {
        let stale = usize::try_from(self.stale_until.saturating_sub(position)).unwrap_or(usize::MAX);
        let judged = bytes.get(stale..).unwrap_or_default();
        if !self.found
            && let Some(at) = judged.iter().position(|byte| *byte != 0)
        {
            self.found = true;
            findings.push(data_after_end(position + (stale + at) as u64));
        }
        bytes.len()
    }
}

fn data_after_end(at: u64) -> Finding {
    Finding::new(&kinds::TAR_DATA_AFTER_END, format!("data at byte {at}"))
        .expected("nothing but NULs behind the end marker")
}

impl Walker {
    /// Reads the block behind a first block of NULs.
    pub(super) fn read_second_end_block(&mut self, block: &Block, findings: &mut Findings) {
        if !header::is_zero(block) {
            self.end_with_data(findings);
            return;
        }
        self.walked.ended = true;
        let end = self.block_at + header::BLOCK as u64;
        // Ant's TarBuffer fills the last record with what stood in the one before.
        let stale = self.walked.dialect == Some(Dialect::Zimbra);
        let stale_until = if stale { end.next_multiple_of(RECORD) } else { end };
        self.state = State::Ended(Tail { stale_until, found: false });
    }

    fn end_with_data(&mut self, findings: &mut Findings) {
        findings.push(data_after_end(self.block_at).observed("a header or data behind a single end block"));
        self.state = State::Ended(Tail { stale_until: 0, found: true });
    }

    /// Judges the archive's end: the plaintext reached its true end here.
    pub fn finish(mut self, sink: &mut impl Sink, findings: &mut Findings) -> Walked {
        if let State::Undecided { .. } = self.state {
            // Nothing stands behind it, so it has no body either.
            self.announce(0, sink);
            sink.end(Body::Whole);
            self.state = State::Header;
        }
        self.judge_end(findings);
        self.close(sink);
        if self.walked.files == 0 && self.reached_an_end() {
            findings.push(Finding::new(&kinds::TAR_EMPTY, "archive").expected("files").observed("none"));
        }
        self.walked
    }

    /// Closes the current member as cut: the stage before stopped and has said why.
    pub fn abandon(mut self, sink: &mut impl Sink) -> Walked {
        self.close(sink);
        self.walked
    }

    fn close(&mut self, sink: &mut impl Sink) {
        match self.state {
            State::Undecided { size, .. } | State::SparseMap { size } => self.announce(size, sink),
            State::Body { .. } => {}
            _ => return,
        }
        sink.end(Body::Cut);
    }

    fn reached_an_end(&self) -> bool {
        matches!(self.state, State::FirstZero | State::Ended(_)) || self.walked.bytes == 0
    }

    fn judge_end(&mut self, findings: &mut Findings) {
        match self.state {
            State::Header if self.has_partial_data() => findings.push(self.cut_header(self.header_subject())),
            State::Header | State::Padding { .. } => self.judge_missing_end(findings),
            State::Extension { .. } => findings.push(self.cut_header(self.extensions.subject())),
            State::SparseMap { .. } => findings.push(self.cut_header(format!(
                "sparse map of member {} at byte {}",
                self.member.index, self.member.offset
            ))),
            State::Body { left } => findings.push(self.cut_member(left)),
            State::FirstZero if self.has_partial_data() => self.end_with_data(findings),
            State::FirstZero => findings.push(self.single_end_block()),
            State::Undecided { .. } | State::Ended(_) | State::Broken => {}
        }
    }

    fn judge_missing_end(&self, findings: &mut Findings) {
        self.judge_dangling(findings);
        if self.walked.bytes > 0 {
            findings.push(
                Finding::new(&kinds::TAR_MISSING_END_MARKER, "archive")
                    .expected("two blocks of NULs behind the last member")
                    .observed(self.end_position()),
            );
        }
    }

    /// States extension headers that wait for a member which does not come.
    pub(super) fn judge_dangling(&self, findings: &mut Findings) {
        if let Some(at) = self.extensions.pending() {
            findings.push(
                Finding::new(&kinds::TAR_EXTENSION_DANGLING, format!("extension header at byte {at}"))
                    .expected("a member behind it")
                    .observed("the end of the archive"),
            );
        }
    }

    fn cut_header(&self, subject: String) -> Finding {
        Finding::new(&kinds::TAR_TRUNCATED_HEADER, subject).observed(self.end_position())
    }

    fn cut_member(&self, left: u64) -> Finding {
        let size = self.member.size;
        self.finding(&kinds::TAR_TRUNCATED_MEMBER).expected(format!("{size} bytes")).observed(format!(
            "{} bytes; {}",
            size - left,
            self.end_position()
        ))
    }

    fn single_end_block(&self) -> Finding {
        Finding::new(&kinds::TAR_SINGLE_ZERO_BLOCK, "archive")
            .expected("two blocks of NULs behind the last member")
            .observed(format!("one; {}", self.end_position()))
    }

    fn end_position(&self) -> String {
        format!("the archive ends at byte {}", self.walked.bytes)
    }

    fn has_partial_data(&self) -> bool {
        self.partial[..self.filled].iter().any(|byte| *byte != 0)
    }
}
