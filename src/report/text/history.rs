//! What happened before, for people: a line for each archive of each run, the newest last, and how it went on.

mod courses;

use std::fmt::Write as _;
use std::time::Duration;

use super::sparkline::Bars;
use super::{Paint, Style};
use crate::evidence::Kind;
use crate::history::{History, Run, RunArchive, Severities};
use crate::policy::Age;
use crate::report::human;
use crate::verdict::{Coverage, Outcome};

/// Records that are named of those that can't be read.
const MOST_NAMED: usize = 10;
/// What stands before each column but the first.
const GAP: &str = "  ";
/// A cell of which there is nothing to say.
const NOTHING: &str = "-";
/// The columns before the archive; those from [`PART`] on are left out where nothing stands in them, and those from [`FIGURES`] on
/// are set to the right.
const HEADS: [&str; 10] =
    ["WHEN (UTC)", "KIND", "OUTCOME", "PART", "RUNG", "CHECKED", "F/W/I", "RATE", "RTO", "RPO"];
const OUTCOME: usize = 2;
const PART: usize = 3;
const FIGURES: usize = 5;
const RATE: usize = 7;
const RTO: usize = 8;
const RPO: usize = 9;

/// Renders a history; ends with a line break.
#[must_use]
pub fn render_history(history: &History, style: Style, bars: Bars) -> String {
    let mut text = String::new();
    if history.records == 0 {
        let _ = writeln!(
            text,
            "no records lie in {}: `mailproof verify` leaves one for each run; name the folder by --records or --policy",
            human::line(&history.folder)
        );
    } else if history.runs.is_empty() {
        let records = human::counted(history.records, "record", "records");
        let _ = writeln!(text, "no run is like that: {records} in {}", human::line(&history.folder));
    } else {
        let lines: Vec<Line> = history.runs.iter().flat_map(lines).collect();
        table(&mut text, &lines, style);
        courses::render(&mut text, &history.runs, style, bars);
        sums(&mut text, history);
    }
    notes(&mut text, history, style);
    text
}

/// One line of the table.
struct Line {
    /// How it ended; of what people said that says nothing.
    outcome: Option<Outcome>,
    cells: [String; HEADS.len()],
    archive: String,
}

/// The lines of a run: its own where it has one, then its archives. What was measured of the whole run stands in the first.
fn lines(run: &Run) -> Vec<Line> {
    let mut lines = Vec::new();
    if run.by_itself {
        lines.push(Line::of_run(run));
    }
    lines.extend(run.archives.iter().map(|archive| Line::of_archive(run, archive)));
    if let Some(first) = lines.first_mut() {
        let Run { objectives, bytes_per_second, .. } = run;
        first.cells[RTO] = objective(objectives.rto_measured_seconds, objectives.rto_target_seconds);
        first.cells[RPO] = objective(objectives.rpo_measured_seconds, objectives.rpo_target_seconds);
        if first.cells[RATE] == NOTHING {
            first.cells[RATE] = rate(*bytes_per_second);
        }
    }
    lines
}

impl Line {
    fn of_run(run: &Run) -> Self {
        let archive = if run.archives.is_empty() { NOTHING } else { "(the run itself)" };
        Self::new(run, run.outcome, None, run.coverage, run.findings, archive)
    }

    fn of_archive(run: &Run, archive: &RunArchive) -> Self {
        let rung = archive.rung.map(|rung| rung.to_string());
        let mut line =
            Self::new(run, archive.outcome, rung, archive.coverage, archive.findings, &archive.archive);
        line.cells[RATE] = rate(archive.bytes_per_second);
        line
    }

    fn new(
        run: &Run,
        outcome: Outcome,
        rung: Option<String>,
        coverage: Option<Coverage>,
        findings: Severities,
        archive: &str,
    ) -> Self {
        let nothing = || NOTHING.to_owned();
        let outcome = Kind::tells_of_a_run(&run.kind).then_some(outcome);
        let when = run.started.get(..16).unwrap_or(&run.started).replace('T', " ");
        let cells = [
            human::line(&when).into_owned(),
            human::line(&run.kind).into_owned(),
            outcome.map_or_else(nothing, |outcome| Style::default().outcome(outcome, 0)),
            if run.narrowed.is_empty() { nothing() } else { part(run) },
            rung.unwrap_or_else(nothing),
            coverage.map_or_else(nothing, checked),
            severities(findings),
            nothing(),
            nothing(),
            nothing(),
        ];
        Self { outcome, cells, archive: human::line(archive).into_owned() }
    }
}

/// By what a run was narrowed, as it stands in the command.
fn part(run: &Run) -> String {
    human::line(&run.narrowed.join(" ")).into_owned()
}

fn checked(coverage: Coverage) -> String {
    let total = coverage.total.map_or_else(|| "?".to_owned(), human::count);
    format!("{} of {total}", human::count(coverage.checked))
}

fn severities(findings: Severities) -> String {
    if findings.is_empty() {
        return NOTHING.to_owned();
    }
    let Severities { failures, warnings, infos } = findings;
    format!("{failures}/{warnings}/{infos}")
}

fn rate(bytes_per_second: Option<u64>) -> String {
    bytes_per_second.map_or_else(|| NOTHING.to_owned(), |rate| format!("{}/s", human::size(rate)))
}

/// `84s/4h`: what was measured, and the target where there is one.
fn objective(measured: Option<u64>, target: Option<u64>) -> String {
    let age = |seconds| Age(Duration::from_secs(seconds)).to_string();
    match (measured.map(age), target.map(age)) {
        (None, None) => NOTHING.to_owned(),
        (measured, None) => measured.unwrap_or_default(),
        (measured, Some(target)) => format!("{}/{target}", measured.unwrap_or_else(|| "?".to_owned())),
    }
}

/// Archives get lines of their own where one of them does not fit behind its figures.
fn table(text: &mut String, lines: &[Line], style: Style) {
    let widths = widths(lines);
    let figures: usize = widths.iter().flatten().map(|width| width + GAP.len()).sum();
    let longest = lines.iter().map(|line| line.archive.chars().count()).max().unwrap_or(0);
    let below = style.width.is_some_and(|columns| figures + longest > columns);
    let heads = HEADS.map(str::to_owned);
    let head = row(&heads, &widths, |_, cell| cell);
    let head = if below { head.trim_end().to_owned() } else { head + "ARCHIVE" };
    let _ = writeln!(text, "{}", style.paint(Paint::Bold, &head));
    for line in lines {
        let width = widths[OUTCOME].unwrap_or(0);
        let dressed = |column, cell| match line.outcome.filter(|_| column == OUTCOME) {
            Some(outcome) => style.outcome(outcome, width),
            None => cell,
        };
        let figures = row(&line.cells, &widths, dressed);
        let _ = match below {
            true => writeln!(text, "{}\n    {}", figures.trim_end(), line.archive),
            false => writeln!(text, "{figures}{}", line.archive),
        };
    }
}

/// How wide each column is; absent for one that is left out.
fn widths(lines: &[Line]) -> [Option<usize>; HEADS.len()] {
    std::array::from_fn(|column| {
        let cells = || lines.iter().map(|line| &line.cells[column]);
        let told = column < PART || cells().any(|cell| cell != NOTHING);
        let widest = cells().map(|cell| cell.chars().count()).max().unwrap_or(0);
        told.then(|| widest.max(HEADS[column].len()))
    })
}

fn row(
    cells: &[String; HEADS.len()],
    widths: &[Option<usize>; HEADS.len()],
    dressed: impl Fn(usize, String) -> String,
) -> String {
    let mut row = String::new();
    for (column, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let Some(width) = width else { continue };
        let padded = if column >= FIGURES { format!("{cell:>width$}") } else { format!("{cell:width$}") };
        row += &dressed(column, padded);
        row += GAP;
    }
    row
}

fn sums(text: &mut String, history: &History) {
    let runs = history.runs.iter().filter(|run| Kind::tells_of_a_run(&run.kind)).count();
    let runs = human::counted(runs as u64, "run", "runs");
    let records = human::counted(history.records, "record", "records");
    let _ = writeln!(
        text,
        "\n{runs} of {records} in {}; F/W/I: failures, warnings, infos",
        human::line(&history.folder)
    );
    if history.runs.iter().any(|run| !run.narrowed.is_empty()) {
        let told = "PART: by what the command line asked for less than the policy; of the rest such a run says nothing";
        let _ = writeln!(text, "{told}");
    }
}

/// What the history leaves out, and what nobody looked at.
fn notes(text: &mut String, history: &History, style: Style) {
    if history.unreadable_count > 0 {
        let (one, many) = ("record could not be read", "records could not be read");
        let count = human::counted(history.unreadable_count, one, many);
        let _ =
            writeln!(text, "{}: `mailproof evidence verify` says more", style.paint(Paint::Yellow, &count));
    }
    for unread in history.unreadable.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "  record {}: {}", unread.record, human::line(&unread.why));
    }
    if history.missing > 0 {
        let (one, many) = ("record is not there", "records are not there");
        let count = human::counted(history.missing, one, many);
        let _ = writeln!(text, "{}, and later ones are", style.paint(Paint::Yellow, &count));
    }
    if history.not_in_chain > 0 {
        let (one, many) = ("other file is", "other files are");
        let count = human::counted(history.not_in_chain, one, many);
        let _ = writeln!(text, "{count} no part of the chain; nobody looked into that");
    }
    if let Some(why) = &history.index_not_kept {
        let _ = writeln!(text, "the index is not kept: {}", human::line(why));
    }
    if history.records > 0 {
        let told = "whether records were altered was not checked here: `mailproof evidence verify`";
        let _ = writeln!(text, "{}", style.paint(Paint::Dim, told));
    }
}

#[cfg(test)]
mod tests;
