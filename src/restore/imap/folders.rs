//! The folders that are restored into.
//!
//! Input: paths of the backup. Output: folders of the server, found or made. Invariant: a folder that was there is
//! listed before anything is put into it; what was made is noted, so that it can be removed again.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use super::command;
use super::layout::{Layout, is_inbox, split};
use super::refusal;
use super::target::Target;
use super::there::There;
use crate::live::Fault;
use crate::live::imap::command::Command;
use crate::live::imap::refusal::{Asked, meaning};
use crate::live::imap::response::{Head, Kind, Status};
use crate::live::imap::session::{Session, Taken, nothing};
use crate::mailbox::ItemId;

/// The folders of a mailbox, as far as they were asked for.
#[derive(Debug)]
pub(super) struct Folders {
    root: String,
    layout: Option<Layout>,
    /// Those that were there or were made.
    names: HashSet<String>,
    targets: Vec<Target>,
    by_name: HashMap<String, usize>,
    /// Those that were made, outermost first.
    pub(super) made: Vec<String>,
}

impl Folders {
    pub(super) fn new(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            layout: None,
            names: HashSet::new(),
            targets: Vec::new(),
            by_name: HashMap::new(),
            made: Vec::new(),
        }
    }

    /// Learns how the server writes names, and which there are.
    pub(super) fn learn(&mut self, session: &mut Session) -> Result<(), Fault> {
        if self.layout.is_none() {
            let (prefix, separator) = personal(session)?;
            self.list(session)?;
            self.layout = Some(Layout { prefix, separator, root: split(&self.root) });
        }
        Ok(())
    }

    /// Lists the names that are there now.
    pub(super) fn list(&mut self, session: &mut Session) -> Result<&HashSet<String>, Fault> {
        let listed = crate::live::imap::folders::read(session)?;
        self.names = listed.iter().map(|folder| folder.name.to_string()).collect();
        Ok(&self.names)
    }

    pub(super) fn separator(&self) -> Option<char> {
        self.layout.as_ref().and_then(|layout| layout.separator)
    }

    pub(super) fn get(&self, number: usize) -> &Target {
        &self.targets[number]
    }

    pub(super) fn get_mut(&mut self, number: usize) -> &mut Target {
        &mut self.targets[number]
    }

    pub(super) fn targets(&mut self) -> &mut [Target] {
        &mut self.targets
    }

    /// Forgets what was looked at, so that it is looked at anew.
    pub(super) fn forget(&mut self) {
        self.targets.clear();
        self.by_name.clear();
        self.layout = None;
    }

    /// The folder for a path, if it was opened before.
    pub(super) fn known(&self, path: Option<&str>, id: ItemId) -> Option<usize> {
        let name = self.layout.as_ref()?.names(path, id).pop()?;
        self.by_name.get(&name).copied()
    }

    /// Opens the folder for a path: lists it, or makes it.
    pub(super) fn open(
        &mut self,
        session: &mut Session,
        path: Option<&str>,
        id: ItemId,
        achieved: &Cell<u64>,
    ) -> Result<usize, Fault> {
        if let Some(known) = self.known(path, id) {
            return Ok(known);
        }
        let Some(layout) = self.layout.clone() else { return Err(Fault::protocol("no names of folders")) };
        let names = layout.names(path, id);
        let known_as = names.last().cloned().unwrap_or_default();
        let mut target = self.enter(session, &names, achieved)?;
        let plain: Vec<String> = names.iter().map(|name| layout.plain(name)).collect();
        if target.closed.is_some() && plain != names {
            target = self.enter(session, &plain, achieved)?;
        }
        self.targets.push(target);
        let number = self.targets.len() - 1;
        self.by_name.insert(known_as, number);
        Ok(number)
    }

    /// Finds or makes a folder, given with those above it.
    fn enter(
        &mut self,
        session: &mut Session,
        names: &[String],
        achieved: &Cell<u64>,
    ) -> Result<Target, Fault> {
        let Some((name, above)) = names.split_last() else { return Ok(Target::default()) };
        let mut target = Target { name: name.clone(), base: 1, ..Target::default() };
        if is_inbox(name) || self.names.contains(name) {
            look(session, &mut target, achieved)?;
            return Ok(target);
        }
        for above in above {
            if !is_inbox(above) && !self.names.contains(above) {
                // Where it can't be made, the folder below tells.
                self.make(session, above)?;
            }
        }
        match self.make(session, name)? {
            Some(refused) if refused.code_word() == "ALREADYEXISTS" => {
                look(session, &mut target, achieved)?;
            }
            Some(refused) => target.closed = Some(refusal::of_folder(&refused)),
            None => {}
        }
        Ok(target)
    }

    /// Makes a folder; gives the refusal if there is one.
    fn make(&mut self, session: &mut Session, name: &str) -> Result<Option<Status>, Fault> {
        let status = ask(session, command::create(name))?;
        if status.kind != Kind::Ok {
            return Ok(Some(status));
        }
        // Programs show only what is subscribed to; a server that knows no subscriptions shows all.
        ask(session, command::subscribe(name))?;
        self.names.insert(name.to_owned());
        self.made.push(name.to_owned());
        Ok(None)
    }
}

/// Lists what lies in a folder.
fn look(session: &mut Session, target: &mut Target, achieved: &Cell<u64>) -> Result<(), Fault> {
    match There::list(session, &target.folder(), achieved, |_| true) {
        Ok((there, state)) => {
            target.base = state.uid_next.unwrap_or_else(|| there.next());
            target.validity = state.uid_validity;
            target.there = there;
        }
        Err(fault @ (Fault::NoSuchFolder { .. } | Fault::NoRights { .. } | Fault::Denied { .. })) => {
            target.closed = Some(format!("its folder can't be read: {fault}"));
        }
        Err(fault) => return Err(fault),
    }
    Ok(())
}

/// Sends a command whose refusal is the caller's business, unless it may pass.
pub(super) fn ask(session: &mut Session, command: Command) -> Result<Status, Fault> {
    let tag = session.send(command, Asked::Folder, &mut nothing)?;
    let status = session.finish(&tag, &mut nothing)?;
    match meaning(&status, Asked::Folder) {
        fault @ Fault::Unavailable { .. } if status.kind != Kind::Ok => Err(fault),
        _ => Ok(status),
    }
}

/// What the names of a user's own folders begin with, and what stands between levels.
fn personal(session: &mut Session) -> Result<(String, Option<char>), Fault> {
    let mut found = None;
    if session.has("NAMESPACE")? {
        session.run(command::namespace(), Asked::Other, &mut |input, head| match head {
            Head::Data(word) if word == b"NAMESPACE" => {
                input.expect(b' ')?;
                if input.take(b'(')? {
                    input.expect(b'(')?;
                    let prefix = input.string()?;
                    input.expect(b' ')?;
                    found = Some((prefix, input.string()?));
                }
                input.rest().map(|_| Taken::Wanted)
            }
            _ => Ok(Taken::Not),
        })?;
    }
    if found.is_none() {
        session.run(command::separator(), Asked::Other, &mut |input, head| match head {
            Head::Data(word) if word == b"LIST" => {
                input.expect(b' ')?;
                input.skip()?;
                input.expect(b' ')?;
                found = Some((None, input.string()?));
                input.rest().map(|_| Taken::Wanted)
            }
            _ => Ok(Taken::Not),
        })?;
    }
    let (prefix, separator) = found.unwrap_or_default();
    let prefix = crate::live::name::decoded(&prefix.unwrap_or_default());
    Ok((prefix, separator.and_then(|text| text.first().map(|byte| char::from(*byte)))))
}
