//! How an archive ends: the end record's comment, what stands behind it, and every end that is none.

use super::walker::{State, Walked, Walker};
use crate::archive::unpack::{Body, Sink};
use crate::verdict::{Finding, Findings, kinds};

impl Walker {
    /// Judges the archive's end: its true end is here.
    pub fn finish(mut self, sink: &mut impl Sink, findings: &mut Findings) -> Walked {
        let cut = !matches!(self.state, State::Ended { .. } | State::Broken);
        if cut {
            let finding = Finding::new(&kinds::ZIP_TRUNCATED, self.place()).expected(self.due());
            let observed = format!("the end of the archive at byte {}", self.walked.bytes);
            findings.push(finding.observed(observed));
        }
        self.close(sink);
        self.walked
    }

    /// Closes the current member as cut: the stage before stopped and has said why.
    pub fn abandon(mut self, sink: &mut impl Sink) -> Walked {
        self.close(sink);
        self.walked
    }

    fn close(&mut self, sink: &mut impl Sink) {
        self.walked.body_bytes = self.intake.total;
        if self.is_in_member() && !self.given_up {
            sink.end(Body::Cut);
        }
    }

    fn is_in_member(&self) -> bool {
        use State::{Deflated, Descriptor, Searched, Skipped, Stored};
        matches!(self.state, Stored { .. } | Searched | Deflated { .. } | Skipped { .. } | Descriptor)
    }

    fn place(&self) -> String {
        match self.state {
            _ if self.is_in_member() => self.subject(),
            State::Comment { .. } => "end record".to_owned(),
            _ => format!("record at byte {}", self.walked.bytes - self.record.len() as u64),
        }
    }

    fn due(&self) -> &'static str {
        match self.state {
            State::Searched => "a data descriptor that ends the body",
            State::Descriptor => "a data descriptor",
            _ if self.is_in_member() => "the rest of the body",
            State::Comment { .. } => "the rest of the comment",
            _ => self.directory.due(),
        }
    }

    pub(super) fn take_comment(&mut self, left: u16, bytes: &[u8]) -> usize {
        let used = bytes.len().min(usize::from(left));
        self.state = match left - u16::try_from(used).unwrap_or(left) {
            0 => State::Ended { trailing: false },
            left => State::Comment { left },
        };
        used
    }

    /// Takes all of `bytes`. NULs are what programs that write in blocks leave at the end of a pipe.
    pub(super) fn take_trailing(&mut self, trailing: bool, bytes: &[u8], findings: &mut Findings) -> usize {
        if !trailing && let Some(at) = bytes.iter().position(|byte| *byte != 0) {
            self.state = State::Ended { trailing: true };
            let subject = format!("data at byte {}", self.walked.bytes + at as u64);
            let finding = Finding::new(&kinds::ZIP_TRAILING_DATA, subject);
            findings.push(finding.expected("nothing but NULs behind the end record").observed("more bytes"));
        }
        bytes.len()
    }
}
