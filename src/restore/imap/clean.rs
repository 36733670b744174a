//! Takes away what a restore put onto a server, and nothing else.
//!
//! Invariants: messages go by their numbers and only while those hold; a folder goes only if this restore made it, and
//! nothing lies in it. Messages that the server gave no numbers for stay, and are told.

use super::command;
use super::folders::ask;
use super::writer::Writer;
use crate::legible::line;
use crate::live::Fault;
use crate::live::imap::command::Command;
use crate::live::imap::refusal::{Asked, meaning};
use crate::live::imap::response::{Head, Kind};
use crate::live::imap::session::{Session, Taken};

/// Runs of numbers in one command.
const RUNS: usize = 500;

/// What was taken away again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// Messages that were removed.
    pub messages: u64,
    /// Folders that were removed.
    pub folders: u64,
    /// What stays and why, each with the next step.
    pub left: Vec<String>,
}

impl Writer {
    /// Takes away what was put; what is done already is not done again after a broken connection.
    pub(super) fn clean(&mut self, session: &mut Session, cleaned: &mut Cleaned) -> Result<(), Fault> {
        let by_number = session.has("UIDPLUS")?;
        for target in self.folders.targets() {
            if !by_number {
                target.unnoted = target.unnoted.saturating_add(target.put.count());
                target.put = super::ranges::Ranges::default();
            }
            if !target.put.is_empty() {
                if select(session, &target.name)? == Some(target.put_validity) {
                    for part in target.put.parts(RUNS) {
                        done(session, command::mark(&part))?;
                        done(session, command::expunge(&part))?;
                    }
                    cleaned.messages = cleaned.messages.saturating_add(target.put.count());
                }
                // In a folder that was made anew they are gone.
                target.put = super::ranges::Ranges::default();
            }
            if target.unnoted > 0 {
                cleaned.left.push(format!(
                    "{} message(s) in folder \"{}\" stay: the server tells no numbers of them (UIDPLUS); remove them by hand",
                    target.unnoted,
                    line(&target.name)
                ));
                target.unnoted = 0;
            }
        }
        self.remove_folders(session, cleaned)
    }

    fn remove_folders(&mut self, session: &mut Session, cleaned: &mut Cleaned) -> Result<(), Fault> {
        if self.folders.made.is_empty() {
            return Ok(());
        }
        // No folder goes while it is open.
        session.examine(b"INBOX")?;
        let separator = self.folders.separator();
        let mut names = self.folders.list(session)?.clone();
        while let Some(name) = self.folders.made.last().cloned() {
            let below = |other: &String| {
                separator.is_some_and(|separator| other.starts_with(&format!("{name}{separator}")))
            };
            let held = messages(session, &name)?;
            if names.iter().any(below) || held.is_some_and(|held| held > 0) {
                let name = line(&name);
                cleaned.left.push(format!("folder \"{name}\" is not empty and stays; look what is in it"));
            } else if held.is_some() {
                let status = ask(session, command::delete(&name))?;
                if status.kind == Kind::Ok {
                    ask(session, command::unsubscribe(&name))?;
                    names.remove(&name);
                    cleaned.folders += 1;
                } else {
                    let (name, told) = (line(&name), line(&status.told()));
                    cleaned.left.push(format!("folder \"{name}\" stays ({told}); remove it by hand"));
                }
            }
            self.folders.made.pop();
        }
        Ok(())
    }
}

/// Opens a folder so that messages can be removed: the state its numbers hold for; nothing if there is none such.
pub(super) fn select(session: &mut Session, name: &str) -> Result<Option<u32>, Fault> {
    session.open = None;
    let mut validity = None;
    let tag = session.send(command::select(name), Asked::Folder, &mut crate::live::imap::session::nothing)?;
    let status = session.finish(&tag, &mut |_, head| match head {
        Head::Status(status) => {
            validity = status.argument("UIDVALIDITY").and_then(|told| told.parse().ok()).or(validity);
            Ok(Taken::Aside)
        }
        _ => Ok(Taken::Not),
    })?;
    match meaning(&status, Asked::Folder) {
        _ if status.kind == Kind::Ok => Ok(validity),
        Fault::NoSuchFolder { .. } => Ok(None),
        fault => Err(fault),
    }
}

/// How many messages lie in a folder; nothing if there is no such folder.
fn messages(session: &mut Session, name: &str) -> Result<Option<u64>, Fault> {
    let mut count = None;
    let command = command::count(name);
    let tag = session.send(command, Asked::Folder, &mut crate::live::imap::session::nothing)?;
    let status = session.finish(&tag, &mut |input, head| match head {
        Head::Data(word) if word == b"STATUS" => {
            input.expect(b' ')?;
            input.string()?;
            input.expect(b' ')?;
            let rest = input.rest()?;
            let number = rest.trim_matches(['(', ')', ' ']).split(' ').nth(1);
            count = number.and_then(|number| number.parse().ok());
            Ok(Taken::Wanted)
        }
        _ => Ok(Taken::Not),
    })?;
    match meaning(&status, Asked::Folder) {
        _ if status.kind == Kind::Ok => {
            count.map(Some).ok_or_else(|| Fault::protocol("no number of messages where it was asked for"))
        }
        Fault::NoSuchFolder { .. } => Ok(None),
        fault => Err(fault),
    }
}

pub(super) fn done(session: &mut Session, command: Command) -> Result<(), Fault> {
    session.run(command, Asked::Other, &mut crate::live::imap::session::nothing).map(|_| ())
}
