//! The result for a tired person: the verdict first, then what is not right, then what to do.
//!
//! Input: a run's result. Output: text. Invariant: what failed stands before what could not be proven, that
//! before what passed, and nothing that is summed up counts as less than what it is.

pub(super) mod archive;
mod groups;
mod history;
pub(super) mod mailboxes;
mod negative;
mod rehearsal;
mod sparkline;
mod steps;
mod wrap;

use std::fmt::Write as _;

use super::human;
use crate::verdict::{Outcome, Rung, Severity, Standing, State};
use crate::verify::{ArchiveResult, RunResult};
use archive::Remedies;

pub use history::render_history;
pub use rehearsal::render_rehearsal;
pub use sparkline::Bars;
pub(super) use sparkline::sparkline;
pub use wrap::wrap;

/// How the text is dressed, and how much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Style {
    /// Use ANSI colours.
    pub color: bool,
    /// Show every archive by itself, also where many are alike, and by what messages were drawn.
    pub all: bool,
    /// Columns that prose fits into; 80 where nothing is known.
    pub width: Option<usize>,
}

/// Columns where none are known.
const USUAL_WIDTH: usize = 80;
/// Prose gets at least so many.
const NARROWEST: usize = 20;

#[derive(Clone, Copy)]
enum Paint {
    Green,
    Red,
    Yellow,
    Bold,
    Dim,
}

impl Style {
    /// Writes prose that fits: its lines begin `indent` columns from the left, and what goes on two more.
    fn prose(self, text: &mut String, indent: usize, words: &str) {
        let columns = self.columns().max(indent + NARROWEST);
        let indented: String = words.lines().map(|line| format!("{:indent$}{line}\n", "")).collect();
        text.push_str(&wrap(&indented, columns, |piece| piece.chars().count()));
    }

    /// Writes statements on one line where they fit, else each on its own.
    fn parts(self, text: &mut String, indent: usize, parts: &[String]) {
        let joined = parts.join("; ");
        if indent + joined.chars().count() <= self.columns() {
            return self.prose(text, indent, &joined);
        }
        parts.iter().for_each(|part| self.prose(text, indent, part));
    }

    fn columns(self) -> usize {
        self.width.unwrap_or(USUAL_WIDTH)
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Green => "32;1",
            Paint::Red => "31;1",
            Paint::Yellow => "33;1",
            Paint::Bold => "1",
            Paint::Dim => "2",
        };
        if self.color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn outcome(self, outcome: Outcome, width: usize) -> String {
        let (word, paint) = match outcome {
            Outcome::Passed => ("PASSED", Paint::Green),
            Outcome::NotVerified => ("NOT VERIFIED", Paint::Yellow),
            Outcome::Failed => ("FAILED", Paint::Red),
        };
        self.paint(paint, &format!("{word:width$}"))
    }

    fn severity(self, severity: Severity) -> String {
        let paint = match severity {
            Severity::Failure => Paint::Red,
            Severity::Warning => Paint::Yellow,
            Severity::Info => Paint::Dim,
        };
        self.paint(paint, severity.as_str())
    }
}

/// Renders a run's result; ends with a line break.
///
/// Of several archives the remedies are said once, at the end; of one they stand beside what was found.
#[must_use]
pub fn render(run: &RunResult, style: Style) -> String {
    let mut text = String::new();
    let remedies = if run.archives.len() > 1 { Remedies::AtTheEnd } else { Remedies::Beside };
    headline(&mut text, run, style);
    if let Some(repairs) = archive::repairs(0, run.retries) {
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, &format!("{repairs} to list the store")));
    }
    for trouble in &run.troubles {
        archive::trouble(&mut text, trouble, style);
    }
    archive::findings(&mut text, &run.findings, remedies, style);
    for group in groups::of(&run.archives) {
        group.render(&mut text, remedies, style);
    }
    if let Some(controls) = &run.negative_controls {
        negative::render(&mut text, controls, style);
    }
    if remedies == Remedies::AtTheEnd {
        steps::render(&mut text, run, style);
    }
    text
}

fn headline(text: &mut String, run: &RunResult, style: Style) {
    let elapsed = run.finished.duration_since(run.started).as_millis();
    let elapsed = human::duration(u64::try_from(elapsed).unwrap_or(0));
    let (outcome, summary) = (style.outcome(run.outcome, 0), summary(run));
    let asked = format!("(rung asked for: {}; took {elapsed})", run.required);
    let length = Style::default().outcome(run.outcome, 0).len() + summary.chars().count() + asked.len() + 4;
    let gap = if length > style.columns() { "\n    " } else { "  " };
    let (summary, asked) = (style.paint(Paint::Bold, &summary), style.paint(Paint::Dim, &asked));
    let _ = writeln!(text, "{outcome}  {summary}{gap}{asked}");
}

/// Renders one archive by itself, with the next steps beside what was found; ends with a line break.
#[must_use]
pub fn render_archive(archive: &ArchiveResult, style: Style) -> String {
    let mut text = String::new();
    archive::render(&mut text, archive, Remedies::Beside, style);
    text
}

/// The verdict in one sentence.
fn summary(run: &RunResult) -> String {
    let of = |outcome: Outcome| run.archives.iter().filter(|archive| archive.outcome == outcome).count();
    let all = run.archives.len();
    match run.outcome {
        _ if run.interrupted => "interrupted; nothing is claimed".to_owned(),
        Outcome::NotVerified if missed_on_purpose(run) => {
            "damage that was done on purpose was not found; nothing can be relied on".to_owned()
        }
        Outcome::Passed if increments(run) > 0 => accepted(run),
        Outcome::Passed if all == 1 => format!("the archive is proven {}", extent(run.required)),
        Outcome::Passed => format!("all {all} archives are proven {}", extent(run.required)),
        Outcome::NotVerified if all == 0 && !run.troubles.is_empty() => {
            "nothing could be looked at".to_owned()
        }
        Outcome::NotVerified if all == 0 => "there was nothing to verify".to_owned(),
        Outcome::NotVerified if all == 1 => "the archive could not be proven".to_owned(),
        Outcome::NotVerified => format!("{} of {all} archives could not be proven", of(Outcome::NotVerified)),
        Outcome::Failed if of(Outcome::Failed) == 0 => "the backups are not as they should be".to_owned(),
        // Too old or not protected, and sound as far as was looked.
        Outcome::Failed if run.archives.iter().all(is_only_out_of_place) => {
            format!("{} of {all} archives open, but are not as the policy asks", of(Outcome::Failed))
        }
        // The mail server may be the one that lost something; the archive is not to be thrown away for it.
        Outcome::Failed if run.archives.iter().all(only_live_differs) => {
            let sound = if all == 1 {
                "the archive is sound".to_owned()
            } else {
                format!("all {all} archives are sound")
            };
            format!("{sound}, but live mailboxes differ from what was backed up")
        }
        Outcome::Failed if all == 1 => "the archive can't be relied on".to_owned(),
        Outcome::Failed => match of(Outcome::NotVerified) {
            0 => format!("{} of {all} archives can't be relied on", of(Outcome::Failed)),
            open => {
                format!(
                    "{} of {all} archives can't be relied on, {open} could not be proven",
                    of(Outcome::Failed)
                )
            }
        },
    }
}

fn missed_on_purpose(run: &RunResult) -> bool {
    run.negative_controls.as_ref().is_some_and(|controls| controls.missed() > 0)
}

/// An archive whose mail is what Zimbra stated, and not what the mail server has.
fn only_live_differs(archive: &ArchiveResult) -> bool {
    let failures = || archive.findings.iter().filter(|finding| finding.severity == Severity::Failure);
    archive.outcome == Outcome::Passed
        || archive.rung >= Some(Rung::Meaningful)
            && failures().next().is_some()
            && failures().all(|finding| finding.kind.id.starts_with("live-"))
}

/// Archives that pass without the rung, as the policy accepts what incremental sessions leave open.
fn increments(run: &RunResult) -> usize {
    let passed = run.archives.iter().filter(|archive| archive.outcome == Outcome::Passed);
    passed.filter(|archive| archive.sound_increment && archive.rung < Some(run.required)).count()
}

/// The verdict of a run with such archives; it claims the rung of the others only.
fn accepted(run: &RunResult) -> String {
    let (increments, all) = (increments(run), run.archives.len());
    let claim = "complete with sound mail, which is what the policy asks of incremental sessions; what is missing from them can't be told";
    match all - increments {
        0 if all == 1 => format!("the archive is {claim}"),
        0 => format!("all {all} archives are {claim}"),
        proven => format!(
            "{proven} of {all} archives are proven {}, {increments} are {claim}",
            extent(run.required)
        ),
    }
}

/// What of an archive a rung speaks of.
fn extent(rung: Rung) -> String {
    match rung {
        Rung::Present => "present; none was opened".to_owned(),
        Rung::Complete => "complete; the mail inside was not examined".to_owned(),
        other => other.to_string(),
    }
}

/// Holds if an archive did not fail, or only for where and how it lies.
fn is_only_out_of_place(archive: &ArchiveResult) -> bool {
    let proven = archive.rung >= Some(Rung::Complete);
    let disproven = |standing: &Standing| standing.state == State::Disproven && standing.rung > Rung::Present;
    archive.outcome != Outcome::Failed || (proven && !archive.standings.iter().any(disproven))
}

#[cfg(test)]
mod tests;
