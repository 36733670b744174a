use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// Longest time for which a thread does not look whether the run is to end.
const GLANCE: Duration = Duration::from_millis(250);

/// Ends a run early, from any thread. Clones share one state.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Sender<bool>);

impl Default for Cancel {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Cancel {
    /// Asks the run to end.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Holds once somebody asked the run to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Lets this thread wait, and tells whether the run may go on.
    #[must_use]
    pub fn pause(&self, mut time: Duration) -> bool {
        while !time.is_zero() && !self.is_cancelled() {
            let step = time.min(GLANCE);
            thread::sleep(step);
            time -= step;
        }
        !self.is_cancelled()
    }

    /// Waits until somebody asks the run to end.
    pub async fn cancelled(&self) {
        // The sender lives as long as `self`, so waiting can only end with the wish itself.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_ends_with_the_run() {
        let cancel = Cancel::default();
        assert!(cancel.pause(Duration::ZERO));
        cancel.cancel();
        assert!(!cancel.pause(Duration::from_secs(3600)));
    }
}
