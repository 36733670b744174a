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
    /// A limit of at least one byte a second.
    #[must_use]
    pub fn new(rate: BytesPerSecond) -> Self {
        Self { rate: rate.0.max(1), due: Arc::new(Mutex::new(Instant::now())) }
    }

    /// Takes `bytes` that came, and waits until the rate allows the next ones.
    pub async fn take(&self, bytes: usize) {
        sleep_until(self.book(bytes, Instant::now())).await;
    }

    /// Takes `bytes` that came, for callers that wait on a thread: gives how long they must.
    pub(crate) fn pause(&self, bytes: usize) -> Duration {
        let now = Instant::now();
        self.book(bytes, now).saturating_duration_since(now)
    }

    /// Takes `bytes` that came `now`; gives the time of the next ones.
    fn book(&self, bytes: usize, now: Instant) -> Instant {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        *due = (*due).max(now) + self.cost(bytes);
        due.checked_sub(BURST).unwrap_or(now)
    }

    fn cost(&self, bytes: usize) -> Duration {
        let nanoseconds = bytes as u128 * 1_000_000_000 / u128::from(self.rate);
        Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_share_one_rate() {
        let limit = Bandwidth::new(BytesPerSecond(1_000_000));
        let began = Instant::now();
        let mut clients = vec![(limit, began); 4];
        for _ in 0..100 {
            for (limit, now) in &mut clients {
                *now = (*now).max(limit.book(10_000, *now));
            }
        }
        let took = clients.iter().map(|(_, now)| now.duration_since(began)).max().unwrap();
        assert!(took >= Duration::from_millis(3890) && took <= Duration::from_millis(4010), "{took:?}");
    }

    #[test]
    fn idle_time_is_not_saved_up() {
        let limit = Bandwidth::new(BytesPerSecond(1000));
        let later = Instant::now() + Duration::from_secs(60);
        let wait = limit.book(2000, later).duration_since(later);
        assert!(wait >= Duration::from_millis(1900), "{wait:?}");
    }

    #[test]
    fn a_little_ahead_of_the_rate_nobody_waits() {
        let limit = Bandwidth::new(BytesPerSecond(1000));
        let now = Instant::now();
        assert!(limit.book(50, now) <= now);
        assert!(limit.book(60, now) > now);
    }
}
