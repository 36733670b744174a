//! Exports of accounts as Zimbra writes them, compressed as its server does.

use std::fs;
use std::path::{Path, PathBuf};

use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::Account;

const PEOPLE: [&str; 3] = ["anna@example.org", "marco@example.org", "paul@example.test"];

/// Writes `accounts` exports of `messages` messages each, and returns their folder and the bytes of mail in them.
pub fn make(folder: &Path, accounts: u32, messages: u32) -> (PathBuf, u64) {
    fs::create_dir_all(folder).unwrap();
    let mut bytes = 0;
    for number in 0..accounts {
        let name = format!("user{number:02}@example.org");
        let mut random = Random::new(0x6D61_696C ^ u64::from(number) << 32);
        let account =
            Account { name: &name, people: &PEOPLE, messages, largest: usize::MAX, everything: true };
        let export = account.make(&mut random);
        bytes += export.items.iter().map(|item| item.size()).sum::<u64>();
        fs::write(folder.join(format!("{name}.tgz")), export.write().unwrap()).unwrap();
    }
    (folder.to_owned(), bytes)
}
