//! The one way in which calls and broken bodies are tried again.
//!
//! Invariant: only what may pass is repeated, and never more often than the policy says.

use std::collections::hash_map::RandomState;
use std::future::Future;
use std::hash::BuildHasher;
use std::time::Duration;

use crate::event::Tally;

/// Upper bound of the first pause.
const FIRST: Duration = Duration::from_millis(200);
/// Upper bound of every pause, unless a test sets another.
const LONGEST: Duration = Duration::from_secs(20);

/// An error that knows whether it may pass by itself.
pub trait Passing: Sized {
    /// Whether another attempt may succeed.
    fn is_transient(&self) -> bool;

    /// The same error, saying after how many attempts it came, where it says so.
    #[must_use]
    fn after(self, attempts: u32) -> Self;
}

/// How often something is tried again. Pauses grow exponentially and are drawn evenly from zero to
/// their bound ("full jitter"), so that many clients of a busy store do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retry {
    retries: u32,
    /// Upper bound of every pause.
    longest: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self::new(0)
    }
}

impl Retry {
    /// So many attempts after the first; zero gives up at once.
    #[must_use]
    pub const fn new(retries: u32) -> Self {
        Self { retries, longest: LONGEST }
    }

    /// As [`Retry::new`], but without pauses.
    #[cfg(test)]
    pub(crate) const fn hasty(retries: u32) -> Self {
        Self { retries, longest: Duration::ZERO }
    }

    /// Calls until it succeeds, fails for good, or was repeated often enough. Repetitions are counted in `tally`.
    ///
    /// # Errors
    /// The last error of `call`.
    pub async fn run<T, E, F>(self, tally: &Tally, mut call: impl FnMut() -> F) -> Result<T, E>
    where
        E: Passing,
        F: Future<Output = Result<T, E>>,
    {
        let mut backoff = self.backoff();
        loop {
            match call().await {
                Ok(value) => return Ok(value),
                Err(error) => backoff.pause(error).await?,
            }
            Tally::add(&tally.retries, 1);
        }
    }

    /// Begins to count failures.
    #[must_use]
    pub const fn backoff(self) -> Backoff {
        Backoff { retry: self, failures: 0 }
    }
}

/// Failures in a row, and the pauses between them.
#[derive(Debug)]
pub struct Backoff {
    retry: Retry,
    failures: u32,
}

impl Backoff {
    /// Waits before the next attempt.
    ///
    /// # Errors
    /// `error` itself, with the number of attempts, if there must be no next attempt.
    pub async fn pause<E: Passing>(&mut self, error: E) -> Result<(), E> {
        let pause = self.fail(error)?;
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Counts a failure, and gives the pause behind it to callers that wait on a thread.
    ///
    /// # Errors
    /// As [`Backoff::pause`].
    pub(crate) fn fail<E: Passing>(&mut self, error: E) -> Result<Duration, E> {
        self.failures += 1;
        if !error.is_transient() || self.failures > self.retry.retries {
            return Err(error.after(self.failures));
        }
        Ok(drawn(bound(self.failures).min(self.retry.longest)))
    }

    /// Something was achieved: failures are counted from zero again.
    pub fn progress(&mut self) {
        self.failures = 0;
    }
}

fn bound(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    FIRST.saturating_mul(1 << doublings).min(LONGEST)
}

/// The standard library's hash keys are random, which is all that jitter needs.
fn drawn(bound: Duration) -> Duration {
    let microseconds = u64::try_from(bound.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(RandomState::new().hash_one(0) % microseconds.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[derive(Debug, PartialEq, Eq)]
    enum Fault {
        Busy { attempts: u32 },
        Absent,
    }

    impl Passing for Fault {
        fn is_transient(&self) -> bool {
            matches!(self, Self::Busy { .. })
        }

        fn after(self, attempts: u32) -> Self {
            if self.is_transient() { Self::Busy { attempts } } else { self }
        }
    }

    fn busy() -> Fault {
        Fault::Busy { attempts: 1 }
    }

    #[tokio::test]
    async fn what_passes_is_repeated_and_counted() {
        let (calls, tally) = (Cell::new(0), Tally::default());
        let call = || async {
            calls.set(calls.get() + 1);
            if calls.get() < 4 { Err(busy()) } else { Ok(calls.get()) }
        };
        assert_eq!(Retry::hasty(3).run(&tally, call).await.unwrap(), 4);
        assert_eq!(Tally::get(&tally.retries), 3);
    }

    #[tokio::test]
    async fn the_last_error_says_how_often_it_was_tried() {
        let result = Retry::hasty(2).run(&Tally::default(), || async { Err::<(), _>(busy()) }).await;
        assert_eq!(result, Err(Fault::Busy { attempts: 3 }));
    }

    #[tokio::test]
    async fn what_stays_is_not_repeated() {
        let calls = Cell::new(0);
        let call = || async {
            calls.set(calls.get() + 1);
            Err::<(), _>(Fault::Absent)
        };
        assert_eq!(Retry::hasty(9).run(&Tally::default(), call).await, Err(Fault::Absent));
        assert_eq!(calls.get(), 1);
    }

    #[test]
    fn pauses_grow_but_stay_bounded() {
        assert_eq!(bound(1), FIRST);
        assert_eq!(bound(2), FIRST * 2);
        assert_eq!(bound(u32::MAX), LONGEST);
        let mut backoff = Retry::new(40).backoff();
        for failure in 1..=40 {
            assert!(backoff.fail(busy()).unwrap() <= bound(failure), "behind failure {failure}");
        }
        assert!(backoff.fail(busy()).is_err());
        backoff.progress();
        assert!(backoff.fail(busy()).unwrap() <= FIRST, "counted from zero again");
    }

    #[test]
    fn pauses_are_drawn_over_the_whole_width() {
        let drawn: Vec<_> = (0..400).map(|_| drawn(FIRST)).collect();
        assert!(drawn.iter().all(|pause| *pause <= FIRST));
        assert!(drawn.iter().any(|pause| *pause < FIRST / 4));
        assert!(drawn.iter().any(|pause| *pause > FIRST / 4 * 3));
    }
}
