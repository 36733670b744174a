//! One archive with all that is to be said of it.

use std::cmp::Reverse;
use std::fmt::Write as _;

use super::{Paint, Style, mailboxes};
use crate::check::restorable::place;
use crate::compare::Compared;
use crate::mailbox::sample::Statement;
use crate::report::human;
use crate::verdict::{Finding, Findings, Outcome, Severity, Standing};
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
    let rung = archive.rung.map_or("nothing".to_owned(), |rung| rung.to_string());
    let _ = writeln!(text, "\n{}  {}", style.outcome(archive.outcome, 12), human::line(&archive.archive));
    let parts = [format!("proven up to: {rung}; {}", coverage(archive)), volume(archive)];
    style.parts(text, 4, &parts);
    if Standing::is_whole_and_not_present(archive.rung, &archive.standings) {
        let told = "`present` is not proven: it judges age, series and protection from outside, and what is whole inside can be too old";
        style.prose(text, 4, told);
    }
    if let Some(repairs) = repairs(archive.facts.resumes, archive.facts.retries) {
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, &repairs));
    }
    if archive.facts.checksum_holds {
        let equal = "the stored bytes equal the checksum beside them (BLAKE3)";
        let _ = writeln!(text, "    {}", style.paint(Paint::Dim, equal));
    }
    sessions(text, archive, style);
    mailboxes::render(text, archive, style);
    if let Some(compared) = &archive.compared {
        live(text, compared, style);
    }
    for trouble in &archive.troubles {
        self::trouble(text, trouble, style);
    }
    findings(text, &archive.findings, remedies, style);
    if archive.first_read.is_some() {
        let _ =
            writeln!(text, "    {}", style.paint(Paint::Dim, "read twice; both results are in the record"));
    }
    unproven(text, archive, style);
}

fn coverage(archive: &ArchiveResult) -> String {
    let checked = human::count(archive.coverage.checked);
    match archive.coverage.total {
        Some(total) => format!("checked {checked} of {}", human::counted(total, "member", "members")),
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
fn live(text: &mut String, compared: &Compared, style: Style) {
    let (checked, population) = (human::count(compared.checked()), messages(compared.population()));
    let line_ends = compared.line_ends();
    let each = if compared.checked() == compared.population() { "all " } else { "" };
    let all = format!("compared {each}{checked} of {population} with the live mailboxes");
    let how = match line_ends {
        0 => format!("{all}, byte for byte"),
        _ => format!("{all}: {} of them equal but for line ends", human::count(line_ends)),
    };
    style.prose(text, 4, &how);
    if let Some(since) = since(compared) {
        style.prose(text, 4, &since);
    }
    if style.all {
        gone(text, compared, style);
    }
    not_compared(text, compared, style);
    if let Some(said) = compared.statement.filter(|said| said.checked > 0) {
        style.prose(text, 4, &statement(&said, compared));
    }
    if style.all {
        style.prose(text, 4, &format!("seed {}", compared.seed));
    }
}

/// The first messages of each account that are live no more.
fn gone(text: &mut String, compared: &Compared, style: Style) {
    for mailbox in &compared.mailboxes {
        let comparison = mailbox.comparison.iter();
        let messages = comparison.flat_map(|comparison| &comparison.messages);
        let gone: Vec<_> = messages.filter(|(_, difference)| difference.is_gone()).collect();
        for (item, difference) in gone.iter().take(SHOWN_GONE) {
            style.prose(text, 4, &format!("{difference}: {}", human::line(&place(&mailbox.account, item))));
        }
        let more = gone.len().saturating_sub(SHOWN_GONE) as u64;
        if more > 0 {
            style.prose(
                text,
                4,
                &format!("… and {} more of {}", human::count(more), human::line(&mailbox.account)),
            );
        }
    }
}

/// The accounts of which nothing was compared, for whatever is said of the others does not hold for them.
fn not_compared(text: &mut String, compared: &Compared, style: Style) {
    unverifiable(text, compared, style);
    let told = |count: u64, whose: &str| format!("not compared: {} of {whose}, unreachable", messages(count));
    for (account, count) in compared.closed().take(SHOWN_PER_KIND) {
        let (messages, account) = (messages(count), human::line(account));
        let told =
            format!("not compared: {messages} of {account}, whose mailbox is gone, as the policy accepts");
        style.prose(text, 4, &told);
    }
    for (account, count) in compared.unreachable().take(SHOWN_PER_KIND) {
        style.prose(text, 4, &told(count, &human::line(account)));
    }
    let (accounts, count) = compared
        .unreachable()
        .skip(SHOWN_PER_KIND)
        .fold((0, 0), |(more, sum), (_, count)| (more + 1, sum + count));
    if accounts > 0 {
        let whose =
            format!("{} more {}", human::count(accounts), if accounts == 1 { "account" } else { "accounts" });
        style.prose(text, 4, &told(count, &whose));
    }
}

/// The accounts that have messages which could not be compared, with the first reason of each.
fn unverifiable(text: &mut String, compared: &Compared, style: Style) {
    let read =
        compared.mailboxes.iter().filter_map(|mailbox| Some((mailbox, mailbox.comparison.as_ref().ok()?)));
    let open = read.filter_map(|(mailbox, comparison)| {
        let mut reasons = comparison.messages.iter().filter_map(|(_, difference)| difference.unverifiable());
        let first = reasons.next()?;
        Some((&mailbox.account, 1 + reasons.count() as u64, first))
    });
    let open: Vec<_> = open.collect();
    for (account, count, reason) in open.iter().take(SHOWN_PER_KIND) {
        let whose = format!("{} of {}", messages(*count), human::line(account));
        style.prose(text, 4, &format!("not comparable: {whose}: {}", human::line(reason)));
    }
    let more = open.len().saturating_sub(SHOWN_PER_KIND) as u64;
    if more > 0 {
        style.prose(
            text,
            4,
            &format!("… and some of {}", human::counted(more, "more account", "more accounts")),
        );
    }
}

/// `1 message`, `2 messages`.
fn messages(count: u64) -> String {
    human::counted(count, "message", "messages")
}

/// What holds of all messages of the mailboxes that could be read, where none of those that were compared differs, or none
/// in more than its line ends.
fn statement(said: &Statement, compared: &Compared) -> String {
    let Statement { confidence, at_most, population, checked } = said;
    let none = if compared.line_ends() > 0 { "none differs otherwise" } else { "none differs" };
    let Some(confidence) = confidence else {
        return match at_most {
            0 => none.to_owned(),
            _ => format!(
                "all that is still there as it was is compared, {} of {}: {none}",
                human::count(*checked),
                human::count(*population)
            ),
        };
    };
    let all = match compared.population() == *population {
        true => "all".to_owned(),
        false => format!("the {} that could be drawn", human::count(*population)),
    };
    match at_most {
        0 => format!("{none}, so it is {confidence} sure that none of {all} does"),
        _ => {
            format!("{none}, so it is {confidence} sure that at most {} of {all} do", human::count(*at_most))
        }
    }
}

/// What became of the messages that were drawn since the backup was made.
fn since(compared: &Compared) -> Option<String> {
    let comparisons = || compared.mailboxes.iter().filter_map(|mailbox| mailbox.comparison.as_ref().ok());
    let of = |word: &str| comparisons().map(|comparison| comparison.count(word)).sum::<u64>();
    let moved = comparisons().map(|comparison| comparison.moved).sum::<u64>();
    let parts = [
        (moved, "moved or marked and still the same"),
        (of("changed-since"), "changed"),
        (of("deleted-since"), "deleted"),
        (of("missing-live"), "gone, deleted or lost"),
        (of("lost"), "lost"),
    ];
    let told: Vec<_> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", human::count(*count)))
        .collect();
    (!told.is_empty()).then(|| format!("since the backup: {}", told.join(", ")))
}

/// The sessions in it; of several the newest.
fn sessions(text: &mut String, archive: &ArchiveResult, style: Style) {
    let Some(newest) = archive.sessions.newest.last() else { return };
    let accounts = format!("{} account{}", newest.accounts, if newest.accounts == 1 { "" } else { "s" });
    let started = newest.started.strftime("%Y-%m-%d %H:%M");
    let many = match archive.sessions.count {
        1 => "session".to_owned(),
        count => format!("{} sessions, the newest", human::count(count)),
    };
    let name = human::line(&newest.name);
    style.prose(text, 4, &format!("{many} {name} of {started} (mail server's clock), {accounts}"));
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
    const WORD: &str = "could not look";
    let mut told = String::new();
    style.prose(&mut told, 4, &format!("{WORD} ({}): {}", trouble.stage, human::clean(&trouble.message)));
    text.push_str(&told.replacen(WORD, &style.paint(Paint::Yellow, WORD), 1));
}

/// How many messages of an account are named that are live no more.
const SHOWN_GONE: usize = 5;
/// How many findings of one kind are written out; the record has more.
const SHOWN_PER_KIND: usize = 3;

/// The most serious kind first, otherwise in the order in which they were found.
pub fn findings(text: &mut String, findings: &Findings, remedies: Remedies, style: Style) {
    let of = |(kind, count)| {
        let of_kind: Vec<_> = findings.iter().filter(|finding| finding.kind == kind).collect();
        (of_kind.iter().map(|finding| finding.severity).max(), of_kind, count)
    };
    let mut kinds: Vec<_> = findings.counts().map(of).collect();
    kinds.sort_by_key(|(severity, ..)| Reverse(*severity));
    for (severity, of_kind, count) in kinds {
        if severity == Some(Severity::Failure) || count <= SHOWN_PER_KIND as u64 {
            one_by_one(text, &of_kind, count, style);
        } else {
            together(text, &of_kind, count, style);
        }
        if remedies == Remedies::Beside {
            next_step(text, &of_kind, style);
        }
    }
}

fn one_by_one(text: &mut String, of_kind: &[&Finding], count: u64, style: Style) {
    for finding in of_kind.iter().take(SHOWN_PER_KIND) {
        head(text, finding, &finding.subject, style);
        sides(text, finding, "", style);
    }
    let more = count - of_kind.len().min(SHOWN_PER_KIND) as u64;
    if let Some(first) = of_kind.first().filter(|_| more > 0) {
        let _ = writeln!(text, "      … and {} more of {}", human::count(more), first.kind.id);
    }
}

/// Many that are no failures are one, with the first few names; what they say where all say the same, else what the first says.
fn together(text: &mut String, of_kind: &[&Finding], count: u64, style: Style) {
    let Some(first) = of_kind.first() else { return };
    let said = |finding: &Finding| (finding.expected.clone(), finding.observed.clone());
    let alike = of_kind.iter().all(|finding| said(finding) == said(first));
    head(text, first, &format!("{} times", human::count(count)), style);
    style.prose(text, 6, &names(of_kind.iter().map(|finding| finding.subject.as_str()), count));
    sides(text, first, if alike { "" } else { "the first: " }, style);
}

/// The first few names of `count`.
pub fn names<'a>(names: impl Iterator<Item = &'a str>, count: u64) -> String {
    let shown: Vec<_> = names.take(SHOWN_PER_KIND).map(human::line).collect();
    let more = count.saturating_sub(shown.len() as u64);
    let rest = if more > 0 { format!(" and {} more", human::count(more)) } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

fn head(text: &mut String, finding: &Finding, subject: &str, style: Style) {
    let severity = style.severity(finding.severity);
    let id = style.paint(Paint::Bold, finding.kind.id);
    let _ = writeln!(text, "    {severity} {id}: {}", human::line(subject));
}

fn sides(text: &mut String, finding: &Finding, whose: &str, style: Style) {
    let sides = [("expected", &finding.expected), ("observed", &finding.observed)];
    for (side, what) in sides.iter().filter(|(_, what)| !what.is_empty()) {
        style.prose(text, 6, &format!("{whose}{side} {}", human::line(what)));
    }
}

/// What to do about findings of one kind; it names what all are about.
fn next_step(text: &mut String, of_kind: &[&Finding], style: Style) {
    let Some(first) = of_kind.first() else { return };
    let named = of_kind.iter().fold(first.named(), |named, finding| named.common(finding.named()));
    let step = named.fill_in(&first.remedy);
    style.prose(text, 6, &format!("cause: {}", first.cause));
    style.prose(text, 6, &format!("do: {}", human::clean(&step)));
}

/// Says why an archive without a finding is not proven.
fn unproven(text: &mut String, archive: &ArchiveResult, style: Style) {
    let silent = archive.troubles.is_empty() && archive.findings.worst() < Some(Severity::Failure);
    if archive.outcome != Outcome::Passed && silent {
        for standing in &archive.standings {
            if let Some(reason) = &standing.reason {
                style.prose(text, 4, &format!("not proven: {} ({})", standing.rung, human::clean(reason)));
            }
        }
    }
}
