use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::policy::BytesPerSecond;

/// How far bytes may run ahead of the rate. Timers are good to a millisecond, so smaller steps would cost rate.
const BURST: Duration = Duration::from_millis(100);

/// A rate that all its clones share: a token bucket, told in time instead of tokens.
#[derive(Debug, Clone)]
pub struct Bandwidth {
    rate: u64,
    /// When all bytes taken so far are due.
    due: Arc<Mutex<Instant>>,
}

impl Bandwidth {
    /// A limit of at least one byte a second. Must be made where tokio's clock is meant to be read.
    #[must_use]
    pub fn new(rate: BytesPerSecond) -> Self {
        Self { rate: rate.0.max(1), due: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Takes `bytes` that came, and waits until the rate allows the next ones.
    pub async fn take(&self, bytes: usize) {
        let due = self.book(bytes);
        if let Some(until) = due.checked_sub(BURST) {
            sleep_until(until).await;
        }
    }

    fn book(&self, bytes: usize) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        *due = (*due).max(now) + self.cost(bytes);
        *due
    }

    fn cost(&self, bytes: usize) -> Duration {
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.rate);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn many_share_one_rate() {
        let limit = Bandwidth::new(BytesPerSecond(1_000_000));
        let began = Instant::now();
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let limit = limit.clone();
                tokio::spawn(async move {
                    for _ in 0..100 {
                        limit.take(10_000).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(3890) && took <= Duration::from_millis(4010), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn idle_time_is_not_saved_up() {
        let limit = Bandwidth::new(BytesPerSecond(1000));
        tokio::time::sleep(Duration::from_secs(60)).await;
        let began = Instant::now();
        limit.take(2000).await;
        assert!(began.elapsed() >= Duration::from_millis(1900), "{:?}", began.elapsed());
    }
}
