//! A rehearsal for a tired person: whether mail came back, how long it took, what would be lost.

use std::fmt::Write as _;
use std::time::Duration;

use super::archive::{self, Remedies};
use super::{Paint, Style, render_archive};
use crate::policy::{Age, Scope};
use crate::report::human;
use crate::restore::rehearsal::{ReadBack, RecoveryPoint, RecoveryTime, RehearsalResult};
use crate::verdict::Outcome;

/// Columns of the words in front of each line.
const MARGIN: usize = 12;

/// Renders a rehearsal's result; ends with a line break.
#[must_use]
pub fn render_rehearsal(run: &RehearsalResult, style: Style) -> String {
    let mut text = String::new();
    headline(&mut text, run, style);
    row(&mut text, "sandbox", &sandbox(run), style);
    if !run.archives.is_empty() {
        row(&mut text, "restored", &restored(run), style);
    }
    if let Some(back) = &run.read_back {
        row(&mut text, "read back", &read_back(back), style);
    }
    if let Some(time) = &run.time {
        row(&mut text, "RTO", &recovery_time(time, run), style);
    }
    if let Some(point) = &run.point {
        row(&mut text, "RPO", &recovery_point(point, run), style);
    }
    for trouble in &run.troubles {
        archive::trouble(&mut text, trouble, style);
    }
    archive::findings(&mut text, &run.findings, Remedies::Beside, style);
    if let Some(verified) = &run.verified {
        for trouble in &verified.troubles {
            archive::trouble(&mut text, trouble, style);
        }
        archive::findings(&mut text, &verified.findings, Remedies::Beside, style);
        verified.archives.iter().for_each(|archive| text.push_str(&render_archive(archive, style)));
    }
    text
}

fn headline(text: &mut String, run: &RehearsalResult, style: Style) {
    let mut words = String::new();
    let summary = summary(run);
    let room = style.outcome(run.outcome, 0).len().min(14) + 2;
    style.prose(&mut words, 0, &format!("{}{summary}", " ".repeat(room)));
    let first = words.trim_start();
    let _ = write!(text, "{}  {}", style.outcome(run.outcome, 0), style.paint(Paint::Bold, first.trim_end()));
    text.push('\n');
}

/// The verdict in one sentence.
fn summary(run: &RehearsalResult) -> String {
    let back = run.read_back.unwrap_or_default();
    let came = came_back(run);
    let broken = back.differ + back.missing + back.too_many + back.unexpected;
    match run.outcome {
        _ if run.interrupted => "interrupted; nothing is claimed".to_owned(),
        Outcome::Passed if back.line_ends > 0 => {
            format!("{came}; some got other line ends")
        }
        Outcome::Passed => format!("{came}, byte for byte"),
        Outcome::NotVerified if run.verified.is_none() => "nothing was restored".to_owned(),
        Outcome::NotVerified if back.put == 0 => "no message was restored".to_owned(),
        Outcome::NotVerified => format!("{came}; not all was proven"),
        Outcome::Failed if broken > 0 => "what was restored is not what was read back".to_owned(),
        Outcome::Failed if back.put == 0 => "no message was restored".to_owned(),
        Outcome::Failed => format!("{came}; not all is as it should be"),
    }
}

/// How much came back, of what was asked for and of all that there is.
fn came_back(run: &RehearsalResult) -> String {
    let came = run.of_asked();
    let (back, asked) = (human::count(came.checked), human::count(came.total.unwrap_or(0)));
    let all = human::count(run.coverage.total.unwrap_or(0));
    let place = if run.archives.len() == 1 { "archive" } else { "archives" };
    format!("restored and read back {back} of {asked} asked for (of {all} in the {place})")
}

/// A word in front, and what is to be said of it behind, line by line.
fn row(text: &mut String, word: &str, lines: &[String], style: Style) {
    let width = style.columns().saturating_sub(4 + MARGIN).max(super::NARROWEST);
    let inner = Style { width: Some(width), ..style };
    let mut words = String::new();
    lines.iter().for_each(|line| inner.prose(&mut words, 0, line));
    for (number, line) in words.lines().enumerate() {
        let front = if number == 0 { word } else { "" };
        let _ = writeln!(text, "    {front:MARGIN$}{line}");
    }
}

fn sandbox(run: &RehearsalResult) -> Vec<String> {
    let facts = &run.sandbox;
    let place = format!("{} ({})", human::line(&facts.address), human::line(&facts.account));
    let what = match &facts.root {
        None => "nothing was written there".to_owned(),
        Some(root) if facts.kept => {
            format!("what was put stays in {root}, as asked; remove it when you are done")
        }
        Some(_) if facts.cleaned && put(run) == 0 => "nothing was put there".to_owned(),
        Some(_) if facts.cleaned => "what was put is gone again".to_owned(),
        Some(root) => format!("what was put is still in {root}"),
    };
    let mut lines = vec![place, what];
    if facts.kept_before > 0 {
        let folders = human::counted(facts.kept_before, "folder is", "folders are");
        lines.push(format!("{folders} still there that earlier runs were asked to keep"));
    }
    lines
}

/// Messages that were put, or were there already.
fn put(run: &RehearsalResult) -> u64 {
    let put = run.archives.iter().map(|archive| archive.restored.restored + archive.restored.already_there);
    put.sum()
}

fn restored(run: &RehearsalResult) -> Vec<String> {
    let sum = |of: fn(&crate::restore::Restored) -> u64| -> u64 {
        run.archives.iter().map(|archive| of(&archive.restored)).sum()
    };
    let what = match run.scope {
        _ if run.interrupted => "as far as it came",
        Scope::Sample => "drawn from the archives",
        Scope::All => "all that was asked for",
    };
    let put = human::count(sum(|restored| restored.restored));
    let wanted = human::counted(sum(|restored| restored.selected), "message", "messages");
    let bytes = human::size(sum(|restored| restored.bytes));
    let mut lines = vec![format!("{put} of {wanted} ({what}), {bytes}")];
    let left = sum(|restored| restored.left.count());
    if left > 0 {
        let unseen = sum(|restored| restored.left.unanswered);
        if left > unseen {
            lines.push(format!("{} could not be restored", human::count(left - unseen)));
        }
        if unseen > 0 {
            let unseen = human::count(unseen);
            lines.push(format!("{unseen} were not looked for any more, as it ended before"));
        }
    }
    lines
}

fn read_back(back: &ReadBack) -> Vec<String> {
    let (same, put) = (human::count(back.same), human::count(back.put));
    let mut lines = vec![format!("{same} of {put} are there, byte for byte")];
    for (count, words) in [
        (back.line_ends, "are the same but for the ends of lines"),
        (back.equal, "more have the bytes of one of these, which the sandbox keeps once"),
        (back.differ, "came back with other bytes"),
        (back.missing, "are not there"),
        (back.too_many, "are there too often"),
        (back.unexpected, "were put there by somebody else"),
        (back.flags_differ, "have other flags"),
        (back.dates_differ, "have another date"),
    ] {
        if count > 0 {
            lines.push(format!("{} {words}", human::count(count)));
        }
    }
    lines
}

fn recovery_time(time: &RecoveryTime, run: &RehearsalResult) -> Vec<String> {
    let what = if time.whole.is_some() { " for these messages only" } else { "" };
    let target = target(run.rto);
    let mut lines =
        vec![format!("{} until the last was read back{what}{target}", human::duration(time.elapsed_ms))];
    if let (Some(first), Some(last)) = (time.to_first_ms, time.to_last_ms) {
        lines.push(format!(
            "first message after {}, last after {}; {} messages/s, {}/s",
            human::duration(first),
            human::duration(last),
            human::count(time.rate(time.messages)),
            human::size(time.rate(time.bytes))
        ));
    }
    if let Some(whole) = time.whole {
        lines.push(format!(
            "estimate for all {} messages ({}): {}; reading the archives takes the same, putting and reading back grow",
            human::count(whole.messages),
            human::size(whole.bytes),
            human::duration(whole.estimate_ms)
        ));
    }
    lines
}

fn recovery_point(point: &RecoveryPoint, run: &RehearsalResult) -> Vec<String> {
    let lost = Age(Duration::from_secs(point.lost_seconds));
    let whose = point.account.as_ref().map(|account| format!(" of {}", human::line(account)));
    let mut lines = vec![
        format!("{lost} of mail would be lost{}", target(run.rpo)),
        format!("newest in the backup{} {}", whose.unwrap_or_default(), point.newest_backup),
        format!("{} {}", point.basis.name(), point.against),
    ];
    if let Some(made) = point.made {
        lines.insert(2, format!("the archive was made {made}"));
    }
    lines
}

fn target(target: Option<Age>) -> String {
    target.map_or_else(|| " (no target)".to_owned(), |target| format!(" (target {target})"))
}
