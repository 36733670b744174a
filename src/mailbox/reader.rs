use std::collections::VecDeque;
use std::sync::Arc;

use super::beside::{Beside, Collectors};
use super::task::{self, Feed, Running};
use super::unread::{Notes, Unread};
use super::view::{Form, Mailbox};
use super::zimbra::export::{Examiner, Export};
use super::zimbra::zmbackup;
use crate::archive::manifest::is_manifest;
use crate::archive::unpack::{Body, Kind, Member, Sink, is_numbered, shown};
use crate::policy::Limits;

/// Bytes of a member that tell what it is.
const HEAD: usize = 512;
/// Members that are none of what their names say, kept for the checks.
const MOST_STRANGERS: usize = 1000;

/// Bytes of what is listed of all exports together.
const LISTED: usize = 32 << 20;

/// What stands for the account where the archive itself is an export.
pub const WHOLE: &str = "this archive";

/// What an archive holds.
#[derive(Debug)]
pub struct Contents<V> {
    /// What the examiners made of each export, in the archive's order.
    pub exports: Vec<V>,
    /// Members that are not what their names say.
    pub strangers: Vec<Stranger>,
    /// What backup tools left beside the exports.
    pub beside: Beside,
    /// The archive was read to its end, so what was not seen is not there.
    pub ended: bool,
    /// Members that belong to nothing that is known here.
    pub others: u64,
    /// Members that belong to an account and can't be read as an export, strangers beyond the first thousand among them.
    pub unread: Unread,
    /// An export could not be examined: a fault of mailproof or of this machine, in words.
    pub failures: Vec<String>,
}

/// A member that is named like an export and is none, or one of another form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The member.
    pub name: Vec<u8>,
    /// Whose export it should be.
    pub account: String,
    /// It lies in a session, whose own check knows more of an export without a byte.
    pub in_session: bool,
    /// Its first bytes, at most 512.
    pub head: Vec<u8>,
    /// All its bytes.
    pub size: u64,
}

/// Takes the members of an archive in and reads what Zimbra's exports and backup tools put there.
///
/// Exports are read by threads of their own, several at a time, while the archive streams on. `make` gives an examiner
/// for each.
pub struct Reader<E: Examiner, F> {
    make: F,
    limits: Arc<Limits>,
    /// How many exports are read at the same time.
    most: usize,
    current: Current,
    running: VecDeque<Running<E::Verdict>>,
    /// The archive itself is an export: its members are descriptions and bodies.
    whole: Option<Box<Export<E>>>,
    collectors: Collectors,
    exports: Vec<E::Verdict>,
    /// Bytes of [`LISTED`] that are left.
    room: usize,
    strangers: Vec<Stranger>,
    others: u64,
    failures: Vec<String>,
    /// A file came that is not the manifest.
    begun: bool,
    /// A file came that is an account's or a backup tool's.
    known: bool,
    /// The current member is the archive's manifest.
    apart: bool,
    notes: Notes,
}

/// What is being read.
enum Current {
    Nothing,
    /// A member that is named like an export, of which too little came to say what it is.
    Unknown {
        mailbox: Box<Mailbox>,
        member: Stranger,
    },
    Export(Feed),
}

impl<E, F> Reader<E, F>
where
    E: Examiner + 'static,
    E::Verdict: 'static,
    F: FnMut(&str) -> E,
{
    /// Prepares to read an archive with `threads` cores at hand.
    pub fn new(limits: &Limits, threads: usize, make: F) -> Self {
        Self {
            make,
            limits: Arc::new(limits.clone()),
            most: threads.max(1),
            current: Current::Nothing,
            running: VecDeque::new(),
            whole: None,
            collectors: Collectors::new(limits),
            exports: Vec::new(),
            room: LISTED,
            strangers: Vec::new(),
            others: 0,
            failures: Vec::new(),
            begun: false,
            known: false,
            apart: false,
            notes: Notes::default(),
        }
    }

    /// Ends the reading; `ended` says that the archive was read to its end.
    pub fn finish(mut self, ended: bool) -> Contents<E::Verdict> {
        self.leave(Body::Cut);
        while let Some(running) = self.running.pop_front() {
            self.collect(running);
        }
        if let Some(export) = self.whole.take() {
            let ending = super::Ending { whole: ended, ..super::Ending::default() };
            self.keep(export.finish(ending, 0));
        }
        Contents {
            exports: self.exports,
            strangers: self.strangers,
            beside: self.collectors.finish(),
            ended,
            others: self.others,
            unread: self.notes.finish(),
            failures: self.failures,
        }
    }

    fn keep(&mut self, mut verdict: E::Verdict) {
        E::fit(&mut verdict, &mut self.room);
        self.exports.push(verdict);
    }

    fn collect(&mut self, running: Running<E::Verdict>) {
        match running.join() {
            Ok(Some(verdict)) => self.keep(verdict),
            Ok(None) => self.others += 1,
            Err(failure) => self.failures.push(failure),
        }
    }

    /// Says what the member is, now that enough of it came or nothing more does.
    fn recognise(&mut self, mailbox: Mailbox, member: Stranger) {
        let form = Form::of(&member.head);
        self.current = match form {
            Some(form) => {
                self.notes.read(&member.name, &member.account);
                let due = zmbackup::Collector::is_place_of_exports(&member.name);
                self.begin_export(Mailbox { form, ..mailbox }, &member.head, due)
            }
            None => Current::Nothing,
        };
        let as_named = form == Form::promised(&member.name).map(|(form, _)| form);
        if !as_named && self.strangers.len() < MOST_STRANGERS {
            self.strangers.push(member);
        } else if form.is_none() {
            self.pass_over(&member.name);
        }
    }

    /// `due` says that nothing but an export belongs where the member lies.
    fn begin_export(&mut self, mailbox: Mailbox, head: &[u8], due: bool) -> Current {
        while self.running.len() >= self.most
            && let Some(oldest) = self.running.pop_front()
        {
            self.collect(oldest);
        }
        let depth = task::depth(self.most);
        let examiner = (self.make)(&mailbox.account);
        match task::start(mailbox, due, examiner, Arc::clone(&self.limits), depth) {
            Ok((mut feed, running)) => {
                self.running.push_back(running);
                feed.take(head);
                Current::Export(feed)
            }
            Err(error) => {
                self.failures.push(format!("a thread for an export could not be started: {error}"));
                Current::Nothing
            }
        }
    }

    /// Closes the current member.
    fn leave(&mut self, end: Body) {
        if let Current::Unknown { .. } = self.current
            && let Current::Unknown { mailbox, member } = self.take_current()
        {
            self.recognise(*mailbox, member);
        }
        if let Current::Export(feed) = self.take_current() {
            feed.end(end);
        }
    }

    fn take_current(&mut self) -> Current {
        std::mem::replace(&mut self.current, Current::Nothing)
    }

    fn pass_over(&mut self, name: &[u8]) {
        self.others += 1;
        self.notes.pass(name);
    }

    /// An archive whose first file is an item's is an export itself; its manifest may come before. A number before the name
    /// is so telling that strange files may come before it, too.
    fn begins_whole(&mut self, member: &Member) -> bool {
        if self.whole.is_some() || self.known || member.kind != Kind::File || is_manifest(&member.name) {
            return false;
        }
        let first = !std::mem::replace(&mut self.begun, true);
        first && member.name.ends_with(b".meta") || is_numbered(&member.name)
    }

    /// The archive itself is an export, so what came before was no folder of a session and nobody's account.
    fn begin_whole(&mut self) {
        let account = WHOLE.to_owned();
        let examiner = (self.make)(&account);
        let mailbox = Mailbox { account, form: Form::Tar, ..Mailbox::default() };
        self.whole = Some(Box::new(Export::new(mailbox, examiner, &self.limits)));
        self.collectors = Collectors::new(&self.limits);
        self.notes = Notes::default();
        self.others = 0;
    }
}

impl<E, F> Sink for Reader<E, F>
where
    E: Examiner + 'static,
    E::Verdict: 'static,
    F: FnMut(&str) -> E,
{
    fn begin(&mut self, member: &Member) {
        if self.begins_whole(member) {
            self.begin_whole();
        }
        // The archive's own manifest holds no mail.
        self.apart = is_manifest(&member.name);
        if self.apart {
            return;
        }
        if let Some(export) = &mut self.whole {
            return export.begin(member);
        }
        let account = account_of(&member.name);
        let address = account.as_ref().is_some_and(|account| account.contains('@'));
        if member.kind != Kind::File {
            let taken = self.collectors.begin(member);
            if account.is_some() {
                self.pass_over(&member.name);
            } else if !taken && self.notes.other(member) {
                self.others += 1;
            }
            return;
        }
        // What is named after an address is an export wherever it lies.
        if !address && self.collectors.begin(member) {
            self.known = true;
            return self.notes.read_in(&member.name);
        }
        self.known |= account.is_some();
        match account {
            Some(account) => {
                self.collectors.saw_export(&member.name, member.size);
                let source = shown(&member.name);
                let stranger = Stranger {
                    name: member.name.clone(),
                    account: account.clone(),
                    in_session: zmbackup::Collector::is_in_session(&member.name),
                    head: Vec::new(),
                    size: member.size,
                };
                let mailbox = Mailbox { account, source, packed_bytes: member.size, ..Mailbox::default() };
                let mailbox = Box::new(mailbox);
                self.current = Current::Unknown { mailbox, member: stranger };
            }
            None => {
                self.others += 1;
                self.notes.other(member);
            }
        }
    }

    fn data(&mut self, bytes: &[u8]) {
        if self.apart {
            return;
        }
        if let Some(export) = &mut self.whole {
            return export.data(bytes);
        }
        match &mut self.current {
            Current::Nothing => self.collectors.data(bytes),
            Current::Export(feed) => feed.take(bytes),
            Current::Unknown { member, .. } => {
                let (begin, rest) = bytes.split_at(bytes.len().min(HEAD - member.head.len()));
                member.head.extend_from_slice(begin);
                if member.head.len() == HEAD
                    && let Current::Unknown { mailbox, member } = self.take_current()
                {
                    self.recognise(*mailbox, member);
                    self.data(rest);
                }
            }
        }
    }

    fn end(&mut self, body: Body) {
        match &mut self.whole {
            _ if self.apart => {}
            Some(export) => {
                export.end(body);
                if export.begins_with_another_file() {
                    self.whole = None;
                    self.others += 1;
                }
            }
            None => {
                self.collectors.end(body);
                self.leave(body);
            }
        }
    }
}

/// Whose export a member is by its name, if it is named like one: the last component without its ending.
fn account_of(name: &[u8]) -> Option<String> {
    let last = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    let (_, stem) = Form::promised(last)?;
    Some(zmbackup::account(stem).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::ItemKind;
    use crate::mailbox::zimbra::export::Entry;
    use crate::mailbox::zimbra::import::{self as packed, Packer};

    /// Says only whose export it was.
    struct Named(String);

    impl Examiner for Named {
        type Verdict = String;

        fn entry(&mut self, _: &Entry<'_>) {}

        fn finish(self, _: Mailbox) -> String {
            self.0
        }
    }

    /// Counts entries, and has enough of them after the first.
    struct Sated(usize, Mailbox);

    impl Examiner for Sated {
        type Verdict = Self;

        fn entry(&mut self, _: &Entry<'_>) {
            self.0 += 1;
        }

        fn has_enough(&self) -> bool {
            self.0 > 0
        }

        fn finish(self, mailbox: Mailbox) -> Self {
            Self(self.0, mailbox)
        }
    }

    #[test]
    fn who_has_enough_of_an_export_is_shown_no_more_of_it() {
        let mut packer = Packer::new(Vec::new(), 0);
        for number in 0..20_000 {
            let name = format!("Inbox/{number}-x.eml.meta").into_bytes();
            let member = packed::Member { name: &name, kind: ItemKind::Message, date: 0, unread: false };
            packer.add(member, b"d2:id3:300e").unwrap();
        }
        let tgz = packer.finish().unwrap();
        let mut reader = Reader::new(&Limits::default(), 1, |_| Sated(0, Mailbox::default()));
        let (name, size) = (b"anna@example.org.tgz".to_vec(), tgz.len() as u64);
        reader.begin(&Member { name, kind: Kind::File, size, index: 0, offset: 0, modified: None });
        reader.data(&tgz);
        reader.end(Body::Whole);
        let contents = reader.finish(true);
        let Sated(seen, mailbox) = &contents.exports[0];
        assert!((1..10_000).contains(seen) && !mailbox.ending.whole, "{seen}");
    }

    #[test]
    fn of_more_strangers_than_are_kept_the_others_are_named() {
        let mut reader = Reader::new(&Limits::default(), 1, |account| Named(account.to_owned()));
        for index in 0..MOST_STRANGERS as u64 + 2 {
            let name = format!("e/{index}@example.org.tgz").into_bytes();
            reader.begin(&Member { name, kind: Kind::File, size: 3, index, offset: 0, modified: None });
            reader.data(b"dn:");
            reader.end(Body::Whole);
        }
        let contents = reader.finish(true);
        assert_eq!((contents.strangers.len(), contents.exports.len()), (MOST_STRANGERS, 0));
        assert_eq!(contents.unread.first, ["e/1000@example.org.tgz", "e/1001@example.org.tgz"]);
        assert_eq!(contents.unread.count, 2);
    }
}
