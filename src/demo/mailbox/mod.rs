//! A mailbox backup that is made up: always the same for the same seed, and nobody's mail.
//!
//! Input: a seed and how much. Output: the files of one zmbackup session, in archive order:
//! `<session>/<account>.ldiff`, `<session>/<account>.tgz`, and at the end `sessions.txt`.

mod ldif;
pub(in crate::demo) mod message;
mod random;
pub(in crate::demo) mod words;

use std::io;

use super::pack::File;
use super::zimbra::{Account, Export, Options};
pub use random::Random;

/// The folder of the session, named as zmbackup names it: kind and local time.
pub const SESSION: &str = "full-20261122230000";

const PEOPLE: [&str; 6] = [
    "anna.bianchi@example.org",
    "marco.rossi@example.org",
    "giulia.ferri@example.test",
    "paul.carter@example.test",
    "emma.wright@example.org",
    "luca.conti@example.test",
];
/// How much mail there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// At most six.
    pub accounts: usize,
    /// Messages of each account; about 50 kB each on average, 20 kB in the middle. Contacts, a calendar, documents
    /// and the like come on top.
    pub messages: u32,
}

/// Someone with a mailbox.
#[derive(Debug)]
pub struct Person {
    /// The account's address.
    pub address: &'static str,
    /// The account's entry in the directory.
    ldif: Vec<u8>,
    /// What is in the mailbox, as it is backed up.
    pub mail: Export,
}

/// Makes the people whose mailboxes are backed up.
#[must_use]
pub fn people(seed: u64, amount: Amount) -> Vec<Person> {
    let accounts = &PEOPLE[..amount.accounts.min(PEOPLE.len())];
    let person = |(address, index): (&&'static str, u64)| {
        // Each account has a sequence of its own, so that more mail in one leaves the others as they are.
        let mut random = Random::new(seed ^ (index << 32));
        let ldif = ldif::account(&mut random, address);
        Person { address, ldif, mail: mail(&mut random, address, amount.messages) }
    };
    accounts.iter().zip(1..).map(person).collect()
}

/// Makes the files of one session.
///
/// # Errors
/// None that memory does not give; the type is that of the writers beneath.
pub fn session(seed: u64, amount: Amount) -> io::Result<Vec<File>> {
    files(&people(seed, amount))
}

/// The files of the session in which `people` were backed up.
///
/// # Errors
/// As [`session`].
pub fn files(people: &[Person]) -> io::Result<Vec<File>> {
    let mut files = Vec::with_capacity(2 * people.len() + 1);
    for Person { address, ldif, mail } in people {
        files.push(File::new(format!("{SESSION}/{address}.ldiff"), ldif.clone()));
        files.push(File::new(format!("{SESSION}/{address}.tgz"), mail.write()?));
    }
    let accounts: Vec<&str> = people.iter().map(|person| person.address).collect();
    files.push(File::new("sessions.txt", sessions(&accounts)));
    Ok(files)
}

/// One account's mail, to be exported as its server does.
fn mail(random: &mut Random, account: &str, messages: u32) -> Export {
    let account = Account { name: account, people: &PEOPLE, messages, largest: usize::MAX, everything: true };
    let export = account.make(random);
    // Quick rather than small, as this runs in the demonstration.
    Export { options: Options { level: 1, ..export.options }, ..export }
}

/// The catalogue of sessions as zmbackup 1.2 keeps it.
fn sessions(accounts: &[&str]) -> String {
    let mut text = format!("SESSION: {SESSION} started on Sun Nov 22 23:00:00 CET 2026\n");
    for account in accounts {
        text.push_str(&format!("{SESSION}:{account}:11/22/26\n"));
    }
    text.push_str(&format!("SESSION: {SESSION} completed in Sun Nov 22 23:04:10 CET 2026\n"));
    text
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::archive::unpack::tar::Walker;
    use crate::archive::unpack::{Body, Kind, Member, Sink};
    use crate::check::meaningful::session::{Timing, sessions};
    use crate::mailbox::zimbra::export::{self, Entry, Examiner};
    use crate::mailbox::zimbra::zmbackup::Collector;
    use crate::mailbox::{Ending, ItemKind, Mailbox};
    use crate::policy::Limits;
    use crate::verdict::Findings;

    const LITTLE: Amount = Amount { accounts: 2, messages: 8 };

    #[test]
    fn the_same_seed_makes_the_same_mail() {
        let digest = |seed| {
            let mut hasher = blake3::Hasher::new();
            for file in session(seed, LITTLE).unwrap() {
                hasher.update(file.name.as_bytes()).update(&file.content);
            }
            hasher.finalize()
        };
        assert_eq!(digest(1), digest(1));
        assert_ne!(digest(1), digest(2));
    }

    #[test]
    fn a_session_looks_like_one_of_zmbackup() {
        let files = session(1, LITTLE).unwrap();
        let names: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names[1], "full-20261122230000/anna.bianchi@example.org.tgz");
        assert_eq!(names[4], "sessions.txt");
        let catalogue = std::str::from_utf8(&files[4].content).unwrap();
        assert!(catalogue.contains("full-20261122230000:marco.rossi@example.org:11/22/26\n"));
    }

    /// Holds every entry to be sound and keeps the mailbox.
    struct Judge;

    impl Examiner for Judge {
        type Verdict = Mailbox;

        fn entry(&mut self, entry: &Entry<'_>) {
            assert!(entry.is_sound() && !entry.err, "{}", String::from_utf8_lossy(entry.name));
        }

        fn finish(self, mailbox: Mailbox) -> Mailbox {
            mailbox
        }
    }

    #[test]
    fn the_session_is_what_a_sound_one_is() {
        let mut collector = Collector::new(&Limits::default());
        for file in session(1, LITTLE).unwrap() {
            let (name, size) = (file.name.into_bytes(), file.content.len() as u64);
            if !collector.takes(&name) {
                collector.saw_export(&name, size);
                continue;
            }
            collector.begin(&Member { name, kind: Kind::File, size, index: 0, offset: 0, modified: None });
            collector.data(&file.content);
            collector.end(Body::Whole);
        }
        let meaning = sessions(&collector.finish(), &Timing::default());
        assert!(meaning.findings.is_empty() && meaning.open.is_empty(), "{meaning:?}");
    }

    #[test]
    fn the_mail_can_be_read_back() {
        let files = session(1, LITTLE).unwrap();
        let mut tar = Vec::new();
        flate2::read::GzDecoder::new(&files[1].content[..]).read_to_end(&mut tar).unwrap();
        let limits = Limits::default();
        let mut export = export::Export::new(Mailbox::default(), Judge, &limits);
        let (mut walker, mut findings) = (Walker::new(&limits), Findings::default());
        assert!(walker.push(&tar, &mut export, &mut findings).is_continue());
        walker.finish(&mut export, &mut findings);
        // Names of contacts go up and hold line ends; that is lawful, as nobody extracts by name.
        let found: Vec<_> = findings.iter().map(|finding| finding.kind.id).collect();
        assert_eq!(found, ["tar-path-unsafe", "tar-path-unreadable"]);
        let mailbox = export.finish(Ending::default(), 0);
        let kinds = |kind| mailbox.items.iter().filter(|item| item.kind == kind).count();
        let messages = kinds(ItemKind::Message);
        assert!((1..=8).contains(&messages), "{messages}");
        assert_eq!((kinds(ItemKind::Contact), kinds(ItemKind::Document), kinds(ItemKind::Tag)), (8, 4, 3));
        assert_eq!(mailbox.folders.len(), 22);
        let stated = mailbox.items.iter().filter(|item| item.digest.is_some()).count();
        assert_eq!(mailbox.bodies, stated as u64);
    }
}
