//! A bucket for records that takes connections and never answers.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::command::signing_with;
use crate::program::Bench;

/// Far longer than a result takes that is printed already.
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn the_result_is_printed_before_the_bucket_is_waited_for() {
    let bench = Bench::new();
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let credentials = bench.credentials.file_name().unwrap().to_str().unwrap();
    let more = format!(
        "[evidence.bucket]\nurl = \"s3://records/\"\nendpoint = \"http://{}\"\ncredentials_file = \"{credentials}\"\n\
         mode = \"compliance\"\nretention = \"30d\"\nnetwork = {{ retries = 0, read_timeout = \"1h\" }}\n",
        mute.local_addr().unwrap()
    );
    let policy = signing_with(&bench, 1, &more);
    let mut verify = bench.command("verify");
    verify.arg("--policy").arg(&policy).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = verify.spawn().unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let (told, result) = mpsc::channel();
    thread::spawn(move || {
        let lines = stdout.lines().map_while(Result::ok).filter(|line| line.starts_with("PASSED"));
        // Nobody listens any more if this comes too late.
        lines.for_each(|line| drop(told.send(line)));
    });
    let held = mute.accept().unwrap();
    let first = result.recv_timeout(PATIENCE);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(held);
    assert!(first.is_ok(), "nothing was printed while the bucket kept silent");
    assert_eq!(bench.kept().len(), 1);
}
