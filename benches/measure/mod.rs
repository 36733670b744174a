//! Clocks and tables that all benches share.

use std::fs;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A competitor and its times.
pub struct Row {
    pub name: &'static str,
    times: Vec<Duration>,
}

impl Row {
    pub fn new(name: &'static str) -> Self {
        Self { name, times: Vec::new() }
    }

    pub fn took(&mut self, time: Option<Duration>) {
        self.times.extend(time);
    }

    pub fn median(&self) -> Option<Duration> {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).copied()
    }
}

/// What `work` leaves behind is removed when the clock has stopped, and before the next competitor starts.
pub fn time<T>(work: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    let left = work();
    let took = began.elapsed();
    drop(left);
    took
}

/// Prints all rows; the first is ours.
pub fn table(rows: &[Row], bytes: u64) {
    let ours = rows[0].median().unwrap().as_secs_f64();
    for row in rows {
        match row.median() {
            None => println!("{:44} not installed, left out", row.name),
            Some(median) => {
                let seconds = median.as_secs_f64();
                let rate = bytes as f64 / seconds / 1e6;
                println!("{:44} {seconds:6.2} s {rate:6.0} MB/s  {:5.2} × ours", row.name, seconds / ours);
            }
        }
    }
}

pub fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

/// Runs a program to its good end; returns the peak of its resident memory in KiB.
pub fn peak_of(command: &mut Command) -> u64 {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status_file = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let status = loop {
        peak = high_water(&status_file).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{command:?} ended with {status}");
    peak
}

fn high_water(status_file: &str) -> Option<u64> {
    let status = fs::read_to_string(status_file).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.trim().strip_suffix(" kB")?.parse().ok()
}
