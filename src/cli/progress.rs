//! The progress bars on a terminal: bytes, rate, time left and members of each archive.

use std::collections::HashMap;
use std::io::{self, IsTerminal};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use crate::event::{Event, Observer, Tally};
use crate::report::events::JsonLines;
use crate::report::human;

const TICK: Duration = Duration::from_millis(150);
const TEMPLATE: &str =
    "{prefix} {bar:10} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta} left, {msg}";

struct Line {
    bar: ProgressBar,
    tally: Arc<Tally>,
}

type Lines = Mutex<HashMap<String, Line>>;

/// Who watches a run: JSON lines on stderr if `events`, else bars where a terminal shows them and nobody asked for quiet.
pub fn observers(events: bool, quiet: bool) -> Observers {
    let mut observers: Vec<Box<dyn Observer>> = Vec::new();
    if events {
        observers.push(Box::new(JsonLines::new(io::stderr())));
    } else if !quiet && io::stderr().is_terminal() {
        observers.push(Box::new(Bars::start()));
    }
    Observers(observers)
}

/// Several observers as one.
pub struct Observers(Vec<Box<dyn Observer>>);

impl Observer for Observers {
    fn observe(&self, event: &Event<'_>) {
        for observer in &self.0 {
            observer.observe(event);
        }
    }
}

/// Draws one bar for each archive that is being read.
pub struct Bars {
    screen: MultiProgress,
    lines: Arc<Lines>,
}

impl Bars {
    /// Draws on stderr until dropped.
    #[must_use]
    pub fn start() -> Self {
        let lines = Arc::new(Lines::default());
        let watched = Arc::downgrade(&lines);
        // Without this thread the bars stand still; the verification does not depend on it.
        let _ = thread::Builder::new().name("progress".to_owned()).spawn(move || keep_drawing(&watched));
        Self { screen: MultiProgress::new(), lines }
    }

    fn begin(&self, archive: &str, size: u64, tally: &Arc<Tally>) {
        let bar = self.screen.add(ProgressBar::new(size));
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(tail(archive, 24));
        self.with_lines(|lines| lines.insert(archive.to_owned(), Line { bar, tally: Arc::clone(tally) }));
    }

    fn end(&self, archive: &str) {
        if let Some(Some(line)) = self.with_lines(|lines| lines.remove(archive)) {
            line.bar.finish_and_clear();
        }
    }

    fn with_lines<T>(&self, work: impl FnOnce(&mut HashMap<String, Line>) -> T) -> Option<T> {
        self.lines.lock().ok().map(|mut lines| work(&mut lines))
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.with_lines(|lines| lines.drain().for_each(|(_, line)| line.bar.finish_and_clear()));
    }
}

impl Observer for Bars {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::ArchiveStarted { archive, size, tally }
            | Event::NegativeControlStarted { archive, size, tally, .. } => self.begin(archive, *size, tally),
            Event::ArchiveDone { archive, .. } | Event::NegativeControlDone { archive, .. } => {
                self.end(archive)
            }
            Event::FindingMade { .. } | Event::RereadStarted { .. } => {}
        }
    }
}

fn keep_drawing(lines: &Weak<Lines>) {
    while let Some(lines) = lines.upgrade() {
        if let Ok(lines) = lines.lock() {
            lines.values().for_each(Line::draw);
        }
        drop(lines);
        thread::sleep(TICK);
    }
}

impl Line {
    fn draw(&self) {
        self.bar.set_position(Tally::get(&self.tally.stored));
        self.bar.set_message(format!("{} members", human::count(Tally::get(&self.tally.members))));
    }
}

/// The last `length` characters of an address, which tell archives apart.
fn tail(address: &str, length: usize) -> String {
    let address = human::line(address);
    let all = address.chars().count();
    if all <= length {
        return format!("{address:length$}");
    }
    let kept: String = address.chars().skip(all - length + 1).collect();
    format!("…{kept}")
}
