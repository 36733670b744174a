//! How it went on from run to run, as rows of bars.

use std::fmt::Write as _;

use super::{GAP, objective, rate};
use crate::evidence::Kind;
use crate::history::Run;
use crate::report::human;
use crate::report::text::sparkline::{Bars, sparkline};
use crate::report::text::{NARROWEST, Style};

/// Columns of what stands before the bars.
const MARGIN: usize = 22;

/// How it went on: a row of bars, a bar for each run, of what there are at least two figures of.
pub(super) fn render(text: &mut String, runs: &[Run], style: Style, bars: Bars) {
    let before = text.len();
    let mut kinds: Vec<&str> = runs.iter().map(|run| run.kind.as_str()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    for kind in kinds {
        let of_kind = runs.iter().filter(|run| run.kind == kind);
        let figures: Vec<u64> = of_kind.filter_map(speed).collect();
        let name = format!("throughput {}", human::line(kind));
        course(text, &name, &figures, |figure| rate(Some(figure)), style, bars);
    }
    let times: Vec<u64> = runs.iter().filter_map(|run| run.objectives.rto_measured_seconds).collect();
    course(text, "RTO", &times, |figure| objective(Some(figure), None), style, bars);
    let tests = runs.iter().filter(|run| Kind::tells_of_a_test(&run.kind));
    let findings: Vec<u64> = tests.map(serious).collect();
    course(text, "findings", &findings, human::count, style, bars);
    if text.len() > before {
        text.insert(before, '\n');
    }
}

fn course(
    text: &mut String,
    name: &str,
    figures: &[u64],
    shown: impl Fn(u64) -> String,
    style: Style,
    bars: Bars,
) {
    let (Some(least), Some(most), Some(last)) =
        (figures.iter().min(), figures.iter().max(), figures.last().filter(|_| figures.len() > 1))
    else {
        return;
    };
    let told = format!("{} to {}, last {}", shown(*least), shown(*most), shown(*last));
    let room = style.columns().saturating_sub(MARGIN + GAP.len() + told.chars().count()).max(NARROWEST);
    let _ = writeln!(text, "{name:MARGIN$}{}{GAP}{told}", sparkline(figures, room, bars));
}

/// The speed of the archive that is shown, where there is one alone, else of the run.
fn speed(run: &Run) -> Option<u64> {
    match run.archives.as_slice() {
        [alone] => alone.bytes_per_second.or(run.bytes_per_second),
        _ => run.bytes_per_second,
    }
}

/// Findings of what is shown of a run that ask somebody to do something.
fn serious(run: &Run) -> u64 {
    let own = if run.by_itself { run.findings.serious() } else { 0 };
    run.archives.iter().fold(own, |sum, archive| sum.saturating_add(archive.findings.serious()))
}
