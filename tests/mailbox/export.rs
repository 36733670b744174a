//! The demonstration's exports, read by Python's tarfile, gzip, zipfile, json and hashlib, and by mailproof.

use std::fs;
use std::path::Path;

use mailproof::demo::mailbox::Random;
use mailproof::demo::zimbra::{Account, Export, Fate, Item};
use mailproof::mailbox::zimbra::meta::{Described, Meta};
use mailproof::mailbox::{Digest, Form, ItemId, ItemKind};
use serde_json::{Value, json};

use super::reading::{Kept, Reading, read};
use crate::support::{self, output, tool};

/// Pairs descriptions and bodies on its own, and says of each entry what it is; every line is a JSON value.
const ORACLE: &str = r#"
import base64, hashlib, json, sys, tarfile, zipfile

def members(path):
    if path.endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            for info in archive.infolist():
                yield info.filename, archive.read(info), info.comment.decode(), info.external_attr >> 16
    else:
        with tarfile.open(path, "r:gz" if path.endswith(".tgz") else "r:") as archive:
            for member in archive:
                yield member.name, archive.extractfile(member).read(), member.gname, member.mode

def zimbra(digest):
    return base64.b64encode(digest).decode().replace("/", ",")

def flush(entry):
    if entry:
        print(json.dumps(entry))

entry = None
for name, body, text, mode in members(sys.argv[1]):
    if name.endswith(".meta"):
        flush(entry)
        meta = json.loads(body)
        entry = {"name": name[:-5], "text": text, "mode": mode, "err": False, "body": None}
        for key in ("id", "type", "folder_id", "size", "unread", "flags", "date", "blob_digest"):
            entry[key] = meta.get(key)
    elif name.endswith(".err") and not body and entry and entry["name"] + ".err" == name:
        entry["err"] = True
    else:
        if not entry or entry["name"] != name:
            flush(entry)
            entry = {"name": name, "text": text, "mode": mode, "err": False}
        old = len(entry.get("blob_digest") or "") == 28
        entry["body"] = zimbra((hashlib.sha1 if old else hashlib.sha256)(body).digest())
        entry["length"] = len(body)
flush(entry)
"#;

/// An account with everything in it, small.
fn account(messages: u32, largest: usize) -> Export {
    let people = ["anna.bianchi@example.org", "paul.carter@example.test"];
    let account = Account { name: people[0], people: &people, messages, largest, everything: true };
    account.make(&mut Random::new(7))
}

fn python(folder: &Path, name: &str, export: &Export) -> Vec<Value> {
    let path = folder.join(name);
    fs::write(&path, export.write().unwrap()).unwrap();
    let text = output(tool("python3").args(["-c", ORACLE]).arg(&path));
    String::from_utf8(text).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What mailproof makes of an entry, in the words of the oracle.
fn told(entry: &Kept) -> Value {
    let mut told = json!({ "name": String::from_utf8(entry.name.clone()).unwrap(), "err": entry.err });
    let described = entry.described.as_ref().map(|described| described.as_ref().unwrap());
    match described.map(|described| &described.meta) {
        Some(Meta::Item(item)) => {
            told["id"] = item.id.0.into();
            told["type"] = item.kind.number().into();
            told["folder_id"] = item.folder.0.into();
            told["size"] = item.size.into();
            told["unread"] = u8::from(item.unread).into();
            told["flags"] = item.flags.0.into();
            told["date"] = item.date.into();
            told["blob_digest"] = item.digest.map(|digest| digest.to_string()).into();
        }
        Some(Meta::Folder(folder)) => {
            told["id"] = folder.id.0.into();
            told["type"] = folder.kind.number().into();
            told["folder_id"] = folder.parent.0.into();
            told["size"] = folder.items.into();
            told["unread"] = folder.unread.into();
        }
        None => {}
    }
    told["body"] = entry.body.map(|body| body.digest.to_string()).into();
    if let Some(body) = entry.body {
        told["length"] = body.size.into();
    }
    told
}

/// Holds each entry to what Python says of it.
fn agree(reading: &Reading, python: &[Value]) {
    assert_eq!(reading.entries.len(), python.len());
    for (entry, expected) in reading.entries.iter().zip(python) {
        for (key, value) in told(entry).as_object().unwrap() {
            assert_eq!(*value, expected[key], "{key} of {expected}");
        }
    }
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn a_tgz_and_a_tar_are_what_python_reads() {
    let folder = support::folder();
    for (name, form, old) in
        [("a.tgz", Form::Tgz, false), ("a.tar", Form::Tar, false), ("old.tgz", Form::Tgz, true)]
    {
        let mut export = account(700, 3000);
        export.options.form = form;
        export.options.old = old;
        export.items.iter_mut().for_each(|item| item.old_digest = old || item.id % 5 == 0);
        let reading = read(&export.write().unwrap());
        // Names of contacts go up and hold line ends; that is lawful, as nobody extracts by name.
        assert_eq!(reading.found, ["tar-path-unsafe", "tar-path-unreadable"]);
        let told = python(folder.path(), name, &export);
        agree(&reading, &told);
        assert!(reading.entries.iter().all(|entry| entry.sound));
        assert!(reading.walked.ended && reading.walked.bytes.is_multiple_of(10_240));
        let of = |text: &str| told.iter().filter(|entry| entry["text"] == text).count();
        assert!(of("message") > 500 && of("contact") == 8 && of("document") == 4);
        assert_eq!(of("search folder"), if old { 2 } else { 0 });
        assert!(
            told.iter().any(|entry| entry["mode"] == 0o100_444),
            "Python gives the type of the file as well"
        );
    }
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn damage_in_an_account_is_what_python_sees() {
    let mut export = account(20, 3000);
    let body = vec![b'b'; 3000];
    for (number, stored, fate) in [
        (0, Some(vec![b'b'; 2990]), Fate::Written),
        (1, Some(vec![b'b'; 3001]), Fate::Written),
        (2, Some(vec![b'c'; 3000]), Fate::Written),
        (3, None, Fate::WithoutBody),
        (4, None, Fate::WithoutMeta),
        (5, None, Fate::Lost),
        (6, None, Fate::Twice),
        (7, None, Fate::Written),
    ] {
        let item = Item::message(9000 + number, 2, "Prova", body.clone());
        export.items.push(Item { stored, fate, ..item });
    }
    let mut reading = read(&export.write().unwrap());
    // What stands alone is told at the end, where it is certain.
    reading.entries[..].sort_by(|one, other| one.name.cmp(&other.name));
    let folder = support::folder();
    let mut python = python(folder.path(), "a.tgz", &export);
    python.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str()));
    agree(&reading, &python);
    reading.entries.retain(|entry| entry.name.starts_with(b"Inbox/000000900"));
    let last: Vec<_> = reading.entries.iter().rev().take(8).rev().collect();
    let sound: Vec<_> = last.iter().map(|entry| entry.sound).collect();
    // A file that was too long begins with what it should be.
    assert_eq!(sound, [false, true, false, false, false, true, true, true]);
    assert_eq!(
        last.iter().map(|entry| entry.err).collect::<Vec<_>>(),
        [true, true, false, false, false, false, false, false]
    );
    assert_eq!(last[0].body.unwrap().trailing_spaces, 10);
}

#[test]
#[ignore = "needs python3: tests/run installs it"]
fn a_zip_is_what_python_reads() {
    let folder = support::folder();
    for meta in [false, true] {
        let mut export = account(60, 3000);
        export.options.form = Form::Zip;
        export.options.meta = meta;
        let entries = python(folder.path(), "a.zip", &export);
        let members = export.members();
        if meta {
            let described: Vec<_> = members.iter().filter(|member| member.name.ends_with(".meta")).collect();
            assert_eq!(entries.len(), described.len());
            for (entry, member) in entries.iter().zip(described) {
                let marked = entry["text"].as_str().unwrap().ends_with("-unread");
                assert_eq!(
                    (marked, &entry["mode"]),
                    (member.unread, &if marked { 0o640 } else { 0o660 }.into())
                );
                assert_eq!(entry["blob_digest"].is_null(), entry["body"].is_null());
                assert!(entry["body"].is_null() || entry["body"] == entry["blob_digest"]);
            }
        } else {
            assert_eq!(entries.len(), members.len());
            for (entry, member) in entries.iter().zip(&members) {
                assert_eq!((&entry["name"], &entry["text"]), (&json!(member.name), &json!(member.type_text)));
                assert_eq!(entry["length"], member.content.len());
            }
            let of = |kind| members.iter().filter(|member| member.kind == kind).count();
            assert_eq!((of(ItemKind::Contact), of(ItemKind::Folder)), (8, 0));
        }
    }
}

#[test]
fn a_mailbox_is_what_its_export_was_made_of() {
    let export = account(40, 2000);
    let reading = read(&export.write().unwrap());
    let tallies = export.tallies();
    for folder in &reading.mailbox.folders {
        let tally = tallies.get(&folder.id.0).copied().unwrap_or_default();
        assert_eq!((folder.items, folder.unread, folder.deleted), (tally.items, tally.unread, tally.deleted));
        assert_eq!(*folder.path, export.path(folder.id.0));
    }
    for item in &reading.mailbox.items {
        let made = export.items.iter().find(|made| {
            made.id == item.id.0
                && made
                    .digest()
                    .map_or(item.digest.is_none(), |digest| Digest::parse(&digest).ok() == item.digest)
        });
        let made = made.unwrap();
        assert_eq!(
            (item.size, item.date, item.unread, item.flags.0),
            (made.size(), made.date, made.unread, made.flags)
        );
    }
    let senders =
        reading.entries.iter().filter_map(|entry| match entry.described.as_ref()?.as_ref().ok()? {
            Described { meta: Meta::Item(item), sender, .. } if item.kind == ItemKind::Message => {
                Some((item.folder, sender.as_deref()?))
            }
            _ => None,
        });
    assert!(senders.clone().count() > 20);
    for (folder, sender) in senders {
        let own = folder == ItemId(5);
        assert_eq!(sender, if own { "anna.bianchi@example.org" } else { "paul.carter@example.test" });
    }
}
