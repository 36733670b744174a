//! A mailbox backup that is made up: always the same for the same seed, and nobody's mail.
//!
//! Input: a seed and how much. Output: the files of one zmbackup session, in archive order:
//! `<session>/<account>.ldiff`, `<session>/<account>.tgz`, and at the end `sessions.txt`.

mod message;
mod random;
mod words;

use std::io;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::pack::File;
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
const FOLDERS: [&str; 5] = ["Inbox", "Inbox", "Sent", "Clienti/Verona", "Projects/Move"];
/// Zimbra gives smaller numbers to its own folders.
const FIRST_ID: u64 = 257;

/// How much mail there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// At most six.
    pub accounts: usize,
    /// Messages of each account; about 50 kB each on average, 20 kB in the middle.
    pub messages: u64,
}

/// Makes the files of one session.
///
/// # Errors
/// None that memory does not give; the type is that of the writers beneath.
pub fn session(seed: u64, amount: Amount) -> io::Result<Vec<File>> {
    let accounts = &PEOPLE[..amount.accounts.min(PEOPLE.len())];
    let mut files = Vec::with_capacity(2 * accounts.len() + 1);
    for (account, index) in accounts.iter().zip(1..) {
        // Each account has a sequence of its own, so that more mail in one leaves the others as they are.
        let mut random = Random::new(seed ^ (index << 32));
        files.push(File::new(format!("{SESSION}/{account}.ldiff"), ldif(&mut random, account)));
        files.push(File::new(
            format!("{SESSION}/{account}.tgz"),
            mail(&mut random, account, amount.messages)?,
        ));
    }
    files.push(File::new("sessions.txt", sessions(accounts)));
    Ok(files)
}

/// One account's mail as a compressed tar of messages, each behind the line that describes it.
fn mail(random: &mut Random, account: &str, messages: u64) -> io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for id in FIRST_ID..FIRST_ID + messages {
        let message = message::write(random, id, account, &PEOPLE);
        let folder = random.pick(&FOLDERS);
        let name = format!("{folder}/{id:010}-{}.eml", file_name(&message.subject));
        let meta = serde_json::json!({ "id": id, "folder": folder, "size": message.bytes.len() }).to_string();
        append(&mut tar, &format!("{name}.meta"), meta.as_bytes())?;
        append(&mut tar, &name, &message.bytes)?;
    }
    tar.into_inner()?.finish()
}

fn append(tar: &mut tar::Builder<GzEncoder<Vec<u8>>>, name: &str, content: &[u8]) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, name, content)
}

/// A subject as a file name: what separates folders becomes an underscore.
fn file_name(subject: &str) -> String {
    subject.replace(['/', ':', '?'], "_")
}

/// The account's entry of the directory, in LDIF (RFC 2849).
fn ldif(random: &mut Random, account: &str) -> String {
    let (user, domain) = account.split_once('@').unwrap_or((account, "example.org"));
    let people = domain.split('.').map(|part| format!(",dc={part}")).collect::<String>();
    let (high, low) = (random.draw(), random.draw());
    format!(
        "dn: uid={user},ou=people{people}\n\
         objectClass: inetOrgPerson\n\
         objectClass: zimbraAccount\n\
         uid: {user}\n\
         mail: {account}\n\
         cn: {}\n\
         zimbraId: {:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}\n\
         zimbraAccountStatus: active\n\
         zimbraMailHost: mail.example.org\n\
         zimbraCreateTimestamp: 20191102062818.876Z\n\
         userPassword:: e1NTSEE1MTJ9bm9ib2R5J3MgcGFzc3dvcmQ=\n\n",
        user.replace('.', " "),
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        low >> 52,
        low & 0xffff_ffff_ffff,
    )
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
    use crate::archive::unpack::{Body, Kind, Member, Sink};
    use crate::check::meaningful::session::sessions;
    use crate::mailbox::zimbra::zmbackup::Collector;
    use crate::policy::Limits;

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
        let meaning = sessions(&collector.finish());
        assert!(meaning.findings.is_empty() && meaning.open.is_empty(), "{meaning:?}");
    }

    #[test]
    fn the_mail_can_be_read_back() {
        let files = session(1, LITTLE).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&files[1].content[..]));
        let mut described = String::new();
        let mut messages = 0;
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            if let Some(of) = name.strip_suffix(".meta") {
                described = of.to_owned();
            } else {
                assert_eq!(name, described);
                messages += 1;
            }
        }
        assert_eq!(messages, 8);
    }
}
