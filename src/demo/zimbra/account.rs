//! A whole account that is made up: mail, contacts, a calendar, documents, and what else Zimbra keeps.
//!
//! Input: a seed's numbers, whose account it is, and how much. Output: an [`Export`] that a sound server would write.
//! Invariant: the same numbers make the same account.

use super::bencode::Map;
use super::content;
use super::{Export, Fate, Folder, Item, Value};
use crate::demo::mailbox::{Random, message};
use crate::mailbox::{Flags, ItemKind};

/// The number of the first item that is not Zimbra's own.
const FIRST: u32 = 257;
const TAGS: [&str; 3] = ["Urgente", "Clienti: Verona", "To do\\later"];
/// File-as strings, which nobody cleans: a slash, dots, a line's end, nothing, the same twice but for its case.
const CONTACTS: [&str; 8] = [
    "Bianchi, Anna",
    "Carter, Paul",
    "a/../../b",
    "Rossi\nMarco",
    "",
    "CARTER, PAUL",
    "Ferri, Giulia: \"capo\"",
    "Müller, Jörg 📧",
];

/// How an account is made.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Whose it is, as an address.
    pub name: &'a str,
    /// Who writes to whom; the account may be among them.
    pub people: &'a [&'a str],
    /// How many messages there are.
    pub messages: u32,
    /// About how many bytes a message has at most.
    pub largest: usize,
    /// Whether there is anything else: contacts, a calendar, documents, notes, tags.
    pub everything: bool,
}

impl Account<'_> {
    /// Makes the account.
    #[must_use]
    pub fn make(&self, random: &mut Random) -> Export {
        let mut maker = Maker { account: self, random, export: Export::default(), next: FIRST };
        maker.add_folders();
        if self.everything {
            maker.add_tags();
            maker.add_the_rest();
        }
        for _ in 0..self.messages {
            maker.add_message();
        }
        maker.export
    }
}

struct Maker<'a> {
    account: &'a Account<'a>,
    random: &'a mut Random,
    export: Export,
    next: u32,
}

impl Maker<'_> {
    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }

    /// Folders for mail, below others and beside them, and with characters that are cleaned out of names.
    fn add_folders(&mut self) {
        let clients = self.number();
        self.export.folders.push(Folder::new(clients, 1, "Clienti"));
        for (parent, name) in [(clients, "Verona"), (clients, "Più: \"grandi\""), (2, "Projects")] {
            let id = self.number();
            self.export.folders.push(Folder::new(id, parent, name));
        }
        if self.account.everything {
            let (search, shared) = (self.number(), self.number());
            let query = Map::versioned().with("q", "is:unread").with("s", "dateDesc").with("t", "message");
            let target = Map::versioned().with("aid", "5b9f0b6c-1d0e-4f8e-a3a1-0123456789ab").with("id", 10);
            let folder = |id, name, kind, metadata| Folder { kind, metadata, ..Folder::new(id, 1, name) };
            self.export.folders.push(folder(search, "Non letti", ItemKind::SearchFolder, query));
            self.export.folders.push(folder(shared, "Ufficio", ItemKind::Mountpoint, target.with("vt", 11)));
        }
    }

    fn add_tags(&mut self) {
        for (name, id) in TAGS.into_iter().zip(64..) {
            let tag = Item { imap_id: -1, ..Item::new(id, 8, ItemKind::Tag, name) };
            self.export.items.push(tag);
        }
    }

    /// A message in one of the folders; some in Trash and Junk, some with `\Deleted`.
    fn add_message(&mut self) {
        let id = self.number();
        let folder = match self.random.below(16) {
            0 => 3,
            1 => 4,
            2..5 => 5,
            number @ 5..9 => FIRST + u32::try_from(number - 5).unwrap_or(0),
            _ => 2,
        };
        let own = self.account.name;
        let others: Vec<&str> = self.account.people.iter().copied().filter(|other| *other != own).collect();
        let other = self.random.pick(&others);
        let (from, to) = if folder == 5 { (own, other) } else { (other, own) };
        let made = message::write(self.random, id.into(), from, to, self.account.largest);
        let body = content::roughened(self.random, made.bytes);
        let (prefix, subject) = match made.subject.strip_prefix("Re: ") {
            Some(subject) => ("Re: ", subject),
            None => ("", made.subject.as_str()),
        };
        let metadata = Map::versioned().with("f", &*made.fragment).with("s", &*made.from);
        let metadata = metadata.with("t", to);
        let metadata = if prefix.is_empty() { metadata } else { metadata.with("p", prefix) };
        let tagged = self.account.everything && self.random.below(20) == 0;
        let item = Item {
            sender: made.from,
            date: made.date,
            flags: self.flags(folder),
            unread: self.random.below(4) == 0,
            modified: (2 * id, id),
            tags: if tagged { vec![self.random.pick(&TAGS).to_owned()] } else { Vec::new() },
            metadata,
            // What was moved while a client was connected has no UID yet.
            imap_id: if self.random.below(30) == 0 { 0 } else { id.into() },
            ..Item::message(id, folder, subject, body)
        };
        self.export.items.push(item);
    }

    fn flags(&mut self, folder: u32) -> u32 {
        let sent = u32::from(folder == 5);
        match self.random.below(40) {
            0 => sent | Flags::DELETED,
            1..5 => sent | 2,
            5..8 => sent | 4,
            8 => sent | 32,
            _ => sent,
        }
    }

    fn add_the_rest(&mut self) {
        for name in CONTACTS {
            let item = self.contact(name);
            self.export.items.push(item);
        }
        for (kind, folder, subject) in [
            (ItemKind::Appointment, 10, "Riunione del martedì"),
            (ItemKind::Appointment, 10, "Lunch / pranzo"),
            (ItemKind::Task, 15, "Chiamare il fornitore"),
        ] {
            let item = self.calendar(kind, folder, subject);
            self.export.items.push(item);
        }
        self.add_document("Listino 2026.ods", 3);
        self.add_document("appunti", 1);
        for (kind, folder, name) in [(ItemKind::Note, 12, "Ricordati"), (ItemKind::Chat, 14, "Ciao, ci sei?")]
        {
            let id = self.number();
            let body = format!("Subject: {name}\r\nContent-Type: text/plain\r\n\r\n{name}\r\n").into_bytes();
            let item = Item::new(id, folder, kind, name);
            self.export.items.push(Item { body: Some(body), date: content::date(id), ..item });
        }
        self.export.folders.push(Folder::new(12, 1, "Notebook").fixed(1, 14, 0));
    }

    /// A contact; the last has a photograph, and so a body.
    fn contact(&mut self, name: &str) -> Item {
        let id = self.number();
        let fields = Map::default().with("email", format!("contact{id}@example.test").as_str());
        let fields =
            if name.is_empty() { fields } else { fields.with("fileAs", format!("8:{name}").as_str()) };
        let photograph = (Some(name) == CONTACTS.last().copied()).then(|| content::photograph(self.random));
        Item {
            body: photograph,
            sender: name.to_owned(),
            metadata: Map::versioned().with("fld", fields),
            date: content::date(id),
            plain: Some(content::vcard(name).into_bytes()),
            ..Item::new(id, 7, ItemKind::Contact, name)
        }
    }

    fn calendar(&mut self, kind: ItemKind, folder: u32, subject: &str) -> Item {
        let id = self.number();
        let uid = format!("{:016x}", self.random.draw());
        let invite = Map::default().with("n", subject).with("u", &*uid).with("v", 3);
        let metadata = Map::versioned().with("inv", Value::List(vec![invite.into()])).with("u", &*uid);
        let text = content::calendar(kind, subject, &uid);
        Item {
            body: Some(content::digest(self.random, id, self.account.name, subject, &text)),
            plain: Some(text.into_bytes()),
            sender: self.account.name.to_owned(),
            metadata: metadata.with("nci", 1).with("ver", 3),
            date: content::date(id),
            ..Item::new(id, folder, kind, subject)
        }
    }

    /// A document with all its revisions, the oldest first.
    fn add_document(&mut self, name: &str, revisions: u32) {
        let id = self.number();
        let flags = if revisions > 1 { Flags::VERSIONED } else { 0 };
        for version in 1..=revisions {
            let length = 2_000 + usize::try_from(self.random.below(4_000)).unwrap_or(0);
            let metadata =
                Map::versioned().with("cr", self.account.name).with("ct", "application/octet-stream");
            let item = Item {
                body: Some(self.random.bytes(length)),
                flags,
                version,
                modified: (id + version, id + version),
                metadata: metadata.with("ver", i64::from(version)),
                date: content::date(id + version),
                fate: if version == revisions { Fate::Written } else { Fate::Revision },
                ..Item::new(id, 16, ItemKind::Document, name)
            };
            self.export.items.push(item);
        }
    }
}
