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

#[cfg(test)]
mod tests {
    use super::super::fixture::{Archive, header, walk, zimbra};
    use super::super::{Dialect, Walker};
    use super::*;
    use crate::policy::Limits;

    fn one() -> Archive {
        Archive::default().file(b"a", &[7; 700])
    }

    fn cut(archive: &Archive, at: usize) -> Vec<&'static str> {
        walk(&archive.0[..at], &Limits::default(), usize::MAX).found()
    }

    #[test]
    fn a_whole_archive_has_no_finding() {
        let seen = one().ended();
        assert_eq!(seen.found(), [""; 0]);
        let walked = Walked {
            members: 1,
            files: 1,
            body_bytes: 700,
            bytes: 2560,
            ended: true,
            dialect: Some(Dialect::Ustar),
        };
        assert_eq!(seen.walked, walked);
        assert_eq!(one().zeros(18).walk().found(), [""; 0]);
    }

    #[test]
    fn each_cut_has_its_own_finding() {
        let archive = one().file(b"b", b"").zeros(2);
        for (at, id) in [
            (0, "tar-empty"),
            (1, "tar-truncated-header"),
            (511, "tar-truncated-header"),
            (512, "tar-truncated-member"),
            (1211, "tar-truncated-member"),
            (1212, "tar-missing-end-marker"),
            (1535, "tar-missing-end-marker"),
            (1536, "tar-missing-end-marker"),
            (1540, "tar-truncated-header"),
            (2048, "tar-missing-end-marker"),
            (2100, "tar-missing-end-marker"),
            (2560, "tar-single-zero-block"),
            (3071, "tar-single-zero-block"),
        ] {
            assert_eq!(cut(&archive, at), [id], "cut at {at}");
        }
    }

    #[test]
    fn a_cut_member_is_handed_on_as_cut() {
        let archive = one();
        let seen = walk(&archive.0[..600], &Limits::default(), usize::MAX);
        assert_eq!(seen.members[0].2, Some(Body::Cut));
        assert_eq!(seen.members[0].1.len(), 88);
        let finding = seen.findings.iter().next().unwrap();
        assert_eq!(finding.subject, "member 0 a");
        assert_eq!(finding.observed, "88 bytes; the archive ends at byte 600");
        let padding = walk(&archive.0[..1212], &Limits::default(), usize::MAX);
        assert_eq!(padding.members[0].2, Some(Body::Whole));
    }

    #[test]
    fn a_huge_member_without_its_body_is_cut() {
        let block =
            super::super::fixture::changed(header(b"a", b'0', 0), 124, b"\x80\0\0\0\0\0\0\x02\x40\0\0\0");
        let seen = Archive::default().block(block).ended();
        assert_eq!(seen.found(), ["tar-truncated-member"]);
        assert_eq!(seen.members[0].0.size, 9 << 30);
    }

    #[test]
    fn cut_extensions_are_told_from_dangling_ones() {
        let archive = Archive::default().extension(b'L', &[b'n'; 600]);
        assert_eq!(cut(&archive, 512), ["tar-truncated-header"]);
        assert_eq!(cut(&archive, 1100), ["tar-truncated-header"]);
        assert_eq!(cut(&archive, 1112), ["tar-extension-dangling", "tar-missing-end-marker"]);
        assert_eq!(cut(&archive, 1536), ["tar-extension-dangling", "tar-missing-end-marker"]);
        let ended = one().extension(b'x', b"").ended();
        assert_eq!(ended.found(), ["tar-extension-dangling"]);
        assert_eq!(one().extension(b'g', b"").ended().found(), [""; 0]);
    }

    #[test]
    fn data_behind_a_single_end_block_is_found() {
        let seen = one().zeros(1).file(b"hidden", b"x").ended();
        assert_eq!(seen.found(), ["tar-data-after-end"]);
        assert_eq!(seen.names(), [b"a"]);
        assert!(!seen.walked.ended && !seen.broken);
        let mut short = one().zeros(1);
        short.0.push(1);
        assert_eq!(short.walk().found(), ["tar-data-after-end"]);
    }

    #[test]
    fn data_behind_the_end_marker_is_found_once_and_where() {
        let mut archive = one().zeros(20);
        let at = archive.0.len() - 5;
        archive.0[at] = 1;
        archive.0.extend([2; 5000]);
        for piece in [1, 512, usize::MAX] {
            let seen = walk(&archive.0, &Limits::default(), piece);
            assert_eq!(seen.found(), ["tar-data-after-end"]);
            assert_eq!(seen.findings.iter().next().unwrap().subject, format!("data at byte {at}"));
            assert_eq!(seen.walked.bytes, archive.0.len() as u64);
        }
    }

    #[test]
    fn zimbra_leaves_stale_bytes_in_the_last_record_only() {
        let mut archive = Archive::default().block(zimbra(b"a", b'0', 3)).body(b"abc").zeros(2);
        archive.0.resize(10_240, 7);
        let seen = archive.walk();
        assert_eq!((seen.found(), seen.walked.dialect), (vec![], Some(Dialect::Zimbra)));
        archive.0.push(7);
        let seen = archive.walk();
        assert_eq!(seen.found(), ["tar-data-after-end"]);
        assert_eq!(seen.findings.iter().next().unwrap().subject, "data at byte 10240");
    }

    #[test]
    fn stale_bytes_are_nobody_else_s_right() {
        let mut archive = Archive::default().block(zimbra(b"a", b'0', 0)).file(b"b", b"").zeros(2);
        archive.0.resize(10_240, 7);
        assert_eq!(archive.walk().found(), ["tar-data-after-end"]);
    }

    #[test]
    fn an_archive_without_files_is_empty() {
        assert_eq!(Archive::default().walk().found(), ["tar-empty"]);
        assert_eq!(Archive::default().ended().found(), ["tar-empty"]);
        assert_eq!(Archive::default().block(header(b"d/", b'5', 0)).ended().found(), ["tar-empty"]);
    }

    #[test]
    fn an_abandoned_walk_closes_its_member_without_a_finding() {
        let archive = one();
        let mut findings = Findings::default();
        let mut seen = super::super::fixture::Seen::default();
        let mut walker = Walker::new(&Limits::default());
        assert!(walker.push(&archive.0[..600], &mut seen, &mut findings).is_continue());
        let walked = walker.abandon(&mut seen);
        assert_eq!((walked.members, walked.body_bytes, walked.ended), (1, 88, false));
        assert_eq!(seen.members[0].2, Some(Body::Cut));
        assert!(findings.is_empty());
    }
}
