//! Synthetic messages, and their way into the mailbox.

use std::fs;
use std::path::Path;
use std::process::Command;

use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::{Export, Item};

use super::lab::MailServer;
use super::{ACCOUNT, USER};

/// Ids of Zimbra's Inbox, and of the first message.
const INBOX: u32 = 2;
const FIRST: u32 = 300;

/// Messages of 8 to 12 kB, a minute apart.
pub fn export(messages: u32) -> Export {
    let mut random = Random::new(0x6C69_7665);
    let message = |number| {
        let item =
            Item::message(FIRST + number, INBOX, format!("Offerta {number}"), body(&mut random, number));
        let date = 1_700_000_000 + i64::from(number) * 60;
        Item { sender: format!("Anna <{ACCOUNT}>"), date, ..item }
    };
    Export { items: (0..messages).map(message).collect(), ..Export::default() }
}

fn body(random: &mut Random, number: u32) -> Vec<u8> {
    let mut body = format!(
        "Message-ID: <{number}@example.org>\r\nFrom: Anna <{ACCOUNT}>\r\nSubject: Offerta {number}\r\n\r\n"
    );
    let size = usize::try_from(8_000 + random.below(4_000)).unwrap();
    while body.len() < size {
        (0..4).for_each(|_| body.push_str(&format!("{:016x} ", random.draw())));
        body.push_str("\r\n");
    }
    body.into_bytes()
}

/// Puts the messages into the mailbox, by a client that is neither ours nor a competitor.
pub fn deliver(export: &Export, mail: &MailServer, files: &Path) {
    fs::create_dir(files).unwrap();
    for item in &export.items {
        let name = format!("INBOX-{}-{:08}", item.date, item.id);
        fs::write(files.join(name), item.body.as_ref().unwrap()).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/live/append.py");
    let mut command = Command::new("python3");
    command.arg(script).arg(mail.imaps_port.to_string()).arg(&mail.authority);
    assert!(command.args([USER, "secret", USER]).arg(files).status().unwrap().success(), "{command:?}");
    fs::remove_dir_all(files).unwrap();
}
