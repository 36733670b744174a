//! Bodies: found to their end, handed on, and compared with what is stated of them.

use super::descriptor::{self, WINDOW};
use super::inflate::Step;
use super::intake::Refusal;
use super::record::{DEFLATED, Local, Stated};
use super::walker::{State, Walker};
use crate::archive::unpack::{Body, Kind, Sink};
use crate::verdict::{Finding, Findings, kinds};

impl Walker {
    /// Announces the member and says how its body will be read.
    pub(super) fn begin_body(
        &mut self,
        local: &Local<'_>,
        unreadable: Option<String>,
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) {
        let Stated { packed, size, .. } = local.stated;
        self.stated = local.stated;
        // A descriptor announces itself by zeros; some programs fill them in later and leave the flag.
        self.described_behind = local.is_described_behind();
        let known = |value: u64| (!self.described_behind || value != 0).then_some(value);
        let (left, size) = (known(packed), known(size));
        self.packed = left;
        self.given_up = false;
        self.member.size = if unreadable.is_some() { 0 } else { size.unwrap_or(0) };
        if size.is_some_and(|size| size > self.member_size) {
            let finding =
                self.finding(&kinds::LIMIT_MEMBER_SIZE).observed(format!("{} bytes", self.member.size));
            return self.stop(findings, finding.expected(format!("at most {} bytes", self.member_size)));
        }
        self.intake.begin(size);
        self.walked.members += 1;
        self.walked.files += u64::from(self.member.kind == Kind::File);
        sink.begin(&self.member);
        match (unreadable, local.method) {
            (Some(what), _) => self.refuse_body(&what, sink, findings),
            (None, DEFLATED) => {
                self.inflate.reset();
                self.state = State::Deflated { left };
            }
            (None, _) => match left {
                Some(left) => self.go_on(State::Stored { left }, left, sink, findings),
                None => self.state = State::Searched,
            },
        }
    }

    fn refuse_body(&mut self, what: &str, sink: &mut impl Sink, findings: &mut Findings) {
        let finding = self.finding(&kinds::ZIP_UNSUPPORTED).expected("a stored or deflated body");
        self.give_up(finding.observed(what), sink, findings);
    }

    /// Closes the member early; what is left of its body is skipped, or the walk ends if nobody knows how much.
    fn give_up(&mut self, finding: Finding, sink: &mut impl Sink, findings: &mut Findings) {
        sink.end(Body::Cut);
        self.given_up = true;
        let Some(packed) = self.packed else { return self.stop(findings, finding) };
        findings.push(finding);
        let left = packed.saturating_sub(self.intake.packed);
        self.go_on(State::Skipped { left }, left, sink, findings);
    }

    /// Goes on with `state`, of whose body `left` bytes are to come.
    fn go_on(&mut self, state: State, left: u64, sink: &mut impl Sink, findings: &mut Findings) {
        self.state = state;
        if left > 0 {
            return;
        }
        if self.described_behind {
            self.state = State::Descriptor;
        } else {
            self.close_member(None, sink, findings);
        }
    }

    fn refused(&mut self, refusal: Refusal, sink: &mut impl Sink, findings: &mut Findings) {
        let finding = refusal.finding(self.subject());
        if !refusal.concerns_member_alone() {
            self.packed = None;
        }
        self.give_up(finding, sink, findings);
    }

    pub(super) fn take_stored(
        &mut self,
        left: u64,
        bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> usize {
        let used = at_most(left, bytes.len());
        self.intake.packed += used as u64;
        let read = self.walked.bytes + used as u64;
        match self.intake.take(&bytes[..used], read, sink) {
            Ok(()) => {
                let left = left - used as u64;
                self.go_on(State::Stored { left }, left, sink, findings);
            }
            Err(refusal) => self.refused(refusal, sink, findings),
        }
        used
    }

    pub(super) fn take_skipped(
        &mut self,
        left: u64,
        bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> usize {
        let used = at_most(left, bytes.len());
        let left = left - used as u64;
        self.go_on(State::Skipped { left }, left, sink, findings);
        used
    }

    pub(super) fn take_deflated(
        &mut self,
        left: Option<u64>,
        bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> usize {
        let bytes = &bytes[..at_most(left.unwrap_or(u64::MAX), bytes.len())];
        let mut used = 0;
        loop {
            let (read, step) = self.inflate.step(&bytes[used..]);
            used += read;
            self.intake.packed += read as u64;
            let made = self.intake.take(self.inflate.made(), self.walked.bytes + used as u64, sink);
            if let Err(refusal) = made {
                self.refused(refusal, sink, findings);
                return used;
            }
            if step != Step::More {
                let left = left.map(|left| left - used as u64);
                self.inflated(step, left, sink, findings);
                return used;
            }
        }
    }

    /// Says how a deflated body goes on behind the bytes that were taken.
    fn inflated(&mut self, step: Step, left: Option<u64>, sink: &mut impl Sink, findings: &mut Findings) {
        let observed = match (step, left) {
            (Step::Ended, None | Some(0)) => return self.go_on(State::Record, 0, sink, findings),
            (Step::Ended, Some(_)) => "one that ends before its stated packed size",
            (Step::Corrupt, _) => "invalid data",
            (_, Some(0)) => "one that goes on behind its stated packed size",
            _ => {
                self.state = State::Deflated { left };
                return;
            }
        };
        let finding = self.finding(&kinds::ZIP_CORRUPT).expected("a deflate stream").observed(observed);
        self.give_up(finding, sink, findings);
    }

    pub(super) fn take_descriptor(
        &mut self,
        bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> usize {
        let used = self.fill_window(bytes);
        if self.record.len() < WINDOW {
            return used;
        }
        match descriptor::decide(&self.record, &self.intake.seen()) {
            Some(found) => {
                self.close_member(Some(found.stated), sink, findings);
                // What stands behind it begins the next record.
                self.record.drain(..found.length);
            }
            None => {
                let finding =
                    self.finding(&kinds::ZIP_CORRUPT).expected("a data descriptor and a record behind it");
                self.packed = None;
                if !self.given_up {
                    sink.end(Body::Cut);
                }
                self.stop(findings, finding.observed("something else"));
            }
        }
        used
    }

    /// Takes a stored body whose end only its descriptor tells: what may be that is held back until it is clear.
    pub(super) fn take_searched(
        &mut self,
        bytes: &[u8],
        sink: &mut impl Sink,
        findings: &mut Findings,
    ) -> usize {
        let plain = if self.record.is_empty() { descriptor::candidate(bytes) } else { 0 };
        let mut result = self.intake.take(&bytes[..plain], self.walked.bytes + plain as u64, sink);
        let used = plain + self.fill_window(&bytes[plain..]);
        while result.is_ok() {
            let free = descriptor::candidate(&self.record);
            result = self.release(free, sink);
            if self.record.len() < WINDOW || result.is_err() {
                break;
            }
            let size = self.intake.seen().size;
            if let Some(found) = descriptor::ends_stored(&self.record, size) {
                self.intake.packed = size;
                self.close_member(Some(found.stated), sink, findings);
                self.record.drain(..found.length);
                return used;
            }
            result = self.release(1, sink);
        }
        if let Err(refusal) = result {
            self.refused(refusal, sink, findings);
        }
        used
    }

    /// Hands the first bytes of what is held back on.
    fn release(&mut self, amount: usize, sink: &mut impl Sink) -> Result<(), Refusal> {
        let result = self.intake.take(&self.record[..amount], self.walked.bytes, sink);
        self.record.drain(..amount);
        result
    }

    fn fill_window(&mut self, bytes: &[u8]) -> usize {
        let used = bytes.len().min(WINDOW.saturating_sub(self.record.len()));
        self.record.extend_from_slice(&bytes[..used]);
        used
    }

    /// Compares a body with what stands before and behind it, and closes the member.
    fn close_member(&mut self, behind: Option<Stated>, sink: &mut impl Sink, findings: &mut Findings) {
        self.state = State::Record;
        if let Some(stated) = behind {
            self.directory.describe(stated);
        }
        if self.given_up {
            return;
        }
        let seen = self.intake.seen();
        let mut whole = self.compare("local header", self.ahead(seen), seen, findings);
        if let Some(stated) = behind {
            whole &= self.compare("data descriptor", stated, seen, findings);
        }
        if self.member.kind == Kind::Directory && seen.size > 0 {
            let finding = self.finding(&kinds::ZIP_CORRUPT).expected("a folder without a body");
            findings.push(finding.observed(format!("{} bytes", seen.size)));
        }
        sink.end(if whole { Body::Whole } else { Body::Cut });
    }

    /// What the local header states; where a descriptor follows, a zero stands for what is not known yet.
    fn ahead(&self, seen: Stated) -> Stated {
        let Stated { crc, packed, size } = self.stated;
        if !self.described_behind {
            return self.stated;
        }
        Stated {
            crc: if crc == 0 { seen.crc } else { crc },
            packed: if packed == 0 { seen.packed } else { packed },
            size: if size == 0 { seen.size } else { size },
        }
    }

    /// Holds `seen` to what `place` states; says whether the sizes agree.
    fn compare(&self, place: &str, stated: Stated, seen: Stated, findings: &mut Findings) -> bool {
        let sizes = (stated.packed, stated.size) == (seen.packed, seen.size);
        if !sizes {
            let finding = self.finding(&kinds::ZIP_CHECKSUM_MISMATCH);
            let finding =
                finding.expected(format!("{} bytes, packed {}, by its {place}", stated.size, stated.packed));
            findings.push(finding.observed(format!("{} bytes, packed {}", seen.size, seen.packed)));
        } else if stated.crc != seen.crc {
            let finding = self.finding(&kinds::ZIP_CHECKSUM_MISMATCH);
            let finding = finding.expected(format!("CRC-32 {:08x}, by its {place}", stated.crc));
            findings.push(finding.observed(format!("CRC-32 {:08x}", seen.crc)));
        }
        sizes
    }
}

fn at_most(left: u64, length: usize) -> usize {
    usize::try_from(left).unwrap_or(usize::MAX).min(length)
}
