//! Nothing in clear reaches a disk: the system calls of a run, and what lies about afterwards.

use std::fs;
use std::path::Path;
use std::process::Command;

use mailproof::demo::pack::{File, Pack};

use crate::program::{BUCKET, Bench, records_in, run};
use crate::support;

/// The calls by which a file can come to be written.
const CALLS: &str = "trace=open,openat,openat2,creat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,\
                     mkdir,mkdirat,mknod,mknodat,truncate,memfd_create";
const MARKER: &str = "Questo testo non lascia la memoria";

/// Puts the marker into a member of archives that pass, and that fail.
fn mark(bench: &Bench) {
    let pack = Pack::new(vec![bench.specimen.recipient()]);
    let mut files = bench.specimen.files().to_vec();
    files.push(File::new("Inbox/0000000300-marked.eml", MARKER.repeat(5000)));
    let layers = pack.build(&files).unwrap();
    let mut damaged = layers.tar.clone();
    damaged[600] ^= 1;
    bench.server.put(BUCKET, "marked", layers.encrypted);
    bench.server.put(BUCKET, "marked-damaged", pack.seal(damaged).unwrap().encrypted);
}

/// Runs a command under strace and gives its calls.
fn traced(bench: &Bench, command: &Command) -> String {
    let trace = bench.path("trace");
    let mut strace = support::tool("strace");
    strace.args(["-f", "-qq", "-s", "4096", "-e", CALLS, "-o"]).arg(&trace);
    strace.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        strace.env(name, value.unwrap_or_default());
    }
    strace.env("TMPDIR", bench.path("tmp")).current_dir(bench.path(""));
    let ended = run(&mut strace);
    assert!(matches!(ended.code, Some(0 | 10)), "{ended:?}");
    fs::read_to_string(&trace).unwrap()
}

/// The calls that make, write or move something, tried or done.
fn writing(trace: &str) -> impl Iterator<Item = &str> {
    let harmless = |line: &str| {
        let opens = line.contains(" open(") || line.contains(" openat(") || line.contains(" openat2(");
        let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE", "O_TRUNC", "O_APPEND"];
        opens && !writes.iter().any(|flag| line.contains(flag))
    };
    trace.lines().filter(move |line| line.contains('(') && !line.contains("resumed>") && !harmless(line))
}

/// Whether every path that a call names lies in the records folder or is no file.
fn allowed(call: &str, records: &Path) -> bool {
    let paths: Vec<_> = call.split('"').skip(1).step_by(2).collect();
    let fine = |path: &&str| Path::new(path).starts_with(records) || ["/dev/null", "/dev/tty"].contains(path);
    !paths.is_empty() && paths.iter().all(fine)
}

#[test]
#[ignore = "needs strace: tests/run installs it"]
fn only_the_record_is_written() {
    let bench = Bench::new();
    mark(&bench);
    fs::create_dir(bench.path("tmp")).unwrap();
    let file = bench.path("local.tar.zst.age");
    fs::write(&file, bench.specimen.archive()).unwrap();
    let mut local = bench.verify(&[]);
    local.arg(&file);
    for command in [&bench.verify(&["marked"]), &bench.verify(&["marked-damaged"]), &local] {
        let trace = traced(&bench, command);
        let calls: Vec<_> = writing(&trace).collect();
        let records = bench.records();
        let foreign: Vec<_> = calls.iter().filter(|call| !allowed(call, &records)).collect();
        assert!(foreign.is_empty(), "{foreign:#?}");
        for seen in ["O_CREAT", "link", "rename"] {
            assert!(calls.iter().any(|call| call.contains(seen)), "the record itself is not seen: {seen}");
        }
    }
    assert_eq!(fs::read_dir(bench.path("tmp")).unwrap().count(), 0);
    assert_eq!(records_in(&bench.records()).len(), 3);
}

#[test]
fn no_content_lies_about_after_a_run() {
    let bench = Bench::new();
    mark(&bench);
    fs::create_dir(bench.path("tmp")).unwrap();
    for (key, code) in [("marked", 0), ("marked-damaged", 10)] {
        let mut verify = bench.verify(&[key]);
        let ended = run(verify.args(["-vvv", "--events", "jsonl"]).env("TMPDIR", bench.path("tmp")));
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(!(ended.stdout + &ended.stderr).contains(MARKER));
    }
    let mut folders = vec![bench.path("")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let bytes = fs::read(&path).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(MARKER), "{}", path.display());
        }
    }
    assert_eq!(files, 6, "two records, their head and lock, the key and the credentials");
}
