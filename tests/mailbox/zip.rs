//! The zip walker against the programs that write zip archives, to files and to pipes.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use mailproof::archive::unpack::zip::Walker;
use mailproof::archive::unpack::{Body, Kind, Member, Sink};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

/// Name, kind and content of a member.
type Entry = (String, bool, blake3::Hash);

#[derive(Default)]
struct Seen {
    entries: Vec<(Member, blake3::Hasher)>,
    ends: Vec<Body>,
}

impl Sink for Seen {
    fn begin(&mut self, member: &Member) {
        self.entries.push((member.clone(), blake3::Hasher::new()));
    }
    fn data(&mut self, bytes: &[u8]) {
        self.entries.last_mut().unwrap().1.update(bytes);
    }
    fn end(&mut self, body: Body) {
        self.ends.push(body);
    }
}

/// The members and the findings, walked in pieces of odd length.
fn walk(bytes: &[u8]) -> (Vec<Entry>, Vec<String>) {
    let mut seen = Seen::default();
    let mut findings = Findings::default();
    let mut walker = Walker::new(&Limits { ratio: 100_000, ..Limits::default() });
    for piece in bytes.chunks(65_537) {
        if walker.push(piece, &mut seen, &mut findings).is_break() {
            break;
        }
    }
    walker.finish(&mut seen, &mut findings);
    let found = findings.iter().map(|finding| format!("{}: {}", finding.kind.id, finding.observed)).collect();
    assert!(!findings.is_empty() || seen.ends.iter().all(|end| *end == Body::Whole));
    let entry = |(member, hasher): (Member, blake3::Hasher)| {
        (String::from_utf8_lossy(&member.name).into_owned(), member.kind == Kind::File, hasher.finalize())
    };
    (seen.entries.into_iter().map(entry).collect(), found)
}

const BODIES: [(&str, usize); 6] = [
    ("t/empty", 0),
    ("t/one", 1),
    ("t/sub/some", 4096),
    ("t/sub/more", 300_000),
    ("t/Grüße.eml", 513),
    ("t/z", 77),
];

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in BODIES {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, (0..size).map(|at| (at * at % 251) as u8).collect::<Vec<_>>()).unwrap();
    }
    // A descriptor's signature inside a body is no end of it.
    fs::write(folder.path().join("t/trap"), [&b"PK\x07\x08"[..], &[0; 40], b"PK\x03\x04PK\x07"].concat())
        .unwrap();
    folder
}

/// What `script` writes to a pipe, run by a shell in `folder`.
fn piped(folder: &Path, script: &str) -> Vec<u8> {
    let mut child = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .current_dir(folder)
        .env("LC_ALL", "C.UTF-8")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bytes = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(child.wait().unwrap().success(), "{script}: tests/run installs what it needs");
    bytes
}

/// Holds what the walker sees of the archive that `script` writes to what lies in the folder.
fn agrees(folder: &Path, script: &str) {
    let bytes = piped(folder, script);
    let (entries, found) = walk(&bytes);
    assert_eq!(found, [""; 0], "{script}");
    let mut files: Vec<_> = entries.into_iter().filter(|(_, file, _)| *file).collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut names: Vec<_> = BODIES.iter().map(|(name, _)| *name).chain(["t/trap"]).collect();
    names.sort_unstable();
    let true_files = names.iter().map(|name| {
        let content = fs::read(folder.join(name)).unwrap();
        ((*name).to_owned(), true, blake3::hash(&content))
    });
    assert_eq!(files, true_files.collect::<Vec<_>>(), "{script}");
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    for at in [end / 3, end / 2, end, end + 21] {
        assert!(!walk(&bytes[..at]).1.is_empty(), "{script} cut at {at}");
    }
}

#[test]
#[ignore = "needs python3"]
fn archives_of_python_are_walked() {
    let folder = tree();
    let write = |method: &str, target: &str, open: &str| {
        format!(
            "python3 - <<'END'\nimport io, os, sys, zipfile\n\
             class Pipe(io.RawIOBase):\n  def writable(self): return True\n  def write(self, b): return sys.stdout.buffer.write(b)\n\
             store = io.BytesIO()\n\
             with zipfile.ZipFile({target}, 'w', zipfile.{method}) as archive:\n\
             \x20 for folder, _, names in sorted(os.walk('t')):\n\
             \x20   archive.write(folder)\n\
             \x20   for name in sorted(names):\n\
             \x20     path = os.path.join(folder, name)\n\
             \x20     {open}\n\
             sys.stdout.buffer.write(store.getvalue())\nEND"
        )
    };
    let wide = "with archive.open(path, 'w', force_zip64=True) as out: out.write(open(path, 'rb').read())";
    for method in ["ZIP_STORED", "ZIP_DEFLATED"] {
        for target in ["store", "Pipe()"] {
            agrees(folder.path(), &write(method, target, "archive.write(path)"));
            agrees(folder.path(), &write(method, target, wide));
        }
    }
}

#[test]
#[ignore = "needs zip and bsdtar"]
fn archives_of_info_zip_and_bsdtar_are_walked() {
    let folder = tree();
    for script in [
        "zip -qr \"$TMPDIR/a.zip\" t; cat \"$TMPDIR/a.zip\"",
        "zip -qr0 \"$TMPDIR/a.zip\" t; cat \"$TMPDIR/a.zip\"",
        "zip -qrX \"$TMPDIR/a.zip\" t; echo hello | zip -qz \"$TMPDIR/a.zip\"; cat \"$TMPDIR/a.zip\"",
        "zip -qr - t | cat",
        "zip -qr0 - t | cat",
        "zip -qr -fd \"$TMPDIR/a.zip\" t; cat \"$TMPDIR/a.zip\"",
        "bsdtar --format zip -cf - t | cat",
        "bsdtar --format zip --options zip:compression=store -cf - t | cat",
        "bsdtar --format zip --options zip:zip64 -cf - t | cat",
        "bsdtar --format zip -cf \"$TMPDIR/a.zip\" t; cat \"$TMPDIR/a.zip\"",
    ] {
        agrees(folder.path(), &format!("export TMPDIR=$(mktemp -d); {script}; rm -r \"$TMPDIR\""));
    }
}

#[test]
#[ignore = "needs jar, of a Java development kit"]
fn archives_of_java_are_walked() {
    let folder = tree();
    for script in ["jar -cM t | cat", "jar -c0M t | cat", "jar -cMf a.zip t; cat a.zip; rm a.zip"] {
        agrees(folder.path(), script);
    }
}

/// What Python's `zipfile` finds damaged, the walker finds damaged.
#[test]
#[ignore = "needs python3 and zip"]
fn what_python_refuses_is_found() {
    let folder = tree();
    let bytes = piped(folder.path(), "zip -qr - t > damaged.zip; cat damaged.zip");
    let step = bytes.len() / 2000 + 1;
    let script = format!(
        "python3 - <<'END'\nimport io, zipfile, zlib\n\
         whole = open('damaged.zip', 'rb').read()\n\
         for at in range(0, len(whole), {step}):\n\
         \x20 damaged = bytearray(whole)\n\
         \x20 damaged[at] ^= 0x10\n\
         \x20 try:\n\
         \x20   if zipfile.ZipFile(io.BytesIO(damaged)).testzip() is not None: print(at)\n\
         \x20 except (zipfile.BadZipFile, zlib.error, EOFError, ValueError): print(at)\n\
         \x20 except (NotImplementedError, RuntimeError): pass\nEND"
    );
    let refused = String::from_utf8(piped(folder.path(), &script)).unwrap();
    let refused: Vec<usize> = refused.lines().map(|line| line.parse().unwrap()).collect();
    assert!(refused.len() > 500, "{refused:?}");
    for at in refused {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        assert!(!walk(&damaged).1.is_empty(), "Python refuses a flip at byte {at} of {}", bytes.len());
    }
}

/// Sizes that need zip64: Java says so nowhere before the descriptor.
#[test]
#[ignore = "needs jar, zip, bsdtar and python3; unpacks 4 GiB for each"]
fn bodies_beyond_4_gib_are_walked() {
    let size = (1_u64 << 32) + 5;
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("big")).unwrap().set_len(size).unwrap();
    let zeros = vec![0; 1 << 20];
    let mut hasher = blake3::Hasher::new();
    (0..size / zeros.len() as u64).for_each(|_| {
        hasher.update(&zeros);
    });
    hasher.update(&[0; 5]);
    let python = "python3 -c \"import sys, zipfile\nclass Pipe:\n  def write(self, b): return sys.stdout.buffer.write(b)\n  \
                  def flush(self): pass\nwith zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as archive: archive.write('big')\" | cat";
    for script in ["jar -cM big | cat", "zip -q - big | cat", "bsdtar --format zip -cf - big | cat", python] {
        let (entries, found) = walk(&piped(folder.path(), script));
        assert_eq!(found, [""; 0], "{script}");
        assert_eq!(entries, [("big".to_owned(), true, hasher.finalize())], "{script}");
    }
}
