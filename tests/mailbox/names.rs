//! What people wrote stays in memory: no name of an export's member reaches anything that mailproof puts out, whatever is
//! wrong with the export, and whether it is the archive itself or lies in one.

use std::fs;

use flate2::Compression as Level;
use mailproof::archive::decrypt::Keyring;
use mailproof::demo::pack::{self, Compression, Encryption, File, Format, Manifest, Pack};
use mailproof::demo::zimbra::{Export, Fate, Folder, Item, Member, Options, gzip, tar as zimbra};
use mailproof::evidence::{Basis, Chain, Record};
use mailproof::mailbox::{Form, ItemKind};
use mailproof::policy::{Demand, Policy, Store};
use mailproof::report::contents::{self, Contents};
use mailproof::report::events::JsonLines;
use mailproof::report::{json, text};
use mailproof::verdict::Rung;
use mailproof::verify::{self, Cancel, Job};

use crate::program::payload;
use crate::support;

/// Stands in every subject, file name and contact.
const WRITTEN: &str = "Qz7Written";
/// Stands in the name of every folder that a person made; `show` lists folders, nothing else may.
const FOLDER: &str = "Qz8Folder";
const EXPORTED: i64 = 1_795_388_400;

/// An export whose every name is marked, with names of all lengths.
fn export(old: bool, meta: bool) -> Export {
    let mut export = Export { options: Options { old, meta, ..Options::default() }, ..Export::default() };
    export.folders.push(Folder::new(257, 1, FOLDER));
    export.folders.push(Folder::new(258, 257, format!("{FOLDER}-below")));
    for (id, folder, length) in [(260, 2, 0), (261, 258, 60), (262, 2, 90), (263, 257, 200)] {
        let subject = format!("{WRITTEN}{}", "s".repeat(length));
        export.items.push(Item::message(
            id,
            folder,
            subject,
            format!("Subject: {WRITTEN} {id}\r\n\r\nText.\r\n"),
        ));
    }
    let body = |text: &str| Some(format!("{text} {WRITTEN}").into_bytes());
    let names = [
        (ItemKind::Document, 16, format!("{WRITTEN}.ods")),
        (ItemKind::Document, 258, format!("{WRITTEN}@example.org.tgz")),
        (ItemKind::Document, 16, format!("{WRITTEN}.meta")),
        (ItemKind::Document, 257, "MANIFEST.b3".to_owned()),
        (ItemKind::Document, 16, format!("0441234567-{WRITTEN}")),
        (ItemKind::Contact, 7, format!("{WRITTEN}, Anna")),
        (ItemKind::Contact, 7, format!("a/{WRITTEN}/../{WRITTEN}")),
        (ItemKind::Appointment, 10, format!("{WRITTEN} at noon")),
        (ItemKind::Task, 15, format!("{WRITTEN} by noon")),
        (ItemKind::Chat, 14, format!("{WRITTEN} chat")),
    ];
    for ((kind, folder, name), id) in names.into_iter().zip(300..) {
        export.items.push(Item {
            body: body("body"),
            plain: body("plain"),
            ..Item::new(id, folder, kind, name)
        });
    }
    export.items[1].fate = Fate::WithoutBody;
    export.items[4].fate = Fate::WithoutMeta;
    export.items[9].fate = Fate::WithoutMeta;
    export.items[6].fate = Fate::Twice;
    export
}

fn files(members: &[Member]) -> Vec<File> {
    members.iter().map(|member| File::new(member.name.clone(), member.content.clone())).collect()
}

/// How the members are written: by Zimbra, or by an archiver that packed them again.
#[derive(Debug, Clone, Copy)]
enum Writer {
    Zimbra,
    Again(Format),
}

fn written(writer: Writer, files: &[File]) -> Vec<u8> {
    match writer {
        Writer::Zimbra => {
            let members: Vec<_> = files
                .iter()
                .map(|file| Member {
                    name: file.name.clone(),
                    kind: ItemKind::Document,
                    type_text: "document",
                    date: 7,
                    unread: false,
                    content: file.content.clone(),
                })
                .collect();
            zimbra::write(&members, EXPORTED)
        }
        Writer::Again(format) => {
            // Such names are refused by an archiver that means to extract them.
            let tame = |file: &File| File::new(file.name.replace("..", "__"), file.content.clone());
            let files: Vec<_> = files.iter().map(tame).collect();
            plain(format, Manifest::None).tar(&files).unwrap()
        }
    }
}

fn plain(format: Format, manifest: Manifest) -> Pack {
    Pack {
        format,
        manifest,
        compression: Compression::None,
        encryption: Encryption::None,
        ..Pack::new(Vec::new())
    }
}

/// A member as no archiver would write it.
fn raw(name: &str, flag: u8, link: &str, body: &[u8]) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_size(body.len() as u64);
    let fields = header.as_old_mut();
    fields.linkflag = [flag];
    for (field, text) in [(&mut fields.name, name), (&mut fields.linkname, link)] {
        field.iter_mut().zip(text.bytes()).for_each(|(to, byte)| *to = byte);
    }
    header.set_cksum();
    let mut bytes = [header.as_bytes(), body].concat();
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

fn pax(flag: u8, key: &str, value: &str) -> Vec<u8> {
    let rest = format!(" {key}={value}\n");
    let length = (1..=5)
        .map(|digits| rest.len() + digits)
        .find(|length| length.to_string().len() + rest.len() == *length);
    raw("pax", flag, "", format!("{}{rest}", length.unwrap()).as_bytes())
}

/// Members that no export has, each of which is a finding.
fn intruders() -> Vec<Vec<u8>> {
    let name = |ending: &str| format!("{FOLDER}/{WRITTEN}{ending}");
    let file = |name: &str| raw(name, b'0', "", b"x");
    let long = "l".repeat(5000) + WRITTEN;
    vec![
        file(&format!("../{WRITTEN}")),
        file(&format!("/{WRITTEN}")),
        file(&format!("{WRITTEN}\u{7}")),
        [file(&name("")), file(&name("")), file(&name("/below"))].concat(),
        raw(&name("@example.org.tgz"), b'2', WRITTEN, b""),
        raw(&name(""), b'1', &name("-nowhere"), b""),
        raw(&name(""), b'1', &format!("../{WRITTEN}"), b""),
        [raw(&name(""), b'2', WRITTEN, b""), file(&name("/below"))].concat(),
        raw(&name(""), b'3', "", b""),
        raw(&name(""), b'S', "", b"sparse"),
        raw(&name(""), b'X', "", b"vendor"),
        raw(&name("@example.org.tgz/"), b'5', "", b""),
        raw(&format!("{WRITTEN}/../"), b'5', "", b"with a body"),
        [raw("././@LongLink", b'L', "", long.as_bytes()), file("cut")].concat(),
        [raw("././@LongLink", b'L', "", WRITTEN.as_bytes()), pax(b'x', "path", &name("x")), file("cut")]
            .concat(),
        [pax(b'x', "path", &name("")), pax(b'x', "path", &name("-other")), file("cut")].concat(),
        [pax(b'x', "linkpath", &name("")), raw(WRITTEN, b'1', "", b"")].concat(),
        [pax(b'g', "path", &name("")), file("cut")].concat(),
        [pax(b'x', "size", "9"), file(&name(""))].concat(),
        [pax(b'x', "hdrcharset", WRITTEN), file(&name(""))].concat(),
        raw("././@LongLink", b'L', "", WRITTEN.as_bytes()),
    ]
}

/// The tar cut at many lengths, with a wrong byte at many places, and with intruders before and behind what it holds.
fn damages(tar: &[u8], cuts: usize, flips: usize) -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0..cuts).map(|cut| tar[..tar.len() * cut / cuts].to_vec()).collect();
    for flip in 0..flips {
        let mut wrong = tar.to_vec();
        let at = tar.len() * flip / flips + flip * 61 % 512;
        wrong[at.min(tar.len() - 1)] ^= 0x10;
        all.push(wrong);
    }
    for intruder in intruders() {
        all.push([&intruder, tar].concat());
        let end = tar.chunks(512).position(|block| block.iter().all(|byte| *byte == 0)).unwrap() * 512;
        all.push([&tar[..end], &intruder, &tar[end..]].concat());
    }
    all
}

/// Manifests that are wrong in every way, and the right one.
fn manifests(files: &[File]) -> Vec<String> {
    let right = pack::manifest(files);
    let lines: Vec<&str> = right.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n") + "\n";
    let reversed: Vec<&str> = lines.iter().rev().copied().collect();
    let strangers: String =
        (0..4).map(|number| format!("{}  {WRITTEN}/{number}\n", blake3::hash(b"x"))).collect();
    vec![
        joined(&lines[..lines.len() / 2]),
        joined(&lines[lines.len() / 2..]),
        joined(&reversed),
        right.replace(['1', '2'], "3"),
        right.clone() + &strangers,
        strangers.clone() + &right,
        right.clone() + &right,
        format!("{right}{WRITTEN}\nabc  {WRITTEN}\n\\{}  {WRITTEN}\\x\n", blake3::hash(b"x")),
        right,
    ]
}

/// Stores an archive, with a manifest beside it or none, and tells all that mailproof says of it.
struct Bench {
    folder: tempfile::TempDir,
    policy: Policy,
    runtime: tokio::runtime::Runtime,
    keyring: Keyring,
    runs: u32,
    findings: std::collections::BTreeSet<&'static str>,
}

impl Bench {
    fn new() -> Self {
        let mut policy = Policy::default();
        policy.require.rung = Rung::Meaningful;
        policy.run.reread = false;
        policy.archives.encryption = Demand::Optional;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let keyring = Keyring::load(&policy.keys, None).unwrap();
        Self { folder: support::folder(), policy, runtime, keyring, runs: 0, findings: Default::default() }
    }

    /// Fails if what was said holds a mark.
    fn keeps_silent(&mut self, archive: &[u8], beside: Option<&str>, what: &str) {
        for (form, said) in self.said(archive, beside) {
            let folders = form == "folders";
            for mark in [Some(WRITTEN), Some(FOLDER).filter(|_| !folders)].into_iter().flatten() {
                let line = said.lines().find(|line| line.contains(mark));
                assert!(line.is_none(), "{form} of {what}: {}", line.unwrap());
            }
        }
    }

    fn said(&mut self, archive: &[u8], beside: Option<&str>) -> Vec<(&'static str, String)> {
        self.runs += 1;
        let path = self.folder.path().join("a.tar");
        fs::write(&path, archive).unwrap();
        let manifest = self.folder.path().join("a.tar.b3");
        match beside {
            Some(lines) => fs::write(manifest, lines).unwrap(),
            None => drop(fs::remove_file(manifest)),
        }
        let (policy, keyring, cancel) = (&self.policy, &self.keyring, &Cancel::default());
        let job = Job { policy, keyring, runtime: self.runtime.handle(), cancel, live: None };
        let address = [path.display().to_string()];
        let selection = self.runtime.block_on(verify::named(&address, &Store::default(), None)).unwrap();
        let mut events = Vec::new();
        let run = verify::run(&job, selection, &JsonLines::new(&mut events));
        let style = text::Style { all: true, ..text::Style::default() };
        let record = self.folder.path().join("records");
        let kept =
            Chain::new(record, None).append(Record::of_verification(&run, &Basis::of(&self.policy))).unwrap();
        self.findings.extend(run.archives[0].findings.counts().map(|(kind, _)| kind.id));
        let mut shown = serde_json::to_value(Contents::from(&run.archives[0])).unwrap();
        let folders: Vec<_> = shown["accounts"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .map(|account| account["folders"].take())
            .collect();
        vec![
            ("text", text::render(&run, style)),
            ("result", serde_json::to_string_pretty(&json::Result::from(&run)).unwrap()),
            ("record", String::from_utf8(payload(&fs::read(kept.path).unwrap())).unwrap()),
            ("events", String::from_utf8(events).unwrap()),
            ("debug", format!("{:?}", run.archives[0].troubles)),
            ("table", contents::table(&run.archives[0], false)),
            ("contents", serde_json::to_string_pretty(&shown).unwrap()),
            (
                "folders",
                contents::table(&run.archives[0], true) + &serde_json::to_string_pretty(&folders).unwrap(),
            ),
        ]
    }
}

/// Layouts of an export that is the archive itself: who wrote it, as Zimbra 7 or not, with descriptions or without.
fn layouts() -> impl Iterator<Item = (Writer, bool, bool)> {
    let writers = [Writer::Zimbra, Writer::Again(Format::Gnu), Writer::Again(Format::Pax)];
    writers.into_iter().flat_map(|writer| {
        let kinds = [(false, true), (true, true), (false, false)].into_iter();
        kinds.map(move |(old, meta)| (writer, old, meta))
    })
}

#[test]
fn an_archive_that_is_an_export_tells_no_name_whatever_its_manifest() {
    let mut bench = Bench::new();
    for (writer, old, meta) in layouts() {
        let files = files(&export(old, meta).members());
        let tar = written(writer, &files);
        for (number, manifest) in manifests(&files).iter().enumerate() {
            let what = format!("{writer:?}, old {old}, meta {meta}, manifest {number}");
            bench.keeps_silent(&tar, Some(manifest), &format!("{what}, beside"));
            let inside = File::new("MANIFEST.b3", manifest.as_bytes());
            let first = written(writer, &[std::slice::from_ref(&inside), &files[..]].concat());
            bench.keeps_silent(&first, None, &format!("{what}, first"));
            let last = written(writer, &[&files[..], &[inside]].concat());
            bench.keeps_silent(&last, None, &format!("{what}, last"));
            bench.keeps_silent(&last, Some(&pack::manifest(&files)), &format!("{what}, two"));
        }
        bench.keeps_silent(&tar, None, "without a manifest");
    }
    for id in [
        "manifest-member-missing",
        "manifest-member-extra",
        "manifest-member-changed",
        "manifest-duplicate-line",
        "manifest-malformed",
        "manifest-missing",
        "manifest-ambiguous",
        "tar-duplicate-member",
    ] {
        assert!(bench.findings.contains(id), "{id} was never found: {:?}", bench.findings);
    }
}

#[test]
fn an_archive_that_is_an_export_tells_no_name_whatever_its_damage() {
    let mut bench = Bench::new();
    for (writer, old, meta) in layouts() {
        let files = files(&export(old, meta).members());
        let manifest = pack::manifest(&files);
        for (number, damaged) in damages(&written(writer, &files), 12, 20).iter().enumerate() {
            // With a stranger before all and no numbers an archive of many things looks the same.
            let planted = number >= 32 && number % 2 == 0;
            if !(old && planted) {
                let what = format!("{writer:?}, old {old}, meta {meta}, damage {number}");
                bench.keeps_silent(damaged, Some(&manifest), &what);
            }
        }
        // The first members are gone, or packed in a folder; documents alone, without descriptions, are no export.
        for from in 1..if meta { 6 } else { 3 } {
            bench.keeps_silent(&written(writer, &files[from..]), Some(&manifest), &format!("from {from}"));
        }
        let below: Vec<_> =
            files.iter().map(|file| File::new(format!("{FOLDER}/{}", file.name), &*file.content)).collect();
        bench.keeps_silent(&written(writer, &below), Some(&manifest), "all in a folder");
    }
    for id in [
        "tar-path-unsafe",
        "tar-path-unreadable",
        "tar-link-member",
        "tar-link-dangling",
        "tar-special-member",
        "tar-unsupported-member",
        "tar-truncated-member",
        "tar-size-conflict",
        "tar-pax-duplicate-key",
        "limit-path-length",
        "tar-header-checksum",
    ] {
        assert!(bench.findings.contains(id), "{id} was never found: {:?}", bench.findings);
    }
}

#[test]
fn an_export_in_an_archive_tells_no_name_whatever_its_damage() {
    let mut bench = Bench::new();
    let mut judge = |name: String, content: &[u8], what: &str| {
        let files = [File::new(name, content)];
        bench.keeps_silent(&plain(Format::Gnu, Manifest::Last).tar(&files).unwrap(), None, what);
    };
    for (old, meta) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut export = export(old, meta);
        let tar = zimbra::write(&export.members(), EXPORTED);
        for (number, damaged) in damages(&tar, 8, 16).iter().enumerate() {
            let what = format!("old {old}, meta {meta}, damage {number}");
            judge("exports/anna@example.org.tar".to_owned(), damaged, &what);
            let packed = gzip::write(damaged, Level::fast()).unwrap();
            judge("full-20261122230000/anna@example.org.tgz".to_owned(), &packed, &what);
        }
        export.options.form = Form::Zip;
        let zip = export.write().unwrap();
        for number in 0..100 {
            let at = zip.len() * number / 100;
            let mut wrong = zip.clone();
            wrong[at] ^= 0x04;
            let what = format!("zip, old {old}, meta {meta}, place {number}");
            judge("exports/anna@example.org.zip".to_owned(), &wrong, &what);
            judge("exports/anna@example.org.zip".to_owned(), &zip[..at], &what);
        }
    }
    for id in ["export-damaged", "export-truncated", "export-description-missing"] {
        assert!(bench.findings.contains(id), "{id} was never found: {:?}", bench.findings);
    }
}
