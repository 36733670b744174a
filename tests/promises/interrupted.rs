//! A run that ends early claims nothing and leaves nothing in the way.

use std::fs::File;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use mailproof::demo::server::{Fault, Times};

use crate::program::{Bench, Ended, Running, json, records_in, run, signal};
use crate::support;

/// Far more than a run needs to end, far less than what it was kept waiting with.
const SOON: Duration = Duration::from_secs(20);

/// A run that has begun to read and will not come to an end.
fn stalled(bench: &Bench) -> Running {
    bench.server.inject("sound", Fault::StallBody { after: 100_000 }, Times::Always);
    let mut running = Running::start(bench.verify(&["sound"]).args(["--format", "json"]));
    running.until("archive-started");
    running
}

/// A run whose bytes come so slowly that it takes minutes.
fn throttled(bench: &Bench) -> Running {
    let policy = bench.policy("bandwidth = \"2kB/s\"", "");
    let mut command = bench.command("verify");
    let mut running = Running::start(command.args(["--format", "json"]).arg("--policy").arg(policy));
    running.until("archive-started");
    running
}

#[test]
fn a_signal_ends_a_run_without_a_claim() {
    for (slow, signal) in [(stalled as fn(&Bench) -> Running, "INT"), (stalled, "TERM"), (throttled, "INT")] {
        let bench = Bench::new();
        let running = slow(&bench);
        let sent = Instant::now();
        running.signal(signal);
        let ended = running.end();
        assert!(sent.elapsed() < SOON, "{signal} took {:?}", sent.elapsed());
        assert_eq!(ended.code, Some(130), "{signal}: {ended:?}");
        let printed = json(&ended.stdout);
        assert_eq!((&printed["interrupted"], &printed["exit_code"]), (&true.into(), &130.into()));
        assert_eq!(printed["outcome"], "not-verified");
        assert_eq!(printed["archives"][0]["outcome"], "not-verified");
        let records = bench.kept();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0]["result"], printed);
    }
}

/// A store that takes connections and never answers, and the program that waits for it.
fn waiting_in_vain(arguments: impl FnOnce(&Bench) -> std::process::Command) -> (Bench, std::process::Child) {
    let bench = Bench::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut command = arguments(&bench);
    let address = format!("http://{}", silent.local_addr().unwrap());
    let child = command
        .args(["--endpoint", &address, "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let connection = silent.accept().unwrap();
    // Both stay open as long as the test runs.
    std::mem::forget((silent, connection));
    (bench, child)
}

#[test]
fn a_signal_ends_the_waiting_for_a_silent_store() {
    let named = |bench: &Bench| {
        let mut verify = bench.command("verify");
        verify.arg("--identity").arg(&bench.key).arg("--records").arg(bench.records());
        verify.args(["--region", "eu-south-1", "s3://backups/sound", "--credentials-file"]);
        verify.arg(&bench.credentials);
        verify
    };
    let selected = |bench: &Bench| {
        let mut verify = bench.command("verify");
        verify.arg("--policy").arg(bench.policy("", ""));
        verify
    };
    for (bench, child) in [waiting_in_vain(named), waiting_in_vain(selected)] {
        let (sent, waiting) = (Instant::now(), jiff::Timestamp::now());
        signal(child.id(), "INT");
        let output = child.wait_with_output().unwrap();
        assert!(sent.elapsed() < SOON, "took {:?}", sent.elapsed());
        assert_eq!(output.status.code(), Some(130));
        let printed = json(&String::from_utf8(output.stdout).unwrap());
        assert_eq!((&printed["interrupted"], &printed["outcome"]), (&true.into(), &"not-verified".into()));
        let started: jiff::Timestamp = printed["started"].as_str().unwrap().parse().unwrap();
        assert!(started <= waiting, "the waiting is part of the run: {started}");
        assert_eq!(bench.kept()[0]["result"], printed);
    }
}

/// A run that hangs where its end can't reach it: its `ca_file` is a pipe, given back open, into which nobody writes.
fn deaf(bench: &Bench) -> (Running, File) {
    let pipe = bench.path("authorities");
    support::output(Command::new("mkfifo").arg(&pipe));
    let running = Running::start(bench.verify(&["sound"]).arg("--ca-file").arg(&pipe));
    // Opens once the other side does.
    (running, File::options().write(true).open(pipe).unwrap())
}

#[test]
fn a_second_signal_ends_the_process_at_once_and_without_a_record() {
    for signals in [["INT", "INT"], ["TERM", "INT"], ["INT", "TERM"]] {
        let bench = Bench::new();
        let (mut running, _pipe) = deaf(&bench);
        running.signal(signals[0]);
        running.until_told("mailproof: interrupted; ending the run");
        running.signal(signals[1]);
        let (end, ended) = mpsc::channel();
        thread::spawn(move || end.send(running.end()));
        let ended: Ended = ended.recv_timeout(SOON).expect("the second signal ends it");
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(130), ""), "{signals:?}: {ended:?}");
        let last = ended.stderr.lines().last();
        assert_eq!(last, Some("mailproof: interrupted again; ended without a record"), "{signals:?}");
        assert!(records_in(&bench.records()).is_empty(), "not even a part of one");
    }
}

#[test]
fn a_signal_stops_the_archives_that_were_not_begun() {
    let bench = Bench::new();
    bench.server.inject("sound", Fault::StallBody { after: 100_000 }, Times::First(1));
    let keys = ["sound", "sound", "sound"];
    let mut running = Running::start(bench.verify(&keys).args(["--format", "json", "--parallel", "1"]));
    running.until("archive-started");
    running.signal("INT");
    let ended = running.end();
    assert_eq!(ended.code, Some(130));
    let printed = json(&ended.stdout);
    for archive in printed["archives"].as_array().unwrap() {
        assert_eq!(archive["outcome"], "not-verified", "{archive}");
    }
}

#[test]
fn a_killed_run_leaves_no_record_and_the_next_one_passes() {
    let bench = Bench::new();
    let running = stalled(&bench);
    running.signal("KILL");
    let ended = running.end();
    assert_eq!((ended.code, ended.stdout.as_str()), (None, ""));
    assert!(records_in(&bench.records()).is_empty());
    bench.server.clear();
    let next = run(&mut bench.verify(&["sound"]));
    assert_eq!(next.code, Some(0), "{next:?}");
    assert_eq!(bench.kept().len(), 1);
}

#[test]
fn what_a_kill_left_in_the_records_disturbs_nobody() {
    let bench = Bench::new();
    assert_eq!(run(&mut bench.verify(&["sound"])).code, Some(0));
    let half = bench.records().join(".20260101T000000Z-000000000-passed.1.part");
    std::fs::write(&half, "{ \"schema\": \"mailproof/rec").unwrap();
    assert_eq!(run(&mut bench.verify(&["sound"])).code, Some(0));
    assert_eq!(records_in(&bench.records()).len(), 2, "a half record is no record, by its name");
}

#[test]
fn a_store_that_goes_away_is_no_finding() {
    let mut bench = Bench::new();
    let policy = bench.policy("retries = 1, read_timeout = \"5s\"", "");
    bench.server.inject("sound", Fault::StallBody { after: 100_000 }, Times::Always);
    let mut command = bench.command("verify");
    let mut running = Running::start(command.args(["--format", "json"]).arg("--policy").arg(policy));
    running.until("archive-started");
    bench.server = mailproof::demo::server::Server::start().unwrap();
    let ended = running.end();
    assert_eq!(ended.code, Some(20), "{ended:?}");
    let printed = json(&ended.stdout);
    let archive = &printed["archives"][0];
    assert_eq!((&printed["outcome"], &archive["outcome"]), (&"not-verified".into(), &"not-verified".into()));
    assert!(archive["findings"].as_array().unwrap().is_empty(), "{archive}");
    assert_eq!(archive["errors"][0]["internal"], false, "{archive}");
    assert_eq!(bench.kept().len(), 1);
}
