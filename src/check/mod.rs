//! What is judged: one file for each check.
//!
//! Input: plain data that others fetched. Output: findings and how far a rung was proven. No I/O.

pub mod meaningful;
pub mod present;
pub mod restorable;

use jiff::{SignedDuration, Timestamp};

/// A time to the second, in UTC.
fn moment(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A length of time in its two largest units.
fn length(duration: SignedDuration) -> String {
    let minutes = duration.as_secs() / 60;
    let (days, hours, minutes) = (minutes / 1440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}
