//! One export, read in threads of its own while the archive around it streams on.

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::view::{Ending, Form, Mailbox};
use super::zimbra::export::{Examiner, Export};
use crate::archive::decompress;
use crate::archive::pipe::{PipeReader, Receiver, Sender, Stop, pipe};
use crate::archive::unpack::{Body, tar, zip};
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

/// Starts to read the export of `mailbox`; where it is `due`, an archive of something else is judged like one.
///
/// # Errors
/// The machine gives no thread.
pub(super) fn start<E>(
    mailbox: Mailbox,
    due: bool,
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
        .spawn(move || read(mailbox, due, examiner, &limits, receiver))?;
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

/// Reads an export to its end.
fn read<E: Examiner>(
    mailbox: Mailbox,
    due: bool,
    examiner: E,
    limits: &Limits,
    stored: Receiver<Vec<u8>>,
) -> Option<E::Verdict> {
    let (form, packed_bytes) = (mailbox.form, mailbox.packed_bytes);
    let mut export = Export::new(mailbox, examiner, limits);
    let ending = match form {
        Form::Zip => walk_zip(PipeReader::new(stored), &mut export, limits),
        Form::Tgz | Form::Tar => unpack(stored, &mut export, limits),
    };
    // What is damaged may be anything, so only a sound archive of other things is passed over.
    let other = ending.whole && !due && !export.is_one();
    (!other).then(|| export.finish(ending, packed_bytes))
}

/// Decompresses in a second thread and walks the tar inside.
fn unpack<E: Examiner>(stored: Receiver<Vec<u8>>, export: &mut Export<E>, limits: &Limits) -> Ending {
    let (sender, receiver) = pipe(UNPACKED);
    thread::scope(|scope| {
        let unpacking = thread::Builder::new().name("inflate".to_owned()).spawn_scoped(scope, move || {
            let mut faults = Findings::default();
            let input = PipeReader::new(stored);
            let result = sender.feed(|output| decompress::run(input, output, limits, &mut faults));
            Ending { whole: result.is_ok(), faults }
        });
        let walked = walk_tar(PipeReader::new(receiver), export, limits);
        let mut ending = match unpacking {
            Ok(thread) => thread.join().unwrap_or_default(),
            Err(_) => Ending::default(),
        };
        ending.faults.append(walked.faults);
        ending.whole &= walked.whole;
        ending
    })
}

fn walk_tar<E: Examiner>(input: PipeReader<Vec<u8>>, export: &mut Export<E>, limits: &Limits) -> Ending {
    let (mut walker, mut faults) = (tar::Walker::new(limits).inside_export(), Findings::default());
    let whole = match drive(input, export, |bytes, export| walker.push(bytes, export, &mut faults)) {
        true => walker.finish(export, &mut faults).ended,
        false => {
            walker.abandon(export);
            false
        }
    };
    Ending { whole, faults }
}

fn walk_zip<E: Examiner>(input: PipeReader<Vec<u8>>, export: &mut Export<E>, limits: &Limits) -> Ending {
    let (mut walker, mut faults) = (zip::Walker::new(limits).inside_export(), Findings::default());
    let whole = match drive(input, export, |bytes, export| walker.push(bytes, export, &mut faults)) {
        true => walker.finish(export, &mut faults).ended,
        false => {
            walker.abandon(export);
            false
        }
    };
    Ending { whole, faults }
}

/// Pushes all of `input` into `export`; holds if its end was reached and nothing broke on the way.
///
/// Behind damage, and behind what was enough, the rest is read all the same, since the layer around it is checked there and
/// says itself how it ends.
fn drive<E: Examiner>(
    mut input: PipeReader<Vec<u8>>,
    export: &mut Export<E>,
    mut push: impl FnMut(&[u8], &mut Export<E>) -> ControlFlow<()>,
) -> bool {
    loop {
        let Ok(bytes) = input.fill() else { return false };
        if bytes.is_empty() {
            return true;
        }
        let amount = bytes.len();
        let flow = push(bytes, export);
        input.advance(amount);
        if flow.is_break() || export.has_enough() {
            let _ = input.drain();
            return false;
        }
    }
}
