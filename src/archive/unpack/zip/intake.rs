//! What comes out of a body on its way to the sink: counted, summed up and held to the limits.

use flate2::Crc;

use super::record::Stated;
use crate::archive::decompress::RATIO_FREE;
use crate::archive::unpack::Sink;
use crate::policy;
use crate::verdict::{Finding, kinds};

/// The body that is being read, and the sum of all before.
#[derive(Debug)]
pub(super) struct Intake {
    member_size: u64,
    unpacked_size: u64,
    ratio: u64,
    /// The size its local header states.
    pub(super) stated: Option<u64>,
    crc: Crc,
    /// Bytes handed on of this body.
    size: u64,
    /// Packed bytes used of this body.
    pub(super) packed: u64,
    /// Bytes handed on of all bodies.
    pub(super) total: u64,
}

/// Why a body is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It is longer than stated.
    Stated(u64),
    /// It is longer than `limits.member_size`.
    MemberSize(u64),
    /// All bodies together are longer than `limits.unpacked_size`.
    UnpackedSize(u64),
    /// All bodies together are longer than `limits.ratio` allows.
    Ratio(u64),
}

impl Intake {
    pub(super) fn new(limits: &policy::Limits) -> Self {
        Self {
            member_size: limits.member_size.0,
            unpacked_size: limits.unpacked_size.0,
            ratio: limits.ratio,
            stated: None,
            crc: Crc::new(),
            size: 0,
            packed: 0,
            total: 0,
        }
    }

    /// Begins another body.
    pub(super) fn begin(&mut self, stated: Option<u64>) {
        self.stated = stated;
        self.crc.reset();
        self.size = 0;
        self.packed = 0;
    }

    /// What was seen of the current body.
    pub(super) fn seen(&self) -> Stated {
        Stated { crc: self.crc.sum(), packed: self.packed, size: self.size }
    }

    /// Hands `piece` on; `read` is how many bytes of the archive were read so far.
    ///
    /// Up to a bound, bytes are handed on however they come in pieces.
    pub(super) fn take(&mut self, piece: &[u8], read: u64, sink: &mut impl Sink) -> Result<(), Refusal> {
        let stated = self.stated.unwrap_or(u64::MAX);
        let bounds = [
            (stated.saturating_sub(self.size), Refusal::Stated(stated)),
            (self.member_size.saturating_sub(self.size), Refusal::MemberSize(self.member_size)),
            (self.unpacked_size.saturating_sub(self.total), Refusal::UnpackedSize(self.unpacked_size)),
        ];
        let narrowest = bounds.into_iter().min_by_key(|(room, _)| *room);
        let (room, refusal) = narrowest.unwrap_or(bounds[0]);
        let allowed = usize::try_from(room).unwrap_or(usize::MAX);
        self.hand_on(&piece[..piece.len().min(allowed)], sink);
        if piece.len() > allowed {
            return Err(refusal);
        }
        let most = read.saturating_mul(self.ratio);
        if self.total > RATIO_FREE && self.total > most { Err(Refusal::Ratio(self.ratio)) } else { Ok(()) }
    }

    fn hand_on(&mut self, piece: &[u8], sink: &mut impl Sink) {
        if piece.is_empty() {
            return;
        }
        self.crc.update(piece);
        self.size += piece.len() as u64;
        self.total += piece.len() as u64;
        sink.data(piece);
    }
}

impl Refusal {
    /// Whether the member is at fault and those behind it can still be read.
    pub(super) fn concerns_member_alone(self) -> bool {
        matches!(self, Self::Stated(_))
    }

    /// The finding; `member` names the current one.
    pub(super) fn finding(self, member: String) -> Finding {
        let (kind, subject, expected) = match self {
            Self::Stated(size) => {
                (&kinds::ZIP_CORRUPT, member, format!("{size} bytes, as its header states"))
            }
            Self::MemberSize(most) => (&kinds::LIMIT_MEMBER_SIZE, member, format!("at most {most} bytes")),
            Self::UnpackedSize(most) => (
                &kinds::LIMIT_UNPACKED_SIZE,
                "zip archive".to_owned(),
                format!("at most {most} bytes unpacked"),
            ),
            Self::Ratio(ratio) => (
                &kinds::LIMIT_RATIO,
                "zip archive".to_owned(),
                format!("at most {ratio} times the bytes read"),
            ),
        };
        Finding::new(kind, subject).expected(expected).observed("more")
    }
}
