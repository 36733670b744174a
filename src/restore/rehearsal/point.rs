//! The newest mail: in the backup, and live.

use super::{Basis, RecoveryPoint};
use crate::compare::is_left_out;
use crate::live::zimbra::Presence;
use crate::live::{Folders, LiveError, Mailbox, Numbered, Server};
use crate::mailbox::ItemKind;
use crate::policy::{Archives, Rehearsal};
use crate::verify::{ArchiveResult, Target};

/// Finds out what a restore of these archives would lose: against the live mailboxes where there are any, else against
/// the making of the archives, else against `now`.
///
/// # Errors
/// [`LiveError`] if the live mailboxes can't be listed.
pub(super) fn find(
    archives: &[(&Target, &ArchiveResult)],
    rules: &Rehearsal,
    live: Option<&Server>,
    settings: &Archives,
    now: i64,
) -> Result<Option<RecoveryPoint>, LiveError> {
    match live {
        Some(server) => against_live(archives, rules, server, settings),
        None => Ok(without_live(archives, settings, now)),
    }
}

/// Of each account, its newest backup counts; of all accounts the one that would lose most.
fn against_live(
    archives: &[(&Target, &ArchiveResult)],
    rules: &Rehearsal,
    server: &Server,
    settings: &Archives,
) -> Result<Option<RecoveryPoint>, LiveError> {
    let mut newest: Vec<(&str, i64, Option<i64>)> = Vec::new();
    let mailboxes = archives.iter().flat_map(|(target, archive)| {
        let made = made(target, settings);
        archive.mailboxes.iter().map(move |mailbox| (&mailbox.summary, made))
    });
    for (summary, made) in mailboxes {
        let asked = |account: &String| account.eq_ignore_ascii_case(&summary.account);
        let wanted = rules.accounts.is_empty() || rules.accounts.iter().any(asked);
        let Some(date) = summary.messages.iter().map(|item| item.date).max().filter(|_| wanted) else {
            continue;
        };
        match newest.iter_mut().find(|(account, ..)| *account == summary.account) {
            Some((_, known, known_made)) => (*known, *known_made) = (date.max(*known), made.max(*known_made)),
            None => newest.push((&summary.account, date, made)),
        }
    }
    let mut worst: Option<RecoveryPoint> = None;
    for (account, date, made) in newest {
        let Some(live) = newest_live(server, account)? else { continue };
        let point = RecoveryPoint::new(date, made, live, Basis::Live, Some(account.to_owned()));
        worst = [worst, point].into_iter().flatten().max_by_key(|point| point.lost_seconds);
    }
    Ok(worst)
}

/// When the newest message of a live mailbox came, that of Trash and Junk aside, which exports leave out.
fn newest_live(server: &Server, account: &str) -> Result<Option<i64>, LiveError> {
    match server.mailbox(account)? {
        Mailbox::ByContent(mut live) => newest_listed(&mut *live),
        Mailbox::ById(live, _) => newest_numbered(&*live),
    }
}

fn newest_listed(live: &mut dyn Folders) -> Result<Option<i64>, LiveError> {
    let mut newest = None;
    for folder in live.folders()? {
        if !is_left_out(&folder) {
            live.list(&folder, &mut |listed| newest = newest.max(listed.date))?;
        }
    }
    Ok(newest)
}

fn newest_numbered(live: &dyn Numbered) -> Result<Option<i64>, LiveError> {
    let left_out = |path: &str| {
        let first = path.split('/').find(|level| !level.is_empty()).unwrap_or_default();
        ["Trash", "Junk"].iter().any(|known| first.eq_ignore_ascii_case(known))
    };
    let mut newest = None;
    for folder in live.folders()? {
        if folder.kind != ItemKind::Folder || folder.items == 0 || left_out(&folder.path) {
            continue;
        }
        let mut ids = Vec::new();
        live.list(folder.id, &mut |id| ids.push(id))?;
        live.messages(&ids, &mut |_, presence| {
            if let Presence::Message(message) = presence {
                newest = newest.max(Some(message.date));
            }
        })?;
    }
    Ok(newest)
}

/// Mailboxes that are quiet lose nothing by it, so all count together.
fn without_live(
    archives: &[(&Target, &ArchiveResult)],
    settings: &Archives,
    now: i64,
) -> Option<RecoveryPoint> {
    let mailboxes = archives.iter().flat_map(|(_, archive)| &archive.mailboxes);
    let newest = mailboxes.flat_map(|mailbox| &mailbox.summary.messages).map(|item| item.date).max()?;
    let made = archives.iter().filter_map(|(target, _)| made(target, settings)).max();
    RecoveryPoint::new(newest, made, now, Basis::Now, None)
}

/// When an archive was made, in seconds since 1970, by its name.
fn made(target: &Target, settings: &Archives) -> Option<i64> {
    target.made(settings).filter(|made| made.by_name).map(|made| made.at.as_second())
}
