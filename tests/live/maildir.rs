//! A Maildir as Python writes it, and read as Python reads it.

use std::collections::BTreeMap;

use mailproof::live::maildir::Maildir;
use mailproof::live::{BodyPart, Folders, Terms};

use crate::support::{folder, output, tool};

/// Writes a mailbox and tells what is in it: by folder the size, date, flags and content of each message.
const WRITE: &str = r#"
import json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=True)
folders = {"INBOX": box, "Sent": box.add_folder("Sent"), "Entwürfe.alt": box.add_folder("Entw&APw-rfe.alt")}
told = {}
for place, (name, folder) in enumerate(folders.items()):
    for number in range(40):
        message = mailbox.MaildirMessage(b"Subject: %d\n\n" % number + bytes(range(1, 256)) * (number * 7))
        message.set_flags(["", "S", "RS", "FT", "D"][number % 5])
        message.set_subdir(["cur", "new"][number % 2])
        message.set_date(1_000_000_000 + place * 1000 + number)
        folder.add(message)
    told[name] = sorted(
        [len(folder.get_bytes(key)), int(folder[key].get_date()), folder[key].get_flags(), folder.get_bytes(key).hex()]
        for key in folder.keys()
    )
print(json.dumps(told))
"#;

type Told = BTreeMap<String, Vec<(u64, i64, String, String)>>;

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn a_maildir_is_read_as_python_reads_it() {
    let root = folder();
    let path = root.path().join("mail");
    let told: Told = serde_json::from_slice(&output(tool("python3").args(["-c", WRITE]).arg(&path))).unwrap();
    let mut maildir = Maildir::open(&path, Terms::default()).unwrap();
    let mut read = Told::new();
    for folder in maildir.folders().unwrap() {
        let mut listed = BTreeMap::new();
        maildir.list(&folder, &mut |message| drop(listed.insert(message.place.uid, message))).unwrap();
        let mut bodies: BTreeMap<u32, String> = BTreeMap::new();
        let uids: Vec<u32> = listed.keys().copied().collect();
        let mut take = |uid: u32, part: BodyPart<'_>| match part {
            BodyPart::Bytes(bytes) => {
                bodies.entry(uid).or_default().extend(bytes.iter().map(|byte| format!("{byte:02x}")))
            }
            BodyPart::Begin(_) | BodyPart::End => {}
            BodyPart::Gone | BodyPart::Withheld => panic!("{uid} is not handed out"),
        };
        maildir.bodies(&folder, &uids, &mut take).unwrap();
        let letters = |uid: &u32| {
            let flags = &listed[uid].flags;
            let all = [
                (flags.draft, 'D'),
                (flags.flagged, 'F'),
                (flags.answered, 'R'),
                (flags.seen, 'S'),
                (flags.deleted, 'T'),
            ];
            all.iter().filter(|(set, _)| *set).map(|(_, letter)| letter).collect::<String>()
        };
        let rows = uids
            .iter()
            .map(|uid| (listed[uid].size, listed[uid].date.unwrap(), letters(uid), bodies[uid].clone()));
        let mut rows: Vec<_> = rows.collect();
        rows.sort();
        read.insert(folder.name.to_string(), rows);
    }
    assert_eq!(read.keys().collect::<Vec<_>>(), told.keys().collect::<Vec<_>>());
    assert!(read == told);
}
