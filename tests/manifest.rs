//! Our reading of manifests against `b3sum` itself.

use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};

use mailproof::archive::manifest::{LineError, Parser, Reconciliation, parse_line};
use mailproof::policy::Limits;
use mailproof::verdict::Findings;

/// Names that a shell, a line or a reader of lines may stumble over.
const NAMES: &[&str] = &[
    "plain",
    "two words",
    "two  spaces",
    " leading",
    "trailing ",
    "-dash",
    "--check",
    "back\\slash",
    "back\\nslash",
    "line\nbreak",
    "\nfirst",
    "tab\there",
    "quote'\"",
    "BLAKE3 (x) = y",
    ") = ",
    "caffè",
    "cafe\u{301}",
    "日本語 ✉",
    "*",
    "a/b/c",
    "a/.hidden",
    "star *",
];

fn b3sum(folder: &Path, arguments: &[&str], input: &[u8]) -> (bool, Vec<u8>) {
    let mut child = Command::new("b3sum")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("b3sum must be installed");
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), output.stdout)
}

fn write_files(folder: &Path) {
    for name in NAMES {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, name).unwrap();
    }
}

/// Reads `manifest` against files whose content is their name.
fn agrees(manifest: &[u8]) -> Findings {
    let mut reconciliation = Reconciliation::new(&Limits::default());
    reconciliation.manifest_begins("MANIFEST.b3");
    let mut parser = Parser::new(4096);
    for piece in manifest.chunks(7) {
        parser.feed(piece, |number, line| reconciliation.take(number, line));
    }
    parser.finish(|number, line| reconciliation.take(number, line));
    reconciliation.manifest_ends();
    for name in NAMES {
        reconciliation.saw(name.as_bytes(), &blake3::hash(name.as_bytes()));
    }
    let mut findings = Findings::default();
    let result = reconciliation.finish(&mut findings);
    assert_eq!(result.matched, NAMES.len() as u64, "{findings:?}");
    findings
}

#[test]
#[ignore = "needs b3sum: tests/run installs it"]
fn what_b3sum_writes_is_read_as_it_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let mut arguments = vec!["--"];
    arguments.extend(NAMES);
    let (success, manifest) = b3sum(folder.path(), &arguments, b"");
    assert!(success);
    assert!(agrees(&manifest).is_empty());
}

#[test]
#[ignore = "needs b3sum: tests/run installs it"]
fn what_find_and_b3sum_write_is_read_as_it_is_meant() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let output = Command::new("find")
        .args([".", "-type", "f", "-exec", "b3sum", "{}", "+"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "b3sum must be installed");
    assert!(agrees(&output.stdout).is_empty());
}

/// `b3sum --tag` came with 1.7; its form is written out here for those before.
#[test]
#[ignore = "needs b3sum: tests/run installs it"]
fn tagged_lines_are_read_as_they_are_meant() {
    let folder = tempfile::tempdir().unwrap();
    write_files(folder.path());
    let mut arguments = vec!["--tag", "--"];
    arguments.extend(NAMES);
    let (success, written) = b3sum(folder.path(), &arguments, b"");
    let tagged: String = NAMES.iter().map(|name| tagged(name)).collect();
    if success {
        assert_eq!(String::from_utf8(written).unwrap(), tagged);
    } else {
        let (_, version) = b3sum(folder.path(), &["--version"], b"");
        let version = String::from_utf8(version).unwrap();
        assert!(version.starts_with("b3sum 1.") && version.as_str() < "b3sum 1.7", "{version}");
    }
    assert!(agrees(tagged.as_bytes()).is_empty());
}

fn tagged(name: &str) -> String {
    let escaped = name.contains(['\\', '\n', '\r']);
    let written = name.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
    format!("{}BLAKE3 ({written}) = {}\n", if escaped { "\\" } else { "" }, blake3::hash(name.as_bytes()))
}

/// Lines that `b3sum` of every version reads alike: all name the file `a`, or `a` with something around it.
fn hostile_lines(hash: &str) -> Vec<Vec<u8>> {
    let texts = [
        format!("{hash}  a"),
        format!("{hash}   a"),
        format!("{hash} a"),
        format!("{hash} *a"),
        format!("{hash}\ta"),
        format!("{hash}\u{a0} a"),
        format!(" {hash}  a"),
        format!("{}  a", hash.to_uppercase()),
        format!("{}  a", &hash[1..]),
        format!("{hash}0  a"),
        format!("{}g  a", &hash[..63]),
        format!("{}é  a", &hash[..62]),
        format!("{hash}  "),
        format!("{hash} "),
        hash.to_owned(),
        String::new(),
        "  a".to_owned(),
        "# a comment".to_owned(),
        format!("\\{hash}  a"),
        format!("\\\\{hash}  a"),
        format!("\\{hash}  a\\"),
        format!("\\{hash}  a\\t"),
        format!("\\{hash}  a\\é"),
        format!("\\{hash}  \\\\"),
        format!("\\{hash}  \\n"),
        format!("{hash}  \\"),
        format!("{hash}  a\\n"),
        "\\".to_owned(),
        format!("{hash}  a\0"),
        format!("{hash}  a\u{fffd}"),
        format!("\u{feff}{hash}  a"),
        format!("{hash}  ./a"),
        format!("MD5 (a) = {hash}"),
    ];
    let mut lines: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
    lines.push([hash.as_bytes(), b"  a\xff"].concat());
    lines.push(b"\xff".to_vec());
    lines
}

#[test]
#[ignore = "needs b3sum: tests/run installs it"]
fn b3sum_and_mailproof_accept_the_same_lines() {
    let hash = blake3::hash(b"").to_hex();
    let mut accepted = 0;
    for line in hostile_lines(&hash) {
        let folder = tempfile::tempdir().unwrap();
        // A file for each name that a line means, so that b3sum fails on lines it can't read and on nothing else.
        for name in [" a", "a", "\\", "\n", "a\\n"] {
            fs::write(folder.path().join(name), b"").unwrap();
        }
        let ours = parse_line(&line);
        let (theirs, _) = b3sum(folder.path(), &["--check"], &[&line, b"\n".as_slice()].concat());
        assert_eq!(ours.is_ok(), theirs, "{:?}: {ours:?}", String::from_utf8_lossy(&line));
        accepted += u32::from(theirs);
        if let Ok(entry) = ours {
            let path = folder.path().join(Path::new(std::ffi::OsStr::from_bytes(&entry.path)));
            assert!(path.exists(), "{entry:?}");
        }
    }
    assert!(accepted >= 6, "b3sum accepted {accepted} lines only");
}

/// Where b3sum 1.8 and this reader go on from 1.2.
#[test]
fn later_rules_of_b3sum_hold() {
    let hash = blake3::hash(b"").to_hex();
    assert_eq!(parse_line(format!("{hash}  a\r\n").as_bytes()).unwrap().path, b"a".as_slice());
    assert_eq!(parse_line(format!("\\{hash}  a\\r").as_bytes()).unwrap().path, b"a\r".as_slice());
    assert_eq!(parse_line(format!("BLAKE3 (a) = {hash}").as_bytes()).unwrap().path, b"a".as_slice());
    assert_eq!(parse_line(b"\r\n"), Err(LineError::Empty));
}
