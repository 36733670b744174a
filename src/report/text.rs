//! The result for a tired person: the verdict first, then what is not right, then what to do.

use std::fmt::Write as _;

use super::human;
use crate::verdict::{Finding, Findings, Outcome, Severity};
use crate::verify::{ArchiveResult, RunResult, Trouble};

/// How the text is dressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Use ANSI colours.
    pub color: bool,
}

#[derive(Clone, Copy)]
enum Paint {
    Green,
    Red,
    Yellow,
    Bold,
    Dim,
}

impl Style {
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
#[must_use]
pub fn render(run: &RunResult, style: Style) -> String {
    let mut text = String::new();
    headline(&mut text, run, style);
    if let Some(repairs) = repairs(0, run.retries) {
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, &format!("{repairs} to list the store")));
    }
    for trouble in &run.troubles {
        render_trouble(&mut text, trouble, style);
    }
    findings(&mut text, &run.findings, style);
    for archive in &run.archives {
        render_archive(&mut text, archive, style);
    }
    text
}

/// Breaks lines of `text` that are longer than `width` between words; what goes on is indented below its line.
///
/// `measured` gives the columns of a piece of text, escape sequences not counted. A word longer than a line stays whole.
#[must_use]
pub fn wrap(text: &str, width: usize, measured: impl Fn(&str) -> usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for line in text.lines() {
        let words = line.trim_start();
        let indent = line.len() - words.len();
        let mut column = indent;
        wrapped.push_str(&line[..indent]);
        for (place, word) in words.split(' ').enumerate() {
            let length = measured(word);
            if place > 0 && column + 1 + length > width {
                let _ = write!(wrapped, "\n{:1$}", "", indent + 2);
                column = indent + 2;
            } else if place > 0 {
                wrapped.push(' ');
                column += 1;
            }
            wrapped.push_str(word);
            column += length;
        }
        wrapped.push('\n');
    }
    wrapped
}

fn headline(text: &mut String, run: &RunResult, style: Style) {
    let elapsed = run.finished.duration_since(run.started).as_millis();
    let elapsed = human::duration(u64::try_from(elapsed).unwrap_or(0));
    let _ = writeln!(
        text,
        "{}  {}  {}",
        style.outcome(run.outcome, 0),
        style.paint(Paint::Bold, &summary(run)),
        style.paint(Paint::Dim, &format!("(rung asked for: {}; took {elapsed})", run.required)),
    );
}

/// The verdict in one sentence.
fn summary(run: &RunResult) -> String {
    let of = |outcome: Outcome| run.archives.iter().filter(|archive| archive.outcome == outcome).count();
    let all = run.archives.len();
    match run.outcome {
        _ if run.interrupted => "interrupted; nothing is claimed".to_owned(),
        Outcome::Passed if all == 1 => "the archive is proven".to_owned(),
        Outcome::Passed => format!("all {all} archives are proven"),
        Outcome::NotVerified if all == 0 && !run.troubles.is_empty() => {
            "nothing could be looked at".to_owned()
        }
        Outcome::NotVerified if all == 0 => "there was nothing to verify".to_owned(),
        Outcome::NotVerified if all == 1 => "the archive could not be proven".to_owned(),
        Outcome::NotVerified => format!("{} of {all} archives could not be proven", of(Outcome::NotVerified)),
        Outcome::Failed if of(Outcome::Failed) == 0 => "the backups are not as they should be".to_owned(),
        Outcome::Failed if all == 1 => "the archive can't be relied on".to_owned(),
        Outcome::Failed => format!("{} of {all} archives can't be relied on", of(Outcome::Failed)),
    }
}

fn render_archive(text: &mut String, archive: &ArchiveResult, style: Style) {
    let rung = archive.rung.map_or("nothing proven".to_owned(), |rung| format!("rung {rung}"));
    let _ = writeln!(text, "\n{}  {}", style.outcome(archive.outcome, 12), human::line(&archive.archive));
    let _ = writeln!(text, "    {rung}; {}; {}", coverage(archive), volume(archive));
    if let Some(repairs) = repairs(archive.facts.resumes, archive.facts.retries) {
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, &repairs));
    }
    if archive.facts.checksum_holds {
        let equal = "the stored bytes equal the checksum beside them (BLAKE3)";
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, equal));
    }
    for trouble in &archive.troubles {
        render_trouble(text, trouble, style);
    }
    findings(text, &archive.findings, style);
    if archive.first_read.is_some() {
        let _ =
            writeln!(text, "    {}", style.paint(Paint::Dim, "read twice; both results are in the record"));
    }
    unproven(text, archive);
}

fn coverage(archive: &ArchiveResult) -> String {
    let checked = human::count(archive.coverage.checked);
    match archive.coverage.total {
        Some(total) => format!("checked {checked} of {} members", human::count(total)),
        None => format!("checked {checked} of an unknown number of members"),
    }
}

fn volume(archive: &ArchiveResult) -> String {
    let facts = &archive.facts;
    let rate = (facts.unpacked_bytes * 1000).checked_div(facts.elapsed_ms);
    match rate {
        Some(rate) if facts.unpacked_bytes > 0 => format!(
            "{} stored, {} unpacked in {} ({}/s)",
            human::size(facts.stored_bytes),
            human::size(facts.unpacked_bytes),
            human::duration(facts.elapsed_ms),
            human::size(rate),
        ),
        _ => format!("{} stored", human::size(facts.stored_bytes)),
    }
}

fn repairs(resumes: u64, retries: u64) -> Option<String> {
    let parts = [(resumes, "broken download", "resumed"), (retries, "call", "repeated")];
    let told: Vec<_> = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, how)| format!("{count} {what}{} {how}", if *count == 1 { "" } else { "s" }))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn render_trouble(text: &mut String, trouble: &Trouble, style: Style) {
    let word = style.paint(Paint::Yellow, "could not look");
    let _ = writeln!(text, "    {word} ({}): {}", trouble.stage, human::clean(&trouble.message));
}

/// How many findings of one kind are written out; the record has more.
const SHOWN_PER_KIND: usize = 3;

fn findings(text: &mut String, findings: &Findings, style: Style) {
    for (kind, count) in findings.counts() {
        let of_kind: Vec<_> = findings.iter().filter(|finding| finding.kind == kind).collect();
        for finding in of_kind.iter().take(SHOWN_PER_KIND) {
            render_finding(text, finding, style);
        }
        let more = count - of_kind.len().min(SHOWN_PER_KIND) as u64;
        if more > 0 {
            let _ = writeln!(text, "      … and {} more of {}", human::count(more), kind.id);
        }
        if let Some(first) = of_kind.first() {
            let _ = writeln!(text, "      cause: {}; do: {}", first.cause, human::clean(&first.remedy));
        }
    }
}

fn render_finding(text: &mut String, finding: &Finding, style: Style) {
    let severity = style.severity(finding.severity);
    let id = style.paint(Paint::Bold, finding.kind.id);
    let _ = writeln!(text, "    {severity} {id}: {}", human::line(&finding.subject));
    let sides = [("expected", &finding.expected), ("observed", &finding.observed)];
    for (side, what) in sides.iter().filter(|(_, what)| !what.is_empty()) {
        let _ = writeln!(text, "      {side} {}", human::line(what));
    }
}

/// Says why an archive without a finding is not proven.
fn unproven(text: &mut String, archive: &ArchiveResult) {
    let silent = archive.troubles.is_empty() && archive.findings.worst() < Some(Severity::Failure);
    if archive.outcome != Outcome::Passed && silent {
        for standing in &archive.standings {
            if let Some(reason) = &standing.reason {
                let _ = writeln!(text, "    not proven: {} ({})", standing.rung, human::clean(reason));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn long_lines_break_between_words_and_are_indented() {
        let wrapped = wrap("  do: look at the job\nshort\n  averyveryverylongword\n", 14, str::len);
        assert_eq!(wrapped, "  do: look at\n    the job\nshort\n  averyveryverylongword\n");
    }
}
