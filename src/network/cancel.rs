use tokio::sync::watch;

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

    /// Waits until somebody asks the run to end.
    pub async fn cancelled(&self) {
        // The sender lives as long as `self`, so waiting can only end with the wish itself.
        let _ = self.0.subscribe().wait_for(|cancelled| *cancelled).await;
    }
}
