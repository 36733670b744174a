//! What the records answer of laws and standards, for people.

use std::fmt::Write as _;

use super::human;
use crate::controls::{Counts, Gaps, Judged, JudgedFramework, Outcome, Since, State};
use crate::evidence::check::{Holding, Trust};
use crate::policy::Age;

/// Records that could not be read, by name.
const MOST_NAMED: usize = 10;

/// The report for people; ends with a line break.
#[must_use]
pub fn render(gaps: &Gaps) -> String {
    let mut text = headline(gaps) + "\n";
    let covered = &gaps.chain.coverage;
    let _ = writeln!(
        text,
        "  as of {}; checked {} of {} records in {}",
        second(&gaps.at),
        human::count(covered.checked),
        human::count(covered.total),
        gaps.folder
    );
    text.extend(chain_told(gaps).map(|told| format!("  {told}\n")));
    for unread in gaps.unread.iter().take(MOST_NAMED) {
        let _ = writeln!(text, "  warning: record {} answers nothing: {}", unread.record, unread.why);
    }
    if gaps.outcome != Outcome::Broken {
        gaps.frameworks.iter().for_each(|framework| told_of(&mut text, framework));
        text += "\nA record answers a question only as far as it goes: what stands under `besides` others must show.\n";
    }
    human::clean(&text).into_owned()
}

fn headline(gaps: &Gaps) -> String {
    let answered = in_numbers(&gaps.counts);
    let why = gaps.chain.why.as_deref().unwrap_or("nobody signed its records");
    match gaps.outcome {
        Outcome::Broken => format!("BROKEN  the chain does not hold, so nothing is answered: {why}"),
        Outcome::NotVerified => format!("NOT VERIFIED  {answered}; but {why}"),
        Outcome::Complete if gaps.chain.signed == 0 => {
            format!("NO GAPS  {answered}; the records are not signed")
        }
        Outcome::Complete => format!("NO GAPS  {answered}"),
        Outcome::Gaps => format!("GAPS  {answered}"),
    }
}

/// What is said of the chain besides the verdict.
fn chain_told(gaps: &Gaps) -> impl Iterator<Item = &str> {
    let told = match (gaps.chain.outcome, gaps.chain.trust) {
        (Holding::Broken, _) => Some("look at it with `mailproof evidence verify`"),
        (_, Trust::FirstRecord) => Some(
            "the key was taken from the first record: compare its fingerprint, or name a file of keys by --trust",
        ),
        (_, Trust::None) if gaps.chain.unsigned > 0 => {
            Some("not signed: whoever can write there can make all of it anew")
        }
        _ => None,
    };
    told.into_iter()
}

fn in_numbers(counts: &Counts) -> String {
    let answered = counts.answered + counts.due_soon;
    let of = human::counted(counts.answerable(), "requirement", "requirements");
    let mut text = format!("{} of {of} answered", human::count(answered));
    for (number, what) in
        [(counts.due_soon, "due soon"), (counts.stale, "stale"), (counts.missing, "missing")]
    {
        if number > 0 {
            let _ = write!(text, ", {} {what}", human::count(number));
        }
    }
    if counts.elsewhere > 0 {
        let _ = write!(text, "; {} more are not for mailproof to answer", human::count(counts.elsewhere));
    }
    text
}

fn told_of(text: &mut String, framework: &JudgedFramework) {
    let from = framework.file.as_deref().map_or(String::new(), |file| format!(" (from {file})"));
    let _ = writeln!(text, "\n{}  {}{from}", framework.name, framework.title);
    framework.requirements.iter().for_each(|requirement| requirement_told(text, requirement));
}

fn requirement_told(text: &mut String, requirement: &Judged) {
    let state = state(requirement.state);
    let _ = writeln!(text, "  {state:<9} {}: {}", requirement.id, requirement.clause);
    let mut line = |told: String| {
        let _ = writeln!(text, "    {told}");
    };
    line(requirement.asks.clone());
    if let Some(answer) = &requirement.record {
        let until = requirement.good_until.as_deref().map_or("", day);
        line(format!(
            "record {} ({} of {}), good until {until}",
            answer.record,
            answer.kind,
            day(&answer.finished)
        ));
    }
    if let Some(review) = &requirement.review {
        let role = review.role.as_ref().map_or(String::new(), |role| format!(", {role}"));
        line(format!("signed off by {}{role} in record {}", review.by, review.record));
    }
    requirement.why.iter().for_each(|why| line(why.clone()));
    requirement.since.iter().for_each(|since| line(later(since)));
    if let (Some(every), Some(from)) = (requirement.every_seconds, &requirement.every_from) {
        let whose = if requirement.stated == Some(true) { "stated" } else { "practice" };
        line(format!("every {} ({whose}): {from}", Age::seconds(every)));
    }
    requirement.step.iter().for_each(|step| line(format!("do: `{step}`")));
    if !requirement.leaves_open.is_empty() {
        line(format!("besides: {}", requirement.leaves_open.join("; ")));
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Answered => "answered",
        State::DueSoon => "due soon",
        State::Stale => "STALE",
        State::Missing => "MISSING",
        State::Elsewhere => "elsewhere",
    }
}

fn later(since: &Since) -> String {
    let told = |number: u64, what: &str| (number > 0).then(|| format!("{} {what}", human::count(number)));
    let parts = [told(since.failed, "failed"), told(since.not_verified, "ended not verified")];
    format!("of the runs since then {}", parts.into_iter().flatten().collect::<Vec<_>>().join(" and "))
}

/// A time in RFC 3339 without what is below a second.
fn second(time: &str) -> String {
    time.split_once('.').map_or(time.to_owned(), |(second, _)| format!("{second}Z"))
}

/// The day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}
