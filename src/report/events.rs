//! What happens in a run as JSON lines, one object each: `mailproof/event/v1`.

use std::io::Write;
use std::sync::Mutex;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{json, writing};
use crate::event::{Event, Observer};

/// Writes every event as one line of JSON.
#[derive(Debug)]
pub struct JsonLines<W> {
    out: Mutex<W>,
}

impl<W: Write + Send> JsonLines<W> {
    /// Writes to `out`; a line is flushed before the next event is taken.
    pub fn new(out: W) -> Self {
        Self { out: Mutex::new(out) }
    }
}

impl<W: Write + Send> Observer for JsonLines<W> {
    fn observe(&self, event: &Event<'_>) {
        let mut line = as_json(event);
        line["schema"] = "mailproof/event/v1".into();
        line["time"] = Timestamp::now().to_string().into();
        if let Ok(mut out) = self.out.lock() {
            // Whoever reads the events may be gone; the verification goes on without them.
            let line = writing::line(&line).unwrap_or_default();
            let _ = writeln!(out, "{line}").and_then(|()| out.flush());
        }
    }
}

fn as_json(event: &Event<'_>) -> Value {
    match event {
        Event::ArchiveStarted { archive, size, .. } => {
            json!({ "event": "archive-started", "archive": archive, "size_bytes": size })
        }
        Event::FindingMade { archive, finding } => {
            json!({ "event": "finding-made", "archive": archive, "finding": json::Finding::from(*finding) })
        }
        Event::RereadStarted { archive } => json!({ "event": "reread-started", "archive": archive }),
        Event::NegativeControlStarted { archive, damage, size, .. } => {
            json!({ "event": "negative-control-started", "archive": archive, "damage": damage, "size_bytes": size })
        }
        Event::NegativeControlDone { archive, damage, found_as } => {
            json!({ "event": "negative-control-done", "archive": archive, "damage": damage, "found_as": found_as })
        }
        Event::ArchiveDone { archive, outcome } => {
            json!({ "event": "archive-done", "archive": archive, "outcome": outcome })
        }
    }
}
