//! Appending under bad luck: killed at any point, and several at once.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, fs, io};

use mailproof::evidence::Chain;
use mailproof::evidence::check::Holding;
use mailproof::evidence::stamp::Authority as Stamping;
use mailproof::network::Cancel;
use tokio::runtime::Runtime;

use super::authority::Authority;
use super::{checked, first, hand_over, key, record, trusting};
use crate::support;

/// Where the appender puts its records, and how many.
const FOLDER: &str = "MAILPROOF_TEST_APPEND_TO";
const COUNT: &str = "MAILPROOF_TEST_APPEND";
/// Who stamps them; nobody without it.
const AUTHORITY: &str = "MAILPROOF_TEST_APPEND_AUTHORITY";

/// The other side of the tests below: appends and says which records are kept, each in a line.
#[test]
#[ignore = "a process of the tests beside it, which start it: run ./tests/run"]
fn appender() {
    let Some(folder) = env::var_os(FOLDER) else { return };
    let count: u64 = env::var(COUNT).unwrap().parse().unwrap();
    let runtime = Runtime::new().unwrap();
    let authority = env::var(AUTHORITY)
        .ok()
        .map(|url| Stamping::new(url, None, runtime.handle().clone(), Cancel::default()).unwrap());
    let chain = Chain::new(folder.into(), Some(key(1))).stamped_by(authority);
    for _ in 0..count {
        let kept = chain.append(record()).unwrap();
        // By one write each, so that a kill leaves no half of a line.
        let line = format!("kept {}\n", kept.link.sequence);
        io::stdout().write_all(line.as_bytes()).unwrap();
        io::stdout().flush().unwrap();
    }
}

fn appending<'a>(command: &'a mut Command, folder: &Path, count: u64) -> &'a mut Command {
    command.arg(env::current_exe().unwrap());
    command.args([
        "--exact",
        "evidence::appending::appender",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(FOLDER, folder).env(COUNT, count.to_string()).stdout(Stdio::piped()).stderr(Stdio::null())
}

fn start(folder: &Path, count: u64) -> Child {
    // `env` only runs what follows.
    appending(&mut Command::new("env"), folder, count).spawn().unwrap()
}

/// The numbers that an appender has said to be kept.
fn kept(lines: impl BufRead) -> impl Iterator<Item = u64> {
    lines.lines().filter_map(|line| line.unwrap().split_once("kept ")?.1.parse().ok())
}

/// What is there must verify, and hold all that was said to be kept.
fn assert_whole(folder: &Path, said: u64) -> u64 {
    let check = checked(folder, &trusting(&[1]));
    assert!(first(&check).is_none(), "after {said}: {:?}", check.first_broken);
    let there = check.head.map_or(0, |head| head.sequence);
    assert!(there >= said, "{said} was said to be kept, and the last one is {there}");
    assert!(check.warnings.len() <= 1, "{:?}", check.warnings);
    there
}

#[test]
fn a_killed_run_leaves_a_chain_that_holds_all_it_spoke_of() {
    let (mut folder, mut said) = (support::folder(), 0);
    for round in 0..200_usize {
        if round % 20 == 0 {
            (folder, said) = (support::folder(), 0);
        }
        let mut child = start(folder.path(), u64::MAX);
        let lines = BufReader::new(child.stdout.take().unwrap());
        // The kill comes while the next record is on its way, each time elsewhere.
        let mut numbers = kept(lines);
        let some: Vec<u64> = numbers.by_ref().take(1 + round % 3).collect();
        child.kill().unwrap();
        child.wait().unwrap();
        said = some.into_iter().chain(numbers).last().unwrap().max(said);
        let there = assert_whole(folder.path(), said);
        assert!(there <= said + 1, "one record at most was on its way");
    }
    assert!(said >= 20);
}

#[test]
#[ignore = "needs strace: run ./tests/run"]
fn a_run_that_is_killed_before_any_of_its_calls_leaves_a_chain_that_holds() {
    kill_before_each_of(200, None);
}

#[test]
#[ignore = "needs strace and openssl: run ./tests/run"]
fn a_run_that_is_killed_while_it_stamps_leaves_a_chain_that_holds() {
    let authority = Authority::new("ec -pkeyopt ec_paramgen_curve:P-256");
    kill_before_each_of(80, Some(&authority.serve()));
}

fn kill_before_each_of(calls: u64, authority: Option<&str>) {
    const CALLS: &str = "openat,flock,write,fsync,rename,linkat,unlink";
    let (mut folder, mut last) = (support::folder(), 0);
    for call in 1..=calls {
        if call % 20 == 0 {
            (folder, last) = (support::folder(), 0);
        }
        let mut strace = support::tool("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e"]).arg(format!("trace={CALLS}"));
        // Only calls about these files count: all that appending does.
        strace.arg("-P").arg(folder.path());
        for name in [".lock", ".part", "head.json"] {
            strace.arg("-P").arg(folder.path().join(name));
        }
        strace.arg("-e").arg(format!("inject={CALLS}:signal=SIGKILL:when={call}"));
        strace.envs(authority.map(|url| (AUTHORITY, url)));
        let output = appending(&mut strace, folder.path(), 30).output().unwrap();
        assert!(!output.status.success(), "the run came to its end before call {call}");
        let (said, before) = (kept(&output.stdout[..]).last(), last);
        last = assert_whole(folder.path(), said.unwrap_or(before));
        let done = kept(&output.stdout[..]).count() as u64;
        assert_eq!(stamped(folder.path()), authority.map_or(0, |_| last), "those that say so");
        assert!((before + done..=before + done + 1).contains(&last), "{before} and {done} make {last}");
    }
}

fn stamped(folder: &Path) -> u64 {
    checked(folder, &trusting(&[1])).time_stamps.stamped
}

#[test]
fn eight_at_once_make_one_chain() {
    let folder = support::folder();
    let appenders: Vec<Child> = (0..8).map(|_| start(folder.path(), 12)).collect();
    let mut said: Vec<u64> = Vec::new();
    for child in appenders {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        said.extend(kept(&output.stdout[..]));
    }
    said.sort_unstable();
    assert_eq!(said, (1..=96).collect::<Vec<_>>(), "each number was given once");
    let check = checked(folder.path(), &trusting(&[1]));
    assert_eq!((check.outcome, check.coverage.checked), (Holding::Holds, 96));
}

#[test]
fn only_the_key_that_is_due_appends() {
    let folder = support::folder();
    let chain = |number| Chain::new(folder.path().to_owned(), Some(key(number)));
    chain(1).append(record()).unwrap();
    let refused = chain(2).append(record()).unwrap_err().to_string();
    assert!(refused.contains("hand-over") && refused.contains(&key(2).public().fingerprint()), "{refused}");
    let refused = Chain::new(folder.path().to_owned(), None).prepare().unwrap_err().to_string();
    assert!(refused.contains("evidence.key_file"), "{refused}");
    chain(1).append(hand_over(2)).unwrap();
    for _ in 0..2 {
        let refused = chain(1).prepare().unwrap_err().to_string();
        assert!(refused.contains("name that one in `evidence.key_file`"), "the old key is out: {refused}");
        chain(2).append(record()).unwrap();
    }
    assert!(chain(3).prepare().unwrap_err().to_string().contains("hand-over"), "a strange key");
    let check = checked(folder.path(), &trusting(&[1]));
    assert_eq!((check.outcome, check.keys.len(), check.signed), (Holding::Holds, 2, 4));
}

#[test]
fn a_head_that_lags_is_mended_by_the_next_run() {
    let folder = support::folder();
    let chain = Chain::new(folder.path().to_owned(), Some(key(1)));
    chain.append(record()).unwrap();
    let head = folder.path().join("head.json");
    let old = fs::read(&head).unwrap();
    chain.append(record()).unwrap();
    fs::write(&head, old).unwrap();
    let check = checked(folder.path(), &trusting(&[1]));
    assert_eq!((check.outcome, check.warnings.len()), (Holding::Holds, 1));
    chain.append(record()).unwrap();
    let check = checked(folder.path(), &trusting(&[1]));
    assert_eq!((check.outcome, check.warnings.len(), check.coverage.total), (Holding::Holds, 0, 3));
}
