//! The mailboxes of one archive: how many, how much of them was checked, and of which something is open.

use std::collections::{BTreeMap, HashSet};

use super::Style;
use super::archive::names;
use crate::report::human;
use crate::verdict::State;
use crate::verify::{ArchiveResult, MailboxResult};

/// How many reasons are written out why something is open; the record has all.
const SHOWN_REASONS: usize = 3;

/// What is wrong with a mailbox is among the findings.
pub fn render(text: &mut String, archive: &ArchiveResult, style: Style) {
    let Some(items) = archive.items else { return };
    let checked = human::count(items.checked);
    let total = items
        .total
        .map_or("an unknown number of items".to_owned(), |total| human::counted(total, "item", "items"));
    let others = match archive.others {
        0 => String::new(),
        1 => "; 1 other file, not looked into".to_owned(),
        others => format!("; {} other files, not looked into", human::count(others)),
    };
    let mailboxes = match archive.mailboxes.as_slice() {
        [] if items.total.is_none() => "an unknown number of mailboxes".to_owned(),
        mailboxes => counted(mailboxes),
    };
    style.prose(text, 4, &format!("{mailboxes}; checked {checked} of {total}{others}"));
    let reasons = open(&archive.mailboxes);
    for (reason, mailboxes) in reasons.iter().take(SHOWN_REASONS) {
        let whose = names(mailboxes.iter().map(String::as_str), mailboxes.len() as u64);
        style.prose(text, 4, &format!("not proven {whose}: {reason}"));
    }
    let more: usize = reasons.iter().skip(SHOWN_REASONS).map(|(_, mailboxes)| mailboxes.len()).sum();
    if more > 0 {
        style.prose(text, 4, &format!("… and {} more mailboxes not proven", human::count(more as u64)));
    }
}

/// `6 mailboxes of 3 accounts`, or how many there are where each has one.
pub fn counted(mailboxes: &[MailboxResult]) -> String {
    let accounts: HashSet<_> = mailboxes.iter().map(|mailbox| &mailbox.summary.account).collect();
    let count = |count: usize, one: &str, many: &str| {
        format!("{} {}", human::count(count as u64), if count == 1 { one } else { many })
    };
    let all = count(mailboxes.len(), "mailbox", "mailboxes");
    if accounts.len() == mailboxes.len() {
        all
    } else {
        format!("{all} of {}", count(accounts.len(), "account", "accounts"))
    }
}

/// Why mailboxes are not proven, and which; the reason of most first.
fn open(mailboxes: &[MailboxResult]) -> Vec<(String, Vec<String>)> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for mailbox in mailboxes.iter().filter(|mailbox| mailbox.state == State::NotProven) {
        let reason = reason(mailbox).unwrap_or_else(|| "not judged".to_owned());
        reasons.entry(reason).or_default().push(name(mailbox));
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, mailboxes)| std::cmp::Reverse(mailboxes.len()));
    reasons
}

/// Why a mailbox is not proven, without its own name.
pub fn reason(mailbox: &MailboxResult) -> Option<String> {
    let reason = mailbox.reason.as_deref()?;
    let own = format!("{}: ", name(mailbox));
    Some(human::line(reason.strip_prefix(&own).unwrap_or(reason)).into_owned())
}

/// The account, and which of its mailboxes where there are several.
fn name(mailbox: &MailboxResult) -> String {
    let account = &mailbox.summary.account;
    mailbox.summary.place.as_ref().map_or(account.clone(), |place| format!("{place}: {account}"))
}
