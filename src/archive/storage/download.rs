//! One object from its first byte to its last, over as many connections as it takes.
//!
//! Input: an [`Object`] of a [`Store`]. Output: its bytes, in order.
//! Invariant: the end is told only after exactly `size` bytes, all of the object that was pinned.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::timeout;

use super::{Object, Segments, StorageError, Store};
use crate::event::Tally;
use crate::network::{Backoff, Bandwidth};

/// The bytes of one object; a body that breaks is resumed where it broke.
#[derive(Debug)]
pub struct Download {
    store: Arc<dyn Store>,
    object: Object,
    offset: u64,
    state: State,
    backoff: Backoff,
    limit: Option<Bandwidth>,
    tally: Arc<Tally>,
}

enum State {
    Closed,
    Open(Box<dyn Segments>),
    Ended,
    Failed,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "Closed",
            Self::Open(_) => "Open",
            Self::Ended => "Ended",
            Self::Failed => "Failed",
        })
    }
}

impl Download {
    /// Prepares to read `object` at the store's own pace; nothing is asked of the store yet.
    ///
    /// Counts bytes, resumed bodies and repeated calls in `tally`.
    #[must_use]
    pub fn start(store: Arc<dyn Store>, object: Object, tally: Arc<Tally>) -> Self {
        let pace = store.pace();
        let (backoff, limit) = (pace.retry.backoff(), pace.limit);
        Self { store, object, offset: 0, state: State::Closed, backoff, limit, tally }
    }

    /// All bytes at once; how many there are is known before, and so how long they may take.
    ///
    /// # Errors
    /// As [`Download::next`]; [`StorageError::Unavailable`] too where they come too slowly.
    pub async fn whole(self) -> Result<Vec<u8>, StorageError> {
        let patience = patience(self.object.size);
        self.within(patience).await
    }

    async fn within(self, patience: Duration) -> Result<Vec<u8>, StorageError> {
        let seconds = patience.as_secs();
        let slow = format!("its {} bytes did not come within {seconds} seconds", self.object.size);
        let slow = StorageError::unavailable(self.address(), slow);
        timeout(patience, self.gathered()).await.unwrap_or(Err(slow))
    }

    async fn gathered(mut self) -> Result<Vec<u8>, StorageError> {
        let mut bytes = Vec::new();
        while let Some(segment) = self.next().await? {
            bytes.extend_from_slice(&segment);
        }
        Ok(bytes)
    }

    /// The next segment, never empty, or `None` once the whole object came. After an error it stays an error.
    ///
    /// # Errors
    /// [`StorageError::Changed`] and all others that do not pass, at once;
    /// [`StorageError::Unavailable`] after as many attempts without progress as the store's pace allows.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
        loop {
            match self.advance().await {
                Ok(Step::Data(bytes)) => return Ok(Some(self.pass_on(bytes).await)),
                Ok(Step::Opened) => {}
                Ok(Step::Ended) => return Ok(None),
                Err(error) => self.recover(error).await?,
            }
        }
    }

    async fn advance(&mut self) -> Result<Step, StorageError> {
        match &mut self.state {
            State::Closed => {
                self.state = State::Open(self.store.get(&self.object, self.offset).await?);
                Ok(Step::Opened)
            }
            State::Open(body) => {
                let segment = body.next().await?;
                self.judge(segment)
            }
            State::Ended => Ok(Step::Ended),
            State::Failed => Err(self.refused("this download failed before")),
        }
    }

    /// Holds what came against what the object promises.
    fn judge(&mut self, segment: Option<Bytes>) -> Result<Step, StorageError> {
        let missing = self.object.size - self.offset;
        match segment {
            Some(bytes) if bytes.is_empty() => Ok(Step::Opened),
            Some(bytes) if bytes.len() as u64 > missing => Err(StorageError::WrongRange {
                address: self.address(),
                detail: format!("more than the {} bytes of the object", self.object.size),
            }),
            Some(bytes) => Ok(Step::Data(bytes)),
            None if missing == 0 => {
                self.state = State::Ended;
                Ok(Step::Ended)
            }
            None => Err(StorageError::unavailable(self.address(), self.broken())),
        }
    }

    async fn pass_on(&mut self, bytes: Bytes) -> Bytes {
        self.offset += bytes.len() as u64;
        Tally::add(&self.tally.stored, bytes.len() as u64);
        self.backoff.progress();
        if let Some(limit) = &self.limit {
            limit.take(bytes.len()).await;
        }
        bytes
    }

    /// Lets go of what failed and waits, if it may be tried again.
    async fn recover(&mut self, error: StorageError) -> Result<(), StorageError> {
        let broken = matches!(mem::replace(&mut self.state, State::Failed), State::Open(_));
        self.backoff.pause(error).await?;
        self.state = State::Closed;
        let resumes = broken && self.offset > 0;
        Tally::add(if resumes { &self.tally.resumes } else { &self.tally.retries }, 1);
        Ok(())
    }

    fn address(&self) -> String {
        self.store.address(&self.object.key)
    }

    fn broken(&self) -> String {
        format!("the body ended after {} of {} bytes", self.offset, self.object.size)
    }

    fn refused(&self, detail: &str) -> StorageError {
        StorageError::Refused { address: self.address(), detail: detail.to_owned() }
    }
}

/// How long so many bytes may take: two minutes, and then 4 KiB a second.
fn patience(size: u64) -> Duration {
    Duration::from_secs(120 + size / 4096)
}

enum Step {
    Opened,
    Data(Bytes),
    Ended,
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::archive::storage::{Pace, Protection};
    use crate::network::Retry;
    use crate::policy::BytesPerSecond;

    const CONTENT: &[u8] = b"The quick brown fox jumps over the lazy dog";

    /// What the scripted store does at one GET.
    enum Act {
        Refuse(fn() -> StorageError),
        /// Sends so many bytes, then breaks with an error.
        BreakAfter(usize),
        /// Sends so many bytes, then says that this was the end.
        EndAfter(usize),
        Whole,
        /// Sends all and this on top.
        Surplus(&'static [u8]),
        /// Sends all, then finds that the checksum is wrong.
        WrongChecksum,
        /// Sends one empty segment after the other.
        Drip,
    }

    #[derive(Default)]
    struct Scripted {
        acts: Mutex<VecDeque<Act>>,
        asked: Mutex<Vec<u64>>,
        retries: u32,
        limit: Option<Bandwidth>,
    }

    impl fmt::Debug for Scripted {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("Scripted")
        }
    }

    fn broken() -> StorageError {
        StorageError::unavailable("fake", "connection reset")
    }

    struct Script(VecDeque<Result<Bytes, StorageError>>);

    /// What never ends.
    struct Dripping;

    #[async_trait]
    impl Segments for Dripping {
        async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
            tokio::task::yield_now().await;
            Ok(Some(Bytes::new()))
        }
    }

    #[async_trait]
    impl Segments for Script {
        async fn next(&mut self) -> Result<Option<Bytes>, StorageError> {
            self.0.pop_front().transpose()
        }
    }

    #[async_trait]
    impl Store for Scripted {
        fn address(&self, key: &str) -> String {
            format!("fake://{key}")
        }
        async fn list(&self, _: &str, _: &Tally) -> Result<Vec<Object>, StorageError> {
            Ok(Vec::new())
        }
        async fn head(&self, _: &str, _: &Tally) -> Result<Object, StorageError> {
            Err(broken())
        }
        async fn get(&self, _: &Object, offset: u64) -> Result<Box<dyn Segments>, StorageError> {
            self.asked.lock().unwrap().push(offset);
            let rest = &CONTENT[usize::try_from(offset).unwrap()..];
            let act = self.acts.lock().unwrap().pop_front().unwrap_or(Act::Whole);
            let (sent, then) = match act {
                Act::Drip => return Ok(Box::new(Dripping)),
                Act::Refuse(error) => return Err(error()),
                Act::BreakAfter(amount) => (&rest[..amount.min(rest.len())], Some(Err(broken()))),
                Act::EndAfter(amount) => (&rest[..amount.min(rest.len())], None),
                Act::Whole => (rest, None),
                Act::Surplus(more) => (rest, Some(Ok(Bytes::from_static(more)))),
                Act::WrongChecksum => {
                    (rest, Some(Err(StorageError::ChecksumMismatch { address: "fake".into() })))
                }
            };
            // Segments are small and some are empty, as a network may give them.
            let pieces =
                sent.chunks(7).flat_map(|piece| [Ok(Bytes::copy_from_slice(piece)), Ok(Bytes::new())]);
            Ok(Box::new(Script(pieces.chain(then).collect())))
        }
        async fn protection(&self, _: &Object, _: &Tally) -> Result<Protection, StorageError> {
            Ok(Protection::Unlocked)
        }
        fn pace(&self) -> Pace {
            Pace { retry: Retry::hasty(self.retries), limit: self.limit.clone() }
        }
    }

    struct Outcome {
        bytes: Vec<u8>,
        result: Result<(), StorageError>,
        asked: Vec<u64>,
        tally: Arc<Tally>,
    }

    async fn run(retries: u32, acts: impl IntoIterator<Item = Act>) -> Outcome {
        let acts = Mutex::new(acts.into_iter().collect());
        run_on(Scripted { acts, retries, ..Scripted::default() }).await
    }

    async fn run_on(store: Scripted) -> Outcome {
        let (store, tally) = (Arc::new(store), Arc::new(Tally::default()));
        let size = CONTENT.len() as u64;
        let object = Object { key: "k".into(), size, modified: None, etag: None, version: None };
        let mut download = Download::start(store.clone(), object, tally.clone());
        let mut bytes = Vec::new();
        let result = loop {
            match download.next().await {
                Ok(Some(segment)) => bytes.extend_from_slice(&segment),
                Ok(None) => break Ok(()),
                Err(error) => {
                    assert!(download.next().await.is_err(), "an error must never turn into an end");
                    break Err(error);
                }
            }
        };
        assert_eq!(Tally::get(&tally.stored), bytes.len() as u64);
        let asked = store.asked.lock().unwrap().clone();
        Outcome { bytes, result, asked, tally }
    }

    #[tokio::test]
    async fn a_body_that_breaks_goes_on_where_it_broke() {
        let acts = [Act::BreakAfter(10), Act::EndAfter(0), Act::EndAfter(20), Act::BreakAfter(5)];
        let done = run(2, acts).await;
        done.result.unwrap();
        assert_eq!(done.bytes, CONTENT);
        assert_eq!(done.asked, [0, 10, 10, 30, 35]);
        assert_eq!((Tally::get(&done.tally.resumes), Tally::get(&done.tally.retries)), (4, 0));
    }

    #[tokio::test]
    async fn calls_that_fail_are_repeated_and_not_called_resumes() {
        let done =
            run(2, [Act::Refuse(broken), Act::BreakAfter(0), Act::BreakAfter(3), Act::Refuse(broken)]).await;
        done.result.unwrap();
        assert_eq!(done.bytes, CONTENT);
        assert_eq!((Tally::get(&done.tally.resumes), Tally::get(&done.tally.retries)), (1, 3));
    }

    #[tokio::test]
    async fn without_progress_it_gives_up() {
        let done =
            run(3, (0..9).map(|turn| if turn == 0 { Act::BreakAfter(10) } else { Act::EndAfter(0) })).await;
        assert!(
            matches!(done.result, Err(StorageError::Unavailable { attempts: 4, .. })),
            "{:?}",
            done.result
        );
        assert_eq!(done.bytes, CONTENT[..10]);
        assert_eq!(done.asked, [0, 10, 10, 10]);
    }

    #[tokio::test]
    async fn with_progress_it_never_gives_up() {
        let done = run(1, (0..CONTENT.len()).map(|_| Act::BreakAfter(1))).await;
        done.result.unwrap();
        assert_eq!(done.bytes, CONTENT);
    }

    #[tokio::test]
    async fn an_object_that_changed_in_between_ends_it() {
        let changed = || StorageError::Changed { address: "fake".into(), detail: "ETag".into() };
        let done = run(9, [Act::BreakAfter(10), Act::Refuse(changed)]).await;
        assert!(matches!(done.result, Err(StorageError::Changed { .. })));
        assert_eq!(done.asked, [0, 10]);
    }

    #[tokio::test]
    async fn more_bytes_than_promised_are_an_error() {
        let done = run(9, [Act::Surplus(b"!")]).await;
        assert!(matches!(done.result, Err(StorageError::WrongRange { .. })));
        assert_eq!(done.asked, [0]);
    }

    #[tokio::test]
    async fn a_wrong_checksum_behind_the_last_byte_is_an_error() {
        let done = run(9, [Act::WrongChecksum]).await;
        assert!(matches!(done.result, Err(StorageError::ChecksumMismatch { .. })));
    }

    #[tokio::test]
    async fn what_comes_without_end_is_waited_for_no_longer_than_its_size_allows() {
        let store = Arc::new(Scripted { acts: Mutex::new([Act::Drip].into()), ..Scripted::default() });
        let object = Object { key: "k".into(), size: 43, modified: None, etag: None, version: None };
        let download = Download::start(store, object, Arc::default());
        let error = download.within(Duration::from_millis(1)).await.unwrap_err();
        assert!(error.to_string().contains("43 bytes did not come within"), "{error}");
        assert_eq!(patience(64 << 20), Duration::from_secs(120 + (64 << 8)));
    }

    #[tokio::test]
    async fn it_keeps_to_the_store_s_rate() {
        // 107.5 ms of bytes, of which 100 ms may run ahead.
        let limit = Some(Bandwidth::new(BytesPerSecond(400)));
        let began = std::time::Instant::now();
        run_on(Scripted { limit, ..Scripted::default() }).await.result.unwrap();
        assert!(began.elapsed().as_micros() >= 7500, "{:?}", began.elapsed());
    }
}
