//! Exports that Zimbra itself wrote, some of them damaged for real. They hold names of people, so they are in no
//! repository of ours; `MAILPROOF_REAL_EXPORTS` names a folder with them.

use std::fs;
use std::path::Path;

use super::reading::{Reading, read};

/// What is known of one file.
struct Known {
    /// How it is called in the folder.
    name: &'static str,
    /// Its bytes, so that no other file of this name is taken for it.
    size: usize,
    folders: usize,
    items: usize,
    bodies: u64,
    /// Entries whose description or body is not right.
    unsound: usize,
    /// What gzip and tar find.
    found: &'static [&'static str],
}

const fn whole(name: &'static str, size: usize, folders: usize, items: usize, bodies: u64) -> Known {
    Known { name, size, folders, items, bodies, unsound: 0, found: &[] }
}

/// Files that lost bytes in a transfer as text: they unpack, but to something else.
const fn text_mode(name: &'static str, size: usize, items: usize) -> Known {
    let found = &["tar-header-checksum", "gzip-checksum-mismatch"];
    Known { name, size, folders: 28, items, bodies: 23, unsound: 1, found }
}

const KNOWN: [Known; 14] = [
    whole("62552_bug62552.tgz", 5047, 20, 11, 7),
    whole("bugs_58703_test.tgz", 5322, 1, 1, 1),
    whole("bug69148_69148.tgz", 353, 0, 1, 0),
    whole("dumpster_task01.tgz", 1648, 0, 1, 1),
    Known {
        name: "Truncated.tgz",
        size: 15_371,
        folders: 1,
        items: 215,
        bodies: 0,
        unsound: 1,
        found: &["tar-truncated-member", "gzip-truncated"],
    },
    text_mode("tgz01_5-0-9.tgz", 1_362_244, 29),
    text_mode("tgz01_5-0-10.tgz", 1_362_440, 29),
    Known { bodies: 10, ..text_mode("tgz01_5-0-11.tgz", 1_362_431, 15) },
    text_mode("tgz01_5-0-12.tgz", 1_362_456, 29),
    text_mode("tgz01_5-0-13.tgz", 1_362_426, 29),
    text_mode("tgz01_5-0-14.tgz", 1_362_431, 29),
    text_mode("tgz01_5-0-15.tgz", 1_362_418, 29),
    text_mode("tgz01_5-0-16.tgz", 1_362_347, 30),
    text_mode("tgz01_5-0-18.tgz", 1_362_382, 30),
];

#[test]
#[ignore = "needs MAILPROOF_REAL_EXPORTS, a folder of exports that can't be published; passes where it is not set"]
fn exports_of_real_servers_are_read_whole_or_as_far_as_they_go() {
    let Some(folder) = std::env::var_os("MAILPROOF_REAL_EXPORTS") else { return };
    for known in KNOWN {
        let bytes = fs::read(Path::new(&folder).join(known.name)).unwrap();
        assert_eq!(bytes.len(), known.size, "{} is another file", known.name);
        let reading = read(&bytes);
        let seen = (reading.mailbox.folders.len(), reading.mailbox.items.len(), reading.mailbox.bodies);
        assert_eq!(seen, (known.folders, known.items, known.bodies), "{}", known.name);
        let unsound = reading.entries.iter().filter(|entry| !entry.sound).count();
        assert_eq!(unsound, known.unsound, "{}", known.name);
        assert_eq!(reading.found, known.found, "{}", known.name);
        if known.unsound == 0 {
            proves(&reading, known.name);
        }
    }
}

/// Every description is read and every digest is right.
fn proves(reading: &Reading, name: &str) {
    let mut descriptions = 0;
    for entry in &reading.entries {
        let described = entry.described.as_ref().unwrap().as_ref().unwrap();
        assert!(!described.undecodable && !entry.err, "{name}");
        descriptions += 1;
    }
    assert_eq!(descriptions, reading.mailbox.folders.len() + reading.mailbox.items.len(), "{name}");
    let stated = reading.mailbox.items.iter().filter(|item| item.digest.is_some()).count();
    assert_eq!(stated as u64, reading.mailbox.bodies, "{name}");
}
