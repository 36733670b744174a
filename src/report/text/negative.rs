//! What became of damage that was done on purpose.

use super::{Paint, Style};
use crate::report::human;
use crate::verify::{Ending, NegativeControls};

/// Tells how many were found, and each that was not; what could not be tried stands among the troubles.
pub fn render(text: &mut String, done: &NegativeControls, style: Style) {
    let Some(archive) = done.archive.as_deref().filter(|_| !done.controls.is_empty()) else { return };
    let (found, wanted) = (done.detected(), done.wanted);
    let mut kinds: Vec<&str> = Vec::new();
    for kind in done.controls.iter().map(|control| control.damage.as_str()) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let told = format!(
        "negative controls: found {found} of {wanted} damages done on purpose to copies of {} ({})",
        human::line(archive),
        kinds.join(", ")
    );
    let paint = if done.missed() > 0 { Paint::Red } else { Paint::Dim };
    let mut lines = String::from("\n");
    style.prose(&mut lines, 0, &told);
    text.push_str(&lines.replacen("negative controls", &style.paint(paint, "negative controls"), 1));
    for control in done.controls.iter().filter(|control| control.ending == Ending::Missed) {
        let at = control.at.unwrap_or_default();
        style.prose(text, 4, &format!("not found: {} at byte {}", control.damage.as_str(), human::count(at)));
    }
}
