//! Bounded byte channels between the stages' threads.
//!
//! Input: filled buffers of one thread. Output: the same buffers, in order, in the next.
//! Invariant: data, an end, or a stop; a sender that vanishes without a word is an error, never
//! an end. Buffers go back to be filled again, so nothing is allocated for each.

use std::io::{self, BufRead, Read};
use std::sync::mpsc;

use super::ArchiveError;

/// Why a stage did not reach its end.
#[derive(Debug, thiserror::Error)]
pub enum Stop {
    /// The stage before stopped, and has said why.
    #[error("the stage before stopped")]
    Upstream,
    /// The stage behind stopped, and has said why.
    #[error("the stage behind stopped")]
    Downstream,
    /// This stage made a finding behind which nothing can be read.
    #[error("damage that ends the reading")]
    Finding,
    /// The work could not be done: our side, the network, the store.
    #[error(transparent)]
    Error(#[from] ArchiveError),
    /// A thread ended without a word: a fault of mailproof itself.
    #[error("the stage before ended without an end")]
    Broken,
}

enum Message<T> {
    Data(T),
    End,
    Stop,
}

/// The filling end of a pipe.
#[derive(Debug)]
pub struct Sender<T> {
    full: mpsc::SyncSender<Message<T>>,
    spare: mpsc::Receiver<T>,
}

/// The emptying end of a pipe.
#[derive(Debug)]
pub struct Receiver<T> {
    full: mpsc::Receiver<Message<T>>,
    spare: mpsc::SyncSender<T>,
    finished: bool,
}

impl<T> std::fmt::Debug for Message<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Data(_) => "Data",
            Self::End => "End",
            Self::Stop => "Stop",
        })
    }
}

/// Makes a pipe that holds at most `depth` buffers.
#[must_use]
pub fn pipe<T>(depth: usize) -> (Sender<T>, Receiver<T>) {
    let (full_in, full_out) = mpsc::sync_channel(depth);
    let (spare_in, spare_out) = mpsc::sync_channel(depth + 2);
    (
        Sender { full: full_in, spare: spare_out },
        Receiver { full: full_out, spare: spare_in, finished: false },
    )
}

impl<T> Sender<T> {
    /// Hands a filled buffer on; waits while the pipe is full.
    ///
    /// # Errors
    /// [`Stop::Downstream`] if nobody listens any more.
    pub fn send(&self, buffer: T) -> Result<(), Stop> {
        self.full.send(Message::Data(buffer)).map_err(|_| Stop::Downstream)
    }

    /// A buffer that the other end has emptied, if there is one.
    #[must_use]
    pub fn spare(&self) -> Option<T> {
        self.spare.try_recv().ok()
    }

    /// Lets `work` fill the pipe and tells the other end how that ended.
    ///
    /// # Errors
    /// Those of `work`.
    pub fn feed<V>(self, work: impl FnOnce(&Self) -> Result<V, Stop>) -> Result<V, Stop> {
        let result = work(&self);
        self.finish(&result);
        result
    }

    /// Says how this stage ended: `Ok` is the true end of the data.
    pub fn finish<V>(self, result: &Result<V, Stop>) {
        let last = if result.is_ok() { Message::End } else { Message::Stop };
        // Nobody listens any more only if the other end stopped by itself and said why.
        let _ = self.full.send(last);
    }
}

impl<T> Receiver<T> {
    /// The next buffer, or `None` at the true end.
    ///
    /// # Errors
    /// [`Stop::Upstream`] if the stage before stopped, [`Stop::Broken`] if it vanished.
    pub fn receive(&mut self) -> Result<Option<T>, Stop> {
        if self.finished {
            return Ok(None);
        }
        match self.full.recv() {
            Ok(Message::Data(buffer)) => Ok(Some(buffer)),
            Ok(Message::End) => {
                self.finished = true;
                Ok(None)
            }
            Ok(Message::Stop) => Err(Stop::Upstream),
            Err(mpsc::RecvError) => Err(Stop::Broken),
        }
    }

    /// Gives an emptied buffer back to be filled again.
    pub fn recycle(&self, buffer: T) {
        // A full return path only means that enough buffers are on their way.
        let _ = self.spare.try_send(buffer);
    }
}

/// Reads a pipe as one stream. An [`io::Error`] holds the [`Stop`].
#[derive(Debug)]
pub struct PipeReader<T> {
    pipe: Receiver<T>,
    current: Option<T>,
    position: usize,
    passed: u64,
}

impl<T: AsRef<[u8]>> PipeReader<T> {
    /// Reads `pipe` from where it is.
    pub fn new(pipe: Receiver<T>) -> Self {
        Self { pipe, current: None, position: 0, passed: 0 }
    }

    /// How many bytes were consumed so far.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.passed
    }

    /// The bytes at hand, empty only at the true end.
    ///
    /// # Errors
    /// As [`Receiver::receive`].
    pub fn fill(&mut self) -> Result<&[u8], Stop> {
        while self.current.as_ref().is_none_or(|buffer| self.position >= buffer.as_ref().len()) {
            if let Some(empty) = self.current.take() {
                self.pipe.recycle(empty);
            }
            self.position = 0;
            match self.pipe.receive()? {
                Some(buffer) => self.current = Some(buffer),
                None => return Ok(&[]),
            }
        }
        Ok(self.current.as_ref().map_or(&[], |buffer| &buffer.as_ref()[self.position..]))
    }

    /// Takes note that `amount` of the bytes at hand were used.
    pub fn advance(&mut self, amount: usize) {
        self.position += amount;
        self.passed += amount as u64;
    }

    /// Fills `buffer` as far as the stream reaches; less than its length only at the true end.
    ///
    /// # Errors
    /// As [`Receiver::receive`].
    pub fn read_full(&mut self, buffer: &mut [u8]) -> Result<usize, Stop> {
        let mut filled = 0;
        while filled < buffer.len() {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                break;
            }
            let amount = bytes.len().min(buffer.len() - filled);
            buffer[filled..filled + amount].copy_from_slice(&bytes[..amount]);
            filled += amount;
            self.advance(amount);
        }
        Ok(filled)
    }

    /// Reads and drops what is left, so that the layers before reach their authenticated end.
    ///
    /// # Errors
    /// As [`Receiver::receive`].
    pub fn drain(&mut self) -> Result<(), Stop> {
        loop {
            let amount = self.fill()?.len();
            if amount == 0 {
                return Ok(());
            }
            self.advance(amount);
        }
    }
}

/// The [`Stop`] inside an error that came through a [`PipeReader`], if it holds one.
#[must_use]
pub fn stop_inside(error: &io::Error) -> Option<Stop> {
    match error.get_ref()?.downcast_ref::<Stop>()? {
        Stop::Upstream => Some(Stop::Upstream),
        _ => Some(Stop::Broken),
    }
}

impl<T: AsRef<[u8]>> Read for PipeReader<T> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.fill().map_err(io::Error::other)?;
        let amount = bytes.len().min(into.len());
        into[..amount].copy_from_slice(&bytes[..amount]);
        self.advance(amount);
        Ok(amount)
    }
}

impl<T: AsRef<[u8]>> BufRead for PipeReader<T> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill().map_err(io::Error::other)
    }

    fn consume(&mut self, amount: usize) {
        self.advance(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_that_vanishes_is_not_an_end() {
        let (sender, mut receiver) = pipe::<Vec<u8>>(2);
        sender.send(vec![1]).unwrap();
        drop(sender);
        assert_eq!(receiver.receive().unwrap(), Some(vec![1]));
        assert!(matches!(receiver.receive(), Err(Stop::Broken)));
    }

    #[test]
    fn a_stop_is_not_an_end() {
        let (sender, mut receiver) = pipe::<Vec<u8>>(2);
        sender.finish::<()>(&Err(Stop::Finding));
        assert!(matches!(receiver.receive(), Err(Stop::Upstream)));
    }

    #[test]
    fn buffers_come_back() {
        let (sender, mut receiver) = pipe(2);
        sender.send(vec![7_u8; 3]).unwrap();
        let buffer = receiver.receive().unwrap().unwrap();
        receiver.recycle(buffer);
        assert_eq!(sender.spare(), Some(vec![7; 3]));
    }

    #[test]
    fn a_reader_crosses_buffers_and_keeps_the_stop() {
        let (sender, receiver) = pipe(4);
        sender.send(vec![1_u8, 2]).unwrap();
        sender.send(Vec::new()).unwrap();
        sender.send(vec![3]).unwrap();
        sender.finish::<()>(&Err(Stop::Upstream));
        let mut reader = PipeReader::new(receiver);
        let mut first = [0; 3];
        assert_eq!(reader.read_full(&mut first).unwrap(), 3);
        assert_eq!(first, [1, 2, 3]);
        assert_eq!(reader.position(), 3);
        let error = reader.read(&mut first).unwrap_err();
        assert!(matches!(stop_inside(&error), Some(Stop::Upstream)));
    }
}
