//! One archive with all that is to be said of it.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Paint, Style};
use crate::compare::Compared;
use crate::mailbox::sample::Statement;
use crate::report::human;
use crate::verdict::{Finding, Findings, Outcome, Severity, State};
use crate::verify::{ArchiveResult, Trouble};

/// Where the next steps are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedies {
    /// Below the findings they belong to.
    Beside,
    /// Once for all archives, see [`super::steps`].
    AtTheEnd,
}

pub fn render(text: &mut String, archive: &ArchiveResult, remedies: Remedies, style: Style) {
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
    sessions(text, archive);
    mailboxes(text, archive);
    for trouble in &archive.troubles {
        self::trouble(text, trouble, style);
    }
    findings(text, &archive.findings, remedies, style);
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

/// How many messages were compared with the mail server, and what that says of the others.
fn live(text: &mut String, compared: &Compared) {
    let (checked, population) = (human::count(compared.checked()), human::count(compared.population()));
    let _ = writeln!(
        text,
        "    compared {checked} of {population} messages with the live mailboxes, byte for byte"
    );
    if let Some(Statement { confidence, at_most, population, checked }) =
        compared.statement.filter(|said| said.checked > 0)
    {
        let rest = match at_most {
            0 if checked == population => "none differs".to_owned(),
            0 => format!("none differs, so it is {confidence} sure that none of all does"),
            _ => format!(
                "none differs, so it is {confidence} sure that at most {} of all do",
                human::count(at_most)
            ),
        };
        let _ = writeln!(text, "    {rest}");
    }
}

/// The sessions in it; of several the newest.
fn sessions(text: &mut String, archive: &ArchiveResult) {
    let Some(newest) = archive.sessions.newest.last() else { return };
    let accounts = format!("{} account{}", newest.accounts, if newest.accounts == 1 { "" } else { "s" });
    let started = newest.started.strftime("%Y-%m-%d %H:%M");
    let many = match archive.sessions.count {
        1 => "session".to_owned(),
        count => format!("{} sessions, the newest", human::count(count)),
    };
    let name = human::line(&newest.name);
    let _ = writeln!(text, "    {many} {name} of {started} (mail server's clock), {accounts}");
}

/// How many mailboxes are written out of which something is open; the record has all.
const SHOWN_MAILBOXES: usize = 3;

/// The mailboxes in it, and those of which something could not be judged. What is wrong with one is among the findings.
fn mailboxes(text: &mut String, archive: &ArchiveResult) {
    let Some(items) = archive.items else { return };
    let count = archive.mailboxes.len();
    let plural = if count == 1 { "mailbox" } else { "mailboxes" };
    let checked = human::count(items.checked);
    let total = items.total.map_or("an unknown number of".to_owned(), human::count);
    let others = match archive.others {
        0 => String::new(),
        1 => "; 1 other file, not looked into".to_owned(),
        others => format!("; {} other files, not looked into", human::count(others)),
    };
    let count = human::count(count as u64);
    let _ = writeln!(text, "    {count} {plural}; checked {checked} of {total} items{others}");
    if let Some(compared) = &archive.compared {
        live(text, compared);
    }
    unjudged(text, archive);
}

/// Mailboxes of which something could not be judged; those with the same reason together.
fn unjudged(text: &mut String, archive: &ArchiveResult) {
    let mut alike: Vec<(&str, Vec<&str>)> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    for mailbox in archive.mailboxes.iter().filter(|mailbox| mailbox.state == State::NotProven) {
        let reason = mailbox.reason.as_deref().unwrap_or("not judged");
        let account = &*mailbox.summary.account;
        let own = reason.strip_prefix(account).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(reason);
        let place = *places.entry(own).or_insert(alike.len());
        match alike.get_mut(place) {
            Some((_, accounts)) => accounts.push(account),
            None => alike.push((own, vec![account])),
        }
    }
    for (reason, accounts) in alike.iter().take(SHOWN_MAILBOXES) {
        let shown: Vec<_> =
            accounts.iter().take(SHOWN_MAILBOXES).map(|account| human::line(account)).collect();
        let more = match accounts.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {} more", human::count(more as u64)),
        };
        let _ = writeln!(text, "    not proven {}{more}: {}", shown.join(", "), human::line(reason));
    }
    let more: usize = alike.iter().skip(SHOWN_MAILBOXES).map(|(_, accounts)| accounts.len()).sum();
    if more > 0 {
        let _ = writeln!(text, "    … and {} more mailboxes not proven", human::count(more as u64));
    }
}

/// What went wrong on the way and was mended.
pub fn repairs(resumes: u64, retries: u64) -> Option<String> {
    let parts = [(resumes, "broken download", "resumed"), (retries, "call", "repeated")];
    let told: Vec<_> = parts
        .iter()
        .filter(|(count, ..)| *count > 0)
        .map(|(count, what, how)| format!("{count} {what}{} {how}", if *count == 1 { "" } else { "s" }))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

pub fn trouble(text: &mut String, trouble: &Trouble, style: Style) {
    let word = style.paint(Paint::Yellow, "could not look");
    let _ = writeln!(text, "    {word} ({}): {}", trouble.stage, human::clean(&trouble.message));
}

/// How many findings of one kind are written out; the record has more.
const SHOWN_PER_KIND: usize = 3;

pub fn findings(text: &mut String, findings: &Findings, remedies: Remedies, style: Style) {
    for (kind, count) in findings.counts() {
        let of_kind: Vec<_> = findings.iter().filter(|finding| finding.kind == kind).collect();
        for finding in of_kind.iter().take(SHOWN_PER_KIND) {
            render_finding(text, finding, style);
        }
        let more = count - of_kind.len().min(SHOWN_PER_KIND) as u64;
        if more > 0 {
            let _ = writeln!(text, "      … and {} more of {}", human::count(more), kind.id);
        }
        if let Some(first) = of_kind.first().filter(|_| remedies == Remedies::Beside) {
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
