use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Fault;
use crate::network::{Bandwidth, Cancel};
use crate::policy::BytesPerSecond;

/// Longest time for which a thread that waits for a connection does not look whether the run is to end.
const GLANCE: Duration = Duration::from_millis(250);

/// How much is asked of one server, so that those who work with it don't notice. All clones share it.
#[derive(Debug, Clone)]
pub struct Pace {
    requests: Option<Bandwidth>,
    bytes: Option<Bandwidth>,
    free: Arc<Free>,
}

#[derive(Debug)]
struct Free {
    connections: Mutex<u32>,
    changed: Condvar,
}

/// One of the connections that may be open at once; dropping it makes room for another.
#[derive(Debug)]
#[must_use]
pub struct Slot(Arc<Free>);

impl Pace {
    /// At most so many requests and bytes each second, and at least one connection at once.
    #[must_use]
    pub fn new(requests_per_second: Option<u32>, bytes: Option<BytesPerSecond>, connections: u32) -> Self {
        let free = Free { connections: Mutex::new(connections.max(1)), changed: Condvar::new() };
        Self {
            // A rate is a rate: a request weighs one.
            requests: requests_per_second.map(|rate| Bandwidth::new(BytesPerSecond(u64::from(rate)))),
            bytes: bytes.map(Bandwidth::new),
            free: Arc::new(free),
        }
    }

    /// Waits until another connection may be opened.
    ///
    /// # Errors
    /// [`Fault::Interrupted`] if the run is to end.
    pub fn connection(&self, cancel: &Cancel) -> Result<Slot, Fault> {
        let mut connections = self.free.lock();
        while *connections == 0 {
            if cancel.is_cancelled() {
                return Err(Fault::Interrupted);
            }
            let waited = self.free.changed.wait_timeout(connections, GLANCE);
            connections = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        *connections -= 1;
        Ok(Slot(Arc::clone(&self.free)))
    }

    /// Waits until another request may be sent.
    ///
    /// # Errors
    /// [`Fault::Interrupted`] if the run is to end.
    pub fn request(&self, cancel: &Cancel) -> Result<(), Fault> {
        wait(self.requests.as_ref(), 1, cancel)
    }

    /// Waits after `bytes` came until the rate allows the next ones.
    ///
    /// # Errors
    /// [`Fault::Interrupted`] if the run is to end.
    pub fn received(&self, bytes: usize, cancel: &Cancel) -> Result<(), Fault> {
        wait(self.bytes.as_ref(), bytes, cancel)
    }

    /// Waits after `bytes` went out until the rate allows the next ones.
    ///
    /// # Errors
    /// [`Fault::Interrupted`] if the run is to end.
    pub fn sent(&self, bytes: usize, cancel: &Cancel) -> Result<(), Fault> {
        self.received(bytes, cancel)
    }
}

fn wait(rate: Option<&Bandwidth>, amount: usize, cancel: &Cancel) -> Result<(), Fault> {
    let time = rate.map_or(Duration::ZERO, |rate| rate.pause(amount));
    if cancel.pause(time) { Ok(()) } else { Err(Fault::Interrupted) }
}

impl Free {
    fn lock(&self) -> MutexGuard<'_, u32> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.lock() += 1;
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_connections_are_open_than_may_be() {
        let (pace, cancel) = (Pace::new(None, None, 2), Cancel::default());
        let slots = [(); 2].map(|()| pace.connection(&cancel).unwrap());
        let ended = Cancel::default();
        ended.cancel();
        assert_eq!(pace.connection(&ended).map(|_| ()), Err(Fault::Interrupted));
        drop(slots);
        assert!(pace.connection(&ended).is_ok());
    }

    #[test]
    fn an_interrupted_run_waits_for_no_rate() {
        let (pace, ended) = (Pace::new(Some(1), Some(BytesPerSecond(1)), 1), Cancel::default());
        ended.cancel();
        for _ in 0..3 {
            assert_eq!(pace.request(&ended), Err(Fault::Interrupted));
            assert_eq!(pace.received(1 << 30, &ended), Err(Fault::Interrupted));
        }
    }
}
