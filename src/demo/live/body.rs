use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// A piece is at most so long.
const PIECE: usize = 64 << 10;

/// The body of an answer, and how it ends.
#[derive(Debug)]
pub(super) struct Pieces {
    rest: Bytes,
    piece: usize,
    end: End,
    /// Set once the client was given time to receive what came before a cut.
    flushed: bool,
    /// Whether its length is told.
    measured: bool,
}

/// What is behind the last byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The answer is whole.
    Whole,
    /// The connection closes.
    Cut,
    /// Nothing more comes.
    Stall,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
pub(super) struct CutOnPurpose;

impl Pieces {
    pub(super) fn new(bytes: impl Into<Bytes>) -> Self {
        Self { rest: bytes.into(), piece: PIECE, end: End::Whole, flushed: false, measured: true }
    }

    pub(super) fn in_pieces_of(mut self, length: usize) -> Self {
        self.piece = length.max(1);
        self
    }

    pub(super) fn unmeasured(mut self) -> Self {
        self.measured = false;
        self
    }

    /// Ends after so many bytes.
    pub(super) fn ending(mut self, after: usize, end: End) -> Self {
        self.rest.truncate(after);
        (self.end, self.measured) = (end, false);
        self
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = CutOnPurpose;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOnPurpose>>> {
        if !self.rest.is_empty() {
            let length = self.rest.len().min(self.piece);
            return Poll::Ready(Some(Ok(Frame::data(self.rest.split_to(length)))));
        }
        match self.end {
            End::Whole => Poll::Ready(None),
            End::Stall => Poll::Pending,
            End::Cut if self.flushed => Poll::Ready(Some(Err(CutOnPurpose))),
            End::Cut => {
                // hyper drops what it has not yet written when a body fails: it writes when a body waits.
                self.flushed = true;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.end == End::Whole
    }

    fn size_hint(&self) -> SizeHint {
        if self.measured { SizeHint::with_exact(self.rest.len() as u64) } else { SizeHint::default() }
    }
}
