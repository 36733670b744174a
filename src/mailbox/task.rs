//! One export, read in threads of its own while the archive around it streams on.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::view::{Ending, Mailbox};
use super::zimbra::export::{Examiner, Export};
use crate::archive::decompress;
use crate::archive::pipe::{PipeReader, Receiver, Sender, Stop, pipe};
use crate::archive::unpack::Body;
use crate::archive::unpack::tar::Walker;
use crate::policy::Limits;
use crate::verdict::Findings;

/// Bytes handed over at a time.
const BUFFER: usize = 256 << 10;
/// Bytes of all exports together that may wait to be read, so that small exports keep all cores busy.
const IN_FLIGHT: usize = 64 << 20;
/// Buffers between an export's own decompression and its walk.
const UNPACKED: usize = 4;

/// How many buffers may wait for each of `tasks` exports.
pub(super) fn depth(tasks: usize) -> usize {
    (IN_FLIGHT / BUFFER / tasks.max(1)).max(4)
}

/// Hands the bytes of an export to its threads.
pub(super) struct Feed {
    sender: Sender<Vec<u8>>,
    buffer: Vec<u8>,
    /// The threads have seen enough.
    closed: bool,
}

/// An export that is being read.
pub(super) struct Running<V>(JoinHandle<Option<V>>);

/// Starts to read the export of `mailbox`.
///
/// # Errors
/// The machine gives no thread.
pub(super) fn start<E>(
    mailbox: Mailbox,
    examiner: E,
    limits: Arc<Limits>,
    depth: usize,
) -> io::Result<(Feed, Running<E::Verdict>)>
where
    E: Examiner + 'static,
    E::Verdict: 'static,
{
    let (sender, receiver) = pipe(depth);
    let thread = thread::Builder::new()
        .name("export".to_owned())
        .spawn(move || read(mailbox, examiner, &limits, receiver))?;
    Ok((Feed { sender, buffer: Vec::new(), closed: false }, Running(thread)))
}

impl Feed {
    /// Takes the next bytes of the export; waits while its threads are behind.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && !self.closed {
            if self.buffer.capacity() == 0 {
                self.buffer = self.sender.spare().unwrap_or_else(|| Vec::with_capacity(BUFFER));
                self.buffer.clear();
            }
            let (now, later) = bytes.split_at(bytes.len().min(BUFFER - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            bytes = later;
            if self.buffer.len() == BUFFER {
                self.flush();
            }
        }
    }

    /// The member ended; a cut one never looks like the end of the export.
    pub(super) fn end(mut self, end: Body) {
        if !self.buffer.is_empty() && !self.closed {
            self.flush();
        }
        let result = if end == Body::Whole { Ok(()) } else { Err(Stop::Upstream) };
        self.sender.finish(&result);
    }

    fn flush(&mut self) {
        self.closed = self.sender.send(std::mem::take(&mut self.buffer)).is_err();
    }
}

impl<V> Running<V> {
    /// Waits for the verdict; `None` if the member is an archive, but no export.
    ///
    /// # Errors
    /// A thread of the export panicked.
    pub(super) fn join(self) -> Result<Option<V>, String> {
        self.0.join().map_err(|_| "the thread that read an export panicked".to_owned())
    }
}

/// Decompresses and walks an export; a second thread does the former.
fn read<E: Examiner>(
    mailbox: Mailbox,
    examiner: E,
    limits: &Limits,
    stored: Receiver<Vec<u8>>,
) -> Option<E::Verdict> {
    let packed_bytes = mailbox.packed_bytes;
    let mut export = Export::new(mailbox, examiner, limits);
    let (sender, receiver) = pipe(UNPACKED);
    let mut ending = Ending::default();
    thread::scope(|scope| {
        let unpacking = thread::Builder::new().name("inflate".to_owned()).spawn_scoped(scope, move || {
            let mut faults = Findings::default();
            let result =
                sender.feed(|output| decompress::run(PipeReader::new(stored), output, limits, &mut faults));
            (result.is_ok(), faults)
        });
        let mut walking = Findings::default();
        let walked = walk(PipeReader::new(receiver), &mut export, limits, &mut walking);
        let (unpacked, faults) = match unpacking {
            Ok(thread) => thread.join().unwrap_or_default(),
            Err(_) => (false, Findings::default()),
        };
        ending.faults = faults;
        ending.faults.append(walking);
        ending.whole = unpacked && walked;
    });
    export.is_one().then(|| export.finish(ending, packed_bytes))
}

/// Walks the tar to its end; holds if it was reached.
fn walk<E: Examiner>(
    mut input: PipeReader<Vec<u8>>,
    export: &mut Export<E>,
    limits: &Limits,
    faults: &mut Findings,
) -> bool {
    let mut walker = Walker::new(limits);
    loop {
        let Ok(bytes) = input.fill() else {
            walker.abandon(export);
            return false;
        };
        if bytes.is_empty() {
            return walker.finish(export, faults).ended;
        }
        let flow = walker.push(bytes, export, faults);
        let amount = bytes.len();
        input.advance(amount);
        if flow.is_break() {
            walker.abandon(export);
            // To the end all the same, since the layer around it is checked there; how that ends it says itself.
            let _ = input.drain();
            return false;
        }
    }
}
