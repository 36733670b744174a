//! Sessions of the open-source zmbackup that are not what they should be, and their legal twins.

use std::io;

use super::{Case, Damage, Layer, PackError, Specimen};
use crate::demo::pack::File;
use crate::demo::zimbra::{Export, Item, session, tar};
use crate::policy::{Incremental, Policy};
use crate::verdict::{Kind, Outcome, Rung, kinds};

const FULL: &str = "full-20261122230000";
const NIGHT: &str = "inc-20261123230000";
/// So long behind [`FULL`] that mail between the two is in neither.
const LATE: &str = "inc-20261127230000";
const ACCOUNTS: [&str; 2] = ["anna", "bob"];
const MESSAGES: u32 = 4;

const fn passed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Session, Outcome::Passed, name, findings, make)
}

const fn open(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Session, Outcome::NotVerified, name, findings, make)
}

const fn failed(
    name: &'static str,
    findings: &'static [&'static Kind],
    make: fn(&Specimen) -> Result<Case, PackError>,
) -> Damage {
    Damage::new(Layer::Session, Outcome::Failed, name, findings, make)
}

pub(super) static SITUATIONS: &[Damage] = &[
    passed("session-sound", &[], |sound| one(sound, |_| {})),
    passed("session-sound-sqlite", &[], |sound| {
        rows(sound, &session::row(FULL, "FINISHED", false, &ACCOUNTS))
    }),
    passed("session-sound-s3-keys", &[], |sound| {
        let files = night(FULL, &ACCOUNTS, Kept::All)?.into_iter();
        let keys = files.map(|file| File::new(format!("offsite/sessions/{}", file.name), file.content));
        packed(sound, &keys.collect::<Vec<_>>())
    }),
    passed("session-work-folder", &[&kinds::SESSION_WORK_FOLDER], |sound| {
        one(sound, |files| files.push(File::new("aB3d/eva@example.org.ldiff", session::ldif("eva"))))
    }),
    passed("session-unlisted", &[&kinds::SESSION_UNLISTED], |sound| {
        listed(sound, night(FULL, &ACCOUNTS, Kept::All)?, &[("full-20261115230000", &ACCOUNTS)])
    }),
    passed("session-account-dropped", &[&kinds::SESSION_ACCOUNT_DROPPED], |sound| {
        let files = night(FULL, &ACCOUNTS[..1], Kept::All)?;
        listed(sound, files, &[("full-20261121230000", &ACCOUNTS), (FULL, &ACCOUNTS[..1])])
    }),
    // The archive's own name says when it was made.
    passed("session-sound-20261123010000", &[], |sound| one(sound, |_| {})),
    passed("session-one-of-a-catalogue-20261122230000", &[], |sound| {
        let later = "full-20261129230000";
        listed(sound, night(FULL, &ACCOUNTS, Kept::All)?, &[(FULL, &ACCOUNTS), (later, &ACCOUNTS)])
    }),
    passed("session-completed-while-packed-20261128230000", &[&kinds::SESSION_ABSENT], |sound| {
        behind(sound, "full-20261129010000")
    }),
    // Exports of new mail describe no folders, so nobody can say that they are whole.
    open("session-incremental-sound", &[], |sound| after(sound, FULL, NIGHT, Kept::All)),
    open("session-quiet-night", &[&kinds::SESSION_MAIL_UNCERTAIN], |sound| {
        after(sound, FULL, NIGHT, Kept::Directory)
    }),
    open("session-ldif-cut-behind-last-line", &[], |sound| {
        changed(sound, ".ldiff", |content| content.truncate(content.len().saturating_sub(1)))
    }),
    open("session-catalogue-page", &[&kinds::SESSION_CATALOGUE_UNREADABLE], |sound| {
        changed(sound, "sessions.txt", |content| *content = b"<html><title>Sign In</title></html>\n".to_vec())
    }),
    // Where the policy accepts that nobody can say it: what came must be sound, and something must have come.
    passed("session-incremental-accepted", &[], |sound| {
        Ok(after(sound, FULL, NIGHT, Kept::All)?.under(accepting))
    }),
    passed("session-quiet-accounts-accepted", &[&kinds::SESSION_MAIL_UNCERTAIN], |sound| {
        let files =
            [night(NIGHT, &ACCOUNTS[..1], Kept::All)?, night(NIGHT, &ACCOUNTS[1..], Kept::Directory)?];
        let lists: [(&str, &[&str]); 2] = [(FULL, &ACCOUNTS), (NIGHT, &ACCOUNTS)];
        Ok(listed(sound, files.concat(), &lists)?.under(accepting))
    }),
    // The whole session may have failed, however sound the one before it is.
    open("session-quiet-night-accepted", &[&kinds::SESSION_MAIL_UNCERTAIN], |sound| {
        Ok(after(sound, FULL, NIGHT, Kept::Directory)?.under(accepting))
    }),
    open("session-full-without-folders-accepted", &[], |sound| {
        let mut files = night(FULL, &ACCOUNTS, Kept::All)?;
        files.retain(|file| !file.name.ends_with("anna@example.org.tgz"));
        files.push(File::new(format!("{FULL}/anna@example.org.tgz"), mail("anna", false)?));
        Ok(listed(sound, files, &[(FULL, &ACCOUNTS)])?.under(accepting))
    }),
    failed("session-incremental-cut-accepted", &[&kinds::EXPORT_TRUNCATED], |sound| {
        let mut files = night(NIGHT, &ACCOUNTS, Kept::All)?;
        for file in files.iter_mut().filter(|file| file.name.ends_with("anna@example.org.tgz")) {
            file.content.truncate(file.content.len() / 2);
        }
        Ok(listed(sound, files, &[(FULL, &ACCOUNTS), (NIGHT, &ACCOUNTS)])?.under(accepting))
    }),
    failed("session-mail-missing", &[&kinds::SESSION_MAIL_MISSING], |sound| {
        one(sound, |files| files.retain(|file| !file.name.ends_with("anna@example.org.tgz")))
    }),
    failed("session-directory-missing", &[&kinds::SESSION_DIRECTORY_MISSING], |sound| {
        one(sound, |files| files.retain(|file| !file.name.ends_with("anna@example.org.ldiff")))
    }),
    failed("session-directory-empty", &[&kinds::SESSION_DIRECTORY_EMPTY], |sound| {
        changed(sound, ".ldiff", Vec::clear)
    }),
    failed("session-ldif-cut", &[&kinds::SESSION_DIRECTORY_MALFORMED], |sound| {
        changed(sound, ".ldiff", |content| content.truncate(content.len().saturating_sub(20)))
    }),
    failed("session-ldif-cut-between-lines", &[&kinds::SESSION_DIRECTORY_INCOMPLETE], |sound| {
        changed(sound, ".ldiff", |content| content.truncate(super::find(content, b"zimbraId:")))
    }),
    failed("session-unfinished", &[&kinds::SESSION_UNFINISHED], |sound| {
        rows(sound, &session::row(FULL, "IN PROGRESS", false, &ACCOUNTS))
    }),
    failed("session-failed", &[&kinds::SESSION_FAILED], |sound| {
        rows(sound, &session::row(FULL, "FAILED", true, &ACCOUNTS))
    }),
    failed("session-without-files", &[&kinds::SESSION_ABSENT], |sound| {
        let (first, second) = ("full-20261108230000", "full-20261115230000");
        let files = [night(first, &ACCOUNTS, Kept::All)?, night(FULL, &ACCOUNTS, Kept::All)?].concat();
        listed(sound, files, &[(first, &ACCOUNTS), (second, &ACCOUNTS), (FULL, &ACCOUNTS)])
    }),
    failed("session-behind-the-newest-20261128230000", &[&kinds::SESSION_ABSENT], |sound| {
        behind(sound, "full-20261128230000")
    }),
    failed("session-stale-20261128230000", &[&kinds::SESSION_STALE], |sound| one(sound, |_| {})),
    failed("session-account-without-files", &[&kinds::SESSION_ACCOUNT_MISSING], |sound| {
        listed(sound, night(FULL, &ACCOUNTS, Kept::All)?, &[(FULL, &["anna", "bob", "eva"])])
    }),
    failed("session-account-without-row", &[&kinds::SESSION_ACCOUNT_FAILED], |sound| {
        listed(sound, night(FULL, &ACCOUNTS, Kept::All)?, &[(FULL, &["anna"])])
    }),
    failed("session-archive-of-another-kind", &[&kinds::SESSION_ACCOUNT_FAILED], |sound| {
        one(sound, |files| {
            files.push(File::new(format!("{FULL}/bruno.ldiff"), session::ldif("bruno")));
            files.push(File::new(format!("{FULL}/bruno.tar"), tar::write(&[], 0)));
        })
    }),
    failed("session-export-of-another-account", &[&kinds::EXPORT_OTHER_ACCOUNT], |sound| {
        one(sound, |files| {
            let bob = files.iter().find(|file| file.name.ends_with("bob@example.org.tgz")).cloned();
            let anna = files.iter_mut().find(|file| file.name.ends_with("anna@example.org.tgz"));
            if let (Some(bob), Some(anna)) = (bob, anna) {
                anna.content = bob.content;
            }
        })
    }),
    failed("session-incremental-gap", &[&kinds::SESSION_INCREMENTAL_GAP], |sound| {
        after(sound, FULL, LATE, Kept::All)
    }),
    failed("session-base-missing", &[&kinds::SESSION_BASE_MISSING], |sound| {
        listed(sound, night(NIGHT, &ACCOUNTS, Kept::All)?, &[(NIGHT, &ACCOUNTS)])
    }),
];

fn meaningful(policy: &mut Policy) {
    policy.require.rung = Rung::Meaningful;
}

fn accepting(policy: &mut Policy) {
    meaningful(policy);
    policy.mailbox.incremental = Incremental::Accept;
}

fn packed(sound: &Specimen, files: &[File]) -> Result<Case, PackError> {
    Ok(Case::stored(sound.pack.build(files)?.encrypted).under(meaningful))
}

/// What a session holds of each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Its entry of the directory and its mail.
    All,
    /// Its entry alone, as on a night without new mail.
    Directory,
}

/// The files of one session.
fn night(session: &str, accounts: &[&str], kept: Kept) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for account in accounts {
        files.push(File::new(format!("{session}/{account}@example.org.ldiff"), session::ldif(account)));
        if kept == Kept::All {
            let mail = mail(account, session.starts_with("full"))?;
            files.push(File::new(format!("{session}/{account}@example.org.tgz"), mail));
        }
    }
    Ok(files)
}

/// An export; one of new mail alone describes no folders.
fn mail(account: &str, folders: bool) -> io::Result<Vec<u8>> {
    let mut export = Export::default();
    export.options.folders = folders;
    export.items.extend((257..257 + MESSAGES).map(|id| {
        let body = format!("From: {account}@example.org\r\nSubject: {id}\r\n\r\nThis is message {id}.\r\n");
        // Received and sent in turn.
        let folder = if id % 2 == 0 { 5 } else { 2 };
        let sender = format!("{account}@example.org");
        Item { sender, ..Item::message(id, folder, format!("Message {id}"), body) }
    }));
    export.write()
}

/// `files` with a catalogue of these sessions and accounts.
fn listed(sound: &Specimen, mut files: Vec<File>, sessions: &[(&str, &[&str])]) -> Result<Case, PackError> {
    files.push(File::new("sessions.txt", session::text(sessions)));
    packed(sound, &files)
}

/// Two full sessions, and a third that the catalogue alone knows.
fn behind(sound: &Specimen, third: &str) -> Result<Case, PackError> {
    let (first, second) = (FULL, "full-20261127230000");
    let files = [night(first, &ACCOUNTS, Kept::All)?, night(second, &ACCOUNTS, Kept::All)?].concat();
    listed(sound, files, &[(first, &ACCOUNTS), (second, &ACCOUNTS), (third, &ACCOUNTS)])
}

/// One full session with its catalogue, changed.
fn one(sound: &Specimen, change: fn(&mut Vec<File>)) -> Result<Case, PackError> {
    let mut files = night(FULL, &ACCOUNTS, Kept::All)?;
    files.push(File::new("sessions.txt", session::text(&[(FULL, &ACCOUNTS)])));
    change(&mut files);
    packed(sound, &files)
}

/// The same with another content of the first file whose name ends so.
fn changed(sound: &Specimen, end: &str, change: fn(&mut Vec<u8>)) -> Result<Case, PackError> {
    let mut files = night(FULL, &ACCOUNTS, Kept::All)?;
    files.push(File::new("sessions.txt", session::text(&[(FULL, &ACCOUNTS)])));
    if let Some(file) = files.iter_mut().find(|file| file.name.ends_with(end)) {
        change(&mut file.content);
    }
    packed(sound, &files)
}

/// One full session with a catalogue in SQLite, as these statements fill it.
fn rows(sound: &Specimen, statements: &str) -> Result<Case, PackError> {
    let mut files = night(FULL, &ACCOUNTS, Kept::All)?;
    let database = session::database(&format!("{{tables}}{statements}")).map_err(io::Error::other)?;
    files.push(File::new("sessions.sqlite3", database));
    packed(sound, &files)
}

/// A full session and another behind it.
fn after(sound: &Specimen, first: &str, second: &str, kept: Kept) -> Result<Case, PackError> {
    let files = [night(first, &ACCOUNTS, Kept::All)?, night(second, &ACCOUNTS, kept)?].concat();
    listed(sound, files, &[(first, &ACCOUNTS), (second, &ACCOUNTS)])
}
