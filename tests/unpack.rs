//! The tar walker against the archivers people use, and against what the crate `tar` lets pass.

use std::fs;
use std::io::{Cursor, Read};
use std::path::Path;
use std::process::{Command, Stdio};

use mailproof::archive::unpack::tar::{Dialect, Walked, Walker};
use mailproof::archive::unpack::{Body, Kind, Member, Sink};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

/// A member as the walker and Python's tarfile can both tell it.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: Vec<u8>,
    kind: char,
    size: u64,
    body: blake3::Hash,
}

#[derive(Default)]
struct Seen {
    members: Vec<Member>,
    hashers: Vec<blake3::Hasher>,
    ends: Vec<Body>,
}

impl Sink for Seen {
    fn begin(&mut self, member: &Member) {
        self.members.push(member.clone());
        self.hashers.push(blake3::Hasher::new());
    }
    fn data(&mut self, bytes: &[u8]) {
        self.hashers.last_mut().unwrap().update(bytes);
    }
    fn end(&mut self, body: Body) {
        self.ends.push(body);
    }
}

impl Seen {
    fn names(&self) -> Vec<String> {
        self.members.iter().map(|member| String::from_utf8(member.name.clone()).unwrap()).collect()
    }

    fn entries(&self) -> Vec<Entry> {
        let members = self.members.iter().zip(&self.hashers);
        members.map(|(member, hasher)| entry(member, hasher.finalize())).collect()
    }
}

fn entry(member: &Member, body: blake3::Hash) -> Entry {
    let kind = match member.kind {
        Kind::File => 'f',
        Kind::Directory => 'd',
        Kind::HardLink { .. } => 'h',
        Kind::SymbolicLink => 's',
        Kind::Special => 'c',
        Kind::Unsupported => '?',
    };
    let name = member.name.strip_suffix(b"/").unwrap_or(&member.name);
    Entry { name: name.to_vec(), kind, size: member.size, body }
}

fn walk(bytes: &[u8]) -> (Seen, Vec<&'static str>, Walked) {
    let mut seen = Seen::default();
    let mut findings = Findings::default();
    let mut walker = Walker::new(&Limits::default());
    for piece in bytes.chunks(65_537) {
        if walker.push(piece, &mut seen, &mut findings).is_break() {
            break;
        }
    }
    let walked = walker.finish(&mut seen, &mut findings);
    (seen, findings.iter().map(|finding| finding.kind.id).collect(), walked)
}

/// Runs a tool in `folder` and returns what it wrote.
fn run(folder: &Path, program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap_or_else(|error| panic!("{program} can't be run ({error}); tests/run installs it"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The first `length` bytes of what a tool writes, however much more it would.
fn run_cut(folder: &Path, program: &str, arguments: &[&str], length: u64) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} can't be run ({error}); tests/run installs it"));
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().take(length).read_to_end(&mut bytes).unwrap();
    child.wait().unwrap();
    bytes
}

/// A small tree with what the formats find hard; `longest` bytes of path are allowed.
fn tree(longest: usize, links: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let bodies: [(&str, usize); 5] =
        [("t/empty", 0), ("t/one block", 512), ("t/sub/over", 513), ("t/Grüße 漢字.eml", 70_000), ("t/z", 1)];
    for (name, size) in bodies {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, (0..size).map(|at| u8::try_from(at % 251).unwrap()).collect::<Vec<_>>()).unwrap();
    }
    for length in [98, 99, 100, 101, 155, 156, 255, 256, 257, 700] {
        let path = long_path(length);
        if length <= longest {
            fs::create_dir_all(folder.path().join(&path).parent().unwrap()).unwrap();
            fs::write(folder.path().join(&path), path.as_bytes()).unwrap();
        }
    }
    if links {
        fs::hard_link(folder.path().join("t/one block"), folder.path().join("t/hard")).unwrap();
        std::os::unix::fs::symlink("z", folder.path().join("t/symbolic")).unwrap();
    }
    folder
}

/// A path of exactly `length` bytes that ustar can split as long as it is short enough.
fn long_path(length: usize) -> String {
    let mut path = format!("t/{length}");
    while path.len() + 62 < length {
        path.push('/');
        path.push_str(&"p".repeat(50));
    }
    let rest = length - path.len() - 1;
    format!("{path}/{}", "n".repeat(rest))
}

const ORACLE: &str = r#"
import sys, tarfile
out = sys.stdout.buffer
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        kind = "f" if member.isreg() else "d" if member.isdir() else "h" if member.islnk() else "s" if member.issym() else "c"
        name = member.name.encode("utf-8", "surrogateescape")
        body = archive.extractfile(member).read() if member.isreg() else b""
        out.write(b"%s %d %d %d\n" % (kind.encode(), member.size, len(name), len(body)) + name + body)
"#;

/// What Python's tarfile reads from an archive.
fn python(folder: &Path, archive: &str) -> Vec<Entry> {
    let output = run(folder, "python3", &["-c", ORACLE, archive]);
    let mut rest = output.as_slice();
    let mut entries = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let line = std::str::from_utf8(&rest[..end]).unwrap();
        let mut fields = line.split(' ');
        let kind = fields.next().unwrap().chars().next().unwrap();
        let mut number = || fields.next().unwrap().parse::<usize>().unwrap();
        let (size, name, body) = (number() as u64, number(), number());
        let (name, behind) = rest[end + 1..].split_at(name);
        let (body, behind) = behind.split_at(body);
        entries.push(Entry { name: name.to_vec(), kind, size, body: blake3::hash(body) });
        rest = behind;
    }
    entries
}

/// Holds the walk of `archive` to Python's tarfile, GNU tar and bsdtar; expects no other findings than `expected`.
fn agrees(folder: &Path, archive: &str, members: usize, expected: &[&str]) -> Walked {
    let (seen, found, walked) = walk(&fs::read(folder.join(archive)).unwrap());
    assert_eq!(found, expected, "{archive}");
    assert_eq!(seen.members.len(), members, "{archive}");
    assert_eq!(seen.entries(), python(folder, archive), "{archive}: tarfile");
    let lists = [
        run(folder, "tar", &["--quoting-style=literal", "-tf", archive]),
        run(folder, "bsdtar", &["-tf", archive]),
    ];
    for list in lists {
        let text = String::from_utf8(list).unwrap();
        let names: Vec<_> = text.lines().map(|line| line.trim_end_matches('/')).collect();
        let mine = seen.names();
        let mine: Vec<_> = mine.iter().map(|name| name.trim_end_matches('/')).collect();
        assert_eq!(mine, names, "{archive}");
    }
    assert!(walked.ended);
    walked
}

fn count(folder: &Path) -> usize {
    run(folder, "find", &["t", "-printf", "x"]).len()
}

#[test]
#[ignore = "needs GNU tar, bsdtar and python3: tests/run installs them"]
fn archives_of_gnu_tar_are_read_as_others_read_them() {
    for (format, longest, dialect) in [
        ("v7", 98, Dialect::V7),
        ("oldgnu", 700, Dialect::Gnu),
        ("gnu", 700, Dialect::Gnu),
        ("ustar", 255, Dialect::Ustar),
        ("posix", 700, Dialect::Pax),
    ] {
        let folder = tree(longest, true);
        run(folder.path(), "tar", &["--format", format, "-cf", "x.tar", "t"]);
        let walked = agrees(folder.path(), "x.tar", count(folder.path()), &["tar-link-member"]);
        assert_eq!(walked.dialect, Some(dialect), "{format}");
    }
}

#[test]
#[ignore = "needs GNU tar, bsdtar and python3: tests/run installs them"]
fn archives_of_bsdtar_are_read_as_others_read_them() {
    for (format, longest) in [("v7", 98), ("gnutar", 700), ("ustar", 255), ("pax", 700), ("paxr", 700)] {
        let folder = tree(longest, true);
        run(folder.path(), "bsdtar", &["--format", format, "-cf", "x.tar", "t"]);
        agrees(folder.path(), "x.tar", count(folder.path()), &["tar-link-member"]);
    }
}

#[test]
#[ignore = "needs GNU tar, bsdtar and python3: tests/run installs them"]
fn archives_of_python_are_read_as_others_read_them() {
    for (format, longest) in [("USTAR", 255), ("GNU", 700), ("PAX", 700)] {
        let folder = tree(longest, true);
        let open = format!("tarfile.open('x.tar', 'w', format=tarfile.{format}_FORMAT)");
        let script = format!("import tarfile\nwith {open} as archive: archive.add('t')");
        run(folder.path(), "python3", &["-c", &script]);
        agrees(folder.path(), "x.tar", count(folder.path()), &["tar-link-member"]);
    }
}

#[test]
#[ignore = "needs GNU tar: tests/run installs it"]
fn sparse_files_of_gnu_tar_are_walked_but_not_verified() {
    let folder = tempfile::tempdir().unwrap();
    let holes = fs::File::create(folder.path().join("holes")).unwrap();
    for piece in 0..40_u64 {
        std::os::unix::fs::FileExt::write_all_at(&holes, &[1; 4096], piece * 65_536).unwrap();
    }
    holes.set_len(4 << 20).unwrap();
    fs::write(folder.path().join("z"), b"behind").unwrap();
    for format in [
        "--format=gnu",
        "--format=posix --sparse-version=0.0",
        "--format=posix --sparse-version=0.1",
        "--format=posix --sparse-version=1.0",
    ] {
        let arguments: Vec<_> = format.split(' ').chain(["-S", "-cf", "-", "holes", "z"]).collect();
        let (seen, found, _) = walk(&run(folder.path(), "tar", &arguments));
        assert_eq!(found, ["tar-unsupported-member"], "{format}");
        assert_eq!(seen.names(), ["holes", "z"], "{format}");
        assert_eq!(seen.members[0].kind, Kind::Unsupported);
        assert_eq!(seen.hashers[1].finalize(), blake3::hash(b"behind"), "{format}");
    }
}

#[test]
#[ignore = "needs GNU tar and bsdtar: tests/run installs them"]
fn sizes_beyond_eight_gib_are_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("big")).unwrap().set_len(9 << 30).unwrap();
    for (program, format) in [("tar", "gnu"), ("tar", "posix"), ("bsdtar", "gnutar"), ("bsdtar", "pax")] {
        let start = run_cut(folder.path(), program, &["--format", format, "-cf", "-", "big"], 1 << 20);
        let (seen, found, _) = walk(&start);
        assert_eq!(found, ["tar-truncated-member"], "{program} {format}");
        assert_eq!(seen.members[0].size, 9 << 30, "{program} {format}");
        assert_eq!(seen.ends, [Body::Cut]);
    }
}

#[test]
#[ignore = "needs GNU tar: tests/run installs it"]
fn labels_and_incremental_folders_of_gnu_tar_are_walked() {
    let folder = tree(300, false);
    let archive = run(folder.path(), "tar", &["-V", "a label", "-g", "snapshot", "-cf", "-", "t"]);
    let (seen, found, walked) = walk(&archive);
    assert!(found.iter().all(|id| *id == "tar-unsupported-member"), "{found:?}");
    assert_eq!(seen.names()[..2], ["a label", "t/"]);
    assert_eq!(walked.files as usize, run(folder.path(), "find", &["t", "-type", "f", "-printf", "x"]).len());
}

#[test]
#[ignore = "needs GNU tar: tests/run installs it"]
fn joined_and_appended_archives_are_told_apart() {
    let folder = tree(98, false);
    run(folder.path(), "tar", &["-cf", "one.tar", "t/z"]);
    let one = fs::read(folder.path().join("one.tar")).unwrap();
    assert_eq!(walk(&[one.clone(), one].concat()).1, ["tar-data-after-end"]);
    run(folder.path(), "tar", &["-rf", "one.tar", "t/empty"]);
    let (seen, found, _) = walk(&fs::read(folder.path().join("one.tar")).unwrap());
    assert_eq!((seen.names().len(), found), (2, vec![]));
}

/// An archive with two files, as the crate `tar` writes it.
fn two_files() -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    append(&mut builder, "a", &[1; 700]);
    append(&mut builder, "b", &[2; 100]);
    builder.into_inner().unwrap()
}

fn append(builder: &mut tar::Builder<Vec<u8>>, name: &str, body: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(body.len() as u64);
    builder.append_data(&mut header, name, body).unwrap();
}

/// An archive whose one member follows an extended header with this body.
fn after_records(records: &[u8]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(records.len() as u64);
    header.set_entry_type(tar::EntryType::XHeader);
    builder.append_data(&mut header, "records", records).unwrap();
    append(&mut builder, "plain", b"x");
    builder.into_inner().unwrap()
}

/// The names the crate `tar` yields, if it finds no fault.
fn by_the_crate(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    let entries = archive.entries().unwrap();
    entries.map(|entry| entry.unwrap().path_bytes().into_owned()).collect()
}

#[test]
fn what_the_crate_tar_lets_pass_is_found() {
    let whole = two_files();
    let behind_zero = [&whole[..1536], &[0; 512], &whole[1536..]].concat();
    for (what, bytes, id) in [
        ("cut between members", whole[..1536].to_vec(), "tar-missing-end-marker"),
        ("no end marker", whole[..2560].to_vec(), "tar-missing-end-marker"),
        ("nothing at all", Vec::new(), "tar-empty"),
        ("data behind one end block", behind_zero, "tar-data-after-end"),
        ("malformed records", after_records(b"99 path=lost\n"), "tar-pax-malformed"),
        ("a line break in a path", after_records(b"12 path=a\nb\n"), "tar-pax-unsafe-value"),
        ("two paths", after_records(b"10 path=a\n10 path=b\n"), "tar-pax-duplicate-key"),
    ] {
        let crate_s = by_the_crate(&bytes);
        let (seen, found, _) = walk(&bytes);
        assert_eq!(found.first(), Some(&id), "{what}; the crate reads {crate_s:?}");
        if id == "tar-pax-duplicate-key" {
            assert_eq!((crate_s[0].as_slice(), seen.members[0].name.as_slice()), (&b"a"[..], &b"b"[..]));
        }
    }
}

#[test]
fn a_member_the_crate_tar_reads_short_is_found() {
    let bytes = &two_files()[..1000];
    let mut archive = tar::Archive::new(Cursor::new(bytes));
    let mut body = Vec::new();
    let mut entry = archive.entries().unwrap().next().unwrap().unwrap();
    entry.read_to_end(&mut body).unwrap();
    assert_eq!((body.len(), entry.size()), (488, 700));
    assert_eq!(walk(bytes).1, ["tar-truncated-member"]);
}
