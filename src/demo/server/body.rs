use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use s3s::StdError;
use s3s::stream::{ByteStream, RemainingLength};

/// Large enough that the cost of a slice does not show, small enough that a slow client holds little.
const SLICE: usize = 256 << 10;

/// What happens when so many bytes of a body were sent.
pub(super) enum Turn {
    /// The connection closes.
    Cut,
    /// Nothing more comes.
    Stall,
    /// Something is done, then the connection closes.
    Do(Box<dyn FnOnce() + Send + Sync>),
}

/// The body of an answer in slices that share the object's memory.
pub(super) struct Slices {
    rest: Bytes,
    sent: u64,
    turn: Option<(u64, Turn)>,
    /// Set once the client was given time to receive what came before a cut.
    flushed: bool,
}

#[derive(Debug, thiserror::Error)]
#[error("the connection was cut on purpose")]
struct CutOnPurpose;

impl Slices {
    pub(super) fn new(bytes: Bytes, turn: Option<(u64, Turn)>) -> Self {
        Self { rest: bytes, sent: 0, turn, flushed: false }
    }

    fn slice(&mut self) -> Bytes {
        let mut length = self.rest.len().min(SLICE);
        if let Some((after, _)) = &self.turn {
            length = length.min(usize::try_from(after - self.sent).unwrap_or(length));
        }
        self.sent += length as u64;
        self.rest.split_to(length)
    }

    fn take_turn(&mut self, turn: Turn, context: &Context<'_>) -> Poll<Option<Result<Bytes, StdError>>> {
        match turn {
            Turn::Stall => {
                self.turn = Some((self.sent, Turn::Stall));
                Poll::Pending
            }
            turn if !self.flushed => {
                // hyper drops what it has not yet written when a body fails: it writes when a body waits.
                self.flushed = true;
                self.turn = Some((self.sent, turn));
                context.waker().wake_by_ref();
                Poll::Pending
            }
            Turn::Cut => Poll::Ready(Some(Err(Box::new(CutOnPurpose)))),
            Turn::Do(action) => {
                action();
                Poll::Ready(Some(Err(Box::new(CutOnPurpose))))
            }
        }
    }
}

impl fmt::Debug for Slices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slices").field("sent", &self.sent).finish_non_exhaustive()
    }
}

impl Stream for Slices {
    type Item = Result<Bytes, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some((_, turn)) = this.turn.take_if(|(after, _)| *after <= this.sent) {
            return this.take_turn(turn, context);
        }
        if this.rest.is_empty() {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(this.slice())))
    }
}

impl ByteStream for Slices {
    fn remaining_length(&self) -> RemainingLength {
        RemainingLength::new_exact(self.rest.len())
    }
}
