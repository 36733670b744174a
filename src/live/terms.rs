use std::time::Duration;

use super::Pace;
use crate::network::{Cancel, Retry};

/// How one deals with a server: how long, how often, how fast, how much, and until when.
#[derive(Debug, Clone)]
pub struct Terms {
    /// When waiting ends.
    pub patience: Patience,
    /// How often what may pass is tried again.
    pub retry: Retry,
    /// How much is asked of the server, by all who share this.
    pub pace: Pace,
    /// The most that is taken.
    pub limits: Limits,
    /// Ends everything early.
    pub cancel: Cancel,
}

/// When waiting for a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Longest wait for a connection to one of the server's addresses.
    pub connect: Duration,
    /// Longest time in which nothing of an answer comes that is awaited, whatever else the server says.
    pub read: Duration,
    /// Longest time for one request, its answer included: a login, a batch of a list, a body.
    pub total: Duration,
}

/// The most that is taken from a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Folders, and messages of one folder.
    pub entries: u64,
    /// Bytes of one body.
    pub body: u64,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(60),
            total: Duration::from_secs(30 * 60),
        }
    }
}

impl Default for Limits {
    /// Those of a policy without limits of its own.
    fn default() -> Self {
        let limits = crate::policy::Limits::default();
        Self { entries: limits.members, body: limits.member_size.0 }
    }
}

impl Default for Terms {
    /// A single connection and no repetitions.
    fn default() -> Self {
        Self {
            patience: Patience::default(),
            retry: Retry::default(),
            pace: Pace::new(None, None, 1),
            limits: Limits::default(),
            cancel: Cancel::default(),
        }
    }
}
